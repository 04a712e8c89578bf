#include "steps.h"

#include "log.h"
#include "str.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static bool meet(const struct steps *steps, const char *name, struct err *err)
{
	if (streq(steps->fault, name))
		raise(SIGKILL);
	if (starts_with(steps->fault, "stop-") && streq(steps->fault + 5, name))
		raise(SIGSTOP);
	if (starts_with(steps->fault, "fail-") && streq(steps->fault + 5, name))
		return err_set(err, ERR_TEMP, "fault injected at %s", name);
	return true;
}

bool steps_next(struct steps *steps, const char *verb, const char *object, struct err *err)
{
	char number[24];
	steps->n++;
	if (!steps->fault)
		return true;
	if (streq(steps->fault, "list"))
		log_warn("step %ld: %s: %s", steps->n, verb, object);
	snprintf(number, sizeof number, "%ld", steps->n);
	return meet(steps, number, err);
}

bool steps_point(const struct steps *steps, const char *name, struct err *err)
{
	return !steps->fault || meet(steps, name, err);
}
