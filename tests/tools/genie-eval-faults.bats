#!/usr/bin/env bats
# Whatever genie-local can do to a request of an evaluation: the evaluation recovers, or sets the question
# apart with a reason. Never a wrong score, never a hang, never a lost row.
load ../lib.bash

# Faults that pass are tried with x1, faults that last without. "slow" outlasts every limit.
FAULTS=(429:0 503:0 500 slow:30000 cut cut-after badjson)

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	command -v genie-local >/dev/null || return 0
	export HOME=$BATS_FILE_TMPDIR XDG_RUNTIME_DIR=$BATS_FILE_TMPDIR GENIE_HTTP_BUDGET=1
	genie-bench -q "$ROOT/demo/cost/benchmarks.yaml" >all.jsonl
	jq -nc '{match:"Who answers the question?", response:{value:"ground_truth_correct", rationale:"r", failure_type:"wrong_table"}},
		{response:{value:"no", rationale:"r", failure_type:"wrong_filter", confidence:0.5}}' >script.jsonl
	serve
	echo "$pid" >pid
	GENIE_HTTP_BUDGET=20 evaluate all.jsonl >all.rows.jsonl
	# one that passes, one that does not; their results have several chunks, and the model is asked
	for outcome in pass fail; do
		jq -r "select(.outcome == \"$outcome\" and .comparison.gt_rows > 1 and .comparison.genie_rows > 1
			and .comparison.gt_rows < 20 and .judges.semantic_equivalence.source == \"llm:m\") | .question_id" \
			all.rows.jsonl | head -1
	done >ids
	[ "$(wc -l <ids)" = 2 ]
	jq -c --rawfile ids ids 'select(.id as $id | $ids | split("\n") | index($id))' all.jsonl >bench.jsonl
	verdicts all.rows.jsonl | grep -F -f ids >want
}

teardown_file() {
	[ ! -s "$BATS_FILE_TMPDIR/pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/pid")" || true
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=1
	cp "$BATS_FILE_TMPDIR"/{bench.jsonl,want,script.jsonl} .
	pid=
}

teardown() {
	[ -z "$pid" ] || kill "$pid" || true
}

# serve [OPTION...]: genie-local with the demo bundle and a model; sets host, token, pid
serve() {
	: >serve.json
	genie-local serve --bundle "$ROOT/demo/cost" --token dapi-local-hush --seed 1 --latency 0 --chunk-rows 1 \
		--today 2026-11-20 --llm-script script.jsonl "$@" >serve.json 2>serve.err 3>&- &
	pid=$!
	for _ in {1..1200}; do
		[ ! -s serve.json ] || break
		kill -0 "$pid" || { pid=; return 1; }
		sleep 0.05
	done
	DATABRICKS_HOST=$(jq -r .host serve.json)
	export DATABRICKS_HOST DATABRICKS_TOKEN=dapi-local-hush
}

# Bounded: an evaluation that hangs ends with 124.
evaluate() {
	timeout 60 genie-eval -q --space cost --qpm 0 --scope all --ask-timeout 3 --ask-tries 2 --llm m \
		--var catalog=main --var gold_schema=gold "$@"
}

# What a row came to, all in one line.
verdicts() {
	jq -c '[.question_id, .outcome, .comparison.verdict] + [.judges[] | .value]' "$@"
}

# under RULE: evaluates with this fault and looks at the rows. Sets measured, excluded.
under() {
	local status=0
	serve --fault "$1"
	evaluate bench.jsonl >rows.jsonl 2>eval.err || status=$?
	kill "$pid"
	pid=
	# the check at the end, whether the workspace is still there, may meet the fault, too
	if [ "$status" = 75 ] && [[ $1 == '* '* ]] && grep -q 'questions were not measured: GET /api/2.0/genie/spaces' eval.err; then return 0; fi
	[ "$status" = 0 ] || { echo "$1: status $status: $(cat eval.err)"; return 1; }
	diff <(jq -r .id bench.jsonl) <(jq -r .question_id rows.jsonl) || { echo "$1: rows are lost"; return 1; }
	jq -e 'select(.outcome == "excluded") | .exclusion.reason | startswith("not measured: ")' rows.jsonl >reasons || :
	! grep -q false reasons || { echo "$1: excluded without reason"; cat rows.jsonl; return 1; }
	jq -c 'select(.outcome != "excluded")' rows.jsonl >measured.jsonl
	verdicts measured.jsonl | while read -r line; do
		grep -qxF -- "$line" want || { echo "$1: wrong: $line"; return 1; }
	done || return 1
	measured=$(wc -l <measured.jsonl)
	excluded=$(grep -c true reasons || :)
	[ $((measured + excluded)) = 2 ] || { echo "$1: $measured measured, $excluded excluded"; return 1; }
}

