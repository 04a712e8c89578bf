/* engine_write.c - INSERT, UPDATE, DELETE and TRUNCATE on data tables. */
#include "engine_int.h"

#include "str.h"

#include <string.h>

bool engine_is_write(const char *sql)
{
	struct arena arena = { 0 };
	struct sql_error ignored = { 0 };
	struct parser p;
	parser_init(&p, &arena, sql, &ignored);
	bool is = parser_at(&p, "INSERT") || parser_at(&p, "UPDATE") || parser_at(&p, "DELETE") ||
		parser_at(&p, "MERGE") || parser_at(&p, "TRUNCATE");
	arena_free(&arena);
	return is;
}

struct target {
	struct cat_table *table;
	struct relation *relation; /* with the alias that the text uses */
	const char *as;            /* our alias: "r1" */
};

static bool parse_target(struct dialect *d, struct parser *p, bool alias, struct target *out)
{
	struct cat_name name = { .n = 0 };
	if (!parser_names(p, name.part, &name.n))
		return false;
	out->table = arena_alloc(d->arena, sizeof(*out->table));
	if (!catalog_table(d->catalog, &d->where, &name, d->arena, out->table, d->error))
		return false;
	if (out->table->kind != CAT_TABLE)
		return sql_error_set(d->error, "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "42809",
			"The operation expects a table but `%s` is a view.", out->table->full_name);
	out->relation = relation_of_name(d, NULL, &name);
	if (!out->relation)
		return false;
	out->as = arena_printf(d->arena, "r%u", d->next);
	if (alias && (parser_take(p, "AS") || (sqllex_name(&p->lex, p->i) && !parser_at(p, "SET") &&
	    !parser_at(p, "WHERE"))) && !parser_name(p, &out->relation->alias))
		return false;
	return true;
}

static const struct cat_column *find_column(struct dialect *d, const struct cat_table *table,
	const char *name)
{
	for (size_t i = 0; i < table->ncolumns; i++)
		if (strieq(table->columns[i].name, name))
			return &table->columns[i];
	sql_error_no_column(d->error, arena_printf(d->arena, "`%s`", name), NULL);
	return NULL;
}

static struct bound store(struct dialect *d, struct bound b, const struct cat_column *column)
{
	struct sql_type type;
	if (!type_parse(column->type, &type))
		type = type_of(TYPE_STRING);
	return bind_cast(d, b, type, false, false, column->name);
}

/* (a, b, c), or all columns of the table. */
static bool insert_columns(struct dialect *d, struct parser *p, const struct cat_table *table,
	const struct cat_column ***out, size_t *n)
{
	const struct cat_column **columns = arena_alloc(d->arena,
		(table->ncolumns + 1) * sizeof(*columns));
	*n = 0;
	*out = columns;
	if (!parser_at_op(p, "(") || parse_at_query(p)) {
		for (; *n < table->ncolumns; ++*n)
			columns[*n] = &table->columns[*n];
		return true;
	}
	p->i++;
	do {
		const char *name;
		if (!parser_name(p, &name))
			return false;
		if (*n == table->ncolumns)
			return sql_error_set(d->error, "COLUMN_ALREADY_EXISTS", "42711",
				"The column `%s` already exists. Choose another name or rename the"
				" existing column.", name);
		if (!(columns[*n] = find_column(d, table, name)))
			return false;
		++*n;
	} while (parser_take_op(p, ","));
	return parser_need_op(p, ")");
}

