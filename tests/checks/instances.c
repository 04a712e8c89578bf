#include "instances.h"

#include "db.h"
#include "defog.h"
#include "json.h"
#include "mem.h"
#include "report.h"
#include "sqlast.h"
#include "str.h"

#include <stdio.h>

#define NEW_ROWS 40

/* A generator of our own, so that every run makes the same rows (Knuth's MMIX constants). */
static unsigned next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*state >> 33);
}

/* Rows whose every value is one of the column's, or NULL now and then. */
static bool recombine(struct db *db, const struct json *table, uint64_t *state, struct err *err)
{
	const char *name = json_key(table);
	unsigned rows = (unsigned)json_int_or(table, "row_count", 0);
	bool ok = true;
	for (int n = 0; ok && rows && n < NEW_ROWS; n++) {
		struct str sql = STR_INIT;
		str_add(&sql, "INSERT INTO ");
		db_quote_name(&sql, name);
		for (const struct json *c = json_first(json_get(table, "columns")); c; c = json_next(c)) {
			str_add(&sql, c == json_first(json_get(table, "columns")) ? " SELECT " : ", ");
			if (next(state) % 12 == 0) {
				str_add(&sql, "NULL");
				continue;
			}
			str_add(&sql, "(SELECT ");
			db_quote_name(&sql, json_str_or(c, "name", ""));
			str_add(&sql, " FROM ");
			db_quote_name(&sql, name);
			str_addf(&sql, " WHERE rowid = %u)", next(state) % rows + 1);
		}
		ok = db_exec(db, str_text(&sql), err);
		str_free(&sql);
	}
	return ok && (next(state) % 2 == 0
		      || db_execf(db, err, "DELETE FROM \"%s\" WHERE rowid %% 5 = 2", name));
}

bool instances_open(struct report *report, const char *name, struct instances *out)
{
	char path[300];
	struct err err = { 0 };
	*out = (struct instances){ .schema = NULL };
	snprintf(path, sizeof path, "defog/%s/schema.json", name);
	for (size_t i = 0; i < INSTANCES; i++) {
		uint64_t state = 7919 * (i + 1);
		out->db[i] = defog_open(report, name);
		if (!out->db[i])
			return false;
		if (!out->schema)
			out->schema = json_load(data_path(path), &err);
		for (const struct json *t = json_first(json_get(out->schema, "tables")); i && t;
		     t = json_next(t))
			if (!report_case(report, recombine(out->db[i], t, &state, &err), "%s", err.text))
				return false;
	}
	return out->schema != NULL;
}

void instances_close(struct instances *instances)
{
	for (size_t i = 0; i < INSTANCES; i++)
		db_close(instances->db[i]);
	json_free(instances->schema);
}

struct planter {
	struct instances *instances;
	unsigned planted;
};

static void plant_value(struct planter *p, const char *column, const char *value)
{
	struct err err = { 0 };
	for (const struct json *t = json_first(json_get(p->instances->schema, "tables")); t;
	     t = json_next(t)) {
		bool there = false;
		for (const struct json *c = json_first(json_get(t, "columns")); c; c = json_next(c))
			there = there || strieq(json_str_or(c, "name", ""), column);
		for (size_t i = 1; there && i < INSTANCES; i++)
			/* a value that a type refuses is no loss */
			if (!db_execf(p->instances->db[i], &err, "UPDATE \"%s\" SET \"%s\" = %s WHERE "
				      "rowid %% %zu = %u", json_key(t), column, value, 2 * i + 1,
				      p->planted % 3))
				err = (struct err){ 0 };
	}
	p->planted++;
}

static bool plant(void *context, struct sqlnode *node)
{
	struct planter *p = context;
	const char *column = NULL;
	for (size_t i = 0; i < node->n && !column; i++)
		if (node->kid[i]->kind == SQLN_COLUMN)
			column = sqlnode_name(node->kid[i]);
	for (size_t i = 0; column && i < node->n; i++) {
		const struct sqlnode *value = node->kid[i];
		struct str text = STR_INIT;
		if (value->kind == SQLN_NUMBER)
			str_add(&text, value->text);
		else if (value->kind == SQLN_STRING)
			db_quote_text(&text, node->kind == SQLN_LIKE && *value->text == '%'
				      ? value->text + 1 : value->text);
		size_t last = text.n > 2 ? text.n - 2 : 0;
		if (node->kind == SQLN_LIKE && last && text.s[last] == '%')
			str_splice(&text, last, 1, "", 0);
		if (text.n)
			plant_value(p, column, str_text(&text));
		str_free(&text);
	}
	return true;
}

void instances_plant(struct instances *instances, struct sqlnode *query)
{
	struct planter p = { instances, 0 };
	struct err err = { 0 };
	for (size_t i = 1; i < INSTANCES; i++)
		if (!db_begin(instances->db[i], &err))
			return;
	sqlnode_walk(query, plant, &p);
}

void instances_restore(struct instances *instances)
{
	for (size_t i = 1; i < INSTANCES; i++)
		if (db_in_transaction(instances->db[i]))
			db_rollback(instances->db[i]);
}
