/* The answer of a model, from the bytes of the reply to patches. */
#include "json.h"
#include "llm.h"
#include "mem.h"
#include "patch.h"
#include "proposellm.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	struct json *reply = json_parse((const char *)data, n, &err);
	char *content = reply ? llm_content(reply) : xstrndup((const char *)data, n);
	struct json *list = content ? proposellm_read(content, &err) : NULL;

	for (const struct json *one = json_first(list); one; one = json_next(one)) {
		struct patch patch;
		if (!json_get(one, "type") || json_get(one, "live") || json_get(one, "repo"))
			abort();
		(void)!patch_read(&patch, one, &err);
	}
	json_free(list);
	free(content);
	json_free(reply);
	return 0;
}
