# Build the tools: make      The main job: make ITER=3 optimize      All targets: make help
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

-include config.mk
B ?= build
V ?= 0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
AR ?= ar
PKG_CONFIG ?= pkg-config
CFLAGS ?= -g -O2
CPPFLAGS ?=
LDFLAGS ?=
LDLIBS ?=
ifeq ($(origin CC),default)
CC := cc
endif
ifeq ($(origin AR),default)
AR := ar
endif
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-5s %s\n' $(1) '$(2)')

warnings := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wwrite-strings -Wvla -Wformat=2 -Wundef -Wpointer-arith
base_cflags := -std=c11 $(warnings) -fstack-protector-strong
base_cppflags := -D_POSIX_C_SOURCE=200809L -iquote lib -iquote tests/unit

LIB_SRC := $(sort $(wildcard lib/*.c))
TOOLS :=
include lib/lib.mk
include $(sort $(wildcard tools/*/tool.mk))

lib_obj := $(LIB_SRC:%.c=$(B)/%.o)
tool_src := $(foreach t,$(TOOLS),$($(t)_SRC))
tool_bin := $(TOOLS:%=$(B)/bin/%)
unit_src := $(sort $(wildcard tests/unit/*.c))
unit_bin := $(unit_src:tests/unit/%.c=$(B)/unit/%)
all_obj := $(sort $(lib_obj) $(tool_src:%.c=$(B)/%.o) $(unit_src:%.c=$(B)/%.o))
check_src := $(sort $(wildcard tests/checks/*.c))
all_obj += $(check_src:%.c=$(B)/%.o)

all: $(tool_bin) man ## build every tool and manual page (default)

# ---- compiling ----------------------------------------------------------
# A stamp holds the exact compile command: other flags rebuild everything.
compile = $(CC) $(base_cppflags) $(CPPFLAGS) $(base_cflags) $(CFLAGS)
# usage: $(call stamp,TEXT) rewrites $@ only when the text differs
stamp = @mkdir -p $(@D); new=$@.$$$$; printf '%s\n' '$(1)' > $$new; if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi
$(B)/flags: FORCE
	$(call stamp,$(compile) $(LDFLAGS) $(LDLIBS))

pkgs_of = $(if $(filter undefined,$(origin PKG_$(1))),,$(PKG_$(1)))
$(all_obj): $(B)/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)flags=$(if $(call pkgs_of,$(basename $(<F))),$$($(PKG_CONFIG) --cflags $(call pkgs_of,$(basename $(<F))))); \
	$(compile) -iquote $(<D) $$flags -MMD -MP -c -o $@ $<
-include $(all_obj:.o=.d)

# The member list is an input too, or a deleted source would stay linked.
$(B)/libgenie.list: FORCE
	$(call stamp,$(lib_obj))
$(B)/libgenie.a: $(lib_obj) $(B)/libgenie.list
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(lib_obj)

link = libs=$$($(PKG_CONFIG) --libs $(LIB_PKGS)); \
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $(filter %.o %.a,$^) $$libs -lm $(LDLIBS)
define tool_rule
$(B)/bin/$(1): $($(1)_SRC:%.c=$(B)/%.o) $(B)/libgenie.a $(B)/flags
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(link)
endef
$(foreach t,$(TOOLS),$(eval $(call tool_rule,$(t))))
$(unit_bin): $(B)/unit/%: $(B)/tests/unit/%.o $(B)/libgenie.a $(B)/flags
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(link)

# ---- manual pages, from the specs that drive the parsers ----------------
man_pages := $(TOOLS:%=$(B)/man/%.1)
man: $(man_pages)
$(man_pages): $(B)/man/%.1: $(B)/bin/%
	@mkdir -p $(@D)
	$(Q)$< --man > $@.new && mv $@.new $@

# ---- checking -----------------------------------------------------------
# The loop's tests take longest, so they come first. Many tests wait for a while: one file more than
# there are processors.
bats_files := $(sort $(wildcard tests/pipelines/*.bats)) $(sort $(wildcard tests/tools/*.bats tests/lint/*.bats))
BATS ?= bats
JOBS ?= $(shell echo $$(($$(nproc 2>/dev/null || echo 2) + 1)))

test: all unit bats ## unit and bats tests

unit: $(unit_bin) fuzz-seeds
	$(Q)B='$(B)' tests/run-unit $(unit_bin)

bats: all
	$(Q)B='$(abspath $(B))' tests/run-bats $(BATS) $(JOBS) $(bats_files)

# The fuzz targets replay their seeds with any compiler; `make fuzz` needs clang.
fuzz_src := $(sort $(wildcard fuzz/*.c))
fuzz_bin := $(fuzz_src:fuzz/%.c=$(B)/fuzz/%)
$(fuzz_bin): $(B)/fuzz/%: fuzz/%.c tests/fuzz-main.c $(B)/libgenie.a $(B)/flags
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)libs=$$($(PKG_CONFIG) --libs $(LIB_PKGS)); \
	$(compile) $(LDFLAGS) -Wl,--as-needed -o $@ $(filter %.c %.a,$^) $$libs -lm $(LDLIBS)
fuzz-seeds: $(fuzz_bin)
	$(Q)for f in $(fuzz_bin); do for seed in fuzz/seeds/$${f##*/}/*; do \
	  timeout 60 $$f "$$seed" >/dev/null || { echo "not ok - $$f $$seed"; exit 1; }; done; done

programs: all $(unit_bin) $(fuzz_bin) ## the tools and the test programs, without running them

ASAN_GOAL ?= test
include tests/checks.mk
include tests/conformance.mk

asan: ## the same tests under ASan and UBSan, in their own build folder
	$(Q)+$(MAKE) --no-print-directory B=$(B)/asan \
	  CFLAGS='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' $(ASAN_GOAL)

lint: all ## warnings as errors (gcc, clang), clang-tidy, cppcheck, shellcheck, own checks
	$(Q)B='$(B)' CPPFLAGS='$(base_cppflags)' WARNINGS='$(base_cflags)' tests/lint/run

docs: all ## write the generated tables of README.md and ARCHITECTURE.md again
	$(Q)B='$(B)' scripts/tables

# ---- the loop: artifacts in $(WORK)/$(DOMAIN), see pipelines/optimize.mk -----
loop_needs := all
loop_bin := $(abspath $(B))/bin
BUNDLE ?= demo/cost
include pipelines/loop.mk

# ---- installing ---------------------------------------------------------
share := $(DESTDIR)$(PREFIX)/share/genie-toolkit
man_dir := $(DESTDIR)$(PREFIX)/share/man/man1
# what lies beside the steps of the loop: templates to be copied, a command for the embedded workspace
pipeline_dirs := bundle embedded
steps := $(filter-out %.mk %.sh $(pipeline_dirs:%=pipelines/%),$(wildcard pipelines/*))
install: all ## install under $(DESTDIR)$(PREFIX)
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(man_dir)' '$(share)/schemas' '$(share)/pipelines' '$(share)/prompts'
	install -m755 $(tool_bin) '$(DESTDIR)$(PREFIX)/bin'
	install -m644 $(man_pages) '$(man_dir)'
	install -m644 $(wildcard prompts/*.md) '$(share)/prompts'
	install -m644 $(wildcard schemas/*.json) '$(share)/schemas'
	install -m755 $(steps) '$(share)/pipelines'
	install -m644 $(wildcard pipelines/*.mk pipelines/*.sh) '$(share)/pipelines'
	cp -R $(pipeline_dirs:%=pipelines/%) '$(share)/pipelines' && chmod -R u=rwX,go=rX '$(share)/pipelines'
	cp -R demo '$(share)' && chmod -R u=rwX,go=rX '$(share)/demo'

uninstall: ## remove what install put there
	rm -f $(TOOLS:%='$(DESTDIR)$(PREFIX)/bin/%') $(TOOLS:%='$(man_dir)/%.1')
	rm -rf '$(share)'

clean: ## remove the build folder
	rm -rf '$(B)'

# ---- what the machine needs ---------------------------------------------
DEBIAN_PACKAGES := gcc make pkg-config libc6-dev libcurl4-openssl-dev libcjson-dev libyaml-dev \
	libsqlite3-dev libmicrohttpd-dev libmd-dev jq bats curl git ca-certificates procps python3-jsonschema
DEBIAN_LINT_PACKAGES := clang clang-tidy cppcheck shellcheck mandoc
DEBIAN_CONFORMANCE_PACKAGES := python3-venv chromium-headless-shell

deps: ## install the Debian packages that building, running and testing need
	$(Q)scripts/deps $(DEBIAN_PACKAGES)
deps-lint: ## install the Debian packages that lint needs
	$(Q)scripts/deps $(DEBIAN_LINT_PACKAGES)
deps-conformance: ## install the Debian packages that conformance needs
	$(Q)scripts/deps $(DEBIAN_CONFORMANCE_PACKAGES)
# `make deps test`, in parallel too: nothing is built before the packages are there
ifneq ($(filter deps,$(MAKECMDGOALS)),)
$(B)/flags $(B)/libgenie.list: | deps
endif

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { \
			group = FILENAME ~ /loop.mk$$/ ? "The loop" : FILENAME == "Makefile" ? "Building" : "Checks"; \
			if (group != last) printf "%s%s\n", last == "" ? "" : "\n", last = group; \
			printf "  %-18s %s\n", $$1, $$2 }' \
		pipelines/loop.mk Makefile $(filter-out pipelines/loop.mk Makefile,$(MAKEFILE_LIST))

FORCE:
.PHONY: optimize evaluate repeatability status report flush rollback deploy discover all man test unit bats fuzz-seeds programs asan lint docs install uninstall clean deps deps-lint deps-conformance help FORCE
