load ../lib.bash

# A shop: orders and customers, a monitor's output, scores and features of a model, a metric view.
setup() {
	cd "$BATS_TEST_TMPDIR" || return
	jq -n '
	def table($n; $c): {table_schema:"gold",table_name:$n,table_type:"MANAGED",comment:$c};
	def col($t; $n; $type; $c): {table_schema:"gold",table_name:$t,column_name:$n,full_data_type:$type,comment:$c};
	{schema:"genie/space/1",space_id:"s",config_id:"c1",etag:"e1",
	 config:{version:2,data_sources:{
		tables:[{identifier:"main.gold.customers",column_configs:[
				{column_name:"segment",exclude:true},
				{column_name:"store",enable_entity_matching:true,enable_format_assistance:true},
				{column_name:"tier",enable_format_assistance:true}]},
			{identifier:"main.gold.old_orders"},
			{identifier:"main.gold.orders",description:["All orders"],column_configs:[{column_name:"gross",synonyms:["turnover"]}]},
			{identifier:"main.gold.orders_profile_metrics"},
			{identifier:"main.gold.churn_predictions"},{identifier:"main.gold.churn_features"}],
		metric_views:[{identifier:"main.gold.mv_sales"}]},
		instructions:{join_specs:[]}},
	 uc:{tables:[table("customers";"Customers of the shop"),table("old_orders";"Orders"),table("orders";"Orders"),
			table("orders_profile_metrics";"Monitor output"),table("churn_predictions";"Scores"),table("churn_features";"Features"),
			{table_schema:"gold",table_name:"mv_sales",table_type:"METRIC_VIEW",comment:"Sales"}],
		columns:[col("customers";"id";"BIGINT";null),col("customers";"ref_no";"BIGINT";null),col("customers";"email";"STRING";"Mail"),
			col("customers";"segment";"STRING";"Segment"),col("customers";"store";"STRING";"Home store"),
			col("customers";"region";"STRING";"Region"),col("customers";"tier";"STRING";"Tier"),
			col("customers";"zip";"INT";null),
			col("orders";"customer_id";"BIGINT";"Buyer"),col("orders";"ref_no";"BIGINT";"Reference"),
			col("orders";"gross";"DECIMAL(18,2)";"Gross"),col("orders";"net";"DECIMAL(18,2)";"Amount after returns."),
			col("orders";"st_cd";"STRING";"State"),col("orders";"is_test";"BOOLEAN";null),col("orders";"day";"DATE";"Day"),
			col("old_orders";"amt";"DECIMAL(18,2)";"Amount"),
			col("orders_profile_metrics";"window_end";"TIMESTAMP";null),col("orders_profile_metrics";"granularity";"STRING";null),
			col("orders_profile_metrics";"null_rows";"BIGINT";null),
			col("churn_predictions";"customer_id";"BIGINT";null),col("churn_predictions";"p_chn";"DOUBLE";null),
			col("churn_predictions";"is_champ";"BOOLEAN";null),col("churn_predictions";"raw_sc";"DOUBLE";null),
			col("churn_features";"visits_30d";"INT";null)],
		tags:[],routines:[],parameters:[],
		metric_views:[{full_name:"main.gold.mv_sales",yaml:"version: 1.1\nsource: main.gold.orders\ndimensions:\n  - name: st_cd\n    expr: st_cd\n    comment: State\nmeasures:\n  - name: rvn_x\n    expr: SUM(net)\n"}]}}' >space.json
	: >bench.jsonl
	: >rows.jsonl
}

