#include "judgecat.h"

#include "json.h"
#include "mem.h"
#include "sqltext.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct object {
	const char *name; /* full */
	enum asset kind;
	struct str text;  /* all that is said of it, for words */
	const char *comment;
};

struct column {
	const char *table, *name, *comment;
	bool listed; /* by information_schema, which has them all */
	struct str text;
};

struct judge_catalog {
	struct arena arena;
	struct object *object;
	size_t nobjects, object_cap;
	struct column *column;
	size_t ncolumns, column_cap;
	struct str text; /* everything */
};

static const char *const asset_names[] = { "NONE", "TABLE", "MV", "TVF" };

const char *asset_name(enum asset asset)
{
	return asset_names[asset];
}

enum asset asset_find(const char *name)
{
	static const struct { const char *name; enum asset asset; } known[] = {
		{ "TABLE", ASSET_TABLE }, { "MV", ASSET_MV }, { "METRIC_VIEW", ASSET_MV },
		{ "TVF", ASSET_TVF }, { "FUNCTION", ASSET_TVF },
	};
	for (size_t i = 0; i < countof(known); i++)
		if (strieq(name, known[i].name))
			return known[i].asset;
	return ASSET_NONE;
}

enum asset asset_by_convention(const char *name, bool called)
{
	const char *dot = strrchr(name, '.'), *bare = dot ? dot + 1 : name;
	if (called)
		return ASSET_TVF;
	if (starts_withi(bare, "mv_") || ends_with(bare, "_metrics") || ends_with(bare, "_mv"))
		return ASSET_MV;
	return starts_withi(bare, "get_") || starts_withi(bare, "fn_") ? ASSET_TVF : ASSET_TABLE;
}

/* ---- building ---- */

static void add_text(struct str *out, const char *text)
{
	if (text && *text)
		str_addf(out, " %s", text);
}

/* All texts below a value. */
static void add_all(struct str *out, const struct json *json)
{
	add_text(out, json_text(json));
	for (const struct json *child = json_first(json); child; child = json_next(child))
		add_all(out, child);
}

static struct object *find_object(const struct judge_catalog *c, const char *name)
{
	for (size_t i = 0; i < c->nobjects; i++)
		if (sql_same_name(c->object[i].name, name))
			return &c->object[i];
	return NULL;
}

static struct object *need_object(struct judge_catalog *c, const char *name, enum asset kind)
{
	struct object *object = name ? find_object(c, name) : NULL;
	if (!name)
		return NULL;
	if (!object) {
		GROW(c->object, c->object_cap, c->nobjects + 1);
		object = &c->object[c->nobjects++];
		*object = (struct object){ .name = arena_strdup(&c->arena, name), .text = STR_INIT };
		add_text(&object->text, name);
		add_text(&c->text, name);
	}
	if (kind != ASSET_NONE && object->kind != ASSET_MV)
		object->kind = kind;
	return object;
}

static struct column *find_column(const struct judge_catalog *c, const char *table,
				  const char *name)
{
	for (size_t i = 0; name && i < c->ncolumns; i++) {
		struct column *column = &c->column[i];
		if (strieq(column->name, name) && (!table || sql_same_name(column->table, table)))
			return column;
	}
	return NULL;
}

static struct column *need_column(struct judge_catalog *c, const char *table, const char *name)
{
	struct column *column = find_column(c, table, name);
	if (column || !name)
		return column;
	GROW(c->column, c->column_cap, c->ncolumns + 1);
	column = &c->column[c->ncolumns++];
	*column = (struct column){ .table = arena_strdup(&c->arena, table),
		.name = arena_strdup(&c->arena, name), .comment = "", .text = STR_INIT };
	add_text(&column->text, name);
	add_text(&c->text, name);
	return column;
}

/* catalog.schema.name of an information_schema row. */
static const char *full_name(struct judge_catalog *c, const struct json *row, const char *prefix,
			     const char *last)
{
	const char *parts[3] = { NULL, NULL, json_str_or(row, last, NULL) };
	char key[40];
	struct str name = STR_INIT;
	static const char *const kinds[] = { "catalog", "schema" };
	for (size_t i = 0; i < countof(kinds); i++) {
		struct str text = STR_INIT;
		str_addf(&text, "%s_%s", prefix, kinds[i]);
		memcpy(key, str_text(&text), text.n + 1);
		str_free(&text);
		parts[i] = json_str_or(row, key, NULL);
		if (parts[i])
			str_addf(&name, "%s.", parts[i]);
	}
	str_add(&name, parts[2] ? parts[2] : "");
	const char *out = parts[2] ? arena_strdup(&c->arena, str_text(&name)) : NULL;
	str_free(&name);
	return out;
}

