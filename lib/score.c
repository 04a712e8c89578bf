#include "score.h"

#include "agreement.h"
#include "json.h"
#include "mem.h"
#include "rows.h"
#include "stats.h"
#include "str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct question {
	char *id, *sql_hash;
	long pass, correct, rows; /* rows: those that were measured */
	bool p0, excluded;
	char *reason; /* of the exclusion */
};

struct judge_count {
	char *name;
	long yes, no, unknown, skipped;
};

/* Of a judge that has verdicts of code and of a model. */
struct judge_agreement {
	char *name;
	struct agreement agreement;
};

/* The hash beside the index spares most looks at the questions themselves. */
struct slot {
	size_t at; /* index + 1; 0: empty */
	uint64_t hash;
};

struct score {
	struct question *questions;
	size_t n, cap;
	struct slot *slots; /* open addressing */
	size_t nslots;
	struct judge_count *judges;
	size_t njudges, judge_cap;
	const char **judge_names;
	struct judge_agreement *agreements;
	size_t nagreements, agreement_cap;
	struct json *actions; /* arbiter_actions */
	struct arena arena;
	char *config_id;
	const struct score *only;
	int64_t iteration;
	bool has_iteration;
};

const struct score_target score_targets[] = {
	{ "syntax_validity", 98 },	{ "schema_accuracy", 95 },
	{ "logical_accuracy", 90 },	{ "semantic_equivalence", 90 },
	{ "completeness", 90 },		{ "result_correctness", 85 },
	{ "asset_routing", 95 },	{ "repeatability", 90 },
	{ NULL, 0 },
};

struct score *score_new(void)
{
	struct score *score = xcalloc(1, sizeof *score);
	score->actions = json_new_array();
	return score;
}

void score_free(struct score *score)
{
	if (!score)
		return;
	json_free(score->actions);
	arena_free(&score->arena);
	for (size_t i = 0; i < score->nagreements; i++)
		agreement_free(&score->agreements[i].agreement);
	free(score->agreements);
	free(score->questions);
	free(score->slots);
	free(score->judges);
	free(score->judge_names);
	free(score);
}

void score_limit_to(struct score *score, const struct score *other)
{
	score->only = other;
}

