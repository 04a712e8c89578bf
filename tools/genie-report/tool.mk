TOOLS += genie-report
report_assets := $(B)/gen/genie-report/assets.c
genie-report_SRC := $(sort $(wildcard tools/genie-report/*.c)) $(report_assets)

# page.css and page.js as C strings, one line a literal
$(report_assets): scripts/embed tools/genie-report/page.css tools/genie-report/page.js
	@mkdir -p $(@D)
	@$^ > $@.new && mv $@.new $@
