#include "patch.h"

#include "json.h"
#include "mem.h"
#include "sqltext.h"
#include "str.h"

#include <string.h>

#define UC PATCH_UC
#define GENIE PATCH_GENIE

static const struct patch_type types[] = {
	{ "update_table_comment", PATCH_TABLE_COMMENT, PATCH_UPDATE, 1, PATCH_LOW, UC,
	  "target new_text" },
	{ "add_column_comment", PATCH_COLUMN_COMMENT, PATCH_ADD, 1, PATCH_LOW, UC,
	  "target column new_text" },
	{ "update_column_comment", PATCH_COLUMN_COMMENT, PATCH_UPDATE, 1, PATCH_LOW, UC,
	  "target column new_text" },
	{ "add_description", PATCH_DESCRIPTION, PATCH_ADD, 1, PATCH_LOW, GENIE, "target new_text" },
	{ "update_description", PATCH_DESCRIPTION, PATCH_UPDATE, 1, PATCH_LOW, GENIE,
	  "target new_text" },
	{ "set_tag", PATCH_TAG, PATCH_ADD, 1, PATCH_LOW, UC, "target key new_text" },
	{ "unset_tag", PATCH_TAG, PATCH_REMOVE, 1, PATCH_HIGH, UC, "target key" },
	{ "add_compliance_tag", PATCH_COMPLIANCE_TAG, PATCH_ADD, 1, PATCH_LOW, UC,
	  "target key new_text" },
	{ "remove_compliance_tag", PATCH_COMPLIANCE_TAG, PATCH_REMOVE, 1, PATCH_HIGH, UC,
	  "target key" },
	{ "set_table_property", PATCH_PROPERTY, PATCH_ADD, 1, PATCH_LOW, UC, "target key new_text" },
	{ "add_synonym", PATCH_SYNONYM, PATCH_ADD, 1, PATCH_LOW, GENIE, "target column new_text" },
	{ "remove_synonym", PATCH_SYNONYM, PATCH_REMOVE, 1, PATCH_HIGH, GENIE,
	  "target column old_text" },
	{ "hide_column", PATCH_HIDDEN, PATCH_ADD, 1, PATCH_MEDIUM, GENIE, "target column" },
	{ "unhide_column", PATCH_HIDDEN, PATCH_REMOVE, 1, PATCH_MEDIUM, GENIE, "target column" },
	{ "rename_column_alias", PATCH_ALIAS, PATCH_UPDATE, 1, PATCH_LOW, UC,
	  "target column new_text" },
	{ "enable_example_values", PATCH_EXAMPLE_VALUES, PATCH_ADD, 1, PATCH_LOW, GENIE,
	  "target column" },
	{ "disable_example_values", PATCH_EXAMPLE_VALUES, PATCH_REMOVE, 1, PATCH_MEDIUM, GENIE,
	  "target column" },
	{ "enable_value_dictionary", PATCH_VALUE_DICTIONARY, PATCH_ADD, 1, PATCH_LOW, GENIE,
	  "target column" },
	{ "disable_value_dictionary", PATCH_VALUE_DICTIONARY, PATCH_REMOVE, 1, PATCH_MEDIUM, GENIE,
	  "target column" },
	{ "add_join", PATCH_JOIN, PATCH_ADD, 1, PATCH_MEDIUM, GENIE, "value" },
	{ "update_join", PATCH_JOIN, PATCH_UPDATE, 1, PATCH_MEDIUM, GENIE, "id value" },
	{ "remove_join", PATCH_JOIN, PATCH_REMOVE, 1, PATCH_HIGH, GENIE, "id" },
	{ "add_table", PATCH_TABLE, PATCH_ADD, 1, PATCH_HIGH, GENIE, "target" },
	{ "remove_table", PATCH_TABLE, PATCH_REMOVE, 1, PATCH_HIGH, GENIE, "target" },
	{ "add_mv_measure", PATCH_MV_MEASURE, PATCH_ADD, 2, PATCH_MEDIUM, UC,
	  "target column new_text|value" },
	{ "update_mv_measure", PATCH_MV_MEASURE, PATCH_UPDATE, 2, PATCH_MEDIUM, UC,
	  "target column new_text|value" },
	{ "remove_mv_measure", PATCH_MV_MEASURE, PATCH_REMOVE, 2, PATCH_HIGH, UC, "target column" },
	{ "add_mv_dimension", PATCH_MV_DIMENSION, PATCH_ADD, 2, PATCH_MEDIUM, UC,
	  "target column new_text|value" },
	{ "update_mv_dimension", PATCH_MV_DIMENSION, PATCH_UPDATE, 2, PATCH_MEDIUM, UC,
	  "target column new_text|value" },
	{ "remove_mv_dimension", PATCH_MV_DIMENSION, PATCH_REMOVE, 2, PATCH_HIGH, UC,
	  "target column" },
	{ "update_mv_yaml", PATCH_MV_YAML, PATCH_UPDATE, 2, PATCH_HIGH, UC, "target new_text" },
	{ "update_tvf_comment", PATCH_TVF_COMMENT, PATCH_UPDATE, 3, PATCH_LOW, UC,
	  "target new_text" },
	{ "update_tvf_parameter_comment", PATCH_TVF_PARAM_COMMENT, PATCH_UPDATE, 3, PATCH_LOW, UC,
	  "target column new_text" },
	{ "update_tvf_sql", PATCH_TVF_SQL, PATCH_UPDATE, 3, PATCH_HIGH, UC, "target new_text" },
	{ "add_tvf", PATCH_TVF, PATCH_ADD, 3, PATCH_HIGH, UC, "target new_text" },
	{ "remove_tvf", PATCH_TVF, PATCH_REMOVE, 3, PATCH_HIGH, UC, "target" },
	{ "add_tvf_parameter", PATCH_TVF_PARAM, PATCH_ADD, 3, PATCH_HIGH, UC,
	  "target column new_text" },
	{ "remove_tvf_parameter", PATCH_TVF_PARAM, PATCH_REMOVE, 3, PATCH_HIGH, UC,
	  "target column" },
	{ "add_default_filter", PATCH_DEFAULT_FILTER, PATCH_ADD, 3, PATCH_MEDIUM, GENIE, "value" },
	{ "update_default_filter", PATCH_DEFAULT_FILTER, PATCH_UPDATE, 3, PATCH_MEDIUM, GENIE,
	  "id value" },
	{ "remove_default_filter", PATCH_DEFAULT_FILTER, PATCH_REMOVE, 3, PATCH_HIGH, GENIE, "id" },
	{ "add_instruction", PATCH_INSTRUCTION, PATCH_ADD, 6, PATCH_LOW, GENIE, "new_text" },
	{ "update_instruction", PATCH_INSTRUCTION, PATCH_UPDATE, 6, PATCH_MEDIUM, GENIE,
	  "new_text" },
	{ "remove_instruction", PATCH_INSTRUCTION, PATCH_REMOVE, 6, PATCH_HIGH, GENIE, "old_text" },
	{ "add_example_sql", PATCH_EXAMPLE_SQL, PATCH_ADD, 6, PATCH_LOW, GENIE, "value" },
	{ "update_example_sql", PATCH_EXAMPLE_SQL, PATCH_UPDATE, 6, PATCH_MEDIUM, GENIE,
	  "id value" },
	{ "remove_example_sql", PATCH_EXAMPLE_SQL, PATCH_REMOVE, 6, PATCH_HIGH, GENIE, "id" },
	{ "add_sql_snippet", PATCH_SQL_SNIPPET, PATCH_ADD, 6, PATCH_MEDIUM, GENIE,
	  "snippet value" },
	{ "update_sql_snippet", PATCH_SQL_SNIPPET, PATCH_UPDATE, 6, PATCH_MEDIUM, GENIE,
	  "snippet id value" },
	{ "remove_sql_snippet", PATCH_SQL_SNIPPET, PATCH_REMOVE, 6, PATCH_HIGH, GENIE,
	  "snippet id" },
	{ "add_sample_question", PATCH_SAMPLE_QUESTION, PATCH_ADD, 6, PATCH_LOW, GENIE,
	  "new_text" },
	{ "remove_sample_question", PATCH_SAMPLE_QUESTION, PATCH_REMOVE, 6, PATCH_HIGH, GENIE,
	  "id|old_text" },
};

