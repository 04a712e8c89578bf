#include "markdown.h"

#include "document.h"

#include "str.h"

#include <ctype.h>
#include <string.h>

/* Characters that mean something anywhere in a line (GFM 0.29, 2.4). */
static bool always_special(char c)
{
	return c != '\0' && strchr("\\`*[]|~", c) != NULL;
}

/* An underscore between word characters is no emphasis, and ids are full of them. */
static bool underscore_in_word(const char *text, size_t i)
{
	return i > 0 && isalnum((unsigned char)text[i - 1]) && isalnum((unsigned char)text[i + 1]);
}

/* What would begin a heading, a list or a quote at the start of a line. */
static bool begins_block(const char *text, size_t i)
{
	if (i == 0)
		return text[0] == '#' || text[0] == '-' || text[0] == '+' || text[0] == '=';
	bool number = text[i] == '.' || text[i] == ')';
	for (size_t k = 0; number && k < i; k++)
		number = isdigit((unsigned char)text[k]);
	return number;
}

/* `start`: the text begins a line. Line breaks become spaces, or <br> in tables. */
static void put_plain(struct str *out, const char *text, bool start, bool table)
{
	for (size_t i = 0; text[i]; i++) {
		char c = text[i];
		if (c == '\r' || c == '\t')
			str_addc(out, ' ');
		else if (c == '\n')
			str_add(out, table ? "<br>" : " ");
		else if (c == '<')
			str_add(out, "&lt;");
		else if (c == '>')
			str_add(out, "&gt;");
		else if (c == '&')
			str_add(out, "&amp;");
		else if (always_special(c) || (c == '_' && !underscore_in_word(text, i)) ||
			 (start && begins_block(text, i)))
			str_addf(out, "\\%c", c);
		else
			str_addc(out, c);
	}
}

static size_t longest_backticks(const char *text)
{
	size_t longest = 0, run = 0;
	for (; *text; text++) {
		run = *text == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

static void put_fence(struct str *out, size_t n)
{
	while (n-- > 0)
		str_addc(out, '`');
}

/* The fence is longer than any run of backticks inside. */
static void put_code(struct str *out, const char *text, bool table)
{
	size_t n = strlen(text), fence = longest_backticks(text) + 1;
	bool pad = text[0] == '`' || text[n - 1] == '`' || text[0] == ' ' || text[n - 1] == ' ';
	put_fence(out, fence);
	str_add(out, pad ? " " : "");
	for (; *text; text++) {
		if (*text == '|' && table)
			str_add(out, "\\|");
		else
			str_addc(out,
				 *text == '\n' || *text == '\r' || *text == '\t' ? ' ' : *text);
	}
	str_add(out, pad ? " " : "");
	put_fence(out, fence);
}

static void put_link(struct str *out, const struct doc_run *run, bool table)
{
	str_addc(out, '[');
	put_plain(out, run->text, false, table);
	str_add(out, "](<");
	for (const char *c = run->url; *c; c++)
		{
		if (*c == '&')
			str_add(out, "&amp;");
		else
			str_addc(out, *c);
	}
	str_add(out, ">)");
}

static void put_text(struct str *out, const struct doc_text *text, bool start, bool table)
{
	for (size_t i = 0; i < text->n; i++) {
		const struct doc_run *run = &text->v[i];
		if (run->style == DOC_CODE) {
			put_code(out, run->text, table);
			continue;
		}
		if (run->style == DOC_LINK) {
			put_link(out, run, table);
			continue;
		}
		str_add(out, run->style == DOC_STRONG ? "**" : "");
		put_plain(out, run->text, start && i == 0 && run->style == DOC_PLAIN, table);
		str_add(out, run->style == DOC_STRONG ? "**" : "");
	}
}

static void put_table(struct str *out, const struct doc_block *table)
{
	if (table->ncells % table->ncolumns)
		BUG("a table row is not full");
	for (size_t i = 0; i < table->ncolumns; i++) {
		str_add(out, i ? " | " : "| ");
		put_plain(out, table->columns[i].title, false, true);
	}
	str_add(out, " |\n");
	for (size_t i = 0; i < table->ncolumns; i++)
		str_add(out, table->columns[i].right ? "|---:" : "|---");
	str_add(out, "|\n");
	for (size_t i = 0; i < table->ncells; i++) {
		str_add(out, i % table->ncolumns ? " | " : "| ");
		put_text(out, &table->cells[i], false, true);
		str_add(out, i % table->ncolumns == table->ncolumns - 1 ? " |\n" : "");
	}
}

static void put_pre(struct str *out, const struct doc_block *block)
{
	const char *text = block->text.n ? block->text.v[0].text : "";
	size_t n = strlen(text), fence = longest_backticks(text) + 1;
	fence = fence < 3 ? 3 : fence;
	put_fence(out, fence);
	str_addf(out, "%s\n%s%s", block->language, text, n && text[n - 1] == '\n' ? "" : "\n");
	put_fence(out, fence);
	str_addc(out, '\n');
}

static void put_block(struct str *out, const struct doc_block *block)
{
	switch (block->kind) {
	case DOC_HEADING:
		for (int i = 0; i < block->level; i++)
			str_addc(out, '#');
		str_addc(out, ' ');
		put_text(out, &block->text, false, false);
		str_addc(out, '\n');
		break;
	case DOC_POINT:
		str_add(out, "- ");
		put_text(out, &block->text, true, false);
		str_addc(out, '\n');
		break;
	case DOC_PARAGRAPH:
		put_text(out, &block->text, true, false);
		str_addc(out, '\n');
		break;
	case DOC_TABLE: put_table(out, block); break;
	case DOC_PRE: put_pre(out, block); break;
	case DOC_MARKUP: break;
	}
}

void markdown_write(const struct doc *doc, FILE *out)
{
	struct str text = STR_INIT;
	const struct doc_block *last = NULL;
	for (size_t i = 0; i < doc->n; i++) {
		const struct doc_block *block = &doc->v[i];
		if (block->kind == DOC_MARKUP)
			continue;
		bool list = last && block->kind == DOC_POINT && last->kind == DOC_POINT;
		str_reset(&text);
		str_add(&text, last && !list ? "\n" : "");
		put_block(&text, block);
		fwrite(str_text(&text), 1, text.n, out);
		last = block;
	}
	str_free(&text);
}
