load ../lib.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

# iteration NN ACTION ACCURACY LEVER [SCOPE]: the artifacts of one iteration
iteration() {
	mkdir -p "w/iter-$1"
	echo "{\"space_id\":\"s1\",\"config_id\":\"c$1\"}" >"w/iter-$1/space.json"
	echo "{\"schema\":\"genie/eval/1\",\"scope\":\"${5:-full}\",\"overall_accuracy\":$3,\"correct\":$3,\"total_questions\":100,\"failures\":[\"f$1\"],\"scores\":{}}" >"w/iter-$1/eval.json"
	jq -n --argjson n $((10#$1)) --arg a "$2" --argjson l "$4" '{schema:"genie/decision/1",iteration:$n,decision:$a,action:$a,lever:$l,reasons:[],regressions:[],
		no_improvement_streak:(if $a=="accept" then 0 else 1 end), gates:{full:{before:40,after:50}}}' >"w/iter-$1/decision.json"
	[ "$4" = null ] || echo "{\"patches\":[{\"patch_id\":\"P1\",\"type\":\"add_synonym\",\"target\":\"main.gold.t$1\",\"risk\":\"low\"}]}" >"w/iter-$1/patches.json"
	[ "$4" = null ] || echo '{"patches":[{"patch_id":"P1","status":"applied"}]}' >"w/iter-$1/apply.json"
}

@test "genie-session stands on the common floor" {
	floor genie-session .
}

@test "the best, the accepted and the status follow from the artifacts" {
	iteration 00 accept 40 null
	iteration 01 accept 50 1
	iteration 02 rollback 30 3
	printf 'SPACE=s1\nDOMAIN=cost\nUC_SCHEMA=main.opt\n' >w/run.conf
	run -0 genie-session --max-iterations 5 w
	[ "$(jq -c '[.status,.domain,.space_id,.current_iteration,.baseline_accuracy,.best_overall_accuracy,.best_iteration,.final_accuracy,.remaining_failures,.eval_dataset_name]' <<<"$output")" = \
		'["in_progress","cost","s1",2,40,50,1,50,["f01"],"main.opt.genie_benchmarks_cost"]' ]
	[ "$(jq -c '[.iterations[]|[.iteration,.lever,.action,.proposals_applied]]' <<<"$output")" = '[[0,null,"accept",0],[1,1,"accept",1],[2,3,"rollback",1]]' ]
	[ "$(jq -c '.patched_objects' <<<"$output")" = '["main.gold.t01"]' ]
	[ "$(jq -c '.lever_audit["3"]|[.attempted,.proposals_generated,.proposals_applied]' <<<"$output")" = '[true,1,1]' ]
	[ "$(jq -c '.lever_impacts["1"]|[.before,.after,.delta,.kept]' <<<"$output")" = '[40,50,10,true]' ]
	run -0 genie-session --max-iterations 2 w
	[ "$(jq -r .status <<<"$output")" = max_iterations ]
}

@test "a rolled back or partial evaluation is never the best" {
	iteration 00 accept 40 null
	iteration 01 rollback 90 1
	iteration 02 rollback 100 2 slice
	run -0 genie-session w
	[ "$(jq -c '[.best_overall_accuracy,.best_iteration]' <<<"$output")" = '[40,0]' ]
}

@test "skipped levers keep their reason" {
	iteration 00 accept 40 null
	iteration 01 accept 50 3
	echo '[{"lever":1,"skip_reason":"no_proposals_generated"}]' >w/iter-01/skipped.json
	echo '{"after":1,"status":"exhausted","reason":"no proposals left","skipped":[{"lever":6,"skip_reason":"no_proposals_generated"}]}' >w/stopped.json
	run -0 genie-session w
	[ "$(jq -c '[.lever_audit["1"].skip_reason,.lever_audit["3"].skip_reason,.lever_audit["6"].skip_reason,.status]' <<<"$output")" = \
		'["no_proposals_generated",null,"no_proposals_generated","max_iterations"]' ]
}

@test "a deployment that failed is for a person: what went wrong there is in the escalation" {
	iteration 00 accept 40 null
	iteration 01 accept 95 1
	mkdir w/final
	printf '{"schema":"genie/clusters/1","clusters":[],"long_tail":[]}' >w/final/clusters.json
	jq -n '{schema: "genie/deploy/1", tool: {name: "genie-deploy", version: "0.1.0"}, status: "ESCALATED", target: "dev", host: "https://w", finished_at: null,
		job: {key: "j"}, verification: {before: 95, after: 90, missing: [{file: "src/genie/cost_genie_export.json"}], fixes: 2},
		attempts: [{attempt: 1, run_id: "11", run_url: "https://w/jobs/7/runs/11"}],
		escalation: {errors: [{attempt: 1, run_id: "11", message: "boom"}], fixes_tried: [{file: "f"}], hypothesis: [{code: "unknown"}],
			scores: {}, deploy_status: {status: "ESCALATED", target: "dev", run_id: "11", run_url: "https://w/jobs/7/runs/11"}, recommendation: ["Read the run."]}}' >w/final/deploy.json
	echo '{"schema":"genie/eval/1","overall_accuracy":90,"correct":90,"total_questions":100,"failures":[]}' >w/final/post_deploy.json
	run -0 genie-session --max-iterations 1 w
	[ "$(jq -c '[.status, .convergence_reason, .deployment]' <<<"$output")" = '["escalated","1 iterations are used up; 95.00 % is accepted with the remaining issues: f01; the deployment to dev ended with ESCALATED",{"status":"ESCALATED","target":"dev","host":"https://w","finished_at":null,"attempts":1,"run_id":"11","run_url":"https://w/jobs/7/runs/11","accuracy":90,"fixes":2}]' ] || { jq -c '[.status, .convergence_reason, .deployment]' <<<"$output"; return 1; }
	"$ROOT/tests/schema-check" "$ROOT/schemas/progress.json" - <<<"$(jq '.iterations = []' <<<"$output")"
	run -0 genie-session --max-iterations 1 --escalation w
	"$ROOT/tests/schema-check" "$ROOT/schemas/escalation.json" - <<<"$output"
	[ "$(jq -c '[.deploy_status | .status, .run_url, .errors[0].message, .fixes_tried[0].file, .hypothesis[0].code, .verification.missing[0].file]' <<<"$output")" = \
		'["ESCALATED","https://w/jobs/7/runs/11","boom","f","unknown","src/genie/cost_genie_export.json"]' ]
	[ "$(jq -r '.recommendation[0]' <<<"$output")" = "Read the run." ]
	# one that succeeded changes nothing of the verdict
	jq '.status = "SUCCESS" | .escalation = null' w/final/deploy.json >d && mv d w/final/deploy.json
	run -0 genie-session --max-iterations 1 w
	[ "$(jq -c '[.status, .deployment.status]' <<<"$output")" = '["max_iterations","SUCCESS"]' ]
	# while the loop goes on, an old deployment says nothing about it
	jq '.status = "JOB_FAILED"' w/final/deploy.json >d && mv d w/final/deploy.json
	run -0 genie-session --max-iterations 3 w
	[ "$(jq -r .status <<<"$output")" = in_progress ]
}

