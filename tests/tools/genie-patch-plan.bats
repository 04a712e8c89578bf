#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load genie-patch.bash

# What a run would do is shown without doing it; what a person must decide on waits in a file.

five() {
	patches 1 "$COMMENT" '{"type":"set_tag","target":"main.gold.fact_usage","key":"owner","new_text":"finops"}' \
		'{"type":"update_mv_measure","target":"main.gold.mv_cost_analytics","column":"total_cost","new_text":"Cost in USD"}' \
		'{"type":"update_tvf_comment","target":"main.gold.get_team_chargeback","new_text":"PURPOSE: what teams pay."}' \
		'{"type":"add_synonym","target":"main.gold.fact_usage","column":"eff_amt","new_text":"spend"}' \
		"$INSTRUCTION" | sed 's/"P\([12]\)"/"P00\1"/' >p.json
}

# The bytes of the database and of the bundle.
everything() { sha256sum work.db* | sort; find b -type f -exec sha256sum {} + | sort; find b | sort; }

@test "a dry run and a plan read only: database, bundle and requests" {
	start --db work.db --log-requests requests.jsonl
	five
	genie-patch --bundle b --dry-run -o warm.json p.json
	everything >before
	: >requests.jsonl
	run -0 --separate-stderr genie-patch --bundle b --dry-run --queue q.json -o dry.json p.json
	run -0 --separate-stderr genie-patch --bundle b --plan p.json
	everything | diff before -
	[ ! -e q.json ]
	# statements are sent by POST; all others only read
	jq -e -s 'length > 10 and all(.method == "GET" or (.method == "POST" and .path == "/api/2.0/sql/statements"))' requests.jsonl
	# and it is the statements of a run that change the database
	genie-patch --bundle b -o apply.json p.json
	run ! diff before <(everything)
}

@test "a dry run shows the diffs of both sides, and the steps as they would be taken" {
	start
	five
	run -0 --separate-stderr genie-patch --bundle b --dry-run -o dry.json p.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/apply.json" dry.json
	jq -r '.patches[0].live.diff' dry.json | grep -qx -- '-Amount'
	jq -r '.patches[0].live.diff' dry.json | grep -q -- '^+Cost after discount'
	jq -r '.patches[2].live.diff' dry.json | grep -qx -- '+    comment: Cost in USD'
	jq -r '.patches[4].live.diff' dry.json | grep -q -- '^+.*"spend"'
	jq -r '.patches[].repo.diff' dry.json | grep -c '^+[^+]' | grep -qx '[5-9]\|1[0-9]'
	# the steps are the side effects that a run announces, values before the space, files last
	GENIE_PATCH_FAULT=list genie-patch --bundle b -o apply.json p.json 2>said
	sed -n 's/.*: step [0-9]*: write value: //p; s/.*: step [0-9]*: replace file: \(.*\/.*\)/\1/p' said >taken
	jq -r '.steps[] | .object // .file' dry.json | diff taken -
	jq -e '.steps | map(.method // .action) == ["POST","POST","POST","POST","PATCH","edit","edit","edit","edit"]' dry.json
	jq -e '.steps[4] | .path == "/api/2.0/genie/spaces/cost" and (.sections | contains("instructions.text_instructions") and contains("main.gold.fact_usage")) and .bytes > 1000' dry.json
	jq -e '.steps[0] | .path == "/api/2.0/sql/statements" and .bytes == (.statement | utf8bytelength)' dry.json
	# the sizes are those of what was then sent
	jq -e --slurpfile a apply.json '[.steps[] | select(.file).bytes] == [$a[0].files[].after | utf8bytelength]' dry.json
}

@test "a plan says requests in order, with size and sections" {
	start
	five
	run -0 --separate-stderr genie-patch --bundle b --plan p.json
	grep -qx '1. POST /api/2.0/sql/statements ([0-9]* bytes): COMMENT ON COLUMN .*' <<<"$output"
	grep -qx '5. PATCH /api/2.0/genie/spaces/cost ([0-9]* bytes): .*instructions.text_instructions.* changed' <<<"$output"
	grep -qx "6. edit $USAGE ([0-9]* bytes)" <<<"$output"
	[[ $output == *$'\n-Amount\n+Cost after discount'* ]]
	[[ $output == *"5 values in the workspace and 4 files would change"* ]]
	# a function whose signature changes is dropped first
	patches 3 '{"type":"add_tvf_parameter","target":"main.gold.get_team_chargeback","column":"extra","new_text":"STRING DEFAULT NULL"}' >p.json
	run -0 --separate-stderr genie-patch --bundle b --allow-high --plan p.json
	grep -q '^1. POST .*: DROP FUNCTION IF EXISTS' <<<"$output"
	grep -q '^2. POST .*: CREATE OR REPLACE FUNCTION' <<<"$output"
	unchanged
}

