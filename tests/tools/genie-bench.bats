load ../lib.bash

setup() { cd "$BATS_TEST_TMPDIR" || return; }

@test "genie-bench stands on the common floor" {
	floor genie-bench
}

@test "the demo benchmark loads whole and clean" {
	run -0 --separate-stderr genie-bench -q --var catalog=main --var gold_schema=gold "$ROOT/demo/cost/benchmarks.yaml"
	[ "${#lines[@]}" -ge 45 ]
	[ "$(jq -s '[.[]|select(.priority=="P0")]|length' <<<"$output")" -ge 5 ]
	[ "$(jq -s 'map(.category)|unique|length' <<<"$output")" -eq 8 ]
	[ "$(jq -s 'map(.split)|unique' -c <<<"$output")" = '["held_out","train","val"]' ]
}

@test "domain maps, benchmarks lists, plain lists, JSON and JSON Lines mean the same" {
	printf 'sales:\n  - question: q1\n    expected_sql: SELECT 1\n  - {id: x, question: q2, expected_sql: [SELECT 1, SELECT 2]}\n' >a.yaml
	printf 'benchmarks:\n  - {id: sales_001, question: q1, expected_sql: SELECT 1}\n  - {id: x, question: q2, expected_sql: [SELECT 1, SELECT 2]}\n' >b.yaml
	echo '[{"id":"sales_001","question":"q1","expected_sql":"SELECT 1"},{"id":"x","question":"q2","expected_sql":["SELECT 1","SELECT 2"]}]' >c.json
	jq -c '.[]' c.json >d.jsonl
	genie-bench -q a.yaml 2>/dev/null | jq -cS . >want
	[ "$(wc -l <want)" -eq 2 ]
	for f in b.yaml c.json d.jsonl; do
		diff want <(genie-bench -q $f 2>/dev/null | jq -cS .)
	done
	diff want <(genie-bench -q <d.jsonl 2>/dev/null | jq -cS .)
}

@test "a split depends on the id alone" {
	for i in {1..200}; do echo "{\"id\":\"q$i\",\"question\":\"question $i\",\"expected_sql\":\"SELECT $i\"}"; done >many.jsonl
	genie-bench -q many.jsonl | jq -r '.id+" "+.split' | sort >one
	shuf many.jsonl | genie-bench -q | jq -r '.id+" "+.split' | sort >two
	diff one two
	n=$(grep -c train one)
	[ "$n" -gt 95 ] && [ "$n" -lt 145 ]
	run -0 bash -c "genie-bench -q --scope full many.jsonl | jq -r .split | sort -u | tr '\n' ' '"
	[ "$output" = "train val " ]
}

@test "a fixed split, priority and unknown fields are kept" {
	echo '{"id":"a","question":"q","split":"val","priority":"P0","expected_sql":"SELECT 1","note":{"big":8799999999999999999}}' >q.jsonl
	run -0 genie-bench -q q.jsonl
	[ "$(jq -c '[.split,.priority]' <<<"$output")" = '["val","P0"]' ]
	[[ $output == *'"note":{"big":8799999999999999999}'* ]]
}

@test "gold SQL that writes is refused with file, line and id" {
	printf 'd:\n  - id: ok\n    question: q\n    expected_sql: SELECT 1\n  - id: bad\n    question: q2\n    expected_sql: DROP TABLE t\n' >b.yaml
	run -65 --separate-stderr genie-bench -o out.jsonl b.yaml
	[[ $stderr == *"b.yaml:5: question bad: expected_sql is not a single read-only statement"* ]]
	[ ! -e out.jsonl ]
	echo '{"id":"two","question":"q","expected_sql":"SELECT 1; DELETE FROM t"}' >c.jsonl
	run -65 --separate-stderr genie-bench c.jsonl
	[[ $stderr == *"c.jsonl:1: question two"* ]]
}

@test "an unresolved variable is named" {
	echo '{"id":"a","question":"q","expected_sql":"SELECT * FROM ${catalog}.${schema_x}.t"}' >q.jsonl
	run -0 genie-bench -q q.jsonl
	run -65 --separate-stderr genie-bench --var catalog=main q.jsonl
	[[ $stderr == *"q.jsonl:1: question a"*"schema_x"* ]]
}

