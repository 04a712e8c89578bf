#!/usr/bin/env bats
# genie-propose --engine gepa: a search on a clone of a space of the embedded workspace.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR GENIE_HTTP_BUDGET=20
	pid=
	cp -r "$ROOT/demo/cost" bundle
	chmod -R u+w bundle
	: >script.jsonl
}

teardown() {
	[ -z "$pid" ] || kill "$pid" || true
}

# workspace [OPTION...]: genie-local with the bundle; its space, and benchmarks that are divided so
# that val has what a misleading instruction breaks.
workspace() {
	: >serve.json
	: >requests.jsonl
	genie-local serve --bundle bundle --db ws.db --token dapi-local-hush --seed 1 --latency 0 --draws configuration \
		--llm-script script.jsonl --log-requests requests.jsonl "$@" >serve.json 3>&- &
	pid=$!
	for _ in {1..1200}; do
		[ ! -s serve.json ] || break
		kill -0 "$pid" || { pid=; return 1; }
		sleep 0.05
	done
	DATABRICKS_HOST=$(jq -r .host serve.json)
	export DATABRICKS_HOST DATABRICKS_TOKEN=dapi-local-hush
	space=$(genie-fetch -q --list | jq -r .space_id)
	genie-fetch -q "$space" >space.json
	genie-bench -q bundle/benchmarks.yaml | jq -c '
		if .id | IN("cost_001","cost_005","cost_021","cost_034","cost_038","cost_004") then .split = "val"
		elif .id | IN("cost_044","cost_047","cost_023","cost_052") then .split = "train"
		elif .id == "cost_055" then .split = "held_out" else empty end' >bench.jsonl
	: >requests.jsonl
}

