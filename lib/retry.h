/* retry.h - when a call may be repeated, and how long to wait before.
 *
 * Pure functions; http.c acts on them. The table is that of http.h: a POST or
 * PATCH may have taken effect, so it is repeated only when the service says that
 * it refused it. Layer: services.
 */
#ifndef GENIE_RETRY_H
#define GENIE_RETRY_H

#include "base.h"

#define RETRY_MAX_WAIT_MS 10000

/* GET, HEAD, PUT, DELETE: doing it twice is doing it once. */
bool retry_idempotent(const char *method);
/* May a call that got this reply be repeated? body may be NULL. */
bool retry_reply(const char *method, int status, const char *body);
/* The nth wait (from 1): base doubled each time up to RETRY_MAX_WAIT_MS, then a
 * random half to whole of it. *state is the generator's (splitmix64). */
int64_t retry_wait_ms(int64_t base_ms, int nth, uint64_t *state);
/* The next number of the generator. */
uint64_t retry_random(uint64_t *state);
/* Reads a Retry-After value: seconds (fractions accepted) or an HTTP date.
 * Returns milliseconds from now_ms on, at least 0, at most a day; -1 for other text. */
int64_t retry_after_ms(const char *value, int64_t now_ms);

#endif
