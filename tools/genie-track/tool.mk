TOOLS += genie-track
genie-track_SRC := $(addprefix tools/genie-track/,genie-track.c connect.c job.c spool.c context.c \
	experiment.c run.c model.c modelfiles.c ucdiff.c fetch.c eval.c evalrow.c prompts.c dataset.c asi.c \
	artifact.c search.c)
