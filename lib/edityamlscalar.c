/* Text of YAML scalars: which style can hold which value. */
#include "edityaml.h"

#include "str.h"
#include "yaml.h"

#include <string.h>

#define FOLD_WIDTH 80

static bool control(const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if ((c < 0x20 && c != '\n') || c == 0x7f)
			return true;
		/* NEL, LS, PS and the byte order mark count as line ends to some parsers */
		if (c == 0xC2 && (unsigned char)s[1] < 0xA0)
			return true;
		if (c == 0xE2 && (unsigned char)s[1] == 0x80 &&
		    ((unsigned char)s[2] == 0xA8 || (unsigned char)s[2] == 0xA9))
			return true;
		if (c == 0xEF && (unsigned char)s[1] == 0xBB && (unsigned char)s[2] == 0xBF)
			return true;
	}
	return false;
}

/* Words that some YAML parser (1.1 or 1.2) reads as something else than a string. */
static bool special_word(const char *s)
{
	static const char *const words[] = { "null", "~", "true", "false", "yes", "no", "on",
		"off", "y", "n", ".nan", ".inf", "=", "<<" };
	for (size_t i = 0; i < countof(words); i++)
		if (strieq(s, words[i]))
			return true;
	/* numbers, dates, times, versions: what starts like one and has only its characters */
	if (strchr("+-.0123456789", *s) &&
	    s[strspn(s, "+-.0123456789_:eExXoabcdfABCDFTZ ")] == '\0')
		return true;
	return false;
}

static bool plain_ok(const char *s, bool flow)
{
	size_t n = strlen(s);
	if (n == 0 || control(s) || strchr(s, '\n') || special_word(s))
		return false;
	if (strchr(" ,[]{}#&*!|>'\"%@`", s[0]) || s[n - 1] == ' ' || s[n - 1] == ':')
		return false;
	if (strchr("-?:", s[0]) && (s[1] == ' ' || s[1] == '\0'))
		return false;
	if (starts_with(s, "---") || starts_with(s, "..."))
		return false;
	if (strstr(s, ": ") || strstr(s, " #"))
		return false;
	return !flow || (!strpbrk(s, ",[]{}") && !strchr("-?:", s[0]));
}

static void put_double(struct str *out, const char *s)
{
	str_addc(out, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c == '\n')
			str_add(out, "\\n");
		else if (c == '\t')
			str_add(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			str_addf(out, "\\x%02X", c);
		else if (c == 0xC2 && (unsigned char)s[1] < 0xA0)
			str_addf(out, "\\x%02X", (unsigned char)*++s);
		else if (c == 0xE2 && (unsigned char)s[1] == 0x80 &&
			 ((unsigned char)s[2] == 0xA8 || (unsigned char)s[2] == 0xA9)) {
			str_addf(out, "\\u20%02X", (unsigned char)s[2] - 0x80);
			s += 2;
		} else if (c == 0xEF && (unsigned char)s[1] == 0xBB && (unsigned char)s[2] == 0xBF) {
			str_add(out, "\\uFEFF");
			s += 2;
		} else
			str_addc(out, (char)c);
	}
	str_addc(out, '"');
}

static void put_single(struct str *out, const char *s)
{
	str_addc(out, '\'');
	for (; *s; s++)
		str_addn(out, *s == '\'' ? "''" : s, *s == '\'' ? 2 : 1);
	str_addc(out, '\'');
}

/* Block styles lose nothing when no line starts or ends with white space. */
static bool block_ok(const char *s)
{
	size_t n = strlen(s);
	if (n == 0 || control(s) || s[0] == '\n' || s[0] == '#' || strstr(s, "\n\n\n") ||
	    (n >= 2 && s[n - 1] == '\n' && s[n - 2] == '\n') || streq(s, "\n"))
		return false;
	for (const char *line = s; *line;) {
		size_t length = strcspn(line, "\n");
		if (length && (line[0] == ' ' || line[length - 1] == ' '))
			return false;
		line += length + (line[length] == '\n');
	}
	return true;
}

/* "|-  # note" with the chomping that the value asks for. */
static void put_header(struct str *out, const char *value, char indicator, const char *header)
{
	str_addc(out, indicator);
	if (!ends_with(value, "\n"))
		str_addc(out, '-');
	if (*header)
		str_add(out, header + 1 + strspn(header + 1, "+-0123456789"));
}

static void put_line(struct str *out, const char *s, size_t n, const struct yaml_scalar_place *place)
{
	str_add(out, place->eol);
	for (size_t i = 0; n && i < place->indent; i++)
		str_addc(out, ' ');
	str_addn(out, s, n);
}

/* Breaks a paragraph at single spaces between words. */
static void put_folded(struct str *out, const char *s, size_t n, const struct yaml_scalar_place *place)
{
	size_t width = place->indent + 40 < FOLD_WIDTH ? FOLD_WIDTH - place->indent : 40;
	while (n > width) {
		size_t cut = 0;
		for (size_t i = 1; i + 1 < n; i++) {
			if (s[i] == ' ' && s[i - 1] != ' ' && s[i + 1] != ' ' && (i <= width || !cut))
				cut = i;
			if (i > width && cut)
				break;
		}
		if (!cut)
			break;
		put_line(out, s, cut, place);
		s += cut + 1;
		n -= cut + 1;
	}
	put_line(out, s, n, place);
}

static void put_block(struct str *out, const char *value, bool folded,
		      const struct yaml_scalar_place *place)
{
	put_header(out, value, folded ? '>' : '|', place->header);
	const char *s = value;
	for (bool first = true; *s; first = false) {
		size_t n = strcspn(s, "\n");
		if (folded && !first)
			put_line(out, "", 0, place);
		if (folded)
			put_folded(out, s, n, place);
		else
			put_line(out, s, n, place);
		s += n + (s[n] == '\n');
	}
}

void yaml_scalar_text(struct str *out, const char *value, enum yaml_style style,
	const struct yaml_scalar_place *place)
{
	if (style == YAML_STYLE_PLAIN && plain_ok(value, place->flow))
		str_add(out, value);
	else if (style == YAML_STYLE_SINGLE && !control(value) && !strchr(value, '\n'))
		put_single(out, value);
	else if (style == YAML_STYLE_FOLDED && !place->flow && block_ok(value) &&
		 !strstr(value, "\n\n"))
		put_block(out, value, true, place);
	else if (style == YAML_STYLE_LITERAL && !place->flow && block_ok(value))
		put_block(out, value, false, place);
	else
		put_double(out, value);
}
