/* Table functions: comments and statements. */
#include "ops.h"

#include "bundle.h"
#include "editsql.h"
#include "json.h"

#include <stdlib.h>
#include <string.h>

static bool edit(struct state *state, const struct patch *patch, struct str *text, const char *name,
		 const char *like, struct err *err)
{
	struct str value = STR_INIT;
	bool statement = patch->type->kind == PATCH_TVF_SQL, ok;
	if (like && !statement)
		ok = ops_to_file(state, patch->new_text, like, &value, err);
	else if (like) /* may be written with variables already */
		ok = (bundle_template(state->bundle, patch->new_text, like, &value), true);
	else
		ok = statement ? bundle_resolve(state->bundle, patch->new_text, strlen(patch->new_text),
			"new_text", &value, err) : (str_add(&value, patch->new_text), true);
	if (ok && statement)
		ok = edit_sql_statement(text, name, patch->target, str_text(&value), err);
	else if (ok && patch->type->kind == PATCH_TVF_COMMENT)
		ok = edit_sql_comment(text, name, patch->target, str_text(&value), err);
	else if (ok)
		ok = edit_sql_parameter(text, name, patch->target, patch->column, str_text(&value), err);
	str_free(&value);
	return ok;
}

/* The text that old_text is compared with. */
static bool expected(const struct patch *patch, const struct str *text, struct err *err)
{
	struct sql_function f;
	if (!patch->old_text || patch->type->kind == PATCH_TVF_SQL)
		return true;
	if (!edit_sql_get(text, patch->target, patch->target, &f, err))
		return false;
	const char *now = f.comment;
	for (size_t i = 0; patch->column && i < f.nparams; i++)
		if (strieq(f.params[i].name, patch->column))
			now = f.params[i].comment;
	bool ok = ops_expect(patch, now, patch->target, patch->new_text, err);
	sql_function_free(&f);
	return ok;
}

static bool edit_side(struct state *state, const struct patch *patch, char **after, const char *name,
		      bool file, struct outcome *outcome, struct err *err)
{
	struct str text = STR_INIT;
	str_add(&text, *after);
	bool ok = (file || expected(patch, &text, err)) &&
		edit(state, patch, &text, name, file ? *after : NULL, err);
	bool changed = ok && (file ? !streq(*after, str_text(&text)) :
			      !live_same(LIVE_FUNCTION, *after, str_text(&text)));
	if (changed) {
		outcome->changed = true;
		ops_set(after, xstrdup(str_text(&text)));
	}
	str_free(&text);
	return ok;
}

bool ops_tvf(struct state *state, const struct patch *patch, struct outcome *outcome, struct err *err)
{
	enum patch_kind kind = patch->type->kind;
	if (kind != PATCH_TVF_COMMENT && kind != PATCH_TVF_PARAM_COMMENT && kind != PATCH_TVF_SQL)
		return err_set(err, ERR_DATA, "%s changes a signature: write the function and its file "
			       "by hand, then use update_tvf_sql", patch->type->name);
	const struct bundle_object *f = bundle_find(state->bundle, BUNDLE_FUNCTION, patch->target);
	if (!f)
		return err_set(err, ERR_DATA, "no file of the bundle defines the function %s",
			       patch->target);
	struct live *live = state_live(state, LIVE_FUNCTION, patch->target, NULL, NULL, err);
	struct file *file = live ? state_file(state, f->path, err) : NULL;
	if (!file)
		return false;
	outcome->live = live;
	outcome->before = xstrdup(live->after);
	strlist_add(&outcome->files, file->path);
	bool ok = edit_side(state, patch, &live->after, patch->target, false, outcome, err) &&
		edit_side(state, patch, &file->after, file->path, true, outcome, err);
	outcome->after = xstrdup(live->after);
	return ok;
}
