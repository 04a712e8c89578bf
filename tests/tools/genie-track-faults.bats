# What a server that fails does to the log: nothing is lost, and nothing is there twice.
load ../lib.bash
load genie-track.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR GENIE_NOW=2026-11-20T17:00:00Z GENIE_HTTP_BUDGET=3
	unset MLFLOW_TRACKING_TOKEN MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD MLFLOW_EXPERIMENT_NAME MLFLOW_EXPERIMENT_ID
	pid=
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "a real MLflow server has no faults to order"
	snapshot c0ffee000001 new >space.json
	evaluated 12 >rows.jsonl
	genie-score -q -o eval.json rows.jsonl
}

teardown() {
	stop_workspace
}

calm() {
	stop_workspace
}

# all_once: one model, its run and one evaluation, 12 traces with 4 assessments each, all files
all_once() {
	local runs models id
	runs=$(genie-track search runs --domain cost)
	models=$(genie-track search models --domain cost)
	[ "$(jq -c '[.runs[].info | [(.run_name | sub("_iter.*"; "")), .status]] | sort' <<<"$runs")" = '[["genie_eval","FINISHED"],["genie_model","FINISHED"]]' ] || { echo "runs: $runs"; return 1; }
	[ "$(jq -c '[.models[].info.status]' <<<"$models")" = '["LOGGED_MODEL_READY"]' ] || { echo "models: $models"; return 1; }
	id=$(jq -r '.runs[].info | select(.run_name | startswith("genie_eval")).run_id' <<<"$runs")
	traces "$id" >traces.json
	[ "$(jq -c '[length, ([.[].assessments | length] | unique)]' traces.json)" = '[12,[4]]' ] || { jq -c '.[] | [.trace_id, (.assessments | length)]' traces.json; return 1; }
	get "/api/2.0/mlflow/artifacts/list?run_id=$id&path=evaluation" >listed.json
	[ "$(jq '.files | length' listed.json)" -eq 4 ]
	get "/api/2.0/mlflow/runs/get?run_id=$id" >run.json
	jq -e '.run.data.metrics | any(.key == "overall_accuracy" and .value == 75)' run.json >/dev/null
}

# strike STATUS RULE...: a model and its evaluation are logged under these faults. STATUS is what
# becomes of the two: "logged logged", "spooled spooled" ... Then flush has to find a calm server.
strike() {
	local want=$1 rules=() rule status got n
	shift
	rm -rf spool
	for rule; do
		rules+=(--fault "$rule")
	done
	rm -f serve.json
	tracking "${rules[@]}"
	genie-track experiment -q --domain cost >/dev/null
	genie-track model create --domain cost --spool spool --deadline 60 --best-effort -i 1 space.json >model.out 2>model.err
	got=$(jq -r .status model.out)
	genie-track eval --domain cost --spool spool --deadline "${DEADLINE:-60}" --best-effort --model "$(jq -r .model_id model.out)" --eval eval.json rows.jsonl >eval.out 2>eval.err
	got="$got $(jq -r .status eval.out)"
	[ "$got" = "$want" ] || { echo "$*: $got, not $want"; cat model.err eval.err; return 1; }
	for n in model eval; do
		status=$(grep -c 'kept in spool' "$n.err" || true)
		[ "$status" -eq "$([ "$(jq -r .status "$n.out")" = spooled ] && echo 1 || echo 0)" ] || { echo "$*: said $status times"; cat "$n.err"; return 1; }
	done
	genie-track flush -q --spool spool >flush.out || { echo "$*: flush failed"; return 1; }
	[ -z "$(find spool -name '*.json' -o -name '*.refused')" ] || { echo "$*: left in spool"; return 1; }
	all_once || { echo "after: $*"; return 1; }
	calm
}

# Searches pass: rules are looked at in their order, and this one takes them.
searches='POST /search slow:1'

