#include "ucdiff.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* The members that name a row, of whichever kind: those that it has count. */
static const char *const names[] = { "catalog_name", "schema_name", "table_catalog",
	"table_schema", "table_name", "column_name", "tag_name", "routine_catalog",
	"routine_schema", "routine_name", "specific_catalog", "specific_schema", "specific_name" };
static const char *const volatile_members[] = { "created", "created_by", "last_altered",
	"last_altered_by", "ordinal_position" };

static bool in(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (streq(list[i], name))
			return true;
	return false;
}

struct entry {
	char *key;
	const struct json *row;
};

static char *key_of(const struct json *row)
{
	struct str out = STR_INIT;

	for (size_t i = 0; i < countof(names); i++) {
		const char *part = json_str_or(row, names[i], NULL);

		if (part)
			str_addf(&out, "%s%s", out.n ? "." : "", part);
	}
	return str_take(&out);
}

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static struct entry *entries(const struct json *rows, size_t *n)
{
	struct entry *list = xcalloc(json_len(rows) + 1, sizeof(*list));

	*n = 0;
	for (const struct json *r = json_first(rows); r; r = json_next(r))
		list[(*n)++] = (struct entry){ key_of(r), r };
	qsort(list, *n, sizeof(*list), by_key);
	return list;
}

static void entries_free(struct entry *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(list[i].key);
	free(list);
}

static bool same(const struct json *a, const struct json *b)
{
	struct json *x = json_dup(a), *y = json_dup(b);
	bool equal;

	for (size_t i = 0; i < countof(volatile_members); i++) {
		json_remove(x, volatile_members[i]);
		json_remove(y, volatile_members[i]);
	}
	equal = json_equal(x, y);
	json_free(x);
	json_free(y);
	return equal;
}

static void changed(struct json *list, const struct entry *before, const struct entry *after)
{
	struct json *one = json_push(list, json_new_object());
	struct json *old, *now;

	json_set_str(one, "key", before->key);
	old = json_set(one, "before", json_new_object());
	now = json_set(one, "after", json_new_object());
	for (const struct json *f = json_first(after->row); f; f = json_next(f)) {
		const struct json *was = json_get(before->row, json_key(f));

		if (in(json_key(f), volatile_members, countof(volatile_members)) || json_equal(was,
			f))
			continue;
		json_set(old, json_key(f), was ? json_dup(was) : json_new_null());
		json_set(now, json_key(f), json_dup(f));
	}
}

/* A merge of two sorted lists. */
static struct json *compare(const struct json *before, const struct json *after)
{
	struct json *out = json_new_object(), *added, *removed, *modified;
	size_t n, m, i = 0, k = 0;
	struct entry *a = entries(before, &n), *b = entries(after, &m);

	added = json_set(out, "added", json_new_array());
	removed = json_set(out, "removed", json_new_array());
	modified = json_set(out, "modified", json_new_array());
	while (i < n || k < m) {
		int order = i == n ? 1 : k == m ? -1 : strcmp(a[i].key, b[k].key);

		if (order < 0) {
			json_push(removed, json_dup(a[i++].row));
		} else if (order > 0) {
			json_push(added, json_dup(b[k++].row));
		} else {
			if (!same(a[i].row, b[k].row))
				changed(modified, &a[i], &b[k]);
			i++;
			k++;
		}
	}
	entries_free(a, n);
	entries_free(b, m);
	return out;
}

struct json *ucdiff(const struct json *before, const struct json *after, const char *parent)
{
	static const char *const kinds[] = { "columns", "tags", "routines" };
	struct json *out = json_new_object();

	json_set_str(out, "parent_model_id", parent);
	for (size_t i = 0; i < countof(kinds); i++) {
		const struct json *now = json_get(json_get(after, "uc"), kinds[i]);

		json_set(out, kinds[i],
			compare(before ? json_get(json_get(before, "uc"), kinds[i]) : now, now));
	}
	return out;
}

long ucdiff_count(const struct json *diff, const char *kind)
{
	const struct json *of = json_get(diff, kind);

	return (long)(json_len(json_get(of, "added")) + json_len(json_get(of, "removed")) +
		json_len(json_get(of, "modified")));
}
