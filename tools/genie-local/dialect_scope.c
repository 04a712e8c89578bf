/* dialect_scope.c - names in a query: columns, aliases, parameters. */
#include "dialect.h"

#include "db.h"
#include "str.h"

#include <string.h>

bool dialect_enter(struct dialect *d)
{
	if (d->arena->used > DIALECT_MAX_MEMORY || d->depth >= DIALECT_MAX_DEPTH)
		return sql_error_set(d->error, "UNSUPPORTED_FEATURE", "0A000",
			"The feature is not supported: a statement this large or nested this"
			" deeply.");
	d->depth++;
	return true;
}

const char *dialect_alias(struct dialect *d)
{
	return arena_printf(d->arena, "r%u", ++d->next);
}

struct bound bound_fail(void)
{
	return (struct bound){ NULL, { 0 }, 0 };
}

struct bound dialect_unsupported(struct dialect *d, const char *what)
{
	sql_error_set(d->error, "UNSUPPORTED_FEATURE", "0A000",
		"The feature is not supported: %s.", what);
	return bound_fail();
}

struct bound dialect_mismatch(struct dialect *d, const struct node *node, const char *text)
{
	sql_error_set(d->error, "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09",
		"Cannot resolve \"%s\" due to data type mismatch: %s.", node->source, text);
	return bound_fail();
}

const char *dialect_quote(struct dialect *d, const char *text)
{
	struct str out = STR_INIT;
	db_quote_text(&out, text);
	const char *quoted = arena_strdup(d->arena, str_text(&out));
	str_free(&out);
	return quoted;
}

const char *dialect_quote_name(struct dialect *d, const char *name)
{
	struct str out = STR_INIT;
	db_quote_name(&out, name);
	const char *quoted = arena_strdup(d->arena, str_text(&out));
	str_free(&out);
	return quoted;
}

struct cat_scope scope_where(const struct dialect *d, const struct scope *scope)
{
	for (; scope; scope = scope->parent)
		if (scope->own_names)
			return scope->where;
	return d->where;
}

struct scope_cte *scope_find_cte(struct scope *scope, const char *name)
{
	for (; scope; scope = scope->parent) {
		for (struct scope_cte *cte = scope->ctes; cte; cte = cte->next)
			if (strieq(cte->name, name))
				return cte;
		if (scope->own_names) /* a view or function body does not see its caller's */
			return NULL;
	}
	return NULL;
}

/* Do the qualifiers part[0..n) name this relation? */
bool relation_named(const struct relation *relation, const char *const *part, size_t n)
{
	if (n == 1 && relation->alias && strieq(part[0], relation->alias))
		return true;
	if (n > countof(relation->part))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strieq(part[n - 1 - i], relation->part[countof(relation->part) - 1 - i]))
			return false;
	return true;
}

/* The columns that match in one scope; the last is in *out. */
static size_t find_column(struct scope *scope, const struct node *node, struct column **out,
	struct relation **owner)
{
	size_t found = 0;
	const char *name = node->part[node->nparts - 1];
	for (struct relation *r = scope->relations; r; r = r->next) {
		if (node->nparts > 1 && !relation_named(r, node->part, node->nparts - 1))
			continue;
		for (size_t i = 0; i < r->ncolumns; i++) {
			if (!strieq(r->columns[i].name, name) || (node->nparts == 1 &&
				r->columns[i].hidden))
				continue;
			found++;
			*out = &r->columns[i];
			*owner = r;
		}
	}
	return found;
}

static const char *name_text(struct dialect *d, const struct node *node)
{
	const char *text = "";
	for (size_t i = 0; i < node->nparts; i++)
		text = arena_printf(d->arena, "%s%s`%s`", text, i ? "." : "", node->part[i]);
	return text;
}

/* Edit distance, for suggestions; long names are cut. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 40 };
	size_t row[MAX + 1], na = strlen(a), nb = strlen(b);
	na = na < MAX ? na : MAX;
	nb = nb < MAX ? nb : MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t up = row[j], change = corner + (strnieq(a + i - 1, b + j - 1, 1)
				? 0 : 1);
			size_t least = up < row[j - 1] ? up + 1 : row[j - 1] + 1;
			row[j] = least < change ? least : change;
			corner = up;
		}
	}
	return row[nb];
}

/* The five columns whose names are nearest, as Spark lists them. */
static const char *suggestions(struct dialect *d, const struct scope *scope, const char *name)
{
	const struct column *best[5];
	const struct relation *owner[5];
	size_t n = 0;
	for (const struct relation *r = scope->relations; r; r = r->next) {
		for (size_t i = 0; i < r->ncolumns; i++) {
			size_t at = n, mine = distance(name, r->columns[i].name);
			while (at > 0 && distance(name, best[at - 1]->name) > mine)
				at--;
			if (at >= countof(best))
				continue;
			n += n < countof(best);
			memmove(best + at + 1, best + at, (n - at - 1) * sizeof(*best));
			memmove(owner + at + 1, owner + at, (n - at - 1) * sizeof(*owner));
			best[at] = &r->columns[i];
			owner[at] = r;
		}
	}
	const char *text = "";
	for (size_t i = 0; i < n; i++)
		text = arena_printf(d->arena, "%s%s%s%s%s`%s`", text, i ? ", " : "",
			owner[i]->alias ? "`" : "", owner[i]->alias ? owner[i]->alias : "",
			owner[i]->alias ? "`." : "", best[i]->name);
	return text;
}

