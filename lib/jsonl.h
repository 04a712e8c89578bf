/* jsonl.h - JSON Lines: one value a line, with line numbers and a record cap.
 *
 * Blank lines are passed over; a missing last newline and a UTF-8 byte order
 * mark at the start are accepted. Layer: data.
 */
#ifndef GENIE_JSONL_H
#define GENIE_JSONL_H

#include "base.h"
#include "err.h"
#include "jsonskim.h"
#include <stdio.h>

struct json;

#define JSONL_MAX_RECORD (16u << 20) /* default cap of a line: 16 MiB */

struct jsonl {
	FILE *file;       /* borrowed, unless opened by path */
	const char *name; /* for errors; borrowed */
	size_t line;      /* of the last record, from 1 */
	size_t cap;
	char *buf;
	size_t buf_size;
	size_t length;    /* of the last record, which is at the start of buf */
	bool own;
	json_choose *choose; /* the members that records consist of; NULL: all */
};
void jsonl_init(struct jsonl *in, FILE *file, const char *name);
/* "-" is standard input. */
bool jsonl_open(struct jsonl *in, const char *path, struct err *err) MUST_CHECK;
void jsonl_close(struct jsonl *in);

enum jsonl_result { JSONL_END, JSONL_RECORD, JSONL_FAILED };
/* On JSONL_RECORD *out is yours. Errors read "NAME:LINE: ..." (ERR_DATA, or
 * ERR_IO when reading fails). */
enum jsonl_result jsonl_next(struct jsonl *in, struct json **out, struct err *err) MUST_CHECK;
/* The next record as its text, n bytes, not looked at; valid until the next call. */
enum jsonl_result jsonl_line(struct jsonl *in, const char **text, size_t *n,
	struct err *err) MUST_CHECK;
/* Prefixes err with "NAME:LINE: ". Returns false. */
bool jsonl_wrap(const struct jsonl *in, struct err *err);

#endif
