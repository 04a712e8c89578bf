TOOLS += genie-cluster
genie-cluster_SRC := $(addprefix tools/genie-cluster/,genie-cluster.c asitable.c cause.c group.c history.c \
	intern.c names.c steady.c words.c write.c)
