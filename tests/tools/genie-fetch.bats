load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=5
	pid=
}

teardown() {
	stop_workspace
}

# local_workspace [OPTION...]: genie-local with the demo bundle; sets host, token, pid.
local_workspace() {
	serve_workspace --bundle "$ROOT/demo/cost" --token dapi-local-hush --seed 1 --latency 0 \
		--log-requests requests.jsonl "$@"
	host=$DATABRICKS_HOST token=$DATABRICKS_TOKEN
	unset DATABRICKS_HOST DATABRICKS_TOKEN
}

as_user() { env DATABRICKS_HOST="$host" DATABRICKS_TOKEN="$token" "$@"; }

@test "genie-fetch stands on the common floor" {
	floor genie-fetch --list
}

@test "nothing to do, or two things at once, is a usage error" {
	run -2 --separate-stderr genie-fetch
	run -2 --separate-stderr genie-fetch --list some-space
	[[ $stderr == *"give one of"* ]]
}

@test "without any configuration it says what to set" {
	run -2 --separate-stderr genie-fetch some-space
	[ -z "$output" ]
	[[ $stderr == *DATABRICKS_HOST* ]]
}

@test "a dead host is temporary, and the token is in no message" {
	run -75 --separate-stderr env DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=dapi-hush \
		genie-fetch -v -o space.json some-space
	[[ $stderr != *hush* ]]
	[ ! -e space.json ]
}

@test "plain http beyond this machine gets no credential" {
	run -69 --separate-stderr env DATABRICKS_HOST=http://workspace.invalid DATABRICKS_TOKEN=dapi-hush \
		genie-fetch --list
	[[ $stderr == *https* ]]
}

@test "a missing profile names the file" {
	run -65 --separate-stderr env DATABRICKS_CONFIG_FILE="$PWD/cfg" genie-fetch -p nobody --list
	[[ $stderr == *"cfg has no nobody profile"* ]]
}

@test "two ways to authenticate at once are refused" {
	run -2 --separate-stderr env DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=a-token \
		DATABRICKS_CLIENT_ID=i DATABRICKS_CLIENT_SECRET=a-secret genie-fetch --list
	[[ $stderr == *"more than one authorization method"* ]]
	[[ $stderr != *a-secret* ]]
}

@test "spaces are listed, and one is snapshotted by id and by title" {
	local_workspace
	as_user genie-fetch --list >spaces.jsonl
	[ "$(jq -s length spaces.jsonl)" -ge 1 ]
	id=$(jq -r -s '.[0].space_id' spaces.jsonl)
	title=$(jq -r -s '.[0].title' spaces.jsonl)
	as_user genie-fetch "$id" -o space.json
	[ "$(jq -c '[.schema, .space_id]' space.json)" = "[\"genie/space/1\",\"$id\"]" ]
	# the parsed configuration is the exact text, and the id is the hash's beginning
	jq -e '(.config_raw | fromjson) == .config and
		.config_id == .config_hash[0:12] and .counts.tables >= 1' space.json
	as_user genie-fetch "$title" -o by-title.json
	[ "$(jq -r .config_hash by-title.json)" = "$(jq -r .config_hash space.json)" ]
}

@test "the metadata behind a space come with it" {
	local_workspace
	id=$(as_user genie-fetch --list | jq -r -s '.[0].space_id')
	as_user genie-fetch "$id" -o space.json
	jq -e '.uc.errors == null and (.uc.columns | length) > 5 and (.uc.tables | length) >= 1' space.json
	# every table of the space has its columns, and nothing else came along
	[ "$(jq -c '[.config.data_sources | .tables[]?, .metric_views[]? | .identifier] | sort' space.json)" = \
		"$(jq -c '[.uc.tables[] | .table_catalog + "." + .table_schema + "." + .table_name] | sort' space.json)" ]
	jq -e '.uc.columns | all(.column_name != null and (.ordinal_position | type) == "number")' space.json
	jq -e '(.uc.metric_views | length) == .counts.metric_views and
		(.uc.metric_views | all(.yaml | test("measures:")))' space.json
	jq -e '(.uc.routines | length) == .counts.functions and
		(.uc.routines | all(.routine_definition | test("(?i)select")))' space.json
	as_user genie-fetch "$id" --no-uc -o bare.json
	jq -e '.uc == null' bare.json
}

