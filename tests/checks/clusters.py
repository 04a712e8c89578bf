#!/usr/bin/env python3
"""clusters.py BUILD: what genie-cluster promises of any rows, and how fast it is.

Rows with planted mistakes are made from fixed seeds; speed and memory are measured on those of
BUILD/bench/rows, beside jq in the same run (ROWS=N, 100000). The last line is `N passed,
N failed, N skipped`.
"""
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

BUILD = sys.argv[1]
CLUSTER = os.path.join(BUILD, "bin", "genie-cluster")
ROWS = int(os.environ.get("ROWS", "100000"))
JUDGES = ["schema_accuracy", "logical_accuracy", "semantic_equivalence", "completeness"]
CAUSES = ["wrong_column", "missing_filter", "wrong_join", "wrong_table", "wrong_aggregation"]
counts = [0, 0, 0]


def case(ok, text):
    counts[0 if ok else 1] += 1
    if not ok:
        print("not ok -", text)


def cluster(rows, *options):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run([CLUSTER, "-q", *options], input=text, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def groups(document):
    """Cause, object and questions of every cluster."""
    return sorted((c["root_cause"], c["asi_blame_set"][0], tuple(c["question_ids"]))
                  for c in document["clusters"] + document["long_tail"])


def spell(name, rng):
    """One of the ways in which a judge writes a name of four parts."""
    name = ".".join(name.split(".")[rng.randrange(3):])
    if rng.random() < 0.3:
        name = name.upper()
    return "`" + name.replace(".", "`.`") + "`" if rng.random() < 0.3 else name


def verdict(cause, blame, fix, rng):
    return {"value": "no", "rationale": "it is wrong %d" % rng.randrange(5),
            "asi": {"failure_type": cause, "severity": rng.choice(["minor", "major", "critical"]),
                    "confidence": rng.randrange(100) / 100, "blame_set": [blame], "counterfactual_fix": fix}}


def planted(rng, questions):
    """Rows with one mistake each, seen by up to four judges; and the clusters they must give."""
    rows, want = [], {}
    for i in range(questions):
        cause = rng.choice(CAUSES)
        name = "main.sales.t%d.c%d" % (CAUSES.index(cause), rng.randrange(6))
        want.setdefault((cause, name), []).append("q%04d" % i)
        # the full name is seen at least once, so that the others can be told
        rows.append({"question_id": "q%04d" % i, "question": "?", "outcome": "fail", "asset": "TABLE", "judges": {
            judge: verdict(cause, name if not n else spell(name, rng), "say %d" % rng.randrange(9), rng)
            for n, judge in enumerate(rng.sample(JUDGES, rng.randrange(1, 5)))}})
    return rows, sorted((c, n, tuple(q)) for (c, n), q in want.items())


def two_mistakes(rng, row):
    row["judges"]["asset_routing"] = {"value": "no", "rationale": "no words for it"}
    row["judges"]["result_correctness"] = verdict("ambiguous_question", "main.sales.other", "", rng)
    return row


def flat(row):
    out = {"inputs/question_id": row["question_id"], "inputs/question": "?", "outcome": "fail", "asset": "TABLE"}
    for name, judge in row["judges"].items():
        out["feedback/" + name] = judge["value"]
        out["rationale/" + name] = judge["rationale"]
        out[name + "/metadata"] = json.dumps(judge["asi"])
    return out


def trace(row):
    return {"trace_info": {
        "request_preview": json.dumps({k: row[k] for k in ("question_id", "question", "outcome", "asset")}),
        "assessments": [{"assessment_name": name, "feedback": {"value": judge["value"]}, "rationale": judge["rationale"],
                         "metadata": {k: v if isinstance(v, str) else json.dumps(v) for k, v in judge["asi"].items()}}
                        for name, judge in row["judges"].items()]}}


def without_sources(document):
    for c in document["clusters"] + document["long_tail"]:
        c.pop("sources", None)
        for e in c["evidence"]:
            e.pop("source", None)
    return document


def check_grouping():
    for seed in range(10):
        rng = random.Random(seed)
        rows, want = planted(rng, 200)
        got = cluster(rows)
        case(groups(got) == want, "seed %d: %d clusters planted, %d found" % (seed, len(want), len(groups(got))))
        case(without_sources(cluster([flat(r) for r in rows])) == without_sources(got), "seed %d: flat columns differ" % seed)
        case(without_sources(cluster([trace(r) for r in rows])) == without_sources(got), "seed %d: traces differ" % seed)


def check_order():
    rng = random.Random(99)
    rows = [two_mistakes(rng, r) if rng.random() < 0.3 else r for r in planted(rng, 300)[0]]
    rows += [dict(r, replicate=2, genie_sql="SELECT %d" % rng.randrange(3), asset=rng.choice(["MV", "TVF"])) for r in rows[:50]]
    first = cluster(rows)
    for turn in range(20):
        rng.shuffle(rows)
        case(cluster(rows) == first, "shuffle %d: another document" % turn)


def check_limitation(folder):
    rng = random.Random(5)
    row = {"question_id": "q", "question": "Sales last quarter?", "outcome": "fail", "asset": "TABLE",
           "judges": {"logical_accuracy": verdict("missing_temporal_filter", "main.sales.t.day", "say it", rng)}}
    history = []
    for i in range(3):
        path = os.path.join(folder, "iter-%02d" % i, "patches.json")
        os.mkdir(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"schema": "genie/patches/1", "patches": [{
                "patch_id": "P001", "type": "update_column_comment", "risk": "low", "target": "main.sales.t",
                "column": "day", "questions": ["q"]}]}, file)
        history += ["--history", path]
        got = cluster([row], *history)["long_tail"][0]
        known = got["known_limitation"]
        case(got["attempts"] == i + 1, "%d attempts are counted as %d" % (i + 1, got["attempts"]))
        case((known or {}).get("id") == ("KGL-3" if i else None), "after %d attempts: %s" % (i + 1, known))


