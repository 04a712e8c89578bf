#!/usr/bin/env python3
"""bundle.py YAMLJSON BUNDLE...: are the bundles what Databricks takes, and do their parts meet?
bundle.py --only YAMLJSON BUNDLE: the same of one, without the negative cases; prints what is wrong.

Keys and types are those of tests/checks/bundle.json. Beyond that: every ${...} and {{...}}
names something that is declared, every declared parameter is used, every file that is
referred to is there, scripts know the options that they are given, tasks depend on tasks, and a
for_each_task runs over a list. YAMLJSON is the program that reads YAML. Then single mistakes
are put into copies, and each must be refused with its reason.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:  # another python3 may come first in PATH than the packaged one
    if sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3"] + sys.argv)
    jsonschema = None

HERE = os.path.dirname(os.path.abspath(__file__))
ROOTS = ("databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml")
# What there is without being declared.
GIVEN = ("bundle.target", "bundle.name", "bundle.git.branch", "bundle.git.commit", "workspace.host", "workspace.file_path",
         "workspace.root_path", "workspace.current_user.userName", "workspace.current_user.short_name")
DYNAMIC = ("job.id", "job.name", "job.run_id", "job.repair_count", "job.start_time.iso_date", "task.name", "task.run_id",
           "task.execution_count", "workspace.id", "workspace.url")


def texts(node, path="$"):
    """Every text below a node, with its place."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from texts(value, "%s.%s" % (path, key))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from texts(value, "%s[%d]" % (path, number))
    elif isinstance(node, str):
        yield path, node


