#!/usr/bin/env bats
# Back to a configuration of an earlier time, from its snapshot alone.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load genie-patch.bash

now() { genie-fetch -q --bundle b cost -o now.json; }
restore() { genie-patch --bundle b --restore "$@" --snapshot now.json -o apply.json; }
resolved() { sed 's/${catalog}/main/g;s/${gold_schema}/gold/g' "$1"; }
put_space() { # put_space JQ: changes serialized_space behind the tool's back
	config | jq "$1" | jq -c '{serialized_space:tojson}' >space-body.json
	curl -sS -X PATCH -H "Authorization: Bearer $DATABRICKS_TOKEN" \
		"$DATABRICKS_HOST/api/2.0/genie/spaces/cost" -d @space-body.json >/dev/null
}

# One thing of every kind is changed in the workspace, and taken into the repository.
moved() {
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'it''s \"newer\"'"
	sql "COMMENT ON TABLE main.gold.dim_sku IS 'SKUs, newer'"
	sql "ALTER TABLE main.gold.fact_usage SET TAGS ('owner' = 'them')"
	sql "ALTER TABLE main.gold.fact_usage UNSET TAGS ('domain')"
	sql "ALTER TABLE main.gold.fact_usage SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false')"
	sql "ALTER VIEW main.gold.mv_cost_analytics AS \$\$$(resolved "b/$VIEW" | sed 's/^comment: .*/comment: newer/')
\$\$"
	sql "$(resolved b/src/semantic/tvfs/get_daily_cost_trend.sql | sed 's/Daily cost trend/Newer trend/; s/First day/The first day/' | tr -d ';')"
	put_space '.config.sample_questions += [{"id":"ffffffffffffffffffffffffffffffff","question":["Newer?"]}]
		| del(.config.sample_questions[0])
		| (.data_sources.tables[] | select(.identifier == "main.gold.dim_sku")).description = ["newer"]
		| (.data_sources.tables[] | select(.identifier == "main.gold.fact_usage").column_configs[] | select(.column_name == "ld_ts")).exclude = false
		| .instructions.text_instructions[0].content += ["More of the newer."]'
	run -1 genie-patch --bundle b --space cost --verify b -o drift.json
	genie-patch -q --bundle b --space cost --theirs drift.json -o theirs.json
	[ "$(jq '.adopted | length' theirs.json)" -ge 10 ]
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qam newer
	run -0 genie-patch --bundle b --space cost --verify b
}

@test "every kind of value comes back, on both sides, and can be taken back" {
	start
	sql "ALTER TABLE main.gold.fact_budget SET TBLPROPERTIES ('team' = 'finance', 'delta.lastUpdateVersion' = '7')"
	genie-fetch --bundle b cost -o then.json
	sql "ALTER TABLE main.gold.fact_budget SET TBLPROPERTIES ('delta.lastUpdateVersion' = '8')"
	[ "$(hash_of)" = "$(jq -r .config_hash then.json)" ] # what the engine notes is no change
	moved
	# a property that no file has any more, and one that came since
	sql "ALTER TABLE main.gold.fact_budget UNSET TBLPROPERTIES ('team')"
	sql "ALTER TABLE main.gold.fact_budget SET TBLPROPERTIES ('newer' = 'yes')"
	now
	run -0 --separate-stderr restore then.json
	jq -e '[.adopted[] | select(.kind == "property").object] | length == 3' apply.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/apply.json" apply.json
	jq -e '.status == "applied" and (.adopted | length >= 10 and all(.taken_from == "snapshot"))' apply.json
	[ "$(hash_of)" = "$(jq -r .config_hash then.json)" ]
	run -0 genie-patch --bundle b --space cost --verify b
	# the lines of the files are as they were; a tag that came back is the last one
	local file
	for file in "$USAGE" gold_layer_design/yaml/cost/dim_sku.yaml; do
		diff <(git -C b show "HEAD~1:$file" | sort) <(sort "b/$file")
	done
	run -0 genie-patch --bundle b --rollback apply.json -o back.json
	[ "$(hash_of)" = "$(jq -r .config_hash now.json)" ]
	unchanged
}

@test "there is nothing to do where nothing differs" {
	start
	now
	run -0 --separate-stderr restore now.json
	[ "$(jq -r .status apply.json)" = nothing ]
	unchanged
}