# passing METHOD PART [FAULT...]: one such fault is recovered from
passing() {
	local method=$1 part=$2 fault
	shift 2
	for fault in "$@"; do
		under "$method $part $fault x1" || return 1
		[ "$measured" = 2 ] || { echo "$method $part $fault x1: not recovered: $(jq -c .exclusion rows.jsonl)"; return 1; }
	done
}

# lasting METHOD PART [FAULT...]: nothing is measured then, nor counted as wrong
lasting() {
	local method=$1 part=$2 fault
	shift 2
	for fault in "$@"; do
		under "$method $part $fault" || return 1
		[ "$excluded" = 2 ] || { echo "$method $part $fault: measured: $(cat measured.jsonl)"; return 1; }
	done
}

@test "without faults both questions are measured" {
	under "GET nothing-like-it 500"
	[ "$measured" = 2 ]
}

@test "start-conversation: a fault that passes" { passing POST start-conversation "${FAULTS[@]}"; }
@test "start-conversation: a fault that lasts" { lasting POST start-conversation "${FAULTS[@]}"; }
@test "poll: a fault that passes" { passing GET /messages/ "${FAULTS[@]}"; }
@test "poll: a fault that lasts" { lasting GET /messages/ "${FAULTS[@]}"; }
@test "statements: a fault that passes" { passing POST sql/statements "${FAULTS[@]}"; }
@test "statements: a fault that lasts" { lasting POST sql/statements "${FAULTS[@]}"; }
@test "chunks of a result: a fault that passes" { passing GET result/chunks "${FAULTS[@]}"; }
@test "invocations: a fault that passes" {
	export GENIE_HTTP_BUDGET=4 # two thirds of it go to one that never ends
	passing POST invocations "${FAULTS[@]}"
}
@test "invocations: a fault that lasts" { lasting POST invocations "${FAULTS[@]}"; }

@test "chunks of a result: a fault that lasts" { lasting GET result/chunks "${FAULTS[@]}"; }

@test "a message that fails: by rate it is asked again, otherwise it is a fail" {
	passing POST start-conversation message-failed:RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION
	lasting POST start-conversation message-failed:RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION
	serve --fault "POST start-conversation message-failed"
	evaluate bench.jsonl >rows.jsonl
	[ "$(jq -r .outcome rows.jsonl | tr '\n' ' ')" = "fail fail " ]
}

@test "faults here and there, all the time" {
	local fault
	for fault in 429:0 500 cut badjson; do
		under "* / $fault every:7"
	done
}

@test "before the first question: a fault ends the run without output, or passes" {
	local part fault status
	for part in genie/spaces warehouses; do
		for fault in "${FAULTS[@]}"; do
			status=0
			serve --fault "GET $part $fault"
			evaluate bench.jsonl >rows.jsonl 2>eval.err || status=$?
			kill "$pid"
			pid=
			# the warehouse's state need not be known when the space names it
			[ "$status" = 75 ] && [ ! -s rows.jsonl ] && [ -s eval.err ] && continue
			[ "$status" = 0 ] && [ "$(verdicts rows.jsonl)" = "$(cat want)" ] && continue
			[ "$part" = genie/spaces ] && [ "$status" = 0 ] && [ "$(jq -r .outcome rows.jsonl | sort -u)" = excluded ] && continue
			echo "$part $fault: status $status: $(cat eval.err rows.jsonl)"
			return 1
		done
	done
}
