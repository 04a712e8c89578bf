#include "apply.h"
#include "artifact.h"
#include "bundle.h"
#include "dbx.h"
#include "dbxtool.h"
#include "io.h"
#include "json.h"
#include "jsonw.h"
#include "leak.h"
#include "live.h"
#include "log.h"
#include "ops.h"
#include "patch.h"
#include "proc.h"
#include "record.h"
#include "recovery.h"
#include "report.h"
#include "space.h"
#include "sqltext.h"
#include "steps.h"
#include "textdiff.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

struct options {
	struct dbxtool dbx;
	const char *space, *snapshot, *rollback, *verify, *warehouse, *journal, *benchmarks;
	struct strlist vars;
	bool dry_run, plan, allow_high, allow_dirty;
};

struct job {
	struct tool *tool;
	const struct options *o;
	struct state state;
	struct apply apply;
	struct patch_set set;
	struct result *results;
	struct json *snapshot; /* NULL: none given */
	struct journal journal;
	struct steps steps;
	int lock;
};

/* ---- opening ---- */
static bool open_bundle(struct job *job, struct err *err)
{
	const struct options *o = job->o;
	if (!o->dbx.bundle)
		return err_set(err, ERR_USAGE,
			       "--bundle is required: patches are kept in the repository too");
	struct bundle_options options = { .target = o->dbx.target,
		.overrides = (const char *const *)o->vars.v, .noverrides = o->vars.n };
	job->state.bundle = bundle_open(o->dbx.bundle, &options, err);
	if (!job->state.bundle)
		return false;
	job->journal.path = o->journal ? xstrdup(o->journal) :
		bundle_path(job->state.bundle, "apply.json.journal");
	char *lock = bundle_path(job->state.bundle, "databricks.yml");
	job->lock = io_lock(lock, err);
	free(lock);
	job->apply.state = &job->state;
	job->journal.output = job->tool->output;
	job->journal.temporary = job->tool->temporary;
	job->apply.journal = &job->journal;
	job->apply.steps = &job->steps;
	job->steps.fault = tool_env("GENIE_PATCH_FAULT");
	job->state.warehouse_given = o->warehouse;
	if (bundle_space_count(job->state.bundle))
		job->state.warehouse_fallback = bundle_space_at(job->state.bundle, 0)->warehouse_id;
	return job->lock >= 0;
}

static bool open_all(struct job *job, struct err *err)
{
	if (!open_bundle(job, err))
		return false;
	job->state.dbx = dbxtool_open(&job->o->dbx, err);
	return job->state.dbx != NULL;
}

static void close_all(struct job *job)
{
	for (size_t i = 0; job->results && i < job->set.n; i++)
		result_free(&job->results[i]);
	free(job->results);
	patch_set_free(&job->set);
	json_free(job->snapshot);
	state_free(&job->state);
	free(job->apply.etag_after);
	if (job->lock >= 0)
		io_unlock(job->lock);
	bundle_free(job->state.bundle);
	dbx_free(job->state.dbx);
	free(job->journal.path);
}

/* ---- reading patches ---- */
static void refuse_leak(struct patch_entry *entry, const struct leak_guard *guard)
{
	struct leak_match match;
	if (entry->status == PATCH_REFUSED || !(leak_check(guard, entry->patch.new_text ?
			entry->patch.new_text : "", &match) ||
			(entry->patch.value && leak_check_json(guard, entry->patch.value, &match))))
		return;
	entry->status = PATCH_REFUSED;
	snprintf(entry->reason, sizeof entry->reason, "gives away the %s of %.60s (likeness %.2f)",
		 match.what, match.question_id, match.likeness);
}

/* Answers of the questions that measure may not get into metadata. */
static bool check_leaks(struct job *job, struct err *err)
{
	if (!job->o->benchmarks)
		return true;
	struct leak_guard *guard = leak_load(job->o->benchmarks, err);
	if (!guard)
		return false;
	for (size_t i = 0; i < job->set.n; i++)
		refuse_leak(&job->set.v[i], guard);
	leak_free(guard);
	return true;
}

