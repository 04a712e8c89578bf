#!/usr/bin/env bats
# genie-local: workspace files as clients see them.
load ../lib.bash
load genie-local.bash

W=/api/2.0/workspace

# put PATH CONTENT [JSON MEMBERS]: imports a file
put() {
	call POST $W/import "$(jq -nc --arg p "$1" --arg c "$2" --argjson more "${3:-{\}}" '{path: $p, content: ($c | @base64), format: "AUTO"} + $more')"
}
# fetch PATH: the content
fetch() { call GET "$W/export?direct_download=true&path=$1"; }
refused() { # STATUS CODE TEXT: what the last call got
	jq -e --arg s "$(code)" --arg want "$1" --arg c "$2" --arg t "$3" '$s == $want and .error_code == $c and (.message | contains($t))' reply >/dev/null ||
		{ echo "got $(code): $(cat reply)"; return 1; }
}

@test "genie-local workspace: a file comes back as it was sent, byte for byte" {
	start
	expect 200 POST $W/mkdirs '{"path": "/Workspace/Shared/me/a/b"}'
	head -c 3000 /dev/urandom >bytes
	printf '{"path": "/Shared/me/a/b/bytes.bin", "format": "RAW", "content": "%s"}' "$(base64 -w0 bytes)" >body
	expect 200 POST $W/import @body
	fetch /Workspace/Shared/me/a/b/bytes.bin >got
	cmp got bytes
	call GET "$W/export?path=/Shared/me/a/b/bytes.bin" | jq -r .content | base64 -d | cmp - bytes
	[ "$(jq -r .file_type reply)" = bin ]
	run -0 call GET "$W/get-status?path=/Shared/me/a/b/bytes.bin"
	[ "$(jq -c '[.object_type, .path, .size]' <<<"$output")" = '["FILE","/Shared/me/a/b/bytes.bin",3000]' ]
	grep -qE '"object_id":71[0-9]{17}' reply # an id that a double does not hold
}

@test "genie-local workspace: an existing file is replaced only when that is asked for" {
	start
	put /Shared/f.txt one
	put /Shared/f.txt two
	refused 400 RESOURCE_ALREADY_EXISTS '(/Shared/f.txt) already exists'
	[ "$(fetch /Shared/f.txt)" = one ]
	put /Shared/f.txt two '{"overwrite": true}'
	[ "$(fetch /Shared/f.txt)" = two ]
	put /Shared x '{"overwrite": true}' # a folder is not overwritten
	refused 400 RESOURCE_ALREADY_EXISTS '(/Shared) already exists'
	expect 400 POST $W/mkdirs '{"path": "/Shared/f.txt/below"}'
	refused 400 RESOURCE_ALREADY_EXISTS 'is not a directory'
}

@test "genie-local workspace: what cannot be imported is refused and leaves nothing" {
	start
	put /Users/nobody/f.txt x
	refused 404 RESOURCE_DOES_NOT_EXIST 'parent folder (/Users/nobody) does not exist'
	put relative x
	refused 400 INVALID_PARAMETER_VALUE "doesn't start with '/'"
	call POST $W/import '{"path": "/Shared/f", "format": "RAW", "content": "@@@"}' >/dev/null
	refused 400 INVALID_PARAMETER_VALUE 'not valid base64'
	put /Shared/f x '{"format": "DBC"}'
	refused 400 INVALID_PARAMETER_VALUE 'not DBC'
	put /Shared/f x '{"format": "SOURCE"}'
	refused 400 INVALID_PARAMETER_VALUE 'language'
	expect 404 GET "$W/get-status?path=/Shared/f"
	expect 404 GET "$W/export?path=/Shared/f"
}

@test "genie-local workspace: 10 MB are taken, one byte more is not" {
	start
	size() {
		printf '{"path": "/Shared/big", "overwrite": true, "format": "RAW", "content": "%s"}' "$(head -c "$1" /dev/zero | base64 -w0)" >body
		call POST $W/import @body >/dev/null
	}
	size 10485760
	[ "$(code)" = 200 ]
	size 10485761
	refused 400 MAX_NOTEBOOK_SIZE_EXCEEDED '10485761 bytes'
	[ "$(call GET "$W/get-status?path=/Shared/big" | jq .size)" = 10485760 ]
}

@test "genie-local workspace: AUTO makes a notebook of a source that says so, without its suffix" {
	start
	put /Shared/n.py $'# Databricks notebook source\nprint(1)\n'
	run -0 call GET "$W/get-status?path=/Shared/n"
	[ "$(jq -c '[.object_type, .language]' <<<"$output")" = '["NOTEBOOK","PYTHON"]' ]
	put /Shared/s.py $'print(1)\n'
	[ "$(call GET "$W/get-status?path=/Shared/s.py" | jq -r .object_type)" = FILE ]
	put /Shared/q 'SELECT 1' '{"format": "SOURCE", "language": "SQL"}'
	[ "$(call GET "$W/get-status?path=/Shared/q" | jq -r .language)" = SQL ]
	[ "$(call GET "$W/export?path=/Shared/n&format=SOURCE" | jq -r .file_type)" = py ]
}

@test "genie-local workspace: a form can be imported, too" {
	start
	printf 'line\r\n--not the boundary\r\n' >content
	[ "$(curl -sS -o reply -w '%{http_code}' -H "Authorization: Bearer $TOKEN" -F path=/Shared/form.txt -F format=AUTO -F overwrite=true -F content=@content "$URL$W/import")" = 200 ]
	fetch /Shared/form.txt | cmp - content
	[ "$(curl -sS -o reply -w '%{http_code}' -H "Authorization: Bearer $TOKEN" -F path=/Shared/form.txt "$URL$W/import")" = 400 ]
	curl -sS -o reply -H "Authorization: Bearer $TOKEN" -H 'Content-Type: multipart/form-data; boundary=b' -d 'no part at all' "$URL$W/import"
	grep -q INVALID_PARAMETER_VALUE reply
}

@test "genie-local workspace: a folder lists what is right below it, and goes only as a whole" {
	start
	expect 200 POST $W/mkdirs '{"path": "/Shared/d/e"}'
	expect 200 POST $W/mkdirs '{"path": "/Shared/dd"}'
	put /Shared/d/f.txt x
	put /Shared/d/e/g.txt x
	[ "$(call GET "$W/list?path=/Shared/d" | jq -c '[.objects[] | [.path, .object_type]]')" = '[["/Shared/d/e","DIRECTORY"],["/Shared/d/f.txt","FILE"]]' ]
	[ "$(call GET "$W/list?path=/Shared/dd")" = '{}' ]
	expect 404 GET "$W/list?path=/Shared/none"
	expect 400 POST $W/delete '{"path": "/Shared/d"}'
	refused 400 DIRECTORY_NOT_EMPTY 'not empty'
	expect 200 POST $W/delete '{"path": "/Shared/d", "recursive": true}'
	expect 404 GET "$W/get-status?path=/Shared/d/e/g.txt"
	expect 200 GET "$W/get-status?path=/Shared/dd"
	expect 404 POST $W/delete '{"path": "/Shared/d"}'
	expect 400 POST $W/delete '{"path": "/", "recursive": true}'
}

@test "genie-local workspace: files outlive the server when there is a database" {
	start --db w.db
	put /Shared/f.txt kept
	kill "$pid"
	ends 0
	start --db w.db
	[ "$(fetch /Shared/f.txt)" = kept ]
}