# space FILTER: changes the snapshot
space() {
	jq "$1" space.json >changed.json && mv changed.json space.json
}
# question ID QUESTION GOLD GENIE [OUTCOME]: one evaluated row
question() {
	jq -nc --arg id "$1" --arg q "$2" --arg g "$3" --arg s "$4" --arg o "${5:-fail}" \
		'{question_id:$id,question:$q,expected_sql:$g,genie_sql:$s,outcome:$o,split:"train",
		  judges:{schema_accuracy:{value:(if $o=="pass" then "yes" else "no" end),rationale:"r"}}}' >>rows.jsonl
}
# propose LEVER CAUSE ID... [-- OPTION...]: what is proposed for one cluster of these questions
propose() {
	local lever=$1 cause=$2 ids=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do ids+=("$1"); shift; done
	[ $# -eq 0 ] || shift
	printf '%s\n' "${ids[@]}" | jq -R . | jq -s --arg c "$cause" --argjson more "${CLUSTER:-null}" \
		'{schema:"genie/clusters/1",clusters:[{cluster_id:"C001",root_cause:$c,lever:1,question_ids:.} + ($more // {})],long_tail:[]}' >clusters.json
	genie-propose -q --snapshot space.json --rows rows.jsonl --benchmarks bench.jsonl --max-patches 100 --lever "$lever" "$@" clusters.json
}
# patch TYPE FILTER: of the patches of this type, by place, the filter's values
patch() {
	jq -c --arg t "$1" "[.patches[]|select(.type==\$t)]|sort_by(.target,.column)|map($2)" <<<"$output"
}
of() { # of TYPE: target, column and questions
	patch "$1" '[.target,.column,.questions]'
}

@test "two columns compete: the one meant and the other say so, together or not at all" {
	question a "What is the revenue of the shop?" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	run -0 propose 1 wrong_column a
	[ "$(patch update_column_comment '[.column,.new_text]')" = '[["gross","Gross. Do not use when: \"revenue\" is asked for (use net)."],["net","Amount after returns. Synonyms: revenue, shop."]]' ] ||
		[ "$(patch update_column_comment '[.column,.new_text]')" = '[["gross","Gross. Do not use when: \"revenue\" is asked for (use net)."],["net","Amount after returns. Synonyms: revenue."]]' ]
	jq -e '[.patches[]|select(.pair)]|length==2 and (.[0].pair==.[1].patch_id) and (.[1].pair==.[0].patch_id)' <<<"$output"
	jq -e 'all(.patches[]; .questions==["a"] and .grounded_in==["a/schema_accuracy"])' <<<"$output"
	run -0 propose 1 wrong_column a -- --max-patches 1
	jq -e 'all(.patches[]; has("pair")|not)' <<<"$output"
}

@test "two tables compete: the description of the space is continued, a comment otherwise" {
	question a "Revenue forecast of parcels" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(amt) FROM main.gold.old_orders"
	question b "How many parcels are there?" "SELECT COUNT(net) FROM main.gold.orders" "SELECT COUNT(amt) FROM main.gold.old_orders"
	run -0 propose 1 wrong_table a b
	[ "$(patch update_description '[.target,.old_text,.new_text,.questions]')" = '[["main.gold.orders","All orders","All orders. Preferred questions: \"parcels\".",["a","b"]]]' ]
	[ "$(patch update_table_comment '[.target,.new_text]')" = '[["main.gold.old_orders","Orders. Do not use when: \"parcels\" is asked for (use orders)."]]' ]
	jq -e '[.patches[]|select(.pair).type]|sort==["update_description","update_table_comment"]' <<<"$output"
}

@test "a metric view that is meant gets a description that keeps what its comment says" {
	question a "Revenue of parcels" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT SUM(net) FROM main.gold.orders"
	question b "How did parcels go?" "SELECT st_cd, MEASURE(rvn_x) FROM main.gold.mv_sales GROUP BY st_cd" "SELECT SUM(net) FROM main.gold.orders"
	run -0 propose 1 wrong_table a b
	[ "$(patch add_description '[.target,.old_text,.new_text]')" = '[["main.gold.mv_sales",null,"Sales. Preferred questions: \"parcels\"."]]' ]
	[ "$(patch update_description '[.target,.new_text]')" = '[["main.gold.orders","All orders. Do not use when: \"parcels\" is asked for (use mv_sales)."]]' ]
}

@test "what lever 1 would say of a metric view is left to lever 2, with a warning" {
	question a "What are our earnings?" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT 1"
	run -0 propose 1 missing_synonym a
	[ "$(jq '[.patches[]|select(.target=="main.gold.mv_sales" and (.type|test("comment")))]|length' <<<"$output")" -eq 0 ]
	[ "$(jq -c '.warnings' <<<"$output")" = '[{"code":"metric_view","target":"main.gold.mv_sales","lever":2,"questions":["a"],"text":"main.gold.mv_sales is a metric view: what lever 1 would say of it is left to lever 2"}]' ]
	run -0 propose 2 missing_synonym a
	[ "$(patch update_mv_measure '[.column,.value.synonyms]')" = '[["rvn_x",["earnings"]]]' ]
}

@test "a missing synonym goes to the space, a comment that is not there is added" {
	question a "What are our earnings?" "SELECT SUM(net) FROM main.gold.orders" "SELECT 1"
	run -0 propose 1 missing_synonym a
	[ "$(patch add_synonym '[.target,.column,.new_text,.questions]')" = '[["main.gold.orders","net","earnings",["a"]]]' ]
	question b "What are our takings?" "SELECT SUM(gross) FROM main.gold.orders" "SELECT 1"
	run -0 propose 1 wrong_column b # the column has synonyms of the space already
	[ "$(patch add_synonym '[.column,.new_text]')" = '[["gross","takings"]]' ]
	question c "How many voids?" "SELECT SUM(null_rows) FROM main.gold.orders_profile_metrics" "SELECT 1"
	run -0 propose 4 wrong_column c
	[ "$(of add_column_comment)" = '[["main.gold.orders_profile_metrics","null_rows",["c"]]]' ]
}

@test "words that are data, ordinary, compared, or of other questions are no synonyms" {
	question a "What did inactive buyers spend?" "SELECT SUM(net) FROM main.gold.orders" "SELECT 1"
	question b "Online versus classic sales figures" "SELECT is_test, SUM(net) FROM main.gold.orders GROUP BY is_test" "SELECT 1"
	question c "What did platinum cost?" "SELECT SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.customer_id = c.id WHERE c.tier = 'platinum'" "SELECT 1"
	question d "What was the actual spend?" "SELECT SUM(net) FROM main.gold.orders" "SELECT 1"
	question e "Buyers in total" "SELECT COUNT(DISTINCT customer_id) FROM main.gold.orders" "SELECT COUNT(DISTINCT customer_id) FROM main.gold.orders" pass
	run -0 propose 1 wrong_column a b c d
	text=$(jq -r '.patches[]|select(.column=="net").new_text' <<<"$output")
	[[ $text == *"Synonyms: "*spend* ]]
	for word in inactive classic online platinum actual buyers; do [[ $text != *$word* ]]; done
}

@test "a code that Genie wrote out: the values are shown to it, and the code is said" {
	question a "Net amount in production" "SELECT SUM(net) FROM main.gold.orders WHERE st_cd = 'PRD'" "SELECT SUM(net) FROM main.gold.orders WHERE st_cd = 'production'"
	run -0 propose 1 wrong_filter a
	[ "$(of enable_value_dictionary)" = '[["main.gold.orders","st_cd",["a"]]]' ]
	[ "$(patch update_column_comment '[.column,.new_text]')" = '[["st_cd","State. Business definition: '"'PRD'"' is \"production\"."]]' ]
	space '.config.data_sources.tables[2].column_configs += [{column_name:"st_cd",enable_entity_matching:true}]'
	run -0 propose 1 wrong_filter a
	[ "$(of enable_value_dictionary)" = '[]' ]
}

@test "where only the format of a value differs, examples are shown" {
	question a "Amount in zone 7" "SELECT SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.customer_id = c.id WHERE c.region = 'ZONE_07'" "SELECT SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.customer_id = c.id WHERE c.region = 'zone 7'"
	run -0 propose 1 wrong_filter a
	[ "$(of enable_example_values)" = '[["main.gold.customers","region",["a"]]]' ]
}

@test "a value looked for in the wrong column: shown in the right one, hidden in the wrong one" {
	question a "Customers in Hanover" "SELECT COUNT(id) FROM main.gold.customers WHERE region = 'Hanover'" "SELECT COUNT(id) FROM main.gold.customers WHERE store = 'Hanover'"
	run -0 propose 1 wrong_filter a
	[ "$(of enable_value_dictionary)" = '[["main.gold.customers","region",["a"]]]' ]
	[ "$(of disable_value_dictionary)" = '[["main.gold.customers","store",["a"]]]' ]
	question b "Customers in Kiel" "SELECT COUNT(id) FROM main.gold.customers WHERE region = 'Kiel'" "SELECT COUNT(id) FROM main.gold.customers WHERE tier = 'Kiel'"
	run -0 propose 1 wrong_filter b
	[ "$(of disable_example_values)" = '[["main.gold.customers","tier",["b"]]]' ]
	question c "Customers of the store" "SELECT COUNT(id) FROM main.gold.customers WHERE store = 'Mall'" "SELECT COUNT(id) FROM main.gold.customers WHERE store = 'Mall'" pass
	run -0 propose 1 wrong_filter a
	[ "$(of disable_value_dictionary)" = '[]' ]
}

@test "a hidden column that is needed is shown, one that only misleads is hidden" {
	question a "Customers by segment" "SELECT segment, COUNT(id) FROM main.gold.customers GROUP BY segment" "SELECT zip, COUNT(id) FROM main.gold.customers GROUP BY zip"
	run -0 propose 1 wrong_column a
	[ "$(of unhide_column)" = '[["main.gold.customers","segment",["a"]]]' ]
	[ "$(of hide_column)" = '[]' ] # once is chance
	question b "Count of segment x" "SELECT segment, COUNT(id) FROM main.gold.customers GROUP BY segment" "SELECT zip, COUNT(id) FROM main.gold.customers GROUP BY zip"
	run -0 propose 1 wrong_column a b
	[ "$(of hide_column)" = '[["main.gold.customers","zip",["a","b"]]]' ]
	question c "Zips" "SELECT zip FROM main.gold.customers" "SELECT zip FROM main.gold.customers" pass
	run -0 propose 1 wrong_column a b
	[ "$(of hide_column)" = '[]' ]
}

@test "a synonym that draws questions to the wrong column goes to a person" {
	question a "Our turnover" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	run -0 propose 1 wrong_column a
	[ "$(of remove_synonym)" = '[]' ]
	question b "Show the turnover" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	run -0 propose 1 wrong_column a b
	[ "$(patch remove_synonym '[.column,.old_text,.risk,.questions]')" = '[["gross","turnover","high",["a","b"]]]' ]
}

@test "a cryptic field of a metric view that questions call by one name gets that name" {
	question a "Our earnings" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT 1"
	question b "Show the earnings" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT 1"
	run -0 propose 1 wrong_column a b
	[ "$(patch rename_column_alias '[.target,.column,.new_text,.questions]')" = '[["main.gold.mv_sales","rvn_x","Earnings",["a","b"]]]' ]
}

@test "a join that the space does not know is added, one that it has otherwise put right" {
	gold="SELECT c.region, SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.customer_id = c.id GROUP BY c.region"
	question a "Amount by region" "$gold" "SELECT c.region, SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.ref_no = c.ref_no GROUP BY c.region"
	run -0 propose 1 wrong_join a
	[ "$(patch add_join '[.value.left.identifier,.value.right.identifier,.value.sql,.questions]')" = '[["main.gold.orders","main.gold.customers",["`orders`.`customer_id` = `customers`.`id`","--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"],["a"]]]' ]
	[ "$(jq -r '.patches[]|select(.column=="customer_id").new_text' <<<"$output")" = "Buyer. Join keys: customers.id." ]
	[ "$(jq -r '.patches[]|select(.column=="id").new_text' <<<"$output")" = "Join keys: orders.customer_id." ]
	space '.config.instructions.join_specs=[{id:"1234567890abcdef1234567890abcdef",left:{identifier:"main.gold.orders",alias:"orders"},right:{identifier:"main.gold.customers",alias:"customers"},sql:["`orders`.`ref_no` = `customers`.`ref_no`"]}]'
	run -0 propose 1 wrong_join a
	[ "$(patch update_join '[.id,.value.id,.value.sql[0]]')" = '[["1234567890abcdef1234567890abcdef","1234567890abcdef1234567890abcdef","`orders`.`customer_id` = `customers`.`id`"]]' ]
	[ "$(of add_join)$(of remove_join)" = '[][]' ]
}

@test "a join that Genie followed and no question needs goes to a person" {
	space '.config.instructions.join_specs=[{id:"1234567890abcdef1234567890abcdef",left:{identifier:"main.gold.orders",alias:"orders"},right:{identifier:"main.gold.customers",alias:"customers"},sql:["`orders`.`ref_no` = `customers`.`ref_no`"]}]'
	question a "Amount" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.ref_no = c.ref_no"
	run -0 propose 1 wrong_join a
	[ "$(patch remove_join '[.id,.risk,.questions]')" = '[["1234567890abcdef1234567890abcdef","high",["a"]]]' ]
}

@test "a table that is not in the space, and one that only misleads, go to a person" {
	question a "Returns" "SELECT COUNT(*) FROM \${catalog}.\${gold_schema}.returns" "SELECT COUNT(*) FROM main.gold.old_orders"
	question b "Parcels" "SELECT COUNT(*) FROM main.gold.orders" "SELECT COUNT(*) FROM main.gold.old_orders"
	run -0 propose 1 wrong_table a b
	[ "$(patch add_table '[.target,.risk,.questions]')" = '[["main.gold.returns","high",["a"]]]' ]
	[ "$(patch remove_table '[.target,.risk,.questions]')" = '[["main.gold.old_orders","high",["b"]]]' ]
	space '.uc.metric_views[0].yaml |= sub("main.gold.orders"; "main.gold.old_orders")'
	run -0 propose 1 wrong_table a b
	[ "$(of remove_table)" = '[]' ] # the metric view is made of it
}

@test "answers that go to and fro: a tag says what the table is for" {
	question a "Weight of parcels" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(net) FROM main.gold.orders"
	run -0 propose 1 repeatability_issue a
	[ "$(patch set_tag '[.target,.key,.new_text,.questions]')" = '[["main.gold.orders","preferred_for","weight",["a"]]]' ] ||
		[ "$(patch set_tag '[.target,.key,.new_text,.questions]')" = '[["main.gold.orders","preferred_for","parcels",["a"]]]' ]
}

@test "a tag that draws questions to the wrong table, or off the right one, goes to a person" {
	space '.uc.tags=[{schema_name:"gold",table_name:"old_orders",tag_name:"topic",tag_value:"parcels"},{schema_name:"gold",table_name:"orders",tag_name:"status",tag_value:"deprecated"}]'
	question a "How many parcels?" "SELECT COUNT(*) FROM main.gold.orders" "SELECT COUNT(*) FROM main.gold.old_orders"
	run -0 propose 1 wrong_table a
	[ "$(patch unset_tag '[.target,.key,.risk,.questions]')" = '[["main.gold.old_orders","topic","high",["a"]],["main.gold.orders","status","high",["a"]]]' ]
	space '.uc.tags[1]={schema_name:"gold",table_name:"orders",tag_name:"topic",tag_value:"parcels"}'
	run -0 propose 1 wrong_table a
	[ "$(of unset_tag)" = '[]' ] # it draws to both
}

@test "a column that may not be shown is tagged and hidden" {
	question a "Name the customers of a region" "SELECT id FROM main.gold.customers" "SELECT id, email FROM main.gold.customers"
	CLUSTER='{"asi_blame_set":["customers.email"]}' run -0 propose 1 compliance_violation a
	[ "$(patch add_compliance_tag '[.target,.column,.key,.new_text,.questions]')" = '[["main.gold.customers","email","pii","true",["a"]]]' ]
	[ "$(of hide_column)" = '[["main.gold.customers","email",["a"]]]' ]
	space '.uc.tags=[{schema_name:"gold",table_name:"orders",column_name:"net",tag_name:"classification",tag_value:"restricted"}]'
	CLUSTER='{"asi_blame_set":["customers.email"]}' run -0 propose 1 compliance_violation a
	[ "$(patch add_compliance_tag '[.key,.new_text]')" = '[["classification","restricted"]]' ]
}

@test "rows that every question leaves out are said of the column, grain of the table" {
	question a "Amount per day" "SELECT day, SUM(net) FROM main.gold.orders WHERE is_test = FALSE GROUP BY day" "SELECT day, SUM(net) FROM main.gold.orders GROUP BY day"
	run -0 propose 1 missing_filter a
	[ "$(of add_column_comment)" = '[]' ] # one question is no rule
	question b "Buyers" "SELECT COUNT(DISTINCT customer_id) FROM main.gold.orders WHERE is_test = FALSE" "SELECT COUNT(*) FROM main.gold.orders"
	run -0 propose 1 missing_filter a b
	[ "$(patch add_column_comment '[.column,.new_text,.questions]')" = '[["is_test","Unless the question says otherwise filter is_test = FALSE.",["a","b"]]]' ]
	[ "$(patch update_description '.new_text')" = '["All orders. Grain: several rows for one customer_id, count with COUNT(DISTINCT customer_id)."]' ]
}

@test "lever 4: windows of a monitoring table, and how fresh it is" {
	question a "Empty cells" "SELECT window_end, SUM(null_rows) FROM main.gold.orders_profile_metrics WHERE granularity = '1 day' GROUP BY window_end" "SELECT SUM(null_rows) FROM main.gold.orders_profile_metrics"
	run -0 propose 4 stale_data a
	[ "$(jq -r '.patches[]|select(.column=="granularity").new_text' <<<"$output")" = "The table holds several windows and slices: filter granularity = '1 day'." ]
	[ "$(jq -r '.patches[]|select(.column=="window_end").new_text' <<<"$output")" = "Says how fresh the data is: the newest row has MAX(window_end)." ]
	[ "$(patch set_table_property '[.lever,.target,.key,.new_text,.questions]')" = '[[4,"main.gold.orders_profile_metrics","freshness_column","window_end",["a"]]]' ]
	run -0 propose 1 stale_data a
	[ "$(jq '.patches|length' <<<"$output")" -eq 0 ]
}

@test "lever 5: runs and models of a score table, what is output and what is a feature" {
	question a "Risk of leaving" "SELECT customer_id, p_chn FROM main.gold.churn_predictions WHERE is_champ = TRUE" "SELECT customer_id, raw_sc FROM main.gold.churn_predictions"
	run -0 propose 5 model_scoring_error a
	[ "$(jq -r '.patches[]|select(.column=="is_champ").new_text' <<<"$output")" = "The table holds several runs and models: filter is_champ = TRUE." ]
	[[ $(jq -r '.patches[]|select(.column=="p_chn").new_text' <<<"$output") == *"Business definition: Output of the model: the value to report."* ]]
	[ "$(patch set_table_property '[.lever,.target,.key,.new_text]')" = '[[5,"main.gold.churn_predictions","prediction_column","p_chn"]]' ]
	question b "Recent shopping" "SELECT visits_30d FROM main.gold.churn_features" "SELECT 1"
	run -0 propose 5 ml_feature_missing b
	[[ $(jq -r '.patches[]|select(.column=="visits_30d").new_text' <<<"$output") == *"Feature of the model"* ]]
}

@test "what a comment says already is not said again, and what people wrote stays" {
	question a "What is the revenue?" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	propose 1 wrong_column a >first.json
	space '(.uc.columns[]|select(.column_name=="net").comment)="Amount after returns. Synonyms: revenue."
		|(.uc.columns[]|select(.column_name=="gross").comment)="Gross. Do not use when: \"revenue\" is asked for (use net)."'
	run -0 propose 1 wrong_column a
	[ "$(jq '[.patches[]|select(.column=="net" or .column=="gross")]|length' <<<"$output")" -eq 0 ]
	question b "Show the proceeds" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	space '(.uc.columns[]|select(.column_name=="net").comment)="Amount after returns. synonyms: revenue. Ask Jo."'
	run -0 propose 1 wrong_column b
	[ "$(jq -r '.patches[]|select(.column=="net").new_text' <<<"$output")" = "Amount after returns. synonyms: proceeds, revenue. Ask Jo." ]
	[ "$(jq -r '.patches[]|select(.column=="gross").new_text' <<<"$output")" = 'Gross. Do not use when: "proceeds" is asked for (use net); "revenue" is asked for (use net).' ]
}

@test "after two failed attempts the same kind of metadata is not proposed again" {
	question a "What is the revenue?" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	CLUSTER='{"attempts":2,"known_limitation":{"id":"KGL-2","text":"t","workaround":"ask several times","attempts":[{"patch_id":"P001","iteration":1,"type":"update_column_comment"},{"patch_id":"P001","iteration":2,"type":"add_column_comment"}]}}' run -0 propose 1 wrong_column a
	[ "$(of update_column_comment)" = '[]' ]
	jq -e '[.refused[].reason]|unique==["two attempts of this kind failed (KGL-2); instead: ask several times"]' <<<"$output"
	propose 1 wrong_column a >one.json
	CLUSTER='{"attempts":2}' run -0 propose 1 wrong_column a -- --history one.json
	jq -e '.refused|map(.reason)|any(startswith("two attempts of this kind failed"))' <<<"$output"
	CLUSTER='{"attempts":1}' run -0 propose 1 wrong_column a
	[ "$(patch update_column_comment .column)" = '["gross","net"]' ]
}

@test "words that lead to the right table elsewhere do not set tables against each other" {
	question a "Revenue of parcels" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(amt) FROM main.gold.old_orders"
	question b "How many parcels are there?" "SELECT COUNT(net) FROM main.gold.orders" "SELECT COUNT(amt) FROM main.gold.old_orders"
	question c "Do parcels return?" "SELECT MAX(net) FROM main.gold.orders" "SELECT MAX(net) FROM main.gold.orders" pass
	run -0 propose 1 wrong_table a b
	[ "$(of update_table_comment)" = '[]' ]
}

@test "identifiers get no synonyms, and a join says nothing of a table's grain" {
	question a "How many shoppers in the north?" "SELECT COUNT(DISTINCT c.id) FROM main.gold.customers c JOIN main.gold.orders o ON o.customer_id = c.id" "SELECT COUNT(*) FROM main.gold.customers"
	run -0 propose 1 wrong_aggregation a
	[ "$(jq '[.patches[]|select(.column=="id" or .column=="customer_id")]|length' <<<"$output")" -eq 0 ]
	[ "$(of update_table_comment)" = '[]' ]
}
