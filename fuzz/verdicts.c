/* Any bytes as the line of a row: read straight from the line, its verdicts are those of the row
 * made
 * of it. Only a key that appears twice in what is passed over may go unseen. */
#include "verdicts.h"

#include "json.h"
#include "rows.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All that `v` tells, as one text in its arena. */
static const char *told(struct verdicts *v)
{
	char *out = arena_printf(&v->arena, "%s|%s|%s|%s|%s|%s|%d", v->question_id, v->split,
		v->asset,
		v->outcome, v->sql_hash, verdicts_text(v, &v->question), v->replicate);
	for (size_t i = 0; i < v->n; i++) {
		const struct verdict *w = &v->v[i];
		out = arena_printf(&v->arena, "%s|%s|%s|%s|%s|%s|%s|%s|%s|%s|%a", out, w->judge,
			w->value,
			w->rationale, w->failure_type, w->severity, w->fix, w->wrong_clause,
			w->pattern, w->actual, w->confidence);
		for (size_t k = 0; k < w->nblame; k++)
			out = arena_printf(&v->arena, "%s|%s", out, w->blame[k]);
	}
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct verdicts line, row;
	struct err err = { 0 };
	if (!verdicts_of_line(&line, (const char *)data, size))
		return 0;
	struct json *json = json_parse((const char *)data, size, &err);
	if (!json && strstr(err.text, "twice"))
		return 0;
	if (!json || !row_normalise(json, &err) || (verdicts_of_row(&row, json),
	    strcmp(told(&line), told(&row)) != 0))
		__builtin_trap();
	json_free(json);
	return 0;
}
