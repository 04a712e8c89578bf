#include "spacefix.h"

#include "bundle.h"
#include "json.h"
#include "jsonedit.h"
#include "mem.h"
#include "space.h"
#include "spacecheck.h"
#include "str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void spacefix_changes_free(struct spacefix_changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		free(changes->v[i].path);
		free(changes->v[i].text);
	}
	free(changes->v);
	*changes = (struct spacefix_changes){ 0 };
}

PRINTF_LIKE(3, 4)
static void add(struct spacefix_changes *changes, const struct json *at, const char *format, ...)
{
	struct str path = STR_INIT, text = STR_INIT;
	va_list ap;
	json_path(at, &path);
	va_start(ap, format);
	str_vaddf(&text, format, ap);
	va_end(ap);
	GROW(changes->v, changes->cap, changes->n + 1);
	changes->v[changes->n++] = (struct spacefix_change){ str_take(&path), str_take(&text) };
}

/* Makes the text mean what space means now. */
static bool write_back(struct str *text, const char *name, const struct space *space,
	struct err *err)
{
	if (space->wrapper == SPACE_STRING)
		return json_edit_embedded(text, name, "serialized_space", space->config, err);
	return json_edit(text, name, space->document, err);
}

/* ---- order ---- */
struct ordered {
	struct json *array;
	const char *key, *key2;
};
struct ordered_list {
	struct ordered *v;
	size_t n, cap;
};

static void collect(struct json *array, const char *place UNUSED, const char *key,
	const char *key2, void *context)
{
	struct ordered_list *list = context;
	GROW(list->v, list->cap, list->n + 1);
	list->v[list->n++] = (struct ordered){ array, key, key2 };
}

struct item {
	struct json *node;       /* of the file */
	const char *key, *key2;  /* as the workspace sees them; NULL: not to be compared */
	size_t place;
};

static int by_keys(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = strcmp(x->key, y->key);
	if (!order && x->key2)
		order = strcmp(x->key2, y->key2);
	return order ? order : x->place < y->place ? -1 : x->place > y->place;
}

/* Sorts the array of the file by the keys of its twin, whose variables are filled in. */
static void sort_twins(const struct ordered *file, const struct ordered *seen,
	struct spacefix_changes *changes)
{
	size_t n = json_len(file->array), i = 0;
	struct item *items = xcalloc(n + 1, sizeof *items);
	const struct json *twin = json_first(seen->array);
	bool moved = false;
	for (struct json *c = json_first(file->array); c && twin; c = json_next(c)) {
		items[i] = (struct item){ c, json_str_or(twin, file->key, ""),
			file->key2 ? json_str_or(twin, file->key2, "") : NULL, i };
		i++;
		twin = json_next(twin);
	}
	if (i == n && n > 1)
		qsort(items, n, sizeof *items, by_keys);
	for (size_t k = 0; k < n; k++)
		moved = moved || items[k].place != k;
	if (moved && i == n) {
		for (size_t k = 0; k < n; k++)
			json_push(file->array, json_detach(items[k].node));
		add(changes, file->array, "sorted by %s%s%s", file->key, file->key2 ? ", " : "",
			file->key2 ? file->key2 : "");
	}
	free(items);
}

/* The configuration with its variables filled in; empty when that is not possible. */
static void see(const struct space *space, const struct bundle *bundle, const char *name,
	struct space *seen)
{
	struct str text = STR_INIT, resolved = STR_INIT;
	struct err why = { 0 };
	*seen = (struct space){ 0 };
	if (bundle) {
		space_print(space, &text);
		if (!bundle_resolve(bundle, str_text(&text), text.n, name, &resolved, &why) ||
		    !space_parse(seen, str_text(&resolved), resolved.n, name, &why))
			*seen = (struct space){ 0 };
	}
	str_free(&text);
	str_free(&resolved);
}

