#!/usr/bin/env bats
# genie-local: the embedded workspace over real HTTP, as clients see it.
load ../lib.bash
load genie-local.bash

# sql STATEMENT [JSON MEMBERS]: executes a statement
sql() {
	call POST /api/2.0/sql/statements \
		"$(jq -nc --arg s "$1" --arg w "$WH" --argjson more "${2:-{\}}" '{statement: $s, warehouse_id: $w} + $more')"
}

space_file() {
	cat >space.json <<'JSON'
{ "title": "Tiny", "description": "d", "space_id": "00000000000000000000000000000001", "warehouse_id": "0a1b2c3d4e5f6071",
  "serialized_space": { "version": 1, "later": {"kept": 1.10},
    "data_sources": { "tables": [ {"identifier": "x.y.b"}, {"identifier": "x.y.a", "column_configs": [
      {"column_name": "c", "get_example_values": true, "build_value_dictionary": false} ]} ] } } }
JSON
}
TINY=/api/2.0/genie/spaces/00000000000000000000000000000001

tiny_config() {
	call GET "$TINY?include_serialized_space=true" | jq -r .serialized_space
}

patch_config() { # CONFIG [ETAG]
	call PATCH "$TINY" "$(jq -nc --arg s "$1" --arg e "${2:-}" '{serialized_space: $s} + if $e == "" then {} else {etag: $e} end')"
}

@test "genie-local: the common floor" {
	floor genie-local sql 'SELECT 1'
}

@test "genie-local: bad options, rules and words are usage errors" {
	run -2 --separate-stderr genie-local frobnicate
	[[ $stderr == *'"frobnicate" is none of serve, exec, sql, plan'* ]]
	run -2 --separate-stderr genie-local serve --fault 'POST x explode'
	[[ $stderr == *'--fault: "POST x explode"'* ]]
	run -2 genie-local serve --fault 'POST x 429:abc'
	run -2 genie-local serve --fault 'POST x 429 every:0'
	run -2 genie-local serve --today 2026-13-01
	run -2 genie-local sql --seed 1x 'SELECT 1'
	run -2 genie-local serve --listen nowhere
	run -2 genie-local exec
	run -2 genie-local
}

@test "genie-local: one line when ready, and a clean end on SIGTERM" {
	start
	[ "$(jq -r .host serve.json)" = "$URL" ]
	[ "$(jq -r .token serve.json)" = "$TOKEN" ]
	[ "$(jq -r .pid serve.json)" = "$pid" ]
	[ "$(wc -l <serve.json)" = 1 ]
	kill -TERM "$pid"
	ends 0
	run ! curl -sf "$URL/.well-known/databricks-config"
}

@test "genie-local: every route wants the token, but the open ones" {
	start
	run -0 curl -s -i "$API/genie/spaces"
	[[ $output == *"401 Unauthorized"* && $output == *'"error_code":"UNAUTHENTICATED"'* ]]
	[[ $output == *"X-Genie-Local: 1"* ]]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Authorization: Bearer wrong' "$API/genie/spaces")" = 401 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/no/such/route")" = 401 ]
	[ "$(curl -s "$URL/.well-known/databricks-config" | jq -r .oidc_endpoint)" = "$URL/oidc" ]
	run ! grep -q "$TOKEN" serve.err
}

@test "genie-local: errors have the Databricks form" {
	start
	expect 404 GET /api/2.0/nothing/here
	jq -e '.error_code == "ENDPOINT_NOT_FOUND" and (.message | contains("GET /api/2.0/nothing/here")) and .details == []' reply
	expect 404 DELETE /api/2.0/sql/warehouses
	expect 400 POST /api/2.0/sql/statements '{"statement":'
	jq -e '.error_code == "MALFORMED_REQUEST"' reply
	expect 400 POST /api/2.0/sql/statements '[]'
	expect 400 POST /api/2.0/sql/statements '{"statement": 1, "warehouse_id": "x"}'
	expect 400 POST /api/2.0/sql/statements '{"statement": "SELECT 1"}'
	jq -e '.message == "Missing required field: warehouse_id"' reply
}

