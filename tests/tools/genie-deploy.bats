# genie-deploy with a scripted CLI: what is done, what is made of failures, what is mended.
load ../lib.bash
load genie-deploy.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=3
	scripted
}

keeps() { "$ROOT/tests/schema-check" "$ROOT/schemas/deploy.json" "$@"; }

@test "stands on the floor" {
	unset DATABRICKS_HOST DATABRICKS_TOKEN
	floor genie-deploy --target dev
	run -2 genie-deploy --bundle b
	[[ $output == *"--target is needed"* ]]
	run -2 genie-deploy --target dev --check --verify
	run -65 genie-deploy --target dev --bundle nowhere
	[[ $output == *"nowhere/databricks.yml: there is no such file"* ]]
}

@test "a bundle with native spaces is deployed without a job" {
	deploy
	[ "$(field '.status, .native, .job, (.attempts | length), .spaces[0].id' | xargs)" = "SUCCESS true null 1 01ef00000000000000000000000000ab" ]
	[ "$(cat calls)" = "bundle validate -t dev
bundle deploy -t dev
bundle summary -o json -t dev" ]
	[ "$(field '[.attempts[0].steps[] | [.phase, .exit_status]] | tojson')" = '[["validate",0],["deploy",0],["find_job",0]]' ]
	[ ! -e deploy.json.progress ]
	keeps deploy.json
	# the next one is a new one
	first=$(field .deployment_id)
	deploy
	[ "$(ran deploy)" -eq 2 ]
	[ "$(field .deployment_id)" != "$first" ]
}

@test "--yes and --profile reach the CLI, credentials do not" {
	printf '[p]\nhost = http://127.0.0.1:9\ntoken = dapi-hush-p\n' >.databrickscfg
	unset DATABRICKS_HOST DATABRICKS_TOKEN DATABRICKS_CONFIG_FILE
	deploy --yes --profile p
	grep -qx 'bundle deploy --auto-approve -t dev -p p' calls
	run ! grep -q hush calls deploy.json
}

@test "unsorted arrays are sorted in place and deployed again" {
	cp b/src/genie/cost_genie_export.json good.json
	export_edit '.data_sources.tables |= reverse | .instructions.sql_functions |= reverse'
	says deploy.1 1 $'Warning: x\nError: cannot update resources.genie_spaces.cost: data_sources.tables must be sorted by identifier'
	deploy
	[ "$(field .status)" = SUCCESS ]
	[ "$(field '.attempts | map([.phase, .exit_status, .diagnosis.code]) | tojson')" = '[["deploy",1,"unsorted_arrays"],["deploy",0,null]]' ]
	[ "$(field '.attempts[0].message')" = "Error: cannot update resources.genie_spaces.cost: data_sources.tables must be sorted by identifier" ]
	[ "$(field '.attempts[0].fix | .file, .path, .change')" = "src/genie/cost_genie_export.json
\$.data_sources.tables
sorted by identifier" ]
	[ "$(field '.attempts[0].fix.changes | length')" -eq 2 ]
	# byte by byte what it was before the test put it into disorder
	cmp good.json b/src/genie/cost_genie_export.json
	keeps deploy.json
}

@test "a configuration that stands in the resource is mended there, and nothing else of the file is touched" {
	local yml=b/resources/cost_genie_space.yml text
	text=$(jq -c '.instructions.sql_functions |= sort_by(.id, .identifier)' b/src/genie/cost_genie_export.json)
	rm b/src/genie/cost_genie_export.json
	inline() { T=$1 awk '/file_path:/ { t = ENVIRON["T"]; gsub(/\047/, "&&", t); print "      serialized_space: \047" t "\047 # as exported"; next } { print }' old.yml; }
	mv "$yml" old.yml
	inline "$text" >good.yml
	inline "$(jq -c '.data_sources.tables |= reverse' <<<"$text")" >"$yml"
	run ! cmp -s good.yml "$yml"
	says deploy.1 1 'Error: cannot update resources.genie_spaces.cost: data_sources.tables must be sorted by identifier'
	deploy
	[ "$(field .status)" = SUCCESS ]
	[ "$(field '.attempts[0].fix | .file, .path, .change' | xargs)" = 'resources/cost_genie_space.yml $.data_sources.tables sorted by identifier' ]
	diff good.yml "$yml"
	keeps deploy.json
}

@test "sorting is by the names that the workspace sees" {
	sed -i 's/default: main$/default: zebra/' b/databricks.yml
	export_edit '.data_sources.tables |= [{identifier: "${catalog}.${gold_schema}.t"}, {identifier: "aa.b.t"}]'
	says deploy.1 1 'Error: data_sources.tables must be sorted'
	deploy
	[ "$(jq -c '[.data_sources.tables[].identifier]' b/src/genie/cost_genie_export.json)" = '["aa.b.t","${catalog}.${gold_schema}.t"]' ]
}

@test "missing and bad ids are given, the same ones every time" {
	export_edit 'del(.instructions.sql_functions[0].id) | .config.sample_questions[1].id = "Q-1"'
	cp b/src/genie/cost_genie_export.json bad.json
	says deploy.1 1 'Error: INTERNAL_ERROR: Failed to retrieve schema'
	deploy
	[ "$(field .status)" = SUCCESS ]
	jq -e '[.. | objects | select(has("id")).id] | all(test("^[0-9a-f]{32}$"))' b/src/genie/cost_genie_export.json
	jq -e '[.instructions.sql_functions[].id] | length == 3 and . == sort and all(. != null)' b/src/genie/cost_genie_export.json
	cp b/src/genie/cost_genie_export.json once.json
	cp bad.json b/src/genie/cost_genie_export.json
	rm count.deploy
	deploy
	cmp once.json b/src/genie/cost_genie_export.json
}

@test "too many entries are listed, and cut only with --truncate" {
	export_edit '.instructions.sql_functions = [range(53) | {id: ("0" * 30 + (100 + . | tostring)[1:]), identifier: "${catalog}.${gold_schema}.f\(.)"}]'
	cp b/src/genie/cost_genie_export.json before.json
	says deploy.1 1 'Error: Exceeded maximum number (50) of functions'
	run -1 deploy
	[[ $output == *"DEPLOY_FAILED"*"would have to lose 3 of 53 entries (50 are allowed)"*"f50, "*"f52"*"--truncate"* ]]
	cmp before.json b/src/genie/cost_genie_export.json
	[ "$(field '.status, .attempts[0].diagnosis.code, .attempts[0].fix' | xargs)" = "DEPLOY_FAILED too_many null" ]
	keeps deploy.json
	rm count.deploy
	deploy --truncate
	[ "$(field .status)" = SUCCESS ]
	[ "$(jq '.instructions.sql_functions | length' b/src/genie/cost_genie_export.json)" -eq 50 ]
	[[ "$(field '.attempts[0].fix.change')" == "cut the last 3 of 53 entries"*"f52" ]]
	[ "$(jq -c 'del(.instructions.sql_functions)' before.json)" = "$(jq -c 'del(.instructions.sql_functions)' b/src/genie/cost_genie_export.json)" ]
}

@test "malformed JSON is named with line and column" {
	sed -i '5s/",$/",,/' b/src/genie/cost_genie_export.json
	says validate 1 'Error: json: cannot parse: not valid JSON'
	run -1 deploy
	[ "$(field .status)" = VALIDATE_FAILED ]
	[[ "$(field .attempts[0].diagnosis.text)" =~ src/genie/cost_genie_export.json:\ line\ 5,\ column\ [0-9]+ ]]
	[ "$(field '.attempts[0].diagnosis.places[0]')" = src/genie/cost_genie_export.json:5 ]
	[ "$(field '.attempts | length')" -eq 1 ]
}

@test "a variable without a value is named, with its place" {
	sed -i 's/\${var.warehouse_id}/${var.warehose_id}/' b/resources/cost_genie_space.yml
	says validate 1 'Error: reference does not exist: ${var.warehose_id}'
	run -1 deploy
	[ "$(field '.status, .attempts[0].diagnosis.code' | xargs)" = "VALIDATE_FAILED unresolved_variable" ]
	[[ "$(field .attempts[0].diagnosis.text)" == *'${var.warehose_id} (resources/cost_genie_space.yml:9)'* ]]
}

@test "a file that is not there is named, with the place that names it" {
	sed -i 's/evaluate_genie_space.py/evaluate_it.py/' b/resources/genie_evaluation_job.yml
	says validate 1 'Error: file src/genie/evaluate_it.py not found'
	run -1 deploy
	[ "$(field '.attempts[0].diagnosis.code')" = missing_file ]
	[[ "$(field .attempts[0].diagnosis.text)" == *"src/genie/evaluate_it.py (resources/genie_evaluation_job.yml:"* ]]
}

@test "names that collide are both shown" {
	sed 's/Platform Cost/Platform Cost 2/' b/resources/cost_genie_space.yml >b/resources/second.yml
	says validate 1 $'Error: multiple resources or scripts have been defined with the same key: cost\n  at resources.genie_spaces.cost\n  in resources/cost_genie_space.yml:3:5\n     resources/second.yml:3:5'
	run -1 deploy
	[ "$(field '.attempts[0].diagnosis.code')" = name_collision ]
	[[ "$(field .attempts[0].message)" == *cost_genie_space.yml*second.yml* ]]
	says validate 0 ''
	says deploy 1 "Error: RESOURCE_ALREADY_EXISTS: a space named 'Platform Cost' already exists"
	rm b/resources/second.yml
	run -1 deploy
	[[ "$(field .attempts[0].diagnosis.text)" == *"Platform Cost (resources/cost_genie_space.yml:"* ]]
}

@test "a failing statement is shown" {
	says deploy 1 'Error: [TABLE_OR_VIEW_NOT_FOUND] main.gold.get_daily_cost_trend: The table or view main.gold.nope cannot be found.'
	run -1 deploy
	[ "$(field '.attempts[0].diagnosis.code')" = sql_statement ]
	[[ "$(field .attempts[0].diagnosis.text)" == *"src/semantic/tvfs/get_daily_cost_trend.sql:"*"CREATE OR REPLACE FUNCTION"* ]]
}

@test "refused credentials stop at once, say how to log in, and are gone on from" {
	local text
	for text in '401 Unauthorized' '403 Forbidden' 'the access token has expired'; do
		says deploy 1 "Error: $text"
		run -69 --separate-stderr deploy
		[[ $stderr == *"databricks auth login --host http://127.0.0.1:9"* ]]
		[ ! -e deploy.json ]
		[ "$(jq -r '.status, .next' deploy.json.progress | xargs)" = "IN_PROGRESS deploy" ]
	done
	keeps deploy.json.progress
	[ "$(ran validate)" -eq 1 ]
	rm said/deploy
	deploy
	[ "$(field '.status, (.attempts | length)' | xargs)" = "SUCCESS 1" ]
	[ "$(ran validate)" -eq 1 ]
	[ ! -e deploy.json.progress ]
}

@test "a workspace that is away is waited for by the caller" {
	says deploy 1 'Error: Put "http://127.0.0.1:9/api": dial tcp 127.0.0.1:9: connect: connection refused'
	run -75 deploy
	[[ $output == *"run this again"* ]]
	[ ! -e deploy.json ]
}

@test "another deployment is waited for by the caller, too" {
	says deploy.1 1 'Error: Failed to acquire deployment lock: deploy lock acquired by me at 10:00'
	run -75 deploy
	[[ $output == *"--force-lock"* ]]
	deploy
	[ "$(field '.status, (.attempts | length)' | xargs)" = "SUCCESS 1" ]
}

@test "a message that nobody knows is escalated at once, in its own words" {
	says deploy 1 'Error: the moon is in the wrong phase'
	echo '{"schema":"genie/eval/1","overall_accuracy":91.5,"repeatability_pct":null,"total_questions":40,"correct":37}' >eval.json
	run -1 deploy --before eval.json
	[ "$(ran deploy)" -eq 1 ]
	[ "$(field '.status, .attempts[0].diagnosis.code' | xargs)" = "ESCALATED unknown" ]
	[ "$(field '.escalation | keys | join(" ")')" = "deploy_status errors fixes_tried hypothesis recommendation scores" ]
	[ "$(field '.escalation.errors[0].message')" = "Error: the moon is in the wrong phase" ]
	[ "$(field '.escalation.scores.before.overall_accuracy')" = 91.5 ]
	[ "$(field '.escalation.deploy_status | .bundle_validate, .bundle_deploy' | xargs)" = "done failed" ]
	[[ "$(field '.escalation.recommendation[0]')" == *"deploy phase"* ]]
	keeps deploy.json
}

@test "what can be mended but fails again and again ends after the last attempt" {
	export_edit '.data_sources.tables |= reverse'
	# each attempt finds the arrays in disorder: somebody else writes the file, too
	cp b/src/genie/cost_genie_export.json bad.json
	sed -i "2a cp \"\$(dirname \"\$0\")/bad.json\" \"\$(dirname \"\$0\")/b/src/genie/cost_genie_export.json\"" databricks
	says deploy 1 'Error: data_sources.tables must be sorted'
	run -1 deploy
	[ "$(ran deploy)" -eq 3 ]
	[ "$(field '.status, (.attempts | length), (.escalation.errors | length), (.escalation.fixes_tried | length), .escalation.hypothesis[0].attempts' | xargs)" = "ESCALATED 3 3 2 3" ]
	keeps deploy.json
	rm count.deploy
	run -1 deploy --max-attempts 1
	[ "$(ran deploy)" -eq 1 ]
}

@test "a known message without anything to mend is escalated" {
	says deploy 1 'Error: data_sources.tables must be sorted'
	run -1 deploy
	[ "$(field '.status, (.attempts | length), .attempts[0].fix' | xargs)" = "ESCALATED 1 null" ]
}

@test "without the CLI it says how to get it" {
	export DATABRICKS_CLI_PATH=$PWD/nowhere
	run -69 deploy
	[[ $output == *"install the Databricks CLI, or name it in DATABRICKS_CLI_PATH"* ]]
}

@test "a bundle without job and spaces ends with a clear word" {
	echo '{"resources":{"jobs":{"other":{"id":"1"}}}}' >said/summary.out
	run -65 deploy
	[[ $output == *"no job genie_spaces_deployment_job and no genie_spaces"*"--job"* ]]
	echo '{"resources":' >said/summary.out
	run -69 deploy
	[[ $output == *"bundle summary"*"expected a value, found the end"* ]]
}

@test "killed before each of its side effects, the next call ends it as if nothing had been" {
	local n steps
	cp b/src/genie/cost_genie_export.json good.json
	export_edit '.data_sources.tables |= reverse'
	cp b/src/genie/cost_genie_export.json bad.json
	says deploy 0 ''
	# fails as long as the file is in disorder
	sed -i '2a [ "$2" != deploy ] || cmp -s "$(dirname "$0")/good.json" "$(dirname "$0")/b/src/genie/cost_genie_export.json" || { echo "Error: data_sources.tables must be sorted" >\&2; echo "$*" >>"$(dirname "$0")/calls"; exit 1; }' databricks
	GENIE_DEPLOY_FAULT=list deploy 2>steps
	steps=$(grep -c 'step [0-9]*:' steps)
	[ "$steps" -ge 12 ]
	[ "$(field '.attempts | length')" -eq 2 ]
	for ((n = 1; n <= steps + 2; n++)); do
		cp bad.json b/src/genie/cost_genie_export.json
		rm -f deploy.json deploy.json.progress
		fault=$n
		[ "$n" -le "$steps" ] || fault=$([ "$n" = $((steps + 1)) ] && echo answer || echo answered)
		GENIE_DEPLOY_FAULT=$fault run -137 deploy
		[ "$fault" = answered ] || [ ! -e deploy.json ] || { echo "step $n: an answer"; return 1; }
		if [ "$fault" = answer ]; then
			cp calls before
			deploy
			cmp calls before # it had ended: nothing is done again
		else
			deploy
		fi
		[ "$(field .status)" = SUCCESS ]
		cmp good.json b/src/genie/cost_genie_export.json || { echo "step $n"; return 1; }
		[ "$fault" = answered ] || [ "$(field '.attempts | map(.diagnosis.code) | tojson')" = '["unsorted_arrays",null]' ] || { echo "step $n: $(field '.attempts | map(.diagnosis.code) | tojson')"; return 1; }
	done
}

@test "a state of another deployment is not gone on with" {
	says deploy 1 'Error: 401 Unauthorized'
	run -69 deploy
	run -65 genie-deploy --bundle b --target prod -o deploy.json
	[[ $output == *"deploy.json.progress: an unfinished deployment has target dev, not prod"* ]]
	# a host of one's own is the embedded workspace, whose port changes
	DATABRICKS_HOST=http://127.0.0.1:10 run -69 deploy
	[ "$(jq -r .host deploy.json.progress)" = http://127.0.0.1:10 ]
	DATABRICKS_HOST=https://example.cloud.databricks.com run -65 deploy
	[[ $output == *"has host http://127.0.0.1:10, not https://example.cloud.databricks.com"* ]]
	echo '{' >deploy.json.progress
	run -65 deploy
}

@test "--state keeps the progress, and the answer, in a file of one's own" {
	genie-deploy --bundle b --target dev --state s/state.json >out.json
	cmp out.json s/state.json
	[ "$(jq -r .status s/state.json)" = SUCCESS ]
	genie-deploy --bundle b --target dev --state s/state.json >out2.json
	[ "$(ran deploy)" -eq 2 ]
	genie-deploy --bundle b --target dev >out.json
	[ ! -e b/.databricks/bundle/dev/genie-deploy.json ]
}

@test "--plan says what would be done and changes nothing" {
	cp -r b before
	echo 'Plan: 1 to add, 0 to change, 0 to delete, 0 unchanged' >said/plan.out
	genie-deploy --bundle b --target dev --plan >plan
	grep -q '^1. databricks bundle validate -t dev$' plan
	grep -q '^3. no job' plan
	grep -q 'src/genie/cost_genie_export.json: in order' plan
	grep -q '^Plan: 1 to add' plan
	[ "$(cat calls)" = "bundle plan -t dev" ]
	export_edit '.data_sources.tables |= reverse'
	genie-deploy --bundle b --target dev --plan --job genie_evaluation_job >plan
	grep -q 'run the job genie_evaluation_job' plan
	grep -q 'cost_genie_export.json: \$.data_sources.tables: data_sources.tables must be sorted by identifier' plan
	cp before/src/genie/cost_genie_export.json b/src/genie/
	diff -r before b
}
