# shellcheck shell=bash
# Common to the tests of the loop: running it through make without building anything,
# and comparing what runs leave behind. Load after lib.bash.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKE_TERMOUT MAKE_TERMERR GNUMAKEFLAGS
unset DOMAIN SPACE BUNDLE BENCHMARKS WORK ITER LEVERS TARGET UC_SCHEMA PROFILE WAREHOUSE EVIDENCE REPEAT SEED \
	FORCE ALLOW_DIRTY ALLOW_HIGH QPM WAIT LOCAL_OPTIONS SINGLES LEVERS_COMBINE REPEATABILITY CORRECT PREFLIGHT MATURITY PREFER CALLS LLM TRACK MODEL DEPLOY DEPLOY_JOB \
	MLFLOW_TRACKING_URI MLFLOW_TRACKING_TOKEN MLFLOW_EXPERIMENT_NAME MLFLOW_EXPERIMENT_ID

# loop MAKE-ARGUMENT...: the Makefile, on the programs that are there
loop() {
	make -C "$ROOT" --no-print-directory -s -o all B="$B" "$@" 3>&-
}

# few FILE: some of the demo's questions; enough for lever 1 to have something to propose
few() {
	awk '/^  - id:/ { n++ } /^  # ---/ { next } n <= 13 || n > 23 && n <= 27' "$ROOT/demo/cost/benchmarks.yaml" >"$1"
}

# once NAME MAKE-ARGUMENT...: for setup_file, a loop in the file's folder NAME that its tests copy; few.yaml
# is there for it, and what it says is told when it fails
once() {
	local name=$1
	shift
	cd "$BATS_FILE_TMPDIR" || return
	[ -e few.yaml ] || few few.yaml
	loop WORK="$PWD/$name" "$@" >"$name.out" 2>"$name.err" || {
		tail -20 "$name.err"
		return 1
	}
}

# copy_of NAME: for setup, the test's own copy of it in work; sets W and FEW
copy_of() {
	cd "$BATS_TEST_TMPDIR" || return
	cp -a "$BATS_FILE_TMPDIR/$1" work
	FEW=$BATS_FILE_TMPDIR/few.yaml W=$PWD/work/cost
}

# hash_of W: the configuration that is live in the embedded workspace of a folder
hash_of() {
	genie-local exec -q --bundle "$1/bundle" --db "$1/workspace.db" -- genie-fetch -q cost 3>&- | jq -r .config_hash
}

# accepted_hash W: the configuration that the last decision left live, or the choice after it
accepted_hash() {
	local last number
	last=$(printf '%s\n' "$1"/iter-[0-9][0-9]/decision.json | tail -1)
	number=$(printf %02d "$(jq -e .accepted_iteration "$last")")
	[ ! -e "${last%/*}/choice.json" ] || number=$(printf %02d "$(jq -e .iteration "${last%/*}/choice.json")")
	jq -er .config_hash "$1/iter-$number/space.json"
}

# changed_files W: the files of the bundle that are not as committed
changed_files() { git -C "$1/bundle" status --porcelain | cut -c4- | sort; }

# promised_files W: the files that the applied, and not undone, patches say they changed
promised_files() {
	local record
	for record in "$1"/applied/[0-9][0-9].json; do
		[ ! -e "$record" ] || jq -r '.files[] | select(.before_sha256 != .after_sha256) | .path' "$record"
	done | sort -u
}

# consistent W: workspace and bundle are as the last accepted iteration, and nothing is half done
consistent() {
	local live wanted
	live=$(hash_of "$1")
	wanted=$(accepted_hash "$1")
	[ "$live" = "$wanted" ] || { echo "live is $live, accepted is $wanted"; return 1; }
	diff <(promised_files "$1") <(changed_files "$1") || { echo "the bundle has other changes than the records"; return 1; }
	[ ! -e "$1/bundle/apply.json.journal" ]
	local left
	left=$(find "$1" -name '*.tmp*' -o -name '*.part' -o -name '*.new')
	[ -z "$left" ] || { echo "left behind: $left"; return 1; }
}

# outcome W: all that two runs with the same inputs must agree in. Which of several askings of one
# configuration gets which answer is chance, as with Genie: of those, only what was asked.
outcome() {
	local file
	(
		cd "$1" || exit
		for file in iter-*/*.jsonl final/*.jsonl; do
			[ ! -e "$file" ] || jq -cS --arg f "$file" 'if $f == "final/repeatability.jsonl" then [$f, .question_id, .replicate, .config_id]
				else del(.asked_at, .latency_ms, .conversation_id, .message_id) | [$f, .] end' "$file"
		done
		for file in iter-*/*.json final/*.json; do
			case $file in
			final/repeatability.json) jq -c --arg f "$file" '[$f, .measured, .askings]' "$file" ;;
			*/track.json | */report-track.json) ;; # ids of the server
			*/space.json) jq -c --arg f "$file" '[$f, .config_hash]' "$file" ;;
			*/apply.json) jq -cS --arg f "$file" '[$f, .status, [.patches[] | [.patch_id, .status]], [.files[] | [.path, .after_sha256]]]' "$file" ;;
			*) jq -cS --arg f "$file" '[$f, if type == "object" then del(.etag) else . end]' "$file" ;;
			esac
		done
		cat iter-*/lever
		git -C bundle ls-files -z | (cd bundle && xargs -0 sha256sum)
	)
}
same_outcome() {
	diff <(outcome "$1") <(outcome "$2") >outcome.diff || { cut -c1-400 outcome.diff; return 1; }
}

