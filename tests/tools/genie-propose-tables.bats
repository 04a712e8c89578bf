#!/usr/bin/env bats
load ../lib.bash
load genie-propose.bash

@test "two columns compete: the one meant and the other say so, together or not at all" {
	question a "What is the revenue of the shop?" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	proposes '[["gross","Gross. Do not use when: \"revenue\" is asked for (use net)."],["net","Amount after returns. Synonyms: revenue."]]' update_column_comment '[.column,.new_text]' 1 wrong_column a
	jq -e '[.patches[]|select(.pair)]|length==2 and (.[0].pair==.[1].patch_id) and (.[1].pair==.[0].patch_id)' <<<"$output"
	jq -e 'all(.patches[]; .questions==["a"] and .grounded_in==["a/schema_accuracy"])' <<<"$output"
	run -0 propose 1 wrong_column a -- --max-patches 1
	jq -e 'all(.patches[]; has("pair")|not)' <<<"$output"
}

@test "two tables compete: the description of the space is continued, a comment otherwise" {
	question a "Revenue forecast of parcels" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(amt) FROM main.gold.old_orders"
	question b "How many parcels are there?" "SELECT COUNT(net) FROM main.gold.orders" "SELECT COUNT(amt) FROM main.gold.old_orders"
	proposes '[["main.gold.orders","All orders","All orders. Preferred questions: \"parcels\".",["a","b"]]]' update_description '[.target,.old_text,.new_text,.questions]' 1 wrong_table a b
	[ "$(patch update_table_comment '[.target,.new_text]')" = '[["main.gold.old_orders","Orders. Do not use when: \"parcels\" is asked for (use orders)."]]' ]
	jq -e '[.patches[]|select(.pair).type]|sort==["update_description","update_table_comment"]' <<<"$output"
}

@test "a metric view that is meant gets a description that keeps what its comment says" {
	question a "Revenue of parcels" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT SUM(net) FROM main.gold.orders"
	question b "How did parcels go?" "SELECT st_cd, MEASURE(rvn_x) FROM main.gold.mv_sales GROUP BY st_cd" "SELECT SUM(net) FROM main.gold.orders"
	proposes '[["main.gold.mv_sales",null,"Sales. Preferred questions: \"parcels\"."]]' add_description '[.target,.old_text,.new_text]' 1 wrong_table a b
	[ "$(patch update_description '[.target,.new_text]')" = '[["main.gold.orders","All orders. Do not use when: \"parcels\" is asked for (use mv_sales)."]]' ]
}

@test "what lever 1 would say of a metric view is left to lever 2, with a warning" {
	question a "What are our earnings?" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT 1"
	run -0 propose 1 missing_synonym a
	[ "$(jq '[.patches[]|select(.target=="main.gold.mv_sales" and (.type|test("comment")))]|length' <<<"$output")" -eq 0 ]
	[ "$(jq -c '.warnings' <<<"$output")" = '[{"code":"metric_view","target":"main.gold.mv_sales","lever":2,"questions":["a"],"text":"main.gold.mv_sales is a metric view: what lever 1 would say of it is left to lever 2"}]' ]
	proposes '[["rvn_x",["earnings"]]]' update_mv_measure '[.column,.value.synonyms]' 2 missing_synonym a
}

@test "a missing synonym goes to the space, a comment that is not there is added" {
	question a "What are our earnings?" "SELECT SUM(net) FROM main.gold.orders" "SELECT 1"
	proposes '[["main.gold.orders","net","earnings",["a"]]]' add_synonym '[.target,.column,.new_text,.questions]' 1 missing_synonym a
	question b "What are our takings?" "SELECT SUM(gross) FROM main.gold.orders" "SELECT 1"
	proposes '[["gross","takings"]]' add_synonym '[.column,.new_text]' 1 wrong_column b # the column has synonyms of the space already
	question c "How many voids?" "SELECT SUM(null_rows) FROM main.gold.orders_profile_metrics" "SELECT 1"
	proposes '[["main.gold.orders_profile_metrics","null_rows",["c"]]]' add_column_comment '[.target,.column,.questions]' 4 wrong_column c
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
	proposes '[["main.gold.orders","st_cd",["a"]]]' enable_value_dictionary '[.target,.column,.questions]' 1 wrong_filter a
	[ "$(patch update_column_comment '[.column,.new_text]')" = '[["st_cd","State. Values: PRD = production."]]' ]
	space '.config.data_sources.tables[2].column_configs += [{column_name:"st_cd",enable_entity_matching:true}]'
	proposes '[]' enable_value_dictionary '[.target,.column,.questions]' 1 wrong_filter a
}

