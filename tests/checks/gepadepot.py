"""gepadepot.py: a small space on which noise is planted, made the same each time.

A depot's tables, a space over them, and benchmark questions of four kinds:
  passes  one table has the words, and nothing misleads
  flaky   two tables have the same words, so that the embedded workspace draws one of them anew
          each time; the other one has other numbers
  waits   a line of the instruction sends the question to the wrong table
  never   the gold leaves out what is damaged, which no metadata says
"""
import json
import os

SCHEMA, SPACE = "depot", "depot_misled"
COLUMNS = ("weight", "volume", "price")
TABLES = ("crates", "pallets", "hall_drums", "yard_drums", "kegs", "vats", "spools", "labels")
VERBS = {"total": "SUM", "average": "AVG", "maximum": "MAX", "minimum": "MIN"}
ROWS = 12
DAMAGED = {1: "low", 5: "low", 9: "low", 2: "high", 6: "high", 10: "high"}  # one of each at every site
# questions of each kind: train, val
SHARES = {"passes": (8, 8), "flaky": (4, 8), "waits": (3, 6), "never": (5, 8)}
ASSETS = {"passes": ("crates", "pallets"), "flaky": ("hall_drums",), "waits": ("kegs", "vats"),
          "never": ("spools",)}

PURPOSE = "This space answers questions about what a depot holds.\nWeights are in kilograms."
MISLEADING = '"kegs" -> crates\n"vats" -> crates'
EXAMPLE_ID = "0" * 31 + "1"


def value(table, row, column):
    """Whole numbers without a pattern; any two tables differ. What is damaged is far off."""
    n = (TABLES.index(table) + 1) * 7919 + row * 104729 + (COLUMNS.index(column) + 1) * 1299709
    return (n * 2654435761 >> 7) % 900 + 100 + {"low": -800, "high": 1000}.get(DAMAGED.get(row), 0)


def example(number):
    """About a table that no question is about."""
    return {"question": f"Which labels have the number {number}?",
            "sql": f"SELECT * FROM main.{SCHEMA}.labels WHERE weight = {number}"}


def share(kind):
    return sum(SHARES[kind]) / sum(map(sum, SHARES.values()))


def config(instruction):
    listed = {"id": EXAMPLE_ID, **{name: [text] for name, text in example(0).items()}}
    tables = [{"identifier": f"main.{SCHEMA}.{table}"} for table in sorted(TABLES)]
    return {"version": 2, "data_sources": {"tables": tables},
            "instructions": {"example_question_sqls": [listed],
                             "text_instructions": [{"id": "0" * 31 + "2", "content": [instruction]}]}}


def gold(kind, verb, column, table, by_site):
    where = " WHERE NOT damaged" if kind == "never" else ""
    selected = f"{VERBS[verb]}({column}) AS {column}"
    if by_site:
        return f"SELECT site, {selected} FROM main.{SCHEMA}.{table}{where} GROUP BY site"
    return f"SELECT {selected} FROM main.{SCHEMA}.{table}{where}"


def benchmarks():
    rows = []
    for kind, (train, val) in SHARES.items():
        forms = [(verb, column, table, by_site) for by_site in (False, True) for verb in VERBS
                 for column in COLUMNS for table in ASSETS[kind]]
        for i in range(train + val):
            verb, column, table, by_site = forms[i]
            words = f"What is the {verb} {column} of {table.split('_')[-1]}{' by site' if by_site else ''}?"
            rows.append({"id": f"{kind}_{i:02}", "question": words, "split": "train" if i < train else "val",
                         "expected_sql": gold(kind, *forms[i]), "category": kind})
    return rows


def write(folder):
    """The folder DATABASE for genie-local, the export and the benchmarks."""
    database = os.path.join(folder, "database")
    os.makedirs(database, exist_ok=True)
    columns = [{"name": "site", "type": "STRING", "description": "Site"}]
    columns += [{"name": c, "type": "BIGINT", "description": c.capitalize()} for c in COLUMNS]
    columns += [{"name": "damaged", "type": "BOOLEAN", "description": "State"}]
    with open(os.path.join(database, "schema.json"), "w") as out:
        json.dump({"database": SCHEMA, "dialect": "databricks",
                   "tables": {table: {"columns": columns} for table in TABLES}}, out)
    for table in TABLES:
        with open(os.path.join(database, table + ".csv"), "w") as out:
            out.write(",".join(c["name"] for c in columns) + "\n")
            for row in range(ROWS):
                cells = [("north", "south", "west")[row % 3]] + [str(value(table, row, c)) for c in COLUMNS]
                out.write(",".join(cells + [str(row in DAMAGED).lower()]) + "\n")
    with open(os.path.join(folder, SPACE + ".json"), "w") as out:
        json.dump(config(PURPOSE + "\n" + MISLEADING), out)
    with open(os.path.join(folder, "bench.jsonl"), "w") as out:
        for row in benchmarks():
            out.write(json.dumps(row) + "\n")
