/* rate.h - spacing of question starts, shared by all processes of a user.
 *
 * A small file per host, under a lock, holds the time of the last start. A
 * crash leaves at most one slot unused; a last start in the future (the machine was
 * started anew) is ignored. Layer: domain.
 */
#ifndef GENIE_RATE_H
#define GENIE_RATE_H

#include "base.h"
#include "err.h"

struct rate;
/* `dir` is made when missing, for its owner only, and refused when another user
 * owns it. `host` names the counter. qpm: questions a minute, 0 no limit (then
 * no file is touched). */
struct rate *rate_open(const char *dir, const char *host, double qpm, struct err *err) MUST_CHECK;
void rate_free(struct rate *rate);
/* Tries to take the slot at now_ms, of clock_monotonic_ms: one for all processes of the
 * machine, and never fixed or set back. *wait_ms 0: taken, start now;
 * otherwise try again after that many milliseconds. */
bool rate_take(struct rate *rate, int64_t now_ms, int64_t *wait_ms, struct err *err) MUST_CHECK;

#endif
