/* Table functions: comments, parameters, and whole statements. */
#include "ops.h"

#include "bundle.h"
#include "editsql.h"
#include "io.h"
#include "json.h"
#include "sqltext.h"
#include "uses.h"

#include <stdlib.h>
#include <string.h>

/* A text of people: for the file with variables. */
static bool words(struct side *side, const char *text, struct str *out)
{
	if (side->like)
		return ops_to_file(side->state, text, side->like, out, side->err);
	str_add(out, text);
	return true;
}

/* The statement must make the target, and nothing else. */
static bool makes_target(struct side *side, const struct patch *patch, const struct str *statement)
{
	struct sql_function f;
	struct str name = STR_INIT;
	bool ok = edit_sql_get(statement, "new_text", patch->target, &f, side->err);
	ok = ok && bundle_resolve(side->state->bundle, f.name, strlen(f.name), "new_text", &name,
		side->err);
	if (ok && !sql_same_name(str_text(&name), patch->target))
		ok = err_set(side->err, ERR_DATA, "new_text makes %s, the target is %s", str_text(&name),
			     patch->target);
	sql_function_free(&f);
	str_free(&name);
	return ok;
}

/* A function that was not there: the statement alone for the workspace, a file for the bundle. */
static void begin(struct side *side, const struct patch *patch, const struct str *value)
{
	struct err ignored = { 0 };
	struct sql_function f;
	if (side->like) {
		str_add(&side->text, str_text(value));
		while (side->text.n && strchr(" \t\r\n", side->text.s[side->text.n - 1]))
			str_splice(&side->text, side->text.n - 1, 1, "", 0);
		str_add(&side->text, ends_with(str_text(&side->text), ";") ? "" : ";");
		str_add(&side->text, ops_crlf(side) ? "\r\n" : "\n");
	} else if (edit_sql_get(value, "new_text", patch->target, &f, &ignored)) {
		str_add(&side->text, f.statement);
		sql_function_free(&f);
	}
	side->there = true;
}

static bool statement(struct side *side, const struct patch *patch)
{
	struct str value = STR_INIT;
	bool fresh = !side->there, add = patch->type->kind == PATCH_TVF;
	bool ok = ops_resolved(side, patch->new_text, &value) && makes_target(side, patch, &value);
	if (ok && add && !fresh && !live_same(LIVE_FUNCTION, str_text(&side->text), str_text(&value)))
		ok = side->like ? true : err_set(side->err, ERR_DATA,
			"%s is there already, with another definition", patch->target);
	if (ok && fresh)
		begin(side, patch, &value);
	/* also into itself: that finds what is no single CREATE OR REPLACE FUNCTION */
	if (ok && (fresh || !add || side->like))
		ok = edit_sql_statement(&side->text, side->name, patch->target, str_text(&value),
					side->err);
	str_free(&value);
	return ok;
}

static bool removal(struct side *side, const struct patch *patch)
{
	bool empty = true;
	if (side->there && side->like &&
	    !edit_sql_remove(&side->text, side->name, patch->target, &empty, side->err))
		return false;
	side->there = side->there && side->like && !empty;
	return true;
}

static bool parameter(struct side *side, const struct patch *patch)
{
	struct str value = STR_INIT;
	bool ok = true;
	if (patch->type->verb == PATCH_REMOVE)
		return edit_sql_remove_parameter(&side->text, side->name, patch->target, patch->column,
			side->err);
	if (patch->type->kind == PATCH_TVF_PARAM) {
		str_addf(&value, "%s %s", patch->column, patch->new_text);
		ok = edit_sql_add_parameter(&side->text, side->name, patch->target, str_text(&value),
					    side->err);
	} else {
		ok = words(side, patch->new_text, &value) && edit_sql_parameter(&side->text, side->name,
			patch->target, patch->column, str_text(&value), side->err);
	}
	str_free(&value);
	return ok;
}

static bool comment(struct side *side, const struct patch *patch)
{
	struct str value = STR_INIT;
	bool ok = words(side, patch->new_text, &value) && edit_sql_comment(&side->text, side->name,
		patch->target, str_text(&value), side->err);
	str_free(&value);
	return ok;
}

