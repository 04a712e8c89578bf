/* format.h - how numbers look in the report: in one place, with their units.
 *
 * Results are values, good until the end of the statement that asks for them:
 * doc_cell(doc, "%s", fmt_percent(x).s).
 */
#ifndef GENIE_REPORT_FORMAT_H
#define GENIE_REPORT_FORMAT_H

#include "base.h"

struct json;

struct fmt {
	char s[96];
};
/* NAN anywhere gives "not measured". */
struct fmt fmt_percent(double percent);              /* "85.71 %", "90 %" */
struct fmt fmt_points(double points);                /* "+3.2 points" */
struct fmt fmt_interval(double low, double high);    /* "60.06 to 95.91 %" */
struct fmt fmt_p(double p);                          /* "0.031", "< 0.001" */
struct fmt fmt_p_is(double p);                       /* "p = 0.031", "p < 0.001" */
struct fmt fmt_change(double points);                /* "+3.2", "0.0": without its unit */
struct fmt fmt_gain(double whole);                   /* "+3", "0": rounded, without its unit */
struct fmt fmt_number(double number);                /* "12", "2.5" */
struct fmt fmt_count(size_t n, const char *noun);    /* "1 question", "2 questions" */
struct fmt fmt_share(size_t n, size_t of);           /* "3 of 5" */
struct fmt fmt_seconds(double seconds);              /* "43 ms", "0.8 s", "3 min 20 s" */

/* The number of a member; NAN when it is absent or null. */
double fmt_member(const struct json *object, const char *key);
struct fmt fmt_right(const struct json *eval); /* of eval.json: "7 of 13" */
/* A member that holds [low, high] in percent. */
struct fmt fmt_interval_of(const struct json *object, const char *key);

#endif
