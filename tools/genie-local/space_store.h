/* space_store.h - the Genie spaces of the SQLite file, and what may be put into them.
 *
 * One row of the table `spaces` (load.h) is a space. Whoever changes a configuration, be it a
 * request or the task of a job, has it checked here, so that the same file is refused
 * everywhere with the same words.
 *
 * A configuration that comes in is checked as a workspace does (spacecheck.h): fields,
 * ids, order, limits, and whether the tables exist. What the space holds already is not
 * held against a change: exports are loaded as they are, with fields or tables that this
 * workspace does not know.
 */
#ifndef GENIE_LOCAL_SPACE_STORE_H
#define GENIE_LOCAL_SPACE_STORE_H

#include "base.h"
#include "err.h"

struct db;
struct db_stmt;
struct json;
struct server;

#define SPACE_COLUMNS "space_id, title, description, warehouse_id, parent_path, " \
	"serialized_space, etag, create_time, update_time, trashed"
enum space_column {
	SPACE_ID, SPACE_TITLE, SPACE_DESCRIPTION, SPACE_WAREHOUSE, SPACE_PARENT,
	SPACE_SERIALIZED, SPACE_ETAG, SPACE_CREATED, SPACE_UPDATED, SPACE_TRASHED
};

/* A row of the table; zero-initialise; the texts are owned. */
struct space_row {
	char *text[SPACE_ETAG + 1];
	int64_t created_ms, updated_ms;
	bool trashed;
};
void space_row_free(struct space_row *row);
void space_row_set(struct space_row *row, enum space_column column, const char *text); /* copies */
/* From a statement that selects SPACE_COLUMNS. */
void space_row_read(struct space_row *row, struct db_stmt *stmt);
/* *found: there is such a row, trashed or not. */
bool space_row_find(struct db *db, const char *id, struct space_row *row, bool *found,
	struct err *err) MUST_CHECK;
bool space_row_save(struct db *db, const struct space_row *row, struct err *err) MUST_CHECK;

/* Why something is refused, as the service words it. */
struct refusal {
	int status;        /* of HTTP */
	const char *code;  /* INVALID_PARAMETER_VALUE, ...; a literal */
	char text[1024];
};
/* Fills in a refusal; returns false. A longer text is cut. */
bool refuse(struct refusal *refusal, int status, const char *code, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* Reads and checks a serialized_space; `old` is the configuration that it replaces, or NULL.
 * The migrated configuration is yours; NULL: refused. */
struct json *space_accept(struct server *server, const char *text, const struct json *old,
	struct refusal *refusal) MUST_CHECK;
/* Puts an accepted configuration into the row. */
void space_row_put(struct space_row *row, const struct json *config);
/* Replaces the configuration, when it is accepted; the etag grows when it differs. Does not
 * save. */
bool space_row_replace(struct server *server, struct space_row *row, const char *text,
	struct refusal *refusal) MUST_CHECK;

#endif
