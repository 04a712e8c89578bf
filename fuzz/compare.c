/* Two result tables from JSON: any verdict, but the same one twice; and a table equals itself
 * unless it is empty, cut or nothing but NULL. */
#include "compare.h"

#include "json.h"
#include "str.h"
#include "table.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct table gold = { 0 }, pred = { 0 };
	struct compare_context context = { 0 };
	struct compare_result a, b, self;
	struct json *json = json_parse((const char *)data, size, &err);
	if (json && table_from_json(&gold, json_at(json, 0), &err)
	    && table_from_json(&pred, json_at(json, 1), &err)) {
		struct compare_side g = { .table = &gold }, p = { .table = &pred };
		compare_tables(&g, &p, &context, &a);
		compare_tables(&g, &p, &context, &b);
		compare_tables(&g, &g, &context, &self);
		if (a.verdict != b.verdict || !streq(a.diff, b.diff))
			__builtin_trap();
		if (gold.nrows && gold.ncolumns && !gold.truncated && self.verdict != COMPARE_IDENTICAL)
			__builtin_trap();
		compare_free(&a);
		compare_free(&b);
		compare_free(&self);
	}
	table_free(&gold);
	table_free(&pred);
	json_free(json);
	return 0;
}
