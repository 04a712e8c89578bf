#!/usr/bin/env bats
# genie-local's MLflow part, over real HTTP, held against what a real server answered.
load ../lib.bash
load genie-local.bash

HOME_DIR=/Users/local.user@genie-local.invalid

setup() {
	cd "$BATS_TEST_TMPDIR"
	pid=
	serve_state
}

teardown() {
	stop_workspace
}

# serve_state OPTION...: a workspace that finds what an earlier one of this test has kept
serve_state() { start --db state.db "$@"; }

# send METHOD PATH [CURL OPTION...]: prints the body; code() has the status
send() {
	local method=$1 path=$2
	shift 2
	curl -sS -o reply -w '%{http_code}' -X "$method" -H "Authorization: Bearer $TOKEN" "$@" "$URL$path" >code
	cat reply
}
code() { cat code; }

# api METHOD PATH [BODY]: below /api/2.0/mlflow, or below /api when PATH begins with a version
api() {
	local path=$2
	case $path in /*) ;; 2.0/* | 3.0/*) path=/api/$path ;; *) path=/api/2.0/mlflow/$path ;; esac
	if [ $# -ge 3 ]; then
		send "$1" "$path" -H 'Content-Type: application/json' -d "$3"
	else
		send "$1" "$path"
	fi
}

# refused STATUS CODE TEXT METHOD PATH [BODY]
refused() {
	local status=$1 error=$2 text=$3
	shift 3
	api "$@" >/dev/null
	if [ "$(code)" != "$status" ] || [ "$(jq -r .error_code reply)" != "$error" ] || [[ $(jq -r .message reply) != *"$text"* ]]; then
		echo "$* gave $(code): $(cat reply)"; return 1
	fi
}

# ok METHOD PATH BODY [ANSWER]
ok() {
	api "$1" "$2" "$3" >/dev/null
	[ "$(code)" = 200 ] || { echo "$* gave $(code): $(cat reply)"; return 1; }
	[ $# -lt 4 ] || [ "$(cat reply)" = "$4" ] || { echo "$* answered $(cat reply)"; return 1; }
}

experiment() {
	api POST experiments/create "$(jq -nc --arg n "${1:-$HOME_DIR/opt}" '{name: $n, tags: [{key: "mlflow.experimentKind", value: "genai_development"}]}')" |
		jq -r .experiment_id
}
# run EXPERIMENT [MORE]: a new run's id
run_of() {
	api POST runs/create "$(jq -nc --arg e "$1" --argjson more "${2:-{\}}" '{experiment_id: $e, start_time: 1795188410796, run_name: "optimize-1"} + $more')" |
		jq -r .run.info.run_id
}
# same JQ EXPECTED: of the last reply
same() {
	[ "$(jq -c "$1" reply)" = "$2" ] || { echo "$1 is $(jq -c "$1" reply), not $2"; return 1; }
}

# transcript FILE REGEX [N]: the answer that follows the Nth line like that
transcript() {
	need_data "mlflow-transcripts/$1"
	grep -E -A1 -- "$2" "$SHARED_DATA/mlflow-transcripts/$1" | grep -vE -- '^--$' | sed -n "$((2 * ${3:-1}))p" | sed 's/^   //'
}
# shape JSON: the paths of all values with their types
shape() { jq -c '[paths(type != "object" and type != "array") as $p | [($p | map(if type == "number" then 0 else . end) | map(tostring) | join(".")), (getpath($p) | type)]] | unique'; }

@test "experiments: by name and id, made once, tagged, deleted and restored" {
	api GET "experiments/get-by-name?experiment_name=$HOME_DIR/opt" >/dev/null
	[ "$(code)" = 404 ] && same .error_code '"RESOURCE_DOES_NOT_EXIST"'
	[ "$(experiment)" = 1 ]
	api GET "experiments/get-by-name?experiment_name=$HOME_DIR/opt" >/dev/null
	same '.experiment | [.experiment_id, .artifact_location, .lifecycle_stage, .tags[0].value]' '["1","mlflow-artifacts:/1","active","genai_development"]'
	[ "$(shape <reply)" = "$(transcript out-t1.txt '^GET .*get-by-name' | shape)" ]
	refused 400 RESOURCE_ALREADY_EXISTS 'already exists' POST experiments/create "{\"name\":\"$HOME_DIR/opt\"}"
	refused 400 INVALID_PARAMETER_VALUE "Missing value for required parameter 'name'" POST experiments/create '{"name":""}'
	ok POST experiments/set-experiment-tag '{"experiment_id":"1","key":"team","value":"x"}' '{}'
	refused 404 RESOURCE_DOES_NOT_EXIST 'No Experiment with id=99999 exists' POST experiments/set-experiment-tag '{"experiment_id":"99999","key":"k","value":"v"}'
	refused 400 INVALID_PARAMETER_VALUE "'value' exceeds the maximum length of 5000 characters" POST experiments/set-experiment-tag \
		"{\"experiment_id\":\"1\",\"key\":\"k\",\"value\":\"$(printf 'x%.0s' {1..5001})\"}"
	ok POST experiments/delete '{"experiment_id":"1"}' '{}'
	api GET "experiments/get-by-name?experiment_name=$HOME_DIR/opt" >/dev/null
	same .experiment.lifecycle_stage '"deleted"'
	refused 400 INVALID_PARAMETER_VALUE "The experiment 1 must be in the 'active' state. Current state is deleted." POST runs/create '{"experiment_id":"1"}'
	ok POST experiments/restore '{"experiment_id":"1"}' '{}'
	api GET 'experiments/get?experiment_id=1' >/dev/null
	same .experiment.lifecycle_stage '"active"'
}

@test "experiments: names are paths of the workspace, whose folders must be there" {
	refused 400 INVALID_PARAMETER_VALUE 'An experiment name must be an absolute path' POST experiments/create '{"name":"opt"}'
	refused 404 RESOURCE_DOES_NOT_EXIST "Parent directory $HOME_DIR/x does not exist." POST experiments/create "{\"name\":\"$HOME_DIR/x/opt\"}"
	ok POST 2.0/workspace/mkdirs "{\"path\":\"$HOME_DIR/x\"}" '{}'
	ok POST experiments/create "{\"name\":\"/Workspace$HOME_DIR//x/opt\"}"
	api GET "experiments/get-by-name?experiment_name=$HOME_DIR/x/opt" >/dev/null
	[ "$(code)" = 200 ]
	refused 400 RESOURCE_ALREADY_EXISTS "Node named 'opt' already exists" POST experiments/create "{\"name\":\"/Workspace$HOME_DIR/x/opt\"}"
	refused 400 RESOURCE_ALREADY_EXISTS "Node named 'x' already exists" POST experiments/create "{\"name\":\"$HOME_DIR/x\"}"
	refused 400 RESOURCE_ALREADY_EXISTS 'is not a directory' POST 2.0/workspace/mkdirs "{\"path\":\"$HOME_DIR/x/opt/y\"}"
	api GET "2.0/workspace/get-status?path=$HOME_DIR/x/opt" >/dev/null
	same .object_type '"MLFLOW_EXPERIMENT"'
}

@test "runs: life, tags and names, with the members of a real answer" {
	local e r
	e=$(experiment)
	r=$(run_of "$e" '{"tags":[{"key":"mlflow.user","value":"me"},{"key":"mlflow.source.name","value":"toolkit"},{"key":"mlflow.source.type","value":"LOCAL"}]}')
	[[ $r =~ ^[0-9a-f]{32}$ ]]
	[ "$(shape <reply)" = "$(transcript out-t1.txt 'runs/create -> 200' | shape)" ]
	same '.run.info | [.status, .artifact_uri]' "[\"RUNNING\",\"mlflow-artifacts:/1/$r/artifacts\"]"
	refused 400 INVALID_PARAMETER_VALUE "(run_name='a', mlflow.runName='b')" POST runs/create '{"experiment_id":"1","run_name":"a","tags":[{"key":"mlflow.runName","value":"b"}]}'
	refused 404 RESOURCE_DOES_NOT_EXIST 'No Experiment with id=424242 exists' POST runs/create '{"experiment_id":"424242"}'
	refused 400 INVALID_PARAMETER_VALUE "Invalid value 1 for parameter 'experiment_id' supplied:  Hint: Value was of type 'int'." POST runs/create '{"experiment_id":1}'
	ok POST runs/create '{"experiment_id":"1"}'
	same '.run.info.start_time' 0
	ok POST runs/update "{\"run_id\":\"$r\",\"status\":\"FINISHED\",\"end_time\":1795188410801}"
	[ "$(shape <reply)" = "$(transcript out-t1.txt 'runs/update -> 200' | shape)" ]
	ok POST runs/update "{\"run_id\":\"$r\",\"status\":\"BOGUS\"}"
	same .run_info.status '"FINISHED"'
	ok POST runs/set-tag "{\"run_id\":\"$r\",\"key\":\"mlflow.runName\",\"value\":\"renamed\"}" '{}'
	ok POST runs/delete-tag "{\"run_id\":\"$r\",\"key\":\"mlflow.user\"}" '{}'
	api GET "runs/get?run_id=$r" >/dev/null
	same '[.run.info.run_name, (.run.data.tags | map(.key))]' '["renamed",["mlflow.source.name","mlflow.source.type","mlflow.runName"]]'
	ok POST runs/delete "{\"run_id\":\"$r\"}" '{}'
	refused 400 INVALID_PARAMETER_VALUE "The run $r must be in the 'active' state" POST runs/set-tag "{\"run_id\":\"$r\",\"key\":\"a\",\"value\":\"b\"}"
	refused 404 RESOURCE_DOES_NOT_EXIST 'Run with id=nope not found' POST runs/log-batch '{"run_id":"nope"}'
}

@test "log-batch: limits, immutable params, and what a wrong type loses in silence" {
	local r
	r=$(run_of "$(experiment)")
	batch() { jq -nc --arg r "$r" "{run_id: \$r} + $1"; }
	ok POST runs/log-batch "$(batch '{metrics:[{key:"score/mean",value:0.5,timestamp:1795188410796,step:0},{key:"nan",value:"NaN",timestamp:1795188410796},{key:"inf",value:"Infinity",timestamp:1795188410796},{key:"m",value:"abc",timestamp:5},{key:"lost",value:1,timestamp:5}],params:[{key:"lost",value:"1"}]}')" '{}'
	ok POST runs/log-batch "$(batch '{params:[{key:"lr",value:"1"},{key:"num",value:5}]}')" '{}'
	api GET "runs/get?run_id=$r" >/dev/null
	same .run.data.metrics '[{"key":"score/mean","value":0.5,"timestamp":1795188410796,"step":0},{"key":"nan","value":"NaN","timestamp":1795188410796,"step":0},{"key":"inf","value":1.7976931348623157e+308,"timestamp":1795188410796,"step":0},{"key":"m","value":0,"timestamp":0,"step":0}]'
	grep -qF '"key":"m","value":0.0' reply
	same .run.data.params '[{"key":"lr","value":"1"},{"key":"num","value":""}]'
	refused 400 INVALID_PARAMETER_VALUE "Params were already logged='[{'key': 'lr', 'old_value': '1', 'new_value': '2'}]' for run ID='$r'." POST runs/log-batch "$(batch '{params:[{key:"lr",value:"2"}]}')"
	ok POST runs/log-batch "$(batch '{params:[{key:"lr",value:"1"},{key:"long",value:("é" * 7000)}],tags:[{key:"big",value:("x" * 9000)}]}')" '{}'
	api GET "runs/get?run_id=$r" >/dev/null
	same '[.run.data.params[2].value, (.run.data.tags[] | select(.key == "big") | .value)] | map(length)' '[6000,8000]'
	refused 400 INVALID_PARAMETER_VALUE 'at most 100 params. Got 101 params.' POST runs/log-batch "$(batch '{params:[range(101) | {key:"p\(.)",value:"1"}]}')"
	refused 400 INVALID_PARAMETER_VALUE 'at most 1000 metrics. Got 1001 metrics.' POST runs/log-batch "$(batch '{metrics:[range(1001) | {key:"p\(.)",value:1,timestamp:1}]}')"
	refused 400 INVALID_PARAMETER_VALUE 'Got 1001 metrics, params, and tags.' POST runs/log-batch "$(batch '{metrics:[range(951) | {key:"p\(.)",value:1,timestamp:1}],params:[range(50) | {key:"p\(.)",value:"1"}]}')"
	refused 400 INVALID_PARAMETER_VALUE "Invalid value \"bad name!\" for parameter 'metrics[0].name' supplied" POST runs/log-batch "$(batch '{metrics:[{key:"bad name!",value:1,timestamp:1}]}')"
	refused 400 INVALID_PARAMETER_VALUE "Missing value for required parameter 'metrics[0].value'" POST runs/log-batch "$(batch '{metrics:[{key:"k",timestamp:1}]}')"
	send POST /api/2.0/mlflow/runs/log-batch -d '{}' >/dev/null
	[ "$(code)" = 400 ] && same .message "\"Bad Request. Content-Type must be one of ['application/json'].\""
}

@test "metrics: the latest by step, and the history in pages" {
	local r
	r=$(run_of "$(experiment)")
	ok POST runs/log-batch "$(jq -nc --arg r "$r" '{run_id:$r, metrics:[{key:"a",value:3,timestamp:1,step:2},{key:"a",value:1,timestamp:9,step:1},{key:"a",value:1,timestamp:9,step:1}]}')" '{}'
	api GET "runs/get?run_id=$r" >/dev/null
	same '.run.data.metrics | map(.value)' '[3]'
	api GET "metrics/get-history?run_id=$r&metric_key=a&max_results=1" >/dev/null
	same '.metrics | map(.step)' '[2]'
	api GET "metrics/get-history?run_id=$r&metric_key=a&max_results=5&page_token=$(jq -r .next_page_token reply)" >/dev/null
	same '[(.metrics | map(.step)), .next_page_token]' '[[1],null]'
	api GET "metrics/get-history?run_id=$r&metric_key=a" >/dev/null
	same '[.metrics, (.next_page_token | type)]' '[null,"string"]'
}

@test "runs/search: filters, order, pages and their errors" {
	local e r i
	e=$(experiment)
	for i in 1 2 3; do
		r=$(run_of "$e" "{\"start_time\":$i,\"run_name\":\"run-$i\"}")
		ok POST runs/log-batch "$(jq -nc --arg r "$r" --argjson i "$i" '{run_id:$r, metrics:[{key:"score/mean",value:($i*10),timestamp:1}], params:[{key:"x",value:"y\($i)"}], tags:[{key:"team.a",value:"it'\''s"}]}')"
	done
	names() { api POST runs/search "$(jq -nc --arg e "$e" --arg f "$1" --argjson more "${2:-{\}}" '{experiment_ids:[$e], filter:$f} + $more')" | jq -c '[(.runs // [])[].info.run_name]'; }
	[ "$(names '')" = '["run-3","run-2","run-1"]' ]
	same '.runs[0] | keys' '["data","info","inputs","outputs"]'
	[ "$(names "metrics.\`score/mean\` >= 20 and params.x = 'y2'")" = '["run-2"]' ]
	[ "$(names "tags.\`team.a\` = 'it''s' AND run_name LIKE 'run-%' AND attributes.start_time < 3" '{"order_by":["metrics.`score/mean` ASC"]}')" = '["run-1","run-2"]' ]
	[ "$(names "params.none = 'x'")" = '[]' ]
	same . '{}'
	[ "$(names "status != 'RUNNING'")" = '[]' ]
	[ "$(names '' '{"max_results":2}')" = '["run-3","run-2"]' ]
	[ "$(names '' "{\"max_results\":2,\"page_token\":$(jq .next_page_token reply)}")" = '["run-1"]' ]
	same .next_page_token null
	search() { jq -nc --arg f "$1" '{experiment_ids:["1"], filter:$f}'; }
	refused 400 INVALID_PARAMETER_VALUE "Invalid clause(s) in filter string: 'OR'" POST runs/search "$(search "params.x = 'a' OR params.x = 'b'")"
	refused 400 INVALID_PARAMETER_VALUE "Expected a quoted string value for parameter (e.g. 'my-value'). Got value 5" POST runs/search "$(search 'params.x = 5')"
	refused 400 INVALID_PARAMETER_VALUE "Expected numeric value type for metric. Found 'a'" POST runs/search "$(search "metrics.x = 'a'")"
	refused 400 INVALID_PARAMETER_VALUE "Invalid attribute key 'nope' specified" POST runs/search "$(search "nope = 'a'")"
	refused 400 INVALID_PARAMETER_VALUE "Invalid entity type 'feedback'" POST runs/search "$(search "feedback.x = 'a'")"
	refused 400 INVALID_PARAMETER_VALUE "'max_results'" POST runs/search '{"experiment_ids":["1"],"max_results":50001}'
}

@test "inputs are kept once, outputs break on the second time" {
	local r
	r=$(run_of "$(experiment)")
	for _ in 1 2; do
		ok POST runs/log-inputs "$(jq -nc --arg r "$r" '{run_id:$r, datasets:[{tags:[{key:"mlflow.data.context",value:"eval"}], dataset:{name:"bench",digest:"abcd1234",source_type:"code",source:"{}"}}], models:[{model_id:"m-1"}]}')" '{}'
	done
	refused 400 INVALID_PARAMETER_VALUE "'digest' exceeds the maximum length of 36" POST runs/log-inputs "$(jq -nc --arg r "$r" '{run_id:$r, datasets:[{dataset:{name:"bench",digest:("a"*37),source_type:"code",source:"{}"}}]}')"
	ok POST runs/outputs "{\"run_id\":\"$r\",\"models\":[{\"model_id\":\"m-1\",\"step\":3}]}" '{}'
	refused 400 BAD_REQUEST 'UNIQUE constraint failed: inputs.source_type' POST runs/outputs "{\"run_id\":\"$r\",\"models\":[{\"model_id\":\"m-1\",\"step\":3}]}"
	api GET "runs/get?run_id=$r" >/dev/null
	same '[.run.inputs, .run.outputs]' '[{"dataset_inputs":[{"tags":[{"key":"mlflow.data.context","value":"eval"}],"dataset":{"name":"bench","digest":"abcd1234","source_type":"code","source":"{}"}}],"model_inputs":[{"model_id":"m-1"}]},{"model_outputs":[{"model_id":"m-1","step":3}]}]'
	ok POST runs/search "{\"experiment_ids\":[\"1\"],\"filter\":\"datasets.name = 'bench' AND dataset.context = 'eval'\"}"
	same '.runs | length' 1
}

@test "artifacts through the proxy, and all of it after a restart" {
	local r at
	r=$(run_of "$(experiment)")
	at=/api/2.0/mlflow-artifacts/artifacts
	printf 'a\0b' >bytes
	send PUT "$at/1/$r/artifacts/dir%20x/a.json" --data-binary '{"a": 1}' >/dev/null
	send PUT "$at/1/$r/artifacts/bytes" --data-binary @bytes >/dev/null
	send PUT "$at/1/$r/artifacts/empty.txt" -H 'Content-Length: 0' >/dev/null
	[ "$(cat reply)" = '{}' ]
	stop_workspace
	serve_state
	api GET "artifacts/list?run_id=$r" >/dev/null
	same . "{\"root_uri\":\"mlflow-artifacts:/1/$r/artifacts\",\"files\":[{\"path\":\"bytes\",\"is_dir\":false,\"file_size\":3},{\"path\":\"dir x\",\"is_dir\":true},{\"path\":\"empty.txt\",\"is_dir\":false}]}"
	api GET "artifacts/list?run_id=$r&path=dir%20x" >/dev/null
	same .files '[{"path":"dir x/a.json","is_dir":false,"file_size":8}]'
	api GET "artifacts/list?run_id=$r&path=none" >/dev/null
	same '.files' null
	api GET "$at?path=1/$r/artifacts/dir%20x" >/dev/null
	same .files '[{"path":"a.json","is_dir":false,"file_size":8}]'
	send GET "$at/1/$r/artifacts/bytes" >/dev/null
	cmp bytes reply
	refused 404 RESOURCE_DOES_NOT_EXIST 'No such artifact' GET "$at/1/$r/artifacts/missing.json"
	send PUT "$at/1/$r/artifacts/../../evil.txt" --path-as-is -d x >/dev/null
	[ "$(code)" = 400 ] && same .message '"Invalid path"'
	send PUT "$at/1/$r/artifacts/chunked.txt" -H 'Transfer-Encoding: chunked' -d x >/dev/null
	[ "$(code)" = 200 ]
	[ -z "$(send GET "$at/1/$r/artifacts/chunked.txt")" ]
	send DELETE "$at/1/$r/artifacts/chunked.txt" >/dev/null
	refused 404 RESOURCE_DOES_NOT_EXIST 'No such artifact' GET "$at/1/$r/artifacts/chunked.txt"
	refused 501 NOT_IMPLEMENTED 'Multipart upload' POST "2.0/mlflow-artifacts/mpu/create/1/$r" '{}'
}

@test "artifacts by signed URL take no token; the Files API reaches the same files" {
	local r uri
	stop_workspace
	serve_state --artifact-root dbfs:/databricks/mlflow-tracking
	r=$(run_of "$(experiment)")
	same .run.info.artifact_uri "\"dbfs:/databricks/mlflow-tracking/1/$r/artifacts\""
	ok POST artifacts/credentials-for-write "{\"run_id\":\"$r\",\"path\":[\"d/report 1.json\"]}"
	same '.credential_infos[0] | [.path, .type, .run_id]' "[\"d/report 1.json\",\"AWS_PRESIGNED_URL\",\"$r\"]"
	uri=$(jq -r '.credential_infos[0].signed_uri' reply)
	[ "$(curl -s -o /dev/null -w '%{http_code}' -T - "$uri" <<<x)" = 403 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X PUT -d '{}' -H "Authorization: Bearer $TOKEN" -H 'x-genie-local-artifact: 1' "$uri")" = 400 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -X PUT -d '{"a":2}' -H 'x-genie-local-artifact: 1' "$uri")" = 200 ]
	api GET "artifacts/list?run_id=$r&path=d" >/dev/null
	same '.files[0].path' '"d/report 1.json"'
	send GET "/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/1/Runs/$r/artifacts/d/report%201.json" >/dev/null
	same .a 2
	send PUT "/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/1/Runs/$r/artifacts/b.txt" -d 12 >/dev/null
	[ "$(code)" = 204 ]
	refused 409 ALREADY_EXISTS 'already exists' PUT "/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/1/Runs/$r/artifacts/b.txt" x
	send GET "/api/2.0/fs/directories/WorkspaceInternal/Mlflow/Artifacts/1/Runs/$r/artifacts" >/dev/null
	same '.contents | map([.name, .is_directory, .file_size])' '[["b.txt",false,2],["d",true,null]]'
	refused 400 INVALID_PARAMETER_VALUE 'Invalid path' POST artifacts/credentials-for-read "{\"run_id\":\"$r\",\"path\":[\"../x\"]}"
}

@test "logged models: life, params once, metrics with their run, files, search" {
	local e r m
	e=$(experiment)
	r=$(run_of "$e")
	ok POST logged-models "$(jq -nc --arg r "$r" '{experiment_id:"1",name:"genie-config-v1",model_type:"agent",source_run_id:$r,params:[{key:"llm",value:"x"}],tags:[{key:"mlflow.model.isExternal",value:"true"}]}')"
	[ "$(shape <reply)" = "$(transcript out-t2.txt 'logged-models -> 200' | shape)" ]
	m=$(jq -r .model.info.model_id reply)
	[[ $m =~ ^m-[0-9a-f]{32}$ ]]
	refused 400 INVALID_PARAMETER_VALUE "Invalid model name ('bad/name.v1') provided." POST logged-models '{"experiment_id":"1","name":"bad/name.v1"}'
	refused 400 INVALID_PARAMETER_VALUE "Missing value for required parameter 'model_id'" PATCH "logged-models/$m" '{"status":"LOGGED_MODEL_READY"}'
	ok PATCH "logged-models/$m" "{\"model_id\":\"$m\",\"status\":\"LOGGED_MODEL_READY\"}"
	same .model.info.status '"LOGGED_MODEL_READY"'
	ok PATCH "logged-models/$m/tags" '{"tags":[{"key":"stage","value":"candidate"}]}' '{}'
	ok POST "logged-models/$m/params" "{\"model_id\":\"$m\",\"params\":[{\"key\":\"p2\",\"value\":\"2\"}]}" '{}'
	refused 400 BAD_REQUEST 'UNIQUE constraint failed: logged_model_params.model_id' POST "logged-models/$m/params" "{\"model_id\":\"$m\",\"params\":[{\"key\":\"p2\",\"value\":\"2\"}]}"
	for _ in 1 2; do
		ok POST runs/log-batch "$(jq -nc --arg r "$r" --arg m "$m" '{run_id:$r,metrics:[{key:"accuracy",value:0.75,timestamp:1795188411777,step:1,model_id:$m,dataset_name:"bench",dataset_digest:"abcd1234"}]}')"
	done
	send PUT "/api/2.0/mlflow-artifacts/artifacts/1/models/$m/artifacts/MLmodel" -d x >/dev/null
	api GET "logged-models/$m/artifacts/directories" >/dev/null
	same '.files' '[{"path":"MLmodel","is_dir":false,"file_size":1}]'
	api GET "logged-models/$m" >/dev/null
	[ "$(shape <reply)" = "$(transcript out-t2.txt '^GET .*/logged-models/m-2e2[^/]* -> 200' | shape)" ]
	same '.model.data.metrics | map([.value, .run_id])' "[[0.75,\"$r\"]]"
	refused 404 RESOURCE_DOES_NOT_EXIST "Logged model with ID 'm-none' not found." GET logged-models/m-none
	found() { api POST logged-models/search "$(jq -nc --arg f "$1" --argjson more "${2:-{\}}" '{experiment_ids:["1"], filter:$f} + $more')" | jq '.models // [] | length'; }
	[ "$(found "metrics.accuracy > 0.5 AND params.llm = 'x'")" = 1 ]
	[ "$(found "name LIKE 'genie%' AND model_type = 'agent'")" = 1 ]
	[ "$(found "params.llm IN ('x','y')")" = 1 ]
	[ "$(found "status = 2")" = 1 ]
	[ "$(found "status = 'READY'")" = 0 ]
	[ "$(found '' '{"datasets":[{"dataset_name":"bench","dataset_digest":"abcd1234"}],"order_by":[{"field_name":"metrics.accuracy","ascending":false}]}')" = 1 ]
	[ "$(found '' '{"datasets":[{"dataset_name":"bench"}]}')" = 0 ]
	ok POST "logged-models/$m/artifacts/credentials-for-upload" '{"paths":["config.json"]}'
	same '.credentials[0] | [.model_id, .credential_info.path]' "[\"$m\",\"config.json\"]"
	send DELETE "/api/2.0/mlflow/logged-models/$m" >/dev/null
	refused 404 RESOURCE_DOES_NOT_EXIST 'not found' GET "logged-models/$m"
}

