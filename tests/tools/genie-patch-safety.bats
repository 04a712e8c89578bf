#!/usr/bin/env bats
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load genie-patch.bash

# Killed runs leave nothing behind once the next one is through.
no_leftovers() {
	[ ! -e b/apply.json.journal ]
	[ -z "$(find . -name '*.tmp-*')" ]
}

# steps COMMAND...: how many side effects it has; it is carried out.
steps() {
	local said
	said=$(GENIE_PATCH_FAULT=list "$@" 2>&1 >/dev/null) || { echo "$said" >&2; return 1; }
	grep -c ': step [0-9]*: ' <<<"$said"
}

three_kinds() {
	patches 1 "$COMMENT" '{"type":"set_tag","target":"main.gold.fact_usage","key":"owner","new_text":"finops"}' \
		'{"type":"add_synonym","target":"main.gold.fact_usage","column":"eff_amt","new_text":"spend"}' >p.json
	patches 1 >none.json
}

@test "killed before any of its side effects, a run is undone, or finished when its record is out" {
	start
	three_kinds
	before=$(hash_of)
	n=$(steps genie-patch --bundle b -o apply.json p.json)
	[ "$n" -ge 10 ] # journal 2, values 3, files 2 x 2, record, journal
	genie-patch --bundle b --rollback apply.json -o ignored.json
	rm apply.json
	for ((step = 1; step <= n; step++)); do
		run -137 env GENIE_PATCH_FAULT="$step" genie-patch --bundle b -o apply.json p.json
		# a call that asks for nothing still puts things right
		run -0 --separate-stderr genie-patch --bundle b --allow-dirty -o none-apply.json none.json
		[ -z "$(find b -name '*.tmp-*' -o -name '*.journal')" ]
		if [ -e apply.json ]; then
			[ "$step" -eq "$n" ]
			run -0 genie-patch --bundle b --verify apply.json
			run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
		fi
		unchanged
		[ "$(hash_of)" = "$before" ]
	done
	[ -e apply.json ]
	run -137 env GENIE_PATCH_FAULT=$((n / 2)) genie-patch --bundle b -o apply.json p.json
	run -0 genie-patch --bundle b -o apply.json p.json
	jq -e '.patches | all(.status == "applied")' apply.json
	no_leftovers # those of the record's own name go when it is written again
}

@test "a killed rollback is finished by the next call" {
	start
	three_kinds
	before=$(hash_of)
	genie-patch --bundle b -o apply.json p.json
	n=$(steps genie-patch --bundle b --rollback apply.json -o back.json)
	for ((step = 1; step <= n; step++)); do
		genie-patch --bundle b -o apply.json p.json
		run -137 env GENIE_PATCH_FAULT="$step" genie-patch --bundle b --rollback apply.json -o back.json
		run -0 genie-patch --bundle b --rollback apply.json -o back.json
		jq -e '.status == "rolled_back"' back.json
		no_leftovers
		unchanged
		[ "$(hash_of)" = "$before" ]
	done
}

@test "a killed recovery is taken up by the next call" {
	start
	three_kinds
	before=$(hash_of)
	killed() { run -137 env GENIE_PATCH_FAULT=verified genie-patch --bundle b -o apply.json p.json; }
	killed
	n=$(steps genie-patch --bundle b none.json)
	[ "$n" -ge 6 ]
	for ((step = 1; step <= n; step++)); do
		killed
		run -137 env GENIE_PATCH_FAULT="$step" genie-patch --bundle b none.json
		run -0 genie-patch --bundle b none.json
		no_leftovers
		unchanged
		[ "$(hash_of)" = "$before" ]
	done
}

@test "the record of an earlier, equal run does not pass for that of a killed one" {
	start
	three_kinds
	before=$(hash_of)
	genie-patch --bundle b -o apply.json p.json
	genie-patch --bundle b --rollback apply.json -o ignored.json
	run -137 env GENIE_PATCH_FAULT=verified genie-patch --bundle b -o apply.json p.json
	run -0 --separate-stderr genie-patch --bundle b none.json
	[[ $stderr == *"interrupted; undoing"* ]]
	[ "$(hash_of)" = "$before" ]
	unchanged
}

