#!/usr/bin/env bats
# Runs that are killed, wherever, end like runs that are not.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	few few.yaml
	# What Genie draws must not depend on when it was started: --draws configuration.
	# one iteration that is taken back for want of evidence, one that stays
	undisturbed required 1
	undisturbed report 2
}

undisturbed() { # undisturbed EVIDENCE ITER
	LOCAL_OPTIONS="--draws configuration --log-requests $PWD/$1.requests" loop WORK="$PWD/$1" BENCHMARKS="$PWD/few.yaml" EVIDENCE="$1" ITER="$2" \
		optimize >"$1.out" 2>"$1.err" || { tail -20 "$1.err"; return 1; }
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	W=$PWD/work/cost
	FEW=$BATS_FILE_TMPDIR/few.yaml
	group=
}

teardown() {
	[ -z "$group" ] || kill -9 -- "-$group" 2>/dev/null || true
}

again() { # again MAKE-ARGUMENT...: goes on, undisturbed
	LOCAL_OPTIONS="--draws configuration --log-requests $PWD/requests" loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 "$@" optimize
}

# slow: a run in a process group of its own, slow enough to be met on its way
slow() {
	LOCAL_OPTIONS="--draws configuration --latency 300 --log-requests $PWD/requests" QPM=240 setsid make -C "$ROOT" --no-print-directory -s -o all \
		B="$B" WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 optimize >slow.out 2>slow.err 3>&- &
	group=$!
}

# answers: how many are in the journal
answers() { if [ -e "$W/answers.jsonl" ]; then grep -c '"genie/answer/1"' "$W/answers.jsonl" || true; else echo 0; fi; }

# until_true COMMAND...: within a minute
until_true() {
	local i
	for ((i = 0; i < 1200; i++)); do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	echo "never: $*"
	return 1
}
answered() { [ "$(answers)" -ge "$1" ]; }
unlocked() { flock -n "$W/lock" true; }

kill_group() {
	kill -9 -- "-$group" 2>/dev/null || true # it may have ended
	wait "$group" 2>/dev/null || true
	group=
	until_true unlocked
}

# asked_once REFERENCE TWICE: no more was asked than there, apart from TWICE questions
asked_once() {
	local more
	more=$(($(starts requests) - $(starts "$BATS_FILE_TMPDIR/$1.requests")))
	[ "$more" = "$2" ] || { echo "$more questions were asked again, $2 were under way when it was killed"; return 1; }
	[ -z "$(jq -R -r 'fromjson? | select(.schema == "genie/answer/1").key' "$W/answers.jsonl" | sort | uniq -d)" ]
}

@test "the make group is killed, again and again; no finished question is asked twice" {
	local lost=0
	# before the workspace is there
	slow
	until_true [ -d "$W/bundle" ]
	kill_group
	for moment in 3 8; do
		slow
		until_true answered "$moment"
		kill_group
		[ ! -e "$W/iter-00/rows.jsonl" ]
		lost=$(($(starts requests) - $(answers)))
	done
	run -0 --separate-stderr again
	same_outcome "$BATS_FILE_TMPDIR/report/cost" "$W"
	consistent "$W"
	asked_once report "$lost"
}

