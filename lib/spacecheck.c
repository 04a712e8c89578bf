#include "spacecheck.h"

#include "json.h"
#include "mem.h"
#include "space.h"
#include "str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- reporting ------------------------------------------------------------ */

static void add(struct space_problems *out, const char *path, const char *code, const char *format,
	...) PRINTF_LIKE(4, 5);
static void add(struct space_problems *out, const char *path, const char *code, const char *format,
	...)
{
	struct str text = STR_INIT;
	va_list ap;
	if (out->n >= SPACE_MAX_PROBLEMS)
		return;
	va_start(ap, format);
	str_vaddf(&text, format, ap);
	va_end(ap);
	GROW(out->v, out->cap, out->n + 1);
	out->v[out->n++] = (struct space_problem){ xstrdup(path), code, str_take(&text) };
}

/* The same, at the place of a node. */
#define ADD_AT(out, node, code, ...)                                        \
	do {                                                                \
		struct str path_ = STR_INIT;                                \
		json_path((node), &path_);                                  \
		add((out), str_text(&path_), (code), __VA_ARGS__);          \
		str_free(&path_);                                           \
	} while (0)

const struct space_problem *space_problems_find(const struct space_problems *problems,
	const char *code)
{
	for (size_t i = 0; i < problems->n; i++)
		if (streq(problems->v[i].code, code))
			return &problems->v[i];
	return NULL;
}

void space_problems_free(struct space_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		free(problems->v[i].path);
		free(problems->v[i].text);
	}
	free(problems->v);
	*problems = (struct space_problems){ NULL, 0, 0 };
}

/* ---- the shape: which fields there are and of which type ------------------- */

enum shape { OBJECT, LIST, TEXT, LINES, FLAG, NUMBER };
#define NEEDED 1

struct field {
	const char *name;
	enum shape shape;
	const struct field *fields; /* of the object, or of the members of the list */
	int needed;
};

