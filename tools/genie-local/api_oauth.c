/* Routes of OAuth: machine-to-machine tokens, and where to get them. */
#include "server.h"

#include "clock.h"
#include "json.h"
#include "str.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

void api_oauth_config(struct call *call)
{
	struct json *config = json_new_object();
	char *endpoint = xasprintf("%s/oidc", call->server->base_url);
	json_set_str(config, "oidc_endpoint", endpoint);
	json_set_str(config, "workspace_id", SERVER_ORG_ID);
	json_set_str(config, "host_type", "workspace");
	call_reply(call, config);
	free(endpoint);
}

void api_oauth_endpoints(struct call *call)
{
	struct json *endpoints = json_new_object();
	char *authorize = xasprintf("%s/oidc/v1/authorize", call->server->base_url);
	char *token = xasprintf("%s/oidc/v1/token", call->server->base_url);
	json_set_str(endpoints, "authorization_endpoint", authorize);
	json_set_str(endpoints, "token_endpoint", token);
	call_reply(call, endpoints);
	free(authorize);
	free(token);
}

static bool client_ok(const struct call *call)
{
	const struct server_config *config = &call->server->config;
	const char *header = serve_header(call->request, "Authorization");
	struct str got = STR_INIT;
	char *want;
	bool ok;
	if (!config->client_id || !config->client_secret || !header ||
		!starts_withi(header, "Basic "))
		return false;
	header += strlen("Basic ");
	want = xasprintf("%s:%s", config->client_id, config->client_secret);
	ok = base64_read(&got, header, strlen(header)) &&
		server_same_secret(str_text(&got), want);
	free(want);
	str_free(&got);
	return ok;
}

/* Is name=value among the pairs of a form? The values looked for need no decoding. */
static bool form_has(const char *form, const char *pair)
{
	size_t n = strlen(pair);
	for (const char *at = form; at; at = strchr(at, '&')) {
		at += *at == '&';
		if (strncmp(at, pair, n) == 0 && (at[n] == '&' || at[n] == '\0'))
			return true;
	}
	return false;
}

static void reply_oauth_error(struct call *call, int status, const char *error, const char *text)
{
	struct json *body = json_new_object();
	json_set_str(body, "error", error);
	json_set_str(body, "error_description", text);
	call->response->status = status;
	call_reply(call, body);
}

static bool issue(struct server *server, const char **text, struct err *err)
{
	size_t at = server->nissued % SERVER_MAX_TOKENS;
	if (!server_random_hex(server->issued[at].text, 32, err))
		return false;
	server->issued[at].expires_ms = clock_monotonic_ms() + server->config.token_ttl_s * 1000;
	server->nissued++;
	*text = server->issued[at].text;
	return true;
}

void api_oauth_token(struct call *call)
{
	struct err err = { .code = ERR_NONE };
	const char *token;
	struct json *body;
	if (!client_ok(call)) {
		reply_oauth_error(call, 401, "invalid_client", "Client authentication failed");
		return;
	}
	if (!form_has(call->request->body, "grant_type=client_credentials")) {
		reply_oauth_error(call, 400, "unsupported_grant_type",
			"grant_type must be client_credentials");
		return;
	}
	if (!issue(call->server, &token, &err)) {
		call_internal(call, &err);
		return;
	}
	body = json_new_object();
	json_set_str(body, "access_token", token);
	json_set_str(body, "token_type", "Bearer");
	json_set_int(body, "expires_in", call->server->config.token_ttl_s);
	json_set_str(body, "scope", "all-apis");
	call_reply(call, body);
}

bool oauth_token_ok(const struct server *server, const char *token)
{
	size_t n = server->nissued < SERVER_MAX_TOKENS ? server->nissued : SERVER_MAX_TOKENS;
	int64_t now = clock_monotonic_ms();
	bool ok = false;
	for (size_t i = 0; i < n; i++)
		ok |= server_same_secret(token, server->issued[i].text) &&
			now < server->issued[i].expires_ms;
	return ok;
}
