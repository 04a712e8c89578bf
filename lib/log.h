/* log.h - lines for people on standard error: "tool: level: text".
 *
 * One process-wide sink, set up by tool.c. Credentials never come here: http.h
 * redacts what it logs. Layer: process.
 */
#ifndef GENIE_LOG_H
#define GENIE_LOG_H

#include "base.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above `level` are dropped. `tool` is borrowed for the process. */
void log_setup(const char *tool, enum log_level level);
bool log_on(enum log_level level);
void log_error(const char *format, ...) PRINTF_LIKE(1, 2);
void log_warn(const char *format, ...) PRINTF_LIKE(1, 2);
void log_info(const char *format, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *format, ...) PRINTF_LIKE(1, 2);

/* Progress of a long job. On a terminal one line that is rewritten; elsewhere
 * a line at each tenth. `what` is borrowed. */
struct progress {
	const char *what;
	size_t total, done;
	int tenth;
	int64_t started_ms; /* monotonic */
	bool tty;
	char note[120];
};
void progress_start(struct progress *p, const char *what, size_t total);
/* `note` may be NULL: the last one stays. */
void progress_step(struct progress *p, size_t done, const char *note, ...) PRINTF_LIKE(3, 4);
void progress_end(struct progress *p);

#endif
