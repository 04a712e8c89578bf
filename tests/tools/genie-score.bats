load ../lib.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "genie-score stands on the common floor" {
	floor genie-score
}

@test "accuracy, interval, failures and scores come from the rows" {
	rows a:pass b:fail c:pass d:pass >rows.jsonl
	run -0 genie-score rows.jsonl
	[ "$(jq -c '[.schema,.total_questions,.evaluated,.correct,.overall_accuracy,.failures,.scores.result_correctness]' <<<"$output")" = \
		'["genie/eval/1",4,4,3,75,["b"],75]' ]
	[ "$(jq -c '.accuracy_ci95' <<<"$output")" = '[30.06,95.44]' ]
	[ "$(jq -c '.sql_hashes.b' <<<"$output")" = '"hbno"' ]
}

@test "an excluded row leaves the division and is listed; an unanswered one is wrong" {
	{ rows a:pass
	  echo '{"question_id":"b","question":"?","outcome":"excluded","exclusion":{"reason":"gold: no such table"}}'
	  echo '{"question_id":"c","question":"?","status":"FAILED"}'; } >rows.jsonl
	run -0 genie-score rows.jsonl
	[ "$(jq -c '[.total_questions,.evaluated,.overall_accuracy,.failures]' <<<"$output")" = '[3,2,50,["c"]]' ]
	[ "$(jq -c '.excluded' <<<"$output")" = '[{"question_id":"b","reason":"gold: no such table"}]' ]
}

@test "repeats of one question are one vote" {
	for v in yes no yes; do
		echo "{\"question_id\":\"a\",\"question\":\"?\",\"replicate\":$((++n)),\"judges\":{\"result_correctness\":{\"value\":\"$v\"}}}"
	done >rows.jsonl
	rows b:fail >>rows.jsonl
	run -0 genie-score rows.jsonl
	[ "$(jq -c '[.evaluated,.correct,.failures]' <<<"$output")" = '[2,1,["b"]]' ]
}

@test "the same question twice is refused, with its place" {
	rows a:pass a:fail >rows.jsonl
	run -65 --separate-stderr genie-score -o out.json rows.jsonl
	[[ $stderr == *"rows.jsonl:2"*"question a is there twice"* ]]
	[ ! -e out.json ]
}

@test "broken JSON names file, line and column and leaves no file" {
	{ rows a:pass; echo '{"question_id":'; } >rows.jsonl
	run -65 --separate-stderr genie-score -o out.json rows.jsonl
	[[ $stderr == *"rows.jsonl:2:"* ]]
	[ -z "$output" ]
	[ ! -e out.json ]
}

@test "empty input is an evaluation of nothing" {
	run -0 genie-score </dev/null
	[ "$(jq -c '[.total_questions,.overall_accuracy,.thresholds_passed]' <<<"$output")" = '[0,null,false]' ]
}

@test "a missing file is 74 and a gate that is not met is 1, with the document" {
	run -74 --separate-stderr genie-score none.jsonl
	[[ $stderr == *"none.jsonl: No such file"* ]]
	rows a:pass b:fail >rows.jsonl
	run -1 --separate-stderr genie-score --min-accuracy 90 rows.jsonl
	[ "$(jq .overall_accuracy <<<"$output")" = 50 ]
	[[ $stderr == *"accuracy 50.00 is below 90.00"* ]]
	run -0 genie-score --min-accuracy 50 rows.jsonl
}

@test "flat MLflow rows score like nested ones" {
	echo '{"inputs/question_id":"a","inputs/question":"?","feedback/result_correctness":"yes"}' >rows.jsonl
	run -0 genie-score rows.jsonl
	[ "$(jq -c '[.correct,.scores.result_correctness]' <<<"$output")" = '[1,100]' ]
}

# graded ID:SQL:VALUE[:NATIVE]...: rows with a grader's verdict on an answer.
graded() {
	local source=$1 spec id sql value native
	shift
	for spec in "$@"; do
		IFS=: read -r id sql value native <<<"$spec"
		jq -nc --arg id "$id" --arg h "$sql" --arg v "$value" --arg s "$source" --arg n "$native" \
			'{question_id:$id, question:$id, sql_hash:$h, outcome:(if $v == "yes" then "pass" else "fail" end), config_id:"c0ffee000001",
			  comparison:{verdict:"identical", match:($v == "yes")}, judges:{result_correctness:{value:$v,source:$s,rationale:""}}}
			 + (if $n == "" then {} else {native:{assessment:$n}} end)'
	done
}

