#!/usr/bin/env bats
# What the loop keeps in MLflow: all of it, once, whatever happens to the server in between.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	few few.yaml
	export GENIE_LOCAL_TOKEN=dapi-hush-hush
	if ! LOCAL_OPTIONS="--log-requests $PWD/first" loop WORK="$PWD/base" BENCHMARKS="$PWD/few.yaml" evaluate >base.out 2>base.err ||
		! LOCAL_OPTIONS="--log-requests $PWD/second" loop WORK="$PWD/base" BENCHMARKS="$PWD/few.yaml" ITER=1 optimize >>base.out 2>>base.err; then
		tail -20 base.err
		return 1
	fi
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	FEW=$BATS_FILE_TMPDIR/few.yaml
	BASE=$BATS_FILE_TMPDIR/base/cost
	W=$PWD/work/cost
	pids=()
}

teardown() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
	rm -rf work
}

# serve NAME OPTION...: a workspace; NAME.json tells host and token, NAME.pid its process
serve() {
	local name=$1 try
	shift
	rm -f "$name.json"
	genie-local serve -q --bundle "$ROOT/demo/cost" --token dapi-hush-hush --seed 1 --latency 0 --db "$name.db" "$@" >"$name.json" 2>>"$name.log" 3>&- &
	pids+=($!)
	echo $! >"$name.pid"
	for ((try = 0; try < 200; try++)); do
		[ ! -s "$name.json" ] || return 0
		sleep 0.05
	done
	return 1
}
port_of() { jq -r .host "$1.json" | sed 's/.*://'; }

# two OPTION...: a workspace, and another one (with these options) that is the tracking server
two() {
	serve space
	serve mlflow --log-requests "$PWD/requests" "$@"
	cp -R "$ROOT/demo/cost" bundle && chmod -R u+w bundle
	printf '[%s]\nhost = %s\ntoken = dapi-hush-hush\n' space "$(jq -r .host space.json)" mlflow "$(jq -r .host mlflow.json)" >.databrickscfg
	export DATABRICKS_CONFIG_FILE=$PWD/.databrickscfg MLFLOW_TRACKING_URI=databricks://mlflow
	export QPM=0 WAIT=0 TRACK_DEADLINE=4
}
apart() { loop PROFILE=space WORK="$PWD/work" BUNDLE="$PWD/bundle" BENCHMARKS="$FEW" UC_SCHEMA=main.genie_opt ALLOW_DIRTY=1 "$@"; }

embedded() { # embedded W COMMAND...: with its workspace
	local w=$1
	shift
	MLFLOW_TRACKING_URI=databricks genie-local exec -q --bundle "$w/bundle" --db "$w/workspace.db" -- "$@" 3>&-
}

# post PATH BODY: what the tracking server answers
post() {
	curl -fs -H 'Authorization: Bearer dapi-hush-hush' -H 'Content-Type: application/json' -d "$2" "$(jq -r .host mlflow.json)$1"
}

