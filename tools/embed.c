/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build tool: writes C source that holds files as one table (base/embed.h), so that the program
 * needs no data files at run time.
 *
 *	embed NAME BASE FILE... > out.c
 *
 * makes `const struct embedded NAME[]` and `const size_t NAME_count`. Each entry is named by its
 * path below BASE, or by its last component if it isn't below it. No file at all is fine.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *entry_name(const char *path, const char *base)
{
	size_t n = strlen(base);
	const char *slash = strrchr(path, '/');

	while (n && base[n - 1] == '/')
		n--;
	if (n && strncmp(path, base, n) == 0 && path[n] == '/')
		return path + n + 1;
	return slash ? slash + 1 : path;
}

static void put_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putchar('\\');
		putchar(*s);
	}
	putchar('"');
}

/* The bytes and a NUL behind them, so that a text can be used as a C string. */
static int put_bytes(const char *path, int number, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	size_t size = 0;
	int c;

	if (!f) {
		fprintf(stderr, "embed: open '%s': %s\n", path, strerror(errno));
		return -1;
	}
	printf("static const unsigned char bytes_%d[] = {", number);
	while ((c = getc(f)) != EOF)
		printf("%s%d,", size++ % 20 ? "" : "\n\t", c);
	printf("\n\t0 };\n");
	if (ferror(f)) {
		fprintf(stderr, "embed: read '%s': %s\n", path, strerror(errno));
		fclose(f);
		return -1;
	}
	fclose(f);
	*ret_size = size;
	return 0;
}

int main(int argc, char **argv)
{
	size_t *sizes;
	int n = argc - 3;

	if (argc < 3) {
		fprintf(stderr, "usage: embed NAME BASE FILE... > out.c\n");
		return 2;
	}
	sizes = calloc((size_t)n + 1, sizeof(*sizes));
	if (!sizes)
		return 1;
	printf("/* Made by tools/embed. */\n#include \"base/embed.h\"\n\n");
	for (int i = 0; i < n; i++) {
		if (put_bytes(argv[i + 3], i, &sizes[i]) < 0) {
			free(sizes);
			return 1;
		}
	}
	printf("extern const struct embedded %s[];\nextern const size_t %s_count;\n", argv[1],
	       argv[1]);
	printf("const size_t %s_count = %d;\nconst struct embedded %s[] = {\n", argv[1], n,
	       argv[1]);
	for (int i = 0; i < n; i++) {
		printf("\t{ ");
		put_string(entry_name(argv[i + 3], argv[2]));
		printf(", bytes_%d, %zu },\n", i, sizes[i]);
	}
	printf("\t{ 0, 0, 0 },\n};\n");
	free(sizes);
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
