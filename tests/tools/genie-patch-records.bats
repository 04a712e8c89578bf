#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load genie-patch.bash

# What a record or a text of a patch may hold, and what of it reaches the workspace.

FN=main.gold.get_workspace_costs
FILE=src/semantic/tvfs/get_workspace_costs.sql

# planted OBJECT-JSON TEXT: such a record is refused by name and path, as a record and as a journal
planted() {
	jq -n --argjson o "$1" '{schema:"genie/apply/1",status:"applied",patches:[],objects:[{kind:"table_comment",name:"main.gold.fact_usage",before:null,after:null},$o],files:[]}' >r.json
	run -65 --separate-stderr genie-patch --bundle b --rollback r.json -o ignored.json
	[[ $stderr == *'r.json: $.objects[1]'*"$2"* ]] || { echo "$stderr"; return 1; }
	run -65 --separate-stderr genie-patch --bundle b --verify r.json
	[ ! -e b/apply.json.journal ]
	jq '.schema = "genie/apply-journal/1" | .phase = "apply"' r.json >b/apply.json.journal
	patches 1 >none.json
	run -65 --separate-stderr genie-patch --bundle b none.json
	[[ $stderr == *'apply.json.journal: $.objects[1]'*"$2"* ]]
	rm b/apply.json.journal
	[ ! -e ignored.json ]
}

function_text() { jq -nc --arg n "$FN" --arg t "$1" '{kind:"function",name:$n,before:$t,after:null}'; }

@test "a planted record cannot run other SQL than its own kind's" {
	start
	good="CREATE OR REPLACE FUNCTION $FN() RETURNS INT RETURN 1"
	planted "$(function_text "DROP TABLE main.gold.dim_sku")" "before: "
	planted "$(function_text "$good; DROP TABLE main.gold.dim_sku")" "before: SQL:1: expected one statement"
	planted "$(function_text "DROP TABLE main.gold.dim_sku; $good")" "before: "
	planted "$(function_text "$good -- "$'\\\n\'\n'"; DROP TABLE main.gold.dim_sku --'")" "before: SQL:1: "
	planted "$(function_text "CREATE OR REPLACE FUNCTION main.gold.other() RETURNS INT RETURN 1")" "makes main.gold.other, not $FN"
	planted "$(function_text "CREATE OR REPLACE VIEW $FN AS SELECT 1")" "before: "
	planted '{"kind":"metric_view","name":"main.gold.mv_cost_analytics","before":"a: 1 $$; DROP TABLE main.gold.dim_sku; $$","after":"b: 1"}' 'before: a metric view with $$'
	planted '{"kind":"metric_view","name":"main.gold.mv_cost_analytics","before":"a: 1","after":"DROP TABLE main.gold.dim_sku"}' 'after: not the YAML of a metric view'
	planted '{"kind":"space","name":"cost/../other","before":"{}","after":"{}"}' 'name: '
	planted '{"kind":"space","name":"cost","before":null,"after":"{}"}' 'before: a space has a configuration'
	planted '{"kind":"space","name":"cost","before":"[]","after":"{}"}' 'before: not the configuration'
	planted '{"kind":"table_comment","name":"fact_usage; DROP TABLE dim_sku","before":"x","after":null}' "name: "
	planted '{"kind":"column_comment","name":"main.gold.fact_usage","before":"x","after":null}' "column: "
	planted '{"kind":"table_tag","name":"main.gold.fact_usage","before":"x","after":null}' "key: "
	planted '{"kind":"property","name":"main.gold.fact_usage","column":"c","key":"k","before":"x","after":null}' "column: "
	[ "$(sql "SELECT COUNT(*) FROM main.information_schema.tables WHERE table_name = 'dim_sku'")" = 1 ]
	unchanged
}

@test "what a record sends is a literal, whatever it says" {
	start
	nasty="'); DROP TABLE main.gold.dim_sku; --"
	for o in '{kind:"column_comment",name:"main.gold.fact_usage",column:"eff_amt",before:$t,after:"Amount"}' \
		'{kind:"table_tag",name:"main.gold.fact_usage",key:$t,before:$t,after:null}' \
		'{kind:"property",name:"main.gold.fact_usage",key:$t,before:$t,after:null}'; do
		jq -n --arg t "$nasty" "{schema:\"genie/apply/1\",status:\"applied\",patches:[],objects:[$o],files:[]}" >r.json
		run -0 --separate-stderr genie-patch --bundle b --rollback r.json -o ignored.json
	done
	[ "$(comment_of fact_usage eff_amt)" = "$nasty" ]
	[ "$(sql "SELECT tag_value FROM main.information_schema.table_tags WHERE table_name = 'fact_usage' AND tag_name LIKE '%DROP%'")" = "$nasty" ]
	[ "$(sql "SELECT COUNT(*) FROM main.information_schema.tables WHERE table_name = 'dim_sku'")" = 1 ]
}

@test "a record writes only files that patches edit" {
	start
	for path in .git/config .github/workflows/x.yaml src/.hidden/a.yaml Makefile scripts/deploy.sh; do
		jq -n --arg p "$path" '{schema:"genie/apply/1",status:"applied",patches:[],objects:[],files:[{path:$p,before:"stolen\n",after:null}]}' >r.json
		run -65 --separate-stderr genie-patch --bundle b --rollback r.json -o ignored.json
		[[ $stderr == *"r.json: \$.files[0]: path: $path: not a file that patches edit"* ]]
	done
	unchanged
}

@test "a function of a patch is one statement for its target; other patches go on" {
	start
	good="CREATE OR REPLACE FUNCTION $FN() RETURNS TABLE (a INT) RETURN SELECT 1 AS a"
	for bad in "$good; DROP TABLE main.gold.dim_sku" "${good/$FN/get_workspace_costs}" "$good -- "$'\\\n\'\n'"; DROP TABLE main.gold.dim_sku --'"; do
		patches 3 "$(jq -n --arg t "$FN" --arg s "$bad" '{type:"update_tvf_sql",target:$t,new_text:$s}')" \
			'{"type":"update_tvf_comment","target":"main.gold.get_team_chargeback","new_text":"costs $$ and `x` — é"}' >p.json
		run -0 --separate-stderr genie-patch --bundle b --allow-high -o apply.json p.json
		[ "$(jq -r '[.patches[].status] | join(" ")' apply.json)" = "refused applied" ]
		sql "SELECT comment FROM main.information_schema.routines WHERE routine_name = 'get_team_chargeback'" | grep -qxF 'costs $$ and `x` — é'
		genie-patch --bundle b --rollback apply.json -o ignored.json
		unchanged
	done
}
