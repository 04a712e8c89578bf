/* mlflow, mlflowrun, mlflowbatch, mlflowexperiment: where a server is, what is sent, and what
 * happens when it does not answer as it should */
#include "mlflow.h"
#include "mlflowrun.h"

#include "json.h"
#include "str.h"

#include "check.h"
#include "peer.h"

static struct mlflow *open_to(const struct peer *peer)
{
	struct mlflow_options o = { .uri = peer->url, .token = "tok-hush" };
	struct err err = { 0 };

	return mlflow_open(&o, &err);
}

static void check_uri(const char *text, const char *want)
{
	struct mlflow_uri uri;
	struct err err = { 0 };
	char got[1200];

	if (mlflow_read_uri(text, &uri, &err))
		snprintf(got, sizeof(got), "%s %s", uri.databricks ? "databricks" : "server",
			uri.profile ? uri.profile : "-");
	else
		snprintf(got, sizeof(got), "%d %s", err.code, strstr(err.text, want) ? want :
		err.text);
	CHECK_STR(got + (err.code ? 2 : 0), want);
}

static void a_tracking_uri_says_where(void)
{
	check_uri("databricks", "databricks -");
	check_uri("databricks://", "databricks -");
	check_uri("databricks://prod", "databricks prod");
	check_uri("databricks://scope:prefix", "notebooks only");
	check_uri("http://127.0.0.1:5000/ml", "server -");
	check_uri("HTTPS://ml.example.com", "server -");
	check_uri("file:/tmp/mlruns", "file is no tracking server");
	check_uri("sqlite:///mlflow.db", "sqlite is no tracking server");
	check_uri("./mlruns", ". is no tracking server");
}

static void a_server_address_holds_no_credential(void)
{
	struct mlflow_options o = { .uri = "http://me:secret@127.0.0.1:5000" };
	struct err err = { 0 };

	CHECK(!mlflow_open(&o, &err));
	CHECK_INT(err.code, ERR_USAGE);
	CHECK(strstr(err.text, "secret") == NULL);
}

static const char *empty(int n, const char *request)
{
	(void)request;
	return n == 0 ? PEER_JSON "" : n == 1 ? PEER_JSON "OK" : n == 2 ? PEER_JSON "[1]" :
		n == 3 ? PEER_STATUS("200", "Content-Type: text/html\r\n", "<html>login</html>") :
		n == 4 ? PEER_STATUS("302", "Location: https://evil.example/\r\n", "") :
		PEER_STATUS("404", "Content-Type: text/html\r\n", "<html>Not Found</html>");
}

