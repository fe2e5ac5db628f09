"""Reads a host's journal: the format of host/journal/journal.hpp and records.cpp, in another language."""

import struct

HEAD, BAR, SIGNAL, UNIVERSE, REVISION, DECISION, ORDER, REPORT, ACCOUNT, NOTE, END, COMMAND, CHECKPOINT, COMMIT = range(1, 15)
MAGIC = b"CADREJOURNAL"


class Cursor:
    def __init__(self, payload):
        self.payload, self.at = payload, 0

    def get(self, form):
        value, = struct.unpack_from("<" + form, self.payload, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def text(self):
        count = self.get("I")
        self.at += count
        return self.payload[self.at - count:self.at]

    def texts(self):
        return [self.text().decode() for _ in range(self.get("I"))]

    def array(self, form):
        count = self.get("I")
        values = struct.unpack_from(f"<{count}{form}", self.payload, self.at)
        self.at += struct.calcsize(f"<{count}{form}")
        return values

    def structs(self):
        stride, count = self.get("I"), self.get("I")
        self.at += stride * count
        return [self.payload[self.at - stride * (count - i):self.at - stride * (count - i - 1)] for i in range(count)]

    def is_finished(self):
        return self.at == len(self.payload)


def records(path):
    """(type, sequence, payload) of every whole frame."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:12] == MAGIC, path
    at = 16
    while at + 24 <= len(data):
        length, kind, sequence = struct.unpack_from("<IIQ", data, at)
        if at + 24 + length > len(data):
            return
        yield kind, sequence, data[at + 16:at + 16 + length]
        at += 24 + length


def bar_of(payload):
    """What was posted: the date, and all closes in billionths."""
    cursor = Cursor(payload)
    date, _, _, has_intraday, has_volume = (cursor.get(f) for f in "iqQBB")
    columns = [cursor.array("q") for _ in range(4)]
    return {"date": date, "closes": columns[3]}


def revision_of(payload):
    cursor = Cursor(payload)
    number, based_on, date = (cursor.get(f) for f in "QQi")
    actor, reason, text = (cursor.text().decode() for _ in range(3))
    return {"revision": number, "based_on": based_on, "actor": actor, "reason": reason, "text": text, "stages": cursor.texts()}


def decision_of(payload):
    cursor = Cursor(payload)
    sequence, time_ns, date, revision, equity, cash = (cursor.get(f) for f in "QqiQqq")
    for form in "qqqdB":
        cursor.array(form)
    for _ in range(cursor.get("I")):
        cursor.array("d")
        cursor.structs()
    cursor.get("I"), cursor.get("I")  # passes, outcome
    for _ in range(4):
        cursor.get("d")
    limits = []
    for limit in cursor.structs():
        name, value, bound = struct.unpack("<32sddII", limit)[:3]
        limits.append((name.rstrip(b"\0").decode(), value, bound))
    failures = []
    for _ in range(cursor.get("I")):
        instance, status, policy = cursor.text().decode(), cursor.get("I"), cursor.text().decode()
        failures.append((instance, status, policy))
    assert cursor.is_finished()
    return {"sequence": sequence, "date": date, "revision": revision, "limits": limits, "failures": failures}


def order_of(payload):
    """Without its id, which is made of its sequence number."""
    cursor = Cursor(payload)
    cursor.get("I")
    size, instrument, side, kind, tif, flags, quantity, limit, stop, expire, price, time_ns = struct.unpack_from("<6I6q", payload, cursor.at)
    return (time_ns, instrument, side, kind, tif, quantity, limit, stop, price)


def checkpoint_of(payload):
    cursor = Cursor(payload)
    revision, epoch = cursor.get("Q"), cursor.get("Q")
    cursor.texts()
    agents = {}
    for _ in range(cursor.get("I")):
        stage, agent, sha256 = (cursor.text().decode() for _ in range(3))
        agents[stage] = {"agent": agent, "sha256": sha256, "schema": cursor.get("I"), "bytes": cursor.text()}
    return {"revision": revision, "agents": agents}


class Journal:
    def __init__(self, path):
        self.bars, self.revisions, self.decisions, self.orders, self.checkpoints, self.commands = [], [], [], [], [], []
        self.sequences = []  # of what takes a number of its own
        for kind, sequence, payload in records(path):
            if kind == BAR:
                self.bars.append((sequence, bar_of(payload)))
            elif kind == REVISION:
                self.revisions.append((sequence, revision_of(payload)))
            elif kind == DECISION:
                self.decisions.append((sequence, decision_of(payload)))
            elif kind == ORDER:
                self.orders.append((sequence, order_of(payload)))
            elif kind == CHECKPOINT:
                self.checkpoints.append((sequence, checkpoint_of(payload)))
            elif kind == COMMAND:
                cursor = Cursor(payload)
                self.commands.append((sequence, cursor.text().decode()))
            if kind not in (HEAD, COMMIT, CHECKPOINT):
                self.sequences.append(sequence)

    def orders_without_ids(self):
        return [order for _, order in self.orders]

    def gaps(self):
        """Sequence numbers that are missing, or that go back."""
        return [(a, b) for a, b in zip(self.sequences, self.sequences[1:]) if not a <= b <= a + 1]
