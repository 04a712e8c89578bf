load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	jq -n '{schema:"genie/space/1",space_id:"s",config_id:"c1",etag:"e1",
		config:{data_sources:{tables:[{identifier:"main.gold.fact_usage"},{identifier:"main.gold.dim_sku"},{identifier:"main.gold.x_profile_metrics"}],
			metric_views:[{identifier:"main.gold.mv"}]},
			instructions:{text_instructions:[{id:"t",content:["Be brief.\n"]}],sql_functions:[{id:"f",identifier:"main.gold.get_top"}]}},
		uc:{tables:[{table_schema:"gold",table_name:"fact_usage",table_type:"MANAGED",comment:"Usage"},
				{table_schema:"gold",table_name:"dim_sku",table_type:"MANAGED"},
				{table_schema:"gold",table_name:"x_profile_metrics",table_type:"MANAGED"},
				{table_schema:"gold",table_name:"mv",table_type:"METRIC_VIEW"}],
			columns:[{table_schema:"gold",table_name:"fact_usage",column_name:"eff_amt",full_data_type:"DOUBLE",comment:"Effective amount after discounts"},
				{table_schema:"gold",table_name:"fact_usage",column_name:"list_amt",full_data_type:"DOUBLE"},
				{table_schema:"gold",table_name:"fact_usage",column_name:"sku_id",full_data_type:"STRING"},
				{table_schema:"gold",table_name:"fact_usage",column_name:"usage_dt",full_data_type:"DATE",comment:"Day"},
				{table_schema:"gold",table_name:"dim_sku",column_name:"sku_id",full_data_type:"STRING"},
				{table_schema:"gold",table_name:"dim_sku",column_name:"sku_cat",full_data_type:"STRING"},
				{table_schema:"gold",table_name:"x_profile_metrics",column_name:"unt_pct",full_data_type:"DOUBLE"}],
			routines:[{routine_schema:"gold",routine_name:"get_top",comment:"Top things"}],
			parameters:[{specific_schema:"gold",specific_name:"get_top",parameter_name:"start_date",full_data_type:"STRING",comment:"Start"},
				{specific_schema:"gold",specific_name:"get_top",parameter_name:"category",full_data_type:"STRING",comment:"Category",parameter_default:"NULL"}],
			metric_views:[{full_name:"main.gold.mv",yaml:"version: 1.1\nsource: main.gold.fact_usage\ndimensions:\n  - name: team\n    expr: t\nmeasures:\n  - name: total_cost\n    expr: SUM(eff_amt)\n    synonyms: [cost]\n"}]}}' >space.json
	: >bench.jsonl
}

# case ID OUTCOME QUESTION GOLD GENIE [SPLIT]: one evaluated row
case_row() {
	jq -nc --arg id "$1" --arg o "$2" --arg q "$3" --arg g "$4" --arg s "$5" --arg split "${6:-train}" \
		'{question_id:$id,question:$q,expected_sql:$g,genie_sql:$s,outcome:$o,split:$split,
		  judges:{schema_accuracy:{value:(if $o=="pass" then "yes" else "no" end),rationale:"r"}}}' >>rows.jsonl
}
# clusters CAUSE ID...: one cluster
clusters() {
	local cause=$1
	shift
	printf '%s\n' "$@" | jq -R . | jq -s --arg c "$cause" '{schema:"genie/clusters/1",clusters:[{cluster_id:"C001",root_cause:$c,lever:1,question_ids:.}],long_tail:[]}' >clusters.json
}
propose() {
	genie-propose -q --snapshot space.json --rows rows.jsonl --benchmarks bench.jsonl --lever "$@" clusters.json
}

@test "genie-propose stands on the common floor" {
	floor genie-propose --lever 1 --snapshot space.json --rows rows.jsonl
}

@test "an unknown word becomes a synonym of the column that was needed" {
	case_row a fail "What did we spend by product?" "SELECT s.sku_cat, SUM(u.eff_amt) FROM main.gold.fact_usage u JOIN main.gold.dim_sku s ON u.sku_id = s.sku_id GROUP BY s.sku_cat" "SELECT SUM(list_amt) FROM main.gold.fact_usage"
	clusters wrong_column a
	run -0 propose 1
	[ "$(jq -r '.patches[]|select(.column=="eff_amt")|.new_text' <<<"$output")" = "Effective amount after discounts. Synonyms: spend." ]
	[ "$(jq -r '.patches[]|select(.column=="sku_cat")|.new_text' <<<"$output")" = "Synonyms: product." ]
	[ "$(jq -c '.patches[]|select(.column=="eff_amt")|[.type,.target,.questions,.grounded_in,.old_text]' <<<"$output")" = \
		'["update_column_comment","main.gold.fact_usage",["a"],["a/schema_accuracy"],"Effective amount after discounts"]' ]
	jq -e '.patches[]|select(.type=="add_join").value|.left.identifier=="main.gold.fact_usage" and (.sql[0]|test("sku_id"))' <<<"$output"
}

@test "metric views get synonyms on their measures by lever 2, not by lever 1" {
	case_row a fail "What was our burn by squad?" "SELECT team, MEASURE(total_cost) FROM main.gold.mv GROUP BY team" "SELECT 1"
	clusters wrong_measure a
	run -0 propose 2
	[ "$(jq -c '[.patches[]|[.type,.column,.value.synonyms]]|sort' <<<"$output")" = \
		'[["update_mv_dimension","team",["squad"]],["update_mv_measure","total_cost",["burn"]]]' ]
	run -0 propose 1
	[ "$(jq '.patches|length' <<<"$output")" -eq 0 ]
}

