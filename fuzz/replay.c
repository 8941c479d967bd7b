/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds each file of the folders given as arguments to a fuzz target, so that ordinary test runs
 * check what fuzzing once found. A folder that isn't there counts as empty, but no file at all is
 * a failure.
 */
#include "fuzz.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *bytes;

	if (!f || fstat(fileno(f), &st) < 0) {
		perror(path);
		exit(1);
	}
	/* Of exactly the file's size, so that sanitizers see every read past the end. */
	bytes = mem_alloc((size_t)st.st_size);
	if (fread(bytes, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
		perror(path);
		exit(1);
	}
	fclose(f);
	*ret_size = (size_t)st.st_size;
	return bytes;
}

static void replay_file(const char *path)
{
	size_t size;
	auto_free uint8_t *bytes = read_file(path, &size);

	/* Before the call: after a crash, the last line names the culprit. */
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(bytes, size);
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static int replay_folder(const char *folder)
{
	struct dirent **list;
	int n = scandir(folder, &list, is_visible, alphasort);

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0) {
		perror(folder);
		exit(1);
	}
	for (int i = 0; i < n; i++) {
		auto_free char *path = mem_printf("%s/%s", folder, list[i]->d_name);

		replay_file(path);
		free(list[i]);
	}
	free(list);
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += replay_folder(argv[i]);
	if (n == 0)
		fprintf(stderr, "no inputs to replay\n");
	return n == 0;
}
