/* viewsource.h - expected SQL in the terms of a metric view: what it computes by hand
 * over the view's source, as expressions that the view's YAML could hold. */
#ifndef GENIE_PROPOSE_VIEWSOURCE_H
#define GENIE_PROPOSE_VIEWSOURCE_H

#include "base.h"
#include "mem.h"

struct fact_case;
struct json;
struct model;
struct object;

struct view_item {
	const char *expr;  /* as the YAML writes it: source.column, join.column */
	const char *norm;  /* for comparing, see view_norm */
	const char *alias; /* in the expected SQL; NULL: none */
	bool measure;      /* aggregates */
	bool plain;        /* one column and nothing else */
};

struct view_join { /* a table that the expected SQL joins and the view does not know */
	const struct object *table;
	const char *on;     /* source.a = name.b */
	const char *column; /* a column of it that the query selects or filters; NULL: none */
};

struct view_use {
	struct view_item *item;
	size_t n;
	bool direct;           /* the query reads the view itself, not its source */
	struct view_join join; /* table NULL: none */
};

/* The parsed YAML of a metric view; NULL: the snapshot has none. */
const struct json *view_definition(const struct model *model, const struct object *view);
const char *view_yaml(const struct model *model, const struct object *view);

/* What the case's gold selects over the source of the view (or over the view, with its
 * dimensions spelled out). False: it reads something else, or is not a plain SELECT. In the
 * arena. */
bool view_use_of(struct view_use *use, struct arena *arena, const struct model *model,
		 const struct object *view, const struct fact_case *c);

/* An expression of the YAML for comparing: columns without a prefix belong to the source,
 * letter case and spaces are gone. "" when it does not parse. */
const char *view_norm(struct arena *arena, const char *expr);

#endif
