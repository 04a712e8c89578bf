/* Levers 1, 4, 5: which rows of a table count. Monitoring tables hold several windows and
 * slices of one thing, score tables several runs and models; whoever reads all of them counts
 * twice. What every expected SQL filters without being asked is said of the column. */
#include "rules.h"

#include "words.h"

#include "mem.h"

#include <stdlib.h>
#include <string.h>

static bool is_cause(const struct asked *a, const char *one, const char *two, const char *three)
{
	return streq(a->cause, one) || streq(a->cause, two) || streq(a->cause, three);
}

/* The filter without table names: it stands in a comment of its own table. */
static char *own_words(const struct object *o, const char *text)
{
	struct str out = STR_INIT;
	size_t n = strlen(o->name);
	for (const char *s = text; *s;) {
		if (strnieq(s, o->name, n) && s[n] == '.')
			s += n + 1;
		else
			str_addc(&out, *s++);
	}
	return str_take(&out);
}

static bool filters_so(const struct sqlfacts *facts, const char *text)
{
	for (size_t i = 0; i < facts->nfilters; i++)
		if (streq(facts->filter[i].text, text))
			return true;
	return false;
}

/* Questions that need the object and filter so; 0 when one does not. */
static size_t always(const struct asked *a, const struct object *o, const char *text)
{
	size_t n = 0;
	for (size_t i = 0; i < a->p->cases->n; i++) {
		const struct fact_case *c = &a->p->cases->v[i];
		if (!case_needs(c, o->full_name, NULL))
			continue;
		if (!filters_so(&c->gold, text))
			return 0;
		n++;
	}
	return n;
}

/* The question names the column or the value: then it is asked for, not meant. */
static bool is_asked_for(const char *question, const struct sqlfact_filter *f)
{
	char *value = literal_text(f->value);
	bool asked = value && has_phrase(question, value);
	for (const char *part = f->column; *part && !asked;) {
		size_t n = strcspn(part, "_");
		char *name = xstrndup(part, n);
		asked = n > 3 && has_phrase(question, name);
		free(name);
		part += n + (part[n] == '_');
	}
	free(value);
	return asked;
}

static const char *scope_text(const struct object *o)
{
	return o->role == ROLE_MONITORING ?
		"The table holds several windows and slices: always filter `%s`" :
		o->role == ROLE_ML ? "The table holds several runs and models: always filter `%s`" :
		"Unless the question says otherwise, filter `%s`";
}

static void say(const struct asked *a, struct place at, const char *format, const char *what,
		double confidence)
{
	struct str text = STR_INIT;
	const char *hole = strstr(format, "%s");
	str_addn(&text, format, (size_t)(hole - format));
	str_addf(&text, "%s%s.", what, hole + 2);
	if (!stristr(at.f ? at.f->comment : at.o->comment, str_text(&text)))
		strlist_add_new(&draft_asked(a, text_type(&at), at, NULL, confidence, 0.05)->lines,
				str_text(&text));
	str_free(&text);
}

static void scopes(const struct asked *a)
{
	for (size_t i = 0; i < a->c->gold.nfilters; i++) {
		const struct sqlfact_filter *f = &a->c->gold.filter[i];
		struct place at = f->column ? place_of(a->p->model, &a->c->gold, f->table,
			f->column) :
			(struct place){ NULL, NULL };
		if (!at.f || !is_ours(a, at.o) || f->clause != SQLFC_WHERE ||
		    (f->temporal && !stristr(f->value, "MAX(")) ||
		    (a->c->genie_sql && filters_so(&a->c->genie, f->text)) ||
		    	is_asked_for(a->c->question, f))
			continue;
		/* one question is enough where tables are known to hold more than one thing */
		size_t n = always(a, at.o, f->text);
		if (n < (at.o->role == ROLE_DATA ? 2 : 1))
			continue;
		char *text = own_words(at.o, f->text);
		say(a, at, scope_text(at.o), text, 0.5);
		free(text);
	}
}

/* ---- how new the rows are ---- */
static bool is_time(const struct field *f)
{
	return starts_withi(f->type, "date") || starts_withi(f->type, "timestamp");
}