/* The text that old_text is compared with. */
static bool expected(struct side *side, const struct patch *patch)
{
	struct sql_function f;
	enum patch_kind kind = patch->type->kind;
	if (side->like || !patch->old_text ||
	    (kind != PATCH_TVF_COMMENT && kind != PATCH_TVF_PARAM_COMMENT))
		return true;
	if (!edit_sql_get(&side->text, patch->target, patch->target, &f, side->err))
		return false;
	const char *now = f.comment;
	for (size_t i = 0; patch->column && i < f.nparams; i++)
		if (strieq(f.params[i].name, patch->column))
			now = f.params[i].comment;
	bool ok = ops_expect(patch, now, patch->target, patch->new_text, side->err);
	sql_function_free(&f);
	return ok;
}

static bool edit_function(struct side *side, const struct patch *patch)
{
	enum patch_kind kind = patch->type->kind;
	if (!side->there && kind != PATCH_TVF)
		return err_set(side->err, ERR_DATA, "%s: no such function", side->name);
	if (!expected(side, patch))
		return false;
	switch (kind) {
	case PATCH_TVF: return patch->type->verb == PATCH_ADD ? statement(side, patch) :
		removal(side, patch);
	case PATCH_TVF_SQL: return statement(side, patch);
	case PATCH_TVF_COMMENT: return comment(side, patch);
	default: return parameter(side, patch);
	}
}

/* Those who call a function keep it from being removed; those of one with other parameters are
 * named. */
static bool look_around(struct state *state, const struct patch *patch, const char *name,
			struct outcome *outcome, struct err *err)
{
	struct strlist users = { 0 };
	bool removing = patch->type->kind == PATCH_TVF && patch->type->verb == PATCH_REMOVE;
	if (!removing && patch->type->kind != PATCH_TVF_PARAM)
		return true;
	bool ok = uses_in_bundle(state, name, &users, err) &&
		ops_space_users(state, name, &users, err);
	if (ok && removing && users.n)
		ok = err_set(err, ERR_DATA, "%s uses %s: change that first", users.v[0], patch->target);
	for (size_t i = 0; ok && i < users.n; i++)
		strlist_take(&outcome->warnings, xasprintf("%s uses %s: check its arguments", users.v[i],
							  patch->target));
	strlist_free(&users);
	return ok;
}

/* A new file needs its folder: making one would be a change that no record holds. */
static bool has_folder(struct state *state, const char *path, struct err *err)
{
	char *folder = io_dirname(path), *full = bundle_path(state->bundle, folder);
	bool ok = io_is_dir(full) || err_set(err, ERR_DATA,
		"%s: the bundle has no folder %s; make it first", path, folder);
	free(folder);
	free(full);
	return ok;
}

bool ops_tvf(struct state *state, const struct patch *patch, struct outcome *outcome, struct err *err)
{
	const struct bundle_object *f = bundle_find(state->bundle, BUNDLE_FUNCTION, patch->target);
	bool whole = patch->type->kind == PATCH_TVF, adding = patch->type->verb == PATCH_ADD;
	const char *dot = strrchr(patch->target, '.'), *name = f ? f->name : dot ? dot + 1 : "";
	if (!f && !whole)
		return err_set(err, ERR_DATA, "no file of the bundle defines the function %s",
			       patch->target);
	if (!look_around(state, patch, name, outcome, err))
		return false;
	char *path = f ? xstrdup(f->path) : ops_new_path(patch, "src/semantic/tvfs", "sql", err);
	struct definition definition = { LIVE_FUNCTION, path, f ? NULL :
		ops_like(state, BUNDLE_FUNCTION), edit_function };
	bool ok = path && (f || !adding || has_folder(state, path, err)) &&
		ops_definition(state, patch, &definition, outcome, err) &&
		(!whole || ops_space_function(state, patch, outcome, err));
	if (ok && live_drops_first(outcome->live))
		strlist_take(&outcome->warnings, xasprintf("%s gets other parameters, so it is dropped "
			"and made anew: grants on it are to be given again", patch->target));
	free(path);
	return ok;
}
