#include "retry.h"
#include "url.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* What was read is written again, as long as it must be. */
static void check_base64(const char *text, size_t n)
{
	struct str bytes = STR_INIT, again = STR_INIT;
	if (base64_read(&bytes, text, n))
		base64_add(&again, str_text(&bytes), bytes.n);
	if (again.n != (bytes.n + 2) / 3 * 4 && again.n)
		BUG("base64 does not come back");
	str_free(&bytes);
	str_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);
	struct url url;
	if (!text)
		return 0;
	memcpy(text, data, n);
	text[n] = '\0';
	if (url_parse(&url, text)) {
		if (strpbrk(url.authority, "@/\\?# ") || !starts_with(url.authority, url.host))
			BUG("a host that two readers may see differently");
		if (strpbrk(url.shown, "?#"))
			BUG("the query is shown");
	}
	url_free(&url);
	if (retry_after_ms(text, 0) < -1)
		BUG("a wait before now");
	check_base64(text, n);
	free(text);
	return 0;
}
