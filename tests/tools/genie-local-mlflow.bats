#!/usr/bin/env bats
# genie-local's MLflow part, over real HTTP, held against what a real server answered.
load ../lib.bash

TOKEN=test-token
HOME_DIR=/Users/local.user@genie-local.invalid

setup() {
	cd "$BATS_TEST_TMPDIR"
	SERVER=
	start
}

teardown() {
	stop
}

stop() {
	if [ -n "$SERVER" ]; then kill "$SERVER" 2>/dev/null || true; wait "$SERVER" 2>/dev/null || true; fi
	SERVER=
}

# start OPTION...: serves in the background; sets URL.
start() {
	rm -f port
	genie-local serve --db state.db --token "$TOKEN" --latency 0 --port-file port "$@" >ready.json 2>serve.err 3>&- &
	SERVER=$!
	local i
	for ((i = 0; i < 200; i++)); do
		[ -s port ] && [ -s ready.json ] && break
		kill -0 "$SERVER" 2>/dev/null || { cat serve.err; return 1; }
		sleep 0.05
	done
	URL=http://127.0.0.1:$(cat port)
}

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
	stop
	start
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
	stop
	start --artifact-root dbfs:/databricks/mlflow-tracking
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
