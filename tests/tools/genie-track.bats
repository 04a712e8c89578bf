load ../lib.bash
load genie-track.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR GENIE_NOW=2026-11-20T17:00:00Z GENIE_HTTP_BUDGET=5
	unset MLFLOW_TRACKING_TOKEN MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD MLFLOW_EXPERIMENT_NAME MLFLOW_EXPERIMENT_ID
	pid=
	# a server that is not ours keeps what earlier runs of the tests have left
	domain=t$BATS_TEST_NUMBER
	[ -z "${MLFLOW_TEST_URI:-}" ] || domain=$domain-$RANDOM$RANDOM
}

teardown() {
	stop_workspace
}

@test "genie-track stands on the common floor" {
	floor genie-track show
}

@test "without a tracking server it says what to set, or that it is off" {
	run -2 --separate-stderr genie-track experiment --domain cost
	[ -z "$output" ]
	[[ $stderr == *MLFLOW_TRACKING_URI* ]]
	run -0 --separate-stderr genie-track experiment --domain cost --best-effort
	[ "$(field .status)" = off ]
	echo "$output" >off.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/track.json" off.json
}

@test "files and databases are no tracking servers, and addresses hold no passwords" {
	run -2 --separate-stderr env MLFLOW_TRACKING_URI=file:/tmp/mlruns genie-track experiment --domain cost
	[[ $stderr == *"file is no tracking server"* ]]
	run -2 --separate-stderr env MLFLOW_TRACKING_URI=sqlite:///mlflow.db genie-track experiment --domain cost
	run -2 --separate-stderr env MLFLOW_TRACKING_URI=http://me:hush-hush@127.0.0.1:1 genie-track experiment --domain cost
	[[ $stderr != *hush* ]]
	# a token does not travel in plain text beyond this machine
	run -69 --separate-stderr env MLFLOW_TRACKING_URI=http://mlflow.invalid MLFLOW_TRACKING_TOKEN=hush-hush genie-track experiment --domain cost
	[[ $stderr == *https* ]]
}

@test "an unknown verb and a missing experiment are usage errors" {
	export MLFLOW_TRACKING_URI=http://127.0.0.1:1
	run -2 --separate-stderr genie-track frobnicate
	[[ $stderr == *"no such verb"* ]]
	run -2 --separate-stderr genie-track model destroy
	run -2 --separate-stderr genie-track experiment
	[[ $stderr == *"which experiment"* ]]
	run -2 --separate-stderr genie-track flush
	[[ $stderr == *--spool* ]]
}

@test "an experiment is made once, under the user's folder, with its page" {
	tracking
	run -0 --separate-stderr genie-track experiment --domain "$domain"
	echo "$output" >first.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/track.json" first.json
	[[ $(field .experiment_name) == /Users/*/genie-optimization/"$domain" ]]
	[[ $stderr == *"$(field .experiment_url)"* ]]
	[ "$(field .created)" = true ]
	run -0 --separate-stderr genie-track experiment --domain "$domain"
	[ "$(field .experiment_id)" = "$(jq -r .experiment_id first.json)" ]
	[ "$(field .created)" = false ]
	get "/api/2.0/mlflow/experiments/get?experiment_id=$(field .experiment_id)" >experiment.json
	[ "$(jq -r '.experiment.tags[] | select(.key == "mlflow.experimentKind").value' experiment.json)" = genai_development ]
}

@test "on Databricks a bare path is refused and a plain name moves to the user's folder" {
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "a real MLflow server takes any name"
	tracking
	run -2 --separate-stderr genie-track experiment --experiment /genie-optimization/cost
	[[ $stderr == *"/Users/<email>/"* ]]
	run -0 --separate-stderr genie-track experiment --experiment opt
	[[ $(field .experiment_name) == /Users/*/opt ]]
	[[ $stderr == *"is kept as /Users/"* ]]
}

