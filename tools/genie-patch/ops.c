#include "ops.h"

#include "bundle.h"
#include "json.h"
#include "live.h"
#include "sqllex.h"

#include <stdlib.h>
#include <string.h>

void outcome_free(struct outcome *outcome)
{
	free(outcome->before);
	free(outcome->after);
	strlist_free(&outcome->files);
	strlist_free(&outcome->warnings);
	*outcome = (struct outcome){ 0 };
}

void ops_set(char **after, char *text)
{
	free(*after);
	*after = text;
}

bool ops_expect(const struct patch *patch, const char *now, const char *what, const char *wanted,
	struct err *err)
{
	const char *old = json_str_or(patch->json, "old_text", NULL);
	now = now ? now : "";
	if (!old || streq(now, old) || streq(now, wanted ? wanted : ""))
		return true;
	return err_set(err, ERR_TEMP, "refetch: %s changed: it is \"%.120s\", the patch expects \"%.120s\"",
		       what, now, old);
}

bool ops_to_file(struct state *state, const char *text, const char *like, struct str *out,
	struct err *err)
{
	if (strstr(text, "${"))
		return err_set(err, ERR_DATA, "a text with ${..} would be taken for a variable");
	bundle_template(state->bundle, text, like, out);
	return true;
}

/* ---- objects whose definition is kept whole ---- */
bool ops_resolved(struct side *side, const char *text, struct str *out)
{
	const struct bundle *bundle = side->state->bundle;
	struct str plain = STR_INIT, written = STR_INIT;
	bool ok = bundle_resolve(bundle, text, strlen(text), "new_text", &plain, side->err);
	if (ok && side->like)
		bundle_template(bundle, str_text(&plain), side->like, &written);
	if (ok)
		str_add_lines(out, str_text(side->like ? &written : &plain), ops_crlf(side));
	str_free(&plain);
	str_free(&written);
	return ok;
}

bool ops_crlf(const struct side *side)
{
	return side->like && text_has_crlf(side->like);
}

char *ops_new_path(const struct patch *patch, const char *folder, const char *ext, struct err *err)
{
	const char *dot = strrchr(patch->target, '.'), *name = dot ? dot + 1 : patch->target;
	for (const char *c = name; *c || c == name; c++)
		if (!sql_word_char(*c)) {
			err_set(err, ERR_DATA, "%s: a file cannot be named after this", patch->target);
			return NULL;
		}
	return xasprintf("%s/%s.%s", folder, name, ext);
}

const char *ops_like(struct state *state, int bundle_kind)
{
	struct err ignored = { 0 };
	for (size_t i = 0; i < bundle_count(state->bundle); i++) {
		const struct bundle_object *o = bundle_at(state->bundle, i);
		struct file *file = (int)o->kind == bundle_kind ?
			state_file(state, o->path, &ignored) : NULL;
		if (file)
			return file->before;
	}
	return "";
}

static bool edit_side(struct side *side, const struct patch *patch, const struct definition *d,
		      char **after, struct outcome *outcome)
{
	side->there = *after != NULL;
	str_add(&side->text, *after ? *after : "");
	bool ok = d->edit(side, patch);
	const char *next = side->there ? str_text(&side->text) : NULL;
	bool same = side->like ? streq(*after, next) : live_same(d->kind, *after, next);
	if (ok && !same) {
		outcome->changed = true;
		ops_set(after, xstrdup(next));
	}
	str_free(&side->text);
	return ok;
}

bool ops_definition(struct state *state, const struct patch *patch,
	const struct definition *definition, struct outcome *outcome, struct err *err)
{
	struct live *live = state_live(state, definition->kind, patch->target, NULL, NULL, err);
	struct file *file = live ? state_any_file(state, definition->path, err) : NULL;
	if (!file)
		return false;
	outcome->live = live;
	outcome->before = xstrdup(live->after);
	strlist_add(&outcome->files, file->path);
	struct side here = { .state = state, .text = STR_INIT, .name = patch->target, .err = err };
	struct side there = { .state = state, .text = STR_INIT, .name = file->path, .err = err,
		.like = file->after ? file->after : definition->like ? definition->like : "" };
	bool ok = edit_side(&here, patch, definition, &live->after, outcome) &&
		edit_side(&there, patch, definition, &file->after, outcome);
	outcome->after = xstrdup(live->after);
	return ok;
}

/* A metric view is a view: its comments live in its YAML. */
static bool reroute(struct state *state, const struct patch *patch, struct outcome *outcome,
		    bool *mv, struct err *err)
{
	enum patch_kind kind = patch->type->kind;
	*mv = kind == PATCH_MV_MEASURE || kind == PATCH_MV_DIMENSION || kind == PATCH_MV_YAML ||
		kind == PATCH_ALIAS;
	if (kind != PATCH_TABLE_COMMENT && kind != PATCH_COLUMN_COMMENT)
		return true;
	if (!live_is_metric_view(state, patch->target, mv, err))
		return false;
	if (*mv)
		strlist_take(&outcome->warnings, xasprintf(
			"%s is a metric view: the comment goes into its YAML (lever 2)", patch->target));
	return true;
}

bool ops_apply(struct state *state, const struct patch *patch, struct outcome *outcome,
	struct err *err)
{
	bool mv;
	if (patch->type->scope == PATCH_GENIE)
		return ops_space(state, patch, outcome, err);
	if (!reroute(state, patch, outcome, &mv, err))
		return false;
	if (mv)
		return ops_mv(state, patch, outcome, err);
	if (patch->type->lever == 3)
		return ops_tvf(state, patch, outcome, err);
	return ops_uc(state, patch, outcome, err);
}
