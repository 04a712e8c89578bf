#include "log.h"

#include "clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *tool_name = "genie";
static enum log_level limit = LOG_INFO;
static bool line_open; /* a progress line waits for its newline */

void log_setup(const char *tool, enum log_level level)
{
	tool_name = tool;
	limit = level;
}

bool log_on(enum log_level level)
{
	return level <= limit;
}

PRINTF_LIKE(2, 0)
static void vlog(enum log_level level, const char *format, va_list ap)
{
	static const char *const word[] = { "error", "warning", "info", "debug" };
	if (!log_on(level))
		return;
	char text[4096];
	vsnprintf(text, sizeof text, format, ap);
	fprintf(stderr, "%s%s: %s: %s\n", line_open ? "\n" : "", tool_name, word[level], text);
	line_open = false;
}

#define LOG_FUNCTION(name, level)                     \
	void name(const char *format, ...)            \
	{                                             \
		va_list ap;                           \
		va_start(ap, format);                 \
		vlog(level, format, ap);              \
		va_end(ap);                           \
	}
LOG_FUNCTION(log_error, LOG_ERROR)
LOG_FUNCTION(log_warn, LOG_WARN)
LOG_FUNCTION(log_info, LOG_INFO)
LOG_FUNCTION(log_debug, LOG_DEBUG)

void progress_start(struct progress *p, const char *what, size_t total)
{
	*p = (struct progress){ .what = what, .total = total,
		.started_ms = clock_monotonic_ms(), .tty = isatty(STDERR_FILENO) };
}

/* "  eta 1m20s", from the pace so far; empty when there is nothing to say. */
static void eta_text(const struct progress *p, char *buf, size_t size)
{
	int64_t spent = clock_monotonic_ms() - p->started_ms;
	buf[0] = '\0';
	if (!p->done || p->done >= p->total || spent < 2000)
		return;
	int64_t left = spent / (int64_t)p->done * (int64_t)(p->total - p->done) / 1000;
	snprintf(buf, size, "  eta %lldm%02llds", (long long)(left / 60), (long long)(left % 60));
}

void progress_step(struct progress *p, size_t done, const char *note, ...)
{
	char eta[40];
	p->done = done;
	if (note) {
		va_list ap;
		va_start(ap, note);
		vsnprintf(p->note, sizeof p->note, note, ap);
		va_end(ap);
	}
	if (!log_on(LOG_INFO) || !p->total)
		return;
	eta_text(p, eta, sizeof eta);
	int tenth = (int)(done * 10 / p->total);
	if (p->tty) {
		fprintf(stderr, "\r\033[K%s: %s %zu/%zu  %s%s", tool_name, p->what, done,
			p->total, p->note, eta);
		line_open = true;
	} else if (tenth > p->tenth) {
		fprintf(stderr, "%s: %s %zu/%zu  %s%s\n", tool_name, p->what, done, p->total,
			p->note, eta);
	}
	p->tenth = tenth;
}

void progress_end(struct progress *p)
{
	if (p->tty && line_open) {
		fputc('\n', stderr);
		line_open = false;
	}
}