@test "every artifact is in the audit trail with its digest" {
	iteration 00 accept 40 null
	run -0 genie-session w
	[ "$(jq -r '.stages[]|select(.artifact=="iter-00/eval.json").sha256' <<<"$output")" = "$(sha256sum w/iter-00/eval.json | cut -d' ' -f1)" ]
}

@test "a broken artifact is named; an empty folder is a session that has not begun" {
	iteration 00 accept 40 null
	echo '{"x":' >w/iter-00/eval.json
	run -65 --separate-stderr genie-session -o out.json w
	[[ $stderr == *"w/iter-00/eval.json: line"* ]]
	[ ! -e out.json ]
	mkdir empty
	run -0 genie-session empty
	[ "$(jq -c '[.status,.iterations]' <<<"$output")" = '["in_progress",[]]' ]
	run -74 --separate-stderr genie-session nowhere
}

@test "a patch that was only queued costs nothing on the frontier" {
	iteration 00 accept 40 null
	iteration 01 accept 50 1
	jq '.patches += [{"patch_id":"P2","type":"update_tvf_sql","target":"main.gold.f","risk":"high"}]' w/iter-01/patches.json >p && mv p w/iter-01/patches.json
	jq '.patches += [{"patch_id":"P2","status":"queued"}]' w/iter-01/apply.json >p && mv p w/iter-01/apply.json
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[]|[.iteration,.patch_cost]]' <<<"$output")" = '[[0,0],[1,1]]' ]
}

