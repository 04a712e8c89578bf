#include "ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	struct ini *ini = ini_parse((const char *)data, n, "fuzz", &err);

	if (!ini)
		return 0;
	for (size_t i = 0; i < ini_sections(ini); i++) {
		if (!ini_has(ini, ini_section(ini, i)))
			BUG("a section that is not there");
		ini_get(ini, ini_section(ini, i), "host");
	}
	ini_free(ini);
	return 0;
}