@test "only leftovers of this tool and of processes that are gone are removed" {
	start
	patches 1 >none.json
	touch "b/apply.json.journal.tmp-$$" b/apply.json.journal.tmp-999999999 b/apply.json.journal.tmp-x \
		out.json.tmp-999999999 other.json.tmp-999999999
	run -0 genie-patch --bundle b -o out.json none.json
	[ -e "b/apply.json.journal.tmp-$$" ]
	[ -e b/apply.json.journal.tmp-x ]
	[ -e other.json.tmp-999999999 ]
	[ ! -e b/apply.json.journal.tmp-999999999 ]
	[ ! -e out.json.tmp-999999999 ]
}

@test "a step that fails takes the others back" {
	start
	patches 1 "$COMMENT" '{"type":"add_synonym","target":"main.gold.fact_usage","column":"eff_amt","new_text":"spend"}' >p.json
	before=$(hash_of)
	for step in live live-done file file-done; do
		run -75 --separate-stderr env GENIE_PATCH_FAULT=fail-$step genie-patch --bundle b -o apply.json p.json
		[[ $stderr == *"nothing was changed: fault injected at $step"* ]]
		[ ! -e apply.json ]
		[ ! -e b/apply.json.journal ]
		unchanged
		[ "$(hash_of)" = "$before" ]
	done
	# the record cannot be written: undone too
	run -74 bash -c 'genie-patch --bundle b p.json >/dev/full'
	unchanged
	[ "$(hash_of)" = "$before" ]
}


@test "a text arrives byte for byte, and nothing of it is executed" {
	start
	nasty=$'it\'s "q" `b` \\ \\n $$ ; DROP TABLE main.gold.dim_sku; -- \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n\'); DROP TABLE main.gold.dim_sku; --'
	patches 1 "$(jq -n --arg t "$nasty" '{type:"update_column_comment",target:"main.gold.fact_usage",column:"eff_amt",new_text:$t}')" >p.json
	run -0 genie-patch --bundle b -o apply.json p.json
	[ "$(comment_of fact_usage eff_amt)" = "$nasty" ]
	[ "$(sql "SELECT COUNT(*) FROM main.information_schema.tables WHERE table_name = 'dim_sku'")" = 1 ]
	run -0 genie-patch --bundle b --space cost --verify b
	run -0 genie-patch --bundle b --rollback apply.json -o ignored.json
	unchanged
	patches 1 '{"type":"update_mv_measure","target":"main.gold.mv_cost_analytics","column":"total_cost","new_text":"a $$; DROP TABLE main.gold.dim_sku; $$ b"}' >p.json
	run --separate-stderr genie-patch --bundle b p.json
	[ "$status" = 65 ] || [ "$(jq -r '.patches[0].status' <<<"$output")" = refused ]
	unchanged
}

@test "a record cannot reach out of the bundle" {
	start
	echo mine >outside.sql
	mkdir out && echo mine >out/f.sql
	ln -s ../out b/linked
	for path in ../outside.sql "$PWD/outside.sql" linked/f.sql src/../../outside.sql; do
		jq -n --arg p "$path" '{schema:"genie/apply/1",status:"applied",patches:[],objects:[],files:[{path:$p,before:"stolen\n",after:"mine\n"}]}' >r.json
		run -65 --separate-stderr genie-patch --bundle b --rollback r.json
		[[ $stderr == *"not a regular file inside the bundle"* ]]
		[ ! -e b/apply.json.journal ]
	done
	[ "$(cat outside.sql out/f.sql | sort -u)" = mine ]
}

@test "a file that was edited since the fetch, and a space that is not there, stop the run" {
	start
	genie-fetch --bundle b cost -o space.json
	sed -i 's/comment: "Amount"/comment: "Ours"/' "b/$USAGE"
	patches 1 '{"type":"update_column_comment","target":"main.gold.fact_usage","column":"eff_amt","new_text":"New"}' >p.json
	run -75 --separate-stderr genie-patch --bundle b --allow-dirty --snapshot space.json p.json
	[[ $stderr == *"refetch: $USAGE:"*"is \"Ours\", it was \"Amount\""* ]]
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
	run ! genie-patch --bundle b --allow-dirty --space nowhere p.json
	[ "$(comment_of fact_usage eff_amt)" = Amount ]
}
