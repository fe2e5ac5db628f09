"""Hosts of two books for tests of agents that misbehave: one has such an agent, the other trades beside it."""

import hashlib
import json
import os
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hosts"))

from journal_file import Journal  # noqa: E402
from running_host import GONE, PRICES, RunningHost, new_folder, read_bars, wait_until, write_json  # noqa: E402

NAMES = ["AA", "GE", "IBM", "KO"]
BARS = [json.dumps({"date": bar["date"], "bars": {name: bar["bars"][name] for name in NAMES}}) for bar in read_bars(80)]
DATES = [json.loads(bar)["date"] for bar in BARS]
DAY = 40  # on which the agent misbehaves: the books have decided for some time
WITHIN_S = 1.0  # all that is asked of a host is answered within this


def scenario(book, adjusters=()):
    """Decides from its 23rd bar on."""
    return {
        "scenario": "backtest", "name": book, "book": {"id": book},
        "data": {"prices": {"file": PRICES, "adjustment": "split", "volume": "none", "instruments": NAMES}},
        "execution_environment": {"agent": "cadre.simulated_execution", "config": {"fill_at": "close"}},
        "chain": {
            "signal_sources": [{"name": "momentum", "agent": "cadre.momentum", "config": {"lookback": 20, "skip": 2}}],
            "signal_aggregator": {"agent": "cadre.confidence_weighted"},
            "position_sizer": {"agent": "cadre.position_sizer", "config": {"method": "equal_weight", "max_position_size": 0.3}},
            "services": [{"name": "covariance", "agent": "cadre.sample_covariance", "config": {"window": 20}}],
            "risk_managers": [{"name": "risk", "agent": "cadre.risk_manager", "config": {
                "max_portfolio_risk": 0.5, "max_position_risk": 0.3, "position_risk": "component", "var_limit": 0.03, "var_confidence": 0.9,
                "var_lookback": 20, "var_method": "historical"}}],
            "trade_adjusters": list(adjusters),
            "execution_rules": {"agent": "cadre.execution_rules", "config": {"default_order_type": "MARKET"}},
            "constraints": {"long_only": True, "max_gross_exposure": 0.9, "max_net_exposure": 1.0, "max_weight": 1.0}}}


def misbehaving(does, where="decide", version="1.0.0", day=DAY, on_failure="hold", on_error="quarantine"):
    return {"name": "adjuster", "agent": "walls.misbehaving", "version": version, "on_failure": on_failure, "on_error": on_error,
            "config": {"does": does, "where": where, "date": int(DATES[day].replace("-", ""))}}


def document(adjuster, **keys):
    """A host of the books main, which has the adjuster, and other, which has none."""
    return {"name": "walls", "watch": {"enabled": False}, **keys,
            "books": [{"scenario": scenario("main", [adjuster])}, {"scenario": scenario("other")}]}


class Walls:
    """One such host, in a folder of its own."""

    def __init__(self, arguments, adjuster, root=None, agents=None, limits=None, **keys):
        """`agents`: the folder of misbehaving agents; `keys`: of the host file."""
        self.root = root or new_folder("walls")
        self.config = write_json(os.path.join(self.root, "host.json"), document(adjuster, **keys))
        self.host = RunningHost(arguments.cadre, self.root, self.config,
                                [os.path.join(arguments.build, "agents"), agents or os.path.join(arguments.build, "walls_agents")],
                                limits=limits)

    def start_unready(self):
        """Until it has started: a host that lacks an agent is not ready."""
        self.host.spawn()

        def answers():
            if not self.host.is_alive():
                raise AssertionError(f"the host ended with {self.host.process.returncode}:\n{self.host.log_text()}")
            try:
                status, body = self.host.client.request("GET", "/readyz")
                return status == 200 or body["detail"] != "the host is starting"
            except GONE:
                self.host.client.close()
                return False

        wait_until(lambda: "the host has started\n" + self.host.log_text(), answers)
        return self

    def post(self, book, begin, end):
        for text in BARS[begin:end]:
            status, body = self.host.ask("POST", f"/v1/books/{book}/bars", text)
            assert status == 202, (book, status, body)

    def post_and_go(self, book, text):
        """Posts to a book that will not answer; gives the connection, to read from or to leave."""
        connection = self.host.connection()
        connection.request("POST", f"/v1/books/{book}/bars", text, {"Content-Type": "application/json"})
        return connection

    def within(self, method, target, body=None, headers=None):
        """(status, body) of a request over a connection of its own, which has to be answered in time."""
        begun = time.monotonic()
        answer = self.host.ask(method, target, body, headers)
        seconds = time.monotonic() - begun
        assert seconds < WITHIN_S, f"{method} {target} took {seconds:.2f} s: {answer}"
        return answer

    def book(self, name):
        return next(b for b in self.host.ask_for("/v1/status")["books"] if b["book"] == name)

    def events(self, kind):
        done = self.host.command("events", "--all", "--json")
        return [event for event in map(json.loads, done.stdout.splitlines()) if event["event"] == kind]

    def changed(self, adjuster):
        """What runs, with another adjuster."""
        document = self.host.document()
        document["books"][0]["scenario"]["chain"]["trade_adjusters"] = [adjuster]
        return document

    def until_stuck(self):
        return wait_until("the book is stuck", lambda: self.book("main")["state"] == "stuck" and self.book("main"))


def own_copy(build, folder, more_bytes=b"", mode=0o755, **manifest):
    """The misbehaving agent in a folder of its own: with more bytes it is a library that nobody has built."""
    os.makedirs(folder)
    name = "misbehaving_1.0.0"
    with open(os.path.join(build, "walls_agents", name + ".json"), encoding="utf-8") as file:
        said = json.load(file)
    with open(os.path.join(build, "walls_agents", said["library"]["path"]), "rb") as file:
        library = file.read() + more_bytes
    said["library"]["sha256"] = hashlib.sha256(library).hexdigest()
    said.update(manifest)
    with open(os.path.join(folder, said["library"]["path"]), "wb") as file:
        file.write(library)
    write_json(os.path.join(folder, name + ".json"), said)
    os.chmod(folder, mode)
    return said["library"]["sha256"]


def change(reason="test", **members):
    return {"actor": "anna", "reason": reason, **members}


def undisturbed(arguments, bars):
    """What both books order in so many bars when they are left alone: order hashes, and the orders without their ids, which say at
    which event they were decided: a change or a halt is an event too."""
    walls = Walls(arguments, misbehaving("nothing"))
    walls.host.start()
    walls.post("main", 0, bars)
    walls.post("other", 0, bars)
    found = {name: walls.host.settled_book(name)["order_hash"] for name in ("main", "other")}
    assert walls.host.stop() == 0
    orders = {name: Journal(walls.host.journal(name)).orders_without_ids() for name in found}
    shutil.rmtree(walls.root)
    return found, orders
