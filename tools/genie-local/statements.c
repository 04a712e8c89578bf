#include "statements.h"

#include "clock.h"
#include "engine.h"
#include "json.h"
#include "jsonw.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

struct statements {
	struct statement *oldest, *newest;
	size_t n;
	size_t bytes; /* of results */
};

struct statements *statements_new(void)
{
	return xcalloc(1, sizeof(struct statements));
}

static size_t result_bytes(const struct statement *statement)
{
	return statement->outcome.table.arena.used;
}

static void drop_result(struct statements *store, struct statement *statement)
{
	store->bytes -= result_bytes(statement);
	engine_outcome_free(&statement->outcome);
	memset(&statement->outcome, 0, sizeof(statement->outcome));
	free(statement->chunks);
	statement->chunks = NULL;
	statement->nchunks = 0;
}

static void drop_oldest(struct statements *store)
{
	struct statement *statement = store->oldest;
	store->oldest = statement->next;
	if (!store->oldest)
		store->newest = NULL;
	drop_result(store, statement);
	arena_free(&statement->arena);
	free(statement);
	store->n--;
}

void statements_free(struct statements *statements)
{
	if (!statements)
		return;
	while (statements->oldest)
		drop_oldest(statements);
	free(statements);
}

static void copy_request(struct statement *statement, const struct statement_request *request)
{
	struct arena *arena = &statement->arena;
	struct engine_request *engine = &statement->request.engine;
	struct engine_param *params = NULL;
	statement->request = *request;
	engine->sql = arena_strdup(arena, engine->sql);
	engine->catalog = arena_strdup(arena, engine->catalog);
	engine->schema = arena_strdup(arena, engine->schema);
	if (engine->nparams)
		params = arena_alloc(arena, engine->nparams * sizeof(*params));
	for (size_t i = 0; i < engine->nparams; i++) {
		params[i].name = arena_strdup(arena, engine->params[i].name);
		params[i].value = arena_strdup(arena, engine->params[i].value);
		params[i].type = arena_strdup(arena, engine->params[i].type);
	}
	engine->params = params;
}

/* ---- running -------------------------------------------------------------- */

static size_t row_bytes(const struct table *table, size_t row)
{
	size_t bytes = 2;
	for (size_t c = 0; c < table->ncolumns; c++) {
		const char *cell = table_cell(table, row, c);
		bytes += cell ? strlen(cell) + 3 : 5;
	}
	return bytes;
}

/* Cuts the result after the rows that fit into limit bytes. */
static void limit_bytes(struct table *table, int64_t limit)
{
	size_t bytes = 0;
	for (size_t row = 0; limit > 0 && row < table->nrows; row++) {
		bytes += row_bytes(table, row);
		if (bytes > (size_t)limit) {
			table->nrows = row;
			table->truncated = true;
			return;
		}
	}
}

/* Divides rows into chunks; returns the bytes of all. */
static size_t make_chunks(struct statement *statement, size_t max_rows)
{
	const struct table *table = &statement->outcome.table;
	size_t cap = 0, bytes = 0, all = 0, first = 0;
	for (size_t row = 0; row < table->nrows; row++) {
		size_t n = row_bytes(table, row);
		if (row == 0 || row - first >= max_rows || bytes + n > STATEMENTS_CHUNK_BYTES) {
			GROW(statement->chunks, cap, statement->nchunks + 2);
			statement->chunks[statement->nchunks++] = row;
			first = row;
			bytes = 0;
		}
		bytes += n;
		all += n;
	}
	if (statement->nchunks)
		statement->chunks[statement->nchunks] = table->nrows;
	return all;
}

