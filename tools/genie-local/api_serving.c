/* Model serving: endpoints and their chat, from a recorded script or another server
 * (serving.h). Shapes: databricks-api.md, 7. */
#include "server.h"

#include "clock.h"
#include "json.h"
#include "serving.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static struct json *endpoint_json(const struct serving *serving, const char *name)
{
	struct json *endpoint = json_new_object(), *state;
	json_set_str(endpoint, "name", name);
	json_set_str(endpoint, "creator", SERVER_USER);
	json_set_str(endpoint, "task", "llm/v1/chat");
	json_set_str(endpoint, "description", serving_is_proxy(serving)
		? "sent on to another server" : "answers from a recorded script");
	state = json_set(endpoint, "state", json_new_object());
	json_set_str(state, "ready", "READY");
	json_set_str(state, "config_update", "NOT_UPDATING");
	return endpoint;
}

void api_serving_list(struct call *call)
{
	const struct serving *serving = call->server->serving;
	struct json *body = json_new_object();
	struct json *list = json_set(body, "endpoints", json_new_array());
	struct strlist names = { 0 };
	serving_names(serving, &names);
	for (size_t i = 0; i < names.n; i++)
		json_push(list, endpoint_json(serving, names.v[i]));
	strlist_free(&names);
	call_reply(call, body);
}

static bool known(struct call *call, const char *name)
{
	return serving_has(call->server->serving, name)
		|| call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
			"Endpoint with name '%s' does not exist.", name);
}

void api_serving_get(struct call *call)
{
	if (known(call, call->args[0]))
		call_reply(call, endpoint_json(call->server->serving, call->args[0]));
}

/* ---- the request ------------------------------------------------------------- */

/* The text of a message's content, which may come in parts. */
static void add_content(struct str *out, const struct json *content)
{
	str_add(out, json_text(content) ? json_text(content) : "");
	for (const struct json *part = json_is(content, JSON_ARRAY) ? json_first(content) : NULL;
	     part; part = json_next(part))
		str_add(out, json_str_or(part, "text", ""));
}

static bool last_user_message(struct call *call, const struct json *body, struct str *out)
{
	const struct json *messages = json_get(body, "messages");
	if (!json_is(messages, JSON_ARRAY) || !json_first(messages))
		return call_error(call, 400, "BAD_REQUEST",
			"messages must be a list that is not empty");
	for (const struct json *m = json_first(messages); m; m = json_next(m)) {
		if (!*json_str_or(m, "role", "") || !json_get(m, "content"))
			return call_error(call, 400, "BAD_REQUEST",
				"a message needs role and content");
		if (!streq(json_str_or(m, "role", ""), "user"))
			continue;
		str_reset(out);
		add_content(out, json_get(m, "content"));
	}
	return true;
}

/* Strict schemas must close every object (OpenAI's rule, which the service keeps). */
static bool closed(const struct json *schema)
{
	const struct json *open = json_get(schema, "additionalProperties");
	if (json_get(schema, "properties") && (!json_is(open, JSON_BOOL) || json_true(open)))
		return false;
	for (const struct json *child = json_first(schema); child; child = json_next(child))
		if ((json_is(child, JSON_OBJECT) || json_is(child, JSON_ARRAY)) && !closed(child))
			return false;
	return true;
}

static bool check_format(struct call *call, const struct json *body)
{
	const struct json *format = json_get(body, "response_format");
	const struct json *schema = json_get(format, "json_schema");
	const char *type = json_str_or(format, "type", "");
	if (!format || streq(type, "text") || streq(type, "json_object"))
		return true;
	if (!streq(type, "json_schema") || !*json_str_or(schema, "name", ""))
		return call_error(call, 400, "BAD_REQUEST",
			"response_format: expected a type and, for json_schema, a name");
	return !json_bool_or(schema, "strict", false) || closed(json_get(schema, "schema"))
		|| call_error(call, 400, "BAD_REQUEST", "Invalid schema for response_format '%s': "
			"'additionalProperties' is required to be supplied and to be false.",
			json_str_or(schema, "name", ""));
}

static bool check_request(struct call *call, const struct json *body)
{
	double temperature = json_num_or(body, "temperature", 0);
	if (json_bool_or(body, "stream", false))
		return call_error(call, 400, "BAD_REQUEST", "genie-local does not stream answers");
	if (temperature < 0 || temperature > 2)
		return call_error(call, 400, "BAD_REQUEST", "temperature must be between 0 and 2");
	return check_format(call, body);
}

