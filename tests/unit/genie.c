/* genie, genieask, stmt (its calls and links) */
#include "genie.h"

#include "dbx.h"
#include "json.h"
#include "stmt.h"

#include "check.h"
#include "peer.h"

static struct dbx *dbx_to(const struct peer *peer)
{
	struct dbx_options o = { .env = { [DBX_HOST] = peer->url, [DBX_TOKEN] = "dapi-hush" },
		.http = { .backoff_ms = 2, .budget_ms = 3000, .connect_tries = 1 } };
	struct err err = { 0 };

	return dbx_open(&o, &err);
}

#define STARTED PEER_JSON "{\"conversation_id\":\"c1\",\"message_id\":\"m1\"," \
	"\"message\":{\"status\":\"SUBMITTED\"}}"

static const char *answering(int n, const char *request)
{
	if (strstr(request, "POST /api/2.0/genie/spaces/s%201/start-conversation"))
		return n == 0 ? PEER_STATUS("429", "Retry-After: 0\r\n", "{}") : STARTED;
	if (!strstr(request, "GET /api/2.0/genie/spaces/s%201/conversations/c1/messages/m1"))
		return PEER_STATUS("404", "", "{}");
	if (n == 2)
		return PEER_JSON "{\"status\":\"SOMETHING_NEW\"}";
	return PEER_JSON "{\"status\":\"COMPLETED\",\"user_id\":6774555288826001,\"attachments\":["
		"{\"text\":{\"content\":\"thinking\",\"phase\":\"RESPONSE_PHASE_THINKING\"}},"
		"{\"text\":{\"content\":\"more?\",\"purpose\":\"TEXT_ATTACHMENT_PURPOSE_FOLLOW_UP_QUESTION\"}},"
		"{\"text\":{\"content\":\"It is 5.\",\"purpose\":\"TEXT_ATTACHMENT_PURPOSE_ANSWER\"}},"
		"{\"query\":{\"query\":\"SELECT 1\",\"statement_id\":\"st1\"}},"
		"{\"query\":{\"query\":\"SELECT 5\",\"statement_id\":\"st2\"}}]}";
}

static void a_question_is_asked_and_polled(void)
{
	struct genie_question q = { .space_id = "s 1", .content = "how \"many\"?" };
	struct genie_answer a;
	struct peer peer;
	struct dbx *dbx;

	peer_start(&peer, answering);
	dbx = dbx_to(&peer);
	genie_ask_wait(dbx, &q, &a);
	CHECK_INT(a.outcome, GENIE_ANSWERED);
	CHECK_STR(a.status, "COMPLETED");
	CHECK_STR(a.sql, "SELECT 5");
	CHECK_STR(a.statement_id, "st2");
	CHECK_STR(a.text, "It is 5.");
	CHECK_STR(a.conversation_id, "c1");
	CHECK_INT(a.attempts, 2);
	CHECK_INT(a.polls, 2);
	CHECK_INT(a.code, ERR_NONE);
	CHECK_STR(json_number_text(json_get(a.message, "user_id")), "6774555288826001");
	CHECK(strstr(peer_seen(&peer), "{\"content\":\"how \\\"many\\\"?\"}") != NULL);
	genie_answer_free(&a);
	dbx_free(dbx);
	peer_stop(&peer);
}

static const char *failing(int n, const char *request)
{
	(void)n;
	return strstr(request, "POST") ? STARTED : PEER_JSON "{\"status\":\"FAILED\",\"error\":"
		"{\"type\":\"SQL_EXECUTION_EXCEPTION\",\"error\":\"no column x\"}}";
}

static const char *limited(int n, const char *request)
{
	(void)n;
	return strstr(request, "POST") ? STARTED : PEER_JSON "{\"status\":\"FAILED\",\"error\":"
		"{\"type\":\"RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION\",\"error\":\"slow\"}}";
}

static const char *slow(int n, const char *request)
{
	(void)n;
	return strstr(request, "POST") ? STARTED : PEER_JSON "{\"status\":\"ASKING_AI\"}";
}

static const char *forbidden(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_STATUS("403", "", "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}");
}

static const char *odd(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"conversation_id\":7}";
}

static void check_ask(peer_handler *handler, enum genie_outcome outcome, const char *type,
	enum err_code code)
{
	struct genie_question q = { .space_id = "s", .content = "q", .limit_ms = 400 };
	struct genie_answer a;
	struct peer peer;
	struct dbx *dbx;

