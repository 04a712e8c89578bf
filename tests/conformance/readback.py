#!/usr/bin/env python3
"""Reads back, with MLflow's own Python client, what was logged from a work folder, and compares
it with the folder's artifacts, field by field. What the artifacts hold is what is right here;
nothing of how it was sent is known.

usage: readback.py URI WORK/DOMAIN EXPERIMENT [FOUND]

FOUND gets what a browser needs to find the pages: ids and what they must show, as JSON.
Prints `not ok` lines, each with the field, and last `N passed, N failed, N skipped`."""
import datetime
import glob
import json
import math
import os
import re
import sys
import tempfile
import warnings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ["MLFLOW_ALIAS_PROMPT_CACHE_TTL_SECONDS"] = "0"
warnings.filterwarnings("ignore")

# pylint: disable=wrong-import-position
import mlflow  # noqa: E402
import mlflow.genai  # noqa: E402
import mlflow.genai.datasets  # noqa: E402

METADATA = 4096          # bytes of one of an assessment's metadata
PREVIEW = 1000           # characters of a trace's previews
PROMPTS = os.environ.get("GENIE_PROMPTS") or os.path.normpath(
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../prompts"))
YEAR_2020 = 1577836800000


class Report:
    """Counts comparisons; a failed one is kept as one line."""

    def __init__(self, loud=True):
        self.passed = 0
        self.lines = []
        self.loud = loud

    def check(self, right, text):
        if right:
            self.passed += 1
            return True
        self.lines.append(text)
        if self.loud :
            print("not ok - " + text)
        return False

    def same(self, what, got, want):
        if isinstance(want, float) and isinstance(got, (int, float)):
            right = math.isclose(got, want, rel_tol=1e-12, abs_tol=1e-12)
        else:
            right = got == want and isinstance(got, bool) == isinstance(want, bool)
        return self.check(right, f"{what}: read {brief(got)}, want {brief(want)}")


def brief(value):
    text = repr(value)
    return text if len(text) <= 160 else f"{text[:120]}... ({len(text)} characters)"


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def load_lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Iteration:
    """One iteration's artifacts."""

    def __init__(self, folder):
        self.folder = folder
        self.number = int(os.path.basename(folder)[5:])
        self.eval = load(folder + "/eval.json")
        self.rows = load_lines(folder + "/rows.jsonl")
        self.model = load(folder + "/model.json")
        self.space = load(folder + "/space.json")
        self.patches = next((name for name in ("apply.json", "patches.json")
                             if os.path.exists(f"{folder}/{name}")), None)

    def bytes(self, name):
        with open(f"{self.folder}/{name}", "rb") as file:
            return file.read()


class Readback:
    def __init__(self, uri, work, experiment, report):
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        self.client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
        self.work = work
        self.domain = os.path.basename(os.path.normpath(work))
        self.report = report
        self.name = experiment
        self.iterations = [Iteration(folder) for folder in sorted(glob.glob(work + "/iter-[0-9]*"))
                           if os.path.exists(folder + "/model.json")]
        self.found = {"experiment": None, "runs": [], "judges": [], "traces": []}
        self.runs = {}

    # ---- experiment and runs ----

    def everything(self):
        self.report.check(self.iterations, f"{self.work}: iterations to compare with")
        experiment = self.client.get_experiment_by_name(self.name)
        if not self.report.check(experiment is not None, f"experiment {self.name}: not there"):
            return
        # the exporter of traces and the dataset functions look at the active experiment
        mlflow.set_experiment(experiment_id=experiment.experiment_id)
        self.experiment = experiment
        self.found["experiment"] = experiment.experiment_id
        self.report.same("experiment: stage", experiment.lifecycle_stage, "active")
        self.report.same("experiment: kind", experiment.tags.get("mlflow.experimentKind"),
                         "genai_development")
        for iteration in self.iterations:
            self.iteration(iteration)
        self.search_runs()
        self.search_models()
        self.prompts()
        self.dataset()

    def iteration(self, it):
        what = f"iteration {it.number}"
        runs = self.client.search_runs(
            [self.experiment.experiment_id],
            f"attributes.run_name LIKE 'genie_eval_iter{it.number}_%' AND "
            f"params.eval_scope = '{it.eval['scope']}'")
        if not self.report.same(f"{what}: evaluation runs", len(runs), 1):
            return
        run = self.client.get_run(runs[0].info.run_id)
        self.runs[it.number] = run
        self.report.check(re.fullmatch(rf"genie_eval_iter{it.number}_\d{{8}}_\d{{6}}",
                                       run.info.run_name), f"{what}: run name {run.info.run_name}")
        self.run_state(what, run)
        self.params(what, run, it)
        self.metrics(what, run, it)
        self.inputs(what, run, it)
        self.artifacts(what, run, it)
        self.traces(what, run, it)

    def run_state(self, what, run):
        self.report.same(f"{what}: run status", run.info.status, "FINISHED")
        self.report.check(YEAR_2020 < run.info.start_time <= (run.info.end_time or 0),
                          f"{what}: run times {run.info.start_time}, {run.info.end_time}")
        for key in ("mlflow.user", "mlflow.source.name", "mlflow.source.type"):
            self.report.check(run.data.tags.get(key), f"{what}: run tag {key} is empty")
        self.report.same(f"{what}: run tag mlflow.runType", run.data.tags.get("mlflow.runType"),
                         "genai_evaluate")

    def params(self, what, run, it):
        want = {"space_id": it.model["space_id"], "iteration": str(it.number),
                "eval_scope": it.eval["scope"], "config_id": it.eval["config_id"],
                "num_scorers": str(len(it.eval["scores"]))}
        for key, value in want.items():
            self.report.same(f"{what}: run param {key}", run.data.params.get(key), value)
        for key, value in run.data.params.items():
            self.report.check(value != "", f"{what}: run param {key} is empty")
        self.report.check("dataset" in run.data.params, f"{what}: run param dataset: not there")

    def metrics(self, what, run, it):
        want = {"overall_accuracy": float(it.eval["overall_accuracy"]),
                "thresholds_passed": float(it.eval["thresholds_passed"])}
        for judge, score in it.eval["scores"].items():
            if score is not None:
                want[judge + "/mean"] = score / 100
                want[f"eval_{judge}_pct"] = float(score)
        for key, value in want.items():
            self.report.same(f"{what}: run metric {key}", run.data.metrics.get(key), value)
        for key in ("overall_accuracy", "result_correctness/mean"):
            history = self.client.get_metric_history(run.info.run_id, key)
            self.report.check(len(history) == 1 and history[0].timestamp > YEAR_2020,
                              f"{what}: run metric {key}: history {history}")

    def inputs(self, what, run, it):
        datasets = run.inputs.dataset_inputs
        if self.report.same(f"{what}: dataset inputs", len(datasets), 1):
            self.report.same(f"{what}: name of the dataset input", datasets[0].dataset.name,
                             run.data.params.get("dataset"))
            self.report.check(datasets[0].dataset.digest, f"{what}: dataset input has no digest")
            json.loads(datasets[0].dataset.source)
        models = run.inputs.model_inputs
        self.report.same(f"{what}: outputs of the evaluation run",
                         len(run.outputs.model_outputs) if run.outputs else 0, 0)
        if self.report.same(f"{what}: model inputs", len(models), 1):
            self.logged_model(what, run, it, self.client.get_logged_model(models[0].model_id))

    # ---- the logged model ----

    def logged_model(self, what, run, it, model):
        prefix = f"genie-{self.domain}-iter{it.number}-"
        self.report.same(f"{what}: model name", model.name, prefix + it.model["config_id"])
        self.report.same(f"{what}: model status", str(model.status), "READY")
        for key in ("space_id", "config_id"):
            self.report.same(f"{what}: model param {key}", model.params.get(key), it.model[key])
        levers = re.findall(r"\d+", model.params.get("patch_levers", ""))
        self.report.same(f"{what}: model param patch_levers", sorted(set(map(int, levers))),
                         sorted(it.model["patch_levers"]))
        self.report.check(model.source_run_id and model.source_run_id != run.info.run_id,
                          f"{what}: model's source run {model.source_run_id}")
        if model.source_run_id:
            source = self.client.get_run(model.source_run_id)
            made = source.outputs.model_outputs if source.outputs else []
            self.report.same(f"{what}: models that the source run made",
                             [m.model_id for m in made], [model.model_id])
            self.report.same(f"{what}: status of the source run", source.info.status, "FINISHED")
        linked = {m.key: m for m in model.metrics or []}
        for key, value in run.data.metrics.items():
            if self.report.check(key in linked, f"{what}: model metric {key}: not there"):
                self.report.same(f"{what}: model metric {key}", linked[key].value, value)
                self.report.same(f"{what}: run of model metric {key}", linked[key].run_id,
                                 run.info.run_id)
        with tempfile.TemporaryDirectory() as to:
            folder = mlflow.artifacts.download_artifacts(
                artifact_uri=f"models:/{model.model_id}", dst_path=to)
            self.model_files(what, it, folder)

    def model_files(self, what, it, folder):
        """The snapshot and the patches to the byte, and parts of it for who looks at them."""
        same = {"model_state/genie_config.json": "space.json"}
        if it.patches:
            same["patches/patch_set.json"] = it.patches
        for name, source in same.items():
            path = f"{folder}/{name}"
            if self.report.check(os.path.exists(path), f"{what}: {name}: not there"):
                with open(path, "rb") as file:
                    got = file.read()
                self.report.check(got == it.bytes(source),
                                  f"{what}: {name}: {len(got)} bytes, not those of {source}")
        for name, rows in (it.space.get("uc") or {}).items():
            if name in ("columns", "tags", "routines"):
                self.document(f"{what}: model_state/uc_{name}.json",
                              f"{folder}/model_state/uc_{name}.json", rows)

    def document(self, what, path, want):
        if self.report.check(os.path.exists(path), f"{what}: not there"):
            self.report.same(what, load(path), want)

    # ---- artifacts of the run ----

    def artifacts(self, what, run, it):
        with tempfile.TemporaryDirectory() as to:
            folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=to)
            names = sorted(os.path.relpath(os.path.join(at, file), folder)
                           for at, _, files in os.walk(folder) for file in files)
            want = {"eval_results": it.rows,
                    "failures": [r for r in it.rows if r["outcome"] == "fail"],
                    "arbiter_actions": it.eval.get("arbiter_actions", [])}
            self.report.check(names, f"{what}: no artifacts")
            for name, document in want.items():
                self.document(f"{what}: evaluation/{name}.json",
                              f"{folder}/evaluation/{name}.json", document)
            self.report.same(f"{what}: ids in evaluation/failures.json",
                             sorted({r["question_id"] for r in want["failures"]}),
                             sorted(it.eval["failures"]))

    # ---- traces ----

    def traces(self, what, run, it):
        traces = mlflow.search_traces(locations=[self.experiment.experiment_id], return_type="list",
                                      run_id=run.info.run_id, max_results=5000)
        by_question = {}
        for trace in traces:
            by_question.setdefault(trace.info.client_request_id, []).append(trace)
        self.report.same(f"{what}: traces", len(traces), len(it.rows))
        models = [m.model_id for m in run.inputs.model_inputs]
        for row in it.rows:
            got = by_question.get(row["question_id"], [])
            if self.report.same(f"{what}: traces of {row['question_id']}", len(got), 1):
                self.trace(f"{what}: trace of {row['question_id']}", got[0], row, run, models)
        if traces and it.rows:
            self.to_show(run, it, by_question)
        self.search_traces(what, run, it)

    def trace(self, what, trace, row, run, models):
        info = trace.info
        asked = row["asked_at"]
        self.report.same(f"{what}: request_time", info.request_time,
                         int(mlflow_time(asked)))
        self.report.same(f"{what}: execution_duration", info.execution_duration,
                         row["latency_ms"])
        self.report.same(f"{what}: state", str(info.state.value),
                         "OK" if answered(row) else "ERROR")
        self.report.same(f"{what}: mlflow.sourceRun",
                         info.trace_metadata.get("mlflow.sourceRun"), run.info.run_id)
        self.report.same(f"{what}: mlflow.modelId",
                         [info.trace_metadata.get("mlflow.modelId")], models)
        self.report.same(f"{what}: request_preview", question_of(info.request_preview),
                         row["question"])
        self.span(what, trace, row)
        assessments = {}
        for one in info.assessments:
            assessments.setdefault(one.name, []).append(one)
        gold = [one.expectation.value for one in assessments.get("expected_sql", [])]
        self.report.same(f"{what}: expectation expected_sql", gold, [row["expected_sql"]])
        for judge, verdict in row["judges"].items():
            if verdict["value"] != "skipped":
                self.assessment(f"{what}: {judge}", assessments.get(judge, []), verdict, run)

    def span(self, what, trace, row):
        roots = [s for s in trace.data.spans if s.parent_id is None]
        if self.report.same(f"{what}: root spans", len(roots), 1):
            self.report.same(f"{what}: inputs of the root span", question_of(roots[0].inputs),
                             row["question"])
            self.report.check(not row.get("genie_sql") or
                              row["genie_sql"] in strings(roots[0].outputs),
                              f"{what}: outputs of the root span {brief(roots[0].outputs)}")

    def assessment(self, what, got, verdict, run):
        if not self.report.same(f"{what}: assessments", len(got), 1):
            return
        one = got[0]
        if verdict["value"] == "unknown" and one.feedback.error:
            self.report.check(one.feedback.error.error_message, f"{what}: error without a text")
        else:
            self.report.same(f"{what}: value", one.feedback.value, verdict["value"])
        self.report.same(f"{what}: rationale", one.rationale or "", verdict["rationale"])
        self.report.same(f"{what}: source type", one.source.source_type,
                         "CODE" if verdict["source"] == "code" else "LLM_JUDGE")
        self.report.check(one.source.source_id and one.source.source_id != "default",
                          f"{what}: source id {one.source.source_id}")
        self.report.same(f"{what}: sourceRunId",
                         (one.metadata or {}).get("mlflow.assessment.sourceRunId"),
                         run.info.run_id)
        for key, value in (verdict.get("asi") or {}).items():
            if value not in (None, ""):
                self.asi(f"{what}: asi {key}", (one.metadata or {}).get(key), value)

    def asi(self, what, got, value):
        """Metadata are texts of at most METADATA bytes; what is no text is there as JSON."""
        if isinstance(value, str) and len(value.encode()) > METADATA:
            self.report.check(got and len(got.encode()) > METADATA - 4 and value.startswith(got),
                              f"{what}: {brief(got)} is not its beginning")
        elif isinstance(value, str):
            self.report.same(what, got, value)
        else:
            self.report.same(what, got and json.loads(got), value)

    def to_show(self, run, it, by_question):
        """What the pages of this evaluation must show: a failing question and its trace."""
        row = next((r for r in it.rows if r["outcome"] == "fail" and r.get("genie_sql")),
                   it.rows[0])
        if row["question_id"] not in by_question:
            return
        self.found["runs"].append({
            "run_id": run.info.run_id, "name": run.info.run_name, "rows": len(it.rows),
            "dataset": run.data.params.get("dataset"),
            "model": f"genie-{self.domain}-iter{it.number}-{it.model['config_id']}",
            "judges": [j for j, s in it.eval["scores"].items() if s is not None]})
        self.found["traces"].append({
            "trace_id": by_question[row["question_id"]][0].info.trace_id,
            "question": row["question"], "sql": row.get("genie_sql"),
            "judges": {j: v["value"] for j, v in row["judges"].items()
                       if v["value"] in ("yes", "no")}})

    # ---- searches, by what the filter says about the artifacts ----

    def search_traces(self, what, run, it):
        for judge, counts in it.eval["judges"].items():
            right = [r["question_id"] for r in it.rows if r["judges"][judge]["value"] == "yes"]
            self.report.same(f"{what}: rows with {judge} yes", len(right), counts["yes"])
            got = mlflow.search_traces(
                locations=[self.experiment.experiment_id], return_type="list",
                run_id=run.info.run_id, filter_string=f"feedback.{judge} = 'yes'",
                max_results=5000, include_spans=False)
            self.report.same(f"{what}: search feedback.{judge} = 'yes'",
                             sorted(t.info.client_request_id for t in got), sorted(right))

    def search_runs(self):
        queries = []
        for judge, limits in (("schema_accuracy", (80,)), ("completeness", (33,)),
                              ("syntax_validity", (80, 99))):
            for limit in limits:
                right = {it.number for it in self.iterations
                         if (it.eval["scores"].get(judge) or 0) >= limit}
                queries.append((f"metrics.eval_{judge}_pct >= {limit}", right))
                queries.append((f"metrics.`{judge}/mean` >= {limit / 100}", right))
        for it in self.iterations:
            queries.append((f"params.config_id = '{it.eval['config_id']}' AND "
                            f"params.iteration = '{it.number}'", {it.number}))
        best = max(it.eval["overall_accuracy"] for it in self.iterations)
        queries.append((f"metrics.overall_accuracy >= {best}",
                        {it.number for it in self.iterations
                         if it.eval["overall_accuracy"] == best}))
        for query, right in queries:
            got = self.client.search_runs(
                [self.experiment.experiment_id],
                query + " AND attributes.run_name LIKE 'genie_eval_iter%'"
                f" AND params.eval_scope = '{self.iterations[0].eval['scope']}'")
            self.report.same(f"search {query}", {int(r.data.params["iteration"]) for r in got},
                             right)

    def search_models(self):
        for it in self.iterations:
            name = f"genie-{self.domain}-iter{it.number}-{it.model['config_id']}"
            got = mlflow.search_logged_models(
                experiment_ids=[self.experiment.experiment_id], output_format="list",
                filter_string=f"name = '{name}' AND metrics.overall_accuracy >= "
                f"{it.eval['overall_accuracy']}")
            self.report.same(f"search of model {name}", [m.name for m in got], [name])
        best = max(self.iterations, key=lambda it: it.eval["overall_accuracy"])
        got = mlflow.search_logged_models(
            experiment_ids=[self.experiment.experiment_id], output_format="list",
            filter_string="tags.`genie.promoted` = 'true'")
        self.report.same("promoted models", [m.params.get("config_id") for m in got],
                         [best.model["config_id"]])

    # ---- prompts and the dataset ----

    def prompts(self):
        """The judge prompts of the folder prompts/, by their alias; those that the experiment's
        page of prompts lists."""
        mine = f",{self.experiment.experiment_id},"
        listed = {p.name for p in mlflow.genai.search_prompts(max_results=1000)
                  if mine in (p.tags or {}).get("_mlflow_experiment_ids", "")}
        for path in sorted(glob.glob(PROMPTS + "/*.md")):
            judge = os.path.basename(path)[:-3]
            if judge in ("propose", "reflect"):  # no judges: they write changes
                continue
            names = [n for n in listed if re.fullmatch(rf"(.*[._])?genie_opt_{judge}", n)]
            if not self.report.same(f"prompts named genie_opt_{judge}", len(names), 1):
                continue
            prompt = mlflow.genai.load_prompt(f"prompts:/{names[0]}@production")
            with open(path, encoding="utf-8") as file:
                want = file.read()
            self.report.same(f"prompt {names[0]}@production: text", prompt.template.strip(),
                             want.strip())

    def dataset(self):
        want = {}
        for line in load_lines(self.work + "/benchmarks.jsonl"):
            want[line["question"]] = line["expected_sql"]
        name = next((r.data.params.get("dataset") for r in self.runs.values()), None)
        got = [d for d in mlflow.genai.datasets.search_datasets(
            experiment_ids=[self.experiment.experiment_id]) if d.name == name]
        if not self.report.same(f"dataset {name}: how many of this name", len(got), 1):
            return
        records = got[0].to_df().to_dict("records")
        self.report.same(f"dataset {name}: records", len(records), len(want))
        for record in records:
            question = question_of(record["inputs"])
            self.report.check(question in want, f"dataset {name}: question {brief(question)}")
            self.report.check(want.get(question) in strings(record["expectations"]),
                              f"dataset {name}: expected SQL of {brief(question)}")


