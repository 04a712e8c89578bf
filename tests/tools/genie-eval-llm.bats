#!/usr/bin/env bats
# genie-eval with a model as judge, against recorded answers.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=8
	pid=
	row a 'SELECT SUM(list_amt) FROM t' >row.jsonl
}

teardown() {
	stop_workspace
}

# row ID SQL [MATCH]: a row that was asked, run and compared
row() {
	jq -nc --arg id "$1" --arg sql "$2" --argjson match "${3:-false}" '{question_id:$id, question:("Total spend " + $id + "?"),
		expected_sql:"SELECT SUM(eff_amt) FROM t", genie_sql:$sql, status:"COMPLETED", comparison:{
		verdict:(if $match then "identical" else "value_mismatch" end), match:$match, profile:"seed",
		outcomes:{seed:(if $match then "GOOD" else "BAD" end)}, gt_rows:1, genie_rows:1, diff:"",
		gt_sample:{columns:[{name:"x",type:"INT"}],rows:[["71"]]}, genie_sample:{columns:[{name:"x",type:"INT"}],rows:[["82"]]}}}'
}

# verdict VALUE [TYPE]: what a model writes
verdict() {
	jq -nc --arg v "$1" --arg t "${2:-none}" '{rationale:("it is " + $v), value:$v, failure_type:$t, severity:"major",
		confidence:0.7, wrong_clause:"SELECT", blame_set:["t.list_amt"], quoted_metadata_text:"", missing_metadata:"",
		ambiguity_detected:false, expected_value:"eff_amt", actual_value:"list_amt",
		counterfactual_fix:"comment of eff_amt", affected_question_pattern:""}'
}

# Last lines of the prompts, by which a script tells the judges apart.
SCHEMA='right tables, columns and joins'
LOGIC='order and limits'
MEANING='mean the same'
WHOLE='everything that the question asks'
ARBITER='Who answers the question?'

# line MATCH RESPONSE [TIMES]: a line of the script; RESPONSE is JSON
line() {
	jq -nc --arg m "$1" --argjson r "$2" --argjson t "${3:-0}" '{match:$m, response:$r} + if $t > 0 then {times:$t} else {} end'
}

# all VALUE: the structural judges say VALUE, the arbiter that the expected SQL is right
all() {
	line "$ARBITER" "$(verdict ground_truth_correct wrong_column)"
	line "" "$(verdict "$1" wrong_column)"
}

# serve [OPTION...]: genie-local with script.jsonl
serve() {
	serve_workspace --token dapi-local-hush --latency 0 --llm-script script.jsonl --log-requests requests.jsonl "$@"
}

calls() { grep -c invocations requests.jsonl || :; }
# judge [OPTION...]: as the model does; rows to out.jsonl
judge() { genie-eval -q --llm m --journal journal.jsonl "$@" row.jsonl >out.jsonl; }
# values: of the five judges
values() { jq -r '.judges | [.schema_accuracy, .logical_accuracy, .semantic_equivalence, .completeness, .arbiter] | map(.value) | join(" ")' out.jsonl; }

