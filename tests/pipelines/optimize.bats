#!/usr/bin/env bats
# The loop on the embedded workspace, whole and continued.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	LOCAL_OPTIONS="--log-requests $PWD/requests" loop WORK="$PWD/full" ITER=3 optimize >full.out 2>full.err || {
		tail -20 full.err
		return 1
	}
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	FULL=$BATS_FILE_TMPDIR/full/cost
}

# copy: the finished loop, to go on with
copy() {
	mkdir work
	cp -a "$FULL" work/cost
	W=$PWD/work/cost
}

@test "three iterations leave every artifact" {
	local n file
	for file in space.json rows.jsonl failures.jsonl eval.json decision.json model.json held_out.json; do
		[ -s "$FULL/iter-00/$file" ]
	done
	for n in $(iterations "$FULL"); do
		for file in lever clusters.json patches.json apply.json space.json slice.jsonl p0.jsonl gates.json rows.jsonl \
			failures.jsonl eval.json decision.json triage.json model.json; do
			[ -e "$FULL/iter-$n/$file" ] || { echo "iter-$n/$file is missing"; return 1; }
		done
	done
	[ "$(pulled "$FULL" | wc -l)" = 3 ]
	[ "$(find "$FULL" -maxdepth 1 -name 'iter-*' | wc -l)" = "$(($(iterations "$FULL" | wc -l) + 1))" ]
	[ -s "$FULL/final/held_out.json" ]
	[ -s "$FULL/final/repeatability.json" ]
	[ -s "$FULL/report.md" ]
	[ -s "$FULL/report.html" ]
	[ -z "$(find "$FULL" -name '*.tmp*' -o -name '*.new' -o -name '*.part')" ]
}

@test "every artifact keeps to its schema" {
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$FULL"
}

