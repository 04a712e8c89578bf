#!/usr/bin/env python3
"""Breaks one field of the requests at a time, on their way to the server, and wants the
comparison to notice: MLflow answers many such requests with 200 and drops the data.

usage: negative.py URI WORK/DOMAIN [COMMAND]

Without COMMAND the requests are those of reference.py. COMMAND is called with URI, WORK/DOMAIN and
the name of an experiment, and what it notices itself, by ending with a failure, counts too.
A small proxy on loopback rewrites the field; what passes through it unchanged must compare
without a fault, and each mutation must be found by the comparison that is about it.
Last line: `N passed, N failed, N skipped`."""
import http.client
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import urllib.parse

import readback
import reference


# ---- what is broken: (name, what the path must match, function of the body, what must be seen) --

def each(*path):
    """Applies a function to all places of a path; '*' stands for the entries of a list."""
    def at(node, keys, change):
        if not keys:
            change(node)
        elif keys[0] == "*":
            for one in node if isinstance(node, list) else []:
                at(one, keys[1:], change)
        elif isinstance(node, dict) and keys[0] in node:
            at(node[keys[0]], keys[1:], change)
    return lambda body, change: at(body, path, change)


def field(places, key, new):
    def change(node):
        if key in node:
            node[key] = new(node[key])
    return lambda body: places(body, change)


def renamed(places, key, name):
    def change(node):
        if key in node:
            node[name] = node.pop(key)
    return lambda body: places(body, change)


def dropped(places, key):
    return lambda body: places(body, lambda node: node.pop(key, None))


