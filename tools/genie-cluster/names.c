#include "names.h"

#include "intern.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	const char *full; /* NULL: several that differ */
	bool object;
};

struct names {
	struct intern endings; /* lower case */
	struct entry *entries; /* one for each ending */
	size_t cap;
	struct intern aliases;
	const char **targets; /* one for each alias; NULL: several */
	size_t target_cap;
	struct arena arena;
};

struct names *names_new(void)
{
	return xcalloc(1, sizeof(struct names));
}

void names_free(struct names *names)
{
	if (!names)
		return;
	intern_free(&names->endings);
	intern_free(&names->aliases);
	arena_free(&names->arena);
	free(names->entries);
	free(names->targets);
	free(names);
}

/* Is b a, without leading parts? */
static bool is_ending(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	return n >= m && strieq(a + n - m, b) && (n == m || a[n - m - 1] == '.');
}

static void add_ending(struct names *names, const char *ending, const char *full, bool object)
{
	size_t before = names->endings.n;
	uint32_t i = intern_add(&names->endings, ending);
	struct entry one = { full, object };
	GROW(names->entries, names->cap, names->endings.n);
	struct entry *there = &names->entries[i];
	if (names->endings.n > before || (object && !there->object))
		*there = one;
	else if (there->object != object || !there->full || is_ending(there->full, full))
		return;
	else
		there->full = is_ending(full, there->full) ? full : NULL;
}

void names_add(struct names *names, const char *full, bool object)
{
	const char *kept = arena_strdup(&names->arena, full);
	char *lower = xstrlower(full);
	for (const char *p = lower; p; p = strchr(p, '.')) {
		p += *p == '.';
		if (*p)
			add_ending(names, p, kept, object);
	}
	free(lower);
}

const char *names_find(const struct names *names, const char *name)
{
	int64_t i = names ? intern_find(&names->endings, name) : -1;
	return i < 0 ? NULL : names->entries[i].full;
}

/* ---- snapshot ---- */

static void add_parts(struct names *names, const struct json *row, const char *const keys[4])
{
	struct str name = STR_INIT;
	for (int i = 0; i < 4 && keys[i]; i++) {
		const char *part = json_str_or(row, keys[i], "");
		if (*part)
			str_addf(&name, "%s%s", name.n ? "." : "", part);
	}
	if (name.n)
		names_add(names, str_text(&name), !keys[3]);
	str_free(&name);
}

static void add_uc(struct names *names, const struct json *uc)
{
	static const char *const columns[4] = { "table_catalog", "table_schema", "table_name",
		"column_name" };
	static const char *const tables[4] = { "table_catalog", "table_schema", "table_name",
		NULL };
	static const char *const routines[4] = { "routine_catalog", "routine_schema",
		"routine_name", NULL };
	const struct { const char *list; const char *const *keys; } lists[] = {
		{ "tables", tables }, { "routines", routines }, { "columns", columns } };
	for (size_t i = 0; i < countof(lists); i++)
		for (const struct json *row = json_first(json_get(uc,
			lists[i].list)); row; row = json_next(row))
			add_parts(names, row, lists[i].keys);
}

static void add_columns(struct names *names, const char *table, const struct json *configs)
{
	for (const struct json *c = json_first(configs); c; c = json_next(c)) {
		const char *column = json_str_or(c, "column_name", "");
		char *full = xasprintf("%s.%s", table, column);
		if (*column)
			names_add(names, full, false);
		free(full);
	}
}

static void add_list(struct names *names, const struct json *list)
{
	for (const struct json *one = json_first(list); one; one = json_next(one)) {
		const char *name = json_str_or(one, "identifier", "");
		if (!*name)
			continue;
		names_add(names, name, true);
		add_columns(names, name, json_get(one, "column_configs"));
	}
}

static void add_alias(struct names *names, const struct json *side)
{
	const char *alias = json_str_or(side, "alias", ""), *name = json_str_or(side, "identifier",
		"");
	if (!*alias || !*name)
		return;
	size_t before = names->aliases.n;
	char *lower = xstrlower(alias);
	uint32_t i = intern_add(&names->aliases, lower);
	free(lower);
	GROW(names->targets, names->target_cap, names->aliases.n);
	if (names->aliases.n > before)
		names->targets[i] = arena_strdup(&names->arena, name);
	else if (names->targets[i] && !strieq(names->targets[i], name))
		names->targets[i] = NULL;
}

void names_add_snapshot(struct names *names, const struct json *snapshot)
{
	const struct json *config = json_get(snapshot, "config");
	add_list(names, json_dig(config, "data_sources.tables"));
	add_list(names, json_dig(config, "data_sources.metric_views"));
	add_list(names, json_dig(config, "instructions.sql_functions"));
	add_uc(names, json_get(snapshot, "uc"));
	const struct json *join = json_first(json_dig(config, "instructions.join_specs"));
	for (; join; join = json_next(join)) {
		add_alias(names, json_get(join, "left"));
		add_alias(names, json_get(join, "right"));
	}
}

const char *names_find_alias(const struct names *names, struct arena *arena, const char *name)
{
	const char *dot = strchr(name, '.');
	if (!names || !dot)
		return NULL;
	char *first = arena_strndup(arena, name, (size_t)(dot - name));
	int64_t i = intern_find(&names->aliases, first);
	if (i < 0 || !names->targets[i])
		return NULL;
	char *whole = arena_printf(arena, "%s%s", names->targets[i], dot);
	lower_ascii(whole);
	const char *full = names_find(names, whole);
	return full ? full : whole;
}

/* ---- texts ---- */

char *names_plain(struct arena *arena, const char *text)
{
	char *out = arena_strdup(arena, text), *from, *to;
	lower_ascii(out);
	for (from = to = out; *from; from++)
		if (*from != '`')
			*to++ = *from;
	*to = '\0';
	out = trim(out);
	while (starts_with(out, "${") && strchr(out, '}') && strchr(out, '}')[1] == '.')
		out = strchr(out, '}') + 2;
	size_t n = strlen(out);
	if (n > 2 && ends_with(out, "()"))
		out[n - 2] = '\0';
	return out;
}

bool names_related(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	if (n < m)
		return names_related(b, a);
	if (!m)
		return false;
	for (size_t i = 0; i + m <= n; i++)
		if ((i == 0 || a[i - 1] == '.') && (a[i + m] == '.' || !a[i + m])
		    && strnieq(a + i, b, m))
			return true;
	return false;
}
