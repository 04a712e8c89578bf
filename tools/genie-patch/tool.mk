TOOLS += genie-patch
genie-patch_SRC := $(addprefix tools/genie-patch/,genie-patch.c adopt.c adopt_mv.c apply.c changed.c config.c config_item.c \
	config_text.c drift.c drift_look.c drift_patch.c drift_side.c drift_space.c drift_uc.c files.c forms.c fresh.c job.c live.c ops.c \
	ops_mv.c ops_space.c ops_tvf.c ops_uc.c plan.c record.c recovery.c report.c restore.c restore_check.c \
	snapshot.c state.c uses.c verify.c vet.c)