@test "genie-local: who am I, warehouses, folders" {
	start
	call GET /api/2.0/preview/scim/v2/Me | jq -e '.active and (.userName | length > 0)'
	call GET /api/2.0/sql/warehouses | jq -e --arg w "$WH" '.warehouses[0].id == $w and .warehouses[0].warehouse_type == "PRO"'
	expect 404 GET /api/2.0/sql/warehouses/none
	expect 404 GET '/api/2.0/workspace/get-status?path=/Workspace/Shared/new/one'
	expect 200 POST /api/2.0/workspace/mkdirs '{"path": "/Workspace/Shared/new/one"}'
	for path in /Workspace/Shared/new/one/ /Shared/new; do
		call GET "/api/2.0/workspace/get-status?path=$path" | jq -e '.object_type == "DIRECTORY"'
	done
	grep -q '"object_id":[0-9]\{17,\}[,}]' reply
}

@test "genie-local: OAuth gives tokens to its client, and they run out" {
	start --client-id app --client-secret hidden --token-ttl 4
	token() { curl -s -u "$1" -d "grant_type=$2&scope=all-apis" "$URL/oidc/v1/token"; }
	[ "$(token app:wrong client_credentials | jq -r .error)" = invalid_client ]
	[ "$(token app:hidden password | jq -r .error)" = unsupported_grant_type ]
	endpoint=$(curl -s "$URL/oidc/.well-known/oauth-authorization-server" | jq -r .token_endpoint)
	[ "$endpoint" = "$URL/oidc/v1/token" ]
	TOKEN=$(token app:hidden client_credentials | jq -r .access_token)
	expect 200 GET /api/2.0/genie/spaces
	until_is 401 code_of /api/2.0/genie/spaces
}

@test "genie-local: a statement succeeds, NULL apart from the empty text" {
	start
	sql "SELECT 1 AS a, CAST(NULL AS STRING) AS b, '' AS c" >out.json
	jq -e '.status.state == "SUCCEEDED" and .result.data_array == [["1", null, ""]]' out.json
	jq -e '[.manifest.schema.columns[] | .name] == ["a","b","c"] and .manifest.schema.columns[2].position == 2' out.json
	id=$(jq -r .statement_id out.json)
	call GET "/api/2.0/sql/statements/$id" | jq -e '.result.data_array[0][0] == "1"'
	expect 404 GET /api/2.0/sql/statements/00000000-0000-0000-0000-000000000000
}

@test "genie-local: a statement that fails is HTTP 200 with state FAILED" {
	start
	sql 'SELECT * FROM no.such.thing' >out.json
	[ "$(code)" = 200 ]
	jq -e '.status.state == "FAILED" and .status.error.error_code == "BAD_REQUEST" and (.status.sql_state | length == 5)' out.json
	jq -e '.status.error.message | startswith("[")' out.json
	jq -e 'has("manifest") | not' out.json
}

@test "genie-local: parameters, row limit and bad members of a statement" {
	start
	sql 'SELECT :x AS a, :n AS b' '{"parameters": [{"name": "x", "value": "o'\''k"}, {"name": "n", "value": "7", "type": "INT"}]}' >out.json
	jq -e ".result.data_array == [[\"o'k\", \"7\"]]" out.json
	sql 'SELECT 1 AS a UNION ALL SELECT 2' '{"row_limit": 1}' >out.json
	jq -e '.manifest.truncated and .manifest.total_row_count == 1' out.json
	for bad in '{"wait_timeout": "3s"}' '{"wait_timeout": "51s"}' '{"format": "ARROW_STREAM"}' '{"format": "CSV"}' \
		'{"disposition": "NOWHERE"}' '{"row_limit": 0}' '{"parameters": [{"value": "1"}]}'; do
		sql 'SELECT 1' "$bad" >out.json
		[ "$(code)" = 400 ] || { echo "$bad: $(cat out.json)"; return 1; }
		jq -e '.error_code == "INVALID_PARAMETER_VALUE"' out.json
	done
}