@test "an experiment that is not there is named, and nothing is made" {
	tracking
	evaluated 2 >rows.jsonl
	run -69 --separate-stderr genie-track eval --domain "$domain" rows.jsonl
	[ -z "$output" ]
	[[ $stderr == *"there is no experiment"*"genie-track experiment"* ]]
}

@test "a run starts with its params and tags and ends" {
	tracking
	genie-track experiment -q --domain "$domain" >/dev/null
	run -0 --separate-stderr genie-track run start --domain "$domain" --name opt --param lever=1 --tag team=a=b
	id=$(field .run_id)
	echo "# Report" >report.md
	genie-track artifact --run "$id" --path report/report.md report.md >/dev/null
	run -0 --separate-stderr genie-track run end --run "$id" --status FAILED
	get "/api/2.0/mlflow/runs/get?run_id=$id" >run.json
	[ "$(jq -c '.run.info | [.run_name, .status, .start_time, .end_time]' run.json)" = '["opt","FAILED",1795194000000,1795194000000]' ]
	[ "$(jq -c '.run.data | [(.params[] | select(.key == "lever").value), (.tags[] | select(.key == "team").value)]' run.json)" = '["1","a=b"]' ]
	get "/api/2.0/mlflow/artifacts/list?run_id=$id&path=report" | jq -e '.files[0] | .path == "report/report.md" and .file_size == 9'
	run -2 --separate-stderr genie-track artifact --run "$id" --path ../x report.md
}

@test "a param that servers would cut is refused, and names itself" {
	tracking
	genie-track experiment -q --domain "$domain" >/dev/null
	run -65 --separate-stderr genie-track run start --domain "$domain" --param "long=$(printf '%0501d' 0)"
	[[ $stderr == *"param long: 501 bytes, at most 500"* ]]
	[ "$(genie-track search runs --domain "$domain" | jq '.runs | length')" = 0 ]
}

@test "a configuration becomes a model, once, and comes back to the byte" {
	tracking
	genie-track experiment -q --domain "$domain" >/dev/null
	snapshot c0ffee000000 old >s0.json
	snapshot c0ffee000001 new >s1.json
	echo '{"schema":"genie/patches/1","patches":[{"patch_id":"P001","type":"update_column_comment","lever":1,"risk":"low","scope":"uc","target":"main.gold.t"}]}' >patches.json
	run -0 --separate-stderr genie-track model create --domain "$domain" -i 0 s0.json
	m0=$(field .model_id)
	run -0 --separate-stderr genie-track model create --domain "$domain" -i 1 --uc main.opt --patches patches.json --parent-model "$m0" s1.json
	echo "$output" >created.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/track.json" created.json
	m1=$(field .model_id)
	[ "$m0" != "$m1" ]
	# the same again is the same model and the same run
	run -0 --separate-stderr genie-track model create --domain "$domain" -i 1 --uc main.opt --patches patches.json --parent-model "$m0" s1.json
	[ "$(field '[.model_id,.run_id] | join(" ")')" = "$(jq -r '[.model_id,.run_id] | join(" ")' created.json)" ]
	genie-track model fetch --model "$m1" -o back.json
	cmp back.json s1.json
	genie-track model fetch --model "$m1" --to files | jq -e '.config_id == "c0ffee000001"'
	[ "$(cd files && find . -type f | sort | tr '\n' ' ')" = "./model_state/genie_config.json ./model_state/uc_columns.json ./model_state/uc_metadata_diff.json ./model_state/uc_routines.json ./model_state/uc_tags.json ./patches/patch_set.json ./patches/patch_summary.json " ]
	[ "$(jq -c '[.parent_model_id, .columns.modified[0].after.comment, (.routines.modified | length)]' files/model_state/uc_metadata_diff.json)" = "[\"$m0\",\"new\",0]" ]
	run -0 genie-track show --model "$m1"
	[ "$(field '.model.info.name')" = "genie-$domain-iter1-c0ffee000001" ]
	[ "$(field '.model.info.source_run_id')" = "$(jq -r .run_id created.json)" ]
	[ "$(field '[.model.data.params[] | select(.key | IN("patch_levers","patch_targets","uc_columns_changed","parent_model_id")) | .value] | sort | join(" ")')" = "$(printf '%s\n' 1 1 main.gold.t "$m0" | sort | paste -sd' ')" ]
}

