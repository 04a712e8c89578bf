#!/usr/bin/env bats
# genie-local: jobs and their runs, and the task that deploys Genie spaces.
# Ids are beyond 2^53: jq would round them, so they are taken from the text.
load ../lib.bash
load genie-local.bash

JOBS=/api/2.2/jobs
W=/api/2.0/workspace
WORK=/Workspace/Shared/deployed

refused() { # STATUS CODE TEXT: what the last call got
	jq -e --arg s "$(code)" --arg want "$1" --arg c "$2" --arg t "$3" '$s == $want and .error_code == $c and (.message | contains($t))' reply >/dev/null ||
		{ echo "got $(code): $(cat reply)"; return 1; }
}
id_of() { grep -o "\"$1\":[0-9]*" reply | head -1 | cut -d: -f2; }
# create [SETTINGS]: sets JOB
create() {
	local settings=${1:-{\}}
	call POST $JOBS/create "$settings" >/dev/null
	JOB=$(id_of job_id)
}
# run_now [JSON MEMBERS]: sets RUN
run_now() {
	local more=${1:-}
	call POST $JOBS/run-now "{\"job_id\": $JOB${more:+, $more}}" >/dev/null
	RUN=$(id_of run_id)
}
get_run() { call GET "$JOBS/runs/get?run_id=$RUN"; }
# finish: looks at the run until it has ended; a run ends after a fixed number of looks
finish() {
	local i
	for i in 1 2 3 4 5 6; do
		get_run >/dev/null
		! jq -e '.status.state == "TERMINATED"' reply >/dev/null || return 0
	done
	echo "not at its end: $(cat reply)"
	return 1
}
# output_of TASK: the output of a task of the run that was looked at last
output_of() {
	local id
	id=$(tr '{' '\n' <reply | grep "\"task_key\":\"$1\"" -A4 | grep -o '"run_id":[0-9]*' | head -1 | cut -d: -f2)
	[ -n "$id" ] || id=$(sed 's/.*"task_key":"'"$1"'"//' reply | grep -o '"run_id":[0-9]*' | head -1 | cut -d: -f2)
	call GET "$JOBS/runs/get-output?run_id=$id"
}
put() { # PATH FILE
	printf '{"path": "%s", "format": "AUTO", "overwrite": true, "content": "%s"}' "$1" "$(base64 -w0 "$2")" >body
	expect 200 POST $W/import @body
}

# deployable [EXPORT]: the demo's space, script and job as a deployment leaves them; sets JOB
deployable() {
	start --bundle "$ROOT/demo/cost" "${@:2}"
	expect 200 POST $W/mkdirs "{\"path\": \"$WORK/src/genie\"}"
	put "$WORK/src/genie/deploy_genie_spaces.py" "$ROOT/demo/cost/src/genie/deploy_genie_spaces.py"
	local export=${1:-}
	put "$WORK/src/genie/cost_genie_export.json" "${export:-$ROOT/demo/cost/src/genie/cost_genie_export.json}"
	create "$(jq -nc --arg f "$WORK/src/genie/deploy_genie_spaces.py" '{name: "deploy", parameters: [{name: "catalog", default: "main"}, {name: "gold_schema", default: "gold"}],
		tasks: [{task_key: "deploy", spark_python_task: {python_file: $f, parameters: ["--catalog={{job.parameters.catalog}}", "--gold-schema", "{{job.parameters.gold_schema}}", "--space-id=cost"]}}]}')"
}
space() { call GET "/api/2.0/genie/spaces/cost?include_serialized_space=true"; }
export_with() { jq "$1" "$ROOT/demo/cost/src/genie/cost_genie_export.json" >export.json; }

# fails_with TEXT: the job fails for this reason, which its task's output tells; the space is as it was
fails_with() {
	local before
	before=$(space | jq -c '[.etag, .serialized_space]')
	run_now
	finish
	jq -e '.state.life_cycle_state == "INTERNAL_ERROR" and .state.result_state == "FAILED" and
		.state.state_message == "Task deploy failed with message: Workload failed, see run output for details." and
		.status.state == "TERMINATED" and .status.termination_details.code == "RUN_EXECUTION_ERROR" and
		.tasks[0].state.life_cycle_state == "TERMINATED" and .tasks[0].state.result_state == "FAILED"' reply
	run -0 output_of deploy
	jq -e --arg t "$1" '.error | contains($t)' <<<"$output" || { echo "$output"; return 1; }
	[ "$(space | jq -c '[.etag, .serialized_space]')" = "$before" ]
}

