TOOLS += genie-propose
genie-propose_SRC := $(addprefix tools/genie-propose/,genie-propose.c model.c words.c cases.c drafts.c rules_names.c rules_calls.c rules_space.c)
genie-propose_SRC += $(addprefix tools/genie-propose/,layout.c pairs.c)