static const struct {
	const char *alias, *name;
} aliases[] = {
	{ "add_column_description", "add_column_comment" },
	{ "update_column_description", "update_column_comment" },
	{ "add_table_comment", "update_table_comment" },
	{ "add_join_spec", "add_join" },
	{ "update_join_spec", "update_join" },
	{ "remove_join_spec", "remove_join" },
	{ "rewrite_instruction", "update_instruction" },
	{ "set_compliance_tag", "add_compliance_tag" },
	{ "update_tvf_parameter", "update_tvf_parameter_comment" },
};

const struct patch_type *patch_type_find(const char *name)
{
	for (size_t i = 0; i < countof(aliases); i++)
		if (streq(aliases[i].alias, name))
			name = aliases[i].name;
	for (size_t i = 0; i < countof(types); i++)
		if (streq(types[i].name, name))
			return &types[i];
	return NULL;
}

const struct patch_type *patch_type_at(size_t index)
{
	return index < countof(types) ? &types[index] : NULL;
}

bool patch_type_serves(const struct patch_type *type, int lever)
{
	if (type->lever == lever)
		return true;
	/* levers 4 and 5 are lever 1 on monitoring and ML tables */
	if (type->lever == 1)
		return lever == 4 || lever == 5;
	/* a comment on a metric view arrives as lever 1 and is kept in its YAML */
	return type->kind == PATCH_ALIAS && lever == 2;
}

