load ../lib.bash
load genie-report.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

report() { genie-report -q --html report.html -o report.md w; }

@test "what proposals promised stands beside what came of them" {
	folder
	jq '.patches[0].net_impact = 1.5 | .patches[1].net_impact = 0.5 | .patches[1].questions_at_risk = ["q1","q0"] | .patches[2].net_impact = 9 | .patches[0].cluster_id = "C007"' \
		w/iter-01/patches.json >p && mv p w/iter-01/patches.json
	report
	run -0 section "Predicted and actual"
	# the queued patch promises nothing: it was not applied
	[[ $output == *'| 1 | 1 tables and columns | 2 | +2.0 | 3 | 0 | +3 | undecidable | yes |'* ]]
	[[ $output == *'| 1 | P002 | update_column_comment | +0.5 | 1 | 1 | 2 | 0 |  |'* ]]
	[[ $output == *'| C007 |'* ]]
	[[ $output != *'| 1 | P003 |'* ]]
	rm w/iter-0*/patches.json
	report
	[[ $(section "Predicted and actual") == *'Nothing was proposed.'* ]]
}

@test "where MLflow has it: experiment, models and runs are links, what waits is said to wait" {
	folder
	report
	[[ $(section Experiment) == *'Nothing was logged to MLflow'* ]]
	echo '{"schema":"genie/tracking/1","experiment_url":"https://ws.example/ml/experiments/7","experiment_name":"/Users/me/genie|x","run_id":"r0","dataset":"main.opt.bench","prompts":[{"name":"main.opt.arbiter","version":"3"}],"problems":["no right to write"]}' >w/track.json
	echo '{"schema":"genie/tracking/1","iteration":1,"status":"logged","model_id":"m-1","model_name":"genie-cost-iter1","evaluations":[{"scope":"p0","status":"spooled","run_id":"spool:123"},{"scope":"full","status":"logged","run_id":"r1"}],"problems":[]}' >w/iter-01/track.json
	mkdir w/final
	echo '{"schema":"genie/tracking/1","promoted_model_id":"m-1","evaluations":[],"problems":[]}' >w/final/track.json
	report
	run -0 section Experiment
	[[ $output == *'- Experiment: [/Users/me/genie\|x](<https://ws.example/ml/experiments/7>)'* ]]
	[[ $output == *'- Prompts of the judges: `main.opt.arbiter` version 3'* ]]
	[[ $output == *'- Not logged: no right to write'* ]]
	[[ $output == *'| 1 | genie-cost-iter1 (promoted) | `m-1` |  | p0 waits in the spool, full [r1](<https://ws.example/ml/experiments/7/runs/r1>) | logged |'* ]]
	grep -q '<a rel="noreferrer" href="https://ws.example/ml/experiments/7/runs/r1">r1</a>' report.html
	# only http and https become links
	jq '.experiment_url = "javascript:alert(1)"' w/track.json >t && mv t w/track.json
	report
	[[ $(section Experiment) == *'`javascript:alert(1)`'* ]]
	run ! grep -q 'href="javascript' report.html
}

@test "repeatability is told by class" {
	folder
	report
	[[ $(section Repeatability) == *'Not measured'* ]]
	mkdir w/final
	echo '{"schema":"genie/repeatability/1","measured":3,"askings":9,"repeatability_pct":88.89,"result_repeatability_pct":100,"target_pct":90,"classes":{"IDENTICAL":2,"SIGNIFICANT":1},"result_classes":{"IDENTICAL":3},"unstable":["q7"]}' >w/final/repeatability.json
	report
	run -0 section Repeatability
	[[ $output == *'3 questions, asked 9 times: 88.89 % of the askings'*'(target 90 %)'* ]]
	[[ $output == *'| SIGNIFICANT | 50 to 69 % | 1 | 0 |'*'Not the same every time: q7.'* ]]
	[[ $(section Summary) == *'| repeatability | not measured | 88.89 % |  | 90 % | no |'* ]]
}

