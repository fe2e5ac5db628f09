"""A venue with a memory of its own, for recovery tests: it outlives the host that trades with it.

Knows orders by client id, writes every accepted order and every report to its ledger, on the disk, before it answers, and fills an
order at the close of the next bar it is told of. When it is started again on its folder, it goes on from its ledger.

Usage: venue.py FOLDER, until SIGTERM. Prints "ready" when it listens. In the folder:

  requests       FIFO; a line is: session, number, verb, words, and a full stop as its last word. The answer goes to the session's own FIFO, replies.<session>,
                 which the client makes: the number, words. In order of requests, one at a time.
  ledger.jsonl   one JSON object a line: ORDER, REPORT, BAR, and DUPLICATE for a client id that was sent again

  HELLO                                                        OK
  ORDER id instrument side type time_in_force quantity_e9      status reason
  CANCEL id                                                    OK | UNKNOWN
  QUERY id                                                     status reason filled_e9 average_price_e9 | UNKNOWN
  BAR sequence time_ns [instrument close_e9]...                OK; a sequence that is not above the last one does nothing
  REPORTS cursor                                               n [status reason instrument id side quantity_e9 price_e9 time_ns]...
                                                               the first of those after the cursor, which counts reports from 0

Status, side, type and time in force are FIX's characters.
"""

import errno
import json
import os
import signal
import sys

MARKET, MARKET_ON_CLOSE, DAY, BUY, SELL = "1", "5", "0", "1", "2"
NEW, FILLED, CANCELED, REJECTED, EXPIRED = "0", "2", "4", "8", "C"
DUPLICATE, UNSUPPORTED, NO_CLOSE, ON_REQUEST = 1000, 1001, 1002, 1003
REPORTS_AT_ONCE = 16  # an answer has to fit into one atomic write to a FIFO: 4096 bytes


