#!/usr/bin/env bats
# The end of the loop: deployed, asked again, and what went missing on the way brought back.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

# Lever 6 is what a deployment overwrites.
export LEVERS=6 ITER=1 REPEATABILITY=no TARGET=dev
EXPORT=src/genie/cost_genie_export.json

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	LOCAL_OPTIONS="--log-requests $PWD/requests" loop WORK="$PWD/base" DEPLOY=yes optimize >base.out 2>base.err || {
		tail -20 base.err
		return 1
	}
	[ "$(jq -r .action base/cost/iter-01/decision.json)" = accept ]
	[ "$(jq .overall_accuracy base/cost/iter-00/eval.json)" != "$(jq .overall_accuracy base/cost/iter-01/eval.json)" ]
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	BASE=$BATS_FILE_TMPDIR/base/cost
	mkdir work
	cp -a "$BASE" work/cost
	W=$PWD/work/cost
	group=
}

teardown() {
	[ -z "$group" ] || kill -9 -- "-$group" 2>/dev/null || true
}

deploy() { LOCAL_OPTIONS="${LOCAL_OPTIONS:-} --log-requests $PWD/requests" loop WORK="$PWD/work" "$@" deploy; }
field() { jq -c "$1" "$W/final/deploy.json"; }
# forget: as if the accepted change had been made in the workspace only
forget() { git -C "$W/bundle" checkout -q -- "$EXPORT"; }
# runs: how often the deployment job was started since the base's loop
runs() {
	genie-local exec -q --bundle "$BASE/bundle" --db "$W/workspace.db" -- bash -c '
		curl -sS -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.2/jobs/runs/list"' 3>&- | jq '(.runs | length) - 1'
}
# instead TOOL: a folder of the tools in which TOOL is what comes in on standard input
instead() {
	mkdir tools
	ln -s "$B"/bin/* tools/
	rm "tools/$1"
	cat >"tools/$1"
	chmod +x "tools/$1"
}
answered() { [ -e "$W/final/deployment/answers.jsonl" ] && [ "$(grep -c '"genie/answer/1"' "$W/final/deployment/answers.jsonl")" -ge "$1" ]; }
unlocked() { flock -n "$W/lock" true; }
until_true() { # until_true COMMAND...: within minutes
	local i
	for ((i = 0; i < 6000; i++)); do
		if "$@"; then return 0; fi
		sleep 0.05
	done
	echo "never: $*"
	return 1
}
# proven: what is deployed is in both places what was accepted, and answers as well
proven() {
	[ "$(field .status)" = '"SUCCESS"' ] || { field '[.status, .attempts]'; return 1; }
	[ "$(jq .overall_accuracy "$W/final/post_deploy.json")" = "$(jq .overall_accuracy "$W/iter-01/eval.json")" ]
	[ "$(jq -r .deployment.status "$W/optimization-progress.json")" = SUCCESS ]
	[ ! -e "$W/final/escalation.json" ]
	consistent "$W"
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
}

@test "one command: the loop, the deployment, every question asked again, the report" {
	proven
	[ "$(runs)" = 0 ]
	[ "$(field '[.target, (.attempts | length), .verification.fixes, .verification.brought_back]')" = '["dev",1,0,[]]' ]
	diff <(jq -r .question_id "$W/iter-00/rows.jsonl" | sort) <(jq -r .question_id "$W/final/post_deploy.jsonl" | sort)
	[ "$(jq -s -c 'map(.iteration) | unique' "$W/final/post_deploy.jsonl")" = '[999]' ]
	# asked, not remembered: answers of the loop are not taken
	[ -z "$(comm -12 <(jq -r .conversation_id "$W"/iter-*/rows.jsonl | sort -u) <(jq -r .conversation_id "$W/final/post_deploy.jsonl" | sort -u))" ]
	[ "$(jq -r '[.evaluations[] | select(.scope == "post_deploy")] | length' "$W/final/track.json")" = 1 ]
	grep -q '^## Deployment' "$W/report.md"
	grep -q "$(field '.attempts[0].run_id' | tr -d '"')" "$W/report.md"
	[ -s "$W/report.html" ]
	grep -q 'deployed to dev: SUCCESS, ' "$BATS_FILE_TMPDIR/base.err"
	# again: nothing
	stamps "$W" >before
	run -0 --separate-stderr loop WORK="$PWD/work" DEPLOY=yes optimize
	[[ $stderr == *"nothing to do"* ]]
	run -0 --separate-stderr deploy
	[[ $stderr == *"nothing to do"* ]]
	stamps "$W" | diff before -
	# nor when the loop is asked for without the deployment
	run -0 --separate-stderr loop WORK="$PWD/work" optimize
	[[ $stderr == *"nothing to do"* ]]
}

