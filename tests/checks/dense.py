#!/usr/bin/env python3
"""Writes the rows of a work folder that is larger than the demo's, always the same ones, and the record of
a search with a hundred candidates.

usage: dense.py QUESTIONS ITERATIONS FOLDER

Texts are as long as real ones are and hold what a page could stumble over."""
import json
import os
import random
import sys

JUDGES = ("syntax_validity", "schema_accuracy", "logical_accuracy", "semantic_equivalence",
          "completeness", "asset_routing", "result_correctness")
EVIL = ("</script><script>window.broken = 1</script>", "<img src=x onerror=\"window.broken = 1\">",
        "\u2028 \u2029 \u202e", "Größe 数量 “quotes” 'single' & <b>", "${catalog} \\ ` \t")
CATEGORIES = ("aggregation", "ranking", "time-series", "comparison", "list", "detail")


def sql(number, variant):
    columns = ",\n  ".join(f"SUM(f.measure_{(number * 7 + k) % 40}) AS total_{k}" for k in range(4))
    where = "" if variant % 3 == 0 else f"\n  AND f.region_code = 'R{variant}'"
    return (f"SELECT d.name_{number % 9}, {columns}\nFROM main.gold.fact_{number % 12} f\n"
            f"JOIN main.gold.dim_{variant % 5 if variant else 0} d ON f.dim_key = d.dim_key\n"
            f"WHERE f.usage_date >= ADD_MONTHS(DATE_TRUNC('MONTH', CURRENT_DATE()), -{number % 6})"
            f"{where}\nGROUP BY d.name_{number % 9}\nORDER BY total_0 DESC LIMIT {number % 20 + 5}")


def row(number, iteration, quality, chance):
    right = chance.random() < quality
    variant = 0 if right else chance.randrange(1, 8)
    evil = EVIL[number % len(EVIL)]
    expected = sql(number, 0).replace("main.gold.", "${catalog}.${gold_schema}.")
    judges = {}
    for judge in JUDGES:
        good = right or chance.random() < 0.4
        judges[judge] = {"value": "yes" if good else "no", "source": "code", "rationale":
                         "as expected" if good else f"expected measure_{number % 40}, Genie wrote "
                         f"region_code = 'R{variant}' {evil}"}
        if not good:
            judges[judge]["asi"] = {"failure_type": "wrong_filter"}
    judges["result_correctness"]["value"] = "yes" if right else "no"
    return {"question_id": f"q_{number:03d}", "priority": "P1", "iteration": iteration,
            "question": f"How did measure {number} develop by name in the last {number % 6} months? {evil}",
            "category": CATEGORIES[number % 6], "split": ("train", "val")[number % 2],
            "config_id": f"c0ffee{iteration:06d}", "expected_sql": expected, "latency_ms": 2000 + number,
            "genie_sql": sql(number, variant), "sql_hash": f"{number}-{variant}",
            "comparison": {"verdict": "identical" if right else "value_mismatch", "gt_rows": 12,
                           "genie_rows": 12 if right else 40, "diff": "" if right else
                           "value_mismatch: 40 rows, expected 12"},
            "judges": judges, "outcome": "pass" if right else "fail"}


