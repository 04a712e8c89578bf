/* functions_aggregate.c - aggregates that SQLite lacks. */
#include "functions.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX (64u << 20)

/* A value kept beyond the row it came from. */
struct kept {
	enum db_type type;
	int64_t whole;
	double real;
	char *text;
};

static void keep(struct kept *kept, struct db_call *call, int i)
{
	free(kept->text);
	*kept = (struct kept){ .type = db_arg_type(call, i) };
	if (kept->type == DB_INT)
		kept->whole = db_arg_int(call, i);
	if (kept->type == DB_INT || kept->type == DB_REAL)
		kept->real = db_arg_real(call, i);
	if (kept->type == DB_TEXT)
		kept->text = xstrdup(db_arg_text(call, i));
}

static void result_kept(struct db_call *call, const struct kept *kept)
{
	switch (kept->type) {
	case DB_INT: db_result_int(call, kept->whole); break;
	case DB_REAL: db_result_real(call, kept->real); break;
	case DB_TEXT: db_result_text(call, kept->text); break;
	default: db_result_null(call); break;
	}
}

static int compare_kept(const struct kept *a, const struct kept *b)
{
	if (a->type == DB_TEXT && b->type == DB_TEXT)
		return strcmp(a->text, b->text);
	if (a->type == DB_NULL || b->type == DB_NULL)
		return (a->type != DB_NULL) - (b->type != DB_NULL);
	return (a->real > b->real) - (a->real < b->real);
}

/* ---- one value: FIRST, LAST, ANY_VALUE, MAX_BY, MIN_BY, the only row ------------ */

struct pick {
	struct kept value, by;
	int64_t rows;
	bool has;
};

static void pick_final(struct db_call *call, void *user UNUSED)
{
	struct pick *pick = db_group(call, 0);
	if (!pick) {
		db_result_null(call);
		return;
	}
	result_kept(call, &pick->value);
	free(pick->value.text);
	free(pick->by.text);
}

/* dbx_first, dbx_last(x, ignore nulls); user is set for last */
static void first_last_step(struct db_call *call, void *user)
{
	struct pick *pick = db_group(call, sizeof(*pick));
	if (db_argc(call) > 1 && db_arg_int(call, 1) && db_arg_type(call, 0) == DB_NULL)
		return;
	if (user || !pick->has)
		keep(&pick->value, call, 0);
	pick->has = true;
}

/* dbx_max_by, dbx_min_by(x, by); rows whose `by` is NULL do not count */
static void by_step(struct db_call *call, void *user)
{
	struct pick *pick = db_group(call, sizeof(*pick));
	struct kept by = { 0 };
	if (db_arg_type(call, 1) == DB_NULL)
		return;
	keep(&by, call, 1);
	int order = pick->has ? compare_kept(&by, &pick->by) : 0;
	if (!pick->has || (user ? order < 0 : order > 0)) {
		keep(&pick->value, call, 0);
		free(pick->by.text);
		pick->by = by;
		pick->has = true;
	} else {
		free(by.text);
	}
}

static void only_step(struct db_call *call, void *user UNUSED)
{
	struct pick *pick = db_group(call, sizeof(*pick));
	if (pick->rows++ == 0)
		keep(&pick->value, call, 0);
	else
		function_error(call, "SCALAR_SUBQUERY_TOO_MANY_ROWS", "21000",
			"More than one row returned by a subquery used as an expression.");
}

/* ---- moments ------------------------------------------------------------------- */

struct sums { /* Welford's running means: stable where plain sums are not */
	double n, mean_x, mean_y, m2_x, m2_y, c;
};

static void sums_step(struct db_call *call, void *user UNUSED)
{
	struct sums *s = db_group(call, sizeof(*s));
	if (db_arg_type(call, 0) == DB_NULL || (db_argc(call) > 1 && db_arg_type(call,
		1) == DB_NULL))
		return;
	double x = db_arg_real(call, 0), y = db_argc(call) > 1 ? db_arg_real(call, 1) : 0;
	s->n += 1;
	double dx = x - s->mean_x, dy = y - s->mean_y;
	s->mean_x += dx / s->n;
	s->mean_y += dy / s->n;
	s->m2_x += dx * (x - s->mean_x);
	s->m2_y += dy * (y - s->mean_y);
	s->c += dx * (y - s->mean_y);
}

