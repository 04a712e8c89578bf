#include "exec.h"

#include "io.h"
#include "mem.h"
#include "server.h"
#include "str.h"
#include "tool.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const int waited[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };

static void fill_set(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < countof(waited); i++)
		sigaddset(set, waited[i]);
}

void exec_block_signals(void)
{
	sigset_t set;
	fill_set(&set);
	signal(SIGCHLD, SIG_DFL); /* an inherited SIG_IGN would hide the child's end */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void exec_wait(void)
{
	sigset_t set;
	int got = 0;
	fill_set(&set);
	do
		if (sigwait(&set, &got) != 0)
			return;
	while (got == SIGCHLD);
}

/* ---- a command ----------------------------------------------------------------- */

/* The folder that holds this program, yours; NULL: unknown. */
static char *own_path(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	return n > 0 ? xstrndup(path, (size_t)n) : NULL;
}

/* Our stand-in for the Databricks CLI, in the source tree or as installed: in a folder above the
 * program. Yours; NULL: not there. */
static char *find_cli(const char *program)
{
	static const char *const below[] = { "", "/share/genie-toolkit" };
	char *dir = io_dirname(program), *found = NULL;
	while (!found && !streq(dir, "/") && !streq(dir, ".")) {
		char *above = io_dirname(dir);
		free(dir);
		dir = above;
		for (size_t i = 0; !found && i < countof(below); i++) {
			found = xasprintf("%s%s/pipelines/embedded/databricks", dir, below[i]);
			if (!io_exists(found)) {
				free(found);
				found = NULL;
			}
		}
	}
	free(dir);
	return found;
}

/* A DATABRICKS_CLI_PATH that is set stays. */
static void add_cli(struct strlist *list)
{
	const char *given = tool_env("DATABRICKS_CLI_PATH");
	char *program = own_path(), *cli = program && !given ? find_cli(program) : NULL;
	if (given || cli)
		strlist_take(list, xasprintf("DATABRICKS_CLI_PATH=%s", given ? given : cli));
	if (program)
		strlist_take(list, xasprintf("GENIE_LOCAL=%s", program));
	free(program);
	free(cli);
}

static void make_environment(const struct server *server, struct strlist *list)
{
	for (char **e = environ; *e; e++)
		if (!starts_with(*e, "DATABRICKS_") && !starts_with(*e, "GENIE_LOCAL="))
			strlist_add(list, *e);
	strlist_take(list, xasprintf("DATABRICKS_HOST=%s", server->base_url));
	strlist_take(list, xasprintf("DATABRICKS_TOKEN=%s", server->token));
	strlist_add(list, "DATABRICKS_WAREHOUSE_ID=" SERVER_WAREHOUSE);
	strlist_add(list, "DATABRICKS_CONFIG_FILE=/dev/null");
	add_cli(list);
	GROW(list->v, list->cap, list->n + 1);
	list->v[list->n] = NULL;
}

/* The child starts with no blocked signals, and with what we changed (tool_main ignores
 * SIGPIPE) set back; what nohup and the like ignore stays ignored. */
static int spawn(char *const *argv, char **environment, pid_t *pid)
{
	posix_spawnattr_t attr;
	sigset_t none, defaults;
	int failed;
	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	failed = posix_spawnp(pid, argv[0], NULL, &attr, argv, environment);
	posix_spawnattr_destroy(&attr);
	return failed;
}

/* A signal that the kernel made (Ctrl-C) went to the whole foreground group already. */
static bool was_sent(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_QUEUE;
}

static int wait_for(pid_t pid)
{
	sigset_t set;
	siginfo_t info;
	int status;
	fill_set(&set);
	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		if (info.si_signo != SIGCHLD && was_sent(&info))
			kill(pid, info.si_signo);
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool exec_command(const struct server *server, char *const *argv, int *status, struct err *err)
{
	struct strlist environment = { NULL, 0, 0 };
	pid_t pid;
	int failed;
	make_environment(server, &environment);
	failed = spawn(argv, environment.v, &pid);
	strlist_free(&environment);
	if (failed)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", argv[0], strerror(failed));
	*status = wait_for(pid);
	return true;
}
