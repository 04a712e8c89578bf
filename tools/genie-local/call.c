/* The helpers of server.h that read requests and write replies. */
#include "server.h"
#undef call_error
#undef call_internal

#include "json.h"
#include "str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

void call_reply(struct call *call, struct json *json)
{
	str_reset(&call->response->body);
	json_print(json, &call->response->body);
	json_free(json);
}

static void reply_error(struct call *call, int status, const char *code, const char *text)
{
	struct json *body = json_new_object();
	json_set_str(body, "error_code", code);
	json_set_str(body, "message", text);
	json_set(body, "details", json_new_array());
	call->response->status = status;
	call_reply(call, body);
}

static void reply_verror(struct call *call, int status, const char *code, const char *format,
	va_list ap) PRINTF_LIKE(4, 0);
static void reply_verror(struct call *call, int status, const char *code, const char *format,
	va_list ap)
{
	struct str text = STR_INIT;
	str_vaddf(&text, format, ap);
	reply_error(call, status, code, str_text(&text));
	str_free(&text);
}

bool call_error(struct call *call, int status, const char *code, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	reply_verror(call, status, code, format, ap);
	va_end(ap);
	return false;
}

bool call_bad(struct call *call, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	reply_verror(call, 400, "INVALID_PARAMETER_VALUE", format, ap);
	va_end(ap);
	return false;
}

bool call_internal(struct call *call, const struct err *err)
{
	return call_error(call, 500, "INTERNAL_ERROR", "%s", err->text);
}

struct json *call_body(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	if (call->body)
		return call->body;
	if (!call->request->nbody) {
		call->body = json_new_object();
		return call->body;
	}
	call->body = json_parse(call->request->body, call->request->nbody, &err);
	if (json_is(call->body, JSON_OBJECT))
		return call->body;
	call_error(call, 400, "MALFORMED_REQUEST", "Could not parse request object: %s",
		call->body ? "expected an object" : err.text);
	return NULL;
}

bool call_text(struct call *call, const char *key, bool needed, const char **out)
{
	const struct json *node = json_get(call->body, key);
	if (!node || json_is(node, JSON_NULL))
		return !needed || call_bad(call, "Missing required field: %s", key);
	if (!json_is(node, JSON_STRING))
		return call_error(call, 400, "MALFORMED_REQUEST",
			"Could not parse request object: %s: expected a string, found %s", key,
			json_type_name(json_typeof(node)));
	*out = json_text(node);
	return true;
}

/* A number of the query; `other` when absent; false when it is none. */
static bool query_number(const struct call *call, const char *name, size_t other, size_t *out)
{
	const char *text = serve_query(call->request, name);
	char *end;
	unsigned long n;
	*out = other;
	if (!text || !*text)
		return true;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*end || errno || *text == '-')
		return false;
	*out = n;
	return true;
}

void call_page(struct call *call, const char *member, struct json *array, const char *size_name,
	size_t size)
{
	struct json *body = json_new_object(), *page = json_new_array();
	size_t from, want, n = 0, at = 0;
	bool ok = query_number(call, size_name, size, &want) &&
		query_number(call, "page_token", 0, &from);
	if (want == 0)
		want = size;
	for (struct json *c = json_first(array); ok && c; c = json_next(c), at++)
		if (at >= from && n < want) {
			json_push(page, json_dup(c));
			n++;
		}
	json_set(body, member, page);
	if (ok && from + n < json_len(array)) {
		char *token = xasprintf("%zu", from + n);
		json_set_str(body, "next_page_token", token);
		free(token);
	}
	json_free(array);
	if (ok) {
		call_reply(call, body);
		return;
	}
	json_free(body);
	call_bad(call, "%s or page_token is not valid", size_name);
}
