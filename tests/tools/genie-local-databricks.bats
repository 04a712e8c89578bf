#!/usr/bin/env bats
# genie-local databricks: the bundle commands of the Databricks CLI against the embedded workspace.
load ../lib.bash

USER_ROOT=/Workspace/Users/local.user@genie-local.invalid/.bundle/cost/dev

setup() {
	cd "$BATS_TEST_TMPDIR"
	cp -R "$ROOT/demo/cost" bundle
}

# inside SCRIPT...: the lines are run in the bundle, in one workspace that stays; databricks is the stand-in
inside() {
	printf '%s\n' 'set -eu -o pipefail; databricks() { "$DATABRICKS_CLI_PATH" "$@"; }' \
		'api() { curl -sS -X "$1" -H "Authorization: Bearer $DATABRICKS_TOKEN" ${3:+-d "$3"} "$DATABRICKS_HOST$2"; }' 'cd bundle' "$@" >script
	genie-local exec -q --bundle "$ROOT/demo/cost" --db "$PWD/w.db" -- bash script 3>&-
}
# bundle ARGUMENTS: databricks bundle ..., with status, output and stderr as `run` leaves them
bundle() { run --separate-stderr inside "databricks bundle $*"; }
edit() { sed -i "$@"; }

@test "databricks: validate says what would be deployed, and where" {
	bundle validate -t dev
	[ "$status" = 0 ]
	[[ $output == *"Name: cost"*"Target: dev"*"Path: $USER_ROOT"*"Validation OK!" ]]
	bundle validate -o json
	[ "$status" = 0 ]
	[ "$(jq -c '[.bundle.name, .bundle.target, .bundle.mode, .workspace.file_path, .workspace.current_user.short_name]' <<<"$output")" = "[\"cost\",\"dev\",\"development\",\"$USER_ROOT/files\",\"local_user\"]" ]
	[ "$(jq -r '.resources.jobs.genie_spaces_deployment_job | .name' <<<"$output")" = "[dev local_user] [dev] Genie Spaces deployment" ]
	[ "$(jq -r '.resources.jobs.genie_spaces_deployment_job.tasks[0].spark_python_task.python_file' <<<"$output")" = "$USER_ROOT/files/src/genie/deploy_genie_spaces.py" ]
	run ! grep -q __file <<<"$output"
}

@test "databricks: a deployment of the unchanged demo leaves the space as it is, and so does its job" {
	inside 'genie-fetch -q cost >../before.json
		databricks bundle deploy -t dev 2>../deploy.err
		genie-fetch -q cost >../deployed.json
		job=$(databricks bundle summary -o json | jq -r .resources.jobs.genie_spaces_deployment_job.id)
		run=$(api POST /api/2.2/jobs/run-now "{\"job_id\": $job}" | grep -o "\"run_id\":[0-9]*" | cut -d: -f2)
		until api GET "/api/2.2/jobs/runs/get?run_id=$run" >../run.json; jq -e ".state.result_state" ../run.json >/dev/null; do :; done
		genie-fetch -q cost >../after.json'
	[ "$(jq -r .state.result_state run.json)" = SUCCESS ]
	for f in deployed after; do
		[ "$(jq -r .config_hash $f.json)" = "$(jq -r .config_hash before.json)" ]
		[ "$(jq -c '[.title, .etag, .description, .warehouse_id]' $f.json)" = "$(jq -c '[.title, .etag, .description, .warehouse_id]' before.json)" ]
	done
	grep -q '^Created jobs.genie_spaces_deployment_job$' deploy.err
	grep -q '^Resources: 2 created, 1 changed, 0 deleted, 0 unchanged$' deploy.err
	grep -q '^Deployment complete!$' deploy.err
	[ -z "$(cd bundle && diff -r . "$ROOT/demo/cost")" ] # nothing is written into the bundle
}

