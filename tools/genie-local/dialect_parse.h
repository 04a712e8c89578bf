/* dialect_parse.h - what the files of the expression parser share. */
#ifndef GENIE_LOCAL_DIALECT_PARSE_H
#define GENIE_LOCAL_DIALECT_PARSE_H

#include "dialect.h"

/* The text from token `first` to the last one taken. */
const char *parse_source(struct parser *p, size_t first);
char *parse_upper(struct arena *arena, const char *s);
struct node *node_binary(struct parser *p, const char *op, struct node *a, struct node *b,
	size_t first); /* NULL when a or b is */
struct node *node_whole_number(struct parser *p, const char *text);
/* INTERVAL * n and -INTERVAL stay intervals: the amounts are changed instead. */
struct node *node_scale_interval(struct parser *p, struct node *interval, struct node *by,
	size_t first);
/* A unit of time in the singular ("DAY" for DAYS), stepped over; NULL: none. */
const char *parse_unit(struct parser *p);
struct node *parse_interval(struct parser *p, size_t first); /* after INTERVAL */

#endif
