#include "space.h"

#include "digest.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

static const char *const top_keys[] = {
	"version", "config", "data_sources", "instructions", "benchmarks",
};

/* ---- reading ------------------------------------------------------------ */

/* The layout of the text, so that space_print can follow it. */
static void note_layout(struct space *space, const char *text, size_t n)
{
	const char *newline = memchr(text, '\n', n);
	space->final_newline = n > 0 && text[n - 1] == '\n';
	for (; newline; newline = memchr(newline + 1, '\n', n - (size_t)(newline + 1 - text))) {
		size_t at = (size_t)(newline + 1 - text), spaces = 0;
		while (at + spaces < n && text[at + spaces] == ' ')
			spaces++;
		if (at < n && (spaces > 0 || text[at] == '\t')) {
			space->indent = spaces > 0 && spaces <= 8 ? (int)spaces : 2;
			return;
		}
	}
}

static bool looks_like_config(const struct json *object)
{
	for (size_t i = 0; i < countof(top_keys); i++)
		if (json_get(object, top_keys[i]))
			return true;
	return false;
}

/* "key, key, key" of an object, the first few, to tell what a stranger is. */
static void list_keys(const struct json *object, struct str *out)
{
	size_t n = 0;
	for (const struct json *c = json_first(object); c; c = json_next(c), n++) {
		if (n == 6) {
			str_add(out, ", ...");
			return;
		}
		str_addf(out, "%s%s", n ? ", " : "", json_key(c));
	}
}

static bool refuse(const struct json *object, const char *name, struct err *err)
{
	struct str keys;
	str_init(&keys, 4096);
	list_keys(object, &keys);
	err_set(err, ERR_DATA, "%s: not a Genie space export: none of version, config, data_sources, "
		"instructions, benchmarks or serialized_space is a member (it has: %s)", name,
		json_len(object) ? str_text(&keys) : "nothing");
	str_free(&keys);
	return false;
}

static bool check_sections(const struct json *config, const char *name, struct err *err)
{
	for (size_t i = 1; i < countof(top_keys); i++) {
		const struct json *section = json_get(config, top_keys[i]);
		if (section && !json_is(section, JSON_OBJECT))
			return err_set(err, ERR_DATA, "%s: not a Genie space export: %s is %s, not an object",
				name, top_keys[i], json_type_name(json_typeof(section)));
	}
	return true;
}

static bool take_version(struct space *space, const char *name, struct err *err)
{
	const struct json *node = json_get(space->config, "version");
	int64_t version = 0;
	if (!node)
		return true;
	if (!json_as_int(node, &version) || version < 1 || version > 2)
		return err_set(err, ERR_DATA, "%s: not a Genie space export: version must be 1 or 2", name);
	space->version = (int)version;
	return true;
}

static bool parse_embedded(struct space *space, const char *text, const char *name, struct err *err)
{
	space->config = json_parse(text, strlen(text), err);
	if (space->config)
		return true;
	return err_wrap(err, "%s: in the text of serialized_space", name);
}

/* Finds the configuration in the document and what wraps it. */
static bool unwrap(struct space *space, const char *name, struct err *err)
{
	struct json *document = space->document;
	struct json *serialized = json_get(document, "serialized_space");
	struct json *snapshot = json_get(document, "config");
	if (serialized) {
		if (json_is(serialized, JSON_STRING)) {
			space->wrapper = SPACE_STRING;
			return parse_embedded(space, json_text(serialized), name, err);
		}
		space->wrapper = SPACE_OBJECT;
		space->config = serialized;
	} else if (json_get(document, "config_raw") && json_is(snapshot, JSON_OBJECT)) {
		space->wrapper = SPACE_SNAPSHOT;
		space->config = snapshot;
	} else {
		space->wrapper = SPACE_PLAIN;
		space->config = document;
	}
	return true;
}

static void note_wrapper(struct space *space)
{
	const struct json *document = space->document;
	if (space->wrapper == SPACE_PLAIN)
		return;
	space->space_id = json_text(json_get(document, "space_id"));
	space->title = json_text(json_get(document, "title"));
	space->description = json_text(json_get(document, "description"));
	space->warehouse_id = json_text(json_get(document, "warehouse_id"));
	space->parent_path = json_text(json_get(document, "parent_path"));
	space->etag = json_text(json_get(document, "etag"));
}

