/* Rows in the flat form of MLflow's evaluation tables, made nested. */
#include "rows.h"

#include "digest.h"
#include "json.h"
#include "mem.h"

#include <stdlib.h>
#include <string.h>

/* "schema_accuracy_judge" is schema_accuracy. New string. */
static char *judge_name(const char *s, size_t n)
{
	static const char *const endings[] = { "_judge", "_scorer" };
	char *name = xstrndup(s, n);
	for (size_t i = 0; i < countof(endings); i++) {
		size_t keep = strlen(name) - strlen(endings[i]);
		if (!ends_with(name, endings[i]))
			continue;
		char *base = xstrndup(name, keep);
		bool known = row_is_judge(base);
		if (known) {
			free(name);
			return base;
		}
		free(base);
	}
	return name;
}

/* The judge's object in the row; made when missing. */
static struct json *judge_object(struct json *row, const char *name, size_t n)
{
	struct json *judges = json_get(row, "judges");
	if (!json_is(judges, JSON_OBJECT))
		judges = json_set(row, "judges", json_new_object());
	char *key = judge_name(name, n);
	struct json *judge = json_get(judges, key);
	if (!json_is(judge, JSON_OBJECT)) {
		struct json *value = json_is(judge, JSON_NULL) ? NULL : judge;
		struct json *object = json_new_object();
		if (value)
			json_set(object, "value", json_dup(value));
		judge = json_set(judges, key, object);
	}
	free(key);
	return judge;
}

/* The judge's ASI; made when missing, and then `from` (NULL: the judge itself) says by whom. */
static struct json *asi_object(struct json *judge, const char *from)
{
	struct json *asi = json_get(judge, "asi");
	if (json_is(asi, JSON_OBJECT))
		return asi;
	if (from)
		json_set_str(judge, "asi_from", from);
	return json_set(judge, "asi", json_new_object());
}

static void set_missing(struct json *object, const char *key, struct json *value)
{
	if (json_typeof(value) == JSON_NULL || json_typeof(json_get(object, key)) != JSON_NULL)
		json_free(value);
	else
		json_set(object, key, value);
}

/* A string that holds a JSON object or array is that; anything else stays. Takes value. */
static struct json *unpack(struct json *value)
{
	const char *text = json_text(value);
	struct err ignored = { 0 };
	if (!text || (text[0] != '{' && text[0] != '['))
		return value;
	struct json *inside = json_parse(text, strlen(text), &ignored);
	if (!inside)
		return value;
	json_free(value);
	return inside;
}

/* Members that `object` lacks are copied from `from`. */
static void merge(struct json *object, const struct json *from)
{
	for (const struct json *m = json_first(from); m; m = json_next(m))
		set_missing(object, json_key(m), json_dup(m));
}

/* A judge's metadata: an object or a string that holds one; other texts become
 * the quoted text. Takes value. */
static void set_metadata(struct json *judge, struct json *value, const char *from)
{
	value = unpack(value);
	if (json_is(value, JSON_OBJECT)) {
		struct json *inner = json_get(value, "asi");
		merge(asi_object(judge, from), json_is(inner, JSON_OBJECT) ? inner : value);
	} else if (json_text(value) && *json_text(value)) {
		set_missing(asi_object(judge, from), "quoted_metadata_text", json_dup(value));
	}
	json_free(value);
}

/* What a judge's column holds, by the last word of its name. Takes value. */
static void set_field(struct json *judge, const char *field, struct json *value)
{
	if (streq(field, "metadata"))
		set_metadata(judge, value, "columns");
	else if (json_is(value, JSON_OBJECT) && streq(field, "value"))
		merge(judge, value), json_free(value);
	else
		set_missing(judge, field, value);
}

/* outputs/response is the SQL, prose, or an object with both. Takes value. */
static void set_response(struct json *row, struct json *value)
{
	value = unpack(value);
	const char *text = json_text(value);
	if (json_is(value, JSON_OBJECT))
		merge(row, value);
	else if (text) {
		while (*text == ' ' || *text == '\n' || *text == '\t' || *text == '(')
			text++;
		bool sql = starts_withi(text, "select") || starts_withi(text, "with");
		set_missing(row, sql ? "genie_sql" : "genie_text", json_dup(value));
	}
	json_free(value);
}

static void set_input(struct json *row, const char *name, struct json *value)
{
	set_missing(row, streq(name, "expected_response") ? "expected_sql" : name, value);
}

/* "metadata/F" without a judge belongs to every verdict that says no; kept aside
 * in `shared` until all verdicts are known. */
