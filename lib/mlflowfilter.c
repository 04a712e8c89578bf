#include "mlflowfilter.h"

#include "str.h"

#include <ctype.h>
#include <string.h>

enum token_type { T_END, T_NAME, T_STRING, T_NUMBER, T_OP, T_OPEN, T_CLOSE, T_COMMA, T_ODD };

struct token {
	enum token_type type;
	const char *at;
	size_t n;
};

struct reader {
	const char *at;
	struct token token; /* the next one */
	const struct mlflow_grammar *grammar;
	struct arena *arena;
	struct err *err;
};

static const struct { const char *name; enum mlflow_entity entity; } entity_names[] = {
	{ "attribute", MLFLOW_ATTRIBUTE }, { "attributes", MLFLOW_ATTRIBUTE },
	{ "attr", MLFLOW_ATTRIBUTE }, { "run", MLFLOW_ATTRIBUTE }, { "trace", MLFLOW_ATTRIBUTE },
	{ "metric", MLFLOW_METRIC }, { "metrics", MLFLOW_METRIC },
	{ "parameter", MLFLOW_PARAM }, { "parameters", MLFLOW_PARAM }, { "param", MLFLOW_PARAM },
	{ "params", MLFLOW_PARAM }, { "tag", MLFLOW_TAG }, { "tags", MLFLOW_TAG },
	{ "dataset", MLFLOW_DATASET }, { "datasets", MLFLOW_DATASET },
	{ "metadata", MLFLOW_METADATA }, { "request_metadata", MLFLOW_METADATA },
	{ "feedback", MLFLOW_FEEDBACK }, { "expectation", MLFLOW_EXPECTATION },
};
static const char *const shown_entities[MLFLOW_ENTITIES] = { "attribute", "metric", "parameter",
	"tag", "dataset", "metadata", "feedback", "expectation" };

static const struct { const char *text; enum mlflow_op op; } ops[] = {
	{ "=", MLFLOW_EQ }, { "!=", MLFLOW_NE }, { "<=", MLFLOW_LE }, { ">=", MLFLOW_GE },
	{ "<", MLFLOW_LT }, { ">", MLFLOW_GT }, { "LIKE", MLFLOW_LIKE }, { "ILIKE", MLFLOW_ILIKE },
	{ "RLIKE", MLFLOW_RLIKE }, { "IN", MLFLOW_IN }, { "NOT IN", MLFLOW_NOT_IN },
	{ "IS NULL", MLFLOW_NULL }, { "IS NOT NULL", MLFLOW_NOT_NULL },
};

const char *mlflow_op_text(enum mlflow_op op)
{
	for (size_t i = 0; i < countof(ops); i++)
		if (ops[i].op == op)
			return ops[i].text;
	return "";
}

/* ---- tokens ------------------------------------------------------------------- */

/* The end of a quoted piece that begins at s; NULL when it does not end. */
static const char *quoted_end(const char *s)
{
	char quote = *s++;
	while (*s) {
		if (*s == quote && s[1] != quote)
			return s + 1;
		s += *s == quote ? 2 : 1;
	}
	return NULL;
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80);
}

/* entity.key, where each part may be quoted by back-ticks or double quotes. */
static const char *name_end(const char *s)
{
	for (;;) {
		if (*s == '`' || *s == '"') {
			s = quoted_end(s);
			if (!s)
				return NULL;
		} else {
			while (name_char(*s))
				s++;
		}
		if (*s != '.' || !(name_char(s[1]) || s[1] == '`' || s[1] == '"'))
			return s;
		s++;
	}
}

static const char *number_end(const char *s)
{
	if (*s == '-' || *s == '+')
		s++;
	while (isdigit((unsigned char)*s))
		s++;
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s);)
			s++;
	if ((*s == 'e' || *s == 'E') && (isdigit((unsigned char)s[1]) ||
		((s[1] == '-' || s[1] == '+') && isdigit((unsigned char)s[2]))))
		for (s += 2; isdigit((unsigned char)*s);)
			s++;
	return s;
}

static bool starts_number(const char *s)
{
	if (*s == '-' || *s == '+')
		s++;
	return isdigit((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1]));
}

