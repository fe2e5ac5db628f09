"""Works out the fortnight of fortnight.md in whole cents, by the words that stand there and nothing else.

Usage: fortnight.py [--table]
Without an option it says whether the table of fortnight.md is what it works out; with --table it prints the table.
"""

import csv
import datetime
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["AA", "BB", "CC", "SS"]
LOT = 50
# Shares of equity that are wanted at each close, in per cent.
WANTED = [
    (30, 20, 0, -20),
    (30, 20, 0, -20),
    (30, 20, 20, -20),
    (34, 24, 24, -24),
    (34, 24, 24, -24),
    (0, 24, 24, -24),
    (0, 24, 24, -24),
    (0, 24, 24, -24),
    (0, 24, 24, 0),
    (0, 24, 24, 0),
]


def cents(text):
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int((part + "00")[:2])


def read_days():
    """By date and name: open and close in cents (None: no price) and the volume."""
    days = {}
    with open(os.path.join(HERE, "fortnight.csv"), newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            traded = row["close"] != ""
            days.setdefault(row["date"], {})[row["symbol"]] = (cents(row["open"]) if traded else None, cents(row["close"]) if traded else None, int(row["volume"] or 0))
    return days


def exact(numerator, denominator):
    assert numerator % denominator == 0, (numerator, denominator)  # the prices were chosen so that all is whole cents
    return numerator // denominator


def fill(book, name, units, open_price):
    """Units at the open made 5 basis points worse; half a cent a unit, at least 1.00 an order."""
    size = abs(units)
    spread = exact(size * open_price * 5, 10000)
    commission = max(100, exact(size, 2))
    book["cash"] -= units * open_price + spread + commission
    book["costs"] += spread + commission
    book["held"][name] += units


def orders_of(book, equity, wanted, prices, traded):
    """The decision at a close: (name, units), sales before purchases."""
    orders = []
    for name, percent in zip(NAMES, wanted):
        held = book["held"][name]
        if not traded[name]:
            continue  # no price today: what is held stays
        change = percent * equity - 100 * held * prices[name]  # in 100 x cents
        if percent != 0 and abs(change) < 2 * equity:
            continue  # less than 2 % of the equity
        # In lots, towards what is held.
        lots = abs(change) // (100 * prices[name] * LOT) if percent != 0 else abs(held) // LOT
        if lots:
            orders.append((name, lots * LOT * (1 if change > 0 else -1)))
    return [o for o in orders if o[1] < 0] + [o for o in orders if o[1] > 0]


def work():
    book = {"cash": 10000000, "costs": 0, "held": dict.fromkeys(NAMES, 0)}
    marks = dict.fromkeys(NAMES, 0)
    orders, rows, before = [], [], None
    for wanted, (date, bars) in zip(WANTED, read_days().items()):
        today = datetime.date.fromisoformat(date)
        if before:  # 18 % a year of 360 days, of what the shorts were worth at the close before
            short = -sum(min(0, book["held"][name]) * marks[name] for name in NAMES)
            borrow = exact(short * 18 * (today - before).days, 100 * 360)
            book["cash"] -= borrow
            book["costs"] += borrow
        before = today
        for name, units in orders:
            open_price, _, volume = bars[name]
            most = volume // 10 // LOT * LOT
            units = max(-most, min(most, units))
            if open_price is not None and units:
                fill(book, name, units, open_price)
        traded = {name: bars[name][1] is not None for name in NAMES}
        marks.update({name: bars[name][1] for name in NAMES if traded[name]})
        equity = book["cash"] + sum(book["held"][name] * marks[name] for name in NAMES)
        rows.append((date, *[book["held"][name] for name in NAMES], book["cash"], book["costs"], equity))
        orders, increases = [], 0
        for name, units in orders_of(book, equity, wanted, marks, traded):
            increases += 1
            if increases > 3 and units * book["held"][name] >= 0:
                continue  # the fourth order of a day is refused unless it reduces
            orders.append((name, units))
    return rows


def money(value):
    sign = "-" if value < 0 else ""
    return f"{sign}{abs(value) // 100}.{abs(value) % 100:02}"


def table():
    return "".join("| " + " | ".join([row[0], *map(str, row[1:5]), *map(money, row[5:])]) + " |\n" for row in work())


if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]:
        print(table(), end="")
        sys.exit()
    with open(os.path.join(HERE, "fortnight.md"), encoding="utf-8") as page:
        stands_there = table() in page.read()
    print("the table is right" if stands_there else "the table of fortnight.md is not:\n" + table())
    sys.exit(0 if stands_there else 1)
