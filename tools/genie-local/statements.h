/* statements.h - SQL statements, their states and results, as the Statement Execution
 * API shows them.
 *
 * A statement runs when its time has come: at once, or `delay_ms` after it was made
 * (until then it is PENDING, then RUNNING, and may be cancelled). Results are cut into
 * chunks by rows and bytes. The store keeps a limited number of statements and bytes of
 * results; the oldest results go first (state CLOSED), then the statements (404).
 */
#ifndef GENIE_LOCAL_STATEMENTS_H
#define GENIE_LOCAL_STATEMENTS_H

#include "engine.h"
#include "server.h"

#define STATEMENTS_MAX 4096
#define STATEMENTS_MAX_BYTES (256u << 20)
#define STATEMENTS_INLINE_BYTES (25u << 20) /* more fails, as in a workspace */
#define STATEMENTS_CHUNK_BYTES (4u << 20)

enum statement_state {
	STATEMENT_PENDING, STATEMENT_RUNNING, STATEMENT_SUCCEEDED, STATEMENT_FAILED,
	STATEMENT_CANCELED, STATEMENT_CLOSED,
};

struct statement_request {
	struct engine_request engine; /* texts are copied */
	int64_t delay_ms;
	int64_t byte_limit;  /* 0: none */
	bool external;       /* EXTERNAL_LINKS */
	bool csv;            /* format of external results */
	bool cancel_late;    /* engine.time_ms over: CANCELED, not FAILED */
};

struct statement {
	char id[SERVER_UUID_SIZE];
	struct statement_request request;
	struct arena arena;   /* texts of the request */
	enum statement_state state;
	int64_t due_ms;       /* monotonic */
	int64_t made_ms;      /* monotonic */
	struct engine_outcome outcome; /* when it ran */
	size_t *chunks;       /* first row of each chunk, and one behind the last */
	size_t nchunks;
	struct statement *next; /* newer */
};

struct statements *statements_new(void);
void statements_free(struct statements *statements); /* NULL is fine */
/* The statement is owned by the store; it stays until later ones push it out. */
struct statement *statements_add(struct server *server, const struct statement_request *request);
struct statement *statements_find(struct server *server, const char *id); /* NULL: unknown */
void statements_cancel(struct server *server, struct statement *statement); /* when not final */
/* Runs all whose time has come. */
void statements_run_due(struct server *server);
/* Milliseconds until it is due; 0 when final. */
int64_t statement_wait_ms(const struct statement *statement);
enum statement_state statement_state(const struct statement *statement);

/* {statement_id, status, manifest, result}: a new tree. The result is the first chunk. */
struct json *statement_json(struct server *server, const struct statement *statement);
/* ResultData of one chunk; a new tree. */
struct json *statement_chunk_json(struct server *server, const struct statement *statement,
	size_t chunk);
/* Bytes of an external link: JSON array of arrays, or CSV (with a header in chunk 0). */
struct str;
void statement_chunk_text(const struct statement *statement, size_t chunk, struct str *out);

#endif
