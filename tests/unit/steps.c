/* Numbered side effects: listed, failed, killed and stopped where a test says so. */
#include "check.h"
#include "log.h"
#include "steps.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void nothing_happens_without_a_fault(void)
{
	struct steps steps = { 0 };
	struct err err = { 0 };
	CHECK(steps_next(&steps, "write", "a", &err) && steps_next(&steps, "write", "b", &err));
	CHECK(steps_point(&steps, "written", &err));
	CHECK_INT(steps.n, 2);
	CHECK_INT(err.code, ERR_NONE);
}

static void one_step_fails(void)
{
	struct steps steps = { .fault = "fail-2" }, named = { .fault = "fail-written" };
	struct err err = { 0 };
	CHECK(steps_next(&steps, "write", "a", &err));
	CHECK(!steps_next(&steps, "write", "b", &err));
	CHECK_INT(err.code, ERR_TEMP);
	CHECK_STR(err.text, "fault injected at 2");
	CHECK(steps_next(&steps, "write", "c", &err));
	CHECK(steps_point(&named, "begun", &err) && !steps_point(&named, "written", &err));
}

/* What becomes of a process that does two steps. */
static int fate(const char *fault)
{
	struct steps steps = { .fault = fault };
	struct err err = { 0 };
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		bool ok = steps_next(&steps, "write", "a", &err) &&
			steps_point(&steps, "between", &err) &&
			steps_next(&steps, "write", "b", &err);
		_exit(ok ? 0 : 1);
	}
	waitpid(pid, &status, WUNTRACED);
	if (!WIFSTOPPED(status))
		return status;
	kill(pid, SIGCONT);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? SIGSTOP : status;
}

static void a_process_is_killed_or_stopped(void)
{
	CHECK_INT(WTERMSIG(fate("1")), SIGKILL);
	CHECK_INT(WTERMSIG(fate("2")), SIGKILL);
	CHECK_INT(WTERMSIG(fate("between")), SIGKILL);
	CHECK_INT(fate("3"), 0);
	CHECK_INT(fate("stop-2"), SIGSTOP);
	CHECK_INT(fate("stop-between"), SIGSTOP);
}

int main(void)
{
	log_setup("steps", LOG_ERROR);
	RUN(nothing_happens_without_a_fault);
	RUN(one_step_fails);
	RUN(a_process_is_killed_or_stopped);
	return check_done();
}
