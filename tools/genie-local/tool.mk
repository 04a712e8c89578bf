# Built once its SQL engine is there.
ifneq ($(wildcard tools/genie-local/engine.c),)
TOOLS += genie-local
genie-local_SRC := $(sort $(wildcard tools/genie-local/*.c))
endif
