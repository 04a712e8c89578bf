#include "planner.h"

#include "json.h"
#include "jsonw.h"
#include "str.h"

/* Most bytes of the filter's input. */
#define INPUT_MAX (32u << 20)

static bool read_all(FILE *in, struct str *text, struct err *err)
{
	char buf[8192];
	size_t n;

	while ((n = fread(buf, 1, sizeof buf, in)) > 0)
		str_addn(text, buf, n);
	if (ferror(in))
		return err_errno(err, "reading standard input");
	if (str_over(text))
		return err_set(err, ERR_DATA, "standard input: longer than %u bytes", INPUT_MAX);
	return true;
}

static const char *kind_name(enum planner_asset kind)
{
	static const char *const names[] = { "NONE", "TABLE", "MV", "TVF" };

	return names[kind];
}

static void write_answer(FILE *out, const struct planner_answer *answer)
{
	struct jsonw w;

	jsonw_to_file(&w, out, 0);
	jsonw_object(&w);
	jsonw_kstr(&w, "sql", answer->sql);
	jsonw_kstr(&w, "description", answer->description);
	jsonw_kstr(&w, "text", answer->text);
	jsonw_kstr(&w, "asset", answer->asset);
	jsonw_kstr(&w, "kind", kind_name(answer->kind));
	jsonw_kbool(&w, "drawn", answer->drawn);
	jsonw_end(&w);
}

static bool answer_document(const struct json *doc, FILE *out, struct err *err)
{
	struct planner_input in = { json_get(doc, "config"), json_get(doc, "uc"), NULL,
	(uint64_t)json_int_or(doc, "seed", 0), json_str_or(doc, "today", NULL) };
	struct planner_answer answer;

	in.question = json_need_str(doc, "question", err);
	if (!in.question)
		return false;
	if (!in.today)
		return err_set(err, ERR_DATA, "$.today: missing");
	if (!planner_answer(&in, &answer, err))
		return false;
	write_answer(out, &answer);
	planner_answer_free(&answer);
	return true;
}

bool planner_main_filter(FILE *in, FILE *out, struct err *err)
{
	struct str text;
	struct json *doc = NULL;
	bool ok;

	str_init(&text, INPUT_MAX);
	ok = read_all(in, &text, err) && ((doc = json_parse(str_text(&text), text.n, err)) != NULL
		|| err_wrap(err, "standard input"));
	ok = ok && answer_document(doc, out, err);
	json_free(doc);
	str_free(&text);
	return ok;
}
