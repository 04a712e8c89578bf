/* connect.h - the tracking server that the environment names. */
#ifndef GENIE_TRACK_CONNECT_H
#define GENIE_TRACK_CONNECT_H

#include "base.h"
#include "err.h"

struct mlflow;
struct dbxtool;

/* MLFLOW_TRACKING_URI; NULL: tracking is off. */
const char *connect_uri(void);
/* Makes the credentials of the environment known as texts that must not leave. */
void connect_secrets(void);
/* deadline_ms: for all calls; 0: none. */
struct mlflow *connect_open(const struct dbxtool *workspace, int64_t deadline_ms,
	struct err *err) MUST_CHECK;
/* The workspace behind "databricks", which says nothing of where that is: its host, without the
 * port on loopback, where the embedded workspace has another one each time. New string; NULL: the
 * URI says it all. */
char *connect_host(struct mlflow *mlflow);

#endif

