/* dialect_parse_query.c - queries of Databricks SQL; see dialect.h. */
#include "dialect.h"

#include "str.h"

#include <string.h>

bool parse_at_query(const struct parser *p)
{
	size_t i = p->i;
	while (sqllex_op(&p->lex, i, "("))
		i++;
	return sqllex_is(&p->lex, i, "SELECT") || sqllex_is(&p->lex, i, "WITH") ||
		sqllex_is(&p->lex, i, "VALUES") ||
		(sqllex_is(&p->lex, i, "FROM") && !sqllex_op(&p->lex, i + 1, "."));
}

/* Words that end a table's or a column's implicit alias. */
static bool at_clause(const struct parser *p)
{
	static const char *const words[] = { "FROM", "WHERE", "GROUP", "HAVING", "QUALIFY",
		"WINDOW", "ORDER", "LIMIT", "OFFSET", "UNION", "INTERSECT", "EXCEPT", "MINUS", "ON",
		"USING", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "SEMI",
		"ANTI", "LATERAL", "SORT", "CLUSTER", "DISTRIBUTE", "PIVOT", "UNPIVOT",
		"TABLESAMPLE", "SELECT", "SET", "VALUES", "WHEN", "AS", "AND", "OR", "NOT", "IN",
		"IS", "BETWEEN", "LIKE", "RETURN" };
	for (size_t i = 0; i < countof(words); i++)
		if (parser_at(p, words[i]))
			return true;
	return false;
}

static bool parse_names(struct parser *p, const char ***out, size_t *n)
{
	size_t cap = 0;
	const char **names = NULL;
	if (!parser_need_op(p, "("))
		return false;
	do {
		if (*n == cap) {
			cap = cap ? 2 * cap : 8;
			const char **more = arena_alloc(p->arena, cap * sizeof(*more));
			if (*n)
				memcpy(more, names, *n * sizeof(*more));
			names = more;
		}
		if (!parser_name(p, &names[*n]))
			return false;
		++*n;
	} while (parser_take_op(p, ","));
	*out = names;
	return parser_need_op(p, ")");
}

/* Expressions with commas between, collected as arguments of a holder node. */
static struct node *parse_list(struct parser *p)
{
	struct node *list = node_new(p, NODE_CALL);
	do {
		struct node *node = parse_expr(p);
		if (!node)
			return NULL;
		node_add(p, list, node);
	} while (parser_take_op(p, ","));
	return list;
}

bool parse_order(struct parser *p, struct order **out)
{
	struct order **tail = out;
	do {
		struct order *order = arena_alloc(p->arena, sizeof(*order));
		if (!(order->by = parse_expr(p)))
			return false;
		order->desc = parser_take(p, "DESC");
		if (!order->desc)
			parser_take(p, "ASC");
		if (parser_take(p, "NULLS")) {
			order->nulls_given = true;
			order->nulls_first = parser_take(p, "FIRST");
			if (!order->nulls_first && !parser_need(p, "LAST"))
				return false;
		}
		*tail = order;
		tail = &order->next;
	} while (parser_take_op(p, ","));
	return true;
}

static bool frame_bound(struct parser *p, struct str *out)
{
	if (parser_take(p, "UNBOUNDED")) {
		str_add(out, "UNBOUNDED ");
	} else if (parser_take(p, "CURRENT")) {
		str_add(out, "CURRENT ROW");
		return parser_need(p, "ROW");
	} else if (sqllex_kind(&p->lex, p->i) == SQLTOK_NUMBER &&
		   !(p->lex.tok[p->i].flags & SQLTOK_FRACTION)) {
		str_addf(out, "%s ", sqllex_text(&p->lex, p->i, p->arena));
		p->i++;
	} else {
		return parser_unsupported(p, "this window frame") != NULL;
	}
	if (parser_take(p, "PRECEDING"))
		str_add(out, "PRECEDING");
	else if (parser_need(p, "FOLLOWING"))
		str_add(out, "FOLLOWING");
	else
		return false;
	return true;
}

static bool parse_frame(struct parser *p, struct window *window)
{
	struct str out;
	str_init(&out, 200);
	str_add(&out, parser_take(p, "ROWS") ? "ROWS " : "RANGE ");
	if (starts_with(str_text(&out), "RANGE"))
		p->i++;
	bool between = parser_take(p, "BETWEEN");
	if (between)
		str_add(&out, "BETWEEN ");
	bool ok = frame_bound(p, &out);
	if (ok && between) {
		str_add(&out, " AND ");
		ok = parser_need(p, "AND") && frame_bound(p, &out);
	}
	window->frame = arena_strdup(p->arena, str_text(&out));
	str_free(&out);
	return ok;
}