/* FNV-1a; the high bits are mixed in, since ids often differ in their last digits only. */
static uint64_t hash_of(const char *id)
{
	uint64_t hash = 14695981039346656037u;
	for (const char *p = id; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	return hash ^ hash >> 29;
}

static struct slot *slot_of(const struct score *score, const char *id, uint64_t hash)
{
	size_t i = (size_t)(hash % score->nslots);
	while (score->slots[i].at && (score->slots[i].hash != hash
	       || !streq(score->questions[score->slots[i].at - 1].id, id)))
		i = (i + 1) % score->nslots;
	return &score->slots[i];
}

/* The hashes are kept: no question is looked at. */
static void grow_slots(struct score *score)
{
	struct slot *old = score->slots;
	size_t n = score->nslots;
	if (n > score->n * 2 + 2)
		return;
	score->nslots = score->n * 4 + 61;
	score->slots = xcalloc(score->nslots, sizeof *score->slots);
	for (size_t i = 0; i < n; i++) {
		size_t at = (size_t)(old[i].hash % score->nslots);
		while (old[i].at && score->slots[at].at)
			at = (at + 1) % score->nslots;
		if (old[i].at)
			score->slots[at] = old[i];
	}
	free(old);
}

static const struct question *find(const struct score *score, const char *id)
{
	size_t at = score->nslots ? slot_of(score, id, hash_of(id))->at : 0;
	return at ? &score->questions[at - 1] : NULL;
}

static struct question *question_of(struct score *score, const char *id, bool *is_new)
{
	uint64_t hash = hash_of(id);
	grow_slots(score);
	struct slot *slot = slot_of(score, id, hash);
	*is_new = slot->at == 0;
	if (!*is_new)
		return &score->questions[slot->at - 1];
	GROW(score->questions, score->cap, score->n + 1);
	struct question *q = &score->questions[score->n];
	*q = (struct question){ .id = arena_strdup(&score->arena, id) };
	*slot = (struct slot){ ++score->n, hash };
	return q;
}

static struct judge_count *judge_of(struct score *score, const char *name)
{
	for (size_t i = 0; i < score->njudges; i++)
		if (streq(score->judges[i].name, name))
			return &score->judges[i];
	GROW(score->judges, score->judge_cap, score->njudges + 1);
	score->judges[score->njudges] = (struct judge_count){ .name = arena_strdup(&score->arena, name) };
	struct judge_count *judge = &score->judges[score->njudges++];
	score->judge_names = xrealloc(score->judge_names,
				      (score->njudges + 1) * sizeof *score->judge_names);
	score->judge_names[score->njudges - 1] = judge->name;
	score->judge_names[score->njudges] = NULL;
	return judge;
}

static void count_verdict(struct judge_count *judge, const char *value)
{
	if (streq(value, "yes"))
		judge->yes++;
	else if (streq(value, "no"))
		judge->no++;
	else if (streq(value, "skipped"))
		judge->skipped++;
	else
		judge->unknown++;
}

static void add_action(struct score *score, const struct json *row, const char *verdict)
{
	struct json *action = json_push(score->actions, json_new_object());
	json_set_str(action, "question_id", row_id(row));
	json_set_str(action, "verdict", verdict);
	json_set_str(action, "rationale", row_rationale(row, "arbiter"));
	if (streq(verdict, "genie_correct") || streq(verdict, "neither_correct"))
		json_set_str(action, "genie_sql", json_str_or(row, "genie_sql", NULL));
}

static struct agreement *agreement_of(struct score *score, const char *name)
{
	for (size_t i = 0; i < score->nagreements; i++)
		if (streq(score->agreements[i].name, name))
			return &score->agreements[i].agreement;
	GROW(score->agreements, score->agreement_cap, score->nagreements + 1);
	struct judge_agreement *one = &score->agreements[score->nagreements++];
	*one = (struct judge_agreement){ .name = arena_strdup(&score->arena, name) };
	return &one->agreement;
}

/* A model's verdict beside the code's: evaluation.md, "Judges", mode both. */
static void count_agreement(struct score *score, const struct json *judge, const char *value)
{
	const struct json *model = json_get(judge, "llm");
	if (json_is(model, JSON_OBJECT))
		agreement_add(agreement_of(score, json_key(judge)), value,
			json_str_or(model, "value", NULL));
}

static bool known_judge(const struct score *score, const char *name)
{
	for (size_t i = 0; i < score->njudges; i++)
		if (streq(score->judges[i].name, name))
			return true;
	return false;
}

/* New judges are told in the order of all reports, not in that of the row. */
static void meet_judges(struct score *score, const struct json *row)
{
	struct strlist names = { 0 };
	row_judge_names(row, &names);
	for (size_t i = 0; i < names.n; i++)
		if (!streq(names.v[i], "arbiter") && row_value(row, names.v[i]))
			judge_of(score, names.v[i]);
	strlist_free(&names);
}

/* The arbiter's verdicts are names, not yes or no: counted as actions. */
static void count_judges(struct score *score, const struct json *row)
{
	const struct json *judges = json_get(row, "judges");
	for (const struct json *j = json_first(judges); j; j = json_next(j)) {
		const char *name = json_key(j), *value = json_str_or(j, "value", NULL);
		bool arbiter = streq(name, "arbiter");
		if (!value)
			continue;
		count_agreement(score, j, value);
		if (arbiter && !streq(value, "skipped"))
			add_action(score, row, value);
		if (arbiter)
			continue;
		if (!known_judge(score, name))
			meet_judges(score, row);
		count_verdict(judge_of(score, name), value);
	}
}

static bool is_replicate(const struct json *row)
{
	return json_get(row, "replicate") != NULL;
}

static void remember_config(struct score *score, const struct json *row)
{
	int64_t iteration;
	if (!score->config_id)
		score->config_id = arena_strdup(&score->arena, json_str_or(row, "config_id", NULL));
	if (json_as_int(json_get(row, "iteration"), &iteration)) {
		score->iteration = iteration;
		score->has_iteration = true;
	}
}

bool score_add(struct score *score, const struct json *row, struct err *err)
{
	bool is_new;
	enum score_outcome there = score->only ? score_of(score->only, row_id(row)) : SCORE_PASS;
	if (there == SCORE_ABSENT || there == SCORE_EXCLUDED)
		return true;
	struct question *q = question_of(score, row_id(row), &is_new);
	if (!is_new && !is_replicate(row))
		return err_set(err, ERR_DATA, "question %s is there twice", row_id(row));
	remember_config(score, row);
	q->p0 = streq(json_str_or(row, "priority", "P1"), "P0");
	if (!q->sql_hash)
		q->sql_hash = arena_strdup(&score->arena, json_str_or(row, "sql_hash", NULL));
	const char *outcome = row_outcome(row);
	if (streq(outcome, "excluded")) {
		q->excluded = true;
		q->reason = arena_strdup(&score->arena, json_str_or(json_get(row, "exclusion"), "reason",
								     "no reason given"));
		return true;
	}
	q->rows++;
	q->pass += streq(outcome, "pass");
	q->correct += row_is_right(row);
	count_judges(score, row);
	return true;
}

bool score_load(struct score *score, const char *path, struct err *err)
{
	struct rows *rows = rows_open(path, err);
	if (!rows)
		return false;
	struct json *row;
	enum rows_result result;
	bool ok = true;
	rows_verdicts_only(rows);
	while (ok && (result = rows_next(rows, &row, err)) != ROWS_END) {
		ok = result == ROWS_ROW;
		if (!ok)
			break;
		ok = score_add(score, row, err) || err_wrap(err, "%s", rows_place(rows));
		json_free(row);
	}
	rows_close(rows);
	return ok;
}

/* ---- asking ---- */
static enum score_outcome outcome_of(const struct question *q)
{
	if (!q)
		return SCORE_ABSENT;
	if (q->rows == 0)
		return SCORE_EXCLUDED;
	return q->pass * 2 > q->rows ? SCORE_PASS : SCORE_FAIL;
}

size_t score_count(const struct score *score)
{
	return score->n;
}

const char *score_id(const struct score *score, size_t index)
{
	return score->questions[index].id;
}

enum score_outcome score_at(const struct score *score, size_t index)
{
	return outcome_of(&score->questions[index]);
}

enum score_outcome score_of(const struct score *score, const char *id)
{
	return outcome_of(find(score, id));
}

bool score_is_p0(const struct score *score, size_t index)
{
	return score->questions[index].p0;
}

const char *score_sql_hash(const struct score *score, const char *id)
{
	const struct question *q = find(score, id);
	return q ? q->sql_hash : NULL;
}

struct totals {
	long evaluated, correct, pass;
};

static struct totals total(const struct score *score)
{
	struct totals t = { 0, 0, 0 };
	for (size_t i = 0; i < score->n; i++) {
		const struct question *q = &score->questions[i];
		if (q->rows == 0)
			continue;
		t.evaluated++;
		t.correct += q->correct * 2 > q->rows;
		t.pass += q->pass * 2 > q->rows;
	}
	return t;
}

struct json *json_percent(double value)
{
	return json_new_num(isnan(value) ? value : round(value * 100) / 100);
}

double percent_of(long k, long n)
{
	return n ? 100.0 * (double)k / (double)n : NAN;
}

double score_accuracy(const struct score *score)
{
	struct totals t = total(score);
	return percent_of(t.correct, t.evaluated);
}

double score_adjusted(const struct score *score)
{
	struct totals t = total(score);
	return percent_of(t.pass, t.evaluated);
}

static const struct judge_count *find_judge(const struct score *score, const char *judge)
{
	for (size_t i = 0; i < score->njudges; i++)
		if (streq(score->judges[i].name, judge))
			return &score->judges[i];
	return NULL;
}

double score_judge(const struct score *score, const char *judge)
{
	const struct judge_count *count = find_judge(score, judge);
	return count ? percent_of(count->yes, count->yes + count->no) : NAN;
}

long score_verdicts(const struct score *score, const char *judge)
{
	const struct judge_count *count = find_judge(score, judge);
	return count ? count->yes + count->no : 0;
}

const char *const *score_judges(const struct score *score)
{
	static const char *const none[] = { NULL };
	return score->judge_names ? score->judge_names : none;
}

bool score_thresholds_passed(const struct score *score)
{
	bool any = false;
	for (const struct score_target *t = score_targets; t->judge; t++) {
		double value = score_judge(score, t->judge);
		if (isnan(value))
			continue;
		any = true;
		if (value < t->target)
			return false;
	}
	return any;
}

/* ---- writing ---- */

static void write_judges(const struct score *score, struct json *document)
{
	struct json *scores = json_set(document, "scores", json_new_object());
	struct json *judges = json_set(document, "judges", json_new_object());
	for (size_t i = 0; i < score->njudges; i++) {
		const struct judge_count *judge = &score->judges[i];
		json_set(scores, judge->name, json_percent(score_judge(score, judge->name)));
		struct json *count = json_set(judges, judge->name, json_new_object());
		json_set_int(count, "yes", judge->yes);
		json_set_int(count, "no", judge->no);
		json_set_int(count, "unknown", judge->unknown);
		json_set_int(count, "skipped", judge->skipped);
	}
}

static void write_agreement(const struct score *score, struct json *document)
{
	if (!score->nagreements)
		return;
	struct json *out = json_set(document, "agreement", json_new_object());
	for (size_t i = 0; i < score->nagreements; i++)
		json_set(out, score->agreements[i].name, agreement_json(&score->agreements[i].agreement));
}

static void write_thresholds(const struct score *score, struct json *document)
{
	struct json *thresholds = json_set(document, "thresholds", json_new_object());
	for (const struct score_target *t = score_targets; t->judge; t++) {
		double value = score_judge(score, t->judge);
		struct json *one = json_set(thresholds, t->judge, json_new_object());
		json_set_num(one, "target", t->target);
		json_set(one, "met", isnan(value) ? json_new_null() : json_new_bool(value >= t->target));
	}
	json_set_bool(document, "thresholds_passed", score_thresholds_passed(score));
}

static void write_questions(const struct score *score, struct json *document)
{
	struct json *failures = json_set(document, "failures", json_new_array());
	struct json *hashes = json_new_object();
	for (size_t i = 0; i < score->n; i++) {
		const struct question *q = &score->questions[i];
		if (outcome_of(q) == SCORE_FAIL)
			json_push_str(failures, q->id);
		if (q->sql_hash)
			json_append(hashes, q->id, json_new_str(q->sql_hash));
	}
	json_set(document, "arbiter_actions", json_dup(score->actions));
	json_set(document, "sql_hashes", hashes);
}

static void write_excluded(const struct score *score, struct json *document)
{
	struct json *excluded = json_set(document, "excluded", json_new_array());
	for (size_t i = 0; i < score->n; i++) {
		if (score->questions[i].rows > 0)
			continue;
		struct json *one = json_push(excluded, json_new_object());
		json_set_str(one, "question_id", score->questions[i].id);
		json_set_str(one, "reason", score->questions[i].reason);
	}
}

void score_write(const struct score *score, struct json *document)
{
	struct totals t = total(score);
	struct interval ci = stats_wilson(t.correct, t.evaluated);
	if (score->has_iteration)
		json_set_int(document, "iteration", score->iteration);
	json_set_str(document, "config_id", score->config_id);
	json_set_int(document, "total_questions", (int64_t)score->n);
	json_set_int(document, "evaluated", t.evaluated);
	write_excluded(score, document);
	json_set_int(document, "correct", t.correct);
	json_set(document, "overall_accuracy", json_percent(percent_of(t.correct, t.evaluated)));
	struct json *interval = json_set(document, "accuracy_ci95", json_new_array());
	json_push(interval, json_percent(100 * ci.low));
	json_push(interval, json_percent(100 * ci.high));
	json_set(document, "arbiter_adjusted_accuracy", json_percent(percent_of(t.pass, t.evaluated)));
	write_judges(score, document);
	write_agreement(score, document);
	write_thresholds(score, document);
	write_questions(score, document);
	json_set(document, "repeatability_pct", json_percent(score_judge(score, "repeatability")));
}