static void answers_that_are_no_json_are_survived(void)
{
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };
	struct json *body;

	peer_start(&peer, empty);
	mlflow = open_to(&peer);
	for (int i = 0; i < 2; i++) {
		body = mlflow_get(mlflow, "/x", &err);
		CHECK(json_is(body, JSON_OBJECT) && json_len(body) == 0);
		json_free(body);
	}
	CHECK(!mlflow_get(mlflow, "/x", &err));
	CHECK(strstr(err.text, "no JSON object") != NULL);
	CHECK(!mlflow_get(mlflow, "/x", &err));
	CHECK(strstr(err.text, "a web page came") != NULL);
	CHECK(!mlflow_get(mlflow, "/x", &err)); /* a redirect takes no token with it */
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK(!mlflow_get(mlflow, "/x", &err));
	CHECK(strstr(err.text, "may be too old") != NULL);
	CHECK(strstr(peer_seen(&peer), "Authorization: Bearer tok-hush") != NULL);
	CHECK_INT(mlflow_calls(mlflow), 6);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static void basic_wins_over_the_token_and_the_prefix_is_kept(void)
{
	struct peer peer;
	struct mlflow_options o = { .token = "tok-hush", .username = "ann", .password = "pw" };
	struct err err = { 0 };
	struct mlflow *mlflow;
	char uri[96];

	peer_start(&peer, empty);
	snprintf(uri, sizeof(uri), "%s/ml/", peer.url);
	o.uri = uri;
	mlflow = mlflow_open(&o, &err);
	json_free(mlflow_get(mlflow, "/api/x?a=1", &err));
	CHECK(strstr(peer_seen(&peer), "GET /ml/api/x?a=1 ") != NULL);
	CHECK(strstr(peer_seen(&peer), "Authorization: Basic YW5uOnB3") != NULL);
	CHECK(strstr(peer_seen(&peer), "hush") == NULL);
	mlflow_free(mlflow);
	o = (struct mlflow_options){ .uri = peer.url };
	mlflow = mlflow_open(&o, &err);
	json_free(mlflow_get(mlflow, "/open", &err));
	CHECK(strstr(strstr(peer_seen(&peer), "GET /open"), "Authorization") == NULL);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

/* ---- what is sent ---- */

static void values_are_texts_and_numbers_of_the_right_kind(void)
{
	struct mlflow_batch b = { 0 };
	struct mlflow_metric m = { .key = "score/mean", .value = 0.5, .at_ms = 1795188410796,
		.step = 2, .model_id = "m-1", .dataset_name = "bench", .dataset_digest = "abcd" };
	struct str text = STR_INIT;
	struct json *body;

	mlflow_batch_param(&b, "iteration", "5");
	mlflow_batch_tag(&b, "t", "true");
	mlflow_batch_metric(&b, &m);
	m = (struct mlflow_metric){ .key = "n", .value = NAN };
	mlflow_batch_metric(&b, &m);
	m.value = -INFINITY;
	mlflow_batch_metric(&b, &m);
	body = mlflow_batch_body(&b, "r1", 0);
	json_print(body, &text);
	CHECK_STR(str_text(&text),
		"{\"run_id\":\"r1\",\"params\":[{\"key\":\"iteration\",\"value\":"
		"\"5\"}],\"tags\":[{\"key\":\"t\",\"value\":\"true\"}],\"metrics\":[{\"key\":"
		"\"score/mean\",\"value\":0.5,\"timestamp\":1795188410796,\"step\":2,\"model_id\":"
		"\"m-1\",\"dataset_name\":\"bench\",\"dataset_digest\":\"abcd\"},{\"key\":\"n\","
		"\"value\":"
		"\"NaN\",\"timestamp\":0,\"step\":0},{\"key\":\"n\",\"value\":\"-Infinity\","
		"\"timestamp\":0,\"step\":0}]}");
	CHECK(mlflow_batch_body(&b, "r1", 1) == NULL);
	json_free(body);
	str_free(&text);
	mlflow_batch_free(&b);
}

static size_t count(const struct mlflow_batch *b, const char *member, size_t *calls, size_t *most)
{
	struct json *body;
	size_t all = 0;

	*most = 0;
	for (*calls = 0; (body = mlflow_batch_body(b, "r", *calls)); (*calls)++) {
		struct str text = STR_INIT;
		size_t n = json_len(json_get(body, member));

		json_print(body, &text);
		CHECK(text.n <= MLFLOW_BATCH_BYTES);
		all += n;
		*most = n > *most ? n : *most;
		str_free(&text);
		json_free(body);
	}
	return all;
}

static void a_batch_keeps_to_the_limits_of_a_request(void)
{
	struct mlflow_batch b = { 0 };
	size_t calls, most;
	char key[32], value[4001];

	for (int i = 0; i < 2500; i++) {
		struct mlflow_metric m = { .key = "k", .value = i };

		mlflow_batch_metric(&b, &m);
	}
	for (int i = 0; i < 250; i++) {
		snprintf(key, sizeof(key), "p%d", i);
		mlflow_batch_param(&b, key, "v");
	}
	CHECK_INT(count(&b, "metrics", &calls, &most), 2500);
	CHECK(most <= 1000);
	CHECK_INT(count(&b, "params", &calls, &most), 250);
	CHECK_INT(most, 100);
	mlflow_batch_free(&b);
	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof(key), "t%d", i);
		mlflow_batch_tag(&b, key, value);
	}
	CHECK_INT(count(&b, "tags", &calls, &most), 400);
	CHECK_INT(most, 100);
	CHECK_INT(calls, 4);
	mlflow_batch_free(&b);
}

static void check_refused(const char *key, const char *value, const char *want)
{
	struct mlflow_batch b = { 0 };
	struct err err = { 0 };

	mlflow_batch_param(&b, key, value);
	CHECK(mlflow_batch_check(&b, &err) == (want == NULL));
	if (want && !strstr(err.text, want))
		CHECK_STR(err.text, want);
	CHECK_INT(err.code, want ? ERR_DATA : 0);
	mlflow_batch_free(&b);
}