static bool fill(struct space *space, const char *name, struct err *err)
{
	if (!json_is(space->document, JSON_OBJECT))
		return err_set(err, ERR_DATA, "%s: not a Genie space export: expected an object, found %s",
			name, json_type_name(json_typeof(space->document)));
	if (!unwrap(space, name, err))
		return false;
	if (!json_is(space->config, JSON_OBJECT))
		return err_set(err, ERR_DATA, "%s: not a Genie space export: serialized_space is %s, "
			"not an object", name, json_type_name(json_typeof(space->config)));
	if (!looks_like_config(space->config))
		return refuse(space->config, name, err);
	if (!check_sections(space->config, name, err) || !take_version(space, name, err))
		return false;
	note_wrapper(space);
	return true;
}

bool space_parse(struct space *space, const char *text, size_t n, const char *name, struct err *err)
{
	*space = (struct space){ .wrapper = SPACE_PLAIN };
	if (n > SPACE_MAX_FILE)
		return err_set(err, ERR_DATA, "%s: longer than %u bytes", name, SPACE_MAX_FILE);
	space->document = json_parse(text, n, err);
	if (!space->document)
		return err_wrap(err, "%s", name);
	note_layout(space, text, n);
	if (fill(space, name, err))
		return true;
	space_free(space);
	return false;
}

bool space_load(struct space *space, const char *path, struct err *err)
{
	struct str text;
	bool ok;
	*space = (struct space){ .wrapper = SPACE_PLAIN };
	str_init(&text, SPACE_MAX_FILE);
	ok = io_read_file(path, &text, err) && space_parse(space, str_text(&text), text.n, path, err);
	str_free(&text);
	return ok;
}

bool space_from_json(struct space *space, const struct json *document, const char *name,
	struct err *err)
{
	*space = (struct space){ .wrapper = SPACE_PLAIN, .indent = 2, .final_newline = true };
	space->document = json_dup(document);
	if (fill(space, name, err))
		return true;
	space_free(space);
	return false;
}

void space_free(struct space *space)
{
	if (space->wrapper == SPACE_STRING)
		json_free(space->config);
	json_free(space->document);
	*space = (struct space){ .wrapper = SPACE_PLAIN };
}

void space_print(const struct space *space, struct str *out)
{
	if (space->wrapper == SPACE_STRING || space->wrapper == SPACE_SNAPSHOT) {
		struct str text = STR_INIT;
		json_print(space->config, &text);
		json_set_str(space->document,
			space->wrapper == SPACE_STRING ? "serialized_space" : "config_raw", str_text(&text));
		str_free(&text);
	}
	if (space->indent > 0)
		json_print_pretty(space->document, space->indent, out);
	else
		json_print(space->document, out);
	if (space->final_newline)
		str_addc(out, '\n');
}

/* ---- arrays with an order ------------------------------------------------ */

static void visit_column_configs(struct json *entries, const char *place, space_visit *visit,
	void *context)
{
	for (struct json *entry = json_first(entries); entry; entry = json_next(entry)) {
		struct json *columns = json_get(entry, "column_configs");
		struct str name = STR_INIT;
		if (!json_is(columns, JSON_ARRAY))
			continue;
		str_addf(&name, "%s(%s).column_configs", place, json_str_or(entry, "identifier", "?"));
		visit(columns, str_text(&name), "column_name", NULL, context);
		str_free(&name);
	}
}

static void visit_parameters(struct json *examples, space_visit *visit, void *context)
{
	for (struct json *example = json_first(examples); example; example = json_next(example)) {
		struct json *parameters = json_get(example, "parameters");
		if (json_is(parameters, JSON_ARRAY))
			visit(parameters, "instructions.example_question_sqls.parameters", "name", NULL,
				context);
	}
}

void space_each_array(struct json *config, space_visit *visit, void *context)
{
	static const struct { const char *place, *key, *key2; } ordered[] = {
		{ "config.sample_questions", "id", NULL },
		{ "data_sources.tables", "identifier", NULL },
		{ "data_sources.metric_views", "identifier", NULL },
		{ "instructions.text_instructions", "id", NULL },
		{ "instructions.example_question_sqls", "id", NULL },
		{ "instructions.sql_functions", "id", "identifier" },
		{ "instructions.join_specs", "id", NULL },
		{ "instructions.sql_snippets.filters", "id", NULL },
		{ "instructions.sql_snippets.expressions", "id", NULL },
		{ "instructions.sql_snippets.measures", "id", NULL },
		{ "benchmarks.questions", "id", NULL },
	};
	for (size_t i = 0; i < countof(ordered); i++) {
		struct json *array = json_dig(config, ordered[i].place);
		if (!json_is(array, JSON_ARRAY))
			continue;
		visit(array, ordered[i].place, ordered[i].key, ordered[i].key2, context);
		if (starts_with(ordered[i].place, "data_sources."))
			visit_column_configs(array, ordered[i].place, visit, context);
		if (ends_with(ordered[i].place, "example_question_sqls"))
			visit_parameters(array, visit, context);
	}
}

