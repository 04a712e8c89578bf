#include "forms.h"

#include "mem.h"

const struct form forms[NFORMS] = {
	{ "monitors", "profile_table", "custom_metrics", "description", "METRIC_DESCRIPTIONS",
	  BUNDLE_MONITOR },
	{ "prediction_tables", "table_name", "columns", "comment", "PREDICTION_DESCRIPTIONS",
	  BUNDLE_ML },
	{ "feature_tables", "table_name", "features", "comment", "FEATURE_DESCRIPTIONS",
	  BUNDLE_ML },
};

char *form_path(const struct form *form, const char *table, const char *column)
{
	if (!*column)
		return xasprintf("%s[%s=\"%s\"]", form->list, form->name, table);
	return xasprintf("%s[%s=\"%s\"].%s[name=\"%s\"]", form->list, form->name, table,
			 form->columns, column);
}

const char *form_text(const struct form *form, const char *column)
{
	return *column ? form->text : "description";
}
