/* mlflowtrace, mlflowspan, mlflowfile, mlflowsigned, mlflowmodel, mlflowprompt, mlflowdataset */
#include "mlflowdataset.h"
#include "mlflowfile.h"
#include "mlflowmodel.h"
#include "mlflowprompt.h"
#include "mlflowtrace.h"

#include "json.h"
#include "str.h"

#include "check.h"
#include "peer.h"

static struct mlflow *open_to(const struct peer *peer)
{
	struct mlflow_options o = { .uri = peer->url, .token = "tok-hush" };
	struct err err = { 0 };

	return mlflow_open(&o, &err);
}

static struct mlflow *workspace_at(const struct peer *peer)
{
	struct dbx_options w = { .env = { [DBX_HOST] = peer->url, [DBX_TOKEN] = "dapi-hush" },
		.http = { .backoff_ms = 2, .budget_ms = 3000, .connect_tries = 1 } };
	struct err err = { 0 };
	struct mlflow_options o = { .uri = "databricks", .workspace = dbx_open(&w, &err) };

	return mlflow_open(&o, &err);
}

static const struct mlflow_kv meta = { "blame_set", "[\"main.gold.t\"]" };
static struct mlflow_assessment verdicts[3] = {
	{ .name = "result_correctness", .source_type = "CODE", .source_id = "result_correctness",
	  .value = "no", .rationale = "other total", .metadata = &meta, .nmetadata = 1 },
	{ .name = "completeness", .source_type = "LLM_JUDGE", .source_id = "claude",
	.error = "timeout" },
	{ .name = "expected_sql", .source_type = "HUMAN", .source_id = "benchmark",
	.expectation = true,
	  .value = "SELECT 1" },
};

static struct mlflow_trace a_trace(void)
{
	struct mlflow_trace t = { .request_id = "cost_001", .request = "{\"question\":\"q1\"}",
		.response = "\"SELECT 1\"", .start_ms = 1795188411321, .duration_ms = 1500,
		.ok = true,
		.assessments = verdicts, .nassessments = 3 };

	mlflow_trace_id("u1", "cost_001", t.id);
	return t;
}

static void check_json(struct json *got, const char *want)
{
	struct json *parsed;
	struct err err = { 0 };
	struct str text = STR_INIT;

	parsed = json_parse(want, strlen(want), &err);
	if (!parsed)
		CHECK_STR(err.text, "");
	json_print(got, &text);
	if (!json_equal(got, parsed))
		CHECK_STR(str_text(&text), want);
	json_free(parsed);
	json_free(got);
	str_free(&text);
}

static void ids_depend_on_what_they_name_only(void)
{
	char a[MLFLOW_TRACE_ID_SIZE], b[MLFLOW_TRACE_ID_SIZE];

	mlflow_trace_id("u1", "q1", a);
	mlflow_trace_id("u1", "q1", b);
	CHECK_STR(a, b);
	CHECK_INT(strlen(a), 35);
	CHECK_INT(strspn(a + 3, "0123456789abcdef"), 32);
	mlflow_trace_id("u2", "q1", b);
	CHECK(strcmp(a, b) != 0);
}

static void a_trace_has_the_types_of_the_api(void)
{
	struct mlflow_trace t = a_trace();
	struct mlflow_traces all = { .experiment = "7", .run = "r1", .v = &t, .n = 1 };
	struct json *body = mlflow_trace_json(&all, &t), *info = json_dig(body, "trace.trace_info");

	json_remove(info, "assessments");
	json_set_str(info, "trace_id", "tr-1"); /* a digest: the test above */
	check_json(body, "{\"trace\":{\"trace_info\":{\"trace_id\":\"tr-1\",\"client_request_id\":"
		"\"cost_001\",\"trace_location\":{\"type\":\"MLFLOW_EXPERIMENT\","
		"\"mlflow_experiment\":"
		"{\"experiment_id\":\"7\"}},\"request_preview\":\"{\\\"question\\\":\\\"q1\\\"}\","
		"\"response_preview\":\"\\\"SELECT 1\\\"\",\"request_time\":"
		"\"2026-11-20T15:26:51.321Z\",\"execution_duration\":\"1.500s\",\"state\":\"OK\","
		"\"trace_metadata\":{\"mlflow.trace_schema.version\":\"3\","
		"\"mlflow.sourceRun\":\"r1\","
		"\"mlflow.traceInputs\":\"{\\\"question\\\":\\\"q1\\\"}\",\"mlflow.traceOutputs\":"
		"\"\\\"SELECT 1\\\"\"},\"tags\":{}}}}");
}

