"""Books whose instruments are a table: good ones, and tables that are wrong."""

import csv
import json
from decimal import Decimal

from workbench import Workbench

TABLE = """id,kind,tick,lot,minimum_notional,groups,listed_from,listed_to
AA,equity,0.01,1,,tech,,
BB,fund,0.05,10,,broad,,
CC,crypto_spot,0.1,0.001,100,coins,,
DD,index,,,,,,
"""


class Table(Workbench):
    def setUp(self):
        super().setUp()
        self.raw["instruments.csv"] = TABLE
        self.scenario["instruments"] = {"file": "instruments.csv"}
        self.chain["execution_rules"]["config"] = {"default_order_type": "LIMIT"}

    def orders(self):
        self.write()
        run = self.cadre("backtest", "scenario.json", "--out", "run")
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(self.path("run", "orders.csv"), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def spoil(self, old, new):
        self.raw["instruments.csv"] = TABLE.replace(old, new)


class Trading(Table):
    def test_each_instrument_has_its_own_lot_tick_and_minimum_and_an_index_is_never_traded(self):
        orders = self.orders()
        steps = {"AA": ("1", "0.01"), "BB": ("10", "0.05"), "CC": ("0.001", "0.1")}
        self.assertEqual({order["instrument"] for order in orders}, set(steps))
        for order in orders:
            lot, tick = steps[order["instrument"]]
            self.assertEqual(Decimal(order["quantity"]) % Decimal(lot), 0, order)
            self.assertEqual(Decimal(order["limit_price"]) % Decimal(tick), 0, order)
            self.assertNotEqual(order["status"], "rejected", order)
        self.assertTrue(any(Decimal(order["quantity"]) % 1 for order in orders if order["instrument"] == "CC"))

    def test_the_benchmark_holds_no_index(self):
        for row in self.prices[30:]:
            row[4] = f"{float(row[4]) * 1000:.2f}"
        self.orders()
        with open(self.path("run", "equity.csv"), encoding="utf-8", newline="") as file:
            benchmark = [Decimal(row["benchmark"]) for row in csv.DictReader(file) if row["benchmark"]]
        self.assertLess(max(benchmark), 200000)

    def test_explain_and_replay_find_the_orders_behind_an_index(self):
        self.raw["instruments.csv"] = TABLE.replace("AA,equity", "AA,index").replace("DD,index", "DD,equity")
        order = self.orders()[-1]
        self.raw["instruments.csv"] = None
        told = self.cadre("explain", "run", order["client_id"])
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn(order["instrument"], told.stdout)
        replayed = self.cadre("replay", "run")
        self.assertEqual(replayed.returncode, 0, replayed.stderr)

    def test_a_run_keeps_the_table_and_not_the_name_of_its_file(self):
        self.orders()
        head = self.cadre("journal", "show", "--kind", "head", "run").stdout.splitlines()[0]
        instruments = json.loads(head)["text"]["config"]["instruments"]
        self.assertNotIn("file", instruments)
        self.assertEqual([row["id"] for row in instruments["table"]], ["AA", "BB", "CC", "DD"])

    def test_a_plan_below_the_minimum_is_no_order_and_says_why(self):
        self.spoil("CC,crypto_spot,0.1,0.001,100", "CC,crypto_spot,0.1,0.001,1000000")
        self.assertNotIn("CC", {order["instrument"] for order in self.orders()})

    def test_what_is_not_listed_yet_is_not_bought(self):
        self.spoil("AA,equity,0.01,1,,tech,,", "AA,equity,0.01,1,,tech,2024-01-25,")
        days = [order["date"] for order in self.orders() if order["instrument"] == "AA"]
        self.assertTrue(days)
        self.assertGreaterEqual(min(days), "2024-01-25")

    def test_what_is_not_listed_any_more_is_only_sold(self):
        self.spoil("AA,equity,0.01,1,,tech,,", "AA,equity,0.01,1,,tech,,2024-01-25")
        orders = [order for order in self.orders() if order["instrument"] == "AA"]
        self.assertEqual({order["side"] for order in orders if order["date"] > "2024-01-25"}, {"sell"})
        self.assertEqual({order["status"] for order in orders} & {"rejected"}, set())

    def test_prices_before_the_first_day_are_a_warning(self):
        self.spoil("AA,equity,0.01,1,,tech,,", "AA,equity,0.01,1,,tech,2024-01-11,")
        self.is_fine(r'^instruments\.csv:2:1 /0: warning: "AA" has prices on 10 days on which it is not listed, the first is 2024-01-01: it is marked')


class Refused(Table):
    def test_an_instrument_that_the_table_lacks(self):
        self.spoil("AA,equity", "AAA,equity")
        self.is_refused(r'^instruments\.csv:1:1: the data have "AA", which is not in the table of instruments; did you mean "AAA"\?; add a row for it')

    def test_the_defaults_stand_for_it_where_they_are_told_to(self):
        self.spoil("AA,equity", "AAA,equity")
        self.scenario["instruments"]["unlisted"] = "defaults"
        self.is_fine()

    def test_a_kind_that_is_not_traded(self):
        self.spoil("BB,fund", "BB,future")
        self.write()
        run = self.cadre("check", "scenario.json")
        self.assertEqual(run.returncode, 3)
        self.assertRegex(run.stderr, r'instruments\.csv:3:4 /1/kind: this host does not trade instruments of the kind "future"; .*KIND_NOT_TRADED')
        self.assertRegex(run.stderr, r'does not work with instruments of the kind "future", which BB is; .*CHAIN_WRONG_KIND')

    def test_an_index_in_a_universe(self):
        self.scenario["universe"] = [{"from": "2024-02-01", "instruments": ["AA", "DD"]}]
        self.is_refused(r'^scenario\.json:\d+:\d+ /universe/0/instruments/1: "DD" is an index, and an index is never traded')

    def test_another_currency(self):
        self.raw["instruments.csv"] = "id,currency\nAA,\nBB,EUR\nCC,USD\nDD,\n"
        self.is_refused(r'^instruments\.csv:3:4 /1/currency: "BB" is in EUR, .* USD, .*; use one currency in a book$')

    def test_all_that_is_wrong_with_a_table_at_once(self):
        self.raw["instruments.csv"] = "id,lot,tick\nAA,-1,0.01\nBB,1,no\n,1,1\nDD,1,1,1\n"
        self.is_refused(r"^instruments\.csv:5:1: the row has 4 fields, the header has 3")
        self.raw["instruments.csv"] = "id,lot,tick\nAA,-1,0.01\nBB,1,no\n,1,1\nDD,1,1\n"
        self.is_refused(r"^instruments\.csv:2:4 /0/lot: -1 is not above 0", r'^instruments\.csv:3:6 /1/tick: "no" is a string', r'^instruments\.csv:4:1 /2: .*"id"')

    def test_a_row_twice_and_an_unknown_column(self):
        self.raw["instruments.csv"] = "id,lot\nAA,1\nBB,1\nCC,1\nDD,1\nAA,2\n"
        self.is_refused(r'^instruments\.csv:6:1 /4/id: "AA" stands in the table before, in line 2; keep one')
        self.raw["instruments.csv"] = "id,lots\nAA,1\n"
        self.is_refused(r'^instruments\.csv:1:4: a table of instruments has no column "lots"; did you mean "lot"\?$')

    def test_no_file_no_text_and_no_rows(self):
        self.raw["instruments.csv"] = None
        self.is_refused(r"^scenario\.json:\d+:\d+ /instruments/file: .*instruments\.csv")
        self.raw["instruments.csv"] = ""
        self.is_refused(r"^instruments\.csv: the file is empty")
        self.raw["instruments.csv"] = "id,lot\n"
        self.is_refused(r"^instruments\.csv: the table has no instrument")