@test "broken sources name file and line" {
	printf 'a:\n  - {id: 1\n' >bad.yaml
	run -65 --separate-stderr genie-bench bad.yaml
	[[ $stderr == *"bad.yaml:"* ]]
	printf 'a:\n  - id: x\n    text: no question\n' >none.yaml
	run -65 --separate-stderr genie-bench none.yaml
	[[ $stderr == *'none.yaml:2: question x: $: no member "question"'* ]]
	printf '{"id":"a","question":"q"}\n{"id":"a","question":"r"}\n' >twice.jsonl
	run -65 --separate-stderr genie-bench twice.jsonl
	[[ $stderr == *'twice.jsonl:2: question a: id "a" is already used at twice.jsonl:1'* ]]
	printf '{"id":"a","question":"q","priority":"high"}\n' >prio.jsonl
	run -65 --separate-stderr genie-bench prio.jsonl
	[[ $stderr == *'priority: "high" is none of P0|P1|P2'* ]]
}

@test "empty input gives no questions" {
	run -0 --separate-stderr genie-bench </dev/null
	[ -z "$output" ]
}

@test "warnings are written into the question" {
	{ echo '{"id":"a","question":"What did we spend last month?","expected_sql":"SELECT SUM(x) FROM t WHERE d >= '"'2026-10-01'"'"}'
	  echo '{"id":"b","question":"what did we spend LAST month","expected_sql":"SELECT x FROM t LIMIT 5"}'
	  echo '{"id":"c","question":"q","category":"odd","expected_sql":""}'; } >w.jsonl
	run -0 --separate-stderr genie-bench w.jsonl
	[ "$(jq -sc 'map([.warnings[]?.code])' <<<"$output")" = \
		'[["stale_date"],["duplicate","non_deterministic"],["no_gold","unknown_category"]]' ]
	[[ $stderr == *"w.jsonl:1: question a: stale_date"* ]]
}

@test "coverage is judged by the size of the domain" {
	run -0 genie-bench -q --tables 7 --check "$ROOT/demo/cost/benchmarks.yaml"
	echo '{"id":"a","question":"q","category":"list","expected_sql":"SELECT 1"}' >q.jsonl
	run -1 --separate-stderr genie-bench --tables 2 --check q.jsonl
	[[ $stderr == *"a small domain (2 tables) wants 10 questions in 4 categories; there are 1 in 1"* ]]
	run -0 genie-bench -q --tables 2 q.jsonl
}

@test "an id that is not there is an error" {
	echo '{"id":"a","question":"q"}' >q.jsonl
	run -65 --separate-stderr genie-bench --id b q.jsonl
	[[ $stderr == *'no question has the id "b"'* ]]
}

@test "a 50 MB line is refused" {
	{ printf '{"id":"a","question":"'; head -c 50000000 /dev/zero | tr '\0' x; printf '"}\n'; } >big.jsonl
	run -65 --separate-stderr genie-bench -o out.jsonl big.jsonl
	[[ $stderr == *big.jsonl* ]]
	[ ! -e out.jsonl ]
}

@test "a no without a document leaves no file" {
	echo '{"id":"a","question":"q","category":"list","expected_sql":"SELECT 1"}' >q.jsonl
	run -1 genie-bench --tables 2 --check -o out.jsonl q.jsonl
	[ ! -e out.jsonl ]
}

# ---- what the expected SQL tells -------------------------------------------------------

