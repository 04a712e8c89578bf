#include "vars.h"

#include "check.h"

static const char *back(struct vars *vars, struct str *out, const char *text, const char *like)
{
	str_reset(out);
	vars_template(vars, text, like, out);
	return str_text(out);
}

static void names_become_variables_where_they_were(void)
{
	struct vars vars = { .bundle = NULL };
	struct strlist given = { 0 };
	struct err err = { 0 };
	struct str out = STR_INIT;
	strlist_add(&given, "catalog=main");
	strlist_add(&given, "gold_schema=gold");
	CHECK(vars_open(&vars, &given, NULL, NULL, &err) && vars_any(&vars));
	CHECK_STR(back(&vars, &out, "SELECT 1 FROM main.gold.t JOIN `Main`.`gold`.u", "${catalog}.x"),
		  "SELECT 1 FROM ${catalog}.${gold_schema}.t JOIN ${catalog}.${gold_schema}.u");
	CHECK_STR(back(&vars, &out, "main.gold.t", "${var.catalog}"), "${var.catalog}.${var.gold_schema}.t");
	CHECK_STR(back(&vars, &out, "main.gold.t", "SELECT 1"), "main.gold.t");
	CHECK_STR(back(&vars, &out, "domain.gold.t a.main.gold.t main.golden.t main.gold", "${catalog}"),
		  "domain.gold.t a.main.gold.t main.golden.t main.gold");
	strlist_free(&given);
	vars_free(&vars);
	str_free(&out);
}

static void the_last_value_wins_and_others_are_unknown(void)
{
	struct vars vars = { .bundle = NULL };
	struct strlist given = { 0 };
	struct err err = { 0 };
	strlist_add(&given, "x=1");
	strlist_add(&given, "x=2");
	CHECK(vars_open(&vars, &given, NULL, NULL, &err));
	CHECK_STR(vars_find(&vars, "x"), "2");
	CHECK(!vars_find(&vars, "xy") && !vars_find(&vars, ""));
	strlist_add(&given, "novalue");
	vars_free(&vars);
	CHECK(!vars_open(&vars, &given, NULL, NULL, &err) && err.code == ERR_USAGE);
	strlist_free(&given);
	vars_free(&vars);
}

int main(void)
{
	RUN(names_become_variables_where_they_were);
	RUN(the_last_value_wins_and_others_are_unknown);
	return check_done();
}