# trace ID RUN [JQ]: the body of a trace like the one that was measured
trace() {
	jq -nc --arg id "$1" --arg r "$2" '{trace:{trace_info:({trace_id:$id, trace_location:{type:"MLFLOW_EXPERIMENT",mlflow_experiment:{experiment_id:"1"}},
		request_preview:"{\"question\": \"q1\"}", response_preview:"\"SELECT 1\"", request_time:"2026-11-20T15:26:51.321Z", execution_duration:"1.500s", state:"OK",
		trace_metadata:{"mlflow.trace_schema.version":"3","mlflow.sourceRun":$r,"mlflow.trace.sizeStats":"{}","mlflow.modelId":"m-1"}, tags:{"mlflow.traceName":"genie_question"}} | '"${3:-.}"')}}'
}
T=3.0/mlflow/traces

@test "traces: started, started again, and not after an assessment; spans beside them" {
	local r id=tr-3d3dfddc2a9da7a1d0e2827d61f81ac4
	r=$(run_of "$(experiment)")
	ok POST $T "$(trace $id "$r")"
	same '.trace.trace_info | [.request_time, .execution_duration, .state, .tags["mlflow.artifactLocation"], .trace_metadata["mlflow.trace.infoFinalized"]]' \
		"[\"2026-11-20T15:26:51.321Z\",\"1.500s\",\"OK\",\"mlflow-artifacts:/1/traces/$id/artifacts\",\"true\"]"
	ok POST $T "$(trace $id "$r" '.assessments = [{assessment_name:"correctness",trace_id:$id,span_id:"a448b3217c8e92cf",source:{source_type:"LLM_JUDGE",source_id:"judge-x"},create_time:"2026-11-20T15:26:52.821Z",last_update_time:"2026-11-20T15:26:52.821Z",feedback:{value:"yes"},rationale:"matches",metadata:{"mlflow.assessment.sourceRunId":$r}}]')"
	api GET $T/$id >/dev/null
	[ "$(shape <reply)" = "$(transcript out-t3.txt '^GET /api/3.0/mlflow/traces/tr-3d3d[0-9a-f]* -> 200' | shape)" ]
	refused 400 BAD_REQUEST 'NOT NULL constraint failed: assessments.trace_id' POST $T "$(trace $id "$r")"
	refused 400 BAD_REQUEST 'NOT NULL constraint failed: trace_info.experiment_id' POST $T "$(trace tr-2 "$r" 'del(.trace_location)')"
	ok POST $T "$(trace tr-3 "$r" '.request_time = 5')"
	same '.trace.trace_info | [.request_time, .state, .execution_duration, (.trace_metadata | keys)]' '["1970-01-01T00:00:00Z","STATE_UNSPECIFIED",null,["mlflow.trace.infoFinalized"]]'
	refused 404 NOT_FOUND 'Trace data not found' GET "/ajax-api/3.0/mlflow/get-trace-artifact?request_id=$id"
	refused 500 INTERNAL_ERROR 'Trace data not stored in tracking store' GET "$T/get?trace_id=$id"
	api GET "2.0/mlflow/traces/$id/credentials-for-data-upload" >/dev/null
	curl -sS -X PUT -d '{"spans":[]}' -H 'x-genie-local-artifact: 1' "$(jq -r .credential_info.signed_uri reply)"
	send GET "/ajax-api/3.0/mlflow/get-trace-artifact?request_id=$id" >/dev/null
	[ "$(cat reply)" = '{"spans":[]}' ]
	refused 404 RESOURCE_DOES_NOT_EXIST 'not found' GET $T/tr-none
}

