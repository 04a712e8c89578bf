#include "diagnose.h"

#include "mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_NAMES 20
#define MAX_PATTERNS 22

/* ---- the table ---- */
struct rule {
	const char *code;
	enum diagnosis_action action;
	enum diagnosis_fix fix;
	enum diagnosis_names kind;
	const char *text, *advice;
	/* any of these; "a*b": a, and later b. A part that begins or ends with a letter or digit
	 * begins or ends a word there; before a "*" the word may go on. */
	const char *patterns[MAX_PATTERNS];
};

#define STOP DIAGNOSIS_STOP, DIAGNOSIS_NO_FIX
static const struct rule rules[] = {
	{ "needs_approval", STOP, DIAGNOSIS_NOTHING,
	  "the deployment would delete or recreate resources",
	  "look at `databricks bundle plan`, and allow it with --yes",
	  { "requires destructive actions", "does not support prompting" } },
	{ "unauthorized", DIAGNOSIS_LOGIN, DIAGNOSIS_NO_FIX, DIAGNOSIS_NOTHING,
	  "the workspace does not accept the credentials, or they have expired", "log in again",
	  { "Unauthorized", "UNAUTHENTICATED", "Invalid access token", "token*expired",
	    "expired*token", "status 401", "HTTP 401", "error 401", "(401)", "401:",
	    "no credentials",
	    "cannot configure default credentials", "Credential was not sent",
	    "databricks auth login", "refresh token*invalid", "UNAUTHORIZED_ERROR" } },
	{ "forbidden", DIAGNOSIS_LOGIN, DIAGNOSIS_NO_FIX, DIAGNOSIS_NOTHING,
	  "the workspace refuses this to the user, or the login has expired",
	  "log in again; if it is refused then, too, ask for the permission",
	  { "403 Forbidden", "Forbidden", "status 403", "HTTP 403", "error 403", "(403)", "403:",
	    "PERMISSION_DENIED", "does not have permission", "INSUFFICIENT_PERMISSIONS" } },
	{ "canceled", STOP, DIAGNOSIS_NOTHING, "the run was canceled",
	  "find out who canceled it, and why; then deploy again",
	  { "USER_CANCELED", "run canceled", "run cancelled", "Run was canceled", "CANCELED" } },
	{ "locked", DIAGNOSIS_AWAY, DIAGNOSIS_NO_FIX, DIAGNOSIS_NOTHING,
	  "another deployment is at work, or has left its lock",
	  "wait for it; when there is none any more: databricks bundle deploy --force-lock",
	  { "deploy lock", "deployment lock" } },
	{ "busy", STOP, DIAGNOSIS_NOTHING,
	  "other runs of the job, or of the workspace, are at work",
	  "wait until they have ended, then deploy again",
	  { "MAX_CONCURRENT_RUNS*", "MAXIMUM_CONCURRENT_RUNS*", "WORKSPACE_RUN_LIMIT*",
	    "MAX_JOB_QUEUE_SIZE*" } },
	{ "unsorted_arrays", DIAGNOSIS_FIX, DIAGNOSIS_SORT, DIAGNOSIS_NOTHING,
	  "arrays of the space are not in the order that the workspace wants",
	  "sort the arrays of the export",
	  { "must be sorted", "not sorted", "unsorted" } },
	{ "bad_id", DIAGNOSIS_FIX, DIAGNOSIS_IDS, DIAGNOSIS_NOTHING,
	  "an entry of the space lacks its id, or it is not 32 hexadecimal digits, or is there "
	  "twice",
	  "give each entry an id of its own, 32 lowercase hexadecimal digits",
	  { "Failed to retrieve schema", "32 lowercase hexadecimal", "32 lowercase hex",
	    "32-char*hex", "32 char*hex",
	    "id is missing", "missing*field*id", "id '*is used twice", "id *is also in",
	    "duplicate id" } },
	{ "too_many", DIAGNOSIS_FIX, DIAGNOSIS_LIMIT, DIAGNOSIS_NOTHING,
	  "the space has more entries than a workspace takes",
	  "take entries out of the export, or let --truncate cut the last ones",
	  { "Exceeded maximum", "exceeds maximum", "exceeds the maximum", "a space may have",
	    "maximum number", "too many" } },
	{ "malformed_json", STOP, DIAGNOSIS_JSON, "a file is not well-formed JSON",
	  "correct the file at that place",
	  { "JSONDecodeError", "Expecting*delimiter", "Expecting value", "Expecting property name",
	    "malformed JSON", "invalid JSON", "not valid JSON", "no valid JSON",
	    "unexpected end of JSON", "invalid character*looking for", "invalid character*after",
	    "invalid character*in string", "JSON parse", "parse*serialized_space",
	    "Extra data", "line*, column*: expected", "not well-formed",
	    "Invalid control character", "Unterminated string", "is there twice in one object" } },
	{ "unresolved_variable", STOP, DIAGNOSIS_VARIABLES, "a variable has no value",
	  "give it a value in databricks.yml (variables, or those of the target) or correct its "
	  "name",
	  { "reference does not exist", "no value assigned to required variable",
	    "no value for", "unresolved variable", "unknown variable", "undefined variable",
	    "variable*is not defined", "variable*has not been defined", "variable*has no value",
	    "${" } },
	{ "name_collision", STOP, DIAGNOSIS_QUOTED, "two things have the same name",
	  "rename one of the two, or bind the existing one: databricks bundle deployment bind",
	  { "already exists", "ALREADY_EXISTS", "RESOURCE_ALREADY_EXISTS", "the same key",
	    "same name", "multiple resources", "defined twice", "already in use", "duplicate key",
	    "duplicate name", "there twice" } },
	{ "bad_config", STOP, DIAGNOSIS_QUOTED,
	  "the space has a field that a workspace does not know or take",
	  "correct the export there",
	  { "Cannot find field", "not a Genie space export", "must have three levels",
	    "version must be", "must have exactly one answer", "expected*, found",
	    "characters; a string may hold" } },
	{ "sql_statement", STOP, DIAGNOSIS_OBJECTS,
	  "the statement of a function, metric view or table fails",
	  "correct the statement, apply it, and deploy again",
	  { "TABLE_OR_VIEW_NOT_FOUND", "UNRESOLVED_COLUMN", "UNRESOLVED_ROUTINE",
	    "UNRESOLVABLE_TABLE_VALUED_FUNCTION", "ROUTINE_NOT_FOUND", "PARSE_SYNTAX_ERROR",
	    "METRIC_VIEW*", "metric view", "table function", "table-valued function", "TVF",
	    "SQLSTATE", "AnalysisException", "ParseException", "DATATYPE_MISMATCH*",
	    "CREATE OR REPLACE", "function*does not exist", "function*cannot be found",
	    "table*does not exist" } },
	{ "missing_file", STOP, DIAGNOSIS_PATHS, "a file that the bundle names is not there",
	  "correct the path, or include of databricks.yml, or add the file",
	  { "no such file or directory", "FileNotFoundError", "file*not found",
	    "notebook*not found", "unable to find*file", "unable to locate", "no files match",
	    "cannot find*file", "not contained in*sync", "path*does not exist",
	    "path*doesn't exist", "include*does not exist", "Cannot read*script",
	    "Cannot read*file" } },
	{ "not_found", STOP, DIAGNOSIS_QUOTED, "what the deployment is for does not exist",
	  "correct the id or name in the bundle, or make it first",
	  { "no space for", "RESOURCE_DOES_NOT_EXIST", "RESOURCE_NOT_FOUND", "does not exist",
	    "doesn't exist" } },
	{ "unreachable", DIAGNOSIS_AWAY, DIAGNOSIS_NO_FIX, DIAGNOSIS_NOTHING,
	  "the workspace cannot be reached", "try again later",
	  { "cannot be reached", "connection refused", "no such host", "i/o timeout",
	    "TLS handshake timeout", "connection reset", "503 Service Unavailable",
	    "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "Too Many Requests",
	    "deadline exceeded", "unexpected EOF" } },
	{ "changed_meanwhile", DIAGNOSIS_RETRY, DIAGNOSIS_NO_FIX, DIAGNOSIS_NOTHING,
	  "somebody else changed the space at the same time", "deploy it again",
	  { "what reads back is not what was sent", "RESOURCE_CONFLICT", "ABORTED" } },
	{ "infrastructure", DIAGNOSIS_RETRY, DIAGNOSIS_NO_FIX, DIAGNOSIS_NOTHING,
	  "the run failed for lack of its machine, not for what is in it", "run it again",
	  { "CLOUD_FAILURE", "CLUSTER_ERROR", "DRIVER_ERROR", "CLOUD_PROVIDER*",
	    "Driver*restarted", "could not launch*cluster", "TIMEDOUT" } },
};

