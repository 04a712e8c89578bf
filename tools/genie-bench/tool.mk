TOOLS += genie-bench
genie-bench_SRC := $(addprefix tools/genie-bench/,genie-bench.c check.c correct.c facts.c load.c publish.c \
	report.c rulings.c validate.c)
