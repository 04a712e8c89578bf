#include "steady.h"

#include "cause.h"
#include "group.h"
#include "json.h"
#include "rows.h"
#include "sqlfacts.h"

#include <stdlib.h>
#include <string.h>

/* Of what the askings of a question are compared. */
enum aspect { SQL, OBJECTS, CALLS, FILTERED, COLUMNS, NASPECTS };

struct question {
	unsigned assets;
	uint64_t first[NASPECTS]; /* hashes of the first asking */
	bool differs[NASPECTS], seen, unsteady, judged;
	double confidence;
	int severity;
	struct strlist objects;
	char *text, *rationale; /* the smallest */
};

struct steady {
	const struct json *unstable;
	struct intern listed, ids;
	struct question *questions; /* by the number of the id */
	size_t cap;
};

static const char *const assets[] = { "TVF", "TABLE", "MV", "NONE" };
#define NONE_BIT 8u

struct steady *steady_new(const struct json *unstable)
{
	struct steady *steady = xcalloc(1, sizeof *steady);
	for (const struct json *id = json_first(unstable); id; id = json_next(id))
		if (json_text(id))
			intern_add(&steady->listed, json_text(id));
	return steady;
}

void steady_free(struct steady *steady)
{
	for (size_t i = 0; i < steady->ids.n; i++) {
		strlist_free(&steady->questions[i].objects);
		free(steady->questions[i].text);
		free(steady->questions[i].rationale);
	}
	free(steady->questions);
	intern_free(&steady->listed);
	intern_free(&steady->ids);
	free(steady);
}

static struct question *question_of(struct steady *steady, const char *id)
{
	size_t before = steady->ids.n;
	uint32_t i = intern_add(&steady->ids, id);
	GROW(steady->questions, steady->cap, steady->ids.n);
	if (steady->ids.n > before)
		steady->questions[i] = (struct question){ .severity = -1 };
	return &steady->questions[i];
}

static void mix(uint64_t *hash, const char *text)
{
	for (const char *p = text ? text : ""; *p; p++)
		*hash = (*hash ^ (unsigned char)*p) * 1099511628211u;
	*hash = (*hash ^ 0xff) * 1099511628211u;
}

/* Sums, so that the order in which a query names things does not count. */
static void add(uint64_t *sum, const char *a, const char *b, const char *c)
{
	uint64_t hash = 14695981039346656037u;
	mix(&hash, a);
	mix(&hash, b);
	mix(&hash, c);
	*sum += hash;
}

static void look_at(struct question *q, struct verdicts *row, uint64_t hash[NASPECTS])
{
	struct sqlfacts facts;
	const char *sql = verdicts_text(row, &row->genie_sql);
	memset(hash, 0, NASPECTS * sizeof *hash);
	if (*row->sql_hash)
		add(&hash[SQL], row->sql_hash, NULL, NULL);
	if (!*sql)
		return;
	if (!*row->sql_hash) {
		char text[SQL_HASH_SIZE];
		add(&hash[SQL], sql_hash(sql, text), NULL, NULL);
	}
	sqlfacts(&facts, &row->arena, sql, NULL);
	for (size_t i = 0; i < facts.ntables; i++) {
		add(&hash[OBJECTS], facts.table[i].name, NULL, NULL);
		keep_text(&q->objects, facts.table[i].name);
	}
	for (size_t i = 0; i < facts.ncalls; i++)
		for (size_t k = 0; k < facts.call[i].n; k++)
			add(&hash[CALLS], facts.call[i].name, facts.call[i].arg[k].name,
			    facts.call[i].arg[k].text);
	for (size_t i = 0; i < facts.nfilters; i++)
		add(&hash[FILTERED], facts.filter[i].text, NULL, NULL);
	for (size_t i = 0; i < facts.ncolumns; i++)
		add(&hash[COLUMNS], facts.column[i].table, facts.column[i].column, NULL);
}

static void note_asking(struct question *q, struct verdicts *row)
{
	uint64_t hash[NASPECTS];
	look_at(q, row, hash);
	for (int i = 0; i < NASPECTS; i++) {
		if (!q->seen)
			q->first[i] = hash[i];
		else if (q->first[i] != hash[i])
			q->differs[i] = true;
	}
	q->seen = true;
	unsigned bit = NONE_BIT;
	for (size_t i = 0; i < countof(assets); i++)
		if (streq(assets[i], row->asset))
			bit = 1u << i;
	q->assets |= bit;
}

static void keep_smallest(char **kept, const char *text)
{
	if (*kept && strcmp(*kept, text) <= 0)
		return;
	free(*kept);
	*kept = xstrdup(text);
}

