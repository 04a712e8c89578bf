# optimize.mk - the artifacts of an optimization and which comes from which.
#
# Run through pipelines/run (make optimize), which finds the workspace, checks
# the inputs and prepares the folder. Everything lies in $(WORK)/$(DOMAIN):
#
#   iter-00   space.json -> rows.jsonl -> failures.jsonl, eval.json -> decision.json
#   iter-NN   lever, clusters.json, patches.json -> apply.json -> space.json
#             -> slice.jsonl, p0.jsonl -> gates.json -> rows.jsonl -> eval.json -> decision.json
#             -> triage.json, corrected/ (when the arbiter's verdicts correct expected SQL)
#   queued    lever-N.json: proposals of high risk alone, which wait for a person
#   track.json, iter-NN/track.json, final/track.json: what MLflow has of it (see track)
#             choice.json, repeatability.*: what is preferred at the end (MATURITY=L3, see choose)
#   final     held_out.*, repeatability.*, choice.json, deploy.json with post_deploy.* and drift.json (see deploy)
#   applied   the records of what is live now (NN.json) and what was undone (NN.undone)
#
# An iteration begins from the decision of the one before. Deleting a folder
# redoes it and what follows. Tools write their files whole or not at all; a run that is
# killed goes on from the journal of answers and the journals of genie-patch.
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SUFFIXES:

W := $(WORK)/$(DOMAIN)
here := $(dir $(lastword $(MAKEFILE_LIST)))

# Known so far; see iterate.
last := $(shell '$(here)last-iteration')
numbers := $(if $(filter 0,$(last))$(filter baseline,$(MAKECMDGOALS)),,$(shell seq -f %02g 1 $(last)))
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
hash := \#
previous = $(W)/iter-$(shell printf %02d $$((10$(hash)$(1) - 1)))
# Once a run has found that nothing is left to do, the rest of its iterations make nothing.
running = if [ -e '$(W)/stopped.json' ]; then exit 0; fi;

EVAL = genie-eval --space '$(SPACE)' --journal '$(W)/answers.jsonl' --qpm '$(QPM)' $(EVAL_OPTIONS)
benchmarks := $(W)/benchmarks.jsonl
tracked := $(filter yes,$(TRACKING))
deploying := $(filter yes,$(DEPLOY))

.PHONY: baseline iterations loop FORCE
baseline: $(W)/iter-00/decision.json $(W)/iter-00/triage.json $(W)/iter-00/model.json $(W)/optimization-progress.json
loop: $(W)/report.md $(if $(tracked),$(W)/final/report-track.json)

# ---- phase 0 and 1: questions, snapshot, baseline ------------------------------------------
$(benchmarks): $(BENCHMARKS) | $(W)/iter-00/space.json
	$(Q)'$(here)preflight' '$@'

$(W)/iter-00:
	$(Q)mkdir -p '$@'
$(W)/iter-00/space.json: | $(W)/iter-00
	$(Q)'$(here)live' 00
	$(Q)genie-fetch $(CONNECT_OPTIONS) -o '$@' '$(SPACE)'
	$(Q)jq -r '"$(DOMAIN): tables=\(.counts.tables), metric_views=\(.counts.metric_views), functions=\(.counts.functions), instructions=\(.counts.instructions), examples=\(.counts.examples), config \(.config_id)"' '$@' >&2
$(W)/iter-00/rows.jsonl: $(benchmarks) $(W)/iter-00/space.json $(if $(tracked),| $(W)/track.json)
	$(Q)'$(here)live' 00
	$(Q)$(EVAL) --scope full --iteration 0 --snapshot '$(W)/iter-00/space.json' -o '$@' '$<'
# What is held out is measured at both ends only, before anything changes and after all of
# it, and decides nothing.
$(W)/iter-00/held_out.jsonl: $(benchmarks) $(W)/iter-00/space.json
	$(Q)'$(here)live' 00
	$(Q)$(EVAL) --scope held_out --iteration 0 --snapshot '$(W)/iter-00/space.json' -o '$@' '$<'
$(W)/iter-00/decision.json: $(W)/iter-00/rows.jsonl $(W)/iter-00/eval.json $(W)/iter-00/failures.jsonl
	$(Q)rm -f '$(W)/iter-00/choice.json' '$(W)/final/choice.json'
	$(Q)genie-decide -q --iteration 0 --after '$<' -o '$@'
	$(Q)$(call tell,$(W)/iter-00)

