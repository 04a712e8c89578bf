# Metadata statements of the embedded workspace, and what it loads.
load ../lib.bash

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p b/gold_layer_design/yaml/shop b/src/semantic/metric_views b/src/semantic/tvfs b/data b/src/genie
	cat >b/databricks.yml <<-'END'
		bundle: {name: shop}
		variables:
		  catalog: {default: main}
		  gold_schema: {default: gold}
		targets:
		  dev: {default: true}
		  prod: {variables: {gold_schema: gold_prod}}
	END
	cat >b/gold_layer_design/yaml/shop/orders.yaml <<-'END'
		table_name: orders
		comment: Orders
		primary_key: [id]
		tags: {layer: gold}
		columns:
		  - {name: id, type: BIGINT, nullable: false}
		  - {name: day, type: DATE, comment: Day}
		  - {name: amt, type: "DECIMAL(18,2)"}
		  - {name: paid, type: BOOLEAN}
	END
	printf 'id,day,amt,paid\n1,2026-11-01,10.50,true\n2,,,\n' >b/data/orders.csv
	printf 'version: 1.1   # first\ncomment: Sales\nsource: ${catalog}.${gold_schema}.orders\ndimensions:\n  - name: day\n    expr: day\nmeasures:\n  - {name: total, expr: SUM(amt), comment: All}\n' \
		>b/src/semantic/metric_views/mv_sales.yaml
	cat >b/src/semantic/tvfs/f.sql <<-'END'
		-- a comment before; with a semicolon
		CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.big_orders(
		  min_amt DOUBLE DEFAULT 0 COMMENT 'Lower limit',
		  since STRING DEFAULT NULL
		) RETURNS TABLE (id BIGINT COMMENT 'Order', amt DECIMAL(18,2))
		COMMENT 'Don''t ask; big orders'
		RETURN SELECT id, amt FROM ${catalog}.${gold_schema}.orders WHERE amt >= min_amt;
	END
	printf '{"version":2,"data_sources":{"tables":[{"identifier":"${catalog}.${gold_schema}.orders"}]}}' \
		>b/src/genie/shop_genie_export.json
}

sql() {
	genie-local sql -q --bundle b --db w.db "$1"
}
# The first cell of the answer.
cell() {
	sql "$1" | jq -r '.rows[0][0]'
}
# refused CLASS STATEMENT: the statement fails with this error class.
refused() {
	run ! --separate-stderr sql "$2"
	[[ $stderr == *"[$1]"*"SQLSTATE: "* ]] || { echo "$stderr"; return 1; }
	[ -z "$output" ]
}

@test "comments on tables and columns are kept from run to run, quotes and all" {
	sql "COMMENT ON TABLE main.gold.orders IS 'It\\'s a \"new\" one\\\\'"
	sql "COMMENT ON COLUMN orders.amt IS 'Amount, in USD'"
	sql 'ALTER TABLE `main`.`gold`.`orders` ALTER COLUMN `id` COMMENT "Number"'
	run -0 sql 'DESCRIBE TABLE EXTENDED orders AS JSON'
	[ "$(jq -r '.rows[0][0] | fromjson | .comment' <<<"$output")" = "It's a \"new\" one\\" ]
	[ "$(jq -r '.rows[0][0] | fromjson | .columns | map(.comment) | @json' <<<"$output")" = \
		'["Number","Day","Amount, in USD",null]' ]
	sql 'COMMENT ON TABLE orders IS NULL'
	[ "$(cell 'DESCRIBE TABLE EXTENDED orders AS JSON' | jq .comment)" = null ]
}

@test "what cannot be commented is refused, and nothing changes" {
	refused TABLE_OR_VIEW_NOT_FOUND "COMMENT ON TABLE main.gold.nope IS 'x'"
	refused UNRESOLVED_COLUMN.WITH_SUGGESTION "COMMENT ON COLUMN orders.nope IS 'x'"
	refused UNSUPPORTED_FEATURE "COMMENT ON COLUMN mv_sales.total IS 'x'"
	refused EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW "ALTER TABLE mv_sales ALTER COLUMN total COMMENT 'x'"
	refused EXPECT_VIEW_NOT_TABLE.USE_ALTER_TABLE "ALTER VIEW orders SET TAGS ('a' = 'b')"
	refused PARSE_SYNTAX_ERROR "COMMENT ON FUNCTION big_orders IS 'x'"
	refused PARSE_SYNTAX_ERROR "COMMENT ON TABLE orders IS 'x' AND MORE"
	[ "$(sql 'DESCRIBE mv_sales' | jq -c .rows)" = \
		'[["day","date",null],["total","decimal(28,2) measure","All"]]' ]
}

