/* dbx, dbxconf, dbxauth */
#include "dbx.h"

#include "clock.h"
#include "io.h"
#include "json.h"

#include "check.h"
#include "peer.h"

#include <sys/stat.h>

static char dir[] = "/tmp/genie-dbx-XXXXXX";

static char *file(const char *name, const char *text)
{
	struct err err = { 0 };
	char *path = io_join(dir, name);

	CHECK(io_write_file(path, text, strlen(text), &err));
	return path;
}

static void check_open(const struct dbx_options *options, const char *want)
{
	struct err err = { 0 };
	struct dbx *dbx = dbx_open(options, &err);
	char got[1200];

	if (dbx)
		snprintf(got, sizeof(got), "%s %s %s", dbx_host(dbx), dbx_auth(dbx),
			dbx_profile(dbx) ? dbx_profile(dbx) : "-");
	else
		snprintf(got, sizeof(got), "%d %s", err.code, err.text);
	if (!dbx && strstr(got, want))
		want = got;
	CHECK_STR(got, want);
	dbx_free(dbx);
}

static void the_environment_is_enough(void)
{
	struct dbx_options o = { .env = { [DBX_HOST] = "dbc-1.cloud.databricks.com/?o=123",
		[DBX_TOKEN] = "t" } };
	struct err err = { 0 };
	struct dbx *dbx = dbx_open(&o, &err);

	CHECK_STR(dbx_host(dbx), "https://dbc-1.cloud.databricks.com");
	CHECK_STR(dbx_attr(dbx, DBX_WORKSPACE_ID), "123");
	dbx_free(dbx);
	o.env[DBX_HOST] = "HTTPS://DBC-1.cloud.databricks.com:443//";
	check_open(&o, "https://dbc-1.cloud.databricks.com pat -");
	o.env[DBX_HOST] = "http://127.0.0.1:8080/";
	check_open(&o, "http://127.0.0.1:8080 pat -");
	o.env[DBX_CLIENT_ID] = "i";
	o.env[DBX_CLIENT_SECRET] = "s";
	check_open(&o, "more than one authorization method configured: pat and oauth");
	o.env[DBX_AUTH_TYPE] = "oauth-m2m";
	check_open(&o, "http://127.0.0.1:8080 oauth-m2m -");
	o.env[DBX_AUTH_TYPE] = "azure-cli";
	check_open(&o, "azure-cli is not supported");
}

static const char profiles[] = "[DEFAULT]\nhost = https://a\ntoken = ta\n"
	"[staging]\nhost = https://b/\nclient_id = i\nclient_secret = s\n"
	"[people]\nhost = https://p\n"
	"[hostless]\ntoken = x\n";

static void profiles_come_from_the_file(void)
{
	char *path = file("cfg", profiles);
	struct dbx_options o = { .env = { [DBX_CONFIG_FILE] = path } };

	check_open(&o, "https://a pat DEFAULT");
	o.given[DBX_PROFILE] = "staging";
	check_open(&o, "https://b oauth-m2m staging");
	o.given[DBX_PROFILE] = "people";
	check_open(&o, "https://p databricks-cli people");
	o.given[DBX_PROFILE] = "absent";
	check_open(&o, "has no absent profile configured");
	o.given[DBX_PROFILE] = "__settings__";
	check_open(&o, "is no profile");
	o.given[DBX_PROFILE] = "hostless";
	check_open(&o, "no Databricks workspace is configured");
	o.env[DBX_HOST] = "https://env"; /* what is set before the file wins */
	check_open(&o, "https://env pat hostless");
	o.given[DBX_PROFILE] = NULL;
	o.env[DBX_TOKEN] = "t"; /* the file is not read */
	check_open(&o, "https://env pat -");
	free(path);
}

static void the_default_profile_can_be_named(void)
{
	char *path = file("cfg", "[one]\nhost = https://one\ntoken = t\n[__settings__]\n"
		"default_profile = one\n");
	struct dbx_options o = { .env = { [DBX_CONFIG_FILE] = path } };

	check_open(&o, "https://one pat one");
	free(path);
	path = file("cfg", "[one]\nhost = https://one\ntoken\n");
	o.env[DBX_CONFIG_FILE] = path;
	check_open(&o, "cfg:3: neither");
	free(path);
	o.env[DBX_CONFIG_FILE] = NULL;
	o.home = dir; /* no .databrickscfg there */
	check_open(&o, "no Databricks workspace is configured");
	o.env[DBX_PROFILE] = "one";
	check_open(&o, "has no one profile configured");
}