@test "where only the format of a value differs, examples are shown" {
	question a "Amount in zone 7" "SELECT SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.customer_id = c.id WHERE c.region = 'ZONE_07'" "SELECT SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.customer_id = c.id WHERE c.region = 'zone 7'"
	proposes '[["main.gold.customers","region",["a"]]]' enable_example_values '[.target,.column,.questions]' 1 wrong_filter a
}

@test "a value looked for in the wrong column: shown in the right one, hidden in the wrong one" {
	question a "Customers in Hanover" "SELECT COUNT(id) FROM main.gold.customers WHERE region = 'Hanover'" "SELECT COUNT(id) FROM main.gold.customers WHERE store = 'Hanover'"
	proposes '[["main.gold.customers","region",["a"]]]' enable_value_dictionary '[.target,.column,.questions]' 1 wrong_filter a
	[ "$(of disable_value_dictionary)" = '[["main.gold.customers","store",["a"]]]' ]
	question b "Customers in Kiel" "SELECT COUNT(id) FROM main.gold.customers WHERE region = 'Kiel'" "SELECT COUNT(id) FROM main.gold.customers WHERE tier = 'Kiel'"
	proposes '[["main.gold.customers","tier",["b"]]]' disable_example_values '[.target,.column,.questions]' 1 wrong_filter b
	question c "Customers of the store" "SELECT COUNT(id) FROM main.gold.customers WHERE store = 'Mall'" "SELECT COUNT(id) FROM main.gold.customers WHERE store = 'Mall'" pass
	proposes '[]' disable_value_dictionary '[.target,.column,.questions]' 1 wrong_filter a
}

@test "a hidden column that is needed is shown, one that only misleads is hidden" {
	question a "Customers by segment" "SELECT segment, COUNT(id) FROM main.gold.customers GROUP BY segment" "SELECT zip, COUNT(id) FROM main.gold.customers GROUP BY zip"
	proposes '[["main.gold.customers","segment",["a"]]]' unhide_column '[.target,.column,.questions]' 1 wrong_column a
	[ "$(of hide_column)" = '[]' ] # once is chance
	question b "Count of segment x" "SELECT segment, COUNT(id) FROM main.gold.customers GROUP BY segment" "SELECT zip, COUNT(id) FROM main.gold.customers GROUP BY zip"
	proposes '[["main.gold.customers","zip",["a","b"]]]' hide_column '[.target,.column,.questions]' 1 wrong_column a b
	question c "Zips" "SELECT zip FROM main.gold.customers" "SELECT zip FROM main.gold.customers" pass
	proposes '[]' hide_column '[.target,.column,.questions]' 1 wrong_column a b
}

@test "a synonym that draws questions to the wrong column goes to a person" {
	question a "Our turnover" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	proposes '[]' remove_synonym '[.target,.column,.questions]' 1 wrong_column a
	question b "Show the turnover" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(gross) FROM main.gold.orders"
	proposes '[["gross","turnover","high",["a","b"]]]' remove_synonym '[.column,.old_text,.risk,.questions]' 1 wrong_column a b
}

@test "a cryptic field of a metric view that questions call by one name gets that name" {
	question a "Our earnings" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT 1"
	question b "Show the earnings" "SELECT MEASURE(rvn_x) FROM main.gold.mv_sales" "SELECT 1"
	proposes '[["main.gold.mv_sales","rvn_x","Earnings",["a","b"]]]' rename_column_alias '[.target,.column,.new_text,.questions]' 1 wrong_column a b
}