@test "an answer that is lost on its way makes nothing twice" {
	strike 'logged logged' "$searches" 'POST runs/create cut-after x1'
	strike 'logged logged' "$searches" 'POST mlflow/logged-models cut-after x1'
	strike 'logged logged' "$searches" 'POST mlflow/traces cut-after x5'
	strike 'logged logged' 'POST runs/log-batch cut-after x2'
	strike 'logged logged' 'POST runs/outputs cut-after x1'
	strike 'logged logged' 'POST runs/update cut-after x1'
	strike 'logged logged' 'PUT mlflow-artifacts cut-after x3'
	strike 'logged logged' 'POST runs/log-inputs badjson x1' 'POST runs/log-batch badjson x1' "$searches" 'POST runs/create badjson x1' 'POST mlflow/logged-models badjson x1' 'POST mlflow/traces badjson x3'
}

@test "what fails longer waits in the spool, wherever it strikes, and is completed from there" {
	strike 'spooled spooled' 'POST runs/create cut x6'
	strike 'spooled logged' "$searches" 'POST mlflow/logged-models cut x3'
	strike 'logged spooled' "$searches" 'POST mlflow/traces cut x6' 'POST mlflow/traces 503:60 x30' 'POST mlflow/traces cut-after x8'
	strike 'spooled logged' 'PUT mlflow-artifacts 503:60 x1'
	strike 'logged spooled' 'POST runs/log-inputs 503:60 x1'
	strike 'spooled spooled' 'POST runs/log-batch cut x6'
	strike 'spooled logged' 'POST runs/log-batch 429:60 x1'
	DEADLINE=6 strike 'logged spooled' "$searches" 'POST mlflow/traces slow:9000 x12'
}

@test "a busy server is waited for" {
	strike 'logged logged' 'POST runs/create 429:1 x1' 'POST mlflow/traces 503:1 x2' 'POST runs/log-batch 429:1 x1'
}

# killed SEED EXPERIMENT: evaluations that are killed at random moments, then completed; nothing is there
# twice. KILLS: how many evaluations.
killed() {
	local n k seconds id
	RANDOM=$1
	evaluated 60 >rows.jsonl
	for ((n = 0; n < ${KILLS:-3}; n++)); do
		for ((k = 0; k < 3; k++)); do
			printf -v seconds 0.%03d $((5 + RANDOM % 400))
			timeout -s KILL "$seconds" genie-track eval -q --experiment "$2" --name "$n" --spool spool rows.jsonl >/dev/null 2>&1 || true
		done
		genie-track flush -q --spool spool >/dev/null || { echo "evaluation $n: flush failed"; return 1; }
		id=$(genie-track eval -q --experiment "$2" --name "$n" --spool spool rows.jsonl | jq -r .run_id)
		traces "$id" >traces.json
		jq -e 'length == 60 and all(.[]; .assessments | length == 4)' traces.json >/dev/null ||
			{ echo "evaluation $n, kills at $1: $(jq -c '[length, ([.[].assessments | length] | group_by(.) | map([.[0], length]))]' traces.json)"; return 1; }
	done
	[ "$(genie-track search runs --experiment "$2" | jq -c '[.runs[].info.status] | [length, unique]')" = "[$n,[\"FINISHED\"]]" ]
	[ -z "$(find spool -name '*.json' -o -name '*.refused')" ]
}

@test "evaluations that are killed at any moment are completed without anything twice" {
	tracking --fault 'POST mlflow/traces slow:100 every:2'
	killed 1 "$(genie-track experiment -q --domain cost | jq -r .experiment_id)"
}

@test "the same on an MLflow server, which keeps our ids of assessments" {
	tracking --fault 'POST mlflow/traces slow:100 every:2'
	local experiment
	experiment=$(genie-track experiment -q --domain cost | jq -r .experiment_id)
	export MLFLOW_TRACKING_URI=$DATABRICKS_HOST MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN
	killed 2 "$experiment"
	jq -e 'all(.[].assessments[]; .assessment_id | startswith("a-"))' traces.json
}
