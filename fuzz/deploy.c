/* Messages, runs of jobs, exports: any bytes are survived; a mended export is in order. */
#include "diagnose.h"
#include "jobs.h"
#include "json.h"
#include "mem.h"
#include "spacefix.h"
#include "str.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = xstrndup((const char *)data, n);
	struct diagnosis diagnosis;
	struct jobs_run run = { 0 };
	struct spacefix_changes changes = { 0 }, again = { 0 };
	struct spacefix_limit limit = { 2, "functions", true };
	struct str export = STR_INIT;
	struct err err = { 0 };
	diagnose(text, &diagnosis);
	diagnosis_free(&diagnosis);
	struct json *json = json_parse(text, strlen(text), &err);
	if (json && jobs_run_read(&run, json, &err) && run.ntasks)
		jobs_task_failed(&run.tasks[0]);
	str_add(&export, text);
	if (spacefix_ids(&export, "export", NULL, &changes, &err) &&
	    spacefix_sort(&export, "export", NULL, &changes, &err) &&
	    spacefix_limit(&export, "export", &limit, &changes, &err) &&
	    (!spacefix_sort(&export, "export", NULL, &again, &err) || again.n))
		abort();
	spacefix_changes_free(&changes);
	spacefix_changes_free(&again);
	str_free(&export);
	jobs_run_free(&run);
	json_free(json);
	free(text);
	return 0;
}
