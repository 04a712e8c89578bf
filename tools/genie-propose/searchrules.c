/* Proposals by the rules of lever 6: what they would draft for the questions of a minibatch that
 * the parent fails, the best patch that was not tried from these texts. The other component's when
 * the one whose turn it is has none. Rows that both reflections read. */
#include "searchrules.h"

#include "artifact.h"
#include "byrules.h"
#include "choose.h"
#include "history.h"

#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "mem.h"
#include "patch.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IDLE 25 /* proposals in a row that cost nothing, as nothing of them was new */

/* ---- the scene: what the parent answered ---- */

/* Rows of train questions; failing: only those of the minibatch that the parent fails. */
static bool write_rows(const struct search *s, const struct gepa_brief *brief, bool failing,
	const char *path, struct err *err)
{
	const struct search_split *train = &s->split[GEPA_TRAIN];
	struct outfile out;
	if (!outfile_open(&out, path, err))
		return false;
	for (int i = 0; !failing && i < train->n; i++) {
		const struct json *row = search_row(s, brief->text, train->row[i]);
		if (row)
			jsonw_line(out.file, row);
	}
	for (int i = 0; failing && i < brief->n; i++) {
		const struct json *row = search_row(s, brief->text, train->row[brief->ids[i]]);
		if (row && brief->answers[i].measured && brief->answers[i].score < GEPA_ONE)
			jsonw_line(out.file, row);
	}
	return outfile_commit(&out, err);
}

static struct json *make_clusters(const struct search *s, const char *rows, struct err *err)
{
	struct strlist args = { 0 };
	struct json *clusters = NULL;
	char *out = search_file(s, "clusters.json");
	strlist_add(&args, "-q");
	strlist_add(&args, "-o");
	strlist_add(&args, out);
	strlist_add(&args, rows);
	if (search_program("genie-cluster", &args, err))
		clusters = artifact_load(out, "clusters", err);
	strlist_free(&args);
	unlink(out);
	free(out);
	return clusters;
}

static bool read_model(const struct search *s, const struct gepa_brief *brief, struct scene *scene,
	struct err *err)
{
	struct json *config = search_config(s, brief->text, err);
	return config && model_read(&scene->model, search_snapshot(s, config, s->live_id), err);
}

bool scene_open(const struct search *s, const struct gepa_brief *brief, struct scene *scene,
	struct err *err)
{
	char *rows = search_file(s, "known.jsonl"), *failing = search_file(s, "failing.jsonl");
	*scene = (struct scene){ 0 };
	bool ok = read_model(s, brief, scene, err) && write_rows(s, brief, false, rows, err) &&
		write_rows(s, brief, true, failing, err) &&
		cases_load(&scene->cases, rows, &scene->model, err);
	if (ok)
		scene->clusters = make_clusters(s, failing, err);
	unlink(rows);
	unlink(failing);
	free(rows);
	free(failing);
	return scene->clusters != NULL;
}

void scene_free(struct scene *scene)
{
	model_free(&scene->model);
	cases_free(&scene->cases);
	json_free(scene->clusters);
}

/* ---- a patch as an edit of a text ---- */

static char *replaced(const char *text, const char *old, const char *new)
{
	const char *at = strstr(text, old);
	struct str out = STR_INIT;
	if (!at)
		return NULL;
	str_addn(&out, text, (size_t)(at - text));
	at += strlen(old);
	at += !*new && *at == '\n';
	str_add(&out, new);
	str_add(&out, at);
	return out.n ? str_take(&out) : xstrdup("");
}

static char *edit_instruction(const char *text, const struct patch *patch)
{
	const char *old = patch->old_text ? patch->old_text : "";
	if (patch->type->verb == PATCH_REMOVE || (patch->type->verb == PATCH_UPDATE && *old))
		return replaced(text, old,
			patch->type->verb == PATCH_REMOVE ? "" : patch->new_text);
	if (patch->type->verb == PATCH_UPDATE)
		return xstrdup(patch->new_text);
	size_t n = strlen(text);
	return xasprintf("%s%s%s", text, n && text[n - 1] != '\n' ? "\n" : "", patch->new_text);
}

static void as_lines(struct json *item)
{
	static const char *const keys[] = { "question", "sql", "usage_guidance" };
	for (size_t i = 0; i < countof(keys); i++)
		if (json_text(json_get(item, keys[i])))
			json_set(item, keys[i], space_lines(json_text(json_get(item, keys[i]))));
}

