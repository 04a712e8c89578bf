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
	int64_t asked_ms;       /* wall clock at the start (of the earlier asking when used) */
	int64_t latency_ms;     /* from the start to the final status */
	enum err_code code;     /* ERR_UNAVAILABLE: asking others is pointless too (auth, no
	                         * such space); ERR_NONE or ERR_TEMP otherwise */
	struct json *message;   /* the whole final message; NULL: none */
};
void genie_answer_free(struct genie_answer *answer); /* what is inside */

/* An asking of the same question whose answer nobody has read, since a run was killed or a
 * connection broke. With ids its message is waited for. Without, it is not known whether the
 * service took it: it is looked for among the user's conversations in that space. The question is
 * asked anew when there is none, or when its message can no longer be used. */
struct genie_earlier {
	const char *space_id;   /* NULL: there was none; copied, as the ids */
	const char *conversation_id, *message_id;
	int64_t asked_ms;       /* wall clock, before it was sent */
};

/* Who writes down what becomes of a question, so that nobody pays for it twice. All get the
 * ctx of genie_ask. When one says false, the question ends as not measured (CANCELLED). */
struct genie_keeper {
	bool (*starting)(void *ctx); /* it is about to be sent */
	/* The service has taken it; the space is that of the earlier asking when it was found. */
	bool (*started)(void *ctx, const char *space_id, const char *conversation_id,
		const char *message_id);
	bool (*known)(void *ctx, const char *message_id); /* of another asking: not ours */
};

struct genie_question {
	const char *space_id, *content; /* copied */
	int64_t limit_ms;       /* from start to answer; 0: 120,000 */
	struct rate *rate;      /* waited for before the start; NULL: not limited; borrowed */
	struct genie_earlier earlier;
	const struct genie_keeper *keeper; /* NULL: nobody; borrowed */
};
/* Starts asking; calls back exactly once from http_run(dbx_http(dbx)). The answer
 * is released after the call; take strings by setting them to NULL. */
typedef void genie_done(void *ctx, struct genie_answer *answer);
void genie_ask(struct dbx *dbx, const struct genie_question *question, genie_done *done, void *ctx);
/* Asks and waits. */
void genie_ask_wait(struct dbx *dbx, const struct genie_question *question,
	struct genie_answer *answer);

/* A question that the service may have taken without our knowing. */
struct genie_lost {
	const char *space_id, *content;
	int64_t asked_ms;       /* wall clock, before it was sent */
	const struct genie_keeper *keeper; /* what it knows is not meant; NULL: nobody */
	void *ctx;
};
/* The oldest of the user's messages with that text in a conversation begun then or later: new
 * strings, conversation and message, or NULL for none, also when the service does not list
 * conversations. false: it cannot be asked now. */
bool genie_find_message(struct dbx *dbx, const struct genie_lost *lost, char *found[2],
	struct err *err) MUST_CHECK;

/* How a MessageErrorType counts. */
enum genie_outcome genie_classify(const char *error_type);
/* Fills sql, statement_id and text from a message. */
void genie_read_message(const struct json *message, struct genie_answer *answer);

#endif
