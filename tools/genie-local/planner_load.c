/* Builds the model from configuration and catalog metadata. */
#include "planner_model.h"

#include "json.h"
#include "mem.h"
#include "str.h"

#include <stdio.h>
#include <string.h>

#define W_NAME 1.0
#define W_DISPLAY 0.9
#define W_FIELD_RULE 1.2
#define W_FIELD_NAME 0.7
#define W_SNIPPET 0.35
#define W_VALUE 0.6
#define W_TAG 0.4
#define BIAS_PREFERRED 0.8
#define BIAS_DEPRECATED (-2.5)
#define MAX_VALUES 200

#define EACH(m, array) \
	for (const struct json *m = json_first(array); m; m = json_next(m))

static enum field_type type_of(const char *type)
{
	if (starts_withi(type, "date") || starts_withi(type, "timestamp"))
		return TYPE_DATE;
	if (starts_withi(type, "bool"))
		return TYPE_BOOL;
	if (starts_withi(type, "string") || starts_withi(type, "varchar") ||
		starts_withi(type, "char"))
		return TYPE_TEXT;
	if (stristr(type, "int") || starts_withi(type, "long") || starts_withi(type, "double") ||
	    starts_withi(type, "float") || starts_withi(type, "dec") || starts_withi(type, "num") ||
	    starts_withi(type, "short"))
		return TYPE_NUMBER;
	return TYPE_OTHER;
}

static bool is_key_name(const struct words *words)
{
	return words->n && word_in(words->v[words->n - 1].lower, " id key sk pk fk guid uuid ");
}

/* A year or month as a number groups; it is not summed. */
static bool is_unit_name(const struct words *words, enum field_type type)
{
	return type == TYPE_NUMBER && words->n &&
	       word_in(words->v[words->n - 1].lower, " year month quarter week day hour ");
}

/* Name words, and for "name" of table "author" also "author". */
static void name_field(struct model *model, struct field *field)
{
	struct words words;
	struct phrase *phrase;

	words_of_name(&words, field->name, model->arena);
	field->key |= is_key_name(&words) || is_unit_name(&words, field->type);
	phrase = arena_alloc(model->arena, sizeof *phrase);
	phrase->words = words;
	phrase->weight = W_NAME;
	phrase->next = field->phrases;
	field->phrases = phrase;
	for (size_t i = 0; i < words.n; i++)
		if (!word_is_function(words.v[i].lower))
			bag_add(&field->asset->words, model->arena, words.v[i].stem,
				field->kind == FIELD_PARAM ? 0.3 : W_FIELD_NAME);
	if (words.n == 1 && word_in(words.v[0].lower, " name title label ") &&
	    field->kind == FIELD_COLUMN && field->asset->kind == PLANNER_TABLE) {
		struct phrase *own = arena_alloc(model->arena, sizeof *own);

		words_of_name(&own->words, field->asset->name, model->arena);
		own->weight = 0.8;
		own->next = field->phrases;
		field->phrases = own;
	}
}

static const char *join_text(struct model *model, const char *a, const char *b)
{
	if (!b || !*b)
		return a ? a : "";
	return a && *a ? arena_printf(model->arena, "%s\n%s", a, b) : b;
}

static void synonyms(struct model *model, struct field *field, const struct json *list)
{
	EACH(m, list)
		if (json_text(m))
			field_add_phrase(model, field, json_text(m), W_DISPLAY);
}

/* ---- column configs of the space ---- */

static const struct json *find_by(const struct json *array, const char *key, const char *value)
{
	EACH(m, array)
		if (strieq(json_str_or(m, key, ""), value))
			return m;
	return NULL;
}

static void dictionary(struct model *model, struct field *field, const struct json *column,
		       const struct json *config)
{
	size_t n = 0;

	if (!json_bool_or(config, "enable_entity_matching", false) &&
	    !json_bool_or(config, "build_value_dictionary", false))
		return;
	field->values = model_list(model);
	field->dictionary = true;
	for (const struct json *m = json_first(json_get(column, "values")); m && n < MAX_VALUES;
	     m = json_next(m), n++)
		if (json_text(m)) {
			strlist_add(field->values, json_text(m));
			bag_add_text(&field->asset->words, model->arena, json_text(m), W_VALUE);
		}
}

