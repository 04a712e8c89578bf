/* From what a model wrote to a verdict. */
#include "judgellm.h"

#include "json.h"
#include "llmjson.h"
#include "mem.h"
#include "rows.h"
#include "str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RATIONALE 4000
#define MAX_FIELD 1000
#define MAX_NAME 200
#define MAX_BLAMED 20

/* ---- the fields -------------------------------------------------------------------- */

static void set_clipped(struct json *object, const char *key, const char *text, size_t cap)
{
	char *copy = text ? xstrndup(text, utf8_fit(text, cap)) : NULL;
	const char *clean = copy ? trim(copy) : "";
	json_set_str(object, key, *clean ? clean : NULL);
	free(copy);
}

/* Numbers and the like as text, as some models write values. */
static void set_any(struct json *object, const char *key, const struct json *value)
{
	struct str text = STR_INIT;
	if (json_text(value))
		str_add(&text, json_text(value));
	else if (value && !json_is(value, JSON_NULL))
		json_print(value, &text);
	set_clipped(object, key, str_text(&text), MAX_FIELD);
	str_free(&text);
}

static double confidence_of(const struct json *value)
{
	double n = 0.5;
	if (json_text(value)) {
		char *end;
		double text = strtod(json_text(value), &end);
		n = end == json_text(value) ? n : *end == '%' ? text / 100 : text;
	} else if (!json_as_num(value, &n)) {
		n = 0.5;
	}
	return n >= 0 && n <= 1 ? n : n > 1 ? 1 : 0;
}

static void push_name(struct json *list, const char *text, size_t n)
{
	char *name = xstrndup(text, n);
	char *clean = trim(name);
	clean[utf8_fit(clean, MAX_NAME)] = '\0';
	if (*clean && json_len(list) < MAX_BLAMED)
		json_push_str(list, clean);
	free(name);
}

/* A list of names, or one text that names them between commas. */
static void set_blame(struct json *asi, const struct json *value)
{
	struct json *list = json_set(asi, "blame_set", json_new_array());
	for (const char *s = json_text(value); s && *s;) {
		size_t n = strcspn(s, ",");
		push_name(list, s, n);
		s += n + (s[n] != '\0');
	}
	for (const struct json *one = json_is(value, JSON_ARRAY) ? json_first(value) : NULL; one;
	     one = json_next(one))
		if (json_text(one))
			push_name(list, json_text(one), strlen(json_text(one)));
}

static char *lower_word(const struct json *value)
{
	char *copy = xstrlower(json_text(value) ? json_text(value) : "");
	char *out = xstrdup(trim(copy));
	free(copy);
	return out;
}

static struct json *read_asi(const struct json *answer)
{
	struct json *asi = json_new_object();
	char *type = lower_word(json_get(answer, "failure_type"));
	char *severity = lower_word(json_get(answer, "severity"));
	const struct failure_type *known = failure_type_find(type);
	known = known ? known : failure_type_find("other");
	json_set_str(asi, "failure_type", known->name);
	json_set_str(asi, "severity", severity_rank(severity) >= 0 ? severity : known->severity);
	json_set_num(asi, "confidence", confidence_of(json_get(answer, "confidence")));
	set_any(asi, "wrong_clause", json_get(answer, "wrong_clause"));
	set_blame(asi, json_get(answer, "blame_set"));
	set_any(asi, "quoted_metadata_text", json_get(answer, "quoted_metadata_text"));
	set_any(asi, "missing_metadata", json_get(answer, "missing_metadata"));
	json_set_bool(asi, "ambiguity_detected", json_bool_or(answer, "ambiguity_detected", false));
	set_any(asi, "expected_value", json_get(answer, "expected_value"));
	set_any(asi, "actual_value", json_get(answer, "actual_value"));
	set_any(asi, "counterfactual_fix", json_get(answer, "counterfactual_fix"));
	set_any(asi, "affected_question_pattern", json_get(answer, "affected_question_pattern"));
	free(type);
	free(severity);
	return asi;
}

/* ---- the verdict --------------------------------------------------------------------- */

/* The judge's word for the value, or NULL: not one of its verdicts. */
static const char *read_value(const char *judge, const struct json *value)
{
	static const char *const verdicts[] = { "yes", "no", "unknown" };
	static const char *const who[] = { "genie_correct", "ground_truth_correct", "both_correct",
					   "neither_correct", "unknown" };
	bool arbiter = streq(judge, judgellm_judges[JUDGELLM_ARBITER]);
	const char *const *names = arbiter ? who : verdicts;
	const char *found = NULL;
	char *word = lower_word(value);
	for (size_t i = 0; i < (arbiter ? countof(who) : countof(verdicts)); i++)
		if (streq(word, names[i]))
			found = names[i];
	free(word);
	if (!arbiter && json_is(value, JSON_BOOL))
		return json_true(value) ? "yes" : "no";
	return found;
}

static bool has_value(const struct json *json)
{
	return json_get(json, "value") != NULL;
}

struct json *judgellm_read(const char *judge, const char *content, struct err *err)
{
	struct json *answer = llmjson_find(content, "{", has_value);
	const char *value = read_value(judge, json_get(answer, "value"));
	struct json *verdict = NULL;
	if (!answer) {
		err_set(err, ERR_DATA, "the answer holds no JSON with a value: %.*s",
			(int)utf8_fit(content, 120), content);
	} else if (!value) {
		struct str text = STR_INIT;
		json_print(json_get(answer, "value"), &text);
		err_set(err, ERR_DATA, "%.60s is no verdict of %s", str_text(&text), judge);
		str_free(&text);
	} else {
		verdict = json_new_object();
		json_set_str(verdict, "value", value);
		set_clipped(verdict, "rationale", json_str_or(answer, "rationale", ""),
			MAX_RATIONALE);
		if (!streq(value, "yes") && !streq(value, "both_correct"))
			json_set(verdict, "asi", read_asi(answer));
	}
	json_free(answer);
	return verdict;
}

struct json *judgellm_unknown(const char *why)
{
	struct json *verdict = json_new_object(), *asi;
	json_set_str(verdict, "value", "unknown");
	json_set_str(verdict, "rationale", why);
	asi = json_set(verdict, "asi", json_new_object());
	json_set_str(asi, "failure_type", "other");
	json_set_str(asi, "severity", "info");
	json_set_num(asi, "confidence", 0);
	json_set_str(asi, "wrong_clause", NULL);
	json_set(asi, "blame_set", json_new_array());
	json_set_str(asi, "quoted_metadata_text", NULL);
	json_set_str(asi, "missing_metadata", NULL);
	json_set_bool(asi, "ambiguity_detected", false);
	json_set_str(asi, "expected_value", NULL);
	json_set_str(asi, "actual_value", NULL);
	json_set_str(asi, "counterfactual_fix", NULL);
	json_set_str(asi, "affected_question_pattern", NULL);
	return verdict;
}