@test "databricks: a second deployment does only what changed" {
	bundle deploy
	bundle deploy
	[[ $stderr == *"Files: 0 uploaded, 0 deleted"*"Resources: 0 created, 0 changed, 0 deleted, 3 unchanged"* ]]
	edit 's/timeout_seconds: 900/timeout_seconds: 901/' bundle/resources/genie_spaces_deployment_job.yml
	echo new >bundle/src/new.txt
	rm bundle/README.md
	bundle plan -o json
	[ "$(jq -c '.plan | map_values(.action)' <<<"$output")" = '{"resources.genie_spaces.cost":"skip","resources.jobs.genie_evaluation_job":"skip","resources.jobs.genie_spaces_deployment_job":"update"}' ]
	bundle plan
	[[ $output == *"update jobs.genie_spaces_deployment_job"*"Plan: 0 to add, 1 to change, 0 to delete, 2 unchanged" ]]
	bundle deploy
	[ "$status" = 0 ]
	[[ $stderr == *"Files: 2 uploaded, 1 deleted"*"Updated jobs.genie_spaces_deployment_job"*"Resources: 0 created, 1 changed, 0 deleted, 2 unchanged"* ]]
	run -0 inside 'api GET "/api/2.0/workspace/export?direct_download=true&path='$USER_ROOT'/files/src/new.txt"
		api GET "/api/2.0/workspace/get-status?path='$USER_ROOT'/files/README.md" | jq -r .error_code'
	[ "$output" = $'new\nRESOURCE_DOES_NOT_EXIST' ]
}

@test "databricks: what the export says is in the space after a deployment, and an edit in between is overwritten" {
	bundle deploy
	inside 'api PATCH /api/2.0/genie/spaces/cost "{\"serialized_space\": \"{\\\"version\\\": 2, \\\"data_sources\\\": {}}\"}" >/dev/null'
	bundle plan
	[[ $output == *"update genie_spaces.cost"* ]]
	edit 's/Cost and usage of the platform/What it costs/' bundle/src/genie/cost_genie_export.json
	bundle deploy
	[[ $stderr == *"Updated genie_spaces.cost"* ]]
	run -0 inside 'genie-fetch -q cost | jq -r "[.config.data_sources.tables[].description // empty] | flatten[]"'
	[ "$output" = "What it costs" ]
}

@test "databricks: a resource that is gone from the bundle is deleted" {
	bundle deploy
	rm bundle/resources/genie_evaluation_job.yml
	bundle deploy
	[ "$status" = 0 ]
	[[ $stderr == *"Deleted jobs.genie_evaluation_job"*"1 deleted, 2 unchanged"* ]]
	run -0 inside 'api GET /api/2.2/jobs/list | jq ".jobs | length"'
	[ "$output" = 1 ]
	rm bundle/resources/cost_genie_space.yml
	bundle deploy
	[ "$status" = 1 ]
	[[ $stderr == *"Error: the deployment requires destructive actions"* ]]
	bundle deploy --auto-approve
	[ "$status" = 0 ]
	[[ $stderr == *"Deleted genie_spaces.cost"* ]]
	run -0 inside 'genie-fetch --list | wc -l'
	[ "$output" = 0 ]
}

@test "databricks: a space without id is made, once" {
	edit '/space_id:/d; s/title: Platform Cost/title: Another/' bundle/resources/cost_genie_space.yml
	bundle deploy
	[ "$status" = 0 ]
	[[ $stderr == *"Created genie_spaces.cost"* ]]
	bundle deploy
	[[ $stderr == *"3 unchanged"* ]]
	run -0 inside 'genie-fetch --list | jq -s "length"' 'databricks bundle summary | grep -A2 cost:'
	[[ $output == *"Name: Another"*"/genie/rooms/"* ]]
}

