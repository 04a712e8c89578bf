/* clock.h - times and dates, with an injectable clock.
 *
 * Times are int64_t milliseconds since 1970-01-01T00:00:00Z. Dates are days
 * since 1970-01-01 in the proleptic Gregorian calendar.
 *
 * Layer: base. The environment is not read here: tool.c fixes the clock from
 * GENIE_NOW.
 */
#ifndef GENIE_CLOCK_H
#define GENIE_CLOCK_H

#include "base.h"

int64_t clock_now_ms(void);       /* wall clock, or the fixed time */
int64_t clock_monotonic_ms(void); /* never fixed, for waiting */
void clock_fix(int64_t ms);       /* all later clock_now_ms return this */
void clock_sleep_ms(int64_t ms);

#define CLOCK_RFC3339_SIZE 32
/* "2026-11-20T16:50:00Z"; milliseconds only when not zero. */
const char *clock_rfc3339(int64_t ms, char buf[CLOCK_RFC3339_SIZE]);
/* Reads RFC 3339 with Z or an offset, or a bare date (midnight UTC). */
bool clock_parse(const char *text, int64_t *ms) MUST_CHECK;

int64_t date_from_civil(int year, int month, int day); /* month 1-12 */
void date_to_civil(int64_t days, int *year, int *month, int *day);
#define DATE_TEXT_SIZE 24
const char *date_text(int64_t days, char buf[DATE_TEXT_SIZE]); /* YYYY-MM-DD */
bool date_parse(const char *text, int64_t *days) MUST_CHECK;   /* exactly YYYY-MM-DD */

#endif
