#include "state.h"

#include "bundle.h"
#include "digest.h"
#include "editsql.h"
#include "files.h"
#include "json.h"
#include "live.h"
#include "space.h"
#include "sqltext.h"
#include "str.h"
#include "yaml.h"

#include <stdlib.h>
#include <string.h>

const char *live_kind_text(enum live_kind kind)
{
	static const char *const text[] = { "table_comment", "column_comment", "table_tag",
		"column_tag", "property", "metric_view", "function", "space" };
	return text[kind];
}

static void free_live(struct live *live)
{
	free(live->name);
	free(live->column);
	free(live->key);
	free(live->before);
	free(live->after);
	free(live->etag);
	free(live->proof);
	free(live);
}

void state_free(struct state *state)
{
	for (size_t i = 0; i < state->nlive; i++)
		free_live(state->live[i]);
	for (size_t i = 0; i < state->nfiles; i++) {
		free(state->files[i]->path);
		free(state->files[i]->before);
		free(state->files[i]->after);
		free(state->files[i]->proof);
		free(state->files[i]);
	}
	free(state->live);
	free(state->files);
	free(state->warehouse);
	state->live = NULL;
	state->files = NULL;
	state->warehouse = NULL;
	state->nlive = state->nfiles = state->live_cap = state->file_cap = 0;
}

struct live *state_add_live(struct state *state, const struct live *live)
{
	GROW(state->live, state->live_cap, state->nlive + 1);
	struct live *copy = xmalloc(sizeof *copy);
	*copy = *live;
	state->live[state->nlive++] = copy;
	return copy;
}

struct file *state_add_file(struct state *state, const struct file *file)
{
	GROW(state->files, state->file_cap, state->nfiles + 1);
	struct file *copy = xmalloc(sizeof *copy);
	*copy = *file;
	state->files[state->nfiles++] = copy;
	return copy;
}

static bool is(const struct live *live, enum live_kind kind, const char *name, const char *column,
	       const char *key)
{
	return live->kind == kind && sql_same_name(live->name, name) && strieq(live->column, column) &&
		streq(live->key, key);
}

struct live *state_live(struct state *state, enum live_kind kind, const char *name,
	const char *column, const char *key, struct err *err)
{
	column = column ? column : "";
	key = key ? key : "";
	for (size_t i = 0; i < state->nlive; i++)
		if (is(state->live[i], kind, name, column, key))
			return state->live[i];
	struct live live = { .kind = kind, .name = xstrdup(name), .column = xstrdup(column),
		.key = xstrdup(key) };
	if (!live_read(state, &live, &live.before, &live.etag, err)) {
		free(live.name);
		free(live.column);
		free(live.key);
		return NULL;
	}
	live.after = xstrdup(live.before);
	return state_add_live(state, &live);
}

/* ---- files ---- */
struct file *state_any_file(struct state *state, const char *path, struct err *err)
{
	for (size_t i = 0; i < state->nfiles; i++)
		if (streq(state->files[i]->path, path))
			return state->files[i];
	struct str text;
	bool exists;
	str_init(&text, BUNDLE_MAX_FILE);
	bool ok = files_read(bundle_dir(state->bundle), path, &text, &exists, err);
	if (ok && (!utf8_valid(str_text(&text), text.n) || memchr(str_text(&text), '\0', text.n)))
		ok = err_set(err, ERR_DATA, "%s: not a UTF-8 text", path);
	struct file *file = NULL;
	if (ok) {
		const char *found = exists ? str_text(&text) : NULL;
		file = state_add_file(state, &(struct file){ .path = xstrdup(path),
			.before = xstrdup(found), .after = xstrdup(found) });
	}
	str_free(&text);
	return file;
}

struct file *state_file(struct state *state, const char *path, struct err *err)
{
	struct file *file = state_any_file(state, path, err);
	if (file && !file->after) {
		err_set(err, ERR_DATA, file->before ? "%s: removed by an earlier patch" :
			"%s: no such file", path);
		return NULL;
	}
	return file;
}