@test "progress says what the evaluations say, and something was gained" {
	local p=$FULL/optimization-progress.json n last
	[ "$(jq .baseline_accuracy "$p")" = "$(jq .overall_accuracy "$FULL/iter-00/eval.json")" ]
	last=$(iterations "$FULL" | tail -1)
	n=$(jq .accepted_iteration "$FULL/iter-$last/decision.json")
	[ "$(jq .accepted_iteration "$p")" = "$n" ]
	[ "$(jq .final_accuracy "$p")" = "$(jq .overall_accuracy "$FULL/iter-$(printf %02d "$n")/eval.json")" ]
	for n in $(seq 0 $((10#$last))); do
		[ "$(jq ".iterations[$n].overall_accuracy" "$p")" = "$(jq .overall_accuracy "$FULL/iter-0$n/eval.json")" ]
		[ "$(jq ".iterations[$n].correct_count" "$p")" = "$(jq -s 'map(select(.outcome == "pass")) | length' "$FULL/iter-0$n/rows.jsonl")" ] ||
			[ "$(jq ".iterations[$n].correct_count" "$p")" = "$(jq .correct "$FULL/iter-0$n/eval.json")" ]
	done
	[ "$(jq -s 'map(select(.action == "accept" and .iteration > 0)) | length' "$FULL"/iter-*/decision.json)" -ge 1 ]
	jq -e '.final_accuracy > .baseline_accuracy' "$p"
}

@test "what was rolled back is live nowhere; what was accepted is live in both places" {
	local n number
	consistent "$FULL"
	for n in $(iterations "$FULL"); do
		if [ "$(jq -r .action "$FULL/iter-$n/decision.json")" = rollback ]; then
			[ -e "$FULL/applied/$n.undone" ]
			[ ! -e "$FULL/applied/$n.json" ]
			[ "$(jq .config_hash "$FULL/iter-$n/space.json")" != "\"$(hash_of "$FULL")\"" ]
		else
			[ -e "$FULL/applied/$n.json" ]
		fi
		# an iteration starts from what was accepted before it
		number=$(jq .accepted_iteration "$FULL/iter-0$((10#$n - 1))/decision.json")
		[ "$(jq -r .config_id "$FULL/iter-$n/patches.json")" = "$(jq -r .config_id "$FULL/iter-0$number/space.json")" ]
	done
	git -C "$FULL/bundle" diff --quiet -- data benchmarks.yaml databricks.yml
}

@test "what holds of every loop" {
	invariants "$FULL"
}

@test "what steered nothing is told beside what did" {
	local before after
	before=$(jq .overall_accuracy "$FULL/iter-00/held_out.json") after=$(jq .overall_accuracy "$FULL/final/held_out.json")
	[ "$(jq -c '[.held_out.before.overall_accuracy, .held_out.after.overall_accuracy]' "$FULL/optimization-progress.json")" = "[$before,$after]" ]
	grep -q "held-out $before % to $after %" "$BATS_FILE_TMPDIR/full.err"
	grep -q "Held-out questions, which steered nothing" "$FULL/report.md"
	# what repeatability costs is said before
	grep -qE "repeatability of iteration [0-9]+: [0-9]+ questions two more times, at most [0-9]+ to ask" "$BATS_FILE_TMPDIR/full.err"
	[ "$(jq .repeatability_pct "$FULL/optimization-progress.json")" = "$(jq .repeatability_pct "$FULL/final/repeatability.json")" ]
}

@test "repeatability can be left out" {
	copy
	rm "$W/final/repeatability".json*
	run -0 --separate-stderr loop WORK="$PWD/work" ITER=3 REPEATABILITY=no report
	run -0 --separate-stderr loop WORK="$PWD/work" ITER=3 REPEATABILITY=no optimize
	[[ $stderr != *"two more times"* ]]
	[ ! -e "$W/final/repeatability.json" ]
}

@test "the source of the embedded bundle stays as it was" {
	git init -q fresh
	cp -R "$ROOT/demo/cost/." fresh/
	git -C fresh add -A
	[ "$(git -C fresh write-tree)" = "$(git -C "$FULL/bundle" rev-parse 'HEAD^{tree}')" ]
}

@test "a question is asked once of each configuration" {
	[ "$(starts "$BATS_FILE_TMPDIR/requests")" = "$(grep -c '"genie/answer/1"' "$FULL/answers.jsonl")" ]
	run -0 jq -s -r 'map(select(.schema == "genie/answer/1")) | group_by(.key)[] | select(length > 1) | .[0].question_id' "$FULL/answers.jsonl"
	[ -z "$output" ]
}

@test "what is held out is asked of the first and of the last configuration only" {
	[ "$(jq -rs 'map(.config_id) | unique[]' "$FULL/iter-00/held_out.jsonl")" = "$(jq -r .config_id "$FULL/iter-00/space.json")" ]
	[ "$(jq -rs 'map(.config_id) | unique[]' "$FULL/final/held_out.jsonl")" = "$(jq -r .config_id "$FULL/final/space.json")" ]
	[ "$(jq -r .config_hash "$FULL/final/space.json")" = "$(accepted_hash "$FULL")" ]
	[ "$FULL/iter-01/apply.json" -nt "$FULL/iter-00/held_out.jsonl" ]
	# no row of the loop is of the held-out split
	cat "$FULL"/iter-*/rows.jsonl "$FULL/final/repeatability.jsonl" "$FULL"/iter-*/slice.jsonl "$FULL"/iter-*/p0.jsonl | jq -e -s 'all(.split != "held_out")' >/dev/null
}

@test "a second run finds nothing to do" {
	stamps "$FULL" >before
	LOCAL_OPTIONS="--port-file $PWD/port" run -0 --separate-stderr loop WORK="${FULL%/cost}" ITER=3 optimize
	[[ $stderr == *"nothing to do"* ]]
	[ ! -e port ]
	stamps "$FULL" | diff before -
}

@test "one iteration more is one lever more" {
	copy
	local last
	last=$(iterations "$FULL" | tail -1)
	stamps "$W" | grep '^iter-' >before
	LOCAL_OPTIONS="--log-requests $PWD/requests" run -0 --separate-stderr loop WORK="$PWD/work" ITER=4 optimize
	stamps "$W" | grep "^iter-0[0-$((10#$last))]/" | diff before -
	if [ -e "$W/stopped.json" ]; then
		[ "$(jq .after "$W/stopped.json")" = "$((10#$last))" ]
	else
		[ "$(pulled "$W" | wc -l)" = 4 ]
	fi
	consistent "$W"
	run -0 --separate-stderr loop WORK="$PWD/work" ITER=4 optimize
	[[ $stderr == *"nothing to do"* ]]
}

@test "a deleted iteration is made again with what follows, and ends the same" {
	copy
	stamps "$W" | grep '^iter-0[01]/' >before
	stamps "$W" | grep -c '^iter-0[2-9]/' >count
	stamps "$W" | grep '^iter-0[2-9]/' >redone
	rm -r "$W/iter-02"
	LOCAL_OPTIONS="--log-requests $PWD/requests" run -0 --separate-stderr loop WORK="$PWD/work" ITER=3 optimize
	stamps "$W" | grep '^iter-0[01]/' | diff before -
	stamps "$W" | grep '^iter-0[2-9]/' | grep -Fxf redone && return 1
	[ "$(stamps "$W" | grep -c '^iter-0[2-9]/')" = "$(cat count)" ]
	# the same configurations: every answer was in the journal
	[ "$(starts requests)" = 0 ]
	consistent "$W"
	same_outcome "$FULL" "$W"
}