	peer_start(&peer, handler);
	dbx = dbx_to(&peer);
	genie_ask_wait(dbx, &q, &a);
	CHECK_INT(a.outcome, outcome);
	CHECK_STR(a.error_type, type);
	CHECK_INT(a.code, code);
	CHECK(a.error != NULL && a.sql == NULL);
	genie_answer_free(&a);
	dbx_free(dbx);
	peer_stop(&peer);
}

static void three_outcomes(void)
{
	check_ask(failing, GENIE_FAILED, "SQL_EXECUTION_EXCEPTION", ERR_NONE);
	check_ask(limited, GENIE_NOT_MEASURED, "RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION", ERR_NONE);
	check_ask(slow, GENIE_NOT_MEASURED, "TIMEOUT", ERR_TEMP);
	check_ask(forbidden, GENIE_NOT_MEASURED, "PERMISSION_DENIED", ERR_UNAVAILABLE);
	check_ask(odd, GENIE_NOT_MEASURED, "BAD_REPLY", ERR_UNAVAILABLE);
}

/* ---- earlier askings ---- */

static const char *resumed(int n, const char *request)
{
	(void)n;
	if (strstr(request, "POST"))
		return STARTED;
	if (strstr(request, "/conversations/c9/messages/gone"))
		return PEER_STATUS("404", "", "{}");
	if (strstr(request, "/conversations/c9/messages/m9"))
		return PEER_JSON "{\"status\":\"COMPLETED\",\"content\":\"q\",\"created_timestamp\":"
			"1000,\"last_updated_timestamp\":3500,\"attachments\":[{\"query\":"
			"{\"query\":\"SELECT 9\"}}]}";
	if (strstr(request, "/conversations/c9/messages/other"))
		return PEER_JSON "{\"status\":\"COMPLETED\",\"content\":\"another question\"}";
	if (strstr(request, "/conversations/c9/messages/cancelled"))
		return PEER_JSON "{\"status\":\"CANCELLED\"}";
	if (strstr(request, "/messages/m1"))
		return PEER_JSON "{\"status\":\"COMPLETED\",\"attachments\":[{\"query\":"
			"{\"query\":\"SELECT 1\"}}]}";
	if (strstr(request, "/conversations/c8/messages?"))
		return PEER_JSON "{\"messages\":[{\"message_id\":\"m8\",\"content\":\"q\"}]}";
	if (strstr(request, "/conversations/c9/messages?"))
		return PEER_JSON "{\"messages\":[{\"message_id\":\"m9\",\"content\":\"q\"}]}";
	if (strstr(request, "/conversations/c7/messages?"))
		return PEER_JSON "{\"messages\":[{\"message_id\":\"m7\",\"content\":\"r\"}]}";
	if (strstr(request, "/spaces/s/conversations?"))
		return PEER_JSON "{\"conversations\":["
			"{\"conversation_id\":\"c10\",\"created_timestamp\":100},"
			"{\"conversation_id\":\"c9\",\"created_timestamp\":100500},"
			"{\"conversation_id\":\"c8\",\"created_timestamp\":100400},"
			"{\"conversation_id\":\"c7\",\"created_timestamp\":100300}]}";
	return PEER_STATUS("404", "", "{}");
}

static char kept[64];

static bool keep_starting(void *ctx)
{
	(void)ctx;
	snprintf(kept, sizeof kept, "starting");
	return true;
}

static bool keep_started(void *ctx, const char *space, const char *conversation, const char *message)
{
	(void)ctx;
	size_t n = strlen(kept);
	snprintf(kept + n, sizeof kept - n, " %s/%s/%s", space, conversation, message);
	return true;
}

static bool keep_known(void *ctx, const char *message)
{
	(void)ctx;
	return streq(message, "m8");
}

static void check_earlier(const char *space, const char *message, const char *sql, const char *notes)
{
	static const struct genie_keeper keeper = { keep_starting, keep_started, keep_known };
	struct genie_question q = { .space_id = "s", .content = "q", .keeper = &keeper,
		.earlier = { space, message ? "c9" : NULL, message, 100000 } };
	struct genie_answer a;
	struct peer peer;
	struct dbx *dbx;

	*kept = '\0';
	peer_start(&peer, resumed);
	dbx = dbx_to(&peer);
	genie_ask_wait(dbx, &q, &a);
	CHECK_INT(a.outcome, GENIE_ANSWERED);
	CHECK_STR(a.sql, sql);
	CHECK_STR(kept, notes);
	CHECK_INT(strstr(peer_seen(&peer), "POST") != NULL, strstr(notes, "starting") != NULL);
	if (streq(a.message_id, "m9")) {
		CHECK_INT(a.latency_ms, 2500);
		CHECK_INT(a.asked_ms, 100000);
	}
	genie_answer_free(&a);
	dbx_free(dbx);
	peer_stop(&peer);
}