/* ---- comparing ---- */
static bool same_yaml(const char *a, const char *b)
{
	struct err ignored = { 0 };
	struct yaml *x = yaml_parse(a, strlen(a), "a", &ignored);
	struct yaml *y = yaml_parse(b, strlen(b), "b", &ignored);
	bool same = false;
	if (x && y) {
		struct json *p = yaml_to_json(yaml_root(x)), *q = yaml_to_json(yaml_root(y));
		same = json_equal(p, q);
		json_free(p);
		json_free(q);
	}
	yaml_close(x);
	yaml_close(y);
	return same;
}

static bool same_space(const char *a, const char *b)
{
	struct err ignored = { 0 };
	struct json *x = json_parse(a, strlen(a), &ignored), *y = json_parse(b, strlen(b), &ignored);
	struct str p = STR_INIT, q = STR_INIT;
	if (x && y) {
		/* a workspace stores version 1 as version 2 */
		space_migrate(x);
		space_migrate(y);
		space_canonical(x, &p);
		space_canonical(y, &q);
	}
	bool same = x && y && streq(str_text(&p), str_text(&q));
	str_free(&p);
	str_free(&q);
	json_free(x);
	json_free(y);
	return same;
}

static bool same_text(const char *a, const char *b)
{
	return streq(a ? a : "", b ? b : "");
}

static bool read_statement(const char *text, struct sql_function *out)
{
	struct err ignored = { 0 };
	struct str copy = STR_INIT;
	str_add(&copy, text);
	bool ok = edit_sql_get(&copy, "", "", out, &ignored);
	str_free(&copy);
	return ok;
}

/* Parameters by position: names and types, which make the signature, or all of them. */
static bool same_params(const struct sql_function *f, const struct sql_function *g, bool all)
{
	bool same = f->nparams == g->nparams;
	for (size_t i = 0; same && i < f->nparams; i++) {
		const struct sql_function_param *p = &f->params[i], *q = &g->params[i];
		same = streq(p->type, q->type) && (!all || (strieq(p->name, q->name) &&
			same_text(p->by_default, q->by_default) && same_text(p->comment, q->comment)));
	}
	return same;
}

/* RETURNS TABLE without columns takes those of the query, which the workspace then names. */
static bool same_returns(const char *a, const char *b)
{
	return streq(a, b) || streq(a, "table") || streq(b, "table");
}

static bool same_function(const char *a, const char *b)
{
	struct sql_function f, g = { 0 };
	struct arena arena = { 0 };
	bool same = read_statement(a, &f) && read_statement(b, &g) &&
		same_text(f.comment, g.comment) && same_params(&f, &g, true) &&
		same_returns(f.returns, g.returns) &&
		streq(sql_normalize(&arena, f.body), sql_normalize(&arena, g.body));
	sql_function_free(&f);
	sql_function_free(&g);
	arena_free(&arena);
	return same;
}

bool live_drops_first(const struct live *live)
{
	struct sql_function f, g = { 0 };
	if (live->kind != LIVE_FUNCTION || !live->before || !live->after)
		return false;
	bool drop = read_statement(live->before, &f) && read_statement(live->after, &g) &&
		!same_params(&f, &g, false);
	sql_function_free(&f);
	sql_function_free(&g);
	return drop;
}

bool live_same(enum live_kind kind, const char *a, const char *b)
{
	bool comment = kind == LIVE_TABLE_COMMENT || kind == LIVE_COLUMN_COMMENT;
	if (comment) /* an empty comment is no comment */
		return same_text(a, b);
	if (!a || !b || streq(a, b))
		return streq(a, b);
	switch (kind) {
	case LIVE_METRIC_VIEW: return same_yaml(a, b);
	case LIVE_FUNCTION: return same_function(a, b);
	case LIVE_SPACE: return same_space(a, b);
	default: return false;
	}
}

