/* markdown.h - writes a document as GitHub-flavoured Markdown.
 *
 * Every text is escaped: pipes, line breaks, backticks, emphasis, links and HTML
 * in the data come out as the characters that they are.
 */
#ifndef GENIE_REPORT_MARKDOWN_H
#define GENIE_REPORT_MARKDOWN_H

#include "base.h"
#include <stdio.h>

struct doc;

/* Errors of the stream stay with the stream. */
void markdown_write(const struct doc *doc, FILE *out);

#endif