@test "what an answer needs is read from the expected SQL" {
	cat >b.yaml <<'EOF'
d:
  - id: a
    question: cost by workspace
    expected_sql: |
      WITH used AS (SELECT f.ws_id, SUM(f.eff_amt) AS amt FROM ${catalog}.${gold_schema}.fact_usage f GROUP BY 1)
      SELECT w.ws_nm, used.amt FROM used JOIN ${catalog}.${gold_schema}.dim_workspace w ON used.ws_id = w.ws_id
  - {id: b, question: one, expected_sql: "SELECT x FROM s.t", required_tables: [given], required_columns: []}
  - {id: c, question: broken, expected_sql: "SELECT FROM WHERE ((("}
  - {id: d, question: none}
EOF
	run -0 --separate-stderr genie-bench b.yaml
	jq -se '.[0] | .required_tables == ["fact_usage","dim_workspace"] and (.required_columns | contains(["ws_id","eff_amt","ws_nm"]))
		and (.required_columns | index("amt")) == null and .required_joins == ["used.ws_id = dim_workspace.ws_id"]' <<<"$output"
	jq -se '.[1] | .required_tables == ["given"] and .required_columns == ["x"]' <<<"$output"
	jq -se '.[3].required_tables == null' <<<"$output"
	run -0 --separate-stderr genie-bench --facts replace b.yaml
	jq -se '.[1].required_tables == ["t"]' <<<"$output"
	run -0 --separate-stderr genie-bench --facts keep b.yaml
	jq -se '.[0].required_tables == null and .[1].required_columns == []' <<<"$output"
}

@test "the demo's own lists agree with what is read" {
	genie-bench -q --facts replace "$ROOT/demo/cost/benchmarks.yaml" | jq -c '[.id, (.required_tables | sort)]' >"read"
	genie-bench -q --facts keep "$ROOT/demo/cost/benchmarks.yaml" | jq -c '[.id, (.required_tables | sort)]' >given
	diff read given
}

@test "its own output gives the same output" {
	genie-bench -q "$ROOT/demo/cost/benchmarks.yaml" >once.jsonl
	genie-bench -q once.jsonl | cmp - once.jsonl
	echo '{"id":"b","question":"q","category":"odd","expected_sql":"SELECT x FROM t LIMIT 5"}' | genie-bench -q >once.jsonl
	[ "$(jq '.warnings | length' once.jsonl)" = 2 ]
	genie-bench -q once.jsonl | cmp - once.jsonl
}

# ---- the workspace ------------------------------------------------------------------------

teardown() {
	stop_workspace
}

local_workspace() {
	export HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	serve_workspace --bundle "$ROOT/demo/cost" --token dapi-local-hush --seed 1 --log-requests requests.jsonl "$@"
	space=$(genie-fetch -q --list | jq -r .space_id)
	vars=(--var catalog=main --var gold_schema=gold)
}

@test "expected SQL is run, and what it gives is kept" {
	local_workspace
	run -0 --separate-stderr genie-bench --validate --bundle "$ROOT/demo/cost" --check --report bench.json \
		--tables 8 "$ROOT/demo/cost/benchmarks.yaml"
	jq -se 'length > 45 and all(.[]; (.expected_result_hash | length) == 8 and (.expected_columns | length) > 0
		and .expected_row_count > 0 and (.expected_result_sample.rows | length) <= 5 and .warnings == null)' <<<"$output"
	echo "$output" >once.jsonl
	"$ROOT/tests/schema-check" "$ROOT/schemas/benchmark.json" once.jsonl
	"$ROOT/tests/schema-check" "$ROOT/schemas/bench.json" bench.json
	jq -e '.validation.valid == .questions and .coverage.met and .coverage.size == "medium"' bench.json
	# the hash is the one that an evaluation shows
	head -1 once.jsonl | genie-eval -q --space "$space" --qpm 0 --scope all "${vars[@]}" >row.jsonl
	[ "$(jq -r .comparison.gt_hash row.jsonl)" = "$(head -1 once.jsonl | jq -r .expected_result_hash)" ]
}

