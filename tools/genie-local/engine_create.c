/* engine_create.c - CREATE TABLE with columns or AS a query. */
#include "catalog_int.h"
#include "engine_int.h"

#include "db.h"
#include "str.h"

#include <string.h>

#define MAX_PROPERTIES 100

bool engine_is_create_table(const char *sql)
{
	struct arena arena = { 0 };
	struct sql_error ignored = { 0 };
	struct parser p;
	parser_init(&p, &arena, sql, &ignored);
	bool is = parser_take(&p, "CREATE");
	if (is && parser_take(&p, "OR"))
		is = parser_take(&p, "REPLACE");
	is = is && parser_at(&p, "TABLE");
	arena_free(&arena);
	return is;
}

struct creation {
	struct dialect *d;
	struct parser p;
	struct cat_table table;
	struct cat_table old; /* what has the name now, when `exists` */
	bool replace, if_not, exists;
	const char *property[MAX_PROPERTIES][2];
	size_t nproperties;
	struct bound_query query; /* sql NULL: no AS */
};

static bool fault(struct creation *c, const struct err *err)
{
	return sql_error_from(c->d->error, err);
}

static bool parse_text(struct parser *p, const char **out)
{
	if (sqllex_kind(&p->lex, p->i) != SQLTOK_STRING)
		return parser_fail(p) != NULL;
	*out = sqllex_value(&p->lex, p->i++, p->arena);
	return true;
}

static bool parse_target(struct creation *c)
{
	struct parser *p = &c->p;
	struct cat_name name = { .n = 0 };
	struct err err = { 0 };
	if (!parser_need(p, "CREATE"))
		return false;
	if (parser_take(p, "OR")) {
		c->replace = true;
		if (!parser_need(p, "REPLACE"))
			return false;
	}
	if (!parser_need(p, "TABLE"))
		return false;
	if (parser_take(p, "IF")) {
		c->if_not = true;
		if (!parser_need(p, "NOT") || !parser_need(p, "EXISTS"))
			return false;
	}
	if (!parser_names(p, name.part, &name.n))
		return false;
	struct cat_full full = cat_complete(c->d->catalog, &c->d->where, &name);
	if (!cat_get_table(c->d->catalog, &full, c->d->arena, &c->old, &c->exists, &err))
		return fault(c, &err);
	c->table.kind = CAT_TABLE;
	c->table.catalog = arena_strdup(c->d->arena, full.catalog);
	c->table.schema = arena_strdup(c->d->arena, full.schema);
	c->table.name = arena_strdup(c->d->arena, full.name);
	c->table.full_name = cat_dotted(&full, c->d->arena);
	if (!c->exists || c->if_not || (c->replace && c->old.kind == CAT_TABLE))
		return true;
	return sql_error_set(c->d->error, "TABLE_OR_VIEW_ALREADY_EXISTS", "42P07",
		"Cannot create table or view %s because it already exists.\nChoose a different"
		" name, drop"
		" or replace the existing object, or add the IF NOT EXISTS clause to tolerate"
		" pre-existing objects.", cat_quoted(&full, c->d->arena));
}

static bool parse_columns(struct creation *c)
{
	struct parser *p = &c->p;
	struct cat_column *columns = arena_alloc(c->d->arena, CAT_MAX_COLUMNS * sizeof(*columns));
	c->table.columns = columns;
	do {
		struct sql_type type;
		struct cat_column *column = &columns[c->table.ncolumns];
		if (c->table.ncolumns == CAT_MAX_COLUMNS)
			return parser_unsupported(p, "a table of this many columns") != NULL;
		if (parser_at(p, "CONSTRAINT") || parser_at(p, "PRIMARY") || parser_at(p,
			"FOREIGN"))
			return parser_unsupported(p, "constraints in CREATE TABLE") != NULL;
		if (!parser_name(p, &column->name) || !parse_type(p, &type))
			return false;
		for (size_t i = 0; i < c->table.ncolumns; i++)
			if (strieq(columns[i].name, column->name))
				return sql_error_set(p->error, "COLUMN_ALREADY_EXISTS", "42711",
					"The column `%s` already exists. Choose another name or"
					" rename the existing column.", column->name);
		column->type = type_text(type, c->d->arena);
		column->nullable = true;
		if (parser_take(p, "NOT")) {
			column->nullable = false;
			if (!parser_need(p, "NULL"))
				return false;
		}
		if (parser_take(p, "COMMENT") && !parse_text(p, &column->comment))
			return false;
		c->table.ncolumns++;
	} while (parser_take_op(p, ","));
	return parser_need_op(p, ")");
}

