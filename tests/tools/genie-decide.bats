load ../lib.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

many() { # many FROM TO OUTCOME
	for ((i = $1; i <= $2; i++)); do echo "q$i:$3"; done
}

@test "genie-decide stands on the common floor" {
	floor genie-decide
}

@test "a baseline is accepted, and converged when every target is met" {
	rows a:pass b:fail >rows.jsonl
	run -0 genie-decide --after rows.jsonl
	[ "$(jq -c '[.decision,.action,.accepted_iteration,.evidence]' <<<"$output")" = '["accept","accept",0,null]' ]
	rows a:pass b:pass >rows.jsonl
	run -0 genie-decide --after rows.jsonl
	[ "$(jq -r .decision <<<"$output")" = converged ]
}

@test "a gain without loss is accepted, and marked when the evidence cannot tell" {
	rows a:pass b:fail c:fail >before
	rows a:pass b:pass c:fail >after
	run -0 genie-decide --iteration 1 --lever 1 --before before --after after
	[ "$(jq -c '[.decision,.evidence.fixed,.evidence.broken,.evidence.verdict,.accepted_iteration]' <<<"$output")" = \
		'["accept",["b"],[],"undecidable",1]' ]
	[[ $(jq -r '.reasons|join(";")' <<<"$output") == *"undecidable"* ]]
	run -1 --separate-stderr genie-decide --exit-status --evidence required --before before --after after
	[ "$(jq -r .action <<<"$output")" = rollback ]
}

@test "ten fixed and none broken is more than noise" {
	# shellcheck disable=SC2046
	{ rows $(many 1 10 fail) $(many 11 30 pass) >before; rows $(many 1 30 pass) >after; }
	run -0 genie-decide --before before --after after
	[ "$(jq -c '[.evidence.verdict,.evidence.p_value]' <<<"$output")" = '["improved",0.001953]' ]
}

@test "no improvement is rolled back and counted" {
	rows a:pass b:fail >before
	echo '{"schema":"genie/decision/1","accepted_iteration":2,"no_improvement_streak":1}' >previous.json
	run -0 genie-decide --iteration 4 --previous previous.json --before before --after before
	[ "$(jq -c '[.decision,.accepted_iteration,.no_improvement_streak]' <<<"$output")" = '["rollback",2,2]' ]
}

@test "the slice gate allows five points, not more" {
	# shellcheck disable=SC2046
	{ rows $(many 1 20 pass) >before; rows $(many 1 19 pass) q20:fail >five; rows $(many 1 18 pass) q19:fail q20:fail >ten; }
	run -0 genie-decide --before before --slice five
	[ "$(jq -c '[.action,.gates.slice.passed,.gates.slice.before,.gates.slice.after]' <<<"$output")" = '["pending",true,100,95]' ]
	run -1 --separate-stderr genie-decide --exit-status --before before --slice ten
	[ "$(jq -c '[.action,.gates.slice.passed,.gates.slice.failures]' <<<"$output")" = '["rollback",false,["q19","q20"]]' ]
}

@test "a P0 question that passed and fails now blocks; one that never passed does not" {
	rows a:pass:P0 b:fail:P0 c:fail d:fail >before
	rows a:fail:P0 b:fail:P0 >p0
	run -0 genie-decide --before before --p0 p0
	[ "$(jq -c '[.action,.gates.p0.passed,.gates.p0.failures]' <<<"$output")" = '["rollback",false,["a"]]' ]
	rows a:pass:P0 b:fail:P0 >p0
	rows a:pass:P0 b:fail:P0 c:pass d:pass >after
	run -0 genie-decide --before before --p0 p0 --after after
	[ "$(jq -c '[.action,.gates.p0.passed]' <<<"$output")" = '["accept",true]' ]
}

@test "no P0 question makes the gate inconclusive, and says so" {
	rows a:fail >before
	rows a:pass >after
	run -0 genie-decide --before before --after after
	[ "$(jq -c '.gates.p0.passed' <<<"$output")" = null ]
	[[ $(jq -r '.reasons|join(";")' <<<"$output") == *"P0 gate inconclusive"* ]]
}

# routed OUTCOME ANSWER QUESTION...: rows with a routing verdict
routed() {
	local outcome=$1 answer=$2 q
	shift 2
	for q; do rows "$q:$outcome" | jq -c --arg v "$answer" '.judges.asset_routing={value:$v}'; done
}

