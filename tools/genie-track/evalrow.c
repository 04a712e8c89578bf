#include "evalrow.h"

#include "clock.h"
#include "json.h"
#include "jsonw.h"
#include "rows.h"
#include "str.h"

#include <string.h>

#define MAX_META 24
#define MAX_SPANS 3

static const char *keep_json(struct arena *arena, const struct json *json)
{
	struct str text = STR_INIT;
	const char *out;

	json_print(json, &text);
	out = arena_strndup(arena, str_text(&text), text.n);
	str_free(&text);
	return out;
}

/* ---- assessments ---- */

/* All metadata are texts. */
static size_t asi_metadata(struct arena *arena, const struct json *asi, struct mlflow_kv *kv)
{
	size_t n = 0;

	for (const struct json *f = json_first(asi); f && n < MAX_META; f = json_next(f)) {
		const char *text = json_text(f);

		if (json_is(f, JSON_NULL) || (text && !*text))
			continue;
		kv[n].key = arena_strdup(arena, json_key(f));
		kv[n++].value = text ? arena_strdup(arena, text) : keep_json(arena, f);
	}
	return n;
}

static void assess(struct arena *arena, const struct json *row, const char *judge,
	struct mlflow_assessment *a)
{
	const char *source = json_str_or(row_judge(row, judge), "source", "code");
	const char *value = row_value(row, judge);
	struct mlflow_kv *kv = arena_alloc(arena, MAX_META * sizeof(*kv));
	bool model = starts_with(source, "llm:");

	*a = (struct mlflow_assessment){ .name = arena_strdup(arena, judge),
		.source_type = model ? "LLM_JUDGE" : "CODE",
		.source_id = arena_strdup(arena, model ? source + strlen("llm:") : judge),
		.value = arena_strdup(arena, value),
		.rationale = arena_strdup(arena, row_rationale(row, judge)), .metadata = kv };
	if (streq(value, "unknown")) { /* no verdict: the judge could not tell */
		a->value = NULL;
		a->error = *a->rationale ? a->rationale : "the judge gave no verdict";
	}
	a->nmetadata = asi_metadata(arena, row_asi(row, judge), kv);
}

static void assess_all(struct arena *arena, const struct json *row, struct mlflow_trace *trace)
{
	struct strlist names = { 0 };
	struct mlflow_assessment *list;
	const char *gold = json_str_or(row, "expected_sql", NULL);
	size_t n = 0;

	row_judge_names(row, &names);
	list = arena_alloc(arena, (names.n + 1) * sizeof(*list));
	for (size_t i = 0; i < names.n; i++) {
		const char *value = row_value(row, names.v[i]);

		if (value && !streq(value, "skipped"))
			assess(arena, row, names.v[i], &list[n++]);
	}
	if (gold)
		list[n++] = (struct mlflow_assessment){ .name = "expected_sql",
			.source_type = "HUMAN",
			.source_id = "benchmark", .expectation = true, .value = arena_strdup(arena,
			gold) };
	trace->assessments = list;
	trace->nassessments = n;
	strlist_free(&names);
}

/* ---- spans ---- */

static struct json *pick(const struct json *row, const char *const *fields)
{
	struct json *out = json_new_object();

	for (; *fields; fields++) {
		const struct json *value = json_get(row, *fields);

		if (value && !json_is(value, JSON_NULL))
			json_set(out, *fields, json_dup(value));
	}
	return out;
}

