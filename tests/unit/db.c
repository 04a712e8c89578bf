/* The SQLite facade: statements, transactions, guards, limits, functions. */
#include "check.h"
#include "db.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <unistd.h>

static struct db *fresh(void)
{
	struct err err = { 0 };
	struct db *db = db_open(":memory:", &err);
	CHECK(db);
	return db;
}

static void test_values_come_back(void)
{
	struct err err = { 0 };
	struct db *db = fresh();
	CHECK(db_exec(db, "CREATE TABLE t(a, b DECIMAL(10,2)); SELECT 1;", &err));
	struct db_stmt *stmt = db_prepare(db, "INSERT INTO t VALUES (?1, ?2), (NULL, 7)", &err);
	CHECK_INT(db_param_count(stmt), 2);
	CHECK(!db_stmt_readonly(stmt));
	db_bind_textn(stmt, 1, "abcdef", 3);
	db_bind_real(stmt, 2, 1.5);
	CHECK(db_run(stmt, &err));
	CHECK_INT(db_changes(db), 2);
	db_stmt_free(stmt);
	stmt = db_prepare(db, "SELECT a, b, b + 1 AS c FROM t", &err);
	bool row = false;
	CHECK(db_step(stmt, &row, &err) && row);
	CHECK_STR(db_column_text(stmt, 0), "abc");
	CHECK_INT(db_column_bytes(stmt, 0), 3);
	CHECK_INT(db_column_type(stmt, 1), DB_REAL);
	CHECK_STR(db_column_decltype(stmt, 1), "DECIMAL(10,2)");
	CHECK(!db_column_decltype(stmt, 2));
	CHECK_STR(db_column_name(stmt, 2), "c");
	CHECK(db_step(stmt, &row, &err) && row);
	CHECK_INT(db_column_type(stmt, 0), DB_NULL);
	CHECK(!db_column_text(stmt, 0));
	CHECK_INT(db_column_int(stmt, 1), 7);
	CHECK(db_step(stmt, &row, &err) && !row);
	db_stmt_free(stmt);
	db_close(db);
}

static void test_errors_are_told_apart(void)
{
	struct err err = { 0 };
	struct db *db = fresh();
	CHECK(!db_prepare(db, "SELEC 1", &err));
	CHECK_INT(err.code, ERR_DATA);
	CHECK(!db_prepare(db, " -- nothing", &err));
	CHECK(!db_prepare(db, "SELECT 1; SELECT 2", &err));
	CHECK_STR(err.text, "more than one statement");
	struct db_stmt *stmt = db_prepare(db, "SELECT 1; -- the end", &err);
	CHECK(stmt);
	db_stmt_free(stmt);
	CHECK(!db_prepare(db, "SELECT \"no such column\"", &err));
	db_quoted_texts(db, true);
	stmt = db_prepare(db, "SELECT \"no such column\"", &err);
	CHECK(stmt);
	db_stmt_free(stmt);
	CHECK(!db_open("/nonexistent/folder/file", &err));
	CHECK_INT(err.code, ERR_IO);
	db_close(db);
}

static void test_transactions_nest(void)
{
	struct err err = { 0 };
	struct db *db = fresh();
	int64_t n = -1;
	bool found = false;
	CHECK(db_exec(db, "CREATE TABLE t(a)", &err));
	CHECK(db_begin(db, &err) && db_exec(db, "INSERT INTO t VALUES (1)", &err));
	CHECK(db_begin(db, &err) && db_exec(db, "INSERT INTO t VALUES (2)", &err));
	db_rollback(db);
	CHECK(db_in_transaction(db));
	CHECK(db_commit(db, &err));
	CHECK(db_get_int(db, "SELECT sum(a) FROM t", &n, &found, &err) && found);
	CHECK_INT(n, 1);
	CHECK(db_has_table(db, "T") && !db_has_table(db, "u"));
	db_close(db);
}

