/* From MLflow's filters, orders and page tokens to SQL. */
#include "mlflow.h"

#include "json.h"

#include <stdlib.h>
#include <string.h>

void mlflow_search_free(struct mlflow_search *search)
{
	str_free(&search->where);
	str_free(&search->order);
}

/* ---- filters --------------------------------------------------------------------- */

static void add_value(struct str *out, const struct mlflow_clause *clause, size_t i)
{
	if (clause->numeric)
		str_add(out, clause->values[i] + (clause->values[i][0] == '+'));
	else
		db_quote_text(out, clause->values[i]);
}

void mlflow_compare_sql(struct str *out, const char *column, const struct mlflow_clause *clause)
{
	if (clause->op == MLFLOW_ILIKE) {
		str_addf(out, "lower(%s) LIKE lower(", column);
		add_value(out, clause, 0);
		str_addc(out, ')');
		return;
	}
	str_addf(out, "%s %s ", column, clause->op == MLFLOW_RLIKE ? "LIKE" :
		mlflow_op_text(clause->op));
	if (clause->op == MLFLOW_NULL || clause->op == MLFLOW_NOT_NULL)
		return;
	if (clause->op != MLFLOW_IN && clause->op != MLFLOW_NOT_IN) {
		add_value(out, clause, 0);
		return;
	}
	for (size_t i = 0; i < clause->nvalues; i++) {
		str_add(out, i ? ", " : "(");
		add_value(out, clause, i);
	}
	str_addc(out, ')');
}

static void pair_sql(struct str *out, const struct mlflow_domain *domain, const char *kind,
	const struct mlflow_clause *clause)
{
	str_addf(out, "%sEXISTS (SELECT 1 FROM mlflow_pairs p WHERE p.kind = '%s' AND p.owner = %s "
		"AND p.key = ", clause->op == MLFLOW_NULL ? "NOT " : "", kind, domain->owner);
	db_quote_text(out, clause->key);
	if (clause->op != MLFLOW_NULL) {
		str_add(out, " AND ");
		mlflow_compare_sql(out, "p.value", clause);
	}
	str_addc(out, ')');
}

static void metric_sql(struct str *out, const struct mlflow_domain *domain,
	const struct mlflow_clause *clause)
{
	str_addf(out, "EXISTS (SELECT 1 FROM %s AND NOT m.nan AND m.key = ", domain->metrics);
	db_quote_text(out, clause->key);
	str_add(out, " AND ");
	mlflow_compare_sql(out, "m.value", clause);
	str_addc(out, ')');
}

static void assessment_sql(struct str *out, const struct mlflow_clause *clause)
{
	str_addf(out, "%sEXISTS (SELECT 1 FROM mlflow_assessments a WHERE a.trace_id = t.id AND "
		"a.valid AND a.kind = '%s' AND a.name = ", clause->op == MLFLOW_NULL ? "NOT " : "",
		clause->entity == MLFLOW_FEEDBACK ? "feedback" : "expectation");
	db_quote_text(out, clause->key);
	if (clause->op != MLFLOW_NULL) {
		str_add(out, " AND ");
		mlflow_compare_sql(out, "a.value", clause);
	}
	str_addc(out, ')');
}

/* After "@" stands a query of all values, x: one of them must do. */
static void attribute_sql(struct str *out, const struct mlflow_clause *clause)
{
	const char *sql = clause->attribute->sql;
	if (*sql != '@') {
		mlflow_compare_sql(out, sql, clause);
		return;
	}
	str_addf(out, "EXISTS (SELECT 1 FROM (%s) WHERE ", sql + 1);
	mlflow_compare_sql(out, "x", clause);
	str_addc(out, ')');
}

static void clause_sql(struct str *out, const struct mlflow_domain *domain,
	const struct mlflow_clause *clause)
{
	switch (clause->entity) {
	case MLFLOW_ATTRIBUTE:
		attribute_sql(out, clause);
		break;
	case MLFLOW_METRIC:
		metric_sql(out, domain, clause);
		break;
	case MLFLOW_PARAM:
		pair_sql(out, domain, domain->param, clause);
		break;
	case MLFLOW_TAG:
		pair_sql(out, domain, domain->tag, clause);
		break;
	case MLFLOW_METADATA:
		pair_sql(out, domain, domain->metadata, clause);
		break;
	case MLFLOW_DATASET:
		str_addf(out, "EXISTS (SELECT 1 FROM mlflow_inputs d WHERE d.run_id = %s AND ",
			domain->owner);
		mlflow_compare_sql(out, streq(clause->key, "name") ? "d.name" :
			streq(clause->key, "digest") ? "d.digest" : "d.context", clause);
		str_addc(out, ')');
		break;
	case MLFLOW_FEEDBACK:
	case MLFLOW_EXPECTATION:
		assessment_sql(out, clause);
		break;
	}
}

bool mlflow_search_filter(struct call *call, struct mlflow_search *search,
	const struct mlflow_domain *domain, const char *filter)
{
	struct mlflow_filter *parsed = arena_alloc(&call->arena, sizeof(*parsed));
	struct err err = { .code = ERR_NONE };
	if (!mlflow_filter_parse(parsed, filter, &domain->grammar, &call->arena, &err))
		return call_bad(call, "%s", err.text);
	for (size_t i = 0; i < parsed->n; i++) {
		str_add(&search->where, " AND ");
		clause_sql(&search->where, domain, &parsed->clauses[i]);
	}
	return true;
}

