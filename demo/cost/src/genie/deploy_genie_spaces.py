"""Rebuild the cost Genie Space from its export file.

The export holds ${catalog} and ${gold_schema}; they get their values here. The
whole serialized_space is replaced, so what was edited only in the live space is lost.
"""

import argparse
import json
import re
from pathlib import Path

from databricks.sdk import WorkspaceClient

EXPORT = Path(__file__).resolve().parent / "cost_genie_export.json"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--catalog", required=True)
    parser.add_argument("--gold-schema", required=True)
    parser.add_argument("--space-id", required=True)
    args = parser.parse_args()

    text = EXPORT.read_text(encoding="utf-8")
    text = text.replace("${catalog}", args.catalog)
    text = text.replace("${gold_schema}", args.gold_schema)
    left = re.search(r"\$\{[^}]*\}", text)
    if left:
        raise ValueError(f"{EXPORT.name}: unresolved variable {left.group()}")
    config = json.loads(text)

    client = WorkspaceClient()
    client.api_client.do(
        "PATCH",
        f"/api/2.0/genie/spaces/{args.space_id}",
        body={"serialized_space": json.dumps(config)},
    )
    sources = config["data_sources"]
    print(
        f"space {args.space_id}: {len(sources['tables'])} tables, "
        f"{len(sources['metric_views'])} metric views, "
        f"{len(config['instructions']['sql_functions'])} functions"
    )


if __name__ == "__main__":
    main()
