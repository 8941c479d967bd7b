#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Images of dynamic programs: the release, the packages that their libraries are in, of these what
# is reached, and what the evidence asks for besides. The archive holds this machine's own libc and
# a few libraries made here.

bats_require_minimum_version 1.5.0
load ../lib/archive.bash
load ../lib/built.bash

# compile OUTPUT [GCC ARGUMENTS] <<<C
compile() {
	local output=$1
	shift
	gcc -O1 -x c - -o "$output" -L"$BATS_FILE_TMPDIR/lib" "$@"
}

# library NAME VERSION [GCC ARGUMENTS] <<<C: lib/libNAME.so.VERSION and its link for the linker
library() {
	local so=lib$1.so.$2
	compile "lib/$so" -shared -fPIC "-Wl,-soname,$so" "${@:3}"
	ln -sf "$so" "lib/lib$1.so"
}

# What Debian has in libc6, from where this machine has it.
libc_tree() {
	local file
	mkdir -p "$1/usr/lib/$TUPLE/gconv/gconv-modules.d" "$1$(dirname "$LOADER")"
	for file in libc.so.6 libm.so.6 libpthread.so.0; do
		cp -L "$(gcc -print-file-name=$file)" "$1/usr/lib/$TUPLE/"
	done
	cp -L "$LOADER" "$1/usr/lib/$TUPLE/"
	ln -s "/usr/lib/$TUPLE/${LOADER##*/}" "$1$LOADER"
	printf 'alias LATIN1// ISO-8859-1//\nmodule ISO-8859-1// INTERNAL ISO8859-1 1\n' \
		>"$1/usr/lib/$TUPLE/gconv/gconv-modules"
	printf 'module EUC-JP// INTERNAL EUC-JP 1\n' \
		>"$1/usr/lib/$TUPLE/gconv/gconv-modules.d/gconv-modules-extra.conf"
	touch "$1/usr/lib/$TUPLE/gconv/"{ISO8859-1,EUC-JP}.so
	mkdir -p "$1/usr/share/lintian/overrides" && touch "$1/usr/share/lintian/overrides/libc6"
}

