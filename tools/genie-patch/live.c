#include "live.h"

#include "bundle.h"
#include "dbx.h"
#include "genie.h"
#include "json.h"
#include "space.h"
#include "spacediff.h"
#include "sqllex.h"
#include "sqltext.h"
#include "stmt.h"
#include "str.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

/* ---- statements ---- */
bool live_query(struct state *state, const char *sql, struct stmt_result *result, struct err *err)
{
	if (!state->warehouse)
		state->warehouse = stmt_warehouse(state->dbx, state->warehouse_given,
			state->warehouse_fallback, err);
	if (!state->warehouse)
		return false;
	struct stmt_request request = { .sql = sql, .warehouse_id = state->warehouse };
	return stmt_must(state->dbx, &request, result, err);
}

static bool run(struct state *state, const char *sql, struct err *err)
{
	struct stmt_result result = { 0 };
	bool ok = live_query(state, sql, &result, err);
	stmt_result_free(&result);
	return ok;
}

static bool split_name(struct arena *arena, const char *name, const char *parts[SQL_NAME_PARTS],
		       struct err *err)
{
	return sql_split_name(arena, name, parts) == 3 ||
		err_set(err, ERR_DATA, "%s: not a name catalog.schema.object", name);
}

/* ---- information_schema ---- */
/* One cell of one row of CATALOG.information_schema.RELATION; *found tells of the row. */
static bool cell(struct state *state, const char *sql, const char *column, char **text,
		 bool *found, struct err *err)
{
	struct stmt_result result = { 0 };
	*text = NULL;
	*found = false;
	bool ok = live_query(state, sql, &result, err);
	int at = ok ? table_find(&result.table, column) : -1;
	if (ok && result.table.nrows > 0 && at < 0)
		ok = err_set(err, ERR_UNAVAILABLE, "the answer to \"%s\" has no column %s", sql, column);
	if (ok && result.table.nrows > 0) {
		*found = true;
		*text = xstrdup(table_cell(&result.table, 0, (size_t)at));
	}
	stmt_result_free(&result);
	return ok;
}

static bool read_schema(struct state *state, const struct live *live, const char *relation,
			const char *column, bool tags, char **text, bool *found, struct err *err)
{
	struct arena arena = { 0 };
	const char *p[SQL_NAME_PARTS];
	bool ok = split_name(&arena, live->name, p, err);
	if (ok) {
		struct str sql = STR_INIT;
		str_addf(&sql, "SELECT %s FROM %s.information_schema.%s WHERE %s = %s AND table_name = %s",
			 column, sql_quote_ident(&arena, p[0]), relation, tags ? "schema_name" :
			 "table_schema", sql_quote_string(&arena, p[1]), sql_quote_string(&arena, p[2]));
		if (*live->column)
			str_addf(&sql, " AND column_name = %s", sql_quote_string(&arena, live->column));
		if (*live->key)
			str_addf(&sql, " AND tag_name = %s", sql_quote_string(&arena, live->key));
		ok = cell(state, str_text(&sql), column, text, found, err);
		str_free(&sql);
	}
	arena_free(&arena);
	return ok;
}

static bool nothing(const struct live *live, struct err *err)
{
	char *title = live_title(live);
	err_set(err, ERR_DATA, "%s: no such object in the workspace", title);
	free(title);
	return false;
}

static bool read_comment(struct state *state, const struct live *live, char **text, struct err *err)
{
	bool found, column = live->kind == LIVE_COLUMN_COMMENT;
	if (!read_schema(state, live, column ? "columns" : "tables", "comment", false, text, &found, err))
		return false;
	return found || nothing(live, err);
}

static bool read_tag(struct state *state, const struct live *live, char **text, struct err *err)
{
	bool found, column = live->kind == LIVE_COLUMN_TAG;
	struct live owner = *live;
	owner.key = (char *)(uintptr_t) "";
	owner.kind = column ? LIVE_COLUMN_COMMENT : LIVE_TABLE_COMMENT;
	if (!read_comment(state, &owner, text, err))
		return false;
	free(*text);
	return read_schema(state, live, column ? "column_tags" : "table_tags", "tag_value", true, text,
			   &found, err);
}

char *live_show_properties(const char *name)
{
	struct arena arena = { 0 };
	char *sql = xasprintf("SHOW TBLPROPERTIES %s", sql_quote_name(&arena, name));
	arena_free(&arena);
	return sql;
}

