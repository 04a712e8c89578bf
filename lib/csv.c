#include "csv.h"
#include "mem.h"
#include <stdlib.h>
#include <string.h>

void csv_open(struct csv *csv, const char *text, size_t n, const char *name)
{
	memset(csv, 0, sizeof(*csv));
	csv->text = text;
	csv->length = n;
	csv->name = name;
	csv->next_line = 1;
	str_init(&csv->bytes, CSV_MAX_RECORD);
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		csv->at = 3;
}

void csv_close(struct csv *csv)
{
	str_free(&csv->bytes);
	free(csv->field);
	csv->field = NULL;
	csv->n = csv->cap = 0;
	csv->at = csv->length;
}

static bool bad(struct csv *csv, const char *what, struct err *err)
{
	csv->at = csv->length;
	return err_set(err, ERR_DATA, "%s:%zu: %s", csv->name, csv->next_line, what);
}

static bool at_line_end(const struct csv *csv)
{
	size_t left = csv->length - csv->at;

	return left == 0 || csv->text[csv->at] == '\n' ||
	       (left >= 2 && csv->text[csv->at] == '\r' && csv->text[csv->at + 1] == '\n');
}

/* After the opening quote; stops after the closing one. */
static bool read_quoted(struct csv *csv, struct err *err)
{
	while (csv->at < csv->length) {
		char c = csv->text[csv->at++];

		if (c == '"') {
			if (csv->at == csv->length || csv->text[csv->at] != '"')
				return true;
			csv->at++;
		} else if (c == '\n') {
			csv->next_line++;
		} else if (c == '\0') {
			return bad(csv, "NUL character", err);
		}
		str_addc(&csv->bytes, c);
	}
	return bad(csv, "a quoted field does not end", err);
}

static bool read_plain(struct csv *csv, struct err *err)
{
	while (!at_line_end(csv) && csv->text[csv->at] != ',') {
		char c = csv->text[csv->at];

		if (c == '"')
			return bad(csv, "a quote inside a field that does not start with one", err);
		if (c == '\0')
			return bad(csv, "NUL character", err);
		str_addc(&csv->bytes, c);
		csv->at++;
	}
	return true;
}

/* Until the record is complete `s` only says NULL or not: the buffer that the
 * texts are in still moves. */
static bool read_field(struct csv *csv, struct err *err)
{
	size_t start = csv->bytes.n;
	bool quoted = csv->at < csv->length && csv->text[csv->at] == '"';

	if (csv->n == CSV_MAX_FIELDS)
		return bad(csv, "too many fields", err);
	if (quoted) {
		csv->at++;
		if (!read_quoted(csv, err))
			return false;
		if (!at_line_end(csv) && csv->text[csv->at] != ',')
			return bad(csv, "text after a closing quote", err);
	} else if (!read_plain(csv, err)) {
		return false;
	}
	GROW(csv->field, csv->cap, csv->n + 1);
	csv->field[csv->n].n = csv->bytes.n - start;
	csv->field[csv->n].s = quoted || csv->bytes.n > start ? "" : NULL;
	csv->n++;
	str_addc(&csv->bytes, '\0');
	return true;
}

static bool finish_record(struct csv *csv, struct err *err)
{
	size_t at = 0;

	if (str_over(&csv->bytes))
		return bad(csv, "record too long", err);
	for (size_t i = 0; i < csv->n; i++) {
		struct csv_field *field = &csv->field[i];

		if (field->s) {
			field->s = csv->bytes.s + at;
			if (!utf8_valid(field->s, field->n))
				return bad(csv, "invalid UTF-8", err);
		}
		at += field->n + 1;
	}
	if (!csv->expected)
		csv->expected = csv->n;
	if (csv->n != csv->expected) {
		csv->at = csv->length;
		return err_set(err, ERR_DATA, "%s:%zu: %zu fields, but the first record has %zu",
			csv->name, csv->line, csv->n, csv->expected);
	}
	return true;
}

enum csv_result csv_next(struct csv *csv, struct err *err)
{
	if (csv->at == csv->length)
		return CSV_END;
	csv->line = csv->next_line;
	csv->n = 0;
	str_reset(&csv->bytes);
	for (;;) {
		if (!read_field(csv, err))
			return CSV_ERROR;
		if (at_line_end(csv))
			break;
		csv->at++; /* the comma */
	}
	if (!finish_record(csv, err))
		return CSV_ERROR;
	if (csv->at < csv->length) {
		csv->at += csv->text[csv->at] == '\r' ? 2 : 1;
		csv->next_line++;
	}
	return CSV_RECORD;
}
