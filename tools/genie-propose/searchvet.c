/* What a candidate may be: only what could be patched in the end, so that what is measured
 * is what is shipped. All of it before the first question. */
#include "search.h"

#include "model.h"
#include "vet_sql.h"

#include "dbx.h"
#include "json.h"
#include "leak.h"
#include "mem.h"
#include "patch.h"
#include "space.h"
#include "spacecheck.h"
#include "stmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool no(char reason[GEPA_REASON], const char *text)
{
	snprintf(reason, GEPA_REASON, "%.*s", (int)utf8_fit(text, GEPA_REASON - 1), text);
	return true;
}

static bool is_too_long(const struct search *s, const char *text, char reason[GEPA_REASON])
{
	size_t most = strlen(s->seed[SEARCH_INSTRUCTION]);
	most = most > PATCH_LONG_INSTRUCTION ? most : PATCH_LONG_INSTRUCTION;
	if (strlen(text) <= most)
		return false;
	snprintf(reason, GEPA_REASON, "the instruction has %zu characters; at most %zu are "
		"read well", strlen(text), most);
	return true;
}

/* ---- one patch ---- */

static bool leaks(const struct search *s, const struct json *patch, char reason[GEPA_REASON])
{
	static const char *const members[] = { "new_text", "value" };
	struct leak_match match;
	for (size_t i = 0; i < countof(members); i++)
		if (leak_check_json(s->guard, json_get(patch, members[i]), &match)) {
			snprintf(reason, GEPA_REASON, "it gives away the %s of a question that "
				"measures (likeness %.2f): \"%.60s\"", match.what, match.likeness,
				match.excerpt);
			return true;
		}
	return false;
}

static const char *explain_flaw(const struct stmt_result *result)
{
	if (!result->ok)
		return result->message ? result->message : "refused";
	return stmt_plan_error(&result->table);
}

/* A call that does not get through ends the search, at the next evaluation. */
static bool is_not_understood(struct search *s, const char *sql, char reason[GEPA_REASON])
{
	struct stmt_result result = { 0 };
	struct dbx *dbx = search_dbx(s, &s->broken);
	if (dbx && !s->warehouse)
		s->warehouse = stmt_warehouse(dbx, s->o->warehouse,
			json_str_or(s->snapshot, "warehouse_id", NULL), &s->broken);
	if (!s->warehouse)
		return no(reason, "the workspace cannot be asked whether it understands the SQL");
	char *explain = xasprintf("EXPLAIN %s", sql);
	struct stmt_request request = { .sql = explain, .warehouse_id = s->warehouse };
	bool through = stmt_run(dbx, &request, &result, &s->broken);
	const char *flaw = through ? explain_flaw(&result) : s->broken.text;
	if (flaw)
		snprintf(reason, GEPA_REASON, "the warehouse does not understand its SQL: %.*s",
			(int)utf8_fit(flaw, 180), flaw);
	else
		strlist_add(&s->explained, sql);
	bool bad = flaw != NULL;
	stmt_result_free(&result);
	free(explain);
	return bad;
}

/* One with parameters is no statement before they have values. */
static bool is_bad_example(struct search *s, const struct model *model, const struct patch *patch,
	char reason[GEPA_REASON])
{
	struct arena arena = { 0 };
	const char *flaw = sql_flaw(&arena, model, patch);
	const char *sql = json_str_or(patch->value, "sql", "");
	bool bad = flaw && no(reason, flaw);
	arena_free(&arena);
	if (bad || !patch->value || json_first(json_get(patch->value, "parameters")) ||
	    strlist_has(&s->explained, sql))
		return bad;
	return is_not_understood(s, sql, reason);
}

/* ---- all of them ---- */

static bool is_unfit(struct search *s, const struct json *patches, char reason[GEPA_REASON])
{
	struct patch_set set = { 0 };
	struct err err = { 0 };
	struct json *copy = json_dup(patches);
	if (!patch_set_read(&set, copy, &err)) {
		patch_set_free(&set);
		return no(reason, err.text);
	}
	patch_set_judge(&set, true);
	bool bad = false;
	for (size_t i = 0; !bad && i < set.n; i++)
		bad = set.v[i].status == PATCH_REFUSED ? no(reason, set.v[i].reason) :
			leaks(s, set.v[i].patch.json, reason);
	for (size_t i = 0; !bad && i < set.n; i++)
		if (set.v[i].patch.type->kind == PATCH_EXAMPLE_SQL &&
		    set.v[i].patch.type->verb != PATCH_REMOVE)
			bad = is_bad_example(s, s->model, &set.v[i].patch, reason);
	patch_set_free(&set);
	return bad;
}

/* Against the rules of a workspace, where the seed was not. */
static bool breaks_rules(const struct search *s, const struct json *config,
	char reason[GEPA_REASON])
{
	struct space_problems before = { 0 }, after = { 0 };
	space_check(s->config, &before);
	space_check(config, &after);
	bool bad = after.n > before.n && no(reason, after.v[after.n - 1].text);
	space_problems_free(&before);
	space_problems_free(&after);
	return bad;
}

bool search_refuse(void *ctx, char *const *child, int parent, char reason[GEPA_REASON])
{
	struct search *s = ctx;
	struct err err = { 0 };
	struct json *config = search_config(s, child, &err);
	(void)parent;
	if (!config)
		return no(reason, err.text);
	struct json *patches = search_patches(s, child);
	size_t n = 0;
	for (struct json *p = json_first(patches); p; p = json_next(p)) {
		char id[16];
		snprintf(id, sizeof id, "P%03zu", ++n);
		json_set_str(p, "patch_id", id);
	}
	bool bad = is_too_long(s, child[SEARCH_INSTRUCTION], reason) ||
		breaks_rules(s, config, reason) || is_unfit(s, patches, reason);
	json_free(patches);
	json_free(config);
	if (!bad)
		s->idle = 0;
	return bad;
}