static bool read_property(struct state *state, const struct live *live, char **text, struct err *err)
{
	struct stmt_result result = { 0 };
	char *sql = live_show_properties(live->name);
	bool ok = live_query(state, sql, &result, err);
	free(sql);
	*text = NULL;
	if (ok && result.table.ncolumns < 2)
		ok = err_set(err, ERR_UNAVAILABLE, "SHOW TBLPROPERTIES %s gave no pairs", live->name);
	for (size_t i = 0; ok && i < result.table.nrows; i++)
		if (streq(table_cell(&result.table, i, 0), live->key) && !*text)
			*text = xstrdup(table_cell(&result.table, i, 1));
	stmt_result_free(&result);
	return ok;
}

/* ---- metric views ---- */
/* SHOW CREATE TABLE gives the statement; the YAML stands between the dollars. */
static bool show_metric_view(struct state *state, const struct live *live, char **text,
			     struct err *err)
{
	struct arena arena = { 0 };
	struct stmt_result result = { 0 };
	char *name = sql_quote_name(&arena, live->name);
	bool ok = live_query(state, arena_printf(&arena, "SHOW CREATE TABLE %s", name), &result, err);
	const char *statement = ok && result.table.nrows ? table_cell(&result.table, 0, 0) : NULL;
	const char *from = statement ? strstr(statement, "$$") : NULL;
	const char *to = from ? strstr(from + 2, "$$") : NULL;
	if (to)
		*text = xstrndup(from + 2, (size_t)(to - from) - 2);
	else if (ok)
		ok = err_set(err, ERR_DATA, "%s: not a metric view", live->name);
	stmt_result_free(&result);
	arena_free(&arena);
	return ok;
}

static bool read_metric_view(struct state *state, const struct live *live, char **text,
			     struct err *err)
{
	char *type = NULL;
	bool found;
	*text = NULL;
	if (!read_schema(state, live, "tables", "table_type", false, &type, &found, err))
		return false;
	free(type);
	return !found || show_metric_view(state, live, text, err);
}

bool live_is_metric_view(struct state *state, const char *name, bool *yes, struct err *err)
{
	*yes = bundle_find(state->bundle, BUNDLE_METRIC_VIEW, name) != NULL;
	if (*yes || bundle_find(state->bundle, BUNDLE_TABLE, name))
		return true;
	struct live live = { .kind = LIVE_TABLE_COMMENT, .name = xstrdup(name),
		.column = (char *)(uintptr_t) "", .key = (char *)(uintptr_t) "" };
	char *type = NULL;
	bool found;
	bool ok = read_schema(state, &live, "tables", "table_type", false, &type, &found, err);
	*yes = strieq(type, "METRIC_VIEW");
	free(type);
	free(live.name);
	return ok;
}

/* ---- functions ---- */
static void put_params(struct str *out, struct arena *arena, const struct json *list)
{
	str_addc(out, '(');
	for (const struct json *p = json_first(list); p; p = json_next(p)) {
		const char *by_default = json_str_or(p, "parameter_default", NULL);
		const char *comment = json_str_or(p, "comment", NULL);
		str_addf(out, "%s\n  %s %s", p == json_first(list) ? "" : ",",
			 sql_ident(arena, json_str_or(p, "name", "")), json_str_or(p, "type_text", "STRING"));
		if (by_default)
			str_addf(out, " DEFAULT %s", by_default);
		if (comment && *comment)
			str_addf(out, " COMMENT %s", sql_quote_string(arena, comment));
	}
	str_add(out, json_len(list) ? "\n)" : ")");
}

/* The statement that makes the function what the API says it is. There is no SHOW
 * CREATE FUNCTION. */
