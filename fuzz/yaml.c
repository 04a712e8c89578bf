#include "json.h"
#include "yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err err = { 0 };
	struct yaml *yaml = yaml_parse((const char *)data, n, "fuzz", &err);
	if (!yaml)
		return 0;
	const struct yaml_node *root = yaml_root(yaml);
	yaml_find(root, "a[b=c].d[0]");
	json_free(yaml_to_json(root));
	if (root && (root->end.offset > n || root->start.offset > root->end.offset))
		BUG("marks outside the text");
	yaml_close(yaml);
	return 0;
}
