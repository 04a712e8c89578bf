/* core.h - accept or roll back: gates, regressions, evidence.
 *
 * Rules (loop.md): the slice gate fails when the accuracy of the questions that
 * touch the patched objects falls by more than SLICE_TOLERANCE points; the P0 gate when a
 * P0 question that passed now fails; the full gate when accuracy or any judge falls
 * by more than REGRESSION_TOLERANCE points, or the paired test says worse. One verdict
 * alone is never a regression of a judge: below 50 questions it already weighs more
 * than the tolerance, and a change would be judged by a single draw. What
 * passes the gates is kept only if it improves: more questions pass, or no answer changed
 * sides and a judge rose by more than the tolerance and by more than one verdict, for the
 * same reason. A part of a set that is tried alone has to fix more than it breaks among the
 * questions it touches, before any other is asked: what else changed would be chance.
 */
#ifndef GENIE_DECIDE_CORE_H
#define GENIE_DECIDE_CORE_H

#include "base.h"
#include "score.h"

struct json;

#define SLICE_TOLERANCE 5.0
#define REGRESSION_TOLERANCE 2.0

struct decision_input {
	const struct score *before; /* the last accepted evaluation; NULL: baseline */
	const struct score *slice, *p0; /* NULL: not measured */
	const struct score *after;  /* full evaluation; NULL: gates only */
	bool evidence_required;     /* refuse what the evidence cannot decide */
	bool alone;                 /* a part of a set that was rolled back */
};

/* Fills decision, action ("accept", "rollback" or "pending"), reasons, gates, regressions,
 * evidence and cross_iteration into `document`. Returns true unless the action is
 * to roll back. */
bool decide(const struct decision_input *in, struct json *document);

#endif
