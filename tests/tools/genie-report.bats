load ../lib.bash
load genie-report.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "genie-report stands on the common floor" {
	floor genie-report .
}

@test "the summary has the numbers of the evaluations, and calls the gain undecidable" {
	folder
	genie-report -q -o report.md w
	run -0 section Summary
	[[ $output == *'Accuracy went from **53.85 %** (7 of 13 right, 95 % interval 29.14 to 76.79 %) at the baseline to **76.92 %** (10 of 13 right, 95 % interval 49.74 to 91.82 %) in iteration 1, whose configuration is live.'* ]]
	[[ $output == *'Over the 13 questions that both measured, 3 were fixed and 0 broken'*'p = 0.250): **undecidable**; these questions cannot tell the difference from noise.'* ]]
	[[ $output == *'| result_correctness | 53.85 % | 76.92 % | +23.1 points | 85 % | no | 10/3/0 |'* ]]
	[[ $output == *'| schema_accuracy | not measured | not measured |  | 95 % |  |  |'* ]]
	run -0 cat report.md
	[[ $output == *'- Status: in progress'* ]]
	[[ $output == *'Space: `space-1`'* ]]
}

@test "a gain that the evidence bears is not called undecidable" {
	mkdir w
	# shellcheck disable=SC2046
	rows $(many 1 10 fail) $(many 11 30 pass) | evaluation 00
	# shellcheck disable=SC2046
	rows $(many 1 30 pass) | evaluation 01 --lever 1 --before w/iter-00/rows.jsonl --previous w/iter-00/decision.json
	session
	genie-report -q -o report.md w
	[[ $(section Summary) == *'10 were fixed and 0 broken'*'p = 0.002): **improved**.'* ]]
	run ! grep -i undecidable report.md
}

@test "iterations, changes and roll backs are told with reasons" {
	folder
	genie-report -q -o report.md w
	[[ $(section Iterations) == *'| 0 | baseline | full | 7 of 13 | 53.85 % |'* ]]
	[[ $(section Iterations) == *'| 1 | 1 tables and columns | full | 10 of 13 | 76.92 % | 49.74 to 91.82 % | 3 | 0 | 0.250 | undecidable | accept |'* ]]
	run -0 section "What was changed"
	[[ $output == *'3 questions fixed, 0 broken (undecidable: 13 questions cannot tell it from noise, p = 0.250).'* ]]
	[[ $output == *"| P002 | update_column_comment | \`main.gold.dim_team\` | \`team\` | low | applied | \`COMMENT ON COLUMN main.gold.dim_team.team IS 'new words'\` | \`gold/dim_team.yaml\` | yes | NO | q8 |"* ]]
	[[ $output == *$'```diff\n- old words\n+ new words\n```'* ]]
	[[ $output == *'| P003 | remove_table |'*'| queued |'* ]]
	[[ $output != *'**remove'*'_table**'* ]]
	run -0 section "Rolled back"
	[[ $output == *'Iteration 2, lever 3 (functions and filters): update_tvf_comment on main.gold.cost_by. Why: P0 gate failed: 1 P0 question(s) passed before and fail now'* ]]
	[[ $output == *'Broken, by the p0 gate: q0.'*'no record of the undoing'* ]]
	run -0 section "Workspace and repository"
	[[ $output == *'1 of 2 kept patches are live and in the repository, read back and equal on both sides.'* ]]
	[[ $output == *'Iteration 1, P002: workspace verified: yes, repository verified: NO.'* ]]
	[[ $output == *'| 1 | repository | `gold/dim_team.yaml` | `abcdef012345...` |'* ]]
	mkdir w/applied
	echo '{"schema":"genie/apply/1","status":"rolled_back","patches":[]}' >w/applied/02.json.rollback
	genie-report -q -o report.md w
	[[ $(section "Rolled back") == *'Undone on both sides and read back.'* ]]
}

