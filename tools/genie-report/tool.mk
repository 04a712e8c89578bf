TOOLS += genie-report
genie-report_SRC := $(sort $(wildcard tools/genie-report/*.c))
