load ../lib.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

# failing ID JUDGE TYPE BLAME [FIX]: a failing row with ASI
failing() {
	jq -nc --arg id "$1" --arg j "$2" --arg t "$3" --arg b "$4" --arg f "${5:-add a synonym}" \
		'{question_id:$id, question:("about "+$id), outcome:"fail", split:"train", asset:"TABLE",
		  judges:{($j):{value:"no",rationale:("because "+$id),source:"code",
		    asi:{failure_type:$t,severity:"major",confidence:0.8,blame_set:[$b],counterfactual_fix:$f,
		         wrong_clause:"SELECT list_amt",affected_question_pattern:"spend"}}}}'
}

@test "genie-cluster stands on the common floor" {
	floor genie-cluster
}

@test "one cause and one blamed object make one cluster" {
	{ failing a schema_accuracy wrong_column fact.x; failing b logical_accuracy wrong_column FACT.X
	  failing c schema_accuracy wrong_column fact.y; rows p:pass; } >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq -c '[.clusters[]|[.cluster_id,.root_cause,.lever,.question_ids]]' <<<"$output")" = '[["C001","wrong_column",1,["a","b"]]]' ]
	[ "$(jq -c '[.long_tail[]|[.cluster_id,.question_ids]]' <<<"$output")" = '[["C002",["c"]]]' ]
	[ "$(jq -c '.clusters[0].affected_judges' <<<"$output")" = '["logical_accuracy","schema_accuracy"]' ]
}

@test "the mistake that explains the others is the cause" {
	jq -nc '{question_id:"a",question:"?",outcome:"fail",judges:{
		schema_accuracy:{value:"no",asi:{failure_type:"wrong_column",severity:"critical",confidence:1,blame_set:["t.c"]}},
		asset_routing:{value:"no",asi:{failure_type:"asset_routing_error",severity:"major",confidence:0.6,blame_set:["get_costs"]}},
		syntax_validity:{value:"yes"}}}' >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq -c '.long_tail[0]|[.root_cause,.lever,.asi_blame_set,.affected_judges]' <<<"$output")" = \
		'["asset_routing_error",6,["get_costs"],["asset_routing","schema_accuracy"]]' ]
}

@test "the order of the rows does not matter" {
	for i in {1..40}; do failing "q$i" schema_accuracy wrong_column "t.c$((i % 7))" "fix $i"; done >rows.jsonl
	genie-cluster rows.jsonl >one
	shuf --random-source=/dev/zero rows.jsonl | genie-cluster >two
	tac rows.jsonl | genie-cluster >three
	cmp one two
	cmp one three
	[ "$(jq '.clusters[0].evidence|length' one)" -eq 5 ]
}

@test "held_out rows are left out unless asked for" {
	failing a schema_accuracy wrong_column t.c | jq -c '.split="held_out"' >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq '[.clusters[],.long_tail[]]|length' <<<"$output")" -eq 0 ]
	[[ $stderr == *"1 held_out rows left out"* ]]
	run -0 --separate-stderr genie-cluster --held-out rows.jsonl
	[ "$(jq '.long_tail|length' <<<"$output")" -eq 1 ]
}

@test "generic fixes are reported, not used" {
	{ failing a schema_accuracy wrong_column t.c "Review the column names"; failing b schema_accuracy wrong_column t.c "say that list_amt is before discount"; } >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq -c '.clusters[0].asi_counterfactual_fixes' <<<"$output")" = '["say that list_amt is before discount"]' ]
	[ "$(jq -c '.judge_quality_feedback' <<<"$output")" = \
		'[{"judge":"schema_accuracy","generic_fixes":1,"total":2,"example":"Review the column names"}]' ]
}

@test "a verdict without ASI is read from its rationale; a missing answer is still a failure" {
	{ echo '{"inputs/question_id":"a","inputs/question":"?","feedback/logical_accuracy":"no","rationale/logical_accuracy":"The query lacks a filter on status."}'
	  echo '{"question_id":"b","question":"?","status":"FAILED"}'; } >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq -c '[.failing,([.long_tail[].root_cause]|sort)]' <<<"$output")" = '[2,["missing_filter","other"]]' ]
}

@test "unstable questions of the last decision become repeatability clusters" {
	echo '{"schema":"genie/decision/1","cross_iteration":{"unstable":["a","b","c"]}}' >decision.json
	{ rows a:pass b:pass | jq -c '.asset="MV"'; rows c:pass | jq -c '.asset="TVF"'; } >rows.jsonl
	run -0 --separate-stderr genie-cluster --decision decision.json rows.jsonl
	[ "$(jq -c '[.clusters[]|[.root_cause,.lever,.question_ids]]' <<<"$output")" = '[["repeatability_issue",1,["a","b"]]]' ]
	[ "$(jq -c '[.long_tail[]|[.root_cause,.lever]]' <<<"$output")" = '[["repeatability_issue",6]]' ]
}

