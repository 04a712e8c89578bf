#!/usr/bin/env bats
# The scripts of the bundle templates, run as a cluster runs them: by Python, without packages.
# What the YAML files say is checked by make bundle-check.
# shellcheck disable=SC2030,SC2031
load ../lib.bash
load common.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	pid=
	command -v python3 >/dev/null || skip "there is no python3"
	SCRIPTS=$ROOT/pipelines/bundle/src/genie
	mkdir source
	cp "$ROOT/demo/cost/src/genie/cost_genie_export.json" source/
}

teardown() {
	stop_workspace
}

start() { # start OPTION...: the workspace of the demo
	serve_workspace --bundle "$ROOT/demo/cost" --seed 1 --log-requests requests "$@"
}

deploy() { # deploy OPTION...: -I, so that no package of the machine is in reach
	python3 -I "$SCRIPTS/deploy_genie_spaces.py" --source source --catalog main --gold-schema gold --spaces cost "$@" 3>&-
}
edit() { jq --indent 2 "$1" source/cost_genie_export.json >edited && mv edited source/cost_genie_export.json; }
live() { genie-fetch -q cost | jq -r "$1"; }

# refused TEXT [OPTION...]: the deployment is refused for this reason, and nothing is sent
refused() {
	local text=$1
	shift
	run -1 deploy "$@"
	[[ $output == *"$text"* ]] || { echo "$output"; echo "wanted: $text"; return 1; }
	if grep PATCH requests; then return 1; fi
}

@test "the deployment script makes the space what the export says, with values for its variables" {
	start
	edit '.config.sample_questions += [{id: ("f" * 32), question: ["What did ${catalog} cost?"]}]'
	run -0 deploy
	[[ $output == *"space cost: 6 tables, 1 metric views, 3 functions"* ]]
	[ "$(live '.config.config.sample_questions[-1].question[0]')" = "What did main cost?" ]
	run -0 grep -c '"PATCH"' requests
	[ "$output" = 1 ]
	# a wrapped export, and the names of domain and space apart
	jq '{title: "x", serialized_space: tojson}' source/cost_genie_export.json >source/money_genie_export.json
	rm source/cost_genie_export.json
	run -0 deploy --spaces "money=cost"
}

