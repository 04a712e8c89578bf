/* dialect.h - Databricks SQL as a tree, and the tree as SQL for SQLite.
 *
 * Parsing (dialect_parse_*.c) knows grammar only. Binding resolves every name,
 * gives every expression a type and writes SQLite text: relations get aliases
 * of our own (r1, r2, ...), columns of derived tables the names c1, c2, ...; so
 * nothing is left for SQLite to look up by the user's names. All memory is in
 * the statement's arena. Functions return false or NULL with `error` set.
 *
 * Values in SQLite: BOOLEAN is 0 or 1, DATE is 'YYYY-MM-DD', TIMESTAMP is
 * 'YYYY-MM-DD HH:MM:SS[.ffffff]' without trailing zeros, DECIMAL is a number
 * rounded to its scale (exact to 15 digits), ARRAY is JSON text.
 */
#ifndef GENIE_LOCAL_DIALECT_H
#define GENIE_LOCAL_DIALECT_H

#include "base.h"
#include "catalog.h"
#include "engine.h"
#include "mem.h"
#include "sqlerror.h"
#include "sqllex.h"

struct str;

#define DIALECT_MAX_DEPTH 150             /* nesting of expressions and queries */
#define DIALECT_MAX_MEMORY (96u << 20)    /* of one translation */

/* ---- types (dialect_type.c) ---- */
enum type_kind { TYPE_ANY, TYPE_NULL, TYPE_BOOLEAN, TYPE_INT, TYPE_BIGINT, TYPE_DECIMAL, TYPE_FLOAT,
	TYPE_DOUBLE, TYPE_STRING, TYPE_DATE, TYPE_TIMESTAMP, TYPE_DAYS /* INTERVAL DAY */,
	TYPE_ARRAY };

struct sql_type {
	enum type_kind kind;
	int precision, scale;   /* of DECIMAL */
	enum type_kind element; /* of ARRAY */
};

/* Reads "DECIMAL(18,2)", "string", "timestamp_ntz"; false when it is no type we know. */
bool type_parse(const char *text, struct sql_type *out) MUST_CHECK;
const char *type_text(struct sql_type type, struct arena *arena);
struct sql_type type_of(enum type_kind kind);
struct sql_type type_decimal(int precision, int scale); /* fitted into 38 digits */
bool type_is_number(struct sql_type type); /* INT to DOUBLE */
bool type_is_whole(struct sql_type type);  /* INT, BIGINT */
struct sql_type type_as_decimal(struct sql_type type); /* of INT, BIGINT: the digits it needs */
/* The type both can be turned into (CASE, COALESCE, UNION); false when there is none. */
bool type_common(struct sql_type a, struct sql_type b, struct sql_type *out) MUST_CHECK;

/* ---- the tree ---- */
enum node_kind { NODE_LITERAL, NODE_NAME, NODE_STAR, NODE_PARAM, NODE_CALL, NODE_UNARY, NODE_BINARY,
	NODE_LOGIC, NODE_CASE, NODE_CAST, NODE_IN, NODE_BETWEEN, NODE_LIKE, NODE_IS, NODE_EXISTS,
	NODE_SUBQUERY, NODE_INTERVAL };

struct node {
	enum node_kind kind;
	const char *op;         /* operator, or function, upper case: "+", "AND", "SUM" */
	const char *text;       /* literal: its value; parameter: its name; interval: the unit */
	const char *source;     /* as written */
	struct sql_type type;   /* literal, cast */
	const char *part[4];    /* name, function name, or the qualifier of a star */
	size_t nparts;
	struct node **arg;      /* CASE: [operand] when then ... [else]; IN: value, items */
	const char **argname;   /* call: NULL, or NULL per positional argument */
	size_t nargs;
	bool negated;           /* NOT IN, NOT LIKE, IS NOT */
	bool distinct, star;    /* call: f(DISTINCT ..), f(*) */
	bool ignore_nulls;
	bool operand, other;    /* CASE: has an operand, has ELSE */
	bool try;               /* TRY_CAST */
	struct node *filter;    /* FILTER (WHERE ..) */
	struct node *escape;    /* of LIKE */
	struct window *over;
	struct order *within;   /* WITHIN GROUP (ORDER BY ..) */
	struct query *query;
};

struct order {
	struct node *by;
	bool desc, nulls_given, nulls_first;
	struct order *next;
};

struct window {
	const char *name; /* OVER name; or the name in a WINDOW clause */
	struct node **partition;
	size_t npartition;
	struct order *order;
	const char *frame; /* "ROWS BETWEEN ..." as SQLite takes it; NULL: none */
	struct window *next;
};

struct item { /* of a select list */
	struct node *expr;
	const char *alias;          /* NULL: none */
	struct node **except;       /* * EXCEPT (a, b) */
	size_t nexcept;
	struct item *next;
};