@test "expected SQL that fails, is empty or ties at its LIMIT is warned of" {
	local_workspace
	cat >b.yaml <<'EOF'
d:
  - {id: broken, question: q1, expected_sql: "SELECT nothing FROM main.gold.no_table"}
  - {id: empty, question: q2, expected_sql: "SELECT 1 AS x WHERE 1 = 0"}
  - {id: tie, question: q3, expected_sql: "SELECT n, k FROM VALUES (1, 'a'), (2, 'b'), (2, 'c') AS t(n, k) ORDER BY n LIMIT 2"}
  - {id: settled, question: q4, expected_sql: "SELECT n, k FROM VALUES (1, 'a'), (2, 'b'), (3, 'c') AS t(n, k) ORDER BY n LIMIT 2"}
  - {id: alike, question: q5, expected_sql: "SELECT n FROM VALUES (1), (2), (2) AS t(n) ORDER BY n LIMIT 2"}
  - {id: second, question: q6, expected_sql: ["SELECT x FROM main.gold.no_table", "SELECT 7 AS seven"]}
EOF
	run -0 --separate-stderr genie-bench -q --validate b.yaml
	[ "$(jq -sc 'map([.id, (.warnings // [] | map(.code))])' <<<"$output")" = \
		'[["broken",["invalid_gold"]],["empty",["empty_gold"]],["tie",["non_deterministic"]],["settled",[]],["alike",[]],["second",["invalid_gold"]]]' ]
	jq -se '.[0].warnings[0].text | contains("no_table")' <<<"$output"
	jq -se '.[5].expected_columns == ["seven"] and .[1].expected_row_count == 0 and .[0].expected_result_hash == null' <<<"$output"
	run -1 --separate-stderr genie-bench -q --validate --check --report bench.json -o out.jsonl b.yaml
	[[ $stderr == *"expected SQL of 1 question(s) does not run, of 1 gives no rows"* ]]
	[ ! -e out.jsonl ]
	jq -e '.validation | .invalid == ["broken"] and .empty == ["empty"] and .non_deterministic == ["tie"]' bench.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/bench.json" bench.json
}

@test "a validation that does not get through is no validation" {
	local_workspace --fault "POST sql/statements 503"
	echo '{"id":"a","question":"q","expected_sql":"SELECT 1"}' >q.jsonl
	run -75 --separate-stderr env GENIE_HTTP_BUDGET=1 genie-bench --validate --warehouse x -o out.jsonl q.jsonl
	[ ! -e out.jsonl ]
	run -69 --separate-stderr env DATABRICKS_TOKEN=dapi-wrong-hush genie-bench --validate q.jsonl
	[[ $stderr != *hush* ]]
}

@test "publishing merges by question text and never removes" {
	local_workspace
	genie-fetch -q -o before.json "$space"
	jq '.config.benchmarks.questions // []' before.json >had.json
	cat >b.yaml <<'EOF'
d:
  - {id: a, question: How many workspaces are there?, expected_sql: "SELECT COUNT(*) AS n FROM ${catalog}.${gold_schema}.dim_workspace;"}
  - {id: b, question: Which SKUs are there?, expected_sql: ["SELECT sku_nm FROM ${catalog}.${gold_schema}.dim_sku", "SELECT 1"]}
  - {id: c, question: No SQL yet}
EOF
	run -65 --separate-stderr genie-bench --publish --space "$space" b.yaml
	[[ $stderr == *'question a'*'catalog'* ]]
	run -0 --separate-stderr genie-bench --publish --space "$space" "${vars[@]}" --report p.json b.yaml
	jq -e '.publication | .added == ["a","b"] and .updated == [] and .skipped == ["c"]' p.json
	"$ROOT/tests/schema-check" "$ROOT/schemas/bench.json" p.json
	local id
	id=$(jq -rs '.[0].benchmark_id' <<<"$output")
	[[ $id =~ ^[0-9a-f]{32}$ ]]
	genie-fetch -q -o after.json "$space"
	jq -e --slurpfile had had.json --arg id "$id" '.config.benchmarks.questions
		| ($had[0] - .) == [] and length == ($had[0] | length) + 2 and map(.id) == (map(.id) | sort)
		and any(.[]; .id == $id and (.answer[0].content | join("")) == "SELECT COUNT(*) AS n FROM main.gold.dim_workspace")' after.json
	# again: nothing to change, nothing sent
	: >requests.jsonl
	genie-bench -q --publish --space "$space" "${vars[@]}" b.yaml | head -1 | jq -e --arg id "$id" '.benchmark_id == $id'
	run ! grep -q '"PATCH"' requests.jsonl
	# other SQL for the same text, spelt with other spaces: updated in place
	sed -i 's/  - {id: a, question: How many/  - {id: z, question: How   many/; s/COUNT(\*) AS n/COUNT(1) AS n/' b.yaml
	run -0 --separate-stderr genie-bench --publish --space "$space" "${vars[@]}" --report p.json b.yaml
	jq -e '.publication | .added == [] and .updated == ["z"] and .unchanged == 1' p.json
	[ "$(jq -rs '.[0].benchmark_id' <<<"$output")" = "$id" ]
	# what somebody else has in the space stays
	genie-bench -q --publish --space "$space" --id z "${vars[@]}" b.yaml
	genie-fetch -q -o last.json "$space"
	[ "$(jq '.config.benchmarks.questions | length' last.json)" = "$(jq '.config.benchmarks.questions | length' after.json)" ]
}

