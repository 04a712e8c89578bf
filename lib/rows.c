#include "rows.h"

#include "io.h"
#include "json.h"
#include "jsonl.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define READ_AT_ONCE (1u << 17) /* bytes */

struct rows {
	struct jsonl in;
	char *name;
	FILE *own;
	char *room;              /* of `own`, for reading */
	bool started;
	struct json *document;   /* the whole input, when it is no JSON Lines */
	const struct json *next; /* of the document's rows */
	rows_peek *peek;         /* NULL: none */
	void *peek_context;
	struct str place;
};

struct rows *rows_from(FILE *file, const char *name)
{
	struct rows *rows = xcalloc(1, sizeof *rows);
	rows->name = xstrdup(name);
	rows->place = (struct str)STR_INIT;
	jsonl_init(&rows->in, file, rows->name);
	return rows;
}

struct rows *rows_open(const char *path, struct err *err)
{
	if (streq(path, "-"))
		return rows_from(stdin, "standard input");
	FILE *file = fopen(path, "rbe");
	if (!file) {
		err_errno(err, "%s", path);
		return NULL;
	}
	struct rows *rows = rows_from(file, path);
	rows->own = file;
	rows->room = xmalloc(READ_AT_ONCE);
	setvbuf(file, rows->room, _IOFBF, READ_AT_ONCE); /* when it fails, the usual room serves */
	return rows;
}

void rows_close(struct rows *rows)
{
	if (!rows)
		return;
	jsonl_close(&rows->in);
	if (rows->own)
		fclose(rows->own);
	free(rows->room);
	json_free(rows->document);
	str_free(&rows->place);
	free(rows->name);
	free(rows);
}

/* Members by their place in a row. */
static enum json_part verdict_part(const struct json_at *at)
{
	static const char *const wanted[] = { "question_id", "id", "priority", "outcome",
		"exclusion", "sql_hash", "config_id", "iteration", "replicate", "assessments",
		"inputs", "trace", "trace_info", "info" };
	if (at->up && at->up->up) {
		bool said = json_at_is(at->up, "arbiter") && json_at_is(at, "rationale");
		if (json_at_is(at, "llm"))
			return JSON_ENTER;
		return said || json_at_is(at, "value") ? JSON_KEEP : JSON_PASS;
	}
	if (at->up || json_at_is(at, "judges"))
		return JSON_ENTER;
	for (size_t i = 0; i < countof(wanted); i++)
		if (json_at_is(at, wanted[i]))
			return JSON_KEEP;
	return memchr(at->key, '/', at->n) ? JSON_KEEP : JSON_PASS;
}

/* Rows without an id are told by their question; an answer that is right against its gold, or as
 * wrong as that, is shown. Both are rare. */
static bool needs_all(const struct json *row)
{
	const char *verdict = row_value(row, "arbiter");
	return (!json_get(row, "question_id") && !json_get(row, "id"))
		|| streq(verdict, "genie_correct") || streq(verdict, "neither_correct");
}

void rows_verdicts_only(struct rows *rows)
{
	rows->in.choose = verdict_part;
}

void rows_show(struct rows *rows, rows_peek *peek, void *context)
{
	rows->peek = peek;
	rows->peek_context = context;
}

const char *rows_place(struct rows *rows)
{
	return str_text(&rows->place);
}

/* The rows of {"columns":[..],"data":[[..],..]} as objects. */
static struct json *table_rows(const struct json *columns, const struct json *data)
{
	struct json *out = json_new_array();
	for (const struct json *line = json_first(data); line; line = json_next(line)) {
		struct json *row = json_push(out, json_new_object());
		const struct json *name = json_first(columns), *cell = json_first(line);
		for (; name && cell; name = json_next(name), cell = json_next(cell))
			if (json_text(name) && !json_get(row, json_text(name)))
				json_set(row, json_text(name), json_dup(cell));
	}
	return out;
}

/* The array of rows inside a document; NULL when it is a row by itself. */
static struct json *rows_inside(struct json **document)
{
	static const char *const members[] = { "rows", "eval_results", "table", "failures" };
	struct json *json = *document;
	if (json_is(json, JSON_ARRAY))
		return json;
	if (json_get(json, "question_id") || json_get(json, "inputs/question_id"))
		return NULL;
	for (size_t i = 0; i < countof(members); i++) {
		struct json *inside = json_get(json, members[i]);
		if (json_is(inside, JSON_ARRAY))
			return inside;
		if (json_is(inside, JSON_OBJECT) && json_is(json_get(inside, "data"), JSON_ARRAY))
			json = inside;
	}
	struct json *columns = json_get(json, "columns"), *data = json_get(json, "data");
	if (!json_is(columns, JSON_ARRAY) || !json_is(data, JSON_ARRAY))
		return NULL;
	struct json *table = table_rows(columns, data);
	json_free(*document);
	return *document = table;
}