@test "failures, levers, questions and the frontier follow from the artifacts" {
	folder
	genie-report -q -o report.md w
	run -0 section "Remaining failures by root cause"
	[[ $output == *'fails 3 questions: q10, q11, q12.'* ]]
	[[ $output == *'| C001 | wrong_join | 1 tables and columns | major | 0.80 | q10, q11 | schema_accuracy | main.gold.a |'* ]]
	[[ $(section "Remaining issues") == *'C001, **wrong_join**, 2 questions: Add the join to the space, with its condition. A judge asks for: "join a to b on k".'* ]]
	run -0 section Levers
	[[ $output == *'| 1 tables and columns | yes | 3 | 2 | 53.85 % | 76.92 % | +23.1 points | yes | undecidable |  |'* ]]
	[[ $output == *'| 2 metric views | no | 0 | 0 |  |  |  |  |  | it had nothing to propose |'* ]]
	[[ $output == *'| 6 instructions and examples | no |'*'its turn has not come'* ]]
	run -0 section "Question by question"
	[[ $output == *'| Question | Text | Category | Priority | Split | 0 | 1 | 2 (rolled back) |'* ]]
	[[ $output == *'| q7 | question q7 |  | P1 |  | FAIL | pass | pass |'* ]]
	[[ $output == *'| q0 | question q0 |  | P0 |  | pass | pass | FAIL |'* ]]
	run -0 section "Pareto frontier"
	[[ $output == *'| 1 | 76.92 % | not measured | 0 | 2 | undecidable |'* ]]
	run -0 section Learnings
	[[ $output == *'2 of 3 questions that kept changes fixed were named by a patch of type `add_synonym`.'* ]]
	[[ $output == *'1 of 3 questions that kept changes fixed were named by a patch of type `update_column_comment`.'* ]]
	[[ $output == *'1 of 3 questions that kept changes fixed were named by no patch of their iteration'* ]]
	[[ $output == *'1 of 2 changes were kept, 1 rolled back.'* ]]
	[[ $output == *'1 of 1 kept changes are undecidable'* ]]
	run -0 bash -c 'sed -n "/^## Next steps/,\$p" report.md'
	[[ $output == *'1 proposed change of high risk'* ]]
	[[ $output == *'make optimize resumes'* ]]
}

@test "texts from the data cannot become markup" {
	folder
	genie-report -q -o report.md w
	run -0 head -1 report.md
	[ "$output" = '# Genie Space optimization: Cost \| &lt;b&gt;and&lt;/b&gt; usage' ]
	# preformatted text keeps its characters behind a fence of its own
	grep -qxF '+ units | `consumed`' report.md
	jq -c 'if .question_id == "q1" then .question = "a | b\n`c` [x](http://e) *d* <img src=x> & _e_ snake_case" else . end' w/iter-00/rows.jsonl >rows && mv rows w/iter-00/rows.jsonl
	jq '.reasons += ["```\n# no heading | no cell"]' w/iter-01/decision.json >d && mv d w/iter-01/decision.json
	jq '.patches[1].new_text = "```\n## not a heading\n````"' w/iter-01/patches.json >p && mv p w/iter-01/patches.json
	genie-report -q -o report.md w
	grep -qF '| q1 | a \| b<br>\`c\` \[x\](http://e) \*d\* &lt;img src=x&gt; &amp; \_e\_ snake_case |' report.md
	grep -qF '\`\`\`<br># no heading \| no cell |' report.md
	[ "$(grep -cE '^`````(diff)?$' report.md)" -eq 2 ]
	# every row of a table has the cells that its head has
	awk -F'[|]' '/^\|/ { line = $0; gsub(/\\\|/, "", line); n = gsub(/\|/, "", line); if (!prev) want = n; if (n != want) { print; bad = 1 } prev = 1; next } { prev = 0 } END { exit bad }' report.md
}