@test "assessments: values of each kind, duplicates, update, override, delete" {
	local r id
	r=$(run_of "$(experiment)")
	ok POST $T "$(trace tr-1 "$r")"
	give() { ok POST $T/tr-1/assessments "{\"assessment\":{\"assessment_name\":\"a\",\"source\":{\"source_type\":\"CODE\",\"source_id\":\"s\"},$1}}"; }
	give '"feedback":{"value":1}'
	grep -qF '"value":1.0' reply
	give '"feedback":{"value":null,"error":{"error_code":"TIMEOUT","error_message":"late"}}'
	same '.assessment.feedback' '{"value":null,"error":{"error_code":"TIMEOUT","error_message":"late"}}'
	give '"expectation":{"serialized_value":{"serialization_format":"JSON_FORMAT","value":"[\"a\"]"}}'
	same '.assessment.expectation.serialized_value.value' '"[\"a\"]"'
	give '"feedback":{"value":true},"rationale":"parses"'
	id=$(jq -r .assessment.assessment_id reply)
	[[ $id =~ ^a-[0-9a-f]{32}$ ]]
	same '.assessment | [.valid, .source.source_type]' '[true,"CODE"]'
	ok POST $T/tr-1/assessments '{"assessment":{"assessment_name":"x","feedback":{"value":"yes"}}}'
	same .assessment.source '{"source_type":"SOURCE_TYPE_UNSPECIFIED"}'
	ok PATCH "$T/tr-1/assessments/$id" '{"assessment":{"feedback":{"value":false},"rationale":"no"},"update_mask":"feedback,rationale"}'
	same '.assessment | [.feedback.value, .rationale, .assessment_name]' '[false,"no","a"]'
	# an id of the client's is kept, once
	ok POST $T/tr-1/assessments '{"assessment":{"assessment_id":"a-mine","assessment_name":"mine","feedback":{"value":"yes"}}}'
	same .assessment.assessment_id '"a-mine"'
	refused 400 INVALID_PARAMETER_VALUE 'UNIQUE constraint' POST $T/tr-1/assessments '{"assessment":{"assessment_id":"a-mine","assessment_name":"mine","feedback":{"value":"yes"}}}'
	ok DELETE $T/tr-1/assessments/a-mine ''
	ok POST $T/tr-1/assessments "{\"assessment\":{\"assessment_name\":\"a\",\"feedback\":{\"value\":true},\"overrides\":\"$id\"}}"
	local over
	over=$(jq -r .assessment.assessment_id reply)
	api GET "$T/tr-1/assessments/$id" >/dev/null
	same .assessment.valid false
	send DELETE "/api/$T/tr-1/assessments/$over" >/dev/null
	api GET "$T/tr-1/assessments/$id" >/dev/null
	same .assessment.valid true
	api GET $T/tr-1 >/dev/null
	same '.trace.trace_info.assessments | map(.assessment_name)' '["a","a","a","a","x"]'
	refused 400 BAD_REQUEST 'FOREIGN KEY constraint failed' POST $T/tr-none/assessments '{"assessment":{"assessment_name":"x","feedback":{"value":"yes"}}}'
	refused 400 INVALID_PARAMETER_VALUE "Missing value for required parameter 'assessment'" POST $T/tr-1/assessments '{}'
	refused 404 RESOURCE_DOES_NOT_EXIST 'not found for trace' GET $T/tr-1/assessments/a-none
}

