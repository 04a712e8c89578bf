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
