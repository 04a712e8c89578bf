#!/usr/bin/env bats
# make rollback MODEL=...: a configuration comes back from what was logged of it, on both sides.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

# Lever 2 first: its synonyms surely repair two of the few questions.
export LEVERS='2 6'

setup_file() {
	once base BENCHMARKS="$BATS_FILE_TMPDIR/few.yaml" REPEATABILITY=no ITER=2 optimize
}

setup() {
	copy_of base
}

# embedded COMMAND...: with the folder's workspace
embedded() { MLFLOW_TRACKING_URI=databricks genie-local exec -q --bundle "$W/bundle" --db "$W/workspace.db" -- "$@" 3>&-; }
rollback() { loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 rollback "$@"; }
model_of() { jq -er .model_id "$W/iter-$1/track.json"; }

# A configuration of somebody else: made by hand, logged, and taken back again. Sets foreign, foreign_hash.
foreign() {
	jq -n '{schema:"genie/patches/1",space_id:"cost",lever:1,patches:[
		{patch_id:"P001",type:"update_column_comment",target:"main.gold.dim_sku",column:"sku_nm",new_text:"What the unit is called on an invoice"},
		{patch_id:"P002",type:"add_instruction",new_text:"Spend is what was paid after discounts."},
		{patch_id:"P003",type:"set_tag",target:"main.gold.dim_sku",key:"owner",new_text:"finance"}]}' >theirs.json
	cat >log-theirs <<-'END'
		set -eu
		genie-patch -q --allow-dirty --space cost --bundle "$1" -o theirs-apply.json theirs.json
		genie-fetch -q cost -o theirs-space.json
		genie-track model create -q --domain cost -i 7 theirs-space.json >theirs-model.json
		genie-patch -q --allow-dirty --bundle "$1" --rollback theirs-apply.json >theirs-back.json
	END
	embedded bash log-theirs "$W/bundle"
	jq -e '[.patches[].status] == ["applied","applied","applied"]' theirs-apply.json
	foreign=$(jq -er .model_id theirs-model.json)
	foreign_hash=$(jq -er .config_hash theirs-space.json)
}

# alike: workspace and repository say the same
alike() { embedded genie-patch -q --bundle "$W/bundle" --space cost --verify "$W/bundle" >drift.json; }

@test "the model of an iteration: what came later is undone, and the loop goes on from there" {
	[ "$(jq -r .action "$W/iter-01/decision.json")" = accept ]
	run -0 --separate-stderr rollback MODEL="$(model_of 00)"
	[[ $stderr == *"is that of iteration 0"*"as after iteration 0"* ]]
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-00/space.json")" ]
	[ -z "$(changed_files "$W")" ]
	[ ! -e "$W/iter-01" ]
	[ "$(jq .current_iteration "$W/optimization-progress.json")" = 0 ]
	REPEATABILITY=no run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 optimize
	consistent "$W"
	# and back to the better one, which a later model is
	run -0 --separate-stderr rollback MODEL="$(model_of 01)"
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-01/space.json")" ]
	consistent "$W"
}

@test "the model of an iteration that is in this folder no more" {
	local model hash
	model=$(model_of 01)
	hash=$(jq -r .config_hash "$W/iter-01/space.json")
	rollback MODEL="$(model_of 00)"
	[ ! -e "$W/iter-01" ]
	run -0 --separate-stderr rollback MODEL="$model"
	[[ $stderr == *"values were brought back; make rollback ITER=0 undoes it"* ]]
	[ "$(hash_of "$W")" = "$hash" ]
	alike
	"$ROOT/tests/schema-check" "$ROOT/schemas/apply.json" "$W/applied/01.json"
	# once more: nothing to do
	stamps "$W/bundle" >before
	run -0 --separate-stderr rollback MODEL="$model"
	[[ $stderr == *"is live already"* ]]
	stamps "$W/bundle" | diff before -
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=0 rollback
	[[ $stderr == *"undoing the restoring of configuration"* ]]
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-00/space.json")" ]
	[ -z "$(changed_files "$W")" ]
}

