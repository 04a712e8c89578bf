# Databricks SQL in the embedded workspace: what it answers, and what it refuses.
load ../lib.bash

setup_file() {
	command -v genie-local >/dev/null || return 0
	cd "$BATS_FILE_TMPDIR"
	mkdir -p b/gold_layer_design/yaml/shop b/src/semantic/metric_views b/src/semantic/tvfs b/data
	printf 'bundle: {name: shop}\nvariables:\n  catalog: {default: main}\n  gold_schema: {default: gold}\ntargets:\n  dev: {default: true}\n' >b/databricks.yml
	cat >b/gold_layer_design/yaml/shop/sales.yaml <<-'END'
		table_name: sales
		columns:
		  - {name: id, type: BIGINT}
		  - {name: day, type: DATE}
		  - {name: store_id, type: INT}
		  - {name: amt, type: "DECIMAL(18,2)"}
		  - {name: cost, type: DOUBLE}
		  - {name: paid, type: BOOLEAN}
		  - {name: note, type: STRING}
	END
	cat >b/gold_layer_design/yaml/shop/stores.yaml <<-'END'
		table_name: stores
		columns:
		  - {name: store_id, type: INT}
		  - {name: city, type: STRING}
	END
	cat >b/data/sales.csv <<-'END'
		id,day,store_id,amt,cost,paid,note
		1,2026-11-01,1,10.10,1.5,true,Abc
		2,2026-11-02,1,20.20,2.5,false,abd
		3,2026-11-02,2,30.30,3.5,true,
		4,2026-10-31,2,0.10,4.5,,xyz
		5,2026-10-15,3,0.20,,true,NULL
	END
	printf 'store_id,city\n1,Rome\n2,Oslo\n' >b/data/stores.csv
	cat >b/src/semantic/metric_views/mv.yaml <<-'END'
		version: 1.1
		source: ${catalog}.${gold_schema}.sales
		filter: amt > 0.15
		joins:
		  - name: store
		    source: ${catalog}.${gold_schema}.stores
		    'on': source.store_id = store.store_id
		dimensions:
		  - {name: day, expr: source.day}
		  - {name: month, expr: "DATE_TRUNC('MONTH', day)"}
		  - {name: city, expr: store.city}
		  - {name: "City Upper", expr: "UPPER(city)"}
		measures:
		  - {name: total, expr: SUM(source.amt)}
		  - {name: n, expr: COUNT(1)}
		  - {name: "Avg Sale", expr: MEASURE(total) / MEASURE(n)}
		  - {name: paid_total, expr: SUM(amt) FILTER (WHERE paid)}
	END
	cat >b/src/semantic/tvfs/f.sql <<-'END'
		CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.sales_since(
		  since STRING, min_amt DECIMAL(18,2) DEFAULT 0, city STRING DEFAULT NULL)
		RETURNS TABLE (id BIGINT, amount DECIMAL(18,4))
		RETURN SELECT s.id, s.amt FROM sales s LEFT JOIN stores t USING (store_id)
		WHERE s.day >= CAST(since AS DATE) AND s.amt >= min_amt
		  AND (sales_since.city IS NULL OR t.city = sales_since.city) ORDER BY s.id;
	END
	genie-local sql -q --bundle b --db w.db --today 2026-11-20 'SELECT 1' >/dev/null
}

setup() {
	cd "$BATS_FILE_TMPDIR"
}

sql() {
	genie-local sql -q --bundle b --db w.db --today 2026-11-20 "$1"
}
# gives ROWS STATEMENT: the rows are this JSON.
gives() {
	local got
	got=$(sql "$2" | jq -c .rows) || { echo "failed: $2"; return 1; }
	[ "$got" = "$1" ] || { echo "$2"; echo "got  $got"; echo "want $1"; return 1; }
}
types() {
	local got
	got=$(sql "$2" | jq -r '[.columns[].type] | join(" ")') || { echo "failed: $2"; return 1; }
	[ "$got" = "$1" ] || { echo "$2"; echo "got  $got"; echo "want $1"; return 1; }
}
# refused CLASS STATEMENT: the statement fails with this error class.
refused() {
	run ! --separate-stderr sql "$2"
	[[ $stderr == *"[$1]"*"SQLSTATE: "* ]] || { echo "$2"; echo "$stderr$output"; return 1; }
	[ -z "$output" ]
}