static enum token_type token_type(const char *s, const char **end)
{
	*end = s + 1;
	if (!*s) {
		*end = s;
		return T_END;
	}
	if (*s == '(' || *s == ')' || *s == ',')
		return *s == '(' ? T_OPEN : *s == ')' ? T_CLOSE : T_COMMA;
	if (strchr("=<>!", *s)) {
		if ((*s != '=' && s[1] == '=') || (*s == '<' && s[1] == '>'))
			*end = s + 2;
		return T_OP;
	}
	if (starts_number(s)) {
		*end = number_end(s);
		return T_NUMBER;
	}
	if (*s == '\'')
		*end = quoted_end(s);
	else if (name_char(*s) || *s == '`' || *s == '"')
		*end = name_end(s);
	else
		return T_ODD;
	if (*end)
		return *s == '\'' ? T_STRING : T_NAME;
	*end = s + strlen(s);
	return T_ODD;
}

static void next(struct reader *reader)
{
	const char *end;
	while (isspace((unsigned char)*reader->at))
		reader->at++;
	reader->token.at = reader->at;
	reader->token.type = token_type(reader->at, &end);
	reader->token.n = (size_t)(end - reader->at);
	reader->at = end;
}

static bool is_word(const struct reader *reader, const char *word)
{
	return reader->token.type == T_NAME && reader->token.n == strlen(word) &&
		strnieq(reader->token.at, word, reader->token.n);
}

static bool bad_clause(struct reader *reader)
{
	return err_set(reader->err, ERR_DATA, "Invalid clause(s) in filter string: '%.*s'",
		(int)(reader->token.n > 200 ? 200 : reader->token.n), reader->token.at);
}

/* ---- left side ------------------------------------------------------------------ */

static const char *unquote(struct arena *arena, const char *s, size_t n)
{
	char *out = arena_alloc(arena, n + 1);
	size_t k = 0;
	if (n < 2 || !strchr("'`\"", *s) || s[n - 1] != *s)
		return arena_strndup(arena, s, n);
	for (size_t i = 1; i + 1 < n; i++) {
		out[k++] = s[i];
		if (s[i] == *s && i + 2 < n && s[i + 1] == *s)
			i++;
	}
	return out;
}

static bool find_entity(struct reader *reader, const char *name, enum mlflow_entity *entity)
{
	struct str known = STR_INIT;
	for (size_t i = 0; i < countof(entity_names); i++) {
		*entity = entity_names[i].entity;
		if (streq(entity_names[i].name, name) && (*entity == MLFLOW_ATTRIBUTE ||
			(reader->grammar->entities & 1u << *entity)))
			return true;
	}
	for (unsigned e = 0; e < MLFLOW_ENTITIES; e++)
		if (e == MLFLOW_ATTRIBUTE || (reader->grammar->entities & 1u << e))
			str_addf(&known, "%s'%s'", known.n ? ", " : "", shown_entities[e]);
	err_set(reader->err, ERR_DATA, "Invalid entity type '%.100s'. Valid values are [%s]", name,
		str_text(&known));
	str_free(&known);
	return false;
}

static bool find_attribute(struct reader *reader, const char *key,
	const struct mlflow_attribute **out)
{
	struct str known = STR_INIT;
	for (*out = reader->grammar->attributes; (*out)->name; (*out)++)
		if (streq((*out)->name, key))
			return true;
	for (*out = reader->grammar->attributes; (*out)->name; (*out)++)
		str_addf(&known, "%s'%s'", known.n ? ", " : "", (*out)->name);
	err_set(reader->err, ERR_DATA, "Invalid attribute key '%.100s' specified. "
		"Valid keys are '{%s}'", key, str_text(&known));
	str_free(&known);
	return false;
}

/* The first dot outside of quotes divides entity and key. */
static size_t entity_length(const struct token *token)
{
	const char *dot;
	if (*token->at == '`' || *token->at == '"')
		return 0;
	dot = memchr(token->at, '.', token->n);
	return dot ? (size_t)(dot - token->at) : 0;
}

static bool read_name(struct reader *reader, struct mlflow_order *name)
{
	const struct token *token = &reader->token;
	size_t n = entity_length(token);
	name->entity = MLFLOW_ATTRIBUTE;
	if (n && !find_entity(reader, arena_strndup(reader->arena, token->at, n), &name->entity))
		return false;
	n = n ? n + 1 : 0;
	name->key = unquote(reader->arena, token->at + n, token->n - n);
	name->attribute = NULL;
	if (name->entity == MLFLOW_ATTRIBUTE &&
		!find_attribute(reader, name->key, &name->attribute))
		return false;
	if (name->entity == MLFLOW_DATASET && !streq(name->key, "name") &&
		!streq(name->key, "digest") && !streq(name->key, "context"))
		return err_set(reader->err, ERR_DATA, "Invalid dataset key '%.100s' specified. "
			"Valid keys are '{'name', 'digest', 'context'}'", name->key);
	next(reader);
	return true;
}

