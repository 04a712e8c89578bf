#include "genie.h"
#include "json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	struct json *message = json_parse((const char *)data, n, &err);
	struct genie_answer answer = { 0 };

	if (!message)
		return 0;
	genie_read_message(message, &answer);
	genie_answer_free(&answer);
	json_free(message);
	return 0;
}