@test "values print as the REST API prints them" {
	gives '[["1","10.10","1.5","true","2026-11-01",null]]' \
		"SELECT id, amt, cost, paid, day, NULL FROM sales WHERE id = 1"
	gives '[["3.0","1.0E7","1.0E-4","0.30000000000000004","2026-11-20T12:00:00.000Z"]]' \
		"SELECT CAST(3 AS DOUBLE), 1e7, 0.0001D, 0.1D + 0.2D, current_timestamp()"
	types 'BIGINT DECIMAL(18,2) DOUBLE BOOLEAN DATE INT STRING' \
		"SELECT id, amt, cost, paid, day, store_id, note FROM sales"
}

@test "a result is kept until something is written, by whoever it is" {
	cp -R b kept
	cat >kept.sh <<-'END'
		set -eu -o pipefail
		ask() {
			curl -sf -X POST -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/sql/statements" \
				-d "$(jq -n --arg s "$1" --argjson n "${2:-10}" '{warehouse_id: env.DATABRICKS_WAREHOUSE_ID, wait_timeout: "30s", row_limit: $n, statement: $s}')" | jq -c '[.result.data_array, .manifest.truncated]'
		}
		cities='SELECT city FROM stores ORDER BY city'
		ask "$cities"
		ask "$cities"
		ask "$cities" 1
		ask "$cities"
		ask "INSERT INTO stores VALUES (3, 'Bern')" >/dev/null
		ask "$cities"
		ask "CREATE OR REPLACE VIEW v AS SELECT count(*) AS n FROM stores" >/dev/null
		ask "SELECT n FROM v"
		ask "CREATE OR REPLACE VIEW v AS SELECT max(store_id) + 10 AS n FROM stores" >/dev/null
		ask "SELECT n FROM v"
		# another connection to the same file
		genie-local sql -q --bundle kept --db kept.db --today 2026-11-20 "DELETE FROM stores WHERE city = 'Oslo'" >/dev/null
		ask "$cities"
	END
	run -0 --separate-stderr genie-local exec -q --bundle kept --db kept.db --today 2026-11-20 -- bash kept.sh
	diff <(echo "$output") - <<-'END'
		[[["Oslo"],["Rome"]],false]
		[[["Oslo"],["Rome"]],false]
		[[["Oslo"]],true]
		[[["Oslo"],["Rome"]],false]
		[[["Bern"],["Oslo"],["Rome"]],false]
		[[["3"]],false]
		[[["13"]],false]
		[[["Bern"],["Rome"]],false]
	END
}

