#include "history.h"

#include "artifact.h"
#include "json.h"
#include "mem.h"
#include "patch.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct record {
	struct json *document, *decision; /* decision NULL: none there */
	char *path;
};

struct history {
	struct record *v;
	size_t n, cap;
	struct json *all;
};

struct history *history_new(void)
{
	struct history *history = xcalloc(1, sizeof *history);
	history->all = json_new_array();
	return history;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	for (size_t i = 0; i < history->n; i++) {
		json_free(history->v[i].document);
		json_free(history->v[i].decision);
		free(history->v[i].path);
	}
	json_free(history->all);
	free(history->v);
	free(history);
}

static bool load_decision(struct record *r, struct err *err)
{
	const char *slash = strrchr(r->path, '/');
	size_t n = slash ? (size_t)(slash - r->path) + 1 : 0;
	char *path = xasprintf("%.*sdecision.json", (int)n, r->path);
	bool ok = access(path, F_OK) != 0 ||
		(r->decision = artifact_load(path, "decision", err)) != NULL;
	free(path);
	return ok;
}

/* ---- what became of a document ---- */
static const char *decision_of(const struct record *r)
{
	const char *own = json_str_or(r->document, "decision", NULL);
	return own ? own : json_str_or(r->decision, "decision", NULL);
}

static bool was_rolled_back(const struct record *r)
{
	return streq(decision_of(r), "rollback") ||
		streq(json_str_or(r->decision, "action", NULL), "rollback");
}

/* One patch, or patches of one pair, by which they name each other or one word. */
static bool is_pair_of(const struct json *a, const struct json *b)
{
	const char *mine = json_str_or(a, "pair", NULL), *other = json_str_or(b, "pair", NULL);
	if (!mine || !other)
		return false;
	return streq(mine, other) || streq(mine, json_str_or(b, "patch_id", NULL)) ||
		streq(other, json_str_or(a, "patch_id", NULL));
}

static bool stood_alone(const struct json *document)
{
	const struct json *list = json_get(document, "patches"), *first = json_first(list);
	for (const struct json *p = json_next(first); p; p = json_next(p))
		if (!is_pair_of(first, p))
			return false;
	return true;
}

static enum past past_of(const struct record *r, const struct json *patch)
{
	const struct json *retry = json_get(r->decision, "retry");
	if (json_true(json_get(patch, "escalated")) || streq(decision_of(r), "escalate"))
		return PAST_NONE;
	if (!decision_of(r))
		return PAST_REJECTED; /* nothing known: do not run in circles */
	if (!was_rolled_back(r))
		return PAST_ACCEPTED;
	if (json_get(r->document, "retry_of") || stood_alone(r->document))
		return PAST_REJECTED;
	return json_is(retry, JSON_ARRAY) && !json_first(retry) ? PAST_REJECTED : PAST_IN_SET;
}

static void add_all(struct history *history, const struct record *r)
{
	static const char *const names[] = { NULL, "rejected", "in_set", "accepted" };
	for (const struct json *p = json_first(json_get(r->document, "patches")); p;
		p = json_next(p)) {
		struct json *copy = json_push(history->all, json_dup(p));
		if (json_is(copy, JSON_OBJECT))
			json_set_str(copy, "past", names[past_of(r, p)]);
	}
}

bool history_load(struct history *history, const char *path, struct err *err)
{
	struct record r = { .document = artifact_load(path, "patches", err),
		.path = xstrdup(path) };
	bool ok = r.document && load_decision(&r, err);
	if (ok)
		add_all(history, &r);
	GROW(history->v, history->cap, history->n + 1);
	history->v[history->n++] = r;
	return ok;
}

enum past history_of(const struct history *history, const struct patch *patch, const char **where)
{
	struct err ignored = { 0 };
	struct patch then;
	enum past past = PAST_NONE;
	for (size_t i = 0; i < history->n; i++) {
		const struct json *list = json_get(history->v[i].document, "patches");
		for (const struct json *p = json_first(list); p; p = json_next(p)) {
			if (!patch_read(&then, p, &ignored) || !patch_same(patch, &then))
				continue;
			enum past now = past_of(&history->v[i], p);
			/* a set's fate says nothing against what is known of the patch alone */
			if (now == PAST_IN_SET && past != PAST_NONE)
				continue;
			past = now;
			*where = history->v[i].path;
		}
	}
	return past;
}

const struct json *history_patches(const struct history *history)
{
	return history->all;
}