@test "databricks: two spaces of one title in one folder collide" {
	edit '/space_id:/d' bundle/resources/cost_genie_space.yml
	bundle deploy
	[ "$status" = 1 ]
	[[ $stderr == *"Error: cannot create resources.genie_spaces.cost: Node named 'Platform Cost' already exists in '/Shared/genie' (400 RESOURCE_ALREADY_EXISTS)"* ]]
	[[ $stderr != *"Deployment complete"* ]]
}

@test "databricks: variables come from the command line, the environment, a file, the target, the default" {
	edit 's/^    mode: development/&\n    variables:\n      gold_schema: of_target/' bundle/databricks.yml
	schema() { jq -r '.resources.jobs.genie_spaces_deployment_job.parameters[1].default' <<<"$output"; }
	bundle validate -o json
	[ "$(schema)" = of_target ]
	mkdir -p bundle/.databricks/bundle/dev
	echo '{"gold_schema": "of_file"}' >bundle/.databricks/bundle/dev/variable-overrides.json
	bundle validate -o json
	[ "$(schema)" = of_file ]
	BUNDLE_VAR_gold_schema=of_environment bundle validate -o json
	[ "$(schema)" = of_environment ]
	BUNDLE_VAR_gold_schema=of_environment bundle validate -o json --var=gold_schema=of_line
	[ "$(schema)" = of_line ]
}

# wrong TEXT...: validate finds one error and says each of the texts; deploy stops before it does anything
wrong() {
	local text
	bundle validate -t dev
	[ "$status" = 1 ] || { echo "$output$stderr"; return 1; }
	for text; do [[ $stderr == *"$text"* ]] || { echo "no '$text' in: $stderr"; return 1; }; done
	[[ $output == *"Found 1 error" ]]
	bundle deploy -t dev
	[ "$status" = 1 ]
	[[ $stderr == "Error: "* && $stderr != *Uploading* ]]
}

@test "databricks: broken YAML is told with its line" {
	printf 'resources:\n  jobs:\n    a: {name: "x\n' >bundle/resources/broken.yml
	wrong "Error: failed to load resources/broken.yml: yaml: line" "in resources/broken.yml:"
	printf 'bundle: [\n' >bundle/databricks.yml
	wrong "Error: failed to load databricks.yml: yaml: line"
}

@test "databricks: a reference that leads nowhere is told with its place" {
	edit 's/\${var.catalog}/${var.katalog}/' bundle/resources/genie_spaces_deployment_job.yml
	wrong 'Error: reference does not exist: ${var.katalog}' "at resources.jobs.genie_spaces_deployment_job.parameters[0].default" \
		"in resources/genie_spaces_deployment_job.yml:10:20"
}

@test "databricks: a variable without value is told" {
	edit '/default: main/d' bundle/databricks.yml
	bundle validate -t dev
	[ "$status" = 1 ]
	[[ $stderr == *"Error: no value assigned to required variable catalog."*"BUNDLE_VAR_catalog"* ]]
	bundle validate --var catalog=main
	[ "$status" = 0 ]
}

@test "databricks: an include that matches nothing, a pattern may" {
	edit 's|  - resources/\*.yml|&\n  - other/*.yml|' bundle/databricks.yml
	bundle validate
	[ "$status" = 0 ]
	edit 's|  - other/\*.yml|  - other/job.yml|' bundle/databricks.yml
	wrong "Error: other/job.yml defined in 'include' section does not match any files" "in databricks.yml:9:5"
}

@test "databricks: files that are not there" {
	rm bundle/src/genie/deploy_genie_spaces.py
	wrong "Error: file ../src/genie/deploy_genie_spaces.py not found" "in resources/genie_spaces_deployment_job.yml:20:26"
	cp "$ROOT/demo/cost/src/genie/deploy_genie_spaces.py" bundle/src/genie
	rm bundle/src/genie/cost_genie_export.json
	wrong "Error: failed to read serialized genie space from file_path ../src/genie/cost_genie_export.json" "in resources/cost_genie_space.yml:11:18"
}

