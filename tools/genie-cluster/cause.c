#include "cause.h"

#include "names.h"
#include "rows.h"
#include "sqlfacts.h"
#include "str.h"
#include "words.h"

#include <string.h>

enum family { SOURCES, JOINS, VALUES, FILTERS, REST };

/* Types that explain others come first; what is not here ranks last. */
static const struct {
	const char *type;
	enum family family;
} explains[] = {
	{ "asset_routing_error", SOURCES }, { "wrong_table", SOURCES }, { "tvf_parameter_error",
		FILTERS },
	{ "wrong_join", JOINS }, { "wrong_measure", VALUES }, { "wrong_column", VALUES },
	{ "wrong_aggregation", VALUES }, { "missing_temporal_filter", FILTERS },
	{ "missing_filter", FILTERS }, { "wrong_filter", FILTERS }, { "missing_synonym", VALUES },
	{ "description_mismatch", VALUES }, { "repeatability_issue", REST },
	{ "missing_instruction", REST }, { "ambiguous_question", REST },
};

/* One verdict, read. */
struct reading {
	size_t index; /* in the row's verdicts */
	const struct failure_type *type;
	enum family family;
	int rank, severity;
	double confidence;
	const char *matched;
	bool from_words;
};

static int rank_of(const char *type, enum family *family)
{
	*family = REST;
	for (size_t i = 0; i < countof(explains); i++)
		if (streq(explains[i].type, type)) {
			*family = explains[i].family;
			return (int)i;
		}
	return (int)countof(explains) + streq(type, "other");
}

static bool has_any(const char *text, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (stristr(text, words[i]))
			return true;
	return false;
}

static bool blames_time(const struct verdict *v)
{
	static const char *const clause[] = { "date", "month", "year", "week", "day", "interval",
		"quarter", "_dt", "_ts" };
	static const char *const fix[] = { "time window", "date range", "temporal" };
	return v && (has_any(v->wrong_clause, clause, countof(clause)) ||
		     has_any(v->fix, fix, countof(fix)));
}

int cause_lever(const char *failure_type, const struct verdict *v, const char *asset)
{
	const struct failure_type *type = failure_type_find(failure_type);
	if (streq(failure_type, "missing_filter") && streq(asset, "MV") && blames_time(v))
		return 2;
	if (streq(failure_type, "repeatability_issue"))
		return streq(asset, "TVF") ? 6 : 1;
	return type ? type->lever : 6;
}

/* ---- blame ---- */

/* The table that a query calls by this alias; NULL: none. */
static const char *aliased(struct verdicts *verdicts, const char *alias)
{
	const struct verdict_raw *sqls[] = { &verdicts->genie_sql, &verdicts->expected_sql };
	for (size_t i = 0; i < countof(sqls); i++) {
		const char *sql = verdicts_text(verdicts, sqls[i]);
		struct sqlfacts facts;
		if (!stristr(sql, alias))
			continue;
		sqlfacts(&facts, &verdicts->arena, sql, NULL);
		for (size_t k = 0; k < facts.ntables; k++)
			if (facts.table[k].alias && strieq(facts.table[k].alias, alias))
				return facts.table[k].name;
	}
	return NULL;
}

/* A blamed object by the name that the catalogue, else the row's SQL, gives it. */
static const char *settle(struct verdicts *verdicts, const struct names *names, const char *text)
{
	struct arena *arena = &verdicts->arena;
	const char *name = names_plain(arena, text), *dot = strchr(name, '.');
	const char *full = names_find(names, name);
	if (full || !dot || strchr(dot + 1, '.'))
		return full ? full : name;
	if ((full = names_find_alias(names, arena, name)))
		return full;
	const char *table = aliased(verdicts, arena_strndup(arena, name, (size_t)(dot - name)));
	if (!table)
		return name;
	name = names_plain(arena, arena_printf(arena, "%s%s", table, dot));
	full = names_find(names, name);
	return full ? full : name;
}

static void read_blame(struct mistakes *m, struct verdicts *verdicts, const struct names *names,
		       size_t i)
{
	const struct verdict *v = &verdicts->v[i];
	const char *told = v->has_asi ? NULL : words_blame(&verdicts->arena, v->rationale);
	size_t n = v->nblame ? v->nblame : told != NULL;
	m->nblame[i] = n;
	m->blame[i] = arena_alloc(&verdicts->arena, (n + 1) * sizeof *m->blame[i]);
	for (size_t k = 0; k < n; k++)
		m->blame[i][k] = settle(verdicts, names, told ? told : v->blame[k]);
}

/* ---- readings ---- */

static const struct failure_type *given_type(struct arena *arena, const char *text)
{
	const struct failure_type *type = *text ? failure_type_find(text) : NULL;
	if (type || !*text)
		return type;
	char *name = arena_strdup(arena, text);
	lower_ascii(name);
	for (char *p = name; *p; p++)
		if (*p == ' ' || *p == '-')
			*p = '_';
	return failure_type_find(name);
}

