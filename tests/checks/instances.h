/* instances.h - one database in several states: as it is, and with rows recombined, dropped and
 * planted, so that queries that differ have a chance to show it. */
#ifndef CHECKS_INSTANCES_H
#define CHECKS_INSTANCES_H

#include "base.h"

struct db;
struct json;
struct report;
struct sqlnode;

#define INSTANCES 4 /* the first is as it is */

struct instances {
	struct db *db[INSTANCES];
	struct json *schema;
};
/* False, with a skip or a failed case: the database cannot be loaded. */
bool instances_open(struct report *report, const char *name, struct instances *out);
void instances_close(struct instances *instances);
/* Puts the values that the query compares columns with into some rows of those columns, in all
 * but the first. Undone by instances_restore. */
void instances_plant(struct instances *instances, struct sqlnode *query);
void instances_restore(struct instances *instances);

#endif
