/* SPDX-License-Identifier: Apache-2.0 */
/* Says hello: linked with -static it needs nothing but the kernel. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("hello from user %u\n", getuid());
	return fflush(stdout) == 0 ? 0 : 1;
}
