/* repair.h - fixes in the source files of the bundle for what a workspace refused.
 *
 * Planned first and written later, so that the state can say in between what is going to be
 * changed: a call that is killed while it writes is followed by one that writes the rest.
 */
#ifndef GENIE_DEPLOY_REPAIR_H
#define GENIE_DEPLOY_REPAIR_H

#include "deploy.h"
#include "diagnose.h"

struct repair_file {
	char *path; /* inside the bundle */
	char *text; /* new */
};
struct repair {
	struct repair_file *v;
	size_t n, cap;
	/* {file, path, change, changes: [{file, path, change}]}: the first change, and all.
	 * NULL: none of the files has what the diagnosis says. */
	struct json *json;
};
void repair_free(struct repair *repair);

/* What would have to be changed. With `cut`, what is too much falls; without, it is only listed
 * (n stays 0). `message` is the workspace's. */
void repair_plan(const struct deploy *d, const struct diagnosis *diagnosis, const char *message,
	bool cut, struct repair *repair);
bool repair_write(struct deploy *d, const struct repair *repair, struct err *err) MUST_CHECK;

#endif