@test "a comparison tells what was fixed and broken, and what that proves" {
	rows a:pass b:fail c:fail d:pass e:fail old:pass | jq -c '.judges.completeness = {value:"no",asi:{}}' >before.jsonl
	rows a:pass b:pass c:pass d:fail e:pass new:fail | jq -c '.judges.completeness = {value:"yes"}' >after.jsonl
	echo '{"question_id":"x","question":"?","outcome":"excluded","exclusion":{"reason":"gold"}}' >>before.jsonl
	rows x:pass >>after.jsonl
	run -0 --separate-stderr genie-score --compare before.jsonl after.jsonl
	jq -e '.evidence.fixed == ["b","c","e"] and .evidence.broken == ["d"] and .shared_questions == 5
		and .only_before == ["old"] and .only_after == ["new"] and .excluded == ["x"]
		and .change.passing == {before:40,after:80,delta:40} and .evidence.verdict == "undecidable"
		and .judges.completeness == {before:0,after:100,delta:100}' <<<"$output"
	# two-sided binomial test of 1 in 4
	[ "$(jq .evidence.p_value <<<"$output")" = 0.625 ]
	[ "$(jq -c '.evidence' <<<"$output")" = "$(genie-decide -q --before before.jsonl --after after.jsonl | jq -c .evidence)" ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/compare.json" - <<<"$output"
}

@test "two graders are compared on the same answers only" {
	# 4 both yes, 1 own only, 2 native only, 3 both no; z has another answer
	graded code a:1:yes b:2:yes c:3:yes d:4:yes e:5:yes f:6:no g:7:no h:8:no i:9:no j:10:no z:11:yes >own.jsonl
	graded native a:1:yes b:2:yes c:3:yes d:4:yes e:5:no f:6:yes g:7:yes h:8:no i:9:no j:10:no z:12:no >native.jsonl
	run -0 --separate-stderr genie-score --compare own.jsonl native.jsonl
	jq -e '.agreement.across | .graders == ["code","native"] and .answers == 10 and .agreement_pct == 70
		and .confusion == {yes_yes:4,yes_no:1,no_yes:2,no_no:3} and .disagreements == ["e","f","g"]' <<<"$output"
	# observed 0.7, by chance 0.5 * 0.6 + 0.5 * 0.4
	[ "$(jq .agreement.across.kappa <<<"$output")" = 0.4 ]
	[ "$(jq -c '[.agreement.before, .agreement.after]' <<<"$output")" = '[null,null]' ]
}

@test "both graders' verdicts may stand on one row; what is unsure is left out" {
	graded native a:1:yes:GOOD b:2:yes:BAD c:3:no:NEEDS_REVIEW d:4:yes:GOOD >n.jsonl
	run -0 --separate-stderr genie-score --compare n.jsonl n.jsonl
	jq -e '.agreement.after | .graders == ["own","native"] and .answers == 3 and .disagreements == ["b"]' <<<"$output"
	"$ROOT/tests/schema-check" "$ROOT/schemas/compare.json" - <<<"$output"
}

@test "a comparison without anything in common is no error" {
	rows a:pass >a.jsonl
	rows b:pass >b.jsonl
	run -0 --separate-stderr genie-score --compare a.jsonl b.jsonl
	jq -e '.shared_questions == 0 and .evidence.verdict == "undecidable" and .agreement.across == null' <<<"$output"
	"$ROOT/tests/schema-check" "$ROOT/schemas/compare.json" - <<<"$output"
	run -2 genie-score --compare a.jsonl
	run -2 genie-score --compare - a.jsonl
	run -2 genie-score --compare --check a.jsonl b.jsonl
}

# asked ID HASH RESULT...: one row an asking.
asked() {
	local id=$1 n=0
	shift
	while [ $# -gt 0 ]; do
		jq -nc --arg id "$id" --arg h "$1" --arg r "$2" --argjson n $n \
			'{question_id:$id, question:$id, replicate:$n, sql_hash:$h, asset:"MV", outcome:"pass", config_id:"c0ffee000001", comparison:{verdict:"identical",match:true,genie_hash:$r}}'
		n=$((n + 1))
		shift 2
	done
}

@test "repeatability is the share of the commonest SQL, and of the commonest result" {
	{
		asked same s r s r s r
		asked two s r s r t r
		asked all s r t u u v
		asked once s r
	} >rows.jsonl
	echo '{"question_id":"two","question":"two","replicate":3,"outcome":"excluded","exclusion":{"reason":"x"}}' >>rows.jsonl
	run -0 --separate-stderr genie-score --repeatability rows.jsonl
	jq -e '.measured == 3 and .total_questions == 4 and .too_few == ["once"] and .unstable == ["all","two"]
		and .excluded_askings == 1 and .repeatability_pct == 66.67 and .result_repeatability_pct == 77.78
		and .classes == {IDENTICAL:1,MINOR:0,SIGNIFICANT:1,CRITICAL:1}
		and (.questions[] | select(.question_id == "two") | .sql.share_pct == 66.67 and .result.class == "IDENTICAL")' <<<"$output"
	"$ROOT/tests/schema-check" "$ROOT/schemas/repeatability.json" - <<<"$output"
	asked other s r s r | jq -c '.config_id = "c0ffee000002"' >>rows.jsonl
	run -65 --separate-stderr genie-score --repeatability rows.jsonl
	[[ $stderr == *"rows.jsonl:12: question other: answered by configuration c0ffee000002"* ]]
	run -0 --separate-stderr genie-score --repeatability /dev/null
	jq -e '.repeatability_pct == null and .questions == []' <<<"$output"
}
