"""Reads the journal of a book: format in host/journal/journal.hpp, payloads in host/journal/records.cpp. Checksums are left to the host."""

import struct

TYPES = ("", "head", "bar", "signal", "universe", "revision", "decision", "order", "report", "account", "note", "end", "command", "checkpoint", "commit")
NUMBERED = ("bar", "signal", "universe", "report", "command")
HEAD_BYTES = 16
SIDES = {ord("1"): "buy", ord("2"): "sell"}


class Record:
    def __init__(self, kind, sequence, payload, end):
        self.kind, self.sequence, self.payload, self.end = kind, sequence, payload, end

    # Structs of the ABI stand behind their size.
    def bar_date(self):
        return struct.unpack_from("<i", self.payload)[0]

    def order(self):
        """(client id, instrument, side, quantity, accepted)"""
        instrument, side = struct.unpack_from("<II", self.payload, 8)
        quantity = struct.unpack_from("<q", self.payload, 28)[0]
        client_id = self.payload[76:108].rstrip(b"\0").decode()
        verdict = struct.unpack_from("<I", self.payload, 108)[0]
        return client_id, instrument, SIDES[side], quantity, verdict == 0

    def report(self):
        """(client id, status, quantity, price), the status as FIX's character"""
        status = chr(struct.unpack_from("<I", self.payload, 8)[0])
        quantity, price = struct.unpack_from("<qq", self.payload, 20)
        return self.payload[68:100].rstrip(b"\0").decode(), status, quantity, price

    def command_kind(self):
        length = struct.unpack_from("<I", self.payload)[0]
        return self.payload[4:4 + length].decode()


def read_journal(path):
    """All whole records, in order."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:12] == b"CADREJOURNAL", path
    records, at = [], HEAD_BYTES
    while at + 24 <= len(data):
        length, kind, sequence = struct.unpack_from("<IIQ", data, at)
        if at + 24 + length > len(data):
            break
        end = at + 24 + length
        records.append(Record(TYPES[kind], sequence, data[at + 16:at + 16 + length], end))
        at = end
    return records


def committed(records):
    """What the last commit covers: the rest had no consequence for anyone."""
    last = max((i for i, record in enumerate(records) if record.kind == "commit"), default=-1)
    return records[:last + 1]