@test "what cannot be brought back is named, and nothing is changed" {
	start
	genie-fetch --bundle b cost -o then.json
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'newer'"
	now
	# another type, a column that is gone, one that was added, a table and a function that are gone
	jq '(.uc.columns[] | select(.table_name == "fact_usage" and .column_name == "eff_amt")).full_data_type = "double"
		| .uc.columns += [.uc.columns[0] | .column_name = "old_col"]
		| del(.uc.columns[] | select(.table_name == "dim_sku" and .column_name == "sku_id"))
		| .uc.tables += [.uc.tables[0] | .table_name = "old_table"]
		| .uc.routines += [.uc.routines[0] | .routine_name = "old_function" | .specific_name = "old_function"]' then.json >other.json
	run -65 --separate-stderr restore other.json
	[[ $stderr == *'main.gold.fact_usage.eff_amt: full_data_type was "double" and is "decimal(18,2)"'* ]]
	[[ $stderr == *"main.gold.old_table is gone"* && $stderr == *"old_col is gone"* ]]
	[[ $stderr == *"column main.gold.dim_sku.sku_id was added since"* && $stderr == *"main.gold.old_function is gone"* ]]
	# a value that no file keeps
	jq '(.uc.tables[] | select(.table_name == "dim_sku")).comment = "old"' then.json >other.json
	sed -i '/table_name:/s/dim_sku/dim_other/' b/gold_layer_design/yaml/cost/dim_sku.yaml
	run -65 --separate-stderr restore other.json
	[[ $stderr == *"main.gold.dim_sku: its comment changed, and no file of the bundle keeps it"* ]]
	git -C b checkout -q .
	# another space, and no metadata at all
	jq '.space_id = "01ef00000000000000000000000000ab"' then.json >other.json
	run -65 --separate-stderr restore other.json
	[[ $stderr == *"it is of space 01ef00000000000000000000000000ab, and this is space cost"* ]]
	jq 'del(.uc)' then.json >other.json
	run -65 --separate-stderr restore other.json
	run -2 --separate-stderr genie-patch --bundle b --restore then.json
	[[ $stderr == *"--snapshot"* ]]
	[ ! -e apply.json ]
	[ "$(hash_of)" = "$(jq -r .config_hash now.json)" ]
	unchanged
}

@test "words that somebody wrote into a file since are not lost" {
	start
	genie-fetch --bundle b cost -o then.json
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'newer'"
	sed -i 's/comment: "Amount"/comment: "Mine"/' "b/$USAGE"
	now
	run -75 --separate-stderr restore then.json
	[[ $stderr == *"refetch: $USAGE:"*"comment of main.gold.fact_usage.eff_amt is neither as in the workspace nor as it was then"* ]]
	# where the workspace is as it was then, the file is left, and it is said
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'Amount'"
	sql "COMMENT ON TABLE main.gold.dim_sku IS 'SKUs, newer'"
	run -1 genie-patch --bundle b --space cost --verify b -o drift.json
	jq '.drift |= map(select(.name == "main.gold.dim_sku"))' drift.json >one.json
	genie-patch -q --allow-dirty --bundle b --space cost --theirs one.json -o theirs.json
	now
	run -0 --separate-stderr genie-patch --allow-dirty --bundle b --restore then.json --snapshot now.json -o apply.json
	[[ $stderr == *"comment of main.gold.fact_usage.eff_amt is not as it was then"*"is left"* ]]
	grep -q 'comment: "Mine"' "b/$USAGE"
	[ "$(hash_of)" = "$(jq -r .config_hash then.json)" ]
}

@test "it is killed at every step, and the next call puts that right" {
	start
	genie-fetch --bundle b cost -o then.json
	moved
	now
	local steps n
	GENIE_PATCH_FAULT=list run -0 --separate-stderr restore then.json
	steps=$(grep -c 'step [0-9]*:' <<<"$stderr")
	[ "$steps" -gt 10 ] || { echo "$stderr"; return 1; }
	genie-patch -q --bundle b --rollback apply.json -o back.json
	rm apply.json back.json
	for ((n = 1; n <= steps; n += 3)); do
		GENIE_PATCH_FAULT=$n run ! restore then.json
		rm -f apply.json
		echo '{"schema":"genie/patches/1","patches":[]}' | genie-patch -q --bundle b --allow-dirty >/dev/null
		unchanged || git -C b status --short
	done
	now
	run -0 --separate-stderr genie-patch --allow-dirty --bundle b --restore then.json --snapshot now.json -o apply.json
	[ "$(hash_of)" = "$(jq -r .config_hash then.json)" ]
}