static void settle_success(struct server *server, struct statement *statement)
{
	size_t bytes;
	struct table *table = &statement->outcome.table;
	statement->state = STATEMENT_SUCCEEDED;
	limit_bytes(table, statement->request.byte_limit);
	bytes = make_chunks(statement, (size_t)server->config.chunk_rows);
	if (!statement->request.external && bytes > STATEMENTS_INLINE_BYTES) {
		statement->state = STATEMENT_FAILED;
		sql_error_set(&statement->outcome.error, "INLINE_BYTE_LIMIT_EXCEEDED", "54000",
			"Inline byte limit exceeded. Statements executed with disposition=INLINE can "
			"have a result size of at most %u bytes. Please execute the statement with "
			"disposition=EXTERNAL_LINKS if you want to download the full result.",
			STATEMENTS_INLINE_BYTES);
	}
}

static void run(struct server *server, struct statement *statement)
{
	struct statements *store = server->statements;
	if (engine_run(server->engine, &statement->request.engine, &statement->outcome))
		settle_success(server, statement);
	else if (statement->outcome.timed_out && statement->request.cancel_late)
		statement->state = STATEMENT_CANCELED;
	else
		statement->state = statement->outcome.canceled ? STATEMENT_CANCELED : STATEMENT_FAILED;
	store->bytes += result_bytes(statement);
	for (struct statement *old = store->oldest;
		old && store->bytes > STATEMENTS_MAX_BYTES && old != statement; old = old->next) {
		drop_result(store, old);
		if (old->state == STATEMENT_SUCCEEDED)
			old->state = STATEMENT_CLOSED;
	}
}

void statements_run_due(struct server *server)
{
	int64_t now = clock_monotonic_ms();
	for (struct statement *s = server->statements->oldest; s; s = s->next)
		if (s->state == STATEMENT_PENDING && s->due_ms <= now)
			run(server, s);
}

struct statement *statements_add(struct server *server, const struct statement_request *request)
{
	struct statements *store = server->statements;
	struct statement *statement = xcalloc(1, sizeof(*statement));
	if (store->n >= STATEMENTS_MAX)
		drop_oldest(store);
	server_new_uuid(server, statement->id);
	copy_request(statement, request);
	statement->made_ms = clock_monotonic_ms();
	statement->due_ms = statement->made_ms + request->delay_ms;
	if (store->newest)
		store->newest->next = statement;
	else
		store->oldest = statement;
	store->newest = statement;
	store->n++;
	if (request->delay_ms <= 0)
		run(server, statement);
	return statement;
}

struct statement *statements_find(struct server *server, const char *id)
{
	for (struct statement *s = server->statements->oldest; s; s = s->next)
		if (streq(s->id, id))
			return s;
	return NULL;
}

void statements_cancel(struct server *server, struct statement *statement)
{
	(void)server;
	if (statement->state == STATEMENT_PENDING)
		statement->state = STATEMENT_CANCELED;
}

int64_t statement_wait_ms(const struct statement *statement)
{
	int64_t left = statement->due_ms - clock_monotonic_ms();
	return statement->state != STATEMENT_PENDING || left < 0 ? 0 : left;
}

enum statement_state statement_state(const struct statement *statement)
{
	int64_t now = clock_monotonic_ms();
	if (statement->state == STATEMENT_PENDING &&
		(now - statement->made_ms) * 2 >= statement->due_ms - statement->made_ms)
		return STATEMENT_RUNNING;
	return statement->state;
}

/* ---- as JSON ---------------------------------------------------------------- */

static const char *state_text(enum statement_state state)
{
	static const char *const texts[] = {
		"PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELED", "CLOSED",
	};
	return texts[state];
}

static void add_status(struct json *body, const struct statement *statement)
{
	struct json *status = json_set(body, "status", json_new_object());
	enum statement_state state = statement_state(statement);
	const struct sql_error *error = &statement->outcome.error;
	json_set_str(status, "state", state_text(state));
	if (state != STATEMENT_FAILED)
		return;
	struct json *node = json_set(status, "error", json_new_object());
	json_set_str(node, "error_code", statement->outcome.timed_out ? "DEADLINE_EXCEEDED" :
		streq(error->cls, "INTERNAL_ERROR") ? "INTERNAL_ERROR" : "BAD_REQUEST");
	json_set_str(node, "message", error->message);
	json_set_str(status, "sql_state", error->state);
}