@test "a change that is live only is found after the deployment, named with its file, and brought back" {
	forget
	run -0 --separate-stderr deploy
	[[ $stderr == *"$EXPORT: space cost: instructions.text_instructions["*"] is not as accepted (P001 of iteration 1)"* ]]
	[[ $stderr == *"brought back on both sides; deploying again"* ]]
	proven
	[ "$(runs)" = 2 ]
	# the first round: overwritten, and worse; the second: as it was accepted
	[ "$(jq -c '[.status, .verification.fixes, (.verification.after < .verification.before - 2)]' "$W/final/deployment/0.verified.json")" = '["DISCREPANCY",0,true]' ]
	jq -e --slurpfile p "$W/applied/01.patches.json" '([.verification.missing[].patch_id] | sort) == ([$p[0].patches[].patch_id] | sort)' "$W/final/deployment/0.verified.json"
	[ "$(field '[.verification.fixes, .verification.missing, ([.verification.brought_back[] | [.file, .round]] | unique)]')" = "[1,[],[[\"$EXPORT\",0]]]" ]
	run -0 --separate-stderr deploy
	[[ $stderr == *"nothing to do"* ]]
}

@test "what is brought back and does not stay is a person's after two times" {
	forget
	# each deployment finds the file as it was: somebody else's job writes it back
	instead genie-deploy <<-END
		#!/bin/bash
		[[ " \$* " == *" --verify "* ]] || git -C '$W/bundle' checkout -q -- '$EXPORT'
		exec '$B/bin/genie-deploy' "\$@"
	END
	run ! --separate-stderr deploy loop_bin="$PWD/tools"
	[[ $stderr == *"deployment to dev: ESCALATED"* ]]
	[ "$(runs)" = 3 ]
	[ "$(field '[.status, .verification.fixes, (.verification.brought_back | map(.round) | unique)]')" = '["ESCALATED",2,[0,1]]' ]
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
	[ "$(jq -r .status "$W/optimization-progress.json")" = escalated ]
	# the six parts
	jq -e --arg f "$EXPORT" '(.errors | length > 0) and (.fixes_tried | length == 1) and (.hypothesis | length > 0) and .scores.final_accuracy != null and
		.deploy_status.status == "ESCALATED" and (.deploy_status.run_url | startswith("http")) and
		any(.deploy_status.verification.missing[]; .file == $f) and (.recommendation[0] | contains($f))' "$W/final/escalation.json"
	grep -q ESCALATED "$W/report.md"
	# once the cause is gone the next call ends it
	run -0 --separate-stderr deploy
	proven
}

@test "what Genie did not answer the first time is asked again before anybody is called" {
	rm "$W/final/deploy.json"
	instead genie-local <<-END
		#!/bin/bash
		exec '$B/bin/genie-local' "\$1" --fault 'POST start-conversation message-failed x47' "\${@:2}"
	END
	run -0 --separate-stderr deploy loop_bin="$PWD/tools"
	[[ $stderr == *"nothing that was accepted is missing: "*" questions that were right before are asked twice more"* ]]
	proven
	[ "$(runs)" = 1 ]
	[ "$(jq -s 'length' "$W/final/post_deploy.jsonl")" -gt 47 ]
	[ "$(jq .evaluated "$W/final/post_deploy.json")" = 47 ]
}

