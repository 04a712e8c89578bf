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

@test "names with backticks, quotes of SQL and letters of any script are quoted" {
	cat >"b/gold_layer_design/yaml/cost/odd.yaml" <<'YAML'
table_name: größen
domain: cost
columns:
  - {name: "id", type: STRING, comment: Id}
  - name: "a`b; DROP TABLE x"
    type: STRING
    comment: Odd   # stays
  - {name: "naïve 列", type: STRING, comment: Name}
YAML
	git -C b add -A && git -C b -c user.name=t -c user.email=t@example.invalid commit -qm odd
	start
	t=main.gold.größen
	patches 1 "$(jq -n --arg t "$t" '{type:"update_column_comment",target:$t,column:"a`b; DROP TABLE x",new_text:"`x`"}')" \
		"$(jq -n --arg t "$t" '{type:"update_column_comment",target:$t,column:"naïve 列",new_text:"列"}')" \
		"$(jq -n --arg t "$t" '{type:"set_tag",target:$t,column:"naïve 列",key:"it'"'"'s `k`",new_text:"é"}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b -o apply.json p.json
	jq -e '.patches | all(.status == "applied" and .live.verified)' apply.json
	jq -e '.patches[0].live.statement == "COMMENT ON COLUMN `main`.`gold`.`größen`.`a``b; DROP TABLE x` IS '"'"'`x`'"'"'"' apply.json
	[ "$(comment_of größen 'a`b; DROP TABLE x')" = '`x`' ]
	[ "$(comment_of größen 'naïve 列')" = 列 ]
	grep -q '# stays' b/gold_layer_design/yaml/cost/odd.yaml
	run -0 genie-patch --bundle b --space cost --verify b
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
}

@test "a NUL is refused, raw and escaped, in patches, records and files" {
	start
	printf '%s' '{"schema":"genie/patches/1","patches":[{"type":"update_table_comment","target":"main.gold.fact_usage","new_text":"a\u0000b"}]}' >p.json
	run -65 --separate-stderr genie-patch --bundle b -o apply.json p.json
	[[ $stderr == *NUL* ]]
	sed 's/\\u0000/\x00/' p.json >raw.json
	run -65 genie-patch --bundle b -o apply.json raw.json
	printf '%s' '{"schema":"genie/apply/1","patches":[],"files":[],"objects":[{"kind":"table_comment","name":"main.gold.fact_usage","before":"a\u0000b"}]}' >r.json
	run -65 genie-patch --bundle b --rollback r.json -o ignored.json
	printf '#\0\n' >>"b/$USAGE"
	patches 1 "$COMMENT" >p.json
	run --separate-stderr genie-patch --bundle b --allow-dirty -o apply.json p.json
	[ "$status" = 65 ] || [ "$(jq -r '.patches[0].status' apply.json)" = refused ]
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
}

@test "a text of 25,000 characters goes through all its ways, one of one more is refused" {
	start
	patches 1 "$(jq -nc '{type:"update_column_comment",target:"main.gold.fact_usage",column:"eff_amt",new_text:("é" * 25000)}')" >p.json
	run -0 genie-patch --bundle b -o apply.json p.json
	[ "$(comment_of fact_usage eff_amt | tr -d "\n" | wc -c)" = 50000 ]
	run -0 genie-patch --bundle b --space cost --verify b
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	sed 's/é/éé/' p.json >more.json
	run -65 --separate-stderr genie-patch --bundle b -o apply2.json more.json
	[[ $stderr == *'$.patches[0].new_text: longer than 25,000 characters'* ]]
	unchanged
}

@test "dollars in the texts of a function arrive; as quotes of its body they are refused" {
	start
	body="CREATE OR REPLACE FUNCTION $FN(top_n INT DEFAULT 10 COMMENT 'in \$\$')
RETURNS TABLE (a STRING COMMENT '\$\$')
COMMENT 'costs \$\$; \$tag\$'
RETURN SELECT 'a\$\$b' AS a -- \$\$"
	patches 3 "$(jq -n --arg t "$FN" --arg s "$body" '{type:"update_tvf_sql",target:$t,new_text:$s}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b --allow-high -o apply.json p.json
	jq -e '.patches[0].status == "applied"' apply.json
	[ "$(sql "SELECT * FROM $FN(1)")" = 'a$$b' ]
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
	patches 3 "$(jq -n --arg t "$FN" '{type:"update_tvf_sql",target:$t,new_text:"CREATE OR REPLACE FUNCTION \($t)() RETURNS TABLE (a STRING) RETURN SELECT $$x$$ AS a"}')" >p.json
	run -0 --separate-stderr genie-patch --bundle b --allow-high -o apply.json p.json
	jq -e '.patches[0] | .status == "refused" and (.reason | contains("may not be in a function"))' apply.json
}

