#!/usr/bin/env bats
# The front doors of the loop: what they refuse, what they say, where they run; and the
# filters by hand.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

setup_file() {
	once "done" BENCHMARKS="$BATS_FILE_TMPDIR/few.yaml" ITER=9 evaluate
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	FEW=$BATS_FILE_TMPDIR/few.yaml
	DONE=$BATS_FILE_TMPDIR/done
	pid=
}

teardown() {
	stop_workspace
}

# serve: a workspace that is not ours, with a bundle in a git repository
serve() {
	mkdir repository
	cp -R "$ROOT/demo/cost" repository/cost
	git -C repository init -q
	git -C repository add -A
	git -C repository -c user.name=t -c user.email=t@example.invalid commit -qm base
	serve_workspace --bundle repository/cost --db serve.db --seed 1 --latency 0
	DATABRICKS_WAREHOUSE_ID=$(jq -r .warehouse_id serve.json)
	export DATABRICKS_WAREHOUSE_ID QPM=0 WAIT=0
}

@test "make evaluate measures the baseline and nothing else" {
	[ -s "$DONE/cost/iter-00/eval.json" ]
	[ ! -e "$DONE/cost/iter-01" ]
	[ ! -e "$DONE/cost/applied" ]
	[ "$(jq .current_iteration "$DONE/cost/optimization-progress.json")" = 0 ]
	[ -z "$(changed_files "$DONE/cost")" ]
	stamps "$DONE" >before
	run -0 --separate-stderr loop WORK="$DONE" BENCHMARKS="$FEW" evaluate
	[[ $stderr == *"nothing to do"* ]]
	stamps "$DONE" | diff before -
}

@test "make status says where it stands, also when it stands nowhere" {
	run -0 --separate-stderr loop WORK="$DONE" status
	[[ ${lines[0]} == "cost  space cost "* ]]
	[[ ${lines[1]} == *"iteration 0  baseline  $(jq .correct "$DONE/cost/iter-00/eval.json")/$(jq .total_questions "$DONE/cost/iter-00/eval.json")"* ]]
	run -0 --separate-stderr loop WORK="$PWD/none" status
	[[ $stderr == *"nothing has been measured yet"* ]]
	[ ! -e none ]
}

@test "make report writes the report again" {
	cp -a "$DONE" work
	run -0 --separate-stderr loop WORK="$PWD/work" report
	[ -s work/cost/report.md ]
	run ! --separate-stderr loop WORK="$PWD/none" report
	[[ $stderr == *"nothing has been measured yet"* ]]
}

@test "make discover lists the spaces" {
	run -0 --separate-stderr loop WORK="$PWD/work" discover
	jq -s -e 'map(if type == "array" then .[] else (.spaces[]? // .) end) | any(.space_id == "cost")' <<<"$output"
	[ ! -e work/cost/iter-00 ]
	# looking around begins nothing: other inputs are still welcome
	cp -R "$ROOT/demo/cost" other
	touch other/mark
	run -0 --separate-stderr loop WORK="$PWD/work" BUNDLE="$PWD/other" discover
	[ -e work/cost/bundle/mark ]
}

@test "make -n shows what would be done and does nothing" {
	stamps "$DONE" >before
	run -0 --separate-stderr loop -n WORK="$DONE" BENCHMARKS="$FEW" ITER=1 optimize
	[[ $output == *"next-lever' 01"* ]]
	stamps "$DONE" | diff before -
}

@test "a folder that was begun with other inputs is refused, with what differs" {
	cp -a "$DONE" work
	cp "$FEW" other.yaml
	echo '# more' >>other.yaml
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$PWD/other.yaml" evaluate
	[[ $stderr == *"begun with other inputs: BENCHMARKS=$PWD/other.yaml, was $FEW; "* ]]
	[[ $stderr == *"Error 2"* ]]
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" SPACE=sales evaluate
	[[ $stderr == *"SPACE=sales, was cost; "* ]]
	[[ $stderr != *"BENCHMARKS="* ]]
	stamps work | diff <(stamps "$DONE") -
}

