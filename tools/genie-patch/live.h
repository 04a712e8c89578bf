/* live.h - reading and writing single values of a workspace. */
#ifndef GENIE_PATCH_LIVE_H
#define GENIE_PATCH_LIVE_H

#include "state.h"

/* The present value; *text NULL when it has none (no comment, no such tag, no such function or
 * metric view). ERR_DATA: the table or column does not exist. *etag is set for spaces. */
bool live_read(struct state *state, const struct live *live, char **text, char **etag,
	struct err *err) MUST_CHECK;
/* The statement (or, for a space, the PATCH as JSON) that sets the value; yours. NULL
 * text removes it. */
char *live_statement(const struct live *live, const char *text);
/* Sets it. For spaces only if the etag still is `etag` (NULL: whatever it is); another one is
 * ERR_TEMP "refetch: ...". */
bool live_write(struct state *state, const struct live *live, const char *text, const char *etag,
	struct err *err) MUST_CHECK;
/* Does the space, as found, mean what it did `then`? Else ERR_TEMP "refetch: space ID changed since
 * WHEN: PLACES". */
bool live_space_unchanged(const struct live *live, const struct json *then, const char *when,
	struct err *err) MUST_CHECK;
/* Is there a metric view by this name (bundle first, then information_schema)? */
bool live_is_metric_view(struct state *state, const char *name, bool *yes,
	struct err *err) MUST_CHECK;

/* One statement, on the warehouse of the run. */
struct stmt_result;
bool live_query(struct state *state, const char *sql, struct stmt_result *result,
	struct err *err) MUST_CHECK;
char *live_show_properties(const char *name); /* the statement; yours */
/* The statement that makes the function what the functions API says it is; yours. */
struct json;
char *live_function_statement(const char *name, const struct json *function);

#endif
