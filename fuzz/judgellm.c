/* The answer of a model, from the bytes of the reply to a verdict. */
#include "json.h"
#include "judgellm.h"
#include "llm.h"
#include "mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	struct json *reply = json_parse((const char *)data, n, &err);
	char *content = reply ? llm_content(reply) : xstrndup((const char *)data, n);

	for (size_t i = 0; content && judgellm_judges[i]; i++)
		json_free(judgellm_read(judgellm_judges[i], content, &err));
	free(content);
	json_free(reply);
	return 0;
}
