/* Routes of the SQL Statement Execution API. */
#include "server.h"

#include "json.h"
#include "statements.h"
#include "str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SQL (16u << 20) /* bytes of a query text */
#define DEFAULT_WAIT_MS 10000

/* What a request to execute asks for, beside the statement itself. */
struct wish {
	struct statement_request request;
	int64_t wait_ms;
	bool cancel;     /* when the wait is over */
	struct engine_param *params;
};

/* "0s", or "5s" to "50s". */
static bool read_wait(struct call *call, struct wish *wish)
{
	const char *text = NULL;
	char *end;
	long seconds;
	wish->wait_ms = DEFAULT_WAIT_MS;
	if (!call_text(call, "wait_timeout", false, &text))
		return false;
	if (!text)
		return true;
	seconds = strtol(text, &end, 10);
	if (!isdigit((unsigned char)*text) || !streq(end, "s") ||
		(seconds != 0 && (seconds < 5 || seconds > 50)))
		return call_bad(call, "wait_timeout must be 0s, or between 5s and 50s; got '%s'", text);
	wish->wait_ms = seconds * 1000;
	return true;
}

/* A member that must be one of two words; *second tells which. */
static bool read_choice(struct call *call, const char *key, const char *first,
	const char *second_word, bool *second)
{
	const char *text = NULL;
	if (!call_text(call, key, false, &text))
		return false;
	*second = text && streq(text, second_word);
	if (text && !*second && !streq(text, first))
		return call_bad(call, "%s must be %s or %s; got '%s'", key, first, second_word, text);
	return true;
}

static bool read_limit(struct call *call, const char *key, int64_t *out)
{
	const struct json *node = json_get(call->body, key);
	if (!node || json_is(node, JSON_NULL))
		return true;
	if (json_as_int(node, out) && *out > 0)
		return true;
	return call_bad(call, "%s must be a positive number", key);
}

static bool read_param(struct call *call, const struct json *node, struct engine_param *param)
{
	const struct json *value = json_get(node, "value"), *type = json_get(node, "type");
	param->name = json_text(json_get(node, "name"));
	if (!param->name)
		return call_bad(call, "parameters: every parameter needs a name");
	if (value && !json_is(value, JSON_NULL) && !json_is(value, JSON_STRING))
		return call_bad(call, "parameters: the value of '%s' must be a string", param->name);
	if (type && !json_is(type, JSON_NULL) && !json_is(type, JSON_STRING))
		return call_bad(call, "parameters: the type of '%s' must be a string", param->name);
	param->value = json_text(value);
	param->type = json_text(type);
	return true;
}

static bool read_params(struct call *call, struct wish *wish)
{
	const struct json *array = json_get(call->body, "parameters");
	size_t n = 0;
	if (!array || json_is(array, JSON_NULL))
		return true;
	if (!json_is(array, JSON_ARRAY))
		return call_bad(call, "parameters must be an array");
	wish->params = arena_alloc(&call->arena, (json_len(array) + 1) * sizeof(*wish->params));
	for (const struct json *c = json_first(array); c; c = json_next(c))
		if (!read_param(call, c, &wish->params[n++]))
			return false;
	wish->request.engine.params = wish->params;
	wish->request.engine.nparams = n;
	return true;
}

static bool read_format(struct call *call, struct wish *wish)
{
	const char *text = NULL;
	if (!call_text(call, "format", false, &text))
		return false;
	if (text && streq(text, "ARROW_STREAM"))
		return call_bad(call, "The format ARROW_STREAM is not supported by this workspace");
	if (!read_choice(call, "format", "JSON_ARRAY", "CSV", &wish->request.csv))
		return false;
	if (wish->request.csv && !wish->request.external)
		return call_bad(call, "The format CSV needs the disposition EXTERNAL_LINKS");
	return true;
}

static bool read_statement(struct call *call, struct wish *wish)
{
	struct engine_request *engine = &wish->request.engine;
	const char *warehouse = NULL;
	if (!call_text(call, "statement", true, &engine->sql) ||
		!call_text(call, "warehouse_id", true, &warehouse) ||
		!call_text(call, "catalog", false, &engine->catalog) ||
		!call_text(call, "schema", false, &engine->schema))
		return false;
	if (strlen(engine->sql) > MAX_SQL)
		return call_bad(call, "The statement is longer than %u bytes", MAX_SQL);
	if (!workspace_has_warehouse(call->server, warehouse))
		return call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Warehouse %s does not exist.", warehouse);
	return true;
}

