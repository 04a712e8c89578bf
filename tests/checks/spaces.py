#!/usr/bin/env python3
"""spaces.py: every patch of a space on every published export: applied, compared, repeated, rolled back.

Each export of the shared data is patched as it is, with CRLF, and as a string within a wrapper. What the
workspace serves is the same configuration, made valid where the published one is not (short
ids and the like; then both sides keep their own ids). After a patch the file must mean what
the workspace holds, and differ from the file before in the place of the patch only; after the rollback it
is the same byte for byte, and so is the workspace. LOUD=1 says all that passed."""
import copy
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor

BIN = os.path.join(sys.argv[1], "bin")
PATTERN = sys.argv[2] if len(sys.argv) > 2 else "."
DATA = os.path.join(os.environ["SHARED_DATA"], "spaces")
VARIABLES = {"catalog": "main", "gold_schema": "gold", "feature_schema": "features", "project_name": "p",
             "space_id": "s", "warehouse_id": "w"}
NEW_TABLE = "main.gold.m_new_table"
EXTRA = 400  # bytes of the old text that a small edit may touch
counts = {"passed": 0, "failed": 0, "skipped": 0}
lock = threading.Lock()


def case(ok, name, why=""):
    with lock:
        counts["passed" if ok else "failed"] += 1
    if not ok or os.environ.get("LOUD"):
        print(f"{'ok' if ok else 'not ok'} - {name}" + (f": {why}" if why else ""), flush=True)
    return ok


# ---- configurations ----
def resolve(text):
    for name, value in VARIABLES.items():
        text = text.replace("${%s}" % name, value)
    return text


def config_of(text):
    """The configuration that an export holds, variables resolved."""
    document = json.loads(resolve(text))
    config = document.get("serialized_space", document)
    return json.loads(config) if isinstance(config, str) else config


def members(config):
    """All lists that have an order, with their key."""
    instructions = config.get("instructions", {})
    snippets = instructions.get("sql_snippets", {})
    for parent, name, key in [(config.get("config", {}), "sample_questions", "id"),
                              (config.get("benchmarks", {}), "questions", "id"),
                              (config.get("data_sources", {}), "tables", "identifier"),
                              (config.get("data_sources", {}), "metric_views", "identifier")] + \
            [(instructions, n, "id") for n in ("text_instructions", "example_question_sqls",
                                               "sql_functions", "join_specs")] + \
            [(snippets, n, "id") for n in ("filters", "expressions", "measures")]:
        if parent.get(name) is not None:
            yield parent, name, key
    for source in sources(config):
        if source.get("column_configs") is not None:
            yield source, "column_configs", "column_name"
    for example in instructions.get("example_question_sqls", []):
        if example.get("parameters") is not None:
            yield example, "parameters", "name"


def sources(config):
    data = config.get("data_sources", {})
    return data.get("tables", []) + data.get("metric_views", [])


def meaning(config):
    """What a workspace makes of it: version 2, sorted."""
    config = copy.deepcopy(config)
    config["version"] = 2
    config.setdefault("data_sources", {})
    for source in sources(config):
        for column in source.get("column_configs", []):
            for old, new in (("get_example_values", "enable_format_assistance"),
                             ("build_value_dictionary", "enable_entity_matching")):
                if old in column:
                    column.setdefault(new, column.pop(old))
    for parent, name, key in members(config):
        parent[name].sort(key=lambda item: (item.get(key, "").encode(), item.get("identifier", "")))
    return config


def hexid(text):
    return text if re.fullmatch("[0-9a-f]{32}", text) else hashlib.md5(text.encode()).hexdigest()


def repaired(config):
    """A valid configuration as near as can be; and whether anything was changed."""
    config = meaning(config)
    before = json.dumps(config, sort_keys=True)
    seen = set()
    for parent, name, key in members(config):
        for item in parent[name]:
            if key != "id":
                continue
            item["id"] = hexid(item.get("id", json.dumps(item)))
            while item["id"] in seen:
                item["id"] = hashlib.md5(item["id"].encode()).hexdigest()
            seen.add(item["id"])
    for parent, name, key in members(config):
        if key in ("column_name", "identifier"):
            parent[name] = list({item[key]: item for item in parent[name]}.values())
    functions = config.get("instructions", {}).get("sql_functions", [])
    functions[:] = list({f["identifier"]: f for f in functions}.values())
    texts = config.get("instructions", {}).get("text_instructions", [])
    del texts[1:]
    return meaning(config), before != json.dumps(config, sort_keys=True)


# ---- patches ----
def lists(config, *path):
    for key in path:
        config = config.get(key, {})
    return config or []