struct bound bind_keyed(struct scope *scope, struct bound b)
{
	if (b.sql && (b.flags & BOUND_LOOSE))
		for (size_t i = 0; i < scope->nkeys; i++)
			if (streq(scope->keys[i], b.sql))
				b.flags &= ~(unsigned)BOUND_LOOSE;
	return b;
}

static struct bound column_bound(struct dialect *d, struct scope *at, struct scope *scope,
	const struct column *column, const struct node *node)
{
	if (column->measure && !at->in_measure) {
		sql_error_set(d->error, "METRIC_VIEW_MISSING_MEASURE_FUNCTION", "42K0E",
			"The usage of measure column %s of a metric view requires a MEASURE()"
			" function"
			" to produce results.", name_text(d, node));
		return bound_fail();
	}
	unsigned flags = BOUND_COLUMN;
	if (at == scope) {
		flags |= at->in_aggregate ? 0 : BOUND_LOOSE;
		struct bound b = bind_keyed(at, (struct bound){ column->sql, column->type, flags });
		if ((b.flags & BOUND_LOOSE) && !at->loose)
			at->loose = arena_strdup(d->arena, node->part[node->nparts - 1]);
		return b;
	}
	struct bound outer = bind_keyed(at, (struct bound){ column->sql, column->type,
		at->in_aggregate ? 0 : BOUND_LOOSE });
	if (outer.flags & BOUND_LOOSE) {
		at->loose_below = true;
		if (!at->loose)
			at->loose = node->part[node->nparts - 1];
	}
	return (struct bound){ column->sql, column->type, flags };
}

bool scope_has_column(struct scope *scope, const struct node *node)
{
	struct column *column;
	struct relation *owner;
	return node->kind == NODE_NAME && find_column(scope, node, &column, &owner) > 0;
}

struct bound bind_column(struct dialect *d, struct scope *scope, const struct column *column)
{
	struct node name = { .kind = NODE_NAME, .part = { column->name }, .nparts = 1,
		.source = column->name };
	return column_bound(d, scope, scope, column, &name);
}

static struct bound find_param(struct scope *scope, const struct node *node, bool *found)
{
	*found = false;
	for (; scope && node->nparts <= 2; scope = scope->parent) {
		for (struct scope_param *p = scope->params; p; p = p->next) {
			if (strieq(p->name, node->part[node->nparts - 1])) {
				*found = true;
				return (struct bound){ p->sql, p->type, p->constant ? 0
					: BOUND_COLUMN };
			}
		}
		if (scope->own_names)
			break;
	}
	return bound_fail();
}

/* A select item before this one (lateral column alias). */
static const struct column *find_output(const struct scope *scope, const struct node *node)
{
	if (node->nparts == 1)
		for (size_t i = 0; i < scope->noutputs; i++)
			if (strieq(scope->outputs[i].name, node->part[0]))
				return &scope->outputs[i];
	return NULL;
}

struct bound bind_name(struct dialect *d, struct scope *scope, const struct node *node)
{
	for (struct scope *at = scope; at; at = at->parent) {
		struct column *column = NULL;
		struct relation *owner = NULL;
		size_t found = find_column(at, node, &column, &owner);
		if (found > 1) {
			sql_error_set(d->error, "AMBIGUOUS_REFERENCE", "42704",
				"Reference %s is ambiguous, could be found in %zu places.",
				name_text(d, node), found);
			return bound_fail();
		}
		if (found == 1)
			return column_bound(d, at, scope, column, node);
		const struct column *output = find_output(at, node);
		if (output && at == scope) {
			/* hidden: holds a window; measure: holds an aggregate */
			unsigned flags = BOUND_COLUMN | (output->hidden ? BOUND_WINDOW : 0u) |
				(output->measure ? BOUND_AGGREGATE : at->in_aggregate ? 0u
				: BOUND_LOOSE);
			return bind_keyed(at, (struct bound){ output->sql, output->type, flags });
		}
		if (at->own_names)
			break;
	}
	bool found;
	struct bound param = find_param(scope, node, &found);
	if (found)
		return param;
	/* current_date and its like need no brackets */
	static const char *const bare[] = { "CURRENT_DATE", "CURRENT_TIMESTAMP", "CURRENT_USER",
		"NOW",
		"CURRENT_CATALOG", "CURRENT_SCHEMA", "CURRENT_DATABASE", "LOCALTIMESTAMP", "USER",
		"SESSION_USER" };
	for (size_t i = 0; node->nparts == 1 && i < countof(bare); i++) {
		if (strieq(node->part[0], bare[i]) && !streq(bare[i], "NOW")) {
			struct node call = *node;
			call.kind = NODE_CALL;
			call.op = bare[i];
			return bind_call(d, scope, &call);
		}
	}
	struct scope *near = scope;
	while (near && !near->relations && near->parent && !near->own_names)
		near = near->parent;
	sql_error_no_column(d->error, name_text(d, node),
		near && near->relations ? suggestions(d, near, node->part[node->nparts - 1])
		: NULL);
	return bound_fail();
}