static bool set_by_prefix(struct json *row, struct json *shared, const char *key,
			  struct json *value)
{
	const char *rest = strchr(key, '/') + 1, *slash = strrchr(rest, '/');
	size_t middle = slash ? (size_t)(slash - rest) : strlen(rest);
	if (starts_with(key, "inputs/") || starts_with(key, "expectations/"))
		set_input(row, rest, json_dup(value));
	else if (streq(key, "outputs/response") || streq(key, "response"))
		set_response(row, json_dup(value));
	else if (starts_with(key, "outputs/"))
		set_missing(row, rest, json_dup(value));
	else if (starts_with(key, "feedback/"))
		set_field(judge_object(row, rest, middle), slash ? slash + 1 : "value",
			  json_dup(value));
	else if (starts_with(key, "rationale/"))
		set_missing(judge_object(row, rest, strlen(rest)), "rationale", json_dup(value));
	else if (starts_with(key, "metadata/") && slash)
		set_missing(asi_object(judge_object(row, rest, middle), "columns"), slash + 1,
			    json_dup(value));
	else if (starts_with(key, "metadata/"))
		set_missing(shared, rest, json_dup(value));
	else
		return false;
	return true;
}

/* "<judge>/value", "<judge>/rationale", "<judge>/metadata", "<judge>/source". */
static bool set_by_ending(struct json *row, const char *key, const struct json *value)
{
	static const char *const endings[] = { "/value", "/rationale", "/metadata", "/source" };
	for (size_t i = 0; i < countof(endings); i++)
		if (ends_with(key, endings[i]) && strlen(key) > strlen(endings[i])) {
			set_field(judge_object(row, key, strlen(key) - strlen(endings[i])),
				  endings[i] + 1, json_dup(value));
			return true;
		}
	return false;
}

static const char *assessment_name(const struct json *a)
{
	return json_str_or(a, "assessment_name", json_str_or(a, "name", ""));
}

/* Was the assessment overridden, or is it no judge's? What a person expects is none. */
static bool is_void(const struct json *a)
{
	return !*assessment_name(a) || !json_bool_or(a, "valid", true)
		|| (json_get(a, "expectation") && !json_get(a, "feedback"));
}

/* Of a judge that assessed more than once the latest counts. */
static bool is_outdated(const struct json *list, const struct json *a)
{
	const char *name = assessment_name(a), *when = json_str_or(a, "create_time", "");
	for (const struct json *b = json_first(list); b; b = json_next(b))
		if (b != a && !is_void(b) && streq(assessment_name(b), name)
		    && strcmp(json_str_or(b, "create_time", ""), when) > 0)
			return true;
	return false;
}

/* assessments: [{"assessment_name", "feedback": {"value"}, "rationale", "metadata"}], as traces
 * have them. */
static void read_assessments(struct json *row)
{
	const struct json *list = json_get(row, "assessments");
	for (const struct json *a = json_first(list); a; a = json_next(a)) {
		if (is_void(a) || is_outdated(list, a))
			continue;
		const char *name = assessment_name(a);
		struct json *judge = judge_object(row, name, strlen(name));
		const struct json *value = json_dig(a, "feedback.value");
		value = value ? value : json_get(a, "value");
		if (value)
			set_missing(judge, "value", json_dup(value));
		if (json_get(a, "rationale"))
			set_missing(judge, "rationale", json_dup(json_get(a, "rationale")));
		if (json_get(a, "metadata"))
			set_metadata(judge, json_dup(json_get(a, "metadata")), "assessments");
	}
}

/* A preview of a trace is JSON text. Takes value. */
static struct json *preview(struct json *value)
{
	const char *text = json_text(value);
	struct err ignored = { 0 };
	struct json *inside = text ? json_parse(text, strlen(text), &ignored) : NULL;
	if (!inside)
		return value;
	json_free(value);
	return inside;
}

/* A row that is a trace, as GET traces/{id} gives it, or its info alone. */
static void read_trace(struct json *row)
{
	const struct json *info = json_dig(row, "trace.trace_info");
	info = info ? info : json_get(row, "trace_info");
	info = info ? info : json_get(row, "info");
	if (!json_is(info, JSON_OBJECT))
		return;
	struct json *asked = preview(json_dup(json_get(info, "request_preview")));
	struct json *answer = preview(json_dup(json_get(info, "response_preview")));
	if (json_is(asked, JSON_OBJECT))
		merge(row, asked);
	else if (json_text(asked))
		set_missing(row, "question", json_dup(asked));
	set_response(row, answer);
	json_free(asked);
	if (json_dig(info, "tags.question_id"))
		set_missing(row, "question_id", json_dup(json_dig(info, "tags.question_id")));
	if (json_get(info, "assessments"))
		set_missing(row, "assessments", json_dup(json_get(info, "assessments")));
}

static bool is_flat(const struct json *row)
{
	for (const struct json *m = json_first(row); m; m = json_next(m))
		if (strchr(json_key(m), '/'))
			return true;
	return false;
}

static void unflatten(struct json *row, struct json *shared)
{
	struct json *copy = is_flat(row) ? json_dup(row) : NULL;
	for (struct json *m = json_first(copy); m; m = json_next(m)) {
		const char *key = json_key(m);
		if (!strchr(key, '/'))
			continue;
		if (set_by_prefix(row, shared, key, m) || set_by_ending(row, key, m))
			json_remove(row, key);
	}
	json_free(copy);
	read_trace(row);
	if (json_is(json_get(row, "assessments"), JSON_ARRAY))
		read_assessments(row);
}