enum from_kind { FROM_NAME, FROM_QUERY, FROM_CALL, FROM_VALUES, FROM_GROUP };
enum join_kind { JOIN_FIRST, JOIN_CROSS, JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_SEMI,
	JOIN_ANTI };

struct from {
	enum from_kind kind;
	enum join_kind join;
	bool natural;
	const char *part[3];
	size_t nparts;
	struct node *call;          /* FROM_CALL */
	struct query *query;        /* FROM_QUERY, FROM_VALUES */
	struct from *group;         /* FROM_GROUP: joins in brackets */
	const char *alias;
	const char **columns;       /* alias(a, b) */
	size_t ncolumns;
	struct node *on;
	const char **using;
	size_t nusing;
	struct from *next;
};

struct cte {
	const char *name;
	const char **columns;
	size_t ncolumns;
	struct query *query;
	struct cte *next;
};

enum body_kind { BODY_SELECT, BODY_VALUES, BODY_SET, BODY_QUERY };

struct body {
	enum body_kind kind;
	bool distinct;
	struct item *items;
	struct from *from;
	struct node *where;
	struct node **group;
	size_t ngroup;
	bool grouped, group_all;
	struct node *having, *qualify;
	struct window *windows;
	struct node ***rows; /* VALUES: nrows rows of ncells */
	size_t nrows, ncells;
	const char *set;     /* "UNION ALL", "UNION", "INTERSECT", "EXCEPT", ... */
	struct body *left, *right;
	struct query *query; /* in brackets */
};

struct query {
	struct cte *ctes;
	struct body *body;
	struct order *order;
	bool order_all;
	struct node *limit, *offset;
};

/* ---- parsing ---- */
struct parser {
	struct sqllex lex;
	size_t i;
	struct arena *arena;
	struct sql_error *error;
	unsigned depth;
};
void parser_init(struct parser *p, struct arena *arena, const char *text, struct sql_error *error);
bool parser_at(const struct parser *p, const char *word);     /* next token is this word */
bool parser_take(struct parser *p, const char *word);         /* and step over it */
bool parser_at_op(const struct parser *p, const char *op);
bool parser_take_op(struct parser *p, const char *op);
bool parser_need(struct parser *p, const char *word) MUST_CHECK;
bool parser_need_op(struct parser *p, const char *op) MUST_CHECK;
bool parser_name(struct parser *p, const char **out) MUST_CHECK; /* an identifier */
/* One to three identifiers with points between them. */
bool parser_names(struct parser *p, const char *part[3], size_t *n) MUST_CHECK;
bool parser_end(struct parser *p) MUST_CHECK; /* nothing but a semicolon is left */
bool parser_enter(struct parser *p) MUST_CHECK; /* depth; pair with p->depth-- */
void *parser_fail(struct parser *p);          /* PARSE_SYNTAX_ERROR here; NULL */
void *parser_unsupported(struct parser *p, const char *what); /* UNSUPPORTED_FEATURE; NULL */
/* The static analyzer sees one source at a time: tell it that these never succeed. */
#ifdef __clang_analyzer__
#define parser_fail(p) (parser_fail(p), (void *)NULL)
#define parser_unsupported(p, what) (parser_unsupported(p, what), (void *)NULL)
#endif
struct node *parse_expr(struct parser *p) MUST_CHECK;
struct node *parse_primary_tail(struct parser *p, struct node *node) MUST_CHECK;
struct node *parse_primary(struct parser *p) MUST_CHECK;
bool parse_order(struct parser *p, struct order **out) MUST_CHECK; /* after ORDER BY */
struct window *parse_window(struct parser *p) MUST_CHECK; /* ( ... ) or a name */
struct query *parse_query(struct parser *p) MUST_CHECK;
bool parse_at_query(const struct parser *p); /* SELECT, WITH, VALUES, FROM or brackets before one */
struct node *node_new(struct parser *p, enum node_kind kind);
void node_add(struct parser *p, struct node *node, struct node *arg);
bool parse_type(struct parser *p, struct sql_type *out) MUST_CHECK;

/* ---- binding ---- */
enum bound_flags {
	BOUND_AGGREGATE = 1, /* holds an aggregate of this query */
	BOUND_WINDOW = 2,    /* holds a window function */
	BOUND_LOOSE = 4,     /* holds a column of this query outside aggregates and group keys */
	BOUND_COLUMN = 8,    /* holds any column or subquery: not a constant */
};
struct bound {
	const char *sql; /* NULL: failed, error is set */
	struct sql_type type;
	unsigned flags;
};

struct column {
	const char *name; /* as users write it */
	const char *sql;
	struct sql_type type;
	bool measure;       /* only in MEASURE() */
	bool hidden;        /* only with its relation's name; not in * */
};

struct relation {
	const char *alias;        /* or NULL */
	const char *part[3];      /* catalog, schema, name; NULL when it has none */
	struct column *columns;
	size_t ncolumns;
	const char *sql;          /* for FROM, with its alias */
	const char *filter;       /* to be added to WHERE; NULL: none */
	struct metric *metric;
	struct relation *next;
};

