TOOLS += genie-cluster
genie-cluster_SRC := tools/genie-cluster/genie-cluster.c tools/genie-cluster/cause.c tools/genie-cluster/group.c
