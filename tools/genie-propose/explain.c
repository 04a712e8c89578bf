#include "explain.h"

#include "cases.h"
#include "model.h"
#include "words.h"

#include "json.h"
#include "mem.h"
#include "rows.h"
#include "space.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 100
#define LABEL 13       /* columns before the text */
#define MAX_SAID 1500  /* bytes of one text that are shown */
#define MAX_LIST 12    /* ids or words that are shown */

struct telling {
	const struct json *document, *clusters;
	const struct cases *cases;
	const struct model *model;
	struct str *out;
};

/* ---- layout ---- */

/* Columns of n bytes: characters, which is near enough. */
static size_t columns(const char *s, size_t n)
{
	size_t count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xC0) != 0x80;
	return count;
}

static void new_line(struct str *out, size_t indent)
{
	str_addf(out, "\n%*s", (int)indent, "");
}

/* Words from column `indent` on; line ends of the text stay. */
static void wrapped(struct str *out, size_t indent, const char *text)
{
	size_t at = indent;
	bool first = true;
	while (*text) {
		if (*text == '\n' && text[1]) {
			new_line(out, indent);
			at = indent;
			first = true;
		}
		text += strspn(text, " \t\n");
		size_t n = strcspn(text, " \t\n"), wide = columns(text, n);
		if (!n)
			break;
		if (!first && at + 1 + wide > WIDTH) {
			new_line(out, indent);
			at = indent;
			first = true;
		}
		str_addf(out, "%s%.*s", first ? "" : " ", (int)n, text);
		at += wide + !first;
		first = false;
		text += n;
	}
	str_addc(out, '\n');
}

/* "  label    text", and the text's further lines under it. */
static void line(struct str *out, const char *label, const char *text)
{
	size_t n = utf8_fit(text, MAX_SAID);
	char *part = xasprintf("%.*s%s", (int)n, text, text[n] ? " ..." : "");
	if (*part) {
		str_addf(out, "  %-*s", LABEL - 2, label);
		wrapped(out, LABEL, part);
	}
	free(part);
}

static void id_line(struct str *out, const char *label, const struct json *list)
{
	struct str text = STR_INIT;
	size_t n = 0;
	for (const struct json *one = json_first(list); one; one = json_next(one))
		if (n++ < MAX_LIST)
			str_addf(&text, "%s%s", n > 1 ? " " : "", json_text(one) ? json_text(one) :
				"?");
	if (n > MAX_LIST)
		str_addf(&text, " and %zu more", n - MAX_LIST);
	line(out, label, str_text(&text));
	str_free(&text);
}

/* ---- one patch ---- */
static void add_place(struct str *out, const struct json *patch)
{
	str_addf(out, "%s of %s", json_str_or(patch, "type", "?"),
		 json_str_or(patch, "target", "the space"));
	if (json_str_or(patch, "column", NULL))
		str_addf(out, ".%s", json_str_or(patch, "column", ""));
}

static void add_member(struct str *text, const struct json *value, const char *key)
{
	const struct json *member = json_get(value, key);
	struct str one = STR_INIT;
	if (!member)
		return;
	if (json_is(member, JSON_OBJECT))
		str_add(&one, json_str_or(member, "identifier", ""));
	else if (streq(key, "synonyms"))
		for (const struct json *s = json_first(member); s; s = json_next(s))
			str_addf(&one, "%s%s", one.n ? ", " : "", json_text(s) ? json_text(s) : "");
	else
		space_text(member, &one);
	if (one.n)
		str_addf(text, "%s%s: %s", text->n ? "\n" : "", key, str_text(&one));
	str_free(&one);
}

