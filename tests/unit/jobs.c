/* Runs of jobs: started once, followed to the end, judged by what newer and older services say. */
#include "check.h"
#include "dbx.h"
#include "jobs.h"
#include "json.h"
#include "log.h"
#include "peer.h"
#include "str.h"

static struct dbx *dbx_to(const struct peer *peer)
{
	struct dbx_options o = { .env = { [DBX_HOST] = peer->url, [DBX_TOKEN] = "dapi-hush" },
		.http = { .backoff_ms = 2, .budget_ms = 3000, .connect_tries = 1 } };
	struct err err = { 0 };
	return dbx_open(&o, &err);
}

static bool read_run(const char *text, struct jobs_run *run)
{
	struct err err = { 0 };
	struct json *json = json_parse(text, strlen(text), &err);
	bool ok = jobs_run_read(run, json, &err);
	json_free(json);
	return ok;
}

#define OLD(life, result) \
	"\"state\":{\"life_cycle_state\":\"" life "\",\"result_state\":\"" result "\"}"
#define NEW(state, code) \
	"\"status\":{\"state\":\"" state "\",\"termination_details\":{\"code\":\"" code "\"}}"

static const struct {
	const char *state;
	bool ended, ok;
} states[] = {
	{ "\"state\":{\"life_cycle_state\":\"PENDING\"}", false, false },
	{ OLD("TERMINATED", "SUCCESS"), true, true },
	{ OLD("TERMINATED", "FAILED"), true, false },
	{ OLD("TERMINATED", "SUCCESS_WITH_FAILURES"), true, true },
	{ OLD("INTERNAL_ERROR", "FAILED"), true, false },
	{ "\"state\":{\"life_cycle_state\":\"SKIPPED\"}", true, false },
	{ "\"status\":{\"state\":\"RUNNING\"}", false, false },
	{ "\"status\":{\"state\":\"QUEUED\"}," OLD("QUEUED", ""), false, false },
	{ NEW("TERMINATED", "SUCCESS"), true, true },
	/* the newer form decides */
	{ NEW("TERMINATED", "RUN_EXECUTION_ERROR") "," OLD("INTERNAL_ERROR", "SUCCESS"), true,
	  false },
	{ "\"status\":{\"state\":\"TERMINATED\",\"termination_details\":{}},"
	  OLD("TERMINATED", "SUCCESS"), true, true },
};

static void states_are_judged(void)
{
	for (size_t i = 0; i < countof(states); i++) {
		struct jobs_run run = { 0 };
		struct str text = STR_INIT;
		str_addf(&text, "{\"run_id\":8799999999999999999,%s}", states[i].state);
		CHECK(read_run(str_text(&text), &run));
		CHECK_STR(run.run_id, "8799999999999999999");
		CHECK_INT(run.state.ended, states[i].ended);
		CHECK_INT(run.state.ok, states[i].ok);
		jobs_run_free(&run);
		str_free(&text);
	}
	struct jobs_run run = { 0 };
	CHECK(!read_run("{\"run_id\":1}", &run));
	CHECK(!read_run("{\"state\":{}}", &run));
	CHECK(!read_run("[]", &run));
	jobs_run_free(&run);
}

static void only_tasks_that_failed_themselves_have_failed(void)
{
	struct jobs_run run = { 0 };
	CHECK(read_run("{\"run_id\":1,\"state\":{},\"tasks\":["
		"{\"task_key\":\"a\",\"run_id\":2," OLD("TERMINATED", "FAILED") "},"
		"{\"task_key\":\"b\",\"run_id\":3," OLD("TERMINATED", "UPSTREAM_FAILED") "},"
		"{\"task_key\":\"c\",\"run_id\":4," OLD("RUNNING", "") "},{}]}", &run));
	CHECK_INT(run.ntasks, 4);
	CHECK(jobs_task_failed(&run.tasks[0]));
	CHECK_STR(run.tasks[0].state.result, "FAILED");
	for (size_t i = 1; i < run.ntasks; i++)
		CHECK(!jobs_task_failed(&run.tasks[i]));
	char *text = jobs_state_text(&run.tasks[0].state);
	CHECK_STR(text, "TERMINATED FAILED");
	free(text);
	jobs_run_free(&run);
}