# ---- phases 2 and 3: one lever an iteration -------------------------------------------------
define iteration
$(W)/iter-$(1)/lever $(W)/iter-$(1)/skipped.json $(W)/iter-$(1)/clusters.json $(W)/iter-$(1)/patches.json &: \
  $(call previous,$(1))/triage.json $(if $(filter 01,$(1)),$(W)/iter-00/held_out.jsonl) $(if $(tracked),| $(call previous,$(1))/track.json)
	$(Q)$$(running) '$(here)next-lever' $(1)
$(W)/iter-$(1)/apply.json: $(W)/iter-$(1)/patches.json
	$(Q)$$(running) '$(here)apply' $(1)
$(W)/iter-$(1)/space.json: $(W)/iter-$(1)/apply.json
	$(Q)$$(running) '$(here)live' $(1); sleep '$(WAIT)'; genie-fetch $(CONNECT_OPTIONS) -o '$$@' '$(SPACE)'
$(W)/iter-$(1)/slice.jsonl: $(W)/iter-$(1)/space.json $(benchmarks)
	$(Q)$$(running) '$(here)ask' $(1) slice '$$@'
$(W)/iter-$(1)/p0.jsonl: $(W)/iter-$(1)/space.json $(benchmarks) $(W)/iter-$(1)/slice.jsonl
	$(Q)$$(running) '$(here)ask' $(1) p0 '$$@'
$(W)/iter-$(1)/gates.json: $(W)/iter-$(1)/slice.jsonl $(W)/iter-$(1)/p0.jsonl
	$(Q)$$(running) '$(here)gates' $(1)
$(W)/iter-$(1)/rows.jsonl: $(W)/iter-$(1)/gates.json
	$(Q)$$(running) '$(here)measure' $(1)
$(W)/iter-$(1)/decision.json: $(W)/iter-$(1)/rows.jsonl $(W)/iter-$(1)/eval.json $(W)/iter-$(1)/failures.jsonl
	$(Q)$$(running) '$(here)decide' $(1); $$(call tell,$(W)/iter-$(1))
endef
$(foreach n,$(numbers),$(eval $(call iteration,$(n))))

# ---- the same for every iteration --------------------------------------------------------------
# The iteration after which the loop ended has its records too, made in whichever order.
decided = if [ ! -e '$<' ]; then exit 0; fi;
each := $(W)/iter-00 $(numbers:%=$(W)/iter-%)
$(each:%=%/failures.jsonl): %/failures.jsonl: %/rows.jsonl
	$(Q)$(running) jq -c 'select(.outcome == "fail")' '$<' > '$@.tmp'; mv '$@.tmp' '$@'
$(each:%=%/eval.json): %/eval.json: %/rows.jsonl
	$(Q)$(running) genie-score -q --scope "$$(if [ -e '$*/gates.json' ] && jq -e '.action == "rollback"' '$*/gates.json' >/dev/null; then echo slice; else echo full; fi)" -o '$@' '$<'
$(each:%=%/triage.json): %/triage.json: %/decision.json
	$(Q)$(decided) '$(here)triage' "$$(basename '$*' | cut -d- -f2)"
$(each:%=%/model.json): %/model.json: %/decision.json
	$(Q)$(decided) '$(here)model' '$*' > '$@.tmp'; mv '$@.tmp' '$@'
tell = jq -r --slurpfile e '$(1)/eval.json' '"$(DOMAIN): iteration \(.iteration)\(if .lever then ", lever \(.lever)" else "" end): \($$e[0].correct) of \($$e[0].evaluated) right (\($$e[0].scope)), decision: \(.decision)\(if (.reasons|length) > 0 then " - " + (.reasons|join("; ")) else "" end)"' '$(1)/decision.json' >&2

