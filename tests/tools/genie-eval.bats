load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=5
	pid=
}

teardown() {
	stop_workspace
}

# local_workspace [OPTION...]: genie-local with the demo bundle; sets host, token, pid, and
# makes bench.jsonl with a few questions.
local_workspace() {
	serve_workspace --bundle "$ROOT/demo/cost" --token dapi-local-hush --seed 1 --log-requests requests.jsonl "$@"
	space=$(genie-fetch -q --list | jq -r .space_id)
	genie-bench -q "$ROOT/demo/cost/benchmarks.yaml" >all.jsonl
	head -4 all.jsonl >bench.jsonl
	: >requests.jsonl
}

evaluate() {
	genie-eval -q --space "$space" --qpm 0 --scope all --var catalog=main --var gold_schema=gold "$@"
}

starts() { grep -c '"POST".*start-conversation' requests.jsonl || :; }

@test "genie-eval stands on the common floor" {
	floor genie-eval
}

@test "no question is no output" {
	run -0 --separate-stderr genie-eval </dev/null
	[ -z "$output" ]
}

@test "a broken line is named before anything is asked" {
	printf '{"id":"a","question":"x","expected_sql":"SELECT 1"}\n{"id":\n' >bad.jsonl
	run -65 --separate-stderr genie-eval --space s bad.jsonl
	[ -z "$output" ]
	[[ $stderr == *"bad.jsonl:2:"* ]]
}

@test "a line of 50 MB is refused" {
	{ printf '{"id":"a","question":"'; head -c 50000000 /dev/zero | tr '\0' x; echo '"}'; } >long.jsonl
	run -65 --separate-stderr genie-eval --space s long.jsonl
	[[ $stderr == *"long.jsonl:1: the line is longer"* ]]
}

@test "a full disk is seen" {
	echo '{"id":"a","question":"x","genie_sql":"SELECT 1","comparison":{"verdict":"identical","match":true,"profile":"seed"}}' >row.jsonl
	run -74 bash -c 'genie-eval row.jsonl >/dev/full'
}

@test "a variable without a value is named, and nothing is asked" {
	echo '{"id":"a","question":"x","expected_sql":"SELECT * FROM ${catalog}.t"}' >bench.jsonl
	run -65 --separate-stderr env DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=x \
		genie-eval --space s bench.jsonl
	[ -z "$output" ]
	[[ $stderr == *"expected_sql of a"*catalog* ]]
}

@test "a dead host is temporary" {
	echo '{"id":"a","question":"x","expected_sql":"SELECT 1"}' >bench.jsonl
	run -75 --separate-stderr env GENIE_HTTP_BUDGET=1 DATABRICKS_HOST=http://127.0.0.1:1 \
		DATABRICKS_TOKEN=dapi-hush genie-eval -v --space s bench.jsonl
	[ -z "$output" ]
	[[ $stderr != *hush* ]]
}

@test "expected SQL that writes is refused and never executed" {
	echo '{"id":"a","question":"x","expected_sql":"DROP TABLE t"}' >bench.jsonl
	run -0 --separate-stderr genie-eval --space s bench.jsonl
	[ "$(jq -r .outcome <<<"$output")" = excluded ]
	[[ $(jq -r .exclusion.reason <<<"$output") == "gold: not a single read-only statement (DROP)"* ]]
}

@test "saved rows are judged again without a workspace" {
	jq -nc '{question_id:"a", question:"Total?", expected_sql:"SELECT SUM(x) FROM t", mine:{kept:1},
		genie_sql:"SELECT AVG(x) FROM t", comparison:{verdict:"value_mismatch", match:false, profile:"seed",
		outcomes:{seed:"BAD"}, diff:"other"}}' >row.jsonl
	run -0 --separate-stderr genie-eval row.jsonl
	[ "$(jq -r '[.outcome, .judges.logical_accuracy.value, .judges.logical_accuracy.asi.failure_type,
		.mine.kept] | join(" ")' <<<"$output")" = "fail no wrong_aggregation 1" ]
	genie-eval row.jsonl | genie-eval >twice.jsonl
	genie-eval row.jsonl | cmp - twice.jsonl
}

