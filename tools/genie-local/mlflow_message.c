/* Requests read the way the real server reads them: JSON into protocol buffers. */
#include "mlflow.h"

#include "clock.h"
#include "json.h"
#include "jsonw.h"
#include "str.h"

#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct mlflow_field mlflow_pair_fields[] = {
	{ "key", MLFLOW_STR, 0, NULL, NULL }, { "value", MLFLOW_STR, 0, NULL, NULL },
	{ .name = NULL } };

static bool read_fields(const struct json *object, const struct mlflow_field *fields,
	struct json *out);

/* ---- values ---------------------------------------------------------------------- */

struct json *mlflow_double(double value)
{
	char text[JSON_NUM_SIZE + 3];
	if (isnan(value))
		return json_new_str("NaN");
	json_num_text(value, text);
	if (!strpbrk(text, ".eEn"))
		memcpy(text + strlen(text), ".0", 3);
	return json_new_number_text(text);
}

/* An integer, as a number or as a text; 5.0 is one too. */
static struct json *read_int(const struct json *node)
{
	const char *text = json_is(node, JSON_STRING) ? json_text(node) : json_number_text(node);
	char *end;
	long long value;
	double number;
	if (!text || !*text || isspace((unsigned char)*text))
		return NULL;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (!*end && !errno)
		return json_new_int(value);
	if (!json_as_num(node, &number) || number != floor(number) || fabs(number) > 9e15)
		return NULL;
	return json_new_int((int64_t)number);
}

/* The texts NaN, Infinity and -Infinity are numbers; infinity is stored as the largest. */
static struct json *read_num(const struct json *node)
{
	const char *text = json_is(node, JSON_STRING) ? json_text(node) : json_number_text(node);
	char *end;
	double value;
	if (!text || !*text || isspace((unsigned char)*text))
		return NULL;
	if (streq(text, "NaN"))
		return json_new_str("NaN");
	if (streq(text, "Infinity") || streq(text, "-Infinity"))
		return mlflow_double(*text == '-' ? -DBL_MAX : DBL_MAX);
	value = strtod(text, &end);
	return *end || !isfinite(value) ? NULL : mlflow_double(value);
}

static struct json *read_enum(const struct json *node, const char *const *words)
{
	int64_t index;
	for (size_t i = 0; words[i]; i++)
		if (streq(json_text(node), words[i]) ||
			(json_as_int(node, &index) && index == (int64_t)i))
			return json_new_str(words[i]);
	return NULL;
}

static struct json *read_map(const struct json *node)
{
	struct json *out;
	if (!json_is(node, JSON_OBJECT))
		return NULL;
	out = json_new_object();
	for (const struct json *c = json_first(node); c; c = json_next(c)) {
		if (!json_text(c)) {
			json_free(out);
			return NULL;
		}
		json_append(out, json_key(c), json_dup(c));
	}
	return out;
}

static struct json *read_time(const struct json *node)
{
	int64_t ms;
	if (!json_text(node) || !strchr(json_text(node), 'T') || !clock_parse(json_text(node), &ms))
		return NULL;
	return json_new_int(ms);
}

static struct json *read_duration(const struct json *node)
{
	const char *text = json_text(node);
	char *end;
	double seconds;
	if (!text || !*text)
		return NULL;
	seconds = strtod(text, &end);
	if (end == text || !streq(end, "s") || !isfinite(seconds) || fabs(seconds) > 1e12)
		return NULL;
	return json_new_int((int64_t)llround(seconds * 1000));
}

static struct json *read_value(const struct json *node)
{
	struct json *out;
	double number;
	if (json_as_num(node, &number))
		return mlflow_double(number);
	if (!json_is(node, JSON_OBJECT) && !json_is(node, JSON_ARRAY))
		return json_dup(node);
	out = json_is(node, JSON_ARRAY) ? json_new_array() : json_new_object();
	for (const struct json *c = json_first(node); c; c = json_next(c))
		if (json_key(c))
			json_append(out, json_key(c), read_value(c));
		else
			json_push(out, read_value(c));
	return out;
}

/* NULL: not of this type. */
static struct json *read_scalar(const struct json *node, const struct mlflow_field *field)
{
	switch (field->type) {
	case MLFLOW_STR:
		return json_is(node, JSON_STRING) ? json_dup(node) : NULL;
	case MLFLOW_BOOL:
		return json_is(node, JSON_BOOL) ? json_dup(node) : NULL;
	case MLFLOW_INT:
		return read_int(node);
	case MLFLOW_NUM:
		return read_num(node);
	case MLFLOW_ENUM:
		return read_enum(node, field->words);
	case MLFLOW_MAP:
		return read_map(node);
	case MLFLOW_TIME:
		return read_time(node);
	case MLFLOW_DURATION:
		return read_duration(node);
	case MLFLOW_VALUE:
		return read_value(node);
	case MLFLOW_MESSAGE:
		break;
	}
	return NULL;
}

/* One value of a field into `into` (a list, or the message itself). */
static bool read_one(const struct json *node, const struct mlflow_field *field, struct json *into)
{
	struct json *value;
	bool ok = true;
	if (field->type == MLFLOW_MESSAGE) {
		/* What was read of a message before an error stays. */
		value = json_new_object();
		ok = json_is(node, JSON_OBJECT) && read_fields(node, field->fields, value);
	} else {
		value = read_scalar(node, field);
		if (!value)
			return field->type == MLFLOW_ENUM && json_is(node, JSON_STRING);
	}
	if (field->flags & MLFLOW_LIST)
		json_push(into, value);
	else
		json_set(into, field->name, value);
	return ok;
}

