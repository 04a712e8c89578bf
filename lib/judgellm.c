/* From a row to what a model is asked. */
#include "judgellm.h"

#include "json.h"
#include "judgecat.h"
#include "mem.h"
#include "prompt.h"
#include "rows.h"
#include "sqldiff.h"
#include "sqlfacts.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

const char *const judgellm_judges[] = { "schema_accuracy", "logical_accuracy",
	"semantic_equivalence", "completeness", "arbiter", NULL };

/* Caps, in bytes, of what a prompt shows. */
#define MAX_SQL 16000
#define MAX_CATALOG 12000
#define MAX_OBJECT 4000
#define MAX_SAMPLE 3000
#define MAX_CELL 80
#define MAX_TEXT 2000
#define MAX_ITEMS 20
#define MAX_TOKENS 4096 /* of an answer; reasoning counts too */

struct judgellm {
	struct judgellm_input in;
	struct arena arena;
	const char *sql;
	bool equal; /* the same in canonical form */
	const char *differences, *catalog, *gold_sample, *genie_sample, *comparison;
};

static const char *clipped(struct arena *arena, const char *text, size_t cap)
{
	size_t n = utf8_fit(text, cap);
	return text[n] ? arena_printf(arena, "%.*s ...", (int)n, text) : arena_strdup(arena, text);
}

/* ---- the evidence ------------------------------------------------------------- */

static void add_item(struct str *out, const struct sqldiff_item *item)
{
	str_addf(out, "- %s", sqldiff_class_text(item->class));
	if (item->clause && *item->clause)
		str_addf(out, " in %s", item->clause);
	str_addf(out, ": expected %.300s; Genie wrote %.300s%s\n",
		 item->gold && *item->gold ? item->gold : "nothing",
		 item->other && *item->other ? item->other : "nothing",
		 item->consequence ? " (follows from the above)" : "");
}

static void set_differences(struct judgellm *e)
{
	struct sqlcatalog known;
	struct sqldiff diff;
	struct str text = STR_INIT;
	judge_catalog_sql(e->in.catalog, &known);
	sqldiff(&diff, &e->arena, e->in.gold_sql, e->sql, e->in.catalog ? &known : NULL, 0);
	e->equal = diff.comparable && diff.equal;
	if (!diff.comparable)
		str_add(&text, "not known: one of the queries was not understood in full\n");
	else if (diff.equal)
		str_add(&text, "none: the queries have the same canonical form\n");
	else if (diff.permuted)
		str_add(&text, "the order of the selected columns\n");
	for (size_t i = 0; i < diff.n && i < MAX_ITEMS; i++)
		add_item(&text, &diff.item[i]);
	e->differences = arena_strdup(&e->arena, str_text(&text));
	str_free(&text);
}

static void describe_tables(struct judgellm *e, const char *sql, struct strlist *seen,
			    struct str *out)
{
	struct sqlfacts facts;
	sqlfacts(&facts, &e->arena, sql, NULL);
	for (size_t i = 0; i < facts.ntables && out->n < MAX_CATALOG; i++)
		if (strlist_add_new(seen, facts.table[i].name))
			judge_catalog_describe(e->in.catalog, facts.table[i].name, MAX_OBJECT, out);
}

static void set_catalog(struct judgellm *e)
{
	struct strlist seen = { 0 };
	struct str text = STR_INIT;
	describe_tables(e, e->in.gold_sql, &seen, &text);
	describe_tables(e, e->sql, &seen, &text);
	e->catalog = text.n ? clipped(&e->arena, str_text(&text), MAX_CATALOG) : "nothing known\n";
	strlist_free(&seen);
	str_free(&text);
}

/* The first rows as lines of cells. */
static const char *sample_text(struct judgellm *e, const struct json *sample)
{
	struct str out = STR_INIT;
	const struct json *columns = json_get(sample, "columns"), *rows = json_get(sample, "rows");
	if (!json_is(columns, JSON_ARRAY) || !json_is(rows, JSON_ARRAY))
		return "no rows to show\n";
	for (const struct json *c = json_first(columns); c; c = json_next(c))
		str_addf(&out, "%s%s (%s)", c == json_first(columns) ? "" : " | ",
			 json_str_or(c, "name", "?"), json_str_or(c, "type", "?"));
	str_addc(&out, '\n');
	for (const struct json *r = json_first(rows); r && out.n < MAX_SAMPLE; r = json_next(r)) {
		for (const struct json *c = json_first(r); c; c = json_next(c)) {
			const char *text = json_text(c) ? json_text(c) : "NULL";
			str_addf(&out, "%s%.*s", c == json_first(r) ? "" : " | ",
				 (int)utf8_fit(text, MAX_CELL), text);
		}
		str_addc(&out, '\n');
	}
	const char *text = clipped(&e->arena, str_text(&out), MAX_SAMPLE);
	str_free(&out);
	return text;
}

static void set_results(struct judgellm *e)
{
	const struct json *c = json_get(e->in.row, "comparison");
	const char *error = json_str_or(c, "error", "");
	e->gold_sample = sample_text(e, json_get(c, "gt_sample"));
	e->genie_sample = sample_text(e, json_get(c, "genie_sample"));
	if (!json_is(c, JSON_OBJECT)) {
		e->comparison = "the queries were not run";
		return;
	}
	e->comparison = arena_printf(&e->arena, "%s; expected rows %lld, Genie's rows %lld. %s%s%s",
		json_str_or(c, "verdict", "not compared"), (long long)json_int_or(c, "gt_rows", 0),
		(long long)json_int_or(c, "genie_rows", 0), json_str_or(c, "diff", ""),
		*error ? " Error: " : "", clipped(&e->arena, error, MAX_TEXT));
}