static void what_servers_would_cut_or_drop_is_refused(void)
{
	char text[MLFLOW_MAX_PARAM + 2];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	check_refused("long", text, "param long: 501 bytes, at most 500");
	text[sizeof(text) - 2] = '\0';
	check_refused("long", text, NULL);
	check_refused("", "v", "not a name");
	check_refused("/a", "v", "not a name");
	check_refused("a/../b", "v", "not a name");
	check_refused("a//b", "v", "not a name");
	check_refused("a;b", "v", "not a name");
	check_refused("Kosten \xc3\xbc/mean.x-1:2_", "v", NULL);
	struct mlflow_batch b = { 0 };
	struct err err = { 0 };
	mlflow_batch_param(&b, "twice", "1");
	mlflow_batch_param(&b, "twice", "2");
	CHECK(!mlflow_batch_check(&b, &err));
	CHECK(strstr(err.text, "param twice: there twice") != NULL);
	mlflow_batch_free(&b);
}

/* ---- guards ---- */

#define RUN_1 "{\"info\":{\"run_id\":\"r1\",\"experiment_id\":\"1\",\"run_name\":\"n\"," \
	"\"artifact_uri\":\"mlflow-artifacts:/1/r1/artifacts\",\"status\":\"RUNNING\"}}"

/* The first create is carried out but its answer gets lost. */
static const char *losing_the_answer(int n, const char *request)
{
	if (strstr(request, "/runs/create"))
		return NULL;
	return n == 0 ? PEER_JSON "{}" : PEER_JSON "{\"runs\":[" RUN_1 "]}";
}

