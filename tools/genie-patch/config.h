/* config.h - patches on the configuration of a space, on one of its two sides. */
#ifndef GENIE_PATCH_CONFIG_H
#define GENIE_PATCH_CONFIG_H

#include "base.h"
#include "err.h"

struct json;
struct patch;
struct state;
struct str;

/* What the live side tells the file side about the item that a patch is about: the two
 * may name it by different ids. */
struct config_link {
	char *id;         /* of the item; first the id that a new one is to get; owned */
	struct json *was; /* the item before it was changed or removed; NULL: none; owned */
};
void config_link_free(struct config_link *link);

struct config_side {
	struct state *state;
	struct json *config;
	const char *like;     /* the file's text; NULL: the live side */
	const char *file;     /* its path; NULL: the live side */
	struct config_link *link;
};
/* Changes the configuration as the patch says; an added item gets its place in the order
 * that its list has to have, and all others keep theirs. *changed false: it was like that. */
bool config_apply(const struct config_side *side, const struct patch *patch, bool *changed,
	struct err *err) MUST_CHECK;

/* ---- the parts ---- */
bool config_item(const struct config_side *side, const struct patch *patch, bool *changed,
	struct err *err) MUST_CHECK;
bool config_instruction(const struct config_side *side, const struct patch *patch, bool *changed,
	struct err *err) MUST_CHECK;

/* A text of the patch in the words of this side: variables resolved; then, for the file,
 * put back where it has them. */
bool config_words(const struct config_side *side, const char *text, struct str *out,
	struct err *err) MUST_CHECK;
/* The live side: its item has this id, the file's is to have it, too. */
void config_tell_id(const struct config_side *side, const struct json *item);
const char *config_where(const struct config_side *side); /* the file, or "the space" */
/* ERR_DATA "FILE:LINE: PATH: WHAT" for the place at a dotted path of the configuration, or of what
 * there is of it. False. */
bool config_fail(const struct config_side *side, const char *path, const char *what,
	struct err *err);
/* Puts a new item (taken) before the first whose `key` is greater. */
struct json *config_insert(struct json *list, const char *key, struct json *item);

#endif
