#include "toolman.h"

#include "jsonw.h"
#include "str.h"

#include <ctype.h>
#include <string.h>

/* The codes of contracts.md that every tool can end with. */
static const struct tool_exit common_exits[] = {
	{ 0, "done" },
	{ 2, "wrong options or arguments" },
	{ 74, "reading or writing failed" },
	{ 0, NULL },
};

static const char *type_word(enum opt_type type)
{
	static const char *const word[] = { "flag", "string", "integer", "number", "list" };
	return word[type];
}

/* Breaks text at spaces so that no line passes column 78; continuation lines begin
 * at `indent`, the first one at `column`, where the output is already. */
static void flow(FILE *out, const char *text, int indent, int column)
{
	bool fresh = true;
	while (*text) {
		if (*text == '\n' && text[1] == '\n') {
			fprintf(out, "\n\n%*s", indent, "");
			column = indent;
			fresh = true;
			text += 2;
			continue;
		}
		size_t word = strcspn(text, " \n");
		if (!fresh && column + 1 + (int)word > 78) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
			fresh = true;
		}
		column += fprintf(out, "%s%.*s", fresh ? "" : " ", (int)word, text);
		fresh = false;
		text += word;
		while (*text == ' ' || (*text == '\n' && text[1] != '\n'))
			text++;
	}
	fputc('\n', out);
}

static void help_option(FILE *out, const struct tool_opt *o)
{
	char left[80], tail[160] = "";
	int column = 28;
	snprintf(left, sizeof left, "  %c%c%s --%s%s%s", o->letter ? '-' : ' ',
		 o->letter ? o->letter : ' ', o->letter ? "," : " ", o->name, o->arg ? " " : "",
		 o->arg ? o->arg : "");
	if (o->value)
		snprintf(tail, sizeof tail, " (default %s)", o->value);
	else if (o->choices)
		snprintf(tail, sizeof tail, " (%s)", o->choices);
	if (strlen(left) >= (size_t)column)
		fprintf(out, "%s\n%*s", left, column, "");
	else
		fprintf(out, "%-*s", column, left);
	struct str text = STR_INIT;
	str_addf(&text, "%s%s", o->help, tail);
	flow(out, str_text(&text), column, column);
	str_free(&text);
}

static void help_options(FILE *out, const struct tool_opt *opts)
{
	for (const struct tool_opt *o = opts; o && o->name; o++)
		help_option(out, o);
}

static void each_exit(const struct tool_spec *spec,
		      void (*show)(void *ctx, const struct tool_exit *e), void *ctx)
{
	for (const struct tool_exit *e = common_exits; e->text; e++)
		show(ctx, e);
	for (const struct tool_exit *e = spec->exits; e && e->text; e++)
		if (e->code != 0 && e->code != 2 && e->code != 74)
			show(ctx, e);
}

static void help_exit(void *ctx, const struct tool_exit *e)
{
	FILE *out = ctx;
	int column = fprintf(out, "  %-3d ", e->code);
	flow(out, e->text, column, column);
}

void toolman_help(FILE *out, const struct tool_spec *spec)
{
	fprintf(out, "usage: %s [options] %s\n\n", spec->name, spec->operands);
	flow(out, spec->purpose, 4, fprintf(out, "%s: ", spec->name));
	flow(out, spec->input, 7, fprintf(out, "\n  in:  ") - 1);
	flow(out, spec->output, 7, fprintf(out, "  out: "));
	fputs("\nOptions:\n", out);
	help_options(out, spec->opts);
	help_options(out, tool_common_opts());
	if (spec->details) {
		fputc('\n', out);
		flow(out, spec->details, 0, 0);
	}
	fprintf(out, "\nExit status:\n");
	each_exit(spec, help_exit, out);
	fprintf(out, "\nExamples:\n");
	for (const struct tool_example *e = spec->examples; e && e->command; e++)
		fprintf(out, "  # %s\n  %s\n", e->about, e->command);
}

/* ---- JSON ---- */
static void describe_options(struct jsonw *w, const struct tool_opt *opts, bool common)
{
	for (const struct tool_opt *o = opts; o && o->name; o++) {
		jsonw_object(w);
		jsonw_kstr(w, "name", o->name);
		if (o->letter) {
			jsonw_key(w, "letter");
			jsonw_strn(w, &o->letter, 1);
		}
		jsonw_kstr(w, "type", type_word(o->type));
		if (o->arg)
			jsonw_kstr(w, "argument", o->arg);
		if (o->value)
			jsonw_kstr(w, "default", o->value);
		if (o->choices)
			jsonw_kstr(w, "choices", o->choices);
		jsonw_kstr(w, "help", o->help);
		jsonw_kbool(w, "common", common);
		jsonw_end(w);
	}
}

static void describe_exit(void *ctx, const struct tool_exit *e)
{
	struct jsonw *w = ctx;
	jsonw_object(w);
	jsonw_kint(w, "code", e->code);
	jsonw_kstr(w, "meaning", e->text);
	jsonw_end(w);
}

