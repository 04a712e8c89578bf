#include "files.h"

#include "clock.h"
#include "db.h"
#include "server.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* Added to row numbers, so that ids are beyond 2^53, as real ones are. */
#define FOLDER_IDS INT64_C(7000000000000000000)
#define FILE_IDS INT64_C(7100000000000000000)

char *files_name(const char *path)
{
	size_t n;
	if (streq(path, "/Workspace"))
		path = "/";
	else if (starts_with(path, "/Workspace/"))
		path += strlen("/Workspace");
	n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	return xstrndup(path, n);
}

char *files_parent(const char *name)
{
	const char *slash = strrchr(name, '/');
	if (!slash || slash == name)
		return xstrdup("/");
	return xstrndup(name, (size_t)(slash - name));
}

bool files_open(struct server *server, struct err *err)
{
	return db_exec(server->db, "CREATE TABLE IF NOT EXISTS workspace_folders ("
			"path TEXT PRIMARY KEY, made_ms INTEGER NOT NULL);"
			"CREATE TABLE IF NOT EXISTS workspace_files ("
			"path TEXT PRIMARY KEY, language TEXT, content BLOB NOT NULL,"
			" made_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL)", err) &&
		files_add_folders(server->db, "/Shared", err) &&
		files_add_folders(server->db, "/Users/" SERVER_USER, err);
}

/* ---- looking -------------------------------------------------------------------- */

static struct db_stmt *for_path(struct db *db, const char *sql, const char *name, struct err *err)
{
	struct db_stmt *stmt = db_prepare(db, sql, err);
	if (stmt)
		db_bind_text(stmt, 1, name);
	return stmt;
}

static void read_entry(const struct db_stmt *stmt, const char *language, struct files_entry *entry)
{
	entry->kind = db_column_int(stmt, 0) ? FILES_FOLDER :
		language ? FILES_NOTEBOOK : FILES_FILE;
	entry->id = db_column_int(stmt, 2) + (entry->kind == FILES_FOLDER ? FOLDER_IDS : FILE_IDS);
	entry->size = db_column_int(stmt, 3);
	entry->created_ms = db_column_int(stmt, 4);
	entry->modified_ms = db_column_int(stmt, 5);
	for (size_t i = 0; language && language[i] && i + 1 < sizeof(entry->language); i++)
		entry->language[i] = language[i];
}

bool files_find(struct db *db, const char *name, struct files_entry *entry, struct err *err)
{
	struct db_stmt *stmt = for_path(db, "SELECT 1, NULL, rowid, 0, made_ms, made_ms "
		"FROM workspace_folders WHERE path = ?1 UNION ALL "
		"SELECT 0, language, rowid, length(content), made_ms, changed_ms "
		"FROM workspace_files WHERE path = ?1", name, err);
	bool ok, row = false;
	*entry = (struct files_entry){ .kind = FILES_NONE };
	if (!stmt)
		return false;
	ok = db_step(stmt, &row, err);
	if (ok && row)
		read_entry(stmt, db_column_text(stmt, 1), entry);
	db_stmt_free(stmt);
	return ok;
}

bool workspace_has_folder(struct server *server, const char *path)
{
	struct err err = { .code = ERR_NONE };
	struct files_entry entry;
	char *name = files_name(path);
	bool ok = files_find(server->db, name, &entry, &err);
	free(name);
	return ok && entry.kind == FILES_FOLDER;
}

bool files_read(struct db *db, const char *name, struct str *content, bool *found,
	struct err *err)
{
	struct db_stmt *stmt = for_path(db,
		"SELECT content FROM workspace_files WHERE path = ?", name, err);
	bool ok;
	if (!stmt)
		return false;
	ok = db_step(stmt, found, err);
	if (ok && *found && db_column_bytes(stmt, 0))
		str_addn(content, db_column_blob(stmt, 0), db_column_bytes(stmt, 0));
	db_stmt_free(stmt);
	return ok;
}

/* Below "/a" is what begins with "/a/"; '0' is the character after '/'. */
static char *below(const char *name, char end)
{
	return streq(name, "/") ? xasprintf("%c", end) : xasprintf("%s%c", name, end);
}

bool files_children(struct db *db, const char *name, struct strlist *names, struct err *err)
{
	char *from = below(name, '/'), *to = below(name, '0');
	struct db_stmt *stmt = for_path(db, "SELECT path FROM workspace_folders "
		"WHERE path > ?1 AND path < ?2 UNION SELECT path FROM workspace_files "
		"WHERE path > ?1 AND path < ?2 ORDER BY path", from, err);
	bool ok = stmt != NULL, row = true;
	if (stmt)
		db_bind_text(stmt, 2, to);
	while (ok && (ok = db_step(stmt, &row, err)) && row)
		if (!strchr(db_column_text(stmt, 0) + strlen(from), '/'))
			strlist_add(names, db_column_text(stmt, 0));
	db_stmt_free(stmt);
	free(from);
	free(to);
	return ok;
}

/* ---- writing -------------------------------------------------------------------- */

static bool add_folder(struct db *db, const char *name, struct err *err)
{
	struct db_stmt *stmt = for_path(db,
		"INSERT OR IGNORE INTO workspace_folders (path, made_ms) VALUES (?, ?)", name, err);
	bool ok;
	if (!stmt)
		return false;
	db_bind_int(stmt, 2, clock_now_ms());
	ok = db_run(stmt, err);
	db_stmt_free(stmt);
	return ok;
}

/* The folder and those above it. */
bool files_add_folders(struct db *db, const char *name, struct err *err)
{
	char *part = xstrdup(name);
	bool ok = add_folder(db, "/", err);
	for (size_t i = 1; ok && part[0] == '/' && part[i - 1]; i++) {
		char kept = part[i];
		if (i == 1 || (kept != '/' && kept != '\0'))
			continue;
		part[i] = '\0';
		ok = add_folder(db, part, err);
		part[i] = kept;
	}
	free(part);
	return ok;
}

bool files_write(struct db *db, const char *name, const char *language, const struct str *content,
	struct err *err)
{
	struct db_stmt *stmt = for_path(db, "INSERT INTO workspace_files "
		"(path, language, content, made_ms, changed_ms) VALUES (?1, ?2, ?3, ?4, ?4) "
		"ON CONFLICT(path) DO UPDATE SET language = excluded.language, "
		"content = excluded.content, changed_ms = excluded.changed_ms", name, err);
	bool ok;
	if (!stmt)
		return false;
	db_bind_text(stmt, 2, language);
	db_bind_blob(stmt, 3, str_text(content), content->n);
	db_bind_int(stmt, 4, clock_now_ms());
	ok = db_run(stmt, err);
	db_stmt_free(stmt);
	return ok;
}

static bool delete_from(struct db *db, const char *sql, const char *name, struct err *err)
{
	char *from = below(name, '/'), *to = below(name, '0');
	struct db_stmt *stmt = for_path(db, sql, name, err);
	bool ok = stmt != NULL;
	if (stmt) {
		db_bind_text(stmt, 2, from);
		db_bind_text(stmt, 3, to);
		ok = db_run(stmt, err);
	}
	db_stmt_free(stmt);
	free(from);
	free(to);
	return ok;
}

bool files_delete(struct db *db, const char *name, struct err *err)
{
	return delete_from(db, "DELETE FROM workspace_files WHERE path = ?1 OR "
			"(path > ?2 AND path < ?3)", name, err) &&
		delete_from(db, "DELETE FROM workspace_folders WHERE path = ?1 OR "
			"(path > ?2 AND path < ?3)", name, err);
}
