/* stmt: what a result may leave out, and plans that hold an error (calls and links: genie.c) */
#include "stmt.h"

#include "dbx.h"

#include "check.h"
#include "peer.h"

#define SUCCEEDED "{\"statement_id\":\"s1\",\"status\":{\"state\":\"SUCCEEDED\"},"
#define COLUMN "\"schema\":{\"columns\":[{\"name\":\"plan\",\"type_text\":\"string\"}]}"

/* Runs a statement against the handler. The result is the caller's. */
static bool run(peer_handler *handler, const struct stmt_request *request, struct stmt_result *r,
	struct err *err, int *calls)
{
	struct peer peer;
	struct dbx_options o = { .env = { [DBX_TOKEN] = "dapi-hush" },
		.http = { .backoff_ms = 2, .budget_ms = 3000, .connect_tries = 1 } };
	struct dbx *dbx;
	bool ok;

	peer_start(&peer, handler);
	o.env[DBX_HOST] = peer.url;
	dbx = dbx_open(&o, err);
	ok = stmt_run(dbx, request, r, err);
	*calls = peer_count(&peer);
	dbx_free(dbx);
	peer_stop(&peer);
	return ok;
}

static const struct stmt_request query = { .sql = "SELECT 1", .warehouse_id = "w" };

/* No link and no index in a chunk: the number of chunks alone says that there is another. */
static const char *counted(int n, const char *request)
{
	(void)n;
	if (strstr(request, "GET /api/2.0/sql/statements/s1/result/chunks/1 "))
		return PEER_JSON "{\"chunk_index\":1,\"data_array\":[[null],[\"\"]]}";
	return PEER_JSON SUCCEEDED "\"manifest\":{" COLUMN ",\"total_chunk_count\":2,"
		"\"total_row_count\":3},\"result\":{\"data_array\":[[\"a\"]]}}";
}

static void chunks_that_are_only_counted_are_read(void)
{
	struct stmt_result r;
	struct err err = { 0 };
	int calls;

	CHECK(run(counted, &query, &r, &err, &calls));
	CHECK(r.ok && !r.truncated);
	CHECK_INT(calls, 2);
	CHECK_INT((int)r.table.nrows, 3);
	CHECK(table_cell(&r.table, 1, 0) == NULL);
	CHECK_STR(table_cell(&r.table, 2, 0), "");
	CHECK_STR(r.table.columns[0].type, "STRING");
	stmt_result_free(&r);
}

static const char *cut(int n, const char *request)
{
	(void)n;
	if (!strstr(request, "\"row_limit\":1"))
		return PEER_STATUS("400", "", "{}");
	return PEER_JSON SUCCEEDED "\"manifest\":{" COLUMN ",\"total_chunk_count\":1,"
		"\"total_row_count\":9,\"truncated\":true},\"result\":{\"data_array\":[[\"a\"]]}}";
}

static void a_result_that_was_cut_says_so(void)
{
	struct stmt_request limited = query;
	struct stmt_result r;
	struct err err = { 0 };
	int calls;

	limited.row_limit = 1;
	CHECK(run(cut, &limited, &r, &err, &calls));
	CHECK(r.ok && r.truncated && r.table.truncated);
	CHECK_INT((int)r.table.nrows, 1);
	CHECK_INT((int)r.table.total_rows, 9);
	stmt_result_free(&r);
}

static const char *overloaded(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"statement_id\":\"s1\",\"status\":{\"state\":\"FAILED\",\"error\":"
		"{\"error_code\":\"RESOURCE_EXHAUSTED\",\"message\":\"busy\"}}}";
}

static const char *gone(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"statement_id\":\"s1\",\"status\":{\"state\":\"CLOSED\"}}";
}

static const char *nameless(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"status\":{\"state\":\"PENDING\"}}";
}

static void check_error(peer_handler *handler, enum err_code code, const char *text)
{
	struct stmt_result r;
	struct err err = { 0 };
	int calls;

	CHECK(!run(handler, &query, &r, &err, &calls));
	CHECK_INT(err.code, code);
	CHECK(strstr(err.text, text) != NULL);
	stmt_result_free(&r);
}

/* What passes is no verdict on the statement. */
static void what_passes_is_no_refusal(void)
{
	check_error(overloaded, ERR_TEMP, "RESOURCE_EXHAUSTED");
	check_error(gone, ERR_TEMP, "gone already");
	check_error(nameless, ERR_UNAVAILABLE, "no statement_id");
}

static const char *bad_plan(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON SUCCEEDED "\"manifest\":{" COLUMN "},\"result\":{\"data_array\":[["
		"\"Error occurred during query planning: \\n[UNRESOLVED_COLUMN] x\"]]}}";
}

static void a_plan_may_hold_an_error(void)
{
	struct stmt_result r;
	struct err err = { 0 };
	int calls;

	CHECK(run(bad_plan, &query, &r, &err, &calls));
	CHECK(r.ok && stmt_plan_error(&r.table) && strstr(stmt_plan_error(&r.table), "UNRESOLVED"));
	stmt_result_free(&r);
	CHECK(run(counted, &query, &r, &err, &calls));
	CHECK(stmt_plan_error(&r.table) == NULL);
	stmt_result_free(&r);
	CHECK(stmt_plan_error(&r.table) == NULL);
}

int main(void)
{
	RUN(chunks_that_are_only_counted_are_read);
	RUN(a_result_that_was_cut_says_so);
	RUN(what_passes_is_no_refusal);
	RUN(a_plan_may_hold_an_error);
	return check_done();
}
