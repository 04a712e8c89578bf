/* document.h - a report as data: headings, paragraphs, points, tables, preformatted text.
 *
 * Sections build the document; a writer (markdown.h, html.h) prints it. Texts are kept as
 * they are: escaping is the writer's, so nothing that comes from the data can turn into
 * markup. What is added goes to the block, or the cell, that was begun last.
 */
#ifndef GENIE_REPORT_DOCUMENT_H
#define GENIE_REPORT_DOCUMENT_H

#include "base.h"
#include "mem.h"

enum doc_style { DOC_PLAIN, DOC_STRONG, DOC_CODE, DOC_LINK };
struct doc_run {
	enum doc_style style;
	const char *text;
	const char *url; /* of a link */
};
struct doc_text {
	struct doc_run *v;
	size_t n, cap;
};

enum doc_kind { DOC_HEADING, DOC_PARAGRAPH, DOC_POINT, DOC_TABLE, DOC_PRE, DOC_MARKUP };
struct doc_column {
	const char *title;
	bool right; /* numbers are aligned to the right */
};
struct doc_block {
	enum doc_kind kind;
	bool markdown_only;          /* the page shows a figure in its place */
	int level;                   /* heading: 1 is the title */
	const char *language;        /* preformatted: "diff", "json"; "" none */
	struct doc_text text;        /* all but tables; DOC_MARKUP: HTML, as it is */
	struct doc_column *columns;  /* table */
	size_t ncolumns;
	struct doc_text *cells;      /* row by row */
	size_t ncells, cap;
};
struct doc {
	struct arena arena;
	struct doc_block *v;
	size_t n, cap;
};

struct doc *doc_new(void);
void doc_free(struct doc *doc); /* NULL is fine */

/* Each begins a block. Texts are copied; a NULL format of doc_say adds nothing. */
void doc_heading(struct doc *doc, int level, const char *format, ...) PRINTF_LIKE(3, 4);
void doc_say(struct doc *doc, const char *format, ...) PRINTF_LIKE(2, 3);   /* a paragraph */
void doc_point(struct doc *doc, const char *format, ...) PRINTF_LIKE(2, 3); /* of a list */
void doc_pre(struct doc *doc, const char *language, const char *text);
/* A figure: HTML made by markup.h alone, which Markdown leaves out. */
void doc_markup(struct doc *doc, const char *html);
/* The block begun last is left out of the page, where a figure says the same. */
void doc_markdown_only(struct doc *doc);
/* Titles are copied; rows follow cell by cell. */
void doc_table(struct doc *doc, const struct doc_column *columns, size_t ncolumns);
#define DOC_TABLE_OF(doc, columns) doc_table((doc), (columns), countof(columns))

/* The next cell of the table. NULL or "" is an empty one. */
void doc_cell(struct doc *doc, const char *format, ...) PRINTF_LIKE(2, 3);
void doc_cell_code(struct doc *doc, const char *text);

/* More of the paragraph, point or cell. */
void doc_add(struct doc *doc, const char *format, ...) PRINTF_LIKE(2, 3);
void doc_strong(struct doc *doc, const char *format, ...) PRINTF_LIKE(2, 3);
void doc_code(struct doc *doc, const char *text); /* NULL or "": nothing */
/* A link, or the URL as code when it is not one that may become a link. NULL or "": nothing. */
void doc_link(struct doc *doc, const char *url, const char *text);

/* At most `max` bytes of text, "..." when some are left out. Lives as long as the document. */
const char *doc_cut(struct doc *doc, const char *text, size_t max);

#endif
