/* Judge prompts: registered once for each text, loaded by alias. */
#include "context.h"

#include "digest.h"
#include "io.h"
#include "json.h"
#include "log.h"
#include "mlflowprompt.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define ALIAS "production"

/* "<uc_schema>.genie_opt_<judge>". New string. */
static char *full_name(struct context *c, const char *judge, struct err *err)
{
	const char *uc = job_arg(c->job, "uc");
	char *name = xasprintf("%s%sgenie_opt_%s", uc ? uc : "", uc ? "." : "", judge);

	if (mlflow_prompt_name_ok(c->mlflow, name))
		return name;
	err_set(err, ERR_USAGE, "prompt %s: %s", name, mlflow_is_databricks(c->mlflow) ?
		"Databricks keeps prompts as catalog.schema.name; give --uc CATALOG.SCHEMA" :
		"a name holds letters, digits and _.- only");
	free(name);
	return NULL;
}

static void tell(struct context *c, const char *judge, const char *name, const char *version,
	const char *sha)
{
	struct json *one = json_push(json_get(c->out, "prompts"), json_new_object());

	json_set_str(one, "judge", judge);
	json_set_str(one, "name", name);
	json_set_str(one, "version", version);
	json_set_str(one, "alias", job_arg(c->job, "alias") ? job_arg(c->job, "alias") : ALIAS);
	json_set_str(one, "sha256", sha);
}

/* What is told of a prompt that stays is what the registry has. */
static bool digest_kept(struct context *c, const struct mlflow_prompt *prompt, char sha[SHA256_HEX],
	struct err *err)
{
	struct str text = STR_INIT, version = STR_INIT;
	bool ok = mlflow_prompt_load(c->mlflow, prompt->name, prompt->alias, &text, &version, err);

	if (ok)
		sha256_hex(str_text(&text), text.n, sha);
	str_free(&text);
	str_free(&version);
	return ok;
}

static bool add(struct context *c, const char *judge, const char *text, struct err *err)
{
	const char *alias = job_arg(c->job, "alias");
	char *name = full_name(c, judge, err), sha[SHA256_HEX];
	struct str version = STR_INIT;
	struct mlflow_prompt prompt = { .name = name, .text = text,
		.alias = alias ? alias : ALIAS, .experiment = c->experiment.id,
		.keep = job_arg(c->job, "keep") != NULL };
	bool made = false, ok;

	prompt.sha256 = sha256_hex(text, strlen(text), sha);
	ok = name && mlflow_prompt_register(c->mlflow, &prompt, &version, &made, err);
	if (ok && prompt.keep && !made)
		ok = digest_kept(c, &prompt, sha, err);
	if (ok) {
		tell(c, judge, name, str_text(&version), sha);
		log_info("prompt %s: version %s%s", name, str_text(&version),
			made ? ", new" : ", unchanged");
	}
	str_free(&version);
	free(name);
	return ok;
}

/* Loads what the alias points to into DIR/JUDGE.md. */
static bool load_one(struct context *c, const char *judge, const char *dir, struct err *err)
{
	const char *alias = job_arg(c->job, "alias");
	char *name = full_name(c, judge, err), *file = xasprintf("%s.md", judge);
	char *path = io_join(dir, file), sha[SHA256_HEX];
	struct str text = STR_INIT, version = STR_INIT;
	bool ok = name && mlflow_prompt_load(c->mlflow, name, alias ? alias : ALIAS, &text,
		&version,
		err) && io_mkdirs(dir, err) && io_write_file(path, str_text(&text), text.n, err);

	if (ok)
		tell(c, judge, name, str_text(&version), sha256_hex(str_text(&text), text.n, sha));
	str_free(&text);
	str_free(&version);
	free(name);
	free(file);
	free(path);
	return ok;
}

/* The texts beside the verdicts that they led to: prompts/JUDGE.md of the run. */
static bool keep(struct context *c, const struct json *inputs, struct err *err)
{
	struct mlflow_file *files = xcalloc(json_len(inputs) + 1, sizeof(*files));
	struct strlist paths = { 0 };
	struct mlflow_run run = { 0 };
	char *id = context_run(c, "run", err);
	size_t n = 0;
	bool ok = id && mlflow_run_get(c->mlflow, id, &run, NULL, err);

	for (const struct json *in = json_first(inputs); in; in = json_next(in)) {
		const char *text = json_text(in) ? json_text(in) : "";

		strlist_take(&paths, xasprintf("prompts/%s.md", json_key(in)));
		files[n] = (struct mlflow_file){ paths.v[n], text, strlen(text) };
		n++;
	}
	if (ok) {
		struct mlflow_place place = { MLFLOW_OF_RUN, run.id, run.experiment,
			run.artifacts };

		ok = mlflow_put(c->mlflow, &place, files, n, err);
		json_set_str(c->out, "run_id", id);
	}
	mlflow_run_free(&run);
	strlist_free(&paths);
	free(files);
	free(id);
	return ok;
}

bool verb_prompts(struct context *c, struct err *err)
{
	const struct json *inputs = json_get(c->job->document, "inputs");
	const struct json *judges = json_get(json_get(c->job->document, "args"), "judge");
	const char *dir = job_arg(c->job, "to");
	bool ok = true, register_them = !dir && !job_arg(c->job, "texts-only");

	json_set(c->out, "prompts", json_new_array());
	if (register_them && (job_arg(c->job, "experiment") || job_arg(c->job, "domain")))
		ok = context_experiment(c, err);
	if (ok && dir && !json_len(judges))
		return err_set(err, ERR_USAGE, "prompts --to DIR: name the prompts with --judge");
	for (const struct json *j = json_first(judges); ok && dir && j; j = json_next(j))
		ok = load_one(c, json_text(j), dir, err);
	if (dir)
		return ok;
	if (job_arg(c->job, "texts-only") && !job_arg(c->job, "run"))
		return err_set(err, ERR_USAGE, "prompts --texts-only: with which run? give "
			"--run ID");
	if (!json_len(inputs))
		return err_set(err, ERR_USAGE, "prompts: give the prompt files, or --to DIR to "
			"load them");
	for (const struct json *in = json_first(inputs); register_them && ok && in;
		in = json_next(in))
		ok = add(c, json_key(in), json_text(in), err);
	return ok && (!job_arg(c->job, "run") || keep(c, inputs, err));
}
