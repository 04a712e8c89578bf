#include "history.h"

#include "artifact.h"
#include "group.h"
#include "json.h"
#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { HINT_NULL = 1, HINT_DATE = 2 };

struct attempt {
	const struct json *patch; /* in a document */
	char *target;             /* "" when it has none */
	int64_t iteration;
};

struct history {
	struct json **documents;
	size_t n, cap;
	struct attempt *attempts; /* by iteration, then id */
	size_t nattempts, attempt_cap;
};

static const struct limitation {
	const char *id, *text, *workaround;
} limitations[] = {
	{ "KGL-1", "Optional parameters of table functions arrive as the string 'NULL'.",
	  "coerce the parameter in the function body, NULLIF(param, 'NULL'); no comment changes "
	  "it" },
	{ "KGL-2", "Routing between assets is probabilistic.",
	  "disambiguate both sides: the right asset says that it answers, "
	  "the others that they do not; "
	  "then ask 3 to 5 times and accept it above 40 % variance" },
	{ "KGL-3", "Nested date expressions (\"last quarter\", \"YoY\") ignore comments.",
	  "an instruction with the explicit SQL, then a table function with a temporal parameter, "
	  "then a precomputed column" },
};

/* ---- reading ---- */

static size_t folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? (size_t)(slash - path) : 0;
}

static bool same_folder(const char *a, const char *b)
{
	return folder_of(a) == folder_of(b) && strncmp(a, b, folder_of(a)) == 0;
}

/* -1: the folder's name says nothing. */
static int64_t named_iteration(const char *path)
{
	size_t n = folder_of(path), from = n;
	while (from > 0 && isdigit((unsigned char)path[from - 1]))
		from--;
	if (from == n || n - from > 9 || from < 5 || strncmp(path + from - 5, "iter-", 5) != 0)
		return -1;
	return strtol(path + from, NULL, 10);
}

static int64_t iteration_of(const struct history *h, const struct strlist *paths, size_t at,
			    int64_t place)
{
	int64_t named = named_iteration(paths->v[at]);
	for (size_t i = 0; i < h->n; i++)
		if (same_folder(paths->v[i], paths->v[at]) && json_get(h->documents[i], "decision"))
			return json_int_or(h->documents[i], "iteration", place);
	return named >= 0 ? named : place;
}

static char *target_of(const struct json *patch)
{
	const char *target = json_str_or(patch, "target", ""), *column = json_str_or(patch,
		"column", "");
	struct arena arena = { 0 };
	char *whole = xasprintf("%s%s%s", target, *column && *target ? "." : "", column);
	char *plain = xstrdup(names_plain(&arena, whole));
	free(whole);
	arena_free(&arena);
	return plain;
}

static bool is_record(const struct json *document)
{
	return streq(json_str_or(document, "schema", ""), "genie/apply/1");
}

/* The record of applying in the same folder; NULL: none was given. */
static const struct json *record_of(const struct history *h, const struct strlist *paths, size_t at)
{
	for (size_t i = 0; i < h->n; i++)
		if (is_record(h->documents[i]) && same_folder(paths->v[i], paths->v[at]))
			return h->documents[i];
	return NULL;
}

/* What was refused or queued changed nothing, so that nothing was tried. */
static bool was_applied(const struct json *record, const char *id)
{
	const struct json *patches = json_get(record, "patches");
	for (const struct json *p = json_first(patches); p; p = json_next(p))
		if (streq(json_str_or(p, "patch_id", ""), id)) {
			const char *status = json_str_or(p, "status", "");
			return streq(status, "applied") || streq(status, "already") ||
				streq(status, "rolled_back");
		}
	return false;
}

static void add_patches(struct history *h, const struct json *document,
	const struct json *record, int64_t iteration)
{
	const struct json *patch = json_first(json_get(document, "patches"));
	for (; patch; patch = json_next(patch)) {
		const char *id = json_str_or(patch, "patch_id", NULL);
		bool high = streq(json_str_or(patch, "risk", ""), "high");
		if (!id || (record ? !was_applied(record, id) : high))
			continue;
		GROW(h->attempts, h->attempt_cap, h->nattempts + 1);
		h->attempts[h->nattempts++] = (struct attempt){ patch, target_of(patch),
			iteration };
	}
}

static int compare_attempts(const void *a, const void *b)
{
	const struct attempt *x = a, *y = b;
	if (x->iteration != y->iteration)
		return x->iteration < y->iteration ? -1 : 1;
	return strcmp(json_str_or(x->patch, "patch_id", ""), json_str_or(y->patch, "patch_id", ""));
}