@test "a join that the space does not know is added, one that it has otherwise put right" {
	gold="SELECT c.region, SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.customer_id = c.id GROUP BY c.region"
	question a "Amount by region" "$gold" "SELECT c.region, SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.ref_no = c.ref_no GROUP BY c.region"
	proposes '[["main.gold.orders","main.gold.customers",["`orders`.`customer_id` = `customers`.`id`","--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"],["a"]]]' add_join '[.value.left.identifier,.value.right.identifier,.value.sql,.questions]' 1 wrong_join a
	[ "$(jq -r '.patches[]|select(.column=="customer_id").new_text' <<<"$output")" = "Buyer. Join keys: customers.id." ]
	[ "$(jq -r '.patches[]|select(.column=="id").new_text' <<<"$output")" = "Join keys: orders.customer_id." ]
	space '.config.instructions.join_specs=[{id:"1234567890abcdef1234567890abcdef",left:{identifier:"main.gold.orders",alias:"orders"},right:{identifier:"main.gold.customers",alias:"customers"},sql:["`orders`.`ref_no` = `customers`.`ref_no`"]}]'
	proposes '[["1234567890abcdef1234567890abcdef","1234567890abcdef1234567890abcdef","`orders`.`customer_id` = `customers`.`id`"]]' update_join '[.id,.value.id,.value.sql[0]]' 1 wrong_join a
	[ "$(of add_join)$(of remove_join)" = '[][]' ]
}

@test "a join that Genie followed and no question needs goes to a person" {
	space '.config.instructions.join_specs=[{id:"1234567890abcdef1234567890abcdef",left:{identifier:"main.gold.orders",alias:"orders"},right:{identifier:"main.gold.customers",alias:"customers"},sql:["`orders`.`ref_no` = `customers`.`ref_no`"]}]'
	question a "Amount" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(o.net) FROM main.gold.orders o JOIN main.gold.customers c ON o.ref_no = c.ref_no"
	proposes '[["1234567890abcdef1234567890abcdef","high",["a"]]]' remove_join '[.id,.risk,.questions]' 1 wrong_join a
}

@test "a table that is not in the space, and one that only misleads, go to a person" {
	question a "Returns" "SELECT COUNT(*) FROM \${catalog}.\${gold_schema}.returns" "SELECT COUNT(*) FROM main.gold.old_orders"
	question b "Parcels" "SELECT COUNT(*) FROM main.gold.orders" "SELECT COUNT(*) FROM main.gold.old_orders"
	proposes '[["main.gold.returns","high",["a"]]]' add_table '[.target,.risk,.questions]' 1 wrong_table a b
	[ "$(patch remove_table '[.target,.risk,.questions]')" = '[["main.gold.old_orders","high",["b"]]]' ]
	space '.uc.metric_views[0].yaml |= sub("main.gold.orders"; "main.gold.old_orders")'
	proposes '[]' remove_table '[.target,.column,.questions]' 1 wrong_table a b # the metric view is made of it
}

@test "answers that go to and fro: a tag says what the table is for" {
	question a "Weight of parcels" "SELECT SUM(net) FROM main.gold.orders" "SELECT SUM(net) FROM main.gold.orders"
	proposes '[["main.gold.orders","preferred_for","weight",["a"]]]' set_tag '[.target,.key,.new_text,.questions]' 1 repeatability_issue a
}

@test "a tag that draws questions to the wrong table, or off the right one, goes to a person" {
	space '.uc.tags=[{schema_name:"gold",table_name:"old_orders",tag_name:"topic",tag_value:"parcels"},{schema_name:"gold",table_name:"orders",tag_name:"status",tag_value:"deprecated"}]'
	question a "How many parcels?" "SELECT COUNT(*) FROM main.gold.orders" "SELECT COUNT(*) FROM main.gold.old_orders"
	proposes '[["main.gold.old_orders","topic","high",["a"]],["main.gold.orders","status","high",["a"]]]' unset_tag '[.target,.key,.risk,.questions]' 1 wrong_table a
	space '.uc.tags[1]={schema_name:"gold",table_name:"orders",tag_name:"topic",tag_value:"parcels"}'
	proposes '[]' unset_tag '[.target,.column,.questions]' 1 wrong_table a # it draws to both
}

