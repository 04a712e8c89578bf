/* Resources of the bundle: what would change, and changing it. */
#include "cli.h"

#include "bundle.h"
#include "dbx.h"
#include "digest.h"
#include "json.h"
#include "mem.h"
#include "url.h"

#include <stdlib.h>
#include <string.h>

#define JOBS "/api/2.2/jobs"
#define SPACES "/api/2.0/genie/spaces"

const char *cli_action_text(enum cli_action action)
{
	static const char *const texts[] = { "create", "update", "skip", "delete" };
	return texts[action];
}

void cli_plan_free(struct cli_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++) {
		free(plan->v[i].id);
		json_free(plan->v[i].want);
	}
	free(plan->v);
	*plan = (struct cli_plan){ NULL, 0, 0 };
}

/* ---- calls ---------------------------------------------------------------------------------- */

struct call_to {
	struct cli *cli;
	const char *method, *what; /* what: "cannot update resources.jobs.x" */
	struct json *body;         /* taken */
	struct json *reply;        /* of a call that went well */
	bool missing_ok;           /* that it is not there is an answer, too: reply NULL */
};

/* The service's words for something that is not there. */
static bool missing(const struct dbx_reply *reply)
{
	return reply->status == 404 ||
		(reply->status == 400 && strstr(reply->message, "does not exist"));
}

static bool call(struct call_to *to, const char *path)
{
	struct err err = { .code = ERR_NONE };
	struct dbx_request request = { .method = to->method, .path = path, .body = to->body };
	struct dbx_reply reply;
	char *endpoint = xasprintf("%s %s", to->method, path);
	bool ok = dbx_fetch(to->cli->dbx, &request, &reply, &err);
	to->reply = ok ? reply.body : NULL;
	if (ok)
		reply.body = NULL;
	else
		ok = (to->missing_ok && missing(&reply)) ||
			cli_refused(to->cli, to->what, endpoint, &reply);
	free(endpoint);
	dbx_reply_free(&reply);
	json_free(to->body);
	to->body = NULL;
	return ok;
}

/* ---- what is wanted ----------------------------------------------------------------- */

static struct json *job_settings(const struct cli *cli, const struct json *job)
{
	struct json *settings = json_dup(job), *deployment;
	char *path = xasprintf("%s/metadata.json", cli_workspace(cli, "state_path"));
	json_remove(settings, "__file");
	json_remove(settings, "permissions");
	deployment = json_set(settings, "deployment", json_new_object());
	json_set_str(deployment, "kind", "BUNDLE");
	json_set_str(deployment, "metadata_file_path", path);
	json_set_str(settings, "edit_mode", "UI_LOCKED");
	json_set_str(settings, "format", "MULTI_TASK");
	free(path);
	return settings;
}

/* The text of file_path. ${catalog} and the like have their values, as in the space that the
 * embedded workspace loads from the same file. */
static bool space_text(struct cli *cli, const struct json *space, struct str *out)
{
	struct err err = { .code = ERR_NONE };
	const char *file = bundle_relative(cli->bundle, json_str_or(space, "__file", ""),
		json_str_or(space, "file_path", ""));
	const struct json *given = json_get(space, "serialized_space");
	if (json_text(given))
		str_add(out, json_text(given));
	else if (given)
		json_print(given, out);
	if (given)
		return true;
	return bundle_read(cli->bundle, file ? file : "", out, &err) || cli_error(cli, NULL, 0,
		"cannot read resources.genie_spaces.%s: %s", json_key(space), err.text);
}

static struct json *space_settings(struct cli *cli, const struct json *space)
{
	static const char *const copied[] = { "title", "description", "warehouse_id",
		"parent_path" };
	struct json *settings = json_new_object();
	struct str text = STR_INIT;
	bool ok = space_text(cli, space, &text);
	for (size_t i = 0; i < countof(copied); i++)
		if (json_text(json_get(space, copied[i])))
			json_set_str(settings, copied[i], json_text(json_get(space, copied[i])));
	if (!json_get(settings, "parent_path"))
		json_set_str(settings, "parent_path", cli_workspace(cli, "resource_path"));
	json_set_str(settings, "serialized_space", str_text(&text));
	str_free(&text);
	if (ok)
		return settings;
	json_free(settings);
	return NULL;
}

static const struct json *state_of(const struct cli *cli, const char *kind, const char *key)
{
	char *name = xasprintf("%s.%s", kind, key);
	const struct json *state = json_get(json_get(cli->state, "resources"), name);
	free(name);
	return state;
}

/* ---- planning ----------------------------------------------------------------------- */

static bool look_up(struct cli *cli, const char *kind, const char *id, struct json **there)
{
	struct call_to to = { .cli = cli, .method = "GET", .missing_ok = true,
		.what = "cannot read a resource" };
	char *path = streq(kind, "jobs") ? xasprintf(JOBS "/get?job_id=%s", id) :
		xasprintf(SPACES "/%s?include_serialized_space=true", id);
	bool ok = call(&to, path);
	*there = to.reply;
	free(path);
	return ok;
}

