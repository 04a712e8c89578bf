/* genie.h - the Genie API: spaces, and asking questions.
 *
 * Spaces travel as JSON trees as the service gave them (space_id, title,
 * warehouse_id, etag, serialized_space as a string ...). Layer: domain.
 */
#ifndef GENIE_GENIE_H
#define GENIE_GENIE_H

#include "base.h"
#include "err.h"

struct dbx;
struct dbx_reply;
struct json;
struct rate;

/* All spaces, without their configuration; an array, yours. */
struct json *genie_list(struct dbx *dbx, struct err *err) MUST_CHECK;
/* One space; `config` asks for serialized_space and etag too (needs CAN EDIT). */
struct json *genie_get(struct dbx *dbx, const char *space_id, bool config,
	struct err *err) MUST_CHECK;
/* The id of the space with this id or exactly this title; new string. An unknown one
 * and a title that several spaces bear are ERR_UNAVAILABLE. */
char *genie_find(struct dbx *dbx, const char *id_or_title, struct err *err) MUST_CHECK;
/* fields: title, description, warehouse_id, parent_path, serialized_space (a string). */
struct json *genie_create(struct dbx *dbx, const struct json *fields, struct err *err) MUST_CHECK;
/* Changes the fields given; with "etag" only if nobody changed the space since it was
 * read. *status (may be NULL) is the HTTP status: 409 means read again and redo. */
struct json *genie_update(struct dbx *dbx, const char *space_id, const struct json *fields,
	int *status, struct err *err) MUST_CHECK;
bool genie_trash(struct dbx *dbx, const char *space_id, struct err *err) MUST_CHECK;

enum genie_outcome {
	GENIE_ANSWERED,     /* completed (also when its result has expired since) */
	GENIE_FAILED,       /* it gave up: an answer, and wrong */
	GENIE_NOT_MEASURED, /* rate limit, time-out, outage: ask again, never a zero */
};
const char *genie_outcome_text(enum genie_outcome outcome); /* answered|genie_failed|not_measured */

struct genie_answer {
	enum genie_outcome outcome;
	char status[48];        /* last message status ("COMPLETED"), "" when none was seen */
	char *conversation_id, *message_id;
	char *sql;              /* of the query attachment, as Genie wrote it; NULL: none */
	char *statement_id;     /* the statement Genie ran; NULL: none */
	char *text;             /* the prose answer; NULL: none */
	char *error_type;       /* MessageErrorType, or the HTTP error_code; NULL: none */
	char *error;            /* text for people; NULL: none */
	int attempts;           /* HTTP attempts of the start */
	int polls;
	int64_t asked_ms;       /* wall clock at the start */
	int64_t latency_ms;     /* from the start to the final status */
	enum err_code code;     /* ERR_UNAVAILABLE: asking others is pointless too (auth, no
	                         * such space); ERR_NONE or ERR_TEMP otherwise */
	struct json *message;   /* the whole final message; NULL: none */
};
void genie_answer_free(struct genie_answer *answer); /* what is inside */

struct genie_question {
	const char *space_id, *content; /* copied */
	int64_t limit_ms;       /* from start to answer; 0: 120,000 */
	struct rate *rate;      /* waited for before the start; NULL: not limited; borrowed */
};
/* Starts asking; calls back exactly once from http_run(dbx_http(dbx)). The answer
 * is released after the call; take strings by setting them to NULL. */
typedef void genie_done(void *ctx, struct genie_answer *answer);
void genie_ask(struct dbx *dbx, const struct genie_question *question, genie_done *done, void *ctx);
/* Asks and waits. */
void genie_ask_wait(struct dbx *dbx, const struct genie_question *question,
	struct genie_answer *answer);

/* How a MessageErrorType counts. */
enum genie_outcome genie_classify(const char *error_type);
/* Fills sql, statement_id and text from a message. */
void genie_read_message(const struct json *message, struct genie_answer *answer);

#endif
