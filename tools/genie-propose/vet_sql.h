/* vet_sql.h - internal to vet.h: SQL that a model wrote. */
#ifndef GENIE_PROPOSE_VET_SQL_H
#define GENIE_PROPOSE_VET_SQL_H

#include "base.h"
#include "mem.h"

struct model;
struct patch;

/* Does the patch hold SQL that the workspace runs, or SQL that Genie is shown? */
bool patch_runs_sql(const struct patch *patch);
bool patch_shows_sql(const struct patch *patch);
/* What is wrong with the patch's SQL or YAML, in the arena; NULL: nothing, or it has none. */
const char *sql_flaw(struct arena *arena, const struct model *model, const struct patch *patch);

#endif
