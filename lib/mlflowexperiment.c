#include "mlflowrun.h"

#include "json.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

void mlflow_experiment_free(struct mlflow_experiment *e)
{
	free(e->id);
	free(e->name);
	memset(e, 0, sizeof(*e));
}

char *mlflow_me(struct mlflow *mlflow, struct err *err)
{
	struct json *me = mlflow_get(mlflow, "/api/2.0/preview/scim/v2/Me", err);
	const char *name = me ? json_need_str(me, "userName", err) : NULL;
	char *out = xstrdup(name);

	json_free(me);
	return out;
}

/* ---- names ---- */

/* "/Workspace/Users//me/x/" is kept by the server as "/Users/me/x". */
static char *normal_path(const char *name)
{
	struct str out = STR_INIT;

	if (starts_with(name, "/Workspace/"))
		name += strlen("/Workspace");
	for (; *name; name++)
		if (!(name[0] == '/' && (name[1] == '/' || !name[1])))
			str_addc(&out, *name);
	return str_take(&out);
}

char *mlflow_experiment_name(struct mlflow *mlflow, const char *name, bool *moved,
	struct err *err)
{
	char *path, *me, *out;

	*moved = false;
	if (!*name || strlen(name) > 500) {
		err_set(err, ERR_USAGE, "experiment \"%.60s\": a name has 1 to 500 bytes", name);
		return NULL;
	}
	if (!mlflow_is_databricks(mlflow))
		return xstrdup(name);
	path = normal_path(name);
	if (starts_with(path, "/Users/") || starts_with(path, "/Shared/") ||
		starts_with(path, "/Repos/"))
		return path;
	if (path[0] == '/') {
		err_set(err, ERR_USAGE, "experiment %s: Databricks keeps experiments in its "
			"workspace tree; use a path under /Users/<email>/ or /Shared/", path);
		free(path);
		return NULL;
	}
	me = mlflow_me(mlflow, err);
	out = me ? xasprintf("/Users/%s/%s", me, path) : NULL;
	*moved = out != NULL;
	free(path);
	free(me);
	return out;
}

char *mlflow_experiment_url(const struct mlflow *mlflow, const char *experiment)
{
	return xasprintf("%s/%sexperiments/%s", mlflow_base(mlflow),
		mlflow_is_databricks(mlflow) ? "ml/" : "#/", experiment);
}

char *mlflow_run_url(const struct mlflow *mlflow, const char *experiment, const char *run)
{
	return xasprintf("%s/%sexperiments/%s/runs/%s", mlflow_base(mlflow),
		mlflow_is_databricks(mlflow) ? "ml/" : "#/", experiment, run);
}

/* ---- getting ---- */

static bool take(const struct json *answer, struct mlflow_experiment *e, bool *deleted,
	struct err *err)
{
	const struct json *one = json_get(answer, "experiment");
	const char *id = one ? json_need_str(one, "experiment_id", err) : NULL;

	if (!one)
		return err_set(err, ERR_UNAVAILABLE, "MLflow's answer holds no experiment");
	if (!id)
		return false;
	e->id = xstrdup(id);
	e->name = xstrdup(json_str_or(one, "name", ""));
	*deleted = streq(json_str_or(one, "lifecycle_stage", "active"), "deleted");
	return true;
}

enum found { FOUND, ABSENT, FAILED };

static enum found get(struct mlflow *mlflow, const char *path, struct mlflow_experiment *e,
	bool *deleted, struct err *err)
{
	struct mlflow_request request = { .path = path };
	struct dbx_reply reply;
	enum found found = FAILED;

	if (mlflow_fetch(mlflow, &request, &reply, err))
		found = take(reply.body, e, deleted, err) ? FOUND : FAILED;
	else if (mlflow_missing(&reply))
		found = ABSENT;
	dbx_reply_free(&reply);
	return found;
}

static enum found get_by_name(struct mlflow *mlflow, const char *name,
	struct mlflow_experiment *e, bool *deleted, struct err *err)
{
	char *path = mlflow_query("/api/2.0/mlflow/experiments/get-by-name", "experiment_name",
		name, NULL);
	enum found found = get(mlflow, path, e, deleted, err);