const char *patch_risk_text(enum patch_risk risk)
{
	static const char *const text[] = { "low", "medium", "high" };
	return text[risk];
}

const char *patch_scope_text(enum patch_scope scope)
{
	return scope == PATCH_UC ? "uc" : "genie";
}

const char *patch_live_text(enum patch_scope scope)
{
	return scope == PATCH_UC ? "sql" : "patch_space";
}

/* ---- reading ---- */
static bool fail(const struct json *json, struct err *err, const char *what)
{
	struct str path = STR_INIT;
	err_set(err, ERR_DATA, "%s: %s", json_path(json, &path), what);
	str_free(&path);
	return false;
}

/* Control characters have no place in metadata, and confuse terminals. */
static bool text_ok(const struct json *json, struct err *err)
{
	const char *text = json_text(json);
	if (!text)
		return true;
	size_t characters = 0;
	for (const char *s = text; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if ((c < 0x20 && c != '\n' && c != '\t' && c != '\r') || c == 0x7f)
			return fail(json, err, "control characters are not accepted");
		characters += (c & 0xC0) != 0x80;
	}
	if (characters > PATCH_MAX_TEXT)
		return fail(json, err, "longer than 25,000 characters");
	return true;
}

static bool member(const struct json *json, const char *name, const char **out, struct err *err)
{
	*out = NULL;
	return json_opt_str(json, name, out, err) && text_ok(json_get(json, name), err);
}

static bool present(const struct json *json, const char *name, size_t n)
{
	char key[32];
	memcpy(key, name, n);
	key[n] = '\0';
	const struct json *found = json_get(json, key);
	const char *text = json_text(found);
	/* an empty new text would clear metadata that somebody wrote */
	if (streq(key, "value"))
		return json_is(found, JSON_OBJECT);
	return text && *text;
}

static bool required(const struct patch *patch, struct err *err)
{
	for (const char *s = patch->type->required; *s;) {
		size_t n = strcspn(s, " ");
		bool found = false;
		for (const char *p = s; p < s + n;) {
			size_t m = strcspn(p, "| ");
			found = found || present(patch->json, p, m);
			p += m + (p[m] == '|');
		}
		if (!found) {
			struct str path = STR_INIT;
			err_set(err, ERR_DATA, "%s: %s needs %.*s", json_path(patch->json, &path),
				patch->type->name, (int)n, s);
			str_free(&path);
			return false;
		}
		s += n + (s[n] == ' ');
	}
	return true;
}

static bool read_target(const struct patch *patch, struct err *err)
{
	if (!patch->target || !strstr(patch->type->required, "target"))
		return true;
	struct arena arena = { 0 };
	const char *parts[SQL_NAME_PARTS];
	size_t n = sql_split_name(&arena, patch->target, parts);
	arena_free(&arena);
	return n == 3 || fail(json_get(patch->json, "target"), err, "not a name catalog.schema.object");
}

static bool read_choices(const struct patch *patch, struct err *err)
{
	static const char *const fields[] = { "expr", "comment", "display_name", "synonyms" };
	static const char *const snippets[] = { "filter", "measure", "expression" };
	bool ok = !patch->field;
	for (size_t i = 0; i < countof(fields); i++)
		ok = ok || streq(patch->field, fields[i]);
	if (!ok)
		return fail(json_get(patch->json, "field"), err,
			    "expected expr, comment, display_name or synonyms");
	ok = !patch->snippet;
	for (size_t i = 0; i < countof(snippets); i++)
		ok = ok || streq(patch->snippet, snippets[i]);
	return ok || fail(json_get(patch->json, "snippet"), err,
			  "expected filter, measure or expression");
}

