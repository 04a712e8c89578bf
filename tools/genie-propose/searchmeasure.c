/* Asking candidates: from the journal, else by genie-eval on the clone. */
#include "search.h"

#include "dbxtool.h"
#include "io.h"
#include "journal.h"
#include "json.h"
#include "jsonw.h"
#include "log.h"
#include "mem.h"
#include "proc.h"
#include "rows.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_REPLICATES 64 /* that a row is looked for in */

/* ---- the journal ---- */

/* What a measurement depends on: configuration, question, what was expected, how it was judged,
 * and which asking it was. */
static const char *key_of(const char *hash, const struct json *question, int replicate,
	char out[SHA256_HEX])
{
	struct str text = STR_INIT;
	str_addf(&text, "measurement\n%s\n%s\n%d\n%s\n", tool_version(), hash, replicate,
		row_id(question));
	json_quote(&text, row_question(question), strlen(row_question(question)));
	json_canonical(json_get(question, "expected_sql"), &text);
	sha256_hex(str_text(&text), text.n, out);
	str_free(&text);
	return out;
}

static const struct json *find(const struct search *s, const char *hash,
	const struct json *question, int replicate)
{
	char key[SHA256_HEX];
	key_of(hash, question, replicate, key);
	return json_get(journal_find_key(s->journal, key), "row");
}

const struct json *search_row(const struct search *s, char *const *text,
	const struct json *question)
{
	struct err ignored = { 0 };
	char hash[SHA256_HEX];
	struct json *config = search_config(s, text, &ignored);
	const struct json *last = NULL, *row;
	if (!config)
		return NULL;
	search_hash(s, config, hash);
	json_free(config);
	for (int i = 0; i < MAX_REPLICATES && (row = find(s, hash, question, i)); i++)
		last = row;
	return last;
}

/* ---- genie-eval ---- */

static bool write_lines(const char *path, struct json *const *row, const int *ids, int n,
	int replicate, struct err *err)
{
	struct outfile out;
	if (!outfile_open(&out, path, err))
		return false;
	for (int i = 0; i < n; i++) {
		struct json *copy = json_dup(row[ids[i]]);
		json_set_int(copy, "replicate", replicate);
		jsonw_line(out.file, copy);
		json_free(copy);
	}
	return outfile_commit(&out, err);
}

static bool write_snapshot(const struct search *s, const char *path, struct json *config,
	struct err *err)
{
	struct json *snapshot = search_snapshot(s, json_dup(config), s->clone.id);
	struct str text = STR_INIT;
	json_print(snapshot, &text);
	bool ok = io_write_file(path, str_text(&text), text.n, err);
	str_free(&text);
	json_free(snapshot);
	return ok;
}

static char *program(const char *name)
{
	char *folder = proc_program_dir(), *path = folder ? io_join(folder, name) : NULL;
	free(folder);
	if (path && io_exists(path))
		return path;
	free(path);
	return xstrdup(name);
}

/* The last line of what a program said, as our error. */
static bool said(const char *name, int status, struct str *errors, struct err *err)
{
	char *text = str_take(errors), *line;
	enum err_code code = status == ERR_DATA || status == ERR_UNAVAILABLE || status == ERR_IO ||
		status == ERR_TEMP || status == ERR_USAGE ? (enum err_code)status : ERR_BUG;
	char *end = trim(text ? text : (text = xstrdup("")));
	line = strrchr(end, '\n');
	err_set(err, code, "%s ended with %d: %s", name, status, line ? line + 1 : end);
	free(text);
	return false;
}

bool search_program(const char *name, const struct strlist *args, struct err *err)
{
	const char **argv = xcalloc(args->n + 2, sizeof *argv);
	char *path = program(name);
	struct str errors;
	int status = 0;
	str_init(&errors, 1 << 16);
	argv[0] = path;
	for (size_t i = 0; i < args->n; i++)
		argv[i + 1] = args->v[i];
	bool ok = proc_run(argv, NULL, 0, NULL, &errors, &status, err);
	if (ok && status)
		ok = said(name, status, &errors, err);
	str_free(&errors);
	free(argv);
	free(path);
	return ok;
}

static void add_option(struct strlist *args, const char *name, const char *value)
{
	if (!value)
		return;
	strlist_add(args, name);
	strlist_add(args, value);
}

/* Its own files only, and no pipe for its rows: when this process is killed, it still finishes
 * what it has asked, and the journal has it. */