static struct field *add_field(struct asset *asset, enum field_kind kind,
			       const struct json *column)
{
	struct field *field = kind == FIELD_PARAM ? &asset->params[asset->nparams++]
						  : &asset->fields[asset->nfields++];

	field->asset = asset;
	field->kind = kind;
	field->name = json_str_or(column, "name", "");
	field->type_name = json_str_or(column, "type", "");
	field->type = type_of(field->type_name);
	field->comment = "";
	return field;
}

/* The rest of a field, once its kind and type are known. */
static void finish_field(struct model *model, struct field *field, const struct json *column,
			 const struct json *config)
{
	const char *described = text_of(json_get(config, "description"), model->arena);

	dictionary(model, field, column, config);
	name_field(model, field);
	synonyms(model, field, json_get(config, "synonyms"));
	synonyms(model, field, json_get(column, "synonyms"));
	if (json_str_or(column, "display_name", NULL))
		field_add_phrase(model, field, json_str_or(column, "display_name", ""), W_DISPLAY);
	field->comment = join_text(model, json_str_or(column, "comment", ""), described);
	load_field_text(model, field, field->comment);
	EACH(m, json_get(column, "tags"))
		bag_add_text(&field->words, model->arena, json_text(m) ? json_text(m) : "", 1);
}

static size_t room(const struct json *a)
{
	size_t n = json_len(a);

	return n > MODEL_MAX_FIELDS ? MODEL_MAX_FIELDS : n;
}

/* Tables have columns; 64 more places are for measure and expression snippets. */
#define SNIPPET_ROOM 264

static void load_columns(struct model *model, struct asset *asset, const struct json *columns,
			 const struct json *source, const struct json *table)
{
	const struct json *configs = json_get(source, "column_configs");
	size_t n = room(columns);

	asset->fields = arena_alloc(model->arena, (n + SNIPPET_ROOM) * sizeof *asset->fields);
	for (const struct json *c = json_first(columns); c && asset->nfields < n;
		c = json_next(c)) {
		const struct json *config = find_by(configs, "column_name",
			json_str_or(c, "name", ""));
		struct field *field;

		if (json_bool_or(config, "exclude", false))
			continue;
		field = add_field(asset, FIELD_COLUMN, c);
		EACH(k, json_get(table, "primary_key"))
			if (strieq(json_text(k), field->name) && field->type != TYPE_DATE)
				field->key = true;
		finish_field(model, field, c, config);
	}
}

/* What the parts of one metric view are read from. */
struct view {
	struct model *model;
	struct asset *asset;
	const struct json *configs, *typed;
};

static void load_members(const struct view *view, const struct json *list, enum field_kind kind)
{
	struct asset *asset = view->asset;

	EACH(m, list) {
		const char *name = json_str_or(m, "name", "");
		const struct json *config = find_by(view->configs, "column_name", name);
		const struct json *column = find_by(view->typed, "name", name);
		struct field *field;

		if (json_bool_or(config, "exclude", false) || asset->nfields >= MODEL_MAX_FIELDS)
			continue;
		field = add_field(asset, kind, m);
		field->expr = json_str_or(m, "expr", "");
		field->type_name = json_str_or(column, "type", "");
		field->type = type_of(field->type_name);
		finish_field(view->model, field, m, config);
		if (field->dictionary && field->values->n == 0)
			dictionary(view->model, field, column, config);
	}
}

static void load_metric_view(struct model *model, struct asset *asset, const struct json *source,
			     const struct json *uc)
{
	const struct json *mv = find_by(json_get(uc, "metric_views"), "full_name",
		asset->full_name);
	const struct json *table = find_by(json_get(uc, "tables"), "full_name", asset->full_name);
	const struct json *def = json_get(mv, "definition");
	const struct json *dims = json_get(def, "dimensions");
	struct view view = { model, asset, json_get(source, "column_configs"),
			     json_get(table, "columns") };

	if (!dims)
		dims = json_get(def, "fields");
	asset->fields = arena_alloc(model->arena, (room(dims) + room(json_get(def, "measures")) +
						   SNIPPET_ROOM) * sizeof *asset->fields);
	load_members(&view, dims, FIELD_DIMENSION);
	load_members(&view, json_get(def, "measures"), FIELD_MEASURE);
	asset->comment = json_str_or(def, "comment", "");
}