@test "properties and tags are set and unset" {
	sql "ALTER TABLE orders SET TBLPROPERTIES ('a.b' = '1', c.d = 'x')"
	sql "ALTER TABLE orders UNSET TBLPROPERTIES IF EXISTS ('c.d', 'nope')"
	[ "$(sql 'SHOW TBLPROPERTIES orders' | jq -c .rows)" = '[["a.b","1"]]' ]
	refused UNSET_NONEXISTENT_PROPERTIES "ALTER TABLE orders UNSET TBLPROPERTIES ('nope')"
	sql "ALTER TABLE orders SET TAGS ('pii' = 'no', 'bare')"
	sql "ALTER TABLE orders UNSET TAGS ('layer')"
	sql "ALTER TABLE orders ALTER COLUMN amt SET TAGS ('unit' = 'USD')"
	sql 'SET TAG ON COLUMN main.gold.orders.amt kind = money'
	sql 'UNSET TAG ON TABLE orders bare'
	[ "$(sql 'SELECT tag_name, tag_value FROM main.information_schema.table_tags ORDER BY tag_name' |
		jq -c .rows)" = '[["pii","no"]]' ]
	[ "$(sql 'SELECT column_name, tag_name, tag_value FROM system.information_schema.column_tags ORDER BY tag_name' |
		jq -c .rows)" = '[["amt","kind","money"],["amt","unit","USD"]]' ]
}

@test "a metric view's YAML comes back byte for byte" {
	want=$(sed 's/${catalog}.${gold_schema}/main.gold/' b/src/semantic/metric_views/mv_sales.yaml; echo .)
	got=$(cell 'DESCRIBE TABLE EXTENDED mv_sales AS JSON' | jq -j .view_text; echo .)
	[ "$got" = "$want" ]
	yaml=$'\nversion: 1.1\n# kept\nsource: orders\nmeasures:\n  - name: n\n    expr: "COUNT(*)"   \n'
	sql "ALTER VIEW mv_sales SET TAGS ('keep' = 'me')"
	sql "ALTER VIEW mv_sales AS \$\$$yaml\$\$"
	[[ "$(cell 'SHOW CREATE TABLE mv_sales')" == *"AS \$\$$yaml\$\$" ]]
	[ "$(cell 'SELECT tag_name FROM main.information_schema.table_tags WHERE table_name = '"'mv_sales'")" = keep ]
	# the old YAML had a comment, the new one has none
	[[ "$(cell 'SHOW CREATE TABLE mv_sales')" != *Sales* ]]
	# a replaced view is a new one
	sql "CREATE OR REPLACE VIEW mv_sales WITH METRICS LANGUAGE YAML AS \$\$$yaml\$\$"
	[ "$(sql "SELECT count(*) FROM main.information_schema.table_tags WHERE table_name = 'mv_sales'" |
		jq -r '.rows[0][0]')" = 0 ]
}

@test "a metric view that Databricks would refuse is refused, and the old one stays" {
	bad() { refused METRIC_VIEW_INVALID_VIEW_DEFINITION "ALTER VIEW mv_sales AS \$\$$1\$\$"; }
	bad $'source: orders\nmeasures: [{name: n, expr: count(1)}]'
	bad $'version: 3\nsource: orders\nmeasures: [{name: n, expr: count(1)}]'
	bad $'version: 1.1\nmeasures: [{name: n, expr: count(1)}]'
	bad $'version: 1.1\nsource: orders'
	bad $'version: 1.1\nsource: orders\nname: x\nmeasures: [{name: n, expr: count(1)}]'
	bad $'version: 1.1\nsource: orders\nmeasures: [{name: n}]'
	bad $'version: 1.1\nsource: orders\nmeasures: [{name: n, expr: count(1)}, {name: N, expr: count(2)}]'
	bad $'version: 0.1\nsource: orders\nmeasures: [{name: n, expr: count(1), synonyms: [a]}]'
	bad $'version: 1.1\nsource: orders\njoins: [{name: j, source: orders}]\nmeasures: [{name: n, expr: count(1)}]'
	bad $'version: 1.1\n a: [\n'
	refused TABLE_OR_VIEW_NOT_FOUND \
		$'ALTER VIEW mv_sales AS $$version: 1.1\nsource: nope\nmeasures: [{name: n, expr: count(1)}]$$'
	refused TABLE_OR_VIEW_ALREADY_EXISTS \
		$'CREATE VIEW mv_sales WITH METRICS LANGUAGE YAML AS $$version: 1.1\nsource: orders\nmeasures: [{name: n, expr: count(1)}]$$'
	[[ "$(cell 'SHOW CREATE TABLE mv_sales')" == *"# first"* ]]
}

