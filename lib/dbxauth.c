#include "dbxint.h"

#include "clock.h"
#include "json.h"
#include "log.h"
#include "mem.h"
#include "proc.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

/* A token counts as expired this long before it is: some gateways refuse one in
 * its last 30 s. Source: the SDKs. */
#define EARLY_MS 40000
#define AUTH_BUDGET_MS 60000
#define CLI_LIMIT_MS 60000

/* ---- masking -------------------------------------------------------------- */

static void mask_one(struct str *text, const char *secret)
{
	size_t n = secret ? strlen(secret) : 0, from = 0;
	const char *at;

	if (n < 3) /* a shorter one would blank out ordinary words */
		return;
	while ((at = strstr(str_text(text) + from, secret))) {
		from = (size_t)(at - str_text(text));
		str_splice(text, from, n, "***", 3);
		from += 3;
	}
}

void dbx_mask(const struct dbx *dbx, struct str *text)
{
	mask_one(text, dbx->attr[DBX_TOKEN]);
	mask_one(text, dbx->attr[DBX_PASSWORD]);
	mask_one(text, dbx->attr[DBX_CLIENT_SECRET]);
	mask_one(text, dbx->access_token);
}

bool dbx_mask_err(const struct dbx *dbx, struct err *err)
{
	struct str text = STR_INIT;

	str_add(&text, err->text);
	dbx_mask(dbx, &text);
	err_set(err, err->code, "%s", str_text(&text));
	str_free(&text);
	return false;
}

/* ---- tokens --------------------------------------------------------------- */

static void set_authorization(struct dbx *dbx, const char *scheme, const char *value)
{
	free(dbx->authorization);
	dbx->authorization = xasprintf("Authorization: %s %s", scheme, value);
}

static char *basic_value(const char *user, const char *password)
{
	char *both = xasprintf("%s:%s", user, password);
	struct str out = STR_INIT;

	base64_add(&out, both, strlen(both));
	free(both);
	return str_take(&out);
}

/* Seconds of life; a number or a string of digits. 0 when not told. */
static int64_t expires_in(const struct json *reply)
{
	const struct json *member = json_get(reply, "expires_in");
	int64_t seconds = 0;

	if (json_text(member))
		seconds = strtoll(json_text(member), NULL, 10);
	else if (!json_as_int(member, &seconds))
		seconds = 0;
	return seconds < 0 ? 0 : seconds;
}

static int64_t lifetime_ms(const struct json *reply)
{
	int64_t seconds = expires_in(reply), at;

	if (seconds)
		return seconds * 1000;
	if (clock_parse(json_str_or(reply, "expiry", ""), &at))
		return at - clock_now_ms();
	return 3600000;
}

static bool take_token(struct dbx *dbx, const struct json *reply, struct err *err)
{
	const char *token = json_need_str(reply, "access_token", err);

	if (!token)
		return false;
	free(dbx->access_token);
	dbx->access_token = xstrdup(token);
	dbx->renew_ms = clock_monotonic_ms() + lifetime_ms(reply) - EARLY_MS;
	set_authorization(dbx, "Bearer", token);
	return true;
}

/* ---- OAuth machine to machine --------------------------------------------- */

/* GETs a JSON object without credentials; NULL when it is not there. */
static struct json *get_document(struct dbx *dbx, const char *url, struct err *err)
{
	struct http_request request = { .url = url, .budget_ms = AUTH_BUDGET_MS };
	struct http_response response;
	struct json *json = NULL;

	if (!http_call(dbx->auth_http, &request, &response, err))
		return NULL;
	if (response.status == 200)
		json = json_parse(str_text(&response.body), response.body.n, err);
	else
		err_set(err, response.status >= 500 || response.status == 429 ? ERR_TEMP :
			ERR_UNAVAILABLE, "GET %s: status %d", url, response.status);
	http_response_free(&response);
	return json;
}

/* Where the authorization server of this workspace is, without a final slash. */
static char *oidc_endpoint(struct dbx *dbx)
{
	char *url = xasprintf("%s/.well-known/databricks-config", dbx->attr[DBX_HOST]);
	struct err ignored = { ERR_NONE, "" };
	struct json *config = get_document(dbx, url, &ignored);
	const char *found = json_str_or(config, "oidc_endpoint", NULL);
	const char *account = dbx->attr[DBX_ACCOUNT_ID];
	struct str out = STR_INIT;
	const char *at;

	if (found)
		str_add(&out, found);
	else
		str_addf(&out, "%s/oidc", dbx->attr[DBX_HOST]);
	if (!account)
		account = json_str_or(config, "account_id", "");
	at = strstr(str_text(&out), "{account_id}");
	if (at)
		str_splice(&out, (size_t)(at - str_text(&out)), 12, account, strlen(account));
	json_free(config);
	free(url);
	return str_take(&out);
}

/* A document that the workspace serves must not send our secret elsewhere. */
static bool same_host(const struct dbx *dbx, const char *url, struct err *err)
{
	char *want = url_authority(dbx->attr[DBX_HOST]), *have = url_authority(url);
	bool ok = streq(want, have) && (starts_with(url, "https://") || url_is_loopback(url));

	if (!ok)
		err_set(err, ERR_UNAVAILABLE, "oauth-m2m: the token endpoint is on %s, not on the "
			"workspace's host; set DATABRICKS_DISCOVERY_URL if that is right",
			have ? have : "another host");
	free(want);
	free(have);
	return ok;
}