void state_prove(char **proof, const char *text)
{
	char hex[SHA256_HEX];
	free(*proof);
	*proof = xstrdup(text ? sha256_hex(text, strlen(text), hex) : "none");
}

enum live_phase live_phase(const struct live *live)
{
	return live->kind == LIVE_SPACE ? LIVE_OFFERED :
		live->kind == LIVE_FUNCTION && !live->after ? LIVE_REMOVED : LIVE_MADE;
}

bool live_changed(const struct live *live)
{
	return !live_same(live->kind, live->before, live->after);
}

bool file_changed(const struct file *file)
{
	return !streq(file->before, file->after);
}

char *live_title(const struct live *live)
{
	switch (live->kind) {
	case LIVE_TABLE_COMMENT: return xasprintf("comment of %s", live->name);
	case LIVE_COLUMN_COMMENT: return xasprintf("comment of %s.%s", live->name, live->column);
	case LIVE_TABLE_TAG: return xasprintf("tag %s of %s", live->key, live->name);
	case LIVE_COLUMN_TAG: return xasprintf("tag %s of %s.%s", live->key, live->name, live->column);
	case LIVE_PROPERTY: return xasprintf("property %s of %s", live->key, live->name);
	case LIVE_METRIC_VIEW: return xasprintf("metric view %s", live->name);
	case LIVE_FUNCTION: return xasprintf("function %s", live->name);
	default: return xasprintf("space %s", live->name);
	}
}

/* ---- going back ---- */
struct state_mark {
	size_t nlive, nfiles;
	char **live, **files;
};

struct state_mark *state_mark(const struct state *state)
{
	struct state_mark *mark = xcalloc(1, sizeof *mark);
	mark->nlive = state->nlive;
	mark->nfiles = state->nfiles;
	mark->live = xcalloc(state->nlive + 1, sizeof *mark->live);
	mark->files = xcalloc(state->nfiles + 1, sizeof *mark->files);
	for (size_t i = 0; i < state->nlive; i++)
		mark->live[i] = xstrdup(state->live[i]->after);
	for (size_t i = 0; i < state->nfiles; i++)
		mark->files[i] = xstrdup(state->files[i]->after);
	return mark;
}

static void swap(char **a, char **b)
{
	char *t = *a;
	*a = *b;
	*b = t;
}

void state_turn(struct state *state)
{
	for (size_t i = 0; i < state->nlive; i++)
		swap(&state->live[i]->before, &state->live[i]->after);
	for (size_t i = 0; i < state->nfiles; i++)
		swap(&state->files[i]->before, &state->files[i]->after);
	for (size_t i = 0, k = state->nlive; i + 1 < k; i++) {
		struct live *first = state->live[i];
		state->live[i] = state->live[--k];
		state->live[k] = first;
	}
	for (size_t i = 0, k = state->nfiles; i + 1 < k; i++) {
		struct file *first = state->files[i];
		state->files[i] = state->files[--k];
		state->files[k] = first;
	}
}

/* What was read since the mark goes back to how it was found. */
void state_back(struct state *state, struct state_mark *mark)
{
	for (size_t i = 0; i < state->nlive; i++)
		if (i < mark->nlive) {
			swap(&state->live[i]->after, &mark->live[i]);
		} else {
			free(state->live[i]->after);
			state->live[i]->after = xstrdup(state->live[i]->before);
		}
	for (size_t i = 0; i < state->nfiles; i++)
		if (i < mark->nfiles) {
			swap(&state->files[i]->after, &mark->files[i]);
		} else {
			free(state->files[i]->after);
			state->files[i]->after = xstrdup(state->files[i]->before);
		}
	state_keep(mark);
}

void state_keep(struct state_mark *mark)
{
	for (size_t i = 0; i < mark->nlive; i++)
		free(mark->live[i]);
	for (size_t i = 0; i < mark->nfiles; i++)
		free(mark->files[i]);
	free(mark->live);
	free(mark->files);
	free(mark);
}