static const char *insert_text(struct dialect *d, struct parser *p)
{
	struct target target = { 0 };
	struct bound_query bound;
	const struct cat_column **columns = NULL;
	size_t n = 0;
	if (parser_at(p, "OVERWRITE"))
		return parser_unsupported(p, "INSERT OVERWRITE");
	if (!parser_need(p, "INTO"))
		return NULL;
	parser_take(p, "TABLE");
	if (!parse_target(d, p, false, &target) || !insert_columns(d, p, target.table, &columns,
		&n))
		return NULL;
	struct query *query = parse_at_query(p) ? parse_query(p) : parser_fail(p);
	if (!query || !parser_end(p) || !bind_query(d, NULL, query, &bound))
		return NULL;
	if (bound.ncolumns != n) {
		sql_error_set(d->error, "INSERT_COLUMN_ARITY_MISMATCH", "21S01", "Cannot write to"
			" `%s`, the reason is"
			" that the number of data columns (%zu) is not that of the table columns"
			" (%zu).",
			target.table->full_name, bound.ncolumns, n);
		return NULL;
	}
	const char *names = "", *values = "";
	for (size_t i = 0; i < n; i++) {
		struct bound b = { bound.columns[i].sql, bound.columns[i].type, 0 };
		b = store(d, b, columns[i]);
		if (!b.sql)
			return NULL;
		names = arena_printf(d->arena, "%s%s%s", names, i ? ", " : "",
			dialect_quote_name(d, columns[i]->name));
		values = arena_printf(d->arena, "%s%s%s", values, i ? ", " : "", b.sql);
	}
	return arena_printf(d->arena, "INSERT INTO %s (%s) SELECT %s FROM (%s)",
		dialect_quote_name(d, target.table->data_table), names, values, bound.sql);
}

static const char *where_text(struct dialect *d, struct parser *p, struct scope *scope)
{
	if (!parser_take(p, "WHERE"))
		return "";
	struct node *node = parse_expr(p);
	if (!node)
		return NULL;
	scope->no_aggregates = true;
	struct bound b = bind_condition(d, scope, node, "WHERE");
	return b.sql ? arena_printf(d->arena, " WHERE %s", b.sql) : NULL;
}

static const char *update_text(struct dialect *d, struct parser *p)
{
	struct target target = { 0 };
	struct scope *scope = arena_alloc(d->arena, sizeof(*scope));
	const char *set = "";
	if (!parse_target(d, p, true, &target) || !parser_need(p, "SET"))
		return NULL;
	scope->relations = target.relation;
	scope->no_aggregates = true;
	do {
		const char *name;
		struct node *node;
		if (!parser_name(p, &name))
			return NULL;
		if (parser_take_op(p, ".") && !parser_name(p, &name)) /* alias.column */
			return NULL;
		const struct cat_column *column = find_column(d, target.table, name);
		if (!column || !parser_need_op(p, "=") || !(node = parse_expr(p)))
			return NULL;
		struct bound b = store(d, bind_expr(d, scope, node), column);
		if (!b.sql)
			return NULL;
		set = arena_printf(d->arena, "%s%s%s = %s", set, *set ? ", " : "",
			dialect_quote_name(d, column->name), b.sql);
	} while (parser_take_op(p, ","));
	const char *where = where_text(d, p, scope);
	if (!where || !parser_end(p))
		return NULL;
	return arena_printf(d->arena, "UPDATE %s AS %s SET %s%s", dialect_quote_name(d,
		target.table->data_table), target.as, set, where);
}

static const char *delete_text(struct dialect *d, struct parser *p, bool conditions)
{
	struct target target = { 0 };
	struct scope *scope = arena_alloc(d->arena, sizeof(*scope));
	if (!parse_target(d, p, conditions, &target))
		return NULL;
	scope->relations = target.relation;
	const char *where = conditions ? where_text(d, p, scope) : "";
	if (!where || !parser_end(p))
		return NULL;
	return arena_printf(d->arena, "DELETE FROM %s AS %s%s", dialect_quote_name(d,
		target.table->data_table), target.as, where);
}

const char *engine_write_text(struct dialect *d, const char *sql)
{
	struct parser p;
	parser_init(&p, d->arena, sql, d->error);
	if (parser_take(&p, "INSERT"))
		return insert_text(d, &p);
	if (parser_take(&p, "UPDATE"))
		return update_text(d, &p);
	if (parser_take(&p, "DELETE"))
		return parser_need(&p, "FROM") ? delete_text(d, &p, true) : NULL;
	if (parser_take(&p, "TRUNCATE"))
		return parser_need(&p, "TABLE") ? delete_text(d, &p, false) : NULL;
	return parser_unsupported(&p, "MERGE");
}