static bool parse_properties(struct creation *c)
{
	struct parser *p = &c->p;
	if (!parser_need_op(p, "("))
		return false;
	do {
		if (c->nproperties == MAX_PROPERTIES)
			return parser_unsupported(p, "this many properties") != NULL;
		const char **pair = c->property[c->nproperties++];
		if (!parse_text(p, &pair[0]) || !parser_need_op(p, "=") || !parse_text(p, &pair[1]))
			return false;
	} while (parser_take_op(p, ","));
	return parser_need_op(p, ")");
}

static bool parse_clauses(struct creation *c)
{
	struct parser *p = &c->p;
	for (;;) {
		const char *format;
		if (parser_take(p, "USING")) {
			if (!parser_name(p, &format))
				return false;
			if (!strieq(format, "delta"))
				return parser_unsupported(p,
					"tables of another format than DELTA") != NULL;
		} else if (parser_take(p, "COMMENT")) {
			if (!parse_text(p, &c->table.comment))
				return false;
		} else if (parser_take(p, "TBLPROPERTIES")) {
			if (!parse_properties(c))
				return false;
		} else {
			break;
		}
	}
	if (!c->table.ncolumns || parser_at(p, "AS")) {
		struct query *query;
		if (c->table.ncolumns)
			return parser_unsupported(p, "CREATE TABLE with columns and AS") != NULL;
		if (!parser_need(p, "AS") || !(query = parse_query(p)) || !parser_end(p))
			return false;
		return bind_query(c->d, NULL, query, &c->query);
	}
	return parser_end(p);
}

static bool query_columns(struct creation *c)
{
	struct cat_column *columns = arena_alloc(c->d->arena,
		(c->query.ncolumns + 1) * sizeof(*columns));
	for (size_t i = 0; i < c->query.ncolumns; i++) {
		if (c->query.columns[i].type.kind == TYPE_NULL)
			return dialect_unsupported(c->d, "a column of type VOID").sql;
		columns[i] = (struct cat_column){ .name = c->query.columns[i].name,
			.type = type_text(c->query.columns[i].type, c->d->arena),
			.nullable = true };
		for (size_t k = 0; k < i; k++)
			if (strieq(columns[k].name, columns[i].name))
				return sql_error_set(c->d->error, "COLUMN_ALREADY_EXISTS", "42711",
					"The column `%s` already exists. Choose another name or"
					" rename the existing column.", columns[i].name);
	}
	c->table.columns = columns;
	c->table.ncolumns = c->query.ncolumns;
	return true;
}

/* Inside a transaction: the query's rows are kept aside while the old table goes. */
static bool store(struct creation *c, struct err *err)
{
	struct catalog *catalog = c->d->catalog;
	struct db *db = catalog_db(catalog);
	const char *aside = "\"ctas.rows\"";
	if (c->query.sql && !db_execf(db, err, "CREATE TEMP TABLE %s AS %s", aside, c->query.sql))
		return false;
	if (c->exists && !cat_delete_table(catalog, &c->old, err))
		return false;
	c->table.data_table = db_has_table(db, c->table.name) ? c->table.full_name : c->table.name;
	if (!cat_insert_table(catalog, &c->table, err) || !cat_create_data(catalog, &c->table, err))
		return false;
	for (size_t i = 0; i < c->nproperties; i++)
		if (!cat_set_property(catalog, c->table.id, c->property[i][0], c->property[i][1],
			err))
			return false;
	return !c->query.sql || db_execf(db, err, "INSERT INTO %s SELECT * FROM temp.%s; DROP"
		" TABLE temp.%s",
		dialect_quote_name(c->d, c->table.data_table), aside, aside);
}

bool engine_create_table(struct dialect *d, const char *sql, struct err *err)
{
	struct creation *c = arena_alloc(d->arena, sizeof(*c));
	struct db *db = catalog_db(d->catalog);
	c->d = d;
	parser_init(&c->p, d->arena, sql, d->error);
	if (!parse_target(c) || (parser_take_op(&c->p, "(") && !parse_columns(c)) ||
		!parse_clauses(c) ||
	    (c->query.sql && !query_columns(c)))
		return false;
	if (c->exists && c->if_not)
		return true;
	if (!db_begin(db, err))
		return false;
	if (store(c, err))
		return db_commit(db, err);
	db_rollback(db);
	return false;
}
