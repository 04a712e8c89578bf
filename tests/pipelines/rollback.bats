#!/usr/bin/env bats
# What is taken back is gone in the workspace and in the repository: lever by lever, and
# by make rollback.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

# Lever 2 first: its synonyms surely repair two of the few questions.
export LEVERS='2 6'

setup_file() {
	once base BENCHMARKS="$BATS_FILE_TMPDIR/few.yaml" ITER=2 optimize || return
	once all evaluate
}

setup() {
	copy_of base
}

# there_and_back LEVER: what the lever proposes for the baseline is applied and taken back
there_and_back() {
	local count
	cp -a "$BATS_FILE_TMPDIR/all/cost" lever
	genie-cluster -q -o clusters.json lever/iter-00/rows.jsonl
	genie-propose -q --lever "$1" --snapshot lever/iter-00/space.json --rows lever/iter-00/rows.jsonl \
		--benchmarks lever/benchmarks.jsonl -o patches.json clusters.json
	count=$(jq '.patches | length' patches.json)
	[ "$count" -gt 0 ] || { echo "lever $1 has nothing to propose for the demo's baseline"; return 1; }
	genie-local exec -q --bundle lever/bundle --db lever/workspace.db -- bash -eu -o pipefail -c '
		genie-patch -q --bundle lever/bundle --snapshot lever/iter-00/space.json -o apply.json patches.json
		genie-fetch -q -o with.json cost
		git -C lever/bundle status --porcelain >with.git
		genie-patch -q --bundle lever/bundle --rollback apply.json -o back.json
		genie-fetch -q -o without.json cost' 3>&-
	jq -e '[.patches[] | select(.status == "applied")] | length > 0' apply.json >/dev/null || { jq -c '.patches[] | [.status, .reason]' apply.json; return 1; }
	[ -s with.git ]
	[ "$(jq -r .config_hash with.json)" != "$(jq -r .config_hash lever/iter-00/space.json)" ]
	[ "$(jq -r .config_hash without.json)" = "$(jq -r .config_hash lever/iter-00/space.json)" ]
	[ -z "$(git -C lever/bundle status --porcelain)" ]
}

@test "lever 1, tables and columns: there and back" { there_and_back 1; }
@test "lever 2, metric views: there and back" { there_and_back 2; }
@test "lever 3, functions and filters: there and back" { there_and_back 3; }
@test "lever 4, monitoring tables: there and back" { there_and_back 4; }
@test "lever 5, tables of models: there and back" { there_and_back 5; }
@test "lever 6, instructions and examples: there and back" { there_and_back 6; }

@test "make rollback goes back to an iteration, and the loop goes on from there" {
	[ "$(jq -r .action "$W/iter-01/decision.json")" = accept ]
	# a second change on top: taken whatever the gates say
	loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=3 optimize 2>more.err
	local reached
	reached=$(find "$W" -maxdepth 1 -name 'iter-0[23]' | wc -l)
	[ "$reached" -ge 1 ]
	cp -a work before
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=1 rollback
	[[ $stderr == *"as after iteration 1"* ]]
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-01/space.json")" ]
	consistent "$W"
	[ ! -e "$W/iter-02" ]
	[ ! -e "$W/final/held_out.json" ]
	[ "$(find "$W/undone" -mindepth 2 -maxdepth 2 -name 'iter-*' | wc -l)" = "$reached" ]
	[ "$(jq .current_iteration "$W/optimization-progress.json")" = 1 ]
	# what is asked again is in the journal, so it comes out the same
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=3 optimize
	consistent "$W"
	same_outcome before/cost "$W"
}

@test "make rollback to the baseline leaves nothing of the loop" {
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=0 rollback
	[ -z "$(changed_files "$W")" ]
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-00/space.json")" ]
	[ "$(jq -r .status "$W/optimization-progress.json")" = evaluated ]
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=0 rollback
}

@test "make rollback to an iteration that never was is refused" {
	stamps "$W" >untouched
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=7 rollback
	[[ $stderr == *"there is no iteration 7"* ]]
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=x rollback
	[[ $stderr == *"ITER: x"* ]]
	stamps "$W" | diff untouched -
}

@test "a change that somebody else made on top is not rolled over" {
	[ -e "$W/applied/01.json" ]
	local file
	file=$(jq -r '.files[0].path' "$W/applied/01.json")
	echo >>"$W/bundle/$file"
	cp "$W/bundle/$file" theirs
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=0 rollback
	[[ $stderr == *"refetch: $file changed since"* ]]
	cmp theirs "$W/bundle/$file"
	[ -e "$W/iter-02" ]
	[ -e "$W/applied/01.json" ]
}
