"""`cadre run` as a process, and HTTP over its socket."""

import http.client
import json
import os
import select
import signal
import socket
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
PRICES = os.path.join(ROOT, "tests", "data", "dow30_close_1991_2001.csv")
WITHIN_S = 60
GONE = (OSError, http.client.HTTPException)  # what a request meets when the host was killed


def read_bars(count=None, file=PRICES):
    """The first bars of the price file, as they are posted."""
    with open(file, encoding="utf-8") as rows:
        names = rows.readline().strip().split(",")[1:]
        bars = []
        for row in rows:
            if len(bars) == count:
                break
            date, *closes = row.strip().split(",")
            bars.append({"date": date, "bars": {name: float(close) for name, close in zip(names, closes) if close}})
    return bars


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=WITHIN_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(WITHIN_S)
        self.sock.connect(self.path)


class RunningHost:
    def __init__(self, cadre, build, config, state, *options, environment=None, agents=("agents",), cwd=None, limits=None):
        self.state = state
        folders = [part for folder in agents for part in ("--agents", os.path.join(build, folder))]
        variables = {k: v for k, v in os.environ.items() if k != "CADRE_AGENTS"}
        variables.update(environment or {})
        # A session of its own: it can be killed with all its children, and only it.
        self.process = subprocess.Popen([cadre, *folders, "run", config, "--state", state, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True, env=variables, cwd=cwd, start_new_session=True, preexec_fn=limits)
        self.said = ""

    def wait_until_ready(self):
        """Its first line says that it takes requests."""
        if not select.select([self.process.stdout], [], [], WITHIN_S)[0]:
            raise AssertionError("the host does not get ready")
        line = self.process.stdout.readline()
        if "admin at" not in line:
            raise AssertionError("the host did not start: " + line + self.process.stderr.read())
        return self

    def connection(self):
        return Connection(os.path.join(self.state, "admin.sock"))

    def ask(self, method, path, body=None, headers=None, connection=None, kind="application/json"):
        """(status, what it said)"""
        one = connection or self.connection()
        text = body if body is None or isinstance(body, (str, bytes)) else json.dumps(body)
        one.request(method, path, text, dict(headers or {}, **({} if text is None else {"Content-Type": kind})))
        answer = one.getresponse()
        said = answer.read()
        if connection is None:
            one.close()
        return answer.status, json.loads(said) if said else None

    def get(self, path):
        status, body = self.ask("GET", path)
        assert status == 200, (path, status, body)
        return body

    def status(self):
        return self.get("/v1/status")

    def book(self, name):
        """What status says of one book, once it has done all it was given."""
        self.get(f"/v1/books/{name}/portfolio")  # answered between two events
        return next(book for book in self.status()["books"] if book["book"] == name)

    def kill(self, with_children=True):
        """As a power cut would, if only for the processes."""
        if with_children:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            os.kill(self.process.pid, signal.SIGKILL)
        self.wait()

    def stop(self):
        """(exit code, what it said at its end)"""
        self.process.terminate()
        return self.wait()

    def wait(self):
        out, err = self.process.communicate(timeout=WITHIN_S)
        return self.process.returncode, out + err
