#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load genie-patch.bash

verify() { genie-patch --bundle b --space cost --verify b "$@"; }

put_space() { # put_space JQ: changes serialized_space behind the tool's back
	config | jq "$1" | jq -c '{serialized_space:tojson}' >space-body.json
	curl -sS -X PATCH -H "Authorization: Bearer $DATABRICKS_TOKEN" \
		"$DATABRICKS_HOST/api/2.0/genie/spaces/cost" -d @space-body.json >/dev/null
}

resolved() { sed 's/${catalog}/main/g;s/${gold_schema}/gold/g' "$1"; }

# Somebody changes one thing of every kind in the workspace.
external_edits() {
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'it''s \"theirs\"'"
	sql "COMMENT ON TABLE main.gold.dim_sku IS 'SKUs, theirs'"
	sql "ALTER TABLE main.gold.fact_usage SET TAGS ('owner' = 'them')"
	sql "ALTER TABLE main.gold.fact_usage SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false')"
	sql "ALTER VIEW main.gold.mv_cost_analytics AS \$\$$(resolved "b/$VIEW" | sed 's/^comment: .*/comment: theirs/')
\$\$"
	sql "$(resolved b/src/semantic/tvfs/get_daily_cost_trend.sql | sed 's/Daily cost trend/Their trend/' | tr -d ';')"
	put_space '.config.sample_questions += [{"id":"ffffffffffffffffffffffffffffffff","question":["Theirs?"]}]
		| (.data_sources.tables[] | select(.identifier == "main.gold.dim_sku")).description = ["theirs"]
		| (.data_sources.tables[] | select(.identifier == "main.gold.fact_usage").column_configs[] | select(.column_name == "ld_ts")).exclude = false
		| .instructions.text_instructions[0].content += ["More of theirs."]'
}

@test "workspace and repository that say the same are found the same" {
	start
	genie-fetch --bundle b cost -o space.json
	run -0 --separate-stderr verify --snapshot space.json
	jq -e '.schema == "genie/drift/1" and .status == "same" and .drift == [] and .compared > 100' <<<"$output"
}

@test "each external edit is found, with its file and the patch that is missing there" {
	start
	genie-fetch --bundle b cost -o space.json
	external_edits
	run -1 --separate-stderr verify --snapshot space.json -o drift.json
	[[ $stderr == *"10 of "*" values differ, the first: "* ]]
	[ "$(jq '.drift | length' drift.json)" = 10 ]
	jq -e '.drift | all(.change == "live" or (.kind == "property" and .change == "unknown" and .unknown_because == "snapshots hold no table properties"))' drift.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/drift.json" drift.json
	jq -e --arg line "$(grep -n 'comment: "Amount"' "b/$USAGE" | cut -d: -f1)" '.drift[] | select(.object == "comment of main.gold.fact_usage.eff_amt")
		| .live == "it'"'"'s \"theirs\"" and .repository == "Amount" and .snapshot == "Amount"
		and .file == "'"$USAGE"'" and (.line | tostring) == $line and .path == "columns[name=\"eff_amt\"].comment"' drift.json
	[ "$(jq -r '.drift[].patch.type' drift.json | sort | tr '\n' ' ')" = "add_sample_question set_table_property set_tag unhide_column update_column_comment update_description update_instruction update_mv_yaml update_table_comment update_tvf_comment " ]
	# the patches bring the repository to the live state
	local slice
	for slice in :5 5:; do
		jq '{schema:"genie/patches/1",space_id:"cost",lever:0,patches:[.drift['$slice'][].patch]}' drift.json >p.json
		genie-patch --bundle b --allow-high --allow-dirty p.json -o "a$slice.json"
	done
	run -0 --separate-stderr verify
}

@test "who changed it: the workspace, the repository, both, or nobody knows" {
	start
	genie-fetch --bundle b cost -o space.json
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'live'"
	sql "COMMENT ON COLUMN main.gold.fact_usage.ws_id IS 'live too'"
	sed -i 's/comment: Usage date/comment: Ours/; s/comment: Workspace id/comment: Ours too/' "b/$USAGE"
	run -1 --separate-stderr verify --snapshot space.json
	[ "$(jq -c .counts <<<"$output")" = '{"live":1,"repository":1,"both":1,"unknown":0}' ]
	[ "$(jq -r '.drift[] | "\(.change) \(.column)"' <<<"$output" | sort | tr '\n' ' ')" = "both ws_id live eff_amt repository usage_dt " ]
	run -1 --separate-stderr verify
	[ "$(jq -c .counts <<<"$output")" = '{"live":0,"repository":0,"both":0,"unknown":3}' ]
}

