/* SPDX-License-Identifier: Apache-2.0 */
/* pare: the smallest container image that runs a program. All there is to do is in cmd/. */
#include "cmd/verb.h"

int main(int argc, char **argv)
{
	return command_main(argc, argv);
}
