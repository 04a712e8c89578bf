/* Any bytes: tokens cover the text, and every value can be taken. */
#include "mem.h"
#include "sqllex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena = { 0 };
	struct sqllex lex;
	size_t at = 0;
	if (n == 0)
		return 0;
	sqllex_scan(&lex, &arena, (const char *)data + 1, n - 1,
		data[0] % 32 | SQLLEX_SPACE | SQLLEX_COMMENTS);
	for (size_t i = 0; i < lex.n; i++) {
		if (lex.tok[i].at != at || lex.tok[i].n == 0)
			BUG("token %zu leaves a gap", i);
		at += lex.tok[i].n;
		sqllex_value(&lex, i, &arena);
	}
	if (at != n - 1)
		BUG("the end is missing");
	arena_free(&arena);
	return 0;
}
