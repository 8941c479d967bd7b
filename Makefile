# SPDX-License-Identifier: Apache-2.0
# The ways in; meson does the work. `make run` and `make check` need nothing done before them.

BUILD ?= build
MESON_ARGS ?=
DESTDIR ?=
# make check SUITES="lint unit cli" runs only those
SUITES ?=

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet

run:
	@tools/setup build
	@$(MAKE) --no-print-directory $(BUILD)/build.ninja
	@test -x $(BUILD)/src/pare || echo "compiling pare in $(BUILD)/ (once)"
	@ninja -C $(BUILD) --quiet src/pare
	@tools/run-example $(BUILD)

check:
	@tools/setup test
	@$(MAKE) --no-print-directory all san
	@tests/run $(BUILD) $(BUILD)-asan $(SUITES)

# The same code under AddressSanitizer and UndefinedBehaviorSanitizer.
san: $(BUILD)-asan/build.ninja
	@ninja -C $(BUILD)-asan --quiet

# What has threads, under ThreadSanitizer.
THREADED = sys/workers io/ahead io/behind view/lanes place/store_shared
tsan: $(BUILD)-tsan/build.ninja
	@ninja -C $(BUILD)-tsan --quiet
	@TSAN_OPTIONS=exitcode=66 meson test -C $(BUILD)-tsan --no-rebuild --print-errorlogs $(THREADED)

# The libFuzzer targets, each for FUZZ_SECONDS.
FUZZ_SECONDS ?= 60
fuzz:
	@tools/setup fuzz
	@test -f $(BUILD)-fuzz/build.ninja || CC=clang meson setup $(BUILD)-fuzz \
		-Dfuzz=true -Dtests=false -Db_sanitize=address,undefined -Db_lundef=false \
		--buildtype=debugoptimized >/dev/null || { $(call meson_error,$(BUILD)-fuzz); exit 1; }
	@ninja -C $(BUILD)-fuzz --quiet
	@for target in $(BUILD)-fuzz/fuzz/fuzz-*; do \
		test -x $$target && test -f $$target || continue; \
		name=$${target##*/fuzz-}; mkdir -p $(BUILD)-fuzz/found/$$name; \
		echo "== $$name"; \
		$$target -max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 -verbosity=0 \
			-artifact_prefix=$(BUILD)-fuzz/found/$$name- \
			$(BUILD)-fuzz/found/$$name fuzz/corpus/$$name || exit 1; \
	done

bench:
	@tools/setup test
	@$(MAKE) --no-print-directory all
	@for bench in bench/*; do test -x $$bench && test -f $$bench || continue; \
		echo "== $$bench"; $$bench $(BUILD) || exit 1; done

help:
	@echo 'make           compile into $(BUILD)/'
	@echo 'make run       install what building needs, compile, build and run an example'
	@echo 'make check     install what testing needs, run every test; SUITES="lint cli": only these'
	@echo 'make install   into the system, or DESTDIR; MESON_ARGS=--prefix=... before the first make'
	@echo 'make san, tsan, fuzz, bench, fmt, clean: HACKING.md'

fmt:
	clang-format-14 -i $$(git ls-files '*.c' '*.h')

install: all
	meson install -C $(BUILD) --no-rebuild $(if $(DESTDIR),--destdir "$(abspath $(DESTDIR))")

clean:
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-tsan $(BUILD)-fuzz

# The line that says why.
meson_error = { grep -h 'ERROR:' $(1)/meson-logs/meson-log.txt || \
	echo "meson setup failed: see $(1)/meson-logs/meson-log.txt"; } >&2

$(BUILD)/build.ninja:
	@meson setup $(BUILD) $(MESON_ARGS) >/dev/null || { $(call meson_error,$(BUILD)); exit 1; }

$(BUILD)-asan/build.ninja:
	@meson setup $(BUILD)-asan $(MESON_ARGS) -Db_sanitize=address,undefined -Db_lundef=false \
		--buildtype=debug >/dev/null || \
		{ $(call meson_error,$(BUILD)-asan); exit 1; }

$(BUILD)-tsan/build.ninja:
	@meson setup $(BUILD)-tsan $(MESON_ARGS) -Db_sanitize=thread -Db_lundef=false \
		--buildtype=debug >/dev/null || \
		{ $(call meson_error,$(BUILD)-tsan); exit 1; }

.PHONY: all help run check san tsan fuzz bench fmt install clean