@test "scores become metrics of the model, and one model is the promoted one" {
	tracking
	genie-track experiment -q --domain "$domain" >/dev/null
	evaluated 8 | genie-score -q -o eval.json
	for i in 0 1; do
		snapshot "c0ffee00000$i" "$i" | genie-track model create -q --domain "$domain" -i "$i" | jq -r .model_id >"m$i"
	done
	genie-track model link -q --model "$(<m1)" eval.json >/dev/null
	[ "$(genie-track search models --domain "$domain" --filter 'metrics.overall_accuracy >= 70' | jq -r '[.models[].info.model_id] | join(" ")')" = "$(<m1)" ]
	genie-track model promote -q --model "$(<m0)" >/dev/null
	genie-track model promote -q --model "$(<m1)" >/dev/null
	# shellcheck disable=SC2016
	[ "$(genie-track search models --domain "$domain" --filter 'tags.`genie.promoted` = '"'true'" | jq -r '[.models[].info.model_id] | join(" ")')" = "$(<m1)" ]
}

@test "an evaluation is a run with metrics, artifacts, its dataset and a trace per question" {
	tracking
	serves /api/3.0/mlflow/traces/search
	genie-track experiment -q --domain "$domain" >/dev/null
	snapshot c0ffee000001 new | genie-track model create -q --domain "$domain" -i 1 | jq -r .model_id >model
	evaluated 60 >rows.jsonl
	genie-score -q -o eval.json rows.jsonl
	run -0 --separate-stderr genie-track eval -v --domain "$domain" --model "$(<model)" --eval eval.json rows.jsonl
	echo "$output" >out.json
	echo "$stderr" >log
	"$ROOT/tests/schema-check" "$ROOT/schemas/track.json" out.json
	[ "$(field .run_name)" = genie_eval_iter1_20261120_170000 ]
	# a hundred calls would be too many
	[ "$(sed -n 's/.*eval: \([0-9]*\) calls/\1/p' log)" -lt 100 ]
	id=$(field .run_id)
	get "/api/2.0/mlflow/runs/get?run_id=$id" >run.json
	[ "$(jq -c '[.run.data.metrics[] | select(.key | IN("overall_accuracy","result_correctness/mean","eval_result_correctness_pct","thresholds_passed")) | .value] | sort' run.json)" = '[0,0.75,75,75]' ]
	[ "$(jq -r '.run.data.tags[] | select(.key == "mlflow.runType").value' run.json)" = genai_evaluate ]
	[ "$(jq -r '.run.inputs.model_inputs[0].model_id' run.json)" = "$(<model)" ]
	[ "$(jq -r '.run.inputs.dataset_inputs[0].dataset.digest' run.json)" = "$(field .dataset_digest)" ]
	get "/api/2.0/mlflow/artifacts/list?run_id=$id&path=evaluation" | jq -r '.files[].path' | sort >files
	[ "$(paste -sd' ' files)" = "evaluation/arbiter_actions.json evaluation/eval.json evaluation/eval_results.json evaluation/failures.json" ]
	traces "$id" >traces.json
	[ "$(jq -c '[length, ([.[].assessments[] | select(.assessment_name == "result_correctness" and .feedback.value == "no")] | length), ([.[].assessments[] | select(.assessment_name == "asset_routing")] | length)]' traces.json)" = '[60,15,0]' ]
	[ "$(jq -r '.[] | select(.client_request_id == "cost_4").assessments[] | select(.assessment_name == "result_correctness").metadata.failure_type' traces.json)" = wrong_column ]
	[ "$(jq -r '.[0].assessments[] | select(.assessment_name == "completeness").feedback.error.error_message' traces.json)" = "no answer" ]
	# the same again changes nothing
	run -0 genie-track eval -q --domain "$domain" --model "$(<model)" --eval eval.json rows.jsonl
	[ "$(field .run_id)" = "$id" ]
	traces "$id" | jq -S . >again.json
	jq -S . traces.json | cmp - again.json
}

