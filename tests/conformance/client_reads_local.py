# The official MLflow client against the embedded workspace. With mlflow 3.17 in a virtual
# environment (python3 -m venv build/mlflow; build/mlflow/bin/pip install mlflow==3.17.0):
#   build/bin/genie-local exec --token T -- sh -c \
#     'MLFLOW_TRACKING_URI=$DATABRICKS_HOST MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN \
#      build/mlflow/bin/python tests/conformance/client_reads_local.py'
# It prints a line per group of calls and ends with 0 when all of them passed.
import json
import os
import sys
import tempfile

os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
import mlflow
from mlflow.entities import AssessmentSource, Dataset, DatasetInput, Feedback, Metric, Param, RunTag
from mlflow.exceptions import MlflowException

NAME = "/Shared/client-%d" % os.getpid()
client = mlflow.MlflowClient()
state = {}


def experiments():
    state["exp"] = exp = client.create_experiment(NAME, tags={"a": "b"})
    assert client.get_experiment_by_name(NAME).tags["a"] == "b"
    client.set_experiment_tag(exp, "c", "d")
    assert client.search_experiments(filter_string="tags.c = 'd'")[0].name == NAME
    try:
        client.create_experiment(NAME)
        assert False
    except MlflowException as e:
        assert e.error_code == "RESOURCE_ALREADY_EXISTS", e.error_code


def runs():
    run = client.create_run(state["exp"], run_name="r", tags={"t": "1"})
    state["run"] = rid = run.info.run_id
    client.log_batch(rid, [Metric("m", 0.5, 1, 0), Metric("m", 0.7, 2, 1)], [Param("p", "x")], [RunTag("u", "v")])
    client.log_metric(rid, "single", float("nan"))
    client.log_param(rid, "q", 3)
    client.log_inputs(rid, [DatasetInput(Dataset("d", "abc", "code", "{}"), [])])
    client.set_terminated(rid)
    got = client.get_run(rid)
    assert got.data.metrics["m"] == 0.7 and got.data.params == {"p": "x", "q": "3"}
    assert got.info.status == "FINISHED" and got.inputs.dataset_inputs[0].dataset.name == "d"
    assert [m.value for m in client.get_metric_history(rid, "m")] == [0.5, 0.7]
    found = client.search_runs([state["exp"]], "metrics.m > 0.6 and params.p = 'x'", order_by=["metrics.m DESC"])
    assert [r.info.run_id for r in found] == [rid]


def artifacts():
    rid = state["run"]
    client.log_text(rid, "hello", "dir/a b.txt")
    client.log_dict(rid, {"k": 1}, "d.json")
    assert [f.path for f in client.list_artifacts(rid)] == ["d.json", "dir"]
    with tempfile.TemporaryDirectory() as there:
        path = client.download_artifacts(rid, "dir/a b.txt", there)
        assert open(path).read() == "hello"


def models():
    model = client.create_logged_model(state["exp"], name="m1", source_run_id=state["run"], params={"k": "v"}, tags={"x": "y"})
    state["model"] = mid = model.model_id
    client.log_metric(state["run"], "acc", 0.9, model_id=mid)
    client.finalize_logged_model(mid, "READY")
    client.set_logged_model_tags(mid, {"stage": "best"})
    got = client.get_logged_model(mid)
    assert str(got.status) == "READY" and got.params == {"k": "v"} and got.metrics[0].value == 0.9
    found = client.search_logged_models([state["exp"]], filter_string="metrics.acc > 0.5 AND tags.stage = 'best'")
    assert [m.model_id for m in found] == [mid]
    mlflow.set_experiment(experiment_id=state["exp"])
    assert str(mlflow.create_external_model("ext").status) == "READY"


def traces():
    mlflow.set_experiment(experiment_id=state["exp"])

    @mlflow.trace(name="ask")
    def ask(question):
        return "SELECT 1"

    with mlflow.start_run(run_id=state["run"]):
        ask("q1")
    mlflow.flush_trace_async_logging()
    state["trace"] = tid = mlflow.get_last_active_trace_id()
    info = client.search_traces(locations=[state["exp"]], include_spans=False)
    assert [t.info.trace_id for t in info] == [tid]
    trace = client.get_trace(tid)
    assert trace.data.spans[0].name == "ask" and trace.data.spans[0].inputs == {"question": "q1"}
    client.set_trace_tag(tid, "k", "v")
    assert client.get_trace(tid).info.tags["k"] == "v"


def assessments():
    tid = state["trace"]
    source = AssessmentSource(source_type="LLM_JUDGE", source_id="j")
    one = mlflow.log_feedback(trace_id=tid, name="ok", value=True, source=source, rationale="r")
    mlflow.log_expectation(trace_id=tid, name="facts", value=["a", "b"])
    mlflow.update_assessment(tid, one.assessment_id, Feedback(name="ok", value=False, source=source))
    got = {a.name: a for a in client.get_trace(tid).info.assessments}
    assert got["ok"].value is False and got["facts"].value == ["a", "b"]
    found = client.search_traces(locations=[state["exp"]], filter_string="feedback.ok = 'false'", include_spans=False)
    assert len(found) == 1
    mlflow.delete_assessment(tid, one.assessment_id)
    assert len(client.get_trace(tid).info.assessments) == 1


def prompts():
    name = "judge-%d" % os.getpid()
    mlflow.genai.register_prompt(name=name, template="Judge {{ q }}", commit_message="c", tags={"a": "b"})
    mlflow.genai.register_prompt(name=name, template=[{"role": "user", "content": "hi {{ q }}"}])
    mlflow.genai.set_prompt_alias(name, "production", 1)
    assert mlflow.genai.load_prompt("prompts:/%s@production" % name).template == "Judge {{ q }}"
    assert mlflow.genai.load_prompt(name, version=2).template[0]["role"] == "user"
    assert name in [p.name for p in mlflow.genai.search_prompts()]


def datasets():
    from mlflow.genai import datasets as d

    made = d.create_dataset(name="bench", experiment_id=[state["exp"]], tags={"t": "1"})
    made.merge_records([{"inputs": {"q": "1"}, "expectations": {"sql": "SELECT 1"}}, {"inputs": {"q": "2"}}])
    made.merge_records([{"inputs": {"q": "1"}, "tags": {"x": "y"}}])
    got = d.get_dataset(dataset_id=made.dataset_id)
    rows = {json.dumps(r["inputs"]): r for r in got.to_df().to_dict("records")}
    assert len(rows) == 2 and rows['{"q": "1"}']["expectations"] == {"sql": "SELECT 1"}
    assert [x.name for x in d.search_datasets(experiment_ids=[state["exp"]], filter_string="name = 'bench'")] == ["bench"]


failed = 0
for group in (experiments, runs, artifacts, models, traces, assessments, prompts, datasets):
    try:
        group()
        print("ok", group.__name__, flush=True)
    except Exception as problem:  # noqa: BLE001 - each group is told of
        failed += 1
        print("not ok", group.__name__, type(problem).__name__, str(problem)[:600], flush=True)
        if os.environ.get("LOUD"):
            import traceback

            traceback.print_exc()
sys.exit(1 if failed else 0)
