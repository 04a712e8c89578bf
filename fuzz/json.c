#include "json.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	struct json *json = json_parse((const char *)data, n, &err);
	if (!json)
		return 0;
	struct str a = STR_INIT, b = STR_INIT;
	json_print(json, &a);
	struct json *again = json_parse(str_text(&a), a.n, &err);
	if (!again || !json_equal(json, again))
		BUG("what was printed does not read back");
	json_canonical(again, &b);
	json_free(again);
	json_free(json);
	str_free(&a);
	str_free(&b);
	return 0;
}
