#!/usr/bin/env bats
# The judges' prompts are those of the registry, at every evaluation that asks a model.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	W=$PWD/work/cost
	few few.yaml
	jq -nc '{match:"Who answers the question?", response:{value:"ground_truth_correct", rationale:"r", failure_type:"wrong_table"}},
		{response:{value:"no", rationale:"r", failure_type:"wrong_filter", confidence:0.5}}' >script.jsonl
	export LOCAL_OPTIONS="--llm-script $PWD/script.jsonl --log-requests $PWD/requests" LLM=m REPEATABILITY=no LEVERS='2 6'
}

measure() { loop WORK="$PWD/work" BENCHMARKS="$PWD/few.yaml" "$@"; }
embedded() { MLFLOW_TRACKING_URI=databricks genie-local exec -q --bundle "$W/bundle" --db "$W/workspace.db" -- "$@" 3>&-; }
version() { jq -r --arg j "$1" '.prompts[] | select(.judge == $j).version' "$W/prompts.json"; }
# used FILE: the versions of the prompts that its verdicts are by
used() { jq -r '.judges[] | .prompt // empty' "$1" | sort -u; }

@test "what the registry has is what judges, is told when it changes, and is kept" {
	measure evaluate 2>first.err
	[ "$(version schema_accuracy)" = 1 ]
	cmp "$W/prompts/schema_accuracy.md" "$ROOT/prompts/schema_accuracy.md"
	used "$W/iter-00/rows.jsonl" | grep -q "^$(sha256sum "$ROOT/prompts/schema_accuracy.md" | cut -c-12)$"
	# a person has another version judge
	mkdir mine
	sed 's/^## System$/&\nBe strict about columns./' "$ROOT/prompts/schema_accuracy.md" >mine/schema_accuracy.md
	embedded genie-track prompts -q --uc main.genie_opt mine/schema_accuracy.md >/dev/null
	: >requests
	measure ITER=1 optimize 2>second.err
	grep -q 'prompts of judges have changed in the registry (schema_accuracy: version 2, was 1)' second.err
	[ "$(grep -c 'prompts of judges have changed' second.err)" = 1 ]
	cmp "$W/prompts/schema_accuracy.md" mine/schema_accuracy.md
	# what a full evaluation of 60 questions costs: its judges' prompts, loaded before it (and before each other
	# one), its model, whose parent is read, and the run with a call for each trace
	local loads cost
	loads=$(logging requests '[.[0][] | select(test("/prompts/"))] | length / ([.[] | select(test("genie_opt_schema_accuracy"))] | length)')
	[ "$loads" = 5 ]
	[ "$(logging requests '[.[4][] | select(. == "POST /api/3.0/mlflow/traces")] | length')" = "$(wc -l <"$W/iter-01/rows.jsonl")" ]
	cost=$(logging requests "60 + $loads + ([(.[0] + .[1] + .[4])[] | select((test(\"/prompts/\") or . == \"POST /api/3.0/mlflow/traces\") | not)] | length)")
	echo "an evaluation of 60 questions with judges that ask a model: $cost calls"
	[ "$cost" -gt 80 ] && [ "$cost" -lt 100 ]
	grep -q 'Be strict about columns' requests
	used "$W/iter-01/rows.jsonl" >used
	grep -q "^$(sha256sum mine/schema_accuracy.md | cut -c-12)$" used
	run ! grep -q "^$(sha256sum "$ROOT/prompts/schema_accuracy.md" | cut -c-12)$" used
	# the registry still has it, and the run its text
	[ "$(version schema_accuracy)" = 2 ]
	local run
	run=$(jq -r '[.evaluations[] | select(.scope == "full" or .scope == "slice")][-1].run_id' "$W/iter-01/track.json")
	# or the first run that they judged in, which a tag of the later ones names
	run=$(embedded genie-track search runs --domain cost --max 100 |
		jq -r --arg r "$run" '.runs[] | select(.info.run_id == $r).data.tags | from_entries | .["genie.prompts_run"] // $r')
	[ "$(jq -r '.evaluations[0].run_id' "$W/iter-01/track.json")" = "$run" ]
	embedded bash -c 'printf "Authorization: Bearer %s" "$DATABRICKS_TOKEN" >header; curl -fs -H @header "$DATABRICKS_HOST/api/2.0/mlflow/artifacts/list?run_id='"$run"'&path=prompts"' >listed.json
	[ "$(jq --argjson n "$(wc -c <mine/schema_accuracy.md)" '[.files[] | select(.path == "prompts/schema_accuracy.md" and .file_size == $n)] | length' listed.json)" = 1 ]
	[ "$(jq '.files | length' listed.json)" = "$(jq '.prompts | length' "$W/prompts.json")" ]
}

@test "without the registry the local prompts judge, which is said once" {
	export MLFLOW_TRACKING_URI=http://127.0.0.1:1 TRACK_DEADLINE=1
	measure evaluate 2>first.err
	[ "$(grep -c "prompts cannot be loaded from the registry.*the local ones are used" first.err)" = 1 ]
	cmp "$W/prompts/arbiter.md" "$ROOT/prompts/arbiter.md"
	jq -e '.evaluated > 0' "$W/iter-00/eval.json"
	used "$W/iter-00/rows.jsonl" | grep -q "^$(sha256sum "$ROOT/prompts/schema_accuracy.md" | cut -c-12)$"
	measure ITER=1 optimize 2>second.err
	run ! grep -q 'prompts cannot be loaded' second.err
}
