TOOLS += genie-propose
genie-propose_SRC := $(addprefix tools/genie-propose/,genie-propose.c model.c words.c cases.c drafts.c rules_names.c rules_calls.c rules_space.c)
genie-propose_SRC += $(addprefix tools/genie-propose/,attempts.c layout.c noise.c rules.c rules_joins.c rules_labels.c rules_rivals.c rules_scope.c rules_values.c)
genie-propose_SRC += $(addprefix tools/genie-propose/,choose.c explain.c prospects.c history.c risk.c rules_items.c)
genie-propose_SRC += $(addprefix tools/genie-propose/,callable.c ladder.c phrases.c rules_fixes.c rules_codes.c rules_snippets.c rules_filters.c rules_functions.c rules_views.c shape.c)
genie-propose_SRC += $(addprefix tools/genie-propose/,tvfcomment.c viewedit.c viewsource.c)
genie-propose_SRC += $(addprefix tools/genie-propose/,evidence.c evidence_space.c llmdrafts.c vet.c vet_sql.c)
genie-propose_SRC += $(addprefix tools/genie-propose/,byrules.c search.c searchclone.c searchmeasure.c searchmodel.c searchnoise.c searchrecord.c searchrules.c searchtexts.c searchvet.c)