@test "a deployment that cannot be done is told to a person; the next call tries again" {
	rm "$W/bundle/src/genie/deploy_genie_spaces.py"
	run ! --separate-stderr deploy
	[[ $stderr == *"error: deployment to dev: VALIDATE_FAILED: "*"deploy_genie_spaces.py"*"; what happened, and what a person could do, is in $W/report.md"* ]]
	[ ! -e "$W/final/post_deploy.json" ]
	[ "$(jq -r .status "$W/optimization-progress.json")" = escalated ]
	jq -e '(.deploy_status.errors[0].message | contains("deploy_genie_spaces.py")) and (.recommendation[0] | contains("deploy_genie_spaces.py"))' "$W/final/escalation.json"
	"$ROOT/tests/schema-check" "$ROOT/schemas" "$W"
	# nothing was changed
	[ "$(runs)" = 0 ]
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-01/space.json")" ]
	git -C "$W/bundle" checkout -q -- src/genie/deploy_genie_spaces.py
	run -0 --separate-stderr deploy
	proven
}

@test "an export that is no JSON is named with line, column and what to do, and nothing is deployed" {
	sed -i '5s/",$/",,/' "$W/bundle/$EXPORT"
	run ! --separate-stderr deploy
	[[ $stderr =~ "error: deployment to dev: DEPLOY_FAILED: "[^$'\n']*"$EXPORT: line 5, column "[0-9]+": "[^$'\n']*"correct the file at that place" ]]
	[ "$(field '[.attempts[].diagnosis | [.code, .places]]')" = "[[\"malformed_json\",[\"$EXPORT:5\"]]]" ]
	jq -e --arg f "$EXPORT" '.recommendation[0] | contains($f + ": line 5, column ")' "$W/final/escalation.json"
	grep -q "$EXPORT: line 5, column " "$W/report.md"
	[ "$(runs)" = 0 ]
	sed -i '5s/",,$/",/' "$W/bundle/$EXPORT"
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-01/space.json")" ]
	run -0 --separate-stderr deploy
	proven
}

@test "what can be mended is mended in the file, and deployed" {
	jq --indent 2 '.data_sources.tables |= reverse' "$W/bundle/$EXPORT" >unsorted
	cp unsorted "$W/bundle/$EXPORT"
	run -0 --separate-stderr deploy
	proven
	[ "$(field '[(.attempts | length), .attempts[0].fix.file]')" = "[2,\"$EXPORT\"]" ]
	jq -e '.data_sources.tables | map(.identifier) | . == sort' "$W/bundle/$EXPORT"
}

@test "killed while it deploys, at any of its steps, it goes on, and starts its job once" {
	local step
	for step in 2 started answer answered; do
		rm -rf work requests
		mkdir work
		cp -a "$BASE" work/cost
		rm "$W/final/deploy.json"
		GENIE_DEPLOY_FAULT=$step run ! --separate-stderr deploy
		[ ! -e "$W/final/deploy.json" ]
		run -0 --separate-stderr deploy
		proven || { echo "killed at $step"; return 1; }
		[ "$(runs)" = 1 ] || { echo "killed at $step: $(runs) runs"; return 1; }
	done
}