static void set_comment(struct judge_catalog *c, const char **where, struct str *text,
			const char *comment)
{
	if (!comment || !*comment)
		return;
	*where = arena_strdup(&c->arena, comment);
	add_text(text, comment);
	add_text(&c->text, comment);
}

static void read_sources(struct judge_catalog *c, const struct json *list, enum asset kind)
{
	for (const struct json *s = json_first(list); s; s = json_next(s)) {
		const char *name = json_str_or(s, "identifier", NULL);
		struct object *object = need_object(c, name, kind);
		if (!object)
			continue;
		add_all(&object->text, json_get(s, "description"));
		add_all(&c->text, s);
		const struct json *columns = json_get(s, "column_configs");
		for (const struct json *k = json_first(columns); k; k = json_next(k)) {
			struct column *column = need_column(c, name, json_str_or(k, "column_name", NULL));
			if (column)
				add_all(&column->text, k);
		}
	}
}

static void read_uc(struct judge_catalog *c, const struct json *uc)
{
	for (const struct json *t = json_first(json_get(uc, "tables")); t; t = json_next(t)) {
		const char *type = json_str_or(t, "table_type", "");
		struct object *object = need_object(c, full_name(c, t, "table", "table_name"),
			strieq(type, "METRIC_VIEW") ? ASSET_MV : ASSET_TABLE);
		if (object)
			set_comment(c, &object->comment, &object->text, json_str_or(t, "comment", NULL));
	}
	for (const struct json *r = json_first(json_get(uc, "routines")); r; r = json_next(r)) {
		struct object *object = need_object(c, full_name(c, r, "routine", "routine_name"), ASSET_TVF);
		const char *comment = json_str_or(r, "routine_comment", json_str_or(r, "comment", NULL));
		if (object)
			set_comment(c, &object->comment, &object->text, comment);
	}
	for (const struct json *k = json_first(json_get(uc, "columns")); k; k = json_next(k)) {
		const char *table = full_name(c, k, "table", "table_name");
		struct column *column = table
			? need_column(c, table, json_str_or(k, "column_name", NULL)) : NULL;
		if (column)
			column->listed = true;
		if (column)
			set_comment(c, &column->comment, &column->text, json_str_or(k, "comment", NULL));
	}
	for (const struct json *m = json_first(json_get(uc, "metric_views")); m; m = json_next(m)) {
		const char *name = json_str_or(m, "full_name", NULL);
		struct object *object = need_object(c, name ? name
			: full_name(c, m, "table", "table_name"), ASSET_MV);
		if (object)
			add_all(&object->text, m);
		add_all(&c->text, m);
	}
}

struct judge_catalog *judge_catalog_new(const struct json *snapshot)
{
	struct judge_catalog *c = xcalloc(1, sizeof *c);
	const struct json *config = json_get(snapshot, "config");
	c->text = (struct str)STR_INIT;
	read_sources(c, json_dig(config, "data_sources.tables"), ASSET_TABLE);
	read_sources(c, json_dig(config, "data_sources.metric_views"), ASSET_MV);
	read_sources(c, json_dig(config, "instructions.sql_functions"), ASSET_TVF);
	read_uc(c, json_get(snapshot, "uc"));
	add_all(&c->text, json_get(config, "instructions"));
	return c;
}

void judge_catalog_free(struct judge_catalog *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->nobjects; i++)
		str_free(&c->object[i].text);
	for (size_t i = 0; i < c->ncolumns; i++)
		str_free(&c->column[i].text);
	free(c->object);
	free(c->column);
	str_free(&c->text);
	arena_free(&c->arena);
	free(c);
}

/* ---- asking ---- */

enum asset judge_catalog_kind(const struct judge_catalog *c, const char *name)
{
	const struct object *object = c && name ? find_object(c, name) : NULL;
	return object ? object->kind : ASSET_NONE;
}

static int sql_column(void *context, const char *table, const char *column)
{
	const struct judge_catalog *c = context;
	bool known = false;
	for (size_t i = 0; i < c->ncolumns; i++) {
		if (!c->column[i].listed || !sql_same_name(c->column[i].table, table))
			continue;
		known = true;
		if (strieq(c->column[i].name, column))
			return SQLCOL_EXISTS;
	}
	return known ? 0 : -1;
}

void judge_catalog_sql(const struct judge_catalog *catalog, struct sqlcatalog *out)
{
	*out = (struct sqlcatalog){ .context = (void *)catalog, .column = catalog ? sql_column : NULL };
}

bool judge_catalog_has(const struct judge_catalog *c, const char *table, const char *column)
{
	return c && find_column(c, table, column);
}