static void load_function(struct model *model, struct asset *asset, const struct json *uc)
{
	const struct json *f = find_by(json_get(uc, "functions"), "full_name", asset->full_name);
	const struct json *params = json_get(f, "parameters");

	asset->params = arena_alloc(model->arena, (room(params) + 1) * sizeof *asset->params);
	for (const struct json *p = json_first(params); p && asset->nparams < room(params);
		p = json_next(p)) {
		struct field *field = add_field(asset, FIELD_PARAM, p);

		field->value = json_str_or(p, "default", NULL);
		finish_field(model, field, p, NULL);
	}
	load_columns(model, asset, json_get(f, "return_columns"), NULL, NULL);
	asset->comment = json_str_or(f, "comment", "");
}

static void load_tags(struct model *model, struct asset *asset, const struct json *tags)
{
	EACH(m, tags) {
		const char *name = json_key(m) ? json_key(m) : "";
		bool off = strieq(json_text(m), "false") || strieq(json_text(m), "no");

		if (strieq(name, "preferred_for_genie"))
			asset->bias += off ? 0 : BIAS_PREFERRED;
		else if (strieq(name, "deprecated_for_genie"))
			asset->bias += off ? 0 : BIAS_DEPRECATED;
		else if (json_text(m))
			bag_add_text(&asset->words, model->arena, json_text(m), W_TAG);
	}
}

static void load_table(struct model *model, struct asset *asset, const struct json *source,
		       const struct json *uc)
{
	const struct json *table = find_by(json_get(uc, "tables"), "full_name", asset->full_name);

	if (strieq(json_str_or(table, "table_type", ""), "METRIC_VIEW") ||
	    find_by(json_get(uc, "metric_views"), "full_name", asset->full_name))
		asset->kind = PLANNER_METRIC_VIEW;
	if (asset->kind == PLANNER_METRIC_VIEW)
		load_metric_view(model, asset, source, uc);
	else
		load_columns(model, asset, json_get(table, "columns"), source, table);
	asset->comment = join_text(model, json_str_or(table, "comment", ""),
	streq(asset->comment, json_str_or(table, "comment", "")) ? "" : asset->comment);
	load_tags(model, asset, json_get(table, "tags"));
}

static struct asset *add_asset(struct model *model, enum planner_asset kind,
	const struct json *source)
{
	const char *full = json_str_or(source, "identifier", "");
	const char *dot = strrchr(full, '.');
	struct asset *asset;
	struct words words;

	if (!*full || model->nassets >= MODEL_MAX_ASSETS || model_asset(model, full))
		return NULL;
	asset = &model->assets[model->nassets++];
	asset->kind = kind;
	asset->full_name = full;
	asset->name = dot ? dot + 1 : full;
	asset->comment = "";
	words_of_name(&words, asset->name, model->arena);
	asset->phrases = arena_alloc(model->arena, sizeof *asset->phrases);
	asset->phrases->words = words;
	asset->phrases->weight = W_NAME;
	for (size_t i = 0; i < words.n; i++)
		if (!word_is_function(words.v[i].lower))
			bag_add(&asset->words, model->arena, words.v[i].stem, W_NAME);
	return asset;
}

static void load_assets(struct model *model, const struct json *list, enum planner_asset kind,
			const struct json *uc)
{
	EACH(m, list) {
		struct asset *asset = add_asset(model, kind, m);

		if (!asset)
			continue;
		if (kind == PLANNER_FUNCTION)
			load_function(model, asset, uc);
		else
			load_table(model, asset, m, uc);
		asset->comment = join_text(model, asset->comment,
					   text_of(json_get(m, "description"), model->arena));
		load_asset_text(model, asset, asset->comment);
	}
}

/* ---- joins ---- */

static void add_link(struct model *model, const struct link *link)
{
	struct link *copy = arena_alloc(model->arena, sizeof *copy);

	*copy = *link;
	copy->next = model->links;
	model->links = copy;
}

static void load_foreign_key(struct model *model, struct asset *asset, const struct json *fk)
{
	const struct json *from = json_get(fk, "columns"), *to = json_get(fk, "ref_columns");
	struct link link = { .a = asset,
		.b = model_asset(model, json_str_or(fk, "references", "")) };

	if (!link.b || link.b == asset)
		return;
	for (; link.ncols < json_len(from) && link.ncols < LINK_MAX_COLUMNS; link.ncols++) {
		const char *a = json_text(json_at(from, link.ncols));
		const char *b = json_text(json_at(to, link.ncols));

		if (!a)
			return;
		link.a_cols[link.ncols] = a;
		link.b_cols[link.ncols] = b ? b : a;
	}
	if (link.ncols)
		add_link(model, &link);
}

