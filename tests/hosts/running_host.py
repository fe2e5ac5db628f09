"""A running host for tests: starts `cadre run`, speaks to it over its Unix socket, posts it bars, kills it, and measures its process."""

import atexit
import contextlib
import csv
import datetime
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
PRICES = os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv")
DEADLINE_S = 60.0
GONE = (OSError, http.client.HTTPException)  # what a request meets when the host was killed


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


# Bars.

def read_bars(count=None, file=PRICES):
    """The first bars of a price file, as they are posted."""
    with open(file, encoding="utf-8") as rows:
        names = rows.readline().strip().split(",")[1:]
        found = []
        for row in rows:
            if len(found) == count:
                break
            date, *closes = row.strip().split(",")
            found.append({"date": date, "bars": {name: float(close) for name, close in zip(names, closes) if close}})
    return found


def bars(count):
    """`count` bars as text: the closes of the Dow, over and over, on weekdays from 1991 on."""
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


# HTTP.

class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        # The path of a socket may have 107 bytes; a relative one may be shorter.
        self.sock.connect(min(self.path, os.path.relpath(self.path), key=len))


class Client:
    """One connection that stays open."""

    def __init__(self, path):
        self.connection = Connection(path)

    def request(self, method, target, body=None, headers=None):
        """(status, what the body says as JSON, or as text)."""
        for attempt in (0, 1):
            try:
                return ask(self.connection, method, target, body, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError):
                # An idle connection that the server closed; nothing was taken.
                self.connection.close()
                if attempt:
                    raise

    def close(self):
        self.connection.close()


def ask(connection, method, target, body=None, headers=None, kind="application/json"):
    """(status, what the body says as JSON, or as text)."""
    text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
    connection.request(method, target, text, {"Content-Type": kind, **(headers or {})})
    answer = connection.getresponse()
    content = answer.read().decode("utf-8")
    try:
        return answer.status, json.loads(content)
    except ValueError:
        return answer.status, content


class Feeder(threading.Thread):
    """Posts bars to one book, a few at a time, again when the queue is full; keeps what was accepted. Of all bars, or of as many as it is allowed."""

    def __init__(self, host, book, texts, group=4, allowed=None):
        super().__init__(daemon=True)
        self.client, self.book, self.texts, self.group = Client(host.socket), book, texts, group
        self.accepted, self.full, self.at = [], 0, 0
        self.allowed = len(texts) if allowed is None else allowed
        self.ending = False
        self.changed = threading.Condition()
        self.failure = None

    def run(self):
        try:
            while self.may_go_on():
                self.post(self.texts[self.at:min(self.at + self.group, self.allowed)])
        except Exception as failure:  # shown by finish()
            self.failure = failure
        with self.changed:
            self.changed.notify_all()

    def may_go_on(self):
        with self.changed:
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.ending or self.at < self.allowed or self.at == len(self.texts))
            return not self.ending and self.at < self.allowed

    def post(self, texts):
        status, body = self.client.request("POST", f"/v1/books/{self.book}/bars", "[" + ",".join(texts) + "]")
        if status not in (202, 429):
            raise AssertionError(f"{self.book}: {status} {body}")
        self.full += status == 429
        self.accepted += texts[:body["accepted"]]
        self.at += body["accepted"]

    def allow(self, more):
        """Some bars more may be posted."""
        with self.changed:
            self.allowed = min(self.allowed + more, len(self.texts))
            self.changed.notify_all()

    def wait_for(self, at):
        """Until so many bars were accepted."""
        with self.changed:
            done = self.changed.wait_for(lambda: self.failure or self.at >= at, DEADLINE_S)
        if self.failure is not None:
            raise self.failure
        if not done:
            raise Timeout(f"{self.book}: {self.at} of {at} bars were accepted")

    def finish(self):
        with self.changed:
            self.ending = True
            self.changed.notify_all()
        if self.ident is not None:
            self.join(DEADLINE_S)
        self.client.close()
        if self.failure is not None:
            raise self.failure
        return self.accepted