static const struct verdict *said(const struct verdicts *row)
{
	for (size_t i = 0; i < row->n; i++)
		if (streq(row->v[i].judge, "repeatability"))
			return &row->v[i];
	return NULL;
}

static void note_verdict(struct question *q, const struct verdict *v)
{
	int severity = severity_rank(v->severity);
	q->unsteady = q->judged = true;
	q->confidence = v->confidence > q->confidence ? v->confidence : q->confidence;
	q->severity = severity > q->severity ? severity : q->severity;
	keep_smallest(&q->rationale, v->rationale);
}

void steady_note(struct steady *steady, struct verdicts *row, bool earlier)
{
	const struct verdict *v = earlier ? NULL : said(row);
	bool listed = intern_find(&steady->listed, row->question_id) >= 0;
	if (!v && !listed && !row->replicate)
		return;
	struct question *q = question_of(steady, row->question_id);
	note_asking(q, row);
	if (earlier)
		return;
	keep_smallest(&q->text, verdicts_text(row, &row->question));
	q->unsteady |= listed && !streq(row->outcome, "fail");
	if (v)
		note_verdict(q, v);
	/* replicates with different SQL count when all are known: kind() */
	q->judged |= row->replicate;
}

/* ---- grouping ---- */

/* What the askings change between. New string. */
static char *kind(const struct question *q)
{
	static const struct { enum aspect aspect; const char *name; } aspects[] = {
		{ OBJECTS, "objects" }, { CALLS, "parameters" }, { FILTERED, "filters" },
		{ COLUMNS, "columns" }, { SQL, "structure" } };
	unsigned real = q->assets & ~NONE_BIT;
	struct str out = STR_INIT;
	for (size_t i = 0; i < 3 && (real & (real - 1)); i++)
		if (real & 1u << i)
			str_addf(&out, "%s%s", out.n ? "/" : "", assets[i]);
	if (!out.n && real && (q->assets & NONE_BIT))
		str_add(&out, "answer/none");
	for (size_t i = 0; i < countof(aspects) && !out.n; i++)
		if (q->differs[aspects[i].aspect])
			str_add(&out, aspects[i].name);
	if (!out.n)
		str_add(&out, "unknown");
	return str_take(&out);
}

static char *joined(const struct strlist *list, const char *first)
{
	struct str out = STR_INIT;
	str_add(&out, first);
	for (size_t i = 0; i < list->n; i++)
		str_addf(&out, " %s", list->v[i]);
	return str_take(&out);
}

static const char *main_asset(unsigned bits)
{
	for (size_t i = 0; i < countof(assets); i++)
		if (bits & 1u << i)
			return assets[i];
	return "NONE";
}

static void group_question(const struct question *q, const char *id, struct groups *groups)
{
	const char *type = failure_type_find("repeatability_issue")->name;
	const char *asset = main_asset(q->assets);
	char *what = kind(q), *key = joined(&q->objects, asset);
	struct group *g = group_of(groups, type, key, what);
	bool failing = intern_find(&groups->questions, id) >= 0; /* then that explains more */
	uint32_t number = intern_add(&groups->questions, id);
	if (!g->kind)
		g->kind = xstrdup(what);
	g->assets |= q->assets;
	g->sources |= 1u << VERDICT_ASKINGS;
	group_count(g, number, q->confidence > 0 ? q->confidence : 0.5,
		q->severity < 0 ? severity_rank("minor") : q->severity, cause_lever(type, NULL,
			asset));
	if (!failing)
		numset_add(&g->primary, number);
	for (size_t i = 0; i < q->objects.n; i++)
		keep_text(&g->blame_set, q->objects.v[i]);
	keep_text(&g->patterns, q->text);
	if (q->rationale)
		strlist_add_new(&g->judges, "repeatability");
	group_evidence(g, (struct evidence){ .question_id = xstrdup(id),
		.judge = xstrdup("repeatability"),
		.rationale = q->rationale ? xstrdup(q->rationale) :
			xasprintf("the SQL of the askings differs: %s", what),
		.source = VERDICT_ASKINGS, .primary = !failing });
	free(what);
	free(key);
}

void steady_group(const struct steady *steady, struct groups *groups)
{
	for (size_t i = 0; i < steady->ids.n; i++) {
		const struct question *q = &steady->questions[i];
		if (q->unsteady || (q->judged && q->differs[SQL]))
			group_question(q, steady->ids.texts[i], groups);
	}
}

struct json *steady_assets(unsigned bits)
{
	static const size_t sorted[] = { 2, 3, 1, 0 }; /* MV NONE TABLE TVF */
	struct json *out = json_new_array();
	for (size_t i = 0; i < countof(sorted); i++)
		if (bits & 1u << sorted[i])
			json_push_str(out, assets[sorted[i]]);
	return out;
}
