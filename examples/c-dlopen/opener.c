/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens zlib at run time, as programs do with what they can do without. With -DNOTE it says so in
 * a note, as https://uapi-group.org/specifications/specs/elf_dlopen_metadata/ describes it; with
 * -DHIDE not even the library's name is in the program.
 */
#include <dlfcn.h>
#include <stdio.h>

#ifdef NOTE
#define TEXT                                                            \
	"[{\"feature\":\"zip\",\"description\":\"compressed answers\"," \
	"\"priority\":\"recommended\",\"soname\":[\"libz.so.1\"]}]"
__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {
	int name_bytes, text_bytes, type;
	char name[4];
	char text[(sizeof(TEXT) + 3) / 4 * 4];
} note = { 4, sizeof(note.text), 0x407c0c0a, "FDO", TEXT };
#endif

int main(void)
{
#ifdef HIDE
	const char *base = "libz";
	char name[16];

	snprintf(name, sizeof(name), "%s.so.%d", base, 1);
#else
	const char *name = "libz.so.1";
#endif
	void *library = dlopen(name, RTLD_NOW);
	const char *(*version)(void) =
		library ? (const char *(*)(void))dlsym(library, "zlibVersion") : NULL;

	if (version)
		printf("opened zlib %.2s\n", version());
	else
		printf("%s\n", dlerror());
	return version ? 0 : 1;
}
