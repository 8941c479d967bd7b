/* SPDX-License-Identifier: Apache-2.0 */
/* Asks glibc for names: of the user, of a host, of a service. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	const char *host = argc > 1 ? argv[1] : "localhost";
	const struct passwd *user = getpwuid(getuid());
	const struct sockaddr_in *address;
	int error = getaddrinfo(host, "https", &hints, &found);
	char text[INET_ADDRSTRLEN];

	if (error || !user) {
		fprintf(stderr, "names: %s\n", error ? gai_strerror(error) : "no such user");
		return 1;
	}
	address = (const struct sockaddr_in *)(const void *)found->ai_addr;
	printf("user %s at home in %s\n", user->pw_name, user->pw_dir);
	printf("host %s is %s, https is port %u\n", host,
	       inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text)),
	       ntohs(address->sin_port));
	freeaddrinfo(found);
	return 0;
}