static const struct rule unknown = { "unknown", DIAGNOSIS_UNKNOWN, DIAGNOSIS_NO_FIX,
	DIAGNOSIS_NOTHING, "the message is not known", "a person has to read it", { NULL } };

/* ---- matching ---- */
static bool word_char(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* The first place of part (n bytes) at or behind `text`, not within a longer word. */
static const char *find_part(const char *start, const char *text, const char *part, size_t n)
{
	bool goes_on = part[n] == '*';
	for (; *text; text++) {
		if (!strnieq(text, part, n))
			continue;
		bool inside = (word_char(part[0]) && text > start && word_char(text[-1])) ||
			(!goes_on && word_char(part[n - 1]) && word_char(text[n]));
		if (!inside)
			return text;
	}
	return NULL;
}

static bool fits(const char *message, const char *pattern)
{
	const char *at = message;
	while (*pattern) {
		size_t n = strcspn(pattern, "*");
		const char *found = find_part(message, at, pattern, n);
		if (!found)
			return false;
		at = found + n;
		pattern += n + (pattern[n] == '*');
	}
	return true;
}

static const struct rule *find_rule(const char *message)
{
	for (size_t i = 0; i < countof(rules); i++)
		for (size_t k = 0; k < MAX_PATTERNS && rules[i].patterns[k]; k++)
			if (fits(message, rules[i].patterns[k]))
				return &rules[i];
	return &unknown;
}

/* ---- what the message names ---- */
static void take(struct strlist *names, const char *s, size_t n)
{
	if (!n || n > 512 || names->n >= MAX_NAMES)
		return;
	char *name = xstrndup(s, n);
	strlist_add_new(names, name);
	free(name);
}

static void take_variables(struct strlist *names, const char *message)
{
	static const char *const before[] = { "variable ", "variable: " };
	for (const char *p = message; (p = strstr(p, "${")); p += 2) {
		const char *end = strchr(p, '}');
		if (end)
			take(names, p, (size_t)(end - p) + 1);
	}
	for (size_t i = 0; !names->n && i < countof(before); i++) {
		const char *p = stristr(message, before[i]);
		p = p ? p + strlen(before[i]) : "";
		p += strspn(p, "'\"`");
		take(names, p, strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_"));
	}
}

/* Between two equal quotes, on one line, the first not within a word. */
static void take_quoted(struct strlist *names, const char *message)
{
	for (const char *p = message; *p; p++) {
		if (!strchr("'\"`", *p) || (p > message && word_char(p[-1])))
			continue;
		size_t n = strcspn(p + 1, "\n'\"`");
		if (p[1 + n] != *p)
			continue;
		take(names, p + 1, n);
		p += n + 1;
	}
}

#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

static bool looks_like_path(const char *s, size_t n)
{
	static const char *const ends[] = { ".yml", ".yaml", ".json", ".py", ".sql", ".ipynb",
		".whl" };
	for (size_t i = 0; i < countof(ends); i++) {
		size_t m = strlen(ends[i]);
		if (n > m && strnieq(s + n - m, ends[i], m))
			return true;
	}
	return n > 2 && memchr(s, '/', n) && !memchr(s, ':', n);
}

/* Words of the message, cut at what cannot be part of one, that `wanted` likes. */
static void take_words(struct strlist *names, const char *message, const char *chars,
	bool (*wanted)(const char *, size_t))
{
	for (const char *p = message; *p;) {
		size_t n = strspn(p, chars);
		size_t used = n;
		while (used && strchr(".,:", p[used - 1]))
			used--;
		if (used && wanted(p, used))
			take(names, p, used);
		p += n ? n : 1;
	}
}

/* a.b or a.b.c, as objects of Unity Catalog are called; no file name, number or class. */
static bool looks_like_object(const char *s, size_t n)
{
	int dots = 0;
	for (size_t i = 0; i < n; i++)
		dots += s[i] == '.';
	return (dots == 1 || dots == 2) && *s != '.' && !isdigit((unsigned char)*s) &&
		!looks_like_path(s, n) && !starts_with(s, "org.") && !starts_with(s, "json.");
}

static void take_names(struct diagnosis *d, const char *message)
{
	switch (d->kind) {
	case DIAGNOSIS_VARIABLES:
		take_variables(&d->names, message);
		break;
	case DIAGNOSIS_PATHS:
		take_words(&d->names, message, NAME_CHARS "./*@+~", looks_like_path);
		break;
	case DIAGNOSIS_QUOTED:
		take_quoted(&d->names, message);
		break;
	case DIAGNOSIS_OBJECTS: {
		char *plain = xstrdup(message), *to = plain;
		for (const char *from = message; *from; from++)
			if (*from != '`')
				*to++ = *from;
		*to = '\0';
		take_words(&d->names, plain, NAME_CHARS ".", looks_like_object);
		take_quoted(&d->names, message);
		free(plain);
		break;
	}
	case DIAGNOSIS_NOTHING:
	case DIAGNOSIS_JSON:
		break;
	}
}

/* "maximum number (50)", "a space may have 100", "maximum of 50", "at most 500". */
static long limit_in(const char *message)
{
	static const char *const before[] = { "maximum", "may have", "at most", "limit" };
	for (size_t i = 0; i < countof(before); i++) {
		const char *p = stristr(message, before[i]);
		if (!p)
			continue;
		p += strcspn(p, "0123456789\n");
		if (isdigit((unsigned char)*p)) {
			long n = strtol(p, NULL, 10);
			return n > 0 && n <= 100000 ? n : 0;
		}
	}
	return 0;
}

void diagnose(const char *message, struct diagnosis *d)
{
	const struct rule *rule = find_rule(message);
	*d = (struct diagnosis){ .code = rule->code, .text = rule->text, .advice = rule->advice,
		.action = rule->action, .fix = rule->fix, .kind = rule->kind };
	take_names(d, message);
	if (d->fix == DIAGNOSIS_LIMIT)
		d->limit = limit_in(message);
}

void diagnosis_free(struct diagnosis *diagnosis)
{
	strlist_free(&diagnosis->names);
	*diagnosis = (struct diagnosis){ 0 };
}

const char *diagnosis_action_text(enum diagnosis_action action)
{
	static const char *const text[] = { "unknown", "fix", "retry", "away", "login", "stop" };
	return text[action];
}
