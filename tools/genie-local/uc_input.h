/* uc_input.h - what the planner is told about Unity Catalog (planner.h): the objects
 * that a space names, with comments, columns, tags, keys and definitions. */
#ifndef GENIE_LOCAL_UC_INPUT_H
#define GENIE_LOCAL_UC_INPUT_H

struct json;
struct server;

/* A new tree, yours. Objects that are not there are left out. */
struct json *uc_input(struct server *server, const struct json *config);

#endif
