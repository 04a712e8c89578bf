/* How steady the answers of the live configuration are. */
#include "data.h"
#include "document.h"
#include "format.h"
#include "sections.h"
#include "texts.h"

#include "json.h"
#include "str.h"

static const struct doc_column class_columns[] = {
	{ "Class", false },
	{ "Share of the commonest answer", false },
	{ "Questions by SQL", true },
	{ "Questions by result", true },
};

static void class_rows(struct doc *doc, const struct json *r)
{
	static const char *const classes[][2] = { { "IDENTICAL", "100 %" },
						  { "MINOR", "70 to 99 %" },
						  { "SIGNIFICANT", "50 to 69 %" },
						  { "CRITICAL", "below 50 %" } };
	DOC_TABLE_OF(doc, class_columns);
	for (size_t i = 0; i < countof(classes); i++) {
		doc_cell(doc, "%s", classes[i][0]);
		doc_cell(doc, "%s", classes[i][1]);
		doc_cell(doc, "%lld",
			 (long long)json_int_or(json_get(r, "classes"), classes[i][0], 0));
		doc_cell(doc, "%lld",
			 (long long)json_int_or(json_get(r, "result_classes"), classes[i][0], 0));
	}
}

void section_repeatability(struct doc *doc, const struct data *data)
{
	const struct json *r = data->repeatability;
	const struct json *unstable = json_get(r, "unstable");
	doc_heading(doc, 2, "Repeatability");
	if (!r) {
		doc_say(doc, "Not measured: make repeatability asks every question two more "
			     "times.");
		return;
	}
	doc_say(doc, "%s, asked ", fmt_count((size_t)json_int_or(r, "measured", 0), "question").s);
	doc_add(doc, "%s: ", fmt_count((size_t)json_int_or(r, "askings", 0), "time").s);
	doc_add(doc, "%s of the askings give the commonest SQL of their question, ",
		fmt_percent(fmt_member(r, "repeatability_pct")).s);
	doc_add(doc, "%s the commonest result (target ",
		fmt_percent(fmt_member(r, "result_repeatability_pct")).s);
	doc_add(doc, "%s).", fmt_percent(json_num_or(r, "target_pct", 90)).s);
	class_rows(doc, r);
	if (!json_len(unstable))
		return;
	doc_say(doc, "Not the same every time: ");
	texts_add(doc, unstable, ", ");
	doc_add(doc, ".");
}
