#include "load.h"

#include "digest.h"
#include "io.h"
#include "json.h"
#include "jsonl.h"
#include "str.h"
#include "yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loader {
	struct bench *bench;
	const char *name; /* of the file, for places */
	const char *path; /* of the question that is being added; NULL: none */
	struct err *err;
};

void bench_free(struct bench *bench)
{
	for (size_t i = 0; i < bench->n; i++)
		json_free(bench->questions[i].json);
	free(bench->questions);
	arena_free(&bench->arena);
	*bench = (struct bench){ 0 };
}

const char *bench_split(const char *id)
{
	char hex[SHA256_HEX], head[9] = "";
	sha256_hex(id, strlen(id), hex);
	memcpy(head, hex, 8);
	unsigned long percent = strtoul(head, NULL, 16) % 100;
	return percent < 60 ? "train" : percent < 80 ? "val" : "held_out";
}

/* A field with a closed list of values, and what stands when it is absent. */
static const struct closed {
	const char *name, *values, *other;
} closed_fields[] = {
	{ "expected_asset", "MV|TVF|TABLE", NULL },
	{ "priority", "P0|P1|P2", "P1" },
	{ "split", "train|val|held_out", NULL },
	{ "source", "user|synthetic|augmented|arbiter_corrected", "user" },
};

static const char *const list_fields[] = { "required_tables", "required_columns",
	"required_joins", "expected_facts", "warnings" };

static bool one_of(const char *values, const char *value)
{
	size_t n = strlen(value);
	for (const char *p = values; *p; p += strcspn(p, "|"), p += *p == '|')
		if (strcspn(p, "|") == n && memcmp(p, value, n) == 0)
			return true;
	return false;
}

static bool check_closed(struct loader *l, struct json *q)
{
	for (size_t i = 0; i < countof(closed_fields); i++) {
		const struct closed *f = &closed_fields[i];
		const char *value = NULL;
		if (!json_opt_str(q, f->name, &value, l->err))
			return false;
		if (value && !one_of(f->values, value))
			return err_set(l->err, ERR_DATA, "%s: \"%s\" is none of %s", f->name, value, f->values);
		if (!value && f->other)
			json_set_str(q, f->name, f->other);
	}
	return true;
}

static bool is_text_list(const struct json *list)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (!json_text(one))
			return false;
	return json_is(list, JSON_ARRAY);
}

static bool check_lists(struct loader *l, const struct json *q)
{
	for (size_t i = 0; i < countof(list_fields); i++) {
		const struct json *list = json_get(q, list_fields[i]);
		if (list && !json_is(list, JSON_ARRAY) && !json_is(list, JSON_NULL))
			return json_expected(list, "an array", l->err);
	}
	const struct json *sql = json_get(q, "expected_sql");
	if (sql && !json_text(sql) && !is_text_list(sql))
		return json_expected(sql, "SQL text or a list of them", l->err);
	return true;
}

static bool check_fields(struct loader *l, struct json *q)
{
	const char *text = json_need_str(q, "question", l->err);
	if (!text)
		return false;
	if (!*text)
		return err_set(l->err, ERR_DATA, "question: empty");
	return check_closed(l, q) && check_lists(l, q);
}

static bool id_is_new(struct loader *l, const char *id)
{
	for (size_t i = 0; i < l->bench->n; i++)
		if (streq(l->bench->questions[i].id, id))
			return err_set(l->err, ERR_DATA, "id \"%s\" is already used at %s", id,
				       l->bench->questions[i].place);
	return true;
}

/* `id` first, whatever order the source has. */
static struct json *with_id_first(struct json *q, const char *id)
{
	struct json *out = json_new_object();
	json_set_str(out, "id", id);
	for (struct json *child = json_first(q), *next; child; child = next) {
		next = json_next(child);
		char *key = xstrdup(json_key(child));
		if (!streq(key, "id"))
			json_set(out, key, json_detach(child));
		free(key);
	}
	json_free(q);
	return out;
}

static const char *find_id(struct loader *l, struct json *q, const char *domain)
{
	const char *id = NULL;
	if (!json_opt_str(q, "id", &id, l->err) ||
	    (!id && !json_opt_str(q, "question_id", &id, l->err)))
		return NULL;
	if (id && !*id) {
		err_set(l->err, ERR_DATA, "id: empty");
		return NULL;
	}
	return id ? arena_strdup(&l->bench->arena, id) :
		arena_printf(&l->bench->arena, "%s_%03zu", domain, l->bench->n + 1);
}