@test "FORCE=1 goes on with other questions, and measures them" {
	cp -a "$DONE" work
	awk '/^  - id:/ { n++ } n <= 8' "$FEW" >fewer.yaml
	# older than what was made of the others: times alone would not tell
	touch -d '2020-01-01' fewer.yaml
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$PWD/fewer.yaml" FORCE=1 evaluate
	[ "$(wc -l <work/cost/benchmarks.jsonl)" = 8 ]
	[ "$(jq .total_questions work/cost/iter-00/eval.json)" -le 8 ]
	grep -qx "BENCHMARKS=$PWD/fewer.yaml" work/cost/run.conf
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$PWD/fewer.yaml" evaluate
	[[ $stderr == *"nothing to do"* ]]
}

@test "FORCE=1 with another bundle begins anew and keeps what there was" {
	cp -a "$DONE" work
	cp -R "$ROOT/demo/cost" other
	run -0 --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" BUNDLE="$PWD/other" FORCE=1 discover
	[ ! -e work/cost/iter-00 ]
	local old=(work/cost.former-*)
	[ -s "${old[0]}/iter-00/eval.json" ]
	grep -qx "BUNDLE=$PWD/other" work/cost/run.conf
}

@test "levers without proposals end the loop; other levers begin it again" {
	cp -a "$DONE" work
	local arguments=(WORK="$PWD/work" BENCHMARKS="$FEW" ITER=1)
	run -0 --separate-stderr loop "${arguments[@]}" LEVERS=5 optimize
	[ "$(jq -c '[.after, .status, .skipped[0].lever]' work/cost/stopped.json)" = '[0,"exhausted",5]' ]
	[ ! -e work/cost/iter-01 ]
	run -0 --separate-stderr loop "${arguments[@]}" LEVERS=5 optimize
	[[ $stderr == *"nothing to do: everything is up to date (stopped after iteration 0: no proposals left for levers 5)"* ]]
	run -0 --separate-stderr loop "${arguments[@]}" LEVERS='5 2' optimize
	[ "$(cat work/cost/iter-01/lever)" = 2 ]
	[ ! -e work/cost/stopped.json ]
	consistent work/cost
}

@test "inputs that are not there are named" {
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$PWD/none.yaml" evaluate
	[[ $stderr == *"BENCHMARKS: $PWD/none.yaml: no such file"* ]]
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" BUNDLE="$PWD/none" evaluate
	[[ $stderr == *"BUNDLE: $PWD/none: no such folder"* ]]
	[ ! -e work ]
	run ! --separate-stderr loop WORK="$PWD/with space" BENCHMARKS="$FEW" evaluate
	[[ $stderr == *"white space"* ]]
	echo 'cost: [{id: a}]' >bad.yaml
	run ! --separate-stderr loop WORK="$PWD/bad" BENCHMARKS="$PWD/bad.yaml" evaluate
	[[ $stderr == *"bad.yaml:1"* ]]
	[ ! -e bad/cost/benchmarks.jsonl ]
	[ ! -e bad/cost/iter-00/rows.jsonl ]
}

@test "an export that is no JSON ends the loop before anything is changed, with what to do" {
	cp -a "$DONE" work
	local export=work/cost/bundle/src/genie/cost_genie_export.json
	sed -i '5s/",$/",,/' "$export"
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=1 LEVERS=1 optimize
	[[ $stderr =~ "error: "[^$'\n']*"$export: "[^$'\n']*" line 5, column "[0-9]+": mend it there; git diff shows what changed" ]]
	[[ $stderr == *"Error 65"* ]]
	[ ! -e work/cost/iter-01/patches.json ] && [ ! -e work/cost/applied ]
	git -C work/cost/bundle checkout -q .
	run -0 loop WORK="$PWD/work" BENCHMARKS="$FEW" ITER=1 LEVERS=1 optimize
	# the same at the very start
	rm -rf work
	cp -R "$ROOT/demo/cost" broken
	sed -i '5s/",$/",,/' broken/src/genie/cost_genie_export.json
	run ! --separate-stderr loop WORK="$PWD/work" BUNDLE="$PWD/broken" BENCHMARKS="$FEW" optimize
	[[ $stderr =~ cost_genie_export.json:\ line\ 5,\ column\ [0-9]+.*"mend it there; git diff shows what changed" ]]
}