static void a_bundle_names_the_profile_or_host(void)
{
	char *cfg = file("cfg", profiles), *yml = file("databricks.yml",
		"bundle: {name: b}\nworkspace:\n  profile: staging\ntargets:\n"
		"  dev:\n    default: true\n  prod:\n    workspace: {host: https://p}\n"
		"  var:\n    workspace: {profile: \"${var.p}\"}\n");
	struct dbx_options o = { .env = { [DBX_CONFIG_FILE] = cfg }, .bundle = dir };

	check_open(&o, "https://b oauth-m2m staging");
	o.target = "var";
	check_open(&o, "https://b oauth-m2m staging");
	o.target = "nowhere";
	check_open(&o, "no target nowhere");
	o.target = NULL;
	o.given[DBX_PROFILE] = "DEFAULT";
	check_open(&o, "https://a pat DEFAULT");
	o.given[DBX_PROFILE] = NULL;
	free(yml);
	yml = file("databricks.yml", "workspace:\n  host: https://p\n");
	check_open(&o, "https://p databricks-cli people");
	o.env[DBX_TOKEN] = "t";
	check_open(&o, "https://p pat -");
	free(yml);
	free(cfg);
}

static struct dbx *dbx_to(const struct peer *peer)
{
	struct dbx_options o = { .env = { [DBX_HOST] = peer->url, [DBX_TOKEN] = "dapi-hush" },
		.http = { .backoff_ms = 2, .budget_ms = 3000, .connect_tries = 1 } };
	struct err err = { 0 };

	return dbx_open(&o, &err);
}

static const char *refusals(int n, const char *request)
{
	static const char *const replies[] = {
		PEER_STATUS("403", "", "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"token dapi-hush may not\"}"),
		PEER_STATUS("404", "", "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"no\"}"),
		PEER_STATUS("409", "", "{\"error_code\":\"ABORTED\",\"message\":\"etag\"}"),
		PEER_STATUS("400", "", "INVALID_STATE: not now"),
		PEER_STATUS("401", "", ""),
		PEER_STATUS("400", "", "{\"detail\":\"null\",\"scimType\":\"x\"}"),
		PEER_STATUS("400", "", "{\"error_code\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"m\"}"),
		PEER_STATUS("418", "", "<html><pre>tea</pre></html>"),
		PEER_JSON "<!doctype html><title>Log in</title>",
		PEER_JSON "{\"id\":6774555288826001",
		PEER_JSON "{\"id\":6774555288826001}",
		PEER_STATUS("204", "", ""),
	};

	(void)request;
	return replies[n];
}

static void expect(struct dbx *dbx, const char *method, enum err_code code, int status,
	const char *word, const char *text)
{
	struct dbx_request request = { .method = method, .path = "/api/2.0/x?page_token=p" };
	struct dbx_reply reply;
	struct err err = { 0 };

	CHECK(dbx_fetch(dbx, &request, &reply, &err) == (code == ERR_NONE));
	CHECK_INT(err.code, code);
	CHECK_INT(reply.status, status);
	CHECK_STR(reply.error_code, word);
	if (text && !strstr(err.text, text))
		CHECK_STR(err.text, text);
	CHECK(strstr(err.text, "hush") == NULL && strstr(reply.message, "hush") == NULL);
	CHECK(strstr(err.text, "page_token") == NULL);
	dbx_reply_free(&reply);
}

static void refusals_become_errors(void)
{
	struct peer peer;
	struct dbx *dbx;
	struct json *out;
	struct err err = { 0 };

	peer_start(&peer, refusals);
	dbx = dbx_to(&peer);
	expect(dbx, "POST", ERR_UNAVAILABLE, 403, "PERMISSION_DENIED", "token *** may not");
	expect(dbx, "GET", ERR_UNAVAILABLE, 404, "RESOURCE_DOES_NOT_EXIST", "GET /api/2.0/x: ");
	expect(dbx, "PATCH", ERR_UNAVAILABLE, 409, "ABORTED", "etag");
	expect(dbx, "GET", ERR_UNAVAILABLE, 400, "INVALID_STATE", "not now");
	expect(dbx, "GET", ERR_UNAVAILABLE, 401, "UNAUTHENTICATED", "auth pat");
	expect(dbx, "GET", ERR_UNAVAILABLE, 400, "SCIM_400", "SCIM API Internal Error");
	expect(dbx, "GET", ERR_TEMP, 400, "REQUEST_LIMIT_EXCEEDED", "m");
	expect(dbx, "GET", ERR_UNAVAILABLE, 418, "HTTP_ERROR", "tea");
	expect(dbx, "GET", ERR_UNAVAILABLE, 200, "", "web page");
	expect(dbx, "GET", ERR_TEMP, 200, "", "not JSON"); /* cut on its way */
	CHECK(dbx_call(dbx, "GET", "/y", NULL, &out, &err));
	CHECK_STR(json_number_text(json_get(out, "id")), "6774555288826001");
	json_free(out);
	CHECK(dbx_call(dbx, "DELETE", "/y", NULL, &out, &err));
	CHECK(out == NULL);
	CHECK(strstr(peer_seen(&peer), "Authorization: Bearer dapi-hush\r\n") != NULL);
	CHECK(strstr(peer_seen(&peer), "\r\n\r\n{}\n----") != NULL); /* a POST says {} */
	CHECK(!dbx_call(dbx, "GET", ".evil.example/", NULL, NULL, &err));
	CHECK_INT(err.code, ERR_BUG);
	dbx_free(dbx);
	peer_stop(&peer);
}

