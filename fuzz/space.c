/* Any bytes as a Genie space export: read, checked, sorted, migrated, printed. */
#include "json.h"
#include "space.h"
#include "spacecheck.h"
#include "str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct space space;
	struct space_problems problems = { NULL, 0, 0 };
	struct err err = { 0 };
	struct str out = STR_INIT;
	char hash[SHA256_HEX], id[SPACE_ID_SIZE];
	if (!space_parse(&space, (const char *)data, n, "input", &err))
		return 0;
	(void)space_check(space.config, &problems);
	space_hash(space.config, NULL, hash);
	space_new_id(space.config, hash, id);
	space_sort(space.config);
	space_migrate(space.config);
	space_print(&space, &out);
	str_free(&out);
	space_problems_free(&problems);
	space_free(&space);
	return 0;
}
