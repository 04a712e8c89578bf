TOOLS += genie-eval
genie-eval_SRC := $(sort $(wildcard tools/genie-eval/*.c))
