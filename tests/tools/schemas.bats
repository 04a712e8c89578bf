load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	check=$ROOT/tests/schema-check
	schemas=$ROOT/schemas
}

# keeps NAME FILE...: the files keep to the schema; what they break is shown
keeps() {
	local name=$1
	shift
	"$check" "$schemas/$name.json" "$@"
}

@test "every schema is valid draft-07 and says what it is about" {
	ls "$schemas"/*.json >list
	[ "$(wc -l <list)" -ge 13 ]
	local file
	while read -r file; do
		echo '{}' >any.json
		run "$check" "$file" any.json
		[ "$status" -le 1 ] || { echo "$output"; return 1; }
		jq -e --arg id "genie/$(basename "$file" .json)/1" '.["$schema"] == "http://json-schema.org/draft-07/schema#" and .["$id"] == $id
			and (.title | length) > 0 and (.description | length) > 20' "$file" >/dev/null || { echo "$file: title"; return 1; }
		run jq -r 'walk(if type == "object" then del(.if, .then) else . end) | .. | objects | .properties? // empty | to_entries[] | select(.value.description == null) | .key' "$file"
		[ -z "$output" ] || { echo "$file: no description: $output"; return 1; }
	done <list
}

@test "every tool's description of itself keeps to its schema" {
	local tool
	for tool in "$B"/bin/genie-*; do
		"$tool" --describe >"$(basename "$tool").json"
	done
	keeps describe genie-*.json
}

@test "benchmarks, scores, clusters, decisions and gates keep to their schemas" {
	genie-bench -q "$ROOT/demo/cost/benchmarks.yaml" >benchmarks.jsonl
	printf 'd:\n  - {question: q1 last month, category: odd, expected_sql: "SELECT 1 FROM t WHERE d > '\''2024-01-01'\'' LIMIT 3"}\n  - {question: q1 last month}\n' >odd.yaml
	genie-bench -q odd.yaml >odd.jsonl
	grep -q unknown_category odd.jsonl
	keeps benchmark benchmarks.jsonl odd.jsonl
	local asi='{"failure_type":"wrong_column","severity":"major","confidence":0.8,"blame_set":["main.gold.t.c"],"counterfactual_fix":"say what main.gold.t.c holds"}'
	rows a:pass:P0 b:fail c:fail | jq -c --argjson asi "$asi" 'if .outcome == "fail" then .judges.result_correctness.asi = $asi | .judges.arbiter = {value:"genie_correct",source:"code",rationale:"r",asi:$asi} else . end' >before.jsonl
	echo '{"question_id":"x","question":"?","outcome":"excluded","exclusion":{"reason":"gold"}}' >>before.jsonl
	rows a:pass:P0 b:pass c:fail >after.jsonl
	genie-score -q before.jsonl >eval.json
	genie-score -q --scope slice </dev/null >empty.json
	keeps eval eval.json empty.json
	keeps row before.jsonl
	genie-cluster -q before.jsonl >clusters.json
	jq -e '.clusters | length > 0' clusters.json >/dev/null
	genie-cluster -q </dev/null >none.json
	keeps clusters clusters.json none.json
	genie-decide -q --after before.jsonl >baseline.json
	genie-decide -q --iteration 1 --lever 1 --before before.jsonl --after after.jsonl >decision.json
	genie-decide -q --iteration 1 --lever 1 --before before.jsonl --slice after.jsonl --p0 after.jsonl >gates.json
	genie-decide -q --iteration 1 --lever 1 --before after.jsonl --slice before.jsonl >rollback.json
	keeps decision baseline.json decision.json gates.json rollback.json
}

@test "a session keeps to its schema, begun or not" {
	mkdir -p w/iter-00 w/iter-01 empty
	rows a:pass b:fail >w/iter-00/rows.jsonl
	rows a:pass b:pass >w/iter-01/rows.jsonl
	genie-score -q w/iter-00/rows.jsonl >w/iter-00/eval.json
	genie-score -q w/iter-01/rows.jsonl >w/iter-01/eval.json
	genie-decide -q --after w/iter-00/rows.jsonl >w/iter-00/decision.json
	genie-decide -q --iteration 1 --lever 1 --before w/iter-00/rows.jsonl --after w/iter-01/rows.jsonl --previous w/iter-00/decision.json >w/iter-01/decision.json
	echo '{"patches":[{"patch_id":"P001","type":"add_synonym","target":"a.b.c","risk":"low"}]}' >w/iter-01/patches.json
	cp w/iter-00/eval.json w/iter-00/held_out.json
	printf 'SPACE=s\nDOMAIN=cost\nUC_SCHEMA=main.opt\n' >w/run.conf
	genie-session -q w >session.json
	genie-session -q empty >empty.json
	keeps progress session.json empty.json
	# the whole folder at once; an artifact in it that breaks its schema is named
	cp session.json w/optimization-progress.json
	rm w/iter-01/patches.json w/iter-00/rows.jsonl w/iter-01/rows.jsonl
	run -0 "$check" "$schemas" w
	jq '.decision = "maybe"' w/iter-01/decision.json >d && mv d w/iter-01/decision.json
	run -1 "$check" "$schemas" w
	[[ $output == *"w/iter-01/decision.json:1: \$.decision: 'maybe' is not one of"* ]]
	run -1 "$check" "$schemas" empty
}

@test "what the loop's shell steps write keeps to its schema" {
	echo '[]' >none.json
	echo '[{"lever":3,"skip_reason":"no_proposals_generated"}]' >skipped.json
	keeps skipped none.json skipped.json
	echo '{"schema":"genie/stopped/1","after":2,"status":"exhausted","reason":"no proposals left","skipped":[{"lever":1,"skip_reason":"no_proposals_generated"}]}' >stopped.json
	keeps stopped stopped.json
	mkdir iter-00
	echo "{\"space_id\":\"s\",\"config_id\":\"c0ffee000001\",\"config_hash\":\"$(printf '%064d' 0)\"}" >iter-00/space.json
	rows a:pass >rows.jsonl
	genie-decide -q --after rows.jsonl >iter-00/decision.json
	"$ROOT/pipelines/model" iter-00 >model.json
	keeps model model.json
}

@test "words that are kept in two places agree" {
	sed -n 's/^\t{ "\([a-z_]*\)", PATCH_.*/\1/p' "$ROOT/lib/patch.c" | sort >code
	[ "$(wc -l <code)" -gt 40 ]
	jq -r '.properties.patches.items.properties.type.enum[]' "$schemas/patches.json" | sort | diff code -
	jq -r '.properties.patches.items.properties.type.enum[]' "$schemas/apply.json" | sort | diff code -
	sed -n 's/^\t{ "\([a-z_]*\)", [1-6], "[a-z]*" },$/\1/p' "$ROOT/lib/rowinfo.c" | sort >code
	[ "$(wc -l <code)" -eq 24 ]
	jq -r '.definitions.root_cause.enum[]' "$schemas/clusters.json" | sort | diff code -
	jq -r '.properties.judges.additionalProperties.properties.asi.properties.failure_type.enum[]' "$schemas/row.json" | sort | diff code -
	sed -n '/^\t"identical"/,/^}/p' "$ROOT/lib/compareprofile.c" | grep -o '"[a-z_]*"' | tr -d '"' | sort >code
	jq -r '.. | objects | select(.verdict?.enum) | .verdict.enum[]' "$schemas/row.json" | sort | diff code -
}

