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