# iterations W: the numbers of the iterations after the baseline; pulled W: those that pull a lever
iterations() {
	local file
	for file in "$1"/iter-[0-9][0-9]/decision.json; do jq -r '.iteration | select(. > 0) | if . < 10 then "0\(.)" else . end' "$file"; done
}
pulled() {
	local file
	for file in "$1"/iter-[0-9][0-9]/decision.json; do jq -r 'select(.iteration > 0 and .retry_of == null) | .iteration' "$file"; done
}

undone() { [ -e "$1/applied/$2.undone" ] && [ ! -e "$1/applied/$2.json" ]; }

# invariants W: what holds of every loop, whatever it reaches
invariants() {
	local n dir live=00 before rows
	for n in $(iterations "$1"); do
		dir=$1/iter-$n
		before=$1/iter-$live/rows.jsonl
		rows=$dir/rows.jsonl
		# what it was changed from is what was live before it
		[ "$(jq .parent_iteration "$dir/model.json")" = "$((10#$live))" ] || { echo "iteration $n: not the child of iteration $live"; return 1; }
		# a decision has its reasons, and says what is live after it
		jq -e '.reasons | length > 0' "$dir/decision.json" >/dev/null || { echo "iteration $n: no reasons"; return 1; }
		if [ "$(jq -r .action "$dir/decision.json")" = accept ]; then
			# nothing that was right and P0 is wrong now; more is right, or a judge rose
			[ -z "$(jq -rn --slurpfile a "$before" --slurpfile b "$rows" '($a | INDEX(.question_id)) as $a | $b[] |
				select(.priority == "P0" and .outcome == "fail" and $a[.question_id].outcome == "pass").question_id')" ] ||
				{ echo "iteration $n: a P0 question is broken"; return 1; }
			jq -e '.gates.full.passed and .gates.slice.passed != false and .gates.p0.passed != false and .regressions == [] and
				(.evidence.fixed | length) >= (.evidence.broken | length)' "$dir/decision.json" >/dev/null || { echo "iteration $n: accepted against a gate"; return 1; }
			[ "$(jq -s 'map(select(.outcome == "pass")) | length' "$rows")" -ge "$(jq -s 'map(select(.outcome == "pass")) | length' "$before")" ] ||
				{ echo "iteration $n: accepted with fewer right answers"; return 1; }
			live=$n
			[ -e "$1/applied/$n.json" ] || { echo "iteration $n: accepted and not applied"; return 1; }
		else
			undone "$1" "$n" || { echo "iteration $n: rolled back and not undone"; return 1; }
		fi
		[ "$(jq .accepted_iteration "$dir/decision.json")" = "$((10#$live))" ] || { echo "iteration $n: wrong accepted_iteration"; return 1; }
		# what is tried alone is a part of a set that did harm, as it was proposed, best first
		if jq -e '.retry_of' "$dir/decision.json" >/dev/null; then
			local set
			set=$1/iter-$(printf %02d "$(jq .retry_of "$dir/decision.json")")
			jq -e --argjson k $((10#$n - 10#$(basename "$set" | cut -d- -f2) - 1)) --slurpfile p "$dir/patches.json" \
				'.action == "rollback" and .retry.units[$k] == [$p[0].patches[].patch_id]' "$set/decision.json" >/dev/null ||
				{ echo "iteration $n: not the next part of its set"; return 1; }
			jq -e --slurpfile p "$dir/patches.json" '(.patches | INDEX(.patch_id)) as $o | all($p[0].patches[]; . == $o[.patch_id])' "$set/patches.json" >/dev/null ||
				{ echo "iteration $n: not as it was proposed"; return 1; }
		fi
		[ -s "$dir/triage.json" ] || { echo "iteration $n: no triage"; return 1; }
	done
	# every lever was pulled, or there is a reason
	jq -e '.status == "in_progress" or (.lever_audit | all(.[]; .attempted or (.skip_reason | length) > 0))' "$1/optimization-progress.json" >/dev/null ||
		{ echo "a lever without attempt and reason"; return 1; }
	# what decided nothing is told beside what did
	jq -e '.held_out.before.overall_accuracy != null and .held_out.after.overall_accuracy != null' "$1/optimization-progress.json" >/dev/null
	jq -e '(.status == "stalled" or .status == "escalated") == $there' --argjson there "$([ -e "$1/final/escalation.json" ] && echo true || echo false)" \
		"$1/optimization-progress.json" >/dev/null || { echo "stalled without escalation, or the other way round"; return 1; }
	consistent "$1" && "$ROOT/tests/schema-check" "$ROOT/schemas" "$1"
}

# stamps W: every file with its time
stamps() { find "$1" -type f -printf '%P %T@ %s\n' | sort; }

# starts FILE: questions asked, in a log of requests
starts() { if [ -e "$1" ]; then grep -c '"POST".*start-conversation' "$1" || true; else echo 0; fi; }

# logging LOG: the requests of tracking, as a list for each run that was made, and before the first;
# FILTER of these lists
logging() {
	jq -ns --slurpfile all "$1" '[$all[] | select(.path | test("mlflow|/scim/|/workspace/mkdirs")) | "\(.method) \(.path)"] |
		reduce .[] as $r ([[]]; if $r == "POST /api/2.0/mlflow/runs/create" then . + [[$r]] else .[-1] += [$r] end) | '"$2"
}
