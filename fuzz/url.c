#include "retry.h"
#include "url.h"

#include "str.h"

#include <stdlib.h>
#include <string.h>

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
	free(text);
	return 0;
}
