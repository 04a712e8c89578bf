/* io, jsonl, jsonw, proc, table */
#include "io.h"
#include "json.h"
#include "jsonl.h"
#include "jsonw.h"
#include "mem.h"
#include "proc.h"
#include "str.h"
#include "table.h"

#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/genie-files-XXXXXX";

static char *in_dir(const char *name)
{
	return io_join(dir, name);
}

static void check_content(const char *path, const char *want)
{
	struct str text = STR_INIT;
	struct err err = { 0 };
	CHECK(io_read_file(path, &text, &err));
	CHECK_STR(str_text(&text), want);
	str_free(&text);
}

static void files_appear_whole_or_not_at_all(void)
{
	struct err err = { 0 };
	struct outfile out;
	struct strlist names = { 0 };
	char *path = in_dir("a.json");
	CHECK(outfile_open(&out, path, &err));
	fputs("half", out.file);
	fflush(out.file);
	CHECK(!io_exists(path));
	outfile_abort(&out);
	CHECK(io_list(dir, NULL, &names, &err));
	CHECK_INT(names.n, 0);
	CHECK(io_write_file(path, "one", 3, &err));
	CHECK(chmod(path, 0640) == 0);
	CHECK(io_write_file(path, "two", 3, &err));
	struct stat st;
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
	check_content(path, "two");
	strlist_free(&names);
	free(path);
}

static void a_full_disk_is_an_error(void)
{
	struct err err = { 0 };
	FILE *full = fopen("/dev/full", "w");
	if (!full)
		return;
	struct jsonw w;
	jsonw_to_file(&w, full, 0);
	jsonw_str(&w, "x");
	CHECK(fclose(full) != 0);
	CHECK(!io_append_synced("/dev/full", "x\n", 2, &err));
	CHECK_INT(err.code, ERR_IO);
}

static void devices_and_pipes_are_written_not_replaced(void)
{
	struct err err = { 0 };
	struct stat st;
	char *pipe_path = in_dir("pipe");
	CHECK(mkfifo(pipe_path, 0600) == 0);
	FILE *reader = fdopen(open(pipe_path, O_RDONLY | O_NONBLOCK), "r");
	char line[16] = "";
	CHECK(reader != NULL);
	CHECK(io_write_file(pipe_path, "through\n", 8, &err));
	CHECK(stat(pipe_path, &st) == 0 && S_ISFIFO(st.st_mode));
	CHECK(fgets(line, sizeof line, reader) != NULL);
	CHECK_STR(line, "through\n");
	fclose(reader);
	CHECK(unlink(pipe_path) == 0);
	CHECK(!io_write_file("/dev/full", "x", 1, &err));
	CHECK_INT(err.code, ERR_IO);
	CHECK(stat("/dev/full", &st) == 0 && S_ISCHR(st.st_mode));
	free(pipe_path);
}

static void journals_end_a_torn_line(void)
{
	struct err err = { 0 };
	char *path = in_dir("journal");
	CHECK(io_append_synced(path, "{\"a\":1}\n{\"b\"", 12, &err));
	CHECK(io_append_synced(path, "{\"c\":3}\n", 8, &err));
	check_content(path, "{\"a\":1}\n{\"b\"\n{\"c\":3}\n");
	free(path);
}

static void big_files_meet_the_cap(void)
{
	struct err err = { 0 };
	struct str text;
	char *path = in_dir("a.json");
	str_init(&text, 2);
	CHECK(!io_read_file(path, &text, &err));
	CHECK_INT(err.code, ERR_DATA);
	str_free(&text);
	free(path);
}

static void records_have_line_numbers(void)
{
	char text[] = "\xEF\xBB\xBF{\"a\":1}\n\n  \n{\"b\":2}\r\n{\"c\":}\n";
	struct err err = { 0 };
	struct json *json;
	struct jsonl in;
	FILE *file = fmemopen(text, sizeof text - 1, "r");
	jsonl_init(&in, file, "rows.jsonl");
	CHECK(jsonl_next(&in, &json, &err) == JSONL_RECORD && in.line == 1);
	json_free(json);
	CHECK(jsonl_next(&in, &json, &err) == JSONL_RECORD && in.line == 4);
	json_free(json);
	CHECK(jsonl_next(&in, &json, &err) == JSONL_FAILED);
	CHECK_STR(err.text, "rows.jsonl:5: line 1, column 6: expected a value");
	jsonl_close(&in);
	fclose(file);
}

