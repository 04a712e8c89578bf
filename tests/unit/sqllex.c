#include "check.h"
#include "mem.h"
#include "sqllex.h"
#include "str.h"

static struct arena arena;

/* The tokens as "kind:text" joined by spaces; kinds are single letters. */
static const char *tokens(const char *sql, unsigned options)
{
	static const char letters[] = "EWQSNOPTC_?";
	static struct str out = STR_INIT;
	struct sqllex lex;
	sqllex_scan(&lex, &arena, sql, strlen(sql), options);
	str_reset(&out);
	for (size_t i = 0; i < lex.n; i++)
		str_addf(&out, "%s%c:%s", i ? " " : "", letters[lex.tok[i].kind],
			 sqllex_text(&lex, i, &arena));
	char *copy = arena_strdup(&arena, str_text(&out));
	str_free(&out);
	return copy;
}

static const char *value(const char *sql, unsigned options)
{
	struct sqllex lex;
	sqllex_scan(&lex, &arena, sql, strlen(sql), options);
	return sqllex_value(&lex, 0, &arena);
}

static void names_and_operators(void)
{
	CHECK_STR(tokens("select `a``b`.c, x<=>y", 0),
		"W:select Q:`a``b` O:. W:c O:, W:x O:<=> W:y");
	CHECK_STR(tokens("a==b!=c<>d::int||e->f", 0),
		  "W:a O:== W:b O:!= W:c O:<> W:d O::: W:int O:|| W:e O:-> W:f");
	CHECK_STR(tokens("f(n => 1)?::date", 0), "W:f O:( W:n O:=> N:1 O:) O:?:: W:date");
	CHECK_STR(tokens("\"a\" [b]", 0), "S:\"a\" O:[ W:b O:]");
	CHECK_STR(tokens("\"a\" [b]", SQLLEX_DOUBLE_IDENT | SQLLEX_BRACKETS), "Q:\"a\" Q:[b]");
	CHECK_STR(tokens("größe\xc2\xa0x", 0), "W:größe W:x");
	CHECK_STR(tokens("a # b", 0), "W:a ?:# W:b");
}

static void numbers(void)
{
	CHECK_STR(tokens("1 1.5 .5 1e10 1.5E-3 2. 3L 4BD 1.5f", 0),
		  "N:1 N:1.5 N:.5 N:1e10 N:1.5E-3 N:2. N:3L N:4BD N:1.5f");
	CHECK_STR(tokens("2024_sales t.1 1e", 0), "W:2024_sales W:t O:. N:1 W:1e");
}

static void strings(void)
{
	CHECK_STR(value("'it''s'", 0), "it's");
	CHECK_STR(value("'a\\'b\\n\\\\'", 0), "a'b\n\\");
	CHECK_STR(value("'\\u00e9\\101'", 0), "éA");
	CHECK_STR(value("'50\\%'", 0), "50\\%");
	CHECK_STR(value("r'a\\n'", 0), "a\\n");
	CHECK_STR(value("\"say \"\"hi\"\"\"", 0), "say \"hi\"");
	CHECK_STR(value("'a\\'", SQLLEX_PLAIN_STRINGS), "a\\");
	CHECK_STR(value("`a``b`", 0), "a`b");
	CHECK_STR(value("$$it's; $1$$", 0), "it's; $1");
	CHECK_STR(value("$q$ $$ $q$", 0), " $$ ");
	CHECK_STR(tokens("'a' 'b';'c;'", 0), "S:'a' S:'b' O:; S:'c;'");
}

static void parameters(void)
{
	CHECK_STR(tokens("x = :day and y = ? and ${catalog}.t", 0),
		  "W:x O:= P::day W:and W:y O:= P:? W:and T:${catalog} O:. W:t");
	CHECK_STR(tokens("raw:owner.name, a[0]:b", 0),
		  "W:raw O:: W:owner O:. W:name O:, W:a O:[ N:0 O:] O:: W:b");
	CHECK_STR(value(":day", 0), "day");
	CHECK_STR(value("${gold schema}", 0), "gold schema");
}

static void comments(void)
{
	CHECK_STR(tokens("a -- b\nc /* d /* e */ f */ g", 0), "W:a W:c W:g");
	CHECK_STR(tokens("a--b\nc", SQLLEX_COMMENTS | SQLLEX_SPACE), "W:a C:--b _:\n W:c");
	CHECK_STR(tokens("'-- no' /* 'x' */ b", 0), "S:'-- no' W:b");
}

static void broken_ends_are_marked(void)
{
	static const char *const texts[] = { "'abc", "`abc", "\"abc", "/* abc", "$$abc", "'a\\",
		"r'" };
	struct sqllex lex;
	for (size_t i = 0; i < countof(texts); i++) {
		sqllex_scan(&lex, &arena, texts[i], strlen(texts[i]), SQLLEX_COMMENTS);
		CHECK_INT(lex.n, 1);
		CHECK(lex.tok[0].flags & SQLTOK_UNTERMINATED);
		CHECK(sqllex_value(&lex, 0, &arena) != NULL);
	}
	CHECK_STR(value("'abc", 0), "abc");
}

static void questions_beyond_the_end_say_no(void)
{
	struct sqllex lex;
	sqllex_scan(&lex, &arena, "x", 1, 0);
	CHECK(sqllex_is(&lex, 0, "X"));
	CHECK(!sqllex_is(&lex, 5, "x"));
	CHECK(!sqllex_op(&lex, 1, ""));
	CHECK(!sqllex_name(&lex, 1));
	CHECK_STR(sqllex_text(&lex, 9, &arena), "");
	CHECK_INT(lex.tok[lex.n].kind, SQLTOK_END);
}

static void every_byte_is_covered(void)
{
	char text[512];
	struct sqllex lex;
	size_t at = 0;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 131 + i / 7);
	sqllex_scan(&lex, &arena, text, sizeof(text), SQLLEX_SPACE | SQLLEX_COMMENTS);
	for (size_t i = 0; i < lex.n; i++) {
		CHECK_INT(lex.tok[i].at, at);
		CHECK(lex.tok[i].n > 0);
		at += lex.tok[i].n;
	}
	CHECK_INT(at, sizeof(text));
}

static void places_are_lines_and_columns(void)
{
	struct sqllex lex;
	size_t line, column;
	sqllex_scan(&lex, &arena, "a\nbb c", 6, 0);
	sqllex_place(&lex, lex.tok[2].at, &line, &column);
	CHECK_INT(line, 2);
	CHECK_INT(column, 4);
}

int main(void)
{
	RUN(names_and_operators);
	RUN(numbers);
	RUN(strings);
	RUN(parameters);
	RUN(comments);
	RUN(broken_ends_are_marked);
	RUN(questions_beyond_the_end_say_no);
	RUN(every_byte_is_covered);
	RUN(places_are_lines_and_columns);
	arena_free(&arena);
	return check_done();
}
