#include "mlflowdataset.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE 500 /* records in one call */

void mlflow_set_free(struct mlflow_set *set)
{
	free(set->id);
	free(set->digest);
	memset(set, 0, sizeof(*set));
}

static void take(const struct json *one, struct mlflow_set *set)
{
	free(set->digest);
	set->digest = xstrdup(json_str_or(one, "digest", ""));
	if (!set->id)
		set->id = xstrdup(json_str_or(one, "dataset_id", NULL));
}

static bool find(struct mlflow *mlflow, const char *experiment, const char *name,
	struct mlflow_set *set, struct err *err)
{
	struct json *body = json_new_object(), *found;
	struct str filter = STR_INIT;

	json_push_str(json_set(body, "experiment_ids", json_new_array()), experiment);
	str_add(&filter, "name = ");
	mlflow_quote(&filter, name);
	json_set_str(body, "filter_string", str_text(&filter));
	json_set_int(body, "max_results", 10);
	found = mlflow_pages(mlflow, "/api/3.0/mlflow/datasets/search", body, "datasets", 10, err);
	if (json_len(found))
		take(json_at(found, 0), set);
	set->found = set->id != NULL;
	json_free(found);
	json_free(body);
	str_free(&filter);
	return found != NULL;
}

static bool create(struct mlflow *mlflow, const char *experiment, const char *name,
	struct mlflow_set *set, struct err *err)
{
	struct json *body = json_new_object();
	struct mlflow_request request = { .method = "POST", .body = body,
		.path = "/api/3.0/mlflow/datasets/create" };
	struct dbx_reply reply;
	bool ok;

	json_set_str(body, "name", name);
	json_push_str(json_set(body, "experiment_ids", json_new_array()), experiment);
	json_set_str(body, "tags", "{\"mlflow.source.name\": \"genie-track\"}"); /* a JSON text */
	ok = mlflow_fetch(mlflow, &request, &reply, err);
	if (ok)
		take(json_get(reply.body, "dataset"), set);
	if (ok && !set->id)
		ok = err_set(err, ERR_UNAVAILABLE, "dataset %s: MLflow's answer holds no id", name);
	dbx_reply_free(&reply);
	json_free(body);
	return ok;
}

bool mlflow_set_open(struct mlflow *mlflow, const char *experiment, const char *name,
	struct mlflow_set *set, struct err *err)
{
	for (int i = 0; i < 3; i++) {
		if (!find(mlflow, experiment, name, set, err))
			return false;
		if (set->id || create(mlflow, experiment, name, set, err))
			return true;
		if (err->code != ERR_TEMP)
			return false;
	}
	return false;
}

static bool post(struct mlflow *mlflow, struct mlflow_set *set, const struct json *some,
	struct err *err)
{
	char *path = xasprintf("/api/3.0/mlflow/datasets/%s/records", set->id);
	struct json *body = json_new_object(), *answer;
	struct str text = STR_INIT;

	json_print(some, &text);
	json_set_str(body, "records", str_text(&text)); /* a JSON text, not a list */
	answer = mlflow_post(mlflow, path, body, err);
	set->inserted += json_int_or(answer, "inserted_count", 0);
	set->updated += json_int_or(answer, "updated_count", 0);
	json_free(answer);
	json_free(body);
	str_free(&text);
	free(path);
	return answer != NULL;
}

static bool has(const struct json *list, const struct json *inputs)
{
	for (const struct json *r = json_first(list); r; r = json_next(r))
		if (json_equal(json_get(r, "inputs"), inputs))
			return true;
	return false;
}

/* All records that the server has, as one array. */
static struct json *read_all(struct mlflow *mlflow, const struct mlflow_set *set, struct err *err)
{
	char *base = xasprintf("/api/3.0/mlflow/datasets/%s/records", set->id),
		*token = xstrdup("");
	struct json *all = json_new_array(), *page, *child;
	bool ok = true;

	do {
		char *path = mlflow_query(base, "max_results", "1000", *token ? "page_token" : NULL,
			token, NULL);
		const char *text;
		struct json *answer = mlflow_get(mlflow, path, err);

		text = json_str_or(answer, "records", "[]");
		page = answer ? json_parse(text, strlen(text), err) : NULL;
		ok = page != NULL;
		while (ok && (child = json_first(page)))
			json_push(all, json_detach(child));
		free(token);
		token = xstrdup(json_str_or(answer, "next_page_token", ""));
		json_free(page);
		json_free(answer);
		free(path);
	} while (ok && *token);
	free(token);
	free(base);
	if (ok)
		return all;
	json_free(all);
	return NULL;
}

bool mlflow_set_records(struct mlflow *mlflow, struct mlflow_set *set, const struct json *records,
	struct err *err)
{
	struct json *some = json_new_array(), *there;
	bool ok = true;

	for (const struct json *r = json_first(records); ok && r; r = json_next(r)) {
		json_push(some, json_dup(r));
		if (json_len(some) < AT_ONCE && json_next(r))
			continue;
		ok = post(mlflow, set, some, err);
		json_free(some);
		some = json_new_array();
	}
	json_free(some);
	there = ok ? read_all(mlflow, set, err) : NULL;
	ok = there != NULL;
	for (const struct json *r = json_first(records); ok && r; r = json_next(r))
		if (!has(there, json_get(r, "inputs")))
			ok = err_set(err, ERR_UNAVAILABLE, "dataset %s: the record of \"%.100s\" "
				"was sent and is not there", set->id, json_str_or(json_get(r,
				"inputs"),
				"question", "?"));
	json_free(there);
	return ok;
}
