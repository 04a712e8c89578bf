# Databases, questions and spaces that nobody here has made.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	pid=
}

teardown() {
	[ -z "$pid" ] || kill "$pid"
}

# benchmark DB: the questions of one database, as a benchmark.
benchmark() {
	jq -c --arg db "$1" 'select(.db == $db) | {id, question, category, expected_sql: .gold_sqlite}' \
		"$SHARED_DATA/defog/questions.jsonl"
}

# evaluate DB: `make evaluate` as a user would call it, with the tools under test.
evaluate() {
	[ -e "$1.jsonl" ] || benchmark "$1" >"$1.jsonl"
	run -0 --separate-stderr env -u MAKELEVEL -u MAKEFLAGS PATH="$B/bin:$PATH" \
		make --no-print-directory -C "$ROOT" B="$B" -o all evaluate WORK="$PWD/work" \
		BUNDLE="$SHARED_DATA/defog/$1" DOMAIN="$1" BENCHMARKS="$PWD/$1.jsonl"
}

# One database: the golds mean what they mean in SQLite; `make evaluate` gets through.
database() {
	need_data "defog/$1"
	local before iter=work/$1/iter-00
	before=$(find "$SHARED_DATA/defog/$1" -type f -exec sha256sum {} + | sort)
	genie-local exec -q --bundle "$SHARED_DATA/defog/$1" -- "$ROOT/tests/defog-check" "$SHARED_DATA/defog" "$1" 90 >&3
	evaluate "$1"
	# every question outside held_out is measured, and what is left out says why
	[ "$(jq -r .question_id "$iter/rows.jsonl" | sort)" = \
		"$(jq -r 'select(.split != "held_out").id' "work/$1/benchmarks.jsonl" | sort)" ]
	jq -se 'all(.[]; .outcome == "pass" or .outcome == "fail" or
		(.outcome == "excluded" and (.exclusion.reason | startswith("gold: "))))' "$iter/rows.jsonl"
	jq -e '.total_questions == .evaluated + (.excluded | length) and .evaluated > 0' "$iter/eval.json"
	echo "# defog $1: $(jq -r '"\(.correct) of \(.evaluated) right, \(.excluded | length) excluded"' "$iter/eval.json")" >&3
	# evaluating measures; it changes nothing and goes no further
	[ "$(cd "work/$1" && ls -d iter-*)" = iter-00 ]
	[ -z "$(git -C "work/$1/bundle" status --porcelain)" ]
	[ "$(find "$SHARED_DATA/defog/$1" -type f -exec sha256sum {} + | sort)" = "$before" ]
	evaluate "$1"
	[[ $stderr == *"nothing to do"* ]]
}

# bats test_tags=slow
@test "real input: the database academic" { database academic; }
@test "real input: the database advising" { database advising; }
@test "real input: the database atis" { database atis; }
@test "real input: the database geography" { database geography; }
@test "real input: the database restaurants" { database restaurants; }
@test "real input: the database scholar" { database scholar; }
@test "real input: the database yelp" { database yelp; }

# The same golds read as Databricks SQL: what only SQLite has (strftime) is refused, nothing
# is answered in another way.
@test "real input: golds as Databricks SQL are right or refused" {
	need_data defog
	local db
	for db in academic advising atis geography restaurants scholar yelp; do
		mkdir "$db"
		ln -s "$SHARED_DATA/defog/$db"/*.csv "$db"
		jq '.dialect = "databricks"' "$SHARED_DATA/defog/$db/schema.json" >"$db/schema.json"
		genie-local exec -q --bundle "$db" -- "$ROOT/tests/defog-check" "$SHARED_DATA/defog" "$db" 80 >log.txt ||
			{ cat log.txt; return 1; }
		tail -1 log.txt | sed 's/defog/defog as Databricks SQL,/' >&3
		[ -z "$(grep refused log.txt | grep -viE 'strftime|julianday|`date` requires')" ]
	done
}

@test "real input: a gold that cannot run here is excluded with the reason" {
	need_data defog/yelp
	benchmark yelp | head -5 >yelp.all
	jq -c 'if .id == "yelp-02" then .expected_sql = "SELECT no_such_column FROM review"
		elif .id == "yelp-03" then .expected_sql = ["SELECT quux(1) FROM review", "SELECT COUNT(*) FROM review"] else . end
		| .split = "train"' yelp.all >yelp.jsonl
	evaluate yelp
	jq -e '[.excluded[].question_id] == ["yelp-02"]' work/yelp/iter-00/eval.json ||
		{ jq .excluded work/yelp/iter-00/eval.json; return 1; }
	jq -se 'map(select(.outcome == "excluded").exclusion.reason) | length == 1 and
		(.[0] | startswith("gold: ") and contains("UNRESOLVED_COLUMN"))' work/yelp/iter-00/rows.jsonl
	# a list with one that runs is still an expectation
	jq -se 'any(.[]; .question_id == "yelp-03" and .outcome != "excluded" and .comparison.gt_rows == 1)' \
		work/yelp/iter-00/rows.jsonl
}

@test "real input: a folder without repository files is not optimized" {
	need_data defog/yelp
	benchmark yelp >yelp.jsonl
	run -2 --separate-stderr env -u MAKELEVEL -u MAKEFLAGS make --no-print-directory -C "$ROOT" B="$B" -o all optimize \
		WORK="$PWD/work" BUNDLE="$SHARED_DATA/defog/yelp" DOMAIN=yelp BENCHMARKS="$PWD/yelp.jsonl"
	[[ $stderr == *"no databricks.yml"*"make evaluate"* ]]
	[ ! -e work ]
}
