/* functions_date.h - what functions_date.c and functions_format.c share. */
#ifndef GENIE_LOCAL_FUNCTIONS_DATE_H
#define GENIE_LOCAL_FUNCTIONS_DATE_H

#include "functions.h"

#define DAY_MICROS INT64_C(86400000000)
#define HOUR_MICROS INT64_C(3600000000)
#define MINUTE_MICROS INT64_C(60000000)
#define SECOND_MICROS INT64_C(1000000)

extern const char *const date_month_names[12];
extern const char *const date_day_names[7]; /* from Monday */

/* Reads up to `most` digits and steps over them; false when there are fewer than `least`. */
bool date_digits(const char **s, int least, int most, int *out);
int date_month_days(int year, int month);
int date_weekday(int64_t day); /* Monday is 0 */
/* ISO 8601 week and the year it belongs to. */
void date_iso_week(int64_t day, int *week, int *week_year);
struct moment date_from_epoch(int64_t seconds);
/* Argument i as a moment; false when it is malformed, with the call's error set.
 * *dated (may be NULL): it had no time. */
bool date_arg(struct db_call *call, int i, struct moment *out, bool *dated);
void date_result(struct db_call *call, struct moment m, bool dated);

#endif