struct window *parse_window(struct parser *p)
{
	struct window *window = arena_alloc(p->arena, sizeof(*window));
	if (!parser_take_op(p, "("))
		return parser_name(p, &window->name) ? window : NULL;
	if (sqllex_name(&p->lex, p->i) && !parser_at(p, "PARTITION") && !parser_at(p, "ORDER") &&
	    !parser_at(p, "ROWS") && !parser_at(p, "RANGE") && !parser_at(p, "DISTRIBUTE") &&
	    !parser_name(p, &window->name))
		return NULL;
	if (parser_take(p, "PARTITION")) {
		struct node *list;
		if (!parser_need(p, "BY") || !(list = parse_list(p)))
			return NULL;
		window->partition = list->arg;
		window->npartition = list->nargs;
	}
	if (parser_take(p, "ORDER") && (!parser_need(p, "BY") || !parse_order(p, &window->order)))
		return NULL;
	if ((parser_at(p, "ROWS") || parser_at(p, "RANGE")) && !parse_frame(p, window))
		return NULL;
	return parser_need_op(p, ")") ? window : NULL;
}

static bool parse_items(struct parser *p, struct body *body)
{
	struct item **tail = &body->items;
	do {
		struct item *item = arena_alloc(p->arena, sizeof(*item));
		if (!(item->expr = parse_expr(p)))
			return false;
		if (item->expr->kind == NODE_STAR && parser_take(p, "EXCEPT")) {
			const char **names = NULL;
			size_t n = 0;
			if (!parse_names(p, &names, &n))
				return false;
			struct node *list = node_new(p, NODE_CALL);
			for (size_t i = 0; i < n; i++) {
				struct node *name = node_new(p, NODE_NAME);
				name->part[name->nparts++] = names[i];
				node_add(p, list, name);
			}
			item->except = list->arg;
			item->nexcept = n;
		}
		if (parser_take(p, "AS")) {
			if (!parser_name(p, &item->alias))
				return false;
		} else if (sqllex_name(&p->lex, p->i) &&
			   (sqllex_kind(&p->lex, p->i) == SQLTOK_QUOTED || !at_clause(p)) &&
			   !parser_name(p, &item->alias)) {
			return false;
		}
		*tail = item;
		tail = &item->next;
	} while (parser_take_op(p, ","));
	return true;
}

static bool parse_from_list(struct parser *p, struct from **out);

static struct body *parse_values(struct parser *p)
{
	struct body *body = arena_alloc(p->arena, sizeof(*body));
	body->kind = BODY_VALUES;
	size_t cap = 0;
	do {
		bool bracket = parser_take_op(p, "(");
		struct node *row = node_new(p, NODE_CALL), *cell;
		if (bracket) {
			if (!(row = parse_list(p)) || !parser_need_op(p, ")"))
				return NULL;
		} else {
			if (!(cell = parse_expr(p)))
				return NULL;
			node_add(p, row, cell);
		}
		if (body->nrows == cap) {
			cap = cap ? 2 * cap : 8;
			struct node ***more = arena_alloc(p->arena, cap * sizeof(*more));
			if (body->nrows)
				memcpy(more, body->rows, body->nrows * sizeof(*more));
			body->rows = more;
		}
		if (body->nrows && row->nargs != body->ncells) {
			sql_error_set(p->error, "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
				"42000", "Invalid inline table. Inline table expected "
				"%zu columns but found %zu columns in row %zu.",
				body->ncells, row->nargs, body->nrows);
			return NULL;
		}
		body->ncells = row->nargs;
		body->rows[body->nrows++] = row->arg;
	} while (parser_take_op(p, ","));
	return body;
}

static bool parse_alias(struct parser *p, struct from *from)
{
	bool as = parser_take(p, "AS");
	if (!as && (!sqllex_name(&p->lex, p->i) ||
		    (sqllex_kind(&p->lex, p->i) == SQLTOK_WORD && at_clause(p))))
		return true;
	if (!parser_name(p, &from->alias))
		return false;
	return !parser_at_op(p, "(") || parse_names(p, &from->columns, &from->ncolumns);
}

