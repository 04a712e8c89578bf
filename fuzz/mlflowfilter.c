/* Search filters and orders: parsed or refused with a text; what was parsed is complete. */
#include "mlflowfilter.h"

#include "mem.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mlflow_attribute attributes[] = {
		{ .name = "name" }, { .name = "status" }, { .name = "start_time", .numeric = true },
		{ .name = NULL } };
	struct mlflow_grammar grammar = { .entities = ~0u, .attributes = attributes };
	struct mlflow_filter *filter = xcalloc(1, sizeof(*filter));
	struct mlflow_order order;
	struct arena arena = { 0 };
	struct err err = { 0 };
	char *text = xstrndup((const char *)data, size);
	if (!mlflow_filter_parse(filter, text, &grammar, &arena, &err) && !err.text[0])
		__builtin_trap();
	for (size_t i = 0; err.code == ERR_NONE && i < filter->n; i++) {
		const struct mlflow_clause *clause = &filter->clauses[i];
		bool none = clause->op == MLFLOW_NULL || clause->op == MLFLOW_NOT_NULL;
		if (!clause->key || none != (clause->nvalues == 0))
			__builtin_trap();
		for (size_t v = 0; v < clause->nvalues; v++)
			if (!clause->values[v])
				__builtin_trap();
	}
	if (mlflow_order_parse(&order, text, &grammar, &arena, &err) && !order.key)
		__builtin_trap();
	arena_free(&arena);
	free(filter);
	free(text);
	return 0;
}
