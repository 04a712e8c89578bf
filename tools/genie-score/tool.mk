TOOLS += genie-score
genie-score_SRC := tools/genie-score/genie-score.c
