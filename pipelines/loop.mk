# loop.mk - the targets that people call: make optimize, evaluate, status and so on.
#
# The Makefile of the sources includes it. Of an installed toolkit it is used as it lies:
#
#   make -f /usr/local/share/genie-toolkit/pipelines/loop.mk ITER=3 optimize
#
# Everything is built in $(WORK)/$(DOMAIN) by optimize.mk, through run.
loop_dir := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
loop_needs ?=
loop_bin ?= $(abspath $(loop_dir)../../../bin)
V ?= 0
Q ?= $(if $(filter 1,$(V)),,@)

DOMAIN ?= cost
SPACE ?= $(DOMAIN)
BUNDLE ?= $(abspath $(loop_dir)../demo/cost)
BENCHMARKS ?= $(BUNDLE)/benchmarks.yaml
WORK ?= work
ITER ?= 5
LEVERS ?= 1 2 3 4 5 6
TARGET ?=
UC_SCHEMA ?=
PROFILE ?=
WAREHOUSE ?=
EVIDENCE ?= report
REPEAT ?= 1
SINGLES ?= 3
LEVERS_COMBINE ?=
REPEATABILITY ?= yes
CORRECT ?= copy
PREFLIGHT ?= report
LLM ?=
MATURITY ?= L1
PREFER ?= correctness,repeatability,regressions,patch_cost
CALLS ?= 300
SEED ?= 1
FORCE_INPUTS := $(if $(filter command environment,$(origin FORCE)),$(FORCE))
ALLOW_DIRTY ?=
ALLOW_HIGH ?=
TRACK ?= yes
MODEL ?=
DEPLOY ?= no
DEPLOY_JOB ?=
loop_variables := DOMAIN SPACE BUNDLE BENCHMARKS WORK ITER LEVERS TARGET UC_SCHEMA PROFILE WAREHOUSE \
	EVIDENCE REPEAT SEED ALLOW_DIRTY ALLOW_HIGH \
	SINGLES LEVERS_COMBINE REPEATABILITY CORRECT PREFLIGHT LLM MATURITY PREFER CALLS TRACK MODEL DEPLOY DEPLOY_JOB

loop_env = $(foreach v,$(loop_variables),$(v)='$($(v))') FORCE='$(FORCE_INPUTS)' PATH="$(loop_bin):$$PATH" MAKE='$(MAKE)'
optimize: $(loop_needs) ## run the loop: ITER iterations, from where it stopped; MATURITY=L1, L2 or L3 says how far it goes
evaluate: $(loop_needs) ## measure the baseline only
repeatability: $(loop_needs) ## ask every question two more times: how steady the answers are
status: $(loop_needs) ## where the loop stands
report: $(loop_needs) ## write the report again from the artifacts
flush: $(loop_needs) ## log what waits in the spool until MLflow is there, and note its ids
rollback: $(loop_needs) ## make it on both sides as iteration ITER left it; or MODEL=ID: restore a logged model
deploy: $(loop_needs) ## deploy to TARGET what the loop accepted, and ask it again there
discover: $(loop_needs) ## list the spaces of the workspace
optimize evaluate repeatability status report flush rollback deploy discover:
	$(Q)+$(loop_env) '$(loop_dir)run' $@

settings: ## print the settings of the loop, as shell reads them
	@printf '%s\n' $(foreach v,$(loop_variables),"$(v)='$($(v))'")

.PHONY: optimize evaluate repeatability status report flush rollback deploy discover settings
