#include "fresh.h"
#include "io.h"
#include "job.h"
#include "json.h"
#include "leak.h"
#include "log.h"
#include "ops.h"
#include "record.h"
#include "str.h"
#include "textdiff.h"
#include "tool.h"
#include "vet.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading patches ---- */
static bool leaks(const struct leak_guard *guard, const struct patch *patch,
		  struct leak_match *match)
{
	const char *const texts[] = { patch->new_text, patch->column, patch->key };
	for (size_t i = 0; i < countof(texts); i++)
		if (texts[i] && leak_check(guard, texts[i], match))
			return true;
	return patch->value && leak_check_json(guard, patch->value, match);
}

static void refuse_leak(struct patch_entry *entry, const struct leak_guard *guard)
{
	struct leak_match match;
	if ((entry->status == PATCH_REFUSED && !entry->waits) ||
	    !leaks(guard, &entry->patch, &match))
		return;
	entry->status = PATCH_REFUSED;
	entry->waits = false;
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
	patch_set_pairs(&job->set);
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
	if (!job_read_snapshot(job, err))
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
		const char *old = i < n ? before[i] : file->before, *new = file->after;
		old = old ? old : "";
		new = new ? new : "";
		unified_diff(file->path, old, strlen(old), new, strlen(new), &diff);
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
	bool ok = ops_apply(state, &result->entry->patch, &result->outcome, &why) &&
		vet_state(state, &why);
	if (ok) {
		result->status = !result->outcome.changed ? "already" :
			job_dry(job) ? "planned" : "applied";
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

static size_t count_ready(const struct patch_set *set)
{
	size_t n = 0;
	for (size_t i = 0; i < set->n; i++)
		n += set->v[i].status == PATCH_READY;
	return n;
}

/* Those that can be, in order. What cannot be is refused, with its partner. */
static bool work_round(struct job *job, struct err *err)
{
	bool ok = true;
	for (size_t i = 0; ok && i < job->set.n; i++) {
		struct result *result = &job->results[i];
		struct patch_entry *entry = &job->set.v[i];
		result->entry = entry;
		if (entry->status != PATCH_READY)
			continue;
		ok = work_in(job, result, err);
		if (result->reason) {
			entry->status = PATCH_REFUSED;
			snprintf(entry->reason, sizeof entry->reason, "%s", result->reason);
			entry->reason[utf8_fit(entry->reason, sizeof entry->reason - 1)] = '\0';
		}
	}
	return ok;
}

/* Half of a pair that was worked in before the other half was refused is taken out again: by
 * beginning anew, as later patches may have built upon it. */
static bool work_pairs_in(struct job *job, struct err *err)
{
	for (;;) {
		struct state_mark *mark = state_mark(&job->state);
		bool ok = work_round(job, err);
		size_t ready = count_ready(&job->set);
		patch_set_pairs(&job->set);
		if (!ok || count_ready(&job->set) == ready) {
			state_keep(mark);
			return ok;
		}
		state_back(&job->state, mark);
		for (size_t i = 0; i < job->set.n; i++)
			if (!job->results[i].reason) {
				result_free(&job->results[i]);
				job->results[i] = (struct result){ 0 };
			}
	}
}

static bool work_all_in(struct job *job, struct err *err)
{
	if (!work_pairs_in(job, err))
		return false;
	for (size_t i = 0; i < job->set.n; i++) {
		struct result *result = &job->results[i];
		const struct patch_entry *entry = result->entry;
		if (entry->status != PATCH_READY && !result->reason) {
			result->status = entry->status == PATCH_QUEUED ? "queued" : "refused";
			result->reason = xstrdup(entry->reason);
		}
		for (size_t k = 0; k < result->outcome.warnings.n; k++)
			log_warn("%s", result->outcome.warnings.v[k]);
		if (result->reason)
			log_warn("%s %s: %s", entry->patch.patch_id ? entry->patch.patch_id :
				 entry->patch.type->name, result->status, result->reason);
	}
	return true;
}

/* ---- the verbs ---- */
/* What waits for a person, with partners, as a patch set that can be applied later. */
static bool put_queue(const struct job *job, struct err *err)
{
	struct str text = STR_INIT;
	if (!job->o->queue)
		return true;
	struct json *d = tool_document(job->tool, "patches");
	json_set_str(d, "space_id", job->state.space_id);
	json_set_int(d, "lever", job->set.lever);
	struct json *list = json_set(d, "patches", json_new_array());
	for (size_t i = 0; i < job->set.n; i++)
		if (job->set.v[i].status == PATCH_QUEUED || job->set.v[i].waits)
			json_push(list, json_dup(job->set.v[i].patch.json));
	json_print_pretty(d, 2, &text);
	str_addc(&text, '\n');
	bool ok = io_write_file(job->o->queue, str_text(&text), text.n, err);
	str_free(&text);
	json_free(d);
	return ok;
}

/* Read first, whatever the patches touch: a space that is not there is a mistake. */
static bool know_space(struct job *job, struct err *err)
{
	return !job->state.space_id ||
		state_live(&job->state, LIVE_SPACE, job->state.space_id, NULL, NULL, err);
}

static bool run_apply(struct job *job, struct err *err)
{
	if (!job_open(job, err) || !read_patches(job, err) || !job_recover(job, err) ||
	    !know_space(job, err) || !work_all_in(job, err) ||
	    (job_changes(job) && !fresh_all(job, err)) || (!job_dry(job) && !put_queue(job, err)))
		return false;
	struct json *d = job_document(job, "applied");
	bool ok = job_carry_out(job, d, err);
	json_free(d);
	return ok;
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

/* The journal first, so that a killed rollback is finished by the next call. */
static bool go_back(struct job *job, const struct json *record, struct err *err)
{
	bool out;
	if (!journal_write(&job->journal, &job->state, "rollback", &job->steps, err))
		return false;
	if (!apply_backward(&job->apply, err)) {
		struct err why = { 0 };
		if (starts_with(err->text, "refetch") &&
		    !journal_remove(&job->journal, &job->steps, &why))
			log_error("%s", why.text);
		return false;
	}
	struct json *d = job_document(job, "rolled_back");
	json_set_str(d, "etag_after", job->apply.etag_after);
	mark_rolled_back(d, record);
	record_write(&job->state, d);
	bool ok = job_put(job, d, err) && job_commit(job, &out, err);
	json_free(d);
	return ok;
}

static bool plan_back(struct job *job, struct err *err)
{
	state_turn(&job->state);
	struct json *d = job_document(job, "planned");
	bool ok = job_put_plan(job, d, true, err);
	json_free(d);
	return ok;
}

static bool run_rollback(struct job *job, struct err *err)
{
	if (!job_open(job, err) || !job_recover(job, err))
		return false;
	struct json *record = job_read_record(job, job->o->rollback, err);
	if (!record)
		return false;
	job->state.space_id = json_str_or(record, "space_id", NULL);
	bool ok = apply_can_go_back(&job->apply, err) &&
		(job_dry(job) ? plan_back(job, err) : go_back(job, record, err));
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
	else if (job.o->theirs || job.o->ours || job.o->accepted)
		ok = run_adopt(&job, err);
	else if (job.o->restore)
		ok = run_restore(&job, err);
	else
		ok = run_apply(&job, err);
	job_close(&job);
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
	{ .name = "verify", .type = OPT_STRING, FIELD(verify), .arg = "RECORD",
	  .help = "compare workspace and repository: what this apply.json records, or, for a folder, all of "
		  "the bundle there (and with --snapshot say who changed what)" },
	{ .name = "lost", .type = OPT_FLAG, FIELD(lost),
	  .help = "--verify FOLDER: list, too, what the snapshot has and neither side has any more, as after "
		  "a deployment that overwrote it" },
	{ .name = "theirs", .type = OPT_STRING, FIELD(theirs), .arg = "DRIFT",
	  .help = "take what this report of --verify says is live into the repository" },
	{ .name = "ours", .type = OPT_STRING, FIELD(ours), .arg = "DRIFT",
	  .help = "make the workspace what this report of --verify says the repository has" },
	{ .name = "accepted", .type = OPT_STRING, FIELD(accepted), .arg = "DRIFT",
	  .help = "make both sides what --snapshot has, where this report of --verify --lost says they are not" },
	{ .name = "restore", .type = OPT_STRING, FIELD(restore), .arg = "FILE",
	  .help = "make workspace and repository what this space.json of an earlier time says; --snapshot "
		  "is what there is now. What cannot be brought back is named, and nothing is changed" },
	{ .name = "benchmarks", .type = OPT_STRING, FIELD(benchmarks), .arg = "FILE",
	  .help = "benchmarks.jsonl: refuse texts that hold a question or SQL of its val or held_out split" },
	{ .name = "dry-run", .letter = 'n', .type = OPT_FLAG, FIELD(dry_run),
	  .help = "change nothing; write what would be done: diffs of both sides, and the steps in order; "
		  "also with --rollback, --restore, --theirs, --ours and --accepted" },
	{ .name = "plan", .type = OPT_FLAG, FIELD(plan),
	  .help = "the same as text for people" },
	{ .name = "allow-high", .type = OPT_FLAG, FIELD(allow_high),
	  .help = "apply patches of high risk too, which are queued otherwise" },
	{ .name = "queue", .type = OPT_STRING, FIELD(queue), .arg = "FILE",
	  .help = "write the queued patches to FILE, a patch set for a person to read and apply with "
		  "--allow-high FILE; not with --dry-run" },
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
	{ "What differs, and who changed it since the last accepted state",
	  "genie-patch --bundle demo/cost --space cost --verify demo/cost --snapshot space.json -o drift.json" },
	{ "Keep what somebody did in the workspace",
	  "genie-patch --bundle demo/cost --space cost --theirs drift.json -o apply.json" },
	{ "Bring back what was accepted and then overwritten",
	  "genie-patch --bundle demo/cost --snapshot space.json --accepted drift.json -o apply.json" },
	{ "See what going back would change",
	  "genie-patch --bundle demo/cost --restore then.json --snapshot now.json --plan" },
	{ "Back to a configuration that was logged",
	  "genie-track model fetch --model m-1234 -o then.json; genie-fetch cost -o now.json; "
	  "genie-patch --bundle demo/cost --restore then.json --snapshot now.json -o apply.json" },
	{ NULL, NULL },
};

static const struct tool_exit exits[] = {
	{ 1, "a file has uncommitted changes; --verify: workspace and repository differ" },
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
		   "of high risk (removals, new tables and functions, whole definitions) are queued, "
		   "with --queue in a file of their own: read it, take out what should not be, and "
		   "give the file to genie-patch --allow-high. A patch goes with its partner (pair), or "
		   "not at all. What is refused or queued is in the output; the rest is "
		   "applied, and the status is 0.\n\n"
		   "Before the first change the journal is written. Values in the workspace are set, "
		   "the space last and guarded by its etag; then the files are edited in place; then "
		   "both are read back. A failure undoes what was done. A run that was killed "
		   "is undone by the next call, or finished when its record (-o) is in place.\n\n"
		   "GENIE_PATCH_FAULT is for tests. With \"list\" the run says its side effects, numbered; "
		   "with N it is killed before number N, with fail-N that one fails, with stop-N it stops "
		   "there until it is continued. Points with names "
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