# The process.

class RunningHost:
    """`root` is where its log is, and its state folder unless that is named."""

    def __init__(self, cadre, root, config, agents, state=None, limits=None):
        self.cadre, self.root, self.config, self.agents = cadre, root, config, list(agents)
        self.state = state or os.path.join(root, "state")
        self.socket = os.path.join(self.state, "admin.sock")
        self.log = os.path.join(root, "host.log")
        self.limits = limits  # called in the process before it becomes the host
        self.process = None
        self.client = Client(self.socket)

    def options(self):
        return [part for folder in self.agents for part in ("--agents", folder)]

    def environment(self):
        return {k: v for k, v in os.environ.items() if k != "CADRE_AGENTS"}

    def spawn(self, *more):
        """Starts it, and waits for nothing."""
        os.makedirs(self.root, exist_ok=True)
        self.client.close()
        with open(self.log, "ab") as log:
            self.log_begins = log.tell()
            # A session of its own: it can be killed with all its children, and only it.
            self.process = subprocess.Popen(
                [self.cadre, *self.options(), "run", self.config, "--state", self.state, *more], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, env=self.environment(), start_new_session=True, preexec_fn=self.limits)
        atexit.register(self.end)
        return self

    def start(self, *more):
        return self.spawn(*more).wait_until_ready()

    def wait_until_ready(self):
        def is_ready():
            if not self.is_alive():
                raise AssertionError(f"the host ended with {self.process.returncode}:\n{self.log_text()}")
            try:
                return self.client.request("GET", "/readyz")[0] == 200 or self.is_only_halted()
            except GONE:
                self.client.close()
                return False

        wait_until(lambda: "the host is ready\n" + self.log_text(), is_ready)
        return self

    def is_only_halted(self):
        """Whether trading states are all that is in the way: such a host has started."""
        reasons = self.client.request("GET", "/v1/status")[1].get("not_ready", [""])
        return bool(reasons) and all(any(f" is {state}" in reason for state in ("halted: ", "REDUCING", "HALTED", "KILLED")) for reason in reasons)

    def stop(self):
        """Ends it as an operator does, and gives its exit code."""
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        """Until it ended by itself: its exit code."""
        self.client.close()
        return self.process.wait(DEADLINE_S)

    def kill(self, with_children=True):
        """As a power cut would, if only for the processes."""
        self.client.close()
        if with_children:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait(DEADLINE_S)

    def end(self):
        """Whatever state it is in."""
        if self.process is not None and self.is_alive():
            with contextlib.suppress(ProcessLookupError):
                self.kill()

    def is_alive(self):
        return self.process.poll() is None

    def log_text(self):
        """What it said since it was started the last time."""
        with open(self.log, "rb") as file:
            file.seek(self.log_begins)
            return file.read().decode(errors="replace")

    def expect_logged(self, text):
        """Waits for a line that says this: the log is written behind what it tells of."""
        def is_logged():
            ends = not self.is_alive()
            if text in self.log_text():
                return True
            if ends:
                raise AssertionError(f"the host ended and never said {text}:\n{self.log_text()}")
            return False

        wait_until(lambda: f"the log says {text}\n{self.log_text()}", is_logged)

    def command(self, *words):
        return subprocess.run([self.cadre, *self.options(), *words, "--host", self.socket], capture_output=True, text=True,
                              env=self.environment(), timeout=DEADLINE_S)

    def connection(self):
        return Connection(self.socket)

    def ask(self, method, target, body=None, headers=None, connection=None, kind="application/json"):
        """Over a connection of its own, or this one, and never twice."""
        one = connection or self.connection()
        try:
            return ask(one, method, target, body, headers, kind)
        finally:
            if connection is None:
                one.close()

    # What it says.

    def get(self, target):
        return self.body_of(target, *self.client.request("GET", target))

    def ask_for(self, target):
        return self.body_of(target, *self.ask("GET", target))

    def body_of(self, target, status, body):
        if status != 200:
            raise AssertionError(f"GET {target}: {status} {body}")
        return body

    def status(self):
        return self.get("/v1/status")

    def standing(self):
        """The status without what the processes use, which differs from look to look."""
        status = self.status()
        for name in ("processor_seconds", "own_bytes", "grown_bytes", "uptime_seconds"):
            del status[name]
        for book in status["books"]:
            del book["last_bar_seconds"], book["last_decision_seconds"]
            book["processes"] = [process["stages"] for process in book["processes"]]
        return status

    def revision(self):
        return self.status()["revision"]["number"]

    def revisions(self):
        return self.get("/v1/revisions")["revisions"]

    def book(self, name="main"):
        return next(b for b in self.status()["books"] if b["book"] == name)

    def settled_book(self, name="main"):
        """What status says of it once it has done all it was given. Over connections of its own: any thread may ask."""
        self.ask_for(f"/v1/books/{name}/portfolio")  # answered between two events
        return next(b for b in self.ask_for("/v1/status")["books"] if b["book"] == name)

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

    def roll_back(self, to=None, client=None, based_on=None):
        target = "/v1/revisions" + ("" if to is None else f"/{to}") + ":rollback"
        base = based_on if based_on is not None else self.revision()
        return (client or self.client).request("POST", target, {"actor": "test", "reason": "back"}, {"If-Match": f'"{base}"'})

    def post(self, texts, book="main"):
        """All of these bars, and waits until they are durable."""
        feeder = Feeder(self, book, texts, group=64)
        feeder.run()
        return feeder.finish()

    # What it leaves and what it holds.

    def journal(self, book="main"):
        """Path of a book's journal."""
        return os.path.join(self.state, "books", book, "journal")

    def resources(self):
        proc = f"/proc/{self.process.pid}"
        with open(proc + "/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines())
        with open(proc + "/maps", encoding="utf-8") as file:
            mapped = {m[1] for m in re.finditer(r" (/\S*/plugins/[0-9a-f]{64}/\S+)$", file.read(), re.M)}
        kib = lambda key: int(status[key].split()[0])
        return {"rss_kib": kib("VmRSS"), "anonymous_kib": kib("RssAnon"), "threads": int(status["Threads"]),
                "descriptors": len(os.listdir(proc + "/fd")), "plugins_mapped": len(mapped)}


def actor(name):
    """As a journal has it: the name that a command adds, and the user who ran it."""
    return f"{name} ({pwd.getpwuid(os.geteuid()).pw_name})"


# Files.

def new_folder(name):
    """With a short path wherever the build is: that of a socket ends at 107 bytes."""
    return tempfile.mkdtemp(prefix="cadre_" + name[:20] + "_")


def fresh_folder(*parts):
    path = os.path.join(*parts)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
    return path


def demo_chain():
    with open(os.path.join(ROOT, "manifests", "chains", "demo.json"), encoding="utf-8") as file:
        return json.load(file)


def risk_manager(name="risk", version="1.0.0", max_weight=0.05, **more):
    return {"name": name, "agent": "reload.counting_risk", "version": version, "config": {"max_weight": max_weight}, **more}


def scenario(managers, **more):
    """The demo with these risk managers, deciding after 253 bars."""
    return {
        "scenario": "backtest", "name": "demo", "chain": dict(demo_chain(), risk_managers=managers),
        "book": {"id": "main", "currency": "USD", "initial_cash": 1000000},
        "data": {"prices": {"file": PRICES, "adjustment": "split", "volume": "none"}},
        "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}}, **more,
    }


def agent_folders(build, *variants):
    return [os.path.join(build, "agents")] + [os.path.join(build, "reload_agents", v) for v in variants]


def sha256_of(build, variant):
    with open(os.path.join(build, "reload_agents", variant, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)["library"]["sha256"]
