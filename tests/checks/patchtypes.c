/* patchtypes - every type of patch, one a line: its name, a tab, its risk. */
#include "patch.h"

#include <stdio.h>

int main(void)
{
	const struct patch_type *type;
	for (size_t i = 0; (type = patch_type_at(i)) != NULL; i++)
		printf("%s\t%s\n", type->name, patch_risk_text(type->risk));
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