static void property(const struct asked *a, const struct object *o, const char *key,
	const char *text)
{
	struct draft *d = draft_asked(a, "set_table_property", (struct place){ o, NULL }, key, 0.5,
		0.02);
	draft_member(d, "key", key);
	draft_member(d, "new_text", text);
}

static void freshness(const struct asked *a)
{
	for (size_t i = 0; i < a->c->gold.ncolumns; i++) {
		const struct sqlfact_column *col = &a->c->gold.column[i];
		struct place at = place_of(a->p->model, &a->c->gold, col->table, col->column);
		if (!at.f || !is_ours(a, at.o) || !is_time(at.f))
			continue;
		say(a, at, "Says how fresh the data is: the newest row has MAX(%s)", at.f->name,
			0.5);
		property(a, at.o, "freshness_column", at.f->name);
		return;
	}
}

/* ---- what a model wrote, and what it was trained on ---- */
static void scores(const struct asked *a)
{
	static const char *const texts[] = {
		"Output of the model: the value to report",
		"Feature of the model: use it as it is stored",
		"Feature of the model: take it from this table, do not compute it anew" };
	bool store = streq(a->cause, "feature_store_mismatch");
	int feature = store ? 2 : streq(a->cause, "ml_feature_missing");
	for (size_t i = 0; i < a->c->gold.ncolumns; i++) {
		const struct sqlfact_column *col = &a->c->gold.column[i];
		struct place at = place_of(a->p->model, &a->c->gold, col->table, col->column);
		if (!at.f || !is_ours(a, at.o) || col->clause != SQLFC_SELECT || is_time(at.f) ||
		    ends_with(at.f->name, "_id") || facts_have(a->p->model, &a->c->genie, at))
			continue;
		struct draft *d = draft_asked(a, text_type(&at), at, NULL, 0.5, 0.05);
		if (!stristr(at.f->comment, texts[feature]))
			strlist_add_new(&d->parts[LAYOUT_DEFINITION], texts[feature]);
		property(a, at.o, feature ? "feature_column" : "prediction_column", at.f->name);
		return;
	}
}

/* ---- grain ---- */
static bool counts(const struct sqlfacts *facts, const char *column, bool distinct)
{
	for (size_t i = 0; i < facts->naggregates; i++) {
		const struct sqlfact_aggregate *g = &facts->aggregate[i];
		if (streq(g->function, "COUNT") && g->distinct == distinct &&
		    (distinct ? g->column && strieq(g->column, column) : true))
			return true;
	}
	return false;
}

/* Genie counted rows where things were to be counted. */
static void grain(const struct asked *a)
{
	/* of a join it is the join that repeats rows */
	size_t n = a->c->genie_sql && a->c->gold.ntables == 1 ? a->c->gold.naggregates : 0;
	for (size_t i = 0; i < n; i++) {
		const struct sqlfact_aggregate *g = &a->c->gold.aggregate[i];
		if (!g->column || !g->distinct || !streq(g->function, "COUNT") ||
		    counts(&a->c->genie, g->column, true) ||
		    	!counts(&a->c->genie, g->column, false))
			continue;
		struct place at = place_of(a->p->model, &a->c->gold, g->table, g->column);
		if (!at.f || !is_ours(a, at.o))
			continue;
		struct place table = { at.o, NULL };
		char *item = xasprintf("several rows for one %s, count with COUNT(DISTINCT %s)",
			at.f->name, at.f->name);
		if (!stristr(*at.o->description ? at.o->description : at.o->comment, item))
			strlist_add_new(&draft_asked(a, text_type(&table), table, NULL, 0.55, 0.05)
						->parts[LAYOUT_GRAIN], item);
		free(item);
	}
}

void rules_scope(const struct asked *a)
{
	scopes(a);
	grain(a);
	if (is_cause(a, "monitoring_gap", "stale_data", "data_freshness"))
		freshness(a);
	if (is_cause(a, "ml_feature_missing", "model_scoring_error", "feature_store_mismatch"))
		scores(a);
}
