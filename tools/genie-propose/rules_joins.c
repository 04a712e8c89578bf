/* Levers 1, 4, 5: how tables are joined. The space gets the join that the expected SQL makes
 * and Genie missed; a join that it has otherwise is put right, one that Genie followed and
 * no expected SQL makes goes to a person. Columns say what they join to. */
#include "rules.h"

#include "json.h"
#include "mem.h"
#include "space.h"

#include <stdlib.h>
#include <string.h>

/* An equality of two columns of two tables of the space. */
struct link {
	struct place a, b;
};

static struct place side(const struct asked *a, const char *text, size_t n)
{
	char *name = xstrndup(text, n), *point = strrchr(name, '.');
	struct place at = { NULL, NULL };
	if (point) {
		*point = '\0';
		at.o = model_object(a->p->model, name);
		at.f = at.o ? object_field(at.o, point + 1) : NULL;
	}
	free(name);
	return at;
}

/* Conditions of one equality only; anything else is no join a space could say briefly. */
static bool read_link(const struct asked *a, const char *condition, struct link *out)
{
	struct str plain = STR_INIT;
	for (const char *s = condition; *s && !starts_with(s, "--"); s++)
		if (*s != '`')
			str_addc(&plain, *s);
	char *text = trim(plain.s ? plain.s : (char[]){ "" });
	const char *eq = strstr(text, " = ");
	size_t n = eq ? strcspn(eq + 3, " \n") : 0;
	bool one = eq && eq[3 + n] == '\0' && !strchr(text, '(') && !strchr(text, '<') &&
		!strchr(text, '>');
	*out = one ? (struct link){ side(a, text, (size_t)(eq - text)), side(a, eq + 3, n) } :
		(struct link){ { NULL, NULL }, { NULL, NULL } };
	str_free(&plain);
	return out->a.f && out->b.f && out->a.o != out->b.o;
}

static bool same_tables(const struct link *x, const struct link *y)
{
	return (x->a.o == y->a.o && x->b.o == y->b.o) || (x->a.o == y->b.o && x->b.o == y->a.o);
}

static bool same_link(const struct link *x, const struct link *y)
{
	return (x->a.f == y->a.f && x->b.f == y->b.f) || (x->a.f == y->b.f && x->b.f == y->a.f);
}

/* Does the query join so; `exact`: on these columns, else the same tables anyhow? */
static bool joins_so(const struct asked *a, const struct sqlfacts *facts, const struct link *link,
		     bool exact)
{
	for (size_t i = 0; i < facts->njoins; i++) {
		struct link one;
		if (read_link(a, facts->join[i].condition, &one) &&
		    (exact ? same_link(&one, link) : same_tables(&one, link)))
			return true;
	}
	return false;
}

/* The space's join of the same tables, and what it says; NULL: none. */
static const struct json *spec_of(const struct asked *a, const struct link *link, struct link *says)
{
	const struct json *list = json_dig(a->p->model->space, "config.instructions.join_specs");
	for (const struct json *s = json_first(list); s; s = json_next(s)) {
		const struct object *l = model_object(a->p->model, json_str_or(json_get(s, "left"),
			"identifier", NULL));
		const struct object *r = model_object(a->p->model, json_str_or(json_get(s, "right"),
			"identifier", NULL));
		struct link ends = { { l, NULL }, { r, NULL } };
		const char *sql = json_text(json_first(json_get(s, "sql")));
		if (l && r && same_tables(&ends, link)) {
			if (!sql || !read_link(a, sql, says))
				*says = (struct link){ { l, NULL }, { r, NULL } };
			return s;
		}
	}
	return NULL;
}

/* One row of this table for many of the other: it is the table that its key is named after,
 * as dim_sku is after sku_id. */
static bool is_parent(struct place at)
{
	const char *name = starts_with(at.o->name, "dim_") ? at.o->name + 4 : at.o->name;
	size_t n = strlen(name);
	n -= n > 3 && name[n - 1] == 's';
	return strieq(at.f->name, "id") || (strnieq(at.f->name, name, n) && at.f->name[n] == '_') ||
		starts_with(at.o->name, "dim_");
}

/* Something that tells rows of one table apart. What two tables merely have in common, as a
 * country, makes many rows of many: a query may join so, a space should not. */
static bool is_key(struct place at)
{
	static const char *const ends[] = { "id", "_code", "_cd", "_key", "_no", "_nr", "_num",
		"_number", "_uuid" };
	for (size_t i = 0; i < countof(ends); i++)
		if (ends_with(at.f->name, ends[i]))
			return true;
	return is_parent(at);
}

