/* bundle_int.h - what the files of the bundle module share. Layer: domain. */
#ifndef GENIE_BUNDLE_INT_H
#define GENIE_BUNDLE_INT_H

#include "bundle.h"
#include "mem.h"

struct bundle_variable {
	const char *name, *value; /* value NULL: none */
};

struct bundle {
	struct arena arena;
	const char *dir, *name, *target, *file; /* file: name of the root file */
	struct bundle_variable *variables;
	size_t nvariables, variable_cap;
	struct json *workspace, *resources;
	struct bundle_object *objects;
	size_t nobjects, object_cap;
	struct bundle_space *spaces;
	size_t nspaces, space_cap;
};


void bundle_add_object(struct bundle *bundle, enum bundle_kind kind, const char *name,
	const char *domain, const char *path, size_t line);
/* Lists the objects and spaces (bundle_scan.c). */
bool bundle_scan(struct bundle *bundle, struct err *err) MUST_CHECK;
/* Resolves every text of a tree in place. */
bool bundle_resolve_tree(const struct bundle *bundle, struct json *json, const char *name,
	struct err *err) MUST_CHECK;

#endif
