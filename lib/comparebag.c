#include "comparebag.h"

#include "mem.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void rowkeys_sort(struct rowkeys *keys)
{
	qsort(keys->sorted, keys->n, sizeof *keys->sorted, by_text);
}

static const char *row_key(const struct facing *f, const struct pairing *pairing, bool gold,
			   size_t row, enum grade grade, struct str *text)
{
	struct str cell = STR_INIT;
	str_reset(text);
	for (size_t i = 0; i < pairing->n; i++) {
		enum family g = f->gold_family[pairing->g[i]], p = f->pred_family[pairing->p[i]];
		const char *value = gold ? table_cell(f->gold, row, pairing->g[i])
					 : table_cell(f->pred, row, pairing->p[i]);
		str_reset(&cell);
		cell_key(&cell, value, gold ? g : p, gold ? p : g, grade);
		str_addf(text, "%zu:%s", cell.n, str_text(&cell));
	}
	str_free(&cell);
	return arena_strndup(f->arena, str_text(text), text->n);
}

struct rowkeys row_keys(const struct facing *f, const struct pairing *pairing, bool gold,
			enum grade grade)
{
	struct str text = STR_INIT;
	struct rowkeys keys = { .n = gold ? f->gold->nrows : f->pred->nrows };
	keys.row = arena_alloc(f->arena, (keys.n + 1) * sizeof *keys.row);
	keys.sorted = arena_alloc(f->arena, (keys.n + 1) * sizeof *keys.sorted);
	for (size_t i = 0; i < keys.n; i++)
		keys.row[i] = keys.sorted[i] = row_key(f, pairing, gold, i, grade, &text);
	rowkeys_sort(&keys);
	str_free(&text);
	return keys;
}

