#include "plan.h"

#include "json.h"
#include "live.h"
#include "spacediff.h"
#include "str.h"
#include "textdiff.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SECTIONS 50

static void add_statement(struct json *steps, const struct live *live, const char *text)
{
	struct json *o = json_push(steps, json_new_object());
	char *statement = live_statement(live, text), *title = live_title(live);
	json_set_str(o, "method", "POST");
	json_set_str(o, "path", "/api/2.0/sql/statements");
	json_set_int(o, "bytes", (int64_t)strlen(statement));
	json_set_str(o, "object", title);
	json_set_str(o, "statement", statement);
	free(statement);
	free(title);
}

static void add_space(struct json *steps, const struct live *live)
{
	struct json *o = json_push(steps, json_new_object());
	struct err ignored = { 0 };
	struct str sections = STR_INIT;
	char *title = live_title(live), *path = xasprintf("/api/2.0/genie/spaces/%s", live->name);
	struct json *then = json_parse(live->before, strlen(live->before), &ignored);
	struct json *now = json_parse(live->after, strlen(live->after), &ignored);
	if (then && now)
		space_differences(then, now, MOST_SECTIONS, &sections);
	json_set_str(o, "method", "PATCH");
	json_set_str(o, "path", path);
	json_set_int(o, "bytes", (int64_t)strlen(live->after));
	json_set_str(o, "object", title);
	json_set_str(o, "sections", str_text(&sections));
	json_free(then);
	json_free(now);
	str_free(&sections);
	free(path);
	free(title);
}

static void add_file(struct json *steps, const struct file *file)
{
	struct json *o = json_push(steps, json_new_object());
	json_set_str(o, "file", file->path);
	json_set_int(o, "bytes", file->after ? (int64_t)strlen(file->after) : 0);
	json_set_str(o, "action", !file->after ? "remove" : file->before ? "edit" : "create");
}

static void add_live(struct json *steps, const struct live *live)
{
	if (live->kind == LIVE_SPACE) {
		add_space(steps, live);
		return;
	}
	if (live_drops_first(live))
		add_statement(steps, live, NULL);
	add_statement(steps, live, live->after);
}

/* Going back takes the phases of what was done, from the last to the first. */
static int turn_of(const struct live *live, bool back)
{
	struct live done = *live;
	if (back)
		done.after = live->before;
	return back ? LIVE_NPHASES - 1 - (int)live_phase(&done) : (int)live_phase(&done);
}

static void add_values(struct json *steps, const struct state *state, bool back)
{
	for (int turn = 0; turn < LIVE_NPHASES; turn++)
		for (size_t i = 0; i < state->nlive; i++)
			if (live_changed(state->live[i]) && turn_of(state->live[i], back) == turn)
				add_live(steps, state->live[i]);
}

struct json *plan_steps(const struct state *state, bool back)
{
	struct json *steps = json_new_array();
	if (!back)
		add_values(steps, state, back);
	for (size_t i = 0; i < state->nfiles; i++)
		if (file_changed(state->files[i]))
			add_file(steps, state->files[i]);
	if (back)
		add_values(steps, state, back);
	return steps;
}

void plan_print(const struct json *steps, struct str *out)
{
	size_t n = 0;
	for (const struct json *s = json_first(steps); s; s = json_next(s)) {
		const char *method = json_str_or(s, "method", NULL);
		int64_t bytes = json_int_or(s, "bytes", 0);
		str_addf(out, "%zu. ", ++n);
		if (method)
			str_addf(out, "%s %s (%" PRId64 " bytes): %s\n", method,
				 json_str_or(s, "path", ""), bytes,
				 json_str_or(s, "statement", json_str_or(s, "sections", "")));
		else
			str_addf(out, "%s %s (%" PRId64 " bytes)\n", json_str_or(s, "action", ""),
				 json_str_or(s, "file", ""), bytes);
	}
}

/* ---- diffs ---- */
static char *laid_out(const struct live *live, const char *text)
{
	struct err ignored = { 0 };
	struct json *json = live->kind == LIVE_SPACE && text ?
		json_parse(text, strlen(text), &ignored) : NULL;
	struct str out = STR_INIT;
	if (json)
		json_print_pretty(json, 2, &out);
	else
		str_add(&out, text ? text : "");
	if (out.n && !ends_with(str_text(&out), "\n"))
		str_addc(&out, '\n');
	json_free(json);
	return str_take(&out);
}

void plan_diff(const struct live *live, const char *before, const char *after, struct str *out)
{
	char *old = laid_out(live, before), *new = laid_out(live, after), *title = live_title(live);
	unified_diff(title, old, strlen(old), new, strlen(new), out);
	free(old);
	free(new);
	free(title);
}