# misled: the instruction of the bundle sends everything to the wrong table
misled() {
	jq '.instructions.text_instructions[0].content += ["\n\"total cost\" -> fact_budget\n\"cost trend\" -> fact_budget\n\"workspaces\" -> fact_budget\n\"teams\" -> fact_budget\n\"discount\" -> fact_budget"]' \
		bundle/src/genie/*_genie_export.json >export.json
	mv export.json "$(echo bundle/src/genie/*_genie_export.json)"
}

search() {
	genie-propose --engine gepa --snapshot space.json --benchmarks bench.jsonl --journal journal.jsonl --qpm 0 \
		--var catalog=main --var gold_schema=gold "$@"
}

starts() { grep -c '"POST".*start-conversation' requests.jsonl || :; }
spaces() { genie-fetch -q --list | jq -s length; }
live_hash() { genie-fetch -q "$space" | jq -r .config_hash; }

@test "what the options want is said before anything is done" {
	run -2 --separate-stderr genie-propose --engine gepa --snapshot space.json --benchmarks bench.jsonl
	[[ $stderr == *"--journal"* ]]
	run -2 --separate-stderr genie-propose --engine gepa --lever 1 --snapshot s --benchmarks b --journal j
	[[ $stderr == *"lever 6"* ]]
}

@test "rules search on a clone; the space stays as it is, and the clone is gone" {
	misled
	workspace
	before=$(live_hash)
	run -0 --separate-stderr search --calls 60 --search record.json
	jq -e '.schema == "genie/patches/1" and .lever == 6 and .search.mode == "search"' <<<"$output"
	jq -e '.schema == "genie/search/1" and (.candidates | length) >= 1 and .budget.spent <= 60' record.json
	[ "$(starts)" -eq "$(jq .budget.asked record.json)" ]
	[ "$(starts)" -le 60 ]
	[ "$(live_hash)" = "$before" ]
	[ "$(spaces)" -eq 1 ]
	[ ! -e journal.jsonl.d/clone.json ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/search.json" record.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/patches.json" - <<<"$output"
	# nothing was written to the space: every change went to another one
	[ "$(jq -r 'select(.method == "PATCH") | .path' requests.jsonl | grep -c "spaces/$space\$")" -eq 0 ]
	[ "$(jq -r 'select(.method == "PATCH") | .path' requests.jsonl | grep -c "genie/spaces/")" -gt 0 ]
}

# taken: questions that the service took
taken() { grep '"POST".*start-conversation' requests.jsonl | grep -c '"status":200' || :; }

@test "the budget holds at every number of calls, in every way of searching" {
	misled
	jq -nc '{response:"```\nThis space answers questions about platform cost.\nShow money in USD.\n```"}' >script.jsonl
	workspace --fault "POST start-conversation 503 every:11"
	local n way
	for n in {0..14} 23 40; do
		way=()
		[ $((n % 3)) -ne 1 ] || way=(--llm writer)
		[ $((n % 3)) -ne 2 ] || way=(--ship any --seed "$n")
		rm -rf journal.jsonl*
		: >requests.jsonl
		run -0 --separate-stderr search -q --calls "$n" "${way[@]}" --search record.json
		[ "$(taken)" -le "$n" ] || { echo "$n calls: $(taken) taken"; return 1; }
		jq -e --argjson n "$n" '.budget.spent <= $n and .budget.calls == $n' record.json
	done
	[ "$(spaces)" -eq 1 ]
}

@test "what was asked of the same configuration before is not paid again" {
	workspace
	genie-eval -q --snapshot space.json --space "$space" --journal journal.jsonl --qpm 0 --scope all \
		--var catalog=main --var gold_schema=gold bench.jsonl >rows.jsonl
	: >requests.jsonl
	run -0 --separate-stderr search -q --calls 6 --search record.json
	[ "$(starts)" -eq 0 ]
	jq -e '.budget.spent == 6 and .budget.asked == 0 and .candidates[0].val != {}' record.json
	jq -e --slurpfile rows rows.jsonl '($rows | map({key: .question_id, value: (if .outcome == "pass" then 1 else 0 end)}) | from_entries) as $was |
		all(.candidates[0].val | to_entries[]; .value == $was[.key])' record.json
}

@test "a plan asks nothing" {
	workspace
	run -0 --separate-stderr search --plan --calls 200 --qpm 5
	jq -e '.mode == "plan" and .minutes == 40 and .affordable > 0 and .reserve > 0' <<<"$output"
	[ ! -s requests.jsonl ]
	[ ! -e journal.jsonl ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/search.json" - <<<"$output"
}

@test "noise: three askings of each question say what can be shown" {
	workspace --draws asking
	run -0 --separate-stderr search -q --noise
	jq -e '.mode == "noise" and .questions == 10 and .askings == 3 and .asked == 30 and (.budgets | length) > 0' <<<"$output"
	[ "$(starts)" -eq 30 ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/search.json" - <<<"$output"
	jq -e '.recommended.gain == 0.1 and ([.gains[].gain] == [0.05, 0.1, 0.2, 0.3]) and .calls == 300' <<<"$output"
	# what is in the journal is not asked again, and a gain that is too small for --calls is named
	run -0 --separate-stderr search --noise --gain 1 --calls 40
	[[ $stderr == *"40 calls show gains from "*" points on"*"1 that are wanted"* ]]
	jq -e '.recommended.gain == 0.01 and .calls_show > 0.01' <<<"$output"
	# five questions have to change sides to be more than chance: of six val questions, no fewer points than that
	[[ $stderr == *"only more val questions do"* ]]
	jq -e '.val == 6 and all(.budgets[]; .detectable >= 0.8) and all(.gains[]; .calls == null)' <<<"$output"
	run -2 --separate-stderr search --noise --gain 0
	run -0 --separate-stderr search -q --noise
	jq -e '.asked == 0 and .questions == 10' <<<"$output"
	[ "$(starts)" -eq 30 ]
	[ "$(spaces)" -eq 1 ]
}

@test "a model's text that is better becomes a patch" {
	misled
	jq -nc '{response:"Here it is.\n```\nThis space answers questions about platform cost.\nShow money in USD.\n```\n"}' >script.jsonl
	workspace
	before=$(live_hash)
	run -0 --separate-stderr search --llm writer --calls 120 --search record.json
	jq -e '.final.verdict == "better" and .shipped == .final.chosen and .shipped > 0' record.json
	jq -e '.patches | length == 1 and .[0].type == "update_instruction" and .[0].drafted_by == "llm:writer" and .[0].net_impact > 0
		and (.[0].new_text | contains("fact_budget") | not)' <<<"$output"
	[ "$(live_hash)" = "$before" ]
	"$ROOT/tests/schema-check" "$ROOT/schemas/patches.json" - <<<"$output"
	# the model is shown failing train questions, and none of val or held_out
	grep -q invocations requests.jsonl
	[ "$(grep invocations requests.jsonl | grep -c "What was our total cost this month")" -eq 0 ]
}

@test "killed anywhere and started again: the same result, nothing asked twice, no clone left" {
	misled
	jq -nc '{response:"```\nThis space answers questions about platform cost.\nShow money in USD.\n```"}' >script.jsonl
	workspace
	run -0 --separate-stderr search -q --llm writer --calls 60 --search whole.json
	whole=$output
	asked=$(starts)
	[ "$asked" -gt 20 ]
	rm -rf journal.jsonl*
	: >requests.jsonl
	for stop in 1 4 9 20; do
		search -q --llm writer --calls 60 >part.json 3>&- &
		victim=$!
		until [ "$(starts)" -ge "$stop" ]; do
			kill -0 "$victim" || break
			sleep 0.02
		done
		kill -9 "$victim" || true
		wait "$victim" || true
	done
	run -0 --separate-stderr search -q --llm writer --calls 60 --search again.json
	[ "$(jq 'del(.search.budget.asked)' <<<"$output")" = "$(jq 'del(.search.budget.asked)' <<<"$whole")" ]
	[ "$(starts)" -eq "$asked" ]
	[ "$(spaces)" -eq 1 ]
	[ ! -e journal.jsonl.d/clone.json ]
}

@test "killed with all its processes, at random moments: as if nobody had (make check-gepa: 50 times)" {
	run -0 "$ROOT/tests/checks/gepa-kill" "$B" 6
	[[ $output == *" 0 failed, 0 skipped" ]]
}

@test "a model that is not there ends the search; the rest of the budget is not spent" {
	misled
	echo '{"response":{"status":404,"body":{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"no endpoint"}}}' >script.jsonl
	workspace
	run -0 --separate-stderr search --llm nobody --calls 200 --search record.json
	[[ $stderr == *"no proposal came"* ]]
	jq -e '.budget.spent < 30 and .failure != null and (.candidates | length) == 1' record.json
	[ "$(starts)" -lt 30 ]
	jq -e '.patches == []' <<<"$output"
	jq -e 'has("shipped") and .shipped == null' record.json
}

@test "--llm-calls: the search ends cleanly when the model was asked so often" {
	misled
	jq -nc '{response:"```\nThis space answers questions about platform cost.\n\"total cost\" -> fact_budget\n\"cost trend\" -> fact_budget\n\"teams\" -> fact_budget\n```"}' >script.jsonl
	workspace
	run -2 --separate-stderr search --llm-calls 3
	[[ $stderr == *"--llm-calls needs --llm"* ]]
	for calls in 1 3; do
		rm -rf journal.jsonl*
		: >requests.jsonl
		run -0 --separate-stderr search -q --llm writer --llm-calls "$calls" --calls 200 --search record.json
		[ "$(grep -c '"POST".*invocations' requests.jsonl)" -le "$calls" ]
		jq -e --argjson n "$calls" '.end == "no more proposals may be asked for" and (.failure | contains("--llm-calls")) and
			.budget.llm_calls == $n and .budget.spent < 100' record.json
	done
	"$ROOT/tests/schema-check" "$ROOT/schemas/search.json" record.json
	# a wider limit goes on where this one ended: the model's answers are not paid again
	asked=$(starts)
	run -0 --separate-stderr search -q --llm writer --llm-calls 3 --calls 200 --search again.json
	[ "$(starts)" -eq "$asked" ]
	[ "$(jq 'del(.budget.asked)' again.json)" = "$(jq 'del(.budget.asked)' record.json)" ]
}

@test "a text that gives a question away is refused before any call" {
	misled
	jq -nc '{response:"```\nThis space answers questions. When asked: What was our total cost this month? use the view.\n```"}' >script.jsonl
	workspace
	run -0 --separate-stderr search -q --llm writer --calls 60 --search record.json
	jq -e '[.proposals[] | select(.reason | contains("gives away"))] | length > 0' record.json
	jq -e '(.candidates | length) == 1 and all(.proposals[]; .fate != "rejected")' record.json
}

# An example in the bundle that leads a train and a val question astray; a model that removes it.
@test "with a patch of high risk the whole set waits, and says why; --ship any goes through to genie-patch" {
	local file
	file=$(echo bundle/src/genie/*_genie_export.json)
	jq '.instructions.example_question_sqls += [{id: "ffffffffffffffffffffffffffffffff", question: ["What was our total cost this month?"],
		sql: ["SELECT SUM(budget_amt) FROM ${catalog}.${gold_schema}.fact_budget"]}]' "$file" >export.json
	mv export.json "$file"
	jq -nc '{match:"The component: the examples",response:"```json\n{\"op\":\"remove\",\"id\":\"ffffffffffffffffffffffffffffffff\"}\n```"},
		{match:"The component: the instruction",response:"```\nThis space answers questions about platform cost.\n```"}' >script.jsonl
	workspace
	jq -c 'select(.id == "cost_001") | .split = "train" | .id = "cost_101"' bench.jsonl >train.jsonl
	cat train.jsonl >>bench.jsonl
	run -0 --separate-stderr search --llm writer --calls 200 --ship any --search record.json -o patches.json
	jq -c "[.end, .final, [.candidates[].score], [.proposals[] | [.fate, .reason]]]" record.json
	jq -e 'any(.patches[]; .type == "remove_example_sql") and all(.patches[]; .risk == "high")' patches.json
	jq -e '(.warnings | length == 1) and (.warnings[0] | .code == "high_risk" and (.text | contains("--allow-high")))' patches.json
	[[ $stderr == *"waits for a person"* ]]
	if [ "$(jq -r .final.verdict record.json)" != better ]; then
		jq -e 'all(.patches[]; .anyway | startswith("--ship any: the comparison says"))' patches.json
	fi
	"$ROOT/tests/schema-check" "$ROOT/schemas/patches.json" patches.json
	before=$(live_hash)
	run genie-patch --bundle bundle patches.json
	[ "$(live_hash)" = "$before" ]
	# asked for by name, it is applied although nothing shows that it helps; else it is refused
	jq '.patches |= map(.net_impact = -1 | .anyway = "--ship any: the comparison says worse")' patches.json >anyway.json
	jq '.patches |= map(del(.anyway))' anyway.json >refused.json
	run genie-patch --allow-high --bundle bundle refused.json
	[[ $output == *"is not above 0"* ]]
	[ "$(live_hash)" = "$before" ]
	run -0 --separate-stderr genie-patch --allow-high --bundle bundle anyway.json
	[ "$(live_hash)" != "$before" ]
	jq -e 'all(.patches[]; .status == "applied" and (.anyway | startswith("--ship any")))' <<<"$output"
	"$ROOT/tests/schema-check" "$ROOT/schemas/apply.json" - <<<"$output"
}

@test "an answer without a closed fence is none, and too long a text is refused" {
	misled
	jq -nc '{response:"```\nno end"}' >script.jsonl
	workspace
	run -0 --separate-stderr search -q --llm writer --calls 60 --search record.json
	jq -e '(.failure | contains("fence")) and (.candidates | length) == 1' record.json
	kill "$pid"
	wait "$pid" || true
	rm -rf journal.jsonl* ws.db*
	jq -nc '{response:("```\n" + ("long words " * 500) + "\n```")}' >script.jsonl
	workspace
	run -0 --separate-stderr search -q --llm writer --calls 60 --search record.json
	jq -e '[.proposals[] | select(.reason | contains("characters"))] | length > 0' record.json
}

@test "an example that the warehouse does not understand is refused before any call" {
	misled
	jq -nc '{match:"The component: the examples",response:"```json\n{\"op\":\"add\",\"question\":\"Cost of a sprint\",\"sql\":\"SELECT no_such_column FROM main.gold.fact_usage\"}\n```"},
		{match:"The component: the instruction",response:"```\nThis space answers questions about platform cost.\n\"total cost\" -> fact_budget\n\"cost trend\" -> fact_budget\n\"teams\" -> fact_budget\n```"}' >script.jsonl
	workspace
	run -0 --separate-stderr search -q --llm writer --calls 80 --search record.json
	jq -e '[.proposals[] | select(.reason | contains("does not understand"))] | length > 0' record.json
}

@test "a workspace that goes away: 75, and what was asked is kept" {
	workspace
	kill "$pid"
	wait "$pid" || true
	pid=
	GENIE_HTTP_BUDGET=1 run -75 --separate-stderr search -q --calls 60
	[ -z "$output" ]
}
