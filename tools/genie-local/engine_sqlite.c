/* engine_sqlite.c - queries that are SQLite's SQL already: table names are
 * resolved in the catalog, 'now' is the engine's day; all else stays as it is.
 */
#include "engine_int.h"

#include "str.h"

#include <string.h>

struct rewrite {
	struct dialect *d;
	struct sqllex lex;
	struct strlist ctes; /* names that WITH defines anywhere */
	struct str out;
	size_t copied;       /* bytes of the text that are in out */
};

static void copy_to(struct rewrite *r, size_t at)
{
	str_addn(&r->out, r->lex.text + r->copied, at - r->copied);
	r->copied = at;
}

static bool is_cte(const struct rewrite *r, const char *name)
{
	for (size_t i = 0; i < r->ctes.n; i++)
		if (strieq(r->ctes.v[i], name))
			return true;
	return false;
}

/* name AS (SELECT and name(a, b) AS (SELECT */
static void find_ctes(struct rewrite *r)
{
	for (size_t i = 0; i + 2 < r->lex.n; i++) {
		size_t k = i + 1;
		if (!sqllex_name(&r->lex, i))
			continue;
		if (sqllex_op(&r->lex, k, "("))
			while (k < r->lex.n && !sqllex_op(&r->lex, k++, ")"))
				;
		if (sqllex_is(&r->lex, k, "AS") && sqllex_op(&r->lex, k + 1, "("))
			strlist_add(&r->ctes, sqllex_value(&r->lex, i, r->d->arena));
	}
}

static bool ends_relation(const struct rewrite *r, size_t i)
{
	static const char *const words[] = { "WHERE", "GROUP", "ORDER", "LIMIT", "JOIN", "INNER",
		"LEFT",
		"RIGHT", "FULL", "CROSS", "NATURAL", "ON", "USING", "UNION", "INTERSECT", "EXCEPT",
		"HAVING",
		"WINDOW", "OFFSET" };
	for (size_t k = 0; k < countof(words); k++)
		if (sqllex_is(&r->lex, i, words[k]))
			return true;
	return !sqllex_name(&r->lex, i);
}

/* The relation name at token i becomes its data table, under the name it had. */
static bool replace_name(struct rewrite *r, size_t *i)
{
	struct cat_name name = { .n = 0 };
	size_t first = *i, k = first;
	do {
		if (name.n == countof(name.part) || !sqllex_name(&r->lex, k))
			return true;
		name.part[name.n++] = sqllex_value(&r->lex, k, r->d->arena);
		k++;
	} while (sqllex_op(&r->lex, k, ".") && ++k);
	if (sqllex_op(&r->lex, k, "(") || (name.n == 1 && is_cte(r, name.part[0])))
		return true;
	struct cat_table table;
	if (!catalog_table(r->d->catalog, &r->d->where, &name, r->d->arena, &table, r->d->error))
		return false;
	if (!table.source) {
		dialect_unsupported(r->d, "a view in a query of SQLite's dialect");
		return false;
	}
	copy_to(r, r->lex.tok[first].at);
	str_add(&r->out, table.source);
	if (!sqllex_is(&r->lex, k, "AS") && ends_relation(r, k))
		str_addf(&r->out, " AS %s", dialect_quote_name(r->d, name.part[name.n - 1]));
	r->copied = r->lex.tok[k - 1].at + r->lex.tok[k - 1].n;
	*i = k - 1;
	return true;
}

static bool rewrite_tokens(struct rewrite *r)
{
	enum { MAX = 200 };
	bool from[MAX] = { false }; /* per bracket depth: inside a FROM list */
	size_t depth = 0;
	for (size_t i = 0; i < r->lex.n; i++) {
		if (sqllex_op(&r->lex, i, "(")) {
			if (++depth == MAX)
				return dialect_unsupported(r->d,
					"a statement nested this deeply").sql;
			from[depth] = from[depth - 1];
			if (from[depth] && !sqllex_is(&r->lex, i + 1,
				"SELECT")) { /* joins in brackets */
				i++;
				if (!replace_name(r, &i))
					return false;
				i -= sqllex_op(&r->lex, i, "(");
			}
			from[depth] = false;
		} else if (sqllex_op(&r->lex, i, ")")) {
			depth -= depth > 0;
		} else if (sqllex_is(&r->lex, i, "FROM") || sqllex_is(&r->lex, i, "JOIN") ||
			   (from[depth] && sqllex_op(&r->lex, i, ","))) {
			from[depth] = true;
			if (sqllex_name(&r->lex, i + 1) && (i++, !replace_name(r, &i)))
				return false;
		} else if (from[depth] && ends_relation(r, i) && sqllex_kind(&r->lex,
			i) == SQLTOK_WORD &&
			   !sqllex_is(&r->lex, i, "ON") && !sqllex_is(&r->lex, i, "USING")) {
			from[depth] = sqllex_is(&r->lex, i + 1, "JOIN") || sqllex_is(&r->lex,
				i + 1, "OUTER");
		} else if (sqllex_kind(&r->lex, i) == SQLTOK_STRING &&
			   strieq(sqllex_value(&r->lex, i, r->d->arena), "now")) {
			copy_to(r, r->lex.tok[i].at);
			str_add(&r->out, dialect_quote(r->d, r->d->today));
			r->copied = r->lex.tok[i].at + r->lex.tok[i].n;
		}
	}
	return true;
}

const char *engine_sqlite_text(struct dialect *d, const char *sql)
{
	struct rewrite r = { .d = d, .out = STR_INIT };
	sqllex_scan(&r.lex, d->arena, sql, strlen(sql), SQLLEX_PLAIN_STRINGS | SQLLEX_BRACKETS);
	find_ctes(&r);
	const char *text = NULL;
	if (rewrite_tokens(&r)) {
		copy_to(&r, r.lex.length);
		text = arena_strdup(d->arena, str_text(&r.out));
	}
	str_free(&r.out);
	strlist_free(&r.ctes);
	return text;
}