static void long_and_nul_lines_are_refused(void)
{
	char text[] = "[1]\n\"a\0b\"\n[2222222222]\n";
	struct err err = { 0 };
	struct json *json;
	struct jsonl in;
	FILE *file = fmemopen(text, sizeof text - 1, "r");
	jsonl_init(&in, file, "x");
	in.cap = 8;
	CHECK(jsonl_next(&in, &json, &err) == JSONL_RECORD);
	json_free(json);
	CHECK(jsonl_next(&in, &json, &err) == JSONL_FAILED);
	CHECK(strstr(err.text, "NUL") != NULL);
	CHECK(jsonl_next(&in, &json, &err) == JSONL_FAILED);
	CHECK_STR(err.text, "x:3: the line is longer than the limit of 8 bytes");
	jsonl_close(&in);
	fclose(file);
}

static void commands_report_status_and_output(void)
{
	struct err err = { 0 };
	struct str out = STR_INIT, errors = STR_INIT;
	int status = -1;
	const char *const say[] = { "sh", "-c", "echo out; echo err >&2; pwd; exit 3", NULL };
	CHECK(proc_run(say, "/", 10000, &out, &errors, &status, &err));
	CHECK_INT(status, 3);
	CHECK_STR(str_text(&out), "out\n/\n");
	CHECK_STR(str_text(&errors), "err\n");
	const char *const none[] = { "no-such-command-here", NULL };
	CHECK(!proc_run(none, NULL, 1000, NULL, NULL, &status, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	const char *const slow[] = { "sleep", "30", NULL };
	CHECK(!proc_run(slow, NULL, 50, NULL, NULL, &status, &err));
	CHECK_INT(err.code, ERR_TEMP);
	str_free(&out);
	str_free(&errors);
}

static void tables_survive_json(void)
{
	struct err err = { 0 };
	struct table table = { 0 }, back = { 0 };
	table_add_column(&table, "Region", "STRING");
	table_add_column(&table, "n", "BIGINT");
	table_add_row(&table, (const char *[]){ "EU", NULL });
	table_add_row(&table, (const char *[]){ "US", "20" });
	struct json *json = table_to_json(&table, 100);
	CHECK(table_from_json(&back, json, &err));
	CHECK_INT(back.nrows, 2);
	CHECK(table_cell(&back, 0, 1) == NULL);
	CHECK_STR(table_cell(&back, 1, 1), "20");
	CHECK_INT(table_find(&back, "region"), 0);
	json_free(json);
	table_free(&table);
	table_free(&back);
	const char *bad = "{\"columns\":[{\"name\":\"a\"}],\"rows\":[[1]]}";
	json = json_parse(bad, strlen(bad), &err);
	CHECK(json && !table_from_json(&back, json, &err));
	CHECK_STR(err.text, "$.rows[0][0]: expected a string or null, found number");
	json_free(json);
	table_free(&back);
}

static void the_writer_indents(void)
{
	struct str out = STR_INIT;
	struct jsonw w;
	jsonw_to_str(&w, &out, 2);
	jsonw_object(&w);
	jsonw_kstr(&w, "a", "x\"\n\x01\xFF");
	jsonw_key(&w, "b");
	jsonw_array(&w);
	jsonw_num(&w, 0.5);
	jsonw_end(&w);
	jsonw_key(&w, "c");
	jsonw_object(&w);
	jsonw_end(&w);
	jsonw_end(&w);
	CHECK_STR(str_text(&out), "{\n  \"a\": \"x\\\"\\n\\u0001\xEF\xBF\xBD\",\n  \"b\": [\n    0.5\n  ],\n  \"c\": {}\n}");
	str_free(&out);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	RUN(files_appear_whole_or_not_at_all);
	RUN(a_full_disk_is_an_error);
	RUN(devices_and_pipes_are_written_not_replaced);
	RUN(journals_end_a_torn_line);
	RUN(big_files_meet_the_cap);
	RUN(records_have_line_numbers);
	RUN(long_and_nul_lines_are_refused);
	RUN(commands_report_status_and_output);
	RUN(tables_survive_json);
	RUN(the_writer_indents);
	const char *const clean[] = { "rm", "-rf", dir, NULL };
	struct err err = { 0 };
	int status;
	CHECK(proc_run(clean, NULL, 0, NULL, NULL, &status, &err));
	return check_done();
}