deployed() {
	mkdir -p w/final
	cat >w/final/deploy.json <<-'END'
		{"schema":"genie/deploy/1","status":"ESCALATED","target":"dev","native":false,"started_at":"2026-01-02T03:04:05Z",
		 "job":{"name":"genie_spaces_deployment_job","id":"77","url":"https://ws.example/jobs/77"},
		 "attempts":[
		  {"attempt":1,"phase":"run","command":"databricks bundle deploy -t dev","exit_status":0,"run_id":"501","run_url":"https://ws.example/jobs/77/runs/501",
		   "states":["PENDING","TERMINATED FAILED"],"duration_ms":200000,"task_errors":[{"task_key":"deploy","run_id":"502","message":"Invalid serialized_space: <b>unsorted</b> | tables"}],
		   "diagnosis":{"code":"unsorted","text":"tables are not sorted","advice":"sort them"},"fix":{"file":"src/genie/cost_genie_export.json","path":"data_sources.tables","change":"sorted"}},
		  {"attempt":2,"phase":"run","run_id":"503","states":["TERMINATED SUCCESS"],"duration_ms":4000,
		   "steps":[{"phase":"validate","command":"databricks bundle validate -t dev","exit_status":0,"duration_ms":900,"message":null},{"phase":"poll","command":"jobs get-run 503","exit_status":null,"duration_ms":3100,"message":"a | b"}]}],
		 "verification":{"before":76.92,"after":69.23,"delta":-7.69,"tolerance":2,"fixes":2,
		  "drift":[{"object":"comment of column main.gold.dim_team.team","change":"live","file":"gold/dim_team.yaml","path":"columns[0].comment"}],
		  "missing":[{"patch_id":"P002","file":"gold/dim_team.yaml","path":"columns[0].comment","text":"new words"}]},
		 "escalation":{"errors":[{"attempt":1,"phase":"run","task_key":"deploy","run_id":"502","run_url":"https://ws.example/jobs/77/runs/502","message":"Invalid serialized_space","code":"unsorted"}],
		  "fixes_tried":[{"attempt":1,"file":"src/genie/cost_genie_export.json","path":"data_sources.tables","change":"sorted"}],
		  "hypothesis":[{"code":"unsorted","attempts":1,"text":"tables are not sorted"}],
		  "scores":{"before":{"overall_accuracy":76.92,"repeatability_pct":null},"after":{"overall_accuracy":69.23}},
		  "deploy_status":{"status":"ESCALATED","target":"dev","bundle_deploy":"done","run_id":"503","run_url":"https://ws.example/jobs/77/runs/503"},
		  "recommendation":["Compare gold/dim_team.yaml with the workspace."]}}
	END
	# shellcheck disable=SC2046
	rows q0:pass:P0 $(many 1 8 pass) $(many 9 12 fail) >w/final/post_deploy.jsonl
	genie-score -q -o w/final/post_deploy.json w/final/post_deploy.jsonl
}

@test "the deployment is told: attempts, runs, what the deployed space answers, what is missing" {
	folder
	report
	[[ $(section Deployment) == *'Not deployed: there is no final/deploy.json.'* ]]
	deployed
	report
	run -0 section Deployment
	[[ $output == *'- Status: **ESCALATED** (a person has to look at it)'* ]]
	[[ $output == *'- Job: genie_spaces_deployment_job [77](<https://ws.example/jobs/77>)'* ]]
	[[ $output == *'| 1 | run | `databricks bundle deploy -t dev` | 0 | [501](<https://ws.example/jobs/77/runs/501>) | PENDING, TERMINATED FAILED | unsorted: tables are not sorted (sort them) | `src/genie/cost_genie_export.json` `data_sources.tables`: sorted | 3 min 20 s |'* ]]
	[[ $output == *'| 2 | run |  |  | `503` | TERMINATED SUCCESS |  |  | 4.0 s |'* ]]
	[[ $output == *'- Attempt 1, task deploy, run `502`: Invalid serialized_space: &lt;b&gt;unsorted&lt;/b&gt; \| tables'* ]]
	[[ $output == *'Asked again after the deployment: **69.23 %** (9 of 13 right'*'in the loop the same configuration had 76.92 %.'* ]]
	[[ $output == *'0 were fixed and 1 broken'*'**undecidable**'* ]]
	[[ $output == *'76.92 % before the deployment, 69.23 % after it (-7.7 points; a fall of more than 2 points counts as a discrepancy). The file that lacked a change was repaired and deployed again 2 times.'* ]]
	[[ $output == *'| P002 |  | `gold/dim_team.yaml` | `columns[0].comment` | new words |'* ]]
	[[ $output == *'differ in 1 value:'*'| comment of column main.gold.dim_team.team | live | `gold/dim_team.yaml` |'* ]]
	[[ $output == *'| 2 | validate | `databricks bundle validate -t dev` | 0 | 0.9 s |  |'*'| 2 | poll | `jobs get-run 503` |  | 3.1 s | a \| b |'* ]]
	# the six parts
	[[ $output == *'### Escalation of the deployment'*'| deploy (attempt 1) | unsorted | [502](<https://ws.example/jobs/77/runs/502>) | Invalid serialized_space |'* ]]
	[[ $output == *'- Tried after attempt 1: `src/genie/cost_genie_export.json` `data_sources.tables`: sorted'* ]]
	[[ $output == *'- Hypothesis, from 1 attempt: **unsorted** tables are not sorted'* ]]
	[[ $output == *'Scores: accuracy 76.92 % and repeatability not measured before the deployment, accuracy 69.23 % and repeatability not measured after it.'* ]]
	[[ $output == *'Deployment: ESCALATED to dev; bundle deploy: done; run of the job: [503](<https://ws.example/jobs/77/runs/503>).'* ]]
	[[ $output == *'- Compare gold/dim_team.yaml with the workspace.'* ]]
	run -0 bash -c 'sed -n "/^## Next steps/,\$p" report.md'
	[[ $output == *'See to the deployment: ESCALATED'* ]]
	[[ $output != *'Review and commit the repository files'* ]]
}

