/* yamljson FILE...: prints each YAML file as one line of JSON, for checks that are scripts. */
#include "json.h"
#include "jsonw.h"
#include "str.h"
#include "yaml.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct err err = { 0 };
		struct str text = STR_INIT;
		struct json *json = yaml_load_json(argv[i], &err);
		if (!json) {
			fprintf(stderr, "yamljson: %s\n", err.text);
			return 65;
		}
		json_print(json, &text);
		puts(str_text(&text));
		str_free(&text);
		json_free(json);
	}
	return fflush(stdout) == 0 ? 0 : 74;
}
