/* Files of the bundle into the workspace, and what is remembered there of the last deployment. */
#include "cli.h"

#include "dbx.h"
#include "digest.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define IMPORT "/api/2.0/workspace/import"

/* One call with a JSON body, which is taken; false: told. */
static bool post(struct cli *cli, const char *path, struct json *body, const char *what)
{
	struct err err = { .code = ERR_NONE };
	struct dbx_request request = { .method = "POST", .path = path, .body = body };
	struct dbx_reply reply;
	char *endpoint = xasprintf("POST %s", path);
	bool ok = dbx_fetch(cli->dbx, &request, &reply, &err) ||
		cli_refused(cli, what, endpoint, &reply);
	free(endpoint);
	dbx_reply_free(&reply);
	json_free(body);
	return ok;
}

static bool make_folder(struct cli *cli, const char *path, struct strlist *made)
{
	struct json *body;
	if (!strlist_add_new(made, path))
		return true;
	body = json_new_object();
	json_set_str(body, "path", path);
	return post(cli, "/api/2.0/workspace/mkdirs", body, "failed to create folder");
}

static bool import(struct cli *cli, const char *path, const struct str *content)
{
	struct str text = STR_INIT;
	struct json *body = json_new_object();
	char *what = xasprintf("failed to upload %s", path);
	bool ok;
	base64_add(&text, str_text(content), content->n);
	json_set_str(body, "path", path);
	json_set_str(body, "content", str_text(&text));
	json_set_str(body, "format", "AUTO");
	json_set_bool(body, "overwrite", true);
	ok = post(cli, IMPORT, body, what);
	str_free(&text);
	free(what);
	return ok;
}

/* ---- state ------------------------------------------------------------------------------- */

static char *state_path(const struct cli *cli)
{
	return xasprintf("%s/resources.json", cli_workspace(cli, "state_path"));
}

static bool read_state(struct cli *cli, bool fetched, const struct dbx_reply *reply)
{
	struct err err = { .code = ERR_NONE };
	if (reply->status == 404) {
		cli->state = json_new_object();
		return true;
	}
	if (!fetched)
		return cli_refused(cli, "failed to read the deployment state",
			"GET /api/2.0/workspace/export", reply);
	cli->state = json_parse(str_text(&reply->raw), reply->raw.n, &err);
	return cli->state || cli_error(cli, NULL, 0, "failed to read the deployment state: %s",
		err.text);
}

bool cli_state_load(struct cli *cli)
{
	struct err err = { .code = ERR_NONE };
	struct str path = STR_INIT;
	struct dbx_request request = { .want_raw = true };
	struct dbx_reply reply;
	char *name = state_path(cli);
	bool ok, fetched;
	str_add(&path, "/api/2.0/workspace/export?direct_download=true&path=");
	url_escape(&path, name);
	request.path = str_text(&path);
	fetched = dbx_fetch(cli->dbx, &request, &reply, &err);
	ok = read_state(cli, fetched, &reply);
	for (size_t i = 0; ok && i < 2; i++)
		if (!json_get(cli->state, i ? "files" : "resources"))
			json_set(cli->state, i ? "files" : "resources", json_new_object());
	dbx_reply_free(&reply);
	str_free(&path);
	free(name);
	return ok;
}

bool cli_state_save(struct cli *cli)
{
	struct strlist made = { NULL, 0, 0 };
	struct str text = STR_INIT;
	char *path = state_path(cli);
	bool ok;
	json_print_pretty(cli->state, 2, &text);
	str_addc(&text, '\n');
	ok = make_folder(cli, cli_workspace(cli, "state_path"), &made) && import(cli, path, &text);
	strlist_free(&made);
	str_free(&text);
	free(path);
	return ok;
}

/* ---- files ------------------------------------------------------------------------------- */

static bool hidden(const char *path)
{
	return starts_with(path, ".git/") || starts_with(path, ".databricks/");
}

struct upload {
	struct cli *cli;
	struct json *files;   /* PATH: hash, as it will be remembered */
	struct strlist made;  /* folders */
	size_t uploaded;
};

static bool upload_file(struct upload *upload, const char *path, const char *name)
{
	struct err err = { .code = ERR_NONE };
	struct cli *cli = upload->cli;
	struct str content = STR_INIT;
	char hash[SHA256_HEX], *there, *folder;
	bool ok = io_read_file(path, &content, &err) || cli_error(cli, NULL, 0, "%s", err.text);
	if (!ok) {
		str_free(&content);
		return false;
	}
	sha256_hex(str_text(&content), content.n, hash);
	json_set_str(upload->files, name, hash);
	if (!streq(json_str_or(json_get(cli->state, "files"), name, ""), hash)) {
		there = xasprintf("%s/%s", cli_workspace(cli, "file_path"), name);
		folder = io_dirname(there);
		ok = make_folder(cli, folder, &upload->made) && import(cli, there, &content);
		upload->uploaded++;
		free(there);
		free(folder);
	}
	str_free(&content);
	return ok;
}

/* Files that were there at the last deployment and are not any more. */
static bool delete_gone(struct upload *upload, size_t *deleted)
{
	const struct json *c = json_first(json_get(upload->cli->state, "files"));
	bool ok = true;
	for (; ok && c; c = json_next(c)) {
		struct json *body;
		char *there;
		if (json_get(upload->files, json_key(c)))
			continue;
		there = xasprintf("%s/%s", cli_workspace(upload->cli, "file_path"), json_key(c));
		body = json_new_object();
		json_set_str(body, "path", there);
		ok = post(upload->cli, "/api/2.0/workspace/delete", body,
			"failed to delete a file");
		(*deleted)++;
		free(there);
	}
	return ok;
}

bool cli_upload(struct cli *cli)
{
	struct err err = { .code = ERR_NONE };
	struct upload upload = { .cli = cli };
	struct strlist paths = { NULL, 0, 0 };
	size_t deleted = 0, skip = strlen(cli->dir) + 1;
	bool ok = io_walk(cli->dir, NULL, &paths, &err) || cli_error(cli, NULL, 0, "%s", err.text);
	upload.files = json_new_object();
	cli_say(cli, "Uploading bundle files to %s...", cli_workspace(cli, "file_path"));
	for (size_t i = 0; ok && i < paths.n; i++)
		if (!hidden(paths.v[i] + skip))
			ok = upload_file(&upload, paths.v[i], paths.v[i] + skip);
	ok = ok && delete_gone(&upload, &deleted);
	if (ok) {
		cli_say(cli, "Files: %zu uploaded, %zu deleted", upload.uploaded, deleted);
		json_set(cli->state, "files", upload.files);
	} else {
		json_free(upload.files);
	}
	strlist_free(&upload.made);
	strlist_free(&paths);
	return ok;
}