static void said(struct telling *t, const struct json *patch)
{
	static const char *const keys[] = { "display_name", "question", "sql", "left", "right",
		"expr",
		"comment", "synonyms" };
	struct str text = STR_INIT;
	const char *id = json_str_or(patch, "id", NULL);
	if (id && !json_get(patch, "value"))
		line(t->out, "item", id);
	if (json_str_or(patch, "old_text", NULL) && *json_str_or(patch, "old_text", ""))
		line(t->out, "says now", json_str_or(patch, "old_text", ""));
	str_add(&text, json_str_or(patch, "new_text", ""));
	for (size_t i = 0; i < countof(keys); i++)
		add_member(&text, json_get(patch, "value"), keys[i]);
	line(t->out, "shall say", str_text(&text));
	str_free(&text);
}

static const struct json *cluster_of(const struct telling *t, const char *id)
{
	static const char *const lists[] = { "clusters", "long_tail" };
	for (size_t i = 0; i < countof(lists); i++)
		for (const struct json *c = json_first(json_get(t->clusters, lists[i])); c;
			c = json_next(c))
			if (streq(json_str_or(c, "cluster_id", NULL), id))
				return c;
	return NULL;
}

static void because(struct telling *t, const struct json *patch)
{
	const char *id = json_str_or(patch, "cluster_id", "?");
	const struct json *cluster = cluster_of(t, id);
	struct str text = STR_INIT;
	str_addf(&text, "%s %s", id, json_str_or(cluster, "root_cause", ""));
	if (json_int_or(cluster, "attempts", 0))
		str_addf(&text, ", tried %lld times before",
			(long long)json_int_or(cluster, "attempts", 0));
	line(t->out, "cause", str_text(&text));
	id_line(t->out, "verdicts", json_get(patch, "grounded_in"));
	str_free(&text);
}

static void worth(struct telling *t, const struct json *patch)
{
	struct str text = STR_INIT;
	str_addf(&text, "net impact %.2f = %zu to repair x %.2f - %zu at risk x %.2f; score %.2f",
		 json_num_or(patch, "net_impact", 0), json_len(json_get(patch, "questions")),
		 json_num_or(patch, "confidence", 0),
			json_len(json_get(patch, "questions_at_risk")),
		 json_num_or(patch, "regression_probability", 0), json_num_or(patch, "score", 0));
	line(t->out, "worth", str_text(&text));
	str_free(&text);
	id_line(t->out, "at risk", json_get(patch, "questions_at_risk"));
}

static bool known(const struct object *o, const char *word)
{
	bool found = text_has_word(o->words, word);
	for (size_t i = 0; !found && i < o->nfields; i++)
		found = text_has_word(o->fields[i].words, word);
	return found;
}

/* The question's words that its right asset says nothing of. */
static void uncovered(struct telling *t, const struct fact_case *c)
{
	struct str text = STR_INIT;
	for (size_t i = 0; c->gold_asset && i < c->words.n; i++)
		if (!known(c->gold_asset, c->words.v[i]))
			str_addf(&text, "%s%s", text.n ? ", " : "", c->words.v[i]);
	if (text.n) {
		char *all = xasprintf("not in the metadata of %s: %s", c->gold_asset->name,
			str_text(&text));
		line(t->out, "  words", all);
		free(all);
	}
	str_free(&text);
}

static const char *some(const char *text)
{
	return *text ? text : "nothing";
}

/* What was expected and what came, by the first failing verdict that says it. */
static void evidence(struct telling *t, const struct fact_case *c)
{
	const char *none = "no asset of the space";
	char *assets = xasprintf("expected %s, Genie used %s", c->gold_asset ?
		c->gold_asset->name : none,
				 c->genie_asset ? c->genie_asset->name : none);
	line(t->out, "  assets", assets);
	free(assets);
	for (size_t i = 0; row_judges[i]; i++) {
		const struct json *asi = row_asi(c->row, row_judges[i]);
		const char *want = json_str_or(asi, "expected_value", NULL);
		if (!row_fails(c->row, row_judges[i]) ||
			(!want && !*row_rationale(c->row, row_judges[i])))
			continue;
		char *text = want ? xasprintf("%s: expected %s; came %s", row_judges[i], some(want),
					      some(json_str_or(asi, "actual_value", ""))) :
			xasprintf("%s: %s", row_judges[i], row_rationale(c->row, row_judges[i]));
		line(t->out, "  verdict", text);
		free(text);
		break;
	}
	uncovered(t, c);
}