@test "held-out questions are told with their intervals, and noise is called noise" {
	folder
	[[ $(genie-report w) == *'Held-out questions were not measured.'* ]]
	mkdir w/final
	rows h1:pass h2:fail h3:fail >w/iter-00/held_out.jsonl
	rows h1:pass h2:pass h3:fail >w/final/held_out.jsonl
	for f in iter-00 final; do genie-score -q --scope held_out -o w/$f/held_out.json w/$f/held_out.jsonl; done
	genie-report -q -o report.md w
	run -0 section "Held-out check"
	[[ $output == *'| before | 1 of 3 | 33.33 % | 6.15 to 79.23 % |'* ]]
	[[ $output == *'| after | 2 of 3 | 66.67 % | 20.77 to 93.85 % |'* ]]
	[[ $output == *'**undecidable**'*'The difference is within noise.'* ]]
	# held-out questions are not among those that steered
	[[ $(section "Question by question") != *'| h1 |'* ]]
	rm w/*/held_out.jsonl
	[[ $(genie-report w) == *'The intervals overlap: the difference is within noise.'* ]]
}

@test "the arbiter, exclusions and benchmark warnings are told" {
	mkdir w
	{
		rows a:fail b:fail c:fail d:pass | jq -c 'if .outcome == "fail" then .judges.arbiter = {value:"genie_correct",source:"code",rationale:"gold lacks a filter"} | .outcome = "pass" else . end'
		echo '{"question_id":"x","question":"?","outcome":"excluded","exclusion":{"reason":"gold: no such table"}}'
	} | evaluation 00
	echo '{"id":"a","question":"q","warnings":[{"code":"stale_date","text":"last month | 2024-01"}]}' >w/benchmarks.jsonl
	session
	genie-report -q -o report.md w
	[[ $(section "Arbiter and benchmark corrections") == *'| a | genie_correct | gold lacks a filter |'*'gold SQL wrong 3 times: correct the benchmark'* ]]
	[[ $(section "Excluded questions") == *'| iteration 0 | x | gold: no such table |'* ]]
	[[ $(section "Benchmark warnings") == *'| a | stale_date | last month \| 2024-01 |'* ]]
	[[ $(section Summary) == *'**25 %** (1 of 4 right'*'the live configuration comes to 100 %.'* ]]
}

@test "a baseline alone, and a folder without anything, are told as such" {
	mkdir w
	run -0 genie-report w
	[[ $output == *'Nothing has been measured yet'* ]]
	rows a:pass b:fail | evaluation 00
	genie-report -q -o report.md w
	[[ $(cat report.md) == *'Status: unknown, there is no optimization-progress.json; genie-session writes it'* ]]
	[[ $(section Summary) == *'Accuracy at the baseline: **50 %** (1 of 2 right'*'No change has been tried yet.'* ]]
	[[ $(section "What was changed") == *'Nothing: no change is live.'* ]]
	[[ $(section "Remaining failures by root cause") == *'there is no final/clusters.json'* ]]
	[[ $(section "Benchmark warnings") == *'there is no benchmarks.jsonl'* ]]
	run -74 --separate-stderr genie-report nowhere
	[ -z "$output" ]
}

@test "a broken artifact is named and no report is written" {
	local file
	for file in iter-01/eval.json iter-01/patches.json iter-02/clusters.json optimization-progress.json iter-00/rows.jsonl; do
		rm -rf w
		folder
		echo '{"x":' >"w/$file"
		run -65 --separate-stderr genie-report -o report.md w
		[[ $stderr == *"w/$file"* ]] || { echo "$file: $stderr"; return 1; }
		[ ! -e report.md ]
	done
	rm -rf w
	folder
	echo '[]' >w/iter-01/apply.json
	run -65 --separate-stderr genie-report w
	[[ $stderr == *"w/iter-01/apply.json: expected object, found array"* ]]
}

@test "the same folder gives the same bytes, and an old progress file is noticed" {
	folder
	genie-report -q w >one
	sleep 1.1
	touch w/iter-0*/*
	genie-report -q w >two
	cmp one two
	jq '.current_iteration = 1' w/optimization-progress.json >p && mv p w/optimization-progress.json
	[[ $(genie-report w) == *'ends at iteration 1, the folder at iteration 2: run genie-session again.'* ]]
}

@test "a loop that has stalled says what a person has to know; one that has not does not" {
	folder
	genie-report w >report.md
	run ! grep -q "^## Escalation" report.md
	mkdir -p w/final
	cp w/iter-02/clusters.json w/final/clusters.json
	genie-session -q --max-iterations 2 --escalation w >w/final/escalation.json
	genie-report w >report.md
	section Escalation >said
	grep -q "3 questions fail" said
	grep -q "| wrong_join | *2 | main.gold.a" said
	grep -q "Tried: 2 iterations with 4 changes, 1 kept" said
	grep -q "Look at C001 first" said
}

@test "a part of a set that was tried alone is called so" {
	folder
	jq '.retry_of = 1' w/iter-02/decision.json >d && mv d w/iter-02/decision.json
	session
	genie-report w >report.md
	section "Rolled back" | grep -q "Iteration 2, lever 3 (functions and filters), a part of iteration 1 tried alone: "
	section Iterations | grep -q "(a part of iteration 1, alone)"
}

@test "corrections of the benchmark are told with what they do to the scores" {
	folder
	echo '{"schema":"genie/triage/1","iteration":1,"threshold":3,"verdicts":3,"genie_correct":[],"both_correct":[],"ground_truth_correct":[],"neither_correct":[],
		"corrections":[{"question_id":"q10","verdict":"genie_correct","previous_sql":"SELECT 1","expected_sql":"SELECT 2","runs":true}],"rescored":{"before":50,"after":60},"status":"corrected"}' >w/iter-01/triage.json
	session
	genie-report w >report.md
	section "Arbiter and benchmark corrections" >said
	grep -q "| q10 | *1 | corrected | .SELECT 2." said
	grep -q "scored again after iteration 1 without asking: 60 %, 50 % before" said
}