/* f(...) or TABLE(f(...)) */
static bool parse_table_call(struct parser *p, struct from *from)
{
	from->kind = FROM_CALL;
	bool wrapped = parser_at(p, "TABLE") && sqllex_op(&p->lex, p->i + 1, "(");
	if (wrapped)
		p->i += 2;
	if (!(from->call = parse_primary(p)))
		return false;
	if (from->call->kind != NODE_CALL)
		return parser_fail(p) != NULL;
	return !wrapped || parser_need_op(p, ")");
}

static bool is_call_ahead(const struct parser *p)
{
	size_t i = p->i;
	while (sqllex_name(&p->lex, i) && sqllex_op(&p->lex, i + 1, "."))
		i += 2;
	return sqllex_name(&p->lex, i) && sqllex_op(&p->lex, i + 1, "(");
}

/* After a bracket in FROM: does it hold joins that start with a query in brackets,
 * ((SELECT ..) a JOIN b), and not a query? Told from what follows the inner bracket. */
static bool joins_in_brackets(const struct parser *p)
{
	if (!parser_at_op(p, "("))
		return false;
	size_t i = p->i, open = 0;
	do {
		open += sqllex_op(&p->lex, i, "(");
		open -= sqllex_op(&p->lex, i, ")");
		i++;
	} while (open && i < p->lex.n);
	static const char *const goes_on[] = { "UNION", "INTERSECT", "EXCEPT", "MINUS", "ORDER",
		"LIMIT", "OFFSET" };
	for (size_t k = 0; k < countof(goes_on); k++)
		if (sqllex_is(&p->lex, i, goes_on[k]))
			return false;
	return !sqllex_op(&p->lex, i, ")");
}

static bool parse_relation(struct parser *p, struct from *from)
{
	if (parser_take(p, "LATERAL"))
		return parser_unsupported(p, "LATERAL") != NULL;
	if (parser_at(p, "VALUES") && !sqllex_op(&p->lex, p->i + 1, ".")) {
		from->kind = FROM_VALUES;
		from->query = arena_alloc(p->arena, sizeof(*from->query));
		p->i++;
		if (!(from->query->body = parse_values(p)))
			return false;
	} else if (parser_at_op(p, "(") && parse_at_query(p)) {
		p->i++;
		from->kind = joins_in_brackets(p) ? FROM_GROUP : FROM_QUERY;
		if (from->kind == FROM_GROUP ? !parse_from_list(p, &from->group)
					     : !(from->query = parse_query(p)))
			return false;
		if (!parser_need_op(p, ")"))
			return false;
	} else if (parser_take_op(p, "(")) {
		from->kind = FROM_GROUP;
		if (!parse_from_list(p, &from->group) || !parser_need_op(p, ")"))
			return false;
	} else if (is_call_ahead(p)) {
		if (!parse_table_call(p, from))
			return false;
	} else {
		from->kind = FROM_NAME;
		if (!parser_names(p, from->part, &from->nparts))
			return false;
		if (parser_at(p, "VERSION") || parser_at(p, "TIMESTAMP") || parser_at_op(p, "@"))
			return parser_unsupported(p, "time travel") != NULL;
	}
	if (parser_at(p, "TABLESAMPLE"))
		return parser_unsupported(p, "TABLESAMPLE") != NULL;
	if (!parse_alias(p, from))
		return false;
	if (parser_at(p, "PIVOT") || parser_at(p, "UNPIVOT"))
		return parser_unsupported(p, "PIVOT and UNPIVOT") != NULL;
	if (parser_at(p, "LATERAL") && sqllex_is(&p->lex, p->i + 1, "VIEW"))
		return parser_unsupported(p, "LATERAL VIEW") != NULL;
	return true;
}