@test "an object that the workspace lacks is drift; it is deployed, not patched" {
	start
	sql "DROP FUNCTION main.gold.get_daily_cost_trend"
	run -1 --separate-stderr verify -o drift.json
	jq -e '.drift | length == 1 and .[0].missing and .[0].live == null and (.[0] | has("patch") | not)' drift.json
	run -65 --separate-stderr genie-patch --bundle b --space cost --ours drift.json
	[[ $stderr == *"no such object; deploy it"* ]]
}

@test "theirs: external edits become the repository's, and can be taken back" {
	start
	external_edits
	before=$(hash_of)
	run -1 verify -o drift.json
	run -0 --separate-stderr genie-patch --bundle b --space cost --theirs drift.json -o apply.json
	jq -e '.status == "applied" and (.adopted | length == 10 and all(.taken_from == "workspace"))' apply.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/apply.json" apply.json
	[ "$(hash_of)" = "$before" ]
	run -0 verify
	# only what differed was edited, in the words of the file
	git -C b diff --numstat | awk '{n += $2} END {exit n > 8}'
	grep -qF '"${catalog}.${gold_schema}.dim_sku"' "b/$EXPORT"
	run ! grep -qF main.gold "b/$EXPORT"
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
	[ "$(hash_of)" = "$before" ]
}

@test "ours: the repository's state becomes that of the workspace, and can be taken back" {
	start
	clean=$(hash_of)
	external_edits
	before=$(hash_of)
	run -1 verify -o drift.json
	run -0 --separate-stderr genie-patch --bundle b --space cost --ours drift.json -o apply.json
	unchanged
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
	run -0 verify
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	[ "$(hash_of)" = "$before" ]
	[ "$clean" != "$before" ]
	# one object alone
	jq '.drift |= map(select(.column == "eff_amt"))' drift.json >one.json
	run -0 genie-patch --bundle b --space cost --ours one.json -o apply.json
	run -1 --separate-stderr verify
	[ "$(jq '.drift | length' <<<"$output")" = 9 ]
}

@test "an adoption wants the drift that was reported" {
	start
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'theirs'"
	run -1 verify -o drift.json
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'newer'"
	run -75 --separate-stderr genie-patch --bundle b --space cost --theirs drift.json -o apply.json
	[[ $stderr == *"refetch: comment of main.gold.fact_usage.eff_amt is not as the drift report has it: it is \"newer\""* ]]
	run -75 genie-patch --bundle b --space cost --ours drift.json -o apply.json
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'Amount'"
	run -75 --separate-stderr genie-patch --bundle b --space cost --ours drift.json -o apply.json
	[[ $stderr == *"does not differ any more"* ]]
	[ ! -e apply.json ]
	unchanged
	run -2 genie-patch --bundle b --ours drift.json --theirs drift.json
}

@test "a record is compared with what is there" {
	start
	patches 1 "$COMMENT" >p.json
	genie-patch --bundle b -o apply.json p.json
	run -0 --separate-stderr genie-patch --bundle b --verify apply.json
	jq -e '.status == "same"' <<<"$output"
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'theirs'"
	run -1 --separate-stderr genie-patch --bundle b --verify apply.json
	jq -e '.status == "drift" and .drift[0].live == "theirs" and (.reason | contains("eff_amt"))' <<<"$output"
}

