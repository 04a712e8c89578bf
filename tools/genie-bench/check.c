#include "check.h"

#include "json.h"
#include "sqllex.h"
#include "sqltext.h"
#include "str.h"
#include "vars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const bench_categories[] = { "aggregation", "ranking", "time-series", "comparison",
	"list", "detail", "threshold", "prediction", NULL };

/* Words by which a question means a time that moves. */
static const char *const relative_words[] = { "today", "yesterday", "this week", "last week",
	"this month", "last month", "this quarter", "last quarter", "this year", "last year",
	"year to date", "year-to-date", "ytd", "month to date", "current month", "current year",
	"current quarter", "previous month", "previous quarter", "past week", "past month",
	"past year", "recent", "last 7", "last 14", "last 30", "last 60", "last 90", "past 7",
	"past 30", "past 90", "so far" };

static const char *const random_functions[] = { "rand", "random", "randn", "uuid", "shuffle" };

/* Calls visit for each gold of a question until it returns false. */
static bool each_gold(const struct json *question, bool (*visit)(void *ctx, const char *sql),
		      void *ctx)
{
	const struct json *sql = json_get(question, "expected_sql");
	if (json_text(sql))
		return visit(ctx, json_text(sql));
	for (const struct json *one = json_first(sql); one; one = json_next(one))
		if (!visit(ctx, json_text(one)))
			return false;
	return true;
}

struct gold_check {
	const struct question *question;
	struct vars *vars;
	struct arena arena;
	struct err *err;
};

static bool check_gold(void *ctx, const char *sql)
{
	struct gold_check *c = ctx;
	enum sql_kind kind = sql_statement_kind(sql);
	if (kind == SQL_EMPTY)
		return true;
	if (!sql_is_read_only(sql))
		return err_set(c->err, ERR_DATA,
			       "expected_sql is not a single read-only statement (%s); it is never executed",
			       sql_kind_text(kind));
	return !vars_any(c->vars) || sql_resolve(&c->arena, sql, vars_find, c->vars, c->err) != NULL;
}

bool check_golds(const struct bench *bench, struct vars *vars, struct err *err)
{
	for (size_t i = 0; i < bench->n; i++) {
		struct gold_check c = { .question = &bench->questions[i], .vars = vars, .err = err };
		bool ok = each_gold(c.question->json, check_gold, &c);
		arena_free(&c.arena);
		if (!ok)
			return err_wrap(err, "%s: question %s", c.question->place, c.question->id);
	}
	return true;
}

void add_warning(struct json *question, const char *code, const char *text)
{
	struct json *list = json_get(question, "warnings");
	if (!json_is(list, JSON_ARRAY))
		list = json_set(question, "warnings", json_new_array());
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (streq(json_str_or(one, "code", ""), code) && streq(json_str_or(one, "text", ""), text))
			return;
	struct json *warning = json_push(list, json_new_object());
	json_set_str(warning, "code", code);
	json_set_str(warning, "text", text);
}

bool has_warning(const struct json *question, const char *code)
{
	for (const struct json *w = json_first(json_get(question, "warnings")); w; w = json_next(w))
		if (streq(json_str_or(w, "code", ""), code))
			return true;
	return false;
}

void remove_warnings(struct json *question, const char *code)
{
	struct json *list = json_get(question, "warnings");
	for (struct json *w = json_first(list), *next; w; w = next) {
		next = json_next(w);
		if (streq(json_str_or(w, "code", ""), code))
			json_free(json_detach(w));
	}
	if (json_is(list, JSON_ARRAY) && !json_len(list))
		json_remove(question, "warnings");
}

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = text; (p = stristr(p, word)); p++) {
		bool starts = p == text || !((p[-1] | 32) >= 'a' && (p[-1] | 32) <= 'z');
		bool ends = !((p[n] | 32) >= 'a' && (p[n] | 32) <= 'z');
		if (starts && ends)
			return true;
	}
	return false;
}

static const char *relative_word(const char *question)
{
	for (size_t i = 0; i < countof(relative_words); i++)
		if (has_word(question, relative_words[i]))
			return relative_words[i];
	return NULL;
}

/* A year-month-day in digits, as dates are written in SQL. */
static bool has_date_literal(const char *sql)
{
	for (const char *p = sql; strlen(p) >= 7; p++)
		if (strspn(p, "0123456789") == 4 && p[4] == '-' && strspn(p + 5, "0123456789") == 2)
			return true;
	return false;
}

static bool sql_has_date(void *ctx, const char *sql)
{
	bool *found = ctx;
	*found |= has_date_literal(sql);
	return true;
}

struct order {
	bool limit_without_order, random;
};

static bool sql_is_ordered(void *ctx, const char *sql)
{
	struct order *o = ctx;
	struct arena arena = { 0 };
	const char *text = sql_normalize(&arena, sql);
	const char *limit = strstr(text, " limit ");
	o->limit_without_order |= limit && !strstr(text, " order by ");
	for (size_t i = 0; i < countof(random_functions); i++) {
		const char *call = arena_printf(&arena, " %s (", random_functions[i]);
		const char *tight = arena_printf(&arena, " %s(", random_functions[i]);
		o->random |= strstr(text, call) || strstr(text, tight);
	}
	arena_free(&arena);
	return true;
}