static void an_earlier_asking_is_used(void)
{
	check_earlier("s", "m9", "SELECT 9", "");
	check_earlier("s", "gone", "SELECT 1", "starting s/c1/m1");
	check_earlier("s", "other", "SELECT 1", "starting s/c1/m1");
	check_earlier("s", "cancelled", "SELECT 1", "starting s/c1/m1");
	/* not known whether it was taken: the one with this text that nobody knows and is not older */
	check_earlier("s", NULL, "SELECT 9", " s/c9/m9");
	check_earlier("elsewhere", NULL, "SELECT 1", "starting s/c1/m1");
}

static int cancelled;

static void on_time(void *ctx, bool dropped)
{
	(void)dropped;
	*(bool *)ctx = true;
}

static void on_cancel(void *ctx, struct genie_answer *answer)
{
	(void)ctx;
	cancelled += answer->outcome == GENIE_NOT_MEASURED;
}

static void outstanding_questions_can_be_dropped(void)
{
	struct genie_question q = { .space_id = "s", .content = "q" };
	struct peer peer;
	struct dbx *dbx;
	bool stop = false;

	peer_start(&peer, slow);
	dbx = dbx_to(&peer);
	for (int i = 0; i < 3; i++)
		genie_ask(dbx, &q, on_cancel, NULL);
	http_after(dbx_http(dbx), 100, on_time, &stop);
	http_run(dbx_http(dbx), &stop); /* some are started, some polled */
	dbx_free(dbx);
	CHECK_INT(cancelled, 3);
	peer_stop(&peer);
}

static const char *spaces(int n, const char *request)
{
	(void)n;
	if (strstr(request, "GET /api/2.0/genie/spaces/abc"))
		return PEER_JSON "{\"space_id\":\"abc\",\"title\":\"One\"}";
	if (strstr(request, "GET /api/2.0/genie/spaces?"))
		return PEER_JSON "{\"spaces\":[{\"space_id\":\"abc\",\"title\":\"One\"},"
			"{\"space_id\":\"d\",\"title\":\"Two x\"},{\"space_id\":\"e\",\"title\":\"Two x\"},"
			"{\"space_id\":\"f\",\"title\":\"Three x\"}]}";
	if (strstr(request, "PATCH /"))
		return PEER_STATUS("409", "", "{\"error_code\":\"ABORTED\",\"message\":\"etag\"}");
	return PEER_STATUS("404", "", "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"none\"}");
}

static void check_find(struct dbx *dbx, const char *name, const char *want)
{
	struct err err = { 0 };
	char *id = genie_find(dbx, name, &err);

	CHECK_STR(id, want);
	if (!want)
		CHECK_INT(err.code, ERR_UNAVAILABLE);
	free(id);
}

static void spaces_are_found_by_id_or_title(void)
{
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };
	struct json *fields = json_new_object();
	int status = 0;

	peer_start(&peer, spaces);
	dbx = dbx_to(&peer);
	check_find(dbx, "abc", "abc");
	check_find(dbx, "One", "abc");
	check_find(dbx, "Three x", "f");
	check_find(dbx, "Two x", NULL);
	check_find(dbx, "nobody", NULL);
	CHECK(!genie_update(dbx, "abc", fields, &status, &err));
	CHECK_INT(status, 409);
	json_free(fields);
	dbx_free(dbx);
	peer_stop(&peer);
}

/* ---- statements ----------------------------------------------------------- */

#define MANIFEST "\"manifest\":{\"schema\":{\"columns\":[{\"name\":\"a\",\"type_text\":" \
	"\"decimal(18,2)\"},{\"name\":\"b\",\"type_name\":\"STRING\"}]}," \
	"\"total_chunk_count\":2,\"total_row_count\":3,\"truncated\":true}"

static const char *chunked(int n, const char *request)
{
	(void)n;
	if (strstr(request, "POST /api/2.0/sql/statements"))
		return PEER_JSON "{\"statement_id\":\"st 1\",\"status\":{\"state\":\"PENDING\"}}";
	if (strstr(request, "/chunks/1?row=2"))
		return PEER_JSON "{\"chunk_index\":1,\"data_array\":[[\"3\",\"\"]]}";
	if (strstr(request, "GET /api/2.0/sql/statements/st%201 "))
		return PEER_JSON "{\"statement_id\":\"st 1\",\"status\":{\"state\":\"SUCCEEDED\"},"
			MANIFEST ",\"result\":{\"chunk_index\":0,\"data_array\":[[\"1.10\",\"x\"],"
			"[null,\"y\"]],\"next_chunk_internal_link\":\"/api/x/chunks/1?row=2\"}}";
	return PEER_STATUS("404", "", "{}");
}

