# shellcheck shell=bash
# Common to the steps of an iteration. W is the work folder; n the iteration's
# two digits; the variables of the run come through the environment.
set -eu -o pipefail
W=$WORK/$DOMAIN
n=$1
i=$((10#$n))
dir=$W/iter-$n
before=$W/iter-$(printf %02d $((i - 1)))

say() { printf '%s: %s\n' "$DOMAIN" "$*" >&2; }

# The folder of the iteration whose configuration is live after the one before.
accepted() {
	local number
	number=$(jq -e .accepted_iteration "$before/decision.json") || exit
	printf '%s/iter-%02d' "$W" "$number"
}

# ---- what is measured: the questions, and what was said before ----
# The newest folder before this iteration in which the arbiter's verdicts have corrected
# expected SQL (triage); nothing when there is none.
corrected() {
	local folder newest=
	for folder in "$W"/iter-[0-9][0-9]/corrected; do
		if [ -e "$folder" ] && [ "$(dirname "$folder")" \< "$dir" ]; then newest=$folder; fi
	done
	echo "$newest"
}
questions() {
	local folder
	folder=$(corrected)
	echo "${folder:-$W}/benchmarks.jsonl"
}
# The rows that a change is compared with: those of the last accepted iteration, or the same
# answers scored by the corrected questions.
rows_before() {
	local folder from
	folder=$(corrected)
	from=$(accepted)
	if [ -n "$folder" ] && [ ! "$(dirname "$folder")" \< "$from" ]; then
		echo "$folder/rows.jsonl"
	else
		echo "$from/rows.jsonl"
	fi
}

# Sets past: what was proposed before this iteration, as options; the decision lies beside each.
past_patches() {
	local folder
	past=()
	for folder in "$W"/iter-[0-9][0-9]; do
		if [ "$folder" \< "$dir" ] && [ -e "$folder/patches.json" ]; then past+=(--history "$folder/patches.json"); fi
	done
}

# ---- what is live: applied/NN.json, a record of genie-patch that nobody has undone ----
# The record grows as NN.json.part. While it is not sure to stand for what is live,
# genie-patch has a journal in the bundle: with the journal, the next call of genie-patch
# undoes that run; without it, a whole record is true.
settle() {
	local part
	if [ -e "$LIVE_BUNDLE/apply.json.journal" ]; then
		say "an earlier run was killed while it changed the workspace; putting that right"
		rm -f "$W"/applied/*.json.part
		# shellcheck disable=SC2086
		echo '{"schema":"genie/patches/1","patches":[]}' | genie-patch -q $PATCH_OPTIONS >/dev/null
	fi
	for part in "$W"/applied/*.json.part; do
		[ -e "$part" ] || continue
		# of an empty file jq 1.6 says nothing and that all is well
		if [ -s "$part" ] && jq -e '.status == "applied" or .status == "nothing"' "$part" >/dev/null 2>&1; then
			mv "$part" "${part%.part}"
		else
			rm -f "$part"
		fi
	done
}

# The records from number $1 on, newest first.
applied_from() {
	local file
	for file in $(find "$W/applied" -name '[0-9]*.json' ! -name '*.patches.json' 2>/dev/null | sort -r); do
		[ $((10#$(basename "$file" .json))) -lt "$1" ] || echo "$file"
	done
}

undone_as() { # undone_as RECORD: what it is, in words
	if jq -e '.adopted' "$1" >/dev/null; then
		jq -r '"the restoring of configuration \(.config_id)"' "$1"
	else
		echo "the patches of iteration $((10#$(basename "$1" .json)))"
	fi
}

# Undoes what iterations from number $1 on have applied and nobody has undone.
unwind() { # unwind NUMBER [WHY]
	local file
	settle
	for file in $(applied_from "$1"); do
		say "undoing $(undone_as "$file")${2:+: $2}"
		# shellcheck disable=SC2086
		genie-patch $PATCH_OPTIONS --rollback "$file" -o "$file.rollback"
		mv "$file" "${file%.json}.undone"
	done
}

# Makes an iteration's patches live, on both sides, unless they are.
patches_live() {
	local record=$W/applied/$n.json
	mkdir -p "$W/applied"
	settle
	if [ -e "$record" ] && ! cmp -s "$dir/patches.json" "$W/applied/$n.patches.json"; then
		unwind "$i"
	fi
	[ ! -e "$record" ] || return 0
	cp "$dir/patches.json" "$W/applied/$n.patches.json"
	# not with -o, which would name the record after the journal is gone; see settle
	# shellcheck disable=SC2086
	genie-patch $PATCH_OPTIONS --snapshot "$(accepted)/space.json" "$dir/patches.json" >"$record.part"
	mv "$record.part" "$record"
}