static size_t warn_dates(struct json *q)
{
	const char *word = relative_word(json_str_or(q, "question", ""));
	bool literal = false;
	each_gold(q, sql_has_date, &literal);
	if (!word || !literal)
		return 0;
	char text[160];
	snprintf(text, sizeof text, "the question says \"%s\", the SQL holds a fixed date", word);
	add_warning(q, "stale_date", text);
	return 1;
}

static size_t warn_order(struct json *q)
{
	struct order o = { false, false };
	each_gold(q, sql_is_ordered, &o);
	if (o.limit_without_order)
		add_warning(q, "non_deterministic", "LIMIT without ORDER BY: which rows come is not defined");
	if (o.random)
		add_warning(q, "non_deterministic", "the SQL calls a random function");
	return (size_t)o.limit_without_order + o.random;
}

static bool known_category(const char *name)
{
	for (size_t i = 0; bench_categories[i]; i++)
		if (streq(bench_categories[i], name))
			return true;
	return false;
}

static bool is_blank(void *ctx, const char *sql)
{
	bool *any = ctx;
	*any |= sql_statement_kind(sql) != SQL_EMPTY;
	return true;
}

static size_t warn_fields(struct json *q)
{
	size_t n = 0;
	bool any = false;
	const char *category = json_str_or(q, "category", NULL);
	each_gold(q, is_blank, &any);
	if (!any) {
		add_warning(q, "no_gold", "no expected_sql: results cannot be compared");
		n++;
	}
	if (category && !known_category(category)) {
		char text[160];
		snprintf(text, sizeof text, "category \"%.80s\" is not one of the eight known ones", category);
		add_warning(q, "unknown_category", text);
		n++;
	}
	return n;
}

/* The letters and digits of a question, lower case: what makes two the same. */
static char *plain_words(struct arena *arena, const char *text)
{
	char *out = arena_strdup(arena, text), *to = out;
	bool gap = false;
	lower_ascii(out);
	for (const char *p = out; *p; p++) {
		bool word = (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || (unsigned char)*p >= 0x80;
		if (word && gap && to > out)
			*to++ = ' ';
		gap = !word;
		if (word)
			*to++ = *p;
	}
	*to = '\0';
	return out;
}

struct key {
	const char *text;
	size_t index;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = strcmp(x->text, y->text);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

static size_t warn_equal(const struct bench *bench, struct key *keys, const char *what)
{
	size_t warnings = 0;
	qsort(keys, bench->n, sizeof *keys, compare_keys);
	for (size_t i = 1; i < bench->n; i++) {
		if (!*keys[i].text || !streq(keys[i].text, keys[i - 1].text))
			continue;
		char text[200];
		snprintf(text, sizeof text, "the same %s as %.100s", what,
			 bench->questions[keys[i - 1].index].id);
		add_warning(bench->questions[keys[i].index].json, "duplicate", text);
		warnings++;
	}
	return warnings;
}

static size_t warn_duplicates(const struct bench *bench)
{
	struct arena arena = { 0 };
	struct key *words = xcalloc(bench->n, sizeof *words), *sqls = xcalloc(bench->n, sizeof *sqls);
	for (size_t i = 0; i < bench->n; i++) {
		const struct json *q = bench->questions[i].json, *sql = json_get(q, "expected_sql");
		const char *first = json_text(sql) ? json_text(sql) : json_text(json_at(sql, 0));
		words[i] = (struct key){ plain_words(&arena, json_str_or(q, "question", "")), i };
		sqls[i] = (struct key){ first ? sql_normalize(&arena, first) : "", i };
	}
	size_t n = warn_equal(bench, words, "question") + warn_equal(bench, sqls, "SQL");
	free(words);
	free(sqls);
	arena_free(&arena);
	return n;
}

size_t check_warn(const struct bench *bench)
{
	size_t n = bench->n ? warn_duplicates(bench) : 0;
	for (size_t i = 0; i < bench->n; i++) {
		struct json *q = bench->questions[i].json;
		n += warn_fields(q) + warn_dates(q) + warn_order(q);
	}
	return n;
}

struct coverage check_coverage(const struct bench *bench, long tables)
{
	static const struct coverage sizes[] = {
		{ .size = "small", .need_questions = 10, .need_categories = 4 },
		{ .size = "medium", .need_questions = 15, .need_categories = 6 },
		{ .size = "large", .need_questions = 20, .need_categories = 8 },
	};
	struct coverage c = sizes[tables <= 3 ? 0 : tables <= 8 ? 1 : 2];
	struct strlist seen = { 0 };
	for (size_t i = 0; i < bench->n; i++)
		strlist_add_new(&seen, json_str_or(bench->questions[i].json, "category", "none"));
	c.questions = bench->n;
	c.categories = seen.n;
	c.met = c.questions >= c.need_questions && c.categories >= c.need_categories;
	strlist_free(&seen);
	return c;
}
