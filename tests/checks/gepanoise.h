/* gepanoise.h - searches over answers that vary, to see what the engine then claims. */
#ifndef CHECKS_GEPANOISE_H
#define CHECKS_GEPANOISE_H

struct report;

/* 30 searches whose proposals change nothing of substance ship at most two of them as better;
 * of 10 with a true gain of 20 points or more within reach and 600 calls, 8 or more are shipped. */
void check_noise(struct report *report);

#endif
