"""A running host for tests: starts `cadre run`, speaks to it over its Unix socket, posts it bars, and measures its process."""

import atexit
import csv
import datetime
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
PRICES = os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv")
DEADLINE_S = 30.0


class Timeout(AssertionError):
    pass


def wait_until(what, holds, deadline_s=DEADLINE_S):
    """Asks until it holds; gives what it gave. `what` is said when it does not come to hold."""
    end = time.monotonic() + deadline_s
    while True:
        found = holds()
        if found:
            return found
        if time.monotonic() > end:
            raise Timeout(f"not within {deadline_s:g} s: {what() if callable(what) else what}")
        time.sleep(0.005)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        # The path of a socket may have 107 bytes; a relative one is shorter.
        self.sock.connect(os.path.relpath(self.path))


class Client:
    """One connection that stays open."""

    def __init__(self, path):
        self.path = path
        self.connection = UnixConnection(path)

    def request(self, method, target, body=None, headers=None):
        """(status, what the body says as JSON, or as text)."""
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        given = {"Content-Type": "application/json", **(headers or {})}
        for attempt in (0, 1):
            try:
                self.connection.request(method, target, text, given)
                answer = self.connection.getresponse()
                content = answer.read().decode("utf-8")
                break
            except (http.client.RemoteDisconnected, BrokenPipeError):
                # An idle connection that the server closed; nothing was taken.
                self.connection.close()
                if attempt:
                    raise
        try:
            return answer.status, json.loads(content)
        except ValueError:
            return answer.status, content

    def close(self):
        self.connection.close()


def bars(count, seed=None):
    """`count` bars as posted: the closes of the Dow, over and over, on weekdays from 1991 on."""
    with open(PRICES, encoding="utf-8") as file:
        rows = list(csv.reader(file))
    names, rows = rows[0][1:], rows[1:]
    day = datetime.date(1991, 1, 2)
    made = []
    while len(made) < count:
        if day.weekday() < 5:
            # There and back again, so that no price jumps where the history begins anew.
            lap, place = divmod(len(made), len(rows))
            row = rows[place] if lap % 2 == 0 else rows[-1 - place]
            made.append('{"date":"%s","bars":{%s}}' % (day.isoformat(), ",".join(f'"{n}":{p}' for n, p in zip(names, row[1:]))))
        day += datetime.timedelta(days=1)
    return made


class Feeder(threading.Thread):
    """Posts bars to one book, a few at a time, again when the queue is full; keeps what was accepted."""

    def __init__(self, host, book, texts, group=4):
        super().__init__(daemon=True)
        self.client, self.book, self.texts, self.group = Client(host.socket), book, texts, group
        self.accepted, self.full, self.at = [], 0, 0
        self.ending = threading.Event()
        self.failure = None

    def run(self):
        try:
            while self.at < len(self.texts) and not self.ending.is_set():
                self.post(self.texts[self.at:self.at + self.group])
        except Exception as failure:  # shown by finish()
            self.failure = failure

    def post(self, texts):
        status, body = self.client.request("POST", f"/v1/books/{self.book}/bars", "[" + ",".join(texts) + "]")
        if status not in (202, 429):
            raise AssertionError(f"{self.book}: {status} {body}")
        self.full += status == 429
        self.accepted += texts[:body["accepted"]]
        self.at += body["accepted"]

    def finish(self):
        self.ending.set()
        if self.ident is not None:
            self.join(DEADLINE_S)
        self.client.close()
        if self.failure is not None:
            raise self.failure
        return self.accepted


