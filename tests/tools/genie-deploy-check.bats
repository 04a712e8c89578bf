# genie-deploy --check and --verify: an evaluation against thresholds, and against the one before.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	rows a:pass b:pass c:pass d:fail >rows.jsonl
	genie-score -q rows.jsonl >eval.json
}

# deployed: a deploy.json that succeeded
deployed() {
	jq -n '{schema: "genie/deploy/1", tool: {name: "genie-deploy", version: "0.1.0"}, status: "SUCCESS", next: null, target: "dev", bundle: "b",
		host: "http://h", deployment_id: ("0" * 64), max_attempts: 3, started_at: "2026-11-20T17:00:00Z", finished_at: null, job: null,
		native: true, spaces: [], verification: null, escalation: null, attempts: [{attempt: 1, phase: "deploy", command: "c", exit_status: 0,
		message: null, idempotency_token: null, run_id: null, run_url: null, states: [], task_errors: [], diagnosis: null, fix: null,
		steps: [], started_at: "2026-11-20T17:00:00Z", duration_ms: 1}]}' >deploy.json
}

keeps() { "$ROOT/tests/schema-check" "$ROOT/schemas/deploy.json" "$@"; }

@test "one line a threshold, and a status" {
	run -1 --separate-stderr genie-deploy --check <eval.json
	[ "${lines[0]}" = "not ok overall_accuracy: 75, target 90" ]
	[[ $output == *"below result_correctness: 75, target 85"* ]]
	[[ $output == *"skipped asset_routing: no verdict (target 95)"* ]]
	[[ $stderr == *"1 of "*" thresholds are not reached"* ]]
	run -0 genie-deploy --check --min-accuracy 75 <eval.json
	[ "${lines[0]}" = "ok overall_accuracy: 75, target 75" ]
	# the judges' targets count when they are asked for
	run -1 genie-deploy --check --strict --min-accuracy 75 <eval.json
	[[ $output == *"not ok result_correctness: 75, target 85"* ]]
	rows a:pass b:pass >good.jsonl
	genie-score -q good.jsonl | genie-deploy --check --min-accuracy 100 >out
	[ "$(head -1 out)" = "ok overall_accuracy: 100, target 100" ]
	genie-score -q </dev/null >none.json
	run -1 genie-deploy --check none.json
	[[ $output == *"no question was measured"* ]]
	run -65 genie-deploy --check rows.jsonl
}

@test "JUnit says the same" {
	run -1 genie-deploy --check --strict --junit report.xml eval.json
	python3 - <<-'EOF'
		import xml.etree.ElementTree as x
		suite = x.parse("report.xml").getroot()[0]
		cases = suite.findall("testcase")
		assert int(suite.get("tests")) == len(cases) > 5
		assert int(suite.get("failures")) == len(suite.findall("testcase/failure")) == 2
		assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped")) > 0
		assert cases[0].get("name") == "overall_accuracy"
		assert cases[0][0].get("message") == "75 is below 90"
	EOF
	run -74 genie-deploy --check --junit nowhere/report.xml eval.json
}

@test "a deployed space that answers as well is verified" {
	deployed
	genie-deploy --verify --before eval.json --after eval.json -o deploy.json deploy.json
	[ "$(jq -c '.status, .verification.delta, .verification.missing, .verification.tolerance' deploy.json | xargs)" = "SUCCESS 0 [] 2" ]
	keeps deploy.json
	jq '.overall_accuracy = 73' eval.json >near.json
	genie-deploy --verify --before eval.json --after near.json deploy.json >out.json
	[ "$(jq -r .status out.json)" = SUCCESS ]
}

@test "one that answers worse is a discrepancy, and a person's after two fixes" {
	deployed
	jq '.overall_accuracy = 72.9' eval.json >worse.json
	jq -n '{schema: "genie/drift/1", tool: {name: "genie-patch", version: "0.1.0"}, status: "drift", compared: 9,
		counts: {live: 1, repository: 1, both: 0, unknown: 0}, drift: [
		{object: "space", kind: "space", name: "s", change: "live", missing: false, live: "new text", repository: "old", file: "src/genie/e.json",
		 path: "instructions.text_instructions", patch: {patch_id: "P001", type: "update_instruction"}},
		{object: "table", kind: "table_comment", name: "t", change: "repository", missing: false, live: "a", repository: "b", file: "t.yaml", path: "x"}]}' >drift.json
	run -1 genie-deploy --verify --before eval.json --after worse.json --drift drift.json --fixes 1 -o deploy.json deploy.json
	[[ $output == *"DISCREPANCY: accuracy 72.9 after the deployment, 75 before it: not in the repository: src/genie/e.json"* ]]
	[ "$(jq -c '.verification.missing' deploy.json)" = '[{"patch_id":"P001","file":"src/genie/e.json","path":"instructions.text_instructions","object":"space","text":"new text"}]' ]
	[ "$(jq -c '[.status, .escalation, (.verification.drift | length)]' deploy.json)" = '["DISCREPANCY",null,2]' ]
	keeps deploy.json
	# what the loop had accepted is a loss on whichever side it is missing; told is what was accepted
	jq '.drift[0] += {change: "lost", live: "old", snapshot: "accepted text", by_loop: true} | .drift[1] += {by_loop: true, snapshot: "a"}' drift.json >lost.json
	run -1 genie-deploy --verify --before eval.json --after worse.json --drift lost.json -o deploy.json deploy.json
	[ "$(jq -c '[.verification.missing[] | [.file, .text]]' deploy.json)" = '[["src/genie/e.json","accepted text"],["t.yaml","a"]]' ]
	keeps deploy.json
	run -1 genie-deploy --verify --before eval.json --after worse.json --drift drift.json --fixes 2 -o deploy.json deploy.json
	[ "$(jq -c '[.status, .escalation.scores.before.overall_accuracy, .escalation.scores.after.overall_accuracy]' deploy.json)" = '["ESCALATED",75,72.9]' ]
	[[ "$(jq -r '.escalation.recommendation[0]' deploy.json)" == *"src/genie/e.json"* ]]
	keeps deploy.json
}

@test "of what a deployment has overwritten, the accepted text is missing" {
	deployed
	jq '.overall_accuracy = 60' eval.json >worse.json
	jq -n '{schema: "genie/drift/1", tool: {name: "genie-patch", version: "0.1.0"}, status: "drift", compared: 9,
		counts: {live: 0, repository: 0, both: 0, unknown: 0, lost: 1}, drift: [
		{object: "space", kind: "space", name: "s", change: "lost", missing: false, live: "old", repository: "old", snapshot: "accepted",
		 file: "src/genie/e.json", path: "instructions", patch: {patch_id: "P001", type: "update_instruction"}}]}' >drift.json
	run -1 genie-deploy --verify --before eval.json --after worse.json --drift drift.json -o deploy.json deploy.json
	[ "$(jq -c '.verification.missing | map([.patch_id, .text])' deploy.json)" = '[["P001","accepted"]]' ]
	keeps deploy.json
}

@test "what was not deployed or not measured cannot be verified" {
	deployed
	run -2 genie-deploy --verify deploy.json
	jq '.overall_accuracy = null' eval.json >none.json
	run -65 genie-deploy --verify --before eval.json --after none.json -o out.json deploy.json
	[ ! -e out.json ]
	jq '.status = "JOB_FAILED"' deploy.json >failed.json
	run -65 genie-deploy --verify --before eval.json --after eval.json failed.json
	[[ $output == *"JOB_FAILED: only what was deployed can be verified"* ]]
}
