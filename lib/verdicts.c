#include "verdicts.h"

#include "json.h"
#include "jsonskim.h"
#include "rows.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

const char *verdict_source_name(enum verdict_source source)
{
	static const char *const names[VERDICT_NSOURCES] = { "judges", "columns", "assessments",
		"asi_table", "rationale", "outcome", "askings" };
	return names[source];
}

void verdicts_free(struct verdicts *verdicts)
{
	arena_free(&verdicts->arena);
}

static void empty(struct verdicts *out)
{
	struct arena arena = out->arena;
	arena_reset(&arena);
	out->question_id = out->split = out->sql_hash = "";
	out->asset = "NONE";
	out->outcome = "fail";
	out->question = out->genie_sql = out->expected_sql = (struct verdict_raw){ "", 0, false };
	out->replicate = false;
	out->n = 0;
	out->arena = arena;
}

static struct verdict blank(const char *judge)
{
	return (struct verdict){ .judge = judge, .value = "", .rationale = "", .failure_type = "",
		.severity = "", .wrong_clause = "", .fix = "", .pattern = "", .actual = "",
		.confidence = -1 };
}

static bool value_fails(const char *value)
{
	return streq(value, "no") || streq(value, "ground_truth_correct")
		|| streq(value, "neither_correct");
}

static void settle(struct verdict *v)
{
	v->has_asi = *v->failure_type || v->nblame || *v->fix;
}

const char *verdicts_text(struct verdicts *verdicts, const struct verdict_raw *raw)
{
	if (!raw->quoted)
		return raw->s;
	if (!memchr(raw->s, '\\', raw->n))
		return arena_strndup(&verdicts->arena, raw->s + 1, raw->n - 2);
	struct err ignored = { 0 };
	struct json *json = json_parse(raw->s, raw->n, &ignored);
	const char *text = arena_strdup(&verdicts->arena, json_text(json));
	json_free(json);
	return text ? text : "";
}

/* ---- from a row ---- */

static enum verdict_source source_of(const struct json *judge)
{
	const char *from = json_str_or(judge, "asi_from", "judges");
	for (int i = 0; i < VERDICT_NSOURCES; i++)
		if (streq(from, verdict_source_name((enum verdict_source)i)))
			return (enum verdict_source)i;
	return VERDICT_JUDGES;
}

static void read_blame(struct verdicts *out, struct verdict *v, const struct json *set)
{
	size_t n = json_is(set, JSON_ARRAY) ? json_len(set) : 0;
	v->blame = n ? arena_alloc(&out->arena, n * sizeof *v->blame) : NULL;
	for (const struct json *one = n ? json_first(set) : NULL; one; one = json_next(one))
		if (json_text(one) && *json_text(one))
			v->blame[v->nblame++] = json_text(one);
}

static void read_judge(struct verdicts *out, const struct json *judge, const char *name)
{
	const struct json *asi = json_get(judge, "asi");
	struct verdict *v = &out->v[out->n++];
	*v = blank(name);
	v->value = json_str_or(judge, "value", "");
	v->rationale = json_str_or(judge, "rationale", "");
	v->failure_type = json_str_or(asi, "failure_type", "");
	v->severity = json_str_or(asi, "severity", "");
	v->wrong_clause = json_str_or(asi, "wrong_clause", "");
	v->fix = json_str_or(asi, "counterfactual_fix", "");
	v->pattern = json_str_or(asi, "affected_question_pattern", "");
	v->actual = json_str_or(asi, "actual_value", "");
	v->confidence = json_num_or(asi, "confidence", -1);
	read_blame(out, v, json_get(asi, "blame_set"));
	v->source = source_of(judge);
	settle(v);
}

static struct verdict_raw plain(const char *text)
{
	return (struct verdict_raw){ text, strlen(text), false };
}

void verdicts_of_row(struct verdicts *out, const struct json *row)
{
	struct strlist names = { 0 };
	empty(out);
	out->question_id = row_id(row);
	out->split = json_str_or(row, "split", "");
	out->asset = json_str_or(row, "asset", "NONE");
	out->sql_hash = json_str_or(row, "sql_hash", "");
	out->outcome = row_outcome(row);
	out->question = plain(row_question(row));
	out->genie_sql = plain(json_str_or(row, "genie_sql", ""));
	out->expected_sql = plain(json_str_or(row, "expected_sql", ""));
	out->replicate = json_typeof(json_get(row, "replicate")) != JSON_NULL;
	row_judge_names(row, &names);
	for (size_t i = 0; i < names.n && out->n < VERDICTS_MAX; i++) {
		const struct json *judge = row_judge(row, names.v[i]);
		if (value_fails(json_str_or(judge, "value", "")))
			read_judge(out, judge, json_key(judge));
	}
	strlist_free(&names);
}

/* ---- from a line ---- */

enum top { TOP_ID, TOP_QUESTION, TOP_SPLIT, TOP_ASSET, TOP_OUTCOME, TOP_HASH, TOP_GENIE,
	TOP_EXPECTED, TOP_REPLICATE, NTOP };