@test "a function is described as it was made" {
	run -0 sql 'DESCRIBE FUNCTION EXTENDED main.gold.big_orders'
	text=$(jq -r '.rows[][0]' <<<"$output")
	[[ $text == *"min_amt DOUBLE DEFAULT 0 'Lower limit'"* ]]
	[[ $text == *"since STRING DEFAULT NULL"* ]]
	[[ $text == *"id BIGINT 'Order'"* ]]
	[[ $text == *"Comment:       Don't ask; big orders"* ]]
	[[ $text == *"FROM main.gold.orders WHERE amt >= min_amt"* ]]
	[ "$(sql 'SELECT parameter_name, parameter_default, comment FROM main.information_schema.parameters ORDER BY ordinal_position' |
		jq -c .rows)" = '[["min_amt","0","Lower limit"],["since","NULL",null]]' ]
}

@test "a function is replaced only with the same parameters" {
	local make='CREATE OR REPLACE FUNCTION big_orders'
	sql "$make(a DOUBLE, b STRING) RETURNS TABLE (n BIGINT) COMMENT 'New' RETURN SELECT COUNT(*) FROM orders"
	[[ "$(sql 'DESCRIBE FUNCTION EXTENDED big_orders')" == *"Comment:       New"* ]]
	refused ROUTINE_ALREADY_EXISTS "$make(a DOUBLE) RETURNS TABLE (n BIGINT) RETURN SELECT 1"
	refused ROUTINE_ALREADY_EXISTS "CREATE FUNCTION big_orders() RETURNS TABLE (n BIGINT) RETURN SELECT 1"
	refused DUPLICATE_ROUTINE_PARAMETER_NAMES "CREATE FUNCTION f(a INT, A INT) RETURNS TABLE (n INT) RETURN SELECT 1"
	refused UNSUPPORTED_DATATYPE "CREATE FUNCTION f(a TEXT) RETURNS TABLE (n INT) RETURN SELECT 1"
	refused PARSE_SYNTAX_ERROR "CREATE FUNCTION f(a INT) RETURNS TABLE (n INT)"
	refused SCHEMA_NOT_FOUND "CREATE FUNCTION main.nope.f() RETURNS TABLE (n INT) RETURN SELECT 1"
	sql 'DROP FUNCTION big_orders'
	refused ROUTINE_NOT_FOUND 'DESCRIBE FUNCTION big_orders'
	refused ROUTINE_NOT_FOUND 'DROP FUNCTION big_orders'
	sql 'DROP FUNCTION IF EXISTS no_such_function'
}

@test "SHOW lists what is there" {
	[ "$(sql 'SHOW TABLES' | jq -c '[.rows[][1]]')" = '["mv_sales","orders"]' ]
	[ "$(sql "SHOW TABLES IN main.gold LIKE 'ord*'" | jq -c '[.rows[][1]]')" = '["orders"]' ]
	[ "$(sql 'SHOW VIEWS' | jq -c '[.rows[][1]]')" = '["mv_sales"]' ]
	[ "$(sql 'SHOW FUNCTIONS IN gold' | jq -c '[.rows[][0]]')" = '["main.gold.big_orders"]' ]
	[[ "$(sql 'SHOW SCHEMAS IN main')" == *'"gold"'* ]]
	refused SCHEMA_NOT_FOUND 'SHOW TABLES IN nope'
	[[ "$(cell 'SHOW CREATE TABLE orders')" == *"CONSTRAINT \`pk_orders\` PRIMARY KEY (\`id\`)"* ]]
}

@test "information_schema has the bundle's tables, keys and functions" {
	[ "$(sql "SELECT column_name, full_data_type, is_nullable, comment FROM main.information_schema.columns
		WHERE table_schema = 'gold' AND table_name = 'orders' ORDER BY ordinal_position" | jq -c .rows)" = \
		'[["id","bigint","NO",null],["day","date","YES","Day"],["amt","decimal(18,2)","YES",null],["paid","boolean","YES",null]]' ]
	[ "$(sql 'SELECT table_name, table_type, comment FROM system.information_schema.tables ORDER BY table_name' |
		jq -c .rows)" = '[["mv_sales","METRIC_VIEW","Sales"],["orders","MANAGED","Orders"]]' ]
	[ "$(sql 'SELECT routine_name, data_type, comment FROM main.information_schema.routines' |
		jq -c .rows)" = '[["big_orders","TABLE","Don'"'"'t ask; big orders"]]' ]
	[ "$(sql 'SELECT constraint_name, column_name FROM main.information_schema.key_column_usage' |
		jq -c .rows)" = '[["pk_orders","id"]]' ]
	[ "$(sql 'SELECT table_name FROM other.information_schema.tables' | jq -c .rows)" = '[]' ]
}