static void spans(const struct evalrow *with, const struct json *row, struct mlflow_trace *t)
{
	static const char *const asked[] = { "question", NULL };
	static const char *const answered[] = { "genie_sql", "genie_text", "status", NULL };
	static const char *const compared[] = { "genie_sql", "expected_sql", NULL };
	struct mlflow_span *s = arena_alloc(with->arena, MAX_SPANS * sizeof(*s));
	int64_t end = t->start_ms + t->duration_ms;
	struct json *input = json_push(with->kept, pick(row, asked));
	struct json *answer = json_push(with->kept, pick(row, answered));
	const struct json *comparison = json_get(row, "comparison");
	const char *failed = t->ok ? NULL : "Genie did not answer";

	s[0] = (struct mlflow_span){ .name = "genie_question", .type = "CHAIN", .parent = -1,
		.start_ms = t->start_ms, .end_ms = end, .inputs = input, .outputs = answer,
		.error = failed };
	s[1] = (struct mlflow_span){ .name = "genie_ask", .type = "AGENT", .parent = 0,
		.start_ms = t->start_ms, .end_ms = end, .inputs = input, .outputs = answer,
		.error = failed };
	t->nspans = 2;
	if (json_is(comparison, JSON_OBJECT)) {
		s[2] = (struct mlflow_span){ .name = "compare_results", .type = "EVALUATOR",
			.parent = 0, .start_ms = end, .end_ms = end,
			.inputs = json_push(with->kept, pick(row, compared)),
			.outputs = json_push(with->kept, json_dup(comparison)) };
		t->nspans = 3;
	}
	t->spans = s;
}

/* ---- the trace ---- */

static const char *preview(struct arena *arena, const char *key, const char *text)
{
	struct json *value = key ? json_new_object() : json_new_str(text);
	const char *out;

	if (key)
		json_set_str(value, key, text);
	out = keep_json(arena, value);
	json_free(value);
	return out;
}

static void put_kv(struct arena *arena, struct mlflow_kv *kv, size_t *n, const char *key,
	const char *value)
{
	if (value && *value)
		kv[(*n)++] = (struct mlflow_kv){ key, arena_strdup(arena, value) };
}

static void describe(const struct evalrow *with, const struct json *row, struct mlflow_trace *t)
{
	static const char *const fields[] = { "space_id", "config_id", "conversation_id",
		"message_id" };
	struct mlflow_kv *meta = arena_alloc(with->arena, (countof(fields) + 1) * sizeof(*meta));
	struct mlflow_kv *tags = arena_alloc(with->arena, 6 * sizeof(*tags));

	put_kv(with->arena, meta, &t->nmetadata, "mlflow.modelId", with->model_id);
	for (size_t i = 0; i < countof(fields); i++)
		put_kv(with->arena, meta, &t->nmetadata, fields[i], json_str_or(row, fields[i],
			NULL));
	put_kv(with->arena, tags, &t->ntags, "mlflow.traceName", "genie_question");
	put_kv(with->arena, tags, &t->ntags, "question_id", row_id(row));
	put_kv(with->arena, tags, &t->ntags, "outcome", row_outcome(row));
	put_kv(with->arena, tags, &t->ntags, "priority", json_str_or(row, "priority", NULL));
	put_kv(with->arena, tags, &t->ntags, "asset", json_str_or(row, "asset", NULL));
	t->metadata = meta;
	t->tags = tags;
}

void evalrow_trace(const struct evalrow *with, const struct json *row, struct mlflow_trace *t)
{
	char *key = arena_printf(with->arena, "%s %lld", row_id(row),
		(long long)json_int_or(row, "replicate", 0));
	const char *sql = json_str_or(row, "genie_sql", "");
	const char *status = json_str_or(row, "status", NULL);

	*t = (struct mlflow_trace){ .request_id = arena_strdup(with->arena, row_id(row)) };
	mlflow_trace_id(with->uuid, key, t->id);
	if (!clock_parse(json_str_or(row, "asked_at", ""), &t->start_ms))
		t->start_ms = with->at_ms;
	t->duration_ms = json_int_or(row, "latency_ms", 0);
	t->ok = status ? streq(status, "COMPLETED") : *sql != '\0';
	t->request = preview(with->arena, "question", row_question(row));
	t->response = preview(with->arena, NULL, *sql ? sql : json_str_or(row, "genie_text", ""));
	describe(with, row, t);
	assess_all(with->arena, row, t);
	spans(with, row, t);
}
