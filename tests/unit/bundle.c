#include "bundle.h"
#include "check.h"
#include "io.h"
#include "json.h"
#include "mem.h"
#include "str.h"
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/genie-bundle-XXXXXX";
static struct err err;

static void put(const char *path, const char *text)
{
	char *full = io_join(dir, path), *folder = io_dirname(full);

	CHECK(io_mkdirs(folder, &err));
	CHECK(io_write_file(full, text, strlen(text), &err));
	free(full);
	free(folder);
}

static const char root_yaml[] =
	"bundle: {name: shop}\n"
	"include: [resources/*.yml]\n"
	"variables:\n"
	"  catalog: {default: main}\n"
	"  gold_schema: {default: \"${var.catalog}_gold\"}\n"
	"  warehouse_id: {default: 0a1b}\n"
	"workspace: {host: https://h, root_path: \"/w/${bundle.target}\"}\n"
	"targets:\n"
	"  dev: {default: true}\n"
	"  prod: {variables: {gold_schema: gold_prod}, workspace: {profile: p}}\n";

static void make_bundle(void)
{
	put("databricks.yml", root_yaml);
	put("resources/space.yml", "resources:\n  genie_spaces:\n    shop:\n      title: Shop\n"
		"      warehouse_id: ${var.warehouse_id}\n      file_path: ../src/genie/shop.json\n");
	put("resources/deep/ignored.yml", "resources: {jobs: {never: {}}}\n");
	put("gold_layer_design/yaml/sales/orders.yaml", "# c\ntable_name: orders\ncolumns: []\n");
	put("gold_layer_design/yaml/dim.yaml", "table_name: Dim\ndomain: shared\n");
	put("src/semantic/metric_views/mv_sales.yaml", "version: 1.1\n");
	put("src/semantic/tvfs/f.sql", "-- CREATE FUNCTION not_this()\n"
		"CREATE OR REPLACE FUNCTION ${catalog}.${gold_schema}.first(a INT) RETURNS INT\n"
		"RETURN 'CREATE FUNCTION nor_this';\n\ncreate function `second`() RETURNS INT RETURN 1;\n");
	put("src/monitoring/m.yaml", "monitors:\n  - table: orders\n    profile_table: orders_pm\n");
	put("src/monitoring/m.py", "X = 1\nPROFILE_TABLE = \"orders_pm\"\n");
	put("src/genie/other_genie_export.json", "{}");
	put("src/genie/shop.json", "{\"v\": \"${catalog}\"}");
}

static struct bundle *open_target(const char *target, const char *const *overrides, size_t n)
{
	struct bundle_options options = { .target = target, .overrides = overrides,
		.noverrides = n };

	err_clear(&err);
	return bundle_open(dir, &options, &err);
}

static void test_config_only(void)
{
	struct bundle_options options = { .config_only = true };
	struct strlist files = { NULL, 0, 0 };
	struct bundle *bundle;

	err_clear(&err);
	CHECK(bundle_config_files(dir, &files, &err));
	CHECK_INT(files.n, 2);
	CHECK_STR(files.v[0], "databricks.yml");
	CHECK_STR(files.v[1], "resources/space.yml");
	strlist_free(&files);
	bundle = bundle_open(dir, &options, &err);
	CHECK_INT(bundle_count(bundle), 0);
	CHECK(json_dig(bundle_resources(bundle), "genie_spaces.shop") != NULL);
	CHECK_STR(bundle_relative(bundle, "resources/space.yml", "../src/./genie/shop.json"),
		"src/genie/shop.json");
	CHECK(!bundle_relative(bundle, "resources/space.yml", "../../up.json"));
	bundle_free(bundle);
	CHECK(!bundle_config_files("/nonexistent", &files, &err));
}

