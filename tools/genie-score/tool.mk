TOOLS += genie-score
genie-score_SRC := $(addprefix tools/genie-score/,genie-score.c again.c opinion.c versus.c)