static void an_assessment_has_the_same_id_however_often_it_is_sent(void)
{
	struct mlflow_trace t = a_trace();
	struct mlflow_traces all = { .experiment = "7", .run = "r1", .v = &t, .n = 1, .ids = true };
	struct json *a = mlflow_assessment_json(&all, &t, &verdicts[0]);
	struct json *again = mlflow_assessment_json(&all, &t, &verdicts[0]);
	struct json *other = mlflow_assessment_json(&all, &t, &verdicts[1]);

	CHECK_INT(strlen(json_str_or(a, "assessment_id", "")), 34);
	CHECK(starts_with(json_str_or(a, "assessment_id", ""), "a-"));
	CHECK_STR(json_str_or(a, "assessment_id", ""), json_str_or(again, "assessment_id", "?"));
	CHECK(!streq(json_str_or(a, "assessment_id", ""), json_str_or(other, "assessment_id", "")));
	json_free(a);
	json_free(again);
	json_free(other);
}

static void verdicts_failed_judges_and_expectations_are_assessments(void)
{
	struct mlflow_trace t = a_trace();
	struct mlflow_traces all = { .experiment = "7", .run = "r1", .v = &t, .n = 1 };
	static const char *const wants[3] = {
		("{\"feedback\":{\"value\":\"no\"},\"rationale\":\"other total\",\"metadata\":{"
		"\"blame_set\":\"[\\\"main.gold.t\\\"]\","
		"\"mlflow.assessment.sourceRunId\":\"r1\"}}"),
		("{\"feedback\":{\"value\":null,\"error\":{\"error_code\":\"JUDGE_ERROR\","
		"\"error_message\":\"timeout\"}},\"metadata\":{\"mlflow.assessment.sourceRunId\":"
		"\"r1\"}}"),
		("{\"expectation\":{\"value\":\"SELECT 1\"},\"metadata\":{"
		"\"mlflow.assessment.sourceRunId\":\"r1\"}}"),
	};

	for (int i = 0; i < 3; i++) {
		struct json *a = mlflow_assessment_json(&all, &t, &verdicts[i]);

		CHECK_STR(json_str_or(a, "assessment_name", ""), verdicts[i].name);
		CHECK_STR(json_text(json_dig(a, "source.source_type")), verdicts[i].source_type);
		CHECK_STR(json_str_or(a, "create_time", ""), "2026-11-20T15:26:52.821Z");
		CHECK_INT(strlen(json_str_or(a, "span_id", "")), 16);
		static const char *const told[] = { "assessment_name", "trace_id", "span_id",
			"source",
			"create_time", "last_update_time" };
		for (size_t k = 0; k < countof(told); k++)
			json_remove(a, told[k]);
		check_json(a, wants[i]);
	}
}

static void long_previews_are_cut_between_characters(void)
{
	struct mlflow_trace t = a_trace();
	struct mlflow_traces all = { .experiment = "7", .run = "r1", .v = &t, .n = 1 };
	char text[1400];
	struct json *body;
	const char *preview;

	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[1398] = '\0';
	text[0] = text[1] = 'x';
	memmove(text + 1, text + 2, 1397); /* odd, so that a cut at 1000 would be inside */
	t.request = text;
	body = mlflow_trace_json(&all, &t);
	preview = json_text(json_dig(body, "trace.trace_info.request_preview"));
	CHECK_INT(strlen(preview), 999);
	CHECK(utf8_valid(preview, strlen(preview)));
	json_free(body);
}

