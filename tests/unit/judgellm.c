#include "judgellm.h"

#include "io.h"
#include "json.h"
#include "judgecat.h"
#include "llm.h"
#include "mem.h"
#include "prompt.h"
#include "rows.h"
#include "str.h"

#include <stdlib.h>
#include <unistd.h>
#include "check.h"

/* ---- reading ---- */

static const char good[] = "{\"rationale\":\"sums list_amt\",\"value\":\"no\",\"failure_type\":\"wrong_column\","
	"\"severity\":\"major\",\"confidence\":0.8,\"wrong_clause\":\"SELECT\",\"blame_set\":[\"fact_usage.list_amt\"],"
	"\"counterfactual_fix\":\"say what eff_amt is\",\"ambiguity_detected\":true,\"expected_value\":\"\"}";

static struct json *read_as(const char *judge, const char *text)
{
	struct err err = { 0 };
	struct json *verdict = judgellm_read(judge, text, &err);
	if (!verdict)
		CHECK_INT(err.code, ERR_DATA);
	return verdict;
}

/* What value the text is read as; "refused". */
static void expect(const char *judge, const char *text, const char *value)
{
	struct json *verdict = read_as(judge, text);
	CHECK_STR(verdict ? json_str_or(verdict, "value", "") : "refused", value);
	json_free(verdict);
}

static void a_verdict_has_all_that_can_be_acted_on(void)
{
	struct json *verdict = read_as("schema_accuracy", good);
	const struct json *asi = json_get(verdict, "asi");
	CHECK_STR(json_str_or(verdict, "value", ""), "no");
	CHECK_STR(json_str_or(verdict, "rationale", ""), "sums list_amt");
	CHECK_STR(json_str_or(asi, "failure_type", ""), "wrong_column");
	CHECK_STR(json_str_or(asi, "severity", ""), "major");
	CHECK_STR(json_text(json_at(json_get(asi, "blame_set"), 0)), "fact_usage.list_amt");
	CHECK_STR(json_str_or(asi, "counterfactual_fix", ""), "say what eff_amt is");
	CHECK(json_num_or(asi, "confidence", 0) == 0.8);
	CHECK(json_bool_or(asi, "ambiguity_detected", false));
	CHECK(json_is(json_get(asi, "expected_value"), JSON_NULL));
	json_free(verdict);
}

static void text_around_the_answer_does_not_matter(void)
{
	static const char *const around[] = {
		"%s", "```json\n%s\n```", "Here is my verdict:\n\n```\n%s\n```\nI hope it helps {really}.",
		"<think>{\"value\":\"yes\"} or { not?</think>\n%s", "{\"result\": %s}", "\xEF\xBB\xBF %s  ",
		"The set {a, b} is \"odd\". %s",
	};
	for (size_t i = 0; i < countof(around); i++) {
		struct str text = STR_INIT;
		const char *hole = strstr(around[i], "%s");
		str_addn(&text, around[i], (size_t)(hole - around[i]));
		str_add(&text, good);
		str_add(&text, hole + 2);
		expect("logical_accuracy", str_text(&text), "no");
		str_free(&text);
	}
}

static void what_is_no_verdict_is_refused(void)
{
	expect("completeness", "", "refused");
	expect("completeness", "yes", "refused");
	expect("completeness", "{\"value\":", "refused");
	expect("completeness", "{\"verdict\":\"yes\"}", "refused");
	expect("completeness", "{\"value\":\"maybe\"}", "refused");
	expect("completeness", "{\"value\":\"genie_correct\"}", "refused");
	expect("completeness", "{\"value\":null}", "refused");
	expect("arbiter", "{\"value\":\"yes\"}", "refused");
	expect("arbiter", "{\"value\":true}", "refused");
	expect("arbiter", "{\"value\":\"skipped\"}", "refused");
	expect("completeness", "{\"value\":\" Yes \"}", "yes");
	expect("completeness", "{\"value\":false}", "no");
	expect("arbiter", "{\"value\":\"neither_correct\"}", "neither_correct");
	expect("arbiter", "{\"value\":\"UNKNOWN\"}", "unknown");
}

static void odd_fields_are_brought_into_the_taxonomy(void)
{
	struct json *verdict = read_as("semantic_equivalence", "{\"value\":\"no\",\"rationale\":7,"
		"\"failure_type\":\"hallucination\",\"severity\":\"terrible\",\"confidence\":\"85%\","
		"\"blame_set\":\"a.b, c ,\",\"expected_value\":12,\"ambiguity_detected\":\"yes\"}");
	const struct json *asi = json_get(verdict, "asi");
	CHECK_STR(json_str_or(asi, "failure_type", ""), "other");
	CHECK_STR(json_str_or(asi, "severity", ""), "minor");
	CHECK(json_num_or(asi, "confidence", 0) == 0.85);
	CHECK_INT(json_len(json_get(asi, "blame_set")), 2);
	CHECK_STR(json_text(json_at(json_get(asi, "blame_set"), 1)), "c");
	CHECK_STR(json_str_or(asi, "expected_value", ""), "12");
	CHECK(!json_bool_or(asi, "ambiguity_detected", true));
	json_free(verdict);
	verdict = read_as("semantic_equivalence", "{\"value\":\"no\",\"confidence\":17}");
	CHECK(json_num_or(json_get(verdict, "asi"), "confidence", 0) == 1);
	json_free(verdict);
}