# ---- what is derived from all of it ------------------------------------------------------------
# MATURITY=L3: before the ends are measured, the configuration that is preferred becomes the live one. With
# other preferences, or when more may be measured for them, the choice is made again.
.PHONY: choice
choice: $(W)/final/choice.json
chosen :=
ifneq (,$(and $(filter L3,$(MATURITY)),$(filter choice loop,$(MAKECMDGOALS))))
chosen := $(W)/final/choice.json
made_by := $(shell jq -r --arg repeatability '$(REPEATABILITY)' '(.prefer | join(",")) + " " + .evidence + \
	if .unmeasured != [] and $$repeatability == "yes" then " unmeasured" else "" end' '$(chosen)' 2>/dev/null)
$(chosen): $(each:%=%/decision.json) $(each:%=%/triage.json) $(if $(subst $(PREFER) $(EVIDENCE),,$(made_by)),FORCE)
	$(Q)'$(here)choose'
endif

$(W)/final/held_out.jsonl: $(lastword $(each:%=%/decision.json)) $(W)/iter-00/held_out.jsonl
	$(Q)mkdir -p '$(W)/final'
	$(Q)'$(here)track' judges
	$(Q)genie-fetch $(CONNECT_OPTIONS) -q -o '$(W)/final/space.json' '$(SPACE)'
	$(Q)$(EVAL) --scope held_out --iteration "$$(ls -d '$(W)'/iter-* | wc -l)" --snapshot '$(W)/final/space.json' -o '$@' '$(benchmarks)'
$(W)/final/held_out.json: $(W)/final/held_out.jsonl
	$(Q)genie-score -q --scope held_out -o '$@' '$<'
$(W)/iter-00/held_out.json: $(W)/iter-00/held_out.jsonl
	$(Q)genie-score -q --scope held_out -o '$@' '$<'

# Every question two more times of the accepted configuration. What it was asked in the loop is in
# the journal and counts as the first askings.
newest := $(lastword $(sort $(wildcard $(W)/iter-*/decision.json)))
.PHONY: repeatability
repeatability: $(W)/final/repeatability.json
$(W)/final/repeatability.jsonl: $(newest)
	$(Q)mkdir -p '$(W)/final'; '$(here)repeat' last '$@'
$(W)/final/repeatability.json: $(W)/final/repeatability.jsonl
	$(Q)genie-score -q --repeatability -o '$@' '$<'
	$(Q)jq -r '"$(DOMAIN): \(.measured) questions asked \(.askings) times: repeatability \(.repeatability_pct) % by SQL, \(.result_repeatability_pct) % by result; \(.classes | to_entries | map("\(.key) \(.value)") | join(", "))"' '$@' >&2

measured := $(each:%=%/decision.json) $(each:%=%/triage.json) $(each:%=%/model.json) $(if $(tracked),$(each:%=%/track.json))
iterations: $(measured)
steady := $(if $(filter no,$(REPEATABILITY)),,$(W)/final/repeatability.json)
measured_ends := $(W)/iter-00/held_out.json $(W)/final/held_out.json $(steady)
ends := $(if $(filter loop,$(MAKECMDGOALS)),$(chosen) $(measured_ends) $(if $(deploying),$(W)/final/deploy.json))
# ---- phase 4: what was accepted goes to the target, and is asked again there ------------------
$(W)/final/deploy.json: $(lastword $(each:%=%/decision.json)) $(measured_ends)
	$(Q)'$(here)deploy'
# ---- kept in MLflow (see track): a note of the ids beside what they are of --------------------
$(W)/track.json: | $(benchmarks)
	$(Q)'$(here)track' begin
$(each:%=%/track.json): %/track.json: %/decision.json %/model.json | $(W)/track.json
	$(Q)[ ! -e '$<' ] || '$(here)track' iteration "$$(basename '$*' | cut -d- -f2)"
$(W)/final/track.json: $(each:%=%/track.json) $(ends)
	$(Q)'$(here)track' end
$(W)/final/report-track.json: $(W)/report.md $(W)/final/track.json
	$(Q)'$(here)track' report

$(W)/optimization-progress.json: $(measured) $(ends) $(if $(and $(tracked),$(filter loop,$(MAKECMDGOALS))),$(W)/final/track.json)
	$(Q)genie-session -q --max-iterations '$(ITER)' -o '$@' '$(W)'
# With what the live configuration still fails, and what to tell a person when the loop has stalled.
$(W)/report.md: $(W)/optimization-progress.json
	$(Q)'$(here)tell' '$@'
