"""What people ask of a store, and how an expert would ask it in the sqlite3 shell. Names that stand
for what a store has are found in it: an entity that changed about a hundred times, the busiest one, a
word that stands in one or two messages …"""
import contextlib
import json
import random
import re
import sqlite3
import subprocess
from dataclasses import dataclass

SELECTIVE_MS = 15
COLD_MS = 150
RATIO = 2


@dataclass
class Question:
    name: str
    arguments: list
    sql: str = None
    wanted_ms: float = SELECTIVE_MS
    selective: bool = True  # at most twice as long as the SQL, and soon when the store is cold


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def subjects(store, portlog, seed=1):
    """What is asked for, the same for the same store."""
    dice = random.Random(seed)
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        def one(sql, *values):
            row = database.execute(sql, values).fetchone()
            return row[0] if row and len(row) == 1 else row

        last = one("SELECT max(seq) FROM record")
        newest = last - min(last // 4, 50000)
        seen = {"last": last, "common": "deploy"}
        name = "SELECT b.text, e.identifier FROM entity e JOIN name b ON b.id = e.blueprint WHERE e.id = ?"
        seen["hot"] = one(name, one("SELECT entity FROM change WHERE seq > ? AND entity > 0 GROUP BY 1"
                                    " ORDER BY count(*) DESC LIMIT 1", newest))
        counts = []
        ids = [row[0] for row in database.execute("SELECT entity FROM entity_state WHERE deleted = 0")]
        for entity in dice.sample(ids, min(300, len(ids))):
            counts.append((one("SELECT count(*) FROM change WHERE entity = ?", entity), entity))
        middle = min(counts, key=lambda pair: abs(pair[0] - 100))
        seen["entity"], seen["entity_changes"] = one(name, middle[1]), middle[0]
        times = [row[0] for row in database.execute(
            "SELECT time_ms FROM change WHERE entity = ? ORDER BY time_ms", (middle[1],))]
        seen["at"], seen["from"] = times[len(times) // 2] + 1, times[len(times) // 4] + 1
        paths = [row[0] for row in database.execute(
            "SELECT DISTINCT n.text FROM change c JOIN property_change p ON p.seq = c.seq JOIN json_each(p.changes) j"
            " JOIN name n ON n.id = json_extract(j.value, '$[0]') WHERE c.entity = ? ORDER BY 1", (middle[1],))]
        properties = [path.removeprefix("properties.") for path in paths if path.startswith("properties.")]
        seen["property"] = properties[0]
        seen["strange"] = one("SELECT substr(n.text, 12) FROM property_change p JOIN json_each(p.changes) j"
                              " JOIN name n ON n.id = json_extract(j.value, '$[0]') WHERE p.seq > ? AND n.text"
                              f" LIKE 'properties.%' AND n.text NOT IN ({','.join('?' * len(paths))}) LIMIT 1",
                              newest, *paths)
        seen["seq"] = one("SELECT seq FROM change WHERE entity = ? AND seq IN"
                          " (SELECT seq FROM property_change) ORDER BY time_ms DESC LIMIT 1", middle[1])
        label = "SELECT label FROM user WHERE id = ?"
        users = [row[0] for row in database.execute(
            "SELECT user FROM change WHERE seq > ? AND user > 0 GROUP BY 1 ORDER BY count(*)", (newest,))]
        seen["user"], seen["rare_user"] = one(label, users[-1]), one(label, users[0])
        seen["run"] = one("SELECT n.run_id FROM change c JOIN run_name n ON n.id = c.run WHERE c.seq > ?"
                          " AND c.run <> 0 LIMIT 1", last // 2)
        seen["since"] = one("SELECT time_ms FROM change WHERE seq >= ? LIMIT 1", last // 2)
        seen["action"] = one("SELECT n.text FROM run r JOIN name n ON n.id = r.action WHERE r.seq > ?"
                             " AND r.kind = 1 LIMIT 1", last // 2)
        seen["blueprint"] = seen["entity"][0]
        ticket = [match.group(0) for row in database.execute(
            "SELECT changes FROM property_change WHERE seq > ?", (last - min(last, 20000),))
            if (match := re.search(r"OPS-\d+", row[0]))]
        seen["ticket"] = ticket[0] if ticket else seen["run"]
    blame = subprocess.run([portlog, "--store", store, "blame", "/".join(seen["entity"]), "-o", "json"],
                         stdout=subprocess.PIPE, check=True)
    rows = json.loads(blame.stdout)
    rows = rows if isinstance(rows, list) else rows.get("properties", [])
    in_run = [row for row in rows if row.get("run_id")]
    seen["path"] = ((in_run or rows)[0].get("path") or "properties.version")
    return seen


# What an expert writes. The names' tables are joined after the rows were chosen.

PATHS = ("(SELECT group_concat(n.text, ', ') FROM property_change p JOIN json_each(p.changes) j"
         " JOIN name n ON n.id = json_extract(j.value, '$[0]') WHERE p.seq = c.seq)")


def changes(where, order="ORDER BY c.time_ms DESC, c.seq DESC, c.idx DESC", limit="", table="change c"):
    return ("SELECT c.seq, strftime('%Y-%m-%d %H:%M:%S', c.time_ms / 1000, 'unixepoch'), o.text, s.text,"
            f" b.text, e.identifier, u.label, a.text, {PATHS} FROM (SELECT * FROM {table} WHERE {where}"
            f" {order} {limit}) c JOIN name o ON o.id = c.operation JOIN name s ON s.id = c.status"
            " JOIN name b ON b.id = c.blueprint JOIN entity e ON e.id = c.entity JOIN user u ON u.id = c.user"
            " JOIN name a ON a.id = c.action")


def runs(where, limit="", table="run r"):
    return ("SELECT n.run_id, strftime('%Y-%m-%d %H:%M:%S', r.time_ms / 1000, 'unixepoch'), s.text, a.text,"
            f" b.text, e.identifier, u.label, r.ended_ms - r.time_ms, r.summary FROM (SELECT * FROM {table}"
            f" WHERE {where} ORDER BY r.time_ms DESC, r.seq DESC {limit}) r JOIN run_name n ON n.id = r.id"
            " JOIN name s ON s.id = r.status JOIN name a ON a.id = r.action JOIN name b ON b.id = r.blueprint"
            " JOIN entity e ON e.id = r.entity JOIN user u ON u.id = r.user")


def name_id(text):
    return f"(SELECT id FROM name WHERE text = {quoted(text)})"


def entity_id(pair):
    return (f"(SELECT id FROM entity WHERE identifier = {quoted(pair[1])}"
            f" AND blueprint = {name_id(pair[0])})")


def user_id(label):
    return f"(SELECT id FROM user WHERE label = {quoted(label)})"


def run_key(run):
    return f"(SELECT id FROM run_name WHERE run_id = {quoted(run)})"


BY_TIME = "change c INDEXED BY change_time"


def state_before(entity, time):
    return (f"SELECT c.seq, c.time_ms, hex(b.bytes) FROM (SELECT * FROM change c WHERE c.entity = {entity}"
            f" AND c.time_ms < {time} ORDER BY c.time_ms DESC LIMIT 1) c JOIN body b ON b.seq = c.seq")


def listings(s):
    entity, hot = "/".join(s["entity"]), "/".join(s["hot"])
    since, until = s["since"], s["since"] + 3600000
    first = "LIMIT 50"

    def has(name):
        return ("EXISTS (SELECT 1 FROM property_change p JOIN json_each(p.changes) j WHERE p.seq = c.seq AND"
                f" json_extract(j.value, '$[0]') = {name_id('properties.' + name)})")

    def in_blueprint(name):
        return ["log", "--blueprint", s["blueprint"], "--property", name, "-n", "50"]
    return [
        Question(f"log ENTITY ({s['entity_changes']} changes)", ["log", entity],
                 changes(f"c.entity = {entity_id(s['entity'])}")),
        Question("log ENTITY -n 50, the busiest", ["log", hot, "-n", "50"],
                 changes(f"c.entity = {entity_id(s['hot'])}", limit=first, table=BY_TIME)),
        Question("log --user -n 50, the busiest", ["log", "--user", s["user"], "-n", "50"],
                 changes(f"c.user = {user_id(s['user'])}", limit=first, table=BY_TIME)),
        Question("log --user -n 50, a rare one", ["log", "--user", s["rare_user"], "-n", "50"],
                 changes(f"c.user = {user_id(s['rare_user'])}", limit=first)),
        Question("log --blueprint --property -n 50", in_blueprint(s["property"]),
                 changes(f"c.blueprint = {name_id(s['blueprint'])} AND {has(s['property'])}", limit=first,
                         table=BY_TIME)),
        Question("log --blueprint --property, never both", in_blueprint(s["strange"]),
                 changes("c.seq IN (SELECT rowid FROM search WHERE search MATCH"
                         f" '\"b:{s['blueprint']}\" AND \"p:properties.{s['strange']}\"')")),
        Question("log ENTITY --property", ["log", entity, "--property", s["property"]],
                 changes(f"c.entity = {entity_id(s['entity'])} AND {has(s['property'])}")),
        Question("log --run", ["log", "--run", s["run"]],
                 changes(f"c.run_key = {run_key(s['run'])}")),
        Question("log --since --until, an hour", ["log", "--since", f"@{since}", "--until", f"@{until}"],
                 changes(f"c.time_ms >= {since} AND c.time_ms < {until}", table=BY_TIME)),
        Question("log --status FAILURE -n 50", ["log", "--status", "FAILURE", "-n", "50"],
                 changes(f"c.status = {name_id('FAILURE')}", limit=first, table=BY_TIME)),
        *pairs(s),
        Question("runs -n 50", ["runs", "-n", "50"], runs("1", first)),
        Question("runs --status FAILURE -n 50", ["runs", "--status", "FAILURE", "-n", "50"],
                 runs(f"r.status = {name_id('FAILURE')}", first)),
        Question("runs --entity", ["runs", "--entity", hot, "-n", "50"],
                 runs(f"r.entity = {entity_id(s['hot'])}", first)),
        Question("runs --user -n 50", ["runs", "--user", s["user"], "-n", "50"],
                 runs(f"r.user = {user_id(s['user'])}", first)),
        Question("runs --action -n 50", ["runs", "--action", s["action"], "-n", "50"],
                 runs(f"r.action = {name_id(s['action'])}", first, table="run r INDEXED BY run_time")),
        Question("log --search, a rare word", ["log", "--search", s["ticket"]],
                 changes(f"c.seq IN (SELECT rowid FROM search WHERE search MATCH '\"{s['ticket'].lower()}\"')")),
        Question("log --search -n 50, a common word", ["log", "--search", s["common"], "-n", "50"],
                 changes(f"c.seq IN (SELECT rowid FROM search WHERE search MATCH '{s['common']}'"
                         " ORDER BY rowid DESC LIMIT 60)", limit=first), wanted_ms=20),
    ]


def pairs(s):
    """Two things that are each met often, and together rarely."""
    def of(who):
        return f"SELECT k.seq FROM change k WHERE k.{who[0]} = {who[1]}"

    def found(words, which):
        return f"c.seq IN (SELECT rowid FROM search WHERE search MATCH '{words}' AND +rowid IN ({of(which)}))"
    user, entity = ("user", user_id(s["user"])), ("entity", entity_id(s["hot"]))
    first, blueprint = "LIMIT 50", s["hot"][0]
    return [
        Question("log ENTITY --user -n 50", ["log", "/".join(s["hot"]), "--user", s["user"], "-n", "50"],
                 changes(f"c.seq IN ({of(entity)} INTERSECT {of(user)})", limit=first)),
        Question("log --user --blueprint -n 50", ["log", "--user", s["user"], "--blueprint", blueprint, "-n", "50"],
                 changes(found(f'"b:{blueprint}"', user), limit=first)),
        Question("log --user --status FAILURE -n 50", ["log", "--user", s["user"], "--status", "FAILURE", "-n", "50"],
                 changes(found('"s:failure"', user), limit=first)),
        Question("log --blueprint --status FAILURE -n 50",
                 ["log", "--blueprint", blueprint, "--status", "FAILURE", "-n", "50"],
                 changes(f"c.seq IN (SELECT rowid FROM search WHERE search MATCH '\"b:{blueprint}\" AND \"s:failure\"')",
                         limit=first)),
        Question("log --user --search -n 50, a common word",
                 ["log", "--user", s["user"], "--search", s["common"], "-n", "50"],
                 changes(found(s["common"], user), limit=first), wanted_ms=20),
        Question("runs --user --status FAILURE -n 50", ["runs", "--user", s["user"], "--status", "FAILURE", "-n", "50"],
                 runs(f"r.user = {user[1]} AND +r.status = {name_id('FAILURE')}", first)),
    ]


def stories(s):
    entity, run, key = "/".join(s["entity"]), s["run"], entity_id(s["entity"])
    a_run = ("SELECT v.seq, v.time_ms, v.step, v.detail FROM run_event v WHERE v.run = {0};"
             "SELECT * FROM run WHERE id = {0}; SELECT c.* FROM change c WHERE c.run_key = {0}")
    a_record = ("SELECT r.*, hex(b.bytes) FROM record r JOIN body b ON b.seq = r.seq WHERE r.seq = {0};"
                "SELECT * FROM change WHERE seq = {0}")
    blame = ("SELECT n.text, max(c.time_ms), c.seq, u.label, r.run_id FROM change c JOIN property_change p"
             " ON p.seq = c.seq JOIN json_each(p.changes) j JOIN name n ON n.id = json_extract(j.value, '$[0]')"
             f" JOIN user u ON u.id = c.user JOIN run_name r ON r.id = c.run WHERE c.entity = {key} GROUP BY 1")
    return [
        Question("show SEQ", ["show", str(s["seq"])], a_record.format(s["seq"])),
        Question("show RUN", ["show", run], a_run.format(run_key(run))),
        Question("show ENTITY", ["show", entity],
                 f"SELECT t.*, hex(b.bytes) FROM entity_state t JOIN body b ON b.seq = t.seq WHERE t.entity = {key}"),
        Question("show ENTITY --at", ["show", entity, "--at", f"@{s['at']}"], state_before(key, s["at"])),
        Question("diff ENTITY", ["diff", entity], state_before(key, 10 ** 15)),
        Question("diff ENTITY --from --to", ["diff", entity, "--from", f"@{s['from']}", "--to", f"@{s['at']}"],
                 f"{state_before(key, s['from'])};{state_before(key, s['at'])}"),
        Question("diff SEQ", ["diff", str(s["seq"])], a_record.format(s["seq"]) +
                 f";SELECT changes FROM property_change WHERE seq = {s['seq']}"),
        Question("blame ENTITY", ["blame", entity], blame),
        Question("why ENTITY PROPERTY", ["why", entity, s["path"]], blame + ";" + a_run.format(run_key(run))),
    ]


def counts():
    """portlog counts runs beside changes, with how many failed and how long they took."""
    def by(column, table="change", key="id", text="text", of="name"):
        return (f"SELECT n.{text}, t.count FROM (SELECT {column} AS id, count(*) AS count FROM {table}"
                f" GROUP BY 1) t JOIN {of} n ON n.{key} = t.id")

    def pair(column, of="name", text="text"):
        runs_of = (f"SELECT n.{text}, t.* FROM (SELECT {column} AS id, count(*), avg(ended_ms - time_ms)"
                   f" FROM run GROUP BY 1) t JOIN {of} n ON n.id = t.id")
        return by(column, of=of, text=text) + ";" + runs_of

    counted = ("SELECT {0}, sum(count) FROM change_counter GROUP BY 1;"
               "SELECT {1}, count(*), avg(ended_ms - time_ms) FROM run GROUP BY 1")
    day = counted.format("quarter / 96", "time_ms / 86400000")
    return [
        Question("stats", ["stats"], counted.format("1", "status"), 1500, False),
        Question("stats --by day", ["stats", "--by", "day"], day, 300, False),
        Question("stats --by hour", ["stats", "--by", "hour"],
                 counted.format("quarter / 4 % 24", "time_ms / 3600000 % 24"), 300, False),
        Question("stats --by weekday", ["stats", "--by", "weekday"],
                 counted.format("(quarter / 96 + 4) % 7", "(time_ms / 86400000 + 4) % 7"), 300, False),
        Question("stats --by status", ["stats", "--by", "status"], counted.format("status", "status"), 300, False),
        Question("stats --by origin", ["stats", "--by", "origin"], counted.format("origin", "origin"), 1500, False),
        Question("stats --by user", ["stats", "--by", "user"], pair("user", "user", "label"), 1500, False),
        Question("stats --by blueprint", ["stats", "--by", "blueprint"], pair("blueprint"), 1500, False),
        Question("stats --by action", ["stats", "--by", "action"], pair("action"), 1500, False),
        Question("stats --by entity", ["stats", "--by", "entity"], pair("entity", "entity", "identifier"), 1500,
                 False),
    ]


def completions(s):
    typed, user = s["entity"][1][:-1], s["user"][:4]
    return [
        Question("completion of an entity", ["complete", "words", "--", "log", f"{s['entity'][0]}/{typed}"],
                 f"SELECT identifier FROM entity WHERE identifier >= {quoted(typed)} AND identifier <"
                 f" {quoted(typed + '~')} ORDER BY 1 LIMIT 50"),
        Question("completion of a user", ["complete", "words", "--", "log", "--user", user],
                 f"SELECT label, name FROM user WHERE label >= {quoted(user)} AND label < {quoted(user + '~')}"
                 " ORDER BY 1 LIMIT 50"),
        Question("completion of a run", ["complete", "words", "--", "show", s["run"][:6]],
                 f"SELECT run_id FROM run_name WHERE run_id >= {quoted(s['run'][:6])} AND run_id <"
                 f" {quoted(s['run'][:6] + '~')} LIMIT 50"),
    ]


def all_questions(s):
    return listings(s) + stories(s) + completions(s) + counts()
