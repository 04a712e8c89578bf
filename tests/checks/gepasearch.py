#!/usr/bin/env python3
"""gepasearch.py PROGRAM BUILD: what a search claims when answers vary.

PROGRAM is the check in C: run first as it is, as gepa-kill is at the end. Between, genie-propose --engine gepa searches on the
embedded workspace, over HTTP, on the space of gepadepot.py: a quarter of its questions are flaky,
since each asking draws anew between two tables. The model's answers come from a script. Of
searches whose proposals change nothing of substance only few may ship; of those in which one
proposal of six takes a misleading line away, worth 20 points, most must. Each search has a seed of
its own, for the workspace's draws, the engine's and the script. No number of calls may be exceeded,
as the workspace's own log of requests counts them. LOUD=1 tells of every search. The last line is
`N passed, N failed, N skipped`.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True  # of the module beside this script
import gepadepot  # noqa: E402

PROGRAM, BUILD = sys.argv[1:3]
BIN = os.path.abspath(os.path.join(BUILD, "bin"))
LOUD = os.environ.get("LOUD")
AT_ONCE = 8  # searches: most of the time of each is waiting for an answer before it is looked for
SECONDS = 3000  # that one search may take

IDLE_SEARCHES, IDLE_CALLS, IDLE_SHIPPED = 30, 300, 2
REAL_SEARCHES, REAL_CALLS, REAL_SHIPPED = 10, 600, 8
HIT = 1 / 6  # proposals that repair, where there is something to repair

counts = [0, 0, 0]


def case(ok, text):
    counts[0 if ok else 1] += 1
    if not ok:
        print("not ok -", text)


def finish():
    print("{} passed, {} failed, {} skipped".format(*counts), flush=True)
    sys.exit(1 if counts[1] else 0)


def rate(what, got, of):
    print(f"{what}: {got} of {of} ({100 * got / max(of, 1):.2f} %)")


def run_program(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    lines = done.stdout.splitlines() or ["0 passed, 1 failed, 0 skipped"]
    print("\n".join(lines[:-1]), flush=True)
    words = lines[-1].split()
    if len(words) == 6 and words[1] == "passed,":
        for i in range(3):
            counts[i] += int(words[2 * i])
    case(done.returncode in (0, 1), f"{command[0]} ended with status {done.returncode}")


# ---- the model's part ----
def answer(match, text):
    return {"match": match, "times": 1, "response": f"```\n{text}\n```"}


def script(seed, real):
    """Answers for both components; each says something else, so that none is known already."""
    draws = random.Random(seed)
    for k in range(REAL_CALLS):
        note = f"{gepadepot.PURPOSE}\nNote {k}: answer politely."
        hit = real and draws.random() < HIT
        # as long as the lines are in the text that is to be written anew
        yield answer(["The component: the instruction", gepadepot.MISLEADING.splitlines()[0][-9:]],
                     note if hit else f"{note}\n{gepadepot.MISLEADING}")
    for k in range(REAL_CALLS):
        yield answer("The component: the instruction", f"{gepadepot.PURPOSE}\nNote {k}: answer politely.")
        yield answer("The component: the examples", json.dumps(
            {"op": "replace", "id": gepadepot.EXAMPLE_ID, **gepadepot.example(k + 1)}))


# ---- a workspace and a search on it ----
class Workspace:
    def __init__(self, folder, seed, real):
        self.folder = folder
        gepadepot.write(folder)
        with open(self.path("script.jsonl"), "w") as out:
            for line in script(seed, real):
                out.write(json.dumps(line) + "\n")
        self.process = subprocess.Popen(
            [BIN + "/genie-local", "serve", "-q", "--bundle", self.path("database"), "--draws", "asking",
             "--space-file", self.path(gepadepot.SPACE + ".json"), "--seed", str(seed), "--latency", "0",
             "--llm-script", self.path("script.jsonl"), "--log-requests", self.path("requests.jsonl")],
            stdout=subprocess.PIPE, stderr=sys.stderr)
        ready = json.loads(self.process.stdout.readline() or "{}")
        self.env = {**os.environ, "DATABRICKS_HOST": ready.get("host", ""),
                    "DATABRICKS_TOKEN": ready.get("token", ""), "DATABRICKS_CONFIG_FILE": "/dev/null",
                    "XDG_RUNTIME_DIR": folder}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, tool, *arguments):
        """What was said when it failed; None."""
        done = subprocess.run([os.path.join(BIN, tool), "-q", *arguments], env=self.env, timeout=SECONDS,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        return done.stderr.strip() or f"status {done.returncode}" if done.returncode else None

    def propose(self, *arguments):
        """The document that is written, and why there is none."""
        failure = self.run("genie-fetch", gepadepot.SPACE, "-o", self.path("space.json")) or self.run(
            "genie-propose", "--engine", "gepa", "--snapshot", self.path("space.json"),
            "--benchmarks", self.path("bench.jsonl"), "--journal", self.path("journal.jsonl"), "--qpm", "0",
            "-o", self.path("out.json"), *arguments)
        if failure:
            return {}, failure
        with open(self.path("out.json")) as file:
            return json.load(file), None

    def lines(self, name):
        with open(self.path(name)) as file:
            return [json.loads(line) for line in file]

    def questions_asked(self):
        return sum(r["method"] == "POST" and r["path"].endswith("/start-conversation")
                   for r in self.lines("requests.jsonl"))


def search(seed, real):
    calls = REAL_CALLS if real else IDLE_CALLS
    with tempfile.TemporaryDirectory() as folder, Workspace(folder, seed, real) as space:
        document, failure = space.propose("--llm", "writer", "--calls", str(calls), "--seed", str(seed))
        measured = [] if failure else [(line["row"]["category"], line["outcome"])
                                       for line in space.lines("journal.jsonl")
                                       if line["schema"] == "genie/measurement/1"]
        return {"name": f"search {seed}", "calls": calls, "failure": failure,
                "asked": space.questions_asked(), "record": document.get("search"),
                "patches": document.get("patches", []), "measured": measured}


def verdict(found):
    return found["record"]["final"]["verdict"] if found["record"] else "none"


def tell(found):
    record = found["record"] or {"final": {}, "proposals": [], "candidates": [], "end": found["failure"]}
    final = record["final"]
    fates = [p["fate"] for p in record["proposals"]]
    print(f"# {found['name']}: {found['asked']} asked, {len(fates)} proposals, {len(record['candidates'])} "
          f"candidates, {record['end']}: {verdict(found)}, +{final.get('fixed')} -{final.get('broken')} in "
          f"{final.get('rounds')} rounds, p {final.get('p_value')}")


# ---- what must hold ----
def check_each(found):
    """Whatever it was looking for: the search went on to its end, and no further."""
    name = found["name"]
    case(not found["failure"], f"{name} failed: {found['failure']}")
    case(found["asked"] <= found["calls"], f"{name} asked {found['asked']} questions of {found['calls']}")
    case(not found["record"] or found["record"]["end"] == "the calls are spent",
         f"{name} ended early: {found['record'] and found['record']['end']}")
    case(bool(found["patches"]) == (verdict(found) == "better"),
         f"{name} ships {len(found['patches'])} patches, and calls them {verdict(found)}")


def share_passed(idle, kind):
    outcomes = [outcome == "pass" for found in idle for category, outcome in found["measured"]
                if category == kind]
    return sum(outcomes), len(outcomes)


def check_planted(idle):
    """The kinds of questions are what they are meant to be, under all texts without substance."""
    with tempfile.TemporaryDirectory() as folder, Workspace(folder, 1, False) as space:
        noise, failure = space.propose("--noise")
    case(not failure, f"the noise is not measured: {failure}")
    flaky = {one["question_id"] for one in noise.get("flaky", [])}
    share = gepadepot.share("flaky")
    case(all(i.startswith("flaky_") for i in flaky), f"others are flaky: {sorted(flaky)}")
    # three askings of an even draw show it for three quarters of them
    print(f"flaky: {100 * share:.0f} % planted, {100 * noise.get('flaky_share', 0):.0f} % seen in three askings")
    case(0.5 * share <= noise.get("flaky_share", 0) <= share, "the flaky share is not what was planted")
    for kind, low, high in (("passes", 1, 1), ("never", 0, 0), ("waits", 0, 0), ("flaky", 0.45, 0.55)):
        passed, of = share_passed(idle, kind)
        rate(f"askings of questions of the kind \"{kind}\" that pass without substance", passed, of)
        case(of > 0 and low * of <= passed <= high * of, f"{kind}: {passed} of {of} askings pass")


def check_idle(idle):
    shipped = sum(verdict(found) == "better" for found in idle)
    rate(f"searches of {IDLE_CALLS} calls without substance that come to a comparison",
         sum(bool(found["record"]) and found["record"]["final"]["pairs"] > 0 for found in idle), len(idle))
    rate(f"searches of {IDLE_CALLS} calls without substance that ship", shipped, len(idle))
    case(shipped <= IDLE_SHIPPED, f"{shipped} of {len(idle)} searches without substance ship")


def repairs(patches):
    texts = [p.get("new_text") or "" for p in patches if p["type"] == "update_instruction"]
    return len(texts) == 1 and "->" not in texts[0]


def check_real(real):
    shipped = sum(verdict(found) == "better" for found in real)
    worse = sum(verdict(found) == "worse" for found in real)
    rate(f"searches of {REAL_CALLS} calls with something to find that ship", shipped, len(real))
    case(shipped >= REAL_SHIPPED, f"{shipped} of {len(real)} searches with something to find ship")
    case(worse == 0, f"{worse} of {len(real)} improvements are called worse")
    for found in real:
        case(not found["patches"] or repairs(found["patches"]), f"{found['name']} ships without the repair")


def main():
    run_program(PROGRAM)
    begin = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        real = [pool.submit(search, 100 + k, True) for k in range(REAL_SEARCHES)]
        idle = [pool.submit(search, k, False) for k in range(IDLE_SEARCHES)]
        real, idle = [r.result() for r in real], [i.result() for i in idle]
    for found in idle + real:
        check_each(found)
        if LOUD:
            tell(found)
    check_planted(idle)
    check_idle(idle)
    check_real(real)
    spent = os.times()
    print(f"embedded workspace: {sum(f['asked'] for f in idle + real)} questions over HTTP, "
          f"{time.monotonic() - begin:.0f} s, {spent.children_user + spent.children_system:.0f} s of "
          f"processor time, {AT_ONCE} searches at once")
    run_program(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gepa-kill"), BUILD)
    finish()


main()
