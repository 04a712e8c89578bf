#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load genie-patch.bash

# alter JQ: changes the export in the bundle, before it is served
alter() {
	jq --indent 2 "$1" "b/$EXPORT" >altered.json && mv altered.json "b/$EXPORT"
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam altered
}

# refused PATCH TEXT: nothing is changed, and the reason says TEXT
refused() {
	local before
	before=$(hash_of)
	patches 6 "$1" >p.json
	run -0 --separate-stderr genie-patch --bundle b --allow-high -o apply.json p.json
	[ "$(jq -r '.patches[0].status' apply.json)" = refused ]
	jq -r '.patches[0].reason' apply.json | grep -qF -e "$2"
	unchanged
	[ "$(hash_of)" = "$before" ]
}

QUESTION='{"type":"add_sample_question","new_text":"What did we spend?"}'

@test "the 101st instruction slot is refused, with the number" {
	alter '.instructions.example_question_sqls += [range(94) | {id: ("5" * 24 + (10000000 + . | tostring)), question: ["q\(.)"], sql: ["SELECT 1"]}]'
	start
	patches 6 '{"type":"add_example_sql","value":{"id":"ffffffffffffffffffffffffffffff01","question":"the hundredth? no:","sql":"SELECT 2"}}' >p.json
	[ "$(config | jq '.instructions | (.example_question_sqls + .sql_functions + .text_instructions | length)')" = 100 ]
	refused '{"type":"add_example_sql","value":{"question":"one more","sql":"SELECT 2"}}' "101 instructions; a space may have 100"
	refused "$(jq -c '.patches[0]' p.json)" "101 instructions; a space may have 100"
}

@test "the 201st snippet is refused, with the number" {
	alter '.instructions.sql_snippets.filters = [range(120) | {id: ("6" * 24 + (10000000 + . | tostring)), sql: ["a = \(.)"]}]
		| .instructions.sql_snippets.measures = [range(79) | {id: ("7" * 24 + (10000000 + . | tostring)), sql: ["SUM(a\(.))"]}]'
	start
	patches 6 '{"type":"add_sql_snippet","snippet":"expression","value":{"sql":"a + 1"}}' >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[ "$(jq -r '.patches[0].status' apply.json)" = applied ]
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam 200
	refused '{"type":"add_sql_snippet","snippet":"expression","value":{"sql":"a + 2"}}' "201 SQL snippets; a space may have 200"
	refused '{"type":"add_default_filter","value":{"sql":"a > 2"}}' "201 SQL snippets; a space may have 200"
}

@test "a second text instruction is refused, with the number" {
	alter '.instructions.text_instructions += [{id: ("f" * 32), content: ["Another.\n"]}]'
	start
	refused "$INSTRUCTION" "2 text instructions; a space may have 1"
}

@test "the 25,001st character of a text is refused, with the number" {
	start
	# é is one character of two bytes
	patches 6 "$(jq -nc '{type:"add_example_sql",value:{question:"q",sql:("é" * 25000)}}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[ "$(jq -r '.patches[0].status' apply.json)" = applied ]
	genie-patch --bundle b --rollback apply.json -o back.json
	refused "$(jq -nc '{type:"add_example_sql",value:{question:"q",sql:("é" * 25001)}}')" "25001 characters; a string may hold 25000"
}

@test "an id that is no 32 hex digits, or is taken, is refused" {
	start
	refused '{"type":"add_example_sql","value":{"id":"sq-001","question":"q","sql":"SELECT 1"}}' "id 'sq-001' must be 32 lowercase hexadecimal characters"
	refused '{"type":"add_example_sql","value":{"id":"1d8a872a0e54033417ef1173e873628b","question":"q","sql":"SELECT 1"}}' "id 1d8a872a0e54033417ef1173e873628b is taken"
	# unique over all kinds of instructions
	refused '{"type":"add_sql_snippet","snippet":"measure","value":{"id":"1d8a872a0e54033417ef1173e873628b","sql":"1"}}' "id '1d8a872a0e54033417ef1173e873628b' is used twice in instructions"
}

