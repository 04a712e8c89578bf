#include "serving.h"

#include "http.h"
#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define ANY_ENDPOINT "genie-local-llm" /* the listed name of lines that are for every endpoint */

struct exchange {
	struct json *line;
	int64_t left; /* -1: no end */
};

struct serving {
	struct exchange *v;
	size_t n, cap;
	char *proxy, *authorization;
	struct http *http;
};

static bool texts(const struct json *value)
{
	if (!value || json_text(value))
		return true;
	for (const struct json *one = json_first(value); one; one = json_next(one))
		if (!json_text(one))
			return false;
	return json_is(value, JSON_ARRAY);
}

static bool check_line(const struct json *line, struct err *err)
{
	const struct json *response = json_get(line, "response");
	const struct json *name = json_get(line, "endpoint");
	if (!json_is(line, JSON_OBJECT))
		return json_expected(line, "an object", err);
	if (!texts(json_get(line, "match")))
		return json_expected(json_get(line, "match"), "a string or a list of strings", err);
	if (!texts(json_get(line, "with")))
		return json_expected(json_get(line, "with"), "a string or a list of strings", err);
	if (name && !json_text(name))
		return json_expected(name, "a name", err);
	if (json_int_or(line, "times", 1) < 1)
		return json_expected(json_get(line, "times"), "a number from 1 on", err);
	if (!response || json_is(response, JSON_NULL))
		return err_set(err, ERR_DATA, "the line has no \"response\"");
	return true;
}

static bool load(struct serving *serving, const char *path, struct err *err)
{
	struct jsonl in;
	struct json *line = NULL;
	enum jsonl_result result;
	bool ok = true;
	if (!jsonl_open(&in, path, err))
		return false;
	while (ok && (result = jsonl_next(&in, &line, err)) != JSONL_END) {
		ok = result == JSONL_RECORD;
		if (!ok)
			break;
		GROW(serving->v, serving->cap, serving->n + 1);
		serving->v[serving->n++] = (struct exchange){
			.line = line, .left = json_int_or(line, "times", -1) };
		ok = check_line(line, err) || jsonl_wrap(&in, err);
	}
	jsonl_close(&in);
	return ok;
}

static bool open_proxy(struct serving *serving, const char *url, const char *key, struct err *err)
{
	struct url parsed;
	size_t n = strlen(url);
	if (!url_parse(&parsed, url))
		return err_set(err, ERR_USAGE, "--llm-proxy: \"%s\" is no http(s) URL", url);
	url_free(&parsed);
	while (n && url[n - 1] == '/')
		n--;
	serving->proxy = xstrndup(url, n);
	serving->authorization = key ? xasprintf("Authorization: Bearer %s", key) : NULL;
	serving->http = http_new(NULL);
	return true;
}

struct serving *serving_open(const char *script, const char *proxy, const char *key,
	struct err *err)
{
	struct serving *serving = xcalloc(1, sizeof *serving);
	bool ok = true;
	if (script && proxy)
		ok = err_set(err, ERR_USAGE, "--llm-script and --llm-proxy exclude each other");
	else if (script)
		ok = load(serving, script, err);
	else if (proxy)
		ok = open_proxy(serving, proxy, key, err);
	if (ok)
		return serving;
	serving_free(serving);
	return NULL;
}

void serving_free(struct serving *serving)
{
	if (!serving)
		return;
	for (size_t i = 0; i < serving->n; i++)
		json_free(serving->v[i].line);
	free(serving->v);
	http_free(serving->http);
	free(serving->proxy);
	free(serving->authorization);
	free(serving);
}

bool serving_is_proxy(const struct serving *serving)
{
	return serving->proxy != NULL;
}

bool serving_has(const struct serving *serving, const char *name)
{
	if (serving->proxy)
		return true;
	for (size_t i = 0; i < serving->n; i++) {
		const char *endpoint = json_str_or(serving->v[i].line, "endpoint", NULL);
		if (!endpoint || streq(endpoint, name))
			return true;
	}
	return false;
}

void serving_names(const struct serving *serving, struct strlist *names)
{
	if (serving->proxy)
		strlist_add(names, ANY_ENDPOINT);
	for (size_t i = 0; i < serving->n; i++)
		strlist_add_new(names, json_str_or(serving->v[i].line, "endpoint", ANY_ENDPOINT));
	strlist_sort(names);
}

/* ---- the script ----------------------------------------------------------- */

static bool all_in(const struct json *wanted, const char *text)
{
	if (json_text(wanted))
		return strstr(text, json_text(wanted)) != NULL;
	for (const struct json *one = json_first(wanted); one; one = json_next(one))
		if (!strstr(text, json_text(one)))
			return false;
	return true;
}

static bool has_members(const struct json *wanted, const struct json *request)
{
	if (json_text(wanted))
		return json_get(request, json_text(wanted)) != NULL;
	for (const struct json *one = json_first(wanted); one; one = json_next(one))
		if (!json_get(request, json_text(one)))
			return false;
	return true;
}

const struct json *serving_find(struct serving *serving, const char *name,
	const struct json *request, const char *prompt)
{
	for (size_t i = 0; i < serving->n; i++) {
		struct exchange *exchange = &serving->v[i];
		const char *endpoint = json_str_or(exchange->line, "endpoint", name);
		if (exchange->left == 0 || !streq(endpoint, name)
		    || !all_in(json_get(exchange->line, "match"), prompt)
		    || !has_members(json_get(exchange->line, "with"), request))
			continue;
		if (exchange->left > 0)
			exchange->left--;
		return json_get(exchange->line, "response");
	}
	return NULL;
}

/* ---- the proxy ------------------------------------------------------------- */

bool serving_forward(struct serving *serving, const char *name, const struct json *request,
	int *status, char **reply, struct err *err)
{
	const char *headers[] = { "Content-Type: application/json", serving->authorization, NULL };
	char *url = xasprintf("%s/chat/completions", serving->proxy);
	struct json *body = json_dup(request);
	struct str text = STR_INIT;
	struct http_response response;
	json_set_str(body, "model", name);
	json_print(body, &text);
	struct http_request out = { .method = "POST", .url = url, .headers = headers,
		.body = str_text(&text), .nbody = text.n, .once = true };
	bool ok = http_call(serving->http, &out, &response, err);
	if (ok) {
		*status = response.status;
		*reply = xstrdup(str_text(&response.body));
	}
	http_response_free(&response);
	json_free(body);
	str_free(&text);
	free(url);
	return ok;
}
