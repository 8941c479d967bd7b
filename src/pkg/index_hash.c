/* SPDX-License-Identifier: Apache-2.0 */
/* The checksum of an index's body; see index_file.h. */
#include "base/mem.h"
#include "pkg/index_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10 };

#define PRIME 0x9fb21c651e98df25u

static uint64_t turn(uint64_t lane, uint64_t word)
{
	lane ^= word;
	return (lane << 29 | lane >> 35) * PRIME;
}

static void add_block(struct index_lanes *l, const char *bytes)
{
	uint64_t words[4];

	memcpy(words, bytes, sizeof(words));
	for (size_t i = 0; i < 4; i++)
		l->at[i] = turn(l->at[i], words[i]);
}

void index_lanes_add(struct index_lanes *l, const void *bytes, size_t len)
{
	char last[INDEX_BLOCK] = { 0 };
	const char *at = bytes;

	for (; len >= INDEX_BLOCK; at += INDEX_BLOCK, len -= INDEX_BLOCK)
		add_block(l, at);
	if (len) {
		memcpy(last, at, len);
		add_block(l, last);
	}
}

uint64_t index_lanes_end(const struct index_lanes *l)
{
	uint64_t h = 0;

	for (size_t i = 0; i < 4; i++)
		h = turn(h, l->at[i]);
	return h ^ (h >> 31);
}

int index_file_hash(int fd, uint64_t start, uint64_t end, uint64_t *ret)
{
	auto_free char *bytes = mem_alloc(READ_BYTES);
	struct index_lanes l = INDEX_LANES_START;
	size_t have = 0;

	while (start < end) {
		uint64_t room = READ_BYTES - have;
		ssize_t n = pread(fd, bytes + have, end - start < room ? end - start : room,
				  (off_t)start);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break; /* cut short: the checksum will show it */
		start += (uint64_t)n;
		have += (size_t)n;
		if (have < READ_BYTES)
			continue;
		index_lanes_add(&l, bytes, have);
		have = 0;
	}
	index_lanes_add(&l, bytes, have);
	*ret = index_lanes_end(&l);
	return 0;
}
