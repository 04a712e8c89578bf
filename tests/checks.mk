# Checks against the shared data, and benchmarks. Each check ends with
# `N passed, N failed, N skipped`; each benchmark line with `ratio X.XX`.
SHARED_DATA ?= $(abspath ../shared/data)
CHECKS := comparator deploy equivalence gepa loop mutants patches sqlfacts
# those without a program of their own
script_checks := deploy loop

comparator_parts := tests/checks/comparator.c tests/checks/report.c
equivalence_parts := tests/checks/equivalence.c tests/checks/report.c tests/checks/defog.c
gepa_parts := $(addprefix tests/checks/,gepa.c gepatask.c gepanoise.c report.c)
mutants_parts := $(addprefix tests/checks/,mutants.c mutate.c rewrite.c instances.c report.c defog.c)
patches_parts := tests/checks/patchtypes.c
sqlfacts_parts := tests/checks/sqlfacts.c tests/checks/report.c
yamljson_parts := tests/checks/yamljson.c
check_bin := $(patsubst %,$(B)/checks/%,$(filter-out $(script_checks),$(CHECKS)))

define check_rule
$(B)/checks/$(1): $($(1)_parts:%.c=$(B)/%.o) $(B)/libgenie.a $(B)/flags
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(link)
endef
$(foreach c,$(filter-out $(script_checks),$(CHECKS)) yamljson,$(eval $(call check_rule,$(c))))

check: test $(CHECKS:%=check-%) check-clusters check-report bundle-check ## everything: tests, then the checks against the shared data

run_check = $(Q)B='$(B)' SHARED_DATA='$(SHARED_DATA)' tests/run-check

check-comparator: $(B)/checks/comparator ## written cases and accepted results of the result comparator
	$(run_check) $<
check-equivalence: $(B)/checks/equivalence ## queries that mean the same, and those that do not
	$(run_check) $<

check-gepa: all $(B)/checks/gepa ## the search engine: the reference's decisions, any cap kept, stops survived, noise seen through
	$(Q)CHECK_SECONDS=3600 B='$(B)' SHARED_DATA='$(SHARED_DATA)' tests/run-check tests/checks/gepasearch.py '$(B)/checks/gepa' '$(B)'

check-gepa-speed: $(B)/checks/gepa ## an iteration of the search engine beside gepa 0.1.4 (from PyPI), and its memory
	$(run_check) tests/checks/gepa-speed.py '$(B)'

check-deploy: all ## every known failure of a deployment: found, mended or stopped, deployed again; killed at every step
	$(Q)CHECK_SECONDS=3600 B='$(B)' SHARED_DATA='$(SHARED_DATA)' tests/run-check tests/checks/deploy '$(B)'

check-mutants: $(B)/checks/mutants ## single errors in real golds are flagged, other words are not
	$(run_check) $<

check-patches: all $(B)/checks/patches ## every type of patch: applied, seen, rolled back, killed at every step
	$(Q)CHECK_SECONDS=1800 B='$(B)' SHARED_DATA='$(SHARED_DATA)' tests/run-check tests/checks/patches/run '$(B)/checks/patches'

check-sqlfacts: $(B)/checks/sqlfacts ## SQL facts: any text survived, tables and columns as sqlglot has them
	$(run_check) tests/checks/sqlfacts.py $< '$(B)'

check-clusters: all $(B)/bench/rows $(B)/bench/measure ## clusters: order, forms, speed beside jq, memory
	$(run_check) tests/checks/clusters.py '$(abspath $(B))'

bundle-check: $(B)/checks/yamljson ## the bundle templates and the demo's bundle: keys, references, files; single mistakes refused
	$(run_check) tests/checks/bundle.py $< pipelines/bundle demo/cost

check-report: all ## the HTML report in a browser: demo and dense ones, with axe-core (skips without)
	$(Q)CHECK_SECONDS=1800 B='$(B)' SHARED_DATA='$(SHARED_DATA)' tests/run-check tests/checks/page '$(abspath $(B))'

check-loop: all ## the loop on the demo, seeds 1 to 3: what must hold of every run
	$(run_check) tests/checks/loop '$(B)'

# ---- benchmarks ----------------------------------------------------------
bench_bin := $(B)/bench/rows $(B)/bench/measure
$(bench_bin): $(B)/bench/%: bench/%.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(compile) $(LDFLAGS) -o $@ $< $(LDLIBS)

bench: all $(bench_bin) ## how fast, beside what others need (ROWS=N; writes 630 MB below $(B))
	$(Q)B='$(B)' bench/run

bench-rate: all ## how close an evaluation comes to what the question rate allows, and what logging adds (2 minutes)
	$(Q)B='$(abspath $(B))' bench/rate

.PHONY: bench bench-rate check check-clusters check-report check-gepa-speed bundle-check $(CHECKS:%=check-%)
