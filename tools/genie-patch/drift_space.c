/* The parts of a space's configuration: every item of every array that has keys, and of tables
 * every member of theirs and of their columns. */
#include "drift.h"

#include "bundle.h"
#include "json.h"
#include "jsonedit.h"
#include "ops.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define REST "" /* what stands in none of the arrays */

static const struct {
	const char *place, *key;
} places[] = {
	{ "config.sample_questions", "id" },
	{ "data_sources.tables", "identifier" },
	{ "data_sources.metric_views", "identifier" },
	{ "instructions.text_instructions", "id" },
	{ "instructions.example_question_sqls", "id" },
	{ "instructions.sql_functions", "id" },
	{ "instructions.join_specs", "id" },
	{ "instructions.sql_snippets.filters", "id" },
	{ "instructions.sql_snippets.expressions", "id" },
	{ "instructions.sql_snippets.measures", "id" },
	{ "benchmarks.questions", "id" },
};

struct part {
	struct spot spot; /* owned by the part */
	char *text;
};
struct parts {
	struct part *v;
	size_t n, cap;
};

static void parts_free(struct parts *parts)
{
	for (size_t i = 0; i < parts->n; i++) {
		free(parts->v[i].spot.id);
		free(parts->v[i].spot.column);
		free(parts->v[i].spot.member);
		free(parts->v[i].text);
	}
	free(parts->v);
}

static void add(struct parts *parts, const struct spot *spot, const struct json *value)
{
	struct str text = STR_INIT;
	json_canonical(value, &text);
	GROW(parts->v, parts->cap, parts->n + 1);
	parts->v[parts->n++] = (struct part){ .text = str_take(&text), .spot =
		{ spot->place, spot->key,
		xstrdup(spot->id), xstrdup(spot->column), xstrdup(spot->member) } };
}

static void members(struct parts *parts, struct spot spot, const struct json *item,
	const char *name)
{
	for (const struct json *m = json_first(item); m; m = json_next(m)) {
		spot.member = (char *)(uintptr_t)json_key(m);
		if (!streq(spot.member, name) && !streq(spot.member, "column_configs"))
			add(parts, &spot, m);
	}
}

/* The members of a table, then those of its columns. */
static void table_parts(struct parts *parts, struct spot spot, const struct json *table)
{
	members(parts, spot, table, spot.key);
	const struct json *columns = json_get(table, "column_configs");
	for (const struct json *c = json_first(columns); c; c = json_next(c)) {
		spot.column = (char *)(uintptr_t)json_str_or(c, "column_name", "");
		members(parts, spot, c, "column_name");
	}
}

/* Texts are lists that are joined: where they are cut does not matter. (Not the `sql` of a join,
 * whose elements stand for themselves.) */
static void join_texts(struct json *item, const char *place)
{
	static const char *const texts[] = { "content", "question", "description", "sql" };
	size_t n = countof(texts) - !streq(place, "instructions.example_question_sqls");
	for (size_t i = 0; i < n; i++) {
		struct str text = STR_INIT;
		if (!json_is(json_get(item, texts[i]), JSON_ARRAY))
			continue;
		space_text(json_get(item, texts[i]), &text);
		json_set(item, texts[i], space_lines(str_text(&text)));
		str_free(&text);
	}
}

/* Empties the arrays on the way: what is left is the rest. */
static void parts_of(struct parts *parts, struct json *config)
{
	space_migrate(config);
	space_sort(config);
	for (size_t i = 0; i < countof(places); i++) {
		struct json *array = space_array(config, places[i].place, true);
		while (json_first(array)) {
			struct json *item = json_detach(json_first(array));
			struct spot spot = { .place = places[i].place, .key = places[i].key,
				.id = (char *)(uintptr_t)json_str_or(item, places[i].key, "") };
			join_texts(item, spot.place);
			add(parts, &spot, item);
			if (streq(spot.key, "identifier"))
				table_parts(parts, spot, item);
			json_free(item);
		}
	}
	add(parts, &(struct spot){ .place = REST, .key = "", .id = (char *)(uintptr_t)"" }, config);
}

static const char *text_at(const struct parts *parts, const struct spot *spot)
{
	for (size_t i = 0; i < parts->n; i++) {
		const struct spot *s = &parts->v[i].spot;
		if (streq(s->place, spot->place) && streq(s->id, spot->id) &&
		    streq(s->column, spot->column) && streq(s->member, spot->member))
			return parts->v[i].text;
	}
	return NULL;
}

static char *spot_path(const struct spot *s)
{
	struct str path = STR_INIT;
	str_add(&path, s->place);
	if (*s->id)
		str_addf(&path, "[%s=\"%s\"]", s->key, s->id);
	if (s->column)
		str_addf(&path, ".column_configs[column_name=\"%s\"]", s->column);
	if (s->member)
		str_addf(&path, ".%s", s->member);
	return str_take(&path);
}

/* ---- comparing ---- */
struct three {
	struct parts live, repo, then;
	bool known;
};

/* A table as a whole counts when one side lacks it, its members when all have it. */
static bool counts(const struct three *t, const struct spot *spot, bool all)
{
	struct spot whole = *spot;
	whole.column = whole.member = NULL;
	if (!streq(spot->key, "identifier"))
		return true;
	bool each = text_at(&t->live, &whole) && text_at(&t->repo, &whole) &&
		(!all || text_at(&t->then, &whole));
	return each == (spot->member != NULL);
}

