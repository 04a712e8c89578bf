#!/usr/bin/env python3
"""Reads back what a loop itself has logged (make optimize with MLFLOW_TRACKING_URI), and compares it
with the loop's work folder: what readback.py compares of any logging, and beyond that each
evaluation, the loop's own run, what a configuration came from, and the table of verdicts.

usage: looped.py URI WORK/DOMAIN EXPERIMENT [FOUND]

The table of verdicts is read from the embedded workspace with genie-local, which must be in PATH,
as genie-score must. Last line: `N passed, N failed, N skipped`."""
import glob
import json
import os
import subprocess
import sys
import tempfile

import readback
from readback import load, load_lines

import mlflow

VOLATILE = ("created", "created_by", "last_altered", "last_altered_by", "ordinal_position")
NAMES = ("catalog_name", "schema_name", "table_catalog", "table_schema", "table_name", "column_name",
         "tag_name", "routine_catalog", "routine_schema", "routine_name", "specific_catalog",
         "specific_schema", "specific_name")
FAILS = ("no", "ground_truth_correct", "neither_correct")
ASI = ("failure_type", "severity", "confidence", "blame_set", "counterfactual_fix", "wrong_clause",
       "expected_value", "actual_value", "missing_metadata", "ambiguity_detected")


class Evaluation:
    """Rows that were logged, with what genie-score makes of them where the loop kept no scores."""

    def __init__(self, it, note, rows, scores=None):
        self.number = it.number
        self.model = it.model
        self.note = note
        self.rows = load_lines(rows)
        self.eval = scores or json.loads(subprocess.run(
            ("genie-score", "-q", rows), capture_output=True, check=True).stdout)


def plain(row):
    """A row of information_schema without what changes by itself."""
    return {k: v for k, v in row.items() if k not in VOLATILE}


def key_of(row):
    return ".".join(row[n] for n in NAMES if isinstance(row.get(n), str))


def changes(before, after):
    """What uc_metadata_diff.json has to say of one kind, as keys."""
    a, b = ({key_of(r): plain(r) for r in rows} for rows in (before, after))
    return {"added": sorted(b.keys() - a.keys()), "removed": sorted(a.keys() - b.keys()),
            "modified": sorted(k for k in a.keys() & b.keys() if a[k] != b[k])}


def counted(patches, member):
    values = [str(p[member]) for p in patches if p.get(member) not in (None, "")]
    return {v: values.count(v) for v in values}


