/* Evaluation datasets of MLflow itself. A record is found
 * again by its inputs; expectations and tags are merged into it. */
#include "mlflow.h"

#include "clock.h"
#include "digest.h"
#include "json.h"

#include <string.h>

#define PAGE_SIZE 1000
#define COLUMNS "SELECT d.id, d.name, d.tags, d.digest, d.created, d.updated, d.user " \
	"FROM mlflow_datasets d "

static bool need_dataset(struct call *call, const char *id)
{
	if (mlflow_found(call, NULL, "SELECT 1 FROM mlflow_datasets WHERE id = ?", "t", id))
		return true;
	return !mlflow_failed(call) && call_error(call, 404, "RESOURCE_DOES_NOT_EXIST",
		"Evaluation dataset with id '%s' not found", id);
}

/* The digest follows the content. */
static bool set_digest(struct call *call, const char *id)
{
	const char *text = "";
	char hash[SHA256_HEX];
	if (!mlflow_found(call, &text, "SELECT COALESCE(group_concat(document), '') FROM (SELECT "
		"document FROM mlflow_records WHERE dataset_id = ? ORDER BY hash)", "t", id))
		return false;
	text = arena_printf(&call->arena, "%s\n%s", id, text);
	sha256_hex(text, strlen(text), hash);
	hash[8] = '\0';
	return mlflow_run(call, "UPDATE mlflow_datasets SET digest = ?, updated = ? WHERE id = ?",
		"tit", hash, clock_now_ms(), id);
}

/* ---- as JSON --------------------------------------------------------------------------- */

static struct json *text_json(struct call *call, struct db_stmt *stmt)
{
	(void)call;
	return json_new_str(db_column_text(stmt, 0));
}

static void set_profile(struct call *call, struct json *dataset, const char *id)
{
	const char *rows = "0";
	if (mlflow_found(call, &rows, "SELECT CAST(count(*) AS TEXT) FROM mlflow_records WHERE "
		"dataset_id = ?", "t", id) && !streq(rows, "0"))
		json_set_str(dataset, "profile", arena_printf(&call->arena, "{\"num_records\": %s}",
			rows));
}

static struct json *dataset_json(struct call *call, struct db_stmt *stmt)
{
	struct json *dataset = json_new_object();
	const char *id = db_column_text(stmt, 0);
	json_set_str(dataset, "dataset_id", id);
	json_set_str(dataset, "name", db_column_text(stmt, 1));
	json_set_str(dataset, "tags", db_column_text(stmt, 2));
	set_profile(call, dataset, id);
	json_set_str(dataset, "digest", db_column_text(stmt, 3));
	json_set_int(dataset, "created_time", db_column_int(stmt, 4));
	json_set_int(dataset, "last_update_time", db_column_int(stmt, 5));
	mlflow_set_text(dataset, "created_by", db_column_text(stmt, 6));
	mlflow_set_text(dataset, "last_updated_by", db_column_text(stmt, 6));
	return dataset;
}

/* Searches do not tell the experiments. */
static struct json *whole_json(struct call *call, struct db_stmt *stmt)
{
	struct json *dataset = dataset_json(call, stmt);
	mlflow_set(dataset, "experiment_ids", mlflow_rows(call, mlflow_sql(call, "SELECT target "
		"FROM mlflow_links WHERE kind = 'dataset' AND source = ? ORDER BY rowid", "t",
		db_column_text(stmt, 0)), text_json));
	return dataset;
}

static void reply_dataset(struct call *call, const char *id)
{
	mlflow_reply_row(call, mlflow_sql(call, COLUMNS "WHERE d.id = ?", "t", id), "dataset",
		whole_json);
}

/* ---- datasets ----------------------------------------------------------------------------- */