@test "monitors and models are compared where they say something, each file for itself" {
	start
	genie-fetch --bundle b cost -o space.json
	sql "COMMENT ON COLUMN main.gold.fact_usage_profile_metrics.tag_cov_pct IS 'theirs'"
	sql "COMMENT ON COLUMN main.gold.cost_forecast_predictions.p_over IS 'theirs too'"
	run -1 --separate-stderr verify --snapshot space.json -o drift.json
	jq -r '.drift[] | "\(.change) \(.column) \(.file):\(.line) \(.path)"' drift.json | sort >found
	py=src/monitoring/cost_monitors.py ml=src/ml/config/cost_feature_config.py
	grep -qx "live tag_cov_pct $py:$(grep -n tag_cov_pct b/$py | cut -d: -f1) METRIC_DESCRIPTIONS\[\"tag_cov_pct\"\]" found
	grep -qx "live p_over $ml:$(grep -n p_over b/$ml | cut -d: -f1) PREDICTION_DESCRIPTIONS\[\"p_over\"\]" found
	grep -q "^live tag_cov_pct src/monitoring/cost_monitors.yaml:$(grep -n "'Coverage'" b/src/monitoring/cost_monitors.yaml | cut -d: -f1) monitors" found
	grep -q '^live p_over src/ml/config/cost_feature_tables.yaml:[0-9]* prediction_tables' found
	grep -q '^live tag_cov_pct gold_layer_design/yaml/cost/fact_usage_profile_metrics.yaml:' found
	run -0 --separate-stderr genie-patch --bundle b --space cost --theirs drift.json -o apply.json
	run -0 verify
	grep -qx "    'tag_cov_pct': 'theirs'," b/$py
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
	# one file alone is wrong: the workspace and the others agree
	sed -i "s/: 'Coverage'/: 'Ours'/" b/$py
	sql "COMMENT ON COLUMN main.gold.fact_usage_profile_metrics.tag_cov_pct IS 'Coverage'"
	sql "COMMENT ON COLUMN main.gold.cost_forecast_predictions.p_over IS 'score'"
	run -1 --separate-stderr verify --snapshot space.json
	jq -e '.drift | length == 1 and .[0].file == "'$py'" and .[0].change == "repository"' <<<"$output"
}

@test "what only the workspace has is listed, and is no drift" {
	start
	sed -i '/name: ld_ts/,$d' "b/$USAGE"
	sql "CREATE TABLE main.gold.extra (a INT COMMENT 'x')"
	run --separate-stderr verify -o drift.json
	jq -e '.unlisted | index("main.gold.extra") and index("main.gold.fact_usage.ld_ts")' drift.json
	jq -e '.drift | all(.name != "main.gold.extra")' drift.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/drift.json" drift.json
}

@test "an item of the space has its line in the export" {
	start
	external_edits
	put_space '.instructions.example_question_sqls[0].sql = ["SELECT 1"]'
	run -1 --separate-stderr verify -o drift.json
	id=$(jq -r '.instructions.example_question_sqls[0].id' "b/$EXPORT")
	line=$(jq --arg id "$id" '.drift[] | select(.path | contains($id)).line' drift.json)
	sed -n "${line},$((line + 8))p" "b/$EXPORT" | grep -q "$id"
	line=$(jq '.drift[] | select(.path | endswith(".exclude")).line' drift.json)
	sed -n "${line}p" "b/$EXPORT" | grep -q '"exclude": true'
	jq -e '.drift | all(.kind != "space" or .line > 1)' drift.json
}