char *live_function_statement(const char *name, const struct json *f)
{
	struct arena arena = { 0 };
	struct str out = STR_INIT;
	const char *comment = json_str_or(f, "comment", NULL);
	str_addf(&out, "CREATE OR REPLACE FUNCTION %s", sql_quote_name(&arena, name));
	put_params(&out, &arena, json_dig(f, "input_params.parameters"));
	str_add(&out, "\nRETURNS ");
	const struct json *columns = json_dig(f, "return_params.parameters");
	if (streq(json_str_or(f, "data_type", ""), "TABLE_TYPE")) {
		str_add(&out, "TABLE ");
		if (json_len(columns))
			put_params(&out, &arena, columns);
	} else {
		str_add(&out, json_str_or(f, "full_data_type", json_str_or(f, "data_type", "STRING")));
	}
	if (json_bool_or(f, "is_deterministic", false))
		str_add(&out, "\nDETERMINISTIC");
	if (comment && *comment)
		str_addf(&out, "\nCOMMENT %s", sql_quote_string(&arena, comment));
	str_addf(&out, "\nRETURN %s", json_str_or(f, "routine_definition", ""));
	char *text = str_take(&out);
	arena_free(&arena);
	return text;
}

static void put_url(struct str *out, const char *s)
{
	for (; *s; s++)
		if (sql_word_char(*s) && (unsigned char)*s < 0x80)
			str_addc(out, *s);
		else
			str_addf(out, "%%%02X", (unsigned char)*s);
}

static bool read_function(struct state *state, const struct live *live, char **text, struct err *err)
{
	struct arena arena = { 0 };
	const char *p[SQL_NAME_PARTS];
	struct str path = STR_INIT;
	struct dbx_reply reply = { 0 };
	bool ok = split_name(&arena, live->name, p, err);
	if (ok) {
		str_add(&path, "/api/2.1/unity-catalog/functions/");
		for (int i = 0; i < 3; i++) {
			put_url(&path, p[i]);
			str_add(&path, i < 2 ? "." : "");
		}
		struct dbx_request request = { .path = str_text(&path) };
		ok = dbx_fetch(state->dbx, &request, &reply, err);
		bool none = !ok && reply.status == 404;
		if (none)
			err_clear(err);
		if (ok && !streq(json_str_or(reply.body, "routine_body", "SQL"), "SQL"))
			ok = err_set(err, ERR_DATA, "%s: not a SQL function", live->name);
		if (ok)
			*text = live_function_statement(live->name, reply.body);
		ok = ok || none;
		dbx_reply_free(&reply);
	}
	str_free(&path);
	arena_free(&arena);
	return ok;
}

/* ---- the space ---- */
static bool read_space(struct state *state, const struct live *live, char **text, char **etag,
		       struct err *err)
{
	struct json *space = genie_get(state->dbx, live->name, true, err);
	const char *config = json_str_or(space, "serialized_space", NULL);
	bool ok = space && (config || err_set(err, ERR_UNAVAILABLE,
		"space %s: no serialized_space (needs CAN EDIT)", live->name));
	if (ok) {
		*text = xstrdup(config);
		*etag = xstrdup(json_str_or(space, "etag", NULL));
	}
	json_free(space);
	return ok;
}

bool live_read(struct state *state, const struct live *live, char **text, char **etag,
	struct err *err)
{
	*text = NULL;
	*etag = NULL;
	switch (live->kind) {
	case LIVE_TABLE_COMMENT:
	case LIVE_COLUMN_COMMENT: return read_comment(state, live, text, err);
	case LIVE_TABLE_TAG:
	case LIVE_COLUMN_TAG: return read_tag(state, live, text, err);
	case LIVE_PROPERTY: return read_property(state, live, text, err);
	case LIVE_METRIC_VIEW: return read_metric_view(state, live, text, err);
	case LIVE_FUNCTION: return read_function(state, live, text, err);
	default: return read_space(state, live, text, etag, err);
	}
}

/* ---- writing ---- */
static void put_pair(struct str *out, struct arena *arena, const char *what, const char *key,
		     const char *text)
{
	const char *k = sql_quote_string(arena, key);
	if (text)
		str_addf(out, "SET %s (%s = %s)", what, k, sql_quote_string(arena, text));
	else
		str_addf(out, "UNSET %s (%s)", what, k);
}