static bool read_patches(struct job *job, struct err *err)
{
	const struct options *o = job->o;
	const char *path = job->tool->noperands ? job->tool->operands[0] : "-";
	struct json *document = json_load(path, err);
	if (!document)
		return false;
	if (!patch_set_read(&job->set, document, err))
		return err_wrap(err, "%s", streq(path, "-") ? "standard input" : path);
	if (o->snapshot && !(job->snapshot = artifact_load(o->snapshot, "space", err)))
		return false;
	job->state.space_id = o->space ? o->space : job->set.space_id ? job->set.space_id :
		json_str_or(job->snapshot, "space_id", NULL);
	patch_set_judge(&job->set, o->allow_high);
	job->results = xcalloc(job->set.n + 1, sizeof *job->results);
	return check_leaks(job, err);
}

/* ---- working them in ---- */
static char *diff_since(const struct state *state, char **before, size_t n)
{
	struct str diff = STR_INIT;
	for (size_t i = 0; i < state->nfiles; i++) {
		const struct file *file = state->files[i];
		const char *old = i < n ? before[i] : file->before;
		unified_diff(file->path, old, strlen(old), file->after, strlen(file->after), &diff);
	}
	return str_take(&diff);
}

static bool work_in(struct job *job, struct result *result, struct err *err)
{
	struct state *state = &job->state;
	struct state_mark *mark = state_mark(state);
	size_t n = state->nfiles;
	char **before = xcalloc(n + 1, sizeof *before);
	struct err why = { 0 };
	for (size_t i = 0; i < n; i++)
		before[i] = xstrdup(state->files[i]->after);
	bool ok = ops_apply(state, &result->entry->patch, &result->outcome, &why);
	if (ok) {
		result->status = !result->outcome.changed ? "already" :
			job->o->dry_run || job->o->plan ? "planned" : "applied";
		result->diff = diff_since(state, before, n);
		state_keep(mark);
	} else {
		state_back(state, mark);
		result->status = "refused";
		result->reason = xstrdup(why.text);
	}
	for (size_t i = 0; i < n; i++)
		free(before[i]);
	free(before);
	/* what cannot be reached, or was changed by others, stops everything */
	return ok || why.code == ERR_DATA || err_set(err, why.code, "%s", why.text);
}

static bool work_all_in(struct job *job, struct err *err)
{
	for (size_t i = 0; i < job->set.n; i++) {
		struct result *result = &job->results[i];
		result->entry = &job->set.v[i];
		if (result->entry->status != PATCH_READY) {
			result->status = result->entry->status == PATCH_QUEUED ? "queued" : "refused";
			result->reason = xstrdup(result->entry->reason);
		} else if (!work_in(job, result, err)) {
			return false;
		}
		for (size_t k = 0; k < result->outcome.warnings.n; k++)
			log_warn("%s", result->outcome.warnings.v[k]);
		if (result->reason)
			log_warn("%s %s: %s", result->entry->patch.patch_id ? result->entry->patch.patch_id :
				 result->entry->patch.type->name, result->status, result->reason);
	}
	return true;
}

static bool anything(const struct state *state)
{
	for (size_t i = 0; i < state->nlive; i++)
		if (live_changed(state->live[i]))
			return true;
	for (size_t i = 0; i < state->nfiles; i++)
		if (file_changed(state->files[i]))
			return true;
	return false;
}

/* ---- has somebody else changed it? ---- */
static const char *snapshot_comment(const struct job *job, const struct live *live, bool *found)
{
	struct arena arena = { 0 };
	const char *p[SQL_NAME_PARTS], *text = NULL;
	bool column = live->kind == LIVE_COLUMN_COMMENT;
	*found = false;
	size_t n = sql_split_name(&arena, live->name, p);
	const struct json *rows = json_dig(job->snapshot, column ? "uc.columns" : "uc.tables");
	for (const struct json *row = json_first(rows); row && n == 3; row = json_next(row))
		if (strieq(json_str_or(row, "table_schema", ""), p[1]) &&
		    strieq(json_str_or(row, "table_name", ""), p[2]) &&
		    (!column || strieq(json_str_or(row, "column_name", ""), live->column))) {
			*found = true;
			text = json_str_or(row, "comment", "");
		}
	arena_free(&arena);
	return text;
}

/* An etag also moves when a change is made and taken back, and some answers have none: what
 * counts is what is there. Without a configuration in the snapshot the etag must do. */
static bool space_unchanged(const struct job *job, const struct live *live, struct err *err)
{
	const struct json *then = json_get(job->snapshot, "config");
	const char *etag = json_str_or(job->snapshot, "etag", job->set.etag);
	if (then)
		return live_space_unchanged(live, then, "the snapshot", err);
	return !etag || !live->etag || streq(etag, live->etag) ||
		err_set(err, ERR_TEMP, "refetch: space %s changed (etag %s, the patches have %s)",
			live->name, live->etag, etag);
}

