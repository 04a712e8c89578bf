#!/usr/bin/env bats
# genie-local: model serving endpoints, from a recorded script or through a proxy.
load ../lib.bash

TOKEN=test-token

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	PIDS=()
}

teardown() {
	for pid in "${PIDS[@]}"; do stop_workspace; done
}

# start OPTION...: serves in the background; sets URL.
start() {
	serve_workspace --token "$TOKEN" --latency 0 "$@"
	PIDS+=("$pid")
	URL=$DATABRICKS_HOST
	unset DATABRICKS_HOST DATABRICKS_TOKEN
}

# expect STATUS METHOD PATH [BODY]; the body of the reply goes to the file reply
expect() {
	local want=$1 got args=()
	[ $# -lt 4 ] || args=(-d "$4")
	got=$(curl -sS -o reply -w '%{http_code}' -X "$2" -H "Authorization: Bearer $TOKEN" "${args[@]}" "$URL$3")
	[ "$got" = "$want" ] || { echo "$2 $3 gave $got: $(cat reply)"; return 1; }
}

# ask STATUS ENDPOINT TEXT [MEMBERS]
ask() {
	expect "$1" POST "/serving-endpoints/$2/invocations" "$(jq -nc --arg t "$3" --argjson more "${4:-{\}}" \
		'{messages:[{role:"system",content:"Be brief."},{role:"user",content:$t}]} + $more')"
}
content() { jq -r '.choices[0].message.content' reply; }

@test "a script answers by what the last user message holds, in order, so often as it says" {
	cat >script.jsonl <<-'END'
		{"match":"first","response":"once","times":1}
		{"match":["first","second"],"response":{"value":"yes"}}
		{"match":"first","response":"after"}
		{"match":"parts","response":[{"type":"reasoning","summary":[]},{"type":"text","text":"in parts"}]}
		{"match":"busy","response":{"status":429,"body":{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow down"}}}
		{"match":"html","response":{"status":200,"body":"<html>"}}
	END
	start --llm-script script.jsonl
	ask 200 any "the first one"
	[ "$(content)" = once ]
	ask 200 any "the first one"
	[ "$(content)" = after ]
	ask 200 any "first and second"
	[ "$(content | jq -r .value)" = yes ]
	jq -e '.object == "chat.completion" and .model == "any" and .choices[0].finish_reason == "stop"' reply
	ask 200 any parts
	[ "$(jq -r '.choices[0].message.content[1].text' reply)" = "in parts" ]
	ask 429 any busy
	[ "$(jq -r .error_code reply)" = REQUEST_LIMIT_EXCEEDED ]
	ask 200 any html
	[ "$(cat reply)" = "<html>" ]
	expect 200 GET /genie-local/stats
	[ "$(jq .routes.invocations reply)" = 6 ]
}

@test "a prompt that no line answers is refused, and nothing is made up" {
	echo '{"match":"known","response":"x"}' >script.jsonl
	start --llm-script script.jsonl
	ask 400 judge "something else"
	[ "$(jq -r .error_code reply)" = BAD_REQUEST ]
	[[ $(jq -r .message reply) == *"no line of the script"*"something else"* ]]
	expect 400 POST /serving-endpoints/judge/invocations '{"messages":[]}'
	expect 400 POST /serving-endpoints/judge/invocations '{"messages":'
	ask 400 judge known '{"stream":true}'
	ask 400 judge known '{"temperature":3}'
}

@test "endpoints are listed and must exist" {
	printf '%s\n' '{"endpoint":"b","response":"from b"}' '{"endpoint":"a","response":"from a"}' >script.jsonl
	start --llm-script script.jsonl
	expect 200 GET /api/2.0/serving-endpoints
	[ "$(jq -r '[.endpoints[] | .name + " " + .task + " " + .state.ready] | join(",")' reply)" = "a llm/v1/chat READY,b llm/v1/chat READY" ]
	expect 200 GET /api/2.0/serving-endpoints/a
	expect 404 GET /api/2.0/serving-endpoints/c
	ask 404 c hello
	[ "$(jq -r .error_code reply)" = RESOURCE_DOES_NOT_EXIST ]
	ask 200 b hello
	[ "$(content)" = "from b" ]
	expect 200 POST /serving-endpoints/chat/completions '{"model":"a","messages":[{"role":"user","content":[{"type":"text","text":"hello"}]}]}'
	[ "$(content)" = "from a" ]
	TOKEN=wrong ask 401 b hello
}

@test "without script or proxy there are no endpoints" {
	start
	expect 200 GET /api/2.0/serving-endpoints
	[ "$(jq -c .endpoints reply)" = '[]' ]
	ask 404 judge hello
}

@test "schemas are held to what the service asks of them" {
	echo '{"with":"response_format","response":"with"}
{"response":"without"}' >script.jsonl
	start --llm-script script.jsonl
	ask 200 j x
	[ "$(content)" = without ]
	local open='{"name":"v","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}}}}'
	ask 400 j x "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":$open}}"
	[[ $(jq -r .message reply) == *additionalProperties* ]]
	ask 200 j x "{\"response_format\":{\"type\":\"json_schema\",\"json_schema\":$(jq -c '.schema.additionalProperties = false' <<<"$open")}}"
	[ "$(content)" = with ]
	ask 400 j x '{"response_format":{"type":"json_schema","json_schema":{"schema":{}}}}'
}

@test "a broken script is named by its line" {
	printf '%s\n' '{"response":"x"}' '{"match":3,"response":"x"}' >script.jsonl
	run -65 --separate-stderr genie-local serve --llm-script script.jsonl
	[[ $stderr == *"script.jsonl:2: "*match* ]]
	echo '{"match":"x"}' >script.jsonl
	run -65 --separate-stderr genie-local serve --llm-script script.jsonl
	[[ $stderr == *"script.jsonl:1: "*response* ]]
	run -2 --separate-stderr genie-local serve --llm-proxy nowhere
	run -2 --separate-stderr genie-local serve --llm-proxy http://127.0.0.1:1 --llm-script script.jsonl
}

@test "a proxy sends on, with the endpoint as model and its own key" {
	echo '{"endpoint":"big","response":"from behind"}' >script.jsonl
	start --llm-script script.jsonl
	local behind=$URL
	GENIE_LLM_KEY=$TOKEN start --llm-proxy "$behind/serving-endpoints"
	ask 200 big hello
	[ "$(content)" = "from behind" ]
	ask 404 small hello
	GENIE_LLM_KEY=wrong start --llm-proxy "$behind/serving-endpoints/"
	ask 401 big hello
	start --llm-proxy http://127.0.0.1:1/v1
	ask 503 big hello
}

@test "faults apply to invocations" {
	echo '{"response":"good"}' >script.jsonl
	start --llm-script script.jsonl --fault 'POST invocations 429:1 x1' --fault 'POST invocations badjson x1'
	ask 429 j x
	ask 200 j x
	run ! jq . reply
	ask 200 j x
	[ "$(content)" = good ]
}