static bool run_eval(const struct search *s, const char *const file[3], struct err *err)
{
	struct strlist args = { 0 };
	char qpm[JSON_NUM_SIZE];
	strlist_add(&args, "-q");
	add_option(&args, "--snapshot", file[0]);
	add_option(&args, "--space", s->clone.id);
	add_option(&args, "--journal", s->o->journal);
	add_option(&args, "--scope", "all");
	add_option(&args, "--ask-tries", "1");
	add_option(&args, "--qpm", json_num_text(s->o->qpm, qpm));
	add_option(&args, "--warehouse", s->o->warehouse);
	add_option(&args, "--profile", s->o->dbx->profile);
	add_option(&args, "--bundle", s->o->dbx->bundle);
	add_option(&args, "--target", s->o->dbx->target);
	for (size_t i = 0; i < s->o->vars->n; i++)
		add_option(&args, "--var", s->o->vars->v[i]);
	add_option(&args, "-o", file[2]);
	strlist_add(&args, file[1]);
	bool ok = search_program("genie-eval", &args, err);
	strlist_free(&args);
	return ok;
}

/* ---- rows to the journal ---- */

static bool remember(struct search *s, const char *hash, int replicate, struct json *row,
	struct err *err)
{
	const char *outcome = row_outcome(row);
	char key[SHA256_HEX];
	if (streq(outcome, "excluded")) {
		char *line = xasprintf("%s: %s", row_id(row),
			json_str_or(json_get(row, "exclusion"), "reason", "excluded"));
		strlist_add_new(&s->unmeasured, line);
		free(line);
		return true;
	}
	struct json *entry = json_new_object();
	json_set_str(entry, "question_id", row_id(row));
	json_set_int(entry, "replicate", replicate);
	json_set_str(entry, "outcome", outcome);
	key_of(hash, row, replicate, key);
	json_set(entry, "row", json_dup(row));
	return journal_put_key(s->journal, "genie/measurement/1", key, entry, err);
}

static bool read_rows(struct search *s, const char *path, const char *hash, int replicate,
	struct err *err)
{
	struct rows *rows = rows_open(path, err);
	struct json *row = NULL;
	enum rows_result result = rows ? ROWS_ROW : ROWS_FAILED;
	while (rows && (result = rows_next(rows, &row, err)) == ROWS_ROW) {
		bool ok = remember(s, hash, replicate, row, err);
		json_free(row);
		if (!ok)
			break;
	}
	rows_close(rows);
	return result == ROWS_END;
}

/* What of a request the journal does not have. */
struct missing {
	const struct gepa_request *request;
	struct json *config;
	char hash[SHA256_HEX]; /* of it */
	int *ids, n;
};

/* An answer that the loop, or an earlier run, has of the same configuration costs nothing. */
static size_t to_pay(const struct search *s, const struct missing *m)
{
	size_t n = 0;
	for (int i = 0; i < m->n; i++) {
		const struct json *row = s->split[m->request->split].row[m->ids[i]];
		struct journal_key key = { .config = m->hash, .question_id = row_id(row),
			.question = row_question(row), .replicate = m->request->replicate };
		n += !journal_find(s->journal, &key);
	}
	return n;
}

static bool measure(struct search *s, const struct missing *m, struct err *err)
{
	struct json *const *rows = s->split[m->request->split].row;
	int replicate = m->request->replicate;
	char *path[] = { search_file(s, "candidate.json"), search_file(s, "questions.jsonl"),
		search_file(s, "rows.jsonl") };
	const char *const file[] = { path[0], path[1], path[2] };
	bool ok = clone_put(s, m->config, m->hash, err) &&
		write_snapshot(s, file[0], m->config, err) &&
		write_lines(file[1], rows, m->ids, m->n, replicate, err) &&
		run_eval(s, file, err) && read_rows(s, file[2], m->hash, replicate, err);
	for (size_t i = 0; i < countof(path); i++) {
		unlink(path[i]);
		free(path[i]);
	}
	s->asked += to_pay(s, m);
	return ok;
}

bool search_evaluate(void *ctx, const struct gepa_request *r, struct gepa_answer *answers,
	struct err *err)
{
	struct search *s = ctx;
	struct missing m = { .request = r, .ids = xcalloc((size_t)r->n + 1, sizeof *m.ids) };
	if (s->broken.code)
		*err = s->broken;
	else
		m.config = search_config(s, r->text, err);
	bool ok = m.config != NULL;
	if (ok)
		search_hash(s, m.config, m.hash);
	for (int i = 0; ok && i < r->n; i++)
		if (!find(s, m.hash, s->split[r->split].row[r->ids[i]], r->replicate))
			m.ids[m.n++] = r->ids[i];
	ok = ok && (!m.n || measure(s, &m, err));
	for (int i = 0; ok && i < r->n; i++) {
		const struct json *row =
			find(s, m.hash, s->split[r->split].row[r->ids[i]], r->replicate);
		answers[i] = (struct gepa_answer){ .measured = row != NULL };
		if (row && streq(row_outcome(row), "pass"))
			answers[i].score = GEPA_ONE;
	}
	free(m.ids);
	json_free(m.config);
	return ok;
}