/* BIGINT is LONG in the API, and so on. */
static void set_type_name(struct json *column, const char *type)
{
	static const struct { const char *sql, *api; } names[] = {
		{ "BIGINT", "LONG" }, { "INTEGER", "INT" }, { "SMALLINT", "SHORT" },
		{ "TINYINT", "BYTE" }, { "REAL", "FLOAT" }, { "NUMERIC", "DECIMAL" },
		{ "DEC", "DECIMAL" }, { "VARCHAR", "STRING" }, { "VOID", "NULL" },
		{ "TIMESTAMP_NTZ", "TIMESTAMP" },
	};
	char *word = xstrndup(type, strcspn(type, "(< "));
	const char *name = word;
	for (size_t i = 0; i < countof(names); i++)
		if (strieq(word, names[i].sql))
			name = names[i].api;
	json_set_str(column, "type_name", name);
	free(word);
}

static void add_decimal(struct json *column, const char *type)
{
	const char *open = strchr(type, '(');
	char *end;
	long precision = 10, scale = 0;
	if (!starts_withi(type, "DECIMAL"))
		return;
	if (open) {
		precision = strtol(open + 1, &end, 10);
		if (*end == ',')
			scale = strtol(end + 1, NULL, 10);
	}
	json_set_int(column, "type_precision", precision);
	json_set_int(column, "type_scale", scale);
}

static struct json *schema_json(const struct table *table)
{
	struct json *schema = json_new_object();
	json_set_int(schema, "column_count", (int64_t)table->ncolumns);
	struct json *columns = json_set(schema, "columns", json_new_array());
	for (size_t i = 0; i < table->ncolumns; i++) {
		struct json *column = json_push(columns, json_new_object());
		json_set_str(column, "name", table->columns[i].name);
		json_set_str(column, "type_text", table->columns[i].type);
		set_type_name(column, table->columns[i].type);
		add_decimal(column, table->columns[i].type);
		json_set_int(column, "position", (int64_t)i);
	}
	return schema;
}

static void set_chunk(struct json *node, const struct statement *statement, size_t chunk)
{
	size_t first = statement->chunks[chunk], next = statement->chunks[chunk + 1];
	json_set_int(node, "chunk_index", (int64_t)chunk);
	json_set_int(node, "row_offset", (int64_t)first);
	json_set_int(node, "row_count", (int64_t)(next - first));
}

static struct json *manifest_json(const struct statement *statement)
{
	const struct table *table = &statement->outcome.table;
	struct json *manifest = json_new_object();
	json_set_str(manifest, "format", statement->request.csv ? "CSV" : "JSON_ARRAY");
	json_set(manifest, "schema", schema_json(table));
	json_set_int(manifest, "total_chunk_count", (int64_t)statement->nchunks);
	if (statement->nchunks) {
		struct json *chunks = json_set(manifest, "chunks", json_new_array());
		for (size_t i = 0; i < statement->nchunks; i++)
			set_chunk(json_push(chunks, json_new_object()), statement, i);
	}
	json_set_int(manifest, "total_row_count", (int64_t)table->nrows);
	json_set_bool(manifest, "truncated", table->truncated);
	return manifest;
}

static void add_next(struct json *node, const struct statement *statement, size_t chunk)
{
	char *link;
	if (chunk + 1 >= statement->nchunks)
		return;
	link = xasprintf("/api/2.0/sql/statements/%s/result/chunks/%zu?row_offset=%zu",
		statement->id, chunk + 1, statement->chunks[chunk + 1]);
	json_set_int(node, "next_chunk_index", (int64_t)chunk + 1);
	json_set_str(node, "next_chunk_internal_link", link);
	free(link);
}

