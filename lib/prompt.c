#include "prompt.h"

#include "digest.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

/* The text between a heading's line and the next heading of that rank, trimmed. NULL: no
 * such heading. */
static char *section(const char *text, const char *heading)
{
	size_t n = strlen(heading);
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, heading, n) != 0 || (line[n] && !strchr("\r\n", line[n])))
			continue;
		const char *body = line + n, *end = strstr(body, "\n## ");
		char *copy = end ? xstrndup(body, (size_t)(end - body)) : xstrdup(body);
		char *out = xstrdup(trim(copy));
		free(copy);
		return out;
	}
	return NULL;
}

static bool read_sections(struct prompt *prompt, const struct str *text, struct err *err)
{
	const char *s = str_text(text);
	char hash[SHA256_HEX];
	if (strlen(s) != text->n || !utf8_valid(s, text->n))
		return err_set(err, ERR_DATA, "%s: not a text in UTF-8", prompt->path);
	prompt->system = section(s, "## System");
	prompt->user = section(s, "## User");
	if (!prompt->system || !prompt->user || !*prompt->user)
		return err_set(err, ERR_DATA, "%s: a prompt needs the sections \"## System\" and "
			"\"## User\"", prompt->path);
	memcpy(prompt->version, sha256_hex(s, text->n, hash), PROMPT_VERSION_SIZE - 1);
	prompt->version[PROMPT_VERSION_SIZE - 1] = '\0';
	return true;
}

bool prompt_load(struct prompt *prompt, const char *dir, const char *name, struct err *err)
{
	char *file = xasprintf("%s.md", name);
	struct str text;
	str_init(&text, PROMPT_MAX);
	*prompt = (struct prompt){ .name = xstrdup(name), .path = io_join(dir, file) };
	free(file);
	bool ok = io_read_file(prompt->path, &text, err) && read_sections(prompt, &text, err);
	str_free(&text);
	if (!ok)
		prompt_free(prompt);
	return ok;
}

void prompt_free(struct prompt *prompt)
{
	free(prompt->name);
	free(prompt->path);
	free(prompt->system);
	free(prompt->user);
	memset(prompt, 0, sizeof *prompt);
}

bool prompt_render(const struct prompt *prompt, const char *text, prompt_value *value, void *ctx,
	struct str *out, struct err *err)
{
	const char *open;
	while ((open = strstr(text, "{{")) != NULL) {
		const char *name = open + 2;
		size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
		if (!n || !starts_with(name + n, "}}")) {
			str_addn(out, text, (size_t)(name - text));
			text = name;
			continue;
		}
		char *key = xstrndup(name, n);
		const char *found = value(ctx, key);
		if (!found)
			err_set(err, ERR_DATA, "%s: {{%s}} has no value", prompt->path, key);
		free(key);
		if (!found)
			return false;
		str_addn(out, text, (size_t)(open - text));
		str_add(out, found);
		text = name + n + 2;
	}
	str_add(out, text);
	return !str_over(out) || err_set(err, ERR_DATA, "%s: the prompt is too long", prompt->path);
}

static bool add_message(struct json *messages, const char *role, const struct str *text)
{
	struct json *message = json_push(messages, json_new_object());
	json_set_str(message, "role", role);
	json_set_str(message, "content", str_text(text));
	return true;
}

struct json *prompt_request(const struct prompt *prompt, prompt_value *value, void *ctx,
	struct err *err)
{
	struct json *request = json_new_object();
	struct json *messages = json_set(request, "messages", json_new_array());
	struct str system = STR_INIT, user = STR_INIT;
	bool ok = prompt_render(prompt, prompt->system, value, ctx, &system, err) &&
		(!*prompt->system || add_message(messages, "system", &system)) &&
		prompt_render(prompt, prompt->user, value, ctx, &user, err) &&
		add_message(messages, "user", &user);
	str_free(&system);
	str_free(&user);
	if (!ok) {
		json_free(request);
		return NULL;
	}
	json_set_num(request, "temperature", 0);
	return request;
}

void prompt_want(struct json *request, int tokens, const char *name, struct json *schema)
{
	struct json *format, *wanted;
	json_set_int(request, "max_tokens", tokens);
	format = json_set(request, "response_format", json_new_object());
	json_set_str(format, "type", "json_schema");
	wanted = json_set(format, "json_schema", json_new_object());
	json_set_str(wanted, "name", name);
	json_set_bool(wanted, "strict", true);
	json_set(wanted, "schema", schema);
}

void prompt_strict(struct json *object)
{
	struct json *required = json_set(object, "required", json_new_array());
	for (const struct json *p = json_first(json_get(object, "properties")); p; p = json_next(p))
		json_push_str(required, json_key(p));
	json_set_bool(object, "additionalProperties", false);
}
