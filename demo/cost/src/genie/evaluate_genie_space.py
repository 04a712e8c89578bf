"""Ask the benchmark questions and compare Genie's rows with the expected rows.

A plain right-or-wrong check for the deployment pipeline: exit status 1 when the
share of right answers is below --min-accuracy.
"""

import argparse
import sys
from pathlib import Path

import yaml
from databricks.sdk import WorkspaceClient

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks.yaml"


def run_sql(client: WorkspaceClient, warehouse_id: str, sql: str) -> list[tuple]:
    """The rows of a statement, in an order that does not depend on ORDER BY."""
    answer = client.statement_execution.execute_statement(
        statement=sql, warehouse_id=warehouse_id, wait_timeout="50s"
    )
    rows = answer.result.data_array if answer.result else None
    return sorted(tuple(str(value) for value in row) for row in rows or [])


def ask(client: WorkspaceClient, space_id: str, question: str) -> str | None:
    """The SQL that Genie writes for a question, if it writes any."""
    message = client.genie.start_conversation_and_wait(space_id, question)
    for attachment in message.attachments or []:
        if attachment.query and attachment.query.query:
            return attachment.query.query
    return None


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--catalog", required=True)
    parser.add_argument("--gold-schema", required=True)
    parser.add_argument("--space-id", required=True)
    parser.add_argument("--domain", default="cost")
    parser.add_argument("--iteration", type=int, default=0)
    parser.add_argument("--scope", choices=["full", "p0"], default="full")
    parser.add_argument("--min-accuracy", type=float, default=90.0)
    args = parser.parse_args()

    questions = yaml.safe_load(BENCHMARKS.read_text(encoding="utf-8"))[args.domain]
    if args.scope == "p0":
        questions = [q for q in questions if q.get("priority") == "P0"]

    client = WorkspaceClient()
    warehouse_id = client.genie.get_space(args.space_id).warehouse_id
    right = 0
    for q in questions:
        gold = q["expected_sql"].replace("${catalog}", args.catalog)
        gold = gold.replace("${gold_schema}", args.gold_schema)
        sql = ask(client, args.space_id, q["question"])
        same = sql is not None and run_sql(client, warehouse_id, sql) == run_sql(client, warehouse_id, gold)
        right += same
        print(f"{'right' if same else 'wrong'} {q['id']}")

    accuracy = 100.0 * right / len(questions)
    print(f"iteration {args.iteration}: {right} of {len(questions)} right, {accuracy:.1f} %")
    return 0 if accuracy >= args.min_accuracy else 1


if __name__ == "__main__":
    sys.exit(main())
