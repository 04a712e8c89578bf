# shellcheck shell=bash
# Common helpers of the bats files. Load with: load ../lib.bash
bats_require_minimum_version 1.5.0
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
B=${B:-$ROOT/build}
case $B in /*) ;; *) B=$ROOT/$B ;; esac
PATH=$B/bin:$PATH
SHARED_DATA=${SHARED_DATA:-$ROOT/../shared/data}
export ROOT B PATH SHARED_DATA
unset DATABRICKS_HOST DATABRICKS_TOKEN DATABRICKS_CONFIG_PROFILE DATABRICKS_CLIENT_ID DATABRICKS_CLIENT_SECRET MLFLOW_TRACKING_URI
export DATABRICKS_CONFIG_FILE=/dev/null

# need_data PATH: skips, with the reason, when the shared data lack PATH.
need_data() {
	[ -e "$SHARED_DATA/$1" ] || skip "no shared data: $1"
}

# serve_workspace [OPTION...]: genie-local serves in the background. serve.json holds what it says of
# itself, DATABRICKS_HOST and DATABRICKS_TOKEN lead there; stop_workspace ends it, by pid.
serve_workspace() {
	local pipe=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/serve.pipe
	rm -f "$pipe" serve.json
	mkfifo "$pipe"
	genie-local serve "$@" >"$pipe" 2>serve.err 3>&- &
	pid=$!
	# one line once it answers, none when it has died; reading waits for either
	head -n 1 "$pipe" >serve.json
	if [ ! -s serve.json ]; then
		cat serve.err
		wait "$pid" || echo "genie-local serve ended with status $?"
		pid=
		return 1
	fi
	read -r DATABRICKS_HOST DATABRICKS_TOKEN < <(jq -r '"\(.host) \(.token)"' serve.json)
	export DATABRICKS_HOST DATABRICKS_TOKEN
}

# stop_workspace: for teardown. That the test has killed it is fine, that it died of itself is not.
stop_workspace() {
	local status=0
	[ -n "${pid:-}" ] || return 0
	kill "$pid" 2>/dev/null || true
	wait "$pid" || status=$?
	pid=
	case $status in
	0 | 127 | 137 | 143) ;; # 127: the test has waited for it
	*)
		echo "genie-local serve ended with status $status"
		cat serve.err
		return 1
		;;
	esac
}

# The floor that every tool stands on. Usage: floor TOOL [OPERAND...]; what
# follows the tool makes it reach its output when standard input is empty.
floor() {
	local tool=$1 text
	shift
	run -0 "$tool" --help
	[[ $output == *"usage: $tool"* ]]
	run -0 "$tool" --version
	[[ $output =~ ^$tool\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	text=$("$tool" --describe)
	[ "$(jq -r .name <<<"$text")" = "$tool" ]
	# help, parser and manual page know the same options
	local name
	for name in $(jq -r '.options[].name' <<<"$text"); do
		"$tool" --help | grep -q -e " --$name\b" || { echo "--help lacks --$name"; return 1; }
		"$tool" --man | grep -q -F -e "Fl \\-$name" || { echo "--man lacks --$name"; return 1; }
	done
	run -2 --separate-stderr "$tool" --no-such-option
	[ -z "$output" ]
	[[ $stderr == *"unknown option --no-such-option"* ]]
	run -74 --separate-stderr bash -c '"$1" --describe >/dev/full' _ "$tool"
	[[ $stderr == *"writing standard output"* ]]
	run -2 --separate-stderr env GENIE_NOW=yesterday "$tool" "$@"
}

# rows ID:OUTCOME[:PRIORITY]...: rows with one judge, one a line.
rows() {
	local spec id outcome priority value
	for spec in "$@"; do
		IFS=: read -r id outcome priority <<<"$spec"
		value=no
		[ "$outcome" != pass ] || value=yes
		jq -nc --arg id "$id" --arg o "$outcome" --arg p "${priority:-P1}" --arg v "$value" \
			'{question_id:$id, question:("question "+$id), priority:$p, outcome:$o, iteration:1, config_id:"c0ffee000001",
			  sql_hash:("h"+$id+$v), judges:{result_correctness:{value:$v,source:"code",rationale:""}}}'
	done
}