/* The words of a join; *found is false when there is none. */
static bool parse_join(struct parser *p, enum join_kind *kind, bool *natural, bool *found)
{
	*found = true;
	*natural = false;
	if (parser_take_op(p, ",")) {
		*kind = JOIN_CROSS;
		return true;
	}
	*natural = parser_take(p, "NATURAL");
	size_t start = p->i;
	*kind = JOIN_INNER;
	if (parser_take(p, "INNER"))
		;
	else if (parser_take(p, "CROSS"))
		*kind = JOIN_CROSS;
	else if (parser_take(p, "LEFT"))
		*kind = parser_take(p, "SEMI") ? JOIN_SEMI : parser_take(p, "ANTI") ? JOIN_ANTI
			: JOIN_LEFT;
	else if (parser_take(p, "RIGHT"))
		*kind = JOIN_RIGHT;
	else if (parser_take(p, "FULL"))
		*kind = JOIN_FULL;
	else if (parser_take(p, "SEMI"))
		*kind = JOIN_SEMI;
	else if (parser_take(p, "ANTI"))
		*kind = JOIN_ANTI;
	if (*kind == JOIN_LEFT || *kind == JOIN_RIGHT || *kind == JOIN_FULL)
		parser_take(p, "OUTER");
	if (parser_take(p, "JOIN"))
		return true;
	if (p->i != start || *natural)
		return parser_fail(p) != NULL;
	*found = false;
	return true;
}

static bool parse_from_list(struct parser *p, struct from **out)
{
	struct from **tail = out;
	enum join_kind kind = JOIN_FIRST;
	bool natural = false, found = true;
	if (!parser_enter(p))
		return false;
	while (found) {
		struct from *from = arena_alloc(p->arena, sizeof(*from));
		from->join = kind;
		from->natural = natural;
		if (!parse_relation(p, from))
			return false;
		if (kind != JOIN_FIRST) {
			if (parser_take(p, "ON")) {
				if (!(from->on = parse_expr(p)))
					return false;
			} else if (parser_take(p, "USING") &&
				   !parse_names(p, &from->using, &from->nusing)) {
				return false;
			}
		}
		*tail = from;
		tail = &from->next;
		if (!parse_join(p, &kind, &natural, &found))
			return false;
	}
	p->depth--;
	return true;
}

static bool parse_group(struct parser *p, struct body *body)
{
	body->grouped = true;
	if (parser_at(p, "ALL") && !sqllex_op(&p->lex, p->i + 1, ".")) {
		p->i++;
		body->group_all = true;
		return true;
	}
	if (parser_at(p, "GROUPING") || parser_at(p, "ROLLUP") || parser_at(p, "CUBE"))
		return parser_unsupported(p, "GROUPING SETS, ROLLUP and CUBE") != NULL;
	struct node *list = parse_list(p);
	if (!list)
		return false;
	if (parser_at(p, "WITH") && (sqllex_is(&p->lex, p->i + 1, "ROLLUP") ||
	    sqllex_is(&p->lex, p->i + 1, "CUBE")))
		return parser_unsupported(p, "GROUPING SETS, ROLLUP and CUBE") != NULL;
	body->group = list->arg;
	body->ngroup = list->nargs;
	return true;
}

static bool parse_windows(struct parser *p, struct body *body)
{
	do {
		const char *name;
		struct window *window;
		if (!parser_name(p, &name) || !parser_need(p, "AS") || !(window = parse_window(p)))
			return false;
		if (window->name)
			return parser_unsupported(p, "a window built on another") != NULL;
		window->name = name;
		window->next = body->windows;
		body->windows = window;
	} while (parser_take_op(p, ","));
	return true;
}

static struct body *parse_select(struct parser *p)
{
	struct body *body = arena_alloc(p->arena, sizeof(*body));
	bool from_first = parser_take(p, "FROM");
	if (from_first && !parse_from_list(p, &body->from))
		return NULL;
	if (!parser_need(p, "SELECT"))
		return NULL;
	body->distinct = parser_take(p, "DISTINCT");
	if (!body->distinct)
		parser_take(p, "ALL");
	if (!parse_items(p, body) || (!from_first && parser_take(p, "FROM") &&
	    !parse_from_list(p, &body->from)))
		return NULL;
	if (parser_take(p, "WHERE") && !(body->where = parse_expr(p)))
		return NULL;
	if (parser_take(p, "GROUP") && (!parser_need(p, "BY") || !parse_group(p, body)))
		return NULL;
	if (parser_take(p, "HAVING") && !(body->having = parse_expr(p)))
		return NULL;
	if (parser_take(p, "QUALIFY") && !(body->qualify = parse_expr(p)))
		return NULL;
	if (parser_take(p, "WINDOW") && !parse_windows(p, body))
		return NULL;
	if (!body->qualify && parser_take(p, "QUALIFY") && !(body->qualify = parse_expr(p)))
		return NULL;
	if (parser_at(p, "SORT") || parser_at(p, "CLUSTER") || parser_at(p, "DISTRIBUTE"))
		return parser_unsupported(p, "SORT BY, CLUSTER BY and DISTRIBUTE BY");
	return body;
}

