# shellcheck shell=bash
# A work folder for the tests of genie-report. Load with: load genie-report.bash

# evaluation NN ACTION-OPTIONS...: scores and decides w/iter-NN/rows.jsonl
evaluation() {
	local n=$1
	shift
	mkdir -p "w/iter-$n"
	cat >"w/iter-$n/rows.jsonl"
	genie-score -q -o "w/iter-$n/eval.json" "w/iter-$n/rows.jsonl"
	genie-decide -q --iteration $((10#$n)) --after "w/iter-$n/rows.jsonl" "$@" -o "w/iter-$n/decision.json"
}
session() { genie-session -q --max-iterations 5 -o w/optimization-progress.json w; }

# many FROM TO OUTCOME: questions qFROM to qTO
many() {
	for ((i = $1; i <= $2; i++)); do echo "q$i:$3"; done
}

# A baseline, a kept change of lever 1 (3 fixed) and one of lever 3 that broke a P0.
folder() {
	mkdir -p w
	printf 'SPACE=space-1\nDOMAIN=cost\n' >w/run.conf
	# shellcheck disable=SC2046
	rows q0:pass:P0 $(many 1 6 pass) $(many 7 12 fail) | evaluation 00
	echo '{"space_id":"space-1","title":"Cost | <b>and</b> usage","config_id":"c0ffee000001"}' >w/iter-00/space.json
	# shellcheck disable=SC2046
	rows q0:pass:P0 $(many 1 9 pass) $(many 10 12 fail) | evaluation 01 --lever 1 --before w/iter-00/rows.jsonl --previous w/iter-00/decision.json
	cat >w/iter-01/patches.json <<-'END'
		{"schema":"genie/patches/1","lever":1,"patches":[
		{"patch_id":"P001","type":"add_synonym","lever":1,"risk":"low","scope":"genie","target":"main.gold.fact_usage","column":"total_dbus","new_text":"units | `consumed`\nsecond <i>line</i>","questions":["q7","q8"],"live":{"kind":"patch_space"}},
		{"patch_id":"P002","type":"update_column_comment","lever":1,"risk":"low","scope":"uc","target":"main.gold.dim_team","column":"team","old_text":"old words","new_text":"new words","questions":["q8"],"live":{"kind":"sql"}},
		{"patch_id":"P003","type":"remove_table","lever":1,"risk":"high","scope":"genie","target":"main.gold.junk","questions":[],"live":{"kind":"patch_space"}}]}
	END
	cat >w/iter-01/apply.json <<-END
		{"schema":"genie/apply/1","status":"applied","patches":[
		{"patch_id":"P001","type":"add_synonym","status":"applied","live":{"kind":"patch_space","object":"space space-1","verified":true},"repo":{"file":"src/genie/cost_genie_export.json","verified":true}},
		{"patch_id":"P002","type":"update_column_comment","status":"applied","live":{"kind":"sql","statement":"COMMENT ON COLUMN main.gold.dim_team.team IS 'new words'","verified":true},"repo":{"file":"gold/dim_team.yaml","verified":false}},
		{"patch_id":"P003","type":"remove_table","status":"queued","reason":"high risk"}],
		"objects":[{"kind":"column_comment","name":"main.gold.dim_team","column":"team","before":"old words","after":"new words"}],
		"files":[{"path":"gold/dim_team.yaml","after_sha256":"$(printf abcdef0123456789%048d 0)"}]}
	END
	# shellcheck disable=SC2046
	rows q0:fail:P0 $(many 1 9 pass) $(many 10 12 fail) | evaluation 02 --lever 3 --before w/iter-01/rows.jsonl --previous w/iter-01/decision.json
	echo '{"schema":"genie/patches/1","lever":3,"patches":[{"patch_id":"P001","type":"update_tvf_comment","target":"main.gold.cost_by","new_text":"x","questions":["q10"]}]}' >w/iter-02/patches.json
	echo '[{"lever":2,"skip_reason":"no_proposals_generated"}]' >w/iter-02/skipped.json
	cat >w/iter-02/clusters.json <<-'END'
		{"schema":"genie/clusters/1","clusters":[{"cluster_id":"C001","root_cause":"wrong_join","lever":1,"question_ids":["q10","q11"],"affected_judges":["schema_accuracy"],"confidence":0.8,"severity":"major","asi_blame_set":["main.gold.a"],"asi_counterfactual_fixes":["join a to b on k"]}],
		"long_tail":[{"cluster_id":"C002","root_cause":"missing_synonym","lever":1,"question_ids":["q12"],"affected_judges":["completeness"],"confidence":0.5,"severity":"minor","asi_blame_set":[],"asi_counterfactual_fixes":[]}],"judge_quality_feedback":[]}
	END
	session
}

# section NAME: the report's section of this heading
section() { sed -n "/^## $1\$/,/^## /p" report.md | sed '$d'; }
