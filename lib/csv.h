/* csv.h - CSV texts (RFC 4180) record by record.
 *
 * Accepts LF and CRLF line ends, a byte order mark, and a last record without
 * a line end. An empty field without quotes is NULL, "" is the empty string.
 * Refused, with file and line: a quote inside an unquoted field, text after a
 * closing quote, a quote that never closes, the NUL character, invalid UTF-8, a
 * record with another number of fields than the first, and anything above the
 * caps. Layer: data.
 */
#ifndef GENIE_CSV_H
#define GENIE_CSV_H

#include "base.h"
#include "err.h"
#include "str.h"

#define CSV_MAX_FIELDS 4096        /* of one record */
#define CSV_MAX_RECORD (16u << 20) /* bytes of one record */

struct csv_field {
	const char *s; /* NUL-terminated; NULL: the field is NULL */
	size_t n;
};

struct csv {
	const char *text, *name; /* borrowed */
	size_t at, length;
	size_t line;             /* of the record that csv_next gave, from 1 */
	size_t next_line;
	struct csv_field *field; /* n fields, valid until the next csv_next */
	size_t n, cap;
	size_t expected;         /* fields of the first record */
	struct str bytes;
};

enum csv_result { CSV_END, CSV_RECORD, CSV_ERROR };

/* Starts reading n bytes of text. `name` is used in errors ("NAME:LINE: ..."). */
void csv_open(struct csv *csv, const char *text, size_t n, const char *name);
/* The next record. CSV_ERROR sets err (ERR_DATA) and ends the reading. */
enum csv_result csv_next(struct csv *csv, struct err *err) MUST_CHECK;
void csv_close(struct csv *csv);

#endif