static bool unchanged(const struct job *job, const struct live *live, struct err *err)
{
	bool found;
	if (live->kind == LIVE_SPACE)
		return space_unchanged(job, live, err);
	if (live->kind != LIVE_TABLE_COMMENT && live->kind != LIVE_COLUMN_COMMENT)
		return true;
	const char *text = snapshot_comment(job, live, &found);
	if (!found || live_same(live->kind, live->before, text))
		return true;
	char *title = live_title(live);
	err_set(err, ERR_TEMP, "refetch: %s changed since the snapshot", title);
	free(title);
	return false;
}

static bool all_unchanged(const struct job *job, struct err *err)
{
	for (size_t i = 0; i < job->state.nlive; i++)
		if (live_changed(job->state.live[i]) && !unchanged(job, job->state.live[i], err))
			return false;
	return true;
}

/* Files with uncommitted changes are somebody's work in progress. */
static bool clean(const struct job *job, struct err *err)
{
	struct str out = STR_INIT;
	int status = 0;
	bool ok = true;
	struct err ignored = { 0 };
	for (size_t i = 0; ok && !job->o->allow_dirty && i < job->state.nfiles; i++) {
		const char *path = job->state.files[i]->path;
		const char *argv[] = { "git", "status", "--porcelain", "--", path, NULL };
		if (!file_changed(job->state.files[i]))
			continue;
		str_reset(&out);
		if (proc_run(argv, bundle_dir(job->state.bundle), 30000, &out, NULL, &status, &ignored) &&
		    status == 0 && out.n)
			ok = err_set(err, ERR_NO, "%s has uncommitted changes (--allow-dirty goes on)", path);
	}
	str_free(&out);
	return ok;
}

/* ---- documents ---- */
static const char *space_etag(const struct state *state)
{
	for (size_t i = 0; i < state->nlive; i++)
		if (state->live[i]->kind == LIVE_SPACE)
			return state->live[i]->etag;
	return NULL;
}

static struct json *document(const struct job *job, const char *status)
{
	struct json *d = tool_document(job->tool, "apply");
	json_set_str(d, "status", status);
	json_set_str(d, "space_id", job->state.space_id);
	json_set_int(d, "lever", job->set.lever);
	if (job->set.config_id)
		json_set_str(d, "config_id", job->set.config_id);
	json_set_str(d, "bundle", bundle_name(job->state.bundle));
	json_set_str(d, "target", bundle_target(job->state.bundle));
	json_set_str(d, "etag_before", space_etag(&job->state));
	if (*job->journal.id) {
		struct json *journal = json_set(d, "journal", json_new_object());
		json_set_str(journal, "path", job->journal.path);
		json_set_str(journal, "id", job->journal.id);
	}
	return d;
}

static bool put(struct job *job, const struct json *d, struct err *err)
{
	jsonw_document(job->tool->out, d);
	return (fflush(job->tool->out) == 0 && !ferror(job->tool->out)) ||
		err_errno(err, "writing apply.json");
}

static bool put_plan(struct job *job, struct err *err)
{
	if (job->o->plan) {
		struct str text = STR_INIT;
		report_plan(&text, &job->state, job->results, job->set.n);
		fputs(str_text(&text), job->tool->out);
		str_free(&text);
		return true;
	}
	struct json *d = document(job, "planned");
	json_set_bool(d, "dry_run", true);
	report_results(d, job->results, job->set.n, false);
	record_write(&job->state, d);
	bool ok = put(job, d, err);
	json_free(d);
	return ok;
}

/* The record takes its place before the journal goes, see recovery.h. *out: it has. */
static bool commit(struct job *job, bool *out, struct err *err)
{
	*out = steps_next(&job->steps, "put out the record",
			  job->tool->output ? job->tool->output : "standard output", err) &&
		tool_commit(job->tool, err);
	return *out && steps_point(&job->steps, "written", err) &&
		journal_remove(&job->journal, &job->steps, err);
}