# chosen NN ITERATION: after iteration NN another one was preferred
chosen() {
	jq -n --argjson n "$2" '{schema: "genie/choice/1", iteration: $n, accepted_iteration: 2, prefer: ["patch_cost"], evidence: "report", reasons: ["why"]}' >"w/iter-$1/choice.json"
}

@test "a choice says what is live; what the next iteration began from follows from it" {
	iteration 00 accept 40 null
	iteration 01 accept 50 1
	iteration 02 accept 60 2
	jq '.accepted_iteration = 2' w/iter-02/decision.json >d && mv d w/iter-02/decision.json
	chosen 02 1
	run -0 genie-session --max-iterations 2 w
	[ "$(jq -c '[.maturity_level, .accepted_iteration, .final_accuracy, .best_iteration, [.iterations[].kept], [.patch_history[].kept], .patched_objects]' <<<"$output")" = \
		'["L3",1,50,2,[true,true,false],[true,false],["main.gold.t01"]]' ]
	[ "$(jq -c '.choice' <<<"$output")" = '{"iteration":1,"instead_of":2,"prefer":["patch_cost"],"evidence":"report","reasons":["why"],"taken_back":[2]}' ]
	# the loop went on from it: costs and what is live are those of this way
	iteration 03 rollback 45 3
	iteration 04 accept 70 4
	run -0 genie-session w
	[ "$(jq -c '[.choice, .accepted_iteration, [.iterations[].kept], [.pareto_frontier[] | [.iteration, .patch_cost]]]' <<<"$output")" = \
		'[null,4,[true,true,false,false,true],[[0,0],[1,1],[4,2]]]' ]
	rm -r w/iter-04
	run -0 genie-session w
	[ "$(jq .accepted_iteration <<<"$output")" = 1 ]
	chosen 02 7
	run -65 --separate-stderr genie-session w
	[[ $stderr == *"iter-02/choice.json: iteration"* ]]
}

@test "the frontier has repeatability where it was measured, and nothing is better for want of it" {
	iteration 00 accept 50 null
	iteration 01 accept 50 1
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[] | [.iteration, .repeatability]]' <<<"$output")" = '[[0,null]]' ] # 1 costs more, and that is all
	echo '{"schema":"genie/repeatability/1","config_id":"c01","repeatability_pct":90}' >w/iter-01/repeatability.json
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[] | [.iteration, .repeatability]]' <<<"$output")" = '[[0,null],[1,90]]' ] # nobody knows about 0
	echo '{"schema":"genie/repeatability/1","config_id":"c00","repeatability_pct":95}' >w/iter-00/repeatability.json
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[] | [.iteration, .repeatability]]' <<<"$output")" = '[[0,95]]' ]
	# final/ has that of the configuration it names
	rm w/iter-00/repeatability.json
	mkdir w/final
	echo '{"schema":"genie/repeatability/1","config_id":"c00","repeatability_pct":80}' >w/final/repeatability.json
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[] | [.iteration, .repeatability]]' <<<"$output")" = '[[0,80],[1,90]]' ]
}

