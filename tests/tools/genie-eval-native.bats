load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=5
	pid=
}

teardown() {
	stop_workspace
}

# local_workspace [OPTION...]: genie-local with the demo bundle, a few of whose questions (bench.jsonl)
# are stored in the space.
local_workspace() {
	serve_workspace --bundle "$ROOT/demo/cost" --token dapi-local-hush --seed 1 --log-requests requests.jsonl "$@"
	space=$(genie-fetch -q --list | jq -r .space_id)
	vars=(--var catalog=main --var gold_schema=gold)
	genie-bench -q "$ROOT/demo/cost/benchmarks.yaml" >all.jsonl
	head -8 all.jsonl >bench.jsonl
	genie-bench -q --publish --space "$space" "${vars[@]}" bench.jsonl >published.jsonl
	: >requests.jsonl
}

native() { genie-eval -q --space "$space" --engine native --qpm 0 --scope all "${vars[@]}" "$@"; }

runs() { grep -c '"POST".*eval-runs' requests.jsonl || :; }

@test "stored benchmarks are graded by the service, in one run" {
	local_workspace
	run -0 --separate-stderr native --iteration 2 bench.jsonl
	echo "$output" >rows.jsonl
	[ "$(jq -r .question_id rows.jsonl)" = "$(jq -r .id bench.jsonl)" ]
	jq -se 'all(.[]; .iteration == 2 and (.native | .status == "DONE" and (.assessment | IN("GOOD","BAD","NEEDS_REVIEW"))
		and (.eval_run_id | length) > 0 and (.result_id | length) > 0 and (.reasons | type) == "array")
		and .judges.result_correctness.source == "native" and has("genie_sql") and .comparison.verdict != null)' rows.jsonl
	jq -se 'all(.[]; (.native.assessment == "GOOD") == (.judges.result_correctness.value == "yes"))
		and any(.[]; .outcome == "pass")' rows.jsonl
	[ "$(runs)" = 1 ]
	[ "$(grep -c 'start-conversation' requests.jsonl)" = 0 ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/row.json" rows.jsonl
	genie-score -q rows.jsonl | jq -e '.evaluated == 8'
}

@test "a verdict that says no carries the service's reasons" {
	local_workspace
	# the stored SQL asks for something else than the question
	jq -c 'select(.id == "cost_001") | .expected_sql = "SELECT 1 AS one, 2 AS two"' bench.jsonl >odd.jsonl
	genie-bench -q --publish --space "$space" odd.jsonl >/dev/null
	run -0 --separate-stderr native odd.jsonl
	jq -e '.native.assessment == "BAD" and (.native.reasons | length) == 1 and .outcome == "fail"
		and .judges.result_correctness.value == "no" and (.judges.result_correctness.rationale | startswith("Databricks'\'' grader: BAD: "))
		and .judges.result_correctness.asi.failure_type != null' <<<"$output"
	echo "$output" >rows.jsonl
	"$ROOT/tests/schema-check" "$ROOT/schemas/row.json" rows.jsonl
}

@test "a question that is not stored is excluded, not wrong" {
	local_workspace
	{ cat bench.jsonl; echo '{"id":"new","question":"Never published?","expected_sql":"SELECT 1"}'; } >more.jsonl
	run -0 --separate-stderr native more.jsonl
	jq -se 'length == 9 and (.[8] | .outcome == "excluded" and (.exclusion.reason | contains("not among the benchmarks of the space")))
		and all(.[:8][]; .outcome != "excluded")' <<<"$output"
}

@test "the two graders are compared on the same answers" {
	local_workspace
	native bench.jsonl >native.jsonl
	: >requests.jsonl
	genie-eval -q "${vars[@]}" native.jsonl --scope all >own.jsonl
	[ ! -s requests.jsonl ]
	jq -se 'all(.[]; .judges.result_correctness.source == "code" and .native.assessment != null)' own.jsonl
	genie-score --compare own.jsonl native.jsonl | jq -e '.agreement.across | .answers == 8 and .graders == ["code","native"]
		and (.confusion | .yes_yes + .yes_no + .no_yes + .no_no) == 8'
	genie-score --compare own.jsonl native.jsonl | jq -e '.agreement.after.graders == ["own","native"]'
}

@test "grades are kept in the journal, apart from answers" {
	local_workspace
	export GENIE_NOW=2026-11-20T12:00:00Z
	native --journal a.jsonl bench.jsonl >one.jsonl
	native --journal a.jsonl bench.jsonl | cmp - one.jsonl
	[ "$(runs)" = 1 ]
	head -1 bench.jsonl | genie-eval -q --space "$space" --qpm 0 --scope all "${vars[@]}" --journal a.jsonl >own.jsonl
	[ "$(grep -c 'start-conversation' requests.jsonl)" = 1 ]
	jq -e '.native == null' own.jsonl
}

@test "repeats are runs of their own" {
	local_workspace
	head -2 bench.jsonl | native --repeat 2 >rows.jsonl
	[ "$(jq -r '[.question_id, .replicate] | join(" ")' rows.jsonl | tr '\n' ' ')" = "cost_001 0 cost_001 1 cost_002 0 cost_002 1 " ]
	[ "$(jq -s 'map(.native.eval_run_id) | unique | length' rows.jsonl)" = 2 ]
}

@test "an evaluation that is not done in time is no zero" {
	local_workspace --latency 60000
	run -0 --separate-stderr native --ask-timeout 1 --ask-tries 1 <(head -2 bench.jsonl)
	jq -se 'length == 2 and all(.[]; .outcome == "excluded" and (.exclusion.reason | contains("not done in time")))' <<<"$output"
	genie-score -q <<<"$output" | jq -e '.evaluated == 0 and .overall_accuracy == null'
}

@test "faults on the way are recovered from, or end the run without output" {
	local_workspace --fault "POST eval-runs 429:0 x2" --fault "GET eval-runs 503 x3"
	native bench.jsonl >rows.jsonl
	jq -se 'length == 8 and all(.[]; .outcome != "excluded")' rows.jsonl
	kill "$pid"
	wait "$pid" || :
	local_workspace --fault "POST eval-runs 503"
	run -75 --separate-stderr env GENIE_HTTP_BUDGET=1 genie-eval --space "$space" --engine native --scope all \
		"${vars[@]}" -o rows2.jsonl bench.jsonl
	[ ! -e rows2.jsonl ]
	kill "$pid"
	wait "$pid" || :
	local_workspace --fault "GET /results/ 503"
	run -0 --separate-stderr env GENIE_HTTP_BUDGET=1 genie-eval -q --space "$space" --engine native --ask-tries 1 --scope all \
		"${vars[@]}" <(head -1 bench.jsonl)
	jq -e '.outcome == "excluded" and (.exclusion.reason | startswith("not measured: eval run"))' <<<"$output"
}