@test "a model that the loop did not make comes back, and the loop takes it back when it goes on" {
	local before
	before=$(hash_of "$W")
	foreign
	[ "$(hash_of "$W")" = "$before" ]
	[ "$foreign_hash" != "$before" ]
	run -0 --separate-stderr rollback MODEL="$foreign"
	[ "$(hash_of "$W")" = "$foreign_hash" ]
	grep -rq 'What the unit is called on an invoice' "$W/bundle/gold_layer_design"
	alike
	# every iteration is still there
	[ -e "$W/iter-02/decision.json" ]
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 rollback
	[ "$(hash_of "$W")" = "$before" ]
	consistent "$W"
}

@test "make -n shows what would come back, on both sides, and changes nothing" {
	local before
	before=$(hash_of "$W")
	foreign
	stamps "$W/bundle" >bundle
	find "$W" -name decision.json -o -path '*/applied/*' | sort >folders
	run -0 --separate-stderr loop -n WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 rollback MODEL="$foreign"
	[[ $output == *$'\n+What the unit is called on an invoice'* ]]
	[[ $output == *"+++ b/gold_layer_design/yaml/cost/dim_sku.yaml"* ]]
	[[ $output =~ [1-9][0-9]*" values in the workspace and "[1-9][0-9]*" files would change" ]]
	run -0 --separate-stderr loop -n WORK="$PWD/work" BENCHMARKS="$FEW" ITER=0 rollback
	[[ $output =~ [1-9][0-9]*" values in the workspace and "[1-9][0-9]*" files would change" ]]
	[ "$(hash_of "$W")" = "$before" ]
	stamps "$W/bundle" | diff bundle -
	find "$W" -name decision.json -o -path '*/applied/*' | sort | diff folders -
}

@test "a rollback that is killed is put right by the next one" {
	foreign
	local before point
	before=$(hash_of "$W")
	for point in journal live live-done file file-done verified written; do
		GENIE_PATCH_FAULT=$point run ! --separate-stderr rollback MODEL="$foreign"
		[ -e "$W/bundle/apply.json.journal" ]
		[ ! -e "$W/applied/03.json" ]
	done
	run -0 --separate-stderr rollback MODEL="$foreign"
	[[ $stderr == *"putting that right"* ]]
	[ "$(hash_of "$W")" = "$foreign_hash" ]
	alike
	[ -z "$(find "$W" -name '*.part' -o -name '*.journal')" ]
	GENIE_PATCH_FAULT=back-live run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 rollback
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 rollback
	[ "$(hash_of "$W")" = "$before" ]
	consistent "$W"
}

@test "what cannot be restored is refused by name, and nothing is changed" {
	foreign
	local before
	before=$(hash_of "$W")
	embedded bash -c 'jq "(.uc.columns[] | select(.table_name == \"dim_sku\" and .column_name == \"sku_nm\")).full_data_type = \"int\"" theirs-space.json |
		genie-track model create -q --domain cost -i 8 >other-model.json
		jq ".space_id = \"01ef00000000000000000000000000ab\"" theirs-space.json | genie-track model create -q --domain cost -i 9 >third-model.json'
	stamps "$W/bundle" >files
	run -65 --separate-stderr rollback_status MODEL="$(jq -r .model_id other-model.json)"
	[[ $stderr == *'main.gold.dim_sku.sku_nm: full_data_type was "int" and is "string"'* ]]
	run -65 --separate-stderr rollback_status MODEL="$(jq -r .model_id third-model.json)"
	[[ $stderr == *"it is of space 01ef00000000000000000000000000ab, and this is space cost"* ]]
	run -69 --separate-stderr rollback_status MODEL=m-nobody
	[[ $stderr == *"cannot be fetched"*"nothing was changed"* ]]
	run -2 --separate-stderr rollback_status MODEL="$foreign" TRACK=no
	[[ $stderr == *"tracking is off"* ]]
	[ "$(hash_of "$W")" = "$before" ]
	stamps "$W/bundle" | diff files -
	consistent "$W"
}
# make ends with 2 whatever failed; the step's own status is in its last line
rollback_status() {
	local status=0
	rollback "$@" 2>rollback.err || status=$?
	cat rollback.err >&2
	[ "$status" = 0 ] || return "$(sed -n 's/.*Error \([0-9]*\)$/\1/p' rollback.err | tail -1)"
}