@test "monitoring tables belong to lever 4" {
	case_row a fail "How much spend is unattributed?" "SELECT AVG(unt_pct) FROM main.gold.x_profile_metrics" "SELECT 1"
	clusters wrong_column a
	run -0 propose 1
	[ "$(jq '.patches|length' <<<"$output")" -eq 0 ]
	run -0 propose 4
	[ "$(jq -c '.patches[0]|[.type,.lever,.target]' <<<"$output")" = '["add_column_comment",4,"main.gold.x_profile_metrics"]' ]
}

@test "function parameters say how to pass all and moving dates" {
	case_row a fail "top things" "SELECT * FROM main.gold.get_top('2026-01-01', NULL)" "SELECT * FROM main.gold.get_top('2025-01-01', 'NULL')"
	clusters tvf_parameter_error a
	run -0 propose 3
	jq -e '.patches[]|select(.column=="category").new_text|test("NULL")' <<<"$output"
	jq -e '.patches[]|select(.column=="start_date").new_text|test("CURRENT_DATE")' <<<"$output"
}

@test "two assets that compete get a rule with the case and the exclusion" {
	case_row a fail "Top consumers this week" "SELECT * FROM main.gold.get_top('2026-01-01', NULL)" "SELECT MEASURE(total_cost) FROM main.gold.mv"
	clusters asset_routing_error a
	run -0 propose 6
	[ "$(jq -r '.patches[]|select(.type=="add_instruction").new_text' <<<"$output")" = \
		'"consumers" -> use the table function get_top (detail by start_date, category), not the metric view mv (totals and breakdowns).' ]
	run -0 propose 3
	jq -e '.patches[]|select(.type=="update_tvf_comment").new_text|startswith("• PURPOSE: Top things\n• BEST FOR: \"consumers")' <<<"$output"
}

@test "a text that gives away a held_out or val question is refused with the match" {
	case_row a fail "Show the unusual consumption of every squad in the platform group" "SELECT team, MEASURE(total_cost) FROM \${catalog}.\${gold_schema}.mv GROUP BY team" "SELECT 1"
	clusters other a
	run -0 propose 6
	jq -e '.patches[]|select(.type=="add_example_sql").value.sql[0]|test("main.gold.mv")' <<<"$output"
	echo '{"id":"h1","split":"held_out","question":"Show the unusual consumption of every squad in the platform groups"}' >bench.jsonl
	run -0 --separate-stderr propose 6
	[ "$(jq '[.patches[]|select(.type=="add_example_sql")]|length' <<<"$output")" -eq 0 ]
	jq -e '.refused[]|select(.patch.type=="add_example_sql").reason|startswith("leaks the question of h1")' <<<"$output"
}

@test "examples come from train questions only" {
	case_row a fail "Show the unusual consumption of every squad" "SELECT team, MEASURE(total_cost) FROM main.gold.mv GROUP BY team" "SELECT 1" val
	clusters other a
	run -0 propose 6
	[ "$(jq '[.patches[]|select(.type=="add_example_sql")]|length' <<<"$output")" -eq 0 ]
}

@test "passing questions that use the field are at risk and lower the net impact" {
	case_row a fail "What did we spend?" "SELECT SUM(eff_amt) FROM main.gold.fact_usage" "SELECT SUM(list_amt) FROM main.gold.fact_usage"
	clusters wrong_column a
	alone=$(propose 1 | jq '.patches[]|select(.column=="eff_amt").net_impact')
	for i in 1 2 3; do case_row "p$i" pass "q$i" "SELECT SUM(eff_amt) FROM main.gold.fact_usage" "SELECT SUM(eff_amt) FROM main.gold.fact_usage"; done
	run -0 propose 1
	[ "$(jq -c '.patches[]|select(.column=="eff_amt").questions_at_risk' <<<"$output")" = '["p1","p2","p3"]' ]
	jq -e --argjson alone "$alone" '.patches[]|select(.column=="eff_amt").net_impact < $alone' <<<"$output"
}

@test "what was proposed before is not proposed again" {
	case_row a fail "What did we spend?" "SELECT SUM(eff_amt) FROM main.gold.fact_usage" "SELECT SUM(list_amt) FROM main.gold.fact_usage"
	clusters wrong_column a
	propose 1 >first.json
	run -0 propose 1 --history first.json
	[ "$(jq -c '[(.patches|length),.refused[0].reason]' <<<"$output")" = '[0,"proposed before (first.json)"]' ]
}

@test "nothing held out is looked at, and broken input is named" {
	case_row a fail "What did we spend?" "SELECT SUM(eff_amt) FROM main.gold.fact_usage" "SELECT 1" held_out
	clusters wrong_column a
	run -0 propose 1
	[ "$(jq '.patches|length' <<<"$output")" -eq 0 ]
	echo '{' >>rows.jsonl
	run -65 --separate-stderr genie-propose --lever 1 --snapshot space.json --rows rows.jsonl -o out.json clusters.json
	[[ $stderr == *"rows.jsonl:2"* ]]
	[ ! -e out.json ]
	run -65 --separate-stderr genie-propose --lever 1 --snapshot clusters.json --rows rows.jsonl clusters.json
	[[ $stderr == *'clusters.json: $.schema: expected genie/space/1, found genie/clusters/1'* ]]
}
