TOOLS += genie-session
genie-session_SRC := tools/genie-session/genie-session.c tools/genie-session/folder.c tools/genie-session/derive.c tools/genie-session/frontier.c tools/genie-session/escalation.c
