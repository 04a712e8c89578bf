/* Any bytes as rows in any of their forms: each row must have a question. */
#include "rows.h"

#include "json.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct json *row = NULL;
	enum rows_result result;
	FILE *file = size ? fmemopen((void *)data, size, "r") : NULL;
	if (!file)
		return 0;
	struct rows *rows = rows_from(file, "fuzz");
	while ((result = rows_next(rows, &row, &err)) == ROWS_ROW) {
		struct strlist names = { 0 };
		row_judge_names(row, &names);
		for (size_t i = 0; i < names.n; i++)
			if (!row_value(row, names.v[i]))
				__builtin_trap();
		if (!*row_id(row) || !row_outcome(row))
			__builtin_trap();
		strlist_free(&names);
		json_free(row);
	}
	if (result == ROWS_FAILED && err.code != ERR_DATA)
		__builtin_trap();
	rows_close(rows);
	fclose(file);
	return 0;
}
