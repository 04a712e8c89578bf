# shellcheck shell=bash
# What the bats files of genie-patch share: a bundle under git in b/, a workspace that serves it.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	pid=
	cp -r "$ROOT/demo/cost" b
	git -C b init -q
	git -C b add -A
	git -C b -c user.name=t -c user.email=t@example.invalid commit -qm base
}

teardown() {
	stop_workspace
}

start() {
	serve_workspace --bundle b --seed 1 --latency 0 "$@"
	DATABRICKS_WAREHOUSE_ID=$(jq -r .warehouse_id serve.json)
	export DATABRICKS_WAREHOUSE_ID
}

# patches LEVER PATCH...: a document
patches() {
	local lever=$1
	shift
	jq -n --argjson lever "$lever" '{schema:"genie/patches/1",space_id:"cost",lever:$lever,patches:$ARGS.positional}' \
		--jsonargs "$@"
}

# sql STATEMENT: the cells of the first row, divided by |
sql() {
	curl -sS -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/sql/statements" \
		-d "$(jq -n --arg s "$1" --arg w "$DATABRICKS_WAREHOUSE_ID" '{statement:$s,warehouse_id:$w,wait_timeout:"30s"}')" |
		jq -r '.result.data_array[0] // [] | map(. // "NULL") | join("|")'
}

config() {
	curl -sS -H "Authorization: Bearer $DATABRICKS_TOKEN" \
		"$DATABRICKS_HOST/api/2.0/genie/spaces/cost?include_serialized_space=true" |
		jq -S '.serialized_space | fromjson'
}

comment_of() {
	sql "SELECT comment FROM main.information_schema.columns WHERE table_schema = 'gold' AND table_name = '$1' AND column_name = '$2'"
}

hash_of() {
	genie-fetch --bundle b cost 2>/dev/null | jq -r .config_hash
}

unchanged() { [ -z "$(git -C b status --porcelain)" ]; }

# there_and_back FILE: applies p.json, applies it again, rolls it back; FILE is what must change in between.
# $seen, a shell command, must hold in between.
there_and_back() {
	local before
	before=$(hash_of)
	run -0 --separate-stderr genie-patch --bundle b -o apply.json "${options[@]}" p.json
	jq -e '.patches | length > 0 and all(.status == "applied" and .live.verified and .repo.verified)' apply.json
	jq -e '.files[] | .before_sha256 != .after_sha256' apply.json
	git -C b diff --name-only | grep -qx "$1"
	[ "$(hash_of)" != "$before" ]
	eval "$seen"
	run -0 --separate-stderr genie-patch --bundle b --allow-dirty "${options[@]}" p.json
	[ "$(jq -r '[.patches[].status] | unique | join(",")' <<<"$output")" = already ]
	run -0 genie-patch --bundle b --verify apply.json
	run -0 --separate-stderr genie-patch --bundle b --rollback apply.json -o back.json
	[ "$(jq -r '[.patches[].status] | unique | join(",")' back.json)" = rolled_back ]
	unchanged
	[ "$(hash_of)" = "$before" ]
	run -1 genie-patch --bundle b --verify apply.json
	run ! eval "$seen"
}

# shellcheck disable=SC2034
options=()
USAGE=gold_layer_design/yaml/cost/fact_usage.yaml
EXPORT=src/genie/cost_genie_export.json
VIEW=src/semantic/metric_views/mv_cost_analytics.yaml
COMMENT='{"patch_id":"P1","type":"update_column_comment","target":"main.gold.fact_usage","column":"eff_amt","old_text":"Amount","new_text":"Cost after discount, in USD; it'"'"'s \"cost\""}'
INSTRUCTION='{"patch_id":"P2","type":"add_instruction","new_text":"Spend means total_cost.\nLast month is the calendar month."}'

