# shellcheck shell=bash
# What the bats files of genie-propose share: a small shop, rows about it, and what is proposed.
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
# proposes JSON TYPE FILTER LEVER CAUSE ID...: what `propose` gives is, for patches of this type, this
proposes() {
	local want=$1 type=$2 filter=$3
	shift 3
	run -0 propose "$@"
	[ "$(patch "$type" "$filter")" = "$want" ] || { patch "$type" . >&2; return 1; }
}