@test "more than 500 questions are refused, and nothing is sent" {
	local_workspace
	for i in {1..501}; do echo "{\"id\":\"q$i\",\"question\":\"question $i\",\"expected_sql\":\"SELECT $i\"}"; done >many.jsonl
	run -65 --separate-stderr genie-bench --publish --space "$space" many.jsonl
	[[ $stderr == *"benchmark questions; it takes 500"* ]]
	run ! grep -q '"PATCH"' requests.jsonl
	run -2 genie-bench --publish many.jsonl
}

# ---- corrections ----------------------------------------------------------------------------

# source and verdicts: three questions where Genie is right, one where neither is
corrections() {
	mkdir -p src
	cat >src/b.yaml <<'EOF'
# Questions of the domain.  Two blanks stay.
"cost":   # and this comment too
  - id: q1
    question: 'How much?'        # quoted
    expected_sql: |-
      SELECT SUM(list)
      FROM ${catalog}.${gold_schema}.t   -- wrong column
    source: user
  - question: Second, by position
    expected_sql: SELECT a FROM ${catalog}.${gold_schema}.t
  - {id: q3, question: third, expected_sql: "SELECT 1"}

  - id: q4
    question: fourth
    expected_sql: SELECT wrong
  - id: q5
    question: fifth
    expected_sql: [SELECT 5, SELECT 6]
EOF
	cp src/b.yaml b.before
	jq -nc '
		def row($id; $v; $sql): {question_id:$id, question:$id, genie_sql:$sql, outcome:"pass", judges:{arbiter:{value:$v, rationale:"because", source:"code"}}};
		row("q1"; "genie_correct"; "SELECT SUM(net)\nFROM `main`.`gold`.t\nWHERE s = '\''main.gold.x'\''"),
		row("cost_002"; "genie_correct"; "SELECT b FROM main.gold.t"),
		row("q3"; "genie_correct"; "SELECT 2"),
		row("q4"; "neither_correct"; "SELECT also wrong"),
		row("elsewhere"; "genie_correct"; "SELECT 9")' >rows.jsonl
	fix=(genie-bench --apply-corrections rows.jsonl --var catalog=main --var gold_schema=gold src/b.yaml)
}

@test "corrections are shown, not made, without --write" {
	corrections
	run -0 --separate-stderr "${fix[@]}"
	[[ $output == *"+      SELECT SUM(net)"* ]]
	[[ $output == *'+      FROM ${catalog}.${gold_schema}.t'* ]]
	[[ $output == *"+++ b/src/gt_remediation_queue.yaml"* ]]
	[[ $stderr == *"question elsewhere is in none of the sources"* ]]
	cmp src/b.yaml b.before
	[ ! -e src/gt_remediation_queue.yaml ]
	echo "$output" >shown.diff
	patch -s -p1 -d . <shown.diff
	cp src/b.yaml patched.yaml
	cp b.before src/b.yaml
	rm src/gt_remediation_queue.yaml
	"${fix[@]}" --write >/dev/null
	cmp patched.yaml src/b.yaml
}

