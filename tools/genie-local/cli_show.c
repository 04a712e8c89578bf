/* What validate, summary and plan print. */
#include "cli.h"

#include "json.h"
#include "jsonw.h"
#include "mem.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ORG "7312345678901234"

/* The configuration without what is only ours. */
static struct json *shown_config(const struct cli *cli)
{
	struct json *config = json_dup(cli->config);
	struct json *kind = json_first(json_get(config, "resources"));
	for (; kind; kind = json_next(kind))
		for (struct json *item = json_first(kind); item; item = json_next(item))
			json_remove(item, "__file");
	return config;
}

static void print_head(const struct cli *cli)
{
	const struct json *bundle = json_get(cli->config, "bundle");
	const char *user = json_str_or(json_dig(cli->config, "workspace.current_user"), "userName",
		"");
	if (!bundle)
		return;
	printf("Name: %s\nTarget: %s\n", json_str_or(bundle, "name", ""),
		json_str_or(bundle, "target", ""));
	printf("Workspace:\n  Host: %s\n  User: %s\n  Path: %s\n\n", cli_workspace(cli, "host"),
		user,
		cli_workspace(cli, "root_path"));
}

void cli_show_validate(const struct cli *cli)
{
	if (cli->json) {
		struct json *config = cli->config ? shown_config(cli) : json_new_object();
		jsonw_document(stdout, config);
		json_free(config);
		return;
	}
	print_head(cli);
	if (cli->errors)
		printf("Found %zu error%s\n", cli->errors, cli->errors == 1 ? "" : "s");
	else
		puts("Validation OK!");
}

/* ---- summary --------------------------------------------------------------------------------- */

static void add_deployed(const struct cli *cli, const char *kind, struct json *item)
{
	char *name = xasprintf("%s.%s", kind, json_key(item)), *url;
	const char *id = json_str_or(json_get(json_get(cli->state, "resources"), name), "id", NULL);
	free(name);
	if (!id) {
		json_set_str(item, "modified_status", "created");
		return;
	}
	url = streq(kind, "jobs") ?
		xasprintf("%s/jobs/%s?o=" ORG, cli_workspace(cli, "host"), id) :
		xasprintf("%s/genie/rooms/%s?o=" ORG, cli_workspace(cli, "host"), id);
	json_set_str(item, "id", id);
	json_set_str(item, "url", url);
	free(url);
}

static void print_resources(const struct json *resources)
{
	puts("Resources:");
	for (const struct json *kind = json_first(resources); kind; kind = json_next(kind)) {
		printf("  %s:\n", streq(json_key(kind), "jobs") ? "Jobs" : "Genie Spaces");
		for (const struct json *item = json_first(kind); item; item = json_next(item))
			printf("    %s:\n      Name: %s\n      URL:  %s\n", json_key(item),
				json_str_or(item, "name", json_str_or(item, "title", "")),
				json_str_or(item, "url", "(not deployed)"));
	}
}

bool cli_show_summary(struct cli *cli)
{
	struct json *config, *kind;
	if (!cli_state_load(cli))
		return false;
	config = shown_config(cli);
	for (kind = json_first(json_get(config, "resources")); kind; kind = json_next(kind))
		for (struct json *item = json_first(kind); item; item = json_next(item))
			add_deployed(cli, json_key(kind), item);
	if (cli->json) {
		jsonw_document(stdout, config);
	} else {
		print_head(cli);
		print_resources(json_get(config, "resources"));
	}
	json_free(config);
	return true;
}

/* ---- plan --------------------------------------------------------------------------- */

static void print_plan(const struct cli_plan *plan)
{
	size_t counts[4] = { 0, 0, 0, 0 };
	for (size_t i = 0; i < plan->n; i++) {
		const struct cli_step *step = &plan->v[i];
		counts[step->action]++;
		if (step->action != CLI_SKIP)
			printf("%s %s.%s\n", cli_action_text(step->action), step->kind, step->key);
	}
	printf("%sPlan: %zu to add, %zu to change, %zu to delete, %zu unchanged\n",
		counts[CLI_SKIP] == plan->n ? "" : "\n", counts[CLI_CREATE], counts[CLI_UPDATE],
		counts[CLI_DELETE], counts[CLI_SKIP]);
}

static void print_plan_json(const struct cli_plan *plan)
{
	struct json *document = json_new_object(), *steps;
	json_set_int(document, "plan_version", 2);
	json_set_str(document, "cli_version", tool_version());
	steps = json_set(document, "plan", json_new_object());
	for (size_t i = 0; i < plan->n; i++) {
		char *name = xasprintf("resources.%s.%s", plan->v[i].kind, plan->v[i].key);
		struct json *step = json_set(steps, name, json_new_object());
		json_set_str(step, "action", cli_action_text(plan->v[i].action));
		if (plan->v[i].id)
			json_set_str(step, "id", plan->v[i].id);
		free(name);
	}
	jsonw_document(stdout, document);
	json_free(document);
}

bool cli_show_plan(struct cli *cli)
{
	struct cli_plan plan = { NULL, 0, 0 };
	bool ok = cli_state_load(cli) && cli_plan_make(cli, &plan);
	if (ok && cli->json)
		print_plan_json(&plan);
	else if (ok)
		print_plan(&plan);
	cli_plan_free(&plan);
	return ok;
}