@test "a column that may not be shown is tagged and hidden" {
	question a "Name the customers of a region" "SELECT id FROM main.gold.customers" "SELECT id, email FROM main.gold.customers"
	CLUSTER='{"asi_blame_set":["customers.email"]}' proposes '[["main.gold.customers","email","pii","true",["a"]]]' add_compliance_tag '[.target,.column,.key,.new_text,.questions]' 1 compliance_violation a
	[ "$(of hide_column)" = '[["main.gold.customers","email",["a"]]]' ]
	space '.uc.tags=[{schema_name:"gold",table_name:"orders",column_name:"net",tag_name:"classification",tag_value:"restricted"}]'
	CLUSTER='{"asi_blame_set":["customers.email"]}' proposes '[["classification","restricted"]]' add_compliance_tag '[.key,.new_text]' 1 compliance_violation a
}

@test "rows that every question leaves out are said of the column, grain of the table" {
	question a "Amount per day" "SELECT day, SUM(net) FROM main.gold.orders WHERE is_test = FALSE GROUP BY day" "SELECT day, SUM(net) FROM main.gold.orders GROUP BY day"
	proposes '[]' add_column_comment '[.target,.column,.questions]' 1 missing_filter a # one question is no rule
	question b "Buyers" "SELECT COUNT(DISTINCT customer_id) FROM main.gold.orders WHERE is_test = FALSE" "SELECT COUNT(*) FROM main.gold.orders"
	proposes '[["is_test","Unless the question says otherwise, filter `is_test = FALSE`.",["a","b"]]]' add_column_comment '[.column,.new_text,.questions]' 1 missing_filter a b
	[ "$(patch update_description '.new_text')" = '["All orders. Grain: several rows for one customer_id, count with COUNT(DISTINCT customer_id)."]' ]
}

@test "lever 4: windows of a monitoring table, and how fresh it is" {
	question a "Empty cells" "SELECT window_end, SUM(null_rows) FROM main.gold.orders_profile_metrics WHERE granularity = '1 day' GROUP BY window_end" "SELECT SUM(null_rows) FROM main.gold.orders_profile_metrics"
	run -0 propose 4 stale_data a
	[ "$(jq -r '.patches[]|select(.column=="granularity").new_text' <<<"$output")" = "The table holds several windows and slices: always filter \`granularity = '1 day'\`." ]
	[ "$(jq -r '.patches[]|select(.column=="window_end").new_text' <<<"$output")" = "Says how fresh the data is: the newest row has MAX(window_end)." ]
	[ "$(patch set_table_property '[.lever,.target,.key,.new_text,.questions]')" = '[[4,"main.gold.orders_profile_metrics","freshness_column","window_end",["a"]]]' ]
	run -0 propose 1 stale_data a
	[ "$(jq '.patches|length' <<<"$output")" -eq 0 ]
}

@test "lever 5: runs and models of a score table, what is output and what is a feature" {
	question a "Risk of leaving" "SELECT customer_id, p_chn FROM main.gold.churn_predictions WHERE is_champ = TRUE" "SELECT customer_id, raw_sc FROM main.gold.churn_predictions"
	run -0 propose 5 model_scoring_error a
	[ "$(jq -r '.patches[]|select(.column=="is_champ").new_text' <<<"$output")" = "The table holds several runs and models: always filter \`is_champ = TRUE\`." ]
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
	proposes '[]' update_table_comment '[.target,.column,.questions]' 1 wrong_table a b
}

@test "identifiers get no synonyms, and a join says nothing of a table's grain" {
	question a "How many shoppers in the north?" "SELECT COUNT(DISTINCT c.id) FROM main.gold.customers c JOIN main.gold.orders o ON o.customer_id = c.id" "SELECT COUNT(*) FROM main.gold.customers"
	run -0 propose 1 wrong_aggregation a
	[ "$(jq '[.patches[]|select(.column=="id" or .column=="customer_id")]|length' <<<"$output")" -eq 0 ]
	[ "$(of update_table_comment)" = '[]' ]
}
