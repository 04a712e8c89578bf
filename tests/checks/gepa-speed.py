#!/usr/bin/env python3
"""gepa-speed.py BUILD: what one iteration of the search engine costs beside gepa 0.1.4.

Installs the reference from PyPI into BUILD/gepa (once, by its hash) and runs the synthetic task of
tests/checks/gepatask.c with both: the same number of iterations, processor time for each. Then the
engine alone for a hundred thousand, whose memory must grow with its pool and nothing else.
Last line: N passed, N failed, N skipped.
"""

import os
import resource
import subprocess
import sys
import time
import venv

REFERENCE = "gepa==0.1.4"
SHA256 = "12b971039599625c156d2231f6d72a29c31a22e9c237689459b5f1a3c353f532"
ITERATIONS = 1000
MANY = 100_000
FASTER = 50
BYTES = 4096  # of memory for each further candidate: texts, scores, places in fronts

WORLD, COMPONENTS, TOKENS, CAP, MINIBATCH = 1, 3, 16, 4, 3


def wanted(example, r):
    return (7 * example + 3 * r + WORLD) % COMPONENTS, (5 * example + 11 * r + 13 * WORLD) % TOKENS


def tokens(text):
    return [int(token) for token in text.split(",")] if text else []


def score(candidate, example):
    held = [tokens(candidate[str(c)]) for c in range(COMPONENTS)]
    met = sum(token in held[c] for c, token in (wanted(example, r) for r in range(4)))
    minded = sum(
        (13 * example + 5 + 7 * r + 3 * WORLD) % TOKENS in held[(3 * example + 1 + r + WORLD) % COMPONENTS]
        for r in range(2)
    )
    return max(0.0, 0.25 * met - 0.25 * minded)


def run_reference(iterations):
    """Microseconds of processor time for an iteration of the reference; its own part of a run."""
    import gepa
    from gepa.core.adapter import EvaluationBatch

    class Task:
        def __init__(self):
            self.proposals = 0
            self.propose_new_texts = self.propose

        def evaluate(self, batch, candidate, capture_traces=False):
            scores = [score(candidate, example) for example in batch]
            return EvaluationBatch(outputs=scores, scores=scores,
                                   trajectories=list(batch) if capture_traces else None)

        def make_reflective_dataset(self, _candidate, evaluated, components):
            return {name: [{"example": e} for e in evaluated.trajectories] for name in components}

        def token(self, name, held, records):
            lacking = [token for record in records for c, token in
                       (wanted(record["example"], r) for r in range(4))
                       if str(c) == name and token not in held]
            if lacking and self.proposals % 5 != 4:
                return lacking[0]
            return (17 * self.proposals + 3) % TOKENS

        def propose(self, candidate, data, components):
            out = {}
            for name in components:
                held = tokens(candidate[name])
                add = self.token(name, held, data[name])
                out[name] = ",".join(map(str, ([t for t in held if t != add] + [add])[-CAP:]))
            self.proposals += 1
            return out

    class Silent:
        def log(self, *_args, **_more):
            pass

    begin = time.process_time()
    gepa.optimize(seed_candidate={str(c): "" for c in range(COMPONENTS)}, trainset=list(range(10)),
                  valset=[1000 + k for k in range(10)], adapter=Task(), seed=0, logger=Silent(),
                  reflection_minibatch_size=MINIBATCH,
                  stop_callbacks=[lambda state: state.i + 1 >= iterations])
    return 1e6 * (time.process_time() - begin) / iterations


def run_engine(program, iterations):
    """Microseconds for an iteration, candidates, and the largest size so far in bytes."""
    out = subprocess.run([program, str(iterations)], check=True, capture_output=True, text=True)
    done, microseconds, candidates, _calls = out.stdout.split()
    assert int(done) == iterations
    size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return float(microseconds), int(candidates), size


def install(folder):
    """The reference's interpreter, or None with the reason printed."""
    python = os.path.join(folder, "bin", "python")
    ready = os.path.join(folder, SHA256)
    if os.path.exists(ready):
        return python
    try:
        venv.create(folder, with_pip=True, clear=True)
    except (subprocess.CalledProcessError, OSError) as problem:
        print(f"skipped: no virtual environment (make deps-conformance): {problem}")
        return None
    wants = os.path.join(folder, "requirements.txt")
    with open(wants, "w", encoding="utf-8") as file:
        file.write(f"{REFERENCE} --hash=sha256:{SHA256}\n")
    done = subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check",
                           "--no-deps", "--retries", "2", "--require-hashes", "-r", wants],
                          capture_output=True, text=True)
    if done.returncode:
        print(f"skipped: {REFERENCE} cannot be had from PyPI: {done.stderr.strip()[-300:]}")
        return None
    with open(ready, "w", encoding="utf-8"):
        return python


def main():
    build = sys.argv[1]
    program = os.path.join(build, "checks", "gepa")
    results = []

    def case(good, text):
        results.append(good)
        print(f"{'ok' if good else 'not ok'} - {text}")

    # in this order: what is known of memory is the largest size of all children so far
    fast, few, small = run_engine(program, ITERATIONS)
    many, pool, large = run_engine(program, MANY)
    for_each = (large - small) / (pool - few)
    case(for_each <= BYTES,
         f"{MANY} iterations: {many:.1f} us each, {pool} candidates, {for_each:.0f} bytes for each")
    python = install(os.path.abspath(os.path.join(build, "gepa")))
    if python:
        out = subprocess.run([python, os.path.abspath(__file__), "--reference", str(ITERATIONS)],
                             check=True, capture_output=True, text=True)
        slow = float(out.stdout)
        case(slow >= FASTER * fast, f"{ITERATIONS} iterations: {fast:.1f} us each, {slow:.1f} us "
                                    f"with {REFERENCE}, ratio {slow / fast:.2f}")
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed, {0 if python else 1} skipped")
    return 0 if all(results) else 1


if __name__ == "__main__":
    if sys.argv[1] == "--reference":
        print(run_reference(int(sys.argv[2])))
    else:
        sys.exit(main())