class Looped(readback.Readback):
    def __init__(self, uri, work, experiment, report):
        super().__init__(uri, work, experiment, report)
        self.notes = {it.number: load(it.folder + "/track.json") for it in self.iterations}
        self.begun = load(work + "/track.json")
        self.ended = load(work + "/final/track.json")
        self.all = self.iterations
        # a change that a gate has stopped was not measured whole
        self.iterations = [it for it in self.all if any(
            e["scope"] == "full" for e in self.notes[it.number]["evaluations"])]

    def everything(self):
        super().everything()
        problems = [p for name in glob.glob(self.work + "/**/*track.json", recursive=True)
                    for p in load(name)["problems"]]
        self.report.same("problems in the loop's notes", problems, [])
        self.report.same("id of the experiment", self.begun["experiment_id"],
                         self.experiment.experiment_id)
        self.loop_run()
        for it in self.all:
            self.configuration(it)
            self.evaluations_of(it)
            self.verdicts(it)
        self.evaluations_at_the_end()
        self.registered()
        self.searches()

    # ---- the run over all others ----

    def loop_run(self):
        run = self.client.get_run(self.begun["run_id"])
        self.report.same("loop: run name", run.info.run_name, "genie_optimize_" + self.domain)
        self.found["above"] = run.info.run_name
        self.report.same("loop: run status", run.info.status, "FINISHED")
        self.report.same("loop: param domain", run.data.params.get("domain"), self.domain)
        self.report.same("loop: param space_id", run.data.params.get("space_id"),
                         self.all[0].model["space_id"])
        with tempfile.TemporaryDirectory() as to:
            folder = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=to)
            for name in ("report.md", "report.html", "optimization-progress.json"):
                if os.path.exists(f"{self.work}/{name}"):
                    self.same_file(f"loop: report/{name}", f"{folder}/report/{name}",
                                   f"{self.work}/{name}")

    def same_file(self, what, got, want):
        if self.report.check(os.path.exists(got), f"{what}: not there"):
            with open(got, "rb") as one, open(want, "rb") as other:
                self.report.check(one.read() == other.read(), f"{what}: not the bytes of {want}")

    # ---- configurations ----

    def configuration(self, it):
        what, note = f"iteration {it.number}", self.notes[it.number]
        model = self.client.get_logged_model(note["model_id"])
        parent = it.model.get("parent_iteration")
        parent_id = self.notes[parent]["model_id"] if parent is not None else "none"
        self.report.same(f"{what}: model's name in the note", note["model_name"], model.name)
        self.report.same(f"{what}: source run in the note", note["model_run_id"],
                         model.source_run_id)
        for key, value in (("parent_model_id", parent_id), ("iteration", str(it.number)),
                           ("domain", self.domain), ("config_hash", it.space["config_hash"])):
            self.report.same(f"{what}: model param {key}", model.params.get(key), value)
        for prompt in self.begun["prompts"]:
            self.report.same(f"{what}: model param prompt_{prompt['judge']}",
                             model.params.get("prompt_" + prompt["judge"]), prompt["version"])
        source = self.client.get_run(model.source_run_id)
        self.report.same(f"{what}: parent of the source run",
                         source.data.tags.get("mlflow.parentRunId"), self.begun["run_id"])
        self.report.same(f"{what}: params of the source run",
                         {k: source.data.params.get(k) for k in model.params},
                         dict(model.params))
        with tempfile.TemporaryDirectory() as to:
            folder = mlflow.artifacts.download_artifacts(
                artifact_uri=f"models:/{model.model_id}", dst_path=to)
            self.metadata_diff(what, model, f"{folder}/model_state/uc_metadata_diff.json", it,
                               parent)
            if it.patches:
                self.patch_summary(what, model, f"{folder}/patches/patch_summary.json",
                                   load(f"{it.folder}/{it.patches}")["patches"])

    def metadata_diff(self, what, model, path, it, parent):
        if not self.report.check(os.path.exists(path), f"{what}: uc_metadata_diff.json: not there"):
            return
        diff = load(path)
        before = next((p.space for p in self.all if p.number == parent), it.space)["uc"]
        for kind in ("columns", "tags", "routines"):
            want = changes(before.get(kind) or [], it.space["uc"].get(kind) or [])
            got = {"added": sorted(map(key_of, diff[kind]["added"])),
                   "removed": sorted(map(key_of, diff[kind]["removed"])),
                   "modified": sorted(m["key"] for m in diff[kind]["modified"])}
            self.report.same(f"{what}: uc_metadata_diff.json: {kind}", got, want)
            rows = {key_of(r): r for r in it.space["uc"].get(kind) or []}
            for one in diff[kind]["modified"]:
                self.report.same(f"{what}: uc_metadata_diff.json: {one['key']}", one["after"],
                                 {k: rows[one["key"]][k] for k in one["after"]})
            self.report.same(f"{what}: model param uc_{kind}_changed",
                             model.params.get(f"uc_{kind}_changed"),
                             str(sum(map(len, want.values()))))

    def patch_summary(self, what, model, path, patches):
        if not self.report.check(os.path.exists(path), f"{what}: patch_summary.json: not there"):
            return
        got = load(path)
        want = {"total": len(patches), "targets": sorted({p["target"] for p in patches if p.get("target")})}
        for member in ("type", "lever", "risk"):
            want["by_" + member] = counted(patches, member)
        for key, value in want.items():
            self.report.same(f"{what}: patch_summary.json: {key}", got.get(key), value)
        self.report.same(f"{what}: model param patch_count", model.params.get("patch_count"),
                         str(len(patches)))
        shown = ",".join(want["targets"])
        if len(shown) < 400:  # longer ones are cut, and say how many there are
            self.report.same(f"{what}: model param patch_targets",
                             model.params.get("patch_targets"), shown)

    # ---- evaluations ----

    def evaluations_of(self, it):
        for note in self.notes[it.number]["evaluations"]:
            scope = note["scope"]
            name = "rows" if scope == "full" else scope
            scores = it.eval if scope == "full" else None
            self.evaluation(it, Evaluation(it, note, f"{it.folder}/{name}.jsonl", scores))

    def evaluations_at_the_end(self):
        by_model = {n["model_id"]: it for it in self.all for n in (self.notes[it.number],)}
        for number, note in enumerate(self.ended["evaluations"]):
            run = self.client.get_run(note["run_id"])
            it = by_model.get(run.inputs.model_inputs[0].model_id)
            if not self.report.check(it, f"{note['scope']} at the end: of no known model"):
                continue
            folder = f"{self.work}/iter-00" if number == 0 and note["scope"] == "held_out" \
                else self.work + "/final"
            self.evaluation(it, Evaluation(it, note, f"{folder}/{note['scope']}.jsonl"))

    def evaluation(self, it, ev):
        what = f"iteration {it.number}, {ev.note['scope']}"
        run = self.client.get_run(ev.note["run_id"])
        self.run_state(what, run)
        self.report.same(f"{what}: run name in the note", ev.note["run_name"], run.info.run_name)
        for tag, value in (("genie.scope", ev.note["scope"]),
                           ("mlflow.parentRunId", self.begun["run_id"])):
            self.report.same(f"{what}: run tag {tag}", run.data.tags.get(tag), value)
        for param, value in (("eval_scope", ev.note["scope"]), ("iteration", str(it.number)),
                             ("space_id", it.model["space_id"]),
                             ("num_questions", str(ev.eval["total_questions"])),
                             ("dataset", self.begun["dataset"])):
            self.report.same(f"{what}: run param {param}", run.data.params.get(param), value)
        self.report.same(f"{what}: model", [m.model_id for m in run.inputs.model_inputs],
                         [self.notes[it.number]["model_id"]])
        self.metrics(what, run, ev)
        self.scores(what, run, ev)
        if ev.note["scope"] == "full":  # everything else of it is compared already
            return
        self.artifacts(what, run, ev)
        self.asked(what, run, ev)
        if ev.note["scope"] == "repeatability":
            self.repeatability(what, run)

    def scores(self, what, run, ev):
        """A model's scores are those of the evaluation over all questions."""
        model = self.client.get_logged_model(self.notes[ev.number]["model_id"])
        mine = {m.key: m.value for m in model.metrics or [] if m.run_id == run.info.run_id}
        if ev.note["scope"] != "full":
            self.report.same(f"{what}: scores of the model", mine, {})
            return
        for judge, score in ev.eval["scores"].items():
            if score is not None:
                self.report.same(f"{what}: model metric {judge}", mine.get(judge), float(score))

    def asked(self, what, run, ev):
        """A trace for each asking, also where a question was asked several times."""
        traces = mlflow.search_traces(locations=[self.experiment.experiment_id],
                                      return_type="list", run_id=run.info.run_id, max_results=5000)
        self.report.same(f"{what}: traces", len(traces), len(ev.rows))
        models = [m.model_id for m in run.inputs.model_inputs]
        for row in ev.rows:
            got = [t for t in traces if t.info.client_request_id == row["question_id"] and
                   t.info.trace_metadata.get("message_id") == row.get("message_id")]
            if self.report.same(f"{what}: traces of {row['question_id']}", len(got), 1):
                self.trace(f"{what}: trace of {row['question_id']}", got[0], row, run, models)

    def repeatability(self, what, run):
        want = load(self.work + "/final/repeatability.json")
        self.report.same(f"{what}: run metric repeatability_pct",
                         run.data.metrics.get("repeatability_pct"), want["repeatability_pct"])
        with tempfile.TemporaryDirectory() as to:
            path = mlflow.artifacts.download_artifacts(
                run_id=run.info.run_id, artifact_path="evaluation/repeatability.json", dst_path=to)
            self.report.same(f"{what}: evaluation/repeatability.json", load(path), want)

    # ---- the table of verdicts ----

    def table(self, run_id):
        done = subprocess.run(
            ("genie-local", "sql", "-q", "--bundle", self.work + "/bundle", "--db",
             self.work + "/workspace.db",
             f"SELECT * FROM {self.begun['uc_schema']}.genie_eval_asi_results "
             f"WHERE run_id = '{run_id}'"), capture_output=True, check=True)
        answer = json.loads(done.stdout)
        names = [c["name"] for c in answer["columns"]]
        return [dict(zip(names, row)) for row in answer["rows"]]

    def verdicts(self, it):
        note = self.notes[it.number]["asi"]
        if not note:
            return
        rows = self.table(note["run_id"])
        got = {(r["question_id"], r["judge"]): r for r in rows}
        want = {(r["question_id"], judge): verdict for r in it.rows
                for judge, verdict in r["judges"].items()
                if verdict["value"] != "skipped" and
                (verdict["value"] in FAILS or verdict.get("asi"))}
        what = f"iteration {it.number}: verdicts"
        self.report.same(f"{what} in the table", sorted(got), sorted(want))
        self.report.same(f"{what}: rows", [len(rows), note["rows"]], [len(want)] * 2)
        for key in got.keys() & want.keys():
            self.verdict(f"{what}: {' '.join(key)}", it, got[key], want[key])

    def verdict(self, what, it, got, want):
        self.report.same(f"{what}: value", got["value"], want["value"])
        self.report.same(f"{what}: iteration", int(got["iteration"]), it.number)
        asi = want.get("asi") or {}
        for name in ASI:
            value = asi.get(name)
            if value is None or value == "":
                self.report.same(f"{what}: {name}", got[name], None)
            elif isinstance(value, str):
                self.report.same(f"{what}: {name}", got[name], value)
            elif got[name] is None:
                self.report.check(False, f"{what}: {name}: not there")
            else:
                self.report.same(f"{what}: {name}", json.loads(got[name]), value)

    # ---- what is registered, what can be searched for ----

    def registered(self):
        for prompt in self.begun["prompts"]:
            got = mlflow.genai.load_prompt(f"prompts:/{prompt['name']}@{prompt['alias']}")
            self.report.same(f"prompt {prompt['name']}: version", str(got.version),
                             prompt["version"])
        self.report.same("dataset in the note", self.begun["dataset"],
                         f"{self.begun['uc_schema']}.genie_benchmarks_{self.domain}")
        promoted = mlflow.search_logged_models(
            experiment_ids=[self.experiment.experiment_id], output_format="list",
            filter_string="tags.`genie.promoted` = 'true'")
        self.report.same("promoted model", [m.model_id for m in promoted],
                         [self.ended["promoted_model_id"]])

    def searches(self):
        """Models by the scores of their full evaluation."""
        for judge, score in self.iterations[0].eval["scores"].items():
            if score is None:
                continue
            for limit in (score, 80):
                right = {self.notes[it.number]["model_id"] for it in self.iterations
                         if (it.eval["scores"].get(judge) or 0) >= limit}
                got = mlflow.search_logged_models(
                    experiment_ids=[self.experiment.experiment_id], output_format="list",
                    filter_string=f"metrics.{judge} >= {limit}")
                self.report.same(f"search metrics.{judge} >= {limit}", {m.model_id for m in got},
                                 right)


if __name__ == "__main__":
    sys.exit(readback.main(Looped, __doc__))