static void test_guard_lets_nothing_write(void)
{
	struct err err = { 0 };
	struct db *db = fresh();
	CHECK(db_exec(db, "CREATE TABLE t(a)", &err));
	db_read_only(db, true);
	const char *const refused[] = { "INSERT INTO t VALUES (1)", "DROP TABLE t", "DELETE FROM t",
		"PRAGMA user_version = 1", "ATTACH 'x' AS y", "CREATE TABLE u(a)", "BEGIN" };
	for (size_t i = 0; i < countof(refused); i++) {
		CHECK(!db_prepare(db, refused[i], &err));
		CHECK_STR(err.text, "not authorized");
	}
	struct db_stmt *stmt = db_prepare(db, "WITH x AS (SELECT upper(a) FROM t) SELECT * FROM x",
		&err);
	CHECK(stmt && db_stmt_readonly(stmt));
	db_stmt_free(stmt);
	db_read_only(db, false);
	CHECK(db_exec(db, "INSERT INTO t VALUES (1)", &err));
	db_close(db);
}

static void test_time_is_limited(void)
{
	struct err err = { 0 };
	struct db *db = fresh();
	int64_t n = 0;
	bool found = false;
	const char *endless = "WITH RECURSIVE x(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM x)"
		" SELECT count(*) FROM x";
	db_limit_time(db, 30);
	CHECK(!db_get_int(db, endless, &n, &found, &err));
	CHECK_INT(err.code, ERR_TEMP);
	CHECK_INT(db_stopped(db), DB_TIME_OVER);
	db_limit_time(db, 0);
	CHECK(db_get_int(db, "SELECT 5", &n, &found, &err));
	db_interrupt(db);
	CHECK(!db_get_int(db, endless, &n, &found, &err));
	CHECK_INT(db_stopped(db), DB_INTERRUPTED);
	db_close(db);
}

static void twice(struct db_call *call, void *user)
{
	int *calls = user;
	++*calls;
	if (db_arg_type(call, 0) == DB_NULL)
		db_result_null(call);
	else if (db_arg_type(call, 0) == DB_TEXT)
		db_result_error(call, "no number: %s", db_arg_text(call, 0));
	else
		db_result_int(call, 2 * db_arg_int(call, 0));
}

static void join_step(struct db_call *call, void *user)
{
	struct str **all = db_group(call, sizeof(struct str *));
	if (!*all) {
		*all = xmalloc(sizeof(**all));
		str_init(*all, 1000);
	}
	str_add(*all, user);
	str_add(*all, db_arg_text(call, 0));
}

static void join_final(struct db_call *call, void *user)
{
	(void)user;
	struct str **all = db_group(call, 0);
	if (!all) {
		db_result_null(call);
		return;
	}
	db_result_text(call, str_text(*all));
	str_free(*all);
	free(*all);
}

static int backwards(const char *a, size_t na, const char *b, size_t nb)
{
	int order = memcmp(b, a, na < nb ? na : nb);
	return order ? order : (nb > na) - (nb < na);
}

static void test_functions_of_ours(void)
{
	struct err err = { 0 };
	struct db *db = fresh();
	int calls = 0;
	int64_t n = 0;
	bool found = false;
	char *text = NULL;
	CHECK(db_add_function(db, "twice", 1, DB_PURE, twice, &calls, &err));
	CHECK(db_add_aggregate(db, "joined", 1, join_step, join_final, (void *)"+", &err));
	CHECK(db_add_collation(db, "backwards", backwards, &err));
	CHECK(db_get_int(db, "SELECT twice(21)", &n, &found, &err));
	CHECK_INT(n, 42);
	CHECK(calls > 0);
	CHECK(!db_get_int(db, "SELECT twice('x')", &n, &found, &err));
	CHECK_STR(err.text, "no number: x");
	CHECK(db_get_text(db, "SELECT joined(column1) FROM (VALUES ('a'), ('b'))", &text, &found,
		&err));
	CHECK_STR(text, "+a+b");
	free(text);
	CHECK(db_get_text(db, "SELECT joined(column1) FROM (VALUES ('a')) WHERE 0", &text, &found,
		&err));
	CHECK(found && !text);
	CHECK(db_get_text(db, "SELECT max(column1 COLLATE backwards) FROM (VALUES ('a'), ('b'))",
		&text,
		&found, &err));
	CHECK_STR(text, "a");
	free(text);
	/* A statement that is given up in the middle of a group releases the group. */
	CHECK(!db_get_text(db, "SELECT joined(twice(column1)) FROM (VALUES (1), ('b'))", &text,
		&found,
		&err));
	free(text);
	db_close(db);
}

