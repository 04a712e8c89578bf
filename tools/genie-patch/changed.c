#include "changed.h"

#include "json.h"
#include "live.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN 160 /* bytes of a line */

/* The line, quoted; a character is not cut. */
static void put_line(struct str *out, const char *s)
{
	size_t n = s ? strcspn(s, "\n") : 0, shown = n > SHOWN ? SHOWN : n;
	while (shown < n && shown > 0 && ((unsigned char)s[shown] & 0xc0) == 0x80)
		shown--;
	if (s) {
		str_addc(out, '"');
		str_addn(out, s, shown);
		str_add(out, shown < n ? "...\"" : "\"");
	} else {
		str_add(out, "not there");
	}
}

/* Goes to the first line that differs; its number. NULL behind the last line. */
static size_t first_difference(const char **a, const char **b)
{
	for (size_t line = 1;; line++) {
		size_t n = strcspn(*a, "\n"), m = strcspn(*b, "\n");
		if (n != m || memcmp(*a, *b, n) != 0 || !(*a)[n] || !(*b)[n]) {
			bool same = n == m && memcmp(*a, *b, n) == 0;
			*a = !same ? *a : (*a)[n] ? *a + n + 1 : NULL;
			*b = !same ? *b : (*b)[n] ? *b + n + 1 : NULL;
			return line + same;
		}
		*a += n + 1;
		*b += n + 1;
	}
}

bool changed_text(const char *title, const char *now, const char *then, const char *when,
	struct err *err)
{
	struct str text = STR_INIT;
	bool lines = now && then && (strchr(now, '\n') || strchr(then, '\n'));
	if (lines && !streq(now, then))
		str_addf(&text, "line %zu ", first_difference(&now, &then));
	else
		str_add(&text, "it ");
	str_add(&text, "is ");
	put_line(&text, now);
	str_add(&text, ", it was ");
	put_line(&text, then);
	err_set(err, ERR_TEMP, "refetch: %s changed since %s: %s", title, when, str_text(&text));
	str_free(&text);
	return false;
}

bool changed_live(const struct live *live, const char *now, const char *then, const char *when,
	struct err *err)
{
	struct err ignored = { 0 };
	struct json *old = live->kind == LIVE_SPACE && now && then ?
		json_parse(then, strlen(then), &ignored) : NULL;
	struct live found = *live;
	found.before = (char *)(uintptr_t)now;
	bool said = old && !live_space_unchanged(&found, old, when, err);
	json_free(old);
	if (said)
		return false;
	char *title = live_title(live);
	changed_text(title, now, then, when, err);
	free(title);
	return false;
}