@test "broken input names the line and leaves no file; empty input has no clusters" {
	{ failing a schema_accuracy wrong_column t.c; echo '{"x":'; } >rows.jsonl
	run -65 --separate-stderr genie-cluster -o out.json rows.jsonl
	[[ $stderr == *"rows.jsonl:2"* ]]
	[ ! -e out.json ]
	run -0 --separate-stderr genie-cluster </dev/null
	[ "$(jq -c '.clusters' <<<"$output")" = '[]' ]
}

# verdicts ID JSON: a failing row with these judges
verdicts() {
	jq -nc --arg id "$1" --argjson j "$2" '{question_id:$id,question:("about "+$id),outcome:"fail",split:"train",asset:"TABLE",judges:$j}'
}

# summary: root cause, blame and questions of all clusters of standard input
summary() { jq -c '[.clusters[],.long_tail[]]|map([.root_cause,.asi_blame_set[0],.question_ids])|sort'; }

@test "one mistake that four judges see is one cluster" {
	local no='{"value":"no","rationale":"r","asi":{"failure_type":"missing_filter","confidence":0.5,"blame_set":["orders.status"]}}'
	for q in a b; do
		verdicts $q "{\"logical_accuracy\":$no,\"semantic_equivalence\":{\"value\":\"no\",\"asi\":{\"failure_type\":\"wrong_filter\",\"severity\":\"critical\",\"confidence\":0.9,\"blame_set\":[\"main.sales.orders.status\"]}},
			\"completeness\":{\"value\":\"no\",\"rationale\":\"It lacks a filter.\"},\"result_correctness\":{\"value\":\"no\",\"rationale\":\"5 rows, not 4\"}}"
	done >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq '[.clusters[],.long_tail[]]|length' <<<"$output")" -eq 1 ]
	[ "$(jq -c '.clusters[0]|[.root_cause,.question_ids,(.affected_judges|length),.confidence,.severity,.asi_blame_set[0]]' <<<"$output")" = \
		'["missing_filter",["a","b"],4,0.9,"critical","main.sales.orders.status"]' ]
	[ "$(jq -c '.clusters[0].sources' <<<"$output")" = '["judges","rationale"]' ]
}

@test "a row with two mistakes is in two clusters, the one that explains more is primary" {
	verdicts a '{"schema_accuracy":{"value":"no","asi":{"failure_type":"wrong_column","blame_set":["t.net"]}},
		"logical_accuracy":{"value":"no","asi":{"failure_type":"missing_filter","blame_set":["t.status"]}}}' >rows.jsonl
	verdicts b '{"logical_accuracy":{"value":"no","asi":{"failure_type":"missing_filter","blame_set":["t.status"]}}}' >>rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq -c '.clusters[0]|[.root_cause,.question_ids,.primary_question_ids]' <<<"$output")" = '["missing_filter",["a","b"],["b"]]' ]
	[ "$(jq -c '.long_tail[0]|[.root_cause,.question_ids,.primary_question_ids]' <<<"$output")" = '["wrong_column",["a"],["a"]]' ]
	[ "$(jq -c '[.clusters[0].evidence[].primary]' <<<"$output")" = '[false,true]' ]
}

@test "blamed objects go by the longest name seen, unless two could be meant" {
	{ failing a schema_accuracy wrong_column '`Orders`.`Status`'; failing b schema_accuracy wrong_column 'main.sales.orders.status'
	  failing c schema_accuracy wrong_column '${catalog}.${gold_schema}.orders.status'; } >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(summary <<<"$output")" = '[["wrong_column","main.sales.orders.status",["a","b","c"]]]' ]
	failing d schema_accuracy wrong_column 'main.web.orders.status' >>rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(summary <<<"$output")" = '[["wrong_column","main.sales.orders.status",["b"]],["wrong_column","main.web.orders.status",["d"]],["wrong_column","orders.status",["a","c"]]]' ]
}