static const struct field question_fields[] = {
	{ "id", TEXT, NULL, NEEDED }, { "question", LINES, NULL, NEEDED }, { NULL, TEXT, NULL, 0 },
};
static const struct field column_fields[] = {
	{ "column_name", TEXT, NULL, NEEDED }, { "description", LINES, NULL, 0 },
	{ "synonyms", LINES, NULL, 0 }, { "exclude", FLAG, NULL, 0 },
	{ "enable_entity_matching", FLAG, NULL, 0 }, { "enable_format_assistance", FLAG, NULL, 0 },
	{ "get_example_values", FLAG, NULL, 0 }, { "build_value_dictionary", FLAG, NULL, 0 },
	{ NULL, TEXT, NULL, 0 },
};
static const struct field table_fields[] = {
	{ "identifier", TEXT, NULL, NEEDED }, { "description", LINES, NULL, 0 },
	{ "column_configs", LIST, column_fields, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field text_fields[] = {
	{ "id", TEXT, NULL, NEEDED }, { "content", LINES, NULL, NEEDED }, { NULL, TEXT, NULL, 0 },
};
static const struct field default_fields[] = {
	{ "values", LINES, NULL, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field parameter_fields[] = {
	{ "name", TEXT, NULL, NEEDED }, { "type_hint", TEXT, NULL, 0 },
	{ "description", LINES, NULL, 0 }, { "default_value", OBJECT, default_fields, 0 },
	{ NULL, TEXT, NULL, 0 },
};
static const struct field example_fields[] = {
	{ "id", TEXT, NULL, NEEDED }, { "question", LINES, NULL, NEEDED },
	{ "sql", LINES, NULL, NEEDED }, { "parameters", LIST, parameter_fields, 0 },
	{ "usage_guidance", LINES, NULL, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field function_fields[] = {
	{ "id", TEXT, NULL, NEEDED }, { "identifier", TEXT, NULL, NEEDED },
	{ "description", LINES, NULL, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field side_fields[] = {
	{ "identifier", TEXT, NULL, NEEDED }, { "alias", TEXT, NULL, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field join_fields[] = {
	{ "id", TEXT, NULL, NEEDED }, { "left", OBJECT, side_fields, NEEDED },
	{ "right", OBJECT, side_fields, NEEDED }, { "sql", LINES, NULL, NEEDED },
	{ "comment", LINES, NULL, 0 }, { "instruction", LINES, NULL, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field snippet_fields[] = {
	{ "id", TEXT, NULL, NEEDED }, { "alias", TEXT, NULL, 0 }, { "display_name", TEXT, NULL, 0 },
	{ "sql", LINES, NULL, NEEDED }, { "synonyms", LINES, NULL, 0 }, { "comment", LINES, NULL, 0 },
	{ "instruction", LINES, NULL, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field snippets_fields[] = {
	{ "filters", LIST, snippet_fields, 0 }, { "expressions", LIST, snippet_fields, 0 },
	{ "measures", LIST, snippet_fields, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field answer_fields[] = {
	{ "format", TEXT, NULL, NEEDED }, { "content", LINES, NULL, NEEDED }, { NULL, TEXT, NULL, 0 },
};
static const struct field benchmark_fields[] = {
	{ "id", TEXT, NULL, NEEDED }, { "question", LINES, NULL, NEEDED },
	{ "answer", LIST, answer_fields, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field config_fields[] = {
	{ "sample_questions", LIST, question_fields, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field sources_fields[] = {
	{ "tables", LIST, table_fields, 0 }, { "metric_views", LIST, table_fields, 0 },
	{ NULL, TEXT, NULL, 0 },
};
static const struct field instructions_fields[] = {
	{ "text_instructions", LIST, text_fields, 0 },
	{ "example_question_sqls", LIST, example_fields, 0 },
	{ "sql_functions", LIST, function_fields, 0 }, { "join_specs", LIST, join_fields, 0 },
	{ "sql_snippets", OBJECT, snippets_fields, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field benchmarks_fields[] = {
	{ "questions", LIST, benchmark_fields, 0 }, { NULL, TEXT, NULL, 0 },
};
static const struct field space_fields[] = {
	{ "version", NUMBER, NULL, NEEDED }, { "config", OBJECT, config_fields, 0 },
	{ "data_sources", OBJECT, sources_fields, 0 },
	{ "instructions", OBJECT, instructions_fields, 0 },
	{ "benchmarks", OBJECT, benchmarks_fields, 0 }, { NULL, TEXT, NULL, 0 },
};

/* Characters (not bytes) of well-formed UTF-8. */
static size_t characters(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void check_string(const struct json *node, struct space_problems *out)
{
	size_t n = characters(json_text(node));
	if (n > SPACE_MAX_STRING)
		ADD_AT(out, node, "too_long", "%zu characters; a string may hold %d", n,
			SPACE_MAX_STRING);
}

static void wrong(const struct json *node, const char *what, struct space_problems *out)
{
	ADD_AT(out, node, "wrong_type", "expected %s, found %s", what,
		json_type_name(json_typeof(node)));
}

static void check_object(const struct json *object, const struct field *fields,
	struct space_problems *out);

static void check_list(const struct json *node, const struct field *fields,
	struct space_problems *out)
{
	if (!json_is(node, JSON_ARRAY)) {
		wrong(node, "array", out);
		return;
	}
	if (json_len(node) > SPACE_MAX_ARRAY)
		ADD_AT(out, node, "too_many", "%zu members; an array may hold %d", json_len(node),
			SPACE_MAX_ARRAY);
	for (const struct json *c = json_first(node); c; c = json_next(c)) {
		if (fields)
			check_object(c, fields, out);
		else if (!json_is(c, JSON_STRING))
			wrong(c, "string", out);
		else
			check_string(c, out);
	}
}

static void check_value(const struct json *node, const struct field *field,
	struct space_problems *out)
{
	switch (field->shape) {
	case OBJECT:
		check_object(node, field->fields, out);
		break;
	case LIST:
		check_list(node, field->fields, out);
		break;
	case LINES:
		check_list(node, NULL, out);
		break;
	case TEXT:
		if (json_is(node, JSON_STRING))
			check_string(node, out);
		else
			wrong(node, "string", out);
		break;
	case FLAG:
		if (!json_is(node, JSON_BOOL))
			wrong(node, "boolean", out);
		break;
	case NUMBER:
		if (!json_is(node, JSON_NUMBER))
			wrong(node, "number", out);
		break;
	}
}

static const struct field *field_named(const struct field *fields, const char *name)
{
	for (; fields->name; fields++)
		if (streq(fields->name, name))
			return fields;
	return NULL;
}

static void check_object(const struct json *object, const struct field *fields,
	struct space_problems *out)
{
	if (!json_is(object, JSON_OBJECT)) {
		wrong(object, "object", out);
		return;
	}
	for (const struct json *c = json_first(object); c; c = json_next(c)) {
		const struct field *field = field_named(fields, json_key(c));
		if (field)
			check_value(c, field, out);
		else
			ADD_AT(out, c, "unknown_field", "Cannot find field: %s", json_key(c));
	}
	for (const struct field *field = fields; field->name; field++)
		if (field->needed && !json_get(object, field->name))
			ADD_AT(out, object, "missing", "%s is missing", field->name);
}

/* ---- ids, names, order ------------------------------------------------------ */

struct id_use {
	const char *id;
	const struct json *node;
};

struct id_set {
	struct id_use *v;
	size_t n, cap;
};

static int by_id_text(const void *a, const void *b)
{
	return strcmp(((const struct id_use *)a)->id, ((const struct id_use *)b)->id);
}

static void collect_ids(struct id_set *set, const struct json *array)
{
	for (const struct json *c = json_first(array); c; c = json_next(c)) {
		const struct json *id = json_get(c, "id");
		if (!json_text(id))
			continue;
		GROW(set->v, set->cap, set->n + 1);
		set->v[set->n++] = (struct id_use){ json_text(id), id };
	}
}

/* Every id in its form; none used twice within the set. Frees the set. */
static void check_ids(struct id_set *set, const char *where, struct space_problems *out)
{
	if (set->n)
		qsort(set->v, set->n, sizeof(*set->v), by_id_text);
	for (size_t i = 0; i < set->n; i++) {
		if (!space_id_ok(set->v[i].id))
			ADD_AT(out, set->v[i].node, "bad_id",
				"id '%s' must be 32 lowercase hexadecimal characters", set->v[i].id);
		if (i && streq(set->v[i].id, set->v[i - 1].id))
			ADD_AT(out, set->v[i].node, "duplicate_id", "id '%s' is used twice in %s",
				set->v[i].id, where);
	}
	free(set->v);
}

static void check_all_ids(const struct json *config, struct space_problems *out)
{
	static const char *const instructions[] = {
		"text_instructions", "example_question_sqls", "sql_functions", "join_specs",
		"sql_snippets.filters", "sql_snippets.expressions", "sql_snippets.measures",
	};
	struct id_set questions = { NULL, 0, 0 }, rules = { NULL, 0, 0 };
	collect_ids(&questions, json_dig(config, "config.sample_questions"));
	collect_ids(&questions, json_dig(config, "benchmarks.questions"));
	check_ids(&questions, "sample_questions and benchmarks.questions", out);
	for (size_t i = 0; i < countof(instructions); i++)
		collect_ids(&rules, json_dig(json_get(config, "instructions"), instructions[i]));
	check_ids(&rules, "instructions", out);
}

static int compare_members(const struct json *a, const struct json *b, const char *key,
	const char *key2)
{
	int order = strcmp(json_str_or(a, key, ""), json_str_or(b, key, ""));
	if (order || !key2)
		return order;
	return strcmp(json_str_or(a, key2, ""), json_str_or(b, key2, ""));
}

static void check_names(const struct json *array, const char *place, const char *key,
	struct space_problems *out)
{
	struct id_set names = { NULL, 0, 0 };
	for (const struct json *c = json_first(array); c; c = json_next(c)) {
		const struct json *name = json_get(c, key);
		if (!json_text(name))
			continue;
		GROW(names.v, names.cap, names.n + 1);
		names.v[names.n++] = (struct id_use){ json_text(name), name };
	}
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_id_text);
	for (size_t i = 1; i < names.n; i++)
		if (streq(names.v[i].id, names.v[i - 1].id))
			ADD_AT(out, names.v[i].node, "duplicate_name", "%s '%s' is there twice in %s", key,
				names.v[i].id, place);
	free(names.v);
}

static void check_order(struct json *array, const char *place, const char *key, const char *key2,
	void *context)
{
	struct space_problems *out = context;
	for (const struct json *c = json_first(array); c && json_next(c); c = json_next(c)) {
		if (compare_members(c, json_next(c), key, key2) <= 0)
			continue;
		if (key2)
			ADD_AT(out, array, "unsorted", "%s must be sorted by (%s, %s)", place, key, key2);
		else
			ADD_AT(out, array, "unsorted", "%s must be sorted by %s", place, key);
		break;
	}
	if (!streq(key, "id"))
		check_names(array, place, key, out);
}

/* ---- identifiers, answers, limits -------------------------------------------- */

bool space_identifier_ok(const char *identifier)
{
	int dots = 0, part = 0, braces = 0;
	bool quoted = false;
	for (const char *s = identifier; *s; s++) {
		if (*s == '`') {
			quoted = !quoted;
		} else if (!quoted && *s == '{') {
			braces++;
		} else if (!quoted && *s == '}') {
			braces--;
		}
		if (*s == '.' && !quoted && !braces) {
			if (!part)
				return false;
			dots++;
			part = 0;
		} else {
			part++;
		}
	}
	return dots == 2 && part && !quoted && !braces;
}

static void check_identifiers(const struct json *array, struct space_problems *out)
{
	for (const struct json *c = json_first(array); c; c = json_next(c)) {
		const struct json *node = json_get(c, "identifier");
		if (json_text(node) && !space_identifier_ok(json_text(node)))
			ADD_AT(out, node, "bad_identifier",
				"'%s' must have three levels: catalog.schema.name", json_text(node));
	}
}

static void check_answers(const struct json *questions, struct space_problems *out)
{
	for (const struct json *c = json_first(questions); c; c = json_next(c)) {
		const struct json *answers = json_get(c, "answer");
		if (!answers)
			continue;
		if (json_len(answers) != 1 ||
			!streq(json_str_or(json_first(answers), "format", ""), "SQL"))
			ADD_AT(out, answers, "bad_answer",
				"a benchmark question must have exactly one answer, with format SQL");
	}
}

static void limit(struct space_problems *out, const char *path, const char *what, size_t n,
	size_t max)
{
	if (n > max)
		add(out, path, "too_many", "%zu %s; a space may have %zu", n, what, max);
}

static void check_limits(const struct json *config, struct space_problems *out)
{
	struct space_counts counts;
	space_count(config, &counts);
	limit(out, "$.instructions.text_instructions", "text instructions",
		json_len(json_dig(config, "instructions.text_instructions")),
		SPACE_MAX_TEXT_INSTRUCTIONS);
	if (counts.functions > SPACE_MAX_FUNCTIONS)
		add(out, "$.instructions.sql_functions", "too_many",
			"Exceeded maximum number (%d) of SQL functions: %zu", SPACE_MAX_FUNCTIONS,
			counts.functions);
	limit(out, "$.instructions", "instructions", counts.instructions, SPACE_MAX_SLOTS);
	limit(out, "$.instructions.sql_snippets", "SQL snippets", counts.snippets,
		SPACE_MAX_SNIPPETS);
	limit(out, "$.benchmarks.questions", "benchmark questions", counts.benchmarks,
		SPACE_MAX_BENCHMARKS);
}

bool space_check(const struct json *config, struct space_problems *problems)
{
	size_t before = problems->n;
	int64_t version = 0;
	check_object(config, space_fields, problems);
	if (json_is(json_get(config, "version"), JSON_NUMBER) &&
		(!json_as_int(json_get(config, "version"), &version) || version < 1 || version > 2))
		ADD_AT(problems, json_get(config, "version"), "bad_version", "version must be 1 or 2");
	check_all_ids(config, problems);
	/* space_each_array hands out what it was given; checking changes nothing. */
	space_each_array((struct json *)(uintptr_t)config, check_order, problems);
	check_identifiers(json_dig(config, "data_sources.tables"), problems);
	check_identifiers(json_dig(config, "data_sources.metric_views"), problems);
	check_identifiers(json_dig(config, "instructions.sql_functions"), problems);
	check_answers(json_dig(config, "benchmarks.questions"), problems);
	check_limits(config, problems);
	return problems->n == before;
}
