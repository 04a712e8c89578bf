/* Any bytes as a CSV text: every field must be readable, every end reached. */
#include "csv.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = {0};
	struct csv csv;
	enum csv_result result;

	csv_open(&csv, (const char *)data, size, "fuzz");
	do {
		result = csv_next(&csv, &err);
		for (size_t i = 0; result == CSV_RECORD && i < csv.n; i++)
			if (csv.field[i].s && strlen(csv.field[i].s) != csv.field[i].n)
				__builtin_trap();
	} while (result == CSV_RECORD);
	if (result == CSV_ERROR && err.code != ERR_DATA)
		__builtin_trap();
	csv_close(&csv);
	return 0;
}