@test "long instructions warn, with the number, and are kept whole" {
	start
	patches 6 "$(jq -nc '{type:"add_instruction",new_text:("é" * 3900)}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	n=$(config | jq '.instructions.text_instructions[0].content | add | length')
	[ "$n" -gt 4000 ]
	[[ $stderr == *"the instruction has $n characters; above about 4000"* ]]
	genie-patch --bundle b --rollback apply.json -o back.json
	patches 6 "$(jq -nc '{type:"add_instruction",new_text:("é" * 3000)}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[[ $stderr != *characters* ]]
}

@test "what the workspace gets is sorted, whatever the order of the export" {
	alter '.data_sources.tables |= reverse | .config.sample_questions |= reverse | .instructions.sql_functions |= reverse
		| .data_sources.tables[].column_configs |= (. // [] | reverse)'
	start
	patches 6 "$QUESTION" >p.json
	genie-patch --bundle b -o apply.json p.json
	config | jq -e '(.config.sample_questions | map(.id) | . == sort) and (.data_sources.tables | map(.identifier) | . == sort)
		and (.data_sources.tables | all((.column_configs // []) | map(.column_name) | . == sort))'
	# of the file nothing moves
	[ "$(git -C b diff --numstat | cut -f2)" = 0 ]
}

@test "what a workspace adds around a space is not sent back, unknown parts within it are" {
	alter '.data_sources.tables[0].column_configs = [{column_name: "p_over", later_invention: {deep: ["NUMBER", "é"]}}]'
	sed -i 's/"NUMBER"/1.50/' "b/$EXPORT"
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam number
	start
	patches 6 "$QUESTION" >p.json
	genie-patch --bundle b -o apply.json p.json
	curl -sS -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/genie/spaces/cost?include_serialized_space=true" >space.json
	[ "$(jq -r .title space.json)" = "Platform Cost" ]
	jq -e '.serialized_space | fromjson | (has("title") or has("space_id") or has("etag")) | not' space.json
	jq -r .serialized_space space.json | grep -qF '"later_invention":{"deep":[1.50,"é"]}'
	grep -q '1.50' "b/$EXPORT"
}

@test "a configuration that is a string in its file stays one, with its escapes" {
	jq -n --rawfile s "b/$EXPORT" '{title: "é & é", serialized_space: $s, note: 1.50}' | sed 's/&/\\u0026/' >s.json
	mv s.json "b/$EXPORT"
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam string
	start
	patches 6 "$QUESTION" '{"type":"update_instruction","old_text":"Show money in USD.","new_text":"Ask \"R&D\" — é."}' >p.json
	seen='config | jq -r ".instructions.text_instructions[0].content[-1]" | grep -qxF "Ask \"R&D\" — é."'
	there_and_back "$EXPORT"
	genie-patch --bundle b -o apply.json p.json
	[ "$(git -C b diff --numstat | cut -f1,2)" = $'1\t1' ]
	grep -qF '"title": "é \u0026 é"' "b/$EXPORT"
	grep -qF 'Ask \\\"R\u0026D\\\" — é.' "b/$EXPORT"
	jq -e '.serialized_space | fromjson | .config.sample_questions | length == 5' "b/$EXPORT"
}

@test "variables stay in the export where it has them, and only values go to the workspace" {
	start
	patches 6 '{"type":"add_example_sql","value":{"id":"20000000000000000000000000000001","question":"q","sql":"SELECT * FROM main.gold.dim_sku JOIN `main`.`gold`.`fact_usage` JOIN main.other.t"}}' >p.json
	genie-patch --bundle b -o apply.json p.json
	[ "$(jq -r '.instructions.example_question_sqls[1].sql[0]' "b/$EXPORT")" = 'SELECT * FROM ${catalog}.${gold_schema}.dim_sku JOIN `${catalog}`.`${gold_schema}`.`fact_usage` JOIN main.other.t' ]
	run ! grep -F '${' <(config)
	genie-patch --bundle b --rollback apply.json -o back.json
	unchanged
}

@test "an export without variables gets none" {
	sed -i 's/${catalog}/main/g; s/${gold_schema}/gold/g' "b/$EXPORT"
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam plain
	start
	patches 6 '{"type":"add_instruction","new_text":"See ${catalog}.${gold_schema}.fact_usage."}' '{"type":"add_synonym","target":"main.gold.fact_usage","column":"eff_amt","new_text":"spend"}' >p.json
	genie-patch --bundle b -o apply.json p.json
	run ! grep -F '${' "b/$EXPORT"
	grep -qF 'See main.gold.fact_usage.' "b/$EXPORT"
	config | grep -qF 'See main.gold.fact_usage.'
}

@test "a part of the instruction is found behind any variable, but no variable is cut in two" {
	alter '.instructions.text_instructions[0].content = ["Old facts are in ${catalog}.archive.\n", "Use ${catalog}.${gold_schema}."]'
	start
	options=(--allow-high)
	patches 6 '{"type":"update_instruction","old_text":"are in main.archive","new_text":"are gone"}' >p.json
	seen='config | grep -q "facts are gone"'
	there_and_back "$EXPORT"
	patches 6 '{"type":"remove_instruction","old_text":"Old facts are in main.archive."}' >p.json
	seen='! config | grep -q archive'
	there_and_back "$EXPORT"
	refused '{"type":"update_instruction","old_text":"in.archive","new_text":"in.x"}' "old_text ends within a variable of src/genie/cost_genie_export.json"
}

@test "somebody else's change of the space stops the run and is named" {
	start
	genie-fetch --bundle b cost -o space.json
	cp -r b theirs
	patches 6 '{"type":"hide_column","target":"main.gold.fact_usage","column":"list_amt"}' "$QUESTION" >theirs.json
	genie-patch --bundle theirs -o theirs-apply.json theirs.json
	before=$(hash_of)
	patches 6 "$INSTRUCTION" >p.json
	run -75 --separate-stderr genie-patch --bundle b --snapshot space.json p.json
	[ -z "$output" ]
	[[ $stderr == *"refetch: space cost changed since the snapshot: "* ]]
	[[ $stderr == *"config.sample_questions[id=5c04806dda938a286ea81864ebf369d4] added"* ]]
	[[ $stderr == *"data_sources.tables[identifier=main.gold.fact_usage].column_configs[column_name=list_amt].exclude added"* ]]
	unchanged
	[ "$(hash_of)" = "$before" ]
	[ ! -e b/apply.json.journal ]
	# taken back by them: what counts is what is there, not how often it changed
	genie-patch --bundle theirs --rollback theirs-apply.json -o back.json
	run -0 genie-patch --bundle b --snapshot space.json -o apply.json p.json
}

@test "a change between reading the space and writing it is not overwritten, and is named" {
	start --latency 700 --log-requests requests.jsonl
	config | jq -c '.config.sample_questions[0].question = ["Theirs?"]' >theirs.json
	: >requests.jsonl
	patches 6 "$QUESTION" '{"type":"update_column_comment","lever":1,"target":"main.gold.fact_usage","column":"eff_amt","new_text":"x"}' >p.json
	genie-patch --bundle b -o apply.json p.json 2>patch.err 3>&- &
	local patch=$! i rc=0
	# statements take long enough for somebody else once the space is read
	for ((i = 0; i < 1200; i++)); do
		! grep -q '"GET".*genie/spaces/cost' requests.jsonl || break
		sleep 0.05
	done
	curl -sS -X PATCH -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/genie/spaces/cost" \
		-d "$(jq -n --rawfile c theirs.json '{serialized_space: $c}')" >answer.json
	jq -e '.etag' answer.json
	wait "$patch" || rc=$?
	[ "$rc" = 75 ]
	grep -qF 'nothing was changed: refetch: space cost changed since it was read: config.sample_questions[id=4052c7b44f95bfabbfd1f95569d0554e].question changed' patch.err
	[ ! -e apply.json ]
	unchanged
	config | jq -e '.config.sample_questions | length == 4 and .[0].question == ["Theirs?"]'
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
}