@test "what is of high risk waits in the queue until a person applies it" {
	start
	five
	jq '.patches += [{"patch_id":"P010","type":"remove_mv_measure","lever":2,"risk":"high","scope":"uc","live":{"kind":"sql"},"target":"main.gold.mv_cost_analytics","column":"workspace_cnt"}] | .config_id = "c0ffee000001"' p.json >all.json
	before=$(hash_of)
	run -0 --separate-stderr genie-patch --bundle b --queue q.json -o apply.json all.json
	[ "$(jq -r '[.patches[].status] | unique | join(" ")' apply.json)" = "applied queued" ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/patches.json" q.json
	jq -e '.space_id == "cost" and (.patches | length == 1 and .[0].patch_id == "P010")' q.json
	grep -q workspace_cnt "b/$VIEW"
	# without the word it waits on
	run -0 --separate-stderr genie-patch --bundle b --allow-dirty --queue q2.json -o apply2.json q.json
	[ "$(jq -r '.patches[0].status' apply2.json)" = queued ]
	jq -e --slurpfile q q.json '.patches == $q[0].patches' q2.json
	run -0 --separate-stderr genie-patch --bundle b --allow-dirty --allow-high -o high.json q.json
	jq -e '.patches[0] | .status == "applied" and .live.verified and .repo.verified' high.json
	run ! grep -q workspace_cnt "b/$VIEW"
	run -0 genie-patch --bundle b --rollback high.json -o ignored.json
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
	[ "$(hash_of)" = "$before" ]
	# nothing queued: an empty set, so that an old file does not stay
	run -0 genie-patch --bundle b --queue q.json -o apply.json p.json
	jq -e '.patches == []' q.json
}

# planned_only OPTION...: both forms say what would be done, and nothing is.
planned_only() {
	: >requests.jsonl
	run -0 --separate-stderr genie-patch --bundle b "$@" --dry-run -o dry.json
	jq -e '.status == "planned" and .dry_run and (.steps | length > 0)' dry.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/apply.json" dry.json
	run -0 --separate-stderr genie-patch --bundle b "$@" --plan
	everything | diff before -
	jq -e -s 'length > 3 and all(.method == "GET" or (.method == "POST" and .path == "/api/2.0/sql/statements"))' requests.jsonl
}
# taken OPTION...: what a run of this does, as it announces it
taken() {
	GENIE_PATCH_FAULT=list genie-patch --allow-dirty --bundle b "$@" -o done.json 2>said
	sed -n 's/.*: step [0-9]*: \(write value\|drop\): //p; s/.*: step [0-9]*: \(replace\|remove\) file: \(.*\/.*\)/\2/p' said
}

@test "what a rollback would undo is shown, in its order, and nothing is undone" {
	start --db work.db --log-requests requests.jsonl
	five
	jq '.patches += [{"patch_id":"P020","type":"add_tvf","lever":3,"risk":"high","target":"main.gold.get_sku_count",
		"new_text":"CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.get_sku_count() RETURNS TABLE(n BIGINT) COMMENT \u0027How many\u0027 RETURN SELECT COUNT(*) AS n FROM ${catalog}.${gold_schema}.dim_sku"}]' p.json >all.json
	genie-patch --bundle b --allow-high -o apply.json all.json
	jq -e '[.patches[] | select(.status == "applied")] | length > 5' apply.json
	genie-patch --bundle b --rollback apply.json --dry-run -o dry.json # temporary tables are made
	everything >before
	planned_only --rollback apply.json
	[[ $output == *$'\n+Amount\n'* && $output == *$'\n-Cost after discount'* ]]
	[[ $output =~ [1-9][0-9]*" values in the workspace and "[1-9][0-9]*" files would change" ]]
	run -65 genie-patch --bundle b --rollback dry.json
	taken --rollback apply.json >taken
	jq -r '.steps[] | .object // .file' dry.json | diff taken -
	unchanged
}

@test "what going back to a configuration would change is shown; so is what ends a drift" {
	start --db work.db --log-requests requests.jsonl
	genie-fetch -q --bundle b cost -o then.json
	five
	genie-patch --bundle b -o apply.json p.json
	genie-fetch -q --bundle b cost -o now.json
	everything >before
	planned_only --restore then.json --snapshot now.json
	[[ $output == *$'\n-Cost after discount'*$'\n+Amount\n'* && $output == *"a/$USAGE"* ]]
	[[ $output =~ [1-9][0-9]*" values in the workspace and "[1-9][0-9]*" files would change" ]]
	taken --restore then.json --snapshot now.json >taken
	jq -r '.steps[] | .object // .file' dry.json | diff taken -
	# a drift: theirs and ours
	sql "COMMENT ON COLUMN main.gold.fact_usage.eff_amt IS 'newer'"
	run -1 genie-patch --bundle b --space cost --verify b -o drift.json
	everything >before
	planned_only --allow-dirty --space cost --theirs drift.json
	[[ $output == *"+    comment: \"newer\""* && $output == *"0 values in the workspace and 1 files would change"* ]]
	planned_only --allow-dirty --space cost --ours drift.json
	[[ $output == *$'\n-newer\n+Amount'* && $output == *"1 values in the workspace and 0 files would change"* ]]
}