static void a_right_answer_carries_no_failure(void)
{
	struct json *verdict = read_as("completeness", "{\"value\":\"yes\",\"rationale\":\"ok\",\"failure_type\":\"none\"}");
	CHECK(json_get(verdict, "asi") == NULL);
	json_free(verdict);
	verdict = read_as("arbiter", "{\"value\":\"both_correct\",\"rationale\":\"ok\"}");
	CHECK(json_get(verdict, "asi") == NULL);
	json_free(verdict);
	verdict = judgellm_unknown("nothing came");
	CHECK_STR(json_str_or(verdict, "value", ""), "unknown");
	CHECK_STR(json_str_or(json_get(verdict, "asi"), "failure_type", ""), "other");
	CHECK_STR(json_str_or(json_get(verdict, "asi"), "severity", ""), "info");
	CHECK(json_num_or(json_get(verdict, "asi"), "confidence", 1) == 0);
	json_free(verdict);
}

static void many_braces_cost_no_time(void)
{
	size_t n = 200000;
	char *text = xmalloc(n + 1);
	memset(text, '{', n);
	text[n] = '\0';
	expect("completeness", text, "refused");
	free(text);
}

/* ---- content ---- */

static void content_is(const char *reply, const char *want)
{
	struct err err = { 0 };
	struct json *json = json_parse(reply, strlen(reply), &err);
	char *content = llm_content(json);
	CHECK_STR(content, want);
	free(content);
	json_free(json);
}

static void content_comes_in_many_forms(void)
{
	content_is("{\"choices\":[{\"message\":{\"content\":\"hi\"}}]}", "hi");
	content_is("{\"choices\":[{\"message\":{\"content\":[{\"type\":\"reasoning\",\"text\":\"hm\"},"
		"{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}}]}", "ab");
	content_is("{\"choices\":[{\"message\":{\"content\":{\"value\":\"yes\"}}}]}", "{\"value\":\"yes\"}");
	content_is("{\"choices\":[{\"message\":{\"content\":null,\"reasoning_content\":\"hm\"}}]}", NULL);
	content_is("{\"choices\":[{\"message\":{\"content\":\" \\n\"}}]}", NULL);
	content_is("{\"choices\":[{\"text\":\"old\"}]}", "old");
	content_is("{\"choices\":[]}", NULL);
	content_is("{\"output\":[{\"type\":\"reasoning\",\"content\":[{\"type\":\"text\",\"text\":\"hm\"}]},"
		"{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"x\"}]}]}", "x");
	content_is("[]", NULL);
}

/* ---- prompts ---- */

static char dir[] = "/tmp/judgellm-test-XXXXXX";

static bool load(struct prompt *prompt, const char *text, struct err *err)
{
	char *path = io_join(dir, "p.md");
	bool ok = io_write_file(path, text, strlen(text), err) && prompt_load(prompt, dir, "p", err);
	unlink(path);
	free(path);
	return ok;
}

static const char *value(void *ctx, const char *name)
{
	(void)ctx;
	return streq(name, "a") ? "{{b}}" : streq(name, "b") ? "B" : NULL;
}

static void values_are_put_in_once(void)
{
	struct prompt prompt;
	struct err err = { 0 };
	struct str out = STR_INIT;
	CHECK(load(&prompt, "# About\nfor people\n\n## System\n\nBe brief.\n### More\nx\n\n## User\n{{a}} {{b}} {{ {{A}} {x}\n", &err));
	CHECK_STR(prompt.system, "Be brief.\n### More\nx");
	CHECK_INT(strlen(prompt.version), 12);
	CHECK(prompt_render(&prompt, prompt.user, value, NULL, &out, &err));
	CHECK_STR(str_text(&out), "{{b}} B {{ {{A}} {x}");
	CHECK(!prompt_render(&prompt, "{{c}}", value, NULL, &out, &err));
	CHECK(strstr(err.text, "p.md: {{c}} has no value") != NULL);
	str_free(&out);
	char first[PROMPT_VERSION_SIZE];
	memcpy(first, prompt.version, sizeof first);
	prompt_free(&prompt);
	CHECK(load(&prompt, "## System\n## User\nx\n", &err));
	CHECK(!streq(first, prompt.version));
	CHECK_STR(prompt.system, "");
	prompt_free(&prompt);
}

static void a_file_without_sections_is_no_prompt(void)
{
	struct prompt prompt;
	struct err err = { 0 };
	CHECK(!load(&prompt, "## System\nx\n", &err));
	CHECK_INT(err.code, ERR_DATA);
	CHECK(!load(&prompt, "## System\n## User\n\xff\n", &err));
	CHECK_INT(err.code, ERR_DATA);
	CHECK(!prompt_load(&prompt, dir, "absent", &err));
	CHECK_INT(err.code, ERR_IO);
}

