# shellcheck shell=bash
# A workspace served in the background, and calls to it. Load after ../lib.bash.

WH=0a1b2c3d4e5f6071
TOKEN=test-token

setup() {
	cd "$BATS_TEST_TMPDIR"
	pid=
}

teardown() { stop_workspace; }

# start OPTION...: serves in the background; sets URL.
start() {
	serve_workspace --token "$TOKEN" --latency 0 "$@"
	URL=$DATABRICKS_HOST
	unset DATABRICKS_HOST DATABRICKS_TOKEN
	API=$URL/api/2.0
}

# ends STATUS: the server ends, with this status
ends() {
	local status=0
	wait "$pid" || status=$?
	pid=
	[ "$status" = "$1" ]
}

# until_is WORD COMMAND...: until the command says so, within a minute
until_is() {
	local word=$1 i
	shift
	for ((i = 0; i < 600; i++)); do
		[ "$("$@")" != "$word" ] || return 0
		sleep 0.1
	done
	echo "$*: $("$@"), never $word"
	return 1
}
code_of() { call GET "$1" >/dev/null && cat code; }
state_of() { call GET "/api/2.0/sql/statements/$1" | jq -r .status.state; }
evaluation_is() { call GET "$1" | jq -r .eval_run_status; }

# call METHOD PATH [BODY]: prints the body; code() has the status
call() {
	local method=$1 path=$2 args=()
	[ $# -lt 3 ] || args=(-d "$3")
	curl -sS -o reply -w '%{http_code}' -X "$method" -H "Authorization: Bearer $TOKEN" "${args[@]}" "$URL$path" >code
	cat reply
}
code() { cat code; }

# expect STATUS METHOD PATH [BODY]
expect() {
	local want=$1
	shift
	call "$@" >/dev/null
	[ "$(code)" = "$want" ] || { echo "$* gave $(code): $(cat reply)"; return 1; }
}
