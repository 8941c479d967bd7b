/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The filter of secret_places.h, twice. With AVX2, 32 places at once: for each of four bytes the
 * table of its lower half and that of its upper half say which groups of keywords may have it, and
 * a place passes where some group is left. Elsewhere, three bytes at every other place are looked
 * up in a table that fits the first cache.
 */
#include "audit/secret_places.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
	GROUPS = 8, /* as a byte has bits */
	/* Places that are looked up before the first branch. */
	STRIDES = 8,
};

/* By the first three bytes of four that can be read: the factor shifts the last one out. */
static inline uint32_t filter_slot(const char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof(x));
	return x * (UINT32_C(0x9e3779b1) << 8) >> (32 - PLACES_FILTER_BITS);
}

static char swap_case(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? (char)(c ^ 0x20) : c;
}

/* ---- keywords ---- */

/* Three bytes; in any case where the keyword may be so. */
static void allow(struct places *p, const char *bytes, bool folded)
{
	for (unsigned swap = 0; swap < (folded ? 8 : 1); swap++) {
		char way[4] = { 0 };

		for (unsigned i = 0; i < 3; i++)
			way[i] = swap >> i & 1 ? swap_case(bytes[i]) : bytes[i];
		p->filter[filter_slot(way)] = 1;
	}
}

/* The bytes from the first, and those from the second, for every other place is looked at. */
static void add_to_filter(struct places *p, struct view keyword, bool folded,
			  const uint64_t next[4])
{
	char start[5] = { 0 };

	memcpy(start, keyword.ptr, keyword.len < 4 ? keyword.len : 4);
	allow(p, start, folded);
	if (keyword.len >= 4)
		allow(p, start + 1, folded);
	for (unsigned c = 0; keyword.len < 4 && c < 256; c++) {
		start[3] = (char)c;
		if (next[c / 64] >> c % 64 & 1)
			allow(p, start + 1, folded);
	}
}

/* The halves of bytes that a keyword, or a group of them, has: a bit for each value. */
struct halves {
	uint16_t low[PLACES_DEPTH], high[PLACES_DEPTH];
};

static void add_byte(struct halves *h, size_t depth, unsigned char c)
{
	h->low[depth] = (uint16_t)(h->low[depth] | 1u << (c & 15));
	h->high[depth] = (uint16_t)(h->high[depth] | 1u << (c >> 4));
}

static void add_keyword(struct halves *h, struct view keyword, bool folded, const uint64_t next[4])
{
	for (size_t i = 0; i < PLACES_DEPTH && i < keyword.len; i++) {
		add_byte(h, i, (unsigned char)keyword.ptr[i]);
		if (folded)
			add_byte(h, i, (unsigned char)swap_case(keyword.ptr[i]));
	}
	for (unsigned c = 0; keyword.len < PLACES_DEPTH && c < 256; c++)
		if (next[c / 64] >> c % 64 & 1)
			add_byte(h, PLACES_DEPTH - 1, (unsigned char)c);
}

/* How many of all quadruples of bytes pass. */
static uint64_t passing(const struct halves *h)
{
	uint64_t n = 1;

	for (size_t i = 0; i < PLACES_DEPTH; i++)
		n *= (uint64_t)(__builtin_popcount(h->low[i]) * __builtin_popcount(h->high[i]));
	return n;
}

static struct halves halves_of(const struct places *p, unsigned group)
{
	struct halves h = { 0 };

	for (size_t i = 0; i < PLACES_DEPTH; i++)
		for (unsigned half = 0; half < 16; half++) {
			h.low[i] = (uint16_t)(h.low[i] | (p->low[i][half] >> group & 1u) << half);
			h.high[i] =
				(uint16_t)(h.high[i] | (p->high[i][half] >> group & 1u) << half);
		}
	return h;
}

static void set_group(struct places *p, unsigned group, const struct halves *h)
{
	for (size_t i = 0; i < PLACES_DEPTH; i++)
		for (unsigned half = 0; half < 16; half++) {
			p->low[i][half] |= (uint8_t)((h->low[i] >> half & 1) << group);
			p->high[i][half] |= (uint8_t)((h->high[i] >> half & 1) << group);
		}
}

/* Into the group that lets the fewest others pass for it. */
static void add_to_groups(struct places *p, struct view keyword, bool folded,
			  const uint64_t next[4])
{
	struct halves best = { 0 };
	uint64_t least = UINT64_MAX;
	unsigned chosen = 0;

	for (unsigned group = 0; group < GROUPS; group++) {
		struct halves h = halves_of(p, group);
		uint64_t before = passing(&h), more;

		add_keyword(&h, keyword, folded, next);
		more = passing(&h) - before;
		if (more < least) {
			least = more;
			chosen = group;
			best = h;
		}
	}
	set_group(p, chosen, &best);
}

void places_add(struct places *p, struct view keyword, bool folded, const uint64_t next[4])
{
	add_to_filter(p, keyword, folded, next);
	add_to_groups(p, keyword, folded, next);
}

/* ---- finding ---- */

size_t places_find_portable(const struct places *p, const char *bytes, size_t n, uint16_t *ret)
{
	size_t found = 0, at = 1;

	for (; at + 2 * STRIDES <= n; at += 2 * STRIDES) {
		unsigned any = 0;

		for (size_t i = 0; i < STRIDES; i++)
			any |= p->filter[filter_slot(bytes + at + 2 * i)];
		for (size_t i = at; any && i < at + 2 * STRIDES; i += 2) {
			if (!p->filter[filter_slot(bytes + i)])
				continue;
			ret[found++] = (uint16_t)(i - 1);
			ret[found++] = (uint16_t)i;
		}
	}
	for (at--; at < n; at++)
		ret[found++] = (uint16_t)at;
	return found;
}

#if defined(__x86_64__)

/* Groups that have each of 32 bytes at this depth. */
__attribute__((target("avx2"))) static inline __m256i groups_of(const struct places *p,
								size_t depth, const char *bytes)
{
	const __m256i half = _mm256_set1_epi8(15);
	__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
	__m256i low = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)p->low[depth]));
	__m256i high = _mm256_broadcastsi128_si256(
		_mm_loadu_si128((const __m128i *)(const void *)p->high[depth]));

	low = _mm256_shuffle_epi8(low, _mm256_and_si256(x, half));
	high = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(x, 4), half));
	return _mm256_and_si256(low, high);
}

__attribute__((target("avx2"))) static size_t find_avx2(const struct places *p, const char *bytes,
							size_t n, uint16_t *ret)
{
	size_t found = 0, at = 0;

	for (; at + 32 <= n; at += 32) {
		__m256i left = groups_of(p, 0, bytes + at);
		uint32_t pass;

		for (size_t i = 1; i < PLACES_DEPTH; i++)
			left = _mm256_and_si256(left, groups_of(p, i, bytes + at + i));
		pass = ~(uint32_t)_mm256_movemask_epi8(
			_mm256_cmpeq_epi8(left, _mm256_setzero_si256()));
		for (; pass; pass &= pass - 1)
			ret[found++] = (uint16_t)(at + (unsigned)__builtin_ctz(pass));
	}
	for (; at < n; at++)
		ret[found++] = (uint16_t)at;
	return found;
}

size_t places_find(const struct places *p, const char *bytes, size_t n, uint16_t *ret)
{
	return __builtin_cpu_supports("avx2") ? find_avx2(p, bytes, n, ret)
					      : places_find_portable(p, bytes, n, ret);
}

#else

size_t places_find(const struct places *p, const char *bytes, size_t n, uint16_t *ret)
{
	return places_find_portable(p, bytes, n, ret);
}

#endif
