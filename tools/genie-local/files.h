/* files.h - folders, files and notebooks of the workspace, in the SQLite file.
 *
 * Paths are absolute. "/Workspace/Users/x/" and "/Users/x" are one path; it is kept without
 * the prefix. Experiments of MLflow live in the same tree, but are kept by mlflow.h.
 */
#ifndef GENIE_LOCAL_FILES_H
#define GENIE_LOCAL_FILES_H

#include "base.h"
#include "err.h"

struct db;
struct server;
struct str;
struct strlist;

#define FILES_MAX_BYTES (10u << 20) /* of one file, as a workspace has it */

/* Makes the tables and the usual folders. */
bool files_open(struct server *server, struct err *err) MUST_CHECK;

char *files_name(const char *path); /* the path as it is kept; yours */
char *files_parent(const char *name); /* "/a" of "/a/b"; "/" of "/a"; yours */

enum files_kind { FILES_NONE, FILES_FOLDER, FILES_FILE, FILES_NOTEBOOK };

struct files_entry {
	enum files_kind kind;
	char language[16];      /* of a notebook: "PYTHON" */
	int64_t id, size;       /* ids are beyond 2^53 */
	int64_t created_ms, modified_ms;
};
/* What is at a kept path; kind FILES_NONE: nothing. */
bool files_find(struct db *db, const char *name, struct files_entry *entry,
	struct err *err) MUST_CHECK;

bool files_add_folders(struct db *db, const char *name, struct err *err) MUST_CHECK;
/* Appends the content of a file or notebook; *found false when there is none. */
bool files_read(struct db *db, const char *name, struct str *content, bool *found,
	struct err *err) MUST_CHECK;
/* Writes a file (language NULL) or notebook, over what was there. */
bool files_write(struct db *db, const char *name, const char *language, const struct str *content,
	struct err *err) MUST_CHECK;
/* The kept paths right below a folder, sorted. */
bool files_children(struct db *db, const char *name, struct strlist *names,
	struct err *err) MUST_CHECK;
/* Removes what is at the path, and all below it. */
bool files_delete(struct db *db, const char *name, struct err *err) MUST_CHECK;

#endif