enum said { SAID_VALUE, SAID_RATIONALE, SAID_TYPE, SAID_SEVERITY, SAID_CONFIDENCE, SAID_CLAUSE,
	SAID_BLAME, SAID_FIX, SAID_PATTERN, SAID_ACTUAL, NSAID };

static const char *const top_names[NTOP] = { "question_id", "question", "split", "asset", "outcome",
	"sql_hash", "genie_sql", "expected_sql", "replicate" };
static const char *const said_names[NSAID] = { "value", "rationale", "failure_type", "severity",
	"confidence", "wrong_clause", "blame_set", "counterfactual_fix",
		"affected_question_pattern",
	"actual_value" };

struct span {
	const char *s; /* NULL: not seen */
	size_t n;
};

struct line {
	struct verdicts *out;
	struct span top[NTOP], said[NSAID];
	struct span judge;                /* whose said it is; s NULL: none yet */
	struct span names[VERDICTS_MAX]; /* judges seen */
	size_t nnames;
	bool right, arbiter_right;
};

static int find(const struct json_at *at, const char *const *names, int from, int to)
{
	for (int i = from; i < to; i++)
		if (json_at_is(at, names[i]))
			return i;
	return -1;
}

/* What makes a row another form than the plain one. */
static bool is_foreign(const struct json_at *at)
{
	static const char *const names[] = { "inputs", "assessments", "trace", "trace_info",
		"info" };
	return memchr(at->key, '/', at->n) || find(at, names, 0, countof(names)) >= 0;
}

static enum json_part choose(const struct json_at *at)
{
	if (!at->up) {
		if (json_at_is(at, "judges"))
			return JSON_ENTER;
		return find(at, top_names, 0, NTOP) >= 0 || is_foreign(at) ? JSON_KEEP : JSON_PASS;
	}
	if (!at->up->up)
		return JSON_ENTER;
	if (at->up->up->up)
		return find(at, said_names, SAID_TYPE, NSAID) >= 0 ? JSON_KEEP : JSON_PASS;
	if (json_at_is(at, "asi"))
		return JSON_ENTER;
	return find(at, said_names, 0, SAID_TYPE) >= 0 || json_at_is(at, "metadata")
		|| json_at_is(at, "asi_from") ? JSON_KEEP : JSON_PASS;
}

/* A string's text; "" for what is absent or null. False: something else. */
static bool text(struct verdicts *out, struct span span, const char **to)
{
	struct verdict_raw raw = { span.s, span.n, true };
	*to = "";
	if (!span.s || (span.n == 4 && memcmp(span.s, "null", 4) == 0))
		return true;
	if (*span.s != '"')
		return false;
	*to = verdicts_text(out, &raw);
	return true;
}

/* ["a","b"] without anything else in it. */
static bool blame(struct verdicts *out, struct verdict *v, struct span span)
{
	size_t most = 1;
	if (!span.s || (span.n == 4 && memcmp(span.s, "null", 4) == 0))
		return true;
	const char *p = span.s, *end = p + span.n;
	if (*p++ != '[' || memchr(span.s, '\\', span.n))
		return false;
	for (const char *q = p; (q = memchr(q, ',', (size_t)(end - q))); q++)
		most++;
	v->blame = arena_alloc(&out->arena, most * sizeof *v->blame);
	while (p < end - 1) {
		const char *close = *p == '"' ? memchr(p + 1, '"', (size_t)(end - p - 1)) : NULL;
		if (!close && !strchr(" ,\t", *p))
			return false;
		if (close && close > p + 1)
			v->blame[v->nblame++] = arena_strndup(&out->arena, p + 1,
				(size_t)(close - p - 1));
		p = close ? close + 1 : p + 1;
	}
	return true;
}

static bool confidence(struct verdict *v, struct span span)
{
	char number[32];
	if (!span.s || (span.n == 4 && memcmp(span.s, "null", 4) == 0))
		return true;
	if (span.n >= sizeof number || *span.s == '"' || !strchr("-0123456789", *span.s))
		return false;
	memcpy(number, span.s, span.n);
	number[span.n] = '\0';
	v->confidence = strtod(number, NULL);
	return true;
}

static bool span_is(struct span span, const char *word)
{
	size_t n = strlen(word);
	return span.n == n + 2 && *span.s == '"' && memcmp(span.s + 1, word, n) == 0;
}

static bool keep(struct line *line)
{
	struct verdicts *out = line->out;
	const struct span *said = line->said;
	if (out->n == VERDICTS_MAX)
		return false;
	struct verdict *v = &out->v[out->n++];
	*v = blank(arena_strndup(&out->arena, line->judge.s, line->judge.n));
	bool ok = text(out, said[SAID_VALUE], &v->value)
		&& text(out, said[SAID_RATIONALE], &v->rationale)
		&& text(out, said[SAID_TYPE], &v->failure_type)
		&& text(out, said[SAID_SEVERITY], &v->severity)
		&& text(out, said[SAID_CLAUSE], &v->wrong_clause)
		&& text(out, said[SAID_FIX], &v->fix) && text(out, said[SAID_PATTERN], &v->pattern)
		&& text(out, said[SAID_ACTUAL], &v->actual)
		&& confidence(v, said[SAID_CONFIDENCE]) && blame(out, v, said[SAID_BLAME]);
	settle(v);
	return ok;
}

