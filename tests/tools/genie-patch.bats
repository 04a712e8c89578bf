#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
load ../lib.bash

load genie-patch.bash

@test "genie-patch stands on the common floor" {
	floor genie-patch
}

@test "lever 1: comments, tags and properties of tables" {
	start
	patches 1 "$COMMENT" \
		'{"type":"update_table_comment","target":"main.gold.fact_usage","new_text":"Daily usage"}' \
		'{"type":"add_column_comment","target":"main.gold.fact_budget","column":"is_curr","new_text":"true: valid; false: draft"}' \
		'{"type":"set_tag","target":"main.gold.fact_usage","key":"owner","new_text":"finops"}' \
		'{"type":"set_tag","target":"main.gold.dim_sku","column":"sku_cat","key":"codes","new_text":"yes"}' \
		'{"type":"set_table_property","target":"main.gold.fact_usage","key":"genie.grain","new_text":"day"}' >p.json
	seen='[ "$(comment_of fact_usage eff_amt)" = "Cost after discount, in USD; it'"'"'s \"cost\"" ]'
	there_and_back "$USAGE"
	[ "$(comment_of fact_budget is_curr)" = NULL ]
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
}

@test "lever 1: what lives in the space" {
	start
	patches 1 '{"type":"add_synonym","target":"main.gold.fact_usage","column":"eff_amt","new_text":"spend"}' \
		'{"type":"hide_column","target":"main.gold.fact_usage","column":"list_amt"}' \
		'{"type":"update_description","target":"main.gold.fact_usage","new_text":"Usage a day"}' \
		'{"type":"enable_value_dictionary","target":"main.gold.dim_sku","column":"sku_cat"}' \
		'{"type":"add_join","value":{"left":{"identifier":"main.gold.fact_usage","alias":"fact_usage"},"right":{"identifier":"main.gold.dim_sku","alias":"dim_sku"},"sql":["`fact_usage`.`sku_id` = `dim_sku`.`sku_id`","--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"]}}' >p.json
	seen='config | jq -e ".data_sources.tables[] | select(.identifier == \"main.gold.fact_usage\").column_configs | any(.synonyms == [\"spend\"])" >/dev/null'
	there_and_back "$EXPORT"
}

@test "lever 1: the export keeps its variables, and its ids are those of the space" {
	start
	patches 1 '{"type":"add_join","value":{"left":{"identifier":"main.gold.fact_usage","alias":"fact_usage"},"right":{"identifier":"main.gold.dim_sku","alias":"dim_sku"},"sql":["`fact_usage`.`sku_id` = `dim_sku`.`sku_id`"]}}' >p.json
	genie-patch --bundle b -o apply.json p.json
	grep -qF '"${catalog}.${gold_schema}.dim_sku"' "b/$EXPORT"
	run ! grep -qF main.gold "b/$EXPORT"
	[ "$(jq -r '.instructions.join_specs[0].id' "b/$EXPORT")" = "$(config | jq -r '.instructions.join_specs[0].id')" ]
}

@test "a comment on a metric view goes into its YAML, with a warning" {
	start
	patches 1 '{"type":"update_column_comment","target":"main.gold.mv_cost_analytics","column":"total_cost","new_text":"Cost after discount"}' >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[[ $stderr == *"is a metric view"* ]]
	jq -e '.patches[0].live.statement | startswith("ALTER VIEW")' apply.json
	grep -q 'comment: Cost after discount' "b/$VIEW"
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
}

@test "lever 2: measures and dimensions" {
	start
	options=(--allow-high)
	patches 2 '{"type":"update_mv_measure","target":"main.gold.mv_cost_analytics","column":"total_cost","field":"synonyms","new_text":"spend"}' \
		'{"type":"update_mv_dimension","target":"main.gold.mv_cost_analytics","column":"region","new_text":"Region: \"AP\", EU, US"}' \
		'{"type":"add_mv_measure","target":"main.gold.mv_cost_analytics","column":"run_count","value":{"expr":"SUM(source.run_cnt)","comment":"Number of runs","synonyms":["runs","jobs"]}}' \
		'{"type":"add_mv_dimension","target":"main.gold.mv_cost_analytics","column":"project","new_text":"source.tag_proj"}' \
		'{"type":"remove_mv_measure","target":"main.gold.mv_cost_analytics","column":"workspace_cnt"}' >p.json
	seen='sql "SELECT MEASURE(run_count) FROM main.gold.mv_cost_analytics" | grep -qx "[0-9][0-9]*"'
	there_and_back "$VIEW"
}