static void put_statement(struct str *out, struct arena *arena, const struct live *live,
			  const char *text)
{
	const char *name = sql_quote_name(arena, live->name);
	const char *column = sql_quote_ident(arena, live->column);
	const char *value = text ? sql_quote_string(arena, text) : "NULL";
	switch (live->kind) {
	case LIVE_TABLE_COMMENT: str_addf(out, "COMMENT ON TABLE %s IS %s", name, value); break;
	case LIVE_COLUMN_COMMENT:
		str_addf(out, "COMMENT ON COLUMN %s.%s IS %s", name, column, value);
		break;
	case LIVE_TABLE_TAG:
		str_addf(out, "ALTER TABLE %s ", name);
		put_pair(out, arena, "TAGS", live->key, text);
		break;
	case LIVE_COLUMN_TAG:
		str_addf(out, "ALTER TABLE %s ALTER COLUMN %s ", name, column);
		put_pair(out, arena, "TAGS", live->key, text);
		break;
	case LIVE_PROPERTY:
		str_addf(out, "ALTER TABLE %s ", name);
		put_pair(out, arena, "TBLPROPERTIES", live->key, text);
		break;
	case LIVE_METRIC_VIEW:
		if (!text)
			str_addf(out, "DROP VIEW IF EXISTS %s", name);
		else if (live->before)
			str_addf(out, "ALTER VIEW %s AS $$%s$$", name, text);
		else
			str_addf(out, "CREATE OR REPLACE VIEW %s WITH METRICS LANGUAGE YAML AS $$%s$$", name,
				 text);
		break;
	case LIVE_FUNCTION: str_add(out, text ? text : ""); break;
	default: str_add(out, text ? text : ""); break;
	}
}

char *live_statement(const struct live *live, const char *text)
{
	struct arena arena = { 0 };
	struct str out = STR_INIT;
	if (live->kind == LIVE_FUNCTION && !text)
		str_addf(&out, "DROP FUNCTION IF EXISTS %s", sql_quote_name(&arena, live->name));
	else if (live->kind == LIVE_SPACE)
		str_addf(&out, "PATCH /api/2.0/genie/spaces/%s", live->name);
	else
		put_statement(&out, &arena, live, text);
	arena_free(&arena);
	return str_take(&out);
}

static bool space_same(const char *name, const struct json *then, const char *text,
		       const char *when, struct err *err)
{
	struct str places = STR_INIT;
	struct json *now = json_parse(text, strlen(text), err), *old = json_dup(then);
	bool ok = now || err_wrap(err, "serialized_space of %s", name);
	if (ok) {
		/* a workspace stores version 1 as version 2 */
		space_migrate(old);
		space_migrate(now);
		ok = !space_differences(old, now, 3, &places) ||
			err_set(err, ERR_TEMP, "refetch: space %s changed since %s: %s", name, when,
				str_text(&places));
	}
	json_free(now);
	json_free(old);
	str_free(&places);
	return ok;
}

bool live_space_unchanged(const struct live *live, const struct json *then, const char *when,
	struct err *err)
{
	return space_same(live->name, then, live->before ? live->before : "{}", when, err);
}

/* The space is not what it was when it was read with this etag: says what is different. */
static bool space_conflict(struct state *state, const struct live *live, const char *sent,
			   struct err *err)
{
	struct err why = { 0 };
	char *now = NULL, *etag = NULL;
	struct json *then = json_parse(live->before, strlen(live->before), &why);
	bool read = then && streq(sent, live->etag) && read_space(state, live, &now, &etag, &why);
	if (!read || space_same(live->name, then, now, "it was read", err))
		err_set(err, ERR_TEMP, "refetch: space %s changed while patching", live->name);
	json_free(then);
	free(now);
	free(etag);
	return false;
}

static bool write_space(struct state *state, const struct live *live, const char *text,
			const char *etag, struct err *err)
{
	struct json *fields = json_new_object();
	int status = 0;
	json_set_str(fields, "serialized_space", text);
	if (etag)
		json_set_str(fields, "etag", etag);
	struct json *reply = genie_update(state->dbx, live->name, fields, &status, err);
	json_free(fields);
	if (!reply && status == 409)
		return space_conflict(state, live, etag, err);
	bool ok = reply != NULL;
	json_free(reply);
	return ok;
}

bool live_write(struct state *state, const struct live *live, const char *text, const char *etag,
	struct err *err)
{
	if (live->kind == LIVE_SPACE)
		return write_space(state, live, text, etag, err);
	if (live->kind == LIVE_METRIC_VIEW && text && strstr(text, "$$"))
		return err_set(err, ERR_DATA, "%s: a definition with $$ cannot be sent", live->name);
	char *sql = live_statement(live, text);
	bool ok = run(state, sql, err);
	free(sql);
	return ok;
}