/* The judge that was read is complete. */
static bool end_judge(struct line *line)
{
	static const char *const fail[] = { "no", "ground_truth_correct", "neither_correct" };
	static const char *const other[] = { "yes", "unknown", "skipped", "genie_correct",
		"both_correct" };
	struct span value = line->said[SAID_VALUE];
	if (!line->judge.s)
		return true;
	if (!value.s)
		return false;
	for (size_t i = 0; i < countof(fail); i++)
		if (span_is(value, fail[i]))
			return keep(line);
	for (size_t i = 0; i < countof(other); i++) {
		if (!span_is(value, other[i]))
			continue;
		bool arbiter = line->judge.n == 7 && memcmp(line->judge.s, "arbiter", 7) == 0;
		line->right |= i == 0 && line->judge.n == 18
			&& memcmp(line->judge.s, "result_correctness", 18) == 0;
		line->arbiter_right |= arbiter && i >= 3;
		return true;
	}
	return false;
}

static bool begin_judge(struct line *line, const struct json_at *at)
{
	struct span name = { at->key, at->n };
	if (!end_judge(line) || line->nnames == VERDICTS_MAX)
		return false;
	if ((at->n > 6 && memcmp(at->key + at->n - 6, "_judge", 6) == 0)
	    || (at->n > 7 && memcmp(at->key + at->n - 7, "_scorer", 7) == 0))
		return false;
	for (size_t i = 0; i < line->nnames; i++)
		if (line->names[i].n == name.n && memcmp(line->names[i].s, name.s, name.n) == 0)
			return false;
	line->names[line->nnames++] = line->judge = name;
	memset(line->said, 0, sizeof line->said);
	return true;
}

static bool put(struct span *to, const char *value, size_t n)
{
	if (to->s)
		return false; /* twice */
	*to = (struct span){ value, n };
	return true;
}

static bool see(void *context, const struct json_at *at, const char *value, size_t n)
{
	struct line *line = context;
	const struct json_at *judge = at->up;
	if (!judge) {
		int i = find(at, top_names, 0, NTOP);
		return i >= 0 && put(&line->top[i], value, n);
	}
	if (!judge->up)
		return false; /* a judge that is no object */
	bool asi = judge->up->up != NULL;
	judge = asi ? judge->up : judge;
	if (line->judge.s != judge->key && !begin_judge(line, judge))
		return false;
	int i = asi ? find(at, said_names, SAID_TYPE, NSAID) : find(at, said_names, 0, SAID_TYPE);
	return i >= 0 ? put(&line->said[i], value, n) :
		json_at_is(at, "asi") && n == 4 && memcmp(value, "null", 4) == 0;
}

static int judge_rank(const char *name)
{
	int i = 0;
	while (row_judges[i] && !streq(row_judges[i], name))
		i++;
	return i;
}

static void sort(struct verdicts *out)
{
	for (size_t i = 1; i < out->n; i++) {
		struct verdict one = out->v[i];
		int rank = judge_rank(one.judge);
		size_t to = i;
		for (; to > 0; to--) {
			int other = judge_rank(out->v[to - 1].judge);
			if (other < rank || (other == rank && strcmp(out->v[to - 1].judge,
				one.judge) <= 0))
				break;
			out->v[to] = out->v[to - 1];
		}
		out->v[to] = one;
	}
}

static bool raw(struct span span, struct verdict_raw *to)
{
	if (span.s && *span.s == '"')
		*to = (struct verdict_raw){ span.s, span.n, true };
	return !span.s || *span.s == '"' || *span.s == 'n';
}

static bool finish(struct line *line)
{
	struct verdicts *out = line->out;
	const struct span *top = line->top;
	const char *outcome;
	if (!text(out, top[TOP_ID], &out->question_id) || !*out->question_id
	    || !text(out, top[TOP_SPLIT], &out->split) || !text(out, top[TOP_ASSET], &out->asset)
	    || !text(out, top[TOP_HASH], &out->sql_hash) || !text(out, top[TOP_OUTCOME], &outcome)
	    || !raw(top[TOP_QUESTION], &out->question) || !raw(top[TOP_GENIE], &out->genie_sql)
	    || !raw(top[TOP_EXPECTED], &out->expected_sql))
		return false;
	if (!*out->asset)
		out->asset = top[TOP_ASSET].s && *top[TOP_ASSET].s == '"' ? "" : "NONE";
	out->replicate = top[TOP_REPLICATE].s && *top[TOP_REPLICATE].s != 'n';
	if (streq(outcome, "pass") || streq(outcome, "fail") || streq(outcome, "excluded"))
		out->outcome = outcome;
	else
		out->outcome = line->right || line->arbiter_right ? "pass" : "fail";
	sort(out);
	return true;
}

bool verdicts_of_line(void *context, const char *line, size_t n)
{
	struct verdicts *out = context;
	struct line state = { .out = out };
	empty(out);
	return json_skim(line, n, choose, see, &state) && end_judge(&state) && finish(&state);
}
