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