static void sort_all(struct space *space, const struct bundle *bundle, const char *name,
	struct spacefix_changes *changes)
{
	struct ordered_list file = { 0 }, twins = { 0 };
	struct space seen;
	see(space, bundle, name, &seen);
	space_each_array(space->config, collect, &file);
	if (seen.config)
		space_each_array(seen.config, collect, &twins);
	for (size_t i = 0; i < file.n; i++)
		sort_twins(&file.v[i], twins.n == file.n ? &twins.v[i] : &file.v[i], changes);
	free(file.v);
	free(twins.v);
	space_free(&seen);
}

bool spacefix_sort(struct str *text, const char *name, const struct bundle *bundle,
	struct spacefix_changes *changes, struct err *err)
{
	struct space space;
	size_t before = changes->n;
	if (!space_parse(&space, str_text(text), text->n, name, err))
		return false;
	sort_all(&space, bundle, name, changes);
	bool ok = changes->n == before || write_back(text, name, &space, err);
	space_free(&space);
	return ok;
}

/* ---- ids ---- */
struct ids {
	struct json *config;
	struct strlist questions, rules; /* ids are unique within each */
	struct spacefix_changes *changes;
};

static void give_ids(struct json *array, const char *place, const char *key,
	const char *key2 UNUSED, void *context)
{
	struct ids *ids = context;
	bool question = starts_with(place, "config.") || starts_with(place, "benchmarks.");
	struct strlist *used = question ? &ids->questions : &ids->rules;
	if (!streq(key, "id"))
		return;
	for (struct json *c = json_first(array); c; c = json_next(c)) {
		const char *id = json_str_or(c, "id", NULL);
		char fresh[SPACE_ID_SIZE];
		struct str seed = STR_INIT;
		if (!json_is(c, JSON_OBJECT))
			continue;
		if (id && space_id_ok(id) && strlist_add_new(used, id))
			continue;
		str_addf(&seed, "%s ", place);
		json_canonical(c, &seed);
		space_new_id(ids->config, str_text(&seed), fresh);
		add(ids->changes, c, "id %s instead of %s%s", fresh, id ? id : "none",
			id && space_id_ok(id) ? ", which another entry has" : "");
		json_set_str(c, "id", fresh);
		strlist_add(used, fresh);
		str_free(&seed);
	}
}

bool spacefix_ids(struct str *text, const char *name, const struct bundle *bundle,
	struct spacefix_changes *changes, struct err *err)
{
	struct space space;
	size_t before = changes->n;
	if (!space_parse(&space, str_text(text), text->n, name, err))
		return false;
	struct ids ids = { .config = space.config, .changes = changes };
	space_each_array(space.config, give_ids, &ids);
	if (changes->n > before)
		sort_all(&space, bundle, name, changes);
	bool ok = changes->n == before || write_back(text, name, &space, err);
	strlist_free(&ids.questions);
	strlist_free(&ids.rules);
	space_free(&space);
	return ok;
}

/* ---- limits ---- */
#define MOST_NAMED 20

/* How a person knows the entry. */
static void name_entry(struct str *out, const struct json *entry)
{
	static const char *const keys[] = { "identifier", "display_name", "alias", "column_name" };
	static const char *const texts[] = { "question", "content", "sql" };
	for (size_t i = 0; i < countof(keys); i++)
		if (json_str_or(entry, keys[i], NULL)) {
			str_add(out, json_str_or(entry, keys[i], ""));
			return;
		}
	for (size_t i = 0; i < countof(texts); i++)
		if (json_get(entry, texts[i])) {
			struct str text = STR_INIT;
			space_text(json_get(entry, texts[i]), &text);
			size_t n = utf8_fit(str_text(&text), 80);
			str_addf(out, "\"%.*s\"", (int)n, str_text(&text));
			str_free(&text);
			return;
		}
	str_add(out, json_str_or(entry, "id", "an entry"));
}

/* Takes the last `over` entries out, or says that they would be. */
static void cut_array(struct json *array, size_t over, bool cut, const char *limit,
	struct spacefix_changes *changes)
{
	size_t n = json_len(array), kept = over < n ? n - over : 0;
	struct str names = STR_INIT;
	if (!array || n == kept)
		return;
	for (size_t i = kept; i < n && i < kept + MOST_NAMED; i++) {
		if (i > kept)
			str_add(&names, ", ");
		name_entry(&names, json_at(array, i));
	}
	if (n - kept > MOST_NAMED)
		str_addf(&names, " and %zu more", n - kept - MOST_NAMED);
	add(changes, array, "%s %zu of %zu entries (%s): %s", cut ? "cut the last" :
		"would have to lose", n - kept, n, limit, str_text(&names));
	str_free(&names);
	for (size_t i = n; cut && i > kept; i--)
		json_free(json_detach(json_at(array, i - 1)));
}

