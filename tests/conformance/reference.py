"""The requests that leave a work folder's evaluations in MLflow as they should be, written out.

The comparison of readback.py must find nothing wrong with these; with any one field broken on
the way it must (negative.py). So it is known what readback.py sees, whatever a tool sends."""
import base64
import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import readback

V2 = "/api/2.0/mlflow/"
V3 = "/api/3.0/mlflow/"
PROXY = "/api/2.0/mlflow-artifacts/artifacts/"
SCHEMA = "main.gold"  # and the experiment's id, so that each has prompts of its own


class Refused(Exception):
    pass


class Server:
    def __init__(self, uri):
        self.uri = uri

    def call(self, method, path, body=None, raw=None):
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        kind = "application/octet-stream" if raw is not None else "application/json"
        request = urllib.request.Request(self.uri + path, data=data, method=method,
                                         headers={"Content-Type": kind})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}: {error.code} {error.read()[:300]!r}") from error
        return json.loads(text) if text.strip() not in (b"", b"OK") else {}

    def put(self, root, path, data):
        scheme = "mlflow-artifacts:/"
        if not root.startswith(scheme):
            raise Refused(f"artifacts at {root}")
        self.call("PUT", PROXY + root[len(scheme):] + "/" + path, raw=data)


def pairs(values):
    return [{"key": key, "value": str(value)} for key, value in values.items()]


def now():
    return int(time.time() * 1000)


def hexid(*words):
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def number64(digits):
    return base64.b64encode(bytes.fromhex(digits)).decode()