static void rows_behind(struct telling *t, const struct json *patch)
{
	size_t n = 0;
	for (const struct json *q = json_first(json_get(patch, "questions")); q; q = json_next(q)) {
		const struct fact_case *c = cases_find(t->cases, json_text(q));
		if (!c || n++ >= MAX_LIST)
			continue;
		char *text = xasprintf("%s%s%s%s: %s", c->id, *c->split ? " (" : "", c->split,
				       *c->split ? ")" : "", c->question);
		line(t->out, "repairs", text);
		free(text);
		evidence(t, c);
	}
}

static void tell_patch(struct telling *t, const struct json *patch)
{
	str_addf(t->out, "\n%s ", json_str_or(patch, "patch_id", "?"));
	add_place(t->out, patch);
	str_addf(t->out, " (%s risk, by %s)\n", json_str_or(patch, "risk", "?"),
		 json_str_or(patch, "drafted_by", "rules"));
	said(t, patch);
	because(t, patch);
	worth(t, patch);
	if (json_str_or(patch, "pair", NULL))
		line(t->out, "with", json_str_or(patch, "pair", ""));
	rows_behind(t, patch);
}

/* ---- what was left out ---- */
static void tell_refused(struct telling *t)
{
	const struct json *list = json_get(t->document, "refused");
	if (json_first(list))
		str_add(t->out, "\nDrafted and refused\n");
	for (const struct json *r = json_first(list); r; r = json_next(r)) {
		struct str text = STR_INIT;
		add_place(&text, json_get(r, "patch"));
		const struct json *ids = json_dig(r, "patch.questions");
		str_addf(&text, "%s", json_first(ids) ? ", for" : "");
		for (const struct json *q = json_first(ids); q; q = json_next(q))
			str_addf(&text, " %s", json_text(q) ? json_text(q) : "?");
		str_addf(&text, ": %s", json_str_or(r, "reason", ""));
		line(t->out, "-", str_text(&text));
		str_free(&text);
	}
}

static void tell_dropped(struct telling *t)
{
	const struct json *list = json_get(t->document, "dropped");
	if (json_first(list))
		str_add(t->out, "\nThought of and not drafted\n");
	for (const struct json *d = json_first(list); d; d = json_next(d)) {
		char *text = xasprintf("%s: %s", json_str_or(d, "question_id", "?"),
				       json_str_or(d, "reason", ""));
		line(t->out, "-", text);
		free(text);
	}
}

static void tell_limitations(struct telling *t)
{
	const struct json *list = json_get(t->document, "limitations");
	if (json_first(list))
		str_add(t->out, "\nKnown limitations: more metadata will not help\n");
	for (const struct json *l = json_first(list); l; l = json_next(l)) {
		line(t->out, json_str_or(l, "id", "?"), json_str_or(l, "workaround", ""));
		id_line(t->out, "  questions", json_get(l, "questions"));
	}
}

void explain(const struct json *document, const struct json *clusters, const struct cases *cases,
	     const struct model *model, struct str *out)
{
	struct telling t = { .document = document, .clusters = clusters, .cases = cases,
		.model = model,
		.out = out };
	str_addf(out, "Lever %lld of space %s: %zu patches proposed, %zu refused\n",
		 (long long)json_int_or(document, "lever", 0),
			json_str_or(document, "space_id", "?"),
		 json_len(json_get(document, "patches")), json_len(json_get(document, "refused")));
	for (const struct json *p = json_first(json_get(document, "patches")); p; p = json_next(p))
		tell_patch(&t, p);
	tell_refused(&t);
	tell_dropped(&t);
	tell_limitations(&t);
}