def item_patches(config):
    """Add, update and remove of all that has an id; remove and update need one that is there."""
    join = {"left": {"identifier": "main.gold.a", "alias": "a"},
            "right": {"identifier": "main.gold.b", "alias": "b"},
            "sql": ["`a`.`k` = `b`.`k`", "--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"]}
    snippet = {"display_name": "net & <gross>", "sql": ["a.x > 1\n", "AND a.y = 'é → ü'"]}
    example = {"question": "Wie viel? — é", "sql": "SELECT 1\nFROM main.gold.a\nWHERE x > 'é'"}
    for kind, extra, place, value in [
            ("join", {}, ("join_specs",), join), ("example_sql", {}, ("example_question_sqls",), example),
            ("default_filter", {}, ("sql_snippets", "filters"), snippet),
            ("sql_snippet", {"snippet": "filter"}, ("sql_snippets", "filters"), snippet),
            ("sql_snippet", {"snippet": "measure"}, ("sql_snippets", "measures"), snippet),
            ("sql_snippet", {"snippet": "expression"}, ("sql_snippets", "expressions"), snippet)]:
        name = " ".join([kind, *extra.values()])
        yield f"add {name}", {"type": f"add_{kind}", "value": value, **extra}
        items = lists(config, "instructions", *place)
        for item in items[len(items) // 2:][:1]:
            change = {"sql": item["sql"] + ["-- é\n"]}
            yield f"update {name}", {"type": f"update_{kind}", "id": item["id"], "value": change, **extra}
            yield f"remove {name}", {"type": f"remove_{kind}", "id": item["id"], **extra}


def text_patches(config):
    text = "".join("".join(i["content"]) for i in lists(config, "instructions", "text_instructions"))
    yield "add instruction", {"type": "add_instruction", "new_text": "Use main.gold.a.\n\"é\" & <b> mean → x\\y."}
    yield "update whole instruction", {"type": "update_instruction", "new_text": "Use main.gold.a."}
    words = re.findall(r"\w{5,}[^\n]*\w", text)
    if words:
        part = words[len(words) // 2]
        yield "update instruction", {"type": "update_instruction", "old_text": part, "new_text": "é"}
        yield "remove instruction", {"type": "remove_instruction", "old_text": part}
    yield "add question", {"type": "add_sample_question", "new_text": "Où — “x”?"}
    questions = lists(config, "config", "sample_questions")
    for item in questions[len(questions) // 2:][:1]:
        yield "remove question", {"type": "remove_sample_question", "id": item["id"]}
        yield "remove question by text", {"type": "remove_sample_question", "old_text": "".join(item["question"])}


def column_patches(target, column, have):
    at = {"target": target, "column": column}
    yield "hide column", {"type": "hide_column", **at}
    if have.get("exclude"):
        yield "unhide column", {"type": "unhide_column", **at}
    yield "add synonym", {"type": "add_synonym", "new_text": "größe & co", **at}
    for synonym in have.get("synonyms", [])[:1]:
        yield "remove synonym", {"type": "remove_synonym", "old_text": synonym, **at}
    for what, key in (("example_values", "enable_format_assistance"),
                      ("value_dictionary", "enable_entity_matching")):
        if have.get(key):
            yield f"disable {what}", {"type": f"disable_{what}", **at}
        else:
            yield f"enable {what}", {"type": f"enable_{what}", **at}


def table_patches(config):
    yield "add table", {"type": "add_table", "target": NEW_TABLE}
    named = sources(config)
    for source in named[len(named) // 2:][:1]:
        target = source["identifier"]
        yield "remove table", {"type": "remove_table", "target": target}
        yield "add description", {"type": "add_description", "target": target, "new_text": "A\nB é"}
        yield from ((f"{n} (new column)", p) for n, p in column_patches(target, "zz_new", {}))
    seen = set()
    for source in named:
        for column in source.get("column_configs", []):
            if source.get("description") and "update description" not in seen:
                seen.add("update description")
                yield "update description", {"type": "update_description", "target": source["identifier"],
                                             "new_text": "Other."}
            for name, patch in column_patches(source["identifier"], column["column_name"], column):
                if name not in seen:
                    seen.add(name)
                    yield name, patch


def patches(config):
    yield from table_patches(config)
    yield from item_patches(config)
    yield from text_patches(config)


# ---- one workspace per export ----
class Workspace:
    def __init__(self, work, config):
        self.served = os.path.join(work, "served")
        write_bundle(self.served, json.dumps(config, ensure_ascii=False).encode())
        self.process = subprocess.Popen(
            [BIN + "/genie-local", "serve", "--bundle", self.served, "--seed", "1", "--latency", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        ready = json.loads(self.process.stdout.readline())
        self.host, self.token = ready["host"], ready["token"]
        self.env = {**os.environ, "DATABRICKS_HOST": self.host, "DATABRICKS_TOKEN": self.token,
                    "DATABRICKS_WAREHOUSE_ID": ready["warehouse_id"], "DATABRICKS_CONFIG_FILE": "/dev/null"}
        # a table that a patch adds, and one that a rollback adds again, must exist
        for name in [NEW_TABLE] + [s["identifier"] for s in sources(config)]:
            quoted = ".".join("`%s`" % part.strip("`") for part in name.split("."))
            made = self.call("/api/2.0/sql/statements", {
                "warehouse_id": ready["warehouse_id"], "wait_timeout": "30s",
                "statement": f"CREATE TABLE IF NOT EXISTS {quoted} (x INT)"})
            if made["status"]["state"] != "SUCCEEDED":
                case(False, f"making table {name}", made["status"].get("error", {}).get("message"))

    def call(self, path, body=None):
        request = urllib.request.Request(self.host + path, json.dumps(body).encode() if body else None,
                                         {"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def config(self):
        return json.loads(self.call("/api/2.0/genie/spaces/s?include_serialized_space=true")["serialized_space"])

    def patch(self, bundle, *arguments, stdin=None):
        """The record; or what was said instead."""
        done = subprocess.run([BIN + "/genie-patch", "--bundle", bundle, "--allow-dirty", "--allow-high",
                               *arguments], env=self.env, input=stdin, capture_output=True, timeout=60)
        if done.returncode:
            return {"patches": [{"status": f"exit {done.returncode}", "reason": done.stderr.decode()}]}
        return json.loads(done.stdout)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def export_path(bundle):
    return os.path.join(bundle, "src/genie/s_genie_export.json")


def write_bundle(bundle, export):
    os.makedirs(os.path.dirname(export_path(bundle)), exist_ok=True)
    with open(os.path.join(bundle, "databricks.yml"), "w") as out:
        out.write("bundle: {name: b}\nvariables:\n")
        for name, value in VARIABLES.items():
            out.write(f"  {name}: {{default: {value}}}\n")
        out.write("resources:\n  genie_spaces:\n    s: {space_id: s, title: S, warehouse_id: w, "
                  "file_path: src/genie/s_genie_export.json}\n")
    for journal in glob.glob(os.path.join(bundle, "*.journal*")):
        os.remove(journal)
    with open(export_path(bundle), "wb") as out:
        out.write(export)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def touched(before, after):
    """Bytes of the old text between what is the same at the beginning and at the end."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return len(before) - head - tail


def may_touch(patch, config):
    """The size of what the patch replaces or removes, indentation and escapes included."""
    size = 0
    if patch["type"] == "remove_table":
        size = max(len(json.dumps(s)) for s in sources(config) if s["identifier"] == patch["target"])
    elif patch["type"].endswith("_instruction"):
        size = len(json.dumps(lists(config, "instructions", "text_instructions"))) if \
            "old_text" not in patch and patch["type"] != "add_instruction" else len(patch.get("old_text", ""))
    elif patch["type"].startswith(("remove_", "update_")):
        size = max((len(json.dumps(i)) for parent, name, key in members(config) for i in parent[name]
                    if key == "id" and (i["id"] == patch.get("id") or i.get("question") == [patch.get("old_text")])),
                   default=0)
    return EXTRA + 3 * size


def status(record):
    return ",".join(sorted({p["status"] for p in record["patches"]}))


def try_patch(name, space, bundle, patch, same):
    before, live_before = read(export_path(bundle)), space.config()
    document = json.dumps({"schema": "genie/patches/1", "space_id": "s", "patches": [patch]}).encode()
    record = space.patch(bundle, stdin=document)
    after, live_after = read(export_path(bundle)), space.config()
    if status(record) != "applied":
        return case(False, name, f"{status(record)}: {record['patches'][0].get('reason')}")
    problems = []
    if before == after or live_before == live_after:
        problems.append("a side did not change")
    if touched(before, after) > may_touch(patch, live_before):
        problems.append(f"{touched(before, after)} bytes of the old text were touched")
    if (b"\r\n" in before) != (b"\r\n" in after) or re.search(rb"[^\r]\n", after) and b"\r\n" in before:
        problems.append("line ends")
    if same and meaning(config_of(after.decode())) != live_after:
        problems.append("file and workspace differ")
    again = status(space.patch(bundle, stdin=document))
    if again != "already" or read(export_path(bundle)) != after or space.config() != live_after:
        problems.append(f"applied again: {again}")
    record_path = os.path.join(bundle, "..", "apply.json")
    with open(record_path, "w") as out:
        json.dump(record, out)
    back = status(space.patch(bundle, "--rollback", record_path))
    if back != "rolled_back" or read(export_path(bundle)) != before or space.config() != live_before:
        problems.append(f"rolled back: {back}")
        write_bundle(bundle, before)
    return case(not problems, name, "; ".join(problems))


def variants(text):
    yield "as published", text
    yield "with CRLF", text.replace(b"\n", b"\r\n")
    document = json.loads(text)
    if "serialized_space" not in document:
        yield "as a string", json.dumps({"title": "é", "serialized_space": text.decode()}, indent=1).encode()


def try_export(path):
    name = os.path.basename(path)[:-5]
    text = read(path)
    config, changed = repaired(config_of(text.decode()))
    if not re.search(PATTERN, name):
        return
    with tempfile.TemporaryDirectory() as work:
        space = Workspace(work, config)
        try:
            for variant, form in variants(text):
                bundle = os.path.join(work, "b")
                write_bundle(bundle, form)
                for what, patch in patches(config):
                    try_patch(f"{name} {variant}: {what}", space, bundle, patch, not changed)
        finally:
            space.stop()


exports = sorted(glob.glob(DATA + "/*.json"))
if not exports:
    print(f"skip - no exports in {DATA}")
    counts["skipped"] += 1
with ThreadPoolExecutor(2) as pool:
    list(pool.map(try_export, exports))
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(counts["failed"] > 0)
