#include "versus.h"

#include "json.h"
#include "opinion.h"
#include "paired.h"
#include "stats.h"
#include "str.h"

struct sides {
	const char *name[2]; /* files */
	struct score *whole[2], *shared[2];
	struct opinions opinions[2];
};

static bool load(struct score **score, const char *path, const struct score *only, struct err *err)
{
	*score = score_new();
	score_limit_to(*score, only);
	return score_load(*score, path, err);
}

static bool load_all(struct sides *s, struct err *err)
{
	for (int i = 0; i < 2; i++)
		if (!load(&s->whole[i], s->name[i], NULL, err)
		    || !opinions_load(&s->opinions[i], s->name[i], err))
			return false;
	return load(&s->shared[0], s->name[0], s->whole[1], err)
		&& load(&s->shared[1], s->name[1], s->shared[0], err);
}

static void free_all(struct sides *s)
{
	for (int i = 0; i < 2; i++) {
		score_free(s->whole[i]);
		score_free(s->shared[i]);
		opinions_free(&s->opinions[i]);
	}
}

static void add_side(struct json *document, const char *key, const struct sides *s, int i)
{
	struct json *side = json_set(document, key, json_new_object());
	json_set_str(side, "file", s->name[i]);
	json_set_str(side, "config_id", s->opinions[i].config_id);
	json_set_int(side, "total_questions", (int64_t)score_count(s->whole[i]));
	json_set(side, "overall_accuracy", json_percent(score_accuracy(s->whole[i])));
	json_set(side, "shared_accuracy", json_percent(score_accuracy(s->shared[i])));
	json_set(side, "shared_passing", json_percent(score_adjusted(s->shared[i])));
}

/* NAN where one of them is. */
static void add_change(struct json *out, const char *name, double before, double after)
{
	struct json *one = json_set(out, name, json_new_object());
	json_set(one, "before", json_percent(before));
	json_set(one, "after", json_percent(after));
	json_set(one, "delta", json_percent(after - before));
}

static bool judged(const struct score *score, const char *judge)
{
	for (const char *const *name = score_judges(score); *name; name++)
		if (streq(*name, judge))
			return true;
	return false;
}

static void add_judges(struct json *document, const struct sides *s)
{
	struct json *out = json_set(document, "judges", json_new_object());
	for (int i = 0; i < 2; i++)
		for (const char *const *name = score_judges(s->shared[i]); *name; name++)
			if (i == 0 || !judged(s->shared[0], *name))
				add_change(out, *name, score_judge(s->shared[0], *name),
					   score_judge(s->shared[1], *name));
}

static void add_only(struct json *document, const char *key, const struct score *here,
		     const struct score *there)
{
	struct json *out = json_set(document, key, json_new_array());
	for (size_t i = 0; i < score_count(here); i++)
		if (score_of(there, score_id(here, i)) == SCORE_ABSENT)
			json_push_str(out, score_id(here, i));
}

/* In both files, but not measured in one of them. */
static void add_excluded(struct json *document, const struct score *a, const struct score *b)
{
	struct json *out = json_set(document, "excluded", json_new_array());
	for (size_t i = 0; i < score_count(a); i++) {
		enum score_outcome there = score_of(b, score_id(a, i));
		if (there != SCORE_ABSENT
		    && (there == SCORE_EXCLUDED || score_at(a, i) == SCORE_EXCLUDED))
			json_push_str(out, score_id(a, i));
	}
}

static void write(const struct sides *s, struct json *document)
{
	add_side(document, "before", s, 0);
	add_side(document, "after", s, 1);
	struct paired p = paired_up(s->shared[0], s->shared[1], false);
	json_set_int(document, "shared_questions", p.n);
	struct json *change = json_set(document, "change", json_new_object());
	add_change(change, "passing", paired_before(&p), paired_after(&p));
	add_change(change, "accuracy", score_accuracy(s->shared[0]), score_accuracy(s->shared[1]));
	paired_evidence(&p, json_set(document, "evidence", json_new_object()));
	paired_free(&p);
	add_judges(document, s);
	struct json *agreement = json_set(document, "agreement", json_new_object());
	json_set(agreement, "across", agreement_across(&s->opinions[0], &s->opinions[1]));
	json_set(agreement, "before", agreement_within(&s->opinions[0]));
	json_set(agreement, "after", agreement_within(&s->opinions[1]));
	add_only(document, "only_before", s->whole[0], s->whole[1]);
	add_only(document, "only_after", s->whole[1], s->whole[0]);
	add_excluded(document, s->whole[0], s->whole[1]);
}

bool versus(const char *before, const char *after, struct json *document, struct err *err)
{
	struct sides s = { .name = { before, after } };
	bool ok = load_all(&s, err);
	if (ok)
		write(&s, document);
	free_all(&s);
	return ok;
}
