# shellcheck shell=bash
# Common to the steps of an iteration. W is the work folder; n the iteration's
# two digits, or "last": the one that is live after the last decision; the variables of the
# run come through the environment.
set -eu -o pipefail
W=$WORK/$DOMAIN

say() { printf '%s: %s\n' "$DOMAIN" "$*" >&2; }

# The iteration, in two digits, whose configuration is live after one: the last that was accepted, or
# what was chosen instead (choose).
left_by() { # left_by FOLDER
	local number
	if [ -e "$1/choice.json" ]; then
		number=$(jq -e .iteration "$1/choice.json") || exit
	else
		number=$(jq -e .accepted_iteration "$1/decision.json") || exit
	fi
	printf %02d "$number"
}
newest() { # the folder of the last decision
	dirname "$(printf '%s\n' "$W"/iter-[0-9][0-9]/decision.json | tail -1)"
}

n=$1
[ "$n" != last ] || n=$(left_by "$(newest)")
i=$((10#$n))
dir=$W/iter-$n
before=$W/iter-$(printf %02d $((i - 1)))

# The folder of the iteration whose configuration is live after the one before.
accepted() {
	local number
	number=$(left_by "$before") || exit
	echo "$W/iter-$number"
}

# What was decided, and chosen, before this iteration, as options of genie-decide.
decided_before() {
	previous=(--previous "$before/decision.json")
	[ ! -e "$before/choice.json" ] || previous+=(--choice "$before/choice.json")
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

# Sets past: what was proposed before this iteration, as options; the decision lies beside each. Sets
# tried, in the same way: what became of it when it was applied.
past_patches() {
	local folder
	past=() tried=()
	for folder in "$W"/iter-[0-9][0-9]; do
		if [ "$folder" \< "$dir" ] && [ -e "$folder/patches.json" ]; then past+=(--history "$folder/patches.json"); fi
		if [ "$folder" \< "$dir" ] && [ -e "$folder/apply.json" ]; then tried+=(--history "$folder/apply.json"); fi
	done
}

# ---- what is live: applied/NN.json, a record of genie-patch that nobody has undone ----
undone_as() { # undone_as RECORD: what it is, in words
	if jq -e '.adopted' "$1" >/dev/null; then
		jq -r '"the restoring of configuration \(.config_id)"' "$1"
	else
		echo "the patches of iteration $((10#$(basename "${1%.*}")))"
	fi
}
# Undoes a record. It is NN.undoing meanwhile: what a killed run has begun to undo does not count as
# live, and is undone by the next one (settle).
undo() { # undo NN [WHY]
	local record=$W/applied/$1 status=0
	[ ! -e "$record.json" ] || mv "$record.json" "$record.undoing"
	say "undoing $(undone_as "$record.undoing")${2:+: $2}"
	# shellcheck disable=SC2086
	genie-patch $PATCH_OPTIONS --rollback "$record.undoing" -o "$record.json.rollback" || status=$?
	if [ "$status" = 0 ]; then
		mv "$record.undoing" "$record.undone"
		return 0
	fi
	# refused, and not killed on its way: all is as it was
	if [ "$status" -lt 128 ] && [ ! -e "$LIVE_BUNDLE/apply.json.journal" ]; then mv "$record.undoing" "$record.json"; fi
	exit "$status"
}

# The record grows as NN.json.part. While it is not sure to stand for what is live,
# genie-patch has a journal in the bundle: with the journal, the next call of genie-patch
# undoes that run, or ends its undoing; without it, a whole record is true.
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
	for part in "$W"/applied/*.undoing; do
		[ ! -e "$part" ] || undo "$(basename "$part" .undoing)"
	done
}

# The records from number $1 on, newest first.
applied_from() {
	local file
	for file in $(find "$W/applied" -name '[0-9]*.json' ! -name '*.patches.json' 2>/dev/null | sort -r); do
		[ $((10#$(basename "$file" .json))) -lt "$1" ] || echo "$file"
	done
}

# Undoes what iterations from number $1 on have applied and nobody has undone.
unwind() { # unwind NUMBER [WHY]
	local file
	settle
	for file in $(applied_from "$1"); do undo "$(basename "$file" .json)" "${2:-}"; done
}

# Whether an iteration was accepted with patches of high risk: what was allowed once need not be
# allowed again.
of_high_risk() { # of_high_risk FOLDER
	[ -e "$1/apply.json" ] && jq -e --slurpfile p "$1/patches.json" '[.patches[] | select(.status == "applied").patch_id] as $ids |
		any($p[0].patches[]; .risk == "high" and (.patch_id as $id | $ids | index($id)))' "$1/apply.json" >/dev/null
}

# Makes an iteration's patches live, on both sides, unless they are.
patches_live() { # patches_live NN
	local folder=$W/iter-$1 record=$W/applied/$1.json from high=
	mkdir -p "$W/applied"
	settle
	if [ -e "$record" ] && ! cmp -s "$folder/patches.json" "$W/applied/$1.patches.json"; then
		unwind "$((10#$1))"
	fi
	[ ! -e "$record" ] || return 0
	from=$(left_by "$W/iter-$(printf %02d $((10#$1 - 1)))") || exit
	if of_high_risk "$folder"; then high=--allow-high; fi
	[ ! -e "$folder/decision.json" ] || say "applying the patches of iteration $((10#$1)) again"
	cp "$folder/patches.json" "$W/applied/$1.patches.json"
	# not with -o, which would name the record after the journal is gone; see settle
	# shellcheck disable=SC2086
	genie-patch $PATCH_OPTIONS $high --snapshot "$W/iter-$from/space.json" "$folder/patches.json" >"$record.part"
	mv "$record.part" "$record"
	rm -f "${record%.json}.undone" "$record.rollback"
}

# ---- from one configuration to another ----
# The iterations whose patches make up what iteration NN measured: its own, and those of what it began from.
way_to() { # way_to NN
	local k=$1 way=
	while [ "$k" != 00 ]; do
		way="$k${way:+ $way}"
		k=$(left_by "$W/iter-$(printf %02d $((10#$k - 1)))") || exit
	done
	echo "$way"
}
# The iterations whose patches are live, in order. What was restored on top (restore) is not of any.
way_now() {
	local file number way=
	for file in "$W"/applied/[0-9][0-9].json; do
		[ -e "$file" ] || continue
		number=$(basename "$file" .json)
		if jq -e 'has("adopted") | not' "$file" >/dev/null; then way="${way:+$way }$number"; fi
	done
	echo "$way"
}
# Makes what iteration NN measured live: undoes what is not on the way to it, applies what is missing.
bring() { # bring NN [WHY]
	local way number
	way=$(way_to "$1") || exit
	settle
	for number in $(way_now); do
		[[ " $way " != *" $number "* ]] || continue
		unwind "$((10#$number))" "${2:-}"
		break
	done
	for number in $way; do patches_live "$number"; done
}
