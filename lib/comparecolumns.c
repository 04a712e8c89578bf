/* The columns of a gold that count. */
#include "comparein.h"

#include "mem.h"
#include "table.h"

static size_t in_range(const struct table *table, const struct compare_context *context)
{
	size_t n = 0;
	for (size_t i = 0; i < context->ncolumns; i++)
		n += context->columns[i] < table->ncolumns;
	return n;
}

const struct table *compare_columns(struct arena *arena, const struct table *table,
				    const struct compare_context *context)
{
	size_t width = in_range(table, context), at = 0;
	if (!width)
		return table;
	struct table *out = arena_alloc(arena, sizeof *out);
	out->ncolumns = width;
	out->nrows = table->nrows;
	out->truncated = table->truncated;
	out->total_rows = table->total_rows;
	out->columns = arena_alloc(arena, width * sizeof *out->columns);
	out->cells = arena_alloc(arena, (table->nrows * width + 1) * sizeof *out->cells);
	for (size_t i = 0; i < context->ncolumns; i++) {
		size_t from = context->columns[i];
		if (from >= table->ncolumns)
			continue;
		out->columns[at] = table->columns[from];
		for (size_t row = 0; row < table->nrows; row++)
			out->cells[row * width + at] = table_cell(table, row, from);
		at++;
	}
	return out;
}
