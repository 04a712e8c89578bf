# shellcheck shell=bash
# Helpers of the tests of genie-deploy: a bundle, and a `databricks` that says what a test tells it to.

# scripted: a copy of the demo in b, without the deployment job, and the scripted command.
scripted() {
	cp -r "$ROOT/demo/cost" b
	rm b/resources/genie_spaces_deployment_job.yml
	mkdir said
	cat >databricks <<-'EOF'
		#!/bin/bash
		# said/VERB or said/VERB.N (its Nth call): the exit status, then what goes to standard error
		here=$(dirname "$0")
		echo "$*" >>"$here/calls"
		verb=$2
		n=$(($(cat "$here/count.$verb" 2>/dev/null) + 1))
		echo "$n" >"$here/count.$verb"
		[ ! -f "$here/said/$verb.out" ] || cat "$here/said/$verb.out"
		for said in "$here/said/$verb.$n" "$here/said/$verb"; do
			[ -f "$said" ] || continue
			tail -n +2 "$said" >&2
			exit "$(head -n 1 "$said")"
		done
		exit 0
	EOF
	chmod +x databricks
	export DATABRICKS_CLI_PATH=$PWD/databricks
	export DATABRICKS_HOST=http://127.0.0.1:9 DATABRICKS_TOKEN=dapi-local-hush
	echo '{"resources":{"genie_spaces":{"cost":{"id":"01ef00000000000000000000000000ab","url":"http://127.0.0.1:9/genie/rooms/1"}}}}' >said/summary.out
}

# says VERB[.N] STATUS TEXT: what the command answers
says() { printf '%s\n%s\n' "$2" "$3" >"said/$1"; }

# deploy [OPTION...]
deploy() { genie-deploy --bundle b --target dev -o deploy.json "$@"; }

# ran VERB: how often the command was called with it
ran() { cat "count.$1" 2>/dev/null || echo 0; }

# field FILTER: of deploy.json
field() { jq -r "$1" deploy.json; }

# export_edit FILTER: the export of the space, changed by jq with its formatting
export_edit() {
	jq --indent 2 "$1" b/src/genie/cost_genie_export.json >e.json && mv e.json b/src/genie/cost_genie_export.json
}
