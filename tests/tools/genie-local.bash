# shellcheck shell=bash
# A workspace served in the background, and calls to it. Load after ../lib.bash.

WH=0a1b2c3d4e5f6071
TOKEN=test-token

setup() {
	cd "$BATS_TEST_TMPDIR"
	SERVER=
}

teardown() {
	if [ -n "$SERVER" ]; then kill "$SERVER" 2>/dev/null || true; wait "$SERVER" 2>/dev/null || true; fi
}

# start OPTION...: serves in the background; sets URL.
start() {
	rm -f port
	genie-local serve --token "$TOKEN" --latency 0 --port-file port "$@" >ready.json 2>serve.err 3>&- &
	SERVER=$!
	local i
	for ((i = 0; i < 1200; i++)); do
		[ -s port ] && [ -s ready.json ] && break
		kill -0 "$SERVER" 2>/dev/null || { cat serve.err; return 1; }
		sleep 0.05
	done
	URL=http://127.0.0.1:$(cat port)
	API=$URL/api/2.0
}

# ends STATUS: the server ends, with this status
ends() {
	local status=0
	wait "$SERVER" || status=$?
	SERVER=
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