	free(path);
	return found;
}

static bool is_deleted(const struct mlflow_experiment *e, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "experiment %s (%s) is deleted: nothing can be "
		"logged to it; restore it (genie-track experiment --restore) or take another name",
		e->name, e->id);
}

bool mlflow_experiment_find(struct mlflow *mlflow, const char *what,
	struct mlflow_experiment *e, struct err *err)
{
	bool deleted = false, id = *what && !what[strspn(what, "0123456789")];
	char *path = mlflow_query("/api/2.0/mlflow/experiments/get", "experiment_id", what, NULL);
	enum found found = id ? get(mlflow, path, e, &deleted, err) :
		get_by_name(mlflow, what, e, &deleted, err);

	free(path);
	if (found == ABSENT)
		return err_set(err, ERR_UNAVAILABLE, "there is no experiment %s on %s; make it "
			"with genie-track experiment", what, mlflow_base(mlflow));
	return found == FOUND && (!deleted || is_deleted(e, err));
}

/* ---- making ---- */

static bool make_folder(struct mlflow *mlflow, const char *name, struct err *err)
{
	const char *slash = strrchr(name, '/');
	char *folder = xstrndup(name, (size_t)(slash - name));
	struct json *body = json_new_object(), *answer;

	json_set_str(body, "path", folder);
	answer = mlflow_post(mlflow, "/api/2.0/workspace/mkdirs", body, err);
	if (!answer)
		err_wrap(err, "folder %s of the experiment", folder);
	json_free(body);
	json_free(answer);
	free(folder);
	return answer != NULL;
}

/* *exists: somebody else has made it, or something of that name is in the way. */
static bool create(struct mlflow *mlflow, const char *name, bool *exists, struct err *err)
{
	static const struct mlflow_kv tags[] = {
		{ "mlflow.experimentKind", "genai_development" },
		{ "mlflow.note.content", "Optimization of a Genie Space: each version is a "
			"configuration, each run an evaluation." },
	};
	struct json *body = json_new_object();
	struct mlflow_request request = { .method = "POST", .body = body,
		.path = "/api/2.0/mlflow/experiments/create", .safe = true };
	struct dbx_reply reply;
	bool ok;

	json_set_str(body, "name", name);
	json_set(body, "tags", mlflow_kv_json(tags, countof(tags)));
	ok = mlflow_fetch(mlflow, &request, &reply, err);
	*exists = !ok && mlflow_exists(&reply);
	dbx_reply_free(&reply);
	json_free(body);
	return ok || *exists;
}

static bool restore_it(struct mlflow *mlflow, struct mlflow_experiment *e, struct err *err)
{
	struct json *body = json_new_object(), *answer;

	json_set_str(body, "experiment_id", e->id);
	answer = mlflow_post(mlflow, "/api/2.0/mlflow/experiments/restore", body, err);
	e->restored = answer != NULL;
	json_free(answer);
	json_free(body);
	return e->restored;
}

bool mlflow_experiment_open(struct mlflow *mlflow, const char *name, bool restore,
	struct mlflow_experiment *e, struct err *err)
{
	bool deleted = false, exists = false;
	enum found found = get_by_name(mlflow, name, e, &deleted, err);

	if (found == ABSENT) {
		if ((mlflow_is_databricks(mlflow) && !make_folder(mlflow, name, err)) ||
			!create(mlflow, name, &exists, err))
			return false;
		found = get_by_name(mlflow, name, e, &deleted, err);
		if (found == ABSENT)
			return err_set(err, ERR_UNAVAILABLE, "experiment %s: %s", name, exists ?
				"something else in the workspace has this name (a notebook or a "
				"folder)" :
				"it was made and cannot be found");
		e->created = !exists;
	}
	if (found != FOUND || !deleted)
		return found == FOUND;
	return restore ? restore_it(mlflow, e, err) : is_deleted(e, err);
}
