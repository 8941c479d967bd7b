/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a registry may send a client to with its credentials: not out of TLS, and not to addresses
 * that only the client's own network can reach, but for the registry's own.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "registry/private.h"

static bool is_private_4(uint32_t ip)
{
	static const struct {
		uint32_t net;
		int bits;
	} nets[] = {
		{ 0x00000000, 8 },  { 0x0a000000, 8 },	{ 0x64400000, 10 }, { 0x7f000000, 8 },
		{ 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0a80000, 16 }, { 0xe0000000, 4 },
	};

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (ip >> (32 - nets[i].bits) == nets[i].net >> (32 - nets[i].bits))
			return true;
	return false;
}

static bool is_private_6(const struct in6_addr *ip)
{
	if (IN6_IS_ADDR_V4MAPPED(ip)) {
		uint32_t v4;

		memcpy(&v4, ip->s6_addr + 12, sizeof(v4));
		return is_private_4(ntohl(v4));
	}
	return IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_UNSPECIFIED(ip) ||
	       IN6_IS_ADDR_LINKLOCAL(ip) || IN6_IS_ADDR_MULTICAST(ip) ||
	       (ip->s6_addr[0] & 0xfe) == 0xfc;
}

/* Literal addresses only: what a name stands for is decided elsewhere. */
static bool is_private(const char *host)
{
	struct in6_addr six;
	struct in_addr four;
	char bare[64];
	size_t n = strlen(host);

	if (url_host_is_loopback(host))
		return true;
	if (host[0] == '[' && n > 2 && n < sizeof(bare)) {
		memcpy(bare, host + 1, n - 2);
		bare[n - 2] = '\0';
		bare[strcspn(bare, "%")] = '\0';
		return inet_pton(AF_INET6, bare, &six) != 1 || is_private_6(&six);
	}
	/* inet_aton() also takes the short and octal forms that curl takes */
	return inet_aton(host, &four) && is_private_4(ntohl(four.s_addr));
}

bool realm_allowed(const char *base, const char *realm, bool insecure)
{
	auto_arena a = ARENA_EMPTY;
	struct url_parts own, other;

	if (!url_split(base, &a, &own) || !url_split(realm, &a, &other))
		return false;
	if (strcasecmp(other.scheme, "https") != 0 &&
	    !(strcasecmp(own.scheme, "http") == 0 || insecure))
		return false;
	return strcasecmp(own.host, other.host) == 0 || !is_private(other.host);
}