/* NULL after 500. In the call's arena. */
static const char *insert(struct call *call, const char *name, const char *tags,
	const char *user)
{
	char hex[SERVER_ID_SIZE];
	const char *id = arena_printf(&call->arena, "d-%s", server_new_id(call->server, hex));
	int64_t now = clock_now_ms();
	return mlflow_run(call, "INSERT INTO mlflow_datasets (id, name, managed, tags, digest, "
		"user, created, updated) VALUES (?, ?, 0, ?, '', ?, ?, ?)", "ttttii", id, name,
		tags, user, now, now) && set_digest(call, id) ? id : NULL;
}

static bool link_experiments(struct call *call, const char *id, const struct json *experiments)
{
	for (const struct json *c = json_first(experiments); c; c = json_next(c))
		if (!mlflow_link(call, "dataset", id, json_text(c), 0))
			return false;
	return true;
}

/* A JSON text that must be of this type. NULL after 400. Yours. */
static struct json *parse_text(struct call *call, const char *name, const char *text,
	enum json_type type)
{
	struct err err = { .code = ERR_NONE };
	struct json *json = json_parse(text, strlen(text), &err);
	if (json_is(json, type))
		return json;
	json_free(json);
	call_bad(call, "Invalid JSON in parameter '%s'", name);
	return NULL;
}

/* Names are not unique. */
void mlflow_dataset_create(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "name", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ "experiment_ids", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "tags", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *text = json_str_or(request, "tags", "{}"), *id;
	struct json *tags = request ? parse_text(call, "tags", text, JSON_OBJECT) : NULL;
	if (!tags)
		return;
	id = insert(call, json_str_or(request, "name", ""), text,
		json_str_or(tags, "mlflow.user", NULL));
	json_free(tags);
	if (id && link_experiments(call, id, json_get(request, "experiment_ids")))
		reply_dataset(call, id);
}

void mlflow_dataset_get(struct call *call)
{
	if (need_dataset(call, call->args[0]))
		reply_dataset(call, call->args[0]);
}

static bool delete_dataset(struct call *call, const char *id)
{
	return mlflow_run(call, "DELETE FROM mlflow_records WHERE dataset_id = ?", "t", id) &&
		mlflow_run(call, "DELETE FROM mlflow_links WHERE kind = 'dataset' AND source = ?",
			"t", id) &&
		mlflow_run(call, "DELETE FROM mlflow_datasets WHERE id = ?", "t", id);
}

void mlflow_dataset_delete(struct call *call)
{
	if (need_dataset(call, call->args[0]) && delete_dataset(call, call->args[0]))
		call_reply(call, json_new_object());
}

void mlflow_dataset_tags(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "tags", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const char *old = "{}";
	struct json *tags, *given;
	struct str text = STR_INIT;
	if (!request || !need_dataset(call, call->args[0]) || !mlflow_found(call, &old,
		"SELECT tags FROM mlflow_datasets WHERE id = ?", "t", call->args[0]))
		return;
	given = parse_text(call, "tags", json_str_or(request, "tags", ""), JSON_OBJECT);
	tags = given ? parse_text(call, "tags", old, JSON_OBJECT) : NULL;
	for (const struct json *c = json_first(given); tags && c; c = json_next(c))
		json_set(tags, json_key(c), json_dup(c));
	if (tags)
		json_print(tags, &text);
	if (tags && mlflow_run(call, "UPDATE mlflow_datasets SET tags = ?, updated = ? "
		"WHERE id = ?", "tit", str_text(&text), clock_now_ms(), call->args[0]))
		reply_dataset(call, call->args[0]);
	str_free(&text);
	json_free(given);
	json_free(tags);
}

void mlflow_dataset_add_experiments(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "experiment_ids", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	if (request && need_dataset(call, call->args[0]) &&
		link_experiments(call, call->args[0], json_get(request, "experiment_ids")))
		reply_dataset(call, call->args[0]);
}

/* ---- search --------------------------------------------------------------------------------- */

static const struct mlflow_attribute attributes[] = { { "name", false, "d.name" },
	{ "dataset_id", false, "d.id" }, { "digest", false, "d.digest" },
	{ "created_time", true, "d.created" }, { "last_update_time", true, "d.updated" },
	{ "created_by", false, "d.user" }, { "last_updated_by", false, "d.user" },
	{ .name = NULL } };