@test "lever 2: a limit of metric views refuses one patch, not the set" {
	start
	patches 2 '{"type":"update_mv_measure","target":"main.gold.mv_cost_analytics","column":"total_cost","value":{"synonyms":["a","b","c","d","e","f","g","h","i","j"]}}' \
		'{"type":"update_mv_measure","target":"main.gold.mv_cost_analytics","column":"list_cost","new_text":"Before discount"}' >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[ "$(jq -r '[.patches[].status] | join(" ")' apply.json)" = "refused applied" ]
	jq -r '.patches[0].reason' apply.json | grep -q 'total_cost would have 11 synonyms, at most 10'
}

@test "lever 3: function and parameter comments" {
	start
	patches 3 '{"type":"update_tvf_comment","target":"main.gold.get_team_chargeback","new_text":"PURPOSE: what teams pay.\nBEST FOR: it'"'"'s for chargeback"}' \
		'{"type":"update_tvf_parameter_comment","target":"main.gold.get_team_chargeback","column":"min_amt","new_text":"Least amount in USD"}' >p.json
	seen='sql "SELECT comment FROM main.information_schema.routines WHERE routine_name = '"'get_team_chargeback'"'" | grep -q PURPOSE'
	there_and_back src/semantic/tvfs/get_team_chargeback.sql
}