static void a_run_whose_create_got_no_answer_is_found_and_not_made_twice(void)
{
	struct peer peer;
	struct mlflow *mlflow;
	struct mlflow_run run = { 0 };
	struct mlflow_new_run new_run = { .experiment = "1", .name = "n", .uuid = "u'1" };
	struct err err = { 0 };

	peer_start(&peer, losing_the_answer);
	mlflow = open_to(&peer);
	CHECK(mlflow_run_open(mlflow, &new_run, &run, &err));
	CHECK_STR(run.id, "r1");
	CHECK(run.found);
	CHECK_INT(peer_count(&peer), 3);
	CHECK(strstr(peer_seen(&peer), "tags.`genie.uuid` = 'u''1'") != NULL);
	CHECK(strstr(peer_seen(&peer), "{\"key\":\"genie.uuid\",\"value\":\"u'1\"}") != NULL);
	mlflow_run_free(&run);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

/* What was never begun is not looked for, but a create whose answer is lost is. */
static void a_fresh_run_is_made_at_once(void)
{
	struct peer peer;
	struct mlflow *mlflow;
	struct mlflow_run run = { 0 };
	struct mlflow_new_run new_run = { .experiment = "1", .name = "n", .uuid = "u1",
		.fresh = true };
	struct err err = { 0 };

	peer_start(&peer, losing_the_answer);
	mlflow = open_to(&peer);
	CHECK(mlflow_run_open(mlflow, &new_run, &run, &err));
	CHECK(run.found);
	CHECK_INT(peer_count(&peer), 2);
	mlflow_run_free(&run);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static const char *dropping_values(int n, const char *request)
{
	(void)n;
	(void)request;
	return PEER_JSON "{\"run\":{\"info\":{\"run_id\":\"r1\"},\"data\":{"
		"\"params\":[{\"key\":\"p\",\"value\":\"\"}],"
		"\"metrics\":[{\"key\":\"m\",\"value\":0.0},{\"key\":\"inf\",\"value\":"
		"1.7976931348623157e308},{\"key\":\"nan\",\"value\":\"NaN\"}]}}}";
}

static void a_value_that_reads_back_differently_is_an_error(void)
{
	struct peer peer;
	struct mlflow *mlflow;
	struct mlflow_batch b = { 0 };
	struct mlflow_metric m = { .key = "inf", .value = INFINITY };
	struct err err = { 0 };

	peer_start(&peer, dropping_values);
	mlflow = open_to(&peer);
	mlflow_batch_metric(&b, &m);
	m = (struct mlflow_metric){ .key = "nan", .value = NAN };
	mlflow_batch_metric(&b, &m);
	CHECK(mlflow_run_verify(mlflow, "r1", &b, &err));
	m = (struct mlflow_metric){ .key = "m", .value = 0.25 };
	mlflow_batch_metric(&b, &m);
	CHECK(!mlflow_run_verify(mlflow, "r1", &b, &err));
	CHECK_INT(err.code, ERR_UNAVAILABLE);
	CHECK_STR(err.text, "run r1: metric m was sent as 0.25 and reads back as 0.0");
	mlflow_batch_free(&b);
	mlflow_batch_param(&b, "p", "x");
	CHECK(!mlflow_run_verify(mlflow, "r1", &b, &err));
	CHECK_STR(err.text, "run r1: param p was sent as \"x\" and reads back as \"\"");
	mlflow_batch_free(&b);
	mlflow_batch_tag(&b, "t", "x");
	CHECK(!mlflow_run_verify(mlflow, "r1", &b, &err));
	CHECK_STR(err.text, "run r1: tag t was sent as \"x\" and is not there");
	mlflow_batch_free(&b);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static const char *unique(int n, const char *request)
{
	(void)request;
	return n ? PEER_STATUS("400", "",
		"{\"error_code\":\"BAD_REQUEST\",\"message\":\"other\"}") :
		PEER_STATUS("400", "", "{\"error_code\":\"BAD_REQUEST\",\"message\":"
		"\"(sqlite3.IntegrityError) UNIQUE constraint failed: inputs.x\"}");
}

static void an_output_that_is_there_is_success(void)
{
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };

	peer_start(&peer, unique);
	mlflow = open_to(&peer);
	CHECK(mlflow_run_output(mlflow, "r1", "m-1", 0, &err));
	CHECK(!mlflow_run_output(mlflow, "r1", "m-1", 0, &err));
	mlflow_free(mlflow);
	peer_stop(&peer);
}

/* Somebody else makes the experiment between our look and our create. */
static const char *raced(int n, const char *request)
{
	if (strstr(request, "/create"))
		return PEER_STATUS("400", "", "{\"error_code\":\"RESOURCE_ALREADY_EXISTS\"}");
	return n == 0 ? PEER_STATUS("404", "", "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}") :
		n == 2 ? PEER_JSON "{\"experiment\":{\"experiment_id\":\"7\",\"name\":\"x\"}}" :
		PEER_JSON "{\"experiment\":{\"experiment_id\":\"7\",\"name\":\"x\","
		"\"lifecycle_stage\":\"deleted\"}}";
}

static void a_race_for_an_experiment_has_one_winner_and_a_deleted_one_is_refused(void)
{
	struct peer peer;
	struct mlflow *mlflow;
	struct mlflow_experiment e = { 0 };
	struct err err = { 0 };

	peer_start(&peer, raced);
	mlflow = open_to(&peer);
	CHECK(mlflow_experiment_open(mlflow, "x", false, &e, &err));
	CHECK_STR(e.id, "7");
	CHECK(!e.created);
	CHECK_INT(peer_count(&peer), 3);
	mlflow_experiment_free(&e);
	CHECK(!mlflow_experiment_open(mlflow, "x", false, &e, &err));
	CHECK(strstr(err.text, "is deleted") != NULL);
	mlflow_experiment_free(&e);
	CHECK(mlflow_experiment_open(mlflow, "x", true, &e, &err));
	CHECK(e.restored);
	CHECK(strstr(peer_seen(&peer), "experiments/restore") != NULL);
	mlflow_experiment_free(&e);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

static const char *busy(int n, const char *request)
{
	(void)n;
	(void)request;
	return PEER_STATUS("500", "", "{\"error_code\":\"INTERNAL_ERROR\"}");
}

static void only_what_may_be_sent_twice_is(void)
{
	struct peer peer;
	struct mlflow *mlflow;
	struct err err = { 0 };
	struct json *body = json_new_object();
	struct mlflow_request once = { .method = "POST", .path = "/x", .body = body };
	struct dbx_reply reply;

	peer_start(&peer, busy);
	mlflow = open_to(&peer);
	CHECK(!mlflow_fetch(mlflow, &once, &reply, &err));
	CHECK_INT(err.code, ERR_TEMP);
	CHECK_INT(peer_count(&peer), 1);
	dbx_reply_free(&reply);
	CHECK(!mlflow_post(mlflow, "/x", body, &err));
	CHECK_INT(peer_count(&peer), 4);
	json_free(body);
	mlflow_free(mlflow);
	peer_stop(&peer);
}

int main(void)
{
	RUN(a_tracking_uri_says_where);
	RUN(a_server_address_holds_no_credential);
	RUN(answers_that_are_no_json_are_survived);
	RUN(basic_wins_over_the_token_and_the_prefix_is_kept);
	RUN(values_are_texts_and_numbers_of_the_right_kind);
	RUN(a_batch_keeps_to_the_limits_of_a_request);
	RUN(what_servers_would_cut_or_drop_is_refused);
	RUN(a_run_whose_create_got_no_answer_is_found_and_not_made_twice);
	RUN(a_fresh_run_is_made_at_once);
	RUN(a_value_that_reads_back_differently_is_an_error);
	RUN(an_output_that_is_there_is_success);
	RUN(a_race_for_an_experiment_has_one_winner_and_a_deleted_one_is_refused);
	RUN(only_what_may_be_sent_twice_is);
	return check_done();
}