struct scope_cte {
	const char *name, *sql_name;
	struct column *columns;
	size_t ncolumns;
	struct scope_cte *next;
};

struct scope_param { /* of a function body */
	const char *name, *sql;
	struct sql_type type;
	bool constant;
	struct scope_param *next;
};

struct scope {
	struct scope *parent;
	struct relation *relations;
	struct scope_cte *ctes;      /* visible here; the chain of parents goes on */
	struct scope_param *params;
	struct window *windows;
	struct column *outputs;      /* select items so far, for lateral aliases */
	size_t noutputs;
	const char **keys;           /* bound group keys */
	size_t nkeys;
	bool grouped;                /* aggregates make sense and keys are known */
	bool no_aggregates;          /* WHERE, ON, GROUP BY */
	bool in_aggregate;
	bool loose_below;            /* a subquery used a column of ours */
	const char *loose;           /* the first loose column, for the message */
	struct metric *metric;       /* the metric view in FROM */
	bool in_measure;
	struct cat_scope where;      /* names of fewer parts */
	bool own_names;              /* `where` is set here */
};

struct dialect { /* one statement */
	struct arena *arena;
	struct catalog *catalog;
	const char *today;
	const struct engine_param *params;
	size_t nparams;
	struct cat_scope where;
	struct sql_error *error;
	unsigned next;  /* number of the next alias */
	unsigned depth;
};

struct bound_query {
	const char *sql; /* NULL: failed */
	struct column *columns; /* name and type; sql is the output name c1 ... */
	size_t ncolumns;
};

bool dialect_enter(struct dialect *d) MUST_CHECK; /* pair with d->depth-- */
const char *dialect_alias(struct dialect *d);
struct bound bound_fail(void);
struct bound dialect_unsupported(struct dialect *d, const char *what);
struct bound dialect_mismatch(struct dialect *d, const struct node *node, const char *text);
const char *dialect_quote(struct dialect *d, const char *text);      /* 'text' */
const char *dialect_quote_name(struct dialect *d, const char *name); /* "name" */

bool bind_query(struct dialect *d, struct scope *parent, const struct query *query,
	struct bound_query *out) MUST_CHECK;
bool bind_from(struct dialect *d, struct scope *scope, const struct from *from,
	struct str *sql, struct str *where) MUST_CHECK;
struct bound bind_expr(struct dialect *d, struct scope *scope, const struct node *node);
struct bound bind_call(struct dialect *d, struct scope *scope, const struct node *node);
struct bound bind_name(struct dialect *d, struct scope *scope, const struct node *node);
bool scope_has_column(struct scope *scope, const struct node *node); /* of this query's own FROM */
struct bound bind_column(struct dialect *d, struct scope *scope, const struct column *column);
bool relation_named(const struct relation *relation, const char *const *part, size_t n);
/* A condition: BOOLEAN, or DATATYPE_MISMATCH. */
struct bound bind_condition(struct dialect *d, struct scope *scope, const struct node *node,
	const char *clause);
/* expr turned into the type; DATATYPE_MISMATCH when it cannot be. `try` gives NULL for
 * values that cannot be turned. */
struct bound bind_cast(struct dialect *d, struct bound from, struct sql_type to, bool try,
	bool is_explicit, const char *source);
/* Both sides to one type for a comparison. */
bool bind_same(struct dialect *d, struct bound *a, struct bound *b, const char *source) MUST_CHECK;
const char *bind_order(struct dialect *d, struct scope *scope, const struct order *order,
	unsigned *flags);
const char *bind_window(struct dialect *d, struct scope *scope, const struct window *window,
	unsigned *flags);
/* What an unaliased expression is called in a result. */
const char *node_label(struct dialect *d, const struct node *node);
struct scope_cte *scope_find_cte(struct scope *scope, const char *name);
struct cat_scope scope_where(const struct dialect *d, const struct scope *scope);
struct bound bind_keyed(struct scope *scope, struct bound b); /* a group key is not loose */

/* ---- metric views, functions (dialect_metric.c, dialect_tvf.c) ---- */
struct relation *metric_relation(struct dialect *d, struct scope *scope,
	const struct cat_table *view);
struct bound metric_measure(struct dialect *d, struct scope *scope, const struct node *node);
struct relation *tvf_relation(struct dialect *d, struct scope *scope, const struct node *call);
/* A scalar SQL function; *found tells whether the catalog has it. */
struct bound scalar_function(struct dialect *d, struct scope *scope, const struct node *call,
	bool *found);
struct relation *relation_of_query(struct dialect *d, const struct bound_query *query,
	const char *alias);
/* A table, view or metric view by name (no CTE). */
struct relation *relation_of_name(struct dialect *d, struct scope *scope,
	const struct cat_name *name);

#endif