def search(val, candidates, chance):
    """Candidates that come from better ones; some of them merges, some branches deep, some wide."""
    names = [f"q_{k:03d}" for k in range(val)]
    pool = [{"parents": [], "score": 0, "val": dict.fromkeys(names, 0), "discovered": 0, "patches": []}]
    proposals, calls = [], val
    for number in range(1, candidates):
        parent = chance.choice((0, number - 1, number - 1, chance.randrange(number)))
        scores = {q: 1 if chance.random() < 0.03 else s for q, s in pool[parent]["val"].items()}
        second = chance.randrange(number)
        parents = [parent] + ([second] if number % 9 == 0 and second != parent else [])
        for fate in ("rejected", "refused", "no_proposal")[:chance.randrange(4)]:
            proposals.append({"iteration": len(proposals), "parent": parent, "fate": fate, "reason": EVIL[0],
                              "candidate": None, "questions": [], "patches": [], "calls": calls})
        pool.append({"parents": parents, "score": sum(scores.values()) / val, "val": scores,
                     "discovered": calls + 6, "patches": [{}] * chance.randrange(1, 6)})
        calls += 6 + val
        proposals.append({"iteration": len(proposals), "parent": parent, "fate": "admitted", "reason": "",
                          "candidate": number, "questions": [], "patches": [], "calls": calls})
    best = sorted(range(1, candidates), key=lambda k: -pool[k]["score"])[:3]
    rounds = 3
    fixed, broken, both = rounds * val // 6, rounds * val // 12, rounds * val // 3
    return {"schema": "genie/search/1", "mode": "search", "space_id": "dense", "config_id": "c0ffee000002",
            "train": 30, "val": val, "minibatch": 3, "proposer": "llm", "seed": 1, "iterations": len(proposals),
            "budget": {"calls": calls + 400, "reserve": 200, "spent": calls + val * 9, "asked": 0},
            "end": "the calls are spent", "failure": None, "best": best[0], "candidates": pool,
            "proposals": proposals, "shipped": None, "unmeasured": [],
            "final": {"verdict": "not shown", "chosen": best[0], "rounds": rounds, "calls": val * 9,
                      "finalists": [{"candidate": k, "first_round": val // 2} for k in best],
                      "pairs": rounds * val, "unmeasured": 0, "both": both, "fixed": fixed, "broken": broken,
                      "neither": rounds * val - both - fixed - broken, "p_value": 0.21,
                      "gain_ci95": [-0.06, 0.22], "detectable": 0.2}}


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    questions, iterations, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    chance = random.Random(1)
    for iteration in range(iterations + 1):
        path = f"{folder}/iter-{iteration:02d}"
        os.makedirs(path)
        quality = 0.35 + 0.05 * iteration - (0.2 if iteration % 4 == 3 else 0)
        with open(path + "/rows.jsonl", "w", encoding="utf-8") as file:
            for number in range(questions):
                print(json.dumps(row(number, iteration, quality, chance), ensure_ascii=False), file=file)
        patches = [{"patch_id": f"P{k:03d}", "type": "update_column_comment", "risk": "low",
                    "target": f"main.gold.fact_{k}", "column": f"measure_{k}", "net_impact": 0.8,
                    "old_text": "old", "new_text": "new " + EVIL[k % len(EVIL)],
                    "questions": [f"q_{k:03d}"]} for k in range(4)] if iteration else []
        if patches:
            with open(path + "/patches.json", "w", encoding="utf-8") as file:
                json.dump({"schema": "genie/patches/1", "patches": patches}, file)
            with open(path + "/apply.json", "w", encoding="utf-8") as file:
                json.dump({"schema": "genie/apply/1", "status": "applied", "patches":
                           [{"patch_id": p["patch_id"], "status": "applied", "live": {"verified": True},
                             "repo": {"verified": True, "file": "gold/x.yaml"}} for p in patches]}, file)
    for name in ("final", "searched"):
        os.makedirs(f"{folder}/{name}")
    with open(f"{folder}/final/post_deploy.jsonl", "w", encoding="utf-8") as file:
        for number in range(questions):
            print(json.dumps(row(number, 999, 0.8, chance), ensure_ascii=False), file=file)
    with open(f"{folder}/searched/c0ffee000002-2000.json", "w", encoding="utf-8") as file:
        json.dump(search(20, 100, chance), file)
    with open(f"{folder}/iter-00/space.json", "w", encoding="utf-8") as file:
        json.dump({"space_id": "dense", "title": f"{questions} questions " + EVIL[0]}, file)


if __name__ == "__main__":
    main()
