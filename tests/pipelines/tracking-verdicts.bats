#!/usr/bin/env bats
# Why questions fail is read from the table of verdicts where rows do not say it; without the table
# the rows say the same.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash
export REPEATABILITY=no

setup_file() {
	once base BENCHMARKS="$BATS_FILE_TMPDIR/few.yaml" evaluate || return
	jq -e '.asi.status == "logged"' base/cost/iter-00/track.json
}

setup() {
	copy_of base
}

# sql STATEMENT: on the folder's workspace; prints the first row
sql() {
	jq -n --arg s "$1" '{statement: $s, wait_timeout: "50s"}' >statement.json
	cat >run-sql <<-'END'
		set -eu
		printf 'Authorization: Bearer %s\n' "$DATABRICKS_TOKEN" >header
		id=$(curl -fs -H @header "$DATABRICKS_HOST/api/2.0/sql/warehouses" | jq -r '.warehouses[0].id')
		jq --arg id "$id" '.warehouse_id = $id' statement.json | curl -fs -H @header -H 'Content-Type: application/json' -d @- "$DATABRICKS_HOST/api/2.0/sql/statements"
	END
	genie-local exec -q --bundle "$W/bundle" --db "$W/workspace.db" -- bash run-sql 3>&- >answer.json
	jq -e '.status.state == "SUCCEEDED"' answer.json >/dev/null || { cat answer.json; return 1; }
	jq -r '.result.data_array[0] // [] | join("|")' answer.json
}
optimize() { loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=1 optimize; }
fixes() { jq -r '[.clusters[], .long_tail[]?] | map(.asi_counterfactual_fixes // [])[][]' "$W/iter-01/clusters.json"; }

# rows that say nothing of why
bare_rows() {
	jq -c '.judges |= map_values(del(.asi))' "$W/iter-00/rows.jsonl" >bare
	touch -r "$W/iter-00/rows.jsonl" bare
	mv bare "$W/iter-00/rows.jsonl"
}

@test "the table says why, where rows do not" {
	[ "$(sql "SELECT COUNT(*) FROM main.genie_opt.genie_eval_asi_results WHERE value = 'no'")" -gt 0 ]
	sql "UPDATE main.genie_opt.genie_eval_asi_results SET counterfactual_fix = 'so says the table' WHERE value = 'no'"
	bare_rows
	run -0 --separate-stderr optimize
	[[ $stderr != *"table of verdicts"* ]]
	fixes | grep -qx 'so says the table'
}

@test "without the table the rows say the same, which is told once" {
	cp -a work with
	W=$PWD/with/cost loop WORK="$PWD/with" BENCHMARKS="$FEW" ITER=1 optimize 2>with.err
	run ! grep -q 'table of verdicts' with.err
	sql 'DROP TABLE main.genie_opt.genie_eval_asi_results'
	run -0 --separate-stderr optimize
	[ "$(grep -c 'warning: the table of verdicts cannot be read.*; the rows say the same' <<<"$stderr")" = 1 ]
	[[ $stderr == *genie_eval_asi_results* ]]
	diff <(jq -S '[.clusters[] | {root_cause, lever, question_ids, asi_blame_set}]' with/cost/iter-01/clusters.json) \
		<(jq -S '[.clusters[] | {root_cause, lever, question_ids, asi_blame_set}]' "$W/iter-01/clusters.json")
	# the iterations after it do not say it again
	rm -rf "$W"/iter-01 "$W"/final "$W/report.md"
	run -0 --separate-stderr optimize
	[[ $stderr != *"table of verdicts"* ]]
}

@test "what was never put into the table is not looked for there" {
	bare_rows
	jq '.asi = null' "$W/iter-00/track.json" >t && touch -r "$W/iter-00/track.json" t && mv t "$W/iter-00/track.json"
	sql "UPDATE main.genie_opt.genie_eval_asi_results SET counterfactual_fix = 'so says the table' WHERE value = 'no'"
	run -0 --separate-stderr optimize
	[[ $stderr != *"table of verdicts"* ]]
	run ! grep -q 'so says the table' <(fixes)
}