struct judgellm *judgellm_new(const struct judgellm_input *input)
{
	struct judgellm *e = xcalloc(1, sizeof *e);
	e->in = *input;
	e->in.gold_sql = input->gold_sql ? input->gold_sql : "";
	e->sql = json_str_or(input->row, "genie_sql", "");
	e->differences = e->catalog = e->gold_sample = e->genie_sample = e->comparison = "";
	if (!*e->in.gold_sql || !*e->sql)
		return e;
	set_differences(e);
	set_catalog(e);
	set_results(e);
	return e;
}

void judgellm_free(struct judgellm *e)
{
	if (!e)
		return;
	arena_free(&e->arena);
	free(e);
}

bool judgellm_disagreement(const struct json *row)
{
	if (!streq(row_value(row, "result_correctness"), "yes"))
		return true;
	for (size_t i = 0; i < JUDGELLM_ARBITER; i++)
		if (row_fails(row, judgellm_judges[i]))
			return true;
	return false;
}

bool judgellm_useful(const struct judgellm *e, const char *judge)
{
	if (!*e->in.gold_sql || !*e->sql)
		return false;
	if (streq(judge, judgellm_judges[JUDGELLM_ARBITER]))
		return judgellm_disagreement(e->in.row);
	return !e->equal;
}

/* ---- the request ---------------------------------------------------------------- */

const char *judgellm_value(void *ctx, const char *name)
{
	struct judgellm *e = ctx;
	const struct json *guidelines = json_get(e->in.row, "guidelines");
	if (streq(name, "question"))
		return clipped(&e->arena, row_question(e->in.row), MAX_TEXT);
	if (streq(name, "guidelines"))
		return clipped(&e->arena, json_text(guidelines) ? json_text(guidelines) : "none",
			MAX_TEXT);
	if (streq(name, "expected_sql"))
		return clipped(&e->arena, e->in.gold_sql, MAX_SQL);
	if (streq(name, "genie_sql"))
		return clipped(&e->arena, e->sql, MAX_SQL);
	if (streq(name, "differences"))
		return e->differences;
	if (streq(name, "catalogue"))
		return e->catalog;
	if (streq(name, "comparison"))
		return e->comparison;
	if (streq(name, "expected_rows"))
		return e->gold_sample;
	return streq(name, "genie_rows") ? e->genie_sample : NULL;
}

static struct json *text_type(struct json *properties, const char *name, const char *about)
{
	struct json *type = json_set(properties, name, json_new_object());
	json_set_str(type, "type", "string");
	json_set_str(type, "description", about);
	return type;
}

static void set_enum(struct json *type, const char *const *names)
{
	struct json *list = json_set(type, "enum", json_new_array());
	for (; *names; names++)
		json_push_str(list, *names);
}

/* Plain types only: not every service that takes schemas takes unions and null. */
struct json *judgellm_schema(const char *judge)
{
	static const char *const verdicts[] = { "yes", "no", "unknown", NULL };
	static const char *const who[] = { "genie_correct", "ground_truth_correct", "both_correct",
					   "neither_correct", "unknown", NULL };
	static const char *const severities[] = { "critical", "major", "minor", "info", NULL };
	bool arbiter = streq(judge, judgellm_judges[JUDGELLM_ARBITER]);
	struct json *schema = json_new_object(), *p, *type, *list;
	json_set_str(schema, "type", "object");
	p = json_set(schema, "properties", json_new_object());
	text_type(p, "rationale", "why, in one to three sentences");
	set_enum(text_type(p, "value", "the verdict"), arbiter ? who : verdicts);
	type = text_type(p, "failure_type", "what kind of failure; none when nothing is wrong");
	list = json_set(type, "enum", json_new_array());
	for (const struct failure_type *t = failure_types; t->name; t++)
		json_push_str(list, t->name);
	json_push_str(list, "none");
	set_enum(text_type(p, "severity", "how bad"), severities);
	type = json_set(p, "confidence", json_new_object());
	json_set_str(type, "type", "number");
	json_set_str(type, "description", "how sure, from 0 to 1");
	text_type(p, "wrong_clause", "the clause to blame: FROM, JOIN, WHERE, ...; or empty");
	type = json_set(p, "blame_set", json_new_object());
	json_set_str(type, "type", "array");
	json_set_str(json_set(type, "items", json_new_object()), "type", "string");
	text_type(p, "quoted_metadata_text", "metadata that misled, word for word; or empty");
	text_type(p, "missing_metadata", "metadata that is not there; or empty");
	type = json_set(p, "ambiguity_detected", json_new_object());
	json_set_str(type, "type", "boolean");
	text_type(p, "expected_value", "what was expected; or empty");
	text_type(p, "actual_value", "what came instead; or empty");
	text_type(p, "counterfactual_fix", "the change of metadata that would have helped");
	text_type(p, "affected_question_pattern", "questions that fail alike; or empty");
	prompt_strict(schema);
	return schema;
}

struct json *judgellm_request(struct judgellm *e, const char *judge, const struct prompt *prompt,
			      struct err *err)
{
	struct json *request = prompt_request(prompt, judgellm_value, e, err);
	if (request)
		prompt_want(request, MAX_TOKENS, judge, judgellm_schema(judge));
	return request;
}