static int by_key(const struct json *a, const struct json *b, const char *key)
{
	return strcmp(json_str_or(a, key, ""), json_str_or(b, key, ""));
}

static int by_id(const struct json *a, const struct json *b)
{
	return by_key(a, b, "id");
}

static int by_identifier(const struct json *a, const struct json *b)
{
	return by_key(a, b, "identifier");
}

static int by_column(const struct json *a, const struct json *b)
{
	return by_key(a, b, "column_name");
}

static int by_name(const struct json *a, const struct json *b)
{
	return by_key(a, b, "name");
}

static int by_id_identifier(const struct json *a, const struct json *b)
{
	int order = by_id(a, b);
	return order ? order : by_identifier(a, b);
}

typedef int compare_fn(const struct json *a, const struct json *b);

static compare_fn *order_of(const char *key, const char *key2)
{
	if (key2)
		return by_id_identifier;
	if (streq(key, "identifier"))
		return by_identifier;
	if (streq(key, "column_name"))
		return by_column;
	return streq(key, "name") ? by_name : by_id;
}

static void sort_one(struct json *array, const char *place, const char *key, const char *key2,
	void *context)
{
	compare_fn *compare = order_of(key, key2);
	bool sorted = true;
	(void)place;
	for (struct json *c = json_first(array); c && json_next(c); c = json_next(c))
		sorted = sorted && compare(c, json_next(c)) <= 0;
	if (sorted)
		return;
	json_sort(array, compare);
	*(bool *)context = true;
}

bool space_sort(struct json *config)
{
	bool changed = false;
	space_each_array(config, sort_one, &changed);
	return changed;
}

/* ---- version 1 to 2 ------------------------------------------------------ */

static bool rename_member(struct json *object, const char *from, const char *to)
{
	struct json *value = json_get(object, from);
	if (!value || json_get(object, to))
		return false;
	json_set(object, to, json_dup(value));
	json_remove(object, from);
	return true;
}

static bool migrate_columns(const struct json *entries)
{
	bool changed = false;
	for (struct json *entry = json_first(entries); entry; entry = json_next(entry)) {
		struct json *columns = json_get(entry, "column_configs");
		for (struct json *c = json_first(columns); c; c = json_next(c)) {
			if (!json_is(c, JSON_OBJECT))
				continue;
			changed |= rename_member(c, "get_example_values", "enable_format_assistance");
			changed |= rename_member(c, "build_value_dictionary", "enable_entity_matching");
		}
	}
	return changed;
}

bool space_migrate(struct json *config)
{
	bool changed = false;
	if (json_int_or(config, "version", 0) != 2) {
		json_set_int(config, "version", 2);
		changed = true;
	}
	if (!json_get(config, "data_sources")) {
		json_set(config, "data_sources", json_new_object());
		changed = true;
	}
	changed |= migrate_columns(json_dig(config, "data_sources.tables"));
	changed |= migrate_columns(json_dig(config, "data_sources.metric_views"));
	return changed;
}

/* ---- numbers, ids, digests ----------------------------------------------- */

void space_count(const struct json *config, struct space_counts *counts)
{
	bool text = json_len(json_dig(config, "instructions.text_instructions")) > 0;
	counts->tables = json_len(json_dig(config, "data_sources.tables"));
	counts->metric_views = json_len(json_dig(config, "data_sources.metric_views"));
	counts->functions = json_len(json_dig(config, "instructions.sql_functions"));
	counts->examples = json_len(json_dig(config, "instructions.example_question_sqls"));
	counts->instructions = counts->examples + counts->functions + (text ? 1 : 0);
	counts->benchmarks = json_len(json_dig(config, "benchmarks.questions"));
	counts->joins = json_len(json_dig(config, "instructions.join_specs"));
	counts->snippets = json_len(json_dig(config, "instructions.sql_snippets.filters")) +
		json_len(json_dig(config, "instructions.sql_snippets.expressions")) +
		json_len(json_dig(config, "instructions.sql_snippets.measures"));
	counts->sample_questions = json_len(json_dig(config, "config.sample_questions"));
}

bool space_id_ok(const char *id)
{
	size_t n = strlen(id);
	return n == 32 && strspn(id, "0123456789abcdef") == n;
}

struct id_search {
	const char *id;
	bool found;
};

static void look_for_id(struct json *array, const char *place, const char *key, const char *key2,
	void *context)
{
	struct id_search *search = context;
	(void)place;
	(void)key2;
	if (streq(key, "id") && space_member(array, "id", search->id))
		search->found = true;
}