/* true, "Yes", "pass" and 1 are yes. */
static void settle_value(struct json *judge)
{
	const struct json *value = json_get(judge, "value");
	double number = 0;
	if (streq(json_text(value), "yes") || streq(json_text(value), "no"))
		return;
	if (json_is(value, JSON_BOOL)) {
		json_set_str(judge, "value", json_true(value) ? "yes" : "no");
	} else if (json_as_num(value, &number)) {
		json_set_str(judge, "value", number >= 1 ? "yes" : "no");
	} else if (json_text(value)) {
		char *text = xstrlower(json_text(value));
		const char *word = trim(text);
		if (streq(word, "pass") || streq(word, "true"))
			word = "yes";
		else if (streq(word, "fail") || streq(word, "false"))
			word = "no";
		if (!streq(word, json_text(value)))
			json_set_str(judge, "value", word);
		free(text);
	} else {
		json_set_str(judge, "value", "unknown");
	}
}

/* "a, b" becomes ["a","b"]. */
static void settle_list(struct json *asi, const char *key)
{
	struct json *value = json_get(asi, key);
	if (!json_text(value))
		return;
	struct json *list = unpack(json_dup(value));
	if (!json_is(list, JSON_ARRAY)) {
		json_free(list);
		list = json_new_array();
		char *text = xstrdup(json_text(value)), *at = text, *comma;
		for (; at; at = comma ? comma + 1 : NULL) {
			comma = strchr(at, ',');
			if (comma)
				*comma = '\0';
			char *word = trim(at);
			if (*word)
				json_push_str(list, word);
		}
		free(text);
	}
	json_set(asi, key, list);
}

static void settle_asi(struct json *judge)
{
	struct json *asi = json_get(judge, "asi");
	const char *confidence = json_str_or(asi, "confidence", NULL);
	if (!json_is(asi, JSON_OBJECT))
		return;
	settle_list(asi, "blame_set");
	if (confidence) {
		char *end = NULL;
		double number = strtod(confidence, &end);
		json_set_num(asi, "confidence", end != confidence ? number : 0);
	}
}

static void settle_judge(struct json *judge)
{
	settle_value(judge);
	if (json_len(judge) < 2)
		return; /* nothing but the value */
	if (json_is(json_get(judge, "metadata"), JSON_OBJECT) && !json_get(judge, "asi"))
		set_metadata(judge, json_dup(json_get(judge, "metadata")), NULL);
	settle_asi(judge);
}

/* Is every judge an object under its own name, as genie-eval writes them? */
static bool are_proper(const struct json *judges)
{
	for (const struct json *j = json_first(judges); j; j = json_next(j))
		if (!json_is(j, JSON_OBJECT) || ends_with(json_key(j), "_judge")
		    || ends_with(json_key(j), "_scorer"))
			return false;
	return true;
}

static bool settle_judges(struct json *row, struct err *err)
{
	struct json *judges = json_get(row, "judges");
	if (json_typeof(judges) == JSON_NULL)
		return true;
	if (!json_is(judges, JSON_OBJECT))
		return json_expected(judges, "an object", err);
	if (are_proper(judges)) {
		for (struct json *j = json_first(judges); j; j = json_next(j))
			settle_judge(j);
		return true;
	}
	struct strlist names = { 0 };
	for (const struct json *j = json_first(judges); j; j = json_next(j))
		strlist_add(&names, json_key(j));
	for (size_t i = 0; i < names.n; i++) {
		settle_judge(judge_object(row, names.v[i], strlen(names.v[i])));
	}
	strlist_free(&names);
	return true;
}

static void share(struct json *row, const struct json *shared)
{
	for (struct json *j = json_first(json_get(row, "judges")); j; j = json_next(j))
		if (json_len(shared) && row_fails(row, json_key(j))) {
			merge(asi_object(j, "columns"), shared);
			settle_asi(j);
		}
}

/* question_id as a text: from `id`, else made of the question's words. */
static bool settle_id(struct json *row, struct err *err)
{
	const struct json *id = json_get(row, "question_id");
	const char *question = json_str_or(row, "question", NULL);
	if (json_typeof(id) == JSON_NULL)
		id = json_get(row, "id");
	const char *text = json_text(id) ? json_text(id) : json_number_text(id);
	char hash[SHA256_HEX], made[16] = "q_";
	if ((!text || !*text) && question && *question) {
		memcpy(made + 2, sha256_hex(question, strlen(question), hash), 8);
		text = made;
	}
	if (!text || !*text)
		return err_set(err, ERR_DATA, "a row without question_id and question");
	char *copy = xstrdup(text);
	json_set_str(row, "question_id", copy);
	free(copy);
	return true;
}

bool row_normalise(struct json *row, struct err *err)
{
	if (!json_is(row, JSON_OBJECT))
		return json_expected(row, "a row (an object)", err);
	struct json *shared = json_new_object();
	unflatten(row, shared);
	if (json_is(json_get(row, "inputs"), JSON_OBJECT))
		merge(row, json_get(row, "inputs"));
	bool ok = settle_id(row, err) && settle_judges(row, err);
	if (ok)
		share(row, shared);
	json_free(shared);
	return ok;
}
