# genie-deploy where a job deploys the space: on the embedded workspace, with its own `databricks`. `make
# check-deploy` has every known failure; here is what must hold with every build.
load ../lib.bash
load genie-deploy.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR DATABRICKS_CLI_PATH=$ROOT/pipelines/embedded/databricks
	pid=
}

teardown() {
	stop_workspace
}

# workspace [FAULT...]: serves the demo; the bundle in b leaves the space to the job
workspace() {
	local rule rules=()
	for rule; do
		rules+=(--fault "$rule")
	done
	cp -r "$ROOT/demo/cost" b
	rm b/resources/cost_genie_space.yml
	serve_workspace --bundle "$ROOT/demo/cost" --seed 1 --latency 0 "${rules[@]}"
}

# runs: how many were started
runs() {
	curl -sS -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.2/jobs/runs/list" | jq '.runs // [] | length'
}

keeps() { "$ROOT/tests/schema-check" "$ROOT/schemas/deploy.json" "$@"; }

@test "a job deploys the space, is followed, and its page is shown" {
	workspace
	run -0 --separate-stderr deploy
	[[ $stderr == *"run URL: $DATABRICKS_HOST"* ]]
	[ "$(field '.status, .native, .job.key, .attempts[0].phase' | xargs)" = "SUCCESS false genie_spaces_deployment_job run" ]
	[ "$(field '.attempts[0].states | join(",")')" = "PENDING,RUNNING,TERMINATED SUCCESS" ]
	[[ "$(field '.attempts[0].idempotency_token')" =~ ^[0-9a-f]{64}$ ]]
	[ "$(runs)" -eq 1 ]
	keeps deploy.json
}

@test "what the job refuses is mended in the file, and deployed by a second run" {
	workspace
	export_edit '.data_sources.tables |= reverse | del(.instructions.sql_functions[0].id)'
	deploy
	[ "$(field .status)" = SUCCESS ]
	[ "$(field '.attempts[0].task_errors | map([.task_key, (.run_id != null), (.message | length > 10)]) | tojson')" = '[["deploy_genie_spaces",true,true]]' ]
	[ "$(runs)" = "$(field '.attempts | length')" ]
	keeps deploy.json
}

@test "a run that was started is followed by the next call, not started again" {
	workspace
	for fault in started 12 13; do
		rm -f deploy.json
		GENIE_DEPLOY_FAULT=$fault run -137 deploy
		[ ! -e deploy.json ]
		before=$(runs)
		deploy
		[ "$(field '.status, (.attempts | length)' | xargs)" = "SUCCESS 1" ]
		[ "$(runs)" -eq "$before" ] || [ "$fault" != started ]
	done
	[ "$(runs)" -eq 3 ]
}

@test "a failure that nobody knows is escalated with the runs" {
	workspace 'job * fails the moon is in the wrong phase'
	run -1 deploy
	[ "$(field '.status, (.attempts | length)' | xargs)" = "ESCALATED 1" ]
	[ "$(field '.escalation.errors[0] | .message, .task_key' | paste -sd '|')" = "the moon is in the wrong phase|deploy_genie_spaces" ]
	[ "$(field '.escalation.errors[0].run_url')" != null ]
	[ "$(runs)" -eq 1 ]
	keeps deploy.json
}