@test "a deployed space that answers as before is told so, with the interval of the difference" {
	folder
	deployed
	cp w/iter-01/rows.jsonl w/final/post_deploy.jsonl
	report
	[[ $(section Deployment) == *'All questions that both measured had the same outcome in both (difference -'*' at 95 %).'* ]]
	[[ $(section Deployment) != *'0 were fixed'* ]]
}

@test "what was brought back is told, and nothing is called equal that nobody compared" {
	folder
	mkdir w/final
	echo '{"schema":"genie/deploy/1","status":"SUCCESS","verification":{"before":50,"after":50,"delta":0,"tolerance":2,"fixes":1,"drift":[],"missing":[],"brought_back":[{"patch_id":"P002","file":"gold/dim_team.yaml","path":"columns[0].comment","text":"new words","round":0}]}}' >w/final/deploy.json
	report
	run -0 section Deployment
	[[ $output == *'Missing after an earlier round, and brought back:'*'| P002 |  | `gold/dim_team.yaml` |'* ]]
	[[ $output != *'hold the same'* ]]
	echo '{"schema":"genie/drift/1","status":"same","drift":[]}' >w/final/drift.json
	report
	[[ $(section Deployment) == *'Workspace and repository hold the same.'* ]]
}

@test "a deployment of which only the status is known is told as far as it is" {
	folder
	mkdir w/final
	echo '{"schema":"genie/deploy/1","status":"SUCCESS","job":"spaces_job"}' >w/final/deploy.json
	report
	run -0 section Deployment
	[[ $output == *'**SUCCESS** (deployed)'*'- Job: spaces_job'* ]]
	echo '{"schema":"genie/deploy/1","status":"NEW_WORD","attempts":[{}],"verification":null,"escalation":{}}' >w/final/deploy.json
	report
	[[ $(section Deployment) == *'**NEW_WORD**'*'| 0 |  |  |  |  |  |  |  | not measured |'* ]]
	echo '[]' >w/final/deploy.json
	run -65 --separate-stderr genie-report w
	[[ $stderr == *"w/final/deploy.json: expected object, found array"* ]]
}

@test "an escalation of the loop has its six parts" {
	folder
	mkdir -p w/final
	cp w/iter-02/clusters.json w/final/clusters.json
	genie-session -q --max-iterations 2 --escalation w >w/final/escalation.json
	report
	run -0 section Escalation
	[[ $output == *'Errors:'*'| q10 | wrong_join |'* ]]
	[[ $output == *'Tried: 2 iterations with 4 changes, 1 kept'* ]]
	[[ $output == *'What explains the failures'* ]]
	[[ $output == *'Scores: accuracy 53.85 % at the baseline, 76.92 % now;'* ]]
	[[ $output == *'Deployment: not deployed.'* ]]
	[[ $output == *'Recommended:'* ]]
	jq '.deploy_status = {"status":"JOB_FAILED","target":"dev"}' w/final/escalation.json >e && mv e w/final/escalation.json
	report
	[[ $(section Escalation) == *'Deployment: JOB_FAILED to dev.'* ]]
}

@test "sets that wait for a person are among the next steps" {
	folder
	mkdir w/queued
	echo '{"schema":"genie/patches/1","lever":3,"patches":[{"patch_id":"P001"},{"patch_id":"P002"}]}' >w/queued/lever-3.json
	touch w/gt_remediation_queue.yaml
	report
	run -0 bash -c 'sed -n "/^## Next steps/,\$p" report.md'
	[[ $output == *'Decide about the set of lever 3 (functions and filters) that waits for a person, 2 changes of high risk: `queued/lever-3.json`'* ]]
	[[ $output == *'Review the expected SQL of the questions in `gt_remediation_queue.yaml`'* ]]
}
