TOOLS += genie-deploy
genie-deploy_SRC := $(addprefix tools/genie-deploy/,genie-deploy.c cli.c escalate.c gate.c phases.c plan.c problem.c repair.c run.c \
	sources.c state.c verify.c)