static void test_variables(void)
{
	static const char *const overrides[] = { "gold_schema=mine", "extra=1" };
	static const char text[] = "${catalog}.${var.gold_schema} ${resources.x.id} $${";
	struct bundle *bundle = open_target(NULL, NULL, 0);
	struct str out = STR_INIT;

	CHECK_STR(bundle_target(bundle), "dev");
	CHECK_STR(bundle_name(bundle), "shop");
	CHECK(bundle_resolve(bundle, text, strlen(text), "t", &out, &err));
	CHECK_STR(str_text(&out), "main.main_gold ${resources.x.id} $${");
	CHECK(!bundle_resolve(bundle, "a\n${nope}", 9, "t.sql", &out, &err));
	CHECK_STR(err.text, "t.sql:2: variable \"nope\" is not defined");
	CHECK_STR(json_str_or(bundle_workspace(bundle), "root_path", ""), "/w/dev");
	bundle_free(bundle);
	bundle = open_target("prod", NULL, 0);
	CHECK_STR(bundle_schema(bundle), "gold_prod");
	CHECK_STR(json_str_or(bundle_workspace(bundle), "profile", ""), "p");
	CHECK_STR(json_str_or(bundle_workspace(bundle), "host", ""), "https://h");
	bundle_free(bundle);
	bundle = open_target("prod", overrides, 2);
	CHECK_STR(bundle_schema(bundle), "mine");
	CHECK_STR(bundle_var(bundle, "extra"), "1");
	bundle_free(bundle);
	CHECK(open_target("nope", NULL, 0) == NULL);
	CHECK_INT(err.code, ERR_DATA);
	str_free(&out);
}

static void check_object(const struct bundle *bundle, enum bundle_kind kind, const char *name,
	const char *path, size_t line)
{
	const struct bundle_object *object = bundle_find(bundle, kind, name);

	CHECK(object != NULL);
	if (!object)
		return;
	CHECK_STR(object->path, path);
	CHECK_INT(object->line, line);
}

static void test_objects(void)
{
	struct bundle *bundle = open_target(NULL, NULL, 0);
	const struct bundle_object *object;
	size_t i;

	check_object(bundle, BUNDLE_TABLE, "main.main_gold.ORDERS",
		"gold_layer_design/yaml/sales/orders.yaml", 2);
	check_object(bundle, BUNDLE_TABLE, "`main`.`main_gold`.`dim`",
		"gold_layer_design/yaml/dim.yaml", 1);
	check_object(bundle, BUNDLE_METRIC_VIEW, "mv_sales",
		"src/semantic/metric_views/mv_sales.yaml", 1);
	check_object(bundle, BUNDLE_FUNCTION, "main_gold.first", "src/semantic/tvfs/f.sql", 2);
	check_object(bundle, BUNDLE_FUNCTION, "second", "src/semantic/tvfs/f.sql", 5);
	check_object(bundle, BUNDLE_MONITOR, "orders_pm", "src/monitoring/m.yaml", 2);
	CHECK(bundle_find(bundle, BUNDLE_TABLE, "other.main_gold.orders") == NULL);
	CHECK(bundle_find(bundle, BUNDLE_TABLE, "ders") == NULL);
	CHECK_STR(bundle_find(bundle, BUNDLE_TABLE, "orders")->domain, "sales");
	CHECK_STR(bundle_find(bundle, BUNDLE_TABLE, "dim")->domain, "shared");
	i = bundle_in_file(bundle, "src/semantic/tvfs/f.sql", 0);
	CHECK_STR(bundle_at(bundle, i)->name, "first");
	CHECK_INT(bundle_in_file(bundle, "src/semantic/tvfs/f.sql", i + 1), i + 1);
	CHECK_INT(bundle_in_file(bundle, "no/such", 0), bundle_count(bundle));
	object = bundle_find(bundle, BUNDLE_FUNCTION, "first");
	CHECK_STR(object->full_name, "main.main_gold.first");
	bundle_free(bundle);
}

