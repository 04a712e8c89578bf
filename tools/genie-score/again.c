#include "again.h"

#include "json.h"
#include "mem.h"
#include "repeat.h"
#include "rows.h"
#include "score.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct asking {
	const char *id, *question, *asset, *sql, *result; /* result NULL: not run */
	size_t at; /* in the input */
	bool pass;
};

struct askings {
	struct asking *v;
	size_t n, cap, excluded;
	const char *config_id;
	struct arena arena;
};

static bool add(struct askings *all, const struct json *row, struct err *err)
{
	struct arena *arena = &all->arena;
	const char *config = json_str_or(row, "config_id", NULL);
	if (config && !all->config_id)
		all->config_id = arena_strdup(arena, config);
	if (config && !streq(config, all->config_id))
		return err_set(err, ERR_DATA, "question %s: answered by configuration %s, others by %s",
			       row_id(row), config, all->config_id);
	if (streq(row_outcome(row), "excluded")) {
		all->excluded++;
		return true;
	}
	GROW(all->v, all->cap, all->n + 1);
	all->v[all->n] = (struct asking){
		.id = arena_strdup(arena, row_id(row)),
		.question = arena_strdup(arena, row_question(row)),
		.asset = arena_strdup(arena, json_str_or(row, "asset",
			json_str_or(row, "expected_asset", NULL))),
		.sql = arena_strdup(arena, repeat_sql_of(row)),
		.result = arena_strdup(arena, repeat_result_of(row)),
		.at = all->n,
		.pass = streq(row_outcome(row), "pass"),
	};
	all->n++;
	return true;
}

static bool load(struct askings *all, const char *path, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	enum rows_result result = rows ? ROWS_ROW : ROWS_FAILED;
	struct json *row;
	while (rows && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		bool ok = add(all, row, err) || err_wrap(err, "%s", rows_place(rows));
		json_free(row);
		if (!ok) {
			result = ROWS_FAILED;
			break;
		}
	}
	rows_close(rows);
	return result == ROWS_END;
}

/* Askings of a question together, in the order of the input. */
static int order(const void *a, const void *b)
{
	const struct asking *x = a, *y = b;
	int by_id = strcmp(x->id, y->id);
	return by_id ? by_id : (x->at > y->at) - (x->at < y->at);
}

struct tally {
	long sql_class[REPEAT_NCLASSES], result_class[REPEAT_NCLASSES];
	double sql_sum, result_sum;
	long questions, results, steady;
	struct json *list, *unstable, *too_few;
};

static struct json *share_json(const struct repeat_share *share)
{
	struct json *out = json_new_object();
	json_set(out, "share_pct", json_percent(share->percent));
	json_set_int(out, "distinct", (int64_t)share->distinct);
	json_set_str(out, "class", repeat_class_name(repeat_class_of(share->percent)));
	return out;
}

static void count_results(struct tally *t, struct json *one, const char *const *result, size_t n)
{
	struct repeat_share share = repeat_share(result, n);
	for (size_t i = 0; i < n; i++)
		if (!result[i]) {
			json_set(one, "result", json_new_null());
			return;
		}
	t->results++;
	t->result_sum += share.percent;
	t->result_class[repeat_class_of(share.percent)]++;
	json_set(one, "result", share_json(&share));
}

static void count_question(struct tally *t, const struct asking *v, size_t n)
{
	const char **sql = xcalloc(n, sizeof *sql), **result = xcalloc(n, sizeof *result);
	long passes = 0;
	for (size_t i = 0; i < n; i++) {
		sql[i] = v[i].sql;
		result[i] = v[i].result;
		passes += v[i].pass;
	}
	struct repeat_share share = repeat_share(sql, n);
	enum repeat_class class = repeat_class_of(share.percent);
	struct json *one = json_push(t->list, json_new_object());
	json_set_str(one, "question_id", v[0].id);
	json_set_str(one, "question", v[0].question);
	json_set_str(one, "asset", v[share.first].asset);
	json_set_int(one, "askings", (int64_t)n);
	json_set_int(one, "passes", passes);
	json_set_str(one, "class", repeat_class_name(class));
	json_set(one, "sql", share_json(&share));
	count_results(t, one, result, n);
	t->questions++;
	t->sql_sum += share.percent;
	t->sql_class[class]++;
	t->steady += share.percent >= REPEAT_TARGET;
	if (share.percent < REPEAT_TARGET)
		json_push_str(t->unstable, v[0].id);
	free(sql);
	free(result);
}

static void tally(struct tally *t, struct askings *all)
{
	if (all->n)
		qsort(all->v, all->n, sizeof *all->v, order);
	for (size_t i = 0, end; i < all->n; i = end) {
		for (end = i + 1; end < all->n && streq(all->v[end].id, all->v[i].id);)
			end++;
		if (end - i > 1)
			count_question(t, all->v + i, end - i);
		else
			json_push_str(t->too_few, all->v[i].id);
	}
}

static void add_classes(struct json *document, const char *key, const long *counts)
{
	struct json *out = json_set(document, key, json_new_object());
	for (int i = 0; i < REPEAT_NCLASSES; i++)
		json_set_int(out, repeat_class_name((enum repeat_class)i), counts[i]);
}

/* Takes the lists of t. */
static void write(struct tally *t, const struct askings *all, struct json *document)
{
	json_set_str(document, "config_id", all->config_id);
	json_set_int(document, "total_questions", t->questions + (int64_t)json_len(t->too_few));
	json_set_int(document, "measured", t->questions);
	json_set_int(document, "askings", (int64_t)all->n);
	json_set_int(document, "excluded_askings", (int64_t)all->excluded);
	json_set(document, "repeatability_pct",
		 json_percent(t->questions ? t->sql_sum / (double)t->questions : NAN));
	json_set(document, "result_repeatability_pct",
		 json_percent(t->results ? t->result_sum / (double)t->results : NAN));
	json_set(document, "steady_questions_pct", json_percent(percent_of(t->steady, t->questions)));
	json_set_num(document, "target_pct", REPEAT_TARGET);
	add_classes(document, "classes", t->sql_class);
	add_classes(document, "result_classes", t->result_class);
	json_set(document, "unstable", t->unstable);
	json_set(document, "too_few", t->too_few);
	json_set(document, "questions", t->list);
}

bool again(char **paths, int n, struct json *document, struct err *err)
{
	struct askings all = { 0 };
	bool ok = n > 0 || load(&all, "-", err);
	for (int i = 0; i < n && ok; i++)
		ok = load(&all, paths[i], err);
	if (ok) {
		struct tally t = { .list = json_new_array(), .unstable = json_new_array(),
				   .too_few = json_new_array() };
		tally(&t, &all);
		write(&t, &all, document);
	}
	free(all.v);
	arena_free(&all.arena);
	return ok;
}
