#include "document.h"

#include "markup.h"

#include "str.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct doc *doc_new(void)
{
	return xcalloc(1, sizeof(struct doc));
}

void doc_free(struct doc *doc)
{
	if (!doc)
		return;
	for (size_t i = 0; i < doc->n; i++) {
		struct doc_block *b = &doc->v[i];
		for (size_t k = 0; k < b->ncells; k++)
			free(b->cells[k].v);
		free(b->cells);
		free(b->columns);
		free(b->text.v);
	}
	free(doc->v);
	arena_free(&doc->arena);
	free(doc);
}

static struct doc_block *begin(struct doc *doc, enum doc_kind kind)
{
	GROW(doc->v, doc->cap, doc->n + 1);
	struct doc_block *block = &doc->v[doc->n++];
	*block = (struct doc_block){ .kind = kind, .language = "" };
	return block;
}

/* Where what is added goes. */
static struct doc_text *open_text(struct doc *doc)
{
	if (!doc->n)
		BUG("text before the first block");
	struct doc_block *block = &doc->v[doc->n - 1];
	if (block->kind != DOC_TABLE)
		return &block->text;
	if (!block->ncells)
		BUG("text before the first cell");
	return &block->cells[block->ncells - 1];
}

static void add_run(struct doc *doc, enum doc_style style, const char *text)
{
	if (!text || !*text)
		return;
	struct doc_text *t = open_text(doc);
	GROW(t->v, t->cap, t->n + 1);
	t->v[t->n++] = (struct doc_run){ style, arena_strdup(&doc->arena, text), NULL };
}

PRINTF_LIKE(3, 0)
static void add_format(struct doc *doc, enum doc_style style, const char *format, va_list ap)
{
	struct str text = STR_INIT;
	str_vaddf(&text, format, ap);
	add_run(doc, style, str_text(&text));
	str_free(&text);
}

void doc_heading(struct doc *doc, int level, const char *format, ...)
{
	va_list ap;
	begin(doc, DOC_HEADING)->level = level;
	va_start(ap, format);
	add_format(doc, DOC_PLAIN, format, ap);
	va_end(ap);
}

void doc_say(struct doc *doc, const char *format, ...)
{
	va_list ap;
	begin(doc, DOC_PARAGRAPH);
	if (!format)
		return;
	va_start(ap, format);
	add_format(doc, DOC_PLAIN, format, ap);
	va_end(ap);
}

void doc_point(struct doc *doc, const char *format, ...)
{
	va_list ap;
	begin(doc, DOC_POINT);
	va_start(ap, format);
	add_format(doc, DOC_PLAIN, format, ap);
	va_end(ap);
}

void doc_pre(struct doc *doc, const char *language, const char *text)
{
	begin(doc, DOC_PRE)->language = arena_strdup(&doc->arena, language);
	add_run(doc, DOC_PLAIN, text);
}

void doc_markup(struct doc *doc, const char *html)
{
	begin(doc, DOC_MARKUP);
	add_run(doc, DOC_PLAIN, html);
}

void doc_markdown_only(struct doc *doc)
{
	if (doc->n)
		doc->v[doc->n - 1].markdown_only = true;
}

void doc_table(struct doc *doc, const struct doc_column *columns, size_t ncolumns)
{
	struct doc_block *block = begin(doc, DOC_TABLE);
	block->columns = xcalloc(ncolumns, sizeof *columns);
	block->ncolumns = ncolumns;
	for (size_t i = 0; i < ncolumns; i++) {
		block->columns[i] = columns[i];
		block->columns[i].title = arena_strdup(&doc->arena, columns[i].title);
	}
}

static void begin_cell(struct doc *doc)
{
	struct doc_block *block = doc->n ? &doc->v[doc->n - 1] : NULL;
	if (!block || block->kind != DOC_TABLE)
		BUG("a cell without a table");
	GROW(block->cells, block->cap, block->ncells + 1);
	block->cells[block->ncells++] = (struct doc_text){ 0 };
}

void doc_cell(struct doc *doc, const char *format, ...)
{
	va_list ap;
	begin_cell(doc);
	if (!format)
		return;
	va_start(ap, format);
	add_format(doc, DOC_PLAIN, format, ap);
	va_end(ap);
}

void doc_cell_code(struct doc *doc, const char *text)
{
	begin_cell(doc);
	add_run(doc, DOC_CODE, text);
}

void doc_add(struct doc *doc, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	add_format(doc, DOC_PLAIN, format, ap);
	va_end(ap);
}

void doc_strong(struct doc *doc, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	add_format(doc, DOC_STRONG, format, ap);
	va_end(ap);
}

void doc_code(struct doc *doc, const char *text)
{
	add_run(doc, DOC_CODE, text);
}

void doc_link(struct doc *doc, const char *url, const char *text)
{
	if (!url || !*url)
		return;
	if (!markup_is_link(url)) {
		doc_code(doc, url);
		return;
	}
	add_run(doc, DOC_LINK, text);
	struct doc_text *t = open_text(doc);
	t->v[t->n - 1].url = arena_strdup(&doc->arena, url);
}

const char *doc_cut(struct doc *doc, const char *text, size_t max)
{
	if (!text || strlen(text) <= max)
		return text;
	size_t n = utf8_fit(text, max);
	return arena_printf(&doc->arena, "%.*s...", (int)n, text);
}