@test "traces: searched by run, link, tag, metadata, feedback; deleted" {
	local r
	r=$(run_of "$(experiment)")
	ok POST $T "$(trace tr-1 "$r")"
	ok POST $T "$(trace tr-2 other '.state = "ERROR" | .request_time = "2026-11-20T16:00:00Z"')"
	ok POST $T/tr-1/assessments '{"assessment":{"assessment_name":"correctness","feedback":{"value":"yes"}}}'
	ids() { api POST $T/search "$(jq -nc --arg f "$1" '{locations:[{type:"MLFLOW_EXPERIMENT",mlflow_experiment:{experiment_id:"1"}}], filter:$f}')" | jq -c '[(.traces // [])[].trace_id]'; }
	[ "$(ids '')" = '["tr-2","tr-1"]' ]
	[ "$(ids "attributes.run_id = '$r'")" = '["tr-1"]' ]
	ok POST traces/link-to-run "{\"trace_ids\":[\"tr-2\"],\"run_id\":\"$r\"}" '{}'
	ok POST traces/link-to-run "{\"trace_ids\":[\"tr-2\"],\"run_id\":\"$r\"}" '{}'
	[ "$(ids "attributes.run_id = '$r'")" = '["tr-2","tr-1"]' ]
	[ "$(ids "feedback.correctness = 'yes'")" = '["tr-1"]' ]
	[ "$(ids "request_metadata.\"mlflow.modelId\" = 'm-1' AND attributes.status = 'ERROR'")" = '["tr-2"]' ]
	ok PATCH $T/tr-1/tags '{"key":"x","value":"y"}' '{}'
	[ "$(ids "tags.x = 'y'")" = '["tr-1"]' ]
	ok POST traces/link-prompts '{"trace_id":"tr-1","prompt_versions":[{"name":"p","version":"1"}]}' '{}'
	[ "$(ids "prompt = 'p/1'")" = '["tr-1"]' ]
	refused 400 INVALID_PARAMETER_VALUE 'more than 100 traces' POST traces/link-to-run "$(jq -nc '{run_id:"r",trace_ids:[range(101)|tostring]}')"
	refused 400 INVALID_PARAMETER_VALUE "'max_results'" POST $T/search '{"locations":[{}],"max_results":501}'
	ok POST traces/delete-traces '{"experiment_id":"1","request_ids":["tr-1","tr-9"]}' '{"traces_deleted":1}'
	[ "$(ids '')" = '["tr-2"]' ]
}

