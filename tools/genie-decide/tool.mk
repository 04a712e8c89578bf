TOOLS += genie-decide
genie-decide_SRC := tools/genie-decide/genie-decide.c tools/genie-decide/core.c tools/genie-decide/retry.c tools/genie-decide/prefer.c