@test "genie-local: a result in chunks, by index and by link" {
	start --chunk-rows 2
	sql 'SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5' >out.json
	jq -e '.manifest.total_chunk_count == 3 and [.manifest.chunks[].row_count] == [2,2,1]' out.json
	rows=$(jq -c '.result.data_array[][0]' out.json)
	while link=$(jq -er '.result.next_chunk_internal_link // .next_chunk_internal_link' out.json); do
		call GET "$link" >out.json
		rows+=" $(jq -c '.data_array[][0]' out.json)"
	done
	[ "$(tr -d ' "\n' <<<"$rows")" = 12345 ]
	jq -e 'has("next_chunk_index") | not' out.json
	id=$(jq -r .statement_id <<<"$(sql 'SELECT 1 AS a')")
	expect 404 GET "/api/2.0/sql/statements/$id/result/chunks/1"
	expect 400 GET "/api/2.0/sql/statements/$id/result/chunks/x"
}

@test "genie-local: external links refuse the bearer token and want their headers" {
	start --chunk-rows 2
	sql "SELECT 1 AS a, 'x\"y' AS b UNION ALL SELECT 2, NULL UNION ALL SELECT 3, ''" '{"disposition": "EXTERNAL_LINKS"}' >out.json
	jq -e '.result.external_links | length == 1 and .[0].next_chunk_index == 1' out.json
	link=$(jq -r '.result.external_links[0].external_link' out.json)
	header=$(jq -r '.result.external_links[0].http_headers | to_entries[0] | "\(.key): \(.value)"' out.json)
	[ "$(curl -s -H "$header" "$link")" = '[["1","x\"y"],["2",null]]' ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H "$header" -H "Authorization: Bearer $TOKEN" "$link")" = 400 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' "$link")" = 403 ]
	[ "$(curl -s -o /dev/null -w '%{http_code}' -H "$header" "${link%?}_")" = 403 ]
	sql "SELECT 1 AS a, 'x\"y' AS b UNION ALL SELECT 2, NULL" '{"disposition": "EXTERNAL_LINKS", "format": "CSV"}' >out.json
	curl -s -H "$header" "$(jq -r '.result.external_links[0].external_link' out.json)" >out.csv
	[ "$(tr -d '\r' <out.csv)" = $'a,b\n1,"x""y"\n2,' ]
}

@test "genie-local: a slow statement is pending, then done, or cancelled" {
	start --latency 2000
	sql 'SELECT 1 AS a' '{"wait_timeout": "0s"}' >out.json
	jq -e '.status.state == "PENDING" and (has("result") | not)' out.json
	id=$(jq -r .statement_id out.json)
	other=$(sql 'SELECT 2 AS a' '{"wait_timeout": "0s"}' | jq -r .statement_id)
	expect 200 POST "/api/2.0/sql/statements/$other/cancel" '{}'
	until_is SUCCEEDED state_of "$id"
	call GET "/api/2.0/sql/statements/$id" | jq -e '.result.data_array == [["1"]]'
	call GET "/api/2.0/sql/statements/$other" | jq -e '.status.state == "CANCELED"'
	sql 'SELECT 3 AS a' '{"wait_timeout": "50s"}' | jq -e '.status.state == "SUCCEEDED"'
}

@test "genie-local: spaces are listed in pages, without their configuration" {
	space_file
	jq '.space_id = "00000000000000000000000000000002" | .title = "Other"' space.json >other.json
	start --space-file space.json --space-file other.json
	call GET '/api/2.0/genie/spaces?page_size=1' >out.json
	jq -e '[.spaces[].title] == ["Other"] and (.spaces[0] | has("serialized_space") or has("etag") | not)' out.json
	call GET "/api/2.0/genie/spaces?page_size=1&page_token=$(jq -r .next_page_token out.json)" >out.json
	jq -e '[.spaces[].title] == ["Tiny"] and (has("next_page_token") | not)' out.json
	expect 400 GET '/api/2.0/genie/spaces?page_token=x'
	call GET "$TINY" | jq -e 'has("etag") or has("serialized_space") | not'
	expect 404 GET /api/2.0/genie/spaces/00000000000000000000000000000009
}

