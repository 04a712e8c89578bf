#include "input.h"

#include "digest.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "rows.h"
#include "sqltext.h"
#include "vars.h"
#include "work.h"

#include <stdlib.h>
#include <string.h>

bool choice_shard(struct choice *choice, const char *text, struct err *err)
{
	char *end = NULL;
	if (!text)
		return true;
	choice->shard = strtol(text, &end, 10);
	if (*end == '/')
		choice->shards = strtol(end + 1, &end, 10);
	if (*end || choice->shard < 1 || choice->shards < choice->shard)
		return err_set(err, ERR_USAGE, "--shard: expected i/n with 1 <= i <= n, found \"%s\"", text);
	return true;
}

/* held_out questions are kept for the end, so that nothing is tuned on them. */
static bool in_scope(const struct choice *choice, const struct patched *patched,
		     const struct json *row)
{
	bool held_out = streq(json_str_or(row, "split", NULL), "held_out");
	if (streq(choice->scope, "all"))
		return true;
	if (streq(choice->scope, "held_out"))
		return held_out;
	if (held_out)
		return false;
	if (streq(choice->scope, "p0"))
		return streq(json_str_or(row, "priority", NULL), "P0");
	return !streq(choice->scope, "slice") || patched_meets(patched, row);
}

static void add(struct work *work, size_t *cap, struct json *row, int64_t replicate, bool mark)
{
	GROW(work->item, *cap, work->n + 1);
	struct item *item = &work->item[work->n];
	*item = (struct item){ .row = row, .index = work->n, .replicate = replicate };
	if (mark)
		json_set_int(row, "replicate", replicate);
	work->n++;
}

struct reading {
	struct work *work;
	const struct choice *choice;
	const struct patched *patched;
	size_t cap;
};

/* By the id alone, so that a question stays in its shard whatever else is in the file, and
 * independent of the split, which is a hash of the bare id. */
static bool in_shard(const struct choice *choice, const struct json *row)
{
	char hex[SHA256_HEX], head[9] = "";
	if (!choice->shards)
		return true;
	struct str text = STR_INIT;
	str_addf(&text, "shard:%s", row_id(row));
	sha256_hex(str_text(&text), text.n, hex);
	str_free(&text);
	memcpy(head, hex, 8);
	return strtoul(head, NULL, 16) % (unsigned long)choice->shards
		== (unsigned long)(choice->shard - 1);
}

static void take(struct reading *r, struct json *row)
{
	const struct choice *c = r->choice;
	int64_t replicate = json_int_or(row, "replicate", 0);
	if (!in_scope(c, r->patched, row) || !in_shard(c, row)) {
		json_free(row);
		return;
	}
	for (long i = 1; i < c->repeat; i++)
		add(r->work, &r->cap, json_dup(row), replicate + i - 1, true);
	add(r->work, &r->cap, row, replicate + c->repeat - 1, c->repeat > 1);
}

static bool read_one(struct reading *r, const char *path, struct err *err)
{
	struct json *row = NULL;
	struct rows *rows = rows_open(path, err);
	enum rows_result result = rows ? ROWS_ROW : ROWS_FAILED;
	while (rows && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		if (!*row_question(row)) {
			err_set(err, ERR_DATA, "%s: a row without question", rows_place(rows));
			json_free(row);
			result = ROWS_FAILED;
			break;
		}
		take(r, row);
	}
	rows_close(rows);
	return result == ROWS_END;
}

bool input_read(struct work *work, char **paths, int npaths, const struct choice *choice,
		struct err *err)
{
	struct patched *patched = NULL;
	if (streq(choice->scope, "slice") && !(patched = patched_load(choice->patched, err)))
		return false;
	struct reading r = { .work = work, .choice = choice, .patched = patched };
	bool ok = npaths || read_one(&r, "-", err);
	for (int i = 0; i < npaths && ok; i++)
		ok = read_one(&r, paths[i], err);
	for (size_t i = 0; i < work->n; i++)
		work->item[i].work = work;
	patched_free(patched);
	return ok;
}

/* ---- expected SQL ---- */

static bool resolve_one(struct item *item, const char *text, struct vars *vars, struct err *err)
{
	struct arena arena = { 0 };
	bool runs = item->work->stage != STAGE_ASK && item_needs_run(item);
	const char *sql = sql_resolve(&arena, text, vars_find, vars, err);
	bool ok = sql != NULL;
	if (!ok && !runs) {
		/* Only names are compared then; the variable may stay. */
		err_clear(err);
		ok = true;
		sql = text;
	}
	if (!ok)
		err_wrap(err, "expected_sql of %s", row_id(item->row));
	else if (runs && !sql_is_read_only(sql))
		item_exclude(item, xasprintf("gold: not a single read-only statement (%s); refused",
					     sql_kind_text(sql_statement_kind(sql))));
	if (ok) {
		item->gold = xrealloc(item->gold, (item->ngold + 1) * sizeof *item->gold);
		char *clean = sql_first_statement(&arena, sql, NULL);
		item->gold[item->ngold++] = xstrdup(item->excluded ? sql : clean);
	}
	arena_free(&arena);
	return ok;
}

static bool resolve(struct item *item, struct vars *vars, struct err *err)
{
	const struct json *sql = json_get(item->row, "expected_sql");
	if (json_text(sql) && !resolve_one(item, json_text(sql), vars, err))
		return false;
	for (const struct json *one = json_is(sql, JSON_ARRAY) ? json_first(sql) : NULL; one;
	     one = json_next(one)) {
		if (!json_text(one))
			return json_expected(one, "SQL (a string)", err);
		if (!resolve_one(item, json_text(one), vars, err))
			return false;
	}
	if (!item->ngold && item->work->stage != STAGE_ASK && item_needs_run(item))
		item_exclude(item, xstrdup("gold: there is no expected SQL"));
	return true;
}

bool input_resolve(struct work *work, struct vars *vars, struct err *err)
{
	for (size_t i = 0; i < work->n; i++)
		if (!work->item[i].finished && !resolve(&work->item[i], vars, err))
			return false;
	return true;
}

/* ---- checkpoint ---- */

static void replace(struct work *work, struct json *done)
{
	for (size_t i = 0; i < work->n; i++) {
		struct item *item = &work->item[i];
		if (!streq(row_id(item->row), row_id(done))
		    || !streq(row_question(item->row), row_question(done))
		    || item->replicate != json_int_or(done, "replicate", 0))
			continue;
		if (streq(row_outcome(done), "excluded"))
			break;
		json_free(item->row);
		item->row = done;
		item->finished = true;
		return;
	}
	json_free(done);
}

bool input_checkpoint(struct work *work, const char *path, struct err *err)
{
	struct json *row = NULL;
	enum rows_result result;
	if (!io_exists(path))
		return true;
	struct rows *rows = rows_open(path, err);
	if (!rows)
		return false;
	while ((result = rows_next(rows, &row, err)) == ROWS_ROW)
		replace(work, row);
	rows_close(rows);
	if (result == ROWS_FAILED && err->code == ERR_DATA) {
		log_warn("%s; the rest of the checkpoint is passed over", err->text);
		err_clear(err);
		return true;
	}
	return result == ROWS_END;
}