static const char *pages(int n, const char *request)
{
	(void)n;
	if (strstr(request, "page_token=a%2Fb"))
		return PEER_JSON "{\"next_page_token\":\"c\"}";
	if (strstr(request, "page_token=c"))
		return PEER_JSON "{\"spaces\":[3],\"next_page_token\":\"\"}";
	return PEER_JSON "{\"spaces\":[1,2],\"next_page_token\":\"a/b\"}";
}

static const char *endless(int n, const char *request)
{
	(void)n, (void)request;
	return PEER_JSON "{\"spaces\":[1],\"next_page_token\":\"same\"}";
}

static void lists_go_over_empty_pages(void)
{
	struct peer peer;
	struct dbx *dbx;
	struct json *all;
	struct err err = { 0 };

	peer_start(&peer, pages);
	dbx = dbx_to(&peer);
	all = dbx_list(dbx, "/list?page_size=2", "spaces", &err);
	CHECK_INT(json_len(all), 3);
	json_free(all);
	dbx_free(dbx);
	peer_stop(&peer);
	peer_start(&peer, endless);
	dbx = dbx_to(&peer);
	CHECK(!dbx_list(dbx, "/list", "spaces", &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	dbx_free(dbx);
	peer_stop(&peer);
}

static int peer_port(const char *request)
{
	const char *host = strstr(request, "Host: 127.0.0.1:");

	return host ? (int)strtol(host + 16, NULL, 10) : 0;
}

/* Tokens live 41 s, told as a string: after the early 40 s, one second is left. */
static const char *oauth(int n, const char *request)
{
	static char reply[512];
	int port = peer_port(request);

	if (strstr(request, "GET /.well-known/databricks-config"))
		snprintf(reply, sizeof(reply), PEER_JSON
			"{\"oidc_endpoint\":\"http://127.0.0.1:%d/oidc/{account_id}\","
			"\"account_id\":\"acc\"}", port);
	else if (strstr(request, "GET /oidc/acc/.well-known/oauth-authorization-server"))
		snprintf(reply, sizeof(reply), PEER_JSON
			"{\"token_endpoint\":\"http://127.0.0.1:%d/oidc/v1/token\"}", port);
	else if (strstr(request, "POST /oidc/v1/token"))
		snprintf(reply, sizeof(reply), PEER_JSON
			"{\"access_token\":\"token-%d\",\"expires_in\":\"41\"}", n);
	else
		return PEER_JSON "{}";
	return reply;
}

static struct dbx *m2m_to(const struct peer *peer)
{
	struct dbx_options o = { .env = { [DBX_HOST] = peer->url, [DBX_CLIENT_ID] = "me",
		[DBX_CLIENT_SECRET] = "hush-secret" },
		.http = { .backoff_ms = 2, .budget_ms = 3000, .connect_tries = 1 } };
	struct err err = { 0 };

	return dbx_open(&o, &err);
}

static void machine_tokens_are_fetched_and_renewed(void)
{
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };

	peer_start(&peer, oauth);
	dbx = m2m_to(&peer);
	CHECK(dbx_call(dbx, "GET", "/one", NULL, NULL, &err));
	CHECK(dbx_call(dbx, "GET", "/two", NULL, NULL, &err));
	CHECK_INT(peer_count(&peer), 5);
	CHECK(strstr(peer_seen(&peer), "Authorization: Bearer token-2\r\n") != NULL);
	/* "me:hush-secret" */
	CHECK(strstr(peer_seen(&peer), "Basic bWU6aHVzaC1zZWNyZXQ=\r\n") != NULL);
	CHECK(strstr(peer_seen(&peer), "grant_type=client_credentials&scope=all-apis") != NULL);
	clock_sleep_ms(1100);
	CHECK(dbx_call(dbx, "GET", "/three", NULL, NULL, &err));
	CHECK(strstr(peer_seen(&peer), "Authorization: Bearer token-5\r\n") != NULL);
	dbx_free(dbx);
	peer_stop(&peer);
}

static const char *elsewhere(int n, const char *request)
{
	(void)n;
	return strstr(request, "GET /oidc/") ?
		PEER_JSON "{\"token_endpoint\":\"http://127.0.0.1:9/steal\"}" :
		PEER_STATUS("404", "", "{}");
}

static const char *bad_secret(int n, const char *request)
{
	const char *reply = oauth(n, request);

	return strstr(request, "POST") ? PEER_STATUS("401", "", "{\"error\":\"invalid_client\","
		"\"error_description\":\"hush-secret is wrong\"}") : reply;
}

static void a_secret_does_not_leave_the_host(void)
{
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };

	peer_start(&peer, elsewhere);
	dbx = m2m_to(&peer);
	CHECK(!dbx_call(dbx, "GET", "/one", NULL, NULL, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK(strstr(err.text, "127.0.0.1:9") != NULL);
	CHECK(strstr(peer_seen(&peer), "Authorization") == NULL);
	dbx_free(dbx);
	peer_stop(&peer);
	peer_start(&peer, bad_secret);
	dbx = m2m_to(&peer);
	CHECK(!dbx_call(dbx, "GET", "/one", NULL, NULL, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK(strstr(err.text, "invalid_client: *** is wrong") != NULL);
	dbx_free(dbx);
	peer_stop(&peer);
}

static void the_cli_gives_a_token(void)
{
	char *good = file("good", "#!/bin/sh\n[ \"$4\" = people ] || exit 9\n"
		"echo '{\"access_token\":\"from-cli\",\"expiry\":\"2099-01-01T00:00:00.123+02:00\"}'\n");
	char *bad = file("bad", "#!/bin/sh\necho 'databricks OAuth is not configured' >&2; exit 1\n");
	char *cfg = file("cfg", ""), text[256];
	struct dbx_options o = { .given = { [DBX_PROFILE] = "people" }, .env = {
		[DBX_CONFIG_FILE] = cfg, [DBX_CLI_PATH] = good } };
	struct peer peer;
	struct dbx *dbx;
	struct err err = { 0 };

	peer_start(&peer, pages);
	snprintf(text, sizeof(text), "[people]\nhost = %s\n", peer.url);
	free(cfg);
	cfg = file("cfg", text);
	o.env[DBX_CONFIG_FILE] = cfg;
	CHECK(chmod(good, 0700) == 0 && chmod(bad, 0700) == 0);
	dbx = dbx_open(&o, &err);
	CHECK(dbx_call(dbx, "GET", "/one", NULL, NULL, &err));
	CHECK(strstr(peer_seen(&peer), "Bearer from-cli\r\n") != NULL);
	dbx_free(dbx);
	o.env[DBX_CLI_PATH] = bad;
	dbx = dbx_open(&o, &err);
	CHECK(!dbx_call(dbx, "GET", "/one", NULL, NULL, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK(strstr(err.text, "databricks auth login") != NULL);
	dbx_free(dbx);
	o.env[DBX_CLI_PATH] = "/nonexistent/databricks";
	dbx = dbx_open(&o, &err);
	CHECK(!dbx_call(dbx, "GET", "/one", NULL, NULL, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	dbx_free(dbx);
	peer_stop(&peer);
	free(good);
	free(bad);
	free(cfg);
}

int main(void)
{
	static const char *const names[] = { "cfg", "databricks.yml", "good", "bad" };

	if (!mkdtemp(dir))
		return 1;
	RUN(the_environment_is_enough);
	RUN(profiles_come_from_the_file);
	RUN(the_default_profile_can_be_named);
	RUN(a_bundle_names_the_profile_or_host);
	RUN(refusals_become_errors);
	RUN(lists_go_over_empty_pages);
	RUN(machine_tokens_are_fetched_and_renewed);
	RUN(a_secret_does_not_leave_the_host);
	RUN(the_cli_gives_a_token);
	for (size_t i = 0; i < countof(names); i++) {
		char *path = io_join(dir, names[i]);

		unlink(path);
		free(path);
	}
	rmdir(dir);
	return check_done();
}