static void spans_are_otlp_in_one_call_or_a_file_each(void)
{
	struct err err = { 0 };
	static const char text[] = "{\"q\":\"a\",\"n\":[1,2.5,true,null]}";
	struct json *in = json_parse(text, strlen(text), &err);
	struct mlflow_span spans[2] = {
		{ .name = "genie_question", .type = "CHAIN", .parent = -1,
			.start_ms = 1795188411321,
		  .end_ms = 1795188412821, .inputs = in, .outputs = in },
		{ .name = "genie_ask", .type = "AGENT", .parent = 0, .start_ms = 1795188411321,
		  .end_ms = 1795188412821, .error = "no answer" },
	};
	struct mlflow_trace t = a_trace();
	struct mlflow_traces all = { .experiment = "7", .run = "r1", .v = &t, .n = 1 };
	struct json *otlp, *file, *span, *root;

	CHECK(in != NULL);
	t.spans = spans;
	t.nspans = 2;
	otlp = mlflow_otlp_json(&all, 0, 1);
	span = json_get(json_at(json_get(json_at(json_get(otlp, "resourceSpans"), 0),
		"scopeSpans"), 0),
		"spans");
	root = json_at(span, 0);
	CHECK_STR(json_str_or(root, "traceId", ""), t.id + 3);
	CHECK_STR(json_str_or(root, "startTimeUnixNano", ""), "1795188411321000000");
	CHECK(json_get(root, "parentSpanId") == NULL);
	CHECK_STR(json_str_or(json_at(span, 1), "parentSpanId", ""), json_str_or(root, "spanId",
		"-"));
	CHECK_INT(json_int_or(json_get(json_at(span, 1), "status"), "code", 0), 2);
	check_json(json_dup(json_get(json_at(json_get(root, "attributes"), 1), "value")),
		"{\"kvlistValue\":{\"values\":[{\"key\":\"q\",\"value\":{\"stringValue\":\"a\"}},"
		"{\"key\":\"n\",\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":\"1\"},"
		"{\"doubleValue\":2.5},{\"boolValue\":true},{}]}}}]}}");
	json_free(otlp);
	file = mlflow_spans_file(&t);
	root = json_at(json_get(file, "spans"), 0);
	CHECK_STR(json_number_text(json_get(root, "start_time_unix_nano")), "1795188411321000000");
	CHECK_INT(strlen(json_str_or(root, "trace_id", "")), 24);
	CHECK_STR(json_str_or(json_get(root, "attributes"), "mlflow.spanType", ""), "\"CHAIN\"");
	CHECK_STR(json_str_or(json_get(root, "attributes"), "mlflow.spanInputs", ""),
		"{\"q\":\"a\",\"n\":[1,2.5,true,null]}");
	json_free(file);
	json_free(in);
}

/* ---- sending traces ---- */

static char stored[1024]; /* the assessments that the search shows */

static const char *with_one_assessment(int n, const char *request)
{
	static bool rest;
	static char page[2048];

	(void)n;
	if (strstr(request, "/assessments "))
		rest = true;
	if (!strstr(request, "traces/search"))
		return PEER_JSON "{}";
	snprintf(page, sizeof(page), PEER_JSON "{\"traces\":[%s%s}]}", stored, rest ?
		",{\"assessment_name\":\"completeness\",\"source\":{\"source_id\":\"claude\"},"
		"\"metadata\":{\"mlflow.assessment.sourceRunId\":\"r1\"}},{\"assessment_name\":"
		"\"expected_sql\",\"source\":{\"source_id\":\"benchmark\"},"
		"\"expectation\":{\"value\":"
		"\"SELECT 1\"},\"metadata\":{\"mlflow.assessment.sourceRunId\":\"r1\"}}]" : "]");
	return page;
}

static void store_first(const struct mlflow_trace *t, const char *value)
{
	snprintf(stored, sizeof(stored),
		"{\"trace_id\":\"%s\",\"state\":\"OK\",\"request_preview\":"
		"\"{\\\"question\\\":\\\"q1\\\"}\",\"assessments\":[{\"assessment_name\":"
		"\"result_correctness\",\"source\":{\"source_id\":\"result_correctness\"},"
		"\"feedback\":"
		"{\"value\":\"%s\"},\"metadata\":{\"mlflow.assessment.sourceRunId\":\"r1\"}}",
		t->id,
		value);
}