static bool read_field(const struct json *node, const struct mlflow_field *field,
	struct json *out)
{
	struct json *list;
	if (json_is(node, JSON_NULL) && field->type != MLFLOW_VALUE)
		return true;
	if (!(field->flags & MLFLOW_LIST))
		return read_one(node, field, out);
	if (!json_is(node, JSON_ARRAY))
		return false;
	list = json_set(out, field->name, json_new_array());
	for (const struct json *c = json_first(node); c; c = json_next(c))
		if (!read_one(c, field, list))
			return false;
	return true;
}

/* In the order of the request, up to the first wrong type. */
static bool read_fields(const struct json *object, const struct mlflow_field *fields,
	struct json *out)
{
	for (const struct json *c = json_first(object); c; c = json_next(c))
		for (const struct mlflow_field *f = fields; f->name; f++)
			if (streq(f->name, json_key(c)) && !read_field(c, f, out))
				return false;
	return true;
}

/* ---- checks ------------------------------------------------------------------------ */

bool mlflow_missing(struct call *call, const char *name)
{
	return call_bad(call, "Missing value for required parameter '%s'. "
		"See the API docs for more information about request parameters.", name);
}

static const char *python_type(const struct json *value)
{
	switch (json_typeof(value)) {
	case JSON_BOOL:
		return "bool";
	case JSON_NUMBER:
		return strpbrk(json_number_text(value), ".eE") ? "float" : "int";
	case JSON_STRING:
		return "str";
	case JSON_ARRAY:
		return "list";
	case JSON_OBJECT:
		return "dict";
	case JSON_NULL:
		break;
	}
	return "NoneType";
}

static bool type_ok(const struct json *value, const struct mlflow_field *field)
{
	struct json *read;
	if (!value || json_is(value, JSON_NULL))
		return true;
	if (field->flags & MLFLOW_LIST)
		return json_is(value, JSON_ARRAY);
	if (field->type != MLFLOW_STR && field->type != MLFLOW_INT && field->type != MLFLOW_NUM)
		return true;
	read = read_scalar(value, field);
	json_free(read);
	return read != NULL;
}

static bool bad_type(struct call *call, const struct mlflow_field *field,
	const struct json *value)
{
	struct str text = STR_INIT;
	json_canonical(value, &text);
	call_bad(call, "Invalid value %s for parameter '%s' supplied:  "
		"Hint: Value was of type '%s'. "
		"See the API docs for more information about request parameters.",
		str_text(&text), field->name, python_type(value));
	str_free(&text);
	return false;
}

static bool check_fields(struct call *call, const struct json *request,
	const struct mlflow_field *fields, bool read_all)
{
	for (const struct mlflow_field *f = fields; f->name; f++) {
		const struct json *value = json_get(request, f->name);
		if ((f->flags & MLFLOW_NEED) && (!value || json_is(value, JSON_NULL) ||
			streq(json_text(value), "")))
			return mlflow_missing(call, f->name);
		if (!read_all && (f->flags & MLFLOW_TYPED) && !type_ok(value, f))
			return bad_type(call, f, value);
	}
	return true;
}

/* The query as an object: its values are texts, which integers may be. */
static struct json *query_object(struct call *call, const struct mlflow_field *fields)
{
	struct json *object = json_new_object(), *list;
	for (const struct mlflow_field *f = fields; f->name; f++) {
		for (size_t i = 0; i < call->request->nquery; i++) {
			const struct serve_pair *pair = &call->request->query[i];
			if (!streq(pair->name, f->name))
				continue;
			if (f->type == MLFLOW_BOOL) {
				json_set_bool(object, f->name, strieq(pair->value, "true"));
			} else if (f->flags & MLFLOW_LIST) {
				list = json_get(object, f->name);
				if (!list)
					list = json_set(object, f->name, json_new_array());
				json_push_str(list, pair->value);
			} else {
				json_set_str(object, f->name, pair->value);
			}
		}
	}
	return object;
}

const struct json *mlflow_message(struct call *call, const struct mlflow_field *fields)
{
	struct json *message, *request;
	bool query = streq(call->request->method, "GET"), read_all;
	request = query ? query_object(call, fields) : call_body(call);
	if (!request)
		return NULL;
	message = json_new_object();
	read_all = read_fields(request, fields, message);
	if (!check_fields(call, request, fields, read_all)) {
		json_free(message);
		message = NULL;
	}
	if (query)
		json_free(request);
	if (!message)
		return NULL;
	json_free(call->message);
	call->message = message;
	return message;
}

/* ---- texts --------------------------------------------------------------------------- */

size_t mlflow_length(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

const char *mlflow_cut(struct call *call, const char *text, size_t max)
{
	const char *end = text;
	for (size_t n = 0; *end; end++)
		if (((unsigned char)*end & 0xc0) != 0x80 && n++ == max)
			break;
	return *end ? arena_strndup(&call->arena, text, (size_t)(end - text)) : text;
}
