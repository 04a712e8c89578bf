/* Any bytes: the parser ends, and what it made prints and reads back. */
#include "mem.h"
#include "sqlast.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena = { 0 };
	struct sqlparse parse, again;
	char *sql = arena_strndup(&arena, (const char *)data, n);
	sqlparse(&parse, &arena, sql, 0);
	sqlparse(&again, &arena, sqlnode_text(&arena, parse.root), 0);
	sqlparse_expr(&parse, &arena, sql, SQLPARSE_DOUBLE_IDENT);
	sqlnode_text(&arena, parse.root);
	arena_free(&arena);
	return 0;
}
