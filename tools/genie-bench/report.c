#include "report.h"

#include "json.h"
#include "publish.h"
#include "str.h"
#include "validate.h"

static struct json *ids(const struct strlist *list)
{
	struct json *out = json_new_array();
	for (size_t i = 0; i < list->n; i++)
		json_push_str(out, list->v[i]);
	return out;
}

static void count_up(struct json *counts, const char *key)
{
	json_set_int(counts, key, json_int_or(counts, key, 0) + 1);
}

/* How many questions have each value of a field. */
static void add_counts(const struct bench *bench, struct json *document, const char *name,
		       const char *field)
{
	struct json *out = json_set(document, name, json_new_object());
	for (size_t i = 0; i < bench->n; i++)
		count_up(out, json_str_or(bench->questions[i].json, field, "none"));
}

static void add_sources(const struct bench *bench, struct json *document)
{
	struct strlist files = { 0 };
	for (size_t i = 0; i < bench->n; i++)
		strlist_add_new(&files, bench->questions[i].file);
	json_set(document, "sources", ids(&files));
	strlist_free(&files);
}

static void add_coverage(const struct bench *bench, long tables, struct json *document)
{
	if (tables <= 0) {
		json_set(document, "coverage", json_new_null());
		return;
	}
	struct coverage c = check_coverage(bench, tables);
	struct json *out = json_set(document, "coverage", json_new_object());
	json_set_str(out, "size", c.size);
	json_set_int(out, "tables", tables);
	json_set_int(out, "questions", (int64_t)c.questions);
	json_set_int(out, "categories", (int64_t)c.categories);
	json_set_int(out, "need_questions", (int64_t)c.need_questions);
	json_set_int(out, "need_categories", (int64_t)c.need_categories);
	json_set_bool(out, "met", c.met);
	struct json *missing = json_set(out, "missing_categories", json_new_array());
	for (size_t i = 0; bench_categories[i]; i++)
		if (!json_get(json_get(document, "categories"), bench_categories[i]))
			json_push_str(missing, bench_categories[i]);
}

static void add_warnings(const struct bench *bench, struct json *document)
{
	struct json *codes = json_set(document, "warnings", json_new_object());
	struct json *doubtful = json_set(document, "doubtful", json_new_array());
	for (size_t i = 0; i < bench->n; i++) {
		const struct question *q = &bench->questions[i];
		struct json *list = json_new_array();
		for (const struct json *w = json_first(json_get(q->json, "warnings")); w; w = json_next(w)) {
			count_up(codes, json_str_or(w, "code", "none"));
			json_push_str(list, json_str_or(w, "code", "none"));
		}
		if (!json_len(list)) {
			json_free(list);
			continue;
		}
		struct json *one = json_push(doubtful, json_new_object());
		json_set_str(one, "id", q->id);
		json_set(one, "codes", list);
	}
}

static struct json *validation_json(const struct validation *v)
{
	if (!v)
		return json_new_null();
	struct json *out = json_new_object();
	json_set_int(out, "golds", (int64_t)v->golds);
	json_set_int(out, "valid", (int64_t)v->valid);
	json_set(out, "invalid", ids(&v->invalid));
	json_set(out, "empty", ids(&v->empty));
	json_set(out, "non_deterministic", ids(&v->unsettled));
	return out;
}

static struct json *publication_json(const struct publication *p)
{
	if (!p)
		return json_new_null();
	struct json *out = json_new_object();
	json_set_str(out, "space_id", p->space_id);
	json_set(out, "added", ids(&p->added));
	json_set(out, "updated", ids(&p->updated));
	json_set_int(out, "unchanged", (int64_t)p->unchanged);
	json_set(out, "skipped", ids(&p->skipped));
	json_set_int(out, "total", (int64_t)p->total);
	return out;
}

void report_write(const struct bench *bench, const struct report *report, struct json *document)
{
	size_t written = 0;
	for (size_t i = 0; i < bench->n; i++)
		written += bench->questions[i].wanted;
	add_sources(bench, document);
	json_set_str(document, "scope", report->scope);
	json_set_int(document, "questions", (int64_t)bench->n);
	json_set_int(document, "written", (int64_t)written);
	add_counts(bench, document, "splits", "split");
	add_counts(bench, document, "priorities", "priority");
	add_counts(bench, document, "categories", "category");
	add_counts(bench, document, "assets", "expected_asset");
	add_counts(bench, document, "origins", "source");
	add_coverage(bench, report->tables, document);
	add_warnings(bench, document);
	json_set(document, "validation", validation_json(report->validation));
	json_set(document, "publication", publication_json(report->publication));
}