enum sums_kind { VAR_SAMP, VAR_POP, STDDEV_SAMP, STDDEV_POP, CORR, COVAR_SAMP, COVAR_POP };

static double sums_result(const struct sums *s, enum sums_kind kind)
{
	bool sample = kind == VAR_SAMP || kind == STDDEV_SAMP || kind == COVAR_SAMP;
	double n = sample ? s->n - 1 : s->n;
	if (kind == CORR)
		return s->n < 2 ? NAN : s->c / sqrt(s->m2_x * s->m2_y);
	if (n <= 0) /* one row has no sample variance: NULL */
		return NAN;
	if (kind == COVAR_SAMP || kind == COVAR_POP)
		return s->c / n;
	return kind == VAR_SAMP || kind == VAR_POP ? s->m2_x / n : sqrt(s->m2_x / n);
}

static void sums_final(struct db_call *call, void *user)
{
	const struct sums *s = db_group(call, 0);
	const enum sums_kind *kind = user;
	db_result_real(call, s ? sums_result(s, *kind) : NAN);
}

/* ---- percentiles --------------------------------------------------------------- */

struct numbers {
	double *v;
	size_t n, cap;
	double p;
	bool whole;
};

static void numbers_step(struct db_call *call, void *user UNUSED)
{
	struct numbers *s = db_group(call, sizeof(*s));
	if (db_arg_type(call, 0) == DB_NULL)
		return;
	if (s->n >= LIST_MAX / sizeof(*s->v)) {
		function_error(call, "UNSUPPORTED_FEATURE", "0A000", "The feature is not"
			" supported: a percentile of"
			" this many rows.");
		return;
	}
	s->whole = (s->whole || s->n == 0) && db_arg_type(call, 0) == DB_INT;
	GROW(s->v, s->cap, s->n + 1);
	s->v[s->n++] = db_arg_real(call, 0);
	s->p = db_arg_real(call, 1);
}

static int by_number(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* user is set for the discrete kind: the smallest value whose share reaches p */
static void numbers_final(struct db_call *call, void *user)
{
	struct numbers *s = db_group(call, 0);
	if (!s || s->n == 0) {
		db_result_null(call);
		return;
	}
	if (!(s->p >= 0 && s->p <= 1)) {
		function_error(call, "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", "42K09",
			"The percentage must be between [0.0, 1.0].");
	} else {
		qsort(s->v, s->n, sizeof(*s->v), by_number);
		double at = s->p * (double)(s->n - 1);
		size_t low = (size_t)floor(at);
		if (user) {
			double rank = ceil(s->p * (double)s->n);
			low = rank < 1 ? 0 : (size_t)rank - 1;
			if (s->whole)
				db_result_int(call, (int64_t)s->v[low]);
			else
				db_result_real(call, s->v[low]);
		} else {
			size_t high = low + 1 < s->n ? low + 1 : low;
			double share = at - (double)low;
			db_result_real(call, s->v[low] * (1 - share) + s->v[high] * share);
		}
	}
	free(s->v);
}

/* ---- lists ---------------------------------------------------------------------- */

struct entry {
	struct kept value, by;
	size_t at; /* keeps the order of equals */
};

struct list {
	struct entry *v;
	size_t n, cap, bytes;
	char *separator;
	bool desc;
};

static struct list *list_add(struct db_call *call)
{
	struct list *list = db_group(call, sizeof(*list));
	if (db_arg_type(call, 0) == DB_NULL)
		return NULL;
	list->bytes += sizeof(struct entry) + (db_arg_type(call, 0) == DB_TEXT ? db_arg_bytes(call,
		0) : 0);
	if (list->bytes > LIST_MAX) {
		function_error(call, "UNSUPPORTED_FEATURE", "0A000", "The feature is not"
			" supported: a list this"
			" long.");
		return NULL;
	}
	GROW(list->v, list->cap, list->n + 1);
	list->v[list->n] = (struct entry){ .at = list->n };
	keep(&list->v[list->n].value, call, 0);
	list->n++;
	return list;
}

static void list_free(struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].value.text);
		free(list->v[i].by.text);
	}
	free(list->v);
	free(list->separator);
}

