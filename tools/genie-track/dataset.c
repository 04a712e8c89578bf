/* The evaluation dataset of a domain. */
#include "context.h"

#include "json.h"
#include "jsonl.h"
#include "mlflowdataset.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(struct json *to, const struct json *from, const char *const *fields)
{
	for (; *fields; fields++) {
		const struct json *value = json_get(from, *fields);

		if (value && !json_is(value, JSON_NULL))
			json_set(to, *fields, json_dup(value));
	}
}

static struct json *record(const struct json *benchmark)
{
	static const char *const expectations[] = { "expected_sql", "expected_asset",
		"expected_facts", "guidelines", "expected_result_hash", NULL };
	static const char *const tags[] = { "category", "priority", "split", "source", NULL };
	struct json *out = json_new_object(), *inputs, *who;

	inputs = json_set(out, "inputs", json_new_object());
	json_set_str(inputs, "question", json_str_or(benchmark, "question", ""));
	json_set_str(inputs, "question_id", json_str_or(benchmark, "id", ""));
	copy(json_set(out, "expectations", json_new_object()), benchmark, expectations);
	copy(json_set(out, "tags", json_new_object()), benchmark, tags);
	who = json_set(out, "source", json_new_object());
	json_set_str(who, "source_type", "HUMAN");
	json_set_str(json_set(who, "source_data", json_new_object()), "user_name",
		"benchmarks.yaml");
	return out;
}

static struct json *read_records(const char *text, struct err *err)
{
	struct json *out = json_new_array(), *one;
	FILE *file = text && *text ? fmemopen((void *)(uintptr_t)text, strlen(text), "r") : NULL;
	struct jsonl in;
	enum jsonl_result result = JSONL_END;

	if (file) {
		jsonl_init(&in, file, "benchmarks");
		while ((result = jsonl_next(&in, &one, err)) == JSONL_RECORD) {
			json_push(out, record(one));
			json_free(one);
		}
		jsonl_close(&in);
		fclose(file);
	}
	if (result == JSONL_END && json_len(out))
		return out;
	if (result == JSONL_END)
		err_set(err, ERR_DATA, "benchmarks: no questions");
	json_free(out);
	return NULL;
}

bool verb_dataset(struct context *c, struct err *err)
{
	const char *given = job_arg(c->job, "dataset"), *uc = job_arg(c->job, "uc");
	const char *domain = job_arg(c->job, "domain");
	char *name = given ? xstrdup(given) : xasprintf("%s%sgenie_benchmarks_%s", uc ? uc : "",
		uc ? "." : "", domain ? domain : "space");
	struct json *records = NULL;
	struct mlflow_set set = { 0 };
	bool ok;

	if (mlflow_is_databricks(c->mlflow)) {
		free(name);
		return err_set(err, ERR_UNAVAILABLE, "dataset: Databricks refreshes its managed "
			"evaluation datasets on a cluster only; genie-track eval names the "
			"dataset in its run all the same");
	}
	records = read_records(job_input(c->job, "benchmarks"), err);
	ok = records && context_experiment(c, err) &&
		mlflow_set_open(c->mlflow, c->experiment.id, name, &set, err) &&
		mlflow_set_records(c->mlflow, &set, records, err);
	if (ok) {
		json_set_str(c->out, "dataset_id", set.id);
		json_set_str(c->out, "dataset", name);
		json_set_int(c->out, "records", (int64_t)json_len(records));
		json_set_int(c->out, "inserted", set.inserted);
		json_set_int(c->out, "updated", set.updated);
	}
	mlflow_set_free(&set);
	json_free(records);
	free(name);
	return ok;
}
