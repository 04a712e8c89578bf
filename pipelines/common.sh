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
accepted() { printf '%s/iter-%02d' "$W" "$(jq .accepted_iteration "$before/decision.json")"; }

# Steps of genie-patch that are live: applied/NN.json, newest first, from number $1 on.
applied_from() {
	local file
	for file in $(find "$W/applied" -name '[0-9]*.json' ! -name '*.patches.json' 2>/dev/null | sort -r); do
		[ $((10#$(basename "$file" .json))) -lt "$1" ] || echo "$file"
	done
}

# Undoes what iterations from $1 on have applied and nobody has undone.
unwind() {
	local file
	for file in $(applied_from "$1"); do
		say "undoing $(basename "$file" .json): its iteration is redone or gone"
		# shellcheck disable=SC2086
		genie-patch $PATCH_OPTIONS --rollback "$file" -o "$file.rollback"
		mv "$file" "${file%.json}.undone"
	done
}