# logged W: a line for each model and run that the notes name, with its traces
logged() {
	jq -r '[.run_id // empty, "run"], [.model_run_id // empty, "run"], [.model_id // empty, "model"],
		(.evaluations[]? | [.run_id, "run"]) | select(length == 2) | join(" ")' \
		"$1/track.json" "$1"/iter-*/track.json "$1/final/track.json" | sort
}
there() { # there: the same, of the server
	genie-track search runs --domain cost --max 1000 | jq -r '.runs[].info.run_id + " run"'
	genie-track search models --domain cost --max 1000 | jq -r '.models[].info.model_id + " model"'
}
# the server has what the notes name, each once, and a trace for each row
whole() { # whole W
	local traces rows
	[ "$(jq -s '[.[].problems[]] | length' "$1/track.json" "$1"/iter-*/track.json "$1"/final/*track.json)" = 0 ]
	run ! grep -rlE '"(spool:|spooled)' "$1" --include='*track.json'
	diff <(logged "$1") <(there | sort)
	traces=$(post /api/3.0/mlflow/traces/search "{\"locations\":[{\"type\":\"MLFLOW_EXPERIMENT\",\"mlflow_experiment\":{\"experiment_id\":\"$(jq -r .experiment_id "$1/track.json")\"}}],\"max_results\":500}" |
		jq '[.traces[].trace_id] | [length, (unique | length)] | join(" ")')
	rows=$(jq -s '[.[].evaluations[].traces] | add' "$1"/iter-*/track.json "$1/final/track.json")
	[ "$traces" = "\"$rows $rows\"" ] || { echo "traces $traces, rows $rows"; return 1; }
	# no score of a model twice
	genie-track search models --domain cost | jq -e 'all(.models[].data.metrics // []; (map([.key, .run_id, .dataset_name, .dataset_digest]) | length == (unique | length)))'
	[ "$(genie-track search models --domain cost --filter "tags.\`genie.promoted\` = 'true'" | jq -r '[.models[].info.model_id] | join(" ")')" = "$(jq -r .promoted_model_id "$1/optimization-progress.json")" ]
}

@test "the loop logs to the embedded workspace: models, evaluations, verdicts, prompts, report" {
	grep -q '^cost: tracking: http' "$BATS_FILE_TMPDIR/base.err"
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$BASE"
	[ "$(jq -s '[.[].problems[]] | length' "$BASE/track.json" "$BASE"/iter-*/track.json "$BASE"/final/*track.json)" = 0 ]
	jq -e '[.experiment_id, .experiment_name, .model_id, .promoted_model_id, .eval_dataset_name, (.iterations[] | .model_id, .mlflow_run_id)] | all(. != null)' "$BASE/optimization-progress.json"
	embedded "$BASE" genie-track search models --domain cost >models.json
	[ "$(jq -r '[.models[].info.name] | sort | join(" ")' models.json)" = "genie-cost-iter0-$(jq -r .config_id "$BASE/iter-00/space.json") genie-cost-iter1-$(jq -r .config_id "$BASE/iter-01/space.json")" ]
	# the second configuration came of the first, with its patches
	jq -e --slurpfile t "$BASE/iter-01/track.json" --slurpfile f "$BASE/iter-00/track.json" '.models[] | select(.info.model_id == $t[0].model_id).data.params |
		from_entries | .parent_model_id == $f[0].model_id and .patch_levers == "1" and .prompt_arbiter == "1"' models.json
	# a run for each evaluation, below one run, linked to its model
	embedded "$BASE" genie-track search runs --domain cost --filter "tags.\`genie.scope\` != 'none'" --max 100 >runs.json
	[ "$(jq -r '[.runs[] | .data.params | from_entries | .iteration + .eval_scope] | sort | join(" ")' runs.json)" = "0full 0held_out 0held_out 0repeatability 1full 1p0 1slice" ]
	jq -e --slurpfile t "$BASE/track.json" 'all(.runs[]; (.data.tags | from_entries)["mlflow.parentRunId"] == $t[0].run_id and .inputs.model_inputs[0].model_id != null)' runs.json
	# the report hangs on the run over all others
	embedded "$BASE" bash -c 'curl -fs -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/mlflow/artifacts/list?path=report&run_id=$1"' - "$(jq -r .run_id "$BASE/track.json")" |
		jq -e '[.files[].path] | index("report/report.md")'
	# the verdicts are what the next lever starts from
	[ "$(embedded "$BASE" genie-cluster -q --uc main.genie_opt --run-id "$(jq -r .asi.run_id "$BASE/iter-00/track.json")" "$BASE/iter-00/rows.jsonl" | jq -c '[.clusters[].cluster_id]')" = \
		"$(jq -c '[.clusters[].cluster_id]' "$BASE/iter-01/clusters.json")" ]
}

@test "no token is in anything that is kept" {
	run ! grep -raq dapi-hush "$BASE"
	[ -s "$BASE/workspace.db" ]
}

@test "an evaluation of 60 questions costs less than a hundred calls, with the model it is of" {
	local rows first second prompts
	rows=$(wc -l <"$BASE/iter-00/rows.jsonl")
	# a call for each trace; what is not a trace is the same for any number of questions
	[ "$(logging "$BATS_FILE_TMPDIR/first" '[.[][] | select(. == "POST /api/3.0/mlflow/traces")] | length')" = "$rows" ]
	first=$(logging "$BATS_FILE_TMPDIR/first" 'flatten | length')
	prompts=$(logging "$BATS_FILE_TMPDIR/first" '[.[][] | select(test("/prompts"))] | length')
	# the loop's second configuration: its parent is read, then a run for the model, for the slice, for P0, and for everything
	rows=$(wc -l <"$BASE/iter-01/rows.jsonl")
	[ "$(logging "$BATS_FILE_TMPDIR/second" '[.[4][] | select(. == "POST /api/3.0/mlflow/traces")] | length')" = "$rows" ]
	second=$(logging "$BATS_FILE_TMPDIR/second" '.[0] + .[1] + .[4] | length')
	echo "first: $((60 + first - $(wc -l <"$BASE/iter-00/rows.jsonl"))) calls, $prompts of them for prompts; second: $((60 + second - rows))"
	[ $((60 + first - prompts - $(wc -l <"$BASE/iter-00/rows.jsonl"))) -lt 100 ]
	[ $((60 + second - rows)) -lt 100 ]
	# prompts are registered when the loop begins
	[ "$prompts" -le 25 ]
	[ "$(logging "$BATS_FILE_TMPDIR/second" '[.[][] | select(test("/prompts"))] | length')" = 0 ]
}

@test "a note that is lost is made again, and nothing is logged twice" {
	cp -a "$BATS_FILE_TMPDIR/base" work
	embedded "$W" bash -c 'genie-track search runs --domain cost --max 1000; genie-track search models --domain cost' | jq -S '.runs, .models' >before
	cp "$W/iter-01/track.json" old.json
	rm -rf "$W/iter-01/track.json" "$W/tracked"/*.json
	loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=1 optimize 2>err
	diff <(jq 'del(.seconds)' old.json) <(jq 'del(.seconds)' "$W/iter-01/track.json")
	embedded "$W" bash -c 'genie-track search runs --domain cost --max 1000; genie-track search models --domain cost' | jq -S '.runs, .models' >after
	[ "$(jq -s '[.[] | arrays | length]' before)" = "$(jq -s '[.[] | arrays | length]' after)" ]
	run ! grep -E 'iter-0[01]/(rows|apply)' err
}

@test "TRACK=no leaves it out; without a server it is off, and says so once" {
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" TRACK=no evaluate
	[ ! -e "$W/track.json" ]
	[[ $stderr != *"tracking"* ]]
	run -2 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" TRACK=no flush
	run -2 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" TRACK=maybe evaluate
	[[ $stderr == *"TRACK: maybe"* ]]
	# what was not logged at first is logged later, and nothing is measured again
	cp "$W/iter-00/rows.jsonl" rows
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" evaluate
	[ -e "$W/iter-00/track.json" ]
	[ "$W/iter-00/rows.jsonl" -ot "$W/track.json" ]
	cmp rows "$W/iter-00/rows.jsonl"
	rm -rf work
	two
	unset MLFLOW_TRACKING_URI
	run -0 --separate-stderr apart evaluate
	[ "$(grep -c 'tracking is off' <<<"$stderr")" = 1 ]
}

@test "a tracking server that refuses stops the loop before anything is asked" {
	two
	sed -i '/mlflow/,$ s/hush$/other/' .databrickscfg
	run ! --separate-stderr apart optimize
	[[ $stderr == *"TRACK=no"* ]]
	[ ! -e "$W/iter-00/rows.jsonl" ]
	MLFLOW_TRACKING_URI=databricks://nobody run ! --separate-stderr apart optimize
	[[ $stderr == *"nobody"* ]]
}

@test "a tracking server that dies in the middle costs nothing, and flush completes it" {
	two
	(until [ -e "$W/iter-00/track.json" ]; do sleep 0.05; done; kill -9 "$(<mlflow.pid)") 3>&- &
	pids+=($!)
	run -0 --separate-stderr apart ITER=1 optimize
	[ "$(grep -c 'the server cannot be reached now' <<<"$stderr")" = 1 ]
	[ "$(find "$W/spool" -name '*.json' | wc -l)" -gt 3 ]
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
	run ! grep -raq dapi-hush "$W"
	jq -e '.iterations[0].model_id != null and .iterations[1].model_id == null and .promoted_model_id != "spool"' "$W/optimization-progress.json"
	# still away: said, and all is still there
	run ! --separate-stderr apart flush
	[[ $stderr == *"jobs are still in"* ]]
	serve mlflow --log-requests "$PWD/requests" --port "$(port_of mlflow)"
	TRACK_DEADLINE=60 run -0 --separate-stderr apart flush
	[ "$(find "$W/spool" -name '*.json*' | wc -l)" = 0 ]
	whole "$W"
	# and that is all there is to do
	run -0 --separate-stderr apart ITER=1 optimize
	[[ $stderr == *"nothing to do"* ]]
	whole "$W"
}

@test "a server that is away from the beginning" {
	two
	local port
	port=$(port_of mlflow)
	kill -9 "$(<mlflow.pid)"
	run -0 --separate-stderr apart ITER=1 optimize
	[ "$(grep -c 'the server cannot be reached now' <<<"$stderr")" = 1 ]
	jq -e '.experiment_id == null and .promoted_model_id == null and all(.iterations[]; .model_id == null)' "$W/optimization-progress.json"
	serve mlflow --log-requests "$PWD/requests" --port "$port"
	TRACK_DEADLINE=60 run -0 --separate-stderr apart flush
	whole "$W"
	jq -e '.experiment_id != null and .promoted_model_id != null and all(.iterations[]; .model_id != null)' "$W/optimization-progress.json"
}

@test "a server that answers 429 and 503 and is slow is logged to all the same" {
	two --fault '* mlflow 429:0 every:11' --fault '* mlflow 503 every:13' --fault '* mlflow cut-after every:17' --fault '* mlflow slow:200 every:7'
	TRACK_DEADLINE=60 run -0 --separate-stderr apart ITER=1 optimize
	TRACK_DEADLINE=60 run -0 --separate-stderr apart flush
	# the faults are not for the looking
	kill "$(<mlflow.pid)"
	serve mlflow --port "$(port_of mlflow)"
	whole "$W"
}