@test "prompts: registered models with tags, versions and aliases" {
	local tags='"tags":[{"key":"mlflow.prompt.is_prompt","value":"true"},{"key":"_mlflow_prompt_type","value":"text"},{"key":"mlflow.prompt.text","value":"Judge {{ question }}"}]'
	refused 404 RESOURCE_DOES_NOT_EXIST 'not found' GET 'registered-models/get?name=genie.judge-1'
	ok POST registered-models/create '{"name":"genie.judge-1","description":"first","tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]}'
	refused 400 RESOURCE_ALREADY_EXISTS 'Prompt (name=genie.judge-1) already exists.' POST registered-models/create '{"name":"genie.judge-1","tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]}'
	refused 400 INVALID_PARAMETER_VALUE "Names cannot contain '/' or ':'" POST registered-models/create '{"name":"a/b"}'
	ok POST model-versions/create "{\"name\":\"genie.judge-1\",\"source\":\"dummy-source\",\"description\":\"commit msg\",$tags}"
	[ "$(shape <reply)" = "$(transcript out-t4.txt 'model-versions/create -> 200' | shape)" ]
	same .model_version.version '"1"'
	ok POST model-versions/create "{\"name\":\"genie.judge-1\",\"source\":\"dummy-source\",$tags}"
	same .model_version.version '"2"'
	refused 400 INVALID_PARAMETER_VALUE 'Prompt text exceeds max length of 100000 characters.' POST model-versions/create \
		"$(jq -nc '{name:"genie.judge-1",source:"s",tags:[{key:"mlflow.prompt.text",value:("x"*100001)}]}')"
	ok POST registered-models/alias '{"name":"genie.judge-1","alias":"champion","version":"1"}' '{}'
	refused 400 INVALID_PARAMETER_VALUE "'latest' alias name (case insensitive) is reserved." POST registered-models/alias '{"name":"genie.judge-1","alias":"Latest","version":"1"}'
	refused 400 INVALID_PARAMETER_VALUE "is reserved" POST registered-models/alias '{"name":"genie.judge-1","alias":"v3","version":"1"}'
	refused 404 RESOURCE_DOES_NOT_EXIST 'Model Version (name=genie.judge-1, version=99) not found' POST registered-models/alias '{"name":"genie.judge-1","alias":"a","version":"99"}'
	api GET 'registered-models/alias?name=genie.judge-1&alias=champion' >/dev/null
	same '.model_version | [.version, .aliases, .tags[2].value]' '["1",["champion"],"Judge {{ question }}"]'
	refused 400 INVALID_PARAMETER_VALUE 'Registered model alias none not found.' GET 'registered-models/alias?name=genie.judge-1&alias=none'
	api GET registered-models/search >/dev/null
	same . '{}'
	send GET /api/2.0/mlflow/registered-models/search -G --data-urlencode 'filter=tags.`mlflow.prompt.is_prompt` = '"'true'" >/dev/null
	same '.registered_models | map([.name, .latest_versions[0].version, .aliases])' '[["genie.judge-1","2",[{"alias":"champion","version":"1"}]]]'
	send GET /api/2.0/mlflow/model-versions/search -G --data-urlencode "filter=name='genie.judge-1' AND tags.\`mlflow.prompt.is_prompt\` = 'true'" >/dev/null
	same '.model_versions | map(.version) | sort' '["1","2"]'
	ok POST model-versions/set-tag '{"name":"genie.judge-1","version":"1","key":"k","value":"v"}' '{}'
	ok DELETE registered-models/alias '{"name":"genie.judge-1","alias":"champion"}' '{}'
	refused 400 INVALID_PARAMETER_VALUE 'not found' GET 'registered-models/alias?name=genie.judge-1&alias=champion'
}