@test "theirs: of a metric view only texts that differ are taken, and comments of the file stay" {
	sed -i 's/^comment: Cost analytics/&   # ours to keep/; s/^joins:/# how tables meet\n&/' "b/$VIEW"
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam comments
	start
	alter_view() { sql "ALTER VIEW main.gold.mv_cost_analytics AS \$\$$(resolved "b/$VIEW" | sed "$1")
\$\$"; }
	alter_view 's/^comment: .*/comment: theirs/; s/expr: workspace.rgn_cd/expr: UPPER(workspace.rgn_cd)/; s/\["workspace"\]/["workspace", "ws"]/; s/display_name: Usage Month/&\n    comment: Month/; s/^#.*//; s/ *# .*//'
	run -1 verify -o drift.json
	run -0 --separate-stderr genie-patch --bundle b --space cost --theirs drift.json -o apply.json
	[[ $stderr != *"rewritten whole"* ]]
	run -0 verify
	grep -qx 'comment: theirs   # ours to keep' "b/$VIEW"
	grep -qx '# how tables meet' "b/$VIEW"
	grep -qF 'synonyms: ["workspace", "ws"]' "b/$VIEW"
	grep -qF '${catalog}.${gold_schema}.fact_usage' "b/$VIEW"
	[ "$(git -C b diff --numstat | cut -f1,2)" = $'4\t3' ]
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
	# another item: the file is taken whole, and that is said
	alter_view 's/^dimensions:/&\n  - name: added\n    expr: source.uom/'
	run -1 verify -o drift.json
	run -0 --separate-stderr genie-patch --bundle b --space cost --theirs drift.json -o apply.json
	[[ $stderr == *"$VIEW: rewritten whole"* ]]
	run -0 verify
}

@test "a folder that is no bundle, or not the bundle of --bundle, is said before anything is asked" {
	# nothing listens there: whoever asks the workspace fails otherwise
	export DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=t GENIE_HTTP_BUDGET=1
	mkdir empty
	run -65 --separate-stderr genie-patch --bundle b --verify empty -o drift.json
	[[ $stderr == *"error: empty: no databricks.yml"* ]]
	run -65 --separate-stderr genie-patch --bundle empty --verify empty -o drift.json
	[[ $stderr == *"error: empty: no databricks.yml"* ]]
	cp -r b other
	run -2 --separate-stderr genie-patch --bundle b --verify other -o drift.json
	[[ $stderr == *"--verify other is another folder than --bundle b"* ]]
	[ ! -e drift.json ]
	# the same folder in other words goes on to the workspace
	run -75 --separate-stderr genie-patch --bundle b --verify ./b/../b -o drift.json
}

# lose: one thing of every kind is as accepted in the snapshot, and on neither side any more
lose() {
	external_edits
	verify -o theirs.json || true
	genie-patch --bundle b --space cost --theirs theirs.json -o apply.json
	genie-fetch --bundle b cost -o accepted.json
	genie-patch --bundle b --rollback apply.json -o back.json
	verify -o theirs.json || true
	genie-patch --bundle b --space cost --ours theirs.json -o apply.json
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam "as before" --allow-empty
}

@test "lost: what was accepted and is on neither side is found, with its file, and brought back to both" {
	start
	genie-fetch --bundle b cost -o before.json
	lose
	run -0 --separate-stderr verify --snapshot accepted.json
	run -1 --separate-stderr verify --snapshot accepted.json --lost -o drift.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/drift.json" drift.json
	[ "$(jq -c '[.counts.lost, (.drift | length), all(.drift[]; .change == "lost" and .snapshot != .live)]' drift.json)" = '[10,10,true]' ]
	# a tag that neither side has any more, even by name; a property
	jq -e '.drift[] | select(.kind == "table_tag") | .key == "owner" and .live == null and .repository == null and .snapshot == "them" and
		.patch.type == "set_tag" and .file == "'"$USAGE"'"' drift.json
	jq -e '.drift[] | select(.kind == "property") | .key == "delta.enableChangeDataFeed" and .live == "true" and .snapshot == "false" and
		.patch.type == "set_table_property"' drift.json
	jq -e '.drift[] | select(.object == "comment of main.gold.fact_usage.eff_amt") | .snapshot == "it'"'"'s \"theirs\"" and .live == "Amount" and
		.repository == "Amount" and .patch.new_text == .snapshot and .file == "'"$USAGE"'"' drift.json
	jq -e '.drift[] | select(.path | startswith("config.sample_questions")) | .live == null and .repository == null and
		.patch.type == "add_sample_question" and (.patch | tojson | contains("Theirs?"))' drift.json
	# with nothing lost the option says nothing
	run -0 --separate-stderr verify --snapshot before.json --lost
	run -2 genie-patch --bundle b --verify b --lost
	run -2 genie-patch --bundle b --accepted drift.json
	run -2 genie-patch --bundle b --snapshot accepted.json --accepted drift.json --ours drift.json
	genie-patch --bundle b --snapshot accepted.json --accepted drift.json -o restored.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/apply.json" restored.json
	run -0 --separate-stderr verify --snapshot accepted.json --lost
	# and that can be taken back
	genie-patch --bundle b --rollback restored.json -o back.json
	[ -z "$(git -C b status --porcelain)" ]
	run -0 --separate-stderr verify --snapshot before.json --lost
}
