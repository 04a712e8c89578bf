/* measure COMMAND [ARGUMENT...]: runs it with its output thrown away and prints the seconds by the
 * clock, the seconds of CPU and the largest resident memory in KiB. Its exit status is kept. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	int status = 0;
	struct rusage usage;
	double from = now();
	pid_t pid = argc > 1 ? fork() : -1;
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);
		if (null < 0 || dup2(null, 1) < 0)
			return 74;
		execvp(argv[1], argv + 1);
		perror(argv[1]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 70;
	getrusage(RUSAGE_CHILDREN, &usage);
	printf("%.3f %.3f %ld\n", now() - from, seconds(usage.ru_utime) + seconds(usage.ru_stime),
	       usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
}
