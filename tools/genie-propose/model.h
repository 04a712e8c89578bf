/* model.h - what a snapshot knows: the objects of a space, their fields and words. */
#ifndef GENIE_PROPOSE_MODEL_H
#define GENIE_PROPOSE_MODEL_H

#include "base.h"
#include "err.h"
#include "mem.h"

struct json;

enum object_kind { OBJECT_TABLE, OBJECT_METRIC_VIEW, OBJECT_FUNCTION };
enum field_kind { FIELD_COLUMN, FIELD_DIMENSION, FIELD_MEASURE, FIELD_PARAMETER };
/* Which lever works on a table: 1, or 4 for monitoring and 5 for ML tables. */
enum object_role { ROLE_DATA, ROLE_MONITORING, ROLE_ML };

struct field {
	enum field_kind kind;
	const char *name, *type, *comment, *expr; /* "" when there is none */
	const char *words; /* all its text in lower case, for looking words up */
	const struct json *synonyms; /* array of texts, or NULL */
	const char *value;     /* default of a parameter as SQL; NULL: it must be given */
};

struct object {
	enum object_kind kind;
	enum object_role role;
	const char *full_name; /* catalog.schema.name, lower case */
	const char *name;      /* the last part */
	const char *comment;
	const char *description; /* in the space; "" when there is none */
	const char *words;     /* name and comment in lower case */
	struct field *fields;
	size_t nfields, cap;
};

struct model {
	struct arena arena;
	struct json *space;    /* the snapshot; owned */
	struct object *objects;
	size_t n, cap;
	const char *instructions; /* all text instructions, joined; "" when there are none */
};

/* Takes space. ERR_DATA names the path when it is no snapshot. */
bool model_read(struct model *model, struct json *space, struct err *err) MUST_CHECK;
void model_free(struct model *model);

/* By name with one to three parts, letter case ignored; NULL: not in the space. */
struct object *model_object(const struct model *model, const char *name);
struct field *object_field(const struct object *object, const char *name);
/* The lever that changes an object's own metadata: 1, 2 for metric views, 3 for
 * functions, 4 and 5 by role. */
int object_lever(const struct object *object);

#endif
