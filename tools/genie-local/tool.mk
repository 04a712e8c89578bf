TOOLS += genie-local
genie-local_SRC := $(sort $(wildcard tools/genie-local/*.c))