@test "genie-local jobs: a job is made, changed, found and deleted" {
	start
	create '{"name": "one", "tasks": [{"task_key": "a"}], "tags": {"x": "1"}}'
	[[ $JOB =~ ^7[0-9]{18}$ ]]
	run -0 call GET "$JOBS/get?job_id=$JOB"
	[[ $output == *"\"job_id\":$JOB"* ]]
	[ "$(jq -c '.settings | [.name, .max_concurrent_runs, .format, .tags.x]' <<<"$output")" = '["one",1,"MULTI_TASK","1"]' ]
	expect 200 POST $JOBS/update "{\"job_id\": $JOB, \"new_settings\": {\"name\": \"two\"}, \"fields_to_remove\": [\"tags\"]}"
	[ "$(call GET "$JOBS/get?job_id=$JOB" | jq -c '.settings | [.name, .tags, (.tasks | length)]')" = '["two",null,1]' ]
	expect 200 POST $JOBS/reset "{\"job_id\": $JOB, \"new_settings\": {\"name\": \"three\"}}"
	[ "$(call GET "$JOBS/get?job_id=$JOB" | jq -c '.settings | [.name, .tasks]')" = '["three",null]' ]
	[ "$(call GET "$JOBS/list?name=THREE" | jq '.jobs | length')" = 1 ]
	[ "$(call GET "$JOBS/list?name=two" | jq '.jobs | length')" = 0 ]
	[ "$(call GET "/api/2.1/jobs/list" | jq '.jobs | length')" = 1 ]
	expect 200 POST $JOBS/delete "{\"job_id\": $JOB}"
	expect 400 GET "$JOBS/get?job_id=$JOB"
	refused 400 INVALID_PARAMETER_VALUE "Job $JOB does not exist."
	call POST $JOBS/run-now "{\"job_id\": $JOB}"
	refused 400 INVALID_PARAMETER_VALUE "does not exist"
}

@test "genie-local jobs: lists come in pages" {
	start
	for i in 1 2 3; do create "{\"name\": \"job $i\"}"; done
	run -0 call GET "$JOBS/list?limit=2"
	[ "$(jq -c '[.jobs[].settings.name]' <<<"$output")" = '["job 3","job 2"]' ]
	run -0 call GET "$JOBS/list?limit=2&page_token=$(jq -r .next_page_token <<<"$output")"
	[ "$(jq -c '[[.jobs[].settings.name], .next_page_token]' <<<"$output")" = '[["job 1"],null]' ]
}

@test "genie-local jobs: settings that are none are refused" {
	start
	expect 400 POST $JOBS/create '{"tasks": {}}'
	expect 400 POST $JOBS/create '{"tasks": [{"description": "no key"}]}'
	refused 400 INVALID_PARAMETER_VALUE task_key
	expect 400 POST $JOBS/create '{"tasks": [{"task_key": "a"}, {"task_key": "a"}]}'
	refused 400 INVALID_PARAMETER_VALUE "'a' is there twice"
	expect 400 GET "$JOBS/get?job_id=abc"
	expect 400 GET "$JOBS/get"
	[ "$(call GET $JOBS/list | jq '.jobs | length')" = 0 ]
}

