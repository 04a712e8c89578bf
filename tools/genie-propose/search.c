#include "search.h"

#include "artifact.h"
#include "history.h"
#include "model.h"

#include "dbx.h"
#include "dbxtool.h"
#include "io.h"
#include "journal.h"
#include "json.h"
#include "jsonw.h"
#include "leak.h"
#include "log.h"
#include "mem.h"
#include "prompt.h"
#include "prompttool.h"
#include "rows.h"
#include "tool.h"

#include <fcntl.h>
#include <stdlib.h>

#define MINIBATCH 3
#define IDLE 50 /* iterations beyond one a call */

struct dbx *search_dbx(struct search *s, struct err *err)
{
	if (!s->dbx)
		s->dbx = dbxtool_open(s->o->dbx, err);
	return s->dbx;
}

char *search_file(const struct search *s, const char *name)
{
	return io_join(s->folder, name);
}

/* ---- reading ---- */

static void take_question(struct search *s, struct json *row)
{
	const char *split = json_str_or(row, "split", "");
	bool train = streq(split, "train"), gold = json_get(row, "expected_sql") != NULL;
	if ((!train && !streq(split, "val")) || !gold) {
		if (!gold && !streq(split, "held_out"))
			log_warn("%s is left out: it has no expected_sql", row_id(row));
		json_free(row);
		return;
	}
	struct search_split *to = &s->split[train ? GEPA_TRAIN : GEPA_VAL];
	to->row = xrealloc(to->row, ((size_t)to->n + 1) * sizeof *to->row);
	to->row[to->n++] = row;
}

static bool read_benchmarks(struct search *s, struct err *err)
{
	struct rows *rows = rows_open(s->o->benchmarks, err);
	struct json *row;
	enum rows_result result = rows ? ROWS_ROW : ROWS_FAILED;
	while (rows && (result = rows_next(rows, &row, err)) == ROWS_ROW)
		take_question(s, row);
	rows_close(rows);
	if (result != ROWS_END)
		return false;
	for (int i = 0; i < 2; i++)
		if (!s->split[i].n)
			return err_set(err, ERR_DATA, "%s: no question of the split %s: proposals "
				"are made from train, and val decides; genie-bench divides "
				"questions into splits",
				s->o->benchmarks, i == GEPA_TRAIN ? "train" : "val");
	s->guard = leak_load(s->o->benchmarks, err);
	return s->guard != NULL;
}

static bool read_snapshot(struct search *s, struct err *err)
{
	struct json *space = artifact_load(s->o->snapshot, "space", err);
	s->model = xcalloc(1, sizeof *s->model);
	if (!space)
		return false;
	if (!model_read(s->model, space, err))
		return err_wrap(err, "%s", s->o->snapshot);
	s->snapshot = s->model->space;
	s->config = json_get(s->snapshot, "config");
	s->live_id = json_need_str(s->snapshot, "space_id", err);
	if (!s->live_id)
		return err_wrap(err, "%s", s->o->snapshot);
	search_texts(s->config, s->seed);
	return true;
}

/* ---- the journal, and who may use it ---- */

/* The programs that are started keep the lock, too: when this process is killed, the next one
 * waits until what was asked is answered, and finds it in the journal. */
static bool lock(struct search *s, struct err *err)
{
	char *path = search_file(s, "lock");
	s->lock = io_lock(path, err);
	free(path);
	s->held = s->lock < 0 ? -1 : fcntl(s->lock, F_DUPFD, 3);
	return s->held >= 0 || (s->lock >= 0 && err_errno(err, "%s", s->folder));
}

static bool open_journal(struct search *s, struct err *err)
{
	s->folder = xasprintf("%s.d", s->o->journal);
	if (!io_mkdirs(s->folder, err) || !lock(s, err))
		return false;
	s->journal = journal_open(s->o->journal, err);
	return s->journal != NULL;
}

static bool open_prompt(struct search *s, struct err *err)
{
	if (!s->o->llm)
		return true;
	char *dir = prompttool_dir(s->o->prompts, err);
	s->prompt = xcalloc(1, sizeof *s->prompt);
	bool ok = dir && prompt_load(s->prompt, dir, "reflect", err);
	free(dir);
	return ok;
}

static void close_all(struct search *s)
{
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < s->split[i].n; k++)
			json_free(s->split[i].row[k]);
		free(s->split[i].row);
		free(s->seed[i]);
	}
	if (s->model)
		model_free(s->model);
	free(s->model);
	if (s->prompt)
		prompt_free(s->prompt);
	free(s->prompt);
	leak_free(s->guard);
	journal_free(s->journal);
	dbx_free(s->dbx);
	json_free(s->events);
	strlist_free(&s->tried);
	strlist_free(&s->explained);
	strlist_free(&s->unmeasured);
	free(s->warehouse);
	free(s->folder);
	io_unlock(s->held);
	io_unlock(s->lock);
}

/* ---- searching ---- */