@test "rows are loaded with their types and NULLs, and again when the day changes" {
	[ "$(sql 'SELECT id, day, amt, paid FROM orders ORDER BY id' | jq -c .rows)" = \
		'[["1","2026-11-01","10.50","true"],["2",null,null,null]]' ]
	printf "INSERT INTO orders (id, day) VALUES (3, date(today(), '-1 day'));\n" >b/data/more.sql
	[ "$(GENIE_NOW=2026-11-20T08:00:00Z cell 'SELECT day FROM orders WHERE id = 3')" = 2026-11-19 ]
	sql "COMMENT ON TABLE orders IS 'kept'"
	[ "$(GENIE_NOW=2026-11-25T08:00:00Z cell 'SELECT day FROM orders WHERE id = 3')" = 2026-11-24 ]
	[ "$(cell 'SELECT count(*) FROM orders')" = 3 ]
	[[ "$(cell 'SHOW CREATE TABLE orders')" == *"COMMENT 'kept'"* ]]
}

@test "a target changes the schema" {
	run -0 genie-local sql -q --bundle b --target prod 'SHOW TABLES'
	[ "$(jq -c '[.rows[][0]] | unique' <<<"$output")" = '["gold_prod"]' ]
}

# broken FILE TEXT WANT: the bundle with this file is refused with exit status 65.
broken() {
	cp "b/$1" saved 2>/dev/null || rm -f saved
	printf '%b' "$2" >"b/$1"
	run -65 --separate-stderr sql 'SHOW TABLES'
	[ "$(wc -l <<<"$stderr")" -eq 1 ]
	[[ $stderr == *"$1"*"$3"* ]] || { echo "$stderr"; return 1; }
	if [ -e saved ]; then mv saved "b/$1"; else rm "b/$1"; fi
}

@test "a broken bundle is refused with file and line" {
	local gold=gold_layer_design/yaml/shop/orders.yaml
	broken $gold 'table_name: orders\ncolumns:\n  - {name: a, type: TEXT}\n' ':3: $.columns.type: not a Databricks type'
	broken $gold 'table_name: orders\ncolumns:\n  - {name: a, type: INT}\n  - {name: A, type: INT}\n' ':4: $.columns.name: duplicate column'
	broken $gold 'table_name: orders\ncolumns: [\n' ':3'
	broken $gold 'table_name: orders\nforeign_keys:\n  - {columns: [a], references: nope}\ncolumns: [{name: a, type: INT}]\n' ':3: $.foreign_keys.references: no such table'
	broken $gold 'table_name: orders\nprimary_key: [b]\ncolumns: [{name: a, type: INT}]\n' ':2: $.primary_key: no such column'
	broken data/orders.csv 'id,nope\n' ':1: table orders has no column "nope"'
	broken data/orders.csv 'id,day\n1,2026-11-01\n2,yesterday\n' ':3: column day: "yesterday" is no DATE'
	broken data/orders.csv 'id\n1,2\n' ':2: 2 fields'
	broken data/extra.csv 'a\n1\n' 'no table "extra" is defined'
	broken data/bad.sql 'INSERT INTO orders VALUES (' 'incomplete input'
	broken src/semantic/metric_views/mv_sales.yaml 'version: 1.1\n' ':1: [METRIC_VIEW_INVALID_VIEW_DEFINITION]'
	broken src/semantic/tvfs/f.sql '\n\nCREATE FUNCTION ${catalog}.${gold_schema}.f() RETURN 1' ':3: [PARSE_SYNTAX_ERROR]'
	broken src/semantic/tvfs/f.sql 'CREATE FUNCTION ${nope}.f() RETURN 1' ':1: variable "nope" is not defined'
	broken src/genie/shop_genie_export.json '{"x": 1}' 'not a Genie space export'
	broken databricks.yml 'targets: {a: {}, b: {}}\n' 'none of them has default'
	[ "$(sql 'SHOW TABLES' | jq '.rows | length')" -eq 2 ]
}

@test "databases of the defog form load, each as a space" {
	need_data defog/academic/schema.json
	for db in academic advising atis geography restaurants scholar yelp; do
		run -0 genie-local sql -q --bundle "$SHARED_DATA/defog/$db" --db "$db.db" 'SHOW TABLES'
		[ "$(jq '.rows | length' <<<"$output")" = "$(jq '.tables | length' "$SHARED_DATA/defog/$db/schema.json")" ]
	done
	run -0 genie-local sql -q --bundle "$SHARED_DATA/defog/academic" --db academic.db 'SELECT count(*) FROM author'
	[ "$(jq -r '.rows[0][0]' <<<"$output")" = 5 ]
}