@test "databricks: one key for two resources is told with both places" {
	sed 's/genie_evaluation_job:/genie_spaces_deployment_job:/' bundle/resources/genie_evaluation_job.yml >bundle/resources/second.yml
	wrong "Error: multiple resources or scripts have been defined with the same key: genie_spaces_deployment_job" \
		"resources/genie_spaces_deployment_job.yml:5:5" "resources/second.yml:4:5"
}

@test "databricks: a target that is not there, a folder that is no bundle, words it does not know" {
	bundle validate -t prod
	[ "$status" = 1 ]
	[[ $stderr == *"Error: prod: no such target. Available targets: dev"* ]]
	run --separate-stderr inside 'mkdir ../empty && cd ../empty && databricks bundle validate'
	[ "$status" = 1 ]
	[[ $stderr == *"Error: unable to locate bundle root: databricks.yml not found"* ]]
	bundle destroy
	[[ $stderr == *'Error: unknown command "destroy"'* ]]
	bundle validate --nope
	[[ $stderr == *"Error: unknown flag: --nope"* ]]
	bundle validate -o yaml
	[[ $stderr == *'invalid argument "yaml"'* ]]
}

@test "databricks: what the workspace refuses is told as the CLI tells it" {
	jq '.data_sources.tables |= reverse' "$ROOT/demo/cost/src/genie/cost_genie_export.json" >bundle/src/genie/cost_genie_export.json
	bundle deploy
	[ "$status" = 1 ]
	[[ $stderr == *"Error: cannot update resources.genie_spaces.cost: "*"data_sources.tables must be sorted by identifier"*"(400 INVALID_PARAMETER_VALUE)"*"Endpoint: PATCH http://"*"HTTP Status: 400"*"API error_code: INVALID_PARAMETER_VALUE"* ]]
	cp "$ROOT/demo/cost/src/genie/cost_genie_export.json" bundle/src/genie
	bundle deploy
	[ "$status" = 0 ]
	[[ $stderr == *"Deployment complete!"* ]]
}

@test "databricks: genie_spaces need the direct engine" {
	edit '/engine: direct/d' bundle/databricks.yml
	bundle deploy
	[ "$status" = 1 ]
	[[ $stderr == *"only supported by the direct deployment engine"* ]]
	DATABRICKS_BUNDLE_ENGINE=direct bundle deploy
	[ "$status" = 1 ] # exec keeps the caller's settings for Databricks away from its workspace
}

@test "databricks: an expired token is told, on validate as on deploy" {
	run --separate-stderr genie-local exec -q --bundle "$ROOT/demo/cost" --fault '* /api 401' -- bash -c 'cd bundle && "$DATABRICKS_CLI_PATH" bundle deploy' 3>&-
	[ "$status" = 1 ]
	[[ $stderr == *"Error: "*"Access token has expired."*"401"* ]]
}

@test "databricks: no host but loopback is served" {
	cd bundle
	run --separate-stderr env DATABRICKS_HOST=https://example.invalid DATABRICKS_TOKEN=secret-token genie-local databricks bundle deploy
	[ "$status" = 1 ]
	[[ $stderr == *"https://example.invalid is not on loopback"* && $stderr != *secret-token* ]]
	run --separate-stderr env -u DATABRICKS_HOST -u DATABRICKS_TOKEN genie-local databricks bundle validate
	[ "$status" = 1 ]
	[[ $stderr == "Error: "* ]]
}

@test "databricks: exec leaves a command that was named alone, and finds its own by itself" {
	run -0 genie-local exec -q --bundle "$ROOT/demo/cost" -- sh -c 'echo "$DATABRICKS_CLI_PATH"' 3>&-
	[ "$output" = "$ROOT/pipelines/embedded/databricks" ]
	DATABRICKS_CLI_PATH=/opt/databricks run -0 genie-local exec -q --bundle "$ROOT/demo/cost" -- sh -c 'echo "$DATABRICKS_CLI_PATH"' 3>&-
	[ "$output" = /opt/databricks ]
}