static struct body *parse_term(struct parser *p)
{
	if (parser_take_op(p, "(")) {
		struct body *body = arena_alloc(p->arena, sizeof(*body));
		body->kind = BODY_QUERY;
		return (body->query = parse_query(p)) && parser_need_op(p, ")") ? body : NULL;
	}
	if (parser_take(p, "VALUES"))
		return parse_values(p);
	return parse_select(p);
}

static struct body *set_operation(struct parser *p, const char *op, struct body *left,
	struct body *right)
{
	if (!right)
		return NULL;
	struct body *body = arena_alloc(p->arena, sizeof(*body));
	body->kind = BODY_SET;
	body->set = op;
	body->left = left;
	body->right = right;
	return body;
}

/* INTERSECT binds tighter than UNION and EXCEPT. */
static struct body *parse_intersect(struct parser *p)
{
	struct body *body = parse_term(p);
	while (body && parser_take(p, "INTERSECT")) {
		if (parser_take(p, "ALL"))
			return parser_unsupported(p, "INTERSECT ALL");
		parser_take(p, "DISTINCT");
		body = set_operation(p, "INTERSECT", body, parse_term(p));
	}
	return body;
}

static struct body *parse_body(struct parser *p)
{
	struct body *body = parse_intersect(p);
	while (body) {
		bool is_union = parser_take(p, "UNION");
		if (!is_union && !parser_take(p, "EXCEPT") && !parser_take(p, "MINUS"))
			return body;
		bool all = parser_take(p, "ALL");
		if (!all)
			parser_take(p, "DISTINCT");
		if (all && !is_union)
			return parser_unsupported(p, "EXCEPT ALL");
		if (parser_at(p, "BY") && sqllex_is(&p->lex, p->i + 1, "NAME"))
			return parser_unsupported(p, "UNION BY NAME");
		body = set_operation(p, !is_union ? "EXCEPT" : all ? "UNION ALL" : "UNION", body,
			parse_intersect(p));
	}
	return NULL;
}

static bool parse_ctes(struct parser *p, struct query *query)
{
	struct cte **tail = &query->ctes;
	if (parser_take(p, "RECURSIVE"))
		return parser_unsupported(p, "recursive common table expressions") != NULL;
	do {
		struct cte *cte = arena_alloc(p->arena, sizeof(*cte));
		if (!parser_name(p, &cte->name) ||
		    (parser_at_op(p, "(") && !parse_names(p, &cte->columns, &cte->ncolumns)))
			return false;
		parser_take(p, "AS");
		if (!parser_need_op(p, "(") || !(cte->query = parse_query(p)) || !parser_need_op(p,
			")"))
			return false;
		*tail = cte;
		tail = &cte->next;
	} while (parser_take_op(p, ","));
	return true;
}

static bool parse_tail(struct parser *p, struct query *query)
{
	if (parser_take(p, "ORDER")) {
		if (!parser_need(p, "BY"))
			return false;
		if (parser_at(p, "ALL") && !sqllex_op(&p->lex, p->i + 1, ".")) {
			p->i++;
			query->order_all = true;
			if (parser_at(p, "DESC") || parser_at(p, "NULLS"))
				return parser_unsupported(p,
					"ORDER BY ALL with a direction") != NULL;
			parser_take(p, "ASC");
		} else if (!parse_order(p, &query->order)) {
			return false;
		}
	}
	if (parser_at(p, "SORT") || parser_at(p, "CLUSTER") || parser_at(p, "DISTRIBUTE"))
		return parser_unsupported(p, "SORT BY, CLUSTER BY and DISTRIBUTE BY") != NULL;
	if (parser_take(p, "LIMIT") && !parser_take(p, "ALL") && !(query->limit = parse_expr(p)))
		return false;
	return !parser_take(p, "OFFSET") || (query->offset = parse_expr(p)) != NULL;
}

struct query *parse_query(struct parser *p)
{
	struct query *query = arena_alloc(p->arena, sizeof(*query));
	if (!parser_enter(p))
		return NULL;
	if (parser_take(p, "WITH") && !parse_ctes(p, query))
		return NULL;
	if (!(query->body = parse_body(p)) || !parse_tail(p, query))
		return NULL;
	p->depth--;
	return query;
}
