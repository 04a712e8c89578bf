#!/usr/bin/env bats
# Which server genie-track talks to, with whose credentials, and which one the work in a spool is for.
load ../lib.bash
load genie-track.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR GENIE_NOW=2026-11-20T17:00:00Z
	unset "${!MLFLOW_@}" "${!DATABRICKS_@}"
	export DATABRICKS_CONFIG_FILE=$PWD/databrickscfg
	pid=
	other=
}

teardown() {
	[ -z "$other" ] || kill "$other"
	stop_workspace
}

# away VERB...: logs to a workspace that is not there
away() { genie-track -q "$@" --domain cost --spool spool --best-effort --deadline 2; }
spooled() { find spool -name '*.json' | wc -l; }

# encrypted: an https server with a certificate of its own, which serves one run
encrypted() {
	command -v openssl >/dev/null || skip "openssl is not there"
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>req.err || { cat req.err; return 1; }
	mkdir -p api/2.0/mlflow/runs
	echo '{"run":{"info":{"run_id":"abc","experiment_id":"1"},"data":{}}}' >'api/2.0/mlflow/runs/get?run_id=abc'
	: >server.out # before anything looks into it
	openssl s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -WWW "$@" >server.out 2>server.err 3>&- &
	other=$!
	local i port=
	for ((i = 0; i < 1200; i++)); do
		port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' server.out)
		[ -z "$port" ] || break
		kill -0 "$other" || { cat server.err; other=; return 1; }
		sleep 0.05
	done
	export MLFLOW_TRACKING_URI=https://127.0.0.1:$port
}

@test "a profile that the URI names wins over the workspace of the environment" {
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "of Databricks only"
	tracking
	printf '[mine]\nhost = %s\ntoken = %s\n[other]\nhost = http://127.0.0.1:1\ntoken = dapi-other-hush\n' "$DATABRICKS_HOST" "$DATABRICKS_TOKEN" >databrickscfg
	export DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=dapi-env-hush
	MLFLOW_TRACKING_URI=databricks://mine run -0 --separate-stderr genie-track experiment --domain cost
	[ "$(field .status)" = logged ]
	DATABRICKS_CONFIG_PROFILE=other MLFLOW_TRACKING_URI=databricks://mine run -0 --separate-stderr genie-track experiment --domain cost
	# as --profile for the workspace is no word on the tracking server
	MLFLOW_TRACKING_URI=databricks://mine run -0 --separate-stderr genie-track experiment --profile other --domain cost
	# a way to authenticate of the environment is not mixed with the profile's
	unset DATABRICKS_TOKEN
	DATABRICKS_CLIENT_ID=a DATABRICKS_CLIENT_SECRET=b-hush-hush MLFLOW_TRACKING_URI=databricks://mine run -0 --separate-stderr genie-track experiment --domain cost
	MLFLOW_TRACKING_URI=databricks://nobody run -65 --separate-stderr genie-track experiment --domain cost
	[[ $stderr == *"no nobody profile"* ]]
	export DATABRICKS_TOKEN=dapi-env-hush
	MLFLOW_TRACKING_URI=databricks run -75 --separate-stderr env GENIE_HTTP_BUDGET=1 genie-track experiment --domain cost
}