@test "genie-local jobs: the demo's deployment succeeds, step by step, and changes nothing that is the same" {
	deployable
	before=$(space | jq -c '[.etag, .serialized_space]')
	run_now
	[[ $RUN =~ ^7[0-9]{18}$ ]]
	get_run >/dev/null
	jq -e '.state.life_cycle_state == "PENDING" and .status.state == "PENDING" and .tasks[0].status.state == "PENDING"' reply
	get_run >/dev/null
	jq -e '.state.life_cycle_state == "RUNNING" and .status.state == "RUNNING" and .state.result_state == null' reply
	get_run >/dev/null
	jq -e '.state.life_cycle_state == "TERMINATED" and .state.result_state == "SUCCESS" and
		.status.termination_details == {code: "SUCCESS", type: "SUCCESS", message: ""} and .tasks[0].state.result_state == "SUCCESS"' reply
	[[ $(jq -r .run_page_url reply) == "$URL"/*"$JOB/run/$RUN" ]]
	[ "$(output_of deploy | jq -r .logs)" = "space cost: 6 tables, 1 metric views, 3 functions" ]
	[ "$(space | jq -c '[.etag, .serialized_space]')" = "$before" ]
}

@test "genie-local jobs: what the export says becomes the space" {
	export_with '.instructions.text_instructions[0].content = ["Only this.\n"]'
	deployable export.json
	run_now
	finish
	[ "$(space | jq -r '.serialized_space | fromjson | .instructions.text_instructions[0].content[0]')" = "Only this." ]
	[ "$(space | jq -r .etag)" = 2 ]
}

@test "genie-local jobs: the script for bundles of one's own is understood, with a space for each export" {
	deployable
	put "$WORK/src/genie/deploy_genie_spaces.py" "$ROOT/pipelines/bundle/src/genie/deploy_genie_spaces.py"
	task() {
		jq -nc --arg f "$WORK/src/genie/deploy_genie_spaces.py" --arg s "--source=$WORK/src/genie" --arg p "--spaces=$1" \
			'{tasks: [{task_key: "deploy", spark_python_task: {python_file: $f, parameters: [$s, "--catalog=main", "--gold-schema=gold", $p]}}]}'
	}
	create "$(task 'other=x, cost=cost')"
	run_now
	finish
	[ "$(jq -r .state.result_state reply)" = SUCCESS ]
	create "$(task 'other=x')"
	fails_with "no space for cost_genie_export.json"
}

@test "genie-local jobs: unsorted tables fail the task with the workspace's words" {
	export_with '.data_sources.tables |= reverse'
	deployable export.json
	fails_with "data_sources.tables must be sorted"
}

@test "genie-local jobs: a function without id, or with a bad one, fails to retrieve the schema" {
	export_with 'del(.instructions.sql_functions[0].id)'
	deployable export.json
	fails_with "INTERNAL_ERROR: Failed to retrieve schema"
	export_with '.instructions.sql_functions[0].id = "fn-1"'
	put "$WORK/src/genie/cost_genie_export.json" export.json
	fails_with "INTERNAL_ERROR: Failed to retrieve schema"
}

@test "genie-local jobs: more than 50 functions are too many" {
	export_with '.instructions.sql_functions = [range(51) | {id: ("00000000000000000000000000000000\(.)" | .[-32:]), identifier: "${catalog}.${gold_schema}.f\(.)"}]'
	deployable export.json
	fails_with "Exceeded maximum number (50)"
}

@test "genie-local jobs: broken JSON fails with line and column" {
	sed '5s/:/;/' "$ROOT/demo/cost/src/genie/cost_genie_export.json" >export.json
	deployable export.json
	fails_with "cost_genie_export.json: line 5, column"
}

@test "genie-local jobs: a variable without value is named" {
	sed 's/\${catalog}/${katalog}/' "$ROOT/demo/cost/src/genie/cost_genie_export.json" >export.json
	deployable export.json
	fails_with 'unresolved variable ${katalog}'
}

@test "genie-local jobs: a table that is not there, a space that is not there" {
	export_with '.data_sources.tables += [{identifier: "${catalog}.${gold_schema}.zz"}]'
	deployable export.json
	fails_with "main.gold.zz"
	call DELETE /api/2.0/genie/spaces/cost >/dev/null
	run_now
	finish
	[[ $(output_of deploy | jq -r .error) == *"RESOURCE_DOES_NOT_EXIST: Space cost has been trashed."* ]]
}

@test "genie-local jobs: what cannot be carried out fails and says so" {
	start
	expect 200 POST $W/mkdirs '{"path": "/Shared/x"}'
	printf 'print(1)\n' >s.py
	put /Shared/x/evaluate.py s.py
	create '{"tasks": [{"task_key": "deploy", "spark_python_task": {"python_file": "/Workspace/Shared/x/evaluate.py"}}, {"task_key": "gone", "spark_python_task": {"python_file": "/Shared/none.py"}},
		{"task_key": "sql", "sql_task": {}}, {"task_key": "after", "depends_on": [{"task_key": "sql"}], "sql_task": {}}]}'
	run_now
	finish
	cp reply run.json
	[ "$(jq -c '[.tasks[].state.result_state]' run.json)" = '["FAILED","FAILED","FAILED","UPSTREAM_FAILED"]' ]
	[[ $(output_of deploy | jq -r .error) == *"does not run Python"* ]]
	cp run.json reply
	[[ $(output_of gone | jq -r .error) == *"/Shared/none.py"* ]]
	call GET "$JOBS/runs/get-output?run_id=$RUN" >/dev/null
	refused 400 INVALID_PARAMETER_VALUE "multiple tasks"
}

@test "genie-local jobs: a token starts one run, however often it is sent" {
	deployable
	run_now '"idempotency_token": "t-1"'
	first=$RUN
	run_now '"idempotency_token": "t-1"'
	[ "$RUN" = "$first" ]
	finish
	run_now '"idempotency_token": "t-2"'
	[ "$RUN" != "$first" ]
	[ "$(call GET "$JOBS/runs/list?job_id=$JOB" | jq -c '[.runs[].number_in_job]')" = '[2,1]' ]
	[ "$(call GET "$JOBS/runs/list?job_id=$JOB&completed_only=true" | jq '.runs | length')" = 1 ]
	call POST $JOBS/run-now "{\"job_id\": $JOB, \"idempotency_token\": \"$(printf 'x%.0s' {1..65})\"}" >/dev/null
	refused 400 INVALID_PARAMETER_VALUE "64 characters"
}

@test "genie-local jobs: parameters of a run replace the defaults; unknown ones are refused" {
	deployable
	run_now '"job_parameters": {"gold_schema": "silver"}'
	finish
	[ "$(jq -c '[.job_parameters[] | [.name, .default, .value]]' reply)" = '[["catalog","main",null],["gold_schema","gold","silver"]]' ]
	[[ $(output_of deploy | jq -r .error) == *"main.silver."* ]]
	call POST $JOBS/run-now "{\"job_id\": $JOB, \"job_parameters\": {\"nope\": \"1\"}}" >/dev/null
	refused 400 INVALID_PARAMETER_VALUE "'nope'"
	call POST $JOBS/run-now "{\"job_id\": $JOB, \"notebook_params\": {}}" >/dev/null
	refused 400 INVALID_PARAMETER_VALUE "notebook_params"
}

@test "genie-local jobs: a second run waits in the queue, or is skipped without one" {
	deployable
	run_now
	first=$RUN
	run_now
	get_run >/dev/null
	jq -e '.state.life_cycle_state == "SKIPPED" and .state.result_state == "MAXIMUM_CONCURRENT_RUNS_REACHED" and .status.state == "TERMINATED"' reply
	run_now '"queue": {"enabled": true}'
	get_run >/dev/null
	[ "$(jq -r .state.life_cycle_state reply)" = QUEUED ]
	finish
	[ "$(jq -r .state.result_state reply)" = SUCCESS ]
	RUN=$first
	get_run >/dev/null
	[ "$(jq -r .state.result_state reply)" = SUCCESS ]
}

@test "genie-local jobs: a run can be cancelled" {
	deployable
	run_now
	expect 200 POST $JOBS/runs/cancel "{\"run_id\": $RUN}"
	finish
	jq -e '.state.life_cycle_state == "TERMINATED" and .state.result_state == "CANCELED" and .state.user_cancelled_or_timedout and .status.termination_details.code == "USER_CANCELED"' reply
	expect 400 GET "$JOBS/runs/get?run_id=12"
	refused 400 INVALID_PARAMETER_VALUE "Run 12 does not exist."
}

@test "genie-local jobs: a task fails as a rule says, and a repair runs it again" {
	deployable "" --fault 'job deploy fails Cluster terminated: out of capacity x1'
	fails_with "Cluster terminated: out of capacity"
	expect 200 POST $JOBS/runs/repair "{\"run_id\": $RUN, \"rerun_all_failed_tasks\": true}"
	repair=$(id_of repair_id)
	finish
	[ "$(jq -c '[.state.result_state, .tasks[0].attempt_number]' reply)" = '["SUCCESS",1]' ]
	grep -q "\"id\":$repair,\"type\":\"REPAIR\"" reply
	expect 400 POST $JOBS/runs/repair "{\"run_id\": $RUN, \"rerun_all_failed_tasks\": true}"
	expect 400 POST $JOBS/runs/repair "{\"run_id\": $RUN, \"rerun_tasks\": [\"deploy\"]}"
	refused 400 INVALID_PARAMETER_VALUE latest_repair_id
}

@test "genie-local jobs: rules can say that the token has expired; a rule that is none is refused" {
	start --fault 'GET /jobs/list 401 x1'
	expect 401 GET $JOBS/list
	[ "$(jq -r .message reply)" = "Access token has expired." ]
	expect 200 GET $JOBS/list
	run -2 genie-local serve --fault 'job deploy explodes'
	[[ $output == *"job TASK fails MESSAGE"* ]]
	run -2 genie-local serve --fault 'job deploy fails'
}

@test "genie-local jobs: jobs and runs outlive the server" {
	deployable "" --db w.db
	run_now '"idempotency_token": "t"'
	kill "$pid"
	ends 0
	start --db w.db
	finish
	[ "$(jq -r .state.result_state reply)" = SUCCESS ]
	run_now '"idempotency_token": "t"'
	[ "$(call GET "$JOBS/runs/list?job_id=$JOB" | jq '.runs | length')" = 1 ]
}
