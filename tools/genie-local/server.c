#include "server.h"

#include "catalog.h"
#include "chats.h"
#include "clock.h"
#include "db.h"
#include "digest.h"
#include "engine.h"
#include "faults.h"
#include "files.h"
#include "jobs.h"
#include "load.h"
#include "log.h"
#include "mlflow.h"
#include "serving.h"
#include "statements.h"
#include "str.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

bool server_random_hex(char *out, size_t n, struct err *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[64];
	if (n > sizeof(bytes))
		BUG("%zu random bytes at once", n);
	if (getrandom(bytes, n, 0) != (ssize_t)n)
		return err_errno(err, "reading random bytes");
	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
	return true;
}

/* The texts' digests are compared, so neither content nor length shows in the time. */
bool server_same_secret(const char *a, const char *b)
{
	char hash_a[SHA256_HEX], hash_b[SHA256_HEX];
	unsigned differ = 0;
	sha256_hex(a, strlen(a), hash_a);
	sha256_hex(b, strlen(b), hash_b);
	for (size_t i = 0; i < SHA256_HEX; i++)
		differ |= (unsigned)(hash_a[i] ^ hash_b[i]);
	return differ == 0;
}

const char *server_new_id(struct server *server, char out[SERVER_ID_SIZE])
{
	char hash[SHA256_HEX];
	char *text = xasprintf("%s %llu", server->nonce, (unsigned long long)server->ids++);
	sha256_hex(text, strlen(text), hash);
	memcpy(out, hash, SERVER_ID_SIZE - 1);
	out[SERVER_ID_SIZE - 1] = '\0';
	free(text);
	return out;
}

const char *server_new_uuid(struct server *server, char out[SERVER_UUID_SIZE])
{
	char id[SERVER_ID_SIZE];
	size_t at = 0;
	server_new_id(server, id);
	for (size_t i = 0; i < SERVER_ID_SIZE - 1; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			out[at++] = '-';
		out[at++] = id[i];
	}
	out[at] = '\0';
	return out;
}

const char *server_today(const struct server *server)
{
	return engine_today(server->engine);
}

/* ---- opening ------------------------------------------------------------------ */

static bool make_secrets(struct server *server, struct err *err)
{
	const struct server_config *config = &server->config;
	if (config->token) {
		size_t n = strlen(config->token);
		if (!n || n >= sizeof(server->token))
			return err_set(err, ERR_USAGE, "the token must have 1 to %zu bytes",
				sizeof(server->token) - 1);
		memcpy(server->token, config->token, n + 1);
	} else if (!server_random_hex(server->token, 32, err)) {
		return false;
	}
	if (config->seeded) {
		char *text = xasprintf("genie-local %llu", (unsigned long long)config->seed);
		char hash[SHA256_HEX];
		sha256_hex(text, strlen(text), hash);
		memcpy(server->nonce, hash, SERVER_ID_SIZE - 1);
		free(text);
	} else if (!server_random_hex(server->nonce, 16, err)) {
		return false;
	}
	return server_random_hex(server->link_key, 16, err);
}

static bool load_one(struct server *server, const char *path, struct err *err)
{
	struct load_options options = { .target = server->config.target };
	struct load_report report = { .tables = 0 };
	if (!load_workspace(server->catalog, path, &options, &report, err))
		return false;
	log_debug("%s: %zu tables, %zu metric views, %zu functions, %zu spaces; %zu new; %zu rows",
		path, report.tables, report.metric_views, report.functions, report.spaces,
		report.added, report.data_rows);
	return true;
}

static bool load_all(struct server *server, struct err *err)
{
	const struct strlist *files = server->config.space_files;
	if (server->config.bundle && !load_one(server, server->config.bundle, err))
		return false;
	for (size_t i = 0; files && i < files->n; i++)
		if (!load_one(server, files->v[i], err))
			return false;
	return true;
}

static bool open_engine(struct server *server, struct err *err)
{
	char today[DATE_TEXT_SIZE];
	if (server->config.today)
		snprintf(today, sizeof(today), "%.10s", server->config.today);
	else
		date_text(clock_now_ms() / 86400000, today);
	server->engine = engine_open(server->catalog, today, err);
	return server->engine != NULL;
}

/* A database that is opened again has ids already: what the seed would give a second time is
 * made from the number of this start, too. */
static bool count_start(struct server *server, struct err *err)
{
	int64_t starts = 0;
	bool found = false;
	char hash[SHA256_HEX], *text;
	if (!db_exec(server->db, "INSERT INTO uc_meta(key, value) VALUES('starts', 0) "
		"ON CONFLICT(key) DO UPDATE SET value = value + 1", err) ||
	    !db_get_int(server->db, "SELECT CAST(value AS INTEGER) FROM uc_meta "
		"WHERE key = 'starts'", &starts, &found, err))
		return false;
	if (starts) {
		text = xasprintf("%s %lld", server->nonce, (long long)starts);
		sha256_hex(text, strlen(text), hash);
		memcpy(server->nonce, hash, SERVER_ID_SIZE - 1);
		free(text);
	}
	return true;
}

/* The engine comes first: loading a bundle may ask it whether a view compiles. */
static bool open_data(struct server *server, struct err *err)
{
	const char *path = server->config.db_path ? server->config.db_path : ":memory:";
	server->db = db_open(path, err);
	if (!server->db)
		return false;
	server->catalog = catalog_open(server->db, err);
	return server->catalog && count_start(server, err) && open_engine(server, err) &&
		load_create_spaces(server->db, err) && files_open(server, err) &&
		jobs_open(server, err) && mlflow_open(server, err) && load_all(server, err) &&
		spaces_open(server, err);
}

static bool open_log(struct server *server, struct err *err)
{
	const char *path = server->config.log_path;
	server->log_fd = -1;
	if (!path)
		return true;
	server->log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	return server->log_fd >= 0 || err_errno(err, "%s", path);
}

static void set_url(struct server *server, const char *address, int port)
{
	free(server->base_url);
	server->base_url = xasprintf("http://%s:%d",
		streq(address, "0.0.0.0") ? "127.0.0.1" : address, port);
}

/* The address is known before the first request can come: of a free port nobody knows. */
static bool open_port(struct server *server, struct err *err)
{
	const char *address = server->config.address ? server->config.address : "127.0.0.1";
	struct serve_options options = { .address = address, .port = server->config.port,
		.handler = server_handle, .ctx = server };
	set_url(server, address, options.port);
	server->serve = serve_start(&options, err);
	if (server->serve && !options.port)
		set_url(server, address, serve_port(server->serve));
	return server->serve != NULL;
}

struct server *server_open(const struct server_config *config, struct err *err)
{
	struct server *server = xcalloc(1, sizeof(*server));
	server->config = *config;
	server->statements = statements_new();
	server->chats = chats_new();
	server->log_fd = -1;
	server->serving = serving_open(config->llm_script, config->llm_proxy, config->llm_key, err);
	if (server->serving)
		server->faults = faults_new(config->faults, err);
	if (server->faults && make_secrets(server, err) && open_log(server, err) &&
		open_data(server, err) && (config->offline || open_port(server, err)))
		return server;
	server_close(server);
	return NULL;
}

void server_close(struct server *server)
{
	if (!server)
		return;
	serve_stop(server->serve);
	statements_free(server->statements);
	evals_free(server);
	chats_free(server->chats);
	engine_close(server->engine);
	if (server->catalog)
		catalog_close(server->catalog);
	db_close(server->db);
	faults_free(server->faults);
	serving_free(server->serving);
	if (server->log_fd >= 0)
		close(server->log_fd);
	free(server->base_url);
	free(server);
}