def measure(*command):
    done = subprocess.run([os.path.join(BUILD, "bench", "measure"), *command], capture_output=True, text=True, check=True)
    clock, cpu, memory = done.stdout.split()
    return float(cpu), int(memory)


def make_rows(folder, *arguments):
    path = os.path.join(folder, "-".join(arguments))
    with open(path, "wb") as file:
        subprocess.run([os.path.join(BUILD, "bench", "rows"), *arguments], stdout=file, check=True)
    return path


def check_speed(folder):
    if not shutil.which("jq"):
        counts[2] += 1
        print("skipped: speed: no jq")
        return
    path = make_rows(folder, str(ROWS), "fail")
    ratios = []
    for _ in range(3):
        ours = measure(CLUSTER, path)[0]
        ratios.append(measure("jq", "-c", ".", path)[0] / ours)
    os.unlink(path)
    ratio = statistics.median(ratios)
    print("%d failing rows: %.1f times as fast as jq -c . (at least 10)" % (ROWS, ratio))
    case(ratio >= 10, "%.1f times as fast as jq, not 10" % ratio)


def check_memory(folder):
    few, many = (make_rows(folder, str(n), "fail", "500") for n in (1000, ROWS))
    small, large = (statistics.median(measure(CLUSTER, path)[1] for _ in range(3)) for path in (few, many))
    print("memory for the same questions: %d rows %d KiB, %d rows %d KiB" % (1000, small, ROWS, large))
    case(large <= small * 1.2, "memory grows with rows: %d KiB, then %d" % (small, large))


with tempfile.TemporaryDirectory(dir=BUILD) as work:
    check_grouping()
    check_order()
    check_limitation(work)
    check_speed(work)
    check_memory(work)
print("{} passed, {} failed, {} skipped".format(*counts), flush=True)
sys.exit(1 if counts[1] else 0)
