/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rules of an audit, as rule.h has them: what --explain says, and pare-audit-rules(7), which
 * is made of this file when pare is built. A rule's id and meaning don't change; a rule that
 * means something else gets another id.
 */
#include "audit/rule.h"

/* Number, id, group, level; title; text; advice; peers. */
#define RULE(number, id_, group_, level_, title_, text_, advice_, peers_) \
	[RULE_##number] = {                                               \
		.id = (id_),                                              \
		.group = AUDIT_##group_,                                  \
		.level = AUDIT_##level_,                                  \
		.title = (title_),                                        \
		.text = (text_),                                          \
		.advice = (advice_),                                      \
		.peers = (peers_),                                        \
	}

const struct audit_rule audit_rules[AUDIT_RULES] = {
	/* clang-format off */
	RULE(START_NOTHING, "start-nothing", START, NOTE,
	     "The image names no program to start",
	     "Neither an entrypoint nor a command is in the image's configuration. That is right "
	     "for an image that others build on; who runs it as it is must name a program on the "
	     "command line.",
	     "Set entrypoint or cmd, unless this is a base image.",
	     NULL),
	RULE(START_COMMAND_MISSING, "start-command-missing", START, ERROR,
	     "The program to start is not in the image",
	     "The first word of entrypoint and command is looked up as a container runtime does "
	     "it: through PATH of the image's environment, from the working directory, inside the "
	     "merged layers. Nothing is there, and the container ends with 'no such file or "
	     "directory'.",
	     "Put the program where entrypoint or cmd name it, or correct the name or PATH.",
	     NULL),
	RULE(START_NOT_EXECUTABLE, "start-not-executable", START, ERROR,
	     "The program to start can not be executed by its user",
	     "The file is there, but it is no regular file, or the user that the image runs as has "
	     "no execute permission on it or may not enter a folder above it. The kernel answers "
	     "'permission denied'.",
	     "Give the file execute permission for the image's user (mode 0755).",
	     NULL),
	RULE(START_NOT_A_PROGRAM, "start-not-a-program", START, ERROR,
	     "The file to start is no program",
	     "The kernel runs ELF programs and files that begin with '#!'. This one is neither, or "
	     "it is an ELF file that was cut short or contradicts itself: 'exec format error'.",
	     "Put the whole program there; begin a script with '#!' and its interpreter.",
	     NULL),
	RULE(START_ARCHITECTURE, "start-architecture", START, ERROR,
	     "The program is for another processor than the image",
	     "The image's configuration says for which processor it is, and the program's header "
	     "says for which it was compiled. They differ, so that it runs nowhere but under an "
	     "emulator.",
	     "Build the program for the image's platform, or correct the platform of the image.",
	     NULL),
	RULE(START_INTERPRETER_MISSING, "start-interpreter-missing", START, ERROR,
	     "The interpreter of the program is missing",
	     "A dynamic program names its loader, such as /lib64/ld-linux-x86-64.so.2, and a "
	     "script its interpreter behind '#!'. The kernel looks for it inside the image, and "
	     "says 'no such file or directory' as if the program itself weren't there. A program "
	     "for glibc in an image with musl, or the other way round, ends like this, too.",
	     "Add the package that has the interpreter, or link the program statically.",
	     NULL),
	RULE(START_CARRIAGE_RETURN, "start-carriage-return", START, ERROR,
	     "The script's first line ends in a carriage return",
	     "The script was saved with DOS line ends. The kernel takes the carriage return for a "
	     "part of the interpreter's name, finds no such file, and says 'no such file or "
	     "directory'.",
	     "Save the script with Unix line ends.",
	     NULL),
	RULE(START_LIBRARY_MISSING, "start-library-missing", START, ERROR,
	     "A library that the program needs is missing or can not be loaded",
	     "The libraries that the program and its libraries name are searched as its loader "
	     "would: by RPATH, RUNPATH, LD_LIBRARY_PATH and the loader's cache for glibc, by "
	     "musl's own rules for musl. One is in none of the folders, or what is there is for "
	     "another processor or no library.",
	     "Add the package that has the library.",
	     NULL),
	RULE(START_VERSION_MISSING, "start-version-missing", START, ERROR,
	     "A library is older than the program needs",
	     "Programs for glibc record which versions of symbols they were linked against, as "
	     "GLIBC_2.38. The library in the image does not have this version, so the loader "
	     "refuses to start the program.",
	     "Use a base with a newer library, or build the program on an older release.",
	     NULL),
	RULE(START_SYMBOL_MISSING, "start-symbol-missing", START, ERROR,
	     "A symbol that the program needs is defined nowhere",
	     "No library that is loaded defines a function or variable that is needed at the "
	     "start. This is how a program that was built for glibc ends in an image with musl, "
	     "where no library seems to be missing.",
	     "Bring the library that the program was built against, or build it for the one that "
	     "is there.",
	     NULL),
	RULE(START_SHELL_MISSING, "start-shell-missing", START, ERROR,
	     "The command is in shell form, and there is no shell",
	     "A command that was written as one string is run by '/bin/sh -c'. The image has no "
	     "shell, so that the container can not start.",
	     "Write entrypoint and command as a list of words (exec form).",
	     NULL),
	RULE(START_USER_MISSING, "start-user-missing", START, ERROR,
	     "The user is not in the image",
	     "The configuration names a user or group that is in neither /etc/passwd nor "
	     "/etc/group of the image, and a runtime refuses to start the container. Numbers need "
	     "no entry.",
	     "Use the number of the user, or add the account to /etc/passwd.",
	     NULL),
	RULE(START_FOLDER_UNUSABLE, "start-folder-unusable", START, WARNING,
	     "The working directory can not be entered",
	     "The working directory of the configuration is no folder, or the image's user may not "
	     "enter it. Runtimes make a folder that is missing, but they can't replace a file and "
	     "don't change permissions.",
	     "Make it a folder that the image's user may enter.",
	     NULL),
	RULE(START_HEALTHCHECK_SHELL, "start-healthcheck-shell", START, WARNING,
	     "The health check needs a shell, and there is none",
	     "The configuration has a health check in shell form (CMD-SHELL). Without a shell in "
	     "the image it always fails, and Docker calls the container unhealthy.",
	     "Write the health check as a list of words, with a program that is in the image.",
	     NULL),
	RULE(START_HEALTHCHECK_PROGRAM, "start-healthcheck-program", START, WARNING,
	     "The health check's program can not start",
	     "The program that the health check names is looked up and checked like the command: "
	     "it is missing, or lacks its interpreter or a library. So the check always fails, and "
	     "Docker calls the container unhealthy. Of a check in shell form only a plain first "
	     "word is looked up. A common case is curl, which small images don't have.",
	     "Add the program, or check with one that is in the image.",
	     NULL),
	RULE(START_OTHER_PROGRAM, "start-other-program", START, NOTE,
	     "Another program of the image can not start",
	     "Besides what the image starts by itself, each program and library in it is checked "
	     "the same way. This one lacks its interpreter, a library or a version. That is "
	     "harmless for a program that nobody starts, and a reason to leave it out.",
	     "Add what is missing, or leave the program out.",
	     NULL),
	RULE(USER_ROOT, "user-root", USER, WARNING,
	     "The image runs as root",
	     "No user is set, or it is 0, root, or a name whose number in /etc/passwd is 0. A "
	     "process that is root inside a container is root for the kernel, too, when something "
	     "lets it out; with user namespaces it still owns every file of the image. Of an image "
	     "that names no program to start this is a warning at most: who builds on it sets both.",
	     "Set a user that is not root, by number, such as 65532.",
	     "dockle CIS-DI-0001, trivy DS-0002, hadolint DL3002"),
	RULE(USER_NOT_NUMERIC, "user-not-numeric", USER, NOTE,
	     "The user is a name, not a number",
	     "Kubernetes can't tell from a name whether it is root: with runAsNonRoot: true it "
	     "refuses to start the container.",
	     "Set the user by number, such as 65532:65532.",
	     "hadolint DL3066"),
	RULE(USER_GROUP_ROOT, "user-group-root", USER, NOTE,
	     "The image runs with group 0",
	     "The user is not root, but its group is. Files that belong to the group root and are "
	     "writable by it can be changed. OpenShift's habit of running any number with group 0 "
	     "makes this a choice for some.",
	     "Set a group besides the user, such as 65532:65532.",
	     NULL),
	RULE(SURFACE_SHELL, "surface-shell", SURFACE, NOTE,
	     "There is a shell",
	     "Most exploits and all habits of intruders begin with a shell. A program that doesn't "
	     "start one works without it, and debugging works from outside.",
	     "Build from what the program needs, or remove the package.",
	     NULL),
	RULE(SURFACE_PACKAGE_MANAGER, "surface-package-manager", SURFACE, NOTE,
	     "There is a package manager",
	     "A package manager installs what an intruder misses, and invites changing running "
	     "containers. An image that is built anew instead doesn't need it; its database of "
	     "packages can stay for scanners.",
	     "Build from packages without installing their manager.",
	     NULL),
	RULE(SURFACE_COMPILER, "surface-compiler", SURFACE, NOTE,
	     "There are compilers or build tools",
	     "Compilers, linkers and build tools make programs of whatever gets in, are large, and "
	     "have vulnerabilities of their own.",
	     "Build in one stage, and copy the result into another without them.",
	     NULL),
	RULE(SURFACE_SUDO, "surface-sudo", SURFACE, WARNING,
	     "There is a program to become another user",
	     "sudo, doas, su and their like exist to become root. In a container whose user is set "
	     "from outside they have no use, and are setuid root.",
	     "Leave the package out; set the user in the configuration.",
	     "dockle DKL-DI-0001, trivy DS-0010, hadolint DL3004"),
	RULE(SURFACE_NETWORK_TOOL, "surface-network-tool", SURFACE, NOTE,
	     "There are network tools",
	     "Programs such as curl, wget, nc, ssh or nmap fetch an intruder's tools and carry data "
	     "away.",
	     "Leave them out; look into the network from a container beside this one.",
	     NULL),
	RULE(SETUID_PACKAGED, "setuid-packaged", SURFACE, NOTE,
	     "A program of a package is setuid or setgid",
	     "Who starts this program becomes its owner or group. It is as its package has it; "
	     "whether the container needs it is another question: hardly any service does.",
	     "Leave the package out, or clear the bits (chmod ug-s); run with no_new_privs.",
	     "dockle CIS-DI-0008"),
	RULE(SETUID_FOREIGN, "setuid-foreign", SURFACE, WARNING,
	     "A setuid or setgid program is not as a package brought it",
	     "Who starts this program becomes its owner or group, and no package brought it, or its "
	     "package has other bytes or doesn't set the bit. This is how back doors look.",
	     "Find out who put it there; clear the bits (chmod ug-s) or remove it.",
	     "dockle CIS-DI-0008"),
	RULE(CAPABILITY_PACKAGED, "capability-packaged", SURFACE, NOTE,
	     "A program of a package has file capabilities",
	     "Its security.capability attribute gives the program a part of root's power, whoever "
	     "starts it.",
	     "Leave the package out, or remove the capability (setcap -r).",
	     NULL),
	RULE(CAPABILITY_FOREIGN, "capability-foreign", SURFACE, WARNING,
	     "A program with file capabilities belongs to no package",
	     "Its security.capability attribute gives the program a part of root's power, whoever "
	     "starts it, and no package brought the file.",
	     "Find out who put it there; give the capability to the container instead.",
	     NULL),
	RULE(WRITABLE_FILE, "writable-file", SURFACE, WARNING,
	     "Everybody may write to a file",
	     "Any process in the container can change this file, whichever user it is.",
	     "Take the permission away (chmod o-w).",
	     NULL),
	RULE(WRITABLE_FOLDER, "writable-folder", SURFACE, WARNING,
	     "Everybody may write to a folder without the sticky bit",
	     "Any user can remove and replace the files of others in it. /tmp is safe because it "
	     "has the sticky bit.",
	     "Set the sticky bit (chmod +t), or take the permission away.",
	     NULL),
	RULE(PASSWORD_EMPTY, "password-empty", SURFACE, ERROR,
	     "An account has an empty password",
	     "The password field of this account in /etc/shadow or /etc/passwd is empty: whoever "
	     "asks for it gets in.",
	     "Lock the account: put '!' or '*' there.",
	     "dockle DKL-LI-0001"),
	RULE(PASSWORD_READABLE, "password-readable", SURFACE, WARNING,
	     "A password hash is where everybody can read it",
	     "A hash in /etc/passwd, or in a /etc/shadow that everybody may read, can be guessed "
	     "at leisure. An image can be read by whoever can pull it, so a hash has no place in "
	     "any.",
	     "Lock the account: put '!' or '*' there.",
	     NULL),
	RULE(ACCOUNT_DUPLICATE, "account-duplicate", SURFACE, WARNING,
	     "Two accounts or groups share a name or number",
	     "Two entries of /etc/passwd or /etc/group have the same number or name. What one owns "
	     "the other owns, too, and which of them a program sees depends on the order.",
	     "Give each its own number.",
	     "dockle DKL-LI-0002"),
	RULE(ACCOUNT_MALFORMED, "account-malformed", SURFACE, WARNING,
	     "A line of passwd, group or shadow is malformed",
	     "A line has the wrong number of fields, no name, or something else than a number "
	     "where one belongs. Each program reads such lines differently.",
	     "Correct or remove the line.",
	     NULL),
	RULE(DEVICE, "device", SURFACE, WARNING,
	     "There is a device file",
	     "A device in an image gives access to the host's device of that number wherever the "
	     "runtime allows it. Runtimes make the devices that a container needs.",
	     "Remove it.",
	     NULL),
	RULE(SECRET_PRIVATE_KEY, "secret-private-key", SECRETS, ERROR,
	     "There is a private key",
	     "A key with header, body and footer is in a file of some layer. What a later layer "
	     "deletes can still be read by whoever pulls the image. Files that are as their "
	     "package brought them are not looked at.",
	     "Take it out of the layer that brings it, and replace the key: it is known.",
	     "trivy private-key, dockle CIS-DI-0010"),
	RULE(SECRET_TOKEN, "secret-token", SECRETS, ERROR,
	     "There is an access token",
	     "Text in a file of some layer has the form of a token that some service issues: "
	     "prefix, alphabet and length fit. What a later layer deletes can still be read by "
	     "whoever pulls the image.",
	     "Take it out of the layer that brings it, and revoke the token: it is known.",
	     "trivy secret rules, dockle CIS-DI-0010"),
	RULE(SECRET_CREDENTIAL_FILE, "secret-credential-file", SECRETS, ERROR,
	     "There is a file with credentials",
	     "A file that tools keep passwords in, such as .netrc, .pgpass or Docker's "
	     "config.json, is in some layer and holds one.",
	     "Give it at build time as a secret mount, and change the password: it is known.",
	     "dockle CIS-DI-0010"),
	RULE(SECRET_CONFIG, "secret-config", SECRETS, ERROR,
	     "There is a secret in the configuration or history",
	     "An environment variable, a label or an entry of the history has a value that is a "
	     "secret by its form, or a variable whose name says so has a value. Everybody who can "
	     "pull the image can read it.",
	     "Give it at run time, or as a secret mount when building; change it: it is known.",
	     "trivy DS-0031, dockle CIS-DI-0010, hadolint DL3064"),
	RULE(WASTE_DEAD_BYTES, "waste-dead-bytes", WASTE, WARNING,
	     "A layer holds bytes that nobody sees",
	     "Files in this layer are overwritten or deleted by a later layer, or were copied only "
	     "to change their attributes. They are stored and pulled all the same. Counted are all "
	     "bytes of files in layers, minus those that are visible in the end.",
	     "Do it in one step: delete in the instruction that creates, set owner and mode while "
	     "copying.",
	     "dive efficiency"),
	RULE(WASTE_DUPLICATES, "waste-duplicates", WASTE, NOTE,
	     "The same content is there under several names",
	     "Several files of the image have the same bytes and are no hard links of each other.",
	     "Keep one, and make the others links.",
	     "slim xray"),
	RULE(WASTE_PACKAGE_CACHE, "waste-package-cache", WASTE, WARNING,
	     "A package manager left lists or packages behind",
	     "Package lists and downloaded packages of apt, apk, dnf and others are of use only "
	     "for installing more, and are old by tomorrow.",
	     "Delete them in the same instruction, or mount them as a cache.",
	     "hadolint DL3009 DL3019, trivy DS-0025, dockle DKL-DI-0004 DKL-DI-0005"),
	RULE(WASTE_LANGUAGE_CACHE, "waste-language-cache", WASTE, WARNING,
	     "A language's package manager left its cache behind",
	     "Downloads and build caches of pip, npm, yarn, Go, Cargo and others are of use only "
	     "for installing more.",
	     "Turn the cache off (pip --no-cache-dir), clean it in the same instruction (npm cache "
	     "clean --force, go clean -cache -modcache), or mount it as a cache.",
	     "hadolint DL3042 DL3060"),
	RULE(WASTE_LOGS, "waste-logs", WASTE, NOTE,
	     "There are log files",
	     "Logs of the build tell of the machine that built it and change with every build.",
	     "Delete them in the same instruction.",
	     NULL),
	RULE(WASTE_BYTECODE, "waste-bytecode", WASTE, NOTE,
	     "There is bytecode beside its source",
	     "Python files are there as source and compiled. One of both is enough; compiled files "
	     "hold times, which makes a build irreproducible.",
	     "Set PYTHONDONTWRITEBYTECODE=1 while installing, or compile with unchecked hashes.",
	     NULL),
	RULE(WASTE_DOCUMENTATION, "waste-documentation", WASTE, NOTE,
	     "There is documentation",
	     "Manual pages, info files, examples and documentation are not read inside a "
	     "container. Licence texts (copyright files) don't count: they must stay.",
	     "Exclude /usr/share/doc and man pages when installing.",
	     NULL),
	RULE(WASTE_DEBUG_DATA, "waste-debug-data", WASTE, NOTE,
	     "Programs carry debug data",
	     "Programs and libraries have debug sections, which nothing needs for running.",
	     "Strip them (strip --strip-debug), and keep the data elsewhere.",
	     NULL),
	RULE(WASTE_LEFTOVERS, "waste-leftovers", WASTE, NOTE,
	     "Files of a work place were left in the image",
	     "Repositories of git, editor settings, Dockerfiles and the like came in with a folder "
	     "that was copied as a whole.",
	     "List them in .dockerignore, or copy what is needed only.",
	     "dockle DKL-LI-0003"),
	RULE(MISSING_CERTIFICATES, "missing-certificates", MISSING, WARNING,
	     "A program speaks TLS, and there are no CA certificates",
	     "The program links a TLS library or has the usual paths of certificates compiled in, "
	     "but there is no bundle at any of them: it can't verify any server.",
	     "Add the package ca-certificates, or mount a bundle.",
	     NULL),
	RULE(MISSING_ZONES, "missing-zones", MISSING, NOTE,
	     "A program asks for time zones, and there is no zone data",
	     "The program asks for local time or has the path of zone data compiled in. Without "
	     "the data each zone but UTC is unknown to it.",
	     "Add the package tzdata, if it should know other zones than UTC.",
	     NULL),
	RULE(MISSING_ACCOUNTS, "missing-accounts", MISSING, NOTE,
	     "There is no passwd or group file",
	     "Programs that ask for the name or home of their user get no answer, and some, such "
	     "as ssh or git, end at once.",
	     "Add /etc/passwd and /etc/group with the image's user.",
	     NULL),
	RULE(MISSING_NSSWITCH, "missing-nsswitch", MISSING, NOTE,
	     "A program looks names up, and there is no nsswitch.conf",
	     "Without /etc/nsswitch.conf glibc before 2.34 asks in an order of its own, and Go "
	     "programs ask DNS before /etc/hosts.",
	     "Add /etc/nsswitch.conf with 'hosts: files dns'.",
	     NULL),
	RULE(MISSING_TMP, "missing-tmp", MISSING, NOTE,
	     "There is no /tmp that everybody can use",
	     "Programs make temporary files there. It is missing, or is not a folder with mode "
	     "1777.",
	     "Add /tmp with mode 1777, or mount one.",
	     NULL),
	RULE(MISSING_HOME, "missing-home", MISSING, NOTE,
	     "The home folder of the user is missing",
	     "HOME, or the home that /etc/passwd has for the image's user, doesn't exist, or "
	     "belongs to others and can't be written to.",
	     "Add the folder, owned by the user.",
	     NULL),
	RULE(PACKAGES_UNKNOWN, "packages-unknown", HYGIENE, WARNING,
	     "Scanners can not tell which packages are in the image",
	     "There are programs or libraries, but no database of packages (dpkg's or apk's), so "
	     "that scanners report nothing at all, which looks like no vulnerability.",
	     "Keep the package database, as distroless images do in /var/lib/dpkg/status.d.",
	     NULL),
	RULE(PACKAGES_DISAGREE, "packages-disagree", HYGIENE, WARNING,
	     "The package database disagrees with the files",
	     "A package's files are missing or were changed since it was installed: what scanners "
	     "say about it is not what is there.",
	     "Change files by configuration, not in place; remove packages as a whole.",
	     NULL),
	RULE(FILES_FOREIGN, "files-foreign", HYGIENE, NOTE,
	     "Programs belong to no package",
	     "Programs and libraries are in the image that no package brought. Scanners can't see "
	     "what they are, and nobody updates them.",
	     "Ship them as packages, or say what they are in an SBOM.",
	     NULL),
	RULE(FILES_OWNERLESS, "files-ownerless", HYGIENE, NOTE,
	     "Files belong to a user or group that does not exist",
	     "The number of the owner is in no entry of /etc/passwd or /etc/group: it came from "
	     "the machine that built the image, and may be anybody's one day.",
	     "Set the owner while copying (COPY --chown).",
	     NULL),
	RULE(LINK_BROKEN, "link-broken", HYGIENE, NOTE,
	     "A link leads nowhere",
	     "What the symbolic link names is not in the image. Links into /proc, /dev, /sys and "
	     "/run don't count: these are made at run time.",
	     "Remove the link, or bring what it leads to.",
	     NULL),
	RULE(RELEASES_MIXED, "releases-mixed", HYGIENE, WARNING,
	     "Packages of several releases are mixed",
	     "The packages of the image come from different releases of the distribution. Nobody "
	     "tests such a mix, and security updates of one release don't cover the other. No "
	     "package database says which release a package is of. Debian's is seen by what "
	     "differs from os-release: base-files, the C library, GCC's libraries, and versions "
	     "with the mark of a newer release, such as +deb13u1; Alpine's by os-release and the "
	     "repositories, all of which apk takes packages from. Other packages of another "
	     "release, and other distributions, are not seen.",
	     "Take all packages from one release.",
	     NULL),
	RULE(TAG_LATEST, "tag-latest", HYGIENE, NOTE,
	     "The image is asked for by the tag latest",
	     "The name that was given has no tag, or the tag latest, which means another image "
	     "tomorrow.",
	     "Give each build its own tag, and use images by digest.",
	     "dockle DKL-DI-0006, hadolint DL3006 DL3007, trivy DS-0001"),
	RULE(WORKDIR_RELATIVE, "workdir-relative", HYGIENE, WARNING,
	     "The working directory is not absolute",
	     "Runtimes differ in what they make of a relative working directory.",
	     "Begin it with '/'.",
	     "hadolint DL3000, trivy DS-0009"),
	RULE(VOLUME_SENSITIVE, "volume-sensitive", HYGIENE, ERROR,
	     "A volume lies over a folder of the system",
	     "A volume at /proc, /sys, /dev, /run, /etc, /boot or the socket of an engine hides "
	     "what the runtime puts there, or hands the host's out.",
	     "Remove the volume.",
	     "dockle DKL-DI-0002"),
	RULE(PORT_SSH, "port-ssh", HYGIENE, NOTE,
	     "Port 22 is exposed, or a port that does not exist",
	     "A container needs no SSH server: engines start processes in it. Ports are 1 to "
	     "65535.",
	     "Remove the port.",
	     "trivy DS-0004 DS-0008, hadolint DL3011"),
	RULE(LAYERS_MANY, "layers-many", HYGIENE, WARNING,
	     "There are more than 127 layers",
	     "Docker's and containerd's overlay file systems take no more; the image can't be run "
	     "there.",
	     "Join instructions, or build it from fewer stages.",
	     "slim ID.20020"),
	RULE(IRREPRODUCIBLE, "irreproducible", HYGIENE, NOTE,
	     "Traces of when and where it was built",
	     "Files that hold random data, times or names of the build machine, such as "
	     "machine-id, ldconfig's auxiliary cache or SSH host keys, make two builds of the same "
	     "input differ, and are shared by all containers of the image.",
	     "Empty or remove them; set SOURCE_DATE_EPOCH.",
	     NULL),
	RULE(UPDATE_SECURITY, "update-security", UPDATES, WARNING,
	     "A security update is available",
	     "The signed security archive of the package's release has a newer version. The CVE "
	     "ids are those that the changelog names between the installed and the newer version.",
	     "Build the image anew with the newer version.",
	     "trivy, grype"),
	RULE(UPDATE_AVAILABLE, "update-available", UPDATES, NOTE,
	     "A newer version is available",
	     "The signed archive of the package's release has a newer version, which nobody "
	     "marked as a security update. Alpine marks none: whether it repairs a CVE is "
	     "not in its indexes.",
	     "Build the image anew with the newer version.",
	     NULL),
	RULE(LIMIT_SIZE, "limit-size", POLICY, ERROR,
	     "The image is larger than the policy allows",
	     "The bytes of all layers as they are stored are more than thresholds.size of the "
	     "policy.",
	     "See what is large: pare ls --largest 20, and the findings on waste.",
	     NULL),
	RULE(LIMIT_DEAD_BYTES, "limit-dead-bytes", POLICY, ERROR,
	     "More bytes are dead than the policy allows",
	     "The bytes in layers that nobody sees are more than thresholds.dead-bytes of the "
	     "policy.",
	     "See the findings waste-dead-bytes.",
	     "dive highestWastedBytes"),
	RULE(LIMIT_PACKAGES, "limit-packages", POLICY, ERROR,
	     "There are more packages than the policy allows",
	     "The number of packages is more than thresholds.packages of the policy.",
	     "Leave packages out that the program doesn't need.",
	     NULL),
	RULE(LIMIT_FILES, "limit-files", POLICY, ERROR,
	     "There are more files than the policy allows",
	     "The number of files is more than thresholds.files of the policy.",
	     "Leave out what the program doesn't need.",
	     NULL),
	RULE(IGNORE_UNUSED, "ignore-unused", POLICY, NOTE,
	     "An exception of the policy fits nothing",
	     "An entry of ignore in the policy file fits no finding: what it was for is gone, and "
	     "it could hide something new.",
	     "Remove the entry.",
	     NULL),
	RULE(IGNORE_EXPIRED, "ignore-expired", POLICY, WARNING,
	     "An exception of the policy has expired",
	     "The date of an entry of ignore has passed. What it hid counts again.",
	     "Repair what it hid, or decide anew and set a later date.",
	     NULL),
	/* clang-format on */
};
