/* The space: its live configuration and the export in the repository. */
#include "ops.h"

#include "bundle.h"
#include "config.h"
#include "json.h"
#include "jsonedit.h"
#include "space.h"
#include "spacecheck.h"
#include "uses.h"

#include <stdlib.h>
#include <string.h>

/* The space's export: by its id, else the only one. */
const struct bundle_space *ops_export(struct state *state, struct err *err)
{
	const struct bundle *bundle = state->bundle;
	size_t n = bundle_space_count(bundle);
	const struct bundle_space *found = NULL;
	for (size_t i = 0; i < n; i++)
		if (streq(bundle_space_at(bundle, i)->space_id, state->space_id) ||
		    streq(bundle_space_at(bundle, i)->key, state->space_id))
			found = bundle_space_at(bundle, i);
	if (!found && n == 1)
		found = bundle_space_at(bundle, 0);
	if (!found)
		err_set(err, ERR_DATA, "the bundle has %s export of space %s",
			n ? "more than one space and no" : "no", state->space_id);
	else if (!found->path)
		err_set(err, ERR_DATA, "space %s is written inline in the bundle, not in an export "
			"file", found->key);
	return found && found->path ? found : NULL;
}

static bool known(const struct space_problems *before, const struct space_problem *problem)
{
	for (size_t i = 0; i < before->n; i++)
		if (streq(before->v[i].code, problem->code) &&
		    streq(before->v[i].text, problem->text))
			return true;
	return false;
}

/* A patch may not break a rule that was kept before it; over a limit nothing can be saved. */
static bool still_valid(const char *where, const struct json *before, const struct json *after,
			struct err *err)
{
	struct space_problems old = { 0 }, new = { 0 };
	bool ok = true;
	space_check(before, &old);
	space_check(after, &new);
	for (size_t i = 0; ok && i < new.n; i++) {
		const struct space_problem *problem = &new.v[i];
		if (starts_with(problem->code, "too_") || !known(&old, problem))
			ok = err_set(err, ERR_DATA, "%s would break a rule: %s: %s", where,
				     problem->path, problem->text);
	}
	space_problems_free(&old);
	space_problems_free(&new);
	return ok;
}

