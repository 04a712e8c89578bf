/* One task of a run: which script it is, and with which arguments. */
#include "jobs.h"

#include "db.h"
#include "faults.h"
#include "files.h"
#include "json.h"
#include "server.h"
#include "str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void task_result_free(struct task_result *result)
{
	free(result->error);
	free(result->trace);
	free(result->logs);
	*result = (struct task_result){ NULL, NULL, NULL };
}

bool task_fails(struct task_result *result, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list ap;
	va_start(ap, format);
	str_vaddf(&text, format, ap);
	va_end(ap);
	free(result->error);
	free(result->trace);
	result->error = str_take(&text);
	result->trace = xstrdup(result->error);
	return false;
}

/* ---- arguments ----------------------------------------------------------------------- */

/* The value of a job parameter in this run; NULL: there is none. */
static const char *parameter(const struct json *run, const char *name, size_t n)
{
	const struct json *item = json_first(json_get(run, "job_parameters"));
	for (; item; item = json_next(item)) {
		const char *key = json_str_or(item, "name", "");
		if (strlen(key) == n && memcmp(key, name, n) == 0)
			return json_str_or(item, "value", json_str_or(item, "default", ""));
	}
	return NULL;
}

/* Appends the text with {{job.parameters.NAME}} replaced; other references stay. */
static void fill(const struct json *run, const char *text, struct str *out)
{
	static const char start[] = "{{job.parameters.";
	for (const char *at; (at = strstr(text, start)); ) {
		const char *name = at + strlen(start), *end = strstr(name, "}}");
		const char *value = end ? parameter(run, name, (size_t)(end - name)) : NULL;
		if (!end)
			break;
		str_addn(out, text, (size_t)(at - text));
		if (value)
			str_add(out, value);
		else
			str_addn(out, at, (size_t)(end + 2 - at));
		text = end + 2;
	}
	str_add(out, text);
}

/* "gold-schema" and "gold_schema" are one name. */
static void set_argument(struct json *arguments, const char *name, size_t n, const char *value)
{
	char *key = xstrndup(name, n);
	for (char *c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	json_set_str(arguments, key, value);
	free(key);
}

/* --name=value, or --name and value as two. */
static void read_list(const struct json *run, const struct json *list, struct json *arguments)
{
	struct str text = STR_INIT;
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const char *option = json_text(c), *equal;
		const struct json *next = json_next(c);
		if (!option || !starts_with(option, "--"))
			continue;
		option += 2;
		equal = strchr(option, '=');
		str_reset(&text);
		if (equal) {
			fill(run, equal + 1, &text);
			set_argument(arguments, option, (size_t)(equal - option), str_text(&text));
		} else if (json_text(next)) {
			fill(run, json_text(next), &text);
			set_argument(arguments, option, strlen(option), str_text(&text));
			c = next;
		}
	}
	str_free(&text);
}

/* A notebook sees all job parameters, and its own. */
static void read_map(const struct json *run, const struct json *map, struct json *arguments)
{
	struct str text = STR_INIT;
	const struct json *item = json_first(json_get(run, "job_parameters"));
	for (; item; item = json_next(item)) {
		const char *name = json_str_or(item, "name", "");
		set_argument(arguments, name, strlen(name),
			json_str_or(item, "value", json_str_or(item, "default", "")));
	}
	for (const struct json *c = json_first(map); c; c = json_next(c)) {
		str_reset(&text);
		fill(run, json_text(c) ? json_text(c) : "", &text);
		set_argument(arguments, json_key(c), strlen(json_key(c)), str_text(&text));
	}
	str_free(&text);
}

/* ---- the task -------------------------------------------------------------------------- */

/* The file or notebook of a task and, in `arguments`, what it gets; NULL: another kind of task. */
static const char *script_of(const struct json *run, const struct json *task,
	struct json *arguments)
{
	const struct json *python = json_get(task, "spark_python_task");
	const struct json *notebook = json_get(task, "notebook_task");
	if (python) {
		read_list(run, json_get(python, "parameters"), arguments);
		return json_str_or(python, "python_file", "");
	}
	if (!notebook)
		return NULL;
	read_map(run, json_get(notebook, "base_parameters"), arguments);
	return json_str_or(notebook, "notebook_path", "");
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool run_script(struct server *server, const char *path, const struct json *arguments,
	struct task_result *result)
{
	struct err err = { .code = ERR_NONE };
	struct files_entry entry;
	char *name = files_name(path);
	bool ok;
	if (!files_find(server->db, name, &entry, &err))
		ok = task_fails(result, "INTERNAL_ERROR: %s", err.text);
	else if (entry.kind != FILES_FILE && entry.kind != FILES_NOTEBOOK)
		ok = task_fails(result, "RESOURCE_NOT_FOUND: Cannot read the script %s: it does "
			"not exist in the workspace. Deploy the bundle again.", path);
	else if (!starts_with(base_name(name), "deploy_genie"))
		ok = task_fails(result, "The embedded workspace does not run Python. It carries "
			"out scripts named deploy_genie*, but not %s.", path);
	else
		ok = task_deploy_genie(server, name, arguments, result);
	free(name);
	return ok;
}

bool task_run(struct server *server, const struct json *run, const struct json *task,
	struct task_result *result)
{
	const char *key = json_str_or(task, "task_key", "");
	const char *fault = faults_task(server->faults, key), *script;
	struct json *arguments;
	bool ok;
	if (fault)
		return task_fails(result, "%s", fault);
	arguments = json_new_object();
	script = script_of(run, task, arguments);
	ok = script ? run_script(server, script, arguments, result) :
		task_fails(result, "The embedded workspace carries out spark_python_task and "
			"notebook_task only; task %s is neither.", key);
	json_free(arguments);
	return ok;
}