/* The first line did not parse: perhaps a document over many lines. */
static struct json *read_document(struct rows *rows, struct str *text, struct err *err)
{
	if (!io_read_stream(rows->in.file, rows->name, text, err))
		return NULL;
	struct json *json = json_parse(str_text(text), text->n, err);
	if (!json)
		err_wrap(err, "%s", rows->name);
	return json;
}

/* Reads the first line, NUL bytes kept, up to the cap of a record. True: *text holds
 * a line or the start of one that is longer. */
static bool first_line(struct rows *rows, struct str *text, struct err *err)
{
	FILE *file = rows->in.file;
	int c = EOF;
	while (text->n <= JSONL_MAX_RECORD && (c = getc(file)) != EOF) {
		char byte = (char)c;
		str_addn(text, &byte, 1);
		if (c == '\n') {
			rows->in.line++;
			if (strspn(text->s, " \t\r\n") < text->n)
				return true;
			str_reset(text);
		}
	}
	return ferror(file) ? err_errno(err, "reading %s", rows->name) : true;
}

static bool is_array_text(const struct str *text)
{
	const char *s = str_text(text);
	return s[strspn(s, " \t\r\n")] == '[';
}

/* Decides between JSON Lines and a document. *first is the first record of
 * JSON Lines, or NULL. */
static bool start(struct rows *rows, struct json **first, struct err *err)
{
	struct str text;
	str_init(&text, ROWS_MAX_DOCUMENT);
	bool ok = first_line(rows, &text, err);
	size_t skip = starts_with(str_text(&text), "\xEF\xBB\xBF") ? 3 : 0;
	rows->started = true;
	if (!ok || text.n <= skip)
		goto done;
	str_splice(&text, 0, skip, "", 0);
	if (text.n > JSONL_MAX_RECORD && !is_array_text(&text)) {
		ok = err_set(err, ERR_DATA, "%s:1: the line is longer than the limit of %u bytes",
			     rows->name, JSONL_MAX_RECORD);
		goto done;
	}
	rows->in.line += rows->in.line == 0;
	struct err line_err = { 0 };
	struct json *json = is_array_text(&text) ? NULL : json_parse(text.s, text.n, &line_err);
	if (!json)
		ok = (json = read_document(rows, &text, err)) != NULL;
	struct json *inside = ok ? rows_inside(&json) : NULL;
	if (inside) {
		rows->document = json;
		rows->next = json_first(inside);
	} else {
		*first = json;
	}
done:
	str_free(&text);
	return ok;
}

static enum rows_result finish(struct rows *rows, struct json *row, struct json **out,
			       struct err *err)
{
	if (!row_normalise(row, err)) {
		err_wrap(err, "%s", str_text(&rows->place));
		json_free(row);
		return ROWS_FAILED;
	}
	*out = row;
	return ROWS_ROW;
}

static enum rows_result next_of_document(struct rows *rows, struct json **out, struct err *err)
{
	if (!rows->next)
		return ROWS_END;
	struct str path = STR_INIT;
	str_reset(&rows->place);
	str_addf(&rows->place, "%s: %s", rows->name, json_path(rows->next, &path));
	str_free(&path);
	struct json *row = json_dup(rows->next);
	rows->next = json_next(rows->next);
	return finish(rows, row, out, err);
}

static void set_place(struct rows *rows)
{
	str_reset(&rows->place);
	str_addf(&rows->place, "%s:%zu", rows->name, rows->in.line);
}

/* A record of JSON Lines; NULL with ROWS_ROW when it was peeked at and taken. */
static enum rows_result next_record(struct rows *rows, struct json **row, struct err *err)
{
	const char *text;
	size_t n = 0;
	enum jsonl_result result = jsonl_line(&rows->in, &text, &n, err);
	if (result != JSONL_RECORD)
		return result == JSONL_END ? ROWS_END : ROWS_FAILED;
	set_place(rows);
	*row = NULL;
	if (rows->peek && rows->peek(rows->peek_context, text, n))
		return ROWS_ROW;
	json_choose *choose = rows->in.choose;
	*row = choose ? json_parse_part(text, n, choose, err) : json_parse(text, n, err);
	if (*row && choose && needs_all(*row)) {
		json_free(*row);
		*row = json_parse(text, n, err);
	}
	if (*row)
		return ROWS_ROW;
	jsonl_wrap(&rows->in, err);
	return ROWS_FAILED;
}

enum rows_result rows_next(struct rows *rows, struct json **out, struct err *err)
{
	struct json *row = NULL;
	*out = NULL;
	if (!rows->started && !start(rows, &row, err))
		return ROWS_FAILED;
	if (rows->document)
		return next_of_document(rows, out, err);
	if (row) {
		set_place(rows);
	} else {
		enum rows_result result = next_record(rows, &row, err);
		if (result != ROWS_ROW || !row)
			return result;
	}
	return finish(rows, row, out, err);
}