static void set_side(struct json *value, const char *key, struct place at)
{
	struct json *one = json_set(value, key, json_new_object());
	json_set_str(one, "identifier", at.o->full_name);
	json_set_str(one, "alias", at.o->name);
}

/* As the service wants it: the many side at the left, where that is known. */
static struct json *join_value(const struct link *link)
{
	bool one_b = is_parent(link->b) && !is_parent(link->a), one_a = is_parent(link->a) &&
		!is_parent(link->b);
	struct place left = one_a ? link->b : link->a, right = one_a ? link->a : link->b;
	struct json *value = json_new_object(), *sql;
	set_side(value, "left", left);
	set_side(value, "right", right);
	sql = json_set(value, "sql", json_new_array());
	char *text = xasprintf("`%s`.`%s` = `%s`.`%s`", left.o->name, left.f->name, right.o->name,
		right.f->name);
	json_push_str(sql, text);
	if (one_a || one_b)
		json_push_str(sql, "--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--");
	free(text);
	return value;
}

static char *link_key(const struct link *link)
{
	struct strlist ends = { 0 };
	strlist_take(&ends, xasprintf("%s.%s", link->a.o->full_name, link->a.f->name));
	strlist_take(&ends, xasprintf("%s.%s", link->b.o->full_name, link->b.f->name));
	strlist_sort(&ends);
	char *key = xasprintf("%s=%s", ends.v[0], ends.v[1]);
	strlist_free(&ends);
	return key;
}

static void say_key(const struct asked *a, struct place at, struct place other)
{
	if (!is_ours(a, at.o))
		return;
	char *item = xasprintf("%s.%s", other.o->name, other.f->name);
	if (!stristr(at.f->comment, item))
		strlist_add_new(&draft_asked(a, text_type(&at), at, NULL, 0.5,
			0.05)->parts[LAYOUT_JOIN_KEYS], item);
	free(item);
}

static void propose_link(const struct asked *a, const struct link *link)
{
	struct link says;
	const struct json *spec = spec_of(a, link, &says);
	char *key = link_key(link);
	if (!spec || !same_link(&says, link)) {
		struct draft *d = draft_asked(a, spec ? "update_join" :
			"add_join", (struct place){ NULL, NULL },
					      key, 0.6, 0.1);
		if (!d->value)
			d->value = join_value(link);
		if (spec) {
			json_set_str(d->value, "id", json_str_or(spec, "id", ""));
			draft_member(d, "id", json_str_or(spec, "id", ""));
		}
	}
	free(key);
}

static void expected_joins(const struct asked *a)
{
	for (size_t i = 0; i < a->c->gold.njoins; i++) {
		struct link link;
		if (!read_link(a, a->c->gold.join[i].condition, &link) ||
		    !(is_ours(a, link.a.o) || is_ours(a, link.b.o)) ||
			link.a.o->kind != OBJECT_TABLE ||
		    (!is_key(link.a) && !is_key(link.b)) ||
		    link.b.o->kind != OBJECT_TABLE || (a->c->genie_sql &&
		    	joins_so(a, &a->c->genie, &link, true)))
			continue;
		propose_link(a, &link);
		/* Genie joined them on something else: the columns should say what they are for */
		if (a->c->genie_sql && joins_so(a, &a->c->genie, &link, false)) {
			say_key(a, link.a, link.b);
			say_key(a, link.b, link.a);
		}
	}
}

/* A join of the space that Genie followed, and that no expected SQL makes. */
static void wrong_joins(const struct asked *a)
{
	for (size_t i = 0; a->c->genie_sql && i < a->c->genie.njoins; i++) {
		struct link link, says;
		const struct json *spec = read_link(a, a->c->genie.join[i].condition, &link) ?
			spec_of(a, &link, &says) : NULL;
		bool needed = !spec || !same_link(&says, &link) || !is_ours(a, link.a.o);
		for (size_t k = 0; !needed && k < a->p->cases->n; k++)
			needed = joins_so(a, &a->p->cases->v[k].gold, &link, false);
		if (needed)
			continue;
		struct draft *d = draft_asked(a, "remove_join", (struct place){ NULL, NULL },
					      json_str_or(spec, "id", ""), 0.5, 0.2);
		draft_member(d, "id", json_str_or(spec, "id", ""));
	}
}

void rules_joins(const struct asked *a)
{
	expected_joins(a);
	wrong_joins(a);
}