static bool discover(struct dbx *dbx, struct err *err)
{
	const char *given = dbx->attr[DBX_DISCOVERY_URL], *found;
	char *base = given ? NULL : oidc_endpoint(dbx);
	char *url = given ? xstrdup(given) :
		xasprintf("%s/.well-known/oauth-authorization-server", base);
	struct json *document = get_document(dbx, url, err);
	bool ok = document != NULL;

	found = json_str_or(document, "token_endpoint", NULL);
	if (ok && !found)
		ok = err_set(err, ERR_UNAVAILABLE, "%s: names no token_endpoint", url);
	ok = ok && (given || same_host(dbx, found, err));
	if (ok)
		dbx->token_endpoint = xstrdup(found);
	json_free(document);
	free(base);
	free(url);
	return ok;
}

static bool token_refused(const struct dbx *dbx, const struct http_response *response,
	const struct json *reply, struct err *err)
{
	const char *code = json_str_or(reply, "errorCode", json_str_or(reply, "error", "refused"));
	const char *text = json_str_or(reply, "errorSummary",
		json_str_or(reply, "error_description", "no reason given"));
	bool passing = response->status == 429 || response->status >= 500;

	return err_set(err, passing ? ERR_TEMP : ERR_UNAVAILABLE,
		"oauth-m2m token of %s: status %d: %s: %s", dbx->attr[DBX_HOST],
		response->status, code, text);
}

static bool m2m_token(struct dbx *dbx, struct err *err)
{
	static const char form[] = "grant_type=client_credentials&scope=all-apis";
	char *basic = basic_value(dbx->attr[DBX_CLIENT_ID], dbx->attr[DBX_CLIENT_SECRET]);
	char *header = xasprintf("Authorization: Basic %s", basic);
	const char *headers[] = { header, "Accept: application/json",
		"Content-Type: application/x-www-form-urlencoded", NULL };
	struct http_request request = { .method = "POST", .url = dbx->token_endpoint,
		.headers = headers, .body = form, .nbody = sizeof(form) - 1,
		.budget_ms = AUTH_BUDGET_MS };
	struct http_response response;
	struct err ignored = { ERR_NONE, "" };
	struct json *reply = NULL;
	bool ok = http_call(dbx->auth_http, &request, &response, err);

	if (ok) {
		reply = json_parse(str_text(&response.body), response.body.n, &ignored);
		ok = response.status == 200 && reply ? take_token(dbx, reply, err) :
			token_refused(dbx, &response, reply, err);
		json_free(reply);
	}
	http_response_free(&response);
	free(basic);
	free(header);
	return ok;
}

/* ---- the Databricks CLI --------------------------------------------------- */

static bool cli_token(struct dbx *dbx, struct err *err)
{
	const char *cli = dbx->attr[DBX_CLI_PATH] ? dbx->attr[DBX_CLI_PATH] : "databricks";
	const char *argv[] = { cli, "auth", "token", dbx->profile ? "--profile" : "--host",
		dbx->profile ? dbx->profile : dbx->attr[DBX_HOST], NULL };
	struct str out = STR_INIT, errors = STR_INIT;
	struct json *reply = NULL;
	int status = 0;
	bool ok = proc_run(argv, NULL, CLI_LIMIT_MS, &out, &errors, &status, err);

	if (!ok) {
		err_wrap(err, "no token, client id or password is configured for %s, and the "
			"Databricks CLI cannot be asked for one", dbx->attr[DBX_HOST]);
	} else if (status) {
		ok = err_set(err, ERR_UNAVAILABLE, "databricks auth token: %.400s (to log in, run: "
			"databricks auth login --host %s)", str_text(&errors),
			dbx->attr[DBX_HOST]);
	} else {
		reply = json_parse(str_text(&out), out.n, err);
		ok = reply && take_token(dbx, reply, err);
		if (!ok)
			err_wrap(err, "databricks auth token");
	}
	json_free(reply);
	str_free(&out);
	str_free(&errors);
	return ok;
}

/* ---- all ------------------------------------------------------------------ */

static bool renew(struct dbx *dbx, struct err *err)
{
	char *value;

	switch (dbx->strategy) {
	case DBX_PAT:
		set_authorization(dbx, "Bearer", dbx->attr[DBX_TOKEN]);
		return true;
	case DBX_BASIC:
		value = basic_value(dbx->attr[DBX_USERNAME], dbx->attr[DBX_PASSWORD]);
		set_authorization(dbx, "Basic", value);
		free(value);
		return true;
	case DBX_OPEN: /* a header without a value is not sent */
		dbx->authorization = xstrdup("Authorization:");
		return true;
	case DBX_M2M:
		log_debug("oauth-m2m: a new token for %s", dbx->attr[DBX_HOST]);
		return (dbx->token_endpoint || discover(dbx, err)) && m2m_token(dbx, err);
	default:
		return cli_token(dbx, err);
	}
}

bool dbx_authorize(struct dbx *dbx, struct err *err)
{
	if (dbx->authorization && (!dbx->renew_ms || clock_monotonic_ms() < dbx->renew_ms))
		return true;
	return renew(dbx, err) || dbx_mask_err(dbx, err);
}