@test "a judge that falls is a regression even when accuracy rises" {
	routed fail yes a b c >before
	{ routed pass no a b; routed pass yes c; } >after
	run -0 genie-decide --before before --after after
	[ "$(jq -c '[.action,.regressions[0].metric]' <<<"$output")" = '["rollback","asset_routing"]' ]
}

@test "one verdict alone is no regression of a judge, however few there are" {
	routed fail yes a b c >before
	{ routed pass no a; routed pass yes b c; } >after
	run -0 genie-decide --before before --after after
	[ "$(jq -c '[.action,.regressions]' <<<"$output")" = '["accept",[]]' ]
}

@test "no answer changed: one verdict of a judge is no improvement, two are" {
	{ routed pass yes a b; routed fail no c d e; } >before
	{ routed pass yes a b; routed fail yes c; routed fail no d e; } >one
	{ routed pass yes a b; routed fail yes c d; routed fail no e; } >two
	run -0 genie-decide --iteration 1 --before before --after one
	[ "$(jq -c '[.action,.gates.full.passed,.regressions,.no_improvement_streak]' <<<"$output")" = '["rollback",true,[],1]' ]
	[[ $(jq -r '.reasons|join(";")' <<<"$output") == *"no measurable improvement"* ]]
	run -0 genie-decide --iteration 1 --before before --after two
	[ "$(jq -r .action <<<"$output")" = accept ]
	[[ $(jq -r '.reasons|join(";")' <<<"$output") == *"asset_routing rose from 40.0 to 80.0"* ]]
}

@test "only questions that both measured are compared" {
	{ rows a:pass b:fail; echo '{"question_id":"c","question":"?","outcome":"excluded","exclusion":{"reason":"429"}}'; } >before
	rows a:pass b:pass c:fail d:fail >after
	run -0 genie-decide --before before --after after
	[ "$(jq -c '[.action,.evidence.questions,.evidence.broken]' <<<"$output")" = '["accept",2,[]]' ]
}

@test "changed SQL of questions that were right is unstable" {
	rows a:pass b:fail >before
	rows a:pass b:pass | jq -c '.sql_hash="new"' >after
	run -0 genie-decide --before before --after after
	[ "$(jq -c '[.cross_iteration.changed,.cross_iteration.unstable,.cross_iteration.avg_pct]' <<<"$output")" = '[2,["a"],0]' ]
}

@test "broken rows are refused with their place and nothing is written" {
	rows a:pass >before
	echo '[' >after
	run -65 --separate-stderr genie-decide -o out.json --before before --after after
	[[ $stderr == *after* ]]
	[ ! -e out.json ]
	run -2 --separate-stderr genie-decide
}

# set PATCH...: a patch set of lever 1; each ID:TABLE:IMPACT[:PAIR]
set_of() {
	local spec
	for spec in "$@"; do
		IFS=: read -r id table impact pair <<<"$spec"
		jq -nc --arg id "$id" --arg t "main.gold.$table" --argjson i "$impact" --arg p "${pair:-}" \
			'{patch_id:$id, type:"update_table_comment", lever:1, risk:"low", scope:"uc", target:$t, new_text:"x", net_impact:$i, live:{kind:"sql"}}
			 + (if $p == "" then {} else {pair:$p} end)'
	done | jq -s '{schema:"genie/patches/1", lever:1, patches:.}'
}

@test "a set that did harm is taken apart: what belongs together stays together, best first" {
	rows a:pass b:fail c:pass >before
	rows a:fail b:fail c:pass >after
	set_of P001:t1:1 P002:t2:0.5 P003:t1:0.2 P004:t3:3 P005:t4:1:P002 P006:t5:0.1 >patches.json
	run -0 genie-decide --iteration 1 --lever 1 --before before --after after --patches patches.json
	[ "$(jq -c '[.action,.retry.units,.retry.left_out,.retry_of,.levers]' <<<"$output")" = \
		'["rollback",[["P004"],["P002","P005"],["P001","P003"]],[["P006"]],null,[1]]' ]
	[[ $(jq -r '.reasons|join(";")' <<<"$output") == *"3 of 4 independent parts of the set are tried alone, best first"* ]]
	run -0 genie-decide --iteration 1 --lever 1 --singles 0 --before before --after after --patches patches.json
	[ "$(jq -c .retry <<<"$output")" = null ]
	# what was never applied did no harm
	jq '{schema:"genie/apply/1", patches:[.patches[]|{patch_id, status:(if .patch_id == "P004" then "queued" elif .patch_id == "P001" then "refused" else "applied" end)}]}' patches.json >apply.json
	run -0 genie-decide --iteration 1 --lever 1 --before before --after after --patches patches.json --apply apply.json
	[ "$(jq -c '[.retry.units,.patch_ids]' <<<"$output")" = '[[["P002","P005"],["P003"],["P006"]],["P002","P003","P005","P006"]]' ]
}