@test "genie-local: version 1 becomes 2, sorted, and unknown keys stay" {
	space_file
	start --space-file space.json
	tiny_config >config.json
	jq -e '.version == 2 and .data_sources.tables[0].column_configs[0] ==
		{column_name: "c", enable_format_assistance: true, enable_entity_matching: false}' config.json
	grep -q '"later":{"kept":1.10}' config.json
}

@test "genie-local: an unsorted or wrong configuration is refused with the reason" {
	space_file
	start --space-file space.json
	sorted=$(tiny_config)
	patch_config "$(jq -c '.data_sources.tables |= reverse' <<<"$sorted")" >out.json
	[ "$(code)" = 400 ]
	jq -e '.error_code == "INVALID_PARAMETER_VALUE" and
		(.message | contains("data_sources.tables must be sorted by identifier"))' out.json
	patch_config "$(jq -c '.config.sample_questions = [{id: "short", question: ["q"]}]' <<<"$sorted")" >out.json
	[ "$(code)" = 400 ]
	patch_config "$(jq -c '.colour = 1' <<<"$sorted")" | jq -e '.message | contains("Cannot find field: colour")'
	patch_config "$(jq -c '.data_sources.tables += [{identifier: "x.y.z"}]' <<<"$sorted")" | jq -e '.error_code == "PERMISSION_DENIED"'
	[ "$(code)" = 403 ]
	patch_config '{"version":' | jq -e '.message | contains("line 1")'
	[ "$(tiny_config)" = "$sorted" ]
}

@test "genie-local: etags move with the configuration only, and a stale one is a conflict" {
	space_file
	start --space-file space.json
	etag() { call GET "$TINY?include_serialized_space=true" | jq -r .etag; }
	first=$(etag)
	expect 200 PATCH "$TINY" "{\"title\": \"New title\", \"etag\": \"$first\"}"
	[ "$(etag)" = "$first" ]
	config=$(tiny_config)
	patch_config "$config" "$first" >/dev/null
	[ "$(code)" = 200 ]
	[ "$(etag)" = "$first" ]
	changed=$(jq -c '.data_sources.tables[1].description = ["new"]' <<<"$config")
	patch_config "$changed" "$first" >/dev/null
	[ "$(code)" = 200 ]
	[ "$(etag)" != "$first" ]
	patch_config "$config" "$first" >out.json
	[ "$(code)" = 409 ]
	[ "$(tiny_config | jq -cS .)" = "$(jq -cS . <<<"$changed")" ]
	call GET "$TINY" | jq -e '.title == "New title"'
}

@test "genie-local: create, trash, and what a restart keeps" {
	start --db state.db
	body=$(jq -nc --arg w "$WH" '{title: "Made", warehouse_id: $w, serialized_space: "{\"version\":1}", parent_path: "/Workspace/Shared"}')
	call POST /api/2.0/genie/spaces "$body" >out.json
	jq -e '.parent_path == "/Shared" and .serialized_space == "{\"version\":2,\"data_sources\":{}}"' out.json
	id=$(jq -r .space_id out.json)
	[[ $id =~ ^[0-9a-f]{32}$ ]]
	expect 404 POST /api/2.0/genie/spaces "$(jq -c '.parent_path = "/Shared/none"' <<<"$body")"
	expect 400 POST /api/2.0/genie/spaces "$(jq -c 'del(.serialized_space)' <<<"$body")"
	expect 400 POST /api/2.0/genie/spaces "$body"
	jq -e '.error_code == "RESOURCE_ALREADY_EXISTS"' reply
	gone=$(call POST /api/2.0/genie/spaces "$(jq -c '.title = "Gone"' <<<"$body")" | jq -r .space_id)
	expect 200 DELETE "/api/2.0/genie/spaces/$gone"
	kill "$pid"; wait "$pid"
	start --db state.db
	call GET "/api/2.0/genie/spaces/$id" | jq -e '.title == "Made"'
	expect 404 GET "/api/2.0/genie/spaces/$gone"
	jq -e '.message | contains("has been trashed")' reply
	call GET /api/2.0/genie/spaces | jq -e '.spaces | length == 1'
}