/* ---- the reply ---------------------------------------------------------------- */

static int64_t count_words(const char *text)
{
	int64_t n = 0;
	for (text += strspn(text, " \t\r\n"); *text; text += strspn(text, " \t\r\n")) {
		text += strcspn(text, " \t\r\n");
		n++;
	}
	return n;
}

/* A chat completion around the content. Takes content. Tokens are counted as words. */
static void reply_chat(struct call *call, const char *name, struct json *content,
	const char *prompt)
{
	struct json *body = json_new_object(), *choice, *message, *usage;
	struct str text = STR_INIT;
	char id[SERVER_ID_SIZE];
	add_content(&text, content);
	int64_t in = count_words(prompt), out = count_words(str_text(&text));
	char *full = arena_printf(&call->arena, "chatcmpl-%s", server_new_id(call->server, id));
	json_set_str(body, "id", full);
	json_set_str(body, "object", "chat.completion");
	json_set_int(body, "created", clock_now_ms() / 1000);
	json_set_str(body, "model", name);
	choice = json_push(json_set(body, "choices", json_new_array()), json_new_object());
	json_set_int(choice, "index", 0);
	message = json_set(choice, "message", json_new_object());
	json_set_str(message, "role", "assistant");
	json_set(message, "content", content);
	json_set_str(choice, "finish_reason", "stop");
	usage = json_set(body, "usage", json_new_object());
	json_set_int(usage, "prompt_tokens", in);
	json_set_int(usage, "completion_tokens", out);
	json_set_int(usage, "total_tokens", in + out);
	str_free(&text);
	serve_add_header(call->response, "served-model-name", name);
	call_reply(call, body);
}

static void reply_raw(struct call *call, const struct json *response)
{
	const struct json *body = json_get(response, "body");
	call->response->status = (int)json_int_or(response, "status", 200);
	str_reset(&call->response->body);
	if (json_text(body))
		str_add(&call->response->body, json_text(body));
	else if (body)
		json_print(body, &call->response->body);
}

static void reply_recorded(struct call *call, const char *name, const struct json *response,
	const char *prompt)
{
	if (json_is(response, JSON_OBJECT) && json_get(response, "status")) {
		reply_raw(call, response);
	} else if (json_is(response, JSON_OBJECT) && json_get(response, "choices")) {
		call_reply(call, json_dup(response));
	} else if (json_is(response, JSON_OBJECT)) {
		struct str text = STR_INIT;
		json_print(response, &text);
		reply_chat(call, name, json_new_str(str_text(&text)), prompt);
		str_free(&text);
	} else {
		reply_chat(call, name, json_dup(response), prompt);
	}
}

static void forward(struct call *call, const char *name, const struct json *body)
{
	struct err err = { 0 };
	char *reply = NULL;
	int status = 0;
	if (serving_forward(call->server->serving, name, body, &status, &reply, &err)) {
		call->response->status = status;
		str_reset(&call->response->body);
		str_add(&call->response->body, reply);
	} else {
		call_error(call, 503, "TEMPORARILY_UNAVAILABLE", "--llm-proxy: %s", err.text);
	}
	free(reply);
}

static void invoke(struct call *call, const char *name)
{
	struct json *body = call_body(call);
	struct str prompt = STR_INIT;
	const struct json *response;
	if (!body || !known(call, name) || !last_user_message(call, body, &prompt)
	    || !check_request(call, body)) {
		str_free(&prompt);
		return;
	}
	call->response->delay_ms += call->server->config.latency_ms;
	if (serving_is_proxy(call->server->serving))
		forward(call, name, body);
	else if ((response = serving_find(call->server->serving, name, body, str_text(&prompt))))
		reply_recorded(call, name, response, str_text(&prompt));
	else
		call_error(call, 400, "BAD_REQUEST", "no line of the script answers endpoint "
			"'%s' on a prompt that begins: %.*s", name,
			(int)utf8_fit(str_text(&prompt), 200), str_text(&prompt));
	str_free(&prompt);
}

void api_serving_invoke(struct call *call)
{
	invoke(call, call->args[0]);
}

/* The form of OpenAI clients, with the endpoint's name as the model. */
void api_serving_chat(struct call *call)
{
	const char *model = NULL;
	if (call_body(call) && call_text(call, "model", true, &model))
		invoke(call, model);
}