static struct gepa_settings settings_of(const struct search *s)
{
	struct gepa_settings set = gepa_defaults();
	set.components = SEARCH_COMPONENTS;
	set.train = s->split[GEPA_TRAIN].n;
	set.val = s->split[GEPA_VAL].n;
	set.minibatch = set.train < MINIBATCH ? set.train : MINIBATCH;
	return set;
}

static bool write_document(struct tool *tool, const struct search *s, struct json *record,
	struct json *found, struct err *err)
{
	struct json *document = tool_document(tool, "patches");
	struct str text = STR_INIT;
	bool ok = true;
	json_set_int(document, "lever", 6);
	json_set_str(document, "space_id", s->live_id);
	json_set_str(document, "config_id", json_str_or(s->snapshot, "config_id", NULL));
	json_set_str(document, "etag", json_str_or(s->snapshot, "etag", NULL));
	json_set(document, "warnings", json_detach(json_get(found, "warnings")));
	json_set(document, "patches", json_detach(json_get(found, "patches")));
	json_set(document, "refused", json_new_array());
	json_set(document, "dropped", json_new_array());
	json_set(document, "limitations", json_new_array());
	if (s->o->record) {
		json_print_pretty(record, 2, &text);
		str_addc(&text, '\n');
		ok = io_write_file(s->o->record, str_text(&text), text.n, err);
		str_free(&text);
	}
	json_set(document, "search", record);
	if (ok)
		jsonw_document(tool->out, document);
	json_free(document);
	return ok;
}

static void say_end(const struct search *s, const struct gepa_result *result,
	const struct gepa_final *final)
{
	if (result->end == GEPA_END_PROPOSER)
		log_warn("the search ended early, %ld of %ld calls are not spent: no proposal "
			"came: %s", s->o->calls - result->calls - final->calls, s->o->calls,
			result->failure.text);
	if (result->end == GEPA_END_ENOUGH)
		log_info("%s", result->failure.text);
	if (result->end == GEPA_END_UNMEASURED)
		log_warn("the space could not be measured as it is: %s",
			s->unmeasured.n ? s->unmeasured.v[0] : "no answer came");
	log_info("%d candidates, %ld calls; %s: %s", result->n, result->calls + final->calls,
		gepa_end_text(result->end), gepa_verdict_text(final->verdict));
}

static bool run_stages(struct search *s, struct gepa_settings *set, struct gepa_result *result,
	struct gepa_final *final, struct err *err)
{
	struct draws draws;
	struct gepa_task task = { .ctx = s, .evaluate = search_evaluate, .refuse = search_refuse,
		.propose = s->o->llm ? search_by_model : search_by_rules, .watch = search_watch };
	*final = (struct gepa_final){ .chosen = -1, .p_value = 1, .detectable = 1,
		.gain = { -1, 1 } };
	result->best = -1;
	if (s->o->calls == 0)
		return true;
	set->max_calls = s->o->calls - s->reserve;
	set->max_iterations = s->o->calls + IDLE;
	draws_seed(&draws, (uint64_t)s->o->seed);
	return gepa_run(set, &task, s->seed, &draws, result, err) &&
		gepa_final(set, &task, result, s->reserve, final, err) &&
		(!s->broken.code || (*err = s->broken, false));
}

static bool find_best(struct tool *tool, struct search *s, struct gepa_settings *set,
	struct err *err)
{
	struct gepa_result result = { 0 };
	struct gepa_final final;
	s->events = json_new_array();
	bool ok = run_stages(s, set, &result, &final, err);
	if (ok) {
		say_end(s, &result, &final);
		struct json *found = json_new_object();
		json_set(found, "patches", search_shipped(s, &result, &final,
			json_set(found, "warnings", json_new_array())));
		ok = clone_end(s, err) && write_document(tool, s,
			search_record(tool, s, set, &result, &final), found, err);
		json_free(found);
	} else {
		clone_abandon(s);
	}
	gepa_result_free(&result, SEARCH_COMPONENTS);
	return ok;
}

static bool find_noise(struct tool *tool, struct search *s, struct err *err)
{
	struct json *noise = search_noise(tool, s, err);
	bool ok = noise && clone_end(s, err);
	if (!noise)
		clone_abandon(s);
	if (ok)
		jsonw_document(tool->out, noise);
	json_free(noise);
	return ok;
}

static bool search(struct tool *tool, struct search *s, struct err *err)
{
	if (!read_snapshot(s, err) || !read_benchmarks(s, err) || !open_prompt(s, err))
		return false;
	struct gepa_settings set = settings_of(s);
	s->reserve = gepa_reserve(&set, s->o->calls);
	if (s->o->plan) {
		struct json *plan = search_plan(tool, s, &set);
		jsonw_document(tool->out, plan);
		json_free(plan);
		return true;
	}
	if (!open_journal(s, err) || !clone_find(s, err))
		return false;
	return s->o->noise ? find_noise(tool, s, err) : find_best(tool, s, &set, err);
}

bool search_run(struct tool *tool, const struct search_options *options, struct err *err)
{
	struct search s = { .o = options, .lock = -1, .held = -1 };
	bool ok = search(tool, &s, err);
	close_all(&s);
	return ok;
}