/* ---- comparator and right side ---------------------------------------------------- */

static bool find_op(const char *text, size_t n, enum mlflow_op *op)
{
	for (size_t i = 0; i < countof(ops); i++)
		if (strlen(ops[i].text) == n && strnieq(ops[i].text, text, n)) {
			*op = ops[i].op;
			return true;
		}
	if (n != 2 || memcmp(text, "<>", 2) != 0)
		return false;
	*op = MLFLOW_NE;
	return true;
}

static bool read_null(struct reader *reader, struct mlflow_clause *clause)
{
	next(reader);
	clause->op = MLFLOW_NULL;
	if (is_word(reader, "NOT")) {
		clause->op = MLFLOW_NOT_NULL;
		next(reader);
	}
	if (!is_word(reader, "NULL"))
		return bad_clause(reader);
	next(reader);
	if (clause->entity == MLFLOW_TAG || clause->entity == MLFLOW_PARAM ||
		clause->entity >= MLFLOW_METADATA)
		return true;
	return err_set(reader->err, ERR_DATA, "IS NULL / IS NOT NULL is only supported for tags "
		"and "
		"params, not for '%s' '%.100s'", shown_entities[clause->entity], clause->key);
}

static bool read_op(struct reader *reader, struct mlflow_clause *clause)
{
	if (is_word(reader, "NOT")) {
		next(reader);
		if (!is_word(reader, "IN"))
			return bad_clause(reader);
		clause->op = MLFLOW_NOT_IN;
	} else if (reader->token.type == T_END) {
		return err_set(reader->err, ERR_DATA,
			"Invalid clause(s) in filter string: '%.100s'", clause->key);
	} else if (!find_op(reader->token.at, reader->token.n, &clause->op) ||
		(reader->token.type != T_OP && reader->token.type != T_NAME)) {
		return err_set(reader->err, ERR_DATA,
			"Invalid comparison clause. Expected comparison found '%.*s'",
			(int)(reader->token.n > 100 ? 100 : reader->token.n), reader->token.at);
	}
	next(reader);
	return true;
}

/* Which comparators an entity knows. */
static bool check_op(struct reader *reader, const struct mlflow_clause *clause)
{
	bool order = clause->op <= MLFLOW_GE && clause->op >= MLFLOW_LT;
	bool numeric = clause->entity == MLFLOW_METRIC ||
		(clause->attribute && clause->attribute->numeric);
	bool ok = numeric ? clause->op <= MLFLOW_GE :
		clause->entity >= MLFLOW_FEEDBACK ? clause->op != MLFLOW_IN : !order;
	if (ok)
		return true;
	return err_set(reader->err, ERR_DATA, "Invalid comparator '%s' not one of '%s'",
		mlflow_op_text(clause->op), numeric ? "{'>', '>=', '!=', '=', '<', '<='}" :
		"{'!=', '=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'}");
}

static bool bad_value(struct reader *reader, const struct mlflow_clause *clause)
{
	int n = (int)(reader->token.n > 200 ? 200 : reader->token.n);
	const char *at = reader->token.at;
	if (reader->token.type == T_END)
		return err_set(reader->err, ERR_DATA,
			"Invalid comparison clause. Expected 3 tokens found 2");
	if (clause->entity == MLFLOW_METRIC)
		return err_set(reader->err, ERR_DATA,
			"Expected numeric value type for metric. Found %.*s", n, at);
	if (clause->attribute && clause->attribute->numeric)
		return err_set(reader->err, ERR_DATA,
			"Expected numeric value type for numeric attribute: %.100s. Found %.*s",
			clause->key, n, at);
	if (clause->entity == MLFLOW_ATTRIBUTE)
		return err_set(reader->err, ERR_DATA,
			"Expected a quoted string value for attributes. Got value %.*s", n, at);
	return err_set(reader->err, ERR_DATA,
		"Expected a quoted string value for %s (e.g. 'my-value'). Got value %.*s",
		shown_entities[clause->entity], n, at);
}

