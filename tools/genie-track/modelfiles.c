#include "modelfiles.h"

#include "json.h"

#include <stdlib.h>
#include <string.h>

static void put_text(struct modelfiles *f, const char *path, const char *text, size_t n)
{
	str_init(&f->text[f->n], 256u << 20);
	str_addn(&f->text[f->n], text, n);
	f->v[f->n] = (struct mlflow_file){ path, str_text(&f->text[f->n]), n };
	f->n++;
}

static void put(struct modelfiles *f, const char *path, const struct json *document)
{
	struct str text;

	str_init(&text, 256u << 20);
	json_print_pretty(document, 2, &text);
	str_addc(&text, '\n');
	put_text(f, path, str_text(&text), text.n);
	str_free(&text);
}

static void put_rows(struct modelfiles *f, const char *path, const struct json *uc,
	const char *kind)
{
	struct json *none = json_new_array();
	const struct json *rows = json_get(uc, kind);

	put(f, path, rows ? rows : none);
	json_free(none);
}

const struct json *patch_list(const struct json *patches)
{
	return json_get(patches, "patches");
}

static void add_value(const struct json *value, struct strlist *out)
{
	const char *text = json_text(value) ? json_text(value) : json_number_text(value);

	if (text && *text)
		strlist_add_new(out, text);
}

void patch_values(const struct json *patches, const char *member, struct strlist *out)
{
	for (const struct json *p = json_first(patch_list(patches)); p; p = json_next(p))
		add_value(json_get(p, member), out);
	strlist_sort(out);
}

/* How many patches have each value of a member. */
static struct json *count_by(const struct json *patches, const char *member)
{
	struct strlist values = { 0 };
	struct json *out = json_new_object();

	patch_values(patches, member, &values);
	for (size_t i = 0; i < values.n; i++) {
		int64_t n = 0;

		for (const struct json *p = json_first(patch_list(patches)); p; p = json_next(p)) {
			const struct json *v = json_get(p, member);

			n += streq(json_text(v) ? json_text(v) : json_number_text(v), values.v[i]);
		}
		json_set_int(out, values.v[i], n);
	}
	strlist_free(&values);
	return out;
}

static struct json *summary(const struct json *patches)
{
	struct json *out = json_new_object(), *targets;
	struct strlist names = { 0 };

	json_set_int(out, "total", (int64_t)json_len(patch_list(patches)));
	json_set(out, "by_type", count_by(patches, "type"));
	json_set(out, "by_lever", count_by(patches, "lever"));
	json_set(out, "by_risk", count_by(patches, "risk"));
	if (json_get(json_first(patch_list(patches)), "status"))
		json_set(out, "by_status", count_by(patches, "status"));
	targets = json_set(out, "targets", json_new_array());
	patch_values(patches, "target", &names);
	for (size_t i = 0; i < names.n; i++)
		json_push_str(targets, names.v[i]);
	strlist_free(&names);
	return out;
}

void modelfiles_make(struct modelfiles *f, const struct modelfiles_from *from)
{
	const struct json *uc = json_get(from->space, "uc");
	struct json *sum;

	memset(f, 0, sizeof(*f));
	put_text(f, MODELFILES_SNAPSHOT, from->snapshot, strlen(from->snapshot));
	put_rows(f, "model_state/uc_columns.json", uc, "columns");
	put_rows(f, "model_state/uc_tags.json", uc, "tags");
	put_rows(f, "model_state/uc_routines.json", uc, "routines");
	put(f, "model_state/uc_metadata_diff.json", from->diff);
	if (!from->patches)
		return;
	sum = summary(from->patches);
	put_text(f, "patches/patch_set.json", from->patch_set, strlen(from->patch_set));
	put(f, "patches/patch_summary.json", sum);
	json_free(sum);
}

void modelfiles_free(struct modelfiles *f)
{
	for (size_t i = 0; i < f->n; i++)
		str_free(&f->text[i]);
	f->n = 0;
}
