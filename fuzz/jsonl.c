#include "json.h"
#include "jsonl.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	struct json *json;
	struct jsonl in;
	FILE *file = n ? fmemopen((void *)(uintptr_t)data, n, "rb") : NULL;
	if (!file)
		return 0;
	jsonl_init(&in, file, "fuzz");
	while (jsonl_next(&in, &json, &err) == JSONL_RECORD)
		json_free(json);
	jsonl_close(&in);
	fclose(file);
	return 0;
}