@test "what can be chosen is beaten only by what can be; corrected questions make the rest incomparable" {
	iteration 00 accept 40 null
	iteration 01 accept 50 1
	iteration 02 rollback 90 2
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[] | [.iteration, .accepted]]' <<<"$output")" = '[[0,true],[1,true],[2,false]]' ]
	# cheaper than iteration 1 and better, and still no reason to forget it
	echo '{"patches":[]}' >w/iter-02/apply.json
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[].iteration]' <<<"$output")" = '[0,1,2]' ]
	echo '{"schema":"genie/triage/1","status":"corrected","rescored":{"before":50,"after":54}}' >w/iter-02/triage.json
	run -0 genie-session w
	[ "$(jq -c '[.pareto_frontier[] | select(.comparable) | [.iteration, .correctness, .comparable, .rows]]' <<<"$output")" = \
		'[[1,54,true,"iter-02/corrected/rows.jsonl"]]' ] || { jq -c '.pareto_frontier[]' <<<"$output"; return 1; }
}

# retried NN SET ACTION: iteration NN is a part of a set, tried alone
retried() {
	jq --argjson s "$2" '.retry_of = $s | .no_improvement_streak = 1 | .levers = [.lever]' "w/iter-$1/decision.json" >d && mv d "w/iter-$1/decision.json"
}

@test "parts that are tried alone belong to their set: no lever pulled, no proposal more" {
	iteration 00 accept 40 null
	iteration 01 rollback 40 1
	jq '.retry = {units: [["P1"],["P2"]], left_out: []}' w/iter-01/decision.json >d && mv d w/iter-01/decision.json
	iteration 02 rollback 40 1
	retried 02 1
	run -0 genie-session --max-iterations 1 w
	[ "$(jq -c '[.status,.iterations[2].retry_of,.iterations[2].next_action]' <<<"$output")" = '["in_progress",1,"a part of the set, alone"]' ]
	iteration 03 accept 50 1
	retried 03 1
	run -0 genie-session --max-iterations 1 w
	[ "$(jq -c '[.status,.best_iteration,(.lever_audit["1"]|[.attempted,.proposals_generated,.proposals_applied]),.lever_impacts["1"].kept]' <<<"$output")" = \
		'["max_iterations",3,[true,1,1],true]' ]
	run -0 genie-session --max-iterations 2 w
	[ "$(jq -r .status <<<"$output")" = in_progress ]
}

@test "used-up iterations are accepted from 90 % on, with the remaining issues" {
	iteration 00 accept 40 null
	iteration 01 accept 92 1
	run -0 genie-session --max-iterations 1 w
	[ "$(jq -r .convergence_reason <<<"$output")" = "1 iterations are used up; 92.00 % is accepted with the remaining issues: f01" ]
	iteration 01 accept 80 1
	run -0 genie-session --max-iterations 1 w
	[ "$(jq -r .convergence_reason <<<"$output")" = "1 iterations are used up; 80.00 % is below the 90 % at which it would be accepted" ]
	# every lever was pulled or has a reason
	jq -e '.lever_audit | all(.[]; .attempted or (.skip_reason | length) > 0)' <<<"$output"
}

@test "levers that share an iteration are both on record" {
	iteration 00 accept 40 null
	iteration 01 accept 50 1
	jq '.levers = [1,3]' w/iter-01/decision.json >d && mv d w/iter-01/decision.json
	jq '.patches = [{patch_id:"P1",lever:1,type:"add_synonym",risk:"low"},{patch_id:"P2",lever:3,type:"update_tvf_comment",risk:"low"},{patch_id:"P3",lever:3,type:"update_tvf_comment",risk:"low"}]' w/iter-01/patches.json >d && mv d w/iter-01/patches.json
	run -0 genie-session w
	[ "$(jq -c '[.lever_audit["1","2","3"] | [.attempted,.proposals_generated,.proposals_applied]]' <<<"$output")" = '[[true,1,1],[false,0,0],[true,2,0]]' ]
	[ "$(jq -c '.lever_impacts | keys' <<<"$output")" = '["1","3"]' ]
}