@test "a broken artifact is refused with its place" {
	rows a:pass b:fail >rows.jsonl
	genie-score -q rows.jsonl >eval.json
	jq '.overall_accuracy = 101' eval.json >high.json
	run -1 keeps eval eval.json high.json
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == 'high.json:1: $.overall_accuracy: 101 is greater than the maximum of 100' ]]
	jq 'del(.accuracy_ci95)' eval.json >less.json
	run -1 keeps eval less.json
	[[ $output == *"'accuracy_ci95' is a required property"* ]]
	{ cat rows.jsonl; rows c:pass | jq -c '.priority = "P9"'; } >odd.jsonl
	run -1 keeps row odd.jsonl
	# b fails without side information; c has an unknown priority
	[[ ${lines[0]} == "odd.jsonl:2: \$.judges.result_correctness: 'asi' is a required property" ]]
	[[ ${lines[1]} == "odd.jsonl:3: \$.priority: 'P9' is not one of ['P0', 'P1', 'P2']" ]]
	echo '{"a":1,"a":2}' >twice.json
	run -1 keeps eval twice.json
	[[ $output == *"duplicate key 'a'"* ]]
	echo '{"a":' >torn.json
	run -1 keeps eval torn.json
	run -1 keeps eval nowhere.json
	run -2 keeps no-such-schema eval.json
	jq '.news = {"deep":[1]}' eval.json >more.json
	keeps eval more.json
}