static void collect_step(struct db_call *call, void *user UNUSED)
{
	list_add(call);
}

static void collect_final(struct db_call *call, void *user UNUSED)
{
	struct list *list = db_group(call, 0);
	struct json *array = json_new_array();
	for (size_t i = 0; list && i < list->n; i++) {
		const struct kept *v = &list->v[i].value;
		json_push(array, v->type == DB_INT ? json_new_int(v->whole)
			: v->type == DB_REAL ? json_new_num(v->real) : json_new_str(v->text));
	}
	struct str out;
	str_init(&out, LIST_MAX);
	json_print(array, &out);
	db_result_textn(call, str_text(&out), out.n);
	str_free(&out);
	json_free(array);
	if (list)
		list_free(list);
}

/* dbx_listagg(x, separator, by, desc), dbx_listagg_distinct(x, separator) */
static void listagg_step(struct db_call *call, void *user)
{
	struct list *list = list_add(call);
	if (!list)
		return;
	if (!list->separator)
		list->separator = xstrdup(db_arg_text(call, 1) ? db_arg_text(call, 1) : "");
	for (size_t i = 0; user && i + 1 < list->n; i++) {
		if (compare_kept(&list->v[i].value, &list->v[list->n - 1].value) == 0) {
			free(list->v[--list->n].value.text);
			return;
		}
	}
	if (user)
		return;
	keep(&list->v[list->n - 1].by, call, 2);
	list->desc = db_arg_int(call, 3) != 0;
}

static int by_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = compare_kept(&x->by, &y->by);
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static void listagg_final(struct db_call *call, void *user UNUSED)
{
	struct list *list = db_group(call, 0);
	if (!list || !list->n) {
		db_result_null(call);
		return;
	}
	struct str out;
	str_init(&out, LIST_MAX);
	qsort(list->v, list->n, sizeof(*list->v), by_order);
	for (size_t i = 0; i < list->n; i++) {
		const struct entry *e = &list->v[list->desc ? list->n - 1 - i : i];
		if (i)
			str_add(&out, list->separator);
		str_add(&out, e->value.text ? e->value.text : "");
	}
	db_result_textn(call, str_text(&out), out.n);
	str_free(&out);
	list_free(list);
}

bool functions_add_aggregates(struct db *db, struct err *err)
{
	static enum sums_kind kinds[] = { VAR_SAMP, VAR_POP, STDDEV_SAMP, STDDEV_POP, CORR,
		COVAR_SAMP,
		COVAR_POP };
	static const char *const names[] = { "dbx_var_samp", "dbx_var_pop", "dbx_stddev_samp",
		"dbx_stddev_pop", "dbx_corr", "dbx_covar_samp", "dbx_covar_pop" };
	static char flag;
	static const struct {
		const char *name;
		int argc;
		db_function *step, *final;
		bool flag;
	} all[] = {
		{ "dbx_first", 2, first_last_step, pick_final, false },
		{ "dbx_last", 2, first_last_step, pick_final, true },
		{ "dbx_any_value", 1, first_last_step, pick_final, false },
		{ "dbx_max_by", 2, by_step, pick_final, false },
		{ "dbx_min_by", 2, by_step, pick_final, true },
		{ "dbx_only", 1, only_step, pick_final, false },
		{ "dbx_percentile", 2, numbers_step, numbers_final, false },
		{ "dbx_percentile_disc", 2, numbers_step, numbers_final, true },
		{ "dbx_collect", 1, collect_step, collect_final, false },
		{ "dbx_listagg", 4, listagg_step, listagg_final, false },
		{ "dbx_listagg_distinct", 2, listagg_step, listagg_final, true },
	};
	for (size_t i = 0; i < countof(kinds); i++)
		if (!db_add_aggregate(db, names[i], i < 4 ? 1 : 2, sums_step, sums_final,
			&kinds[i], err))
			return false;
	for (size_t i = 0; i < countof(all); i++)
		if (!db_add_aggregate(db, all[i].name, all[i].argc, all[i].step, all[i].final,
				all[i].flag ? &flag : NULL, err))
			return false;
	return true;
}