@test "a model's verdicts take the place of those of code, with prompt and source" {
	{
		line "$SCHEMA" "$(verdict no wrong_column)"
		line "$ARBITER" "$(verdict genie_correct stale_data)"
		line "" "$(verdict yes)"
	} >script.jsonl
	serve
	judge
	[ "$(values)" = "no yes yes yes genie_correct" ]
	jq -e '.outcome == "pass" and .judges.schema_accuracy.source == "llm:m" and .judges.result_correctness.source == "code"
		and (.judges.schema_accuracy.prompt | test("^[0-9a-f]{12}$")) and .judges.schema_accuracy.asi.failure_type == "wrong_column"
		and .judges.schema_accuracy.asi.blame_set == ["t.list_amt"] and (.judges.logical_accuracy | has("asi") | not)' out.jsonl
	[ "$(calls)" = 5 ]
	local version
	version=$(sha256sum "$ROOT/prompts/schema_accuracy.md" | cut -c1-12)
	[ "$(jq -r .judges.schema_accuracy.prompt out.jsonl)" = "$version" ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/row.json" out.jsonl
}

@test "the prompt shows question, both queries, their difference and both results" {
	cat >script.jsonl <<-END
		{"match":["Total spend a?","SELECT SUM(eff_amt) FROM t","SELECT SUM(list_amt) FROM t","aggregation_argument","71","82","value_mismatch","$ARBITER"],"response":$(verdict neither_correct)}
		{"match":["Total spend a?","SELECT SUM(eff_amt) FROM t","SELECT SUM(list_amt) FROM t","aggregation_argument","71","82","value_mismatch"],"response":$(verdict no)}
	END
	serve
	judge
	[ "$(values)" = "no no no no neither_correct" ]
}

@test "fences, text around it and content in parts are read" {
	{
		line "$SCHEMA" "$(verdict no wrong_table | jq -Rc '"Sure:\n```json\n" + . + "\n```\nDone."')"
		line "$LOGIC" "$(verdict yes | jq -Rc '[{type:"reasoning",summary:[]},{type:"text",text:.}]')"
		line "$MEANING" "$(verdict yes | jq -Rc '"<think>{\"value\":\"no\"}</think>" + .')"
		line "$ARBITER" '{"value":"BOTH_CORRECT"}'
		line "" '{"value":"no","failure_type":"made up","confidence":"90%"}'
	} >script.jsonl
	serve
	judge
	[ "$(values)" = "no yes yes no both_correct" ]
	jq -e '.judges.completeness.asi | .failure_type == "other" and .confidence == 0.9 and .severity == "minor"' out.jsonl
	[ "$(calls)" = 5 ]
}

@test "an empty answer is asked again; three that are no JSON are unknown" {
	{
		line "$SCHEMA" '""' 2
		line "$SCHEMA" "$(verdict yes)"
		line "$LOGIC" '"I cannot say."'
		line "$WHOLE" '{"value":"perhaps"}' 1
		all yes
	} >script.jsonl
	serve
	judge
	[ "$(values)" = "yes unknown yes yes ground_truth_correct" ]
	jq -e '.judges.logical_accuracy | .source == "llm:m" and .asi.failure_type == "other" and .asi.severity == "info"
		and .asi.confidence == 0 and (.rationale | contains("I cannot say"))' out.jsonl
	[ "$(calls)" = 10 ]
}

@test "429 and 503 are waited out, 500 and a broken answer are asked again" {
	all no >script.jsonl
	serve --fault 'POST invocations 429:0 x2' --fault 'POST invocations 503:0 x2' --fault 'POST invocations 500 x1' \
		--fault 'POST invocations badjson x1' --fault 'POST invocations cut x1'
	judge
	[ "$(values)" = "no no no no ground_truth_correct" ]
}

@test "a schema that is refused is left out from then on" {
	{
		echo '{"with":"response_format","response":{"status":400,"body":{"error_code":"BAD_REQUEST","message":"response_format is not supported"}}}'
		all no
	} >script.jsonl
	serve
	judge --llm-concurrency 1
	[ "$(values)" = "no no no no ground_truth_correct" ]
	[ "$(calls)" = 6 ]
}

@test "a prompt that is refused is unknown, with the service's word" {
	{
		line "$LOGIC" '{"status":400,"body":{"error_code":"BAD_REQUEST","message":"context too long"}}'
		all no
	} >script.jsonl
	serve
	judge
	[ "$(values)" = "no unknown no no ground_truth_correct" ]
	jq -e '.judges.logical_accuracy.rationale | contains("context too long")' out.jsonl
}

@test "an endpoint that is not there ends the run" {
	echo '{"endpoint":"other","response":"x"}' >script.jsonl
	serve
	run -69 --separate-stderr judge
	[[ $stderr == *"Endpoint with name 'm' does not exist"* ]]
	[ ! -s out.jsonl ]
}

@test "an endpoint that cannot be reached excludes the row; the next run completes it" {
	all no >script.jsonl
	serve --fault 'POST invocations 503:600'
	judge
	[ "$(jq -r .outcome out.jsonl)" = excluded ]
	[[ $(jq -r .exclusion.reason out.jsonl) == "not measured: judge "*"status 503"* ]]
	kill "$pid"
	serve
	judge
	[ "$(values)" = "no no no no ground_truth_correct" ]
	[ "$(jq -r .outcome out.jsonl)" = fail ]
}

@test "no call without need: no SQL, the same SQL in another form, no disagreement" {
	: >script.jsonl
	all yes >script.jsonl
	serve
	row a "" >row.jsonl
	row b 'select sum(x.eff_amt) as s from t x' true >>row.jsonl
	judge
	[ "$(calls)" = 0 ]
	[ "$(values)" = "$(printf 'no no no no ground_truth_correct\nyes yes yes yes skipped')" ]
	row c 'SELECT SUM(eff_amt), 1 FROM t' true >row.jsonl
	judge
	[ "$(calls)" = 4 ]
	[ "$(values)" = "yes yes yes yes skipped" ]
}

@test "both: the code's verdict stays, the model's stands beside it, and genie-score tells how they agree" {
	{
		line "$SCHEMA" "$(verdict yes)"
		line "$LOGIC" '"nothing of use"'
		all no
	} >script.jsonl
	serve
	row b 'SELECT MAX(eff_amt) FROM t' >>row.jsonl
	row c 'SELECT SUM(eff_amt) FROM u' >>row.jsonl
	genie-eval -q row.jsonl >code.jsonl
	judge --judges both
	diff <(jq -c '.judges[] |= del(.llm, .agree)' out.jsonl) <(jq -c . code.jsonl)
	jq -e '.judges.schema_accuracy.llm | .value == "yes" and .source == "llm:m" and has("prompt")' out.jsonl
	jq -e 'all(.judges[] | select(has("llm")); .agree == (.value == .llm.value))' out.jsonl
	genie-score -q out.jsonl >eval.json
	jq -e '.agreement.schema_accuracy.n == 3 and .agreement.logical_accuracy.n == 0 and .agreement.logical_accuracy.kappa == null
		and .agreement.arbiter.n > 0 and (.scores | has("arbiter") | not)' eval.json
	[ "$(jq .agreement.schema_accuracy.agree eval.json)" = "$(jq -s '[.[].judges.schema_accuracy.agree | if . then 1 else 0 end] | add / 3 * 10000 | round / 10000' out.jsonl)" ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/row.json" out.jsonl
	"$ROOT/tests/schema-check" "$ROOT/schemas/eval.json" eval.json
	genie-score -q code.jsonl | jq -e 'has("agreement") | not'
}

@test "both: a model that cannot be reached leaves the code's verdict, and is asked in the next run" {
	all no >script.jsonl
	serve --fault 'POST invocations 500 x15'
	judge --judges both
	[ "$(jq -r .outcome out.jsonl)" = fail ]
	jq -e '.judges.schema_accuracy | .source == "code" and .llm.value == "unknown" and (.llm.fault | contains("500")) and (has("agree") | not)' out.jsonl
	[ "$(calls)" = 15 ]
	mv out.jsonl row.jsonl
	judge --judges both
	jq -e '.judges.schema_accuracy | .llm.value == "no" and (.llm | has("fault") | not)' out.jsonl
}

@test "what was paid for is not paid for again" {
	all no >script.jsonl
	serve
	judge
	[ "$(calls)" = 5 ]
	cp out.jsonl judged.jsonl
	# the journal knows the prompts
	judge
	[ "$(calls)" = 5 ]
	cmp out.jsonl judged.jsonl
	# so does the row, without any journal
	genie-eval -q --llm m judged.jsonl | cmp - judged.jsonl
	genie-eval -q judged.jsonl | cmp - judged.jsonl
	genie-eval -q --llm m --judges both judged.jsonl >both.jsonl
	[ "$(calls)" = 5 ]
	jq -e '.judges.schema_accuracy | .source == "code" and .llm.source == "llm:m"' both.jsonl
	genie-eval -q --llm m both.jsonl | cmp - judged.jsonl
	# asked to, code takes it back, and a new model is asked
	genie-eval -q --judges code --rejudge judged.jsonl | jq -e 'all(.judges[]; .source == "code")'
	genie-eval -q --llm n --rejudge judged.jsonl | jq -e '.judges.schema_accuracy.source == "llm:n"'
	[ "$(calls)" = 10 ]
	# what code has judged stays, unless asked
	genie-eval -q row.jsonl | genie-eval -q --llm n | jq -e '.judges.schema_accuracy.source == "code"'
	genie-eval -q row.jsonl | genie-eval -q --llm n --rejudge | jq -e '.judges.schema_accuracy.source == "llm:n"'
}

@test "a killed run pays for nothing twice" {
	all no >script.jsonl
	serve --latency 300
	for id in a b c d; do row "$id" 'SELECT SUM(list_amt) FROM t'; done >row.jsonl
	genie-eval -q --llm m --llm-concurrency 2 --journal journal.jsonl row.jsonl >/dev/null 3>&- &
	local run=$! before
	for _ in {1..1200}; do
		[ "$(grep -c verdict journal.jsonl 2>/dev/null || :)" -lt 6 ] || break
		sleep 0.02
	done
	kill -9 "$run"
	wait "$run" || true
	sleep 0.7
	before=$(calls)
	[ "$before" -lt 20 ]
	judge
	[ "$(jq -s length out.jsonl)" = 4 ]
	# of those in flight at the kill, two at most are asked again
	[ "$(calls)" -le 22 ]
	judge
	[ "$(calls)" -le 22 ]
	[ "$(jq -r 'select(.schema == "genie/verdict/1") | .key' journal.jsonl | sort | uniq -d)" = "" ]
}

@test "another prompt is another version and is asked for" {
	all no >script.jsonl
	serve
	cp -r "$ROOT/prompts" mine
	judge --prompts mine
	echo "Be strict." >>mine/schema_accuracy.md
	local first
	first=$(jq -r .judges.schema_accuracy.prompt out.jsonl)
	GENIE_PROMPTS=$PWD/mine judge
	[ "$(jq -r .judges.schema_accuracy.prompt out.jsonl)" != "$first" ]
	[ "$(calls)" = 6 ]
	echo "{{weather}}" >>mine/arbiter.md
	run -65 --separate-stderr judge --prompts mine
	[[ $stderr == *"mine/arbiter.md: {{weather}} has no value"* ]]
	run -74 --separate-stderr judge --prompts nowhere
	[ "$(calls)" = 6 ]
}

@test "any OpenAI-compatible server will do, and its key goes nowhere else" {
	all no >script.jsonl
	serve
	local url=$DATABRICKS_HOST/serving-endpoints
	unset DATABRICKS_HOST DATABRICKS_TOKEN
	export GENIE_LLM_KEY=dapi-local-hush
	run -0 --separate-stderr genie-eval -v -v --llm m --llm-url "$url/" --journal j.jsonl row.jsonl
	[ "$(jq -r .judges.arbiter.source <<<"$output")" = "llm:m" ]
	[[ $output$stderr$(cat j.jsonl) != *hush* ]]
	[ "$(grep -c chat/completions requests.jsonl)" = 5 ]
	GENIE_LLM_KEY=sk-wrong-hush run -69 --separate-stderr genie-eval -v -v --llm m --llm-url "$url" row.jsonl
	[ -z "$output" ]
	[[ $stderr != *sk-wrong* ]]
	[[ $stderr == *401* ]]
}

@test "a server that repeats the key does not get it into rows, journal or messages" {
	{
		line "$SCHEMA" '{"value":"no","rationale":"you sent dapi-local-hush","counterfactual_fix":"dapi-local-hush"}'
		line "$LOGIC" '{"status":400,"body":{"message":"bad key dapi-local-hush"}}'
		all no
	} >script.jsonl
	serve
	export GENIE_LLM_KEY=dapi-local-hush
	run -0 --separate-stderr genie-eval -v -v --llm m --llm-url "$DATABRICKS_HOST/serving-endpoints" --journal j.jsonl row.jsonl
	[[ $output$stderr$(cat j.jsonl) != *hush* ]]
	jq -e '.judges.schema_accuracy.rationale == "you sent ***"' <<<"$output"
	run -0 --separate-stderr genie-eval -v -v --llm m --journal k.jsonl row.jsonl
	[[ $output$stderr$(cat k.jsonl) != *hush* ]]
}

@test "the model must be named, and its address be one" {
	run -2 --separate-stderr genie-eval --judges llm row.jsonl
	[[ $stderr == *"needs --llm"* ]]
	run -2 --separate-stderr genie-eval --judges both row.jsonl
	run -2 --separate-stderr genie-eval --llm-url http://127.0.0.1:1/v1 row.jsonl
	[[ $stderr == *"--llm-url needs --llm"* ]]
	run -2 --separate-stderr genie-eval --llm m --llm-url nowhere row.jsonl
	run -69 --separate-stderr genie-eval --llm m --llm-url http://model.example/v1 row.jsonl
	[[ $stderr == *"plain http is refused"* ]]
	run -0 --separate-stderr env GENIE_HTTP_BUDGET=1 genie-eval -q --llm m --llm-url http://127.0.0.1:1/v1 row.jsonl
	[ "$(jq -r .outcome <<<"$output")" = excluded ]
}
