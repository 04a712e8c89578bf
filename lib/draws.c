#include "draws.h"

#include <string.h>

#define MIDDLE 397

/* ---- MT19937 ---- */

static void init_word(struct draws *draws, uint32_t seed)
{
	draws->word[0] = seed;
	for (uint32_t i = 1; i < DRAWS_WORDS; i++) {
		uint32_t before = draws->word[i - 1];
		draws->word[i] = 1812433253u * (before ^ (before >> 30)) + i;
	}
	draws->used = DRAWS_WORDS;
}

/* The published init_by_array; `key` has one or two words. */
static void init_array(struct draws *draws, const uint32_t *key, uint32_t nkey)
{
	uint32_t *word = draws->word;
	uint32_t i = 1, j = 0;
	init_word(draws, 19650218u);
	for (int k = 0; k < DRAWS_WORDS; k++) {
		word[i] = (word[i] ^ ((word[i - 1] ^ (word[i - 1] >> 30)) * 1664525u)) + key[j] + j;
		if (++i == DRAWS_WORDS) {
			word[0] = word[DRAWS_WORDS - 1];
			i = 1;
		}
		j = (j + 1) % nkey;
	}
	for (int k = 1; k < DRAWS_WORDS; k++) {
		word[i] = (word[i] ^ ((word[i - 1] ^ (word[i - 1] >> 30)) * 1566083941u)) - i;
		if (++i == DRAWS_WORDS) {
			word[0] = word[DRAWS_WORDS - 1];
			i = 1;
		}
	}
	word[0] = 0x80000000u;
}

static void refill(struct draws *draws)
{
	uint32_t *word = draws->word;
	for (int i = 0; i < DRAWS_WORDS; i++) {
		uint32_t y = (word[i] & 0x80000000u) | (word[(i + 1) % DRAWS_WORDS] & 0x7fffffffu);
		word[i] = word[(i + MIDDLE) % DRAWS_WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
	}
	draws->used = 0;
}

static uint32_t next_word(struct draws *draws)
{
	if (draws->used == DRAWS_WORDS)
		refill(draws);
	uint32_t y = draws->word[draws->used++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680u;
	y ^= (y << 15) & 0xefc60000u;
	return y ^ (y >> 18);
}

/* ---- draws ---- */

void draws_seed(struct draws *draws, uint64_t seed)
{
	uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	memset(draws, 0, sizeof(*draws));
	init_array(draws, key, key[1] ? 2 : 1);
}

void draws_replay(struct draws *draws, const struct draw *record, size_t n)
{
	draws_seed(draws, 0);
	draws->record = record;
	draws->nrecord = n;
}

void draws_watch(struct draws *draws, void (*seen)(void *, const struct draw *), void *ctx)
{
	draws->seen = seen;
	draws->ctx = ctx;
}

/* What the record has for a draw of n; strays when it has another one. */
static double recorded(struct draws *draws, long n)
{
	size_t at = (size_t)draws->count;
	if (draws->strayed || at >= draws->nrecord || draws->record[at].n != n) {
		draws->strayed = true;
		return 0;
	}
	return draws->record[at].value;
}

static double drawn(struct draws *draws, long n, double value)
{
	draws->last = (struct draw){ n, value };
	draws->count++;
	if (draws->seen)
		draws->seen(draws->ctx, &draws->last);
	return value;
}

static uint32_t fresh_below(struct draws *draws, uint32_t n)
{
	int bits = 32;
	while (bits > 1 && !(n >> (bits - 1)))
		bits--;
	uint32_t r;
	do
		r = next_word(draws) >> (32 - bits);
	while (r >= n);
	return r;
}

long draws_below(struct draws *draws, long n)
{
	double r = draws->record ? recorded(draws, n) : fresh_below(draws, (uint32_t)n);
	return (long)drawn(draws, n, r);
}

double draws_unit(struct draws *draws)
{
	if (draws->record)
		return drawn(draws, 0, recorded(draws, 0));
	uint32_t high = next_word(draws) >> 5, low = next_word(draws) >> 6;
	return drawn(draws, 0, (high * 67108864.0 + low) / 9007199254740992.0);
}

void draws_shuffle(struct draws *draws, int *list, int n)
{
	for (int i = n - 1; i >= 1; i--) {
		long j = draws_below(draws, i + 1);
		int kept = list[i];
		list[i] = list[j];
		list[j] = kept;
	}
}

/* Python draws from a shrinking copy up to 21 elements, and by rejection above. */
void draws_sample(struct draws *draws, const int *from, int n, int *out, int k)
{
	int pool[21];
	long taken[5];
	if (n <= (int)countof(pool)) {
		memcpy(pool, from, (size_t)n * sizeof(*from));
		for (int i = 0; i < k; i++) {
			long j = draws_below(draws, n - i);
			out[i] = pool[j];
			pool[j] = pool[n - i - 1];
		}
		return;
	}
	for (int i = 0; i < k; i++) {
		bool fresh;
		do {
			taken[i] = draws_below(draws, n);
			fresh = true;
			for (int before = 0; before < i; before++)
				fresh = fresh && taken[before] != taken[i];
		} while (!fresh && !draws->strayed);
		out[i] = from[taken[i]];
	}
}

int draws_weighted(struct draws *draws, const double *weight, int n)
{
	double total = 0;
	for (int i = 0; i < n; i++)
		total += weight[i];
	if (!(total > 0))
		return -1;
	double r = draws_unit(draws) * total, sum = 0;
	for (int i = 0; i < n; i++) {
		sum += weight[i];
		if (r < sum)
			return i;
	}
	return n - 1;
}
