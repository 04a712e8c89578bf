#!/usr/bin/env bats
# What the variables of make optimize do, each seen through make.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	few few.yaml
	W=$PWD/work/cost
}

optimize() { # optimize MAKE-ARGUMENT...
	run "$1" --separate-stderr loop WORK="$PWD/work" REPEATABILITY=no "${@:2}" optimize
}

# mistaken FILE: questions that name a workspace, with Genie's own SQL as the expected one but for
# the workspace, which is another
mistaken() {
	local n name
	awk '/^  - id:/ { n++ } n <= 3' "$ROOT/demo/cost/benchmarks.yaml" >"$1"
	for n in 1 2 3; do
		name=$(printf '%s\n' prod-ml prod-finance prod-analytics | sed -n ${n}p)
		jq -nc --arg n "$n" --arg q "What was the list cost of $name this year?" '{id: "wrong_\($n)", question: $q}'
	done >named.jsonl
	genie-local exec -q --bundle "$ROOT/demo/cost" --db named.db --seed 1 -- genie-eval -q --qpm 0 --space cost --stage ask -o named.rows named.jsonl 3>&-
	jq -s 'map("  - " + ({id: .question_id, question, priority: "P1", split: "train", source: "user", category: "aggregation",
		expected_asset: "TABLE", required_tables: ["fact_usage", "dim_workspace"], required_columns: ["list_amt", "ws_nm", "usage_dt"],
		expected_sql: (.genie_sql | gsub("prod-[a-z]+"; "dev-sandbox"))} | tojson))[]' -r named.rows >>"$1"
}

@test "CORRECT=yes: what the arbiter finds wrong three times is corrected in the user's file, once" {
	mistaken mine.yaml
	cp mine.yaml untouched.yaml
	optimize -0 BENCHMARKS="$PWD/mine.yaml" ITER=0
	[ "$(jq -c '[.status, .verdicts]' "$W/iter-00/triage.json")" = '["corrected",3]' ]
	# copy is the default: a proposal beside the artifacts
	cmp mine.yaml untouched.yaml
	[[ $stderr == *"CORRECT=yes writes it into $PWD/mine.yaml"* ]]
	rm -rf work
	optimize -0 BENCHMARKS="$PWD/mine.yaml" ITER=0 CORRECT=yes
	[[ $stderr == *"$PWD/mine.yaml: corrected; the old SQL is in previous_sql"* ]]
	[ "$(grep -c 'previous_sql:' mine.yaml)" = 3 ]
	genie-bench -q mine.yaml | jq -se 'map(select(.id | startswith("wrong_"))) | length == 3 and all(.[]; .expected_sql | contains("dev-sandbox") | not)'
	# the file is newer in content only: nothing is asked again, and what was right stays right
	wc -l <"$W/answers.jsonl" >asked
	optimize -0 BENCHMARKS="$PWD/mine.yaml" ITER=0 CORRECT=yes
	[[ $stderr == *"nothing to do"* ]]
	wc -l <"$W/answers.jsonl" | diff asked -
}

@test "PREFLIGHT=strict stops before anything is asked; report says the same and goes on" {
	optimize ! BENCHMARKS="$PWD/few.yaml" ITER=0 PREFLIGHT=strict
	[[ $stderr == *"preflight: "*" questions in "*" categories; a "*": not met"* ]]
	[[ $stderr == *"error: preflight: the benchmark is not fit (PREFLIGHT=strict); see $W/iter-00/bench.json"* ]]
	[ ! -e "$W/answers.jsonl" ]
	[ ! -e "$W/benchmarks.jsonl" ]
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
	optimize -0 BENCHMARKS="$PWD/few.yaml" ITER=0 PREFLIGHT=report
	[[ $stderr == *"not met"* ]]
	[ -s "$W/iter-00/rows.jsonl" ]
}

@test "two iterations in a row that bring nothing are a stall, with what a person has to know" {
	optimize -0 BENCHMARKS="$PWD/few.yaml" ITER=2 EVIDENCE=required SINGLES=0
	[ "$(jq -s -c 'map(.action)' "$W"/iter-*/decision.json)" = '["accept","rollback","rollback"]' ]
	[ "$(jq -r .status "$W/optimization-progress.json")" = stalled ]
	[[ $stderr == *"stalled: what was tried, and what a person could do, is in $W/final/escalation.json"* ]]
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
	# every failing question is in it, with a guess, what was tried, and what to do now
	jq -e --slurpfile f <(jq .question_id "$W/iter-00/failures.jsonl") '
		[.errors[].question_id] as $told | ($f - $told) == [] and
		(.hypothesis | length) > 0 and (.fixes_tried | length) == 2 and (.recommendation | length) > 0' "$W/final/escalation.json" ||
		{ jq . "$W/final/escalation.json" | head -60; return 1; }
	grep -qi stalled "$W/report.md"
	invariants "$W"
}