static void test_spaces(void)
{
	struct bundle *bundle = open_target(NULL, NULL, 0);
	const struct bundle_space *space = bundle_space_at(bundle, 0);
	struct str out = STR_INIT;

	CHECK_INT(bundle_space_count(bundle), 2);
	CHECK_STR(space->space_id, "shop");
	CHECK_STR(space->warehouse_id, "0a1b");
	CHECK_STR(space->path, "src/genie/shop.json");
	CHECK(bundle_read(bundle, space->path, &out, &err));
	CHECK_STR(str_text(&out), "{\"v\": \"main\"}");
	CHECK_STR(bundle_space_at(bundle, 1)->key, "other");
	CHECK(json_get(bundle_resources(bundle), "jobs") == NULL);
	bundle_free(bundle);
	str_free(&out);
}

static void test_template(void)
{
	struct bundle *bundle = open_target(NULL, NULL, 0);
	struct str out = STR_INIT;

	bundle_template(bundle, "FROM main.main_gold.t, `main`.`main_gold`.`t`, xmain.main_gold.t",
		"FROM ${catalog}.${gold_schema}.t", &out);
	CHECK_STR(str_text(&out), "FROM ${catalog}.${gold_schema}.t, `${catalog}`.`${gold_schema}`.`t`, "
		"xmain.main_gold.t");
	str_reset(&out);
	bundle_template(bundle, "main.main_gold.t", "no variables", &out);
	CHECK_STR(str_text(&out), "main.main_gold.t");
	str_free(&out);
	bundle_free(bundle);
}

/* The text of the error that opening gives after one file is changed. */
static void check_refused(const char *path, const char *bad, const char *want)
{
	struct bundle *bundle;

	put(path, bad);
	bundle = open_target(NULL, NULL, 0);
	CHECK(bundle == NULL);
	CHECK_INT(err.code, ERR_DATA);
	if (!strstr(err.text, want))
		CHECK_STR(err.text, want);
	bundle_free(bundle);
}

static void test_bad_bundles(void)
{
	check_refused("gold_layer_design/yaml/sales/orders.yaml", "a: [\n", "sales/orders.yaml:2");
	check_refused("gold_layer_design/yaml/sales/orders.yaml", "columns: []\n", "$.table_name");
	put("gold_layer_design/yaml/sales/orders.yaml", "table_name: orders\n");
	check_refused("resources/space.yml",
		"resources: {genie_spaces: {s: {file_path: ../../up.json}}}\n", "outside of the bundle");
	check_refused("resources/space.yml", "resources: {genie_spaces: {s: {title: x}}}\n",
		"needs either file_path or serialized_space");
	put("resources/space.yml", "resources: {}\n");
	check_refused("databricks.yml", "variables: {a: {default: \"${b}\"}, b: {default: \"${a}\"}}\n"
		"workspace: {host: \"${a}\"}\n", "refers to itself");
	check_refused("databricks.yml", "targets: {a: {}, b: {}}\n", "none of them has default");
	check_refused("databricks.yml", "targets: {a: {variables: {q: 1}}}\n", "not defined");
	check_refused("bundle.yml", "{}\n", "both databricks.yml and bundle.yml");
}

static void remove_all(void)
{
	struct strlist paths = {0};

	CHECK(io_walk(dir, NULL, &paths, &err));
	for (size_t i = 0; i < paths.n; i++)
		unlink(paths.v[i]);
	for (size_t round = 0; round < 8; round++)
		for (size_t i = 0; i < paths.n; i++) {
			char *folder = io_dirname(paths.v[i]);

			if (strncmp(folder, dir, strlen(dir)) == 0) /* never above it */
				rmdir(folder);
			free(paths.v[i]);
			paths.v[i] = folder;
		}
	strlist_free(&paths);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 74;
	make_bundle();
	RUN(test_variables);
	RUN(test_config_only);
	RUN(test_objects);
	RUN(test_spaces);
	RUN(test_template);
	RUN(test_bad_bundles);
	remove_all();
	return check_done();
}