@test "no retry: of one part, of a set that only failed to help, of what was kept, of a retry" {
	rows a:pass b:fail >before
	rows a:fail b:fail >worse
	rows a:pass b:pass >better
	set_of P001:t1:1 P002:t1:2 >one.json
	set_of P001:t1:1 P002:t2:2 >two.json
	jq '.retry_of = 1' two.json >again.json
	decided() { genie-decide -q --iteration 2 --lever 1 --before before "$@" | jq -c '[.action, .retry]'; }
	[ "$(decided --after worse --patches one.json)" = '["rollback",null]' ]
	[ "$(decided --after before --patches two.json)" = '["rollback",null]' ]
	[ "$(decided --after better --patches two.json)" = '["accept",null]' ]
	[ "$(decided --after worse --patches again.json)" = '["rollback",null]' ]
	# a gate that fails is harm, too
	[ "$(decided --slice worse --patches two.json)" = '["rollback",{"units":[["P002"],["P001"]],"left_out":[]}]' ]
	# and a retry that keeps nothing is no further iteration without improvement
	echo '{"schema":"genie/decision/1","accepted_iteration":0,"no_improvement_streak":1}' >previous.json
	[ "$(genie-decide -q --iteration 2 --before before --after worse --patches again.json --previous previous.json | jq -c '[.no_improvement_streak,.retry_of]')" = '[1,1]' ]
	[ "$(genie-decide -q --iteration 2 --before before --after worse --patches two.json --previous previous.json | jq -c '[.no_improvement_streak,.retry_of]')" = '[2,null]' ]
	# alone, a part has to help the questions it touches before any other is asked
	[ "$(genie-decide -q --iteration 2 --before before --slice before --patches again.json | jq -c '[.action,.gates.slice.passed,.reasons[0]]')" = \
		'["rollback",false,"alone it fixes 0 of the 2 questions it touches and breaks 0"]' ]
	[ "$(genie-decide -q --iteration 2 --before before --slice before --patches two.json | jq -r .action)" = pending ]
	[ "$(genie-decide -q --iteration 2 --before before --slice better --patches again.json | jq -r .action)" = pending ]
}

# ---- a preference among iterations ----

# progress ACCEPTED ITERATION:CORRECTNESS:REPEATABILITY:REGRESSIONS:COST...
progress() {
	mkdir -p work
	local accepted=$1
	shift
	printf '%s\n' "$@" | jq -R 'split(":") | map(if . == "" then null else tonumber end)
		| {iteration: .[0], correctness: .[1], repeatability: .[2], regressions: .[3], patch_cost: .[4]}' |
		jq -s --argjson a "$accepted" '{schema: "genie/progress/1", accepted_iteration: $a, pareto_frontier: .}' \
			>work/optimization-progress.json
}

# chosen ORDER [OPTION...]
chosen() {
	genie-decide --prefer "$1" --work work "${@:2}" >choice.json || return
	"$ROOT/tests/schema-check" "$ROOT/schemas/choice.json" choice.json >&2 || return
	jq .iteration choice.json
}

@test "of the frontier the first criterion decides, the next where it ties" {
	progress 2 0:50::0:0 1:60:90:1:2 2:60:95:0:4 3:60:95:0:3
	[ "$(chosen correctness,repeatability,patch_cost)" = 3 ]
	[ "$(chosen patch_cost)" = 0 ]
	[ "$(chosen correctness,regressions)" = 2 ] # 2 and 3 tie: the live one stays
	[[ $(jq -r '.reasons | join("; ")' choice.json) == *"iteration 0 answers less correctly than iteration 2: correctness 50, not 60"*"the live one"* ]]
	[ "$(jq -c '[.candidates[].dropped_by]' choice.json)" = '["correctness","regressions",null,null]' ]
}

