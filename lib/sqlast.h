/* sqlast.h - Databricks SQL queries as a tree.
 *
 * The parser is tolerant: what it does not know becomes an opaque node that
 * holds the text as written, a problem is counted, and it goes on behind it.
 * It ends on any bytes: nesting, height and number of nodes are bounded (what is
 * beyond is opaque). One kind of node serves all; `enum sqlnode_kind`
 * states for each kind what text, parts, flags and kids hold. Keywords in `text` are
 * upper case. Everything lives in the arena. Layer: services.
 */
#ifndef GENIE_SQLAST_H
#define GENIE_SQLAST_H

#include "base.h"

struct arena;
struct str;

#define SQLPARSE_MAX_DEPTH 120    /* nested brackets, subqueries, CASE */
#define SQLPARSE_MAX_HEIGHT 400   /* of left-deep chains: a + b + c, joins, unions */
#define SQLPARSE_MAX_NODES 200000

enum sqlnode_kind {
	SQLN_OPAQUE,    /* text: as written; not understood */
	/* statements and queries */
	SQLN_STATEMENT, /* kids: OPAQUE words before the query, if any; the QUERY, if any */
	/* kids: WITH? body (SELECT SETOP VALUES QUERY TABLE) ORDER? LIMIT? OFFSET? */
	SQLN_QUERY,
	SQLN_WITH,      /* kids: CTE...; RECURSIVE */
	SQLN_CTE,       /* alias: name; kids: QUERY, COLUMNS? */
	/* kids: ITEM..., then FROM? WHERE? GROUP? HAVING? QUALIFY? WINDOWS?; DISTINCT */
	SQLN_SELECT,
	SQLN_SETOP,     /* text: UNION INTERSECT EXCEPT; kids: left, right; ALL, BY_NAME */
	SQLN_VALUES,    /* kids: rows (TUPLE or expression); alias and COLUMNS? in FROM */
	SQLN_ITEM,      /* alias or NULL; kids: expression or STAR */
	SQLN_STAR,      /* parts: qualifier; kids: COLUMNs of EXCEPT (..) */
	/* FROM */
	SQLN_FROM,      /* kids: table expressions divided by commas */
	SQLN_TABLE,     /* parts: name; alias; kids: COLUMNS? OPAQUE? (sample, version, pivot) */
	SQLN_TVF,       /* parts: name; alias; kids: arguments, COLUMNS?; LATERAL */
	SQLN_DERIVED,   /* alias; kids: QUERY, COLUMNS? OPAQUE?; LATERAL */
	/* text: INNER LEFT RIGHT FULL CROSS LEFT SEMI, LEFT ANTI; kids: left, right, then ON or
	 * USING; NATURAL. Also LATERAL VIEW: text LATERAL VIEW, OUTER */
	SQLN_JOIN,
	SQLN_ON,        /* kids: condition */
	SQLN_USING,     /* kids: COLUMN... */
	SQLN_COLUMNS,   /* kids: COLUMN...: names given after an alias */
	/* clauses */
	SQLN_WHERE,     /* kids: condition; same for HAVING, QUALIFY */
	/* kids: expressions; ALL; text: NULL, ROLLUP, CUBE, GROUPING SETS for WITH ROLLUP.. */
	SQLN_GROUP,
	SQLN_HAVING,
	SQLN_QUALIFY,
	SQLN_WINDOWS,   /* kids: OVER with alias */
	SQLN_ORDER,     /* kids: KEY...; ALL; text: ORDER, SORT, CLUSTER, DISTRIBUTE */
	SQLN_KEY,       /* kids: expression; DESC, NULLS_FIRST, NULLS_LAST as written */
	SQLN_LIMIT,     /* kids: expression; ALL for LIMIT ALL */
	SQLN_OFFSET,    /* kids: expression */
	/* expressions */
	SQLN_COLUMN,    /* parts: name, 1 to 6 */
	SQLN_NUMBER,    /* text: as written */
	SQLN_STRING,    /* text: the value */
	SQLN_BOOL,      /* text: TRUE FALSE */
	SQLN_NULL,
	SQLN_TYPED,     /* text: DATE TIMESTAMP .. X; kids: STRING */
	SQLN_INTERVAL,  /* text: unit or NULL; kids: expression */
	SQLN_PARAM,     /* text: name, "" for ? */
	SQLN_AND,       /* kids: two or more; same for OR */
	SQLN_OR,
	SQLN_NOT,       /* kids: one */
	SQLN_UNARY,     /* text: - + ~ !; kids: one */
	/* text: operator, spelled = <> < <= > >= <=> + - * / % DIV || & | ^ ->; kids: two */
	SQLN_BINARY,
	SQLN_IS,        /* text: NULL TRUE FALSE UNKNOWN; kids: one; NOT */
	SQLN_BETWEEN,   /* kids: value, low, high; NOT */
	SQLN_IN,        /* kids: value, then the list or one QUERY; NOT */
	/* text: LIKE ILIKE RLIKE, LIKE ANY..; kids: value, pattern..., ; NOT; alias: ESCAPE text */
	SQLN_LIKE,
	SQLN_EXISTS,    /* kids: QUERY */
	SQLN_SCALAR,    /* kids: QUERY in brackets as a value */
	SQLN_CASE,      /* kids: operand? (HAS_OPERAND), WHEN..., ELSE? */
	SQLN_WHEN,      /* kids: condition, result */
	SQLN_ELSE,      /* kids: result */
	SQLN_CAST,      /* text: type; kids: one; TRY */
	SQLN_FUNC,      /* parts: name; kids: arguments, then WITHIN? FILTER? OVER?; DISTINCT */
	SQLN_ARG,       /* text: name; kids: value (name => value) */
	SQLN_WITHIN,    /* kids: ORDER */
	SQLN_FILTER,    /* kids: condition */
	SQLN_OVER,      /* text: window name or NULL; kids: PARTITION? ORDER? FRAME? */
	SQLN_PARTITION, /* kids: expressions */
	SQLN_FRAME,     /* text: ROWS BETWEEN ... */
	SQLN_LAMBDA,    /* kids: COLUMN params..., body last */
	SQLN_INDEX,     /* kids: value, index */
	SQLN_FIELD,     /* text: ".name" or ":path"; kids: value */
	SQLN_TUPLE,     /* kids: expressions in brackets, two or more or none */
};