static bool read_lever(struct patch *patch, struct err *err)
{
	int64_t lever = patch->type->lever;
	if (!json_opt_int(patch->json, "lever", &lever, err))
		return false;
	if (lever < 1 || lever > 6 || !patch_type_serves(patch->type, (int)lever)) {
		struct str path = STR_INIT;
		err_set(err, ERR_DATA, "%s: %s is of lever %d, not %lld",
			json_path(patch->json, &path), patch->type->name, patch->type->lever,
			(long long)lever);
		str_free(&path);
		return false;
	}
	patch->lever = (int)lever;
	return true;
}

static void read_risk(struct patch *patch)
{
	const char *risk = json_str_or(patch->json, "risk", "low");
	patch->risk = streq(risk, "high") ? PATCH_HIGH : streq(risk, "medium") ? PATCH_MEDIUM :
		PATCH_LOW;
	if (patch->risk < patch->type->risk)
		patch->risk = patch->type->risk;
	/* an expression is code, whatever the type's own risk */
	if (patch->type->verb == PATCH_UPDATE && patch->risk < PATCH_HIGH &&
	    (patch->type->kind == PATCH_MV_MEASURE || patch->type->kind == PATCH_MV_DIMENSION) &&
	    (streq(patch->field, "expr") || json_get(patch->value, "expr")))
		patch->risk = PATCH_HIGH;
}

bool patch_read(struct patch *patch, const struct json *json, struct err *err)
{
	*patch = (struct patch){ .json = json };
	if (!json_is(json, JSON_OBJECT))
		return json_expected(json, "object", err);
	const char *type = json_need_str(json, "type", err);
	if (!type)
		return false;
	patch->type = patch_type_find(type);
	if (!patch->type)
		return fail(json_get(json, "type"), err, "no such patch type");
	patch->value = json_get(json, "value");
	bool ok = member(json, "patch_id", &patch->patch_id, err) &&
		member(json, "target", &patch->target, err) &&
		member(json, "column", &patch->column, err) &&
		member(json, "key", &patch->key, err) &&
		member(json, "field", &patch->field, err) &&
		member(json, "id", &patch->id, err) &&
		member(json, "anyway", &patch->anyway, err) &&
		member(json, "snippet", &patch->snippet, err) &&
		member(json, "old_text", &patch->old_text, err) &&
		member(json, "new_text", &patch->new_text, err) &&
		read_lever(patch, err) && required(patch, err) && read_target(patch, err) &&
		read_choices(patch, err);
	if (!ok)
		return false;
	read_risk(patch);
	patch->has_impact = json_as_num(json_get(json, "net_impact"), &patch->net_impact);
	return true;
}

/* ---- worth ---- */
double patch_net_impact(size_t fixed, double confidence, size_t at_risk, double regression)
{
	return (double)fixed * confidence - (double)at_risk * regression;
}

double patch_score(double net_impact, size_t blast, size_t total)
{
	return net_impact - (total ? 0.1 * (double)blast / (double)total : 0);
}

/* ---- writing ---- */
struct json *patch_new(const char *patch_id, const char *type, const char *target, int lever)
{
	const struct patch_type *found = patch_type_find(type);
	if (!found)
		BUG("no patch type %s", type);
	struct json *patch = json_new_object();
	json_set_str(patch, "patch_id", patch_id);
	json_set_str(patch, "type", found->name);
	json_set_int(patch, "lever", lever ? lever : found->lever);
	json_set_str(patch, "risk", patch_risk_text(found->risk));
	json_set_str(patch, "scope", patch_scope_text(found->scope));
	if (target)
		json_set_str(patch, "target", target);
	struct json *live = json_set(patch, "live", json_new_object());
	json_set_str(live, "kind", patch_live_text(found->scope));
	return patch;
}

static void set_list(struct json *patch, const char *key, const struct strlist *list)
{
	struct json *array = json_set(patch, key, json_new_array());
	for (size_t i = 0; list && i < list->n; i++)
		json_push_str(array, list->v[i]);
}

void patch_set_impact(struct json *patch, const struct strlist *questions,
	const struct strlist *at_risk, double confidence, double regression,
	size_t blast, size_t total)
{
	double net = patch_net_impact(questions ? questions->n : 0, confidence,
				      at_risk ? at_risk->n : 0, regression);
	set_list(patch, "questions", questions);
	json_set_num(patch, "confidence", confidence);
	set_list(patch, "questions_at_risk", at_risk);
	json_set_num(patch, "regression_probability", regression);
	json_set_num(patch, "net_impact", net);
	json_set_num(patch, "score", patch_score(net, blast, total));
}