@test "what a workspace would refuse is named with its place, all of it, before anything is sent" {
	start
	edit '.data_sources.tables |= reverse | .instructions.sql_functions[0].id = "short" |
		.config.sample_questions[1].id = .config.sample_questions[0].id | .data_sources.metric_views[0].identifier = "gold.mv"'
	refused 'data_sources.tables must be sorted by identifier: main.gold.fact_usage stands behind main.gold.fact_usage_profile_metrics'
	[[ $output == *'instructions.sql_functions[0].id must be 32 lowercase hexadecimal characters, found "short"'* ]]
	[[ $output == *'config.sample_questions[1].id 4052c7b44f95bfabbfd1f95569d0554e is also in config.sample_questions'* ]]
	[[ $output == *'data_sources.metric_views[0].identifier must be catalog.schema.name, found "gold.mv"'* ]]
	[[ $output == *'nothing was deployed:'* ]]
	cp "$ROOT/demo/cost/src/genie/cost_genie_export.json" source/
	edit '.data_sources.tables[4].column_configs |= reverse'
	refused 'data_sources.tables[main.gold.fact_usage].column_configs must be sorted by column_name'
	cp "$ROOT/demo/cost/src/genie/cost_genie_export.json" source/
	edit '.instructions.sql_functions[0] as $f | .instructions.sql_functions = [range(51) | $f + {id: ("0" * 30 + (. + 100 | tostring)[1:])}] | .instructions.sql_functions |= sort_by(.id)'
	refused '51 functions; a space may have 50'
	cp "$ROOT/demo/cost/src/genie/cost_genie_export.json" source/
	edit '.data_sources.tables[0].description = ["of ${team}"]'
	refused 'cost_genie_export.json: no value for ${team}'
	printf '{"data_sources": {},\n  "config": [1,]}' >source/cost_genie_export.json
	refused 'cost_genie_export.json: line 2, column '
	printf '{"data_sources": {}, "data_sources": {}}' >source/cost_genie_export.json
	refused "key 'data_sources' is there twice"
	printf '{"tables": []}' >source/cost_genie_export.json
	refused 'not a Genie space export'
	# one bad export among good ones
	cp "$ROOT/demo/cost/src/genie/cost_genie_export.json" source/
	printf '[]' >source/sales_genie_export.json
	refused 'sales_genie_export.json: not a Genie space export' --spaces sales=s,cost=cost
	refused 'no space for sales_genie_export.json' --spaces cost=cost
	refused 'there is no hr_genie_export.json' --spaces cost=cost,sales=s,hr=h
	rm source/*
	refused 'no *_genie_export.json'
	kill -0 "$pid"
}

@test "a busy workspace is asked again; a refusal says what the workspace says" {
	start --fault 'PATCH /genie/spaces 429:0 x2'
	run -0 deploy
	[ "$(grep -c '"PATCH"' requests)" = 3 ]
	run -1 deploy --spaces nobody
	[[ $output == *"PATCH /api/2.0/genie/spaces/nobody: 404: "* ]]
	DATABRICKS_TOKEN=wrong run -1 deploy
	[[ $output == *": 401: "* || $output == *": 403: "* ]]
	[[ $output != *"$DATABRICKS_TOKEN"* ]]
	env -u DATABRICKS_TOKEN python3 -I "$SCRIPTS/deploy_genie_spaces.py" --source source --catalog main --gold-schema gold --spaces cost 2>err && return 1
	grep -q 'no credentials: set DATABRICKS_TOKEN' err
	DATABRICKS_HOST=http://workspace.example run -1 deploy
	[[ $output == *"must be the https address"* ]]
}

@test "a service principal logs in; credentials follow no redirection" {
	start --client-id app --client-secret hush
	unset DATABRICKS_TOKEN
	export DATABRICKS_CLIENT_ID=app DATABRICKS_CLIENT_SECRET=hush
	run -0 deploy
	[[ $output == *"space cost: "* ]]
	DATABRICKS_CLIENT_SECRET=wrong run -1 deploy
	[[ $output == *"logging in: 4"* && $output != *hush* ]]
	# a server that sends everything on to the workspace
	python3 -I - "$DATABRICKS_HOST" >port 3>&- <<-'END' &
		import http.server, sys
		class Elsewhere(http.server.BaseHTTPRequestHandler):
		    def do_PATCH(self):
		        self.send_response(307)
		        self.send_header("Location", sys.argv[1] + self.path)
		        self.end_headers()
		    do_GET = do_POST = do_PATCH
		server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
		print(server.server_port, flush=True)
		server.serve_forever()
	END
	local other=$! i
	for ((i = 0; i < 2000; i++)); do [ ! -s port ] || break; sleep 0.05; done
	wc -l <requests >before
	DATABRICKS_HOST=http://127.0.0.1:$(cat port) DATABRICKS_TOKEN=$(jq -r .token serve.json) run -1 deploy
	kill "$other"
	[[ $output == *": 307: "* ]]
	wc -l <requests | diff before -
}

# ---- the evaluation ----
shard() { # shard I/N [OPTION...]
	python3 -I "$SCRIPTS/evaluate_genie_space.py" shard --toolkit toolkit --results results/7 --shard "$1" --space-id cost \
		--benchmarks few.yaml --catalog main --gold-schema gold --qpm 0 --warehouse "$(jq -r .warehouse_id serve.json)" "${@:2}" 3>&-
}
score() { python3 -I "$SCRIPTS/evaluate_genie_space.py" score --toolkit toolkit --results results/7 --shards '["1/3", "2/3", "3/3"]' "$@" 3>&-; }
toolkit() {
	mkdir -p toolkit
	cp -R "$B/bin" toolkit/bin
	chmod a-x toolkit/bin/* # as in a volume
	few few.yaml
}

@test "parts of the evaluation add up to the whole, and the gate decides" {
	start
	toolkit
	local part
	for part in 1/3 2/3 3/3; do run -0 shard $part --iteration 999; done
	run -1 score --min-accuracy 100 --iteration 999
	[[ $output == *"the gate is not passed"* ]]
	# the same as in one piece
	genie-bench -q --scope full --var catalog=main --var gold_schema=gold few.yaml >whole.jsonl
	genie-eval -q --space cost --qpm 0 --var catalog=main --var gold_schema=gold --iteration 999 whole.jsonl | genie-score -q >whole.json
	[ "$(jq -c '[.correct, .evaluated, .overall_accuracy, .iteration]' results/7/eval.json)" = "$(jq -c '[.correct, .evaluated, .overall_accuracy, .iteration]' whole.json)" ]
	diff <(jq -r .question_id results/7/rows.jsonl | sort) <(jq -r .id whole.jsonl | sort)
	"$ROOT/tests/schema-check" "$ROOT/schemas/eval.json" results/7/eval.json
	grep -q '<testsuite' results/7/junit.xml
	run -0 score --min-accuracy 0
	[[ $output == *"the gate is passed"* ]]
	[ -z "$(find results -name '*.part')" ]
}

@test "a part that is missing is no smaller benchmark" {
	start
	toolkit
	shard 1/3 >/dev/null 2>&1
	shard 3/3 >/dev/null 2>&1
	run -1 score --min-accuracy 0
	[[ $output == *"part 2-of-3 is missing"* ]]
	[ ! -e results/7/eval.json ]
	run -1 score --min-accuracy 0 --shards '["1/3", "3/3"]'
	[[ $output == *'the parts are not the whole; wanted ["1/2", "2/2"]'* ]]
	run -1 score --min-accuracy 0 --shards '1/3'
	[[ $output == *'must be a list like'* ]]
	# another benchmark meanwhile
	sed -i 's/^  - id: .*_001$/&x/' few.yaml
	shard 2/3 >/dev/null 2>&1
	run -1 score --min-accuracy 0
	[[ $output == *"the benchmark changed during the run"* ]]
	run -1 shard 4/3
	[[ $output == *"must be I/N"* ]]
	run -1 shard 1/3 --toolkit nowhere
	[[ $output == *"no folder bin"* ]]
}

@test "a part that failed asks only what is missing" {
	toolkit
	start
	GENIE_HTTP_BUDGET=1 shard 1/1 --qpm 240 >failed 2>&1 &
	local run=$! i started finished
	for ((i = 0; i < 2000; i++)); do
		started=$(starts requests)
		[ "$started" -lt 6 ] || break
		sleep 0.05
	done
	# the workspace goes away
	kill "$pid"
	wait "$pid" || true
	pid=
	wait "$run" && return 1
	grep -q "genie-eval ended with 75" failed || { tail -5 failed; return 1; }
	[ ! -e results/7/shard-1-of-1.jsonl ]
	finished=$(jq -r 'select(.status == "COMPLETED").key' results/7/answers-1-of-1.jsonl | sort -u | wc -l)
	[ "$finished" -gt 0 ]
	rm -f requests serve.json
	# another one, which has none of the conversations and does not begin with the same ids
	start --seed 2
	run -0 shard 1/1
	[ "$(wc -l <results/7/shard-1-of-1.jsonl)" = "$(jq .questions results/7/shard-1-of-1.json)" ]
	[ "$(($(starts requests) + finished))" = "$(jq .questions results/7/shard-1-of-1.json)" ]
	# a repaired part that had its answers asks nothing
	starts requests >before
	run -0 shard 1/1
	starts requests | diff before -
}
