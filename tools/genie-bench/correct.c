#include "correct.h"

#include "edityaml.h"
#include "io.h"
#include "json.h"
#include "log.h"
#include "rulings.h"
#include "sqltext.h"
#include "str.h"
#include "textdiff.h"
#include "vars.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_NAME "gt_remediation_queue.yaml"
#define QUEUE_HEAD "# Benchmark questions whose expected SQL a person has to look at.\n" \
	"schema: genie/remediation/1\n"

/* A file as it was and as it will be. */
struct edited {
	const char *path;
	struct str before, after;
	bool is_new;
};

struct correcting {
	const struct bench *bench;
	const struct correction *how;
	struct rulings rulings;
	struct edited *file; /* the sources, then the queue */
	size_t n, cap;
	struct arena arena;
	size_t corrected, already, queued;
	struct err *err;
};

static struct edited *open_file(struct correcting *c, const char *path, const char *otherwise)
{
	for (size_t i = 0; i < c->n; i++)
		if (streq(c->file[i].path, path))
			return &c->file[i];
	GROW(c->file, c->cap, c->n + 1);
	struct edited *file = &c->file[c->n];
	*file = (struct edited){ .path = arena_strdup(&c->arena, path), .before = STR_INIT, .after = STR_INIT };
	file->is_new = otherwise && !io_exists(path);
	if (!file->is_new && !io_read_file(path, &file->before, c->err)) {
		str_free(&file->before);
		return NULL;
	}
	c->n++;
	str_add(&file->after, file->is_new ? otherwise : str_text(&file->before));
	return file;
}

static const struct question *question_of(const struct bench *bench, const char *id)
{
	for (size_t i = 0; i < bench->n; i++)
		if (streq(bench->questions[i].id, id))
			return &bench->questions[i];
	return NULL;
}

static bool same_sql(const char *a, const char *b)
{
	struct arena arena = { 0 };
	bool same = a && b && streq(sql_normalize(&arena, a), sql_normalize(&arena, b));
	arena_free(&arena);
	return same;
}

/* ---- the queue ---- */

static bool is_queued(const struct json *queue, const struct json *entry)
{
	static const char *const keys[] = { "id", "expected_sql", "genie_sql" };
	for (const struct json *one = json_first(queue); one; one = json_next(one)) {
		bool same = true;
		for (size_t i = 0; i < countof(keys); i++)
			same = same && json_equal(json_get(one, keys[i]), json_get(entry, keys[i]));
		if (same)
			return true;
	}
	return false;
}

static struct json *queue_entry(const struct question *q, const struct ruling *r, int which)
{
	struct json *entry = json_new_object();
	const struct json *sql = json_get(q->json, "expected_sql");
	const char *expected = json_text(sql) ? json_text(sql) : json_text(json_at(sql, 0));
	json_set_str(entry, "id", q->id);
	json_set_str(entry, "question", json_str_or(q->json, "question", ""));
	json_set_str(entry, "verdict", which == RULING_NEITHER ? "neither_correct" : "genie_correct");
	json_set_str(entry, "rationale", r->why[which] ? r->why[which] : "");
	json_set_str(entry, "expected_sql", expected ? expected : "");
	json_set_str(entry, "genie_sql", r->sql[which] ? r->sql[which] : "");
	return entry;
}

static bool enqueue(struct correcting *c, const struct question *q, const struct ruling *r, int which)
{
	char *folder = io_dirname(c->bench->questions[0].file);
	char *beside = io_join(folder, QUEUE_NAME);
	struct edited *file = open_file(c, c->how->queue ? c->how->queue : beside, QUEUE_HEAD);
	free(folder);
	free(beside);
	if (!file)
		return false;
	bool broken = false;
	struct json *queue = edit_yaml_get(&file->after, file->path, "queue", &broken, c->err);
	struct json *entry = queue_entry(q, r, which);
	bool ok = !broken, there = is_queued(queue, entry);
	c->queued += ok && !there;
	if (ok && !there)
		ok = edit_yaml_add_map(&file->after, file->path, "queue", entry, c->err);
	json_free(entry);
	json_free(queue);
	return ok;
}

/* ---- the sources ---- */