/* ---- the request ---- */

static struct json *row_of(const char *sql, const char *result)
{
	struct json *row = json_new_object(), *verdict;
	json_set_str(row, "question_id", "q");
	json_set_str(row, "question", "Total spend {{catalogue}}?");
	json_set_str(row, "genie_sql", sql);
	verdict = json_set(json_set(row, "judges", json_new_object()), "result_correctness", json_new_object());
	json_set_str(verdict, "value", result);
	return row;
}

static const char gold[] = "SELECT SUM(eff_amt) FROM main.gold.fact_usage";

static struct judgellm *evidence(const struct json *row, const char *expected)
{
	struct judgellm_input input = { .row = row, .gold_sql = expected };
	return judgellm_new(&input);
}

static void a_request_shows_the_evidence(void)
{
	struct prompt prompt;
	struct err err = { 0 };
	char one[SHA256_HEX], two[SHA256_HEX];
	struct json *row = row_of("SELECT SUM(list_amt) FROM main.gold.fact_usage", "no");
	struct judgellm *e = evidence(row, gold);
	CHECK(load(&prompt, "## System\nJudge.\n## User\n{{question}}|{{expected_sql}}|{{genie_sql}}|{{differences}}|"
		"{{comparison}}|{{expected_rows}}|{{genie_rows}}|{{catalogue}}|{{guidelines}}", &err));
	struct json *request = judgellm_request(e, "schema_accuracy", &prompt, &err);
	const struct json *messages = json_get(request, "messages");
	const char *user = json_str_or(json_at(messages, 1), "content", "");
	CHECK_STR(json_str_or(json_at(messages, 0), "content", ""), "Judge.");
	CHECK(starts_with(user, "Total spend {{catalogue}}?|SELECT SUM(eff_amt)"));
	CHECK(strstr(user, "Genie wrote") != NULL);
	CHECK_INT(json_int_or(request, "temperature", 1), 0);
	const struct json *schema = json_dig(request, "response_format.json_schema.schema");
	CHECK_INT(json_len(json_get(schema, "required")), json_len(json_get(schema, "properties")));
	llm_key("m", request, one);
	CHECK_STR(llm_key("m", request, two), one);
	CHECK(!streq(llm_key("n", request, two), one));
	json_free(request);
	prompt_free(&prompt);
	judgellm_free(e);
	json_free(row);
}

static void only_what_a_model_can_add_is_asked(void)
{
	struct json *row = row_of("SELECT sum(f.eff_amt) AS s FROM main.gold.fact_usage f", "yes");
	struct judgellm *e = evidence(row, gold);
	CHECK(!judgellm_useful(e, "schema_accuracy"));
	CHECK(!judgellm_useful(e, "arbiter"));
	judgellm_free(e);
	e = evidence(row, NULL);
	CHECK(!judgellm_useful(e, "completeness"));
	judgellm_free(e);
	json_free(row);
	row = row_of("SELECT MAX(eff_amt) FROM main.gold.fact_usage", "no");
	e = evidence(row, gold);
	CHECK(judgellm_useful(e, "completeness"));
	CHECK(judgellm_useful(e, "arbiter"));
	judgellm_free(e);
	json_free(row);
	row = row_of(NULL, "no");
	e = evidence(row, gold);
	CHECK(!judgellm_useful(e, "arbiter"));
	judgellm_free(e);
	json_free(row);
}

static void every_prompt_of_the_toolkit_renders(void)
{
	struct json *row = row_of("SELECT 1", "no");
	struct judgellm *e = evidence(row, gold);
	for (size_t i = 0; judgellm_judges[i]; i++) {
		struct prompt prompt;
		struct err err = { 0 };
		bool ok = prompt_load(&prompt, "prompts", judgellm_judges[i], &err);
		CHECK(ok);
		if (!ok)
			continue;
		struct json *request = judgellm_request(e, judgellm_judges[i], &prompt, &err);
		CHECK(request != NULL);
		json_free(request);
		prompt_free(&prompt);
	}
	judgellm_free(e);
	json_free(row);
}

int main(void)
{
	CHECK(mkdtemp(dir) != NULL);
	RUN(a_verdict_has_all_that_can_be_acted_on);
	RUN(text_around_the_answer_does_not_matter);
	RUN(what_is_no_verdict_is_refused);
	RUN(odd_fields_are_brought_into_the_taxonomy);
	RUN(a_right_answer_carries_no_failure);
	RUN(many_braces_cost_no_time);
	RUN(content_comes_in_many_forms);
	RUN(values_are_put_in_once);
	RUN(a_file_without_sections_is_no_prompt);
	RUN(a_request_shows_the_evidence);
	RUN(only_what_a_model_can_add_is_asked);
	RUN(every_prompt_of_the_toolkit_renders);
	rmdir(dir);
	return check_done();
}
