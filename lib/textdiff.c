#include "textdiff.h"

#include "mem.h"
#include "str.h"

#include <stdlib.h>
#include <string.h>

#define CONTEXT 3
#define MAX_CELLS 4000000 /* of the table; beyond it the middle is shown as replaced whole */

struct line {
	const char *s;
	size_t n; /* with its newline */
};
struct lines {
	struct line *v;
	size_t n, cap;
};

static void split(struct lines *lines, const char *s, size_t n)
{
	for (size_t at = 0; at < n;) {
		const char *newline = memchr(s + at, '\n', n - at);
		size_t length = newline ? (size_t)(newline - s) + 1 - at : n - at;
		GROW(lines->v, lines->cap, lines->n + 1);
		lines->v[lines->n++] = (struct line){ s + at, length };
		at += length;
	}
}

static bool same(const struct line *a, const struct line *b)
{
	return a->n == b->n && memcmp(a->s, b->s, a->n) == 0;
}

/* '=' both, '-' before only, '+' after only, one letter a line of the result. */
static void script(struct str *out, const struct lines *a, const struct lines *b)
{
	size_t head = 0, tail = 0;
	while (head < a->n && head < b->n && same(&a->v[head], &b->v[head]))
		head++;
	while (tail < a->n - head && tail < b->n - head &&
	       same(&a->v[a->n - 1 - tail], &b->v[b->n - 1 - tail]))
		tail++;
	size_t n = a->n - head - tail, m = b->n - head - tail, i = 0, k = 0;
	for (size_t x = 0; x < head; x++)
		str_addc(out, '=');
	if ((n + 1) * (m + 1) <= MAX_CELLS && n && m) {
		/* length of the longest common rest from (i, k) on */
		uint32_t *rest = xcalloc((n + 1) * (m + 1), sizeof *rest);
		for (size_t x = n; x-- > 0;)
			for (size_t y = m; y-- > 0;) {
				uint32_t down = rest[(x + 1) * (m + 1) + y];
				uint32_t right = rest[x * (m + 1) + y + 1];
				rest[x * (m + 1) + y] = same(&a->v[head + x], &b->v[head + y]) ?
					rest[(x + 1) * (m + 1) + y + 1] + 1 : down > right ? down : right;
			}
		while (i < n && k < m) {
			if (same(&a->v[head + i], &b->v[head + k])) {
				str_addc(out, '=');
				i++;
				k++;
			} else if (rest[(i + 1) * (m + 1) + k] >= rest[i * (m + 1) + k + 1]) {
				str_addc(out, '-');
				i++;
			} else {
				str_addc(out, '+');
				k++;
			}
		}
		free(rest);
	}
	for (; i < n; i++)
		str_addc(out, '-');
	for (; k < m; k++)
		str_addc(out, '+');
	for (size_t x = 0; x < tail; x++)
		str_addc(out, '=');
}

static void put_line(struct str *out, char mark, const struct line *line)
{
	str_addc(out, mark);
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the script counts both sides' lines */
	str_addn(out, line->s, line->n);
	if (line->n == 0 || line->s[line->n - 1] != '\n')
		str_add(out, "\n\\ No newline at end of file\n");
}

/* One hunk: letters [from, to) of the script, which starts at these lines. */
static void put_hunk(struct str *out, const char *s, size_t from, size_t to, const struct lines *a,
		     size_t i, const struct lines *b, size_t k)
{
	size_t olds = 0, news = 0;
	for (size_t x = from; x < to; x++) {
		olds += s[x] != '+';
		news += s[x] != '-';
	}
	str_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", olds ? i + 1 : i, olds, news ? k + 1 : k, news);
	for (size_t x = from; x < to; x++) {
		if (s[x] == '+')
			put_line(out, '+', &b->v[k++]);
		else
			put_line(out, s[x] == '=' ? ' ' : '-', &a->v[i++]);
		k += s[x] == '=';
	}
}

/* The end of the hunk that starts with the change at x: changes less than two
 * contexts apart share one. */
static size_t hunk_end(const char *s, size_t n, size_t x)
{
	size_t last = x;
	for (; x < n && x <= last + 2 * CONTEXT; x++)
		if (s[x] != '=')
			last = x;
	return last + 1 + CONTEXT < n ? last + 1 + CONTEXT : n;
}

static void put_hunks(struct str *out, const struct str *letters, const struct lines *a,
		      const struct lines *b)
{
	const char *s = str_text(letters);
	size_t i = 0, k = 0, done = 0;
	for (size_t x = 0; x < letters->n; x++) {
		if (s[x] == '=')
			continue;
		size_t from = x > done + CONTEXT ? x - CONTEXT : done, to = hunk_end(s, letters->n, x);
		for (; done < from; done++) {
			i += s[done] != '+';
			k += s[done] != '-';
		}
		put_hunk(out, s, from, to, a, i, b, k);
		for (; done < to; done++) {
			i += s[done] != '+';
			k += s[done] != '-';
		}
		x = to - 1;
	}
}

void unified_diff(const char *path, const char *before, size_t nbefore,
	const char *after, size_t nafter, struct str *out)
{
	if (nbefore == nafter && memcmp(before, after, nbefore) == 0)
		return;
	struct lines a = { 0 }, b = { 0 };
	struct str letters = STR_INIT;
	split(&a, before, nbefore);
	split(&b, after, nafter);
	script(&letters, &a, &b);
	str_addf(out, "--- a/%s\n+++ b/%s\n", path, path);
	put_hunks(out, &letters, &a, &b);
	str_free(&letters);
	free(a.v);
	free(b.v);
}
