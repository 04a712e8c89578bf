#include "html.h"

#include "assets.h"
#include "data.h"
#include "document.h"
#include "markup.h"
#include "matrix.h"

#include "digest.h"
#include "mem.h"
#include "str.h"
#include "tool.h"
#include "url.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Bytes of a cell from which its column gets room. */
#define LONG_COLUMN 48
#define MEDIUM_COLUMN 16
#define WHOLE_CODE 32 /* bytes of a name that stays on one line */

struct page {
	const struct doc *doc;
	struct str out;
	char **anchors; /* of each block that is a heading; NULL for others */
	bool list, section;
	int tables;
	const char *heading; /* the section's, as text */
};

/* ---- texts ---- */
static void put_text(struct str *out, const struct doc_text *text)
{
	for (size_t i = 0; i < text->n; i++) {
		const struct doc_run *run = &text->v[i];
		if (run->style == DOC_PLAIN) {
			markup_prose(out, run->text);
		} else if (run->style == DOC_LINK) {
			str_add(out, "<a rel=\"noreferrer\" href=\"");
			markup_text(out, run->url);
			str_add(out, "\">");
			markup_text(out, run->text);
			str_add(out, "</a>");
		} else if (run->style == DOC_CODE) {
			str_add(out, strlen(run->text) <= WHOLE_CODE ? "<code class=\"keep\">" :
								       "<code>");
			markup_text(out, run->text);
			str_add(out, "</code>");
		} else {
			markup_element(out, "strong", NULL, run->text);
		}
	}
}

static size_t length(const struct doc_text *text)
{
	size_t n = 0;
	for (size_t i = 0; i < text->n; i++)
		n += strlen(text->v[i].text);
	return n;
}

/* ---- headings ---- */
/* "what-was-changed", with a number when an earlier heading is called the same. */
static char *anchor_of(struct page *page, size_t block)
{
	struct str name = STR_INIT;
	const struct doc_text *text = &page->doc->v[block].text;
	for (size_t i = 0; i < text->n; i++)
		for (const char *c = text->v[i].text; *c; c++) {
			if (isalnum((unsigned char)*c))
				str_addc(&name, (char)tolower((unsigned char)*c));
			else if (name.n && name.s[name.n - 1] != '-')
				str_addc(&name, '-');
		}
	if (name.n && name.s[name.n - 1] == '-')
		str_cut(&name, name.n - 1);
	size_t same = 0;
	for (size_t i = 0; i < block; i++)
		same += page->anchors[i] && strncmp(page->anchors[i], str_text(&name), name.n) == 0;
	if (same || !name.n)
		str_addf(&name, "-%zu", block);
	return str_take(&name);
}

static void put_contents(struct page *page)
{
	str_add(&page->out, "<nav aria-label=\"Sections\"><ul>\n");
	for (size_t i = 0; i < page->doc->n; i++) {
		const struct doc_block *b = &page->doc->v[i];
		if (b->kind != DOC_HEADING || b->level != 2)
			continue;
		str_addf(&page->out, "<li><a href=\"#%s\">", page->anchors[i]);
		put_text(&page->out, &b->text);
		str_add(&page->out, "</a></li>\n");
	}
	str_add(&page->out, "</ul></nav>\n");
}

static void put_heading(struct page *page, size_t index)
{
	const struct doc_block *b = &page->doc->v[index];
	if (b->level == 2) {
		str_addf(&page->out, "%s<section aria-labelledby=\"%s\">\n",
			 page->section ? "</section>\n" : "", page->anchors[index]);
		page->section = true;
		page->heading = b->text.n ? b->text.v[0].text : "";
	}
	str_addf(&page->out, "<h%d id=\"%s\">", b->level, page->anchors[index]);
	put_text(&page->out, &b->text);
	str_addf(&page->out, "</h%d>\n", b->level);
}

/* ---- tables ---- */
static const char *column_class(const struct doc_block *table, size_t column)
{
	size_t most = 0;
	if (table->columns[column].right)
		return " class=\"n\"";
	for (size_t i = column; i < table->ncells; i += table->ncolumns) {
		size_t n = length(&table->cells[i]);
		most = n > most ? n : most;
	}
	return most > LONG_COLUMN   ? " class=\"long\"" :
	       most > MEDIUM_COLUMN ? " class=\"mid\"" :
				      "";
}

static void put_row(struct str *out, const struct doc_block *table, size_t from)
{
	str_add(out, "<tr>");
	for (size_t i = 0; i < table->ncolumns; i++) {
		const struct doc_text *cell = &table->cells[from + i];
		const char *class = table->columns[i].right      ? " class=\"n\"" :
				    length(cell) > MEDIUM_COLUMN ? " class=\"t\"" :
								   "";
		str_addf(out, i == 0 && cell->n ? "<th scope=\"row\"%s>" : "<td%s>", class);
		put_text(out, cell);
		str_add(out, i == 0 && cell->n ? "</th>" : "</td>");
	}
	str_add(out, "</tr>\n");
}