/* ---- order and pages -------------------------------------------------------------- */

static void order_sql(struct str *out, const struct mlflow_domain *domain,
	const struct mlflow_order *order)
{
	const char *kind = order->entity == MLFLOW_TAG ? domain->tag :
		order->entity == MLFLOW_PARAM ? domain->param : domain->metadata;
	struct str column = STR_INIT;
	if (order->attribute) {
		bool list = *order->attribute->sql == '@';
		str_addf(&column, "(%s)", order->attribute->sql + list);
	} else if (order->entity == MLFLOW_METRIC) {
		str_addf(&column, "(SELECT CASE WHEN m.nan THEN NULL ELSE m.value END FROM %s AND "
			"m.key = ", domain->metrics);
		db_quote_text(&column, order->key);
		str_add(&column, " LIMIT 1)");
	} else {
		str_addf(&column, "(SELECT p.value FROM mlflow_pairs p WHERE p.kind = '%s' AND "
			"p.owner = %s AND p.key = ", kind ? kind : "", domain->owner);
		db_quote_text(&column, order->key);
		str_addc(&column, ')');
	}
	/* What has no value comes last in both directions. */
	str_addf(out, "%s IS NULL, %s %s, ", str_text(&column), str_text(&column),
		order->descending ? "DESC" : "ASC");
	str_free(&column);
}

bool mlflow_search_page(struct call *call, struct mlflow_search *search,
	const struct json *request, int64_t usual, int64_t most)
{
	const char *token = json_str_or(request, "page_token", "");
	char *end = NULL;
	int64_t limit = json_int_or(request, "max_results", usual);
	if (limit > most || limit < 0)
		return call_bad(call, "Invalid value %lld for parameter 'max_results' supplied: "
			"It must be at most %lld, but got value %lld", (long long)limit,
			(long long)most, (long long)limit);
	search->limit = limit ? limit : usual;
	search->offset = 0;
	if (!*token)
		return true;
	search->offset = strtoll(token, &end, 10);
	if (*end || search->offset < 0)
		return call_bad(call, "Invalid page token, could not base64-decode");
	return true;
}

bool mlflow_search_read(struct call *call, struct mlflow_search *search,
	const struct mlflow_domain *domain, const struct json *request)
{
	struct err err = { .code = ERR_NONE };
	struct mlflow_order order;
	for (const struct json *c = json_first(json_get(request, "order_by")); c; c =
		json_next(c)) {
		if (!mlflow_order_parse(&order, json_text(c), &domain->grammar, &call->arena, &err))
			return call_bad(call, "%s", err.text);
		order_sql(&search->order, domain, &order);
	}
	return mlflow_search_filter(call, search, domain, json_str_or(request, "filter", NULL));
}

/* ---- queries and answers ------------------------------------------------------------ */

void mlflow_search_call(struct call *call, const struct mlflow_field *fields,
	mlflow_search_fn *search)
{
	struct mlflow_search found = { .where = STR_INIT, .order = STR_INIT };
	const struct json *request = mlflow_message(call, fields);
	if (request)
		search(call, request, &found);
	mlflow_search_free(&found);
}

void mlflow_search_stage(struct mlflow_search *search, const char *column, const char *view)
{
	if (!streq(view, "ALL"))
		str_addf(&search->where, " AND %s = '%s'", column,
			streq(view, "DELETED_ONLY") ? "deleted" : "active");
}

void mlflow_in_sql(struct str *out, const char *column, const struct json *ids)
{
	str_addf(out, "%s IN (", column);
	for (const struct json *c = json_first(ids); c; c = json_next(c)) {
		db_quote_text(out, json_text(c));
		str_add(out, json_next(c) ? ", " : "");
	}
	str_addc(out, ')');
}

struct db_stmt *mlflow_search_sql(struct call *call, const struct mlflow_search *search,
	const char *select, const char *order)
{
	char *sql = xasprintf("%s%s ORDER BY %s%s LIMIT ? OFFSET ?", select,
		str_text(&search->where), str_text(&search->order), order);
	struct db_stmt *stmt = mlflow_sql(call, sql, "ii", search->limit + 1, search->offset);
	free(sql);
	return stmt;
}

/* Drops the row that was asked for beyond the limit, for which next_page_token is set. */
static void set_page(const struct mlflow_search *search, struct json *body, const char *member,
	struct json *rows)
{
	bool more = (int64_t)json_len(rows) > search->limit;
	struct json *last = more ? json_at(rows, (size_t)search->limit) : NULL;
	if (last)
		json_free(json_detach(last));
	mlflow_set(body, member, rows);
	if (more) {
		char *token = xasprintf("%lld", (long long)search->offset + search->limit);
		json_set_str(body, "next_page_token", token);
		free(token);
	}
}

struct json *mlflow_search_body(struct call *call, const struct mlflow_search *search,
	struct db_stmt *stmt, const char *member, mlflow_row_fn *row)
{
	struct json *rows = mlflow_rows(call, stmt, row), *body;
	if (mlflow_failed(call)) {
		json_free(rows);
		return NULL;
	}
	body = json_new_object();
	set_page(search, body, member, rows);
	return body;
}

void mlflow_search_reply(struct call *call, const struct mlflow_search *search,
	struct db_stmt *stmt, const char *member, mlflow_row_fn *row)
{
	struct json *body = mlflow_search_body(call, search, stmt, member, row);
	if (body)
		call_reply(call, body);
}