static bool same_keys(const char *const *a, const char *const *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

bool keys_equal_bag(const struct rowkeys *a, const struct rowkeys *b)
{
	return a->n == b->n && same_keys(a->sorted, b->sorted, a->n);
}

bool keys_equal_order(const struct rowkeys *a, const struct rowkeys *b)
{
	return a->n == b->n && same_keys(a->row, b->row, a->n);
}

size_t keys_missing(const struct rowkeys *a, const struct rowkeys *b, size_t *row)
{
	size_t i = 0, j = 0, missing = 0;
	const char *first = NULL;
	while (i < a->n) {
		int order = j < b->n ? strcmp(a->sorted[i], b->sorted[j]) : -1;
		if (order < 0) {
			missing++;
			first = first ? first : a->sorted[i];
		}
		i += order <= 0;
		j += order >= 0;
	}
	*row = 0;
	while (first && *row + 1 < a->n && a->row[*row] != first)
		(*row)++;
	return missing;
}

bool keys_within(const struct rowkeys *part, const struct rowkeys *whole)
{
	size_t row;
	return part->n <= whole->n && keys_missing(part, whole, &row) == 0;
}

static bool family_binary(enum family family)
{
	return family == FAMILY_DOUBLE || family == FAMILY_FLOAT;
}

/* Two columns of numbers that may differ a little. Integers may not, whatever the
 * tolerance. */
static bool pair_binary(const struct facing *f, size_t g, size_t p)
{
	enum family a = f->gold_family[g], b = f->pred_family[p];
	if (!family_numeric(a) || !family_numeric(b))
		return false;
	if (f->tolerance > 0)
		return a != FAMILY_INT || b != FAMILY_INT;
	return family_binary(a) || family_binary(b);
}

static bool numbers_close(const struct facing *f, const char *a, const char *b, bool single)
{
	double x, y;
	if (cell_close(a, b, single))
		return true;
	return f->tolerance > 0 && cell_number(a, &x) && cell_number(b, &y)
		&& number_within(x, y, f->tolerance);
}

bool cells_close(const struct facing *f, size_t grow, size_t g, size_t prow, size_t p)
{
	const char *a = table_cell(f->gold, grow, g), *b = table_cell(f->pred, prow, p);
	enum family fa = f->gold_family[g], fb = f->pred_family[p];
	bool single = fa == FAMILY_FLOAT || fb == FAMILY_FLOAT;
	struct str x = STR_INIT, y = STR_INIT;
	if (pair_binary(f, g, p) && a && b && numbers_close(f, a, b, single))
		return true;
	cell_key(&x, a, fa, fb, GRADE_EXACT);
	cell_key(&y, b, fb, fa, GRADE_EXACT);
	bool equal = streq(str_text(&x), str_text(&y));
	str_free(&x);
	str_free(&y);
	return equal;
}

/* ---- one to one pairs of rows that are close ---- */

struct floats {
	const char *key; /* of the cells that must be equal exactly */
	size_t row;
	const double *v; /* the others */
	size_t n;
};

static int by_floats(const void *a, const void *b)
{
	const struct floats *x = a, *y = b;
	int order = strcmp(x->key, y->key);
	for (size_t i = 0; order == 0 && i < x->n; i++)
		order = (x->v[i] > y->v[i]) - (x->v[i] < y->v[i]);
	return order;
}

static struct floats float_row(const struct facing *f, const struct pairing *pairing, bool gold,
			       size_t row, struct str *text)
{
	double *v = arena_alloc(f->arena, (pairing->n + 1) * sizeof *v);
	struct floats out = { .row = row, .v = v };
	str_reset(text);
	for (size_t i = 0; i < pairing->n; i++) {
		size_t g = pairing->g[i], p = pairing->p[i];
		const char *cell = gold ? table_cell(f->gold, row, g) : table_cell(f->pred, row, p);
		double number = 0;
		if (pair_binary(f, g, p) && cell_number(cell, &number)) {
			v[out.n++] = number;
			str_add(text, "~;");
			continue;
		}
		enum family a = f->gold_family[g], b = f->pred_family[p];
		struct str key = STR_INIT;
		cell_key(&key, cell, gold ? a : b, gold ? b : a, GRADE_EXACT);
		str_addf(text, "%zu:%s", key.n, str_text(&key));
		str_free(&key);
	}
	out.key = arena_strndup(f->arena, str_text(text), text->n);
	return out;
}

static struct floats *float_rows(const struct facing *f, const struct pairing *pairing, bool gold)
{
	size_t n = gold ? f->gold->nrows : f->pred->nrows;
	struct floats *rows = arena_alloc(f->arena, (n + 1) * sizeof *rows);
	struct str text = STR_INIT;
	for (size_t i = 0; i < n; i++)
		rows[i] = float_row(f, pairing, gold, i, &text);
	str_free(&text);
	qsort(rows, n, sizeof *rows, by_floats);
	return rows;
}

static bool close_rows(const struct facing *f, const struct pairing *pairing, size_t grow,
		       size_t prow)
{
	for (size_t i = 0; i < pairing->n; i++)
		if (!cells_close(f, grow, pairing->g[i], prow, pairing->p[i]))
			return false;
	return true;
}

#define MATCH_MAX 256 /* rows of one group that are paired the thorough way */

/* Kuhn's algorithm: finds a partner for gold row i, moving others if needed. */
static bool find_partner(const bool *close, size_t n, size_t i, size_t *owner, bool *seen)
{
	for (size_t j = 0; j < n; j++) {
		if (!close[i * n + j] || seen[j])
			continue;
		seen[j] = true;
		if (owner[j] == SIZE_MAX || find_partner(close, n, owner[j], owner, seen)) {
			owner[j] = i;
			return true;
		}
	}
	return false;
}

/* n rows of each side with equal exact cells: sorted order first, then any order. */
static bool group_close(const struct facing *f, const struct pairing *pairing,
			const struct floats *a, const struct floats *b, size_t n)
{
	size_t i = 0;
	while (i < n && close_rows(f, pairing, a[i].row, b[i].row))
		i++;
	if (i == n || n > MATCH_MAX)
		return i == n;
	bool *close = arena_alloc(f->arena, n * n), seen[MATCH_MAX];
	size_t owner[MATCH_MAX];
	for (i = 0; i < n * n; i++)
		close[i] = close_rows(f, pairing, a[i / n].row, b[i % n].row);
	for (i = 0; i < n; i++)
		owner[i] = SIZE_MAX;
	for (i = 0; i < n; i++) {
		memset(seen, 0, sizeof seen);
		if (!find_partner(close, n, i, owner, seen))
			return false;
	}
	return true;
}

bool rows_close_bag(const struct facing *f, const struct pairing *pairing)
{
	if (f->gold->nrows != f->pred->nrows)
		return false;
	size_t n = f->gold->nrows;
	struct floats *a = float_rows(f, pairing, true), *b = float_rows(f, pairing, false);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i; end < n && streq(a[end].key, a[i].key); end++)
			if (!streq(a[end].key, b[end].key))
				return false;
		if (!group_close(f, pairing, a + i, b + i, end - i))
			return false;
	}
	return true;
}

/* ---- one column ---- */

/* Numbers are kept as numbers whatever they will be compared with. */
const struct floats *column_floats(const struct facing *f, bool gold, size_t column)
{
	size_t n = gold ? f->gold->nrows : f->pred->nrows;
	struct floats *rows = arena_alloc(f->arena, (n + 1) * sizeof *rows);
	enum family own = gold ? f->gold_family[column] : f->pred_family[column];
	double *v = arena_alloc(f->arena, (n + 1) * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		const char *cell = table_cell(gold ? f->gold : f->pred, i, column);
		struct str key = STR_INIT;
		rows[i] = (struct floats){ .key = "~", .row = i, .v = v + i };
		if (family_numeric(own) && cell_number(cell, &v[i])) {
			rows[i].n = 1;
			continue;
		}
		cell_key(&key, cell, own, own, GRADE_EXACT);
		rows[i].key = arena_strndup(f->arena, str_text(&key), key.n);
		str_free(&key);
	}
	qsort(rows, n, sizeof *rows, by_floats);
	return rows;
}

bool floats_close(const struct facing *f, const struct floats *gold, const struct floats *pred)
{
	if (f->gold->nrows != f->pred->nrows)
		return false;
	for (size_t i = 0; i < f->gold->nrows; i++)
		if (gold[i].n != pred[i].n || !streq(gold[i].key, pred[i].key)
		    || (gold[i].n && !number_within(gold[i].v[0], pred[i].v[0], f->tolerance)))
			return false;
	return true;
}
