/* What is passed over is checked as what is kept: a text is taken in part exactly when it is taken
 * whole, keys that appear twice apart. */
#include "json.h"
#include "jsonskim.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static enum json_part choose(const struct json_at *at)
{
	return at->n % 3 == 0 ? JSON_PASS : at->n % 3 == 1 ? JSON_KEEP : JSON_ENTER;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 }, part_err = { 0 };
	struct json *whole = json_parse((const char *)data, n, &err);
	struct json *part = json_parse_part((const char *)data, n, choose, &part_err);
	if ((whole && !part) || (part && !whole && !strstr(err.text, "twice")))
		abort();
	json_free(whole);
	json_free(part);
	return 0;
}
