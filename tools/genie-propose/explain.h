/* explain.h - a set of proposals, told to the people who own the space: what each patch says and
 * why, the rows behind it, what it may break, and what was thought of and left out. Lines of
 * 100 columns at most, but for words that are longer. */
#ifndef GENIE_PROPOSE_EXPLAIN_H
#define GENIE_PROPOSE_EXPLAIN_H

struct cases;
struct json;
struct model;
struct str;

/* Appends the text; `document` is patches.json, `clusters` clusters.json. */
void explain(const struct json *document, const struct json *clusters, const struct cases *cases,
	const struct model *model, struct str *out);

#endif
