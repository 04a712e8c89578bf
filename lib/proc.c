#include "proc.h"

#include "clock.h"
#include "io.h"
#include "str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Starts the program, or tells the parent errno through `report`. */
NORETURN static void child(const char *const *argv, const char *cwd, const int fd[3])
{
	int null = open("/dev/null", O_RDWR);
	if (null >= 0 && dup2(null, 0) >= 0 && dup2(fd[0], 1) >= 0 && dup2(fd[1], 2) >= 0 &&
	    (!cwd || chdir(cwd) == 0)) {
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	}
	int why = errno;
	ssize_t n = write(fd[2], &why, sizeof why);
	_exit(n == sizeof why ? 126 : 127);
}

/* One read; false at the end of the pipe. Bytes past the cap are dropped. */
static bool drain(int fd, struct str *into)
{
	char buf[8192];
	ssize_t n = read(fd, buf, sizeof buf);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	if (into)
		str_addn(into, buf, (size_t)n);
	return n > 0;
}

/* Reads both pipes until they close; false when time is over. */
static bool collect(const int fd[2], struct str *const into[2], int64_t deadline)
{
	bool open[2] = { true, true };
	while (open[0] || open[1]) {
		struct pollfd p[2] = { { open[0] ? fd[0] : -1, POLLIN, 0 },
				       { open[1] ? fd[1] : -1, POLLIN, 0 } };
		int64_t left = deadline ? deadline - clock_monotonic_ms() : 1000;
		if (left <= 0)
			return false;
		if (poll(p, 2, (int)(left > 1000 ? 1000 : left)) < 0 && errno != EINTR)
			return false;
		for (int i = 0; i < 2; i++)
			if (open[i] && p[i].revents)
				open[i] = drain(fd[i], into[i]);
	}
	return true;
}

static int wait_for(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Pipes for output, errors and the report of a failed start. */
static bool make_pipes(int pipes[3][2], struct err *err)
{
	for (int i = 0; i < 3; i++) {
		if (pipe(pipes[i]) != 0) {
			err_errno(err, "pipe");
			while (i-- > 0) {
				close(pipes[i][0]);
				close(pipes[i][1]);
			}
			return false;
		}
		fcntl(pipes[i][0], F_SETFD, FD_CLOEXEC);
		fcntl(pipes[i][1], F_SETFD, FD_CLOEXEC);
	}
	return true;
}

/* Nothing to read means that exec closed the pipe: the program runs. */
static bool started(const char *name, int fd, struct err *err)
{
	int why;
	if (read(fd, &why, sizeof why) != sizeof why)
		return true;
	errno = why;
	if (why == ENOENT || why == EACCES)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", name,
			       why == ENOENT ? "command or folder not found" : "permission denied");
	return err_errno(err, "starting %s", name);
}

bool proc_run(const char *const *argv, const char *cwd, int64_t timeout_ms,
	      struct str *out, struct str *errors, int *status, struct err *err)
{
	int pipes[3][2];
	if (!make_pipes(pipes, err))
		return false;
	pid_t pid = fork();
	if (pid == 0)
		child(argv, cwd, (int[3]){ pipes[0][1], pipes[1][1], pipes[2][1] });
	for (int i = 0; i < 3; i++)
		close(pipes[i][1]);
	bool ok = pid > 0 ? started(argv[0], pipes[2][0], err) : err_errno(err, "fork");
	if (ok && !collect((int[2]){ pipes[0][0], pipes[1][0] }, (struct str *[2]){ out, errors },
			   timeout_ms ? clock_monotonic_ms() + timeout_ms : 0)) {
		kill(pid, SIGKILL);
		ok = err_set(err, ERR_TEMP, "%s: no end after %lld ms", argv[0],
			     (long long)timeout_ms);
	}
	for (int i = 0; i < 3; i++)
		close(pipes[i][0]);
	if (pid > 0)
		*status = wait_for(pid);
	return ok;
}

char *proc_program_dir(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
	if (n <= 0)
		return NULL;
	path[n] = '\0';
	return io_dirname(path);
}