@test "the time of fetching is not in the hash" {
	local_workspace
	id=$(as_user genie-fetch --list | jq -r -s '.[0].space_id')
	as_user env GENIE_NOW=2026-01-01T00:00:00Z genie-fetch "$id" -o a.json
	as_user env GENIE_NOW=2026-02-02T00:00:00Z genie-fetch "$id" -o b.json
	[ "$(jq -r .config_hash a.json)" = "$(jq -r .config_hash b.json)" ]
	[ "$(jq -r .fetched_at a.json)" = 2026-01-01T00:00:00Z ]
	cmp <(jq 'del(.fetched_at)' a.json) <(jq 'del(.fetched_at)' b.json)
}

@test "an unknown space and a wrong token are refused for good" {
	local_workspace
	run -69 --separate-stderr as_user genie-fetch no-such-space
	[ -z "$output" ]
	token=dapi-wrong-hush
	run -69 --separate-stderr as_user genie-fetch -v --list
	[[ $stderr == *"401"* ]]
	[[ $stderr != *hush* ]]
}

@test "a busy workspace is asked again" {
	local_workspace --fault 'GET genie/spaces 429:0 x1' --fault 'POST sql/statements 503:0 x2'
	id=$(as_user genie-fetch --list | jq -r -s '.[0].space_id')
	as_user genie-fetch "$id" -o space.json
	jq -e '(.uc.columns | length) > 5 and .uc.errors == null' space.json
	[ "$(jq -s 'map(select(.status == 429 or .status == 503)) | length' requests.jsonl)" = 3 ]
}

@test "a cut connection is repeated for a GET" {
	local_workspace --fault 'GET genie/spaces cut x1'
	as_user genie-fetch --list >spaces.jsonl
	[ -s spaces.jsonl ]
}

@test "a machine's client id and secret give a token" {
	local_workspace --client-id robot --client-secret s3cret-hush
	run -0 --separate-stderr env DATABRICKS_HOST="$host" DATABRICKS_CLIENT_ID=robot \
		DATABRICKS_CLIENT_SECRET=s3cret-hush genie-fetch -v --list
	[[ $stderr != *hush* ]]
	run -69 --separate-stderr env DATABRICKS_HOST="$host" DATABRICKS_CLIENT_ID=robot \
		DATABRICKS_CLIENT_SECRET=wrong-hush genie-fetch -v --list
	[[ $stderr != *hush* ]]
}

@test "a profile of the file, named directly or by a bundle" {
	local_workspace
	printf '[DEFAULT]\nhost = https://unused.invalid\ntoken = x\n[here]\nhost = %s\ntoken = %s ; local\n' \
		"$host" "$token" >"$HOME/.databrickscfg"
	unset DATABRICKS_CONFIG_FILE
	genie-fetch --profile here --list >spaces.jsonl
	[ -s spaces.jsonl ]
	mkdir bundle
	printf 'workspace:\n  profile: here\n' >bundle/databricks.yml
	genie-fetch --bundle bundle --list >again.jsonl
	cmp spaces.jsonl again.jsonl
}

@test "a full disk is noticed" {
	local_workspace
	run -74 --separate-stderr as_user bash -c 'genie-fetch --list >/dev/full'
}

@test "one schema's metadata alone" {
	local_workspace
	id=$(as_user genie-fetch --list | jq -r -s '.[0].space_id')
	name=$(as_user genie-fetch "$id" --no-uc | jq -r '.config.data_sources.tables[0].identifier')
	as_user genie-fetch --uc "${name%.*}" >uc.json
	jq -e '.schema == "genie/uc/1" and (.uc.tables | length) >= 1' uc.json
	run -2 --separate-stderr as_user genie-fetch --uc not-a-schema
	[[ $stderr == *"not CATALOG.SCHEMA"* ]]
}