static void warn_long(const struct json *config, struct outcome *outcome)
{
	const struct json *list = json_dig(config, "instructions.text_instructions");
	struct str text = STR_INIT;
	size_t n = 0;
	space_text(json_get(json_first(list), "content"), &text);
	for (const char *s = str_text(&text); *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	if (n > PATCH_LONG_INSTRUCTION)
		strlist_take(&outcome->warnings, xasprintf("the instruction has %zu characters; "
			"above about %d Genie follows less of it", n, PATCH_LONG_INSTRUCTION));
	str_free(&text);
}

static char *choose_id(const struct json *config, const struct patch *patch)
{
	char id[SPACE_ID_SIZE];
	struct str seed = STR_INIT;
	str_addf(&seed, "%s\n", patch->type->name);
	if (patch->value)
		json_canonical(patch->value, &seed);
	else if (patch->type->kind == PATCH_TVF)
		str_add(&seed, patch->target);
	else if (patch->new_text)
		str_add(&seed, patch->new_text);
	space_new_id(config, str_text(&seed), id);
	str_free(&seed);
	return xstrdup(id);
}

static bool live_side(struct state *state, struct live *live, const struct patch *patch,
		      struct config_link *link, struct outcome *outcome, struct err *err)
{
	struct json *config = json_parse(live->after, strlen(live->after), err);
	if (!config)
		return err_wrap(err, "serialized_space of %s", live->name);
	struct json *before = json_dup(config);
	bool changed;
	link->id = choose_id(config, patch);
	struct config_side side = { .state = state, .config = config, .link = link };
	bool ok = config_apply(&side, patch, &changed, err);
	if (ok && changed) {
		struct str text = STR_INIT;
		space_sort(config);
		ok = still_valid("the space", before, config, err);
		json_print(config, &text);
		ops_set(&live->after, xstrdup(str_text(&text)));
		outcome->changed = true;
		str_free(&text);
	}
	if (patch->type->kind == PATCH_INSTRUCTION)
		warn_long(config, outcome);
	json_free(before);
	json_free(config);
	return ok;
}

/* The export as it is to be: its text, but for what the patch changed. */
bool ops_rewrite(struct file *file, const struct space *space, struct err *err)
{
	struct str text = STR_INIT;
	str_add(&text, file->after);
	bool ok = space->wrapper == SPACE_STRING ?
		json_edit_embedded(&text, file->path, "serialized_space", space->config, err) :
		json_edit(&text, file->path, space->document, err);
	if (ok && space->wrapper == SPACE_SNAPSHOT)
		ok = json_edit_embedded(&text, file->path, "config_raw", space->config, err);
	if (ok)
		ops_set(&file->after, xstrdup(str_text(&text)));
	str_free(&text);
	return ok;
}

static bool file_side(struct state *state, struct file *file, const struct patch *patch,
		      struct config_link *link, struct outcome *outcome, struct err *err)
{
	struct space space;
	bool changed;
	if (!space_parse(&space, file->after, strlen(file->after), file->path, err))
		return false;
	struct json *before = json_dup(space.config);
	struct config_side side = { .state = state, .config = space.config, .like = file->after,
		.file = file->path, .link = link };
	bool ok = config_apply(&side, patch, &changed, err);
	if (ok && changed) {
		outcome->changed = true;
		ok = still_valid(file->path, before, space.config, err) &&
			ops_rewrite(file, &space, err);
	}
	json_free(before);
	space_free(&space);
	return ok;
}

static bool both_sides(struct state *state, struct live *live, struct file *file,
		       const struct patch *patch, struct outcome *outcome, struct err *err)
{
	struct config_link link = { 0 };
	strlist_add(&outcome->files, file->path);
	bool ok = live_side(state, live, patch, &link, outcome, err) &&
		file_side(state, file, patch, &link, outcome, err);
	config_link_free(&link);
	return ok;
}

bool ops_space(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err)
{
	if (!state->space_id)
		return err_set(err, ERR_USAGE, "%s needs a space (--space)", patch->type->name);
	const struct bundle_space *export = ops_export(state, err);
	struct live *live = export ?
		state_live(state, LIVE_SPACE, state->space_id, NULL, NULL, err) : NULL;
	struct file *file = live ? state_file(state, export->path, err) : NULL;
	if (!file)
		return false;
	outcome->live = live;
	outcome->before = xstrdup(live->after);
	bool ok = both_sides(state, live, file, patch, outcome, err);
	outcome->after = xstrdup(live->after);
	return ok;
}

/* ---- table functions of the space ---- */
bool ops_space_function(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err)
{
	struct err why = { 0 };
	if (!state->space_id)
		return true;
	const struct bundle_space *export = ops_export(state, &why);
	if (!export) {
		strlist_take(&outcome->warnings, xasprintf(
			"the functions of space %s stay as they are: %s", state->space_id,
			why.text));
		return true;
	}
	struct live *live = state_live(state, LIVE_SPACE, state->space_id, NULL, NULL, err);
	struct file *file = live ? state_file(state, export->path, err) : NULL;
	return file && both_sides(state, live, file, patch, outcome, err);
}

bool ops_space_users(struct state *state, const char *function, struct strlist *out,
	struct err *err)
{
	struct err ignored = { 0 };
	struct space space;
	const struct bundle_space *export = state->space_id ? ops_export(state, &ignored) : NULL;
	struct file *file = export ? state_file(state, export->path, err) : NULL;
	size_t before = out->n;
	if (!state->space_id || (export && !file))
		return !state->space_id;
	if (file && !space_parse(&space, file->after, strlen(file->after), file->path, err))
		return false;
	if (file) {
		uses_in_space(space.config, function, file->path, out);
		space_free(&space);
	}
	/* what somebody added in the workspace */
	struct live *live = state_live(state, LIVE_SPACE, state->space_id, NULL, NULL, err);
	struct json *config = live ? json_parse(live->after, strlen(live->after), err) : NULL;
	if (config && out->n == before) {
		char *where = xasprintf("space %s", state->space_id);
		uses_in_space(config, function, where, out);
		free(where);
	}
	json_free(config);
	return config != NULL;
}
