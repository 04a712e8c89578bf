"""Rebuild Genie Spaces from their export files, *_genie_export.json.

The exports hold ${catalog} and ${gold_schema}; they get their values here. All exports are
checked before the first space is touched, and every problem is told with its place. Then
the whole serialized_space of each space is replaced and read back.

Nothing but Python's own library. DATABRICKS_HOST says where; DATABRICKS_TOKEN, or
DATABRICKS_CLIENT_ID with DATABRICKS_CLIENT_SECRET, says who.
"""

import argparse
import base64
import json
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SUFFIX = "_genie_export.json"
TRIES = 5
ID = re.compile("[0-9a-f]{32}")
VARIABLE = re.compile(r"\$\{[^}]*\}")
LEVELS = re.compile(r"(`[^`]+`|[^.`]+)(\.(`[^`]+`|[^.`]+)){2}")

# Arrays that a workspace wants sorted, and by what.
SORTED = {
    "config.sample_questions": ("id",),
    "data_sources.tables": ("identifier",),
    "data_sources.metric_views": ("identifier",),
    "instructions.text_instructions": ("id",),
    "instructions.example_question_sqls": ("id",),
    "instructions.sql_functions": ("id", "identifier"),
    "instructions.join_specs": ("id",),
    "instructions.sql_snippets.filters": ("id",),
    "instructions.sql_snippets.expressions": ("id",),
    "instructions.sql_snippets.measures": ("id",),
    "benchmarks.questions": ("id",),
}
# At most so many members, all arrays of a row together.
LIMITS = [
    (1, "text instructions", ["text_instructions"]),
    (50, "functions", ["sql_functions"]),
    (100, "instructions", ["text_instructions", "example_question_sqls", "sql_functions"]),
    (200, "SQL snippets", ["filters", "expressions", "measures"]),
    (500, "benchmark questions", ["questions"]),
]


class Refused(Exception):
    """What stops the deployment, in words."""


def array(config: dict, place: str) -> list:
    value = config
    for name in place.split("."):
        value = value.get(name, {}) if isinstance(value, dict) else {}
    return value if isinstance(value, list) else []


def key_of(item: object, keys: tuple) -> tuple:
    return tuple(str(item.get(key, "")) if isinstance(item, dict) else "" for key in keys)


def order_problems(items: list, place: str, keys: tuple):
    for before, after in zip(items, items[1:]):
        if key_of(before, keys) > key_of(after, keys):
            yield f"{place} must be sorted by {', '.join(keys)}: {key_of(after, keys)[0]} stands behind {key_of(before, keys)[0]}"
            return


def nested(config: dict):
    """The sorted arrays, and those within their members."""
    for place, keys in SORTED.items():
        items = array(config, place)
        yield place, keys, items
        for item in items:
            if not isinstance(item, dict):
                continue
            name = item.get("identifier") or item.get("id")
            for inner, key in (("column_configs", "column_name"), ("parameters", "name")):
                if isinstance(item.get(inner), list):
                    yield f"{place}[{name}].{inner}", (key,), item[inner]


def id_problems(config: dict):
    seen = {}
    for place, keys in SORTED.items():
        group = "questions" if place in ("config.sample_questions", "benchmarks.questions") else "instructions"
        for number, item in enumerate(array(config, place)):
            if "id" not in keys:
                continue
            value = item.get("id") if isinstance(item, dict) else None
            if not isinstance(value, str) or not ID.fullmatch(value):
                yield f"{place}[{number}].id must be 32 lowercase hexadecimal characters, found {json.dumps(value)}"
            elif (group, value) in seen:
                yield f"{place}[{number}].id {value} is also in {seen[group, value]}"
            else:
                seen[group, value] = place


def name_problems(config: dict):
    for place in ("data_sources.tables", "data_sources.metric_views", "instructions.sql_functions"):
        for number, item in enumerate(array(config, place)):
            name = item.get("identifier") if isinstance(item, dict) else None
            if not isinstance(name, str) or not LEVELS.fullmatch(name):
                yield f"{place}[{number}].identifier must be catalog.schema.name, found {json.dumps(name)}"


def limit_problems(config: dict):
    for most, what, names in LIMITS:
        count = sum(len(array(config, place)) for place in SORTED if place.split(".")[-1] in names)
        if count > most:
            yield f"{count} {what}; a space may have {most}"


def problems(config: object):
    if not isinstance(config, dict) or not isinstance(config.get("data_sources"), dict):
        yield "not a Genie space export: no data_sources"
        return
    for place, keys, items in nested(config):
        yield from order_problems(items, place, keys)
    yield from id_problems(config)
    yield from name_problems(config)
    yield from limit_problems(config)


def no_duplicates(pairs: list) -> dict:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise Refused(f"key {next(n for n in names if names.count(n) > 1)!r} is there twice in one object")
    return found