# stopped POINT FILE: starts a run that waits at the point, in the background; $run
stopped() {
	GENIE_PATCH_FAULT=stop-$1 genie-patch --bundle b -o apply.json p.json 2>run.err 3>&- &
	run=$!
	local i
	for ((i = 0; i < 1200; i++)); do
		if [ "$(awk '{print $3}' "/proc/$run/stat")" = T ]; then return; fi
		sleep 0.05
	done
	return 1
}

@test "a link that is put in a file's place between reading and writing is not followed" {
	start
	patches 1 "$COMMENT" >p.json
	before=$(hash_of)
	mkdir -p out/cost && cp "b/$USAGE" out/cost/fact_usage.yaml
	# the folder, after all was read and the workspace was changed
	stopped live-done
	mv b/gold_layer_design/yaml b/gold_layer_design/was
	ln -s ../../out b/gold_layer_design/yaml
	kill -CONT "$run"
	run ! wait "$run"
	grep -q 'not a regular file inside the bundle' run.err
	cmp out/cost/fact_usage.yaml b/gold_layer_design/was/cost/fact_usage.yaml
	[ ! -e apply.json ]
	rm b/gold_layer_design/yaml && mv b/gold_layer_design/was b/gold_layer_design/yaml
	# the journal is still there, and the next call undoes what was done
	patches 1 >none.json
	run -0 genie-patch --bundle b none.json
	unchanged
	[ "$(hash_of)" = "$before" ]
	# the file itself
	stopped live-done
	mv "b/$USAGE" was.yaml && ln -s "$PWD/out/cost/fact_usage.yaml" "b/$USAGE"
	kill -CONT "$run"
	run ! wait "$run"
	cmp out/cost/fact_usage.yaml was.yaml
	rm "b/$USAGE" && mv was.yaml "b/$USAGE"
	run -0 genie-patch --bundle b none.json
	unchanged
	[ "$(hash_of)" = "$before" ]
}

@test "what was edited between fetch and patch is named, with both texts" {
	start
	genie-fetch --bundle b cost -o space.json
	theirs() { sed 's/${catalog}/main/g;s/${gold_schema}/gold/g;'"$2" "$1"; }
	sql "ALTER VIEW main.gold.mv_cost_analytics AS \$\$$(theirs "b/$VIEW" 's/^comment: .*/comment: theirs/')
\$\$"
	sql "$(theirs b/$FILE 's/by workspace/their words/' | tr -d ';')"
	sql "ALTER TABLE main.gold.fact_usage SET TAGS ('domain' = 'them')"
	local patch said
	while read -r said; do
		read -r patch
		patches 1 "$patch" >p.json
		run -75 --separate-stderr genie-patch --bundle b --snapshot space.json -o apply.json p.json
		[[ $stderr == *"refetch: $said"* ]] || { echo "$stderr"; return 1; }
		[ ! -e apply.json ]
		unchanged
	done <<-'CASES'
		metric view main.gold.mv_cost_analytics changed since the snapshot: line 2 is "comment: theirs", it was "comment: Cost analytics"
		{"type":"update_mv_measure","target":"main.gold.mv_cost_analytics","column":"total_cost","new_text":"x"}
		function main.gold.get_workspace_costs changed since the snapshot: line
		{"type":"update_tvf_parameter_comment","target":"main.gold.get_workspace_costs","column":"top_n","new_text":"x"}
		tag domain of main.gold.fact_usage changed since the snapshot: it is "them", it was
		{"type":"set_tag","target":"main.gold.fact_usage","key":"domain","new_text":"x"}
	CASES
}

@test "a rollback over others' changes says what they are" {
	start
	patches 1 "$COMMENT" '{"type":"set_tag","target":"main.gold.dim_sku","key":"owner","new_text":"us"}' >p.json
	genie-patch --bundle b -o apply.json p.json
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'theirs'"
	run -75 --separate-stderr genie-patch --bundle b --rollback apply.json -o back.json
	[[ $stderr == *'refetch: comment of main.gold.fact_usage.eff_amt changed since the run that is to be undone: it is "theirs", it was "Cost after discount'* ]]
	genie-patch --bundle b --space cost --verify b -o drift.json || true
	genie-patch --bundle b --space cost --ours drift.json --allow-dirty -o ours.json
	sed -i '3s/.*/&   # edited/' "b/$USAGE"
	run -75 --separate-stderr genie-patch --bundle b --rollback apply.json -o back.json
	[[ $stderr == *"refetch: $USAGE changed since the run that is to be undone: line 3 is "*"# edited\", it was "* ]]
	[ ! -e b/apply.json.journal ]
	[ ! -e back.json ]
	patches 6 "$INSTRUCTION" >p.json
	genie-patch --bundle b --allow-dirty -o apply2.json p.json
	patches 6 '{"type":"add_sample_question","new_text":"Theirs?"}' >p.json
	genie-patch --bundle b --allow-dirty -o apply3.json p.json
	git -C b checkout -q -- src && run -75 --separate-stderr genie-patch --bundle b --rollback apply2.json -o back.json
	[[ $stderr == *"refetch: space cost changed since the run that is to be undone: config.sample_questions"* ]]
}