static int64_t version_of(struct db *db, const char *sql)
{
	struct err err = { 0 };
	struct db_stmt *stmt = db_prepare(db, sql, &err);
	CHECK(stmt);
	int64_t version = db_stmt_version(stmt);
	db_stmt_free(stmt);
	return version;
}

/* Whatever writes to a table that a query reads, and nothing else, changes its version. */
static void test_versions(void)
{
	static const char *const writes[] = { "INSERT INTO t VALUES (1)", "DELETE FROM t",
		"UPDATE t SET a = 2", "REPLACE INTO t VALUES (3)", "SELECT 1; DELETE FROM t",
		"INSERT INTO noted VALUES (1)", "DROP TABLE t; CREATE TABLE t(a)",
		"ALTER TABLE t ADD COLUMN b" };
	static const char *const reads[] = { "SELECT a FROM t", "SELECT count(*) FROM t",
		"SELECT * FROM v", "WITH c AS (SELECT 1 FROM t) SELECT 2 FROM other, c" };
	struct err err = { 0 };
	struct db *db = fresh();
	CHECK(db_exec(db, "CREATE TABLE t(a); CREATE TABLE other(a); CREATE TABLE noted(a);"
		"CREATE VIEW v AS SELECT a FROM t; CREATE VIEW vv AS SELECT a FROM v;"
		"CREATE TRIGGER g AFTER INSERT ON noted"
		" BEGIN INSERT INTO t VALUES (9); END", &err));
	for (size_t r = 0; r < countof(reads); r++) {
		int64_t then = version_of(db, reads[r]);
		for (size_t w = 0; w < countof(writes); w++) {
			CHECK(db_exec(db, writes[w], &err));
			int64_t now = version_of(db, reads[r]);
			CHECK(now != then);
			then = now;
		}
		CHECK(db_exec(db, "ALTER TABLE t DROP COLUMN b", &err));
		then = version_of(db, reads[r]);
		CHECK(db_exec(db, "UPDATE noted SET a = 1; CREATE TABLE u(a); DROP TABLE u", &err));
		CHECK_INT(version_of(db, reads[r]), then);
		/* a statement counts when it runs, each time, not when it is compiled */
		struct db_stmt *stmt = db_prepare(db, writes[0], &err);
		CHECK_INT(version_of(db, reads[r]), then);
		for (int i = 0; i < 2; i++) {
			CHECK(db_run(stmt, &err));
			int64_t now = version_of(db, reads[r]);
			CHECK(now != then);
			then = now;
		}
		db_stmt_free(stmt);
		CHECK(db_begin(db, &err) && db_exec(db, writes[0], &err));
		int64_t inside = version_of(db, reads[r]);
		db_rollback(db);
		CHECK(version_of(db, reads[r]) != inside);
	}
	int64_t then = version_of(db, "SELECT count(*) FROM vv");
	CHECK(db_exec(db, "DROP VIEW v; CREATE VIEW v AS SELECT a FROM other", &err));
	CHECK(version_of(db, "SELECT count(*) FROM vv") != then);
	db_close(db);
}

static void test_quoting(void)
{
	struct str out = STR_INIT;
	db_quote_name(&out, "a\"b");
	db_quote_text(&out, "it's");
	db_quote_text(&out, NULL);
	CHECK_STR(str_text(&out), "\"a\"\"b\"'it''s'NULL");
	str_free(&out);
}

int main(void)
{
	RUN(test_values_come_back);
	RUN(test_errors_are_told_apart);
	RUN(test_transactions_nest);
	RUN(test_guard_lets_nothing_write);
	RUN(test_time_is_limited);
	RUN(test_functions_of_ours);
	RUN(test_versions);
	RUN(test_quoting);
	return check_done();
}