@test "scopes choose questions, and held_out ones only when asked for" {
	local done='"genie_sql":"SELECT 1","comparison":{"verdict":"identical","match":true,"profile":"seed"}'
	{
		echo "{\"id\":\"a\",\"question\":\"x\",\"split\":\"train\",\"priority\":\"P0\",$done}"
		echo "{\"id\":\"b\",\"question\":\"y\",\"split\":\"val\",\"required_tables\":[\"fact_usage\"],$done}"
		echo "{\"id\":\"c\",\"question\":\"z\",\"split\":\"held_out\",\"priority\":\"P0\",$done}"
		echo "{\"id\":\"d\",\"question\":\"u\",\"split\":\"train\",\"expected_sql\":\"SELECT 1 FROM \`main\`.gold.Fact_Usage\",$done}"
	} >rows.jsonl
	echo '{"schema":"genie/patches/1","patches":[{"type":"update_column_comment","target":"main.gold.fact_usage","column":"x"}]}' >patches.json
	ids() { genie-eval -q "$@" rows.jsonl | jq -r .question_id | tr -d '\n'; }
	[ "$(ids)" = abd ]
	[ "$(ids --scope p0)" = a ]
	[ "$(ids --scope held_out)" = c ]
	[ "$(ids --scope all)" = abcd ]
	[ "$(ids --scope slice --patched patches.json)" = bd ]
	run -2 genie-eval --scope slice rows.jsonl
	run -2 genie-eval --shard 3/2 rows.jsonl
}

@test "shards are parts of the whole, whatever else is in the file" {
	for i in {1..60}; do
		echo "{\"id\":\"q$i\",\"question\":\"question $i\",\"split\":\"$([ $((i % 5)) = 0 ] && echo held_out || echo train)\",\"priority\":\"P$((i % 3))\",\"genie_sql\":\"SELECT $i\",\"comparison\":{\"verdict\":\"identical\",\"match\":true,\"profile\":\"seed\"}}"
	done >rows.jsonl
	local scope i
	for scope in full all p0 held_out; do
		for i in 1 2 3; do
			genie-eval -q --scope $scope --shard $i/3 rows.jsonl >part.$i.jsonl
			[ "$(wc -l <part.$i.jsonl)" -gt 0 ]
		done
		diff <(genie-eval -q --scope $scope rows.jsonl | sort) <(cat part.?.jsonl | sort)
	done
	# a question stays in its shard, with fewer neighbours and in another order
	genie-eval -q --scope all --shard 2/3 rows.jsonl | jq -r .question_id | sort >before
	tac rows.jsonl | grep -v '"q7"' | genie-eval -q --scope all --shard 2/3 | jq -r .question_id | sort >after
	diff <(grep -vx q7 before) after
	run -2 genie-eval --shard 0/3 rows.jsonl
	run -2 genie-eval --shard 1 rows.jsonl
}

@test "questions are asked, run, compared and judged, in input order" {
	local_workspace
	run -0 --separate-stderr evaluate --iteration 3 bench.jsonl
	[ "$(jq -r .question_id <<<"$output")" = "$(jq -r .id bench.jsonl)" ]
	jq -e '.iteration == 3 and (.outcome == "pass" or .outcome == "fail") and .genie_sql_raw != ""
		and (.judges | length == 8) and .asked_at != "" and .space_id != ""' <<<"$output"
	jq -e 'all(.judges[]; .value == "yes" or .value == "skipped" or .asi != null
		or .value == "both_correct")' <<<"$output"
	[ "$(jq -r 'select(.question_id == "cost_001") | .outcome' <<<"$output")" = pass ]
}