@test "a spool is of one workspace: another one refuses it by name" {
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "of Databricks only"
	export MLFLOW_TRACKING_URI=databricks DATABRICKS_TOKEN=dapi-hush-hush
	DATABRICKS_HOST=https://one.invalid away experiment >one.json
	[ "$(jq -r .status one.json)" = spooled ]
	[ "$(jq -r .host spool/*.json)" = https://one.invalid ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/spool.json" spool/*.json
	# the same work on another workspace is other work
	DATABRICKS_HOST=https://two.invalid away experiment >two.json
	[ "$(spooled)" = 2 ]
	[ "$(jq -r .uuid one.json)" != "$(jq -r .uuid two.json)" ]
	DATABRICKS_HOST=https://three.invalid run -2 --separate-stderr genie-track flush --spool spool
	[ -z "$output" ]
	[[ $stderr == *"is for the workspace https://one.invalid, and MLFLOW_TRACKING_URI (databricks) is https://three.invalid"* ]]
	[ "$(spooled)" = 2 ]
	# one workspace by two names is one
	printf '[one]\nhost = https://ONE.invalid/?o=1\ntoken = dapi-hush-hush\n' >databrickscfg
	MLFLOW_TRACKING_URI=databricks://one DATABRICKS_HOST=https://two.invalid run -75 --separate-stderr genie-track flush --spool spool --deadline 2
	[[ $stderr == *"one.invalid"* && $stderr != *"is for the workspace https://one"* ]]
	run ! grep -r hush spool
}

@test "the embedded workspace is the same one on another port" {
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "of Databricks only"
	export MLFLOW_TRACKING_URI=databricks DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=dapi-hush-hush
	away experiment >one.json
	[ "$(jq -r .host spool/*.json)" = http://127.0.0.1 ]
	tracking
	run -0 --separate-stderr genie-track flush --spool spool
	[ "$(field .flushed)" = 1 ]
}

@test "a certificate is verified, by the authority that is named" {
	encrypted
	run -69 --separate-stderr genie-track show --run abc
	[[ $stderr == *"secure connection failed"* ]]
	MLFLOW_TRACKING_SERVER_CERT_PATH=cert.pem run -0 --separate-stderr genie-track show --run abc
	[ "$(field .run.info.run_id)" = abc ]
	[[ $stderr != *"not verified"* ]]
	# a folder of authorities
	mkdir authorities
	cp cert.pem "authorities/$(openssl x509 -in cert.pem -noout -hash).0"
	MLFLOW_TRACKING_SERVER_CERT_PATH=authorities run -0 --separate-stderr genie-track show --run abc
	MLFLOW_TRACKING_INSECURE_TLS=true run -0 --separate-stderr genie-track show --run abc
	[[ $stderr == *"the server's certificate is not verified"* ]]
	MLFLOW_TRACKING_INSECURE_TLS=false run -69 --separate-stderr genie-track show --run abc
	MLFLOW_TRACKING_INSECURE_TLS=1 MLFLOW_TRACKING_SERVER_CERT_PATH=cert.pem run -2 --separate-stderr genie-track show --run abc
	[[ $stderr == *"both set"* ]]
	MLFLOW_TRACKING_SERVER_CERT_PATH=nowhere.pem run -2 --separate-stderr genie-track show --run abc
	[[ $stderr == *"nowhere.pem: no such file"* ]]
}

@test "a server that wants a certificate of ours gets it" {
	encrypted -Verify 1 -verify_return_error -CAfile cert.pem
	export MLFLOW_TRACKING_SERVER_CERT_PATH=cert.pem GENIE_HTTP_BUDGET=5
	cat cert.pem key.pem >mine.pem
	MLFLOW_TRACKING_CLIENT_CERT_PATH=mine.pem run -0 --separate-stderr genie-track show --run abc
	[ "$(field .run.info.run_id)" = abc ]
	run ! --separate-stderr genie-track show --run abc
}


@test "user name and password win over the token, and both go to the server alone" {
	tracking
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "the server takes everybody"
	local id
	id=$(genie-track experiment -q --domain cost | jq -r .experiment_id)
	export MLFLOW_TRACKING_URI=$DATABRICKS_HOST
	MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN run -0 --separate-stderr genie-track search runs --experiment "$id"
	MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN MLFLOW_TRACKING_USERNAME=me MLFLOW_TRACKING_PASSWORD=pass-hush-word run -69 --separate-stderr genie-track search runs --experiment "$id"
	[[ $stderr == *"auth basic"* && $stderr != *hush* ]]
	# MLflow's own file says the same, where the environment does not
	mkdir -p home/.mlflow
	printf '[mlflow]\nmlflow_tracking_username = me\nmlflow_tracking_password = file-hush-word\n[other]\nx = 1\n' >home/.mlflow/credentials
	HOME=$PWD/home run -69 --separate-stderr genie-track search runs --experiment "$id"
	[[ $stderr == *"auth basic"* && $stderr != *hush* ]]
	HOME=$PWD/home MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN run -69 --separate-stderr genie-track search runs --experiment "$id"
	[[ $stderr == *"auth basic"* ]]
	MLFLOW_TRACKING_USERNAME=me MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN run -0 --separate-stderr genie-track search runs --experiment "$id"
	printf '[other]\nmlflow_tracking_username = me\n' >home/.mlflow/credentials
	HOME=$PWD/home MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN run -0 --separate-stderr genie-track search runs --experiment "$id"
	printf '[mlflow]\nfile-hush-word\n' >home/.mlflow/credentials
	HOME=$PWD/home run -65 --separate-stderr genie-track search runs --experiment "$id"
	[[ $stderr == *".mlflow/credentials:2: "* && $stderr != *hush* ]]
	# the workspace's own token is none of an MLflow server
	run -69 --separate-stderr genie-track search runs --experiment "$id"
	[[ $stderr != *hush* ]]
}