# spent: requests since the last call, as genie-local has seen them, or as the tool counts them
spent() {
	local all
	if [ -n "${MLFLOW_TEST_URI:-}" ]; then all=$(sed -n 's/.*: \([0-9]*\) calls$/\1/p' calls | jq -s add); else all=$(wc -l <requests.jsonl); fi
	echo $((all - $(cat spent 2>/dev/null || echo 0)))
	echo "$all" >spent
}

@test "60 questions cost less than a hundred calls, with model and verdicts" {
	tracking
	serves /api/3.0/mlflow/traces/search
	snapshot c0ffee000000 old >s0.json
	snapshot c0ffee000001 new >s1.json
	echo '{"schema":"genie/patches/1","patches":[{"patch_id":"P001","type":"update_column_comment","lever":1,"risk":"low","scope":"uc","target":"main.gold.t"}]}' >patches.json
	evaluated 60 >rows.jsonl
	genie-score -q -o eval.json rows.jsonl
	# as the loop does it: an id for each job, and what was never begun is not looked for
	job() { genie-track -v --domain "$domain" --uuid "$(md5sum <<<"$BATS_RUN_TMPDIR $BATS_TEST_NUMBER $n $1$2" | cut -c-32)" --first "$@" 2>>calls; }
	evaluation() { # evaluation N [ARGUMENT...]: of model create
		n=$1
		job model create -i "$n" "${@:2}" "s$n.json" --experiment "$experiment" | jq -r .model_id >"m$n"
		job eval -i "$n" --model "$(<"m$n")" --eval eval.json --experiment "$experiment" rows.jsonl | jq -r .run_id >run
		[ -n "${MLFLOW_TEST_URI:-}" ] || job asi --uc main.genie_opt --run "$(<run)" -i "$n" rows.jsonl >/dev/null
	}
	[ -n "${MLFLOW_TEST_URI:-}" ] || spent >/dev/null
	n=0
	experiment=$(job experiment | jq -r .experiment_id)
	setup=$(spent)
	evaluation 0
	first=$(spent)
	evaluation 1 --patches patches.json --parent-model "$(<m0)"
	second=$(spent)
	echo "$setup for the experiment, $first for the first evaluation, $second for the second"
	[ "$first" -gt 60 ] && [ "$((setup + first))" -lt 100 ]
	[ "$second" -gt 60 ] && [ "$second" -lt 100 ]
	[ "$(genie-track search models --domain "$domain" --filter 'metrics.overall_accuracy >= 70' | jq '.models | length')" = 2 ]
}

@test "prompts are registered once for each text and load by alias" {
	tracking
	[ -n "${MLFLOW_TEST_URI:-}" ] || serves /api/2.0/mlflow/unity-catalog/prompts/search
	printf '# x\n\n## System\nJudge {{question}} %s\n' "$RANDOM$RANDOM" >arbiter.md
	uc=main.opt_$RANDOM
	run -0 --separate-stderr genie-track prompts --uc "$uc" arbiter.md
	echo "$output" >out.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/track.json" out.json
	[ "$(field '.prompts[0] | [.name,.version,.alias] | join(" ")')" = "$uc.genie_opt_arbiter 1 production" ]
	run -0 --separate-stderr genie-track prompts --uc "$uc" arbiter.md
	[ "$(field '.prompts[0].version')" = 1 ]
	echo more >>arbiter.md
	run -0 --separate-stderr genie-track prompts --uc "$uc" arbiter.md
	[ "$(field '.prompts[0].version')" = 2 ]
	genie-track prompts -q --uc "$uc" --to loaded --judge arbiter >/dev/null
	cmp loaded/arbiter.md arbiter.md
}

