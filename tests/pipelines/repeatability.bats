#!/usr/bin/env bats
# Asking everything again: how steady the accepted configuration answers.
load ../lib.bash
load common.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	awk '/^  - id:/ { n++ } n <= 6' "$ROOT/demo/cost/benchmarks.yaml" >few.yaml
	door=(loop WORK="$PWD/w" BENCHMARKS="$PWD/few.yaml" ITER=0)
	w=$PWD/w/cost
}

@test "every question is asked two more times, and the first askings count" {
	run -2 "${door[@]}" repeatability
	[[ $output == *"nothing has been measured yet"* ]]
	"${door[@]}" evaluate
	local before asked
	asked=$(wc -l <"$w/iter-00/rows.jsonl")
	before=$(grep -c '"genie/answer/1"' "$w/answers.jsonl")
	run -0 "${door[@]}" repeatability
	[ "$(grep -c '"genie/answer/1"' "$w/answers.jsonl")" -eq $((before + 2 * asked)) ]
	jq -e --argjson n "$asked" '.measured == $n and .askings == 3 * $n and .too_few == []' "$w/final/repeatability.json"
	"$ROOT/tests/schema-check" "$ROOT/schemas/repeatability.json" "$w/final/repeatability.json"
	[[ $output == *"$asked questions asked $((3 * asked)) times: repeatability"* ]]
	[ "$(jq .repeatability_pct "$w/optimization-progress.json")" = "$(jq .repeatability_pct "$w/final/repeatability.json")" ]
	jq -se 'all(.[]; .judges.repeatability.value != null)' "$w/final/repeatability.jsonl"
	# again: nothing is asked
	run -0 "${door[@]}" repeatability
	[ "$(grep -c '"genie/answer/1"' "$w/answers.jsonl")" -eq $((before + 2 * asked)) ]
	[[ $output == *"nothing to do"* ]]
}