static void put_example(const struct search *s, struct json *list, const struct patch *patch)
{
	struct json *there = patch->id ? space_member(list, "id", patch->id) : NULL;
	char id[SPACE_ID_SIZE];
	struct str text = STR_INIT;
	if (patch->type->verb == PATCH_REMOVE) {
		json_free(there ? json_detach(there) : NULL);
		return;
	}
	struct json *value = json_dup(patch->value);
	as_lines(value);
	if (there) {
		for (const struct json *m = json_first(value); m; m = json_next(m))
			json_set(there, json_key(m), json_dup(m));
		json_set_str(there, "id", patch->id);
		json_free(value);
		return;
	}
	json_canonical(value, &text);
	json_set_str(value, "id", space_new_id(s->config, str_text(&text), id));
	str_free(&text);
	json_push(list, value);
}

static int by_id(const struct json *a, const struct json *b)
{
	return strcmp(json_str_or(a, "id", ""), json_str_or(b, "id", ""));
}

static char *edit_examples(const struct search *s, const char *text, const struct patch *patch)
{
	struct err ignored = { 0 };
	struct json *list = json_parse(text, strlen(text), &ignored);
	struct str out = STR_INIT;
	if (!list)
		return NULL;
	put_example(s, list, patch);
	json_sort(list, by_id);
	json_canonical(list, &out);
	json_free(list);
	return str_take(&out);
}

char *search_edit(const struct search *s, char *const *text, const struct json *json,
	int *component)
{
	struct patch patch;
	struct err ignored = { 0 };
	if (!patch_read(&patch, json, &ignored))
		return NULL;
	*component = patch.type->kind == PATCH_INSTRUCTION ? SEARCH_INSTRUCTION : SEARCH_EXAMPLES;
	if (patch.type->kind == PATCH_INSTRUCTION)
		return edit_instruction(text[SEARCH_INSTRUCTION], &patch);
	return patch.type->kind != PATCH_EXAMPLE_SQL ? NULL :
		edit_examples(s, text[SEARCH_EXAMPLES], &patch);
}

/* ---- the next one ---- */

static bool is_new(struct search *s, char *const *text, int component, const char *edited)
{
	char hex[SHA256_HEX];
	if (streq(edited, text[component]))
		return false;
	char *both = xasprintf("%d\n%s\n%s", component, edited, text[1 - component]);
	sha256_hex(both, strlen(both), hex);
	free(both);
	return strlist_add_new(&s->tried, hex);
}

static bool take(struct search *s, const struct gepa_brief *brief, const struct json *patches,
	int wanted, char **child)
{
	for (const struct json *p = json_first(patches); p; p = json_next(p)) {
		int component = -1;
		char *edited = search_edit(s, brief->text, p, &component);
		if (edited && component == wanted && is_new(s, brief->text, component, edited)) {
			child[component] = edited;
			return true;
		}
		free(edited);
	}
	return false;
}

static struct json *draft(const struct search *s, const struct scene *scene)
{
	struct proposal p = { .model = &scene->model, .cases = &scene->cases, .guard = s->guard,
		.history = history_patches(s->o->history), .lever = 6 };
	struct choosing how = { .model = &scene->model, .cases = &scene->cases, .guard = s->guard,
		.history = s->o->history, .max = 100, .quiet = true };
	struct json *document = json_new_object(), *all = json_new_array();
	p.warnings = json_set(document, "warnings", json_new_array());
	draft_by_rules(&p, scene->clusters, all);
	choose(&how, all, document);
	proposal_free(&p);
	return document;
}

bool search_is_idle(struct search *s, struct err *err)
{
	if (++s->idle <= IDLE)
		return false;
	err_set(err, ERR_NO, "nothing new was proposed %d times in a row", IDLE);
	return true;
}

enum gepa_reply search_by_rules(void *ctx, const struct gepa_brief *brief, char **child,
	struct err *err)
{
	struct search *s = ctx;
	struct scene scene = { 0 };
	bool found = false;
	bool ok = !search_is_idle(s, err) && scene_open(s, brief, &scene, err);
	if (ok) {
		struct json *document = draft(s, &scene);
		const struct json *patches = json_get(document, "patches");
		int turn = brief->components[0];
		found = take(s, brief, patches, turn, child) ||
			take(s, brief, patches, 1 - turn, child);
		json_free(document);
	}
	scene_free(&scene);
	return !ok ? GEPA_FAILED : found ? GEPA_PROPOSED : GEPA_NOTHING;
}
