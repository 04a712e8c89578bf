#include "faults.h"

#include "mem.h"
#include "str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct rule {
	char *method, *part;
	struct fault fault;
	char *text;       /* owner of fault.text */
	long count;       /* first COUNT; 0: no such limit */
	long every;       /* each Nth; 0: all */
	long seen, fired;
};

struct faults {
	struct rule *v;
	size_t n, cap;
};

static const struct { const char *word; enum fault_action action; bool number; } actions[] = {
	{ "401", FAULT_401, false }, { "403", FAULT_403, false }, { "429", FAULT_429, true },
	{ "503", FAULT_503, true }, { "500", FAULT_500, false },
	{ "slow", FAULT_SLOW, true }, { "cut", FAULT_CUT, false },
	{ "cut-after", FAULT_CUT_AFTER, false }, { "badjson", FAULT_BADJSON, false },
	{ "message-failed", FAULT_MESSAGE_FAILED, false },
};

static bool read_number(const char *text, long *out)
{
	char *end;
	errno = 0;
	*out = strtol(text, &end, 10);
	return end != text && !*end && !errno && *out >= 0;
}

static bool read_action(struct rule *rule, char *word)
{
	char *colon = strchr(word, ':');
	if (colon)
		*colon = '\0';
	rule->fault.number = -1;
	for (size_t i = 0; i < countof(actions); i++) {
		if (!streq(word, actions[i].word))
			continue;
		rule->fault.action = actions[i].action;
		if (!colon)
			return actions[i].action != FAULT_SLOW;
		if (actions[i].action == FAULT_MESSAGE_FAILED) {
			rule->text = xstrdup(colon + 1);
			return *rule->text != '\0';
		}
		return actions[i].number && read_number(colon + 1, &rule->fault.number);
	}
	return false;
}

static bool read_repeat(struct rule *rule, const char *word)
{
	if (starts_with(word, "every:"))
		return read_number(word + strlen("every:"), &rule->every) && rule->every > 0;
	return word[0] == 'x' && read_number(word + 1, &rule->count) && rule->count > 0;
}

/* The next word of *text, or NULL; *text moves behind it. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " \t");
	size_t n = strcspn(word, " \t");
	if (!n)
		return NULL;
	*text = word + n + (word[n] != '\0');
	word[n] = '\0';
	return word;
}

static bool read_request_rule(struct rule *rule, char *text)
{
	char *method = next_word(&text), *part = next_word(&text);
	char *action = next_word(&text), *repeat = next_word(&text);
	if (!method || !part || !action || next_word(&text))
		return false;
	rule->method = xstrdup(method);
	rule->part = xstrdup(part);
	return read_action(rule, action) && (!repeat || read_repeat(rule, repeat));
}

/* "TASK fails MESSAGE... [REPEAT]": the message goes on to the end, or to a repeat. */
static bool read_task_rule(struct rule *rule, char *text)
{
	char *key = next_word(&text), *verb = next_word(&text), *last;
	rule->method = xstrdup("job");
	rule->part = xstrdup(key ? key : "");
	rule->fault.action = FAULT_TASK;
	if (!key || !streq(verb, "fails"))
		return false;
	text = trim(text);
	last = strrchr(text, ' ');
	if (last && read_repeat(rule, last + 1))
		*last = '\0';
	rule->text = xstrdup(trim(text));
	return *rule->text != '\0';
}

static bool read_rule(struct rule *rule, char *text)
{
	if (starts_with(text, "job "))
		return read_task_rule(rule, text + strlen("job "));
	return read_request_rule(rule, text);
}

struct faults *faults_new(const struct strlist *rules, struct err *err)
{
	struct faults *faults = xcalloc(1, sizeof(*faults));
	for (size_t i = 0; rules && i < rules->n; i++) {
		char *copy = xstrdup(rules->v[i]);
		bool ok;
		GROW(faults->v, faults->cap, faults->n + 1);
		faults->v[faults->n] = (struct rule){ .seen = 0 };
		ok = read_rule(&faults->v[faults->n++], copy);
		free(copy);
		if (ok)
			continue;
		err_set(err, ERR_USAGE, "--fault: \"%s\" is neither METHOD PATH-PART ACTION[:ARG] "
			"[xCOUNT|every:N] nor job TASK fails MESSAGE [xCOUNT|every:N]",
			rules->v[i]);
		faults_free(faults);
		return NULL;
	}
	return faults;
}

void faults_free(struct faults *faults)
{
	if (!faults)
		return;
	for (size_t i = 0; i < faults->n; i++) {
		free(faults->v[i].method);
		free(faults->v[i].part);
		free(faults->v[i].text);
	}
	free(faults->v);
	free(faults);
}

static bool matches(const struct rule *rule, const char *method, const char *path)
{
	return (streq(rule->method, "*") || strieq(rule->method, method)) &&
		strstr(path, rule->part) != NULL;
}

/* Counts the request and tells whether the rule fires on it. */
static bool fires(struct rule *rule)
{
	rule->seen++;
	if (rule->count && rule->fired >= rule->count)
		return false;
	if (rule->every && rule->seen % rule->every != 0)
		return false;
	rule->fired++;
	return true;
}

struct fault faults_next(struct faults *faults, const char *method, const char *path, bool message)
{
	for (size_t i = 0; i < faults->n; i++) {
		struct rule *rule = &faults->v[i];
		if (rule->fault.action == FAULT_TASK ||
			(rule->fault.action == FAULT_MESSAGE_FAILED) != message ||
			!matches(rule, method, path) || !fires(rule))
			continue;
		rule->fault.text = rule->text;
		return rule->fault;
	}
	return (struct fault){ FAULT_NONE, -1, NULL };
}

const char *faults_task(struct faults *faults, const char *key)
{
	for (size_t i = 0; i < faults->n; i++) {
		struct rule *rule = &faults->v[i];
		if (rule->fault.action == FAULT_TASK &&
			(streq(rule->part, "*") || streq(rule->part, key)) && fires(rule))
			return rule->text;
	}
	return NULL;
}