static bool set(struct correcting *c, struct edited *file, const struct question *q, const char *key,
		const char *value)
{
	char *path = xasprintf("%s.%s", q->path, key);
	bool ok = edit_yaml_set(&file->after, file->path, path, value, c->err);
	free(path);
	return ok;
}

static bool rewrite(struct correcting *c, const struct question *q, const char *old, const char *sql)
{
	struct edited *file = open_file(c, q->file, NULL);
	c->corrected++;
	return file && set(c, file, q, "previous_sql", old) && set(c, file, q, "expected_sql", sql)
		&& set(c, file, q, "source", "arbiter_corrected");
}

static bool correct_one(struct correcting *c, const struct question *q, const struct ruling *r)
{
	const char *old = json_text(json_get(q->json, "expected_sql")), *sql = r->sql[RULING_GENIE];
	if (!sql || !sql_is_read_only(sql)) {
		log_warn("question %s: the verdict brings no query to correct with", q->id);
		return true;
	}
	if (!old)
		return enqueue(c, q, r, RULING_GENIE);
	struct str text = STR_INIT;
	vars_template(c->how->vars, sql, old, &text);
	bool same = same_sql(old, str_text(&text));
	c->already += same;
	bool ok = same || rewrite(c, q, old, str_text(&text));
	str_free(&text);
	return ok;
}

static size_t count(const struct correcting *c, int which)
{
	size_t n = 0;
	for (size_t i = 0; i < c->rulings.n; i++)
		n += ruling_is(&c->rulings.v[i], which) && question_of(c->bench, c->rulings.v[i].id);
	return n;
}

static bool edit(struct correcting *c)
{
	size_t genie = count(c, RULING_GENIE);
	bool enough = (long)genie >= c->how->least;
	if (!enough)
		log_info("%zu question(s) with genie_correct, fewer than %ld: no expected SQL is corrected",
			 genie, c->how->least);
	for (size_t i = 0; i < c->rulings.n; i++) {
		const struct ruling *r = &c->rulings.v[i];
		const struct question *q = question_of(c->bench, r->id);
		bool genie_right = ruling_is(r, RULING_GENIE), neither = ruling_is(r, RULING_NEITHER);
		if (!q && (genie_right || neither))
			log_warn("question %s is in none of the sources", r->id);
		if (q && genie_right && enough && !correct_one(c, q, r))
			return false;
		if (q && neither && !enqueue(c, q, r, RULING_NEITHER))
			return false;
	}
	return true;
}

static bool changed(const struct edited *file)
{
	return file->is_new || file->before.n != file->after.n
		|| memcmp(str_text(&file->before), str_text(&file->after), file->after.n) != 0;
}

static bool finish(struct correcting *c, FILE *out)
{
	struct str diff = STR_INIT;
	for (size_t i = 0; i < c->n; i++) {
		const struct edited *f = &c->file[i];
		unified_diff(f->path, str_text(&f->before), f->before.n, str_text(&f->after), f->after.n, &diff);
	}
	fputs(str_text(&diff), out);
	str_free(&diff);
	for (size_t i = 0; c->how->write && i < c->n; i++)
		if (changed(&c->file[i])
		    && !io_write_file(c->file[i].path, str_text(&c->file[i].after), c->file[i].after.n, c->err))
			return false;
	log_info("%zu corrected, %zu corrected before, %zu queued for people%s", c->corrected, c->already,
		 c->queued, c->how->write ? "" : "; nothing is written without --write");
	return true;
}

static bool editable(const struct bench *bench, struct err *err)
{
	for (size_t i = 0; i < bench->n; i++)
		if (!bench->questions[i].path || streq(bench->questions[i].file, "standard input"))
			return err_set(err, ERR_USAGE, "%s: corrections go into YAML or JSON files that are named",
				       bench->questions[i].file);
	return true;
}

bool correct(const struct bench *bench, const struct correction *how, FILE *out, struct err *err)
{
	struct correcting c = { .bench = bench, .how = how, .err = err };
	bool ok = editable(bench, err) && rulings_load(&c.rulings, how->verdicts, err) && edit(&c)
		&& finish(&c, out);
	for (size_t i = 0; i < c.n; i++) {
		str_free(&c.file[i].before);
		str_free(&c.file[i].after);
	}
	free(c.file);
	rulings_free(&c.rulings);
	arena_free(&c.arena);
	return ok;
}