static void chunks_are_followed(void)
{
	struct json *params = json_new_array(), *p = json_push(params, json_new_object());
	struct stmt_request request = { .sql = "SELECT :n", .warehouse_id = "w", .catalog = "c",
		.params = params, .row_limit = 10 };
	struct stmt_result r;
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };

	json_set_str(p, "name", "n");
	json_set_str(p, "value", "1");
	peer_start(&peer, chunked);
	dbx = dbx_to(&peer);
	CHECK(stmt_run(dbx, &request, &r, &err));
	CHECK(r.ok);
	CHECK_INT(r.table.nrows, 3);
	CHECK_STR(r.table.columns[0].type, "DECIMAL(18,2)");
	CHECK_STR(table_cell(&r.table, 0, 0), "1.10");
	CHECK_STR(table_cell(&r.table, 1, 0), NULL);
	CHECK_STR(table_cell(&r.table, 2, 1), "");
	CHECK(r.truncated && r.table.truncated);
	CHECK_INT(r.total_rows, 3);
	CHECK(strstr(peer_seen(&peer), "\"row_limit\":10") != NULL);
	CHECK(strstr(peer_seen(&peer), "\"parameters\":[{\"name\":\"n\",\"value\":\"1\"}]") != NULL);
	stmt_result_free(&r);
	json_free(params);
	dbx_free(dbx);
	peer_stop(&peer);
}

static const char *bad_sql(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"statement_id\":\"s\",\"status\":{\"state\":\"FAILED\",\"error\":"
		"{\"error_code\":\"BAD_REQUEST\",\"message\":\"[PARSE_SYNTAX_ERROR] near x\"},"
		"\"sql_state\":\"42601\"}}";
}

static void a_refused_statement_is_a_value(void)
{
	struct stmt_request request = { .sql = "SELEC", .warehouse_id = "w" };
	struct stmt_result r;
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };

	peer_start(&peer, bad_sql);
	dbx = dbx_to(&peer);
	CHECK(stmt_run(dbx, &request, &r, &err));
	CHECK(!r.ok);
	CHECK_STR(r.error_code, "BAD_REQUEST");
	CHECK_STR(r.sql_state, "42601");
	CHECK(strstr(r.message, "PARSE_SYNTAX_ERROR") != NULL);
	stmt_result_free(&r);
	CHECK(!stmt_must(dbx, &request, &r, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	stmt_result_free(&r);
	dbx_free(dbx);
	peer_stop(&peer);
}

/* Too large inline; then two links, of which the first chunk names the second. */
static const char *external(int n, const char *request)
{
	static char reply[1024];
	const char *host = strstr(request, "Host: 127.0.0.1:");
	int port = host ? (int)strtol(host + 16, NULL, 10) : 0;

	(void)n;
	if (strstr(request, "\"INLINE\""))
		return PEER_JSON "{\"statement_id\":\"s\",\"status\":{\"state\":\"FAILED\",\"error\":"
			"{\"error_code\":\"BAD_REQUEST\",\"message\":\"Inline byte limit exceeded; "
			"use disposition=EXTERNAL_LINKS\"}}}";
	if (strstr(request, "GET /presigned?sig=old"))
		return PEER_STATUS("403", "", "<Error>expired</Error>");
	if (strstr(request, "GET /presigned"))
		return strstr(request, "Authorization") || !strstr(request, "x-key: k") ?
			PEER_STATUS("403", "", "credentials") : PEER_JSON "[[\"1\",null],[\"2\",\"z\"]]";
	if (strstr(request, "GET /api/2.0/sql/statements/s/result/chunks/0")) {
		snprintf(reply, sizeof(reply), PEER_JSON "{\"external_links\":[{\"chunk_index\":0,"
			"\"next_chunk_index\":1,\"external_link\":\"http://127.0.0.1:%d/presigned?sig=1\","
			"\"http_headers\":{\"x-key\":\"k\"}}]}", port);
		return reply;
	}
	if (strstr(request, "GET /api/2.0/sql/statements/s/result/chunks/1")) {
		snprintf(reply, sizeof(reply), PEER_JSON "{\"external_links\":[{\"chunk_index\":1,"
			"\"external_link\":\"http://127.0.0.1:%d/presigned?sig=2\","
			"\"http_headers\":{\"x-key\":\"k\"}}]}", port);
		return reply;
	}
	snprintf(reply, sizeof(reply), PEER_JSON "{\"statement_id\":\"s\",\"status\":{\"state\":"
		"\"SUCCEEDED\"}," MANIFEST ",\"result\":{\"external_links\":[{\"chunk_index\":0,"
		"\"next_chunk_index\":1,\"external_link\":\"http://127.0.0.1:%d/presigned?sig=old\","
		"\"http_headers\":{\"x-key\":\"k\"}}]}}", port);
	return reply;
}

static void large_results_come_by_links_without_credentials(void)
{
	struct stmt_request request = { .sql = "SELECT", .warehouse_id = "w" };
	struct stmt_result r;
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };

	peer_start(&peer, external);
	dbx = dbx_to(&peer);
	CHECK(stmt_run(dbx, &request, &r, &err));
	CHECK_STR(err.text, "");
	CHECK(r.ok);
	CHECK_INT(r.table.nrows, 4);
	CHECK_STR(table_cell(&r.table, 3, 1), "z");
	stmt_result_free(&r);
	dbx_free(dbx);
	peer_stop(&peer);
}