@test "killed five times at any moment of the whole loop, it ends as if it had not been" {
	local seed=${RANDOM_SEED:-$(date +%N)} k wait
	seed=$((10#$seed % 32768))
	echo "RANDOM_SEED=$seed repeats this"
	RANDOM=$seed
	# what Genie draws must not depend on when it was started
	export LOCAL_OPTIONS="--draws configuration"
	loop WORK="$PWD/whole" BENCHMARKS="$FEW" ITER=2 optimize >whole.out 2>whole.err || { tail -5 whole.err; return 1; }
	for k in 1 2 3 4 5; do
		LOCAL_OPTIONS="--draws configuration --latency 40" QPM=1200 setsid make -C "$ROOT" --no-print-directory -s -o all \
			B="$B" WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 optimize >slow.out 2>slow.err 3>&- &
		group=$!
		wait=$((300 + RANDOM % 7000))
		echo "kill $k after $wait ms, in $(find "$W" -maxdepth 1 -name 'iter-*' 2>/dev/null | wc -l) folders, $(answers) answers"
		sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
		kill_group
	done
	loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 optimize >again.out 2>again.err || { tail -5 again.err; return 1; }
	same_outcome "$PWD/whole/cost" "$W"
	consistent "$W"
	[ -z "$(jq -R -r 'fromjson? | select(.schema == "genie/answer/1").key' "$W/answers.jsonl" | sort | uniq -d)" ]
	[ "$(jq -R -r 'fromjson? | select(.schema == "genie/answer/1").key' "$W/answers.jsonl" | sort)" = "$(jq -R -r 'fromjson? | select(.schema == "genie/answer/1").key' "$PWD/whole/cost/answers.jsonl" | sort)" ]
	# once more: nothing is left to do
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=2 optimize
	[[ $stderr == *"nothing to do"* ]]
}

@test "genie-eval is killed: the run ends, and the next one goes on" {
	slow
	until_true answered 4
	kill -9 "$(pgrep -f -- "genie-eval .*--journal $W/answers.jsonl")"
	wait "$group" && return 1
	group=
	until_true unlocked
	[ ! -e "$W/iter-00/rows.jsonl" ]
	[ ! -e "$W/iter-00/eval.json" ]
	local lost
	lost=$(($(starts requests) - $(answers)))
	run -0 --separate-stderr again
	same_outcome "$BATS_FILE_TMPDIR/report/cost" "$W"
	consistent "$W"
	asked_once report "$lost"
}

@test "the workspace is killed: nothing unmeasured is taken for an evaluation" {
	export GENIE_HTTP_BUDGET=2
	slow
	until_true answered 4
	kill -9 "$(pgrep -f -- "genie-local exec .*--db $W/workspace.db")"
	wait "$group" && return 1
	until_true unlocked
	group=
	[ ! -e "$W/iter-00/eval.json" ] || jq -e '.excluded == []' "$W/iter-00/eval.json"
	unset GENIE_HTTP_BUDGET
	run -0 --separate-stderr again
	same_outcome "$BATS_FILE_TMPDIR/report/cost" "$W"
	consistent "$W"
}

@test "two runs in one folder: the second one waits for another day" {
	slow
	until_true answered 1
	run ! --separate-stderr again
	[[ $stderr == *"another run is at work in $W"* ]]
	kill_group
}

# Each point at which genie-patch can be killed, the one before and the one after.
killed_at() { # killed_at POINT MAKE-ARGUMENT...
	local point=$1
	shift
	GENIE_PATCH_FAULT=$point run ! --separate-stderr again "$@"
	[[ $stderr == *Killed* ]]
}

@test "genie-patch is killed while it applies, at every point" {
	mkdir work
	cp -a "$BATS_FILE_TMPDIR/report/cost" work/
	rm -rf "$W/iter-01" "$W/iter-02" "$W/final"
	# each run puts right what the one before left, and is killed one step further
	for point in journal live live-done file file-done verified written; do
		killed_at "$point" ITER=1
		[ -e "$W/iter-01/patches.json" ]
		[ ! -e "$W/iter-01/apply.json" ]
		[ -e "$W/bundle/apply.json.journal" ]
		[ "$point" = journal ] || [[ $stderr == *"putting that right"* ]]
	done
	run -0 --separate-stderr again
	[ "$(jq -r '.patches[0].status' "$W/iter-01/apply.json")" = applied ]
	same_outcome "$BATS_FILE_TMPDIR/report/cost" "$W"
	consistent "$W"
}

@test "a record that was complete but had no name yet is found" {
	# lever 2 surely repairs two of the few questions, so its change is kept
	export LEVERS='2 6'
	loop WORK="$PWD/whole" BENCHMARKS="$FEW" ITER=2 optimize >whole.out 2>whole.err || { tail -5 whole.err; return 1; }
	cp -a whole work
	[ -e "$W/applied/01.json" ]
	# as if killed between the end of genie-patch and the renaming
	rm -rf "$W/iter-01/apply.json" "$W/iter-02"
	mv "$W/applied/01.json" "$W/applied/01.json.part"
	run -0 --separate-stderr again
	same_outcome "$PWD/whole/cost" "$W"
	consistent "$W"
	# and a torn one is not
	echo '{"schema":"genie/apply/1","status"' >"$W/applied/03.json.part"
	rm -rf "$W/iter-02"
	run -0 --separate-stderr again
	consistent "$W"
	# nor one that was only begun
	: >"$W/applied/03.json.part"
	rm -rf "$W/iter-02"
	run -0 --separate-stderr again
	[ ! -e "$W/applied/03.json" ]
	consistent "$W"
}

@test "genie-patch is killed while it takes an iteration back, at every point" {
	mkdir work
	cp -a "$BATS_FILE_TMPDIR/required/cost" work/
	for point in back-file back-live; do
		rm -rf "$W/iter-01" "$W/final"
		killed_at "$point" EVIDENCE=required ITER=1
		[ -s "$W/iter-01/rows.jsonl" ]
		[ ! -e "$W/iter-01/decision.json" ]
		[ -e "$W/bundle/apply.json.journal" ]
		run -0 --separate-stderr again EVIDENCE=required ITER=1
		[ "$(jq -r .action "$W/iter-01/decision.json")" = rollback ]
		consistent "$W"
		same_outcome "$BATS_FILE_TMPDIR/required/cost" "$W"
		[ -z "$(changed_files "$W")" ]
	done
}