@test "lever 3: a function's SQL is for a person to decide" {
	start
	body=$(sed 's/SUM(u.list_amt)/SUM(u.eff_amt)/' b/src/semantic/tvfs/get_workspace_costs.sql)
	patches 3 "$(jq -n --arg s "${body#*$'\n'}" '{type:"update_tvf_sql",target:"main.gold.get_workspace_costs",new_text:$s}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b p.json
	[ "$(jq -r '.patches[0].status' <<<"$output")" = queued ]
	unchanged
	options=(--allow-high)
	seen='sql "SELECT routine_definition FROM main.information_schema.routines WHERE routine_name = '"'get_workspace_costs'"'" | grep -q "SUM(u.eff_amt) AS cost"'
	there_and_back src/semantic/tvfs/get_workspace_costs.sql
	head -1 b/src/semantic/tvfs/get_workspace_costs.sql | grep -q '^-- Cost per workspace'
}

@test "lever 3: default filters" {
	start
	patches 3 '{"type":"add_default_filter","value":{"display_name":"billed","sql":"dim_workspace.is_internal = FALSE","synonyms":["charged"]}}' >p.json
	seen='config | jq -e ".instructions.sql_snippets.filters[0].display_name == \"billed\"" >/dev/null'
	there_and_back "$EXPORT"
}

@test "levers 4 and 5: monitors and models keep their words in Python and YAML" {
	start
	patches 4 '{"type":"update_column_comment","target":"main.gold.fact_usage_profile_metrics","column":"tag_cov_pct","new_text":"Share of tagged cost, 0 to 1"}' \
		'{"type":"add_column_comment","target":"main.gold.fact_usage_profile_metrics","column":"srvls_pct","new_text":"Share of serverless cost"}' >p.json
	seen='[ "$(comment_of fact_usage_profile_metrics tag_cov_pct)" = "Share of tagged cost, 0 to 1" ]'
	there_and_back src/monitoring/cost_monitors.py
	patches 5 '{"type":"update_column_comment","target":"main.gold.cost_forecast_predictions","column":"p_over","new_text":"Probability of exceeding the budget"}' >p.json
	seen='grep -q "\"p_over\": \"Probability" b/src/ml/config/cost_feature_config.py'
	there_and_back src/ml/config/cost_feature_tables.yaml
}

@test "lever 6: instructions, examples, snippets and sample questions" {
	start
	options=(--allow-high)
	patches 6 "$INSTRUCTION" \
		'{"type":"add_example_sql","value":{"question":"Cost by team","sql":"SELECT owner_team, MEASURE(total_cost)\nFROM main.gold.mv_cost_analytics\nGROUP BY ALL"}}' \
		'{"type":"add_sql_snippet","snippet":"measure","value":{"alias":"net","display_name":"net","sql":"SUM(fact_usage.eff_amt)"}}' \
		'{"type":"add_sample_question","new_text":"What did we spend?"}' \
		'{"type":"remove_example_sql","id":"1d8a872a0e54033417ef1173e873628b"}' >p.json
	seen='config | jq -r ".instructions.text_instructions[0].content | join(\"\")" | grep -qx "Spend means total_cost."'
	there_and_back "$EXPORT"
}

@test "lever 6: parts of the instruction are replaced and removed" {
	start
	patches 6 '{"type":"update_instruction","old_text":"Use fact_usage for cost questions.","new_text":"Use mv_cost_analytics for totals."}' >p.json
	seen='config | grep -q "Use mv_cost_analytics for totals"'
	there_and_back "$EXPORT"
	options=(--allow-high)
	patches 6 '{"type":"remove_instruction","old_text":"Use the functions for top lists and trends."}' >p.json
	seen='! config | grep -q "top lists"'
	there_and_back "$EXPORT"
}

@test "a dry run and a plan change nothing, and say all" {
	start
	patches 1 "$COMMENT" '{"type":"add_synonym","target":"main.gold.fact_usage","column":"eff_amt","new_text":"spend"}' >p.json
	before=$(hash_of)
	run -0 genie-patch --bundle b --dry-run -o dry.json p.json
	jq -e '.dry_run and (.patches | all(.status == "planned"))' dry.json
	jq -e '.patches[0].live.statement | startswith("COMMENT ON COLUMN `main`.`gold`.`fact_usage`.`eff_amt` IS ")' dry.json
	jq -r '.patches[0].repo.diff' dry.json | git -C b apply --check -
	run -0 --separate-stderr genie-patch --bundle b --plan p.json
	[[ $output == *"+    comment: \"Cost after discount"* ]]
	unchanged
	[ "$(hash_of)" = "$before" ]
	run -65 genie-patch --bundle b --rollback dry.json
}

@test "what somebody else changed is not overwritten" {
	start
	patches 1 "$COMMENT" >p.json
	genie-fetch --bundle b cost -o space.json
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'theirs'"
	run -75 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[[ $stderr == *"refetch: "*"changed"* ]]
	[ ! -e apply.json ]
	unchanged
	jq 'del(.patches[].old_text)' p.json >q.json
	run -75 --separate-stderr genie-patch --bundle b --snapshot space.json q.json
	[[ $stderr == *"refetch: comment of main.gold.fact_usage.eff_amt changed since the snapshot"* ]]
	[ "$(comment_of fact_usage eff_amt)" = theirs ]
}

@test "a space that changed since the snapshot stops the run; so does a rollback over newer changes" {
	start
	genie-fetch --bundle b cost -o space.json
	patches 6 "$INSTRUCTION" >p.json
	patches 6 '{"type":"add_sample_question","new_text":"Theirs?"}' >theirs.json
	genie-patch --bundle b --snapshot space.json -o apply.json p.json
	genie-patch --bundle b --allow-dirty -o theirs-apply.json theirs.json
	run -75 --separate-stderr genie-patch --bundle b --rollback apply.json
	[[ $stderr == *"refetch: "* ]]
	[ ! -e b/apply.json.journal ]
	run -0 genie-patch --bundle b --rollback theirs-apply.json -o ignored.json
	patches 6 '{"type":"add_sample_question","new_text":"Mine?"}' >p2.json
	run -75 --separate-stderr genie-patch --bundle b --allow-dirty --snapshot space.json p2.json
	[[ $stderr == *"refetch: space cost changed"* ]]
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
}

@test "patches that cannot be applied are refused, the others go on" {
	start
	patches 1 '{"patch_id":"P1","type":"update_column_comment","target":"main.gold.fact_usage","column":"nope","new_text":"x"}' \
		'{"patch_id":"P2","type":"update_column_comment","target":"main.gold.nope","column":"x","new_text":"x"}' \
		'{"patch_id":"P3","type":"update_table_comment","target":"main.gold.fact_usage","new_text":"see ${catalog}"}' \
		'{"patch_id":"P4","type":"add_synonym","target":"main.gold.fact_usage","column":"eff_amt","new_text":"spend"}' \
		'{"patch_id":"P5","type":"hide_column","target":"main.gold.fact_usage","column":"eff_amt"}' \
		'{"patch_id":"P6","type":"remove_table","target":"main.gold.dim_sku"}' >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[ "$(jq -r '[.patches[].status] | join(" ")' apply.json)" = "refused refused refused applied refused queued" ]
	jq -r '.patches[0].reason' apply.json | grep -q 'fact_usage.nope: no such object'
	jq -r '.patches[4].reason' apply.json | grep -q 'conflicts with P4'
	[ "$(jq -c .patched_objects apply.json)" = '["main.gold.fact_usage"]' ]
	[ "$(git -C b status --porcelain)" = " M $EXPORT" ]
}

@test "answers of the benchmark do not get into metadata" {
	start
	jq -nc '{id:"cost_001",question:"What did the platform cost last month?",expected_sql:"SELECT SUM(eff_amt) FROM main.gold.fact_usage",split:"held_out"}' >bench.jsonl
	patches 6 '{"type":"add_sample_question","new_text":"What did the platform cost last month"}' \
		'{"type":"add_example_sql","value":{"question":"All of it","sql":"select sum(eff_amt) from main.gold.fact_usage"}}' \
		'{"type":"add_instruction","new_text":"Weeks start on Monday."}' >p.json
	run -0 --separate-stderr genie-patch --bundle b --benchmarks bench.jsonl -o apply.json p.json
	[ "$(jq -r '[.patches[].status] | join(" ")' apply.json)" = "refused refused applied" ]
	jq -r '.patches[0].reason' apply.json | grep -q 'gives away the question of cost_001'
}

@test "no text of a patch may give an answer away" {
	start
	jq -nc '{id:"cost_001",question:"What did the platform cost last month?",expected_sql:"SELECT SUM(eff_amt) FROM main.gold.fact_usage",split:"val"}' >bench.jsonl
	sql='Hint: SELECT SUM(eff_amt) FROM main.gold.fact_usage'
	local n=0 patch
	while IFS= read -r patch; do
		patches 1 "$patch" >p.json
		run -0 --separate-stderr genie-patch --bundle b --allow-high --benchmarks bench.jsonl -o apply.json p.json
		jq -e '.patches[0] | .status == "refused" and (.reason | test("^gives away the (SQL|question) of cost_001"))' apply.json ||
			{ echo "$patch: $(jq -c '.patches[0]' apply.json)"; return 1; }
		n=$((n + 1))
	done < <(jq -cn --arg s "$sql" --arg q "what did the platform cost last month" '
		{type:"update_column_comment",target:"main.gold.fact_usage",column:"eff_amt",new_text:$s},
		{type:"update_table_comment",target:"main.gold.fact_usage",new_text:$q},
		{type:"set_tag",target:"main.gold.fact_usage",key:"hint",new_text:$q},
		{type:"set_tag",target:"main.gold.fact_usage",key:$q,new_text:"yes"},
		{type:"set_table_property",target:"main.gold.fact_usage",key:"hint",new_text:$s},
		{type:"add_synonym",target:"main.gold.fact_usage",column:"eff_amt",new_text:$q},
		{type:"update_description",target:"main.gold.fact_usage",new_text:$s},
		{type:"update_tvf_comment",target:"main.gold.get_team_chargeback",new_text:$q},
		{type:"update_mv_measure",target:"main.gold.mv_cost_analytics",column:"total_cost",value:{synonyms:[$q]}},
		{type:"update_mv_measure",target:"main.gold.mv_cost_analytics",column:"total_cost",value:{comment:$s}},
		{type:"add_instruction",new_text:("For cost:\n" + $s)},
		{type:"add_example_sql",value:{question:$q,sql:"SELECT 1"}},
		{type:"add_example_sql",value:{question:"All of it",sql:["SELECT SUM(eff_amt)\n","FROM main.gold.fact_usage"]}},
		{type:"add_example_sql",value:{question:"All of it",sql:"SELECT 1",usage_guidance:[$q]}},
		{type:"add_sql_snippet",snippet:"measure",value:{alias:"c",display_name:$q,sql:"SUM(fact_usage.eff_amt)"}},
		{type:"add_default_filter",value:{display_name:"x",sql:"fact_usage.eff_amt > 0",synonyms:[$q]}},
		{type:"add_sample_question",new_text:$q}')
	[ "$n" = 17 ]
	unchanged
}

@test "of a pair, both halves are applied or neither" {
	start
	pair() { # PATCH: the first half is a comment
		patches 1 '{"patch_id":"P001","pair":"P002","type":"set_tag","target":"main.gold.fact_usage","key":"owner","new_text":"finops"}' \
			"$1" '{"patch_id":"P003","type":"set_tag","target":"main.gold.fact_usage","key":"tier","new_text":"1"}' >p.json
	}
	outcome() { jq -r '[.patches[].status] | join(" ")' apply.json; }
	# a fault that shows when the second is worked in: the first is taken out again, the third stays
	pair '{"patch_id":"P002","pair":"P001","type":"update_column_comment","target":"main.gold.fact_usage","column":"nope","new_text":"x"}'
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[ "$(outcome)" = "refused refused applied" ]
	jq -r '.patches[0].reason' apply.json | grep -q '^its partner P002 is refused: .*nope'
	[ "$(jq -c '[.objects[].key]' apply.json)" = '["tier"]' ]
	run ! grep -q finops "b/$USAGE"
	grep -q 'tier: ' "b/$USAGE"
	genie-patch --bundle b --rollback apply.json -o back.json
	unchanged
	# the leak of one half
	jq -nc '{id:"q1",question:"What did the platform cost last month?",split:"held_out"}' >bench.jsonl
	pair '{"patch_id":"P002","pair":"P001","type":"update_table_comment","target":"main.gold.dim_sku","new_text":"what did the platform cost last month"}'
	run -0 --separate-stderr genie-patch --bundle b --benchmarks bench.jsonl --dry-run -o apply.json p.json
	[ "$(outcome)" = "refused refused planned" ]
	jq -r '.patches[0].reason' apply.json | grep -q '^its partner P002 is refused: gives away the question of q1'
	# one waits for a person: so does the other, and the queue holds both
	pair '{"patch_id":"P002","pair":"P001","risk":"high","type":"update_table_comment","target":"main.gold.dim_sku","new_text":"SKUs"}'
	run -0 --separate-stderr genie-patch --bundle b --queue queue.json --dry-run -o apply.json p.json
	[ "$(outcome)" = "refused queued planned" ]
	jq -r '.patches[0].reason' apply.json | grep -q '^its partner P002 is queued: high risk'
	run -0 --separate-stderr genie-patch --bundle b --queue queue.json -o apply.json p.json
	genie-patch --bundle b --rollback apply.json -o back.json
	[ "$(jq -r '[.patches[].patch_id] | join(" ")' queue.json)" = "P001 P002" ]
	run -0 --separate-stderr genie-patch --bundle b --allow-high -o apply.json queue.json
	[ "$(outcome)" = "applied applied" ]
	genie-patch --bundle b --rollback apply.json -o back.json
	unchanged
	# the other half got lost
	patches 1 '{"patch_id":"P001","pair":"P002","type":"set_tag","target":"main.gold.fact_usage","key":"owner","new_text":"finops"}' >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[ "$(jq -r '.patches[0].reason' apply.json)" = "its partner P002 is not in this set" ]
	unchanged
}

@test "a function that comes or goes is offered by the space on both sides, or by neither" {
	start
	options=(--allow-high)
	patches 3 '{"type":"add_tvf","target":"main.gold.get_days","new_text":"CREATE OR REPLACE FUNCTION main.gold.get_days() RETURNS TABLE (d DATE) RETURN SELECT usage_dt AS d FROM main.gold.fact_usage"}' >p.json
	seen='config | jq -e "[.instructions.sql_functions[].identifier] | any(. == \"main.gold.get_days\")" >/dev/null'
	there_and_back "$EXPORT"
	# the space refuses: the function, made just before, goes again
	run -75 --separate-stderr env GENIE_PATCH_FAULT=fail-live-done genie-patch --bundle b --allow-high -o apply.json p.json
	unchanged
	[ "$(sql "SELECT COUNT(*) FROM main.information_schema.routines WHERE routine_name = 'get_days'")" = 0 ]
	# without a space the function alone
	jq 'del(.space_id)' p.json >alone.json
	run -0 --separate-stderr genie-patch --bundle b --allow-high -o apply.json alone.json
	[ "$(jq -c '[.objects[].kind]' apply.json)" = '["function"]' ]
	run -0 genie-patch --bundle b --rollback apply.json -o back.json
	unchanged
	# one that the space does not offer is removed all the same
	genie-patch --bundle b --allow-high -o one.json alone.json
	patches 3 '{"type":"remove_tvf","target":"main.gold.get_days"}' >p.json
	run -0 --separate-stderr genie-patch --bundle b --allow-high --allow-dirty -o apply.json p.json
	[ "$(jq -c '[.objects[].kind]' apply.json)" = '["function"]' ]
	unchanged
}

@test "limits of the space refuse, never trim" {
	start
	patches 6 "$(jq -n '{type:"add_instruction",new_text:("x" * 24990)}')" \
		"$(jq -n '{type:"add_instruction",new_text:("y" * 24000)}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[[ $stderr == *"characters"* ]]
	patches 6 '{"type":"add_example_sql","value":{"question":"q","sql":"SELECT 1","colour":"red"}}' >p.json
	run -0 --separate-stderr genie-patch --bundle b --allow-dirty -o apply2.json p.json
	[ "$(jq -r '.patches[0].status' apply2.json)" = refused ]
	jq -r '.patches[0].reason' apply2.json | grep -q 'would break a rule'
}

@test "uncommitted work in a file is not mixed with ours" {
	start
	echo '# mine' >>"b/$USAGE"
	patches 1 "$COMMENT" >p.json
	run -1 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[[ $stderr == *"$USAGE has uncommitted changes"* ]]
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
	run -0 genie-patch --bundle b --allow-dirty -o apply.json p.json
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	[ "$(tail -1 "b/$USAGE")" = '# mine' ]
}

@test "a file that is a link out of the bundle is not followed" {
	start
	mv "b/$USAGE" outside.yaml
	ln -s ../../../../outside.yaml "b/$USAGE"
	patches 1 "$COMMENT" >p.json
	run --separate-stderr genie-patch --bundle b --allow-dirty -o apply.json p.json
	[ "$status" = 65 ] || [ "$(jq -r '.patches[0].status' apply.json)" = refused ]
	grep -q 'comment: "Amount"' outside.yaml
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
}

@test "broken documents are refused whole" {
	run -2 --separate-stderr genie-patch </dev/null
	[[ $stderr == *"--bundle is required"* ]]
	export DATABRICKS_HOST=http://127.0.0.1:9 DATABRICKS_TOKEN=x
	run -65 --separate-stderr genie-patch --bundle b <<<'{"patches":[{"type":"update_everything"}]}'
	[[ $stderr == *'$.patches[0].type: no such patch type'* ]]
	run -65 genie-patch --bundle b <<<'{"patches":'
}
