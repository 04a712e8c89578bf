#include "paired.h"

#include "check.h"
#include "json.h"

static struct score *scored(const char *const *rows, size_t n)
{
	struct score *score = score_new();
	struct err err = { 0 };
	for (size_t i = 0; i < n; i++) {
		struct json *row = json_parse(rows[i], strlen(rows[i]), &err);
		CHECK(row && score_add(score, row, &err));
		json_free(row);
	}
	return score;
}

#define ROW(id, outcome) "{\"question_id\":\"" id "\",\"question\":\"x\",\"outcome\":\"" outcome "\"}"
#define P0(id, outcome)                                                                       \
	"{\"question_id\":\"" id "\",\"question\":\"x\",\"priority\":\"P0\",\"outcome\":\"" outcome "\"}"

static void sides_are_counted_and_named(void)
{
	static const char *const then[] = { ROW("a", "pass"), P0("b", "pass"), ROW("c", "fail"),
		ROW("d", "fail"), ROW("e", "excluded"), ROW("f", "pass") };
	static const char *const now[] = { ROW("a", "pass"), P0("b", "fail"), ROW("c", "pass"),
		ROW("d", "fail"), ROW("e", "pass"), ROW("g", "pass") };
	struct score *before = scored(then, countof(then)), *after = scored(now, countof(now));
	struct paired p = paired_up(before, after, false), p0 = paired_up(before, after, true);
	CHECK(p.n == 4 && p.both == 1 && p.fixed == 1 && p.broken == 1 && p.neither == 1);
	CHECK_STR(json_text(json_at(p.broken_ids, 0)), "b");
	CHECK_STR(json_text(json_at(p.fixed_ids, 0)), "c");
	CHECK(p0.n == 1 && p0.broken == 1);
	CHECK(fabs(paired_before(&p) - 50) < 1e-9 && fabs(paired_after(&p) - 50) < 1e-9);
	paired_free(&p);
	paired_free(&p0);
	score_free(before);
	score_free(after);
}

static void nothing_proves_nothing(void)
{
	struct score *none = score_new();
	struct paired p = paired_up(none, none, false);
	struct json *out = json_new_object();
	CHECK_STR(paired_evidence(&p, out), "undecidable");
	CHECK(isnan(paired_before(&p)) && fabs(json_num_or(out, "p_value", 0) - 1) < 1e-9);
	json_free(out);
	paired_free(&p);
	score_free(none);
}

int main(void)
{
	RUN(sides_are_counted_and_named);
	RUN(nothing_proves_nothing);
	return check_done();
}