/* create: nothing is there. skip: it was deployed as it is wanted, and (a space) has the etag that
 * it had then. */
static bool decide(struct cli *cli, struct cli_step *step, const char *given_id)
{
	const struct json *state = state_of(cli, step->kind, step->key);
	const char *id = json_str_or(state, "id", given_id);
	struct json *there = NULL;
	step->action = CLI_CREATE;
	if (!id)
		return true;
	if (!look_up(cli, step->kind, id, &there))
		return false;
	if (there) {
		bool same = streq(json_str_or(state, "hash", ""), step->hash) &&
			streq(json_str_or(state, "etag", ""), json_str_or(there, "etag", ""));
		step->id = xstrdup(id);
		step->action = same ? CLI_SKIP : CLI_UPDATE;
	}
	json_free(there);
	return true;
}

static bool add_step(struct cli *cli, struct cli_plan *plan, const char *kind,
	const struct json *item)
{
	struct cli_step *step;
	struct str text = STR_INIT;
	GROW(plan->v, plan->cap, plan->n + 1);
	step = &plan->v[plan->n++];
	*step = (struct cli_step){ .kind = kind, .key = json_key(item) };
	step->want = streq(kind, "jobs") ? job_settings(cli, item) : space_settings(cli, item);
	if (!step->want)
		return false;
	json_canonical(step->want, &text);
	sha256_hex(str_text(&text), text.n, step->hash);
	str_free(&text);
	/* space_id is no field of Databricks': it says which of the spaces that the embedded
	 * workspace has from the bundle this is */
	return decide(cli, step, json_str_or(item, "space_id", NULL));
}

/* What was deployed and is in the bundle no more. */
static void add_deletions(struct cli *cli, struct cli_plan *plan)
{
	const struct json *resources = json_get(cli->config, "resources");
	const struct json *c = json_first(json_get(cli->state, "resources"));
	for (; c; c = json_next(c)) {
		const char *dot = strchr(json_key(c), '.');
		struct cli_step step = { .kind = dot && starts_with(json_key(c), "jobs.") ? "jobs" :
			"genie_spaces", .action = CLI_DELETE };
		if (!dot || json_get(json_get(resources, step.kind), dot + 1))
			continue;
		step.key = dot + 1;
		step.id = xstrdup(json_str_or(c, "id", ""));
		GROW(plan->v, plan->cap, plan->n + 1);
		plan->v[plan->n++] = step;
	}
}

static bool check_kinds(struct cli *cli)
{
	const struct json *resources = json_get(cli->config, "resources");
	const char *engine = json_str_or(json_get(cli->config, "bundle"), "engine", "");
	for (const struct json *kind = json_first(resources); kind; kind = json_next(kind))
		if (json_len(kind) && !streq(json_key(kind), "jobs") &&
			!streq(json_key(kind), "genie_spaces"))
			return cli_error(cli, NULL, 0, "the embedded workspace deploys jobs and "
				"genie_spaces, not resources.%s", json_key(kind));
	return !json_len(json_get(resources, "genie_spaces")) || streq(engine, "direct") ||
		cli_error(cli, NULL, 0, "resources.genie_spaces are only supported by the direct "
			"deployment engine: set bundle.engine to direct, or "
			"DATABRICKS_BUNDLE_ENGINE");
}

bool cli_plan_make(struct cli *cli, struct cli_plan *plan)
{
	static const char *const kinds[] = { "genie_spaces", "jobs" };
	bool ok = check_kinds(cli);
	for (size_t i = 0; ok && i < countof(kinds); i++) {
		const struct json *items = json_get(json_get(cli->config, "resources"), kinds[i]);
		for (const struct json *c = json_first(items); ok && c; c = json_next(c))
			ok = add_step(cli, plan, kinds[i], c);
	}
	if (ok)
		add_deletions(cli, plan);
	return ok;
}

/* ---- deploying ---------------------------------------------------------------------- */

static bool make_parent(struct cli *cli, const struct json *want)
{
	struct call_to to = { .cli = cli, .method = "POST", .what = "cannot create a folder" };
	bool ok;
	to.body = json_new_object();
	json_set_str(to.body, "path", json_str_or(want, "parent_path", "/"));
	ok = call(&to, "/api/2.0/workspace/mkdirs");
	json_free(to.reply);
	return ok;
}

/* A space: POST or PATCH. *reply is yours. */
static bool send_space(struct cli_step *step, struct call_to *to)
{
	char *path = step->id ? xasprintf(SPACES "/%s", step->id) : xstrdup(SPACES);
	bool ok = make_parent(to->cli, step->want);
	if (ok) {
		to->method = step->id ? "PATCH" : "POST";
		to->body = json_dup(step->want);
		ok = call(to, path);
	}
	free(path);
	if (ok && !step->id)
		step->id = xstrdup(json_str_or(to->reply, "space_id", ""));
	return ok;
}