@test "progress counts as genie-score does: what the arbiter decides for Genie is not right" {
	local_workspace
	run -0 --separate-stderr genie-eval --space "$space" --qpm 0 --scope all --var catalog=main --var gold_schema=gold all.jsonl
	genie-score -q <<<"$output" >eval.json
	jq -e '.overall_accuracy < .arbiter_adjusted_accuracy' eval.json
	# a slow machine may leave a question unmeasured: each number as the rows have it
	local right arbiter wrong excluded
	right=$(jq .correct eval.json)
	read -r arbiter wrong excluded < <(jq -rs --argjson right "$right" 'def n(o): map(select(.outcome == o)) | length; "\(n("pass") - $right) \(n("fail")) \(n("excluded"))"' <<<"$output")
	[ $((right + arbiter + wrong + excluded)) -eq 58 ]
	[[ ${stderr##*$'\n'} == *"judged $((58 - excluded)): right $right, right to the arbiter $arbiter, wrong $wrong, excluded $excluded"* ]]
}

@test "the same input gives the same bytes" {
	local_workspace
	export GENIE_NOW=2026-11-20T12:00:00Z
	evaluate --journal j1.jsonl bench.jsonl >one.jsonl
	evaluate --journal j1.jsonl bench.jsonl | cmp - one.jsonl
	evaluate -c 1 --journal j1.jsonl bench.jsonl | cmp - one.jsonl
}

# marked MARK: lines of the journal with it
marked() { cat answers.jsonl 2>/dev/null | grep -c "$1" || :; }
answers() { marked '"genie/answer/1"'; }

taken='"message_id":.*"genie/asked/1"'

# killed_after MARK SIGNAL: an evaluation, one question after the other, that is killed when the journal has
# a line with this mark more than it has answers. Its own process group, so that SIGINT is not ignored.
killed_after() {
	set -m
	genie-eval -q --space "$space" --qpm 0 --scope all --var catalog=main --var gold_schema=gold \
		-c 1 --journal answers.jsonl bench.jsonl >part.jsonl 2>part.err 3>&- &
	local eval_pid=$!
	set +m
	for _ in {1..1200}; do
		[ "$(marked "$1")" -le "$(answers)" ] || break
		sleep 0.02
	done
	kill "-$2" -- "-$eval_pid"
	wait "$eval_pid" || killed=$?
}

@test "a killed run asks nothing twice, not even what was under way" {
	local_workspace --latency 300
	local killed signal
	for signal in KILL INT TERM KILL; do
		killed=0
		killed_after "$taken" "$signal"
		[ "$killed" = $((128 + $(kill -l "$signal"))) ]
	done
	printf '{"torn' >>answers.jsonl
	run -0 evaluate --journal answers.jsonl bench.jsonl
	[ "$(grep -c '"outcome"' <<<"$output")" = 4 ]
	[ "$(starts)" = 4 ]
	[ "$(answers)" = 4 ]
	evaluate --journal answers.jsonl bench.jsonl >again.jsonl
	[ "$(starts)" = 4 ]
	# as if nobody had disturbed it
	evaluate --journal other.jsonl bench.jsonl >whole.jsonl
	diff <(jq -c '[.question_id, .genie_sql, .outcome, .attempts]' whole.jsonl) <(jq -c '[.question_id, .genie_sql, .outcome, .attempts]' again.jsonl)
}

@test "a question that was sent without our knowing is found, not asked again" {
	local_workspace --latency 300
	killed_after "$taken" KILL
	# as if it had been killed before the service's reply was written down
	grep -v "$taken" answers.jsonl >cut.jsonl || :
	mv cut.jsonl answers.jsonl
	[ "$(answers)" = 0 ]
	[ "$(starts)" = 1 ]
	run -0 evaluate --journal answers.jsonl bench.jsonl
	[ "$(starts)" = 4 ]
	[ "$(jq -r 'select(.schema == "genie/answer/1") | .message_id' answers.jsonl | sort -u | wc -l)" = 4 ]
	# the same within one run: the reply is lost, the question is not paid again
	kill "$pid"
	wait "$pid" || :
	: >requests.jsonl
	for fault in cut-after badjson; do
		rm -f answers.jsonl
		local_workspace --fault "POST start-conversation $fault x1"
		: >requests.jsonl
		run -0 evaluate --journal answers.jsonl bench.jsonl
		[ "$(starts)" = 4 ]
		[ "$(jq -r 'select(.outcome == "answered") | .question_id' answers.jsonl | wc -l)" = 4 ]
		kill "$pid"
		wait "$pid" || :
	done
	pid=
}

@test "a message that is gone, or is another's, is asked anew" {
	local_workspace --latency 300
	killed_after "$taken" KILL
	sed -i 's/"message_id":"[0-9a-f]*"/"message_id":"01f0000000000000000000000000dead"/' answers.jsonl
	run -0 evaluate --journal answers.jsonl bench.jsonl
	[ "$(jq -r .outcome answers.jsonl | grep -c answered)" = 4 ]
	[ "$(starts)" = 5 ]
}

@test "a checkpoint keeps finished rows" {
	local_workspace
	evaluate --checkpoint done.jsonl bench.jsonl >one.jsonl
	: >requests.jsonl
	evaluate --checkpoint done.jsonl bench.jsonl | cmp - one.jsonl
	[ ! -s requests.jsonl ]
}

@test "repeats are replicates, each asked" {
	local_workspace
	head -1 bench.jsonl | evaluate --repeat 3 --journal a.jsonl >rows.jsonl
	[ "$(jq -r .replicate rows.jsonl | tr -d '\n')" = 012 ]
	[ "$(starts)" = 3 ]
	head -1 bench.jsonl | evaluate --repeat 3 --journal a.jsonl >again.jsonl
	[ "$(starts)" = 3 ]
	jq -se 'all(.[]; .judges.repeatability.value == "yes" and (.judges.repeatability.rationale | startswith("IDENTICAL: 3 askings")))' rows.jsonl
	genie-score --repeatability rows.jsonl | jq -e '.repeatability_pct == 100 and .measured == 1'
	# asked once before: two more askings make three
	head -2 bench.jsonl | evaluate --journal b.jsonl >once.jsonl
	jq -se 'all(.[]; .judges.repeatability == null)' once.jsonl
	: >requests.jsonl
	head -2 bench.jsonl | evaluate --repeat 3 --journal b.jsonl >three.jsonl
	[ "$(starts)" = 4 ]
	[ "$(jq -s length three.jsonl)" = 6 ]
}

@test "a text is executed once, whoever wrote it and however often it was answered" {
	local_workspace
	head -2 bench.jsonl | evaluate --repeat 3 >rows.jsonl
	local texts
	texts=$(jq -r '.genie_sql // empty | ., "EXPLAIN " + .' rows.jsonl | sort -u | wc -l)
	[ "$(grep -c '"POST".*sql/statements' requests.jsonl)" -le $((texts + 2)) ]
	jq -se 'all(.[]; .comparison.verdict != null and (.genie_sql == null or .explain.ok != null))' rows.jsonl
}

@test "answers that differ from asking to asking are a repeatability issue" {
	local_row() { jq -nc --arg s "$1" --argjson n "$2" '{question_id:"a", question:"total cost", expected_sql:"SELECT SUM(c) FROM t", replicate:$n,
		genie_sql:$s, sql_hash:$s, comparison:{verdict:"identical",match:true,profile:"seed",genie_hash:"0123abcd"}}'; }
	{ local_row 'SELECT SUM(c) FROM t' 0; local_row 'SELECT SUM(c) FROM u' 1; local_row 'SELECT SUM(c) FROM t' 2
	  echo '{"question_id":"b","question":"x","genie_sql":"SELECT 1","replicate":0,"comparison":{"verdict":"identical","match":true,"profile":"seed"}}'; } >rows.jsonl
	run -0 --separate-stderr genie-eval --scope all rows.jsonl
	jq -se '(.[:3] | all(.[]; .judges.repeatability | .value == "no" and .asi.failure_type == "repeatability_issue"
		and .asi.severity == "major" and .asi.blame_set == ["t","u"] and .asi.ambiguity_detected)) and .[3].judges.repeatability == null' <<<"$output"
	echo "$output" >judged.jsonl
	"$ROOT/tests/schema-check" "$ROOT/schemas/row.json" judged.jsonl
	genie-eval --scope all judged.jsonl | cmp - judged.jsonl
}

@test "stages can be taken one by one" {
	local_workspace
	evaluate bench.jsonl | jq -S 'del(.asked_at,.latency_ms,.conversation_id,.message_id)' >whole.jsonl
	evaluate --stage ask bench.jsonl >asked.jsonl
	jq -e '.comparison == null and .judges == null' asked.jsonl
	evaluate --stage run asked.jsonl >ran.jsonl
	jq -e '.comparison != null and .judges == null' ran.jsonl
	evaluate ran.jsonl | jq -S 'del(.asked_at,.latency_ms,.conversation_id,.message_id)' >stepped.jsonl
	[ "$(jq -c '[.question_id,.outcome]' whole.jsonl)" = "$(jq -c '[.question_id,.outcome]' stepped.jsonl)" ]
}

@test "a fault that lasts excludes the question, and is no zero" {
	local_workspace --fault "POST start-conversation 503"
	run -0 --separate-stderr env GENIE_HTTP_BUDGET=1 genie-eval -q --space "$space" --qpm 0 --scope all \
		--ask-tries 1 --ask-timeout 2 --var catalog=main --var gold_schema=gold <(head -1 bench.jsonl)
	[ "$(jq -r .outcome <<<"$output")" = excluded ]
	[[ $(jq -r .exclusion.reason <<<"$output") == "not measured:"* ]]
}

@test "a question that Genie gives up is a fail everywhere" {
	local_workspace --fault "POST start-conversation message-failed:GENERIC_CHAT_COMPLETION_EXCEPTION"
	head -1 bench.jsonl >one.jsonl
	run -0 --separate-stderr evaluate one.jsonl
	jq -e '.outcome == "fail" and .status == "FAILED" and .comparison.verdict == "error_pred"
		and ([.judges[].value] - ["no", "ground_truth_correct"] == [])' <<<"$output"
}

@test "a passing fault is asked again and leaves no mark" {
	local_workspace --fault "POST start-conversation message-failed:RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION x1"
	head -1 bench.jsonl >one.jsonl
	run -0 --separate-stderr evaluate --journal a.jsonl one.jsonl
	[ "$(jq -r '[.outcome, .attempts] | join(" ")' <<<"$output")" = "pass 2" ]
	[ "$(jq -r 'select(.schema == "genie/answer/1") | .outcome' a.jsonl | tr '\n' ' ')" = "not_measured answered " ]
}

@test "expected SQL that fails is set apart as gold" {
	local_workspace
	echo '{"id":"a","question":"What was our total cost this month?","expected_sql":"SELECT nothing FROM main.gold.no_table"}' >bench.jsonl
	run -0 --separate-stderr evaluate bench.jsonl
	[ "$(jq -r .outcome <<<"$output")" = excluded ]
	[[ $(jq -r .exclusion.reason <<<"$output") == "gold: "* ]]
}

@test "several accepted golds: one match is enough" {
	local_workspace
	head -1 bench.jsonl | jq -c '.expected_sql = ["SELECT 1 AS nonsense", .expected_sql]' >many.jsonl
	run -0 --separate-stderr evaluate many.jsonl
	[ "$(jq -r '[.outcome, .comparison.gold] | join(" ")' <<<"$output")" = "pass 1" ]
}

@test "a tie at the cut is settled by the rows behind it" {
	local_workspace
	jq -nc '{question_id:"a", question:"Any two numbers", genie_sql:"SELECT * FROM VALUES (3), (2) AS t(n)",
		expected_sql:"SELECT * FROM VALUES (1), (2), (3) AS t(n) LIMIT 2"}' >row.jsonl
	run -0 --separate-stderr evaluate row.jsonl
	[ "$(jq -r '[.outcome, .comparison.verdict] | join(" ")' <<<"$output")" = "pass tie_ambiguous" ]
	jq -nc '{question_id:"a", question:"Any two numbers", genie_sql:"SELECT * FROM VALUES (3), (9) AS t(n)",
		expected_sql:"SELECT * FROM VALUES (1), (2), (3) AS t(n) LIMIT 2"}' >row.jsonl
	run -0 --separate-stderr evaluate row.jsonl
	[ "$(jq -r '.comparison.verdict' <<<"$output")" = value_mismatch ]
}

@test "a wrong token and a missing space end the run without output" {
	local_workspace
	run -69 --separate-stderr env DATABRICKS_TOKEN=dapi-wrong-hush genie-eval --space "$space" --scope all \
		--var catalog=main --var gold_schema=gold bench.jsonl
	[ -z "$output" ]
	[[ $stderr != *hush* ]]
	run -69 --separate-stderr genie-eval --space 00000000000000000000000000000000 --scope all \
		--var catalog=main --var gold_schema=gold bench.jsonl
	[ -z "$output" ]
}

@test "a space that is not as the snapshot has it is not measured under its name" {
	cp -r "$ROOT/demo/cost" bundle
	echo '{"id":"a","question":"What was our total cost this month?","expected_sql":"SELECT 1"}' >q.jsonl
	run -75 --separate-stderr genie-local exec -q --bundle bundle -- bash -c '
		genie-fetch -q -o space.json cost &&
		jq ".config.instructions.text_instructions[0].content[0] = \"Something else.\"" space.json >other.json &&
		genie-eval -q --qpm 0 --snapshot other.json -o rows.jsonl q.jsonl'
	[[ $stderr == *"refetch: the space is not as other.json has it"* ]]
	[ ! -e rows.jsonl ]
}
