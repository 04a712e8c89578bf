#include "report.h"

#include "digest.h"
#include "json.h"
#include "live.h"
#include "plan.h"
#include "space.h"
#include "str.h"
#include "textdiff.h"

#include <stdlib.h>
#include <string.h>

void result_free(struct result *result)
{
	outcome_free(&result->outcome);
	free(result->reason);
	free(result->diff);
}

static bool carried_out(const struct result *result)
{
	return streq(result->status, "applied") || streq(result->status, "planned") ||
		streq(result->status, "already");
}

/* What was read back, by its digest: the proof that both sides hold what they are to hold. */
static void put_proof(struct json *o, const char *proof)
{
	if (proof && !streq(proof, "none"))
		json_set_str(o, "read_back_sha256", proof);
}

/* What a dry run would change in the workspace. */
static void put_diff(struct json *l, const struct result *result)
{
	struct str diff = STR_INIT;
	plan_diff(result->outcome.live, result->outcome.before, result->outcome.after, &diff);
	json_set_str(l, "diff", str_text(&diff));
	str_free(&diff);
}

static void put_live(struct json *o, const struct result *result, bool verified)
{
	const struct live *live = result->outcome.live;
	struct json *l = json_set(o, "live", json_new_object());
	char *title = live_title(live), *statement = live_statement(live, result->outcome.after);
	json_set_str(l, "kind", live->kind == LIVE_SPACE ? "patch_space" : "sql");
	json_set_str(l, "object", title);
	json_set_str(l, "statement", statement);
	if (live->kind != LIVE_SPACE) { /* the space's texts are in objects[], once */
		json_set_str(l, "before", result->outcome.before);
		json_set_str(l, "after", result->outcome.after);
	}
	json_set_bool(l, "verified", verified);
	if (verified)
		put_proof(l, live->proof);
	else
		put_diff(l, result);
	free(title);
	free(statement);
}

static const char *file_proof(const struct state *state, const char *path)
{
	for (size_t i = 0; i < state->nfiles; i++)
		if (streq(state->files[i]->path, path))
			return state->files[i]->proof;
	return NULL;
}

static void put_repo(struct json *o, const struct state *state, const struct result *result,
		     bool verified)
{
	const struct strlist *files = &result->outcome.files;
	struct json *repo = json_set(o, "repo", json_new_object());
	json_set_str(repo, "file", files->v[0]);
	if (files->n > 1) {
		struct json *list = json_set(repo, "files", json_new_array());
		for (size_t i = 0; i < files->n; i++)
			json_push_str(list, files->v[i]);
	}
	json_set_str(repo, "diff", result->diff ? result->diff : "");
	json_set_bool(repo, "verified", verified);
	if (verified)
		put_proof(repo, file_proof(state, files->v[0]));
}

static void put_warnings(struct json *o, const struct strlist *warnings)
{
	if (warnings->n == 0)
		return;
	struct json *list = json_set(o, "warnings", json_new_array());
	for (size_t i = 0; i < warnings->n; i++)
		json_push_str(list, warnings->v[i]);
}

static void copy(struct json *o, const struct json *from, const char *key)
{
	if (json_get(from, key))
		json_set(o, key, json_dup(json_get(from, key)));
}

void report_results(struct json *document, const struct state *state, const struct result *results,
	size_t n, bool verified)
{
	static const char *const kept[] = { "patch_id", "type", "lever", "risk", "scope", "target", "column",
		"questions", "cluster_id", "net_impact", "anyway" };
	struct json *list = json_set(document, "patches", json_new_array());
	struct strlist objects = { 0 };
	struct str object = STR_INIT;
	for (size_t i = 0; i < n; i++) {
		const struct patch *patch = &results[i].entry->patch;
		struct json *o = json_push(list, json_new_object());
		for (size_t k = 0; k < countof(kept); k++)
			copy(o, patch->json, kept[k]);
		json_set_str(o, "type", patch->type->name);
		json_set_str(o, "status", results[i].status);
		if (results[i].reason)
			json_set_str(o, "reason", results[i].reason);
		put_warnings(o, &results[i].outcome.warnings);
		if (!carried_out(&results[i]))
			continue;
		put_live(o, &results[i], verified);
		put_repo(o, state, &results[i], verified);
		if (!streq(results[i].status, "already"))
			strlist_add_new(&objects, patch_object(patch, &object));
	}
	struct json *names = json_set(document, "patched_objects", json_new_array());
	for (size_t i = 0; i < objects.n; i++)
		json_push_str(names, objects.v[i]);
	strlist_free(&objects);
	str_free(&object);
}

void report_config_hash(struct json *document, const char *key, const char *config)
{
	char hash[SHA256_HEX];
	struct err ignored = { 0 };
	struct json *json = config ? json_parse(config, strlen(config), &ignored) : NULL;
	if (json)
		space_migrate(json);
	json_set_str(document, key, json ? space_hash(json, NULL, hash) : NULL);
	json_free(json);
}

static void plan_result(struct str *out, const struct result *r)
{
	const struct patch *patch = &r->entry->patch;
	str_addf(out, "%s %s: %s", patch->patch_id ? patch->patch_id : "-", patch->type->name,
		 r->status);
	if (r->reason)
		str_addf(out, " (%s)", r->reason);
	str_addc(out, '\n');
	for (size_t k = 0; k < r->outcome.warnings.n; k++)
		str_addf(out, "  warning: %s\n", r->outcome.warnings.v[k]);
	if (!streq(r->status, "planned"))
		return;
	plan_diff(r->outcome.live, r->outcome.before, r->outcome.after, out);
	str_add(out, r->diff ? r->diff : "");
}

static void plan_state(struct str *out, const struct state *state)
{
	for (size_t i = 0; i < state->nlive; i++)
		if (live_changed(state->live[i]))
			plan_diff(state->live[i], state->live[i]->before, state->live[i]->after, out);
	for (size_t i = 0; i < state->nfiles; i++) {
		const struct file *file = state->files[i];
		const char *old = file->before ? file->before : "", *new = file->after ?
			file->after : "";
		if (file_changed(file))
			unified_diff(file->path, old, strlen(old), new, strlen(new), out);
	}
}

void report_plan(struct str *out, const struct state *state, const struct result *results, size_t n,
	bool back)
{
	for (size_t i = 0; i < n; i++)
		plan_result(out, &results[i]);
	if (n == 0)
		plan_state(out, state);
	struct json *steps = plan_steps(state, back);
	plan_print(steps, out);
	json_free(steps);
	size_t values = 0, files = 0;
	for (size_t i = 0; i < state->nlive; i++)
		values += live_changed(state->live[i]);
	for (size_t i = 0; i < state->nfiles; i++)
		files += file_changed(state->files[i]);
	str_addf(out, "%zu values in the workspace and %zu files would change\n", values, files);
}