static void a_trace_that_is_there_gets_only_what_it_lacks(void)
{
	struct mlflow_trace t = a_trace();
	struct mlflow_traces all = { .experiment = "7", .run = "r1", .v = &t, .n = 1 };
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };
	int posts = 0;

	store_first(&t, "no");
	peer_start(&peer, with_one_assessment);
	mlflow = open_to(&peer);
	CHECK(mlflow_traces_log(mlflow, &all, &err));
	CHECK(strstr(peer_seen(&peer), "POST /api/3.0/mlflow/traces HTTP") == NULL);
	for (const char *p = peer_seen(&peer); (p = strstr(p, "/assessments HTTP")); p++)
		posts++;
	CHECK_INT(posts, 2);
	CHECK_INT(peer_count(&peer), 5); /* two looks until nothing comes in */
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static void a_verdict_that_reads_back_differently_is_an_error(void)
{
	struct mlflow_trace t = a_trace();
	struct mlflow_traces all = { .experiment = "7", .run = "r1", .v = &t, .n = 1 };
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };

	store_first(&t, "yes");
	peer_start(&peer, with_one_assessment);
	mlflow = open_to(&peer);
	CHECK(!mlflow_traces_log(mlflow, &all, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK(strstr(err.text, "result_correctness was sent as \"no\" and reads back as \"yes\""));
	mlflow_free(mlflow);
	peer_stop(&peer);
}

/* ---- artifacts ---- */

static void check_path(const char *root, enum mlflow_owner owner, const char *want)
{
	struct mlflow_place place = { owner, "id1", "7", root };
	char *path = mlflow_file_path(&place, "model_state/a b.json");

	CHECK_STR(path ? path : "(none)", want);
	free(path);
}

static void the_artifact_root_says_where_files_go(void)
{
	check_path("mlflow-artifacts:/7/id1/artifacts", MLFLOW_OF_RUN,
		"/api/2.0/mlflow-artifacts/artifacts/7/id1/artifacts/model_state/a%20b.json");
	check_path("mlflow-artifacts://host:5000/7/id1/artifacts", MLFLOW_OF_RUN,
		"/api/2.0/mlflow-artifacts/artifacts/7/id1/artifacts/model_state/a%20b.json");
	check_path("http://h/api/2.0/mlflow-artifacts/artifacts/7/id1/artifacts", MLFLOW_OF_RUN,
		"/api/2.0/mlflow-artifacts/artifacts/7/id1/artifacts/model_state/a%20b.json");
	check_path("dbfs:/databricks/mlflow-tracking/7/id1/artifacts", MLFLOW_OF_RUN,
		"/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/7/Runs/id1/artifacts/"
		"model_state/a%20b.json");
	check_path("dbfs:/databricks/mlflow-tracking/7/logged_models/id1/artifacts",
		MLFLOW_OF_MODEL,
		"/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/7/LoggedModels/id1/artifacts/"
		"model_state/a%20b.json");
	check_path("dbfs:/Volumes/c/s/v/id1/artifacts", MLFLOW_OF_RUN,
		"/api/2.0/fs/files/Volumes/c/s/v/id1/artifacts/model_state/a%20b.json");
	check_path("s3://bucket/x", MLFLOW_OF_RUN, "(none)");
}

static const char *without_files_api(int n, const char *request)
{
	static char answer[512];
	const char *host = strstr(request, "Host: ");

	(void)n;
	if (strstr(request, "credentials-for-write")) {
		snprintf(answer, sizeof(answer), PEER_JSON "{\"credential_infos\":[{\"path\":"
			"\"d/a.json\",\"signed_uri\":\"http://%.*s/cloud/a?sig=s3cret\",\"type\":"
			"\"AZURE_SAS_URI\",\"headers\":[{\"name\":\"x-extra\",\"value\":\"1\"}]}]}",
			(int)strcspn(host + 6, "\r\n"), host + 6);
		return answer;
	}
	if (strstr(request, "PUT /cloud/"))
		return PEER_STATUS("201", "", "");
	if (strstr(request, "/artifacts/list"))
		return PEER_JSON "{\"files\":[{\"path\":\"d/a.json\",\"file_size\":2}]}";
	return PEER_STATUS("404", "", "{\"error_code\":\"NOT_FOUND\",\"message\":\"no such API\"}");
}

static void a_signed_url_gets_no_credential_of_ours(void)
{
	struct mlflow_place place = { MLFLOW_OF_RUN, "r1", "7",
		"dbfs:/databricks/mlflow-tracking/x" };
	struct mlflow_file file = { "d/a.json", "{}", 2 };
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };
	const char *put;

	peer_start(&peer, without_files_api);
	mlflow = workspace_at(&peer);
	CHECK(mlflow_put(mlflow, &place, &file, 1, &err));
	if (err.code)
		CHECK_STR(err.text, "");
	put = strstr(peer_seen(&peer), "PUT /cloud/a?sig=s3cret");
	CHECK(put != NULL);
	CHECK(put && strstr(put, "x-extra: 1") && strstr(put, "x-ms-blob-type: BlockBlob"));
	CHECK(put && (!strstr(put, "dapi-hush") || strstr(put, "dapi-hush") > strstr(put,
		"\n----\n")));
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static const char *half_written(int n, const char *request)
{
	(void)n;
	return strstr(request, "PUT ") == request ? PEER_JSON "{}" :
		PEER_JSON "{\"files\":[{\"path\":\"d/a.json\"}]}";
}

static void a_file_that_did_not_arrive_whole_is_an_error(void)
{
	struct mlflow_place place = { MLFLOW_OF_RUN, "r1", "7",
		"mlflow-artifacts:/7/r1/artifacts" };
	struct mlflow_file file = { "d/a.json", "{}", 2 };
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };

	peer_start(&peer, half_written);
	mlflow = open_to(&peer);
	CHECK(!mlflow_put(mlflow, &place, &file, 1, &err));
	CHECK_STR(err.text, "artifact d/a.json was sent with 2 bytes and reads back with 0");
	CHECK(strstr(peer_seen(&peer), "Content-Length: 2") != NULL);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

/* ---- models, prompts, datasets ---- */

static const char *model_there(int n, const char *request)
{
	(void)n;
	return strstr(request, "logged-models/search") ? PEER_JSON "{\"models\":[{\"info\":"
		"{\"model_id\":\"m-1\",\"source_run_id\":\"r1\"}}]}" : PEER_STATUS("500", "", "{}");
}

static void a_model_is_found_by_the_run_that_made_it(void)
{
	struct mlflow_batch none = { 0 };
	struct mlflow_new_model new_model = { "7", "genie-cost-iter1-c0ffee", "r1", &none, false };
	struct mlflow_model model = { 0 };
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };
	char *name = mlflow_model_name("genie-a.b/c:d-iter1");

	CHECK_STR(name, "genie-a-b-c-d-iter1");
	free(name);
	peer_start(&peer, model_there);
	mlflow = open_to(&peer);
	CHECK(mlflow_model_open(mlflow, &new_model, &model, &err));
	CHECK_STR(model.id, "m-1");
	CHECK(model.found);
	CHECK_INT(peer_count(&peer), 1);
	mlflow_model_free(&model);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static const char *same_prompt(int n, const char *request)
{
	(void)n;
	return strstr(request, "registered-models/alias") ?
		PEER_JSON "{\"model_version\":{\"version\":"
		"\"3\",\"tags\":[{\"key\":\"genie_sha256\",\"value\":\"abc\"}]}}" :
		PEER_STATUS("500", "", "{}");
}

static void a_prompt_that_is_there_is_not_registered_again(void)
{
	struct mlflow_prompt prompt = { .name = "c.s.genie_opt_x", .text = "t", .sha256 = "abc",
		.alias = "production" };
	struct str version = STR_INIT;
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };
	bool made = true;

	peer_start(&peer, same_prompt);
	mlflow = open_to(&peer);
	CHECK(mlflow_prompt_register(mlflow, &prompt, &version, &made, &err));
	CHECK_STR(str_text(&version), "3");
	CHECK(!made);
	CHECK_INT(peer_count(&peer), 1);
	CHECK(mlflow_prompt_name_ok(mlflow, "genie-x"));
	CHECK(!mlflow_prompt_name_ok(mlflow, "a/b"));
	str_free(&version);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static const char *losing_records(int n, const char *request)
{
	(void)n;
	return strstr(request, "GET ") == request ? PEER_JSON "{\"records\":\"[]\"}" :
		strstr(request, "datasets/search") ?
			PEER_JSON "{\"datasets\":[{\"dataset_id\":\"d-1\"}]}" :
		PEER_JSON "{\"inserted_count\":1}";
}

static void records_that_are_not_there_afterwards_are_an_error(void)
{
	static const char text[] = "[{\"inputs\":{\"question\":\"q\"}}]";
	struct err err = { 0 };
	struct json *records = json_parse(text, strlen(text), &err);
	struct mlflow_set set = { 0 };
	struct peer peer;
	struct mlflow *mlflow;

	peer_start(&peer, losing_records);
	mlflow = open_to(&peer);
	CHECK(mlflow_set_open(mlflow, "7", "bench", &set, &err));
	CHECK_STR(set.id, "d-1");
	CHECK(!mlflow_set_records(mlflow, &set, records, &err));
	CHECK(strstr(err.text, "the record of \"q\" was sent and is not there") != NULL);
	/* the list travels as a text */
	CHECK(strstr(peer_seen(&peer), "{\"records\":\"[{\\\"inputs\\\"") != NULL);
	mlflow_set_free(&set);
	json_free(records);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

int main(void)
{
	RUN(ids_depend_on_what_they_name_only);
	RUN(a_trace_has_the_types_of_the_api);
	RUN(an_assessment_has_the_same_id_however_often_it_is_sent);
	RUN(verdicts_failed_judges_and_expectations_are_assessments);
	RUN(long_previews_are_cut_between_characters);
	RUN(spans_are_otlp_in_one_call_or_a_file_each);
	RUN(a_trace_that_is_there_gets_only_what_it_lacks);
	RUN(a_verdict_that_reads_back_differently_is_an_error);
	RUN(the_artifact_root_says_where_files_go);
	RUN(a_signed_url_gets_no_credential_of_ours);
	RUN(a_file_that_did_not_arrive_whole_is_an_error);
	RUN(a_model_is_found_by_the_run_that_made_it);
	RUN(a_prompt_that_is_there_is_not_registered_again);
	RUN(records_that_are_not_there_afterwards_are_an_error);
	return check_done();
}