/* If the record cannot be put out, all is undone. */
static bool put_applied(struct job *job, bool changed, struct err *err)
{
	struct json *d = document(job, changed ? "applied" : "nothing");
	json_set_str(d, "etag_after", job->apply.etag_after ? job->apply.etag_after :
		space_etag(&job->state));
	report_results(d, job->results, job->set.n, true);
	record_write(&job->state, d);
	bool ok = put(job, d, err);
	json_free(d);
	if (!changed)
		return ok;
	bool out = false;
	if (ok && commit(job, &out, err))
		return true;
	struct err why = { 0 };
	if (!out && (!apply_backward(&job->apply, &why) ||
		     !journal_remove(&job->journal, &job->steps, &why)))
		log_error("undoing failed: %s", why.text);
	return false;
}

/* ---- the verbs ---- */
static bool run_apply(struct job *job, struct err *err)
{
	bool dry = job->o->dry_run || job->o->plan;
	if (!open_all(job, err) || !read_patches(job, err))
		return false;
	if (dry && io_exists(job->journal.path))
		log_warn("an earlier run was interrupted (%s); the plan shows what is there now",
			 job->journal.path);
	if ((!dry && !recover(&job->state, &job->journal, &job->steps, err)) || !work_all_in(job, err))
		return false;
	bool changed = anything(&job->state);
	if (changed && !all_unchanged(job, err))
		return false;
	if (dry)
		return put_plan(job, err);
	if (changed && (!clean(job, err) || !apply_forward(&job->apply, err)))
		return false;
	return put_applied(job, changed, err);
}

static struct json *read_record(struct job *job, const char *path, struct err *err)
{
	struct json *record = json_load(path, err);
	if (!record)
		return NULL;
	bool ok = streq(json_str_or(record, "schema", ""), "genie/apply/1") ||
		err_set(err, ERR_DATA, "%s: not an apply.json", path);
	ok = ok && !json_bool_or(record, "dry_run", false) ? true :
		ok && err_set(err, ERR_DATA, "%s: a dry run has nothing to roll back", path);
	if (ok && record_read(&job->state, record, err))
		return record;
	json_free(record);
	return NULL;
}

static void mark_rolled_back(struct json *d, const struct json *record)
{
	struct json *list = json_set(d, "patches", json_new_array());
	for (const struct json *p = json_first(json_get(record, "patches")); p; p = json_next(p)) {
		struct json *copy = json_push(list, json_dup(p));
		if (streq(json_str_or(copy, "status", ""), "applied"))
			json_set_str(copy, "status", "rolled_back");
	}
}

static bool run_rollback(struct job *job, struct err *err)
{
	if (!open_all(job, err) || !recover(&job->state, &job->journal, &job->steps, err))
		return false;
	struct json *record = read_record(job, job->o->rollback, err);
	if (!record)
		return false;
	job->state.space_id = json_str_or(record, "space_id", NULL);
	/* the journal first, so that a killed rollback is finished by the next call */
	bool ok = journal_write(&job->journal, &job->state, "rollback", &job->steps, err);
	if (ok && !apply_backward(&job->apply, err)) {
		if (starts_with(err->text, "refetch")) {
			struct err why = { 0 };
			if (!journal_remove(&job->journal, &job->steps, &why))
				log_error("%s", why.text);
		}
		ok = false;
	}
	if (ok) {
		struct json *d = document(job, "rolled_back");
		json_set_str(d, "etag_after", job->apply.etag_after);
		mark_rolled_back(d, record);
		record_write(&job->state, d);
		bool out;
		ok = put(job, d, err) && commit(job, &out, err);
		json_free(d);
	}
	json_free(record);
	return ok;
}

static bool run_verify(struct job *job, struct err *err)
{
	if (!open_all(job, err))
		return false;
	struct json *record = read_record(job, job->o->verify, err);
	if (!record)
		return false;
	bool after = !streq(json_str_or(record, "status", ""), "rolled_back");
	bool ok = apply_verify(&job->apply, after, err);
	if (ok || err->code == ERR_NO) {
		struct json *d = tool_document(job->tool, "verify");
		json_set_bool(d, "holds", ok);
		json_set_str(d, "reason", ok ? NULL : err->text);
		jsonw_document(job->tool->out, d);
		json_free(d);
	}
	json_free(record);
	return ok;
}

static bool run(struct tool *tool, struct err *err)
{
	struct job job = { .tool = tool, .o = tool->opts, .lock = -1 };
	bool ok;
	if (job.o->rollback)
		ok = run_rollback(&job, err);
	else if (job.o->verify)
		ok = run_verify(&job, err);
	else
		ok = run_apply(&job, err);
	close_all(&job);
	return ok;
}