class Ledger:
    """Lines that are on the disk before anyone is told."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "ab")

    @staticmethod
    def read(path):
        """All whole lines; one that was cut off was told to nobody."""
        if not os.path.exists(path):
            return []
        with open(path, "rb") as file:
            data = file.read()
        whole = data[:data.rfind(b"\n") + 1]
        if len(whole) != len(data):
            os.truncate(path, len(whole))
        return [json.loads(line) for line in whole.splitlines()]

    def write(self, entries, durable=True):
        self.file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
        self.file.flush()
        if durable:
            os.fsync(self.file.fileno())


class Venue:
    def __init__(self, ledger_path):
        self.orders = {}  # id -> ORDER entry with what became of it
        self.reports = []
        self.last_bar = -1
        for entry in Ledger.read(ledger_path):
            self.apply(entry)
        self.ledger = Ledger(ledger_path)

    def apply(self, entry):
        """The one place where what is in the ledger becomes what is known."""
        event = entry["event"]
        if event == "ORDER":
            self.orders[entry["id"]] = dict(entry, status=NEW, reason=0, filled_e9=0, price_e9=0)
        elif event == "REPORT":
            self.reports.append(entry)
            order = self.orders[entry["id"]]
            order.update(status=entry["status"], reason=entry["reason"], filled_e9=order["filled_e9"] + entry["quantity_e9"],
                         price_e9=entry["price_e9"])
        elif event == "BAR":
            self.last_bar = entry["sequence"]

    def record(self, entries, durable=True):
        self.ledger.write(entries, durable)
        for entry in entries:
            self.apply(entry)

    def report(self, number, order, status, reason, quantity_e9, price_e9, time_ns):
        return {"event": "REPORT", "number": number, "status": status, "reason": reason, "instrument": order["instrument"], "id": order["id"],
                "side": order["side"], "quantity_e9": quantity_e9, "price_e9": price_e9, "time_ns": time_ns}

    def take_order(self, client_id, instrument, side, kind, time_in_force, quantity_e9):
        if client_id in self.orders:
            self.record([{"event": "DUPLICATE", "id": client_id}])
            return REJECTED, DUPLICATE
        if kind not in (MARKET, MARKET_ON_CLOSE) or side not in (BUY, SELL):
            return REJECTED, UNSUPPORTED
        self.record([{"event": "ORDER", "id": client_id, "instrument": instrument, "side": side, "time_in_force": time_in_force,
                      "quantity_e9": int(quantity_e9), "after_bar": self.last_bar}])
        return NEW, 0

    def cancel(self, client_id):
        order = self.orders.get(client_id)
        if order is None or order["status"] != NEW:
            return ["UNKNOWN"]
        self.record([self.report(len(self.reports), order, CANCELED, ON_REQUEST, 0, 0, 0)])
        return ["OK"]

    def query(self, client_id):
        order = self.orders.get(client_id)
        return ["UNKNOWN"] if order is None else [order["status"], order["reason"], order["filled_e9"], order["price_e9"]]

    def take_bar(self, sequence, time_ns, *columns):
        sequence, time_ns = int(sequence), int(time_ns)
        if sequence <= self.last_bar:
            return
        closes = dict(zip(columns[::2], map(int, columns[1::2])))
        entries = []
        # Sales first, as they pay for what is bought.
        open_orders = sorted((o for o in self.orders.values() if o["status"] == NEW), key=lambda o: (o["side"] == BUY, o["instrument"], o["id"]))
        for order in open_orders:
            number = len(self.reports) + len(entries)
            close = closes.get(order["instrument"], 0)
            if close > 0:
                entries.append(self.report(number, order, FILLED, 0, order["quantity_e9"], close, time_ns))
            elif order["time_in_force"] == DAY:
                entries.append(self.report(number, order, EXPIRED, NO_CLOSE, 0, 0, time_ns))
        # A bar that did nothing may be lost: told again it does nothing again.
        self.record(entries + [{"event": "BAR", "sequence": sequence}], durable=bool(entries))

    def reports_after(self, cursor):
        new = self.reports[int(cursor):][:REPORTS_AT_ONCE]
        fields = ("status", "reason", "instrument", "id", "side", "quantity_e9", "price_e9", "time_ns")
        return [len(new)] + [report[field] for report in new for field in fields]

    def answer(self, verb, words):
        if verb == "HELLO":
            return ["OK"]
        if verb == "ORDER":
            return self.take_order(*words)
        if verb == "CANCEL":
            return self.cancel(*words)
        if verb == "QUERY":
            return self.query(*words)
        if verb == "BAR":
            self.take_bar(*words)
            return ["OK"]
        if verb == "REPORTS":
            return self.reports_after(*words)
        return ["UNKNOWN"]


class Listener:
    def __init__(self, folder):
        self.folder = folder
        path = os.path.join(folder, "requests")
        if not os.path.exists(path):
            os.mkfifo(path, 0o600)
        # For both, so that a client that goes away is no end of file.
        self.requests = os.fdopen(os.open(path, os.O_RDWR | os.O_CLOEXEC), "rb", buffering=0)
        self.replies = {}

    def lines(self):
        begun = b""
        while True:
            *whole, begun = (begun + self.requests.read(65536)).split(b"\n")
            yield from whole

    def reply(self, session, text):
        """To a client that is gone: nothing. A client that comes back has another FIFO of the same name."""
        try:
            if session not in self.replies:
                self.replies[session] = os.open(os.path.join(self.folder, f"replies.{session}"), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.write(self.replies[session], text.encode())
        except OSError as error:
            if error.errno not in (errno.ENXIO, errno.ENOENT, errno.EPIPE, errno.EAGAIN):
                raise
            self.forget(session)

    def forget(self, session):
        descriptor = self.replies.pop(session, None)
        if descriptor is not None:
            os.close(descriptor)


def serve(folder):
    listener = Listener(folder)
    venue = Venue(os.path.join(folder, "ledger.jsonl"))
    print("ready", flush=True)
    for line in listener.lines():
        words = line.decode(errors="replace").split()
        if len(words) < 4 or words[-1] != ".":
            continue  # of a client that was killed while it wrote
        session, number, verb, *rest = words[:-1]
        if verb == "HELLO":
            listener.forget(session)
        try:
            answer = venue.answer(verb, rest)
        except (TypeError, ValueError) as error:
            answer = ["MALFORMED", type(error).__name__]
        listener.reply(session, " ".join([number, *map(str, answer)]) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__.rstrip(), file=sys.stderr)
        sys.exit(2)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.makedirs(sys.argv[1], exist_ok=True)
    serve(sys.argv[1])
