/* Hashes, signatures and words about a comparison. */
#include "comparein.h"

#include "digest.h"
#include "json.h"
#include "mem.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* Columns by lower-cased name; equal names keep their places. */
static size_t *columns_by_name(const struct table *table)
{
	size_t *order = xcalloc(table->ncolumns + 1, sizeof *order);
	for (size_t i = 0; i < table->ncolumns; i++) {
		char *name = xstrlower(table->columns[i].name);
		size_t at = i;
		for (; at > 0; at--) {
			char *other = xstrlower(table->columns[order[at - 1]].name);
			bool less = strcmp(name, other) < 0;
			free(other);
			if (!less)
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
		free(name);
	}
	return order;
}

void compare_csv(const struct table *table, struct str *out)
{
	size_t *order = columns_by_name(table);
	struct strlist lines = { 0 };
	struct str line = STR_INIT;
	for (size_t i = 0; i < table->ncolumns; i++) {
		char *name = xstrlower(table->columns[order[i]].name);
		str_addf(out, "%s%s", i ? "," : "", name);
		free(name);
	}
	str_addc(out, '\n');
	for (size_t row = 0; row < table->nrows; row++) {
		str_reset(&line);
		for (size_t i = 0; i < table->ncolumns; i++) {
			if (i)
				str_addc(&line, ',');
			cell_csv(&line, table_cell(table, row, order[i]),
				 family_of(table->columns[order[i]].type));
		}
		strlist_add(&lines, str_text(&line));
	}
	strlist_sort(&lines);
	for (size_t i = 0; i < lines.n; i++)
		str_addf(out, "%s\n", lines.v[i]);
	strlist_free(&lines);
	str_free(&line);
	free(order);
}

void compare_hash(const struct str *csv, char hash[9])
{
	char hex[MD5_HEX];
	md5_hex(str_text(csv), csv->n, hex);
	memcpy(hash, hex, 8);
	hash[8] = '\0';
}

char *compare_signature(const struct table *table)
{
	struct str out = STR_INIT;
	size_t *order = columns_by_name(table);
	for (size_t i = 0; i < table->ncolumns; i++) {
		char *name = xstrlower(table->columns[order[i]].name);
		str_addf(&out, "%s%s:%s", i ? "," : "", name, table->columns[order[i]].type);
		free(name);
	}
	str_addf(&out, ";%zu", table->nrows);
	free(order);
	return str_take(&out);
}

/* ---- what differs ---- */

static void add_row(struct str *out, const struct table *table, size_t row)
{
	str_addc(out, '(');
	for (size_t i = 0; i < table->ncolumns && i < 6; i++) {
		const char *cell = table_cell(table, row, i);
		size_t n = cell ? utf8_fit(cell, 40) : 0;
		str_add(out, i ? ", " : "");
		str_addn(out, cell ? cell : "NULL", cell ? n : 4);
		if (cell && cell[n])
			str_add(out, "...");
	}
	str_add(out, table->ncolumns > 6 ? ", ...)" : ")");
}

static void add_row_differences(struct str *out, const struct comparing *c)
{
	size_t row, missing, extra;
	if (!c->best.pairing.g)
		return;
	missing = keys_missing(&c->best.gold, &c->best.pred, &row);
	if (missing) {
		str_addf(out, "; %zu only expected, e.g. ", missing);
		add_row(out, c->f.gold, row);
	}
	extra = keys_missing(&c->best.pred, &c->best.gold, &row);
	if (extra) {
		str_addf(out, "; %zu only in Genie's, e.g. ", extra);
		add_row(out, c->f.pred, row);
	}
}

static void add_lone_columns(struct str *out, const struct comparing *c, bool gold)
{
	const struct table *table = gold ? c->f.gold : c->f.pred;
	const char *comma = gold ? "; columns missing: " : "; extra columns: ";
	for (size_t i = 0; i < table->ncolumns; i++) {
		bool paired = false;
		for (size_t k = 0; c->best.pairing.g && k < c->best.pairing.n; k++)
			paired |= (gold ? c->best.pairing.g[k] : c->best.pairing.p[k]) == i;
		if (!paired && (c->best.pairing.g || table_find(gold ? c->f.pred : c->f.gold,
				table->columns[i].name) < 0)) {
			str_addf(out, "%s%s", comma, table->columns[i].name);
			comma = ", ";
		}
	}
}

static void add_types(struct str *out, const struct comparing *c)
{
	const struct pairing *pairs = &c->best.pairing;
	for (size_t i = 0; pairs->g && i < pairs->n; i++) {
		size_t g = pairs->g[i], p = pairs->p[i];
		if (!family_same(c->f.gold_family[g], c->f.pred_family[p]))
			str_addf(out, "; %s is %s, expected %s", c->f.pred->columns[p].name,
				 c->f.pred->columns[p].type, c->f.gold->columns[g].type);
	}
}

char *compare_describe(const struct comparing *c)
{
	const struct compare_result *r = c->result;
	struct str out = STR_INIT;
	if (r->verdict == COMPARE_ERROR_GOLD)
		return xasprintf("the expected SQL failed: %s", c->gold_error ? c->gold_error : "no result");
	if (r->verdict == COMPARE_ERROR_PRED)
		return xasprintf("Genie's SQL failed: %s", c->pred_error ? c->pred_error : "no result");
	if (r->verdict == COMPARE_IDENTICAL)
		return xstrdup("");
	str_addf(&out, "%s: %zu rows, expected %zu", compare_verdict_name(r->verdict), r->pred_rows,
		 r->gold_rows);
	if (c->f.gold->ncolumns != c->f.pred->ncolumns) {
		str_addf(&out, "; %zu columns, expected %zu", c->f.pred->ncolumns, c->f.gold->ncolumns);
		add_lone_columns(&out, c, true);
		add_lone_columns(&out, c, false);
	}
	if (c->f.gold->nrows && c->f.pred->nrows)
		add_row_differences(&out, c);
	add_types(&out, c);
	if (r->wrong_order)
		str_add(&out, "; not in the order asked for");
	return str_take(&out);
}

static struct json *sample_of(const struct compare_side *side, size_t rows)
{
	return side->table && !side->error ? table_to_json(side->table, rows) : json_new_null();
}

struct json *compare_to_json(const struct compare_result *result, enum compare_profile profile,
			     const struct compare_side *gold, const struct compare_side *pred,
			     size_t sample)
{
	struct json *out = json_new_object();
	json_set_str(out, "verdict", compare_verdict_name(result->verdict));
	json_set_bool(out, "match", compare_match(result, profile));
	json_set_str(out, "profile", compare_profile_name(profile));
	struct json *outcomes = json_set(out, "outcomes", json_new_object());
	for (int i = 0; i < COMPARE_NPROFILES; i++)
		json_set_str(outcomes, compare_profile_name((enum compare_profile)i),
			     compare_outcome_name(result->outcome[i]));
	json_set_int(out, "gt_rows", (int64_t)result->gold_rows);
	json_set_int(out, "genie_rows", (int64_t)result->pred_rows);
	json_set_str(out, "gt_hash", result->gold_hash[0] ? result->gold_hash : NULL);
	json_set_str(out, "genie_hash", result->pred_hash[0] ? result->pred_hash : NULL);
	json_set_str(out, "gt_signature", result->gold_signature);
	json_set_str(out, "genie_signature", result->pred_signature);
	json_set(out, "gt_sample", sample_of(gold, sample));
	json_set(out, "genie_sample", sample_of(pred, sample));
	json_set_str(out, "diff", result->diff);
	json_set_str(out, "error", gold->error ? gold->error : pred->error);
	return out;
}