static void add_rows(struct json *node, const struct statement *statement, size_t chunk)
{
	const struct table *table = &statement->outcome.table;
	struct json *rows = json_set(node, "data_array", json_new_array());
	for (size_t r = statement->chunks[chunk]; r < statement->chunks[chunk + 1]; r++) {
		struct json *row = json_push(rows, json_new_array());
		for (size_t c = 0; c < table->ncolumns; c++)
			json_push_str(row, table_cell(table, r, c));
	}
}

#define LINK_LIFE_MS (15 * 60 * 1000)

static void add_link(struct server *server, struct json *node, const struct statement *statement,
	size_t chunk)
{
	struct json *links = json_set(node, "external_links", json_new_array());
	struct json *link = json_push(links, json_new_object());
	char *url = xasprintf("%s/genie-local/results/%s/%zu?signature=%s", server->base_url,
		statement->id, chunk, server->link_key);
	char when[CLOCK_RFC3339_SIZE];
	struct json *headers;
	set_chunk(link, statement, chunk);
	json_set_str(link, "external_link", url);
	json_set_str(link, "expiration", clock_rfc3339(clock_now_ms() + LINK_LIFE_MS, when));
	headers = json_set(link, "http_headers", json_new_object());
	json_set_str(headers, "x-genie-local-result", "1");
	add_next(link, statement, chunk);
	free(url);
}

struct json *statement_chunk_json(struct server *server, const struct statement *statement,
	size_t chunk)
{
	struct json *result = json_new_object();
	if (chunk >= statement->nchunks)
		return result;
	if (statement->request.external) {
		add_link(server, result, statement, chunk);
		return result;
	}
	set_chunk(result, statement, chunk);
	add_rows(result, statement, chunk);
	add_next(result, statement, chunk);
	return result;
}

struct json *statement_json(struct server *server, const struct statement *statement)
{
	struct json *body = json_new_object();
	json_set_str(body, "statement_id", statement->id);
	add_status(body, statement);
	if (statement->state != STATEMENT_SUCCEEDED)
		return body;
	json_set(body, "manifest", manifest_json(statement));
	json_set(body, "result", statement_chunk_json(server, statement, 0));
	return body;
}

/* ---- external results --------------------------------------------------------- */

static void csv_cell(struct str *out, const char *text)
{
	if (!text)
		return;
	if (*text && !strpbrk(text, ",\"\r\n")) {
		str_add(out, text);
		return;
	}
	str_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			str_addc(out, '"');
		str_addc(out, *text);
	}
	str_addc(out, '"');
}

static void chunk_csv(const struct statement *statement, size_t chunk, struct str *out)
{
	const struct table *table = &statement->outcome.table;
	for (size_t c = 0; chunk == 0 && c < table->ncolumns; c++) {
		str_add(out, c ? "," : "");
		csv_cell(out, table->columns[c].name);
		str_add(out, c + 1 == table->ncolumns ? "\r\n" : "");
	}
	for (size_t r = statement->chunks[chunk]; r < statement->chunks[chunk + 1]; r++) {
		for (size_t c = 0; c < table->ncolumns; c++) {
			str_add(out, c ? "," : "");
			csv_cell(out, table_cell(table, r, c));
		}
		str_add(out, "\r\n");
	}
}

void statement_chunk_text(const struct statement *statement, size_t chunk, struct str *out)
{
	const struct table *table = &statement->outcome.table;
	struct jsonw w;
	if (statement->request.csv) {
		chunk_csv(statement, chunk, out);
		return;
	}
	jsonw_to_str(&w, out, 0);
	jsonw_array(&w);
	for (size_t r = statement->chunks[chunk]; r < statement->chunks[chunk + 1]; r++) {
		jsonw_array(&w);
		for (size_t c = 0; c < table->ncolumns; c++)
			jsonw_str(&w, table_cell(table, r, c));
		jsonw_end(&w);
	}
	jsonw_end(&w);
}
