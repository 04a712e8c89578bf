/* Which expressions aggregate; declared with the scopes that need it. */
#include "sqlscope.h"
#include "sqlast.h"
#include "str.h"

bool sql_is_aggregate_name(const char *name)
{
	static const char *const names[] = {
		"COUNT", "SUM", "AVG", "MEAN", "MIN", "MAX", "COUNT_IF", "MEASURE", "ANY_VALUE",
		"FIRST", "LAST", "FIRST_VALUE", "LAST_VALUE", "COLLECT_LIST", "COLLECT_SET",
		"ARRAY_AGG", "STRING_AGG", "LISTAGG", "GROUP_CONCAT", "STDDEV", "STDDEV_POP",
		"STDDEV_SAMP", "STD", "VARIANCE", "VAR_POP", "VAR_SAMP", "MEDIAN", "MODE",
		"PERCENTILE", "PERCENTILE_APPROX", "APPROX_PERCENTILE", "PERCENTILE_CONT",
		"PERCENTILE_DISC", "APPROX_COUNT_DISTINCT", "CORR", "COVAR_POP", "COVAR_SAMP",
		"SKEWNESS", "KURTOSIS", "BOOL_AND", "BOOL_OR", "EVERY", "SOME", "MAX_BY", "MIN_BY",
		"TRY_SUM", "TRY_AVG", "BIT_AND", "BIT_OR", "BIT_XOR", "REGR_SLOPE",
		"HISTOGRAM_NUMERIC", "TOTAL", "AGG", "GROUPING",
	};
	for (size_t i = 0; i < countof(names); i++)
		if (strieq(names[i], name))
			return true;
	return false;
}

static bool subquery(const struct sqlnode *node)
{
	return node->kind == SQLN_QUERY;
}

bool sql_has_aggregate(const struct sqlnode *expr)
{
	if (expr->kind == SQLN_FUNC && !sqlnode_child(expr, SQLN_OVER) && expr->nparts == 1
		&& sql_is_aggregate_name(expr->part[0]))
		return true;
	for (size_t i = 0; i < expr->n; i++)
		if (!subquery(expr->kid[i]) && sql_has_aggregate(expr->kid[i]))
			return true;
	return false;
}

bool sql_has_window(const struct sqlnode *expr)
{
	if (expr->kind == SQLN_OVER)
		return true;
	for (size_t i = 0; i < expr->n; i++)
		if (!subquery(expr->kid[i]) && sql_has_window(expr->kid[i]))
			return true;
	return false;
}