#define FIELD(name) .offset = offsetof(struct options, name)
static const struct tool_opt opts[] = {
	DBXTOOL_OPTS(struct options, dbx),
	{ .name = "space", .type = OPT_STRING, FIELD(space), .arg = "ID",
	  .help = "the Genie Space (default: the one named in the patches, or in the snapshot)" },
	{ .name = "snapshot", .type = OPT_STRING, FIELD(snapshot), .arg = "FILE",
	  .help = "space.json that the patches were made from: refuse (75) when that changed since" },
	{ .name = "rollback", .type = OPT_STRING, FIELD(rollback), .arg = "FILE",
	  .help = "undo what this apply.json records, and prove it" },
	{ .name = "verify", .type = OPT_STRING, FIELD(verify), .arg = "FILE",
	  .help = "say whether workspace and files still are as this apply.json left them" },
	{ .name = "benchmarks", .type = OPT_STRING, FIELD(benchmarks), .arg = "FILE",
	  .help = "benchmarks.jsonl: refuse texts that hold a question or SQL of its val or held_out split" },
	{ .name = "dry-run", .letter = 'n', .type = OPT_FLAG, FIELD(dry_run),
	  .help = "change nothing; write what would be done, with statements and diffs" },
	{ .name = "plan", .type = OPT_FLAG, FIELD(plan),
	  .help = "the same as text for people" },
	{ .name = "allow-high", .type = OPT_FLAG, FIELD(allow_high),
	  .help = "apply patches of high risk too, which are queued otherwise" },
	{ .name = "allow-dirty", .type = OPT_FLAG, FIELD(allow_dirty),
	  .help = "edit files that have uncommitted changes" },
	{ .name = "var", .type = OPT_LIST, FIELD(vars), .arg = "NAME=VALUE",
	  .help = "value of a bundle variable; may be given several times" },
	{ .name = "warehouse", .type = OPT_STRING, FIELD(warehouse), .arg = "ID",
	  .help = "SQL warehouse (default: the configured one, then the space's)" },
	{ .name = "journal", .type = OPT_STRING, FIELD(journal), .arg = "FILE",
	  .help = "where the journal is while a run lasts (default: apply.json.journal in the bundle)" },
	{ .name = NULL },
};

static const struct tool_example examples[] = {
	{ "Apply a patch set to the workspace and the repository",
	  "genie-patch --bundle demo/cost --snapshot space.json -o apply.json < patches.json" },
	{ "See what it would do", "genie-patch --bundle demo/cost --plan < patches.json" },
	{ "Take it back on both sides", "genie-patch --bundle demo/cost --rollback apply.json" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 1, "a file has uncommitted changes; --verify: something is not as recorded" },
	{ 65, "the patches, the bundle or a file is not what it must be" },
	{ 69, "the workspace refuses for good; nothing was changed" },
	{ 75, "the workspace or a file was changed by someone else since (\"refetch: ...\"), or cannot be "
	      "reached; nothing was changed" },
	{ 0, NULL },
};

static const struct tool_spec spec = {
	.name = "genie-patch",
	.purpose = "apply metadata patches to a workspace and its repository, both or neither",
	.operands = "[PATCHES]",
	.input = "a document genie/patches/1, from a file or standard input.",
	.output = "apply.json (schema genie/apply/1): what became of each patch, and the texts before and "
		  "after of all that changed.",
	.details = "Patches that conflict, touch a sixth object or promise nothing are refused; those "
		   "of high risk are queued. What is refused or queued is in the output; the rest is "
		   "applied, and the status is 0.\n\n"
		   "Before the first change the journal is written. Values in the workspace are set, "
		   "the space last and guarded by its etag; then the files are edited in place; then "
		   "both are read back. A failure undoes what was done. A run that was killed "
		   "is undone by the next call, or finished when its record (-o) is in place.\n\n"
		   "GENIE_PATCH_FAULT is for tests. With \"list\" the run says its side effects, numbered; "
		   "with N it is killed before number N, and with fail-N that one fails. Points with names "
		   "do the same: journal, live, live-done, file, file-done, verified, written, back-file, "
		   "back-live.",
	.opts = opts,
	.examples = examples,
	.exits = exits,
	.max_operands = 1,
	.opts_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return tool_main(argc, argv, &spec);
}
