/* SPDX-License-Identifier: Apache-2.0 */
/* Reads text in the character set that its argument names, and writes it in UTF-8. */
#include <iconv.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	char in[4096], out[4 * sizeof(in)], *from = in, *to = out;
	size_t left = fread(in, 1, sizeof(in), stdin), room = sizeof(out);
	iconv_t converter = iconv_open("UTF-8", argc > 1 ? argv[1] : "ISO-8859-1");

	if (converter == (iconv_t)-1 || iconv(converter, &from, &left, &to, &room) == (size_t)-1) {
		perror("convert");
		return 1;
	}
	iconv_close(converter);
	return fwrite(out, 1, sizeof(out) - room, stdout) == sizeof(out) - room ? 0 : 1;
}