@test "a host that is not there ends the run, with nothing half written" {
	export DATABRICKS_HOST=http://127.0.0.1:9 DATABRICKS_TOKEN=x GENIE_HTTP_BUDGET=3
	run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" ALLOW_DIRTY=1 optimize
	[[ $stderr == *"127.0.0.1"* ]]
	[ -z "$(find work -type f ! -name run.conf ! -name lock)" ]
}

@test "a wrong token is told at once" {
	serve
	DATABRICKS_TOKEN=wrong run ! --separate-stderr loop WORK="$PWD/work" BENCHMARKS="$FEW" BUNDLE="$PWD/repository/cost" optimize
	[[ $stderr == *"genie-fetch: "*40[13]* ]]
	[ -z "$(find work -type f ! -name run.conf ! -name lock)" ]
}

@test "a named workspace: the repository itself is changed, and has to be clean before" {
	serve
	local arguments=(WORK="$PWD/work" BENCHMARKS="$FEW" BUNDLE="$PWD/repository/cost")
	echo '# mine' >>repository/cost/README.md
	run ! --separate-stderr loop "${arguments[@]}" ITER=2 optimize
	[[ $stderr == *"uncommitted changes"* ]]
	[ ! -e work/cost/iter-00/space.json ]
	git -C repository checkout -q -- .
	run -0 --separate-stderr loop "${arguments[@]}" ITER=2 optimize
	local W=work/cost
	[ ! -e "$W/bundle" ]
	[ ! -e "$W/workspace.db" ]
	[ "$(genie-fetch -q cost | jq -r .config_hash)" = "$(accepted_hash "$W")" ]
	diff <(promised_files "$W") <(git -C repository status --porcelain | cut -c4- | sed 's|^cost/||' | sort)
	run -0 --separate-stderr loop "${arguments[@]}" ITER=2 optimize
	[[ $stderr == *"nothing to do"* ]]
	# killed as it applies, it goes on although the repository has its changes
	rm -rf "$W/iter-01" "$W/iter-02"
	GENIE_PATCH_FAULT=file-done run ! --separate-stderr loop "${arguments[@]}" ITER=1 optimize
	run -0 --separate-stderr loop "${arguments[@]}" ITER=1 optimize
	[ "$(genie-fetch -q cost | jq -r .config_hash)" = "$(accepted_hash "$W")" ]
	# and everything can be taken back
	run -0 --separate-stderr loop "${arguments[@]}" ITER=0 rollback
	[ -z "$(git -C repository status --porcelain)" ]
	[ "$(genie-fetch -q cost | jq -r .config_hash)" = "$(jq -r .config_hash "$W/iter-00/space.json")" ]
}

@test "the filters by hand: fetch, eval, score, cluster, propose, patch" {
	cp -a "$DONE" work
	cd work/cost || return
	cat >steps <<-'STEPS'
		set -eu -o pipefail
		genie-fetch -q cost >space.json
		genie-eval -q --qpm 0 --bundle bundle --snapshot space.json <benchmarks.jsonl | tee rows.jsonl | genie-score -q >eval.json
		jq -c 'select(.outcome == "fail")' rows.jsonl >failures.jsonl
		genie-cluster -q <failures.jsonl | genie-propose -q --lever 2 --snapshot space.json --rows rows.jsonl \
			--benchmarks benchmarks.jsonl | genie-patch -q --bundle bundle --dry-run >plan.json
		genie-fetch -q cost | jq -c .counts
	STEPS
	run -0 --separate-stderr genie-local exec -q --bundle bundle --db workspace.db -- bash steps
	[ "$output" = "$(jq -c .counts iter-00/space.json)" ]
	[ "$(jq .correct eval.json)" = "$(jq .correct iter-00/eval.json)" ]
	jq -e '.dry_run and (.patches | length > 0)' plan.json
	[ -z "$(git -C bundle status --porcelain)" ]
	[ "$(hash_of .)" = "$(jq -r .config_hash iter-00/space.json)" ]
	run -0 --separate-stderr genie-cluster failures.jsonl
	jq -e '.schema == "genie/clusters/1"' <<<"$output"
}