/* Takes q. */
static bool add(struct loader *l, struct json *q, const char *domain, size_t line)
{
	const char *place = arena_printf(&l->bench->arena, "%s:%zu", l->name, line);
	const char *id = NULL;
	if (!json_is(q, JSON_OBJECT))
		err_set(l->err, ERR_DATA, "expected a question (a map), found %s",
			json_type_name(json_typeof(q)));
	else
		id = find_id(l, q, domain);
	if (!id || !check_fields(l, q) || !id_is_new(l, id)) {
		json_free(q);
		return err_wrap(l->err, id ? "%s: question %s" : "%s", place, id);
	}
	q = with_id_first(q, id);
	if (!json_get(q, "split"))
		json_set_str(q, "split", bench_split(id));
	GROW(l->bench->questions, l->bench->cap, l->bench->n + 1);
	l->bench->questions[l->bench->n++] = (struct question){ .json = q, .id = json_text(json_get(q, "id")),
		.place = place, .file = arena_strdup(&l->bench->arena, l->name), .path = l->path };
	return true;
}

/* The key of a list as a path has it. */
static const char *quoted_key(struct arena *arena, const char *key)
{
	struct str out = STR_INIT;
	str_addc(&out, '"');
	for (const char *p = key; *p; p++) {
		if (*p == '"' || *p == '\\')
			str_addc(&out, '\\');
		str_addc(&out, *p);
	}
	str_addc(&out, '"');
	const char *text = arena_strdup(arena, str_text(&out));
	str_free(&out);
	return text;
}

/* `key` is what holds the list: NULL for the document itself. */
static bool add_list(struct loader *l, const struct yaml_node *list, const char *domain, const char *key)
{
	struct arena *arena = &l->bench->arena;
	const char *above = key ? quoted_key(arena, key) : "";
	if (list->kind == YAML_SCALAR && list->length == 0)
		return true;
	if (list->kind != YAML_SEQ)
		return err_set(l->err, ERR_DATA, "%s:%zu: %s: expected a list of questions", l->name,
			       list->start.line, domain);
	for (size_t i = 0; i < list->n; i++) {
		l->path = arena_printf(arena, "%s[%zu]", above, i);
		if (!add(l, yaml_to_json(list->items[i]), domain, list->items[i]->start.line))
			return false;
	}
	return true;
}

static bool load_yaml(struct loader *l, const struct str *text)
{
	struct yaml *yaml = yaml_parse(str_text(text), text->n, l->name, l->err);
	if (!yaml)
		return false;
	const struct yaml_node *root = yaml_root(yaml);
	bool ok = true;
	if (!root)
		ok = true; /* nothing in it: no questions */
	else if (root->kind == YAML_SEQ)
		ok = add_list(l, root, "question", NULL);
	else if (root->kind != YAML_MAP)
		ok = err_set(l->err, ERR_DATA, "%s:%zu: expected a map or list of questions", l->name,
			     root->start.line);
	else if (yaml_get(root, "benchmarks"))
		ok = add_list(l, yaml_get(root, "benchmarks"), "question", "benchmarks");
	for (size_t i = 0; ok && root && root->kind == YAML_MAP && !yaml_get(root, "benchmarks") &&
	     i < root->n; i++)
		ok = add_list(l, root->items[i], root->keys[i]->value ? root->keys[i]->value : "question",
			      root->keys[i]->value);
	yaml_close(yaml);
	return ok;
}

static bool load_lines(struct loader *l, struct str *text)
{
	struct jsonl in;
	struct json *q;
	enum jsonl_result result = JSONL_END;
	FILE *file = text->n ? fmemopen(text->s, text->n, "rb") : NULL;
	if (!file)
		return true;
	jsonl_init(&in, file, l->name);
	bool ok = true;
	while (ok && (result = jsonl_next(&in, &q, l->err)) == JSONL_RECORD)
		ok = add(l, q, "question", in.line);
	jsonl_close(&in);
	fclose(file);
	return ok && result != JSONL_FAILED;
}

/* JSON Lines: the first line is a whole JSON object of its own. */
static bool looks_like_lines(const char *path, const struct str *text)
{
	const char *start = str_text(text) + strspn(str_text(text), " \t\r\n");
	if (ends_with(path, ".yaml") || ends_with(path, ".yml") || *start != '{')
		return false;
	struct err ignored = { 0 };
	struct json *first = json_parse(start, strcspn(start, "\n"), &ignored);
	bool lines = first && json_get(first, "question");
	json_free(first);
	return lines || ends_with(path, ".jsonl");
}

bool bench_load(struct bench *bench, const char *path, struct err *err)
{
	struct loader l = { .bench = bench, .name = streq(path, "-") ? "standard input" : path, .err = err };
	struct str text;
	str_init(&text, STR_MAX_TEXT);
	bool ok = io_read_file(path, &text, err) &&
		  (looks_like_lines(path, &text) ? load_lines(&l, &text) : load_yaml(&l, &text));
	str_free(&text);
	return ok;
}