def read(yamljson, path):
    done = subprocess.run([yamljson, path], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(done.stderr.strip().partition(": ")[2])
    return json.loads(done.stdout)


class Bundle:
    def __init__(self, yamljson, folder):
        self.folder, self.wrong, self.files = folder, [], {}
        with open(os.path.join(HERE, "bundle.json"), encoding="utf-8") as file:
            validator = jsonschema.Draft7Validator(json.load(file))
        try:
            roots = [name for name in ROOTS if os.path.exists(os.path.join(folder, name))]
            if len(roots) != 1:
                raise ValueError("%s: one of %s is wanted, found %d" % (folder, ", ".join(ROOTS), len(roots)))
            self.load(yamljson, os.path.join(folder, roots[0]), validator)
            for pattern in next(iter(self.files.values())).get("include", []):
                found = sorted(glob.glob(os.path.join(folder, pattern)))
                if not found:
                    self.say(roots[0], "$.include", "%s: no such file" % pattern)
                for path in found:
                    self.load(yamljson, path, validator)
        except ValueError as error:
            self.wrong.append(str(error))
            return
        if not self.wrong:
            self.check()

    def say(self, file, place, text):
        self.wrong.append("%s: %s: %s" % (file, place, text))

    def load(self, yamljson, path, validator):
        document = read(yamljson, path) or {}
        name = os.path.relpath(path, self.folder)
        if self.files and ("include" in document or "bundle" in document):
            self.say(name, "$", "bundle and include belong into the root")
        self.files[name] = document
        for error in sorted(validator.iter_errors(document), key=lambda e: [str(p) for p in e.absolute_path]):
            while error.context:
                error = max(error.context, key=lambda e: len(e.absolute_path))
            place = "".join("[%d]" % p if isinstance(p, int) else "." + p for p in error.absolute_path)
            self.say(name, "$" + place, error.message[:300])

    def check(self):
        self.variables = set()
        self.resources = set()
        for document in self.files.values():
            self.variables |= set(document.get("variables", {}))
            for kind, items in document.get("resources", {}).items():
                for key in items:
                    if (kind, key) in self.resources:
                        self.wrong.append("resources.%s.%s is there twice" % (kind, key))
                    self.resources.add((kind, key))
        for name, document in self.files.items():
            self.references(name, document)
            for target, settings in document.get("targets", {}).items():
                for key in settings.get("variables", {}):
                    if key not in self.variables:
                        self.say(name, "$.targets.%s" % target, "variable %s is not declared" % key)
            for key, space in document.get("resources", {}).get("genie_spaces", {}).items():
                if "file_path" in space:
                    self.exists(name, "$.resources.genie_spaces.%s.file_path" % key, space["file_path"])
            for key, job in document.get("resources", {}).get("jobs", {}).items():
                Job(self, name, "$.resources.jobs.%s" % key, job).check()

    def references(self, name, document):
        for place, text in texts(document):
            for ref in re.findall(r"\$\{([^}]*)\}", text):
                parts = ref.split(".")
                if parts[0] == "var" and len(parts) == 2 and parts[1] in self.variables:
                    continue
                if parts[0] == "resources" and len(parts) > 2 and tuple(parts[1:3]) in self.resources:
                    continue
                if ref not in GIVEN:
                    self.say(name, place, "${%s} is not declared" % ref)

    def exists(self, name, place, reference):
        """A path beside the file that names it; a folder's path may not lead out of the bundle."""
        path = os.path.normpath(os.path.join(self.folder, os.path.dirname(name), reference))
        if not path.startswith(os.path.normpath(self.folder) + os.sep):
            self.say(name, place, "%s leads out of the bundle" % reference)
        elif not os.path.isfile(path):
            self.say(name, place, "%s: no such file" % reference)
        else:
            return path
        return None


class Job:
    def __init__(self, bundle, file, place, job):
        self.bundle, self.file, self.place, self.job = bundle, file, place, job
        self.parameters = {p["name"]: p["default"] for p in job.get("parameters", [])}
        self.used, self.keys = set(), []

    def say(self, place, text):
        self.bundle.say(self.file, place, text)

    def check(self):
        names = [p["name"] for p in self.job.get("parameters", [])]
        self.once(names, "parameter")
        self.once([c["job_cluster_key"] for c in self.job.get("job_clusters", [])], "job cluster")
        self.once([e["environment_key"] for e in self.job.get("environments", [])], "environment")
        tasks = self.job["tasks"]
        siblings = [task["task_key"] for task in tasks]
        for number, task in enumerate(tasks):
            self.task(task, "%s.tasks[%d]" % (self.place, number), siblings, False)
        self.once(self.keys, "task")
        self.cycles({t["task_key"]: [d["task_key"] for d in t.get("depends_on", [])] for t in tasks})
        for number, cluster in enumerate(self.job.get("job_clusters", [])):
            self.dynamic(cluster, "%s.job_clusters[%d]" % (self.place, number), [], False)
        for name in names:
            if name not in self.used:
                self.say(self.place, "parameter %s is never used" % name)

    def once(self, names, what):
        for name in sorted({n for n in names if names.count(n) > 1}):
            self.say(self.place, "%s %s is there twice" % (what, name))

    def cycles(self, graph):
        done = set()
        while len(done) < len(graph):
            ready = [k for k, needs in graph.items() if k not in done and all(n in done or n not in graph for n in needs)]
            if not ready:
                self.say(self.place, "tasks wait for each other: %s" % ", ".join(sorted(set(graph) - done)))
                return
            done |= set(ready)

    def task(self, task, place, siblings, inside):
        self.keys.append(task["task_key"])
        for need in task.get("depends_on", []):
            if need["task_key"] not in siblings:
                self.say(place, "depends on %s, which is no task" % need["task_key"])
        for key, kind in (("job_cluster_key", "job_clusters"), ("environment_key", "environments")):
            if key in task and task[key] not in [x[key] for x in self.job.get(kind, [])]:
                self.say(place, "%s %s is not declared" % (key, task[key]))
        if "for_each_task" in task:
            self.for_each(task, place, siblings, inside)
        if "spark_python_task" in task:
            self.script(task["spark_python_task"], place)
            if not {"job_cluster_key", "environment_key", "existing_cluster_id"} & set(task):
                self.say(place, "neither cluster nor environment to run on")
        outer = {key: value for key, value in task.items() if key != "for_each_task"}
        self.dynamic(outer, place, siblings, inside)

    def for_each(self, task, place, siblings, inside):
        each = task["for_each_task"]
        if inside:
            self.say(place, "a for_each_task within another")
            return
        inputs = each["inputs"]
        self.dynamic(inputs, place + ".for_each_task.inputs", siblings, False)
        named = re.fullmatch(r"\{\{job\.parameters\.([^}]*)\}\}", inputs)
        if named:
            inputs = self.parameters.get(named.group(1), "[0]")
        if not re.fullmatch(r"\{\{tasks\.[^}]*\}\}", inputs):
            try:
                values = json.loads(inputs)
            except ValueError:
                values = None
            if not isinstance(values, list) or not values:
                self.say(place, "inputs of for_each_task: %s is no list with members" % inputs)
        if not any("{{input" in text for _, text in texts(each["task"])):
            self.say(place, "the task of for_each_task never uses {{input}}")
        self.task(each["task"], place + ".for_each_task.task", [], True)

    def script(self, task, place):
        path = self.bundle.exists(self.file, place, task["python_file"])
        if not path:
            return
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for argument in task.get("parameters", []):
            option = argument.partition("=")[0]
            if option.startswith("--") and '"%s"' % option not in text:
                self.say(place, "%s has no option %s" % (os.path.basename(path), option))

    def dynamic(self, node, place, siblings, inside):
        for where, text in texts(node, place):
            for ref in re.findall(r"\{\{([^}]*(?:\}(?!\})[^}]*)*)\}\}", text):
                if not self.known(ref, where, siblings, inside):
                    self.say(where, "{{%s}} is not known here" % ref)

    def known(self, ref, where, siblings, inside):
        parts = ref.split(".")
        if parts[:2] == ["job", "parameters"] and len(parts) == 3:
            self.used.add(parts[2])
            return parts[2] in self.parameters
        if parts[0] == "tasks" and len(parts) == 4 and parts[2] == "values":
            return parts[1] in siblings
        if parts[0] == "input":
            return inside
        if ref.startswith("secrets/"):
            return ".spark_env_vars." in where and len(ref.split("/")) == 3
        return ref in DYNAMIC


# ---- single mistakes, and why each is refused ----------------------------------------------
ROOT, EVAL, DEPLOY = "databricks.yml", "resources/genie_evaluation_job.yml", "resources/genie_spaces_deployment_job.yml"
SPACE = "resources/cost_genie_space.yml"
MISTAKES = [
    ("a key that there is not", EVAL, "max_concurrent_runs: 1", "max_concurent_runs: 1", "max_concurent_runs"),
    ("a key of a task that there is not", EVAL, "timeout_seconds: 1800", "timeout: 1800", "'timeout' was unexpected"),
    ("a key of a cluster that there is not", DEPLOY, "num_workers: 0", "workers: 0", "'workers' was unexpected"),
    ("a number as text", EVAL, "concurrency: 2", 'concurrency: "2"', "is not of type 'integer'"),
    ("a parameter without a default", EVAL, "          default: genie\n", "", "'default' is a required property"),
    ("a task without anything to do", DEPLOY, "spark_python_task:", "notebook_task:", "notebook_task"),
    ("a parameter that is not declared", EVAL, "--scope={{job.parameters.eval_scope}}", "--scope={{job.parameters.scope}}", "{{job.parameters.scope}} is not known"),
    ("a parameter that is never used", DEPLOY, "              - --spaces={{job.parameters.spaces}}\n", "", "parameter spaces is never used"),
    ("a parameter that is there twice", DEPLOY, "- name: gold_schema", "- name: catalog", "parameter catalog is there twice"),
    ("a variable that is not declared", DEPLOY, "${var.genie_node_type}", "${var.node_type}", "${var.node_type} is not declared"),
    ("a variable that is declared no more", ROOT, "  genie_results:", "  genie_result:", "${var.genie_results} is not declared"),
    ("a target's variable that is not declared", ROOT, "    mode: development", "    mode: development\n    variables:\n      gold: x", "variable gold is not declared"),
    ("a reference of no kind", DEPLOY, "${workspace.host}", "${workspace.hots}", "${workspace.hots} is not declared"),
    ("a dynamic value of no kind", EVAL, "{{job.run_id}}", "{{job.runid}}", "{{job.runid}} is not known"),
    ("the input of no for_each_task", EVAL, "--shards={{job.parameters.shards}}", "--shards={{input}}", "{{input}} is not known"),
    ("a secret outside of the environment", DEPLOY, "--catalog={{job.parameters.catalog}}", "--catalog={{secrets/genie/catalog}}", "{{secrets/genie/catalog}} is not known"),
    ("a script that is not there", EVAL, "evaluate_genie_space.py", "evaluate.py", "evaluate.py: no such file"),
    ("a script outside of the bundle", DEPLOY, "../src/genie/deploy", "../../../src/deploy", "leads out of the bundle"),
    ("an option that the script does not have", EVAL, "--qpm=", "--rate=", "has no option --rate"),
    ("a dependency that is no task", EVAL, "- task_key: evaluate\n          job_cluster_key", "- task_key: evaluation\n          job_cluster_key", "depends on evaluation"),
    ("tasks that wait for each other", EVAL, "- task_key: evaluate\n          for_each_task", "- task_key: evaluate\n          depends_on:\n            - task_key: score\n          for_each_task", "wait for each other"),
    ("a task that is there twice", EVAL, "task_key: evaluate_shard", "task_key: score", "task score is there twice"),
    ("a cluster that is not declared", DEPLOY, "- job_cluster_key: genie", "- job_cluster_key: other", "job_cluster_key genie is not declared"),
    ("a task with nothing to run on", DEPLOY, "          job_cluster_key: genie\n", "", "neither cluster nor environment"),
    ("a list that is none", EVAL, "'[\"1/4\", \"2/4\", \"3/4\", \"4/4\"]'", "1/4 2/4 3/4 4/4", "is no list with members"),
    ("a list without members", EVAL, 'inputs: "{{job.parameters.shards}}"', 'inputs: "[]"', "is no list with members"),
    ("a for_each_task that does the same each time", EVAL, "--shard={{input}}", "--shard=1/4", "never uses {{input}}"),
    ("a for_each_task within another", EVAL, "              task_key: evaluate_shard\n", "              task_key: evaluate_shard\n              for_each_task: {inputs: \"[1]\", task: {task_key: x}}\n", "for_each_task"),
    ("an include of nothing", ROOT, "resources/*.yml", "resource/*.yml", "resource/*.yml: no such file"),
    ("a key that is there twice", ROOT, "bundle:\n", "bundle:\n  name: other\n", "appears twice"),
    ("a mode that there is not", ROOT, "mode: development", "mode: dev", "'dev' is not one of"),
]
SPACE_MISTAKES = [
    ("an export that is not there", SPACE, "cost_genie_export.json", "cost_export.json", "cost_export.json: no such file"),
    ("a space without title", SPACE, "title:", "titel:", "titel"),
    ("a space with two configurations", SPACE, "file_path:", "serialized_space: '{}'\n      file_path:", "cost_genie_space.yml"),
    ("an environment that is not declared", EVAL, "- environment_key: default", "- environment_key: other", "environment_key default is not declared"),
]


def refused(yamljson, folder, case, counts):
    name, file, old, new, reason = case
    with tempfile.TemporaryDirectory() as scratch:
        copy = os.path.join(scratch, "bundle")
        shutil.copytree(folder, copy)
        path = os.path.join(copy, file)
        with open(path, encoding="utf-8") as stream:
            text = stream.read()
        os.chmod(path, 0o644)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text.replace(old, new))
        wrong = Bundle(yamljson, copy).wrong
    good = old in text and any(reason in line for line in wrong)
    counts[not good] += 1
    if not good:
        print("not ok - %s: %s" % (name, "not in the template any more" if old not in text else "; ".join(wrong) or "is taken"))


def main(arguments):
    if arguments and arguments[0] == "--only":
        wrong = Bundle(arguments[1], arguments[2]).wrong
        print("".join(line + "\n" for line in wrong), end="")
        return 1 if wrong else 0
    if jsonschema is None:
        print("skip - python3-jsonschema is not installed (make deps)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    yamljson, counts = arguments[0], [0, 0]
    for folder in arguments[1:]:
        bundle = Bundle(yamljson, folder)
        counts[bool(bundle.wrong)] += 1
        for line in bundle.wrong:
            print("not ok - %s/%s" % (folder, line))
        for case in SPACE_MISTAKES if os.path.exists(os.path.join(folder, SPACE)) else MISTAKES:
            refused(yamljson, folder, case, counts)
    print("%d passed, %d failed, 0 skipped" % tuple(counts))
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
