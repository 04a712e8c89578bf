#!/usr/bin/env bats
# MATURITY=L3: at the end of the loop one configuration of the Pareto frontier is preferred.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

# Lever 2 first: its synonyms surely repair two of the few questions, so its change is kept.
export LEVERS='2 6'

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	few few.yaml
	loop WORK="$PWD/base" BENCHMARKS="$PWD/few.yaml" ITER=1 optimize >base.out 2>base.err || {
		tail -20 base.err
		return 1
	}
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/base" work
	FEW=$BATS_FILE_TMPDIR/few.yaml
	W=$PWD/work/cost
	[ "$(jq -r .action "$W/iter-01/decision.json")" = accept ]
}

door() { LOCAL_OPTIONS="--log-requests $PWD/requests" loop WORK="$PWD/work" BENCHMARKS="$FEW" "$@"; }
# prefers ORDER MAKE-ARGUMENT...: the loop's end with that order
prefers() { door ITER=1 MATURITY=L3 PREFER="$1" "${@:2}" optimize; }
progress() { jq -c "$1" "$W/optimization-progress.json"; }
is_live() { [ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-$1/space.json")" ] && consistent "$W"; }
baseline_is_live() { is_live 00 && [ -z "$(changed_files "$W")" ]; }
change_is_live() { is_live 01 && [ -n "$(changed_files "$W")" ]; }

@test "what is preferred is live on both sides, and all that is measured after is of it" {
	stamps "$W" | grep '^iter-' >before
	run -0 --separate-stderr prefers patch_cost
	[[ $stderr == *"undoing the patches of iteration 1: iteration 0 is preferred"*"iteration 0 is preferred by patch_cost: iteration 1 costs more than iteration 0"* ]]
	[[ $stderr == *"live "*" % (iteration 0, chosen by patch_cost)"* ]]
	baseline_is_live
	# nothing of an iteration was made again, and nothing asked again but what was not asked of the baseline
	stamps "$W" | grep '^iter-' | grep -v 'choice.json\|repeatability' | diff before -
	[ "$(jq -R -r 'fromjson? | select(.schema == "genie/answer/1").key' "$W/answers.jsonl" | sort | uniq -d | wc -l)" = 0 ]
	cmp "$W/final/choice.json" "$W/iter-01/choice.json"
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
	[ "$(progress '[.maturity_level, .accepted_iteration, .choice.iteration, .choice.instead_of, .choice.taken_back, .patch_history[0].kept, .current_patch_set]')" = '["L3",0,0,1,[1],false,[]]' ]
	# what was measured of the other one stays with it
	[ "$(jq .config_id "$W/iter-01/repeatability.json")" = "$(jq .config_id "$W/iter-01/space.json")" ]
	[ "$(progress .final_accuracy)" = "$(jq .overall_accuracy "$W/iter-00/eval.json")" ]
	local config
	config=$(jq .config_id "$W/iter-00/space.json")
	[ "$(jq -s -c 'map(.config_id) | unique' "$W/final/held_out.jsonl" "$W/final/repeatability.jsonl")" = "[$config]" ]
	[ "$(jq .promoted_model_id "$W/final/track.json")" = "$(jq .model_id "$W/iter-00/track.json")" ]
	grep -q '^Preferred by patch_cost, and live: iteration 0 ' "$W/report.md"
	grep -q '^Nothing: no change is live' "$W/report.md"
	run -0 door ITER=1 status
	[[ $output == *"baseline "*"accept, live"*"chosen by patch_cost: iteration 0, not 1, the last that was accepted" ]]
	# again, in whatever level: nothing is undone or done
	stamps "$W" >before
	for level in L3 L1; do
		run -0 --separate-stderr prefers patch_cost MATURITY=$level
		[[ $stderr == *"nothing to do"* ]]
		stamps "$W" | diff before -
	done
}

@test "another order is another choice, and nothing else; a model that was promoted before is again" {
	prefers patch_cost 2>/dev/null
	stamps "$W" | grep '^iter-' | grep -v 'choice.json\|repeatability' >before
	rm requests
	run -0 --separate-stderr prefers correctness
	[[ $stderr == *"applying the patches of iteration 1 again"*"iteration 1 is preferred by correctness: iteration 0 answers less correctly"* ]]
	change_is_live
	# what it was asked as the last that was accepted is in the journal
	[ "$(starts requests)" = 0 ]
	stamps "$W" | grep '^iter-' | grep -v 'choice.json\|repeatability' | diff before -
	[ "$(progress '[.accepted_iteration, .choice.iteration, .choice.taken_back, .patch_history[0].kept]')" = '[1,1,[],true]' ]
	prefers patch_cost 2>/dev/null
	baseline_is_live
	# shellcheck disable=SC2016
	genie-local exec -q --bundle "$W/bundle" --db "$W/workspace.db" -- bash -c 'curl -sf -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/mlflow/logged-models/$0"' \
		"$(jq -r .model_id "$W/iter-00/track.json")" 3>&- >model.json
	[ "$(jq -r '.model.info.tags[] | select(.key == "genie.promoted").value' model.json)" = true ]
	# an order that comes to the same leaves alone what was measured
	stamps "$W" | grep 'held_out\|^final/repeatability' >before
	run -0 --separate-stderr prefers patch_cost,correctness
	[[ $stderr != *"evaluate"* ]]
	stamps "$W" | grep 'held_out\|^final/repeatability' | diff before -
	[ "$(progress .choice.prefer)" = '["patch_cost","correctness"]' ]
}