static bool send_job(struct cli_step *step, struct call_to *to)
{
	const char *path = step->id ? JOBS "/reset" : JOBS "/create";
	const char *id;
	to->method = "POST";
	if (step->id) {
		to->body = json_new_object();
		json_set(to->body, "job_id", json_new_number_text(step->id));
		json_set(to->body, "new_settings", json_dup(step->want));
	} else {
		to->body = json_dup(step->want);
	}
	if (!call(to, path))
		return false;
	id = json_number_text(json_get(to->reply, "job_id"));
	if (!step->id && !id)
		return cli_error(to->cli, NULL, 0, "%s: the answer has no job_id", to->what);
	if (!step->id)
		step->id = xstrdup(id);
	return true;
}

static void remember(struct cli *cli, const struct cli_step *step, const struct json *reply)
{
	char *name = xasprintf("%s.%s", step->kind, step->key);
	struct json *item = json_set(json_get(cli->state, "resources"), name, json_new_object());
	json_set_str(item, "id", step->id);
	json_set_str(item, "hash", step->hash);
	if (json_get(reply, "etag"))
		json_set_str(item, "etag", json_str_or(reply, "etag", ""));
	free(name);
}

static void forget(struct cli *cli, const struct cli_step *step)
{
	char *name = xasprintf("%s.%s", step->kind, step->key);
	json_remove(json_get(cli->state, "resources"), name);
	free(name);
}

static bool delete_resource(struct call_to *to, const struct cli_step *step)
{
	bool job = streq(step->kind, "jobs"), ok;
	char *path = job ? xstrdup(JOBS "/delete") : xasprintf(SPACES "/%s", step->id);
	to->method = job ? "POST" : "DELETE";
	to->missing_ok = true;
	if (job) {
		to->body = json_new_object();
		json_set(to->body, "job_id", json_new_number_text(step->id));
	}
	ok = call(to, path);
	free(path);
	return ok;
}

static bool carry_out(struct cli *cli, struct cli_step *step)
{
	static const char *const done[] = { "Created", "Updated", "", "Deleted" };
	struct call_to to = { .cli = cli };
	char *what = xasprintf("cannot %s resources.%s.%s", cli_action_text(step->action),
		step->kind, step->key);
	bool ok;
	to.what = what;
	if (step->action == CLI_DELETE)
		ok = delete_resource(&to, step);
	else
		ok = streq(step->kind, "jobs") ? send_job(step, &to) : send_space(step, &to);
	if (ok && step->action != CLI_DELETE)
		remember(cli, step, to.reply);
	if (ok)
		cli_say(cli, "%s %s.%s", done[step->action], step->kind, step->key);
	if (ok && step->action == CLI_DELETE)
		forget(cli, step); /* the key goes with it: nothing may be said of it after */
	json_free(to.reply);
	free(what);
	return ok;
}

static bool deploy_resources(struct cli *cli, struct cli_plan *plan)
{
	size_t counts[4] = { 0, 0, 0, 0 };
	bool ok = true;
	cli_say(cli, "Deploying resources...");
	for (size_t i = 0; ok && i < plan->n; i++) {
		ok = plan->v[i].action == CLI_SKIP || carry_out(cli, &plan->v[i]);
		counts[plan->v[i].action]++;
	}
	if (ok)
		cli_say(cli, "Resources: %zu created, %zu changed, %zu deleted, %zu unchanged",
			counts[CLI_CREATE], counts[CLI_UPDATE], counts[CLI_DELETE],
			counts[CLI_SKIP]);
	return ok;
}

/* A space that is deleted loses its conversations: that has to be agreed to. */
static bool approved(struct cli *cli, const struct cli_plan *plan)
{
	for (size_t i = 0; i < plan->n && !cli->approved; i++)
		if (plan->v[i].action == CLI_DELETE && streq(plan->v[i].kind, "genie_spaces"))
			return cli_error(cli, NULL, 0, "the deployment requires destructive "
				"actions, but the current console does not support prompting. "
				"Please specify --auto-approve if you would like to skip prompts "
				"and proceed");
	return true;
}

bool cli_deploy(struct cli *cli)
{
	struct cli_plan plan = { NULL, 0, 0 };
	bool ok = cli_state_load(cli) && cli_plan_make(cli, &plan) &&
		approved(cli, &plan) && cli_upload(cli);
	if (ok) {
		bool deployed = deploy_resources(cli, &plan);
		/* what was made before a failure is remembered, too */
		ok = cli_state_save(cli) && deployed;
	}
	if (ok)
		cli_say(cli, "Updating deployment state...\nDeployment complete!");
	cli_plan_free(&plan);
	return ok;
}
