/* What a model is asked. */
#include "proposellm.h"

#include "digest.h"
#include "json.h"
#include "patch.h"
#include "prompt.h"
#include "proposellm_int.h"
#include "str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TOKENS 8192 /* of an answer; reasoning counts too */

const char *proposellm_value_members(enum patch_kind kind)
{
	switch (kind) {
	case PATCH_JOIN: return "left right sql comment instruction";
	case PATCH_MV_MEASURE:
	case PATCH_MV_DIMENSION: return "expr comment display_name synonyms";
	case PATCH_DEFAULT_FILTER:
	case PATCH_SQL_SNIPPET: return "display_name sql synonyms comment instruction";
	case PATCH_EXAMPLE_SQL: return "question sql usage_guidance";
	default: return "";
	}
}

const char *proposellm_optional_member(const struct patch_type *type)
{
	switch (type->kind) {
	case PATCH_TAG:
	case PATCH_COMPLIANCE_TAG: return "column";
	case PATCH_MV_MEASURE:
	case PATCH_MV_DIMENSION: return type->verb == PATCH_UPDATE ? "field" : "";
	case PATCH_INSTRUCTION: return type->verb == PATCH_UPDATE ? "old_text" : "";
	default: return "";
	}
}

/* ---- the types ------------------------------------------------------------------------ */

/* "target new_text|value" as "target, new_text or value". */
static void add_members(const char *names, struct str *out)
{
	for (; *names; names++) {
		if (*names == ' ')
			str_add(out, ", ");
		else if (*names == '|')
			str_add(out, " or ");
		else
			str_addc(out, *names);
	}
}

static void add_type(const struct patch_type *type, struct str *out)
{
	const char *optional = proposellm_optional_member(type);
	const char *value = proposellm_value_members(type->kind);
	str_addf(out, "- %s (%s risk): ", type->name, patch_risk_text(type->risk));
	add_members(type->required, out);
	if (*optional)
		str_addf(out, "; %s may be left out", optional);
	if (strstr(type->required, "value") && *value) {
		str_add(out, "; value has ");
		add_members(value, out);
	}
	str_addc(out, '\n');
}

char *proposellm_types(int lever)
{
	struct str out = STR_INIT;
	const struct patch_type *type;
	for (size_t i = 0; (type = patch_type_at(i)); i++)
		if (patch_type_serves(type, lever))
			add_type(type, &out);
	return str_take(&out);
}

/* ---- the schema ------------------------------------------------------------------------ */

static struct json *new_type(struct json *properties, const char *name, const char *type)
{
	struct json *out = json_set(properties, name, json_new_object());
	json_set_str(out, "type", type);
	return out;
}

static void new_list(struct json *properties, const char *name)
{
	struct json *list = new_type(properties, name, "array");
	json_set_str(json_set(list, "items", json_new_object()), "type", "string");
}

static void add_value(struct json *properties)
{
	static const char *const texts[] = { "question", "sql", "usage_guidance", "left", "right",
		"expr", "display_name", "comment", "instruction" };
	struct json *value = new_type(properties, "value", "object");
	struct json *members = json_set(value, "properties", json_new_object());
	for (size_t i = 0; i < countof(texts); i++)
		new_type(members, texts[i], "string");
	new_list(members, "synonyms");
	prompt_strict(value);
}

static void add_patch(struct json *patch, int lever)
{
	static const char *const texts[] = { "target", "column", "key", "field", "id", "snippet",
		"old_text", "new_text" };
	struct json *properties, *names;
	const struct patch_type *type;
	json_set_str(patch, "type", "object");
	properties = json_set(patch, "properties", json_new_object());
	names = json_set(new_type(properties, "type", "string"), "enum", json_new_array());
	for (size_t i = 0; (type = patch_type_at(i)); i++)
		if (patch_type_serves(type, lever))
			json_push_str(names, type->name);
	for (size_t i = 0; i < countof(texts); i++)
		new_type(properties, texts[i], "string");
	add_value(properties);
	new_list(properties, "questions");
	new_type(properties, "confidence", "number");
	prompt_strict(patch);
}

struct json *proposellm_schema(int lever)
{
	struct json *schema = json_new_object(), *properties, *list;
	json_set_str(schema, "type", "object");
	properties = json_set(schema, "properties", json_new_object());
	list = new_type(properties, "patches", "array");
	add_patch(json_set(list, "items", json_new_object()), lever);
	prompt_strict(schema);
	return schema;
}

/* ---- the request ------------------------------------------------------------------------ */

const char *proposellm_marker(const char *text, char out[PROPOSELLM_MARKER])
{
	char hash[SHA256_HEX];
	sha256_hex(text, strlen(text), hash);
	do {
		snprintf(out, PROPOSELLM_MARKER, "evidence-%.12s", hash);
		sha256_hex(hash, strlen(hash), hash);
	} while (strstr(text, out));
	return out;
}

struct values {
	char lever[16], max[24], marker[PROPOSELLM_MARKER];
	char *types, *evidence;
};

static const char *value_of(void *ctx, const char *name)
{
	const struct values *values = ctx;
	if (streq(name, "lever"))
		return values->lever;
	if (streq(name, "max_patches"))
		return values->max;
	if (streq(name, "marker"))
		return values->marker;
	if (streq(name, "types"))
		return values->types;
	return streq(name, "evidence") ? values->evidence : NULL;
}

struct json *proposellm_request(const struct proposellm_input *input, const struct prompt *prompt,
	struct err *err)
{
	struct values values = { .types = proposellm_types(input->lever) };
	struct str evidence = STR_INIT;
	struct json *request;
	json_print_pretty(input->evidence, 1, &evidence);
	values.evidence = str_take(&evidence);
	snprintf(values.lever, sizeof values.lever, "%d", input->lever);
	snprintf(values.max, sizeof values.max, "%zu", input->max_patches);
	proposellm_marker(values.evidence, values.marker);
	request = prompt_request(prompt, value_of, &values, err);
	if (request)
		prompt_want(request, MAX_TOKENS, "patches", proposellm_schema(input->lever));
	free(values.types);
	free(values.evidence);
	return request;
}