struct history *history_load(const struct strlist *paths, struct err *err)
{
	struct history *h = xcalloc(1, sizeof *h);
	for (size_t i = 0; i < paths->n; i++) {
		struct json *document = artifact_load(paths->v[i], "patches|decision|apply", err);
		if (!document) {
			history_free(h);
			return NULL;
		}
		GROW(h->documents, h->cap, h->n + 1);
		h->documents[h->n++] = document;
	}
	int64_t place = 0;
	for (size_t i = 0; i < h->n; i++)
		if (!is_record(h->documents[i]) &&
		    json_is(json_get(h->documents[i], "patches"), JSON_ARRAY))
			add_patches(h, h->documents[i], record_of(h, paths, i),
				iteration_of(h, paths, i, ++place));
	if (h->nattempts)
		qsort(h->attempts, h->nattempts, sizeof *h->attempts, compare_attempts);
	return h;
}

void history_free(struct history *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++)
		json_free(h->documents[i]);
	for (size_t i = 0; i < h->nattempts; i++)
		free(h->attempts[i].target);
	free(h->documents);
	free(h->attempts);
	free(h);
}

/* ---- hints ---- */

static bool asks_nested_date(const char *text)
{
	static const char *const words[] = { "last quarter", "previous quarter", "prior quarter",
		"yoy", "year over year", "year-over-year", "same period last year", "prior year",
		"previous year", "qoq", "quarter over quarter", "month over month", "mom " };
	for (size_t i = 0; i < countof(words); i++)
		if (stristr(text, words[i]))
			return true;
	return false;
}

unsigned history_hints(const struct history *history, struct verdicts *row)
{
	unsigned hints = 0;
	if (!history->nattempts)
		return 0;
	if (asks_nested_date(verdicts_text(row, &row->question)))
		hints |= HINT_DATE;
	for (size_t i = 0; i < row->n; i++) {
		const struct verdict *v = &row->v[i];
		const char *texts[] = { v->rationale, v->fix, v->pattern, v->actual,
			v->wrong_clause };
		for (size_t k = 0; k < countof(texts); k++)
			hints |= (stristr(texts[k], "'null'") ? HINT_NULL : 0u)
				| (asks_nested_date(texts[k]) ? HINT_DATE : 0u);
	}
	return hints;
}

/* ---- writing ---- */

static bool names_question(const struct attempt *a, const struct groups *groups,
	const struct group *g)
{
	const struct json *id = json_first(json_get(a->patch, "questions"));
	for (; id; id = json_next(id)) {
		int64_t i = json_text(id) ? intern_find(&groups->questions, json_text(id)) : -1;
		if (i >= 0 && numset_has(&g->questions, (uint32_t)i))
			return true;
	}
	return false;
}

static bool aims_at(const struct attempt *a, const struct groups *groups, const struct group *g)
{
	bool near = !*a->target || !g->blame_set.n || (!g->kind && names_related(a->target,
		g->blame));
	for (size_t i = 0; i < g->blame_set.n && !near; i++)
		near = names_related(a->target, g->blame_set.v[i]);
	return near && names_question(a, groups, g);
}

static const struct limitation *limitation_of(const struct group *g)
{
	static const char *const dated[] = { "missing_temporal_filter", "missing_filter",
		"wrong_filter", "tvf_parameter_error", "description_mismatch",
		"missing_instruction" };
	bool between = g->kind && strchr(g->kind, '/') && !streq(g->kind, "answer/none");
	if (streq(g->type, "tvf_parameter_error") && (g->hints & HINT_NULL))
		return &limitations[0];
	if (streq(g->type, "asset_routing_error") || between)
		return &limitations[1];
	for (size_t i = 0; i < countof(dated); i++)
		if (streq(g->type, dated[i]) && (g->hints & HINT_DATE))
			return &limitations[2];
	return NULL;
}

static struct json *attempt_json(const struct attempt *a)
{
	struct json *one = json_new_object();
	json_set_str(one, "patch_id", json_str_or(a->patch, "patch_id", ""));
	json_set_int(one, "iteration", a->iteration);
	json_set_str(one, "type", json_str_or(a->patch, "type", "unknown"));
	return one;
}

void history_write(const struct history *history, const struct groups *groups,
	const struct group *g,
		   struct json *cluster)
{
	struct json *list = json_new_array();
	int64_t count = 0, last = -1;
	for (size_t i = 0; i < history->nattempts; i++) {
		const struct attempt *a = &history->attempts[i];
		if (!aims_at(a, groups, g))
			continue;
		count += a->iteration != last;
		last = a->iteration;
		json_push(list, attempt_json(a));
	}
	const struct limitation *known = count >= 2 ? limitation_of(g) : NULL;
	json_set_int(cluster, "attempts", count);
	struct json *out = json_set(cluster, "known_limitation", known ? json_new_object()
		: json_new_null());
	if (!known) {
		json_free(list);
		return;
	}
	json_set_str(out, "id", known->id);
	json_set_str(out, "text", known->text);
	json_set_str(out, "workaround", known->workaround);
	json_set(out, "attempts", list);
}
