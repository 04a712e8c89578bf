#include "judgefix.h"

#include "json.h"
#include "rows.h"
#include "str.h"

#include <ctype.h>
#include <string.h>

static const char *join_words(struct arena *arena, const struct strlist *words)
{
	const char *out = "";
	for (size_t i = 0; i < words->n && i < 6; i++)
		out = arena_printf(arena, "%s%s%s", out, i ? ", " : "", words->v[i]);
	return out;
}

const char *uncovered_words(const struct fix_context *c, const char *table, const char *column)
{
	struct strlist words = { 0 };
	judge_catalog_uncovered(c->catalog, c->question, NULL, NULL, &words);
	if (!words.n && (table || column))
		judge_catalog_uncovered(c->catalog, c->question, table, column, &words);
	const char *out = join_words(c->arena, &words);
	strlist_free(&words);
	return out;
}

/* What people say, in quotes: words without metadata, else the question itself. */
static const char *phrase(const struct fix_context *c, const struct fault *f)
{
	const char *words = uncovered_words(c, f->table, f->column);
	return arena_printf(c->arena, "\"%.*s\"", (int)utf8_fit(*words ? words : c->question, 120),
			    *words ? words : c->question);
}

/* The time span that a question names ("last 30 days", "this month"), or NULL. */
static const char *time_phrase(const struct fix_context *c)
{
	static const char *const starts[] = { "last ", "this ", "past ", "previous ", "current ", "next ",
					      "trailing ", "prior " };
	static const char *const words[] = { "yesterday", "today", "year to date", "month to date" };
	static const char *const units[] = { "day", "week", "month", "quarter", "year", "hour" };
	for (size_t i = 0; i < countof(starts); i++) {
		const char *start = stristr(c->question, starts[i]);
		for (size_t k = 0; start && k < countof(units); k++) {
			const char *unit = stristr(start, units[k]);
			size_t n = unit ? (size_t)(unit - start) + strlen(units[k]) : 0;
			if (unit && n <= 30)
				return arena_printf(c->arena, "\"%.*s%s\"", (int)n, start,
					unit[strlen(units[k])] == 's' ? "s" : "");
		}
	}
	for (size_t i = 0; i < countof(words); i++)
		if (stristr(c->question, words[i]))
			return arena_printf(c->arena, "\"%s\"", words[i]);
	return NULL;
}

static const char *place(const struct fix_context *c, const char *table, const char *column)
{
	if (table && *table && column)
		return arena_printf(c->arena, "%s.%s", bare_name(table), column);
	if (column)
		return column;
	return table && *table ? bare_name(table) : "the space";
}

static const char *used(const struct fix_context *c, const struct fault *f)
{
	if (f->other_column && f->column && !strieq(f->other_column, f->column))
		return arena_printf(c->arena, "Genie used %s", place(c, f->other_table, f->other_column));
	if (*f->actual)
		return arena_printf(c->arena, "Genie wrote %s", f->actual);
	return "Genie left it out";
}

static const char *fix_table(const struct fix_context *c, const struct fault *f)
{
	enum asset kind = judge_catalog_kind(c->catalog, f->table);
	const char *what = kind == ASSET_MV ? "comment of metric view" : kind == ASSET_TVF
		? "comment of function" : "table comment of";
	return arena_printf(c->arena, "%s %s should say that it answers questions on %s;"
		" Genie used %s%s",
		what, place(c, f->table, NULL), phrase(c, f), place(c, f->other_table, NULL),
		f->other_table ? ", whose comment should say what it is not for" : "");
}

static const char *fix_column(const struct fix_context *c, const struct fault *f)
{
	return arena_printf(c->arena, "column comment of %s should say it is what %s means; %s",
		place(c, f->table, f->column), phrase(c, f), used(c, f));
}

static const char *fix_filter(const struct fix_context *c, const struct fault *f)
{
	if (f->kind == FAULT_EXTRA_FILTER)
		return arena_printf(c->arena, "comment of %s should say that %s does not restrict it;"
			" Genie added %s",
			place(c, f->table, f->column), phrase(c, f), f->actual);
	const char *span = f->kind == FAULT_TEMPORAL ? time_phrase(c) : NULL;
	return arena_printf(c->arena, "column comment of %s should say that %s means the filter %s; %s",
		place(c, f->table, f->column), span ? span : phrase(c, f), f->expected, used(c, f));
}

