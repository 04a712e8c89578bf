#include "vars.h"

#include "bundle.h"

#include <string.h>

bool vars_open(struct vars *vars, const struct strlist *given, const char *bundle,
	       const char *target, struct err *err)
{
	struct bundle_options options = { .target = target };
	for (size_t i = 0; i < given->n; i++) {
		if (!strchr(given->v[i], '='))
			return err_set(err, ERR_USAGE, "--var %s: expected name=value", given->v[i]);
		strlist_add(&vars->given, given->v[i]);
	}
	if (bundle)
		vars->bundle = bundle_open(bundle, &options, err);
	return !bundle || vars->bundle;
}

void vars_free(struct vars *vars)
{
	strlist_free(&vars->given);
	bundle_free(vars->bundle);
	*vars = (struct vars){ .bundle = NULL };
}

bool vars_any(const struct vars *vars)
{
	return vars->given.n || vars->bundle;
}

const char *vars_find(void *context, const char *name)
{
	const struct vars *vars = context;
	size_t n = strlen(name);
	for (size_t i = vars->given.n; i-- > 0;)
		if (starts_with(vars->given.v[i], name) && vars->given.v[i][n] == '=')
			return vars->given.v[i] + n + 1;
	if (!vars->bundle)
		return NULL;
	return bundle_var(vars->bundle, starts_with(name, "var.") ? name + 4 : name);
}

/* Length of `name`, plain or in backticks, at the start of s; 0: something else stands there. */
static size_t skip_name(const char *s, const char *name)
{
	size_t n = strlen(name), tick = *s == '`';
	if (!n || !strnieq(s + tick, name, n) || (tick && s[n + 1] != '`'))
		return 0;
	return n + 2 * tick;
}

static bool starts_a_name(const char *text, const char *s)
{
	return s == text || !strchr(".`_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", s[-1]);
}

void vars_template(struct vars *vars, const char *text, const char *like, struct str *out)
{
	const char *prefix = strstr(like, "${catalog}") ? "" : strstr(like, "${var.catalog}") ? "var." : NULL;
	const char *catalog = vars_find(vars, "catalog"), *schema = vars_find(vars, "gold_schema");
	if (!prefix || !catalog || !schema) {
		str_add(out, text);
		return;
	}
	for (const char *s = text; *s; s++) {
		size_t n = starts_a_name(text, s) ? skip_name(s, catalog) : 0;
		size_t m = n && s[n] == '.' ? skip_name(s + n + 1, schema) : 0;
		if (m && s[n + 1 + m] == '.') {
			str_addf(out, "${%scatalog}.${%sgold_schema}.", prefix, prefix);
			s += n + 1 + m;
		} else {
			str_addc(out, *s);
		}
	}
}