@test "with a snapshot, blamed objects have the names of the catalogue, and aliases are looked up" {
	jq -n '{schema:"genie/space/1",config:{version:2,
		data_sources:{tables:[{identifier:"main.sales.Orders",column_configs:[{column_name:"status"}]}],metric_views:[]},
		instructions:{join_specs:[{left:{identifier:"main.sales.Orders",alias:"ord"},right:{identifier:"main.sales.Clients",alias:"cli"}}]}},
		uc:{columns:[{table_catalog:"main",table_schema:"sales",table_name:"clients",column_name:"name"}],tables:[],tags:[],routines:[],metric_views:[]}}' >space.json
	{ failing a schema_accuracy wrong_column 'ORDERS.STATUS'; failing b schema_accuracy wrong_column ord.status
	  failing c schema_accuracy wrong_column o.status | jq -c '.genie_sql="SELECT o.state FROM sales.orders AS o"'
	  failing d schema_accuracy wrong_column status; failing e schema_accuracy wrong_column nowhere; } >rows.jsonl
	run -0 --separate-stderr genie-cluster --snapshot space.json rows.jsonl
	[ "$(summary <<<"$output")" = '[["wrong_column","main.sales.Orders.status",["a","b","c","d"]],["wrong_column","nowhere",["e"]]]' ]
	echo '{"schema":"genie/eval/1"}' >eval.json
	run -65 --separate-stderr genie-cluster --snapshot eval.json rows.jsonl
	[[ $stderr == *eval.json* ]]
}

@test "nested rows, flat columns and assessments give the same clusters" {
	local q
	for q in a b; do failing $q schema_accuracy wrong_column main.s.t.c; done >nested.jsonl
	jq -c '{"inputs/question_id":.question_id,"inputs/question":.question,outcome,asset,"feedback/schema_accuracy":"no",
		"rationale/schema_accuracy":.judges.schema_accuracy.rationale,"metadata/schema_accuracy/failure_type":"wrong_column"}
		+ {"schema_accuracy/metadata":(.judges.schema_accuracy.asi|tojson)}' nested.jsonl >flat.jsonl
	jq -c '{trace_info:{request_preview:({question_id,question,outcome,asset}|tojson),assessments:[{assessment_name:"schema_accuracy",feedback:{value:"no"},
		rationale:.judges.schema_accuracy.rationale,metadata:(.judges.schema_accuracy.asi|map_values(if type=="string" then . else tojson end))}]}}' nested.jsonl >traces.jsonl
	for f in nested flat traces; do genie-cluster $f.jsonl | jq 'del(..|.sources?,.source?)' >$f.json; done
	cmp nested.json flat.json
	cmp nested.json traces.json
	[ "$(jq '.clusters|length' nested.json)" -eq 1 ]
	[ "$(genie-cluster flat.jsonl | jq -c '.clusters[0]|[.sources,.evidence[0].source]')" = '[["columns"],"columns"]' ]
	[ "$(genie-cluster traces.jsonl | jq -c '.clusters[0]|[.sources,.evidence[0].source]')" = '[["assessments"],"assessments"]' ]
}

@test "words of a rationale tell cause and object, and are shown" {
	verdicts a '{"logical_accuracy":{"value":"no","rationale":"The wrong column orders.list_amt is summed."}}' >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq -c '.long_tail[0]|[.root_cause,.asi_blame_set,.sources,.evidence[0].source,.evidence[0].matched]' <<<"$output")" = \
		'["wrong_column",["orders.list_amt"],["rationale"],"rationale","wrong column"]' ]
}

# asked ID ASSET SQL: one of several askings
asked() { jq -nc --arg id "$1" --arg a "$2" --arg s "$3" '{question_id:$id,question:"?",replicate:1,outcome:"pass",asset:$a,genie_sql:$s,judges:{result_correctness:{value:"yes"}}}'; }

