/* markup.h - HTML and SVG text from parts. What comes from the data is escaped here and nowhere
 * else.
 *
 * Lengths are in SVG units; a picture that is as wide as its viewBox has one unit a pixel.
 * Colours are classes of page.css: the page has no style attributes, so that its content
 * security policy can forbid them.
 */
#ifndef GENIE_REPORT_MARKUP_H
#define GENIE_REPORT_MARKUP_H

#include "base.h"

struct str;

/* Text as the characters that it consists of, good between tags and in "attributes". Control
 * characters, which HTML has no way to write, become U+FFFD. */
void markup_text(struct str *out, const char *text);
/* The same of our own sentences: a number and its "%" stay on one line. */
void markup_prose(struct str *out, const char *text);
/* "<tag class="class">text</tag>", as prose; without the attribute when class is NULL. */
void markup_element(struct str *out, const char *tag, const char *class, const char *text);
/* An entry of a legend: the sign of this class (page.css, ".k") and what it stands for. */
void markup_key(struct str *out, const char *class, const char *text);
/* A JSON string that may stand in a script element: no "<", no U+2028, no U+2029. */
void markup_json(struct str *out, const char *text);
/* True for http and https URLs of characters that need no escaping: the only ones that become
 * links. */
bool markup_is_link(const char *url);

struct at {
	double x, y;
};
enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

/* Opens a picture that is read out as its title and description. `id` is unique in the page. */
void svg_open(struct str *out, struct at size, const char *id, const char *title,
	      const char *about);
/* Opens a picture of a fixed size in pixels that says nothing which the text beside it does not. */
void svg_small(struct str *out, struct at size);
void svg_close(struct str *out);
void svg_line(struct str *out, const char *class, struct at from, struct at to);
void svg_rect(struct str *out, const char *class, struct at corner, struct at size);
void svg_dot(struct str *out, const char *class, struct at centre, double radius);
void svg_diamond(struct str *out, const char *class, struct at centre, double radius);
void svg_cross(struct str *out, const char *class, struct at centre, double radius);
void svg_text(struct str *out, enum anchor anchor, struct at at, const char *text);
/* A path through n points, closed to an area when `closed`. */
void svg_path(struct str *out, const char *class, const struct at *points, size_t n, bool closed);

/* Where values go: a frame of `size` at `corner`; percentages from low to high go up. */
struct plot {
	struct at corner, size;
	double low, high;
	size_t n; /* places from left to right */
};
double plot_x(const struct plot *plot, size_t place); /* middle of a place */
double plot_y(const struct plot *plot, double percent);
/* Sets low and high to multiples of 25 around what is shown. */
void plot_range(struct plot *plot, double least, double most);
/* Lines and labels of the percentages. */
void plot_axis(const struct plot *plot, struct str *out);

#endif
