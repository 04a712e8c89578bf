#include "ini.h"

#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	size_t section; /* index */
	char *key, *value;
};

struct ini {
	struct strlist sections;
	struct entry *entries;
	size_t n, cap;
};

void ini_free(struct ini *ini)
{
	if (!ini)
		return;
	for (size_t i = 0; i < ini->n; i++) {
		free(ini->entries[i].key);
		free(ini->entries[i].value);
	}
	free(ini->entries);
	strlist_free(&ini->sections);
	free(ini);
}

static size_t find_section(const struct ini *ini, const char *name)
{
	size_t i = 0;

	while (i < ini->sections.n && !streq(ini->sections.v[i], name))
		i++;
	return i;
}

static size_t open_section(struct ini *ini, const char *name)
{
	size_t i = find_section(ini, name);

	if (i == ini->sections.n)
		strlist_add(&ini->sections, name);
	return i;
}

/* Cuts a comment that follows a space. */
static void cut_comment(char *value)
{
	for (char *p = value; *p; p++)
		if ((*p == '#' || *p == ';') && (p == value || p[-1] == ' ' || p[-1] == '\t')) {
			*p = '\0';
			return;
		}
}

static bool read_header(struct ini *ini, char *line, size_t *section)
{
	char *end = strchr(line, ']'), *name, *rest;

	if (!end)
		return false;
	*end = '\0';
	rest = trim(end + 1);
	name = trim(line + 1);
	if (!*name || (*rest && *rest != '#' && *rest != ';'))
		return false;
	*section = open_section(ini, name);
	return true;
}

static bool read_pair(struct ini *ini, char *line, size_t section)
{
	char *sign = line + strcspn(line, "=:"), *key, *value;

	if (!*sign)
		return false;
	*sign = '\0';
	key = trim(line);
	value = sign + 1;
	cut_comment(value);
	value = trim(value);
	if (!*key)
		return false;
	GROW(ini->entries, ini->cap, ini->n + 1);
	ini->entries[ini->n].section = section;
	ini->entries[ini->n].key = xstrlower(key);
	ini->entries[ini->n++].value = xstrdup(value);
	return true;
}

static bool read_line(struct ini *ini, char *line, size_t *section)
{
	line = trim(line);
	if (!*line || *line == '#' || *line == ';')
		return true;
	if (*line == '[')
		return read_header(ini, line, section);
	if (*section == SIZE_MAX)
		*section = open_section(ini, "DEFAULT");
	return read_pair(ini, line, *section);
}

struct ini *ini_parse(const char *text, size_t n, const char *name, struct err *err)
{
	struct ini *ini = xcalloc(1, sizeof(*ini));
	size_t section = SIZE_MAX, number = 0, at = 0;
	bool ok = true;

	if (n > INI_MAX_BYTES || memchr(text, '\0', n)) {
		err_set(err, ERR_DATA, "%s: %s", name,
			n > INI_MAX_BYTES ? "too large for an INI file" : "holds a NUL character");
		ini_free(ini);
		return NULL;
	}
	while (ok && at < n) {
		const char *end = memchr(text + at, '\n', n - at);
		size_t length = end ? (size_t)(end - text) - at : n - at;
		char *line = xstrndup(text + at, length);

		number++;
		ok = read_line(ini, line, &section);
		free(line);
		at += length + 1;
	}
	if (ok)
		return ini;
	/* The line itself may hold a secret and is not shown. */
	err_set(err, ERR_DATA, "%s:%zu: neither [section] nor key = value", name, number);
	ini_free(ini);
	return NULL;
}

bool ini_has(const struct ini *ini, const char *section)
{
	return find_section(ini, section) < ini->sections.n;
}

size_t ini_count(const struct ini *ini, const char *section)
{
	size_t index = find_section(ini, section), count = 0;

	for (size_t i = 0; i < ini->n; i++)
		count += ini->entries[i].section == index;
	return count;
}

const char *ini_get(const struct ini *ini, const char *section, const char *key)
{
	size_t index = find_section(ini, section);

	for (size_t i = ini->n; i-- > 0;)
		if (ini->entries[i].section == index && strieq(ini->entries[i].key, key))
			return ini->entries[i].value;
	return NULL;
}

size_t ini_sections(const struct ini *ini)
{
	return ini->sections.n;
}

const char *ini_section(const struct ini *ini, size_t index)
{
	return index < ini->sections.n ? ini->sections.v[index] : NULL;
}
