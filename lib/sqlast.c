#include "sqlast.h"
#include "mem.h"
#include "str.h"

#include <string.h>

struct sqlnode *sqlnode_child(const struct sqlnode *node, enum sqlnode_kind kind)
{
	if (node)
		for (size_t i = 0; i < node->n; i++)
			if (node->kid[i]->kind == kind)
				return node->kid[i];
	return NULL;
}

const char *sqlnode_name(const struct sqlnode *node)
{
	return node && node->nparts ? node->part[node->nparts - 1] : "";
}

bool sqlnode_is_call(const struct sqlnode *node, const char *name)
{
	return node && node->kind == SQLN_FUNC && node->nparts == 1 && strieq(node->part[0], name);
}

const struct sqlnode *sqlnode_body(const struct sqlnode *query)
{
	while (query && query->kind == SQLN_QUERY) {
		const struct sqlnode *body = NULL;
		for (size_t i = 0; i < query->n && !body; i++)
			if (query->kid[i]->kind != SQLN_WITH)
				body = query->kid[i];
		query = body;
	}
	return query;
}

void sqlnode_walk(struct sqlnode *node, sqlnode_visit *visit, void *context)
{
	if (!node || !visit(context, node))
		return;
	for (size_t i = 0; i < node->n; i++)
		sqlnode_walk(node->kid[i], visit, context);
}

struct sqlnode *sqlnode_new(struct arena *arena, enum sqlnode_kind kind, const char *text)
{
	struct sqlnode *node = arena_alloc(arena, sizeof(*node));
	node->kind = kind;
	node->text = arena_strdup(arena, text);
	node->height = 1;
	return node;
}

void sqlnode_add(struct arena *arena, struct sqlnode *node, struct sqlnode *kid)
{
	if (!kid)
		return;
	if (node->n == node->cap) {
		struct sqlnode **old = node->kid;
		node->cap = node->cap ? 2 * node->cap : 4;
		node->kid = arena_alloc(arena, node->cap * sizeof(*node->kid));
		if (node->n)
			memcpy(node->kid, old, node->n * sizeof(*old));
	}
	node->kid[node->n++] = kid;
	if (node->height <= kid->height)
		node->height = kid->height + 1;
}

void sqlnode_name_add(struct arena *arena, struct sqlnode *node, const char *part)
{
	const char **old = node->part;
	node->part = arena_alloc(arena, (node->nparts + 1) * sizeof(*node->part));
	if (node->nparts)
		memcpy(node->part, old, node->nparts * sizeof(*old));
	node->part[node->nparts++] = arena_strdup(arena, part);
}

struct sqlnode *sqlnode_copy(struct arena *arena, const struct sqlnode *node)
{
	struct sqlnode *copy = arena_alloc(arena, sizeof(*copy));
	*copy = *node;
	copy->kid = NULL;
	copy->n = copy->cap = 0;
	if (node->nparts) {
		copy->part = arena_alloc(arena, node->nparts * sizeof(*copy->part));
		memcpy(copy->part, node->part, node->nparts * sizeof(*copy->part));
	}
	for (size_t i = 0; i < node->n; i++)
		sqlnode_add(arena, copy, sqlnode_copy(arena, node->kid[i]));
	return copy;
}
