/* exec.h - the server in the foreground, and a command beside it.
 *
 * The main thread waits for signals; requests are answered by other threads of the same
 * process (serve.h), so the workspace cannot outlive it, however it ends.
 */
#ifndef GENIE_LOCAL_EXEC_H
#define GENIE_LOCAL_EXEC_H

#include "base.h"
#include "err.h"

struct server;

/* Blocks the signals that exec_wait and exec_command wait for, here and in threads made
 * from now on. Call before server_open. */
void exec_block_signals(void);
/* Waits for SIGTERM, SIGINT or SIGHUP. */
void exec_wait(void);
/* Runs the command with the environment of the workspace (DATABRICKS_HOST, _TOKEN,
 * _WAREHOUSE_ID, _CONFIG_FILE=/dev/null; other DATABRICKS_ variables are taken out) and waits for
 * it. SIGTERM, SIGHUP and SIGINT that were sent to us go on to it; a Ctrl-C reaches it from
 * the terminal. *status is its exit status, 128+N for signal N. ERR_UNAVAILABLE when it
 * cannot be started. */
bool exec_command(const struct server *server, char *const *argv, int *status,
	struct err *err) MUST_CHECK;

#endif