@test "killed while it asks, or while it brings something back, it goes on" {
	forget
	rm -r "$W/final/deployment" # of the base
	LOCAL_OPTIONS="--log-requests $PWD/requests" QPM=240 setsid make -C "$ROOT" --no-print-directory -s -o all \
		B="$B" WORK="$PWD/work" deploy >slow.out 2>slow.err 3>&- &
	group=$!
	until_true answered 5
	kill -9 -- "-$group"
	wait "$group" || true
	group=
	until_true unlocked
	[ ! -e "$W/final/deployment/0.rows.jsonl" ]
	local answered
	answered=$(jq -R -r 'fromjson? | select(.schema == "genie/answer/1").key' "$W/final/deployment/answers.jsonl" | sort -u | wc -l)
	rm requests
	GENIE_PATCH_FAULT=live-done run ! --separate-stderr deploy
	[ "$(runs)" = 1 ]
	# no answer that was there is asked for again
	[ "$(starts requests)" = $((47 - answered)) ]
	[ -e "$W/bundle/apply.json.journal" ]
	[ ! -e "$W/final/deployment/0.fix.json" ]
	run -0 --separate-stderr deploy
	proven
	[ "$(runs)" = 2 ]
}

@test "after a deployment the loop goes on, and goes back" {
	run -0 --separate-stderr loop WORK="$PWD/work" ITER=2 LEVERS='2 6' DEPLOY=yes optimize
	[ "$(field .status)" = '"SUCCESS"' ]
	consistent "$W"
	if [ "$(jq -r .action "$W/iter-02/decision.json")" = accept ]; then
		[ "$(jq -r .config_hash "$W/final/deployment/0.space.json")" = "$(jq -r .config_hash "$W/iter-02/space.json")" ]
	fi
	run -0 --separate-stderr loop WORK="$PWD/work" ITER=0 rollback
	[ -z "$(changed_files "$W")" ]
	[ "$(hash_of "$W")" = "$(jq -r .config_hash "$W/iter-00/space.json")" ]
	[ ! -e "$W/final/deploy.json" ]
}

@test "where to deploy to is never guessed, and has to be what was measured" {
	run -2 --separate-stderr loop WORK="$PWD/work" TARGET= DEPLOY=yes optimize
	[[ $stderr == *"TARGET: where to deploy to is never guessed"* ]]
	run ! --separate-stderr loop WORK="$PWD/work" TARGET=prod deploy
	[[ $stderr == *"was begun with other inputs: TARGET=prod, was dev"* ]]
	run ! --separate-stderr loop WORK="$PWD/work" DEPLOY=maybe optimize
	[[ $stderr == *"DEPLOY: maybe: yes or no"* ]]
	run ! --separate-stderr loop WORK="$PWD/none" deploy
	[[ $stderr == *"nothing has been optimized yet; first make optimize"* ]]
	# in a loop that was begun without TARGET, the default target is the one that was measured
	sed -i 's/^TARGET=.*/TARGET=/' "$W/run.conf"
	run -0 --separate-stderr deploy
	[[ $stderr == *"nothing to do"* ]]
	# a loop that has not ended is not ended by the way
	run ! --separate-stderr bash -c 'rm -r "$1/iter-01"; shift; "$@"' _ "$W" make -C "$ROOT" --no-print-directory -s -o all B="$B" WORK="$PWD/work" deploy
	[[ $stderr == *"the loop has not ended"* ]]
}

@test "a target's own variables are those of the workspace, the questions and the job" {
	cp -R "$ROOT/demo/cost" bundle
	printf '  staging:\n    mode: development\n    variables:\n      catalog: stage\n' >>bundle/databricks.yml
	few few.yaml
	run -0 --separate-stderr loop WORK="$PWD/staged" BUNDLE="$PWD/bundle" BENCHMARKS="$PWD/few.yaml" ITER=0 TARGET=staging DEPLOY=yes optimize
	W=$PWD/staged/cost
	[ "$(field '[.status, .target]')" = '["SUCCESS","staging"]' ]
	[ "$(jq -r '.config.data_sources.tables[].identifier' "$W/final/deployment/0.space.json" | cut -d. -f1 | sort -u)" = stage ]
	jq -e '.evaluated > 0 and .excluded == []' "$W/final/post_deploy.json"
}