@test "a prompt that the registry has otherwise stays, when asked to" {
	tracking
	[ -n "${MLFLOW_TEST_URI:-}" ] || serves /api/2.0/mlflow/unity-catalog/prompts/search
	uc=main.opt_$RANDOM
	printf '# x\n\n## System\nTheirs %s\n' "$RANDOM$RANDOM" >arbiter.md
	genie-track prompts -q --uc "$uc" arbiter.md >/dev/null
	cp arbiter.md theirs.md
	echo ours >>arbiter.md
	run -0 --separate-stderr genie-track prompts --keep --uc "$uc" arbiter.md
	[ "$(field '.prompts[0].version')" = 1 ]
	# what is told is what the registry has
	[ "$(field '.prompts[0].sha256')" = "$(sha256sum theirs.md | cut -d' ' -f1)" ]
	genie-track prompts -q --uc "$uc" --to loaded --judge arbiter >/dev/null
	cmp loaded/arbiter.md theirs.md
}

@test "a prompt that a second experiment uses is shown there, too" {
	tracking
	local ids=() one name
	if [ -z "${MLFLOW_TEST_URI:-}" ]; then
		genie-track experiment -q --domain "$domain-a" >/dev/null
		genie-track experiment -q --domain "$domain-b" >/dev/null
	fi
	for one in a b; do ids+=("$(genie-track experiment -q --domain "$domain-$one" | jq -r .experiment_id)"); done
	# the registry of an MLflow server; that of Unity Catalog has no such tag
	[ -n "${MLFLOW_TEST_URI:-}" ] || export MLFLOW_TRACKING_URI=$DATABRICKS_HOST MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN
	name=opt_$RANDOM$RANDOM
	printf '# x\n\n## System\nJudge %s\n' "$RANDOM$RANDOM" >arbiter.md
	shown() { get "/api/2.0/mlflow/registered-models/get?name=$name.genie_opt_arbiter" | jq -r '.registered_model.tags[] | select(.key == "_mlflow_experiment_ids").value'; }
	genie-track prompts -q --experiment "${ids[0]}" --uc "$name" arbiter.md >/dev/null
	[ "$(shown)" = ",${ids[0]}," ]
	genie-track prompts -q --experiment "${ids[1]}" --uc "$name" arbiter.md >/dev/null
	[ "$(shown)" = ",${ids[0]},${ids[1]}," ]
	# once is enough, and a new text changes nothing
	echo more >>arbiter.md
	genie-track prompts -q --experiment "${ids[0]}" --uc "$name" arbiter.md >/dev/null
	[ "$(shown)" = ",${ids[0]},${ids[1]}," ]
}

@test "prompts are kept with the run that they judged for" {
	tracking
	[ -n "${MLFLOW_TEST_URI:-}" ] || serves /api/2.0/mlflow/unity-catalog/prompts/search
	genie-track experiment -q --domain "$domain" >/dev/null
	id=$(genie-track run start -q --domain "$domain" | jq -r .run_id)
	printf '# x\n\n## System\nJudge %s\n' "$RANDOM$RANDOM" >arbiter.md
	printf '# y\n\n## System\nJudge %s\n' "$RANDOM$RANDOM" >completeness.md
	run -0 --separate-stderr genie-track prompts --uc "main.opt_$RANDOM" --run "$id" arbiter.md completeness.md
	[ "$(field .run_id)" = "$id" ]
	[ "$(field '.prompts | length')" = 2 ]
	# the same texts with another run, of which the registry hears nothing
	run -2 genie-track prompts --texts-only arbiter.md
	other=$(genie-track run start -q --domain "$domain" --uuid "$(md5sum <<<"$id" | cut -c-32)" | jq -r .run_id)
	run -0 --separate-stderr genie-track prompts -v --uc main.nowhere --texts-only --run "$other" arbiter.md completeness.md
	[ "$(sed -n 's/.*prompts: \([0-9]*\) calls$/\1/p' <<<"$stderr")" = 4 ]
	[ "$(field '.prompts | length')" = 0 ]
	get "/api/2.0/mlflow/artifacts/list?run_id=$id&path=prompts" >listed.json
	[ "$(jq -c '[.files[] | [.path, .file_size]] | sort' listed.json)" = "[[\"prompts/arbiter.md\",$(wc -c <arbiter.md)],[\"prompts/completeness.md\",$(wc -c <completeness.md)]]" ]
}

