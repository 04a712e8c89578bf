"""Measure a Genie Space with the toolkit's programs, in parts.

    shard   asks one part of the benchmark           -> RESULTS/shard-I-of-N.jsonl
    score   adds the parts up and applies the gate   -> RESULTS/rows.jsonl, eval.json

Nothing but Python's own library. The programs lie in a volume, from which nothing can be
run and to whose files nothing can be appended: they are copied to the node's own disk, and
results are copied to the volume when they are whole. The answers that a part got
are kept there even when it fails, so that a repaired part asks only what is missing.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


class Failed(Exception):
    """What stops the evaluation, in words."""


class Toolkit:
    """The programs, on the node's own disk."""

    def __init__(self, source: Path, scratch: Path) -> None:
        if not (source / "bin").is_dir():
            raise Failed(f"{source}: no folder bin with the toolkit's programs")
        self.bin = scratch / "bin"
        shutil.copytree(source / "bin", self.bin)
        for program in self.bin.iterdir():
            program.chmod(0o755)
        self.env = dict(os.environ)
        if (source / "lib").is_dir():
            shutil.copytree(source / "lib", scratch / "lib")
            self.env["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, [str(scratch / "lib"), os.environ.get("LD_LIBRARY_PATH")]))
        if (source / "prompts").is_dir():
            self.env["GENIE_PROMPTS"] = str(source / "prompts")

    def run(self, program: str, *arguments: str, may: tuple = (0,), text: str = "") -> subprocess.CompletedProcess:
        """Ends with a status of `may`, or what it said becomes the error of the task."""
        done = subprocess.run(
            [str(self.bin / program), *arguments], env=self.env, input=text, capture_output=True, text=True, check=False
        )
        print(done.stderr, end="")
        if done.returncode not in may:
            last = done.stderr.strip().splitlines()[-3:]
            raise Failed(f"{program} ended with {done.returncode}: " + " ".join(last))
        return done


def keep(source: Path, target: Path) -> None:
    """Copies to the volume; a file is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    os.replace(part, target)


def part_name(shard: str) -> str:
    number, _, parts = shard.partition("/")
    if not (number.isdigit() and parts.isdigit() and 1 <= int(number) <= int(parts)):
        raise Failed(f"shard {shard!r}: must be I/N")
    return f"{int(number)}-of-{int(parts)}"


def shard(args: argparse.Namespace, scratch: Path) -> None:
    tools = Toolkit(args.toolkit, scratch)
    name = part_name(args.shard)
    variables = ["--var", "catalog=" + args.catalog, "--var", "gold_schema=" + args.gold_schema]
    questions, rows, journal = scratch / "benchmarks.jsonl", scratch / "rows.jsonl", scratch / "answers.jsonl"
    kept = args.results / f"answers-{name}.jsonl"
    tools.run("genie-bench", "--scope", args.scope, *variables, "-o", str(questions), str(args.benchmarks))
    if kept.exists():
        shutil.copyfile(kept, journal)
    command = ["--space", args.space_id, "--shard", args.shard, "--scope", "all", "--iteration", args.iteration, "--qpm", args.qpm]
    command += ["--warehouse", args.warehouse] if args.warehouse else []
    try:
        tools.run("genie-eval", *command, *variables, "--journal", str(journal), "-o", str(rows), str(questions))
    finally:
        if journal.exists():
            keep(journal, kept)
    text = questions.read_bytes()
    note = {"questions": text.count(b"\n"), "rows": rows.read_bytes().count(b"\n"), "sha256": hashlib.sha256(text).hexdigest()}
    (scratch / "note.json").write_text(json.dumps(note), encoding="utf-8")
    keep(rows, args.results / f"shard-{name}.jsonl")
    keep(scratch / "note.json", args.results / f"shard-{name}.json")
    print(f"part {args.shard}: {note['rows']} of {note['questions']} questions")


def names_of(shards: str) -> list:
    """The parts, which must be the whole: 1/N to N/N, each once."""
    try:
        names = [part_name(part) for part in json.loads(shards)]
    except (ValueError, TypeError, AttributeError):
        raise Failed(f"--shards {shards}: must be a list like [\"1/2\", \"2/2\"]") from None
    whole = [f"{number}-of-{len(names)}" for number in range(1, len(names) + 1)]
    if not names or sorted(names) != sorted(whole):
        raise Failed(f"--shards {shards}: the parts are not the whole; wanted {json.dumps([w.replace('-of-', '/') for w in whole])}")
    return whole


def merge(results: Path, names: list, merged: Path) -> None:
    """All rows, in the order of the parts. A part that is missing is no smaller benchmark."""
    notes, rows = [], []
    for name in names:
        try:
            notes.append(json.loads((results / f"shard-{name}.json").read_text(encoding="utf-8")))
            rows.append((results / f"shard-{name}.jsonl").read_bytes())
        except OSError as error:
            raise Failed(f"part {name} is missing: {error}") from None
    if len({note["sha256"] for note in notes}) != 1:
        raise Failed("the parts were asked different questions: the benchmark changed during the run; start a new one")
    found = sum(text.count(b"\n") for text in rows)
    if found != notes[0]["questions"]:
        raise Failed(f"{found} rows for {notes[0]['questions']} questions")
    if not found:
        raise Failed("the benchmark has no question of this scope")
    merged.write_bytes(b"".join(rows))


def log(tools: Toolkit, args: argparse.Namespace, rows: Path, scores: Path) -> None:
    tools.env.setdefault("MLFLOW_TRACKING_URI", "databricks")
    done = tools.run(
        "genie-track", "eval", "--experiment", args.experiment, "--domain", args.domain, "-i", args.iteration,
        "--scope", args.scope, "--eval", str(scores), str(rows),
    )
    print("logged as run " + str(json.loads(done.stdout).get("run_id")))


def score(args: argparse.Namespace, scratch: Path) -> None:
    names = names_of(args.shards)
    tools = Toolkit(args.toolkit, scratch)
    rows, scores, junit = scratch / "rows.jsonl", scratch / "eval.json", scratch / "junit.xml"
    merge(args.results, names, rows)
    tools.run("genie-score", "-q", "--scope", args.scope if args.scope == "p0" else "full", "-o", str(scores), str(rows))
    keep(rows, args.results / "rows.jsonl")
    keep(scores, args.results / "eval.json")
    if args.experiment:
        log(tools, args, rows, scores)
    gate = tools.run(
        "genie-deploy", "--check", "--min-accuracy", args.min_accuracy, "--junit", str(junit),
        may=(0, 1), text=scores.read_text(encoding="utf-8"),
    )
    print(gate.stdout, end="")
    if junit.exists():
        keep(junit, args.results / "junit.xml")
    accuracy = json.loads(scores.read_text(encoding="utf-8"))["overall_accuracy"]
    if gate.returncode:
        raise Failed(f"accuracy {accuracy} %: the gate is not passed ({gate.stdout.strip() or gate.stderr.strip()})")
    print(f"accuracy {accuracy} %: the gate is passed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(dest="verb", required=True)
    both = argparse.ArgumentParser(add_help=False)
    both.add_argument("--toolkit", required=True, type=Path, help="folder with bin, lib and prompts")
    both.add_argument("--results", required=True, type=Path, help="folder of this run")
    both.add_argument("--iteration", default="0")
    both.add_argument("--scope", default="full", choices=["full", "p0", "all"])
    one = verbs.add_parser("shard", parents=[both])
    one.add_argument("--shard", required=True, help="I/N")
    one.add_argument("--space-id", required=True)
    one.add_argument("--benchmarks", required=True, type=Path)
    one.add_argument("--catalog", required=True)
    one.add_argument("--gold-schema", required=True)
    one.add_argument("--qpm", default="2", help="questions a minute, of this part")
    one.add_argument("--warehouse", default="")
    end = verbs.add_parser("score", parents=[both])
    end.add_argument("--shards", required=True, help='["1/2", "2/2"]')
    end.add_argument("--min-accuracy", default="90")
    end.add_argument("--domain", default="genie", help="names the dataset in MLflow")
    end.add_argument("--experiment", default="", help="path of an MLflow experiment; none: nothing is logged")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        {"shard": shard, "score": score}[args.verb](args, Path(scratch))


if __name__ == "__main__":
    main()
