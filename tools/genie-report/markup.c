#include "markup.h"

#include "format.h"

#include "mem.h"
#include "str.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

void markup_text(struct str *out, const char *text)
{
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;
		switch (c) {
		case '<': str_add(out, "&lt;"); break;
		case '>': str_add(out, "&gt;"); break;
		case '&': str_add(out, "&amp;"); break;
		case '"': str_add(out, "&quot;"); break;
		case '\'': str_add(out, "&#39;"); break;
		case '\r': break;
		default:
			if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
				str_add(out, REPLACEMENT);
			else
				str_addc(out, (char)c);
		}
	}
}

void markup_prose(struct str *out, const char *text)
{
	const char *from = text;
	for (const char *c = text; c && *c; c++) {
		if (c == text || *c != ' ' || c[1] != '%' || !isdigit((unsigned char)c[-1]))
			continue;
		char *part = xstrndup(from, (size_t)(c - from));
		markup_text(out, part);
		str_add(out, "&nbsp;");
		free(part);
		from = c + 1;
	}
	markup_text(out, from);
}

void markup_element(struct str *out, const char *tag, const char *class, const char *text)
{
	if (class)
		str_addf(out, "<%s class=\"%s\">", tag, class);
	else
		str_addf(out, "<%s>", tag);
	markup_prose(out, text);
	str_addf(out, "</%s>", tag);
}

void markup_key(struct str *out, const char *class, const char *text)
{
	str_addf(out, "<span class=\"nb\"><i class=\"k %s\"></i> ", class);
	markup_text(out, text);
	str_add(out, "</span>");
}

void markup_json(struct str *out, const char *text)
{
	str_addc(out, '"');
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c == '\n')
			str_add(out, "\\n");
		else if (c < ' ' || c == '<' || c == '>' || c == '&')
			str_addf(out, "\\u%04x", c);
		else if (strncmp(text, "\xE2\x80\xA8", 3) == 0 ||
			 strncmp(text, "\xE2\x80\xA9", 3) == 0) {
			str_addf(out, "\\u20%02x", text[2] == '\xA8' ? 0x28 : 0x29);
			text += 2;
		} else
			str_addc(out, (char)c);
	}
	str_addc(out, '"');
}

bool markup_is_link(const char *url)
{
	if (!url || (!starts_with(url, "http://") && !starts_with(url, "https://")))
		return false;
	for (const char *c = url; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._~:/?#@!$&+,;=%", *c))
			return false;
	return true;
}

/* ---- pictures ---- */
void svg_open(struct str *out, struct at size, const char *id, const char *title, const char *about)
{
	str_addf(out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"%s-t %s-d\">",
		 size.x, size.y, id, id);
	str_addf(out, "<title id=\"%s-t\">", id);
	markup_text(out, title);
	str_addf(out, "</title><desc id=\"%s-d\">", id);
	markup_text(out, about);
	str_add(out, "</desc>");
}

void svg_small(struct str *out, struct at size)
{
	str_addf(out, "<svg class=\"small\" width=\"%.0f\" height=\"%.0f\" aria-hidden=\"true\">",
		 size.x, size.y);
}

void svg_close(struct str *out)
{
	str_add(out, "</svg>\n");
}

void svg_line(struct str *out, const char *class, struct at from, struct at to)
{
	str_addf(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", class,
		 from.x, from.y, to.x, to.y);
}

void svg_rect(struct str *out, const char *class, struct at corner, struct at size)
{
	str_addf(out, "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
		 class, corner.x, corner.y, size.x, size.y);
}

void svg_dot(struct str *out, const char *class, struct at centre, double radius)
{
	str_addf(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", class, centre.x,
		 centre.y, radius);
}

void svg_path(struct str *out, const char *class, const struct at *points, size_t n, bool closed)
{
	if (!n)
		return;
	str_addf(out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < n; i++)
		str_addf(out, "%c%.1f %.1f", i ? 'L' : 'M', points[i].x, points[i].y);
	str_add(out, closed ? "Z\"/>" : "\"/>");
}

void svg_diamond(struct str *out, const char *class, struct at c, double r)
{
	struct at corners[] = {
		{ c.x, c.y - r }, { c.x + r, c.y }, { c.x, c.y + r }, { c.x - r, c.y }
	};
	svg_path(out, class, corners, countof(corners), true);
}

void svg_cross(struct str *out, const char *class, struct at c, double r)
{
	svg_line(out, class, (struct at){ c.x - r, c.y - r }, (struct at){ c.x + r, c.y + r });
	svg_line(out, class, (struct at){ c.x - r, c.y + r }, (struct at){ c.x + r, c.y - r });
}

void svg_text(struct str *out, enum anchor anchor, struct at at, const char *text)
{
	static const char *const names[] = { "start", "middle", "end" };
	str_addf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", at.x, at.y, names[anchor]);
	markup_text(out, text);
	str_add(out, "</text>");
}

/* ---- values ---- */
double plot_x(const struct plot *plot, size_t place)
{
	return plot->corner.x +
	       plot->size.x * ((double)place + 0.5) / (double)(plot->n ? plot->n : 1);
}

double plot_y(const struct plot *plot, double percent)
{
	double part = (percent - plot->low) / (plot->high - plot->low);
	return plot->corner.y + plot->size.y * (1 - (part < 0 ? 0 : part > 1 ? 1 : part));
}

void plot_range(struct plot *plot, double least, double most)
{
	plot->low = isnan(least) || least < 25 ? 0 : 25 * floor(least / 25);
	plot->high = isnan(most) || most > 100 ? 100 : 25 * ceil(most / 25);
	if (plot->low > 75)
		plot->low = 75;
	if (plot->high <= plot->low)
		plot->high = plot->low + 25;
}

void plot_axis(const struct plot *plot, struct str *out)
{
	double range = plot->high - plot->low;
	int step = range > 50 ? 25 : range > 25 ? 10 : 5;
	for (int v = (int)plot->low; v <= (int)plot->high; v += step) {
		double y = plot_y(plot, v);
		svg_line(out, "grid", (struct at){ plot->corner.x, y },
			 (struct at){ plot->corner.x + plot->size.x, y });
		svg_text(out, ANCHOR_END, (struct at){ plot->corner.x - 6, y + 4 },
			 fmt_percent(v).s);
	}
}
