/* What failed deployments say, and what is made of it. */
#include "check.h"
#include "diagnose.h"
#include "str.h"

static const struct {
	const char *message, *code, *action;
} rows[] = {
	{ "data_sources.tables must be sorted", "unsorted_arrays", "fix" },
	{ "INVALID_PARAMETER_VALUE: instructions.sql_functions must be sorted by (id, identifier)",
	  "unsorted_arrays", "fix" },
	{ "INTERNAL_ERROR: Failed to retrieve schema", "bad_id", "fix" },
	{ "id 'X' must be 32 lowercase hexadecimal characters", "bad_id", "fix" },
	{ "id 'aa' is used twice in instructions", "bad_id", "fix" },
	/* what the deployment script of the templates says */
	{ "nothing was deployed:\nd.json: data_sources.tables must be sorted by identifier: a "
		"stands "
	  "behind b", "unsorted_arrays", "fix" },
	{ "d.json: instructions.sql_functions[1].id aa is also in examples[0]", "bad_id", "fix" },
	{ "60 functions; a space may have 50", "too_many", "fix" },
	{ "d.json: no value for ${gold_schem}", "unresolved_variable", "stop" },
	{ "d.json: line 3, column 9: Invalid control character at", "malformed_json", "stop" },
	{ "PATCH /api/2.0/genie/spaces/1: 401: Invalid access token", "unauthorized", "login" },
	{ "space 1: what reads back is not what was sent; somebody else may be changing it",
	  "changed_meanwhile", "retry" },
	{ "--spaces a=1: no space for b_genie_export.json", "not_found", "stop" },
	{ "Exceeded maximum number (50) of sql_functions", "too_many", "fix" },
	{ "101 instructions; a space may have 100", "too_many", "fix" },
	{ "json.decoder.JSONDecodeError: Expecting ',' delimiter: line 3 column 5 (char 40)",
	  "malformed_json", "stop" },
	{ "Error: src/genie/a.json: invalid character '}' looking for beginning of object key "
		"string",
	  "malformed_json", "stop" },
	{ "Error: reference does not exist: ${var.catalgo}", "unresolved_variable", "stop" },
	{ "Error: no value assigned to required variable gold_schema. Variables can be assigned",
	  "unresolved_variable", "stop" },
	{ "401 Unauthorized", "unauthorized", "login" },
	{ "Error: Invalid access token. [ReqId: 1]", "unauthorized", "login" },
	{ "the token of the profile has expired", "unauthorized", "login" },
	{ "Error: cannot configure default credentials, please check", "unauthorized", "login" },
	{ "403 Forbidden", "forbidden", "login" },
	{ "PERMISSION_DENIED: User does not have USE SCHEMA on Schema 'main.gold'.", "forbidden",
	  "login" },
	{ "Error: open resources/missing.yml: no such file or directory", "missing_file", "stop" },
	{ "RESOURCE_NOT_FOUND: Cannot read the script /Workspace/d.py: it does not exist",
	  "missing_file", "stop" },
	{ "Error: file src/genie/deploy.py not found", "missing_file", "stop" },
	{ "Error: multiple resources or scripts have been defined with the same key: cost",
	  "name_collision", "stop" },
	{ "RESOURCE_ALREADY_EXISTS: Node named 'Cost' already exists", "name_collision", "stop" },
	{ "[TABLE_OR_VIEW_NOT_FOUND] The table or view `main`.`gold`.`f` cannot be found.",
	  "sql_statement", "stop" },
	{ "[PARSE_SYNTAX_ERROR] Syntax error at or near 'FORM'. SQLSTATE: 42601", "sql_statement",
	  "stop" },
	{ "Error: the deployment requires destructive actions, but the current console does not "
	  "support prompting.", "needs_approval", "stop" },
	{ "dial tcp 127.0.0.1:1: connect: connection refused", "unreachable", "away" },
	{ "TERMINATED CLUSTER_ERROR", "infrastructure", "retry" },
	{ "Error: Failed to acquire deployment lock: deploy lock acquired by a@b.c", "locked",
	  "away" },
	{ "SKIPPED MAX_CONCURRENT_RUNS_EXCEEDED", "busy", "stop" },
	{ "[METRIC_VIEW_INVALID_VIEW_DEFINITION] The metric view is broken", "sql_statement",
		"stop" },
	{ "ValueError: cost_genie_export.json: unresolved variable ${gold_schem}",
	  "unresolved_variable", "stop" },
	{ "TERMINATED USER_CANCELED", "canceled", "stop" },
	{ "TERMINATED UPSTREAM_CANCELED", "unknown", "unknown" },
	{ "ran 14012 rows, then the moon fell down", "unknown", "unknown" },
	{ "unsortedness is a virtue", "unknown", "unknown" },
	{ "", "unknown", "unknown" },
};

static void each_message_has_its_diagnosis(void)
{
	for (size_t i = 0; i < countof(rows); i++) {
		struct diagnosis d;
		diagnose(rows[i].message, &d);
		if (!streq(d.code, rows[i].code))
			printf("# %s\n", rows[i].message);
		CHECK_STR(d.code, rows[i].code);
		CHECK_STR(diagnosis_action_text(d.action), rows[i].action);
		CHECK(*d.text && *d.advice);
		diagnosis_free(&d);
	}
}

static const char *names_of(const char *message, struct str *out)
{
	struct diagnosis d;
	diagnose(message, &d);
	str_reset(out);
	for (size_t i = 0; i < d.names.n; i++)
		str_addf(out, "%s%s", i ? " " : "", d.names.v[i]);
	diagnosis_free(&d);
	return str_text(out);
}

static void what_a_message_names_is_found(void)
{
	struct str s = STR_INIT;
	CHECK_STR(names_of("reference does not exist: ${var.a}, ${var.b}, ${var.a}", &s),
		"${var.a} ${var.b}");
	CHECK_STR(names_of("no value assigned to required variable gold_schema. Variables can", &s),
		"gold_schema");
	CHECK_STR(names_of("Error: open /b/resources/x.yml: no such file or directory", &s),
		"/b/resources/x.yml");
	CHECK_STR(names_of("Error: file src/genie/deploy.py not found.", &s),
		"src/genie/deploy.py");
	CHECK_STR(names_of("job named 'A b' already exists, as \"c\"; don't", &s), "A b c");
	CHECK_STR(names_of("[TABLE_OR_VIEW_NOT_FOUND] `main`.`gold`.`f` cannot be found. See a.b",
		&s),
		"main.gold.f a.b main gold f");
	CHECK_STR(names_of("variable with ${no end has no value", &s), "with");
	str_free(&s);
}

static long limit_of(const char *message)
{
	struct diagnosis d;
	diagnose(message, &d);
	long limit = d.limit;
	diagnosis_free(&d);
	return limit;
}

static void a_limit_is_read(void)
{
	CHECK_INT(limit_of("Exceeded maximum number (50)"), 50);
	CHECK_INT(limit_of("53 functions, which exceeds the maximum of 50"), 50);
	CHECK_INT(limit_of("101 instructions; a space may have 100"), 100);
	CHECK_INT(limit_of("Exceeded maximum number"), 0);
	CHECK_INT(limit_of("maximum number 99999999999999999999999"), 0);
	CHECK_INT(limit_of("must be sorted: maximum 5"), 0);
}

int main(void)
{
	RUN(each_message_has_its_diagnosis);
	RUN(what_a_message_names_is_found);
	RUN(a_limit_is_read);
	return check_done();
}
