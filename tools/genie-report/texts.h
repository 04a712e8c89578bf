/* texts.h - lists of texts in the artifacts (ids, names, reasons) as prose. */
#ifndef GENIE_REPORT_TEXTS_H
#define GENIE_REPORT_TEXTS_H

#include "base.h"

struct doc;
struct json;

/* Adds the texts of an array with `between` between them. NULL: nothing. */
void texts_add(struct doc *doc, const struct json *list, const char *between);
/* A cell that holds them, with commas. */
void texts_cell(struct doc *doc, const struct json *list);

#endif