static const struct mlflow_domain domain = { .grammar = { 0, attributes }, .owner = "d.id" };

static void add_experiments(struct str *where, const struct json *ids)
{
	if (!json_len(ids))
		return;
	str_add(where, " AND EXISTS (SELECT 1 FROM mlflow_links l WHERE l.kind = 'dataset' AND "
		"l.source = d.id AND ");
	mlflow_in_sql(where, "l.target", ids);
	str_addc(where, ')');
}

static void search(struct call *call, const struct json *request, struct mlflow_search *search)
{
	add_experiments(&search->where, json_get(request, "experiment_ids"));
	if (!mlflow_search_filter(call, search, &domain,
		json_str_or(request, "filter_string", NULL)) ||
		!mlflow_search_read(call, search, &domain, request) ||
		!mlflow_search_page(call, search, request, PAGE_SIZE, 50000))
		return;
	mlflow_search_reply(call, search, mlflow_search_sql(call, search, COLUMNS
		"WHERE NOT d.managed", "d.created DESC, d.rowid DESC"), "datasets", dataset_json);
}

void mlflow_dataset_search(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "experiment_ids", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "filter_string", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL },
		{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "order_by", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	mlflow_search_call(call, fields, search);
}

/* ---- records --------------------------------------------------------------------------------- */

static void merge_into(struct json *record, const struct json *given, const char *member)
{
	const struct json *from = json_get(given, member);
	struct json *into = json_get(record, member);
	if (!json_is(from, JSON_OBJECT))
		return;
	if (!json_is(into, JSON_OBJECT))
		into = json_set(record, member, json_new_object());
	for (const struct json *c = json_first(from); c; c = json_next(c))
		json_set(into, json_key(c), json_dup(c));
}

static void hash_inputs(const struct json *record, char hash[SHA256_HEX])
{
	struct str text = STR_INIT;
	if (json_get(record, "inputs"))
		json_canonical(json_get(record, "inputs"), &text);
	sha256_hex(str_text(&text), text.n, hash);
	str_free(&text);
}

static bool write_record(struct call *call, const char *dataset_id, const char *hash,
	const struct json *record)
{
	char hex[SERVER_ID_SIZE];
	struct str text = STR_INIT;
	int64_t now = clock_now_ms();
	bool ok;
	json_print(record, &text);
	ok = mlflow_run(call, "INSERT INTO mlflow_records (id, dataset_id, hash, document, "
		"created, updated) VALUES ('dr-' || ?, ?, ?, ?, ?, ?) "
		"ON CONFLICT (dataset_id, hash) DO UPDATE "
		"SET document = excluded.document, updated = excluded.updated", "ttttii",
		server_new_id(call->server, hex), dataset_id, hash, str_text(&text), now, now);
	str_free(&text);
	return ok;
}

/* *found: it was there and is merged. */
static bool upsert(struct call *call, const char *dataset_id, const struct json *given,
	bool *found)
{
	static const char *const members[] = { "inputs", "source", "outputs" };
	struct err err = { .code = ERR_NONE };
	char hash[SHA256_HEX];
	const char *text = NULL;
	struct json *record;
	bool ok;
	hash_inputs(given, hash);
	*found = mlflow_found(call, &text, "SELECT document FROM mlflow_records WHERE "
		"dataset_id = ? AND hash = ?", "tt", dataset_id, hash);
	record = *found ? json_parse(text, strlen(text), &err) : json_new_object();
	for (size_t i = 0; i < countof(members); i++)
		if (json_get(given, members[i]))
			json_set(record, members[i], json_dup(json_get(given, members[i])));
	merge_into(record, given, "expectations");
	merge_into(record, given, "tags");
	ok = !mlflow_failed(call) && write_record(call, dataset_id, hash, record);
	json_free(record);
	return ok;
}