@test "an evaluation says all that it is to be compared by" {
	tracking
	genie-track experiment -q --domain "$domain" >/dev/null
	evaluated 8 >rows.jsonl
	genie-score -q -o eval.json rows.jsonl
	jq -n '{schema: "genie/repeatability/1", repeatability_pct: 87.5}' >repeatability.json
	run -0 --separate-stderr genie-track eval --domain "$domain" --eval eval.json --repeatability repeatability.json rows.jsonl
	id=$(field .run_id)
	get "/api/2.0/mlflow/runs/get?run_id=$id" | jq .run.data >data.json
	[ "$(jq -c '[.params[] | select(.key | IN("space_id","iteration","dataset","num_scorers","eval_scope","config_id")) | [.key, .value]] | sort' data.json)" = "[[\"config_id\",\"c0ffee000001\"],[\"dataset\",\"genie_benchmarks_$domain\"],[\"eval_scope\",\"full\"],[\"iteration\",\"1\"],[\"num_scorers\",\"$(jq '.scores | length' eval.json)\"],[\"space_id\",\"01ef00000000000000000000000000ab\"]]" ]
	[ "$(jq -c '[.metrics[] | select(.key | IN("overall_accuracy","thresholds_passed","repeatability/mean","syntax_validity/mean","eval_syntax_validity_pct")) | [.key, .value]] | sort' data.json)" = '[["eval_syntax_validity_pct",100],["overall_accuracy",75],["repeatability/mean",0.875],["syntax_validity/mean",1],["thresholds_passed",0]]' ]
	get "/api/2.0/mlflow/artifacts/list?run_id=$id&path=evaluation" | jq -e '[.files[].path] | contains(["evaluation/eval_results.json","evaluation/failures.json","evaluation/arbiter_actions.json","evaluation/repeatability.json"])'
}

@test "with Databricks' own store, artifacts go by signed addresses and come back" {
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "an MLflow server has no signed addresses"
	tracking --artifact-root dbfs:/databricks/mlflow-tracking
	genie-track experiment -q --domain "$domain" >/dev/null
	snapshot c0ffee000001 new >space.json
	run -0 --separate-stderr genie-track model create --domain "$domain" -i 1 space.json
	model=$(field .model_id)
	genie-track model fetch --model "$model" -o back.json
	cmp back.json space.json
	evaluated 8 >rows.jsonl
	run -0 --separate-stderr genie-track eval --domain "$domain" --model "$model" rows.jsonl
	id=$(field .run_id)
	get "/api/2.0/mlflow/runs/get?run_id=$id" | jq -e '.run.info.artifact_uri | startswith("dbfs:/databricks/mlflow-tracking/")'
	get "/api/2.0/mlflow/artifacts/list?run_id=$id&path=evaluation" | jq -e '.files | length == 4'
	traces "$id" | jq -e 'length == 8'
	# the token stays with the workspace
	jq -rs '[.[] | .path // .url // empty | select(test("credentials-for|/fs/files"))] | length' requests.jsonl
}