const char *judge_catalog_comment(const struct judge_catalog *c, const char *table,
				  const char *column)
{
	const struct column *found = c && column ? find_column(c, table, column) : NULL;
	const struct object *object = c && !column && table ? find_object(c, table) : NULL;
	const char *comment = found ? found->comment : object ? object->comment : NULL;
	return comment ? comment : "";
}

/* All that is said of a column, its name aside. */
static const char *said_of(const struct column *k)
{
	const char *text = str_text(&k->text) + strspn(str_text(&k->text), " ");
	if (*k->comment)
		return k->comment;
	text += starts_with(text, k->name) ? strlen(k->name) : 0;
	return text + strspn(text, " ");
}

void judge_catalog_describe(const struct judge_catalog *c, const char *name, size_t cap,
			    struct str *out)
{
	const struct object *object = c && name ? find_object(c, name) : NULL;
	struct str text = STR_INIT;
	if (!object)
		return;
	const char *comment = object->comment ? object->comment : "";
	str_addf(&text, "%s %s%s%s\n", asset_name(object->kind), object->name,
		 *comment ? ": " : "", comment);
	for (size_t i = 0; i < c->ncolumns; i++) {
		const struct column *k = &c->column[i];
		const char *said = said_of(k);
		if (sql_same_name(k->table, object->name))
			str_addf(&text, "- %s%s%s\n", k->name, *said ? ": " : "", said);
	}
	if (object->kind == ASSET_MV)
		str_addf(&text, "defined by: %s\n", str_text(&object->text));
	size_t n = utf8_fit(str_text(&text), cap);
	str_addn(out, str_text(&text), n);
	if (n < text.n)
		str_add(out, " ...\n");
	str_free(&text);
}

/* Words that carry no meaning of the domain. */
static const char *const plain_words[] = {
	"a", "about", "above", "according", "across", "all", "along", "also", "among", "an",
	"and", "any", "are", "as", "at", "average", "avg", "be", "been", "below", "between",
	"broken", "by", "can", "compare", "compared", "complete", "could", "count", "day",
	"days", "did", "display", "do", "does", "down", "during", "each", "every", "find",
	"first", "for", "from", "get", "give", "given", "had", "has", "have", "her", "highest",
	"how", "i", "if", "in", "including", "into", "is", "it", "its", "largest", "last",
	"least", "leaving", "list", "lowest", "many", "maximum", "me", "minimum", "month",
	"months", "more", "most", "move", "much", "my", "name", "names", "no", "not", "number",
	"of", "on", "one", "only", "or", "order", "our", "over", "past", "per", "please",
	"quarter", "rank", "ranked", "same", "show", "since", "so", "sort", "sorted", "such",
	"sum", "tell", "than", "that", "the", "their", "them", "then", "there", "these",
	"they", "this", "those", "through", "to", "today", "top", "total", "under", "until",
	"up", "us", "use", "used", "using", "was", "we", "week", "weeks", "were", "what",
	"when", "where", "which", "who", "whose", "why", "will", "with", "would", "year",
	"years", "yesterday", "you", "your",
};

static bool plain(const char *word)
{
	for (size_t i = 0; i < countof(plain_words); i++)
		if (streq(plain_words[i], word))
			return true;
	return false;
}

/* Is the word, or its stem, the start of a word of the text? */
static bool covered(const char *text, const char *word)
{
	char stem[64];
	size_t n = strlen(word);
	if (n > 3 && word[n - 1] == 's')
		n--;
	if (n > 5 && (ends_with(word, "ed") || ends_with(word, "ing")))
		n -= ends_with(word, "ed") ? 2 : 3;
	memcpy(stem, word, n);
	stem[n] = '\0';
	for (const char *at = text; (at = stristr(at, stem)) != NULL; at++)
		if (at == text || !isalnum((unsigned char)at[-1]))
			return true;
	return false;
}

void judge_catalog_uncovered(const struct judge_catalog *c, const char *question,
			     const char *table, const char *column, struct strlist *words)
{
	const struct column *k = c && column ? find_column(c, table, column) : NULL;
	const struct object *o = c && table ? find_object(c, table) : NULL;
	const struct str *text = !c ? NULL : k ? &k->text : o ? &o->text : &c->text;
	for (const char *s = question; *s;) {
		char word[64];
		size_t n = 0;
		while (*s && !isalpha((unsigned char)*s))
			s++;
		for (; isalnum((unsigned char)*s) || *s == '_'; s++)
			if (n + 1 < sizeof word)
				word[n++] = (char)tolower((unsigned char)*s);
		word[n] = '\0';
		if (n > 2 && !plain(word) && (!text || !covered(str_text(text), word)))
			strlist_add_new(words, word);
	}
}
