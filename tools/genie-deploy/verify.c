/* --verify: does what was deployed answer as well as what was optimized? */
#include "deploy.h"

#include "artifact.h"
#include "json.h"
#include "jsonw.h"
#include "str.h"
#include "tool.h"

#define TOLERANCE 2.0 /* points of accuracy */
#define MOST_FIXES 2

struct inputs {
	struct json *doc, *before, *after, *drift;
};

static bool load(struct json **out, const char *path, const char *kind, struct err *err)
{
	return !path || (*out = artifact_load(path, kind, err)) != NULL;
}

static bool load_all(struct inputs *in, const struct tool *tool, const struct options *o,
	struct err *err)
{
	const char *path = tool->noperands ? tool->operands[0] : "-";
	if (!o->before || !o->after)
		return err_set(err, ERR_USAGE, "--verify needs --before and --after");
	if (!load(&in->doc, path, "deploy", err) || !load(&in->before, o->before, "eval", err) ||
	    !load(&in->after, o->after, "eval", err) || !load(&in->drift, o->drift, "drift", err))
		return false;
	const char *status = json_str_or(in->doc, "status", "");
	/* a verified one may be verified again: after a fix, or with another evaluation */
	return streq(status, "SUCCESS") || streq(status, "DISCREPANCY") ||
		(streq(status, "ESCALATED") && json_is(json_get(in->doc, "verification"),
			JSON_OBJECT)) ||
		err_set(err, ERR_DATA, "%s: $.status: %s: only what was deployed can be verified",
			path,
			status);
}

static bool accuracy(const struct json *eval, const char *path, double *out, struct err *err)
{
	return json_as_num(json_get(eval, "overall_accuracy"), out) ||
		err_set(err, ERR_DATA, "%s: $.overall_accuracy: nothing was measured", path);
}

/* A change that only the repository has is no loss, unless the loop says that it had made the value
 * another one. */
static bool is_loss(const struct json *item)
{
	return json_bool_or(item, "by_loop", false) ||
		!streq(json_str_or(item, "change", ""), "repository");
}

/* What should be there: the workspace's text, or, of what a deployment has overwritten (genie-patch
 * --lost) and of what the loop had accepted, the text that was accepted. */
static const char *text_of(const struct json *item)
{
	bool lost = streq(json_str_or(item, "change", ""), "lost") ||
		json_bool_or(item, "by_loop", false);
	const char *text = json_str_or(item, lost ? "snapshot" : "live", NULL);
	return text ? text : json_str_or(item, "snapshot", NULL);
}

/* What the repository lacks, whoever changed it. */
static struct json *missing(const struct json *items)
{
	static const char *const keys[] = { "file", "path", "object" };
	struct json *list = json_new_array();
	for (const struct json *i = json_first(items); i; i = json_next(i)) {
		if (!is_loss(i))
			continue;
		struct json *one = json_push(list, json_new_object());
		json_set_str(one, "patch_id", json_str_or(json_get(i, "patch"), "patch_id", NULL));
		for (size_t k = 0; k < countof(keys); k++)
			json_set_str(one, keys[k], json_str_or(i, keys[k], NULL));
		json_set_str(one, "text", text_of(i));
	}
	return list;
}

static void verify(const struct inputs *in, const struct options *o, double before, double after)
{
	struct json *v = json_set(in->doc, "verification", json_new_object());
	const struct json *items = json_get(in->drift, "drift");
	bool less = after < before - TOLERANCE;
	const char *status = !less ? "SUCCESS" : o->fixes >= MOST_FIXES ?
		"ESCALATED" : "DISCREPANCY";
	json_set_num(v, "before", before);
	json_set_num(v, "after", after);
	json_set_num(v, "delta", after - before);
	json_set_num(v, "tolerance", TOLERANCE);
	json_set_int(v, "questions_before", json_int_or(in->before, "evaluated", 0));
	json_set_int(v, "questions_after", json_int_or(in->after, "evaluated", 0));
	json_set(v, "drift", items ? json_dup(items) : json_new_array());
	json_set(v, "missing", missing(items));
	json_set_int(v, "fixes", o->fixes);
	json_set_str(in->doc, "status", status);
	json_set(in->doc, "escalation", streq(status, "ESCALATED") ?
		escalation(in->doc, in->before, in->after) : json_new_null());
}

static bool answer(const struct json *doc, struct err *err)
{
	const struct json *v = json_get(doc, "verification");
	const struct json *first = json_first(json_get(v, "missing"));
	const char *status = json_str_or(doc, "status", "");
	return streq(status, "SUCCESS") ||
		err_set(err, ERR_NO, "%s: accuracy %.4g after the deployment, %.4g before it: %s "
			"%s",
			status, json_num_or(v, "after", 0), json_num_or(v, "before", 0),
			first ? "not in the repository:" : "no change is known to be missing",
			first ? json_str_or(first, "file", json_str_or(first, "object", "")) : "");
}

bool run_verify(struct tool *tool, const struct options *o, struct err *err)
{
	struct inputs in = { 0 };
	double before = 0, after = 0;
	bool ok = load_all(&in, tool, o, err) && accuracy(in.before, o->before, &before, err) &&
		accuracy(in.after, o->after, &after, err);
	if (ok) {
		verify(&in, o, before, after);
		jsonw_document(tool->out, in.doc);
		ok = answer(in.doc, err);
	}
	json_free(in.doc);
	json_free(in.before);
	json_free(in.after);
	json_free(in.drift);
	return ok;
}
