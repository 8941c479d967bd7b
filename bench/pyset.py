# SPDX-License-Identifier: Apache-2.0
"""Debian's 26-package Python set, which several benchmarks build or look at."""

PACKAGES = """libc6 libssl3t64 openssl ca-certificates tzdata netbase base-files media-types zlib1g
libexpat1 libffi8 liblzma5 libbz2-1.0 libsqlite3-0 libreadline8t64 libtinfo6 libncursesw6 libuuid1
libdb5.3t64 libgcc-s1 libstdc++6 libpython3.13-minimal libpython3.13-stdlib python3.13-minimal
python3-minimal libpython3-stdlib""".split()

RECIPE = """contents:
  repositories:
    - deb debian: trixie main
  packages: [%s]
  depends: none
archs: [amd64]
""" % ", ".join(PACKAGES)
