# shellcheck shell=bash
# Common to the tests of the loop: running it through make without building anything,
# and comparing what runs leave behind. Load after lib.bash.
unset MAKEFLAGS MAKELEVEL MFLAGS MAKE_TERMOUT MAKE_TERMERR GNUMAKEFLAGS
unset DOMAIN SPACE BUNDLE BENCHMARKS WORK ITER LEVERS TARGET UC_SCHEMA PROFILE WAREHOUSE EVIDENCE REPEAT SEED \
	FORCE ALLOW_DIRTY ALLOW_HIGH QPM WAIT LOCAL_OPTIONS

# loop MAKE-ARGUMENT...: the Makefile, on the programs that are there
loop() {
	make -C "$ROOT" --no-print-directory -s -o all B="$B" "$@" 3>&-
}

# few FILE: some of the demo's questions; enough for lever 1 to have something to propose
few() {
	awk '/^  - id:/ { n++ } /^  # ---/ { next } n <= 13 || n > 23 && n <= 27' "$ROOT/demo/cost/benchmarks.yaml" >"$1"
}

# hash_of W: the configuration that is live in the embedded workspace of a folder
hash_of() {
	genie-local exec -q --bundle "$1/bundle" --db "$1/workspace.db" -- genie-fetch -q cost 3>&- | jq -r .config_hash
}

# accepted_hash W: the configuration that the last decision left live
accepted_hash() {
	local last number
	last=$(printf '%s\n' "$1"/iter-*/decision.json | tail -1)
	number=$(printf %02d "$(jq -e .accepted_iteration "$last")")
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

# outcome W: all that two runs with the same inputs must agree in
outcome() {
	local file
	(
		cd "$1" || exit
		for file in iter-*/*.jsonl final/held_out.jsonl; do
			[ ! -e "$file" ] || jq -cS --arg f "$file" \
				'del(.asked_at, .latency_ms, .conversation_id, .message_id) | [$f, .]' "$file"
		done
		for file in iter-*/*.json final/*.json; do
			case $file in
			*/space.json) jq -c --arg f "$file" '[$f, .config_hash]' "$file" ;;
			*/apply.json) jq -cS --arg f "$file" '[$f, .status, [.patches[] | [.patch_id, .status]], [.files[] | [.path, .after_sha256]]]' "$file" ;;
			*) jq -cS --arg f "$file" '[$f, if type == "object" then del(.etag) else . end]' "$file" ;;
			esac
		done
		cat iter-*/lever
		git -C bundle ls-files -z | (cd bundle && xargs -0 sha256sum)
	)
}
same_outcome() { diff <(outcome "$1") <(outcome "$2") | cut -c1-400; }

# stamps W: every file with its time
stamps() { find "$1" -type f -printf '%P %T@ %s\n' | sort; }

# starts FILE: questions asked, in a log of requests
starts() { if [ -e "$1" ]; then grep -c '"POST".*start-conversation' "$1" || true; else echo 0; fi; }