@test "askings that differ become clusters with what they change between" {
	{ asked a TABLE 'SELECT SUM(x) FROM c.s.t'; asked a MV 'SELECT MEASURE(x) FROM c.s.mv'
	  asked b TVF "SELECT * FROM c.s.get_x('2024')"; asked b TABLE 'SELECT SUM(x) FROM c.s.t'
	  asked c TVF "SELECT * FROM c.s.get_x('2024')"; asked c TVF "SELECT * FROM c.s.get_x('2025')"
	  asked d TABLE 'SELECT a FROM c.s.t WHERE b = 1'; asked d TABLE 'SELECT a FROM c.s.t WHERE b = 2'
	  asked e TVF "SELECT * FROM c.s.get_x('1')"; asked e MV 'SELECT MEASURE(x) FROM c.s.mv'
	  asked f TABLE 'SELECT a FROM c.s.t'; asked f TABLE 'select a from c.s.t'; } >rows.jsonl
	run -0 --separate-stderr genie-cluster rows.jsonl
	[ "$(jq -c '[.clusters[],.long_tail[]]|map([.question_ids[0],.oscillation.kind,.lever,.root_cause])|sort' <<<"$output")" = \
		'[["a","TABLE/MV",1,"repeatability_issue"],["b","TVF/TABLE",6,"repeatability_issue"],["c","parameters",6,"repeatability_issue"],["d","filters",1,"repeatability_issue"],["e","TVF/MV",6,"repeatability_issue"]]' ]
	[ "$(jq -c '.long_tail[]|select(.question_ids==["a"])|.oscillation.objects' <<<"$output")" = '["c.s.mv","c.s.t"]' ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/clusters.json" <(echo "$output")
	tac rows.jsonl | genie-cluster | cmp - <(echo "$output")
}

@test "rows of earlier evaluations tell what an unstable question was answered with" {
	echo '{"schema":"genie/decision/1","cross_iteration":{"unstable":["a"]}}' >decision.json
	asked a TABLE 'SELECT SUM(x) FROM c.s.t' | jq -c 'del(.replicate)' >now.jsonl
	asked a MV 'SELECT MEASURE(x) FROM c.s.mv' | jq -c 'del(.replicate)' >then.jsonl
	run -0 --separate-stderr genie-cluster --decision decision.json --earlier then.jsonl now.jsonl
	[ "$(jq -c '[.rows,.long_tail[0].oscillation.kind]' <<<"$output")" = '[1,"TABLE/MV"]' ]
}

# tried N TARGET TYPE [RISK]: iter-N/patches.json with one patch for question a
tried() {
	mkdir -p "iter-0$1"
	jq -n --arg t "$2" --arg y "$3" --arg r "${4:-low}" '{schema:"genie/patches/1",patches:[{patch_id:"P001",type:$y,risk:$r,target:$t,questions:["a"]}]}' >"iter-0$1/patches.json"
}

@test "a failure that outlived two attempts has its known limitation" {
	failing a logical_accuracy missing_temporal_filter main.s.t.day | jq -c '.question="Sales last quarter?"' >rows.jsonl
	tried 1 main.s.t update_column_comment
	tried 2 main.s.other update_column_comment
	run -0 --separate-stderr genie-cluster --history iter-01/patches.json --history iter-02/patches.json rows.jsonl
	[ "$(jq -c '.long_tail[0]|[.attempts,.known_limitation]' <<<"$output")" = '[1,null]' ]
	tried 2 main.s.t add_instruction
	tried 3 main.s.t update_tvf_sql high
	echo '{"schema":"genie/decision/1","iteration":7,"decision":"rollback"}' >iter-02/decision.json
	local h=(--history iter-03/patches.json --history iter-02/patches.json --history iter-02/decision.json --history iter-01/patches.json)
	run -0 --separate-stderr genie-cluster "${h[@]}" rows.jsonl
	[ "$(jq -c '.long_tail[0]|[.attempts,.known_limitation.id,.known_limitation.attempts]' <<<"$output")" = \
		'[2,"KGL-3",[{"patch_id":"P001","iteration":1,"type":"update_column_comment"},{"patch_id":"P001","iteration":7,"type":"add_instruction"}]]' ]
	[ "$(jq -r '.long_tail[0].known_limitation.workaround' <<<"$output")" != null ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/clusters.json" <(echo "$output")
	# what was not applied was not tried; what was high risk and applied was
	echo '{"schema":"genie/apply/1","status":"applied","patches":[{"patch_id":"P001","status":"refused"}]}' >iter-01/apply.json
	run -0 --separate-stderr genie-cluster "${h[@]}" --history iter-01/apply.json rows.jsonl
	[ "$(jq -c '.long_tail[0]|[.attempts,.known_limitation]' <<<"$output")" = '[1,null]' ]
	sed 's/refused/rolled_back/' iter-01/apply.json >iter-03/apply.json
	run -0 --separate-stderr genie-cluster "${h[@]}" --history iter-01/apply.json --history iter-03/apply.json rows.jsonl
	[ "$(jq -c '.long_tail[0]|[.attempts,[.known_limitation.attempts[].type]]' <<<"$output")" = '[2,["update_tvf_sql","add_instruction"]]' ]
	run -65 --separate-stderr genie-cluster --history rows.jsonl rows.jsonl
	[[ $stderr == *rows.jsonl* ]]
}

@test "'NULL' parameters and routing have their known limitations" {
	{ failing a logical_accuracy tvf_parameter_error main.s.get_x | jq -c ".judges.logical_accuracy.asi.actual_value=\"get_x('NULL')\""; } >rows.jsonl
	tried 1 main.s.get_x update_tvf_comment
	tried 2 main.s.get_x update_tvf_comment
	local h=(--history iter-01/patches.json --history iter-02/patches.json)
	[ "$(genie-cluster "${h[@]}" rows.jsonl | jq -r '.long_tail[0].known_limitation.id')" = KGL-1 ]
	failing a asset_routing asset_routing_error main.s.get_x >rows.jsonl
	[ "$(genie-cluster "${h[@]}" rows.jsonl | jq -r '.long_tail[0].known_limitation.id')" = KGL-2 ]
	failing a schema_accuracy wrong_column main.s.get_x >rows.jsonl
	[ "$(genie-cluster "${h[@]}" rows.jsonl | jq -c '.long_tail[0]|[.attempts,.known_limitation]')" = '[2,null]' ]
}

teardown() { stop_workspace; }

# workspace SQL...: an embedded workspace in which these statements have run
workspace() {
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR
	serve_workspace --bundle "$ROOT/demo/cost" --token dapi-local-hush --seed 1 --latency 0
	local sql
	for sql in "$@"; do
		printf 'Authorization: Bearer %s\n' "$DATABRICKS_TOKEN" >auth.txt
		curl -sf -H @auth.txt "$DATABRICKS_HOST/api/2.0/sql/statements" -H 'Content-Type: application/json' \
			-d "$(jq -n --arg s "$sql" --arg w "$(curl -sf -H @auth.txt "$DATABRICKS_HOST/api/2.0/sql/warehouses" | jq -r '.warehouses[0].id')" '{statement:$s,warehouse_id:$w,wait_timeout:"30s"}')" |
			jq -e '.status.state == "SUCCEEDED"' || { echo "$sql"; return 1; }
	done
}

@test "the ASI table fills in what rows lack, and stands alone" {
	local t=genie_eval_asi_results schema
	schema=main.gold
	workspace "CREATE TABLE $schema.$t (run_id STRING, iteration INT, question_id STRING, judge STRING, value STRING, failure_type STRING, severity STRING, confidence DOUBLE, blame_set STRING, counterfactual_fix STRING, wrong_clause STRING, expected_value STRING, actual_value STRING, missing_metadata STRING, ambiguity_detected BOOLEAN)" \
		"INSERT INTO $schema.$t VALUES ('r1', 1, 'a', 'schema_accuracy', 'no', 'wrong_column', 'major', 0.8, '[\"main.s.t.c\"]', 'say what c is', 'SELECT', '', '', '', false), ('r1', 1, 'b', 'schema_accuracy', 'no', 'wrong_column', 'major', 0.8, '[\"main.s.t.c\"]', 'say what c is', 'SELECT', '', '', '', false), ('r2', 2, 'a', 'schema_accuracy', 'no', 'wrong_join', 'major', 0.8, '[\"main.s.u\"]', 'x', '', '', '', '', false)"
	run -0 --separate-stderr genie-cluster --uc "$schema" --run-id r1
	[ "$(summary <<<"$output")" = '[["wrong_column","main.s.t.c",["a","b"]]]' ]
	[ "$(jq -c '.clusters[0]|[.confidence,.sources,.asi_counterfactual_fixes]' <<<"$output")" = '[0.8,["asi_table"],["say what c is"]]' ]
	{ verdicts a '{"schema_accuracy":{"value":"no","rationale":"r"}}'
	  verdicts b '{"schema_accuracy":{"value":"no","asi":{"failure_type":"wrong_table","blame_set":["main.s.v"]}}}'; } >rows.jsonl
	run -0 --separate-stderr genie-cluster --uc "$schema" --iteration 2 rows.jsonl
	[ "$(summary <<<"$output")" = '[["wrong_join","main.s.u",["a"]],["wrong_table","main.s.v",["b"]]]' ]
	run -65 --separate-stderr genie-cluster --uc "$schema"
	[[ $stderr == *"choose with --run-id and --iteration"* ]]
	run -65 --separate-stderr genie-cluster --uc "$schema" --run-id "x' OR '1'='1"
	[[ $stderr == *"no verdicts of this run"* ]]
	run -69 --separate-stderr genie-cluster --uc main.nowhere
	[[ $stderr == *nowhere* ]]
	[[ $stderr != *hush* ]]
	run -2 --separate-stderr genie-cluster --run-id r1 rows.jsonl
	[[ $stderr == *--uc* ]]
}
