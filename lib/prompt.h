/* prompt.h - prompts are files, named by what they hold.
 *
 * A prompt is a Markdown file NAME.md with the sections "## System" and "## User"; what stands
 * before them is for people and is not sent. {{name}} stands for a value; values are put in
 * once and are not looked at again, so a value that holds {{x}} stays as it is. The version is
 * the start of the SHA-256 of the file's bytes: another text is another version. Layer: domain.
 */
#ifndef GENIE_PROMPT_H
#define GENIE_PROMPT_H

#include "base.h"
#include "err.h"

struct json;
struct str;

#define PROMPT_VERSION_SIZE 13 /* 12 hex digits and NUL */
#define PROMPT_MAX (256u << 10) /* bytes of a file */

struct prompt {
	char *name, *path;
	char *system, *user; /* trimmed */
	char version[PROMPT_VERSION_SIZE];
};
/* Reads DIR/NAME.md. ERR_IO when it is not there, ERR_DATA when it is too long, no UTF-8 or
 * lacks a section. */
bool prompt_load(struct prompt *prompt, const char *dir, const char *name, struct err *err)
	MUST_CHECK;
void prompt_free(struct prompt *prompt); /* what is inside; a zeroed one is fine */

/* The value of a name, borrowed; NULL: there is none. */
typedef const char *prompt_value(void *ctx, const char *name);
/* Appends a section with its values. ERR_DATA names the file and a {{name}} without value. */
bool prompt_render(const struct prompt *prompt, const char *section, prompt_value *value,
	void *ctx, struct str *out, struct err *err) MUST_CHECK;

/* A request of chat completions: the sections as messages, temperature 0. NULL as prompt_render
 * fails. Yours. */
struct json *prompt_request(const struct prompt *prompt, prompt_value *value, void *ctx,
	struct err *err) MUST_CHECK;
/* Of the answer it wants JSON by this schema, which it takes, in at most `tokens` tokens. */
void prompt_want(struct json *request, int tokens, const char *name, struct json *schema);
/* Ends an object of a schema: strict schemas want all properties, and no others. */
void prompt_strict(struct json *object);

#endif