@test "a dataset has each benchmark once" {
	tracking
	# Databricks has no REST call that keeps its datasets fresh: here the embedded workspace is an MLflow server
	if [ -z "${MLFLOW_TEST_URI:-}" ]; then
		curl -fs -H "Authorization: Bearer $DATABRICKS_TOKEN" -d '{"path":"/Users/genie/genie-optimization"}' "$DATABRICKS_HOST/api/2.0/workspace/mkdirs"
		export MLFLOW_TRACKING_URI=$DATABRICKS_HOST MLFLOW_TRACKING_TOKEN=$DATABRICKS_TOKEN
		unset DATABRICKS_HOST DATABRICKS_TOKEN
	fi
	genie-track experiment -q --domain "$domain" >/dev/null
	genie-bench -q "$ROOT/demo/cost/benchmarks.yaml" >benchmarks.jsonl
	n=$(wc -l <benchmarks.jsonl)
	run -0 --separate-stderr genie-track dataset --domain "$domain" --uc main.opt benchmarks.jsonl
	[ "$(field '[.records,.inserted] | join(" ")')" = "$n $n" ]
	run -0 --separate-stderr genie-track dataset --domain "$domain" --uc main.opt benchmarks.jsonl
	[ "$(field '[.records,.inserted,.updated] | join(" ")')" = "$n 0 $n" ]
}