@test "LEVERS=6 alone is done, and warned of" {
	optimize -0 BENCHMARKS="$ROOT/demo/cost/benchmarks.yaml" LEVERS=6 ITER=1
	[[ $stderr == *"warning: lever 6 before lever 1 2 3 4 5: never attempted, LEVERS is \"6\""* ]]
	[ "$(cat "$W/iter-01/lever")" = 6 ]
	jq -e '[.lever_audit[] | select(.skip_reason == "not in LEVERS")] | length == 5' "$W/optimization-progress.json"
	consistent "$W"
}

@test "LEVERS_COMBINE=1: levers whose questions are others share an iteration, and its fate" {
	optimize -0 BENCHMARKS="$ROOT/demo/cost/benchmarks.yaml" LEVERS='4 5' LEVERS_COMBINE=1 ITER=1
	[[ $stderr == *"Combining levers {4,5}: non-overlapping question sets verified"* ]]
	[ "$(jq -c '[.patches[].lever] | unique' "$W/iter-01/patches.json")" = '[4,5]' ]
	jq -e '[.patches[] | {lever, q: ((.questions // []) + (.questions_at_risk // []))[]}] | group_by(.q) |
		all(.[]; map(.lever) | unique | length == 1)' "$W/iter-01/patches.json"
	jq -e '[.patches[] | .patch_id] | length == (unique | length)' "$W/iter-01/patches.json"
	# both were pulled; what was done is undone together, or stays together
	jq -e '[.lever_audit["4", "5"].attempted] == [true, true]' "$W/optimization-progress.json"
	[ "$(jq -c .levers "$W/iter-01/decision.json")" = '[4,5]' ]
	invariants "$W"
}

@test "MATURITY=L2: when the rules have nothing for lever 6, a clone is searched, once and within CALLS" {
	optimize -0 BENCHMARKS="$PWD/few.yaml" LEVERS=6 ITER=6 SINGLES=0 TRACK=no MATURITY=L2 CALLS=30
	[[ $stderr == *"lever 6: the rules have nothing; a search on a clone asks at most 30 questions"* ]]
	local record
	record=$(ls "$W"/searched/*-30.json)
	"$ROOT/tests/schema-check" "$ROOT/schemas/search.json" "$record"
	jq -e '.mode == "search" and .budget.spent > 0 and .budget.spent <= 30' "$record"
	[ "$(jq -r .maturity_level "$W/optimization-progress.json")" = L2 ]
	invariants "$W"
	# the clone is gone, what was measured is not asked again, and a larger budget is another search
	[ "$(genie-local exec -q --bundle "$W/bundle" --db "$W/workspace.db" -- genie-fetch -q --list 3>&- | jq -s length)" = 1 ]
	wc -l <"$W/answers.jsonl" >asked
	optimize -0 BENCHMARKS="$PWD/few.yaml" LEVERS=6 ITER=6 SINGLES=0 TRACK=no MATURITY=L2 CALLS=30
	[[ $stderr == *"nothing to do"* ]]
	wc -l <"$W/answers.jsonl" | diff asked -
	optimize -2 BENCHMARKS="$PWD/few.yaml" MATURITY=L4
	[[ $stderr == *"MATURITY: L4: L1 (rules), L2 (a search for lever 6, too) or L3 (a choice from the Pareto frontier at the end, too)"* ]]
}

@test "PREFER is refused before anything is done when it says nothing that can be preferred" {
	local order
	for order in speed correctness,speed and; do
		optimize -2 BENCHMARKS="$PWD/few.yaml" MATURITY=L3 PREFER="$order"
		[[ $stderr == *"PREFER: ${order#*,} is no criterion; they are correctness, repeatability, regressions and patch_cost"* ]]
	done
	optimize -2 BENCHMARKS="$PWD/few.yaml" MATURITY=L3 PREFER=patch_cost,patch_cost
	[[ $stderr == *"PREFER: patch_cost is there twice"* ]]
	for order in '' 'correctness patch_cost' 'correctness,'; do
		optimize -2 BENCHMARKS="$PWD/few.yaml" MATURITY=L3 PREFER="$order"
		[[ $stderr == *"PREFER: \"$order\": criteria separated by commas alone, the most important first"* ]]
	done
	[ ! -e "$W/answers.jsonl" ]
}
