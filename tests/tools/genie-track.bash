# shellcheck shell=bash
# Helpers of the tests of genie-track. MLFLOW_TEST_URI names a real MLflow server; without it the
# embedded workspace is served, as Databricks.

# tracking [OPTION...]: sets MLFLOW_TRACKING_URI (and host and token); pid is what to stop.
tracking() {
	if [ -n "${MLFLOW_TEST_URI:-}" ]; then
		export MLFLOW_TRACKING_URI=$MLFLOW_TEST_URI
		return
	fi
	serve_workspace --bundle "$ROOT/demo/cost" --token dapi-local-hush --seed 1 --latency 0 \
		--log-requests requests.jsonl "$@"
	export MLFLOW_TRACKING_URI=databricks
}

# serves PATH: does the server know this call? The test of another server than the embedded
# workspace is otherwise skipped, with the reason.
serves() {
	local base=${MLFLOW_TEST_URI:-$DATABRICKS_HOST} status
	status=$(curl -s -o answer -w '%{http_code}' -X POST -H "Authorization: Bearer ${DATABRICKS_TOKEN:-none}" \
		-H 'Content-Type: application/json' -d '{}' "$base$1")
	if [ "$status" = 404 ] && ! grep -q RESOURCE_DOES_NOT_EXIST answer; then
		[ -z "${MLFLOW_TEST_URI:-}" ] || skip "the server does not serve $1"
		echo "the embedded workspace does not serve $1"
		return 1
	fi
}

# get PATH: what the server answers
get() {
	curl -fs -H "Authorization: Bearer ${DATABRICKS_TOKEN:-none}" "${MLFLOW_TEST_URI:-$DATABRICKS_HOST}$1"
}

# field FILTER: of what the last run printed
field() { jq -r "$1" <<<"$output"; }

# evaluated N: rows of N questions, each fourth of them wrong
evaluated() {
	jq -nc --argjson n "$1" --arg salt "${SALT:-}" '
		{failure_type: "wrong_column", severity: "major", confidence: 0.8, blame_set: ["main.gold.t.c"],
		 counterfactual_fix: "say what main.gold.t.c holds"} as $asi |
		range(1; $n + 1) | . as $i | ($i % 4 == 0) as $bad |
		{question_id: "cost_\($i)", question: "What does workspace \($i) cost?\($salt)", expected_sql: "SELECT \($i)", priority: "P1",
		 space_id: "01ef00000000000000000000000000ab", config_id: "c0ffee000001", iteration: 1, asked_at: "2026-11-20T16:50:00Z",
		 latency_ms: 12000, status: "COMPLETED", genie_sql: "SELECT \($i) AS cost", asset: "TABLE", sql_hash: "h\($i)",
		 comparison: {verdict: "identical", match: ($bad | not)}, outcome: (if $bad then "fail" else "pass" end),
		 judges: {syntax_validity: {value: "yes", source: "code", rationale: ""},
			 completeness: {value: "unknown", source: "llm:databricks-claude", rationale: "no answer", asi: $asi},
			 asset_routing: {value: "skipped", source: "code", rationale: ""},
			 result_correctness: (if $bad then {value: "no", source: "code", rationale: "other total", asi: $asi}
				else {value: "yes", source: "code", rationale: "the same"} end)}}'
}

# snapshot CONFIG_ID COMMENT: a space.json
snapshot() {
	jq -n --arg id "$1" --arg comment "$2" '{schema: "genie/space/1", space_id: "01ef00000000000000000000000000ab", title: "Cost",
		config_id: $id, config_hash: ($id + ("0" * 52)), config: {version: 1, big: 6774555288826001999}, config_raw: "{\"version\":1}",
		uc: {columns: [{table_catalog: "main", table_schema: "gold", table_name: "t", column_name: "c", comment: $comment, ordinal_position: 1}],
			tags: [], routines: [{routine_catalog: "main", routine_schema: "gold", routine_name: "f", routine_definition: "x", last_altered: $comment}],
			tables: [], metric_views: []}}'
}

# traces RUN: all of a run, sorted
traces() {
	curl -fs -X POST -H "Authorization: Bearer ${DATABRICKS_TOKEN:-none}" -H 'Content-Type: application/json' \
		-d "{\"locations\":[{\"type\":\"MLFLOW_EXPERIMENT\",\"mlflow_experiment\":{\"experiment_id\":\"$(get "/api/2.0/mlflow/runs/get?run_id=$1" | jq -r .run.info.experiment_id)\"}}],\"filter\":\"attributes.run_id = '$1'\",\"max_results\":500}" \
		"${MLFLOW_TEST_URI:-$DATABRICKS_HOST}/api/3.0/mlflow/traces/search" | jq '.traces | sort_by(.trace_id)'
}