static void compare(struct drift *drift, const struct drift_item *like, const struct three *t,
		    const struct spot *spot)
{
	if (!counts(t, spot, drift->all))
		return;
	struct drift_item item = { .known = t->known, .file = xstrdup(like->file),
		.path = spot_path(spot), .then = xstrdup(text_at(&t->then, spot)),
		.spot = { spot->place, spot->key, xstrdup(spot->id), xstrdup(spot->column),
			xstrdup(spot->member) },
		.what = { .kind = LIVE_SPACE, .name = xstrdup(like->what.name), .column =
		xstrdup(""),
			.key = xstrdup(""), .before = xstrdup(text_at(&t->live, spot)),
			.after = xstrdup(text_at(&t->repo, spot)) } };
	drift_add(drift, &item);
}

/* Takes the configurations to pieces; then may be NULL. */
static void compare_configs(struct drift *drift, const struct drift_item *like, struct json *live,
	struct json *repo, struct json *then)
{
	struct three t = { .known = then != NULL };
	parts_of(&t.live, live);
	parts_of(&t.repo, repo);
	if (then)
		parts_of(&t.then, then);
	for (size_t i = 0; i < t.repo.n; i++)
		compare(drift, like, &t, &t.repo.v[i].spot);
	for (size_t i = 0; i < t.live.n; i++)
		if (!text_at(&t.repo, &t.live.v[i].spot))
			compare(drift, like, &t, &t.live.v[i].spot);
	for (size_t i = 0; (drift->lost || drift->all) && i < t.then.n; i++)
		if (!text_at(&t.repo, &t.then.v[i].spot) && !text_at(&t.live, &t.then.v[i].spot))
			compare(drift, like, &t, &t.then.v[i].spot);
	parts_free(&t.live);
	parts_free(&t.repo);
	parts_free(&t.then);
}

/* What of the export's configuration the spot is about; of what it lacks, where it would go. */
static const struct json *node_at(struct json *config, const struct spot *spot)
{
	const struct json *array = *spot->place ? space_array(config, spot->place, false) : config;
	const struct json *item = space_member(array, spot->key, spot->id);
	if (!item)
		return array ? array : config;
	const struct json *columns = spot->column ? json_get(item, "column_configs") : NULL;
	const struct json *column = space_member(columns, "column_name", spot->column);
	item = column ? column : columns ? columns : item;
	const struct json *member = spot->member ? json_get(item, spot->member) : NULL;
	return member ? member : item;
}

/* The lines of the items from `first` on. A configuration within a string has that one. */
static void find_lines(struct drift *drift, size_t first, const struct space *space,
	const struct str *text)
{
	bool inside = space->wrapper != SPACE_STRING;
	for (size_t i = first; i < drift->n; i++)
		drift->v[i].line = json_edit_line(str_text(text), space->document, inside ?
			node_at(space->config, &drift->v[i].spot) :
			json_get(space->document, "serialized_space"));
}

bool drift_space(struct drift *drift, struct state *state, const struct json *snapshot,
	struct err *err)
{
	const struct bundle_space *export = ops_export(state, err);
	struct live *live = export ?
		state_live(state, LIVE_SPACE, state->space_id, NULL, NULL, err) : NULL;
	struct str text = STR_INIT;
	struct space space = { 0 };
	bool ok = live && bundle_read(state->bundle, export->path, &text, err) &&
		space_parse(&space, str_text(&text), text.n, export->path, err);
	struct json *config = ok ? json_parse(live->before, strlen(live->before), err) : NULL;
	if (config) {
		struct json *then = json_get(snapshot, "config") ?
			json_dup(json_get(snapshot, "config")) :
			NULL;
		struct json *repo = json_dup(space.config);
		struct drift_item like = { .file = (char *)(uintptr_t)export->path,
			.what = { .name = live->name } };
		size_t first = drift->n;
		compare_configs(drift, &like, config, repo, then);
		find_lines(drift, first, &space, &text);
		json_free(repo);
		json_free(then);
	}
	json_free(config);
	space_free(&space);
	str_free(&text);
	return config != NULL;
}

/* ---- setting one part ---- */
/* The member of the array with this key, made when asked for. */
static struct json *item_at(struct json *array, const char *key, const char *id, bool make)
{
	struct json *item = space_member(array, key, id);
	if (!item && make && array) {
		item = json_push(array, json_new_object());
		json_set_str(item, key, id);
	}
	return item;
}

static void put_item(struct json *array, const struct spot *spot, struct json *value)
{
	struct json *item = space_member(array, spot->key, spot->id);
	if (item && value)
		json_replace(item, value);
	else if (item)
		json_free(json_detach(item));
	else if (value)
		json_push(array, value);
}

bool spot_put(struct json *config, const struct spot *spot, const char *text)
{
	struct err ignored = { 0 };
	struct json *value = text ? json_parse(text, strlen(text), &ignored) : NULL;
	struct json *array = *spot->place ? space_array(config, spot->place, text != NULL) : NULL;
	if ((text && !value) || !*spot->place) {
		json_free(value);
		return false;
	}
	struct json *item = spot->member ? item_at(array, spot->key, spot->id, text != NULL) : NULL;
	if (item && spot->column) {
		if (!json_get(item, "column_configs") && text)
			json_set(item, "column_configs", json_new_array());
		item = item_at(json_get(item, "column_configs"), "column_name", spot->column,
			       text != NULL);
	}
	if (!spot->member)
		put_item(array, spot, value);
	else if (item && value)
		json_set(item, spot->member, value);
	else if (item)
		json_remove(item, spot->member);
	space_sort(config);
	return true;
}