/* One side of a join condition: "`alias`.`column`" at words[i]. */
static const char *side_column(const char **at, char *alias, size_t size, struct model *model)
{
	const char *p = *at + strspn(*at, " `(");
	size_t n = strcspn(p, ".` ="), k;
	const char *column;

	snprintf(alias, size, "%.*s", (int)n, p);
	p += n;
	p += strspn(p, "`.");
	k = strcspn(p, "` =\n)-");
	column = arena_strndup(model->arena, p, k);
	*at = p + k + strspn(p + k, "` )");
	return column;
}

static bool side_is(const struct json *side, const struct asset *asset, const char *alias)
{
	return strieq(json_str_or(side, "alias", ""), alias) || strieq(asset->name, alias);
}

static void load_join_spec(struct model *model, const struct json *spec)
{
	const struct json *left = json_get(spec, "left"), *right = json_get(spec, "right");
	struct link link = { .a = model_asset(model, json_str_or(left, "identifier", "")),
			     .b = model_asset(model, json_str_or(right, "identifier", "")) };
	const char *p = text_of(json_get(spec, "sql"), model->arena);
	char one[128], two[128];

	while (link.a && link.b && *p && !starts_with(p, "--") && link.ncols < LINK_MAX_COLUMNS) {
		const char *c1 = side_column(&p, one, sizeof one, model), *c2;

		if (*p != '=')
			break;
		p++;
		c2 = side_column(&p, two, sizeof two, model);
		if (side_is(left, link.a, one) && side_is(right, link.b, two)) {
			link.a_cols[link.ncols] = c1;
			link.b_cols[link.ncols++] = c2;
		} else if (side_is(left, link.a, two) && side_is(right, link.b, one)) {
			link.a_cols[link.ncols] = c2;
			link.b_cols[link.ncols++] = c1;
		} else {
			return;
		}
		p += strspn(p, " \n\t");
		p += starts_withi(p, "and ") ? 4 : 0;
		if (starts_with(p, "--") || !*p)
			break;
	}
	if (link.ncols)
		add_link(model, &link);
}

static void load_links(struct model *model, const struct json *config, const struct json *uc)
{
	EACH(t, json_get(uc, "tables")) {
		struct asset *asset = model_asset(model, json_str_or(t, "full_name", ""));

		if (asset && asset->kind == PLANNER_TABLE)
			EACH(fk, json_get(t, "foreign_keys"))
				load_foreign_key(model, asset, fk);
	}
	EACH(s, json_dig(config, "instructions.join_specs"))
		load_join_spec(model, s);
}

/* ---- snippets and examples ---- */

/* The asset whose name or columns the snippet's SQL uses. */
static struct asset *snippet_asset(struct model *model, const char *sql)
{
	struct asset *asset = model_asset_in(model, sql, NULL);

	for (size_t i = 0; !asset && i < model->nassets; i++)
		for (size_t f = 0; f < model->assets[i].nfields && !asset; f++) {
			const struct field *field = &model->assets[i].fields[f];

			if (!field->sql && model->assets[i].kind != PLANNER_FUNCTION &&
			    text_has_name(sql, field->name))
				asset = &model->assets[i];
		}
	return asset;
}

static void load_snippet(struct model *model, const struct json *s, enum field_kind kind)
{
	const char *sql = text_of(json_get(s, "sql"), model->arena);
	struct asset *asset = *sql ? snippet_asset(model, sql) : NULL;
	const char *alias = json_str_or(s, "alias", json_str_or(s, "display_name", ""));
	struct field *field;

	if (!asset || !*alias || asset->kind == PLANNER_FUNCTION ||
		asset->nfields >= MODEL_MAX_FIELDS)
		return;
	field = &asset->fields[asset->nfields++];
	field->asset = asset;
	field->kind = kind;
	field->type = kind == FIELD_MEASURE ? TYPE_NUMBER : TYPE_OTHER;
	field->type_name = "";
	field->name = alias;
	field->sql = sql;
	field->comment = join_text(model, text_of(json_get(s, "comment"), model->arena),
				   text_of(json_get(s, "instruction"), model->arena));
	name_field(model, field);
	field->key = false;
	field_add_phrase(model, field, json_str_or(s, "display_name", alias), W_DISPLAY);
	synonyms(model, field, json_get(s, "synonyms"));
	load_field_text(model, field, field->comment);
}

