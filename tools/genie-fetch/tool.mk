TOOLS += genie-fetch
genie-fetch_SRC := tools/genie-fetch/genie-fetch.c tools/genie-fetch/uc.c tools/genie-fetch/ucname.c