class RunningHost:
    def __init__(self, cadre, root, config, agents, log=None):
        self.cadre, self.root, self.config, self.agents = cadre, root, config, list(agents)
        self.state = os.path.join(root, "state")
        self.socket = os.path.join(self.state, "admin.sock")
        self.log = log or os.path.join(root, "host.log")
        self.process = None
        self.client = Client(self.socket)

    def options(self):
        return [part for folder in self.agents for part in ("--agents", folder)]

    def environment(self):
        return {k: v for k, v in os.environ.items() if k != "CADRE_AGENTS"}

    def start(self, *more):
        os.makedirs(self.root, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.cadre, *self.options(), "run", self.config, "--state", self.state, *more], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, env=self.environment())
        atexit.register(self.process.kill)
        self.client.close()

        def is_ready():
            if self.process.poll() is not None:
                raise AssertionError(f"the host ended with {self.process.returncode}:\n{self.log_text()}")
            try:
                return self.client.request("GET", "/readyz")[0] == 200
            except OSError:
                self.client.close()
                return False

        wait_until(lambda: "the host is ready\n" + self.log_text(), is_ready)
        return self

    def stop(self):
        """Ends it and gives its exit code."""
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)

    def kill(self):
        self.client.close()
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def is_alive(self):
        return self.process.poll() is None

    def command(self, *words):
        return subprocess.run([self.cadre, *self.options(), *words, "--host", self.socket], capture_output=True, text=True,
                              env=self.environment(), timeout=DEADLINE_S)

    # What it says.

    def get(self, target):
        status, body = self.client.request("GET", target)
        if status != 200:
            raise AssertionError(f"GET {target}: {status} {body}")
        return body

    def status(self):
        return self.get("/v1/status")

    def revision(self):
        return self.status()["revision"]["number"]

    def revisions(self):
        return self.get("/v1/revisions")["revisions"]

    def book(self, name="main"):
        return next(b for b in self.status()["books"] if b["book"] == name)

    def stage(self, name, book="main"):
        return next(s for s in self.book(book)["stages"] if s["stage"] == name)

    def document(self):
        """The complete document of what runs."""
        return self.get(f"/v1/revisions/{self.revision()}")["config"]

    # What changes it.

    def apply(self, config, based_on=None, client=None, path="/v1/revisions", **members):
        base = based_on if based_on is not None else self.revision()
        body = {"actor": "test", "reason": "test", "config": config, **members}
        return (client or self.client).request("POST", path, body, {"If-Match": f'"{base}"'})

    def roll_back(self, to=None, client=None):
        target = "/v1/revisions" + ("" if to is None else f"/{to}") + ":rollback"
        return (client or self.client).request("POST", target, {"actor": "test", "reason": "back"})

    def post(self, texts, book="main"):
        """All of these bars, and waits until they are durable."""
        feeder = Feeder(self, book, texts, group=64)
        feeder.run()
        return feeder.finish()

    # What its process holds.

    def resources(self):
        proc = f"/proc/{self.process.pid}"
        with open(proc + "/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines())
        with open(proc + "/maps", encoding="utf-8") as file:
            mapped = {m[1] for m in re.finditer(r" (/\S*/plugins/[0-9a-f]{64}/\S+)$", file.read(), re.M)}
        kib = lambda key: int(status[key].split()[0])
        return {"rss_kib": kib("VmRSS"), "anonymous_kib": kib("RssAnon"), "threads": int(status["Threads"]),
                "descriptors": len(os.listdir(proc + "/fd")), "plugins_mapped": len(mapped)}


def fresh_folder(*parts):
    path = os.path.join(*parts)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
    return path


def risk_manager(name="risk", version="1.0.0", max_weight=0.05, **more):
    return {"name": name, "agent": "reload.counting_risk", "version": version, "config": {"max_weight": max_weight}, **more}


def scenario(managers, **more):
    """The demo with these risk managers, deciding after 253 bars."""
    with open(os.path.join(ROOT, "manifests", "chains", "demo.json"), encoding="utf-8") as file:
        chain = json.load(file)
    chain["risk_managers"] = managers
    return {
        "scenario": "backtest", "name": "demo", "chain": chain, "book": {"id": "main", "currency": "USD", "initial_cash": 1000000},
        "data": {"prices": {"file": PRICES, "adjustment": "split", "volume": "none"}},
        "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}}, **more,
    }


def agent_folders(build, *variants):
    return [os.path.join(build, "agents")] + [os.path.join(build, "reload_agents", v) for v in variants]


def sha256_of(build, variant):
    with open(os.path.join(build, "reload_agents", variant, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)["library"]["sha256"]
