/* toolman.h - what a tool's spec prints: help, JSON description, manual page.
 *
 * Layer: shell, below tool.c.
 */
#ifndef GENIE_TOOLMAN_H
#define GENIE_TOOLMAN_H

#include "tool.h"
#include <stdio.h>

void toolman_help(FILE *out, const struct tool_spec *spec);
void toolman_describe(FILE *out, const struct tool_spec *spec); /* schema genie/describe/1 */
void toolman_page(FILE *out, const struct tool_spec *spec);     /* mdoc(7) */

/* The options that every tool has; ends with a NULL name. */
const struct tool_opt *tool_common_opts(void);

#endif