setup_file() {
	archive_setup
	export TUPLE LOADER
	cd "$BATS_FILE_TMPDIR"
	mkdir -p lib
	TUPLE=$(gcc -print-multiarch)
	compile hello <<<'#include <stdio.h>
		int main(void) { return puts("hello") < 0; }'
	LOADER=$(readelf -lW hello | sed -n 's/.*interpreter: \(.*\)]/\1/p')

	library beta 1 <<<'#include <netdb.h>
		int beta(void) { struct addrinfo *r; return getaddrinfo("localhost", 0, 0, &r); }'
	library alpha 2 -lbeta <<<'int beta(void); int alpha(void) { return beta(); }'
	library plug 1 <<<'int plug(void) { return 42; }'
	library noted 1 <<<'int noted(void) { return 43; }'
	library orphan 1 <<<'int orphan(void) { return 1; }'
	library own 1 -lalpha <<<'int alpha(void); int own(void) { return alpha(); }'
	library ssl 3 <<<'int SSL_new(void) { return 0; }'

	library crypto 3 <<<'int OSSL_PROVIDER_load(void *c, const char *n) { return n == c; }
		int EVP_sha256(void) { return 0; }'
	library keys 1 -lcrypto <<<'int OSSL_PROVIDER_load(void *, const char *);
		int keys(void) { return OSSL_PROVIDER_load(0, "legacy"); }'
	library pam 0 <<<'int pam_start(void) { return 0; }'

	compile app -lalpha -Wl,-rpath-link,lib <<<'int alpha(void); int main(void) { return alpha(); }'
	compile locale <<<'#include <locale.h>
		#include <time.h>
		int main(void) { time_t t = 0; return !setlocale(LC_ALL, "") || !localtime(&t); }'
	compile conv <<<'#include <iconv.h>
		int main(void) { return iconv_open("UTF-8", "LATIN1") == (iconv_t)-1; }'
	compile opener <<<'#include <dlfcn.h>
		int main(void) { return !dlopen("libplug.so.1", RTLD_NOW); }'
	compile noter <<<'#include <dlfcn.h>
		#define NOTE "[{\"feature\":\"x\",\"priority\":\"recommended\",\"soname\":[\"libnoted.so.1\"]},{\"feature\":\"y\",\"priority\":\"suggested\",\"soname\":[\"libplug.so.1\"]}]"
		__attribute__((used, section(".note.dlopen"), aligned(4))) static const struct {
			int name, size, type; char owner[4]; char text[(sizeof(NOTE) + 3) / 4 * 4];
		} note = { 4, sizeof(note.text), 0x407c0c0a, "FDO", NOTE };
		int main(int n, char **a) { return !dlopen(a[n - 1], RTLD_NOW); }'
	compile hider <<<'#include <dlfcn.h>
		int main(int n, char **a) { return n > 1 && !dlopen(a[1], RTLD_NOW); }'
	compile service <<<'#include <netdb.h>
		int main(void) { return !getservbyname("domain", "tcp"); }'
	compile orphaned -lorphan <<<'int orphan(void); int main(void) { return orphan(); }'
	mkdir -p app.d/bin app.d/lib && cp lib/libown.so.1 app.d/lib/
	compile app.d/bin/tool -lown -Wl,-rpath-link,lib -Wl,-rpath,'$ORIGIN/../lib' \
		<<<'int own(void); int main(void) { return own(); }'
	compile oldkeys -lkeys -Wl,-rpath-link,lib <<<'int keys(void); int main(void) { return keys(); }'
	compile hasher -lcrypto <<<'int EVP_sha256(void); int main(void) { return EVP_sha256(); }'
	compile login -lpam <<<'int pam_start(void); int main(void) { return pam_start(); }'
	compile tls -lssl <<<'int SSL_new(void); int main(void) { return SSL_new(); }'

	libc_tree libc6 && deb_from libc6 2.36 libc6 'Depends: extra'
	mkdir -p extra/usr/share/extra && echo x >extra/usr/share/extra/data
	deb_from extra 1.0 extra
	local name
	for name in beta.1 alpha.2 plug.1 noted.1 ssl.3 crypto.3 keys.1 pam.0; do
		mkdir -p "d/usr/lib/$TUPLE"
		if [[ $name = crypto.3 ]]; then
			mkdir "d/usr/lib/$TUPLE/ossl-modules"
			cp lib/libplug.so.1 "d/usr/lib/$TUPLE/ossl-modules/legacy.so"
			cp lib/libplug.so.1 "d/usr/lib/$TUPLE/ossl-modules/other.so"
		fi
		cp "lib/lib${name%.*}.so.${name#*.}" "d/usr/lib/$TUPLE/lib${name%.*}.so.${name#*.}.0"
		ln -s "lib${name%.*}.so.${name#*.}.0" "d/usr/lib/$TUPLE/lib${name%.*}.so.${name#*.}"
		deb_from "lib${name/./}" 1.0 d "Depends: libc6$([[ $name != alpha.2 ]] || echo ', libbeta1')$([[ $name != keys.1 ]] || echo ', libcrypto3')"
	done
	mkdir -p "d/usr/lib/$TUPLE/security" d/etc/security
	cp lib/libplug.so.1 "d/usr/lib/$TUPLE/security/pam_unix.so" && echo x >d/etc/security/limits.conf
	deb_from libpam-modules 1.0 d
	mkdir -p "d/usr/lib/locale/C.utf8" d/usr/share/libc-bin
	echo ctype >d/usr/lib/locale/C.utf8/LC_CTYPE && echo x >d/usr/share/libc-bin/nsswitch.conf
	deb_from libc-bin 2.36 d
	deb netbase 6.4 -a all "etc/services=domain 53/tcp\n" "etc/protocols=tcp 6 TCP\n"
	deb tzdata 2026a -a all "usr/share/zoneinfo/Etc/UTC=TZif"
	deb ca-certificates 2025 -a all "usr/sbin/update-ca-certificates=x" \
		"usr/share/ca-certificates/mozilla/a.crt=-----BEGIN CERTIFICATE-----\n"
	ARCHS=$(dpkg --print-architecture) CONTENTS=yes
	export ARCHS CONTENTS
	for suite in bookworm bookworm-updates bookworm-security; do publish "$suite"; done
	# the newer release has one library more
	cp lib/liborphan.so.1 . && mkdir -p "d/usr/lib/$TUPLE" && mv liborphan.so.1 "d/usr/lib/$TUPLE/"
	deb_from liborphan1 1.0 d
	for suite in trixie trixie-updates trixie-security; do publish "$suite"; done
	serve
}

