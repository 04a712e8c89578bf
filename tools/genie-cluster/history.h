/* history.h - what was tried against a failure before, and whether Genie can be told at all.
 *
 * An attempt is a patch of an earlier iteration that names a question of the group and whose
 * target is related to what the group blames (or one of both has none). Where the record of
 * applying (apply.json) is given too, what it says was not applied does not count; without it, what
 * is of high risk does not, as that is only proposed. The patches of one iteration are one
 * attempt.
 *
 * After two attempts a failure is looked up among the known limitations (loop.md):
 *   KGL-1  tvf_parameter_error where 'NULL' is spoken of
 *   KGL-2  asset_routing_error, or answers that change between kinds of assets
 *   KGL-3  a mistake in a filter, where a nested date expression is asked for ("last quarter",
 * "YoY")
 */
#ifndef GENIE_CLUSTER_HISTORY_H
#define GENIE_CLUSTER_HISTORY_H

#include "base.h"
#include "err.h"

struct group;
struct groups;
struct history;
struct json;
struct strlist;
struct verdicts;

/* Reads patches.json, decision.json and apply.json files; those of a folder belong together. The
 * iteration of a patches.json is that of the decision.json of its folder, else that in the folder's
 * name (iter-03), else its place among the files given, from 1. Without files: an empty history. */
struct history *history_load(const struct strlist *paths, struct err *err) MUST_CHECK;
void history_free(struct history *history); /* NULL is fine */
/* What a row hints at, for group.h; 0 without a history. */
unsigned history_hints(const struct history *history, struct verdicts *row);
/* Sets `attempts` and `known_limitation` of a cluster. */
void history_write(const struct history *history, const struct groups *groups,
	const struct group *group, struct json *cluster);

#endif