static struct rule *add_filter_rule(struct model *model, const char *phrase, const char *sql,
				    struct asset *asset)
{
	struct rule *rule = arena_alloc(model->arena, sizeof *rule);

	rule->kind = RULE_FILTER;
	words_plain(&rule->phrase, phrase, model->arena);
	rule->quoted = true;
	rule->sql = sql;
	rule->asset = asset;
	*model->rules_tail = rule;
	model->rules_tail = &rule->next;
	if (asset)
		bag_add_text(&asset->words, model->arena, phrase, W_SNIPPET);
	return rule;
}

static void load_filter(struct model *model, const struct json *s)
{
	const char *sql = text_of(json_get(s, "sql"), model->arena);
	struct asset *asset = *sql ? snippet_asset(model, sql) : NULL;

	if (!asset)
		return;
	add_filter_rule(model, json_str_or(s, "display_name", json_str_or(s, "alias", "")), sql,
		asset);
	EACH(m, json_get(s, "synonyms"))
		if (json_text(m))
			add_filter_rule(model, json_text(m), sql, asset);
	if (stristr(text_of(json_get(s, "instruction"), model->arena), "always") ||
	    stristr(text_of(json_get(s, "comment"), model->arena), "always"))
		add_filter_rule(model, "", sql, asset)->always = true;
}

static void load_examples(struct model *model, const struct json *list)
{
	struct example **tail = &model->examples;

	EACH(m, list) {
		struct example *example = arena_alloc(model->arena, sizeof *example);

		example->question = text_of(json_get(m, "question"), model->arena);
		example->sql = text_of(json_get(m, "sql"), model->arena);
		example->parameters = json_get(m, "parameters");
		words_split(&example->words, example->question, model->arena);
		if (!*example->sql)
			continue;
		*tail = example;
		tail = &example->next;
	}
}

/* "X means column": the column gets a name more. */
static void apply_field_rules(struct model *model)
{
	for (const struct rule *r = model->rules; r; r = r->next)
		for (size_t i = 0; r->kind == RULE_FIELD && i < model->nassets; i++) {
			struct field *field = asset_field(&model->assets[i], r->field);
			struct phrase *phrase;

			if (!field || !r->phrase.n)
				continue;
			phrase = arena_alloc(model->arena, sizeof *phrase);
			phrase->words = r->phrase;
			phrase->weight = W_FIELD_RULE;
			phrase->next = field->phrases;
			field->phrases = phrase;
			for (size_t k = 0; k < r->phrase.n; k++)
				if (!r->phrase.v[k].known)
					bag_add(&field->asset->words, model->arena,
						r->phrase.v[k].stem, W_DISPLAY);
		}
}

/* Comments may hold rules too; they may name any asset, so they come last. */
static void load_rules(struct model *model, const struct json *texts)
{
	EACH(t, texts)
		rules_read(model, text_of(json_get(t, "content"), model->arena), NULL);
	for (size_t i = 0; i < model->nassets; i++) {
		struct asset *asset = &model->assets[i];

		rules_read(model, asset->comment, asset);
		for (size_t f = 0; f < asset->nfields; f++)
			rules_read(model, asset->fields[f].comment, asset);
	}
	apply_field_rules(model);
}

void model_load(struct model *model, const struct json *config, const struct json *uc)
{
	const struct json *instructions = json_get(config, "instructions");
	const struct json *snippets = json_get(instructions, "sql_snippets");

	model->rules_tail = &model->rules;
	model->assets = arena_alloc(model->arena, MODEL_MAX_ASSETS * sizeof *model->assets);
	load_assets(model, json_dig(config, "data_sources.tables"), PLANNER_TABLE, uc);
	load_assets(model, json_dig(config, "data_sources.metric_views"), PLANNER_METRIC_VIEW, uc);
	load_assets(model, json_get(instructions, "sql_functions"), PLANNER_FUNCTION, uc);
	load_links(model, config, uc);
	EACH(s, json_get(snippets, "measures"))
		load_snippet(model, s, FIELD_MEASURE);
	EACH(s, json_get(snippets, "expressions"))
		load_snippet(model, s, FIELD_DIMENSION);
	EACH(s, json_get(snippets, "filters"))
		load_filter(model, s);
	load_examples(model, json_get(instructions, "example_question_sqls"));
	load_rules(model, json_get(instructions, "text_instructions"));
}
