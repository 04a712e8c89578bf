#include "texts.h"

#include "document.h"

#include "json.h"

void texts_add(struct doc *doc, const struct json *list, const char *between)
{
	for (const struct json *one = json_first(list); one; one = json_next(one))
		doc_add(doc, "%s%s", json_text(one) ? json_text(one) : "",
			json_next(one) ? between : "");
}

void texts_cell(struct doc *doc, const struct json *list)
{
	doc_cell(doc, NULL);
	texts_add(doc, list, ", ");
}