/* Arrays that share one limit; the first named lose first. */
struct group {
	const char *places[4];
	long limit;
};
static const struct group groups[] = {
	{ { "instructions.example_question_sqls", "instructions.sql_functions", NULL },
	  SPACE_MAX_SLOTS },
	{ { "instructions.sql_snippets.measures", "instructions.sql_snippets.expressions",
	    "instructions.sql_snippets.filters", NULL }, SPACE_MAX_SNIPPETS },
	{ { "benchmarks.questions", NULL }, SPACE_MAX_BENCHMARKS },
	{ { "instructions.text_instructions", NULL }, SPACE_MAX_TEXT_INSTRUCTIONS },
};

static void cut_group(struct json *config, const struct group *group, bool cut,
	struct spacefix_changes *changes)
{
	size_t n = 0, allowed = (size_t)group->limit;
	char limit[40];
	for (size_t i = 0; group->places[i]; i++)
		n += json_len(json_dig(config, group->places[i]));
	if (group->limit == SPACE_MAX_SLOTS &&
	    json_len(json_dig(config, "instructions.text_instructions")))
		allowed--; /* the text instruction takes a slot, too */
	snprintf(limit, sizeof limit, "%ld are allowed", group->limit);
	for (size_t i = 0; group->places[i] && n > allowed; i++) {
		struct json *array = json_dig(config, group->places[i]);
		size_t have = json_len(array), over = n - allowed < have ? n - allowed : have;
		cut_array(array, over, cut, limit, changes);
		n -= over;
	}
}

/* A limit of the message's own (the 50 functions of some workspaces): the arrays that the
 * message is about; when it does not say, functions and benchmark questions. */
static void cut_single(struct json *config, const struct spacefix_limit *limit,
	struct spacefix_changes *changes)
{
	static const struct { const char *place, *word, *other; bool usual; } places[] = {
		{ "instructions.sql_functions", "function", "TVF", true },
		{ "benchmarks.questions", "benchmark", "benchmark", true },
		{ "instructions.example_question_sqls", "example", "instruction", false },
		{ "data_sources.tables", "tables", "table", false },
		{ "data_sources.metric_views", "metric_view", "metric view", false },
		{ "config.sample_questions", "sample", "sample", false },
	};
	const char *about = limit->about ? limit->about : "";
	bool said = false;
	char text[40];
	snprintf(text, sizeof text, "%ld are allowed", limit->limit);
	for (size_t i = 0; i < countof(places); i++)
		said = said || stristr(about, places[i].word) || stristr(about, places[i].other);
	for (size_t i = 0; i < countof(places); i++) {
		struct json *array = json_dig(config, places[i].place);
		bool meant = said ? stristr(about, places[i].word) ||
			stristr(about, places[i].other) : places[i].usual;
		if (meant && json_is(array, JSON_ARRAY) && json_len(array) > (size_t)limit->limit)
			cut_array(array, json_len(array) - (size_t)limit->limit, limit->cut, text,
				changes);
	}
}

bool spacefix_limit(struct str *text, const char *name, const struct spacefix_limit *limit,
	struct spacefix_changes *changes, struct err *err)
{
	struct space space;
	size_t before = changes->n;
	if (!space_parse(&space, str_text(text), text->n, name, err))
		return false;
	for (size_t i = 0; i < countof(groups); i++)
		if (!limit->limit || groups[i].limit == limit->limit)
			cut_group(space.config, &groups[i], limit->cut, changes);
	if (changes->n == before && limit->limit)
		cut_single(space.config, limit, changes);
	bool ok = !limit->cut || changes->n == before || write_back(text, name, &space, err);
	space_free(&space);
	return ok;
}