class Reference:
    """Logs one work folder to an experiment of its own."""

    def __init__(self, uri, work, experiment):
        self.server = Server(uri)
        self.work = work
        self.domain = os.path.basename(os.path.normpath(work))
        self.stamp = time.strftime("%Y%m%d_%H%M%S", time.gmtime())
        self.benchmarks = readback.load_lines(work + "/benchmarks.jsonl")
        self.name = experiment
        self.experiment = self.server.call("POST", V2 + "experiments/create", {
            "name": experiment,
            "tags": pairs({"mlflow.experimentKind": "genai_development"})})["experiment_id"]

    def everything(self):
        self.prompts()
        self.dataset()
        best = None, -1
        for folder in sorted(os.listdir(self.work)):
            if os.path.exists(f"{self.work}/{folder}/model.json"):
                it = readback.Iteration(f"{self.work}/{folder}")
                model_id = self.iteration(it)
                if it.eval["overall_accuracy"] > best[1]:
                    best = model_id, it.eval["overall_accuracy"]
        self.server.call("PATCH", f"{V2}logged-models/{best[0]}/tags", {
            "model_id": best[0], "tags": pairs({"genie.promoted": "true"})})

    # ---- prompts and the dataset ----

    def prompts(self):
        folder = readback.PROMPTS
        for file in sorted(os.listdir(folder)):
            with open(f"{folder}/{file}", encoding="utf-8") as text:
                self.prompt(f"{SCHEMA}{self.experiment}.genie_opt_{file[:-3]}", text.read())

    def prompt(self, name, text):
        mark = {"mlflow.prompt.is_prompt": "true"}
        self.server.call("POST", V2 + "registered-models/create", {
            "name": name,
            "tags": pairs({**mark, "_mlflow_experiment_ids": f",{self.experiment},"})})
        version = self.server.call("POST", V2 + "model-versions/create", {
            "name": name, "source": "dummy-source",
            "tags": pairs({**mark, "_mlflow_prompt_type": "text", "mlflow.prompt.text": text})})
        self.server.call("POST", V2 + "registered-models/alias", {
            "name": name, "alias": "production", "version": version["model_version"]["version"]})

    def dataset(self):
        self.dataset_name = f"{SCHEMA}.genie_benchmarks_{self.domain}"
        made = self.server.call("POST", V3 + "datasets/create", {
            "name": self.dataset_name, "experiment_ids": [self.experiment], "tags": "{}"})
        records = [{"inputs": {"question": b["question"]},
                    "expectations": {"expected_sql": b["expected_sql"]},
                    "tags": {"question_id": b["id"]},
                    "source": {"source_type": "CODE", "source_data": {}}}
                   for b in self.benchmarks]
        self.server.call("POST", f"{V3}datasets/{made['dataset']['dataset_id']}/records",
                         {"records": json.dumps(records)})
        self.digest = hexid(json.dumps(self.benchmarks))[:32]

    # ---- runs ----

    def start(self, stem, number, tags):
        return self.server.call("POST", V2 + "runs/create", {
            "experiment_id": self.experiment, "run_name": f"{stem}_iter{number}_{self.stamp}",
            "start_time": now(),
            "tags": pairs({"mlflow.user": "conformance", "mlflow.source.name": "reference",
                           "mlflow.source.type": "LOCAL", **tags})})["run"]["info"]

    def finish(self, run_id):
        self.server.call("POST", V2 + "runs/update", {
            "run_id": run_id, "status": "FINISHED", "end_time": now()})

    def iteration(self, it):
        model_id = self.model(it)
        run = self.start("genie_eval", it.number, {"mlflow.runType": "genai_evaluate"})
        self.server.call("POST", V2 + "runs/log-inputs", {
            "run_id": run["run_id"], "models": [{"model_id": model_id}],
            "datasets": [{"tags": pairs({"mlflow.data.context": "eval"}), "dataset": {
                "name": self.dataset_name, "digest": self.digest, "source_type": "code",
                "source": json.dumps({"tags": {}}),
                "profile": json.dumps({"num_rows": len(self.benchmarks)})}}]})
        self.values(it, run["run_id"], model_id)
        for name, document in (
                ("eval_results", it.rows),
                ("failures", [r for r in it.rows if r["outcome"] == "fail"]),
                ("arbiter_actions", it.eval.get("arbiter_actions", []))):
            self.server.put(run["artifact_uri"], f"evaluation/{name}.json",
                            json.dumps(document).encode())
        ids = [self.trace(row, run["run_id"], model_id) for row in it.rows]
        self.server.call("POST", V2 + "traces/link-to-run",
                         {"run_id": run["run_id"], "trace_ids": ids})
        self.finish(run["run_id"])
        return model_id

    def model(self, it):
        run = self.start("genie_model", it.number, {})
        info = self.server.call("POST", V2 + "logged-models", {
            "experiment_id": self.experiment, "model_type": "agent",
            "name": f"genie-{self.domain}-iter{it.number}-{it.model['config_id']}",
            "source_run_id": run["run_id"],
            "params": pairs({"patch_levers": json.dumps(it.model["patch_levers"]),
                             "space_id": it.model["space_id"],
                             "config_id": it.model["config_id"]}),
            "tags": pairs({"mlflow.model.isExternal": "true"})})["model"]["info"]
        self.model_files(it, info["artifact_uri"])
        self.server.call("PATCH", V2 + "logged-models/" + info["model_id"],
                         {"model_id": info["model_id"], "status": "LOGGED_MODEL_READY"})
        self.server.call("POST", V2 + "runs/outputs", {
            "run_id": run["run_id"], "models": [{"model_id": info["model_id"], "step": 0}]})
        self.finish(run["run_id"])
        return info["model_id"]

    def model_files(self, it, root):
        self.server.put(root, "model_state/genie_config.json", it.bytes("space.json"))
        if it.patches:
            self.server.put(root, "patches/patch_set.json", it.bytes(it.patches))
        for name in ("columns", "tags", "routines"):
            rows = (it.space.get("uc") or {}).get(name)
            if rows is not None:
                self.server.put(root, f"model_state/uc_{name}.json", json.dumps(rows).encode())

    def values(self, it, run_id, model_id):
        metrics = {"overall_accuracy": it.eval["overall_accuracy"],
                   "thresholds_passed": float(it.eval["thresholds_passed"])}
        for judge, score in it.eval["scores"].items():
            if score is not None:
                metrics[judge + "/mean"] = score / 100
                metrics[f"eval_{judge}_pct"] = score
        at = now()
        self.server.call("POST", V2 + "runs/log-batch", {
            "run_id": run_id,
            "params": pairs({"space_id": it.model["space_id"], "iteration": it.number,
                             "dataset": self.dataset_name, "eval_scope": it.eval["scope"],
                             "num_scorers": len(it.eval["scores"]),
                             "config_id": it.eval["config_id"]}),
            "metrics": [{"key": key, "value": value, "timestamp": at, "step": it.number,
                         "model_id": model_id, "dataset_name": self.dataset_name,
                         "dataset_digest": self.digest} for key, value in metrics.items()]})

    # ---- traces ----

    def trace(self, row, run_id, model_id):
        digits = hexid(run_id, row["question_id"])[:32]
        trace_id, span_id = "tr-" + digits, digits[:16]
        request = json.dumps({"question": row["question"]})
        response = json.dumps(row.get("genie_sql") or row.get("genie_text") or "")
        info = self.server.call("POST", V3 + "traces", {"trace": {"trace_info": {
            "trace_id": trace_id, "client_request_id": row["question_id"],
            "trace_location": {"type": "MLFLOW_EXPERIMENT",
                               "mlflow_experiment": {"experiment_id": self.experiment}},
            "request_preview": request, "response_preview": response[:readback.PREVIEW],
            "request_time": row["asked_at"],
            "execution_duration": f"{row['latency_ms'] / 1000:.3f}s",
            "state": "OK" if readback.answered(row) else "ERROR",
            "trace_metadata": {"mlflow.trace_schema.version": "3", "mlflow.sourceRun": run_id,
                               "mlflow.modelId": model_id},
            "tags": {"mlflow.traceName": "genie_question"},
            "assessments": [self.assessment(row, judge, verdict, trace_id, span_id, run_id)
                            for judge, verdict in row["judges"].items()
                            if verdict["value"] != "skipped"] + [
                self.expectation(row, trace_id, span_id)]}}})["trace"]["trace_info"]
        begin = readback.mlflow_time(row["asked_at"]) * 1000000
        span = {"trace_id": number64(digits), "span_id": number64(span_id),
                "parent_span_id": None, "name": "genie_question", "events": [],
                "start_time_unix_nano": begin,
                "end_time_unix_nano": begin + row["latency_ms"] * 1000000,
                "status": {"code": "STATUS_CODE_OK", "message": ""},
                "attributes": {"mlflow.traceRequestId": json.dumps(trace_id),
                               "mlflow.spanType": json.dumps("CHAIN"),
                               "mlflow.spanInputs": request, "mlflow.spanOutputs": response}}
        self.server.put(info["tags"]["mlflow.artifactLocation"], "traces.json",
                        json.dumps({"spans": [span]}).encode())
        return trace_id

    @staticmethod
    def expectation(row, trace_id, span_id):
        return {"assessment_name": "expected_sql", "trace_id": trace_id, "span_id": span_id,
                "source": {"source_type": "HUMAN", "source_id": "benchmark"},
                "expectation": {"value": row["expected_sql"]},
                "create_time": row["asked_at"], "last_update_time": row["asked_at"]}

    @staticmethod
    def assessment(row, judge, verdict, trace_id, span_id, run_id):
        metadata = {"mlflow.assessment.sourceRunId": run_id}
        for key, value in (verdict.get("asi") or {}).items():
            text = value if isinstance(value, str) else json.dumps(value)
            if value not in (None, ""):
                metadata[key] = text.encode()[:readback.METADATA].decode(errors="ignore")
        return {"assessment_name": judge, "trace_id": trace_id, "span_id": span_id,
                "source": {"source_type": "CODE" if verdict["source"] == "code" else "LLM_JUDGE",
                           "source_id": verdict["source"]},
                "feedback": {"value": verdict["value"]}, "rationale": verdict["rationale"],
                "metadata": metadata,
                "create_time": row["asked_at"], "last_update_time": row["asked_at"]}


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: reference.py URI WORK/DOMAIN EXPERIMENT")
    Reference(*sys.argv[1:]).everything()
    print("1 passed, 0 failed, 0 skipped")


if __name__ == "__main__":
    main()
