# A real MLflow server, its own client and its pages: is what is logged right for them? MLflow is
# installed in $(B)/mlflow, once; everything else, the screenshots too, is in $(B)/conformance.
# DEEP=1 breaks single fields of the written out requests, too, not just of the loop's, and opens the
# pages of what was logged by hand.
DEEP ?=
conformance: all ## what is logged, read back from a real MLflow server (installs it: 650 MB in $(B))
	$(Q)CHECK_SECONDS=1800 B='$(B)' SHARED_DATA='$(SHARED_DATA)' DEEP='$(DEEP)' tests/run-check tests/conformance/run '$(B)'

.PHONY: conformance
