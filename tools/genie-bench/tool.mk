TOOLS += genie-bench
genie-bench_SRC := tools/genie-bench/genie-bench.c tools/genie-bench/load.c tools/genie-bench/check.c