/* space_each_array hands out what it was given; looking changes nothing. */
static bool has_id(const struct json *config, const char *id)
{
	struct id_search search = { id, false };
	space_each_array((struct json *)(uintptr_t)config, look_for_id, &search);
	return search.found;
}

const char *space_new_id(const struct json *config, const char *seed, char out[SPACE_ID_SIZE])
{
	char hex[SHA256_HEX];
	sha256_hex(seed, strlen(seed), hex);
	memcpy(out, hex, SPACE_ID_SIZE - 1);
	out[SPACE_ID_SIZE - 1] = '\0';
	for (unsigned counter = 1; config && has_id(config, out); counter++) {
		char *again = xasprintf("%s#%u", seed, counter);
		sha256_hex(again, strlen(again), hex);
		memcpy(out, hex, SPACE_ID_SIZE - 1);
		free(again);
	}
	return out;
}

void space_canonical(const struct json *config, struct str *out)
{
	struct json *copy = json_dup(config);
	space_sort(copy);
	json_canonical(copy, out);
	json_free(copy);
}

const char *space_hash(const struct json *config, const struct json *uc, char out[SHA256_HEX])
{
	struct str text = STR_INIT;
	struct sha256 *sha = sha256_new();
	space_canonical(config, &text);
	str_addc(&text, '\n');
	sha256_add(sha, str_text(&text), text.n);
	str_reset(&text);
	if (uc)
		json_canonical(uc, &text);
	sha256_add(sha, str_text(&text), text.n);
	sha256_final(sha, out);
	str_free(&text);
	return out;
}

const char *space_config_id(const char *hash, char out[SPACE_CONFIG_ID_SIZE])
{
	size_t n = strnlen(hash, SPACE_CONFIG_ID_SIZE - 1);
	memcpy(out, hash, n);
	out[n] = '\0';
	return out;
}

/* ---- looking ------------------------------------------------------------- */

static struct json *member_nocase(const struct json *array, const char *key, const char *value)
{
	for (struct json *c = json_first(array); c; c = json_next(c))
		if (strieq(json_str_or(c, key, NULL), value))
			return c;
	return NULL;
}

struct json *space_member(const struct json *array, const char *key, const char *value)
{
	for (struct json *c = json_first(array); c; c = json_next(c))
		if (value && streq(json_str_or(c, key, NULL), value))
			return c;
	return NULL;
}

struct json *space_table(const struct json *config, const char *identifier, bool *metric_view)
{
	struct json *found = member_nocase(json_dig(config, "data_sources.tables"), "identifier",
		identifier);
	if (metric_view)
		*metric_view = !found;
	if (found)
		return found;
	return member_nocase(json_dig(config, "data_sources.metric_views"), "identifier", identifier);
}

struct json *space_column(const struct json *table, const char *column)
{
	return member_nocase(json_get(table, "column_configs"), "column_name", column);
}

struct json *space_array(struct json *config, const char *dotted, bool make)
{
	struct json *at = config;
	const char *key = dotted;
	while (at) {
		const char *dot = strchr(key, '.');
		char *name = xstrndup(key, dot ? (size_t)(dot - key) : strlen(key));
		struct json *next = json_get(at, name);
		if (!next && make && json_is(at, JSON_OBJECT))
			next = json_set(at, name, dot ? json_new_object() : json_new_array());
		free(name);
		at = next;
		if (!dot)
			return json_is(at, JSON_ARRAY) ? at : NULL;
		key = dot + 1;
	}
	return NULL;
}

void space_text(const struct json *lines, struct str *out)
{
	if (json_text(lines))
		str_add(out, json_text(lines));
	for (const struct json *c = json_is(lines, JSON_ARRAY) ? json_first(lines) : NULL; c;
		c = json_next(c))
		if (json_text(c))
			str_add(out, json_text(c));
}

struct json *space_lines(const char *text)
{
	struct json *lines = json_new_array();
	while (*text) {
		const char *newline = strchr(text, '\n');
		size_t n = newline ? (size_t)(newline + 1 - text) : strlen(text);
		json_push(lines, json_new_strn(text, n));
		text += n;
	}
	return lines;
}

/* ---- table properties ------------------------------------------------------ */

bool space_property_counts(const char *name)
{
	static const char *const engine[] = { "delta.columnMapping.maxColumnId", "delta.feature.",
		"delta.lastCommitTimestamp", "delta.lastUpdateVersion", "delta.minReaderVersion",
		"delta.minWriterVersion", "delta.rowTracking.", "numFiles", "numRows", "option.",
		"pipelines.", "rawDataSize", "spark.", "totalSize", "transient_lastDdlTime",
		"view." };

	for (size_t i = 0; i < countof(engine); i++)
		if (starts_with(name, engine[i]))
			return false;
	return true;
}