@test "an escalation has the errors, the fixes, a hypothesis, the scores and what to do" {
	iteration 00 accept 40 null
	iteration 01 rollback 30 1
	iteration 02 rollback 30 2
	jq '.no_improvement_streak = 2 | .reasons = ["regression: x"]' w/iter-02/decision.json >d && mv d w/iter-02/decision.json
	mkdir w/final
	echo '{"schema":"genie/clusters/1","clusters":[
		{"cluster_id":"C001","root_cause":"wrong_join","lever":1,"question_ids":["a","b"],"asi_blame_set":["main.gold.t"],"asi_counterfactual_fixes":["join t to u"],"evidence":[{"question_id":"a","judge":"j","rationale":"no join"}]}],
		"long_tail":[{"cluster_id":"C002","root_cause":"missing_temporal_filter","lever":2,"question_ids":["c"],"asi_blame_set":[],"evidence":[],"attempts":2,
		"known_limitation":{"id":"KGL-3","text":"nested dates","workaround":"an instruction with explicit SQL","attempts":[]}}],"judge_quality_feedback":[]}' >w/final/clusters.json
	run -0 genie-session --max-iterations 2 --escalation w
	echo "$output" >e.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/escalation.json" e.json
	[ "$(jq -c '[.status, [.errors[] | [.question_id, .root_cause, .rationale]]]' e.json)" = \
		'["stalled",[["a","wrong_join","no join"],["b","wrong_join",null],["c","missing_temporal_filter",null]]]' ]
	[ "$(jq -c '[.fixes_tried[] | [.iteration, .action, .changes[0].target]]' e.json)" = '[[1,"rollback","main.gold.t01"],[2,"rollback","main.gold.t02"]]' ]
	[ "$(jq -c '[.hypothesis[] | [.cluster_id, .questions, .attempts]]' e.json)" = '[["C001",2,0],["C002",1,2]]' ]
	[ "$(jq -c '[.scores.baseline_accuracy, .scores.final_accuracy, .deploy_status]' e.json)" = '[40,40,null]' ]
	[[ $(jq -r '.recommendation[0]' e.json) == *"C002: a known limitation of Genie (KGL-3): an instruction with explicit SQL" ]]
	[[ $(jq -r '.recommendation | join(" ")' e.json) == *"Look at C001 first: 2 failing question(s), wrong_join at main.gold.t."*"Lever 3 was never tried"* ]]
}

@test "train, val and held-out questions are scored apart, at the baseline and as it is live" {
	iteration 00 accept 40 null
	iteration 01 accept 50 1
	iteration 02 rollback 30 3
	local n
	# rows TRAIN-OUTCOMES VAL-OUTCOMES
	rows() {
		local k=0 split="train" result
		for result in $1 / $2; do
			[ "$result" != / ] || { split="val"; continue; }
			k=$((k + 1))
			printf '{"question_id":"q%d","question":"?","split":"%s","judges":{"result_correctness":{"value":"%s"}}}\n' "$k" "$split" "$result"
		done
	}
	rows 'no no yes no' 'yes no' >w/iter-00/rows.jsonl
	rows 'yes yes yes no' 'yes no' >w/iter-01/rows.jsonl
	rows 'no no no no' 'no no' >w/iter-02/rows.jsonl
	run -0 genie-session -o w/optimization-progress.json w
	n=$(jq -c '[.train, .val | .before, .after | [.correct, .evaluated, .overall_accuracy]]' w/optimization-progress.json)
	[ "$n" = '[[1,4,25],[3,4,75],[1,2,50],[1,2,50]]' ] || { echo "$n"; return 1; }
	jq -e '.held_out == {before: null, after: null}' w/optimization-progress.json
	run -0 genie-report w
	[[ $output == *'## Accuracy by split'* ]]
	[[ $output == *'| train | 25 % | 75 % | 3 of 4 |'* ]]
	[[ $output == *'| val | 50 % | 50 % | 1 of 2 |'* ]]
	# a row that cannot be read is named; without rows nothing is told
	echo '{' >>w/iter-01/rows.jsonl
	run -65 --separate-stderr genie-session w
	[[ $stderr == *"iter-01/rows.jsonl:7"* ]]
	rm w/iter-0?/rows.jsonl
	genie-session -q w | jq -e '[.train, .val | .before, .after] | all(. == null)'
}