/* The first answer to run-now gets lost; then the run goes through its states, over two pages. */
static const char *life(int n, const char *request)
{
	if (strstr(request, "POST /api/2.2/jobs/run-now "))
		return n == 0 ? NULL : PEER_JSON "{\"run_id\":7000000000000000001,"
			"\"number_in_job\":1}";
	if (strstr(request, "/runs/get-output?run_id=7000000000000000002 "))
		return PEER_JSON "{\"error\":\"it broke\",\"error_trace\":\"at line 1\","
			"\"notebook_output\":{\"result\":\"r\"}}";
	if (strstr(request, "page_token=p2 "))
		return PEER_JSON "{\"run_id\":7000000000000000001," OLD("TERMINATED", "FAILED") ","
			"\"tasks\":[{\"task_key\":\"b\",\"run_id\":7000000000000000002,"
			OLD("TERMINATED", "FAILED") "}]}";
	if (n < 4)
		return PEER_JSON "{\"run_id\":7000000000000000001," OLD("PENDING", "") "}";
	return PEER_JSON "{\"run_id\":7000000000000000001,\"run_page_url\":\"http://h/run/7\","
		"\"next_page_token\":\"p2\"," OLD("TERMINATED", "FAILED") ","
		"\"tasks\":[{\"task_key\":\"a\",\"run_id\":3," OLD("TERMINATED", "SUCCESS") "}]}";
}

static bool watch(void *ctx, const struct jobs_run *run, struct err *err UNUSED)
{
	struct str *seen = ctx;
	char *text = jobs_state_text(&run->state);
	str_addf(seen, "[%s]", text);
	free(text);
	return true;
}

static void a_run_is_followed_to_its_end(void)
{
	struct str seen = STR_INIT;
	struct jobs_wait wait = { .first_ms = 1, .last_ms = 2, .watch = watch, .ctx = &seen };
	struct jobs_run run = { 0 };
	struct jobs_output output = { 0 };
	struct err err = { 0 };
	struct peer peer;
	peer_start(&peer, life);
	struct dbx *dbx = dbx_to(&peer);
	char *id = jobs_run_now(dbx, "12", "token-1", &err);
	CHECK_STR(id, "7000000000000000001");
	CHECK(strstr(peer_seen(&peer), "{\"job_id\":12,"
		"\"idempotency_token\":\"token-1\"}") != NULL);
	CHECK_INT(peer_count(&peer), 2);
	CHECK(jobs_wait_for(dbx, id, &wait, &run, &err));
	CHECK_STR(str_text(&seen), "[PENDING][TERMINATED FAILED]");
	CHECK_INT(run.ntasks, 2);
	CHECK_STR(run.url, "");
	CHECK_STR(run.tasks[1].key, "b");
	CHECK(jobs_get_output(dbx, run.tasks[1].run_id, &output, &err));
	CHECK_STR(output.error, "it broke");
	CHECK_STR(output.trace, "at line 1");
	CHECK_STR(output.logs, "");
	jobs_output_free(&output);
	CHECK(!jobs_run_now(dbx, "12}", "token-1", &err));
	CHECK_INT(err.code, ERR_DATA);
	free(id);
	jobs_run_free(&run);
	str_free(&seen);
	dbx_free(dbx);
	peer_stop(&peer);
}

static const char *endless(int n, const char *request)
{
	(void)n;
	if (strstr(request, "run-now"))
		return PEER_STATUS("403", "",
			"{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}");
	return PEER_JSON "{\"run_id\":1,\"state\":{\"life_cycle_state\":\"A_NEW_STATE\"}}";
}

static void waiting_has_an_end_and_refusals_are_final(void)
{
	struct jobs_wait wait = { .first_ms = 1, .last_ms = 2, .limit_ms = 30 };
	struct jobs_run run = { 0 };
	struct err err = { 0 };
	struct peer peer;
	peer_start(&peer, endless);
	struct dbx *dbx = dbx_to(&peer);
	CHECK(!jobs_run_now(dbx, "12", "t", &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK_INT(peer_count(&peer), 1);
	CHECK(!jobs_wait_for(dbx, "1", &wait, &run, &err));
	CHECK_INT(err.code, ERR_TEMP);
	CHECK(strstr(err.text, "still A_NEW_STATE") != NULL);
	jobs_run_free(&run);
	dbx_free(dbx);
	peer_stop(&peer);
}

int main(void)
{
	log_setup("jobs", LOG_ERROR);
	RUN(states_are_judged);
	RUN(only_tasks_that_failed_themselves_have_failed);
	RUN(a_run_is_followed_to_its_end);
	RUN(waiting_has_an_end_and_refusals_are_final);
	return check_done();
}