static void put_table(struct page *page, const struct doc_block *table)
{
	struct str *out = &page->out;
	str_addf(out, "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"Table %d: ",
		 ++page->tables);
	markup_text(out, page->heading);
	str_add(out, "\"><table><thead><tr>");
	for (size_t i = 0; i < table->ncolumns; i++) {
		str_addf(out, "<th scope=\"col\"%s>", column_class(table, i));
		markup_text(out, table->columns[i].title);
		str_add(out, "</th>");
	}
	str_add(out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i + table->ncolumns <= table->ncells; i += table->ncolumns)
		put_row(out, table, i);
	str_add(out, "</tbody></table></div>\n");
}

/* ---- preformatted texts ---- */
static void put_diff(struct str *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = xstrndup(text, n);
		const char *tag = *line == '-' ? "del" : *line == '+' ? "ins" : "span";
		markup_element(out, tag, NULL, line);
		str_addc(out, '\n');
		free(line);
		text += n + (text[n] == '\n');
	}
}

static void put_pre(struct page *page, const struct doc_block *block)
{
	const char *text = block->text.n ? block->text.v[0].text : "";
	str_addf(&page->out, "<pre tabindex=\"0\"%s>",
		 streq(block->language, "diff") ? " class=\"diff\"" : "");
	if (streq(block->language, "diff"))
		put_diff(&page->out, text);
	else
		markup_text(&page->out, text);
	str_add(&page->out, "</pre>\n");
}

/* ---- the page ---- */
static void put_block(struct page *page, size_t index)
{
	const struct doc_block *b = &page->doc->v[index];
	bool list = b->kind == DOC_POINT;
	if (list != page->list)
		str_add(&page->out, list ? "<ul>\n" : "</ul>\n");
	page->list = list;
	switch (b->kind) {
	case DOC_HEADING: put_heading(page, index); break;
	case DOC_POINT:
	case DOC_PARAGRAPH:
		str_add(&page->out, list ? "<li>" : "<p>");
		put_text(&page->out, &b->text);
		str_add(&page->out, list ? "</li>\n" : "</p>\n");
		break;
	case DOC_TABLE: put_table(page, b); break;
	case DOC_PRE: put_pre(page, b); break;
	case DOC_MARKUP: str_add(&page->out, b->text.n ? b->text.v[0].text : ""); break;
	}
}

static int nibble(char c)
{
	return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* 'sha256-...', as a content security policy names what it allows. */
static void put_digest(struct str *out, const char *text)
{
	char hex[SHA256_HEX];
	unsigned char raw[32];
	sha256_hex(text, strlen(text), hex);
	for (size_t i = 0; i < sizeof raw; i++)
		raw[i] = (unsigned char)(nibble(hex[2 * i]) * 16 + nibble(hex[2 * i + 1]));
	str_add(out, "'sha256-");
	base64_add(out, raw, sizeof raw);
	str_addc(out, '\'');
}

static void put_head(struct page *page)
{
	struct str *out = &page->out;
	str_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		     "base-uri 'none'; "
		     "form-action 'none'; img-src data:; style-src ");
	put_digest(out, page_css);
	str_add(out, "; script-src ");
	put_digest(out, page_js);
	str_add(out,
		"\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" "
		"content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
	if (page->doc->n)
		put_text(out, &page->doc->v[0].text);
	str_addf(out,
		 "</title>\n<style>%s</style>\n</head>\n<body>\n"
		 "<a class=\"skip\" href=\"#content\">Skip to the content</a>\n",
		 page_css);
}

/* The first blocks, up to the first section, are the page's header. */
static size_t put_header(struct page *page)
{
	size_t i = 0;
	str_add(&page->out, "<header>\n");
	for (; i < page->doc->n &&
	       !(page->doc->v[i].kind == DOC_HEADING && page->doc->v[i].level == 2);
	     i++)
		put_block(page, i);
	if (page->list)
		str_add(&page->out, "</ul>\n");
	page->list = false;
	str_add(&page->out, "</header>\n");
	return i;
}

static void put_body(struct page *page)
{
	size_t i = put_header(page);
	put_contents(page);
	str_add(&page->out, "<main id=\"content\">\n");
	for (; i < page->doc->n; i++)
		if (!page->doc->v[i].markdown_only)
			put_block(page, i);
	str_addf(&page->out, "%s%s</main>\n", page->list ? "</ul>\n" : "",
		 page->section ? "</section>\n" : "");
	str_addf(&page->out, "<footer>Written by genie-report %s.</footer>\n", tool_version());
}

bool html_write(const struct doc *doc, const struct data *data, FILE *out, struct err *err)
{
	struct page page = { .doc = doc, .out = STR_INIT, .heading = "" };
	page.anchors = xcalloc(doc->n + 1, sizeof *page.anchors);
	for (size_t i = 0; i < doc->n; i++)
		if (doc->v[i].kind == DOC_HEADING)
			page.anchors[i] = anchor_of(&page, i);
	put_head(&page);
	put_body(&page);
	matrix_data(data, &page.out);
	str_addf(&page.out, "<script>%s</script>\n</body>\n</html>\n", page_js);
	bool ok =
		!str_over(&page.out) ||
		err_set(err, ERR_DATA, "the page would be larger than %u MiB", STR_MAX_TEXT >> 20);
	if (ok)
		fwrite(str_text(&page.out), 1, page.out.n, out);
	for (size_t i = 0; i < doc->n; i++)
		free(page.anchors[i]);
	free(page.anchors);
	str_free(&page.out);
	return ok;
}