@test "a server that is away costs nothing: the work waits in the spool and is completed in its order" {
	snapshot c0ffee000001 new >space.json
	evaluated 8 >rows.jsonl
	genie-score -q -o eval.json rows.jsonl
	export MLFLOW_TRACKING_URI=databricks DATABRICKS_HOST=http://127.0.0.1:1 DATABRICKS_TOKEN=dapi-local-hush
	[ -z "${MLFLOW_TEST_URI:-}" ] || MLFLOW_TRACKING_URI=http://127.0.0.1:1
	track() { genie-track "$@" --domain "$domain" --spool spool --deadline 30; }
	run -75 --separate-stderr track experiment
	[ -z "$output" ]
	[ "$(grep -c 'kept in spool' <<<"$stderr")" -eq 1 ]
	run -0 --separate-stderr track model create --best-effort -i 1 space.json
	[ "$(field .status)" = spooled ]
	model=$(field .model_id)
	[[ $model == spool:* ]]
	run -0 --separate-stderr track model link --best-effort --model "$model" eval.json
	[ "$(find spool -name '*.json' | wc -l)" -eq 3 ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/spool.json" spool/*.json
	run ! grep -r hush spool
	# the server is back; one that is not ours has its own address
	unset DATABRICKS_HOST DATABRICKS_TOKEN
	tracking
	sed -i "s|http://127.0.0.1:1\"|$MLFLOW_TRACKING_URI\"|" spool/*.json
	run -0 --separate-stderr genie-track flush --spool spool
	[ "$(field .flushed)" = 3 ]
	[ "$(find spool -name '*.json' | wc -l)" -eq 0 ]
	genie-track search models --domain "$domain" >models.json
	[ "$(jq -c '[.models[] | [.info.name, (.data.metrics | length > 3)]]' models.json)" = "[[\"genie-$domain-iter1-c0ffee000001\",true]]" ]
	[ "$(genie-track search runs --domain "$domain" | jq '.runs | length')" = 1 ]
	run -0 --separate-stderr genie-track flush --spool spool
	[ "$(field .flushed)" = 0 ]
}

@test "an evaluation that is killed on its way is completed without anything twice" {
	tracking
	serves /api/3.0/mlflow/traces/search
	genie-track experiment -q --domain "$domain" >/dev/null
	evaluated 60 >rows.jsonl
	local seconds
	for seconds in 0.2 0.4 0.7 1.1; do
		timeout -s KILL "$seconds" genie-track eval -q --domain "$domain" --spool spool rows.jsonl >/dev/null || true
	done
	genie-track flush -q --spool spool >/dev/null
	run -0 genie-track eval -q --domain "$domain" --spool spool rows.jsonl
	[ "$(find spool -name '*.json' | wc -l)" -eq 0 ]
	[ "$(genie-track search runs --domain "$domain" | jq -c '[.runs[].info.status]')" = '["FINISHED"]' ]
	traces "$(field .run_id)" | jq -e 'length == 60 and all(.[]; .assessments | length == 4)'
}

@test "what the server refuses for good is put aside and holds up nothing" {
	tracking
	mkdir spool
	jq -n --arg uri "$MLFLOW_TRACKING_URI" '{schema:"genie/spool/1",verb:"run end",uuid:"u1",at:"2026-11-20T17:00:00Z",uri:$uri,args:{run:"nobody"},inputs:{}}' >spool/000001-run_end-u1.json
	run -0 --separate-stderr genie-track experiment --domain "$domain" --spool spool
	[[ $stderr == *"put aside"* ]]
	[ "$(find spool -name '*.refused' | wc -l)" -eq 1 ]
	[ "$(field .status)" = logged ]
}

@test "work for another server is named and stays" {
	tracking
	genie-track experiment -q --domain "$domain" >/dev/null
	evaluated 2 >rows.jsonl
	MLFLOW_TRACKING_URI=http://127.0.0.1:1 MLFLOW_TRACKING_TOKEN=hush-hush-hush genie-track eval -q --domain "$domain" --spool spool --best-effort --deadline 2 rows.jsonl >/dev/null
	run ! grep -r hush spool
	run -2 --separate-stderr genie-track flush --spool spool
	[ -z "$output" ]
	[[ $stderr == *"spool/000001-eval-"*"is for http://127.0.0.1:1, and MLFLOW_TRACKING_URI is $MLFLOW_TRACKING_URI"* ]]
	# it holds up nothing of ours
	run -0 --separate-stderr genie-track eval --domain "$domain" --spool spool rows.jsonl
	[ "$(field .status)" = logged ]
	[[ $stderr == *"is for http://127.0.0.1:1"* ]]
	[ "$(find spool -name '*.json' | wc -l)" -eq 1 ]
	[ "$(genie-track search runs --domain "$domain" | jq '.runs | length')" = 1 ]
}

@test "no credential is in what is logged, printed or put by" {
	tracking
	export MLFLOW_TRACKING_PASSWORD=pass-hush-word
	genie-track experiment -q --domain "$domain" >/dev/null
	snapshot c0ffee000001 "token ${DATABRICKS_TOKEN:-pass-hush-word} pass-hush-word" >space.json
	run -0 --separate-stderr genie-track model create -v --domain "$domain" -i 1 --spool spool --tag "note=pass-hush-word" space.json
	[[ $output$stderr != *hush* ]]
	get "/api/2.0/mlflow/runs/get?run_id=$(field .run_id)" >run.json
	genie-track model fetch --model "$(field .model_id)" --to files >/dev/null
	run ! grep -r hush files spool
	grep -q 'token \*\*\*' files/model_state/uc_columns.json
	run ! grep -q hush run.json
}

@test "verdicts go into the table that genie-cluster reads, each once" {
	[ -z "${MLFLOW_TEST_URI:-}" ] || skip "an MLflow server has no SQL warehouse"
	tracking
	evaluated 8 >rows.jsonl
	uc=$(jq -r '.catalog // empty' serve.json)
	uc=${uc:-main}.$(jq -r '.schema // empty' serve.json)
	[ "$uc" != main. ] || uc=$(genie-fetch "$(genie-fetch --list | jq -rs '.[0].space_id')" | jq -r '.uc.tables[0] | "\(.table_catalog).\(.table_schema)"')
	run -0 --separate-stderr genie-track asi --uc "$uc" --run r1 -i 1 rows.jsonl
	[ "$(field '[.inserted,.rows] | join(" ")')" = "10 10" ]
	run -0 --separate-stderr genie-track asi --uc "$uc" --run r1 -i 1 rows.jsonl
	[ "$(field '[.inserted,.rows] | join(" ")')" = "0 10" ]
	run -0 --separate-stderr genie-cluster --uc "$uc" --run-id r1 rows.jsonl
	jq -e '.clusters | length > 0' <<<"$output"
}