void toolman_describe(FILE *out, const struct tool_spec *spec)
{
	struct jsonw w;
	jsonw_to_file(&w, out, 2);
	jsonw_object(&w);
	jsonw_kstr(&w, "schema", "genie/describe/1");
	jsonw_kstr(&w, "name", spec->name);
	jsonw_kstr(&w, "version", tool_version());
	jsonw_kstr(&w, "purpose", spec->purpose);
	jsonw_kstr(&w, "operands", spec->operands);
	jsonw_kstr(&w, "input", spec->input);
	jsonw_kstr(&w, "output", spec->output);
	jsonw_kstr(&w, "details", spec->details);
	jsonw_key(&w, "options");
	jsonw_array(&w);
	describe_options(&w, spec->opts, false);
	describe_options(&w, tool_common_opts(), true);
	jsonw_end(&w);
	jsonw_key(&w, "exits");
	jsonw_array(&w);
	each_exit(spec, describe_exit, &w);
	jsonw_end(&w);
	jsonw_key(&w, "examples");
	jsonw_array(&w);
	for (const struct tool_example *e = spec->examples; e && e->command; e++) {
		jsonw_object(&w);
		jsonw_kstr(&w, "about", e->about);
		jsonw_kstr(&w, "command", e->command);
		jsonw_end(&w);
	}
	jsonw_end(&w);
	jsonw_end(&w);
}

/* ---- mdoc ---- */

/* Text as roff input: backslashes, control characters at line starts, and a new line for
 * each sentence, by which roff knows where one ends. */
static void roff(FILE *out, const char *text)
{
	bool start = true;
	for (const char *begin = text; *text; text++) {
		if (*text == ' ' && text > begin && strchr(".!?", text[-1]) && text[1] != ' ') {
			fputc('\n', out);
			start = true;
			continue;
		}
		if (start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
		start = *text == '\n';
	}
}

static void paragraphs(FILE *out, const char *text)
{
	const char *end;
	while ((end = strstr(text, "\n\n"))) {
		fprintf(out, ".Pp\n");
		struct str part = STR_INIT;
		str_addn(&part, text, (size_t)(end - text));
		roff(out, str_text(&part));
		str_free(&part);
		fputc('\n', out);
		text = end + 2;
	}
	fprintf(out, ".Pp\n");
	roff(out, text);
	fputc('\n', out);
}

static void page_options(FILE *out, const struct tool_opt *opts)
{
	for (const struct tool_opt *o = opts; o && o->name; o++) {
		fputs(".It ", out);
		if (o->letter)
			fprintf(out, "Fl %c , ", o->letter);
		fprintf(out, "Fl \\-%s", o->name);
		if (o->arg)
			fprintf(out, " Ar %s", o->arg);
		fputc('\n', out);
		roff(out, o->help);
		fputs(".\n", out);
		if (o->choices)
			fprintf(out, "One of %s.\n", o->choices);
		if (o->value)
			fprintf(out, "Default: %s.\n", o->value);
	}
}

static void page_exit(void *ctx, const struct tool_exit *e)
{
	fprintf(ctx, ".It %d\n", e->code);
	roff(ctx, e->text);
	fputc('\n', ctx);
}

static void upper(FILE *out, const char *s)
{
	for (; *s; s++)
		fputc(toupper((unsigned char)*s), out);
}

void toolman_page(FILE *out, const struct tool_spec *spec)
{
	fputs(".Dd November 20, 2026\n.Dt ", out);
	upper(out, spec->name);
	fprintf(out, " 1\n.Os\n.Sh NAME\n.Nm %s\n.Nd ", spec->name);
	roff(out, spec->purpose);
	fprintf(out, "\n.Sh SYNOPSIS\n.Nm\n.Op Ar options\n");
	if (*spec->operands)
		fprintf(out, ".Ar %s\n", spec->operands);
	fprintf(out, ".Sh DESCRIPTION\nReads: ");
	roff(out, spec->input);
	fputs("\n.Pp\nWrites: ", out);
	roff(out, spec->output);
	fputc('\n', out);
	if (spec->details)
		paragraphs(out, spec->details);
	fprintf(out, ".Pp\nThe options are as follows:\n.Bl -tag -width Ds\n");
	page_options(out, spec->opts);
	page_options(out, tool_common_opts());
	fprintf(out, ".El\n.Sh EXIT STATUS\n.Bl -tag -width 75\n");
	each_exit(spec, page_exit, out);
	fprintf(out, ".El\n.Sh EXAMPLES\n");
	for (const struct tool_example *e = spec->examples; e && e->command; e++) {
		if (e != spec->examples)
			fputs(".Pp\n", out);
		roff(out, e->about);
		fputs(":\n.Bd -literal -offset indent\n", out);
		roff(out, e->command);
		fputs("\n.Ed\n", out);
	}
}