static const char *fix_text(const struct fix_context *c, const struct fault *f)
{
	switch (f->kind) {
	case FAULT_TABLE:
		return fix_table(c, f);
	case FAULT_COLUMN:
	case FAULT_OUTPUT:
	case FAULT_MEASURE:
		return fix_column(c, f);
	case FAULT_FILTER:
	case FAULT_TEMPORAL:
	case FAULT_EXTRA_FILTER:
		return fix_filter(c, f);
	case FAULT_JOIN:
		return arena_printf(c->arena, "a join specification should state %s; %s",
			f->expected, used(c, f));
	case FAULT_AGGREGATE:
		return arena_printf(c->arena, "comment of %s should say that it is added up as %s; %s",
			place(c, f->table, f->column), f->expected, used(c, f));
	case FAULT_GROUP:
		return arena_printf(c->arena, "an example query for %s should show %s%s; Genie grouped by %s",
			phrase(c, f), *f->expected ? "one row per " : "rows as they are, without grouping",
			f->expected, *f->actual ? f->actual : "nothing");
	case FAULT_CALL:
		return arena_printf(c->arena, "comment of function %s should show the call %s for %s;"
			" Genie called %s",
			place(c, f->table, NULL), f->expected, phrase(c, f), f->actual);
	case FAULT_LIMIT:
		return arena_printf(c->arena, "an instruction should say how many rows %s asks for: %s;"
			" Genie's limit is %s",
			phrase(c, f), *f->expected ? f->expected : "all", *f->actual ? f->actual : "none");
	case FAULT_ORDER:
		return arena_printf(c->arena, "an instruction should say to order by %s for %s; %s",
			f->expected, phrase(c, f), used(c, f));
	default:
		return arena_printf(c->arena, "an example query for %s should show %s; %s", phrase(c, f),
			*f->expected ? f->expected : "duplicates kept", used(c, f));
	}
}

static void blame(struct json *set, const struct fix_context *c, const char *table,
		  const char *column)
{
	const char *name = place(c, table, column);
	if ((!table || !*table) && !column)
		return;
	for (const struct json *b = json_first(set); b; b = json_next(b))
		if (streq(json_text(b), name))
			return;
	json_push_str(set, name);
}

static const char *missing_metadata(const struct fix_context *c, const struct fault *f)
{
	const char *words = uncovered_words(c, NULL, NULL);
	const char *comment = judge_catalog_comment(c->catalog, f->table, f->column);
	if (*words)
		return arena_printf(c->arena, "no metadata mentions: %s", words);
	if (!*comment && (f->table || f->column))
		return arena_printf(c->arena, "%s has no comment", place(c, f->table, f->column));
	return NULL;
}

static void set_common(struct json *asi, const char *type, const char *severity, double confidence)
{
	const struct failure_type *known = failure_type_find(type);
	json_set_str(asi, "failure_type", type);
	json_set_str(asi, "severity", severity ? severity : known ? known->severity : "minor");
	json_set_num(asi, "confidence", confidence);
}

struct json *asi_of_fault(const struct fix_context *c, const struct fault *f, double confidence)
{
	struct json *asi = json_new_object();
	set_common(asi, f->type, f->soft ? "minor" : NULL, confidence);
	json_set_str(asi, "wrong_clause", f->clause);
	struct json *set = json_set(asi, "blame_set", json_new_array());
	blame(set, c, f->table, f->column);
	if (f->other_column || (f->kind == FAULT_TABLE && f->other_table))
		blame(set, c, f->other_table, f->other_column);
	const char *comment = judge_catalog_comment(c->catalog, f->table, f->column);
	json_set_str(asi, "quoted_metadata_text", *comment ? comment : NULL);
	json_set_str(asi, "missing_metadata", missing_metadata(c, f));
	json_set_bool(asi, "ambiguity_detected", f->other_column && f->column
		&& same_table(f->table, f->other_table) && !strieq(f->column, f->other_column));
	json_set_str(asi, "expected_value", f->expected);
	json_set_str(asi, "actual_value", f->actual);
	json_set_str(asi, "counterfactual_fix", fix_text(c, f));
	const char *words = uncovered_words(c, f->table, f->column);
	json_set_str(asi, "affected_question_pattern", *words ? words : NULL);
	return asi;
}

struct json *asi_plain(const struct fix_context *c, const char *type, const char *severity,
		       double confidence, const char *blamed, const char *expected,
		       const char *actual, const char *fix)
{
	struct json *asi = json_new_object();
	const char *words = uncovered_words(c, NULL, NULL);
	set_common(asi, type, severity, confidence);
	json_set_str(asi, "wrong_clause", NULL);
	struct json *set = json_set(asi, "blame_set", json_new_array());
	if (blamed && *blamed)
		json_push_str(set, blamed);
	json_set_str(asi, "quoted_metadata_text", NULL);
	json_set_str(asi, "missing_metadata",
		     *words ? arena_printf(c->arena, "no metadata mentions: %s", words) : NULL);
	json_set_bool(asi, "ambiguity_detected", false);
	json_set_str(asi, "expected_value", expected);
	json_set_str(asi, "actual_value", actual);
	json_set_str(asi, "counterfactual_fix", fix);
	json_set_str(asi, "affected_question_pattern", *words ? words : NULL);
	return asi;
}

bool fix_is_generic(const char *fix)
{
	static const char *const starts[] = { "review", "check", "verify", "consider", "ensure",
		"investigate", "look at", "improve", "make sure", "validate" };
	fix += strspn(fix, " \t\n");
	for (size_t i = 0; i < countof(starts); i++) {
		const char *after = fix + strlen(starts[i]);
		if (starts_withi(fix, starts[i]) && !isalnum((unsigned char)*after) && *after != '_')
			return true;
	}
	return !*fix;
}