@test "prompts of Unity Catalog: names of three parts, templates of JSON" {
	local u=unity-catalog/prompts
	refused 400 INVALID_PARAMETER_VALUE 'catalog.schema.prompt' POST $u '{"name":"p","prompt":{"name":"p"}}'
	ok POST $u '{"name":"c.s.p","prompt":{"name":"c.s.p","description":"d","tags":[{"key":"k","value":"v"}]}}'
	same '[.name, .description, .tags]' '["c.s.p","d",[{"key":"k","value":"v"}]]'
	[[ $(jq -r .creation_timestamp reply) == *T*Z ]]
	refused 409 ALREADY_EXISTS 'already exists' POST $u '{"name":"c.s.p","prompt":{"name":"c.s.p"}}'
	refused 400 INVALID_PARAMETER_VALUE 'JSON-encoded' POST $u/c.s.p/versions '{"name":"c.s.p","prompt_version":{"name":"c.s.p","template":"plain"}}'
	ok POST $u/c.s.p/versions '{"name":"c.s.p","prompt_version":{"name":"c.s.p","template":"\"Judge {{ q }}\"","tags":[{"key":"_mlflow_prompt_type","value":"text"}]}}'
	same '[.version, .template]' '["1","\"Judge {{ q }}\""]'
	ok POST $u/c.s.p/aliases/production '{"name":"c.s.p","alias":"production","version":"1"}' '{}'
	api GET $u/c.s.p/versions/by-alias/production >/dev/null
	same '[.version, .aliases]' '["1",[{"alias":"production","version":"1"}]]'
	refused 404 RESOURCE_DOES_NOT_EXIST 'does not exist' GET $u/c.s.p/versions/by-alias/none
	refused 400 INVALID_PARAMETER_VALUE 'must not contain dots' POST $u/c.s.p/versions/1/tags '{"key":"a.b","value":"x"}'
	ok POST $u/c.s.p/versions/1/tags '{"key":"a","value":"x"}' '{}'
	ok POST $u/search '{"catalog_schema":{"catalog_name":"c","schema_name":"s"}}'
	same '.prompts | map(.name)' '["c.s.p"]'
	ok POST $u/c.s.p/versions/search '{}'
	same '.prompt_versions | map(.version)' '["1"]'
	ok POST unity-catalog/prompt-versions/links-to-runs '{"prompt_versions":[{"name":"c.s.p","version":"1"}],"run_ids":["r"]}' '{}'
	api GET registered-models/search >/dev/null
	same . '{}'
}