@test "what was not measured of all that are left decides nothing, and is named" {
	progress 2 0:50::0:0 1:50:60:0:1 2:50:85:0:2
	[ "$(chosen repeatability)" = 2 ] # all stay, the live one is taken
	[ "$(jq -c '[.unmeasured, [.candidates[].dropped_by]]' choice.json)" = '[[0],[null,null,null]]' ]
	[[ $(jq -r '.reasons[0]' choice.json) == "repeatability decides nothing: it was not measured of iteration 0" ]]
	[ "$(chosen patch_cost,repeatability)" = 0 ] # it is not come to
	[ "$(jq -c .unmeasured choice.json)" = '[]' ]
	# of those that are left it was: 0 went before
	progress 2 0:40::0:0 1:50:60:0:1 2:50:85:0:2
	[ "$(chosen correctness,repeatability,patch_cost)" = 2 ]
	[ "$(jq -c '[.unmeasured, [.candidates[].dropped_by]]' choice.json)" = '[[],["correctness","repeatability",null]]' ]
}

@test "what was rolled back, or measured by other questions, is no candidate" {
	progress 1 0:50::0:0 1:60::0:3 2:90::0:1 3:80::0:1
	jq '.current_iteration = 3 | .pareto_frontier[2].accepted = false | .pareto_frontier[3].comparable = false' work/optimization-progress.json >p && mv p work/optimization-progress.json
	[ "$(chosen correctness)" = 1 ]
	[ "$(jq -c '[.after, [.candidates[].dropped_by]]' choice.json)" = '[3,["correctness",null,"rolled_back","corrections"]]' ]
	[[ $(jq -r '.reasons[0]' choice.json) == "iteration 2 was rolled back" ]]
	# what is live may be none, either
	progress 1 0:60::0:0
	[ "$(chosen correctness)" = 0 ]
	[[ $(jq -r '.reasons[0]' choice.json) == "iteration 1, live until now, is not on the frontier"* ]]
}

@test "the decision after a choice begins from what was chosen" {
	rows a:pass b:fail >before
	rows a:fail b:fail >worse
	echo '{"schema":"genie/decision/1","accepted_iteration":2,"no_improvement_streak":0}' >previous.json
	echo '{"schema":"genie/choice/1","iteration":0}' >choice.json
	[ "$(genie-decide -q --iteration 3 --before before --after worse --previous previous.json --choice choice.json | jq -c '[.action, .accepted_iteration]')" = '["rollback",0]' ]
	[ "$(genie-decide -q --iteration 3 --before before --after worse --previous previous.json | jq -c .accepted_iteration)" = 2 ]
}

@test "with evidence required a difference that may be chance does not decide" {
	progress 1 0:50::0:0 1:53::0:3
	mkdir -p work/iter-00 work/iter-01
	# shellcheck disable=SC2046
	{
		rows $(many 1 15 pass) $(many 16 30 fail) >work/iter-00/rows.jsonl
		rows $(many 1 16 pass) $(many 17 30 fail) >work/iter-01/rows.jsonl
	}
	[ "$(chosen correctness,patch_cost)" = 1 ]
	[ "$(chosen correctness,patch_cost --evidence required)" = 0 ]
	[[ $(jq -r '.reasons[0]' choice.json) == *"may be chance (p = 1)"* ]]
	# shellcheck disable=SC2046
	rows $(many 1 30 pass) >work/iter-01/rows.jsonl
	progress 1 0:50::0:0 1:100::0:3
	[ "$(chosen correctness,patch_cost --evidence required)" = 1 ]
	rm work/iter-01/rows.jsonl
	run -74 --separate-stderr genie-decide --prefer correctness --evidence required --work work
	[[ $stderr == *iter-01/rows.jsonl* && -z $output ]]
}

@test "a preference that says nothing is refused" {
	progress 0 0:50::0:0
	run -2 --separate-stderr genie-decide --prefer speed --work work
	[[ $stderr == *'"speed" is no criterion'* ]]
	run -2 --separate-stderr genie-decide --prefer correctness,correctness --work work
	[[ $stderr == *"correctness is there twice"* ]]
	run -2 --separate-stderr genie-decide --prefer correctness
	[[ $stderr == *--work* ]]
	run -2 --separate-stderr genie-decide --prefer correctness --work work --after rows.jsonl
	[[ $stderr == *"takes no rows"* ]]
	progress 0
	echo '{"schema":"genie/progress/1","pareto_frontier":[]}' >work/optimization-progress.json
	run -65 --separate-stderr genie-decide --prefer correctness --work work
	[[ $stderr == *"optimization-progress.json: pareto_frontier"* ]]
}
