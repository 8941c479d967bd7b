/* SPDX-License-Identifier: Apache-2.0 */
/* Names of architectures, from Debian's cputable and the platform list of Go and the OCI. */
#include "pkg/arch.h"

#include "base/array.h"

#include <string.h>

static const struct arch archs[] = {
	{ "386", "386", NULL, "i386", "i386-linux-gnu", true, "x86" },
	{ "amd64", "amd64", NULL, "amd64", "x86_64-linux-gnu", true, "x86_64" },
	{ "arm/v5", "arm", "v5", "armel", "arm-linux-gnueabi", false, NULL },
	{ "arm/v6", "arm", "v6", NULL, NULL, false, "armhf" },
	{ "arm/v7", "arm", "v7", "armhf", "arm-linux-gnueabihf", true, "armv7" },
	{ "arm64", "arm64", "v8", "arm64", "aarch64-linux-gnu", true, "aarch64" },
	{ "loong64", "loong64", NULL, "loong64", "loongarch64-linux-gnu", false, "loongarch64" },
	{ "mips64le", "mips64le", NULL, "mips64el", "mips64el-linux-gnuabi64", false, NULL },
	{ "ppc64le", "ppc64le", NULL, "ppc64el", "powerpc64le-linux-gnu", true, "ppc64le" },
	{ "riscv64", "riscv64", NULL, "riscv64", "riscv64-linux-gnu", true, "riscv64" },
	{ "s390x", "s390x", NULL, "s390x", "s390x-linux-gnu", true, "s390x" },
};

/* Other people's names for the same things. */
static const struct {
	const char *name, *oci;
} aliases[] = {
	{ "aarch64", "arm64" }, { "arm64/v8", "arm64" }, { "armv7", "arm/v7" },
	{ "armv7l", "arm/v7" }, { "i686", "386" },	 { "loongarch64", "loong64" },
	{ "x86", "386" },	{ "x86_64", "amd64" },
};

const struct arch *arch_table(size_t *ret_n)
{
	*ret_n = COUNT_OF(archs);
	return archs;
}

const struct arch *arch_by_oci(const char *oci)
{
	if (strcmp(oci, "arm64/v8") == 0)
		oci = "arm64";
	for (size_t i = 0; i < COUNT_OF(archs); i++) {
		if (strcmp(archs[i].oci, oci) == 0)
			return &archs[i];
	}
	return NULL;
}

const struct arch *arch_by_debian(const char *debian)
{
	for (size_t i = 0; i < COUNT_OF(archs); i++) {
		if (archs[i].debian && strcmp(archs[i].debian, debian) == 0)
			return &archs[i];
	}
	return NULL;
}

const struct arch *arch_by_any(const char *name)
{
	const struct arch *a = arch_by_oci(name);

	if (!a)
		a = arch_by_debian(name);
	for (size_t i = 0; !a && i < COUNT_OF(aliases); i++) {
		if (strcmp(aliases[i].name, name) == 0)
			a = arch_by_oci(aliases[i].oci);
	}
	return a;
}

const struct arch *arch_by_alpine(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(archs); i++) {
		if (archs[i].alpine && strcmp(archs[i].alpine, name) == 0)
			return &archs[i];
	}
	return arch_by_any(name);
}

/* Asked of the compiler, not of the kernel: a 32-bit pare on a 64-bit kernel makes 32-bit images.
 */
const struct arch *arch_host(void)
{
#if defined(__x86_64__)
	return arch_by_oci("amd64");
#elif defined(__i386__)
	return arch_by_oci("386");
#elif defined(__aarch64__)
	return arch_by_oci("arm64");
#elif defined(__arm__) && defined(__ARM_PCS_VFP)
	return arch_by_oci("arm/v7");
#elif defined(__arm__)
	return arch_by_oci("arm/v5");
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
	return arch_by_oci("ppc64le");
#elif defined(__riscv) && __riscv_xlen == 64
	return arch_by_oci("riscv64");
#elif defined(__s390x__)
	return arch_by_oci("s390x");
#elif defined(__mips64) && defined(__MIPSEL__)
	return arch_by_oci("mips64le");
#elif defined(__loongarch64)
	return arch_by_oci("loong64");
#else
	return NULL;
#endif
}