setup() {
	fresh_home
	export PARE_DEBIAN_MIRROR=$URL PARE_DEBIAN_SECURITY_MIRROR=$URL
	cp -r "$BATS_FILE_TMPDIR"/{hello,app,locale,conv,opener,noter,hider,service,orphaned,app.d,tls,oldkeys,hasher,login} .
}

# The image of a program as ./img, and what was said.
make() {
	rm -rf img
	run -0 --separate-stderr "$PARE" build -o oci:img:it --keyring "$KEYRING" "$@"
}

files() {
	image ls | sed -n 's/^[fl] [0-7]* [0-9:]* //p'
}

# hello with another loader's path in it, which is not longer
with_loader() {
	python3 -c 'import sys
old, new = (a.encode() for a in sys.argv[1:])
sys.stdout.buffer.write(open("hello", "rb").read().replace(old, new.ljust(len(old), b"\0")))' \
		"$LOADER" "$1"
}

bookworm_can_run_it() {
	local version
	version=$(readelf -VW hello | grep -o 'GLIBC_2\.[0-9]*' | sort -V | tail -1)
	[ "$(printf '%s\n' "$version" GLIBC_2.36 | sort -V | tail -1)" = GLIBC_2.36 ]
}

@test "hello: libc, the loader, and nothing else but licence and scanners' entries" {
	make ./hello --release bookworm
	[[ $stderr == *"packages: dynamic, with glibc: libraries of Debian 12 (bookworm)"* ]]
	diff <(files) - <<-EOF
		/etc/group
		/etc/os-release -> ../usr/lib/os-release
		/etc/passwd
		$(for dir in lib "${LOADER%/*}"; do
			[[ $dir == "${LOADER%/*}" && ${LOADER%/*} == /lib ]] ||
				echo "/${dir#/} -> usr/${dir#/}"
		done)
		/usr/bin/hello
		$({
			echo /usr/lib/os-release
			echo "/usr/lib/$TUPLE/${LOADER##*/}"
			echo "/usr/lib/$TUPLE/libc.so.6"
			echo "/usr$LOADER -> /usr/lib/$TUPLE/${LOADER##*/}"
		} | sort)
		/usr/share/doc/libc6/copyright
		/var/lib/dpkg/status.d/libc6
		/var/lib/dpkg/status.d/libc6.md5sums
	EOF
	image check
	# checksums of what is there, and of nothing else
	diff <(image cat /var/lib/dpkg/status.d/libc6.md5sums | sed 's/.*  //') - <<-EOF
		usr/lib/$TUPLE/${LOADER##*/}
		usr/lib/$TUPLE/libc.so.6
		usr/share/doc/libc6/copyright
	EOF
}

@test "libraries of libraries come along, each with the links that lead to it" {
	make ./app
	files >list
	for file in "/usr/lib/$TUPLE/libalpha.so.2 -> libalpha.so.2.0" "/usr/lib/$TUPLE/libalpha.so.2.0" \
		"/usr/lib/$TUPLE/libbeta.so.1.0" /usr/share/doc/libbeta1/copyright \
		/var/lib/dpkg/status.d/libalpha2 /etc/nsswitch.conf; do
		grep -qxF "$file" list || { echo "not there: $file"; cat list; return 1; }
	done
	run ! grep -E 'libm.so|extra|lintian|gconv|libplug' list
	[[ $stderr == *"with nss: host names are looked up: libbeta.so.1 imports getaddrinfo"* ]]
	[ "$(requests Contents)" -ge 1 ]
}

@test "well-known libraries need no Contents index; the cached table is used again" {
	true >"$SERVE_LOG"
	make ./hello
	[ "$(requests Contents)" -eq 0 ]
	make ./app
	first=$(requests Contents)
	make ./app
	[ "$(requests Contents)" -eq "$first" ]
}

@test "--keep=packages takes whole packages" {
	make ./app --keep packages
	files >list
	grep -qx /usr/share/extra/data list
	grep -qx "/usr/lib/$TUPLE/libm.so.6" list
}

@test "the oldest release that is new enough and has every library; --release overrules" {
	bookworm_can_run_it
	make ./hello
	[[ $stderr == *"Debian 12 (bookworm), the oldest supported release; needed is GLIBC_2."* ]]
	make ./orphaned
	[[ $stderr == *"Debian 13 (trixie), since orphaned needs liborphan.so.1, which no package of Debian bookworm has"* ]]
	image cat /usr/lib/os-release | grep -qx 'VERSION_CODENAME=trixie'
	run -11 --separate-stderr "$PARE" build ./orphaned --keyring "$KEYRING" --release bookworm
	[[ $stderr == *"no release fits './orphaned': orphaned needs liborphan.so.1"* ]]
	[[ $stderr == *"--libs=host"* ]]
}

@test "a locale, time zones: their files, and LANG" {
	make ./locale
	files >list
	grep -qx /usr/lib/locale/C.utf8/LC_CTYPE list
	grep -qx /usr/share/zoneinfo/Etc/UTC list
	run ! grep /usr/share/libc-bin list
	image config | jq -e '.config.Env | index("LANG=C.UTF-8")'
	image config | jq -e '[.history[].created_by] | index("pare build: locale: a locale is asked for: locale imports setlocale")'
	make ./locale --without locale,tzdata
	files >listed
	run ! grep -E 'C.utf8|zoneinfo' listed
}

@test "converters: all of them, or those of the charsets asked for" {
	make ./conv
	files | grep gconv/ | sed "s#/usr/lib/$TUPLE/gconv/##" | diff - <(printf '%s\n' EUC-JP.so ISO8859-1.so gconv-modules \
		gconv-modules.d/gconv-modules-extra.conf)
	make ./conv --charset latin1
	files | grep 'gconv/.*so' | diff - <(echo "/usr/lib/$TUPLE/gconv/ISO8859-1.so")
	make ./conv --charset EUC-JP --charset UTF-8
	files | grep 'gconv/.*so' | diff - <(echo "/usr/lib/$TUPLE/gconv/EUC-JP.so")
	run -2 "$PARE" build ./conv --keyring "$KEYRING" --charset klingon
	[[ $output == *"glibc has no converter of 'klingon'"* ]]
}

@test "libraries that are opened at run time: named in the program, or in its note" {
	make ./opener
	[[ $stderr == *"with dlopen: opener imports dlopen and names libplug.so.1"* ]]
	files | grep -qx "/usr/lib/$TUPLE/libplug.so.1.0"
	make ./noter
	[[ $stderr == *"with dlopen: noter says that it opens libnoted.so.1 (x)"* ]]
	files >list
	grep -qx "/usr/lib/$TUPLE/libnoted.so.1.0" list
	run ! grep libplug list # only suggested
	"$PARE" explain ./noter --keyring "$KEYRING" | grep 'would also use libplug.so.1'
	make ./opener --without dlopen
	files >listed
	run ! grep libplug listed
}

@test "libraries whose names nobody sees are said to be missing" {
	make ./hider
	[ "$(grep -c "hider opens libraries at run time (dlopen), and their names aren't in it" <<<"$stderr")" = 1 ]
	"$PARE" explain ./hider --keyring "$KEYRING" >said
	grep 'hider opens libraries at run time' said
	# a static one couldn't
	run ! grep 'linked with -static' said
	"$PARE" explain ./hello --keyring "$KEYRING" | grep 'linked with -static'
	make ./hider --without dlopen
	[[ $stderr != *"opens libraries"* ]]
	make ./hello
	[[ $stderr != *"opens libraries"* ]]
}

@test "services are looked up in Debian's file, or this machine's" {
	make ./service
	[[ $stderr == *"with nss: services are looked up: service imports getservbyname"* ]]
	[ "$(files | grep -E '^/etc/(services|protocols|nsswitch)')" = $'/etc/nsswitch.conf\n/etc/services' ]
	make ./service --without nss
	files >listed
	run ! grep /etc/services listed
	make ./service --libs host --offline
	if [ -e /etc/services ]; then
		equal "$(image cat etc/services)" "$(cat /etc/services)"
	else
		[[ $stderr == *"/etc/services is left out"* ]]
	fi
}

@test "TLS brings the certificates" {
	make ./tls
	[[ $stderr == *"with ca-certificates: TLS is linked: tls needs libssl.so.3"* ]]
	files | grep -qx /etc/ssl/certs/ca-certificates.crt
	files >listed
	run ! grep -E 'update-ca-certificates|mozilla' listed
	image config | jq -e '.config.Env | index("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt")'
}

@test "an OpenSSL provider comes for whoever loads one, a library too, and for nobody else" {
	run -0 --separate-stderr "$PARE" build ./oldkeys -o oci:out:v1 -t oldkeys --keyring "$KEYRING"
	[[ $stderr == *"with modules: an OpenSSL provider is loaded by name: libkeys.so.1 imports OSSL_PROVIDER_load"* ]]
	LAYOUT=out image ls >listing
	grep -q "/ossl-modules/legacy.so$" listing
	run ! grep -q "/ossl-modules/other.so$" listing
	"$PARE" history oldkeys >history
	grep -q 'modules: an OpenSSL provider is loaded by name: libkeys.so.1 imports' history
	"$PARE" build -q ./hasher -o oci:plain:v1 --keyring "$KEYRING"
	LAYOUT=plain image ls >listing
	grep -q "/libcrypto.so.3.0$" listing
	run ! grep -q ossl-modules listing
}

@test "PAM: its modules, and what the user has to add" {
	run -0 --separate-stderr "$PARE" build ./login -o oci:out:v1 --keyring "$KEYRING"
	[[ $stderr == *"with modules: PAM opens modules by name; which, your /etc/pam.d/SERVICE says: --file FILE:/etc/pam.d/SERVICE adds it: login imports pam_start"* ]]
	LAYOUT=out image ls >listing
	grep -q "/security/pam_unix.so$" listing
	grep -q "/etc/security/limits.conf$" listing
}

@test "a program's own libraries come from where its RUNPATH leads" {
	make app.d/bin/tool
	files >list
	grep -qx /usr/lib/libown.so.1 list
	grep -qx "/usr/lib/$TUPLE/libalpha.so.2.0" list
	image cat /usr/lib/libown.so.1 | cmp - app.d/lib/libown.so.1
	rm app.d/lib/libown.so.1
	run -11 "$PARE" build app.d/bin/tool --keyring "$KEYRING"
	[[ $output == *"tool needs libown.so.1, which no package of Debian trixie has"* ]]
}

@test "init gives the same image, from its own resolution, and explain says what there is" {
	local program
	for program in ./app ./locale ./conv ./opener app.d/bin/tool; do
		"$PARE" build -q "$program" --keyring "$KEYRING" >want
		"$PARE" init -q -f "$program" --keyring "$KEYRING"
		"$PARE" build -q >got
		diff want got || { cat pare.yaml; return 1; }
		rm pare.lock
	done
	"$PARE" explain --format json ./app --keyring "$KEYRING" >json
	jq -e '.strategy.name == "packages" and (.needs | map(.name) | index("libbeta.so.1"))
		and (.needs[] | select(.name == "libbeta.so.1") | .from == "libbeta1 1.0" and
			.evidence == "needed by libalpha.so.2")
		and ([.image.parts[].package] | index("libalpha2") and (index("extra") | not))' json
	# the figures are the image's
	make ./app
	equal "$(jq .image.files json)" "$(files | wc -l)"
	bytes=0
	while read -r path; do
		bytes=$((bytes + $(image cat "$path" | wc -c)))
	done < <(image ls | sed -n 's/^f [0-7]* [0-9:]* //p')
	[ "$(jq .image.bytes json)" = "$bytes" ]
	[ "$(jq '[.image.parts[].bytes] | add' json)" = "$bytes" ]
}

@test "--libs=host: this machine's libraries, with dpkg's record of them, and no network" {
	true >"$SERVE_LOG"
	make app.d/bin/tool --libs host --file "$BATS_FILE_TMPDIR/lib/libalpha.so.2:/usr/lib/libalpha.so.2" \
		--file "$BATS_FILE_TMPDIR/lib/libbeta.so.1:/usr/lib/libbeta.so.1"
	[[ $stderr == *"host libraries: dynamic: this machine's own libraries, as asked for"* ]]
	[ ! -s "$SERVE_LOG" ]
	libc=$(ldconfig -p | sed -n 's/.*libc\.so\.6 .* => //p' | head -n 1)
	files | sed 's/ ->.*//' >list
	grep -qx /usr/lib/libown.so.1 list
	image cat "$(realpath "$libc")" | cmp - "$libc"
	package=$(dpkg -S "$libc" "$(realpath "$libc")" 2>/dev/null | head -n 1 | cut -d: -f1)
	image cat "/var/lib/dpkg/status.d/$package" |
		grep -qx "Version: $(dpkg-query -W -f '${Version}\n' "$package" | head -n 1)"
	image cat "/var/lib/dpkg/status.d/$package" >listed
	run ! grep -E '^(Status|Conffiles):' listed
	image check
	"$PARE" init -q -f ./hello --libs host
	"$PARE" build -q >got
	"$PARE" build -q ./hello --libs host >want
	diff want got
}

@test "--libs=host: a loader whose path leads through .. is the one that it leads to" {
	make hello --libs host
	image ls >straight
	gcc -O1 -x c - -o hello.up "-Wl,--dynamic-linker=${LOADER%/*}/..${LOADER%/*}/${LOADER##*/}" <<-'END'
		#include <stdio.h>
		int main(void) { return puts("hello") < 0; }
	END
	make hello.up --libs host
	image ls | sed 's/hello\.up/hello/' | diff <(sed 's/^\(f [0-7]* [0-9:]*\).*hello$/&/' straight) -
	echo 'int main(void) { return 0; }' |
		gcc -x c - -o far "-Wl,--dynamic-linker=/$(printf 'x%.0s' {1..4000})/ld.so"
	run -9 "$PARE" build ./far --libs host
	run -11 "$PARE" build ./far
	[[ $output == *"xxx…', which is no loader of Debian's or Alpine's"*"--libs=host"* ]]
}

@test "--libs=host: a library that this machine lacks is named" {
	run -9 "$PARE" build ./orphaned --libs host
	[[ $output == *"'./orphaned' would not start on this machine: "*"liborphan.so.1"* ]]
}

@test "the program runs in its image" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	make ./hello --release "$(. /etc/os-release && echo "${VERSION_CODENAME/sid/trixie}")"
	umoci unpack --image img:it bundle >/dev/null 2>&1
	[ "$(chroot --userspec=65532:65532 bundle/rootfs /usr/bin/hello)" = hello ]
}

@test "a machine that no supported release is for" {
	[ "$(uname -m)" = x86_64 ] || skip "the program is bent from x86-64 to RISC-V"
	cp hello other && printf '\363\0' | dd of=other bs=1 seek=18 conv=notrunc status=none
	run -11 "$PARE" build ./other --release bookworm
	[[ $output == *"no release fits './other': it is for riscv64, which Debian bookworm is not supported for"* ]]
	cp hello other && printf '\010\0' | dd of=other bs=1 seek=18 conv=notrunc status=none
	run -11 "$PARE" build ./other
	[[ $output == *"it is for mips64el, which Debian trixie is not supported for"*"pare.yaml(5)"* ]]
}

@test "musl and unknown loaders: an error that says what helps" {
	with_loader /lib/ld-musl-x.so.1 >musl
	run -11 "$PARE" build ./musl
	[[ $output == *"'./musl' is linked with musl"*"--libs=host"* ]]
	local system
	for system in OpenBSD:/usr/libexec/ld.so Android:/system/bin/linker64 NetBSD:/libexec/ld.elf_so; do
		with_loader "${system#*:}" >foreign
		run -11 "$PARE" build ./foreign --libs host
		[[ $output == *"'./foreign' is a program for ${system%:*}; an image needs a Linux program"* ]]
	done
	with_loader /own/ld.so >own
	run -11 "$PARE" build ./own
	[[ $output == *"which is no loader of Debian's"*"--libs=host"* ]]
}