static bool read_wish(struct call *call, struct wish *wish)
{
	return read_statement(call, wish) && read_wait(call, wish) &&
		read_choice(call, "on_wait_timeout", "CONTINUE", "CANCEL", &wish->cancel) &&
		read_choice(call, "disposition", "INLINE", "EXTERNAL_LINKS",
			&wish->request.external) &&
		read_format(call, wish) && read_params(call, wish) &&
		read_limit(call, "row_limit", &wish->request.engine.row_limit) &&
		read_limit(call, "byte_limit", &wish->request.byte_limit);
}

/* The delay of the workspace is slept where the wait covers it; else the statement
 * stays pending, or is cancelled. */
void api_statements_execute(struct call *call)
{
	struct wish wish = { .wait_ms = 0 };
	struct statement *statement;
	int64_t latency = call->server->config.latency_ms;
	if (!call_body(call) || !read_wish(call, &wish))
		return;
	if (wish.wait_ms >= latency && wish.wait_ms > 0) {
		call->response->delay_ms = latency;
		wish.request.cancel_late = wish.cancel;
		wish.request.engine.time_ms = wish.cancel ? wish.wait_ms : 0;
		statement = statements_add(call->server, &wish.request);
	} else {
		call->response->delay_ms = wish.wait_ms;
		wish.request.delay_ms = latency > 0 ? latency : 1;
		statement = statements_add(call->server, &wish.request);
		if (wish.cancel && wish.wait_ms > 0)
			statements_cancel(call->server, statement);
	}
	call_reply(call, statement_json(call->server, statement));
}

static struct statement *need_statement(struct call *call)
{
	struct statement *statement = statements_find(call->server, call->args[0]);
	if (!statement)
		call_error(call, 404, "NOT_FOUND", "The statement %s was not found.", call->args[0]);
	return statement;
}

void api_statements_get(struct call *call)
{
	struct statement *statement = need_statement(call);
	if (statement)
		call_reply(call, statement_json(call->server, statement));
}

/* The chunk in the second part of the path; false after 404 or 400. */
static bool need_chunk(struct call *call, const struct statement *statement, size_t *chunk)
{
	char *end;
	unsigned long n;
	errno = 0;
	n = strtoul(call->args[1], &end, 10);
	if (!isdigit((unsigned char)*call->args[1]) || *end || errno)
		return call_bad(call, "'%s' is not a chunk index", call->args[1]);
	if (statement->state != STATEMENT_SUCCEEDED)
		return call_error(call, 400, "INVALID_STATE", "The statement %s has no result.",
			statement->id);
	if (n >= statement->nchunks)
		return call_error(call, 404, "NOT_FOUND", "Chunk %lu was not found; there are %zu.", n,
			statement->nchunks);
	*chunk = n;
	return true;
}

void api_statements_chunk(struct call *call)
{
	struct statement *statement = need_statement(call);
	size_t chunk = 0;
	if (statement && need_chunk(call, statement, &chunk))
		call_reply(call, statement_chunk_json(call->server, statement, chunk));
}

void api_statements_cancel(struct call *call)
{
	struct statement *statement = need_statement(call);
	if (!statement)
		return;
	statements_cancel(call->server, statement);
	call_reply(call, json_new_object());
}

/* A presigned link: the signature is the credential; ours must not come along. */
void api_statements_link(struct call *call)
{
	const char *signature = serve_query(call->request, "signature");
	struct statement *statement;
	size_t chunk = 0;
	if (serve_header(call->request, "Authorization") || serve_header(call->request, "Cookie")) {
		call_error(call, 400, "INVALID_ARGUMENT",
			"Only one auth mechanism allowed: a presigned link takes no Authorization header.");
		return;
	}
	if (!signature || !server_same_secret(signature, call->server->link_key) ||
		!serve_header(call->request, "x-genie-local-result")) {
		call_error(call, 403, "PERMISSION_DENIED",
			"The signature or a header that the link asks for is missing or wrong.");
		return;
	}
	statement = need_statement(call);
	if (!statement || !need_chunk(call, statement, &chunk))
		return;
	statement_chunk_text(statement, chunk, &call->response->body);
	if (statement->request.csv)
		call->response->type = "text/csv";
}