@test "corrections keep every other byte, and the old SQL" {
	corrections
	run -0 --separate-stderr "${fix[@]}" --write
	[[ $stderr == *"3 corrected, 0 corrected before, 1 queued"* ]]
	# nothing but the corrected texts is gone
	diff b.before src/b.yaml | grep '^<' >gone || :
	[ "$(wc -l <gone)" -le 6 ]
	grep -q '^# Questions of the domain.  Two blanks stay.$' src/b.yaml
	grep -q '# and this comment too$' src/b.yaml
	grep -q "question: 'How much?'        # quoted" src/b.yaml
	genie-bench -q --facts keep src/b.yaml >now.jsonl 2>/dev/null
	jq -se '.[0].expected_sql | startswith("SELECT SUM(net)\nFROM ${catalog}.${gold_schema}.t\nWHERE")' now.jsonl
	jq -se '.[0].previous_sql == "SELECT SUM(list)\nFROM ${catalog}.${gold_schema}.t   -- wrong column"' now.jsonl
	jq -se '.[1] | .expected_sql == "SELECT b FROM ${catalog}.${gold_schema}.t" and .previous_sql == "SELECT a FROM ${catalog}.${gold_schema}.t"' now.jsonl
	jq -se 'map(.source) == ["arbiter_corrected","arbiter_corrected","arbiter_corrected","user","user"]' now.jsonl
	jq -se '.[3].expected_sql == "SELECT wrong"' now.jsonl
	grep -q 'SELECT also wrong' src/gt_remediation_queue.yaml
	# again: nothing
	cp src/b.yaml once.yaml
	cp src/gt_remediation_queue.yaml once.queue
	run -0 --separate-stderr "${fix[@]}" --write
	[ -z "$output" ]
	[[ $stderr == *"0 corrected, 3 corrected before, 0 queued"* ]]
	cmp src/b.yaml once.yaml
	cmp src/gt_remediation_queue.yaml once.queue
}

@test "scores correct as rows do" {
	corrections
	genie-score -q -o eval.json rows.jsonl
	"$ROOT/tests/schema-check" "$ROOT/schemas/eval.json" eval.json
	diff <("${fix[@]}" 2>/dev/null) <(genie-bench --apply-corrections eval.json --var catalog=main --var gold_schema=gold src/b.yaml 2>/dev/null)
}

@test "few verdicts correct nothing, but are queued when neither is right" {
	corrections
	grep -v cost_002 rows.jsonl >few.jsonl
	run -0 --separate-stderr genie-bench --apply-corrections few.jsonl --queue q.yaml --write src/b.yaml
	[[ $stderr == *"2 question(s) with genie_correct, fewer than 3"* ]]
	cmp src/b.yaml b.before
	grep -q 'neither_correct' q.yaml
	run -0 --separate-stderr genie-bench --apply-corrections few.jsonl --min-corrections 2 --queue q.yaml --write src/b.yaml
	[[ $stderr == *"2 corrected"*"0 queued"* ]]
}

@test "what no rule can correct goes to people" {
	corrections
	jq -nc '{question_id:"q5", question:"fifth", genie_sql:"SELECT 7", judges:{arbiter:{value:"genie_correct",rationale:"r"}}},
		{question_id:"q1", question:"x", genie_sql:"DROP TABLE t", judges:{arbiter:{value:"genie_correct",rationale:"r"}}},
		{question_id:"q3", question:"x", genie_sql:"SELECT 8", replicate:0, judges:{arbiter:{value:"genie_correct",rationale:"r"}}},
		{question_id:"q3", question:"x", genie_sql:"SELECT 1", replicate:1, judges:{arbiter:{value:"skipped",rationale:"r"}}}' >rows.jsonl
	run -0 --separate-stderr genie-bench --apply-corrections rows.jsonl --min-corrections 1 --write src/b.yaml
	cmp src/b.yaml b.before
	[[ $stderr == *"question q1: the verdict brings no query"* ]]
	[ "$(grep -c 'id: q5' src/gt_remediation_queue.yaml)" = 1 ]
	run ! grep -q DROP src/gt_remediation_queue.yaml
	echo '{"id":"q1","question":"q"}' >few.jsonl
	run -2 genie-bench --apply-corrections rows.jsonl few.jsonl
	run -2 genie-bench --apply-corrections rows.jsonl - <src/b.yaml
	run -2 genie-bench --apply-corrections rows.jsonl --validate src/b.yaml
	run -2 genie-bench --write src/b.yaml
}