# demo_space: the id of the demo's space
demo_space() {
	call GET /api/2.0/genie/spaces | jq -r '.spaces[0].space_id'
}

@test "genie-local: a question runs through its states to an answer with rows" {
	start --bundle "$ROOT/demo/cost" --latency 1500 --today 2026-11-20
	space=/api/2.0/genie/spaces/$(demo_space)
	call POST "$space/start-conversation" '{"content": "What is the total cost by workspace?"}' >out.json
	jq -e '.message.status == "SUBMITTED" and .message.id == .message_id' out.json
	grep -q '"user_id":[0-9]\{17,\}[,}]' out.json
	message=$space/conversations/$(jq -r .conversation_id out.json)/messages/$(jq -r .message_id out.json)
	states=
	for ((i = 0; i < 400; i++)); do
		state=$(call GET "$message" | jq -r .status)
		[[ $states == *"$state" ]] || states+=" $state"
		[ "$state" = COMPLETED ] && break
		[ "$state" != FAILED ] || { cat reply; return 1; }
	done
	[[ $states =~ ASKING_AI.*COMPLETED$ ]]
	query=$(jq -c '.attachments[] | select(.query)' reply)
	[ -n "$(jq -r .query.query <<<"$query")" ]
	call GET "$message/attachments/$(jq -r .attachment_id <<<"$query")/query-result" >out.json
	jq -e '.statement_response.status.state == "SUCCEEDED" and (.statement_response.result.data_array | length > 0)' out.json
	id=$(jq -r .query.statement_id <<<"$query")
	call GET "/api/2.0/sql/statements/$id" | jq -e --slurpfile q out.json '.result == $q[0].statement_response.result'
	expect 200 POST "$message/attachments/$(jq -r .attachment_id <<<"$query")/execute-query" '{}'
	expect 404 GET "$message/attachments/none/query-result"
}

@test "genie-local: follow-up, lists and deletion of conversations" {
	start --bundle "$ROOT/demo/cost" --today 2026-11-20
	space=/api/2.0/genie/spaces/$(demo_space)
	chat=$space/conversations/$(call POST "$space/start-conversation" '{"content": "total cost"}' | jq -r .conversation_id)
	call POST "$chat/messages" '{"content": "and by region?"}' | jq -e '.status == "SUBMITTED" and .content == "and by region?"'
	call GET "$chat/messages" | jq -e '[.messages[].content] == ["total cost", "and by region?"]'
	call GET "$space/conversations" | jq -e '.conversations[0].title == "total cost"'
	expect 400 POST "$chat/messages" '{"content": ""}'
	expect 404 POST /api/2.0/genie/spaces/none/start-conversation '{"content": "x"}'
	expect 200 DELETE "$chat"
	expect 404 GET "$chat/messages"
}

@test "genie-local: the same seed gives the same ids and answers, without one ids differ" {
	ask() {
		start --bundle "$ROOT/demo/cost" --today 2026-11-20 "$@"
		local space
		space=/api/2.0/genie/spaces/$(demo_space)
		call POST "$space/start-conversation" '{"content": "Which workspace costs most?"}' >start.json
		call GET "$space/conversations/$(jq -r .conversation_id start.json)/messages/$(jq -r .message_id start.json)" |
			jq -c '[.message_id, .status, .attachments[0].query.query]'
		kill "$pid"; wait "$pid"
	}
	one=$(ask --seed 7) two=$(ask --seed 7) three=$(ask)
	[ "$one" = "$two" ]
	[ "$one" != "$three" ]
}

@test "genie-local: questions beyond the rate are 429 with Retry-After" {
	space_file
	start --space-file space.json --qpm 2
	expect 200 POST "$TINY/start-conversation" '{"content": "one"}'
	expect 200 POST "$TINY/start-conversation" '{"content": "two"}'
	run -0 curl -s -i -H "Authorization: Bearer $TOKEN" -d '{"content": "three"}' "$URL$TINY/start-conversation"
	[[ $output == *"429 "* && $output == *"Retry-After: "* && $output == *REQUEST_LIMIT_EXCEEDED* ]]
	expect 200 GET "$TINY"
}