def answered(row):
    return bool(row.get("genie_sql") or row.get("genie_text") or row.get("status") == "COMPLETED")


def mlflow_time(text):
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(moment.timestamp() * 1000)


def question_of(value):
    """The question in a request: a JSON text or object with one, or the bare text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return value.get("question") if isinstance(value, dict) else value


def strings(value):
    """All texts within a value."""
    if isinstance(value, dict):
        return [s for v in value.values() for s in strings(v)]
    if isinstance(value, (list, tuple)):
        return [s for v in value for s in strings(v)]
    return [value]


def compare(uri, work, experiment, report, kind=Readback):
    """Returns what a browser must find. A client that cannot read an answer at all is a failed
    comparison, too: that is how a field of a wrong type often shows."""
    readback = kind(uri, work, experiment, report)
    try:
        readback.everything()
    except Exception as error:  # pylint: disable=broad-except
        report.check(False, f"the client gave up: {type(error).__name__}: {str(error)[:300]}")
    return readback.found


def main(kind=Readback, usage=__doc__):
    if len(sys.argv) not in (4, 5):
        sys.exit(usage)
    report = Report()
    found = compare(*sys.argv[1:4], report, kind)
    if len(sys.argv) == 5:
        with open(sys.argv[4], "w", encoding="utf-8") as file:
            json.dump(found, file, indent=1)
    print(f"{report.passed} passed, {len(report.lines)} failed, 0 skipped")
    return 1 if report.lines or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
