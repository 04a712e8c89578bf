# shellcheck shell=bash
# Common helpers of the bats files. Load with: load ../lib.bash
bats_require_minimum_version 1.5.0
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
B=${B:-$ROOT/build}
case $B in /*) ;; *) B=$ROOT/$B ;; esac
PATH=$B/bin:$PATH
SHARED_DATA=${SHARED_DATA:-$ROOT/../shared/data}
export ROOT B PATH SHARED_DATA
unset DATABRICKS_HOST DATABRICKS_TOKEN DATABRICKS_CONFIG_PROFILE DATABRICKS_CLIENT_ID DATABRICKS_CLIENT_SECRET MLFLOW_TRACKING_URI
export DATABRICKS_CONFIG_FILE=/dev/null

# need_data PATH: skips, with the reason, when the shared data lack PATH.
need_data() {
	[ -e "$SHARED_DATA/$1" ] || skip "no shared data: $1"
}