@test "genie-local: faults fire as often as their rules say" {
	start --fault 'GET warehouses 429:7 x2' --fault '* scim/v2/Me 503 every:2' --fault 'GET genie/spaces cut x1' \
		--fault 'GET genie/spaces badjson x1' --fault 'POST statements slow:300 x1' --fault 'POST mkdirs cut-after'
	expect 429 GET /api/2.0/sql/warehouses
	run -0 curl -s -i -H "Authorization: Bearer $TOKEN" "$API/sql/warehouses"
	[[ $output == *"429 "* && $output == *"Retry-After: 7"* ]]
	expect 200 GET /api/2.0/sql/warehouses
	expect 200 GET /api/2.0/preview/scim/v2/Me
	expect 503 GET /api/2.0/preview/scim/v2/Me
	expect 200 GET /api/2.0/preview/scim/v2/Me
	run -52 curl -s -H "Authorization: Bearer $TOKEN" "$API/genie/spaces"
	call GET /api/2.0/genie/spaces >out.json
	run ! jq -e . out.json
	call GET /api/2.0/genie/spaces | jq -e .spaces
	began=$(date +%s%3N)
	sql 'SELECT 1 AS a' | jq -e '.status.state == "SUCCEEDED"'
	[ $(($(date +%s%3N) - began)) -ge 300 ]
	run -52 curl -s -H "Authorization: Bearer $TOKEN" -d '{"path": "/Shared/done"}' "$API/workspace/mkdirs"
	expect 200 GET '/api/2.0/workspace/get-status?path=/Shared/done'
}

@test "genie-local: a message that fails by rule says why" {
	space_file
	start --space-file space.json --fault 'POST start-conversation message-failed:RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION x1'
	message() {
		call POST "$TINY/start-conversation" '{"content": "anything"}' >start.json
		call GET "$TINY/conversations/$(jq -r .conversation_id start.json)/messages/$(jq -r .message_id start.json)"
	}
	message | jq -e '.status == "FAILED" and .error.type == "RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION"'
	message | jq -e '.error.type != "RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION"'
}

@test "genie-local: requests are counted and logged without secrets" {
	space_file
	start --space-file space.json --log-requests log.jsonl
	expect 200 POST "$TINY/start-conversation" '{"content": "private question"}'
	expect 404 GET '/api/2.0/none?secret=1'
	call GET /genie-local/stats | jq -e '.routes.start_conversation == 1 and .routes.unknown == 1 and .requests == 3'
	[ "$(jq -c . log.jsonl | head -2 | tail -1)" = '{"method":"GET","path":"/api/2.0/none","status":404}' ]
	[ "$(wc -l <log.jsonl)" = 3 ]
	run ! grep -qE "private|secret|$TOKEN" log.jsonl
}

@test "genie-local exec: environment, exit status, and no server afterwards" {
	export DATABRICKS_CONFIG_PROFILE=somebody DATABRICKS_CLIENT_ID=id
	run -7 genie-local exec --port-file port -- bash -c '
		curl -sf -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/genie/spaces" || exit 1
		[ "$DATABRICKS_CONFIG_FILE:$DATABRICKS_WAREHOUSE_ID" = /dev/null:'"$WH"' ] || exit 2
		[ -z "${DATABRICKS_CONFIG_PROFILE:-}${DATABRICKS_CLIENT_ID:-}" ] || exit 3
		exit 7'
	[ "$output" = '{"spaces":[]}' ]
	run ! curl -sf "http://127.0.0.1:$(cat port)/.well-known/databricks-config"
	run -0 genie-local exec -- true
	run -143 genie-local exec -- bash -c 'kill -TERM $$'
	run -69 --separate-stderr genie-local exec -- /no/such/command
	[[ $stderr == *"/no/such/command: No such file"* ]]
	run -5 genie-local exec -- genie-local exec -- bash -c 'exit 5'
}