# run_once CURL-ARGUMENT...: a long query eight times, this call behind each: seven from what
# was kept take less than the first
run_once() {
	local cross='WITH n AS (SELECT a.id FROM sales a, sales b, sales c, sales d, sales e) SELECT count(*) FROM n JOIN n m ON n.id <> m.id'
	cat >long.sh <<-'END'
		for i in 1 2 3 4 5 6 7 8; do
			curl -sf -o /dev/null -X POST -H "Authorization: Bearer $DATABRICKS_TOKEN" "$DATABRICKS_HOST/api/2.0/sql/statements" \
				-d '{"warehouse_id":"'$DATABRICKS_WAREHOUSE_ID'","wait_timeout":"50s","statement":"'"$0"'"}' || exit
			date +%s%N
			[ $# -eq 0 ] || curl -sf -o /dev/null -H "Authorization: Bearer $DATABRICKS_TOKEN" -H 'Content-Type: application/json' \
				"$DATABRICKS_HOST$1" -d "${2/NUMBER/$i}" || exit
		done
	END
	run -0 --separate-stderr genie-local exec -q --bundle b --db w.db --today 2026-11-20 -- bash -c 'date +%s%N; bash -c "$(<long.sh)" "$@"' _ "$cross" "$@"
	((lines[8] - lines[1] < lines[1] - lines[0])) || { printf '%s\n' "${lines[@]}"; return 1; }
}

@test "a long query is run once" {
	run_once
}

@test "what the workspace keeps for itself leaves results as they are" {
	run_once /api/2.0/mlflow/experiments/create '{"name":"/Users/local.user@genie-local.invalid/eNUMBER"}'
}

@test "decimals are exact where doubles are not" {
	gives '[["0.3","60.90","0.3000"]]' \
		"SELECT 0.1 + 0.2, sum(amt), CAST(sum(CASE WHEN amt < 1 THEN amt END) AS DECIMAL(9,4)) FROM sales"
	types 'DECIMAL(2,1) DECIMAL(28,2) DECIMAL(22,6) DECIMAL(37,4)' \
		"SELECT 0.1 + 0.2, sum(amt), avg(amt), amt * amt FROM sales GROUP BY amt"
	gives '[["2.68","3","-3","12.35"]]' \
		"SELECT round(2.675, 2), round(2.5), round(-2.5), CAST('12.345' AS DECIMAL(10,2))"
}

@test "division is never whole, and not by zero" {
	gives '[["0.5","3","1",null]]' "SELECT 1/2, 7 DIV 2, 7 % 3, TRY_DIVIDE(1, 0)"
	gives '[["0.0"]]' "SELECT CASE WHEN 0 = 0 THEN 0 ELSE 1/0 END"
	refused DIVIDE_BY_ZERO "SELECT 1/0"
	refused DIVIDE_BY_ZERO "SELECT amt / (store_id - 1) FROM sales"
}

@test "dates move by the engine's day" {
	gives '[["2026-11-20","2026-10-20","19","2026-10-21","2026-02-28"]]' "SELECT CURRENT_DATE,
		ADD_MONTHS(current_date(), -1), DATEDIFF(current_date, '2026-11-01'),
		current_date() - INTERVAL 30 DAYS, DATE'2026-01-31' + INTERVAL '1' MONTH"
	gives '[["2026-11-01T00:00:00.000Z","Nov 2026","47","6","2026-11-30","1"]]' \
		"SELECT date_trunc('MONTH', current_date()), date_format(current_date(), 'MMM yyyy'),
		weekofyear(current_date()), dayofweek(current_date()), last_day(current_date()),
		timestampdiff(MONTH, '2026-01-31', '2026-03-30')"
	gives '[["4"]]' "SELECT count(*) FROM sales WHERE day >= date_sub(current_date(), 30)"
	refused CAST_INVALID_INPUT "SELECT * FROM sales WHERE day > 'yesterday'"
}

@test "LIKE looks at letter case, ILIKE and RLIKE do what they say" {
	gives '[["1"]]' "SELECT id FROM sales WHERE note LIKE 'A%'"
	gives '[["1"],["2"]]' "SELECT id FROM sales WHERE note ILIKE 'a%' ORDER BY id"
	gives '[["1"],["2"]]' "SELECT id FROM sales WHERE note RLIKE '^[Aa]b\\\\w\$' ORDER BY id"
}

@test "a text in double quotes is a text, a name in backticks must exist" {
	gives '[["1"]]' 'SELECT id FROM main.gold.sales WHERE `note` = "Abc"'
	refused UNRESOLVED_COLUMN.WITH_SUGGESTION 'SELECT `amount` FROM sales'
	[[ $stderr == *'`amt`'* ]]
	refused TABLE_OR_VIEW_NOT_FOUND 'SELECT 1 FROM gold.nothing'
	refused UNRESOLVED_ROUTINE 'SELECT nothing(1)'
	refused AMBIGUOUS_REFERENCE 'SELECT store_id FROM sales s JOIN stores t ON s.store_id = t.store_id'
	refused PARSE_SYNTAX_ERROR 'SELECT FROM sales'
}

@test "columns outside of the grouping are refused" {
	refused MISSING_AGGREGATION "SELECT store_id, note, sum(amt) FROM sales GROUP BY store_id"
	refused MISSING_GROUP_BY "SELECT store_id, sum(amt) FROM sales"
	refused INVALID_WHERE_CONDITION "SELECT 1 FROM sales WHERE sum(amt) > 1"
	gives '[["1","30.30"],["2","30.40"],["3","0.20"]]' \
		"SELECT store_id AS s, sum(amt) FROM sales GROUP BY ALL ORDER BY s"
	gives '[["30.40"]]' "SELECT sum(amt) t FROM sales GROUP BY store_id HAVING t > 30.35"
}

@test "types that do not go together are refused" {
	refused DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES "SELECT day > 5 FROM sales"
	refused DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN "SELECT 1 FROM sales WHERE amt"
	refused CAST_INVALID_INPUT "SELECT CAST('x' AS INT)"
	gives '[[null,"5"]]' "SELECT TRY_CAST('x' AS INT), '5'::INT"
}

@test "joins: USING merges, ANTI keeps what has no partner, FULL keeps all" {
	gives '[["1","Rome"],["2","Oslo"],["3",null]]' \
		"SELECT DISTINCT store_id, city FROM sales LEFT JOIN stores USING (store_id) ORDER BY 1"
	gives '[["3"]]' "SELECT DISTINCT store_id FROM sales s LEFT ANTI JOIN stores t ON s.store_id = t.store_id"
	gives '[["1"],["2"]]' "SELECT DISTINCT store_id FROM sales s LEFT SEMI JOIN stores t ON s.store_id = t.store_id ORDER BY 1"
}

@test "windows and QUALIFY pick rows per group" {
	gives '[["2","20.20"],["3","30.30"],["5","0.20"]]' "SELECT id, amt FROM sales
		QUALIFY ROW_NUMBER() OVER (PARTITION BY store_id ORDER BY amt DESC) = 1 ORDER BY id"
	gives '[["2026-10-01T00:00:00.000Z",null],["2026-11-01T00:00:00.000Z","0.30"]]' \
		"WITH m AS (SELECT date_trunc('month', day) AS m, sum(amt) AS s FROM sales GROUP BY 1)
		SELECT m, lag(s) OVER (ORDER BY m) FROM m ORDER BY m"
}

@test "aggregates that SQLite lacks" {
	gives '[["10.1","30.18","2","abd","3","[\"Oslo\",\"Rome\"]"]]' "SELECT median(amt),
		round(percentile(amt, 0.997), 2), count_if(amt < 1), max_by(note, amt) FILTER (WHERE id < 3),
		approx_count_distinct(store_id), (SELECT sort_array(collect_set(city)) FROM stores) FROM sales"
	refused SCALAR_SUBQUERY_TOO_MANY_ROWS "SELECT (SELECT city FROM stores)"
}

@test "a metric view gives its dimensions and measures, filter and join applied" {
	gives '[["Oslo","30.30"],["Rome","30.30"],[null,"0.20"]]' \
		"SELECT city, MEASURE(total) AS t FROM mv GROUP BY city ORDER BY city NULLS LAST"
	gives '[["ROME","15.15"]]' 'SELECT `City Upper`, round(MEASURE(`Avg Sale`), 2) FROM mv
		WHERE city = "Rome" GROUP BY ALL'
	gives '[["2026-11-01T00:00:00.000Z","40.40"]]' \
		"SELECT month, MEASURE(paid_total) FROM mv GROUP BY 1 HAVING MEASURE(n) > 1 ORDER BY 2 DESC"
	gives '[["Oslo"],["Rome"]]' "SELECT DISTINCT city FROM main.gold.mv WHERE city IS NOT NULL ORDER BY 1"
}

@test "a metric view refuses what Databricks refuses" {
	refused METRIC_VIEW_MISSING_MEASURE_FUNCTION "SELECT city, total FROM mv"
	refused METRIC_VIEW_INVALID_MEASURE_FUNCTION_INPUT "SELECT MEASURE(city) FROM mv"
	refused METRIC_VIEW_JOIN_NOT_SUPPORTED "SELECT 1 FROM mv JOIN stores ON mv.city = stores.city"
	refused MISSING_GROUP_BY "SELECT city, MEASURE(total) FROM mv"
	refused UNRESOLVED_COLUMN.WITH_SUGGESTION "SELECT MEASURE(totl) FROM mv"
}

@test "table functions take arguments by place and by name" {
	gives '[["2","20.2000"],["3","30.3000"]]' "SELECT * FROM sales_since('2026-11-02')"
	gives '[["3"]]' "SELECT id FROM TABLE(gold.sales_since('2026-11-01', city => 'Oslo'))"
	gives '[["3"]]' "SELECT s.id FROM sales_since(min_amt => 25, since => '2026-11-01', city => NULL) s"
	refused REQUIRED_PARAMETER_NOT_FOUND "SELECT * FROM sales_since(min_amt => 1)"
	refused UNRECOGNIZED_PARAMETER_NAME "SELECT * FROM sales_since('2026-11-01', town => 'Oslo')"
	refused UNRESOLVABLE_TABLE_VALUED_FUNCTION "SELECT * FROM sales_until('2026-11-01')"
}

@test "the text 'NULL' is not NULL" {
	gives '[]' "SELECT * FROM sales_since('2026-11-01', 0, 'NULL')"
	refused CAST_INVALID_INPUT "SELECT * FROM sales_since('NULL')"
}

@test "writes change data tables, with the types of their columns" {
	cp w.db x.db
	x() { genie-local sql -q --bundle b --db x.db --today 2026-11-20 "$1" | jq -c .rows; }
	[ "$(x "INSERT INTO sales (id, amt, day) VALUES (9, '1.005', '2026-1-2'), (10, '2', NULL)")" = '[["2"]]' ]
	[ "$(x "SELECT amt, day FROM sales WHERE id = 9")" = '[["1.01","2026-01-02"]]' ]
	[ "$(x "UPDATE sales SET amt = amt + 1, paid = true WHERE id >= 9")" = '[["2"]]' ]
	[ "$(x "DELETE FROM sales WHERE amt = 3")" = '[["1"]]' ]
	[ "$(x "SELECT count(*) FROM sales")" = '[["6"]]' ]
	rm -f x.db*
}

@test "CREATE TABLE makes tables, empty or of a query" {
	cp w.db y.db
	y() { genie-local sql -q --bundle b --db y.db --today 2026-11-20 "$1" | jq -c .rows; }
	y "CREATE TABLE IF NOT EXISTS log (id BIGINT NOT NULL COMMENT 'key', at TIMESTAMP, ok BOOLEAN) USING DELTA COMMENT 'Log'"
	y "INSERT INTO gold.log VALUES (1, '2026-11-20 10:00', true)"
	[ "$(y "SELECT * FROM main.gold.log")" = '[["1","2026-11-20T10:00:00.000Z","true"]]' ]
	y "CREATE OR REPLACE TABLE log AS SELECT store_id, sum(amt) AS total FROM sales GROUP BY ALL"
	[ "$(y "SELECT column_name, full_data_type FROM information_schema.columns WHERE table_name = 'log' ORDER BY ordinal_position")" = \
		'[["store_id","int"],["total","decimal(28,2)"]]' ]
	[ "$(y "SELECT total FROM log WHERE store_id = 2")" = '[["30.40"]]' ]
	y "CREATE OR REPLACE TABLE log AS SELECT * FROM log WHERE store_id = 2"
	[ "$(y "SELECT count(*) FROM log")" = '[["1"]]' ]
	run ! genie-local sql -q --bundle b --db y.db --today 2026-11-20 "CREATE TABLE log (a INT)"
	[[ $output == *"[TABLE_OR_VIEW_ALREADY_EXISTS]"* ]]
	rm -f y.db*
}

@test "EXPLAIN compiles and runs nothing" {
	run -0 sql "EXPLAIN SELECT 1/0"
	[[ $output == *"Physical Plan"* ]]
	refused UNRESOLVED_COLUMN.WITH_SUGGESTION "EXPLAIN SELECT x FROM stores"
}

@test "what is not there is refused, not guessed" {
	refused UNSUPPORTED_FEATURE "SELECT city, count(*) FROM stores GROUP BY ROLLUP (city)"
	refused UNSUPPORTED_FEATURE "SELECT * FROM stores PIVOT (count(*) FOR city IN ('Rome'))"
	refused UNSUPPORTED_FEATURE "SELECT explode(sequence(1, 3))"
	refused UNSUPPORTED_FEATURE "SELECT note RLIKE '(?<=a)b' FROM sales"
	refused UNBOUND_SQL_PARAMETER "SELECT :x"
	refused INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE "SELECT 1 LIMIT -1"
}

@test "golds of SQLite databases give what SQLite gives" {
	need_data defog
	local db=geography
	genie-local sql -q --bundle "$SHARED_DATA/defog/$db" --db g.db --today 2026-11-20 'SELECT 1' >/dev/null
	jq -r --arg db $db 'select(.db == $db) | [.gold_sqlite[0], .rows[0]] | @tsv' \
		"$SHARED_DATA/defog/questions.jsonl" >golds.tsv
	[ "$(wc -l <golds.tsv)" -eq 25 ]
	while IFS=$'\t' read -r gold rows; do
		n=$(genie-local sql -q --bundle "$SHARED_DATA/defog/$db" --db g.db --today 2026-11-20 "$gold" | jq '.rows | length')
		[ "$n" = "$rows" ] || { echo "$gold: $n rows, not $rows"; return 1; }
	done <golds.tsv
}