/* An empty list for an unknown dataset is fine, as it is for the measured server. */
void mlflow_dataset_upsert(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "records", MLFLOW_STR, MLFLOW_NEED | MLFLOW_TYPED, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	struct json *records, *body;
	int64_t inserted = 0, updated = 0;
	bool found, ok;
	records = request ?
		parse_text(call, "records", json_str_or(request, "records", ""), JSON_ARRAY) : NULL;
	ok = records && (!json_len(records) || need_dataset(call, call->args[0]));
	for (const struct json *c = json_first(records); ok && c; c = json_next(c)) {
		ok = upsert(call, call->args[0], c, &found);
		*(found ? &updated : &inserted) += 1;
	}
	if (ok && (!json_len(records) || set_digest(call, call->args[0]))) {
		body = json_new_object();
		json_set_int(body, "inserted_count", inserted);
		json_set_int(body, "updated_count", updated);
		call_reply(call, body);
	}
	json_free(records);
}

static struct json *record_json(struct call *call, struct db_stmt *stmt)
{
	static const char *const members[] = { "inputs", "expectations", "tags", "source" };
	struct err err = { .code = ERR_NONE };
	struct json *stored = json_parse(db_column_text(stmt, 1), db_column_bytes(stmt, 1), &err);
	struct json *record = json_new_object();
	const struct json *outputs = json_get(stored, "outputs");
	(void)call;
	json_set_str(record, "dataset_record_id", db_column_text(stmt, 0));
	json_set_str(record, "dataset_id", db_column_text(stmt, 4));
	for (size_t i = 0; i < countof(members); i++)
		if (json_get(stored, members[i]))
			json_set(record, members[i], json_dup(json_get(stored, members[i])));
	mlflow_set_text(record, "source_type",
		json_str_or(json_get(stored, "source"), "source_type", NULL));
	json_set_int(record, "created_time", db_column_int(stmt, 2));
	json_set_int(record, "last_update_time", db_column_int(stmt, 3));
	json_set(record, "outputs", outputs ? json_dup(outputs) : json_new_object());
	json_free(stored);
	return record;
}

/* The list of records is a JSON text within the answer. */
void mlflow_dataset_records(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "max_results", MLFLOW_INT, MLFLOW_TYPED, NULL, NULL },
		{ "page_token", MLFLOW_STR, MLFLOW_TYPED, NULL, NULL }, { .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	struct mlflow_search page = { .limit = 0 };
	const struct json *records;
	struct json *body;
	struct str text = STR_INIT;
	if (!request || !need_dataset(call, call->args[0]) ||
		!mlflow_search_page(call, &page, request, PAGE_SIZE, 50000))
		return;
	body = mlflow_search_body(call, &page, mlflow_sql(call, "SELECT id, document, created, "
		"updated, dataset_id FROM mlflow_records WHERE dataset_id = ? "
		"ORDER BY created, id LIMIT ? OFFSET ?", "tii", call->args[0], page.limit + 1,
		page.offset), "records", record_json);
	if (!body)
		return;
	records = json_get(body, "records");
	if (records)
		json_print(records, &text);
	json_set_str(body, "records", records ? str_text(&text) : "[]");
	str_free(&text);
	call_reply(call, body);
}

void mlflow_dataset_delete_records(struct call *call)
{
	static const struct mlflow_field fields[] = {
		{ "dataset_record_ids", MLFLOW_STR, MLFLOW_TYPED | MLFLOW_LIST, NULL, NULL },
		{ .name = NULL } };
	const struct json *request = mlflow_message(call, fields);
	const struct json *ids = json_get(request, "dataset_record_ids");
	int64_t deleted = 0;
	struct json *body;
	if (!request || !need_dataset(call, call->args[0]))
		return;
	for (const struct json *c = json_first(ids); c; c = json_next(c)) {
		if (!mlflow_run(call, "DELETE FROM mlflow_records WHERE dataset_id = ? AND id = ?",
			"tt", call->args[0], json_text(c)))
			return;
		deleted += db_changes(call->server->db);
	}
	if (!set_digest(call, call->args[0]))
		return;
	body = json_new_object();
	json_set_int(body, "deleted_count", deleted);
	call_reply(call, body);
}