static const char *running(int n, const char *request)
{
	(void)n;
	return strstr(request, "/cancel") ? PEER_JSON "{}" :
		PEER_JSON "{\"statement_id\":\"s\",\"status\":{\"state\":\"RUNNING\"}}";
}

static const char *ragged(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"statement_id\":\"s\",\"status\":{\"state\":\"SUCCEEDED\"}," MANIFEST
		",\"result\":{\"data_array\":[[\"1\"]]}}";
}

static const char *loop(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"statement_id\":\"s\",\"status\":{\"state\":\"SUCCEEDED\"}," MANIFEST
		",\"chunk_index\":0,\"result\":{},\"next_chunk_index\":0,\"data_array\":[]}";
}

static const char *ddl(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"statement_id\":\"s\",\"status\":{\"state\":\"SUCCEEDED\"},"
		"\"manifest\":{\"schema\":{\"column_count\":0},\"total_chunk_count\":0}}";
}

static void check_stmt(peer_handler *handler, enum err_code code, const char *seen)
{
	struct stmt_request request = { .sql = "X", .warehouse_id = "w", .limit_ms = 700 };
	struct stmt_result r;
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };

	peer_start(&peer, handler);
	dbx = dbx_to(&peer);
	CHECK(stmt_run(dbx, &request, &r, &err) == (code == ERR_NONE));
	CHECK_INT(err.code, code);
	http_run(dbx_http(dbx), NULL);
	CHECK(strstr(peer_seen(&peer), seen) != NULL);
	stmt_result_free(&r);
	dbx_free(dbx);
	peer_stop(&peer);
}

static void odd_replies_are_errors(void)
{
	check_stmt(running, ERR_TEMP, "POST /api/2.0/sql/statements/s/cancel");
	check_stmt(ragged, ERR_UNAVAILABLE, "POST");
	check_stmt(loop, ERR_UNAVAILABLE, "chunks/1");
	check_stmt(ddl, ERR_NONE, "\"wait_timeout\":\"0s\"");
}

static const char *warehouses(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"warehouses\":[{\"id\":\"w1\",\"state\":\"STOPPED\"},"
		"{\"id\":\"w2\",\"state\":\"RUNNING\"},{\"id\":\"w3\",\"state\":\"RUNNING\"}]}";
}

static void check_warehouse(struct dbx *dbx, const char *given, const char *space, const char *want)
{
	struct err err = { 0 };
	char *id = stmt_warehouse(dbx, given, space, &err);

	CHECK_STR(id, want);
	free(id);
}

static void a_warehouse_is_chosen(void)
{
	struct peer peer;
	struct dbx *dbx;

	peer_start(&peer, warehouses);
	dbx = dbx_to(&peer);
	check_warehouse(dbx, "g", "s", "g");
	check_warehouse(dbx, "", "s", "s");
	check_warehouse(dbx, NULL, NULL, "w2");
	dbx_free(dbx);
	peer_stop(&peer);
}

int main(void)
{
	RUN(a_question_is_asked_and_polled);
	RUN(three_outcomes);
	RUN(an_earlier_asking_is_used);
	RUN(outstanding_questions_can_be_dropped);
	RUN(spaces_are_found_by_id_or_title);
	RUN(chunks_are_followed);
	RUN(a_refused_statement_is_a_value);
	RUN(large_results_come_by_links_without_credentials);
	RUN(odd_replies_are_errors);
	RUN(a_warehouse_is_chosen);
	return check_done();
}
