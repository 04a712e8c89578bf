TOOLS += genie-patch
genie-patch_SRC := $(addprefix tools/genie-patch/,genie-patch.c apply.c config.c config_item.c \
	config_text.c files.c live.c ops.c ops_mv.c ops_space.c ops_tvf.c ops_uc.c record.c recovery.c \
	report.c state.c steps.c)