enum sqlnode_flags {
	SQLF_DISTINCT = 1,
	SQLF_ALL = 2,
	SQLF_NOT = 4,
	SQLF_DESC = 8,
	SQLF_NULLS_FIRST = 16,
	SQLF_NULLS_LAST = 32,
	SQLF_RECURSIVE = 64,
	SQLF_NATURAL = 128,
	SQLF_LATERAL = 256,
	SQLF_TRY = 512,
	SQLF_HAS_OPERAND = 1024,
	SQLF_BY_NAME = 2048,
	SQLF_OUTER = 4096,
	SQLF_COMMA = 8192, /* a CROSS join made from a comma */
};

struct sqlnode {
	enum sqlnode_kind kind;
	unsigned flags;
	const char *text;   /* NULL when the kind has none */
	const char *alias;  /* NULL when there is none */
	const char **part;  /* nparts bare names */
	size_t nparts;
	struct sqlnode **kid;
	size_t n, cap;      /* kids */
	unsigned height;    /* 1 for a leaf */
	size_t at, length;  /* place in the text; 0, 0 for nodes that were made later */
};

struct sqlparse {
	struct sqlnode *root; /* never NULL; STATEMENT, or an expression */
	struct sqlnode *query; /* the query of the statement; NULL when it has none */
	size_t problems;      /* 0: understood in full */
	size_t problem_at;    /* offset of the first */
	const char *problem;  /* "expression expected", ...; NULL without problems */
};

enum sqlparse_options {
	SQLPARSE_DOUBLE_IDENT = 1, /* "x" is an identifier */
};

/* Parses the first statement of a text. Texts and names are copied. */
void sqlparse(struct sqlparse *out, struct arena *arena, const char *sql, unsigned options);
/* Parses one expression (a filter, a measure, a join condition); query is NULL. */
void sqlparse_expr(struct sqlparse *out, struct arena *arena, const char *sql, unsigned options);

/* ---- looking ---- */
/* First kid of a kind; NULL when there is none or node is NULL. */
struct sqlnode *sqlnode_child(const struct sqlnode *node, enum sqlnode_kind kind);
/* Last part of a name ("orders" of main.sales.orders); "" without parts. */
const char *sqlnode_name(const struct sqlnode *node);
/* Is this a call of the function (any case, one-part name)? */
bool sqlnode_is_call(const struct sqlnode *node, const char *name);
/* The innermost body of a query: brackets without WITH, ORDER BY, LIMIT are passed. */
const struct sqlnode *sqlnode_body(const struct sqlnode *query);
/* Calls visit for the node and everything below, parents first; a visit that
 * returns false keeps out of that node's kids. */
typedef bool sqlnode_visit(void *context, struct sqlnode *node);
void sqlnode_walk(struct sqlnode *node, sqlnode_visit *visit, void *context);

/* ---- making ---- */
struct sqlnode *sqlnode_new(struct arena *arena, enum sqlnode_kind kind, const char *text);
/* NULL kid: nothing */
void sqlnode_add(struct arena *arena, struct sqlnode *node, struct sqlnode *kid);
void sqlnode_name_add(struct arena *arena, struct sqlnode *node, const char *part);
struct sqlnode *sqlnode_copy(struct arena *arena, const struct sqlnode *node); /* deep */

/* Writes the node as SQL on one line: a query or expression that reads back to the
 * same tree (opaque parts as they were). Keywords are upper case, names as written. */
void sqlnode_print(const struct sqlnode *node, struct str *out);
char *sqlnode_text(struct arena *arena, const struct sqlnode *node);

#endif