/* 'text', or "text", as sqlparse takes a quoted name for one. */
static bool is_string(const struct token *token)
{
	return token->type == T_STRING || (token->type == T_NAME && *token->at == '"' &&
		token->at[token->n - 1] == '"');
}

static bool read_value(struct reader *reader, struct mlflow_clause *clause, const char **out)
{
	const struct token *token = &reader->token;
	bool numeric = clause->entity == MLFLOW_METRIC ||
		(clause->attribute && clause->attribute->numeric);
	if (numeric ? token->type != T_NUMBER : !is_string(token))
		return bad_value(reader, clause);
	clause->numeric = numeric;
	*out = numeric ? arena_strndup(reader->arena, token->at, token->n) :
		unquote(reader->arena, token->at, token->n);
	next(reader);
	return true;
}

static bool read_list(struct reader *reader, struct mlflow_clause *clause)
{
	const char *values[MLFLOW_MAX_VALUES];
	if (reader->token.type != T_OPEN)
		return bad_value(reader, clause);
	do {
		next(reader);
		if (clause->nvalues == MLFLOW_MAX_VALUES)
			return err_set(reader->err, ERR_DATA, "Invalid list: more than %d values",
				MLFLOW_MAX_VALUES);
		if (!read_value(reader, clause, &values[clause->nvalues]))
			return false;
		clause->nvalues++;
	} while (reader->token.type == T_COMMA);
	if (reader->token.type != T_CLOSE)
		return bad_clause(reader);
	next(reader);
	clause->values = arena_alloc(reader->arena, clause->nvalues * sizeof(*values));
	memcpy(clause->values, values, clause->nvalues * sizeof(*values));
	return true;
}

static bool read_clause(struct reader *reader, struct mlflow_clause *clause)
{
	struct mlflow_order name;
	if (reader->token.type != T_NAME)
		return bad_clause(reader);
	if (!read_name(reader, &name))
		return false;
	clause->entity = name.entity;
	clause->key = name.key;
	clause->attribute = name.attribute;
	if (is_word(reader, "IS"))
		return read_null(reader, clause);
	if (!read_op(reader, clause) || !check_op(reader, clause))
		return false;
	if (clause->op == MLFLOW_IN || clause->op == MLFLOW_NOT_IN)
		return read_list(reader, clause);
	clause->nvalues = 1;
	clause->values = arena_alloc(reader->arena, sizeof(*clause->values));
	return read_value(reader, clause, &clause->values[0]);
}

bool mlflow_filter_parse(struct mlflow_filter *filter, const char *text,
	const struct mlflow_grammar *grammar, struct arena *arena, struct err *err)
{
	struct reader reader = { .at = text ? text : "", .grammar = grammar, .arena = arena,
		.err = err };
	filter->n = 0;
	next(&reader);
	while (reader.token.type != T_END) {
		if (filter->n == MLFLOW_MAX_CLAUSES)
			return err_set(err, ERR_DATA, "Invalid filter: more than %d clauses",
				MLFLOW_MAX_CLAUSES);
		filter->clauses[filter->n] = (struct mlflow_clause){ .key = NULL };
		if (!read_clause(&reader, &filter->clauses[filter->n++]))
			return false;
		if (reader.token.type == T_END)
			break;
		if (!is_word(&reader, "AND"))
			return bad_clause(&reader);
		next(&reader);
		if (reader.token.type == T_END)
			return err_set(err, ERR_DATA, "Invalid clause(s) in filter string: 'AND'");
	}
	return true;
}

bool mlflow_order_parse(struct mlflow_order *order, const char *text,
	const struct mlflow_grammar *grammar, struct arena *arena, struct err *err)
{
	struct reader reader = { .at = text, .grammar = grammar, .arena = arena, .err = err };
	next(&reader);
	order->descending = false;
	if (reader.token.type == T_NAME) {
		if (!read_name(&reader, order))
			return false;
		if (is_word(&reader, "ASC") || is_word(&reader, "DESC")) {
			order->descending = is_word(&reader, "DESC");
			next(&reader);
		}
		if (reader.token.type == T_END)
			return true;
	}
	return err_set(err, ERR_DATA, "Invalid order_by clause '%.200s'. Could not be parsed.",
		text);
}