@test "killed while it makes the preferred configuration live, it goes on; without L3 it goes back" {
	local point
	for point in back-file back-live; do
		GENIE_PATCH_FAULT=$point run ! --separate-stderr prefers patch_cost
		[[ $stderr == *Killed* ]]
		[ ! -e "$W/iter-01/choice.json" ]
		[ -e "$W/bundle/apply.json.journal" ]
		# the same folder without a choice: what was accepted is live again
		cp -a work killed
		run -0 --separate-stderr door ITER=1 optimize
		change_is_live
		rm -rf work && mv killed work
	done
	run -0 --separate-stderr prefers patch_cost
	baseline_is_live
	for point in journal live file verified written; do
		GENIE_PATCH_FAULT=$point run ! --separate-stderr prefers correctness
		[[ $stderr == *Killed* ]]
		[ "$(jq .iteration "$W/iter-01/choice.json")" = 0 ]
	done
	# before the choice was written, and after its first copy was
	run -0 --separate-stderr prefers correctness
	change_is_live
	rm "$W/final/choice.json" "$W/optimization-progress.json"
	run -0 --separate-stderr prefers correctness
	[[ $stderr != *undoing* && $stderr != *applying* ]]
	change_is_live
	[ "$(progress '[.accepted_iteration, .choice.iteration]')" = '[1,1]' ]
}

@test "the loop goes on from what was preferred" {
	prefers patch_cost REPEATABILITY=no 2>/dev/null
	run -0 --separate-stderr door ITER=2 REPEATABILITY=no optimize
	[ "$(jq .config_id "$W/iter-02/patches.json")" = "$(jq .config_id "$W/iter-00/space.json")" ]
	[ "$(jq .parent_iteration "$W/iter-02/model.json")" = 0 ]
	[ "$(jq .accepted_iteration "$W/iter-02/decision.json")" = "$(jq 'if .action == "accept" then 2 else 0 end' "$W/iter-02/decision.json")" ]
	[ ! -e "$W/applied/01.json" ]
	consistent "$W"
	[ ! -e "$W/final/choice.json" ]
	[ "$(progress .choice)" = null ]
	# an iteration of before the choice is redone from what it began from
	rm -r "$W/iter-02"
	rm "$W/iter-01/rows.jsonl" "$W/stopped.json" 2>/dev/null || true
	run -0 --separate-stderr door ITER=1 REPEATABILITY=no optimize
	[[ $stderr == *"applying the patches of iteration 1 again"* ]]
	[ ! -e "$W/iter-01/choice.json" ]
	change_is_live
}

@test "make rollback takes a choice back, and goes behind it" {
	prefers patch_cost REPEATABILITY=no 2>/dev/null
	run -0 --separate-stderr door ITER=1 rollback
	[[ $stderr == *"applying the patches of iteration 1 again"*"as after iteration 1"* ]]
	change_is_live
	[ ! -e "$W/iter-01/choice.json" ]
	[ -e "$(find "$W/undone" -mindepth 2 -maxdepth 2 -name choice.json)" ]
	[ "$(progress '[.accepted_iteration, .choice]')" = '[1,null]' ]
	prefers patch_cost REPEATABILITY=no 2>/dev/null
	baseline_is_live
	run -0 --separate-stderr door ITER=0 rollback
	baseline_is_live
	[ ! -e "$W/iter-01" ]
}

@test "repeatability decides when it was measured of all; it is measured where it would decide" {
	run -0 --separate-stderr prefers repeatability,patch_cost REPEATABILITY=no
	# final/ has it of the live one from before, nobody has it of the baseline
	[[ $stderr == *"repeatability decides nothing: it was not measured of iteration 0"* ]]
	[ "$(jq -c '[.unmeasured, .iteration]' "$W/final/choice.json")" = '[[0],0]' ]
	baseline_is_live
	run -0 --separate-stderr prefers repeatability,patch_cost
	[[ $stderr == *"repeatability of iteration 0: "*" questions two more times"* ]]
	[ "$(jq .config_id "$W/iter-00/repeatability.json")" = "$(jq .config_id "$W/iter-00/space.json")" ]
	[ "$(jq -c '[.unmeasured, [.candidates[] | .repeatability != null]]' "$W/final/choice.json")" = '[[],[true,true]]' ]
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
	consistent "$W"
	rm requests
	run -0 --separate-stderr prefers repeatability,patch_cost
	[[ $stderr == *"nothing to do"* ]]
}

@test "what is preferred and cannot be live any more is not claimed to be" {
	cat >theirs <<-'END'
		jq -n '{schema:"genie/patches/1",space_id:"cost",lever:1,patches:[
			{patch_id:"P001",type:"update_column_comment",target:"main.gold.dim_sku",column:"sku_nm",new_text:"What the unit is called on an invoice"}]}' |
			genie-patch -q --allow-dirty --space cost --bundle "$1" -o theirs.json
	END
	genie-local exec -q --bundle "$W/bundle" --db "$W/workspace.db" -- bash theirs "$W/bundle" 3>&-
	run ! --separate-stderr prefers patch_cost
	[[ $stderr == *"iteration 0 is preferred and cannot be made live: somebody has changed the space or its tables"* ]]
	[ ! -e "$W/iter-01/choice.json" ]
	[ -e "$W/applied/01.json" ]
	run -0 --separate-stderr prefers patch_cost MATURITY=L2 REPEATABILITY=no
	[ "$(progress '[.accepted_iteration, .choice]')" = '[1,null]' ]
}