@test "evaluation datasets: names repeat, records are found again by their inputs" {
	local d x=3.0/mlflow/datasets
	ok POST $x/create '{"name":"bench_v1","experiment_ids":["1"],"tags":"{\"mlflow.user\": \"me\"}"}'
	[ "$(shape <reply)" = "$(transcript out-t4.txt 'datasets/create -> 200' | shape)" ]
	d=$(jq -r .dataset.dataset_id reply)
	local digest
	digest=$(jq -r .dataset.digest reply)
	ok POST $x/create '{"name":"bench_v1"}'
	local rows='[{"inputs":{"question":"q0"},"expectations":{"expected_sql":"SELECT 0"},"tags":{"cat":"a"},"source":{"source_type":"HUMAN","source_data":{"user_name":"me"}}},{"inputs":{"question":"q1"}}]'
	records() { jq -nc --arg r "$1" '{records:$r}'; }
	ok POST "$x/$d/records" "$(records "$rows")" '{"inserted_count":2,"updated_count":0}'
	ok POST "$x/$d/records" "$(records '[{"inputs":{"question":"q0"},"expectations":{"more":1}}]')" '{"inserted_count":0,"updated_count":1}'
	refused 400 INVALID_PARAMETER_VALUE "for parameter 'records' supplied:  Hint: Value was of type 'list'" POST "$x/$d/records" '{"records":[]}'
	api GET "$x/$d/records?max_results=1" >/dev/null
	same '.next_page_token | type' '"string"'
	api GET "$x/$d/records" >/dev/null
	same '.records | fromjson | map(select(.inputs.question == "q0"))[0] | [.expectations, .tags, .source_type, (.dataset_record_id | startswith("dr-"))]' \
		'[{"expected_sql":"SELECT 0","more":1},{"cat":"a"},"HUMAN",true]'
	api GET "$x/$d" >/dev/null
	same .dataset.profile '"{\"num_records\": 2}"'
	[ "$(jq -r .dataset.digest reply)" != "$digest" ]
	ok POST $x/search '{"experiment_ids":["1"],"filter_string":"name = '"'bench_v1'"'"}'
	same '.datasets | map(.dataset_id)' "[\"$d\"]"
	ok POST $x/search '{"filter_string":"name LIKE '"'bench%'"'","order_by":["created_time DESC"]}'
	same '.datasets | length' 2
	ok PATCH "$x/$d/tags" '{"tags":"{\"a\": \"b\"}"}'
	same '.dataset.tags | fromjson' '{"mlflow.user":"me","a":"b"}'
	refused 404 RESOURCE_DOES_NOT_EXIST "Evaluation dataset with id 'd-none' not found" GET $x/d-none
	ok POST $x/d-none/records '{"records":"[]"}' '{"inserted_count":0,"updated_count":0}'
	send DELETE "/api/$x/$d" >/dev/null
	refused 404 RESOURCE_DOES_NOT_EXIST 'not found' GET "$x/$d"
}

@test "probes need no token, what is private does" {
	[ "$(curl -s "$URL/health")" = OK ]
	[[ $(curl -s "$URL/version") =~ ^[0-9]+\.[0-9]+ ]]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/api/2.0/mlflow/runs/get?run_id=x")" = 401 ]
	api GET 3.0/mlflow/server-info >/dev/null
	same . '{"store_type":"SqlStore","workspaces_enabled":false}'
	refused 404 ENDPOINT_NOT_FOUND 'No API found' POST nope '{}'
}
