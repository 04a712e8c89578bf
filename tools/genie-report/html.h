/* html.h - writes a document as one HTML file that needs nothing else.
 *
 * Styles and the script are in the file; its content security policy allows these two, by their
 * digests, and no request to anywhere. All that the script adds is the search over the matrix and
 * the opening of its cells.
 */
#ifndef GENIE_REPORT_HTML_H
#define GENIE_REPORT_HTML_H

#include "base.h"
#include "err.h"
#include <stdio.h>

struct data;
struct doc;

/* Errors of the stream stay with the stream. ERR_DATA: the page would be larger than a text may be.
 */
bool html_write(const struct doc *doc, const struct data *data, FILE *out,
		struct err *err) MUST_CHECK;

#endif
