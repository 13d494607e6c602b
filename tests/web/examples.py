#!/usr/bin/env python3
"""The webhooks of examples/ are settings that can be, their actions send what the rules read, and, with the
templates filled in, they do what their READMEs say: the request is signed as it is checked there, and
the entity is one that Port takes."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from harness import ROOT, finish, tap  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hostile import Server  # noqa: E402
from telling import Port, tell  # noqa: E402
from webhooks import Actions, signature  # noqa: E402

MESSAGE = {"inputs": {"reason": "leaked?", "version": "1.10", "environment": "production"}, "entity": {"identifier": "cart"},
           "action": {"identifier": "a"}, "run": {"id": "r_1"}, "trigger": {}}


def look_up(context, path):
    for name in path.strip().strip(".").split("."):
        context = context[name]
    return context


def fill(value, context):
    """The plain paths of these templates."""
    if isinstance(value, dict):
        return {name: fill(inner, context) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, context) for inner in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"\{\{([^}]*)\}\}", lambda match: str(look_up(context, match[1])), value)


def read(name):
    folder = ROOT / "examples" / name
    config, action = (json.loads((folder / file).read_text(encoding="utf-8")) for file in ("config.json", "action.json"))
    (rule,) = config["rules"]
    tap.equal(rule["match"]["action"], action["identifier"], f"{name}: the rule is for the action")
    used = set(re.findall(r"\{\{ \.(\w+)", json.dumps(rule.get("webhook", rule.get("exec"))))) - {"secrets"}
    tap.ok(action["invocationMethod"]["type"] == "KAFKA" and used <= set(action["invocationMethod"]["payload"]),
           f"{name}: the action sends what the rule reads", used)
    return rule


def check_request(name, rule, actions, server):
    tap.equal(actions.ask(rule["webhook"], op="check").get("ok"), True, f"{name}: the settings can be")
    settings = fill(rule["webhook"], {**MESSAGE, "secrets": {"vault_token": "t0ken"}})
    settings["url"] = server.url + "/" + settings["url"].rsplit("/", 1)[1]
    result = actions.ask(settings, message=json.dumps(MESSAGE))
    request = server.requests[-1]
    tap.equal((result["outcome"], request.headers["x-port-signature"]),
              ("succeeded", signature(request.headers["x-port-timestamp"], request.body)), f"{name}: is sent, signed")
    return settings, request


def run_program(name, actions, **change):
    """The rule's program, with the message changed so."""
    rule, message = read(name), {**MESSAGE, **change}
    settings = fill(rule["exec"], {**message, "secrets": {"cache_token": "t0ken"}})
    settings["argv"][0] = str(ROOT / settings["argv"][0])
    tap.equal(actions.ask(settings, kind="exec", op="check").get("ok"), True, f"{name}: the settings can be")
    return rule, actions.ask(settings, kind="exec", message=json.dumps(message))


def check_programs(actions):
    rule, result = run_program("python", actions)
    tap.equal((result["outcome"], result["output"]), ("succeeded", "r_1: deploying cart 1.10 to production\n"), "python: deploys")
    port = Port("--run", "r_1", "--blueprint", "deployment")
    context = {"body": MESSAGE, "response": result["response"] if isinstance(result["response"], dict)
               else json.loads(result["response"])}
    entity = fill(rule["report"]["entities"][0], context)
    tap.equal(entity["properties"], {"version": "1.10", "url": "https://production.example.com/cart/1.10"}, "python: and says what")
    blueprint, upsert = entity.pop("blueprint"), entity.pop("upsert")
    status = {"status": "SUCCESS", "statusLabel": fill(rule["report"]["status_label"], context),
              "link": fill(rule["report"]["link"], context)}
    answers = tell(port, ("POST", f"/v1/blueprints/{blueprint}/entities?upsert={json.dumps(upsert)}&run_id=r_1", entity),
                   ("PATCH", "/v1/actions/runs/r_1", status))
    tap.equal([answer["status"] for answer in answers], [201, 200], "python: Port takes its report")
    port.end()
    _, result = run_program("python", actions, inputs={"version": "2", "environment": "moon"})
    tap.equal((result["exit_code"], result["output"]), (1, "there is no environment 'moon'\n"), "python: or why not")
    hostile = "a'; touch x; $(id) \"`id`"
    _, result = run_program("shell", actions, inputs={"prefix": hostile})
    tap.equal((result["outcome"], result["output"]), ("succeeded", f"cleared '{hostile}' of cart\n"), "shell: whatever is typed")
    _, result = run_program("shell", actions, inputs={"prefix": ""})
    tap.equal((result["exit_code"], result["output"]), (2, "an empty prefix would clear all of cart\n"), "shell: or why not")


def test():
    server, actions = Server(), Actions()
    settings, request = check_request("webhook", read("webhook"), actions, server)
    tap.equal((request.method, request.path, request.headers["authorization"], json.loads(request.body)),
              ("PUT", "/rotate?service=cart", "Bearer t0ken", {"run": "r_1", "reason": "leaked?"}), "webhook: as it says")
    result = actions.ask({**settings, "url": server.url + "/status/503/3"})
    tap.equal((result["hopeless"], result["retry_after_ms"]), (False, 3000), "webhook: a 503 is tried again when it says")

    rule = read("entity_report")
    check_request("entity_report", rule, actions, server)
    port = Port("--run", "r_1", "--blueprint", "deployment")
    response = {"json": {"url": "https://deploy.example.com/1", "id": "1"}}
    entity = fill(rule["report"]["entities"][0], {"body": MESSAGE, "response": response})
    blueprint, upsert = entity.pop("blueprint"), entity.pop("upsert")
    answers = tell(port, ("POST", f"/v1/blueprints/{blueprint}/entities?upsert={json.dumps(upsert)}&run_id=r_1", entity))
    tap.equal((answers[0]["status"], port.state()["runs"]["r_1"]["entities"]), (201, ["cart-r_1"]),
              "entity_report: Port takes the entity, and ties it to the run")
    port.end()
    check_programs(actions)
    actions.end()


finish(test)