@test "genie-local exec: signals go on to the command; a killed server is gone" {
	genie-local exec --port-file port -- bash -c 'trap "exit 9" TERM; echo up >up; while :; do sleep 0.05; done' 3>&- &
	pid=$!
	for ((i = 0; i < 1200; i++)); do [ -s up ] && break; sleep 0.05; done
	kill -TERM "$pid"
	ends 9
	rm up
	genie-local exec --port-file port -- bash -c 'echo $$ >up; exec sleep 60' 3>&- &
	pid=$!
	for ((i = 0; i < 1200; i++)); do [ -s up ] && break; sleep 0.05; done
	kill -KILL "$pid"
	wait "$pid" || true
	kill "$(cat up)"
	run ! curl -sf "http://127.0.0.1:$(cat port)/.well-known/databricks-config"
	pid=
}

@test "genie-local sql: JSON, a table, standard input, errors" {
	run -0 genie-local sql 'SELECT 1 AS a, CAST(NULL AS STRING) AS b'
	[ "$(jq -c .rows <<<"$output")" = '[["1",null]]' ]
	run -0 genie-local sql --table "SELECT 'wide' AS a, 2 AS bb"
	[ "${lines[0]}" = 'a     bb' ]
	[ "${lines[1]}" = 'wide  2' ]
	run -0 bash -c 'echo "SELECT 3 AS c" | genie-local sql -t'
	[ "${lines[1]}" = 3 ]
	run -65 --separate-stderr genie-local sql 'SELECT * FROM nowhere_at_all'
	[[ $stderr == *"[TABLE_OR_VIEW_NOT_FOUND]"* ]]
	[ -z "$output" ]
	run -2 genie-local sql 'SELECT 1' 'SELECT 2'
}

