#include "data.h"
#include "document.h"
#include "format.h"
#include "paired.h"
#include "sections.h"
#include "texts.h"

#include "json.h"
#include "str.h"

#include <string.h>

#define MAX_TEXT 4000    /* bytes of an old or new text that are shown */
#define MAX_STATEMENT 160 /* of a statement, in the table */
#define DIGEST_SHOWN 12  /* hexadecimal digits of a digest */

static bool is_live(const char *status)
{
	return streq(status, "applied") || streq(status, "already");
}

static const char *yes_no(const struct json *side)
{
	if (!json_is(json_get(side, "verified"), JSON_BOOL))
		return "not recorded";
	return json_bool_or(side, "verified", false) ? "yes" : "NO";
}

/* ---- texts ---- */
static void add_lines(struct str *out, const char *mark, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");
		str_addf(out, "%s%.*s\n", mark, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void tell_texts(struct doc *doc, const struct json *patch)
{
	const char *old_text = json_str_or(patch, "old_text", ""),
		   *new_text = json_str_or(patch, "new_text", "");
	const struct json *value = json_get(patch, "value");
	struct str text = STR_INIT;
	if (*old_text || *new_text) {
		add_lines(&text, "- ", doc_cut(doc, old_text, MAX_TEXT));
		add_lines(&text, "+ ", doc_cut(doc, new_text, MAX_TEXT));
		doc_pre(doc, "diff", str_text(&text));
	} else if (json_is(value, JSON_OBJECT)) {
		json_print_pretty(value, 2, &text);
		doc_pre(doc, "json", doc_cut(doc, str_text(&text), MAX_TEXT));
	} else {
		doc_add(doc, " It carries no text.");
	}
	str_free(&text);
}

static void tell_patch(struct doc *doc, const struct json *patch)
{
	const char *target = json_str_or(patch, "target", "");
	const char *column = json_str_or(patch, "column", "");
	doc_say(doc, "%s, ", json_str_or(patch, "patch_id", "patch"));
	doc_strong(doc, "%s", json_str_or(patch, "type", ""));
	doc_add(doc, *target ? " on " : " on the space");
	doc_code(doc, target);
	if (*column) {
		doc_add(doc, ", column ");
		doc_code(doc, column);
	}
	doc_add(doc, ":");
	tell_texts(doc, patch);
}

/* ---- one kept iteration ---- */
static const struct doc_column patch_columns[] = {
	{ "Patch", false },
	{ "Type", false },
	{ "Target", false },
	{ "Column", false },
	{ "Risk", false },
	{ "Status", false },
	{ "Live action", false },
	{ "Repository file", false },
	{ "Workspace verified", false },
	{ "Repository verified", false },
	{ "For questions", false },
};

static void live_cell(struct doc *doc, const struct json *live)
{
	const char *kind = json_str_or(live, "kind", ""),
		   *statement = json_str_or(live, "statement", "");
	if (streq(kind, "patch_space") || !*statement)
		doc_cell(doc, "%s", streq(kind, "patch_space") ? "PATCH of the space" : kind);
	else
		doc_cell_code(doc, doc_cut(doc, statement, MAX_STATEMENT));
}

static void patch_row(struct doc *doc, const struct iteration *it, const struct json *patch)
{
	const struct json *applied = data_applied(it, json_str_or(patch, "patch_id", NULL));
	const struct json *live = json_get(applied, "live"), *repo = json_get(applied, "repo");
	const char *target = json_str_or(patch, "target", "");
	doc_cell(doc, "%s", json_str_or(patch, "patch_id", ""));
	doc_cell(doc, "%s", json_str_or(patch, "type", ""));
	doc_cell_code(doc, target);
	doc_add(doc, *target ? "" : "the space");
	doc_cell_code(doc, json_str_or(patch, "column", ""));
	doc_cell(doc, "%s", json_str_or(patch, "risk", ""));
	doc_cell(doc, "%s", data_patch_status(it, patch));
	live_cell(doc, live ? live : json_get(patch, "live"));
	doc_cell_code(doc, json_str_or(repo ? repo : json_get(patch, "repo"), "file", ""));
	doc_cell(doc, "%s", yes_no(live));
	doc_cell(doc, "%s", yes_no(repo));
	texts_cell(doc, json_get(patch, "questions"));
}

static void tell_effect(struct doc *doc, const struct iteration *it)
{
	const struct json *evidence = json_get(it->decision, "evidence");
	doc_say(doc, "%s fixed, ", fmt_count(json_len(json_get(evidence, "fixed")), "question").s);
	doc_add(doc, "%zu broken", json_len(json_get(evidence, "broken")));
	evidence_caution(doc, it->decision);
	doc_add(doc, ".");
}

static void tell_iteration(struct doc *doc, const struct iteration *it)
{
	const struct json *patches = json_get(it->patches, "patches");
	doc_heading(doc, 3, "Iteration %d: lever %d, %s", it->number, it->lever,
		    lever_name(it->lever));
	tell_effect(doc, it);
	if (!json_len(patches)) {
		doc_say(doc, "Its patches.json is not there.");
		return;
	}
	DOC_TABLE_OF(doc, patch_columns);
	for (const struct json *p = json_first(patches); p; p = json_next(p))
		patch_row(doc, it, p);
	for (const struct json *p = json_first(patches); p; p = json_next(p))
		if (is_live(data_patch_status(it, p)))
			tell_patch(doc, p);
}

void section_changes(struct doc *doc, const struct data *data)
{
	size_t n = 0;
	doc_heading(doc, 2, "What was changed");
	for (size_t i = 1; i < data->n; i++)
		if (data->v[i].live) {
			tell_iteration(doc, &data->v[i]);
			n++;
		}
	if (!n)
		doc_say(doc, "Nothing: no change is live.");
}

/* ---- both sides ---- */
static const struct doc_column file_columns[] = {
	{ "Iteration", true },
	{ "Side", false },
	{ "Object or file", false },
	{ "SHA-256 after", false },
};

static void both_sides_rows(struct doc *doc, const struct iteration *it)
{
	for (const struct json *o = json_first(json_get(it->apply, "objects")); o;
	     o = json_next(o)) {
		doc_cell(doc, "%d", it->number);
		doc_cell(doc, "workspace");
		doc_cell_code(doc, json_str_or(o, "name", ""));
		if (*json_str_or(o, "column", "")) {
			doc_add(doc, " ");
			doc_code(doc, json_str_or(o, "column", ""));
		}
		doc_cell(doc, NULL);
	}
	for (const struct json *f = json_first(json_get(it->apply, "files")); f; f = json_next(f)) {
		const char *digest = json_str_or(f, "after_sha256", "");
		doc_cell(doc, "%d", it->number);
		doc_cell(doc, "repository");
		doc_cell_code(doc, json_str_or(f, "path", ""));
		doc_cell_code(doc, strlen(digest) > DIGEST_SHOWN ?
					   doc_cut(doc, digest, DIGEST_SHOWN) :
					   digest);
	}
}

struct sides {
	size_t applied, verified, unproved;
};

static void count_sides(const struct iteration *it, struct sides *sides)
{
	for (const struct json *p = json_first(json_get(it->apply, "patches")); p;
	     p = json_next(p)) {
		if (!is_live(json_str_or(p, "status", "")))
			continue;
		bool both = json_bool_or(json_get(p, "live"), "verified", false) &&
			    json_bool_or(json_get(p, "repo"), "verified", false);
		sides->applied++;
		sides->verified += both;
		sides->unproved += !both;
	}
}

static void name_unproved(struct doc *doc, const struct iteration *it)
{
	for (const struct json *p = json_first(json_get(it->apply, "patches")); p;
	     p = json_next(p)) {
		const struct json *live = json_get(p, "live"), *repo = json_get(p, "repo");
		if (is_live(json_str_or(p, "status", "")) &&
		    !(json_bool_or(live, "verified", false) &&
		      json_bool_or(repo, "verified", false)))
			doc_point(doc,
				  "Iteration %d, %s: workspace verified: %s, repository verified: "
				  "%s.",
				  it->number, json_str_or(p, "patch_id", "patch"), yes_no(live),
				  yes_no(repo));
	}
}

void section_persistence(struct doc *doc, const struct data *data)
{
	struct sides sides = { 0 };
	doc_heading(doc, 2, "Workspace and repository");
	for (size_t i = 1; i < data->n; i++)
		if (data->v[i].live)
			count_sides(&data->v[i], &sides);
	if (!sides.applied) {
		doc_say(doc, "No kept change is recorded as applied.");
		return;
	}
	doc_say(doc,
		"%s kept patches are live and in the repository, read back and equal on both "
		"sides.",
		fmt_share(sides.verified, sides.applied).s);
	for (size_t i = 1; i < data->n && sides.unproved; i++)
		if (data->v[i].live)
			name_unproved(doc, &data->v[i]);
	DOC_TABLE_OF(doc, file_columns);
	for (size_t i = 1; i < data->n; i++)
		if (data->v[i].live)
			both_sides_rows(doc, &data->v[i]);
}
