#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The merged tree, as umoci unpacks it and podman mounts it: every path, type, mode, owner, link and
# digest of it must be what pare export says.

bats_require_minimum_version 1.5.0
load lib

setup() {
	cd "$BATS_TEST_TMPDIR"
	export PARE_CACHE=$PWD/cache
	[ "$(id -u)" = 0 ] || skip "root is needed for owners and devices"
}

# Everything below the folder, one a line; of hard links, which names are one file.
list_folder() {
	python3 - "$1" <<-'END'
		import hashlib, os, stat, sys
		root, seen = sys.argv[1], {}
		for folder, dirs, files in os.walk(root):
		    dirs.sort()
		    for name in sorted(dirs + files) + ([""] if folder == root else []):
		        path = os.path.join(folder, name) if name else root
		        s = os.lstat(path)
		        shown = os.path.relpath(path, root)
		        what = ""
		        if stat.S_ISREG(s.st_mode):
		            what = hashlib.sha256(open(path, "rb").read()).hexdigest()
		            if s.st_nlink > 1:
		                what += " = " + str(sorted([shown] + seen.get(s.st_ino, []))[0])
		                seen.setdefault(s.st_ino, []).append(shown)
		        elif stat.S_ISLNK(s.st_mode):
		            what = os.readlink(path)
		        elif stat.S_ISCHR(s.st_mode) or stat.S_ISBLK(s.st_mode):
		            what = f"{os.major(s.st_rdev)},{os.minor(s.st_rdev)}"
		        xattrs = {n: os.getxattr(path, n, follow_symlinks=False) for n in
		                  os.listxattr(path, follow_symlinks=False) if n.startswith("user.")}
		        mode = 0 if stat.S_ISLNK(s.st_mode) else stat.S_IMODE(s.st_mode)
		        print(shown, stat.filemode(s.st_mode)[0], oct(mode), s.st_uid, s.st_gid, what, xattrs)
	END
}

# A hard link's header repeats its file's attributes, as tars have it: engines disagree otherwise.
spec='
layer(dir_("./", mode=0o755), dir_("a", mode=0o750, uid=3, gid=4), file_("a/one", "1", mode=0o4711, uid=5), file_("a/two", "2"),
      dir_("opaque"), file_("opaque/old", "o"), dir_("opaque/deep"), file_("opaque/deep/x", "x"),
      dir_("gone"), file_("gone/f", "f"), file_("file-to-dir", "f"), dir_("dir-to-file"), file_("dir-to-file/f", "f"),
      link("link-to-file", "a/one"), file_("file-to-link", "x"), link("usr-lib", "a"), dir_("b"), hard("b/hard", "a/one", mode=0o4711, uid=5),
      node("pipe", "p", mode=0o600), node("null", "c", 1, 3, mode=0o666), file_("attr", "a", xattrs={"user.k": "v"}),
      file_("kept", "k", uid=65532, gid=65532, mode=0o640), link("dangling", "/no/where"), dir_("sticky", mode=0o1777))
layer(wh("gone"), opq("opaque"), file_("opaque/new", "n"), wh("a/two"), wh("file-to-dir"), dir_("file-to-dir", mode=0o700),
      file_("file-to-dir/in", "i"), wh("dir-to-file"), file_("dir-to-file", "now"), file_("link-to-file", "no link"),
      link("file-to-link", "kept"), dir_("a", mode=0o711, uid=9), file_("a/one", "changed"), wh("nothing"))
layer(dir_("gone"), file_("gone/again", "g"), hard("b/more", "b/hard", mode=0o4711, uid=5), file_("usr-lib/through", "t"), file_("attr", "a", mode=0o600),
      file_("opaque/old", "back"), wh("opaque/new"), hard("kept2", "kept", uid=65532, gid=65532, mode=0o640))'

@test "umoci's root file system is ours" {
	command -v umoci >/dev/null || skip "umoci is not installed"
	"$BATS_TEST_DIRNAME/../lib/make-image" i:x "$spec"
	umoci unpack --image i:x bundle >/dev/null
	mkdir ours
	"$PARE" export oci:i:x | tar -x --xattrs --xattrs-include='*' --numeric-owner -p -C ours
	list_folder ours >listed
	[ "$(wc -l <listed)" = 24 ]
	list_folder bundle/rootfs | diff -u - listed
}

@test "podman's mount is ours" {
	command -v podman >/dev/null || skip "podman is not installed"
	command -v skopeo >/dev/null || skip "skopeo is not installed"
	"$BATS_TEST_DIRNAME/../lib/make-image" i:x "$spec"
	options=(--root "$PWD/storage" --runroot "$PWD/run" --storage-driver vfs)
	# podman makes a name of a layout's path, which may have capitals
	skopeo --insecure-policy copy -q oci:i:x docker-archive:x.tar:merged:x
	podman "${options[@]}" load -q -i x.tar
	folder=$(podman "${options[@]}" image mount merged:x)
	mkdir ours
	"$PARE" export oci:i:x | tar -x --xattrs --xattrs-include='*' --numeric-owner -p -C ours
	list_folder "$folder" >theirs
	podman "${options[@]}" image unmount -a >/dev/null
	diff -u theirs <(list_folder ours)
}

@test "what umoci insert writes, without padding or end, is read" {
	command -v umoci >/dev/null || skip "umoci is not installed"
	umoci init --layout u
	umoci new --image u:x
	printf '%0600d' 1 >src
	umoci insert --rootless --image u:x src /f
	last=$(umoci stat --image u:x --json | jq -r '.history[-1].layer.digest')
	gzip -dc "u/blobs/${last/://}" >layer.tar
	[ "$(($(stat -c %s layer.tar) % 512))" = 88 ]
	"$PARE" cat oci:u:x f | cmp - src
}