static struct reading read_verdict(struct verdicts *verdicts, size_t i)
{
	const struct verdict *v = &verdicts->v[i];
	struct reading r = { .index = i, .type = given_type(&verdicts->arena, v->failure_type) };
	r.from_words = !r.type;
	if (!r.type)
		r.type = failure_type_find(words_type(v->rationale, &r.matched));
	r.rank = rank_of(r.type->name, &r.family);
	r.confidence = v->confidence >= 0 ? v->confidence : v->has_asi ? 0.5 : 0.3;
	r.confidence = r.confidence > 1 ? 1 : r.confidence;
	r.severity = severity_rank(v->severity);
	if (r.severity < 0)
		r.severity = severity_rank(r.type->severity);
	return r;
}

/* Does a explain more than b? Ties go to the judge that is listed first. */
static bool explains_more(const struct reading *a, const struct reading *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank;
	if (a->severity != b->severity)
		return a->severity > b->severity;
	return a->confidence > b->confidence;
}

static bool related(const struct mistakes *m, size_t a, size_t b)
{
	for (size_t i = 0; i < m->nblame[a]; i++)
		for (size_t k = 0; k < m->nblame[b]; k++)
			if (names_related(m->blame[a][i], m->blame[b][k]))
				return true;
	return false;
}

/* Is what `r` saw the mistake whose leading verdict is `lead`? */
static bool same(const struct mistakes *m, const struct reading *lead, const struct reading *r)
{
	size_t a = lead->index, b = r->index;
	bool both = m->nblame[a] && m->nblame[b];
	if (streq(r->type->name, "other") || (both && strieq(m->blame[a][0], m->blame[b][0])))
		return true;
	if (lead->family == SOURCES && r->family != REST)
		return true;
	if (r->from_words && !m->nblame[b] && !lead->from_words)
		return true;
	return lead->rank == r->rank || (lead->family == r->family && lead->family != REST) ?
		!both || related(m, a, b) : false;
}

/* ---- mistakes ---- */

static void begin(struct mistakes *m, struct verdicts *verdicts, const struct reading *r)
{
	struct mistake *one = &m->v[m->n++];
	const struct verdict *v = &verdicts->v[r->index];
	*one = (struct mistake){ .type = r->type->name, .lead = v, .matched = r->matched,
		.source = v->has_asi ? v->source : VERDICT_RATIONALE, .severity = r->severity,
		.confidence = r->confidence, .judges = 1u << r->index };
	one->blame = m->nblame[r->index] ? m->blame[r->index][0] : "";
	one->lever = cause_lever(one->type, v, verdicts->asset);
}

static void join(struct mistake *one, const struct mistakes *m, const struct reading *r)
{
	one->judges |= 1u << r->index;
	if (r->confidence > one->confidence)
		one->confidence = r->confidence;
	if (r->severity > one->severity)
		one->severity = r->severity;
	const char *other = m->nblame[r->index] ? m->blame[r->index][0] : "";
	size_t n = strlen(one->blame), more = strlen(other);
	/* the same object under a longer name */
	if (!n || (more > n && other[more - n - 1] == '.' && strieq(other + more - n, one->blame)))
		one->blame = other;
}

static size_t read_all(struct reading *readings, struct mistakes *m, struct verdicts *verdicts,
		       const struct names *names)
{
	size_t n = 0;
	for (size_t i = 0; i < verdicts->n; i++) {
		if (streq(verdicts->v[i].judge, "repeatability"))
			continue;
		read_blame(m, verdicts, names, i);
		struct reading r = read_verdict(verdicts, i);
		m->type[i] = r.type->name;
		size_t to = n++;
		for (; to > 0 && explains_more(&r, &readings[to - 1]); to--)
			readings[to] = readings[to - 1];
		readings[to] = r;
	}
	return n;
}

void mistakes_find(struct mistakes *m, struct verdicts *verdicts, const struct names *names)
{
	struct reading readings[VERDICTS_MAX], leads[VERDICTS_MAX];
	m->n = 0;
	size_t n = read_all(readings, m, verdicts, names);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < m->n && !same(m, &leads[k], &readings[i]))
			k++;
		if (k < m->n) {
			join(&m->v[k], m, &readings[i]);
			continue;
		}
		leads[m->n] = readings[i];
		begin(m, verdicts, &readings[i]);
	}
	if (n == 0 && !verdicts->n) /* nothing to judge: Genie gave no answer */
		m->v[m->n++] = (struct mistake){ .type = failure_type_find("other")->name,
			.blame = "",
			.source = VERDICT_OUTCOME, .confidence = 0.3,
				.severity = severity_rank("major"),
			.lever = 6 };
}