def load(path: Path, variables: dict) -> dict:
    """The configuration in an export, with values for its variables."""
    text = path.read_text(encoding="utf-8")
    for name, value in variables.items():
        text = text.replace("${" + name + "}", json.dumps(value)[1:-1])
    left = sorted(set(VARIABLE.findall(text)))
    if left:
        raise Refused(f"no value for {', '.join(left)}")
    try:
        document = json.loads(text, object_pairs_hook=no_duplicates)
        if isinstance(document, dict) and "serialized_space" in document:
            document = document["serialized_space"]
            if isinstance(document, str):
                document = json.loads(document, object_pairs_hook=no_duplicates)
    except json.JSONDecodeError as error:
        raise Refused(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    return document


def assigned(text: str, exports: list) -> dict:
    """The space of each export: "DOMAIN=ID,...", or the id alone when there is one export."""
    domains = [path.name[: -len(SUFFIX)] for path in exports]
    pairs = dict(part.strip().partition("=")[::2] for part in text.split(",") if part.strip())
    if len(domains) == 1 and len(pairs) == 1 and set(pairs.values()) == {""}:
        return {domains[0]: next(iter(pairs))}
    missing = [domain for domain in domains if not pairs.get(domain)]
    unknown = [domain for domain in pairs if domain not in domains]
    if missing or unknown:
        raise Refused(
            f"--spaces {text}: " + "; ".join([f"no space for {d}{SUFFIX}" for d in missing] + [f"there is no {d}{SUFFIX}" for d in unknown])
        )
    return pairs


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Credentials go to the host that was named and to no other."""

    def redirect_request(self, *_args):
        return None


class Workspace:
    def __init__(self) -> None:
        host = os.environ.get("DATABRICKS_HOST", "").rstrip("/")
        if "://" not in host and host:
            host = "https://" + host
        loopback = urllib.parse.urlsplit(host).hostname in ("127.0.0.1", "localhost", "::1")
        if not host.startswith("https://") and not (loopback and host.startswith("http://")):
            raise Refused("DATABRICKS_HOST must be the https address of a workspace")
        self.host = host
        self.opener = urllib.request.build_opener(NoRedirect)
        self.token = os.environ.get("DATABRICKS_TOKEN") or self.log_in()

    def log_in(self) -> str:
        who, secret = os.environ.get("DATABRICKS_CLIENT_ID"), os.environ.get("DATABRICKS_CLIENT_SECRET")
        if not who or not secret:
            raise Refused("no credentials: set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET")
        form = {"grant_type": "client_credentials", "scope": "all-apis"}
        basic = base64.b64encode(f"{who}:{secret}".encode()).decode()
        request = urllib.request.Request(self.host + "/oidc/v1/token", urllib.parse.urlencode(form).encode(), {"Authorization": "Basic " + basic})
        return self.send(request, "logging in")["access_token"]

    def call(self, method: str, path: str, body: object = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}
        request = urllib.request.Request(self.host + path, data, headers, method=method)
        return self.send(request, f"{method} {path}")

    def send(self, request: urllib.request.Request, what: str) -> dict:
        for left in reversed(range(TRIES)):
            try:
                with self.opener.open(request, timeout=120) as answer:
                    return json.loads(answer.read())
            except urllib.error.HTTPError as error:
                text = error.read().decode("utf-8", "replace")[:2000]
                if error.code not in (429, 503) or not left:
                    raise Refused(f"{what}: {error.code}: {message_of(text)}") from None
                time.sleep(min(float(error.headers.get("Retry-After") or 2), 60))
            except (urllib.error.URLError, TimeoutError) as error:
                if not left:
                    raise Refused(f"{what}: {self.host} cannot be reached: {error}") from None
                time.sleep(2)
        raise AssertionError("the last try returns or raises")


def message_of(text: str) -> str:
    try:
        body = json.loads(text)
        return " ".join(str(body[key]) for key in ("error_code", "message", "error", "error_description") if body.get(key)) or text
    except (ValueError, AttributeError, TypeError):
        return text


def same(config: dict, live: dict) -> bool:
    """Whether all that was sent is there; a workspace may add defaults."""
    if isinstance(config, dict) and isinstance(live, dict):
        return all(key in live and same(value, live[key]) for key, value in config.items() if key != "version")
    if isinstance(config, list) and isinstance(live, list):
        return len(config) == len(live) and all(map(same, config, live))
    return config == live


def deploy(workspace: Workspace, space_id: str, config: dict) -> None:
    path = "/api/2.0/genie/spaces/" + urllib.parse.quote(space_id, safe="")
    workspace.call("PATCH", path, {"serialized_space": json.dumps(config)})
    live = json.loads(workspace.call("GET", path + "?include_serialized_space=true")["serialized_space"])
    if not same(config, live):
        raise Refused(f"space {space_id}: what reads back is not what was sent; somebody else may be changing it")
    tables, views, functions = (
        len(array(config, place)) for place in ("data_sources.tables", "data_sources.metric_views", "instructions.sql_functions")
    )
    print(f"space {space_id}: {tables} tables, {views} metric views, {functions} functions")


def read_all(exports: list, variables: dict) -> dict:
    """The configuration of each domain; all that is wrong with any of them at once."""
    configs, wrong = {}, []
    for path in exports:
        try:
            config = load(path, variables)
            found = list(problems(config))
        except (Refused, OSError, UnicodeDecodeError) as error:
            config, found = None, [str(error)]
        wrong += [f"{path.name}: {text}" for text in found]
        configs[path.name[: -len(SUFFIX)]] = config
    if wrong:
        raise Refused("nothing was deployed:\n" + "\n".join(wrong))
    return configs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", required=True, type=Path, help="folder of the exports")
    parser.add_argument("--spaces", required=True, help="DOMAIN=SPACE_ID,... or the id of the only one")
    parser.add_argument("--catalog", required=True)
    parser.add_argument("--gold-schema", required=True)
    parser.add_argument("--check", action="store_true", help="check the exports and deploy nothing")
    args = parser.parse_args()

    exports = sorted(args.source.glob("*" + SUFFIX))
    if not exports:
        raise Refused(f"{args.source}: no *{SUFFIX}")
    spaces = assigned(args.spaces, exports)
    configs = read_all(exports, {"catalog": args.catalog, "gold_schema": args.gold_schema})
    if args.check:
        print(f"{len(configs)} exports are well-formed")
        return
    workspace = Workspace()
    for domain, config in configs.items():
        deploy(workspace, spaces[domain], config)


if __name__ == "__main__":
    main()