# What a workspace makes of an export: version 2, and every array in its order.
stored_form='
	def in_order: (.data_sources.tables, .data_sources.metric_views) |= (if . then sort_by(.identifier) else . end)
		| walk(if type == "array" and length > 0 and (.[0] | type == "object") then
			if .[0] | has("id") then sort_by(.id, .identifier)
			elif .[0] | has("column_name") then sort_by(.column_name)
			elif .[0] | has("name") then sort_by(.name) else . end else . end);
	def renamed(from; to): if has(from) then .[to] = .[from] | del(.[from]) else . end;
	.version = 2 | .data_sources |= (. // {})
	| (.data_sources[][]? | .column_configs[]?) |=
		(renamed("get_example_values"; "enable_format_assistance") | renamed("build_value_dictionary"; "enable_entity_matching"))
	| in_order | .data_sources |= with_entries(select(.value != null))'

@test "genie-local: real space exports load and come back with nothing lost" {
	need_data spaces
	local file
	for file in "$SHARED_DATA"/spaces/*.json; do
		start --space-file "$file"
		id=$(demo_space)
		[ "$id" != null ] || { echo "$file: no space"; return 1; }
		call GET "/api/2.0/genie/spaces/$(jq -rn --arg i "$id" '$i | @uri')?include_serialized_space=true" |
			jq -r .serialized_space | jq -S . >got.json
		jq -S 'if .serialized_space then .serialized_space | if type == "string" then fromjson else . end else . end' "$file" >raw.json
		jq -S "$stored_form" raw.json >want.json
		diff want.json got.json >diff.txt || { echo "$file"; head -20 diff.txt; return 1; }
		# the same through the tool; none of what the space names exists here, and it says so
		DATABRICKS_HOST=$URL DATABRICKS_TOKEN=$TOKEN genie-fetch -q -o fetched.json "$id" 2>warnings
		for part in .config '.config_raw | fromjson'; do
			jq -S "$part" fetched.json | diff want.json - >diff.txt ||
				{ echo "$file: genie-fetch, $part"; head -20 diff.txt; return 1; }
		done
		jq -S 'if .serialized_space then {title, description} else {} end | with_entries(select(.value != null))' "$file" >said.json
		jq -e --slurpfile s said.json '. as $f | $s[0] | to_entries | all(.value == $f[.key])' fetched.json
		jq -r '[.config.data_sources[][]?.identifier, .config.instructions.sql_functions[]?.identifier] | unique[]' \
			fetched.json >named
		[ "$(wc -l <warnings)" = "$(wc -l <named)" ]
		[ "$(grep -cF "$(sed 's/$/:/' named)" warnings)" = "$(wc -l <named)" ]
		grep -vc '^genie-fetch: warning: ' warnings && return 1
		kill "$pid"; wait "$pid"
	done
}

@test "genie-local: look-alikes of space exports are refused with the reason" {
	need_data spaces/lookalikes
	run -65 --separate-stderr genie-local sql --space-file "$SHARED_DATA/spaces/lookalikes/dbx_genie_rx_python_literal.json" 'SELECT 1'
	[[ $stderr == *"line 1"* ]]
	[ -z "$output" ]
	run -65 --separate-stderr genie-local sql --space-file "$SHARED_DATA/spaces/lookalikes/linz_space_configuration.json" 'SELECT 1'
	[[ $stderr == *"not a Genie space export"* ]]
}

@test "genie-local: an export that broke leaves the space as it is; at a first start it says what to do" {
	cp -r "$ROOT/demo/cost" b
	sed -i '5s/",$/",,/' b/src/genie/cost_genie_export.json
	run -65 genie-local exec -q --bundle b --db state.db -- true
	[[ $output =~ b/src/genie/cost_genie_export.json:\ line\ 5,\ column\ [0-9]+.*"mend it there; git diff shows what changed" ]]
	cp "$ROOT/demo/cost/src/genie/cost_genie_export.json" b/src/genie/
	genie-local exec -q --bundle b --db state.db -- genie-fetch -q cost | jq .config >before.json
	sed -i '5s/",$/",,/' b/src/genie/cost_genie_export.json
	run -0 genie-local exec --bundle b --db state.db -- bash -c 'genie-fetch -q cost | jq .config >after.json'
	[[ $output =~ line\ 5,\ column\ [0-9]+.*"the space stays as it is in the workspace" ]]
	diff before.json after.json
}

@test "genie-local: an eval-run asks the space's benchmark questions and judges the answers" {
	cat >bench.json <<'JSON'
{ "title": "B", "space_id": "00000000000000000000000000000001", "serialized_space": { "version": 2, "data_sources": {},
  "benchmarks": { "questions": [
    {"id": "0000000000000000000000000000000a", "question": ["how ", "many"], "answer": [{"format": "SQL", "content": ["SELECT\n", "1 AS a"]}]},
    {"id": "0000000000000000000000000000000b", "question": ["which"], "answer": [{"format": "SQL", "content": ["SELECT 2 AS b"]}]} ] } } }
JSON
	start --space-file bench.json --latency 1500
	run=$TINY/eval-runs/$(call POST "$TINY/eval-runs" '{}' | jq -r .eval_run_id)
	call GET "$run" | jq -e '.eval_run_status == "NOT_STARTED" and .num_questions == 2'
	until_is DONE evaluation_is "$run"
	call GET "$run" | jq -e '.eval_run_status == "DONE" and .num_done == 2 and .num_correct == 0'
	call GET "$run/results" >out.json
	jq -e '[.eval_results[] | .question] == ["how many", "which"] and .eval_results[0].benchmark_answer == "SELECT\n1 AS a"' out.json
	call GET "$run/results/$(jq -r '.eval_results[0].result_id' out.json)" |
		jq -e '.assessment == "BAD" and .expected_response[0].sql_execution_result.result.data_array == [["1"]]'
	call POST "$TINY/eval-runs" '{"benchmark_question_ids": ["0000000000000000000000000000000b"]}' | jq -e '.num_questions == 1'
	call GET "$TINY/eval-runs" | jq -e '.eval_runs | length == 2'
	expect 400 POST "$TINY/eval-runs" '{"benchmark_question_ids": ["none"]}'
	expect 404 GET "$TINY/eval-runs/none"
}
