/* Two queries divided by a NUL or newline: comparing ends, and a query equals itself. */
#include "mem.h"
#include "sqldiff.h"
#include "sqlfacts.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena = { 0 };
	struct sqldiff diff;
	struct sqlfacts facts;
	char *gold = arena_strndup(&arena, (const char *)data, n), *other = strchr(gold, '\n');
	if (other)
		*other++ = '\0';
	sqldiff(&diff, &arena, gold, other ? other : gold, NULL, 0);
	if (!other && diff.comparable && !diff.equal)
		BUG("a query differs from itself");
	sqlfacts(&facts, &arena, gold, NULL);
	arena_free(&arena);
	return 0;
}