METRICS = each("metrics", "*")
PARAMS = each("params", "*")
TRACE = each("trace", "trace_info")
ASSESSMENTS = each("trace", "trace_info", "assessments", "*")
DATASETS = each("datasets", "*", "dataset")
MUTATIONS = [
    ("metric value as a word", "log-batch", field(METRICS, "value", lambda v: f"{v} %"),
     "run metric"),
    ("metric key renamed", "log-batch", field(METRICS, "key", lambda k: k.replace("/", "_")),
     "run metric"),
    ("metric timestamp in seconds", "log-batch", field(METRICS, "timestamp", lambda t: t // 1000),
     "run metric"),
    ("metric without its model", "log-batch", dropped(METRICS, "model_id"), "model metric"),
    ("param value as a number", "log-batch", field(PARAMS, "value", lambda v: 5),
     "run param"),
    ("param key renamed", "log-batch", field(PARAMS, "key", lambda k: "x_" + k), "run param"),
    ("run status of another spelling", "runs/update", field(each(), "status", str.lower),
     "run status"),
    ("start_time renamed", "runs/create", renamed(each(), "start_time", "begin_time"),
     "run times"),
    ("run_type tag renamed", "runs/create",
     field(each("tags", "*"), "key", lambda k: k.replace("runType", "run_type")), "runType"),
    ("parent run under another key", "runs/create",
     field(each("tags", "*"), "key", lambda k: k.replace("parentRunId", "parent_run_id")),
     "parentRunId"),
    ("scope under another key", "runs/create",
     field(each("tags", "*"), "key", lambda k: k.replace("genie.scope", "scope")), "scope"),
    ("score of the model under another key", "log-batch",
     field(METRICS, "key", lambda k: k.replace("overall_accuracy", "accuracy")),
     "overall_accuracy"),
    ("model status of another name", "logged-models/m-",
     field(each(), "status", lambda s: "LOGGED_MODEL_PENDING"), "model status"),
    ("model param as a number", "logged-models$", field(PARAMS, "value", lambda v: 5),
     "model param"),
    ("source_run_id renamed", "logged-models$", renamed(each(), "source_run_id", "run_id"),
     "source run"),
    ("models left out of the inputs", "log-inputs", renamed(each(), "models", "model_inputs"),
     "model inputs"),
    ("dataset of another name", "log-inputs", field(DATASETS, "name", lambda n: "x_" + n),
     "dataset input"),
    ("request_time as an integer", "3.0/mlflow/traces$", field(TRACE, "request_time", len),
     "trace"),
    ("execution_duration in milliseconds", "3.0/mlflow/traces$",
     field(TRACE, "execution_duration", lambda d: f"{float(d[:-1]) * 1000:.3f}s"),
     "execution_duration"),
    ("request_preview renamed", "3.0/mlflow/traces$", renamed(TRACE, "request_preview", "request"),
     "request_preview"),
    ("trace state in small letters", "3.0/mlflow/traces$", field(TRACE, "state", str.lower),
     "trace"),
    ("sourceRun renamed", "3.0/mlflow/traces$",
     renamed(each("trace", "trace_info", "trace_metadata"), "mlflow.sourceRun", "sourceRun"),
     "sourceRun"),
    ("feedback renamed", "3.0/mlflow/traces$", renamed(ASSESSMENTS, "feedback", "verdict"),
     "trace"),
    ("feedback value as a truth value", "3.0/mlflow/traces$",
     field(each("trace", "trace_info", "assessments", "*", "feedback"), "value",
           lambda v: v == "yes"), "value"),
    ("rationale renamed", "3.0/mlflow/traces$", renamed(ASSESSMENTS, "rationale", "reason"),
     "rationale"),
    ("source of another type", "3.0/mlflow/traces$",
     field(each("trace", "trace_info", "assessments", "*", "source"), "source_type",
           lambda t: "HUMAN"), "source type"),
    ("assessment metadata renamed", "3.0/mlflow/traces$",
     renamed(ASSESSMENTS, "metadata", "meta"), "sourceRunId"),
    ("assessment of another name", "3.0/mlflow/traces$",
     field(ASSESSMENTS, "assessment_name", lambda n: n + "_judge"), "assessments"),
    ("span attribute as a bare text", r"traces\.json$",
     field(each("spans", "*", "attributes"), "mlflow.spanInputs", lambda v: 5), "trace"),
    ("inputs of a span by OTLP renamed", "v1/traces$",
     field(each("resourceSpans", "*", "scopeSpans", "*", "spans", "*", "attributes", "*"), "key",
           lambda k: k.replace("spanInputs", "inputs")), "inputs of the root span"),
    ("expectation renamed", "3.0/mlflow/traces$",
     renamed(ASSESSMENTS, "expectation", "expected"), "expect|trace"),
    ("dataset records without expectations", "datasets/.*/records$",
     field(each(), "records", lambda r: r.replace('"expectations"', '"expected"')), "dataset"),
    ("prompt text under another key", "model-versions/create",
     field(each("tags", "*"), "key", lambda k: k.replace("prompt.text", "prompt.template")),
     "prompt|gave up"),
    ("alias of another name", "registered-models/alias",
     field(each(), "alias", lambda a: "champion"), "prompt|gave up"),
    ("artifact cut short", r"failures\.json$", None, "failures|gave up"),
    ("snapshot cut short", r"genie_config\.json$", None, "genie_config"),
    ("promotion under another key", "logged-models/.*/tags$",
     field(each("tags", "*"), "key", lambda k: k.replace("promoted", "best")), "promoted"),
]


# Spans go one of two ways; only a loop has a run over all others.
ONLY = {"parent run under another key": True, "scope under another key": True,
        "span attribute as a bare text": False, "inputs of a span by OTLP renamed": True}


# ---- the proxy ------------------------------------------------------------------------------

class Rewriter(http.server.BaseHTTPRequestHandler):
    """Passes requests on to the server, with one field rewritten."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass

    def rewritten(self, data):
        pattern, change = self.server.mutation
        if pattern is None or not re.search(pattern, self.path.split("?")[0]):
            return data
        if change is None:
            changed = data[:len(data) // 2] + b"]"
        else:
            body = json.loads(data)
            change(body)
            changed = json.dumps(body).encode()
        self.server.changed += changed != data
        return changed

    def pass_on(self):
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if data and self.command != "GET":
            data = self.rewritten(data)
        target = http.client.HTTPConnection(*self.server.target, timeout=60)
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() not in ("host", "content-length", "connection", "expect")}
        target.request(self.command, self.path, body=data or None, headers=headers)
        answer = target.getresponse()
        body = answer.read()
        target.close()
        self.send_response(answer.status)
        for key, value in answer.getheaders():
            if key.lower() not in ("transfer-encoding", "content-length", "connection", "date",
                                   "server"):
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, uri, mutation):
        super().__init__(("127.0.0.1", 0), Rewriter)
        parts = urllib.parse.urlsplit(uri)
        self.target = (parts.hostname, parts.port)
        self.mutation = mutation
        self.changed = 0

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def uri(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


# ---- one round ------------------------------------------------------------------------------

def log(uri, work, experiment, command, report):
    if not command:
        try:
            reference.Reference(uri, work, experiment).everything()
        except reference.Refused as error:
            report.check(False, f"refused: {error}")
        return
    done = subprocess.run((command, uri, work, experiment), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=120, check=False)
    said = [line for line in done.stderr.splitlines() if "error" in line]
    report.check(done.returncode == 0,
                 f"refused: {said[-1] if said else done.stdout[-200:] + done.stderr[-200:]}")


def compared(uri, work, experiment, mutation, command):
    """Logs through the proxy, compares without it: (was a request changed, report). Where the
    command itself has noticed, there is nothing left to compare."""
    report = readback.Report(loud=False)
    with Proxy(uri, mutation) as proxy:
        log(proxy.uri(), work, experiment, command, report)
    if not (command and report.lines):
        readback.compare(uri, work, experiment, report)
    return proxy.changed, report


class Verdicts:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, right, text):
        self.passed += right
        self.failed += not right
        print(f"{'ok' if right else 'not ok'} - {text}", flush=True)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    uri, work = sys.argv[1:3]
    command = sys.argv[3] if len(sys.argv) == 4 else None
    base = f"/Shared/conformance/broken-{os.getpid()}-"
    verdicts = Verdicts()
    _, report = compared(uri, work, base + "unchanged", (None, None), command)
    verdicts.add(not report.lines and report.passed > 100,
                 f"nothing broken: {report.passed} comparisons hold"
                 + "".join(f"; {line}" for line in report.lines[:5]))
    for number, (name, path, change, seen) in enumerate(MUTATIONS):
        if ONLY.get(name, bool(command)) != bool(command):
            continue
        changed, report = compared(uri, work, f"{base}{number}", (path, change), command)
        found = [line for line in report.lines if re.search(seen + "|^refused", line)]
        verdicts.add(bool(changed and found),
                     f"{name}: " + (found[0][:150] if found else
                                    f"not noticed {report.lines[:2]}" if changed
                                    else "no request was changed"))
    print(f"{verdicts.passed} passed, {verdicts.failed} failed, 0 skipped")
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
