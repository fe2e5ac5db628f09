"""Files as people have them: layouts of data sellers, prices that cannot be held, runs that are too short. The inputs are in tests/data/cases.

The environment names the program (CADRE) and the agents (CADRE_REAL_AGENTS).
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

CADRE = os.environ["CADRE"]
AGENTS = os.environ["CADRE_REAL_AGENTS"]
CASES = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "data", "cases"))


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cadre_cases_")
        self.addCleanup(shutil.rmtree, self.folder)

    def use(self, case):
        shutil.rmtree(self.folder)
        shutil.copytree(os.path.join(CASES, case), self.folder)

    def cadre(self, *words):
        return subprocess.run([CADRE, "--agents", AGENTS, *words], capture_output=True, text=True, cwd=self.folder, timeout=60)

    def check_prices(self, file, **prices):
        """`cadre check` of a scenario with a file of the cases as its prices."""
        shutil.copy(os.path.join(CASES, file), os.path.join(self.folder, "prices.csv"))
        return self.run_prices("check", **prices)

    def run_prices(self, command, **prices):
        with open(os.path.join(CASES, "close-volume-columns", "scenario.json"), encoding="utf-8") as source:
            scenario = json.load(source)
        scenario["data"]["prices"].update(prices)
        with open(os.path.join(self.folder, "scenario.json"), "w", encoding="utf-8") as target:
            json.dump(scenario, target)
        return self.cadre(command, "scenario.json")

    def is_refused(self, run, *expected):
        """With one line for each of these expressions, in this order, and no other."""
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)
        lines = run.stderr.splitlines()
        self.assertEqual(len(lines), len(expected), run.stderr)
        for line, pattern in zip(lines, expected):
            self.assertRegex(line, pattern)

    def is_fine(self, run):
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stderr, "")


class Layouts(Case):
    RENAME = r'{} the column "{}" has another name here; rename it to {}, or say in data\.prices: "columns": {{.*"{}": "{}".*}}(; where it has times of day, say "period": "1min" or what the bars are of)? \[CSV_HEADER\]$'

    def column(self, name):
        """Where the column of this name begins in the header of the prices, counted from 1."""
        with open(os.path.join(self.folder, "prices.csv"), encoding="utf-8-sig") as file:
            cells = file.readline().rstrip("\n").split(",")
        return 1 + sum(len(cell) + 1 for cell in cells[:[cell.strip('"') for cell in cells].index(name)])

    def rename(self, name, field):
        return self.RENAME.format(rf"^prices\.csv:1:{self.column(name)}:", re.escape(name), field, field, re.escape(name))

    def drop(self, name):
        return rf'^prices\.csv:1:{self.column(name)}: the column "{re.escape(name)}" is none that is read; drop it, or say in data\.prices which ones count: "columns": '

    NO_SYMBOL = r"^prices\.csv:1:1: there is no column symbol; add one, or name the one instrument of the file in data\.prices\.instruments, or keep date and close alone"

    def test_kaggle(self):
        file = "real-layouts/kaggle-all-stocks-5yr.csv"
        self.is_refused(self.check_prices(file), self.rename("Name", "symbol"))
        self.is_fine(self.check_prices(file, columns={"symbol": "Name", "date": "date", "open": "open", "high": "high",
                                                      "low": "low", "close": "close", "volume": "volume"}, volume="shares"))

    def test_yahoo(self):
        file = "real-layouts/yahoo.csv"
        self.is_refused(self.check_prices(file), self.drop("Adj Close"), self.NO_SYMBOL)
        self.is_refused(self.check_prices(file, instruments=["AAA"]), self.drop("Adj Close"))
        self.is_fine(self.check_prices(file, instruments=["AAA"], columns={"date": "Date", "close": "Adj Close"}))

    def test_stooq(self):
        file = "real-layouts/stooq.csv"
        self.is_refused(self.check_prices(file), self.NO_SYMBOL)
        self.is_fine(self.check_prices(file, instruments=["AAA"], volume="shares"))

    def test_sharadar(self):
        self.is_refused(self.check_prices("real-layouts/sharadar-sep.csv"), self.rename("ticker", "symbol"),
                        self.drop("closeadj"), self.drop("closeunadj"), self.drop("lastupdated"))

    def test_stooq_in_bulk(self):
        file = "real-layouts/stooq-bulk.csv"
        run = self.check_prices(file)
        self.is_refused(run, self.rename("<TICKER>", "symbol"), self.drop("<PER>"), self.rename("<DATE>", "date"),
                        self.drop("<TIME>"), self.rename("<OPEN>", "open"), self.rename("<HIGH>", "high"),
                        self.rename("<LOW>", "low"), self.rename("<CLOSE>", "close"), self.rename("<VOL>", "volume"),
                        self.drop("<OPENINT>"))
        # What it proposes is what it takes.
        columns = json.loads(re.search(r'"columns": ({[^}]*})', run.stderr)[1])
        self.is_fine(self.check_prices(file, columns=columns, volume="shares"))

    def test_alpha_vantage(self):
        file = "real-layouts/alpha-vantage.csv"
        self.is_refused(self.check_prices(file), self.rename("timestamp", "date"), self.NO_SYMBOL)
        columns = {"date": "timestamp", "open": "open", "high": "high", "low": "low", "close": "close"}
        run = self.check_prices(file, instruments=["AAA"], columns=columns)
        self.assertEqual(run.returncode, 3)
        self.assertIn("sort the rows by date", run.stderr)

    def test_norgate(self):
        self.is_refused(self.check_prices("real-layouts/norgate.csv", instruments=["AAA"]), self.drop("Turnover"),
                        self.drop("Unadjusted Close"), self.drop("Dividend"))

    def test_polygon(self):
        self.is_refused(self.check_prices("real-layouts/polygon-flat.csv"), self.rename("ticker", "symbol"),
                        self.drop("window_start"), self.drop("transactions"),
                        r"^prices\.csv:1:1: there is no column date; add one, with days as 1991-01-02 ")

    def test_investing(self):
        file = "real-layouts/investing.csv"
        self.is_refused(self.check_prices(file, instruments=["AAA"]), self.rename("Price", "close"), self.rename("Vol.", "volume"),
                        self.drop("Change %"))
        run = self.check_prices(file, instruments=["AAA"], columns={"date": "Date", "close": "Price"})
        self.assertIn('prices.csv:2:1: "01/08/2020" is no date, expected 1991-01-02; which number is the month is not known', run.stderr)

    def test_files_without_a_header(self):
        for file in ("binance-klines", "metatrader4"):
            self.is_refused(self.check_prices(f"real-layouts/{file}.csv"),
                            r"^prices\.csv:1:1: the first row is data, and should be a header; put a row in front of it: date,symbol,")

    def test_tabs(self):
        self.is_refused(self.check_prices("real-layouts/metatrader5.csv"),
                        r"^prices\.csv:1:1: the fields are separated by tabs, expected commas; save the file with commas ")

    def test_a_header_of_three_rows(self):
        self.is_refused(self.check_prices("real-layouts/yfinance-multi.csv"), r"^prices\.csv:1:1: the header has three rows.*; keep one: date and the tickers")

    def test_a_map_that_names_what_is_not_there(self):
        self.is_refused(self.check_prices("real-layouts/kaggle-all-stocks-5yr.csv", columns={"symbol": "Nme", "date": "date", "close": "close"}),
                        r'"Nme", which data\.prices\.columns names for symbol, is missing; did you mean "Name"\?; the columns are date, open')

    def test_closes_alone_by_a_map(self):
        self.is_fine(self.check_prices("real-layouts/kaggle-all-stocks-5yr.csv", columns={"symbol": "Name", "date": "date", "close": "close"}))

    def test_fields_that_would_be_instruments(self):
        file = "close-volume-columns/prices.csv"
        field = r'^prices\.csv:1:{}: "{}" looks like a field, not an instrument; name the close after its instrument'
        self.is_refused(self.check_prices(file), field.format(6, "Close"), field.format(12, "Volume"))
        self.is_fine(self.check_prices(file, instruments=["Close", "Volume"]))
        self.is_fine(self.check_prices(file, instruments=["AAA"], columns={"date": "Date", "close": "Close", "volume": "Volume"}, volume="shares"))


class Rows(Case):
    def test_empty_rows_at_the_end_are_none(self):
        for file in ("excel-tail", "blank-tail"):
            self.is_fine(self.check_prices(f"csv-messages/{file}.csv"))

    def test_line_ends_of_old(self):
        self.is_refused(self.check_prices("csv-messages/cr-only.csv"), r"^prices\.csv: the lines end with a carriage return alone, expected a line feed; ")

    def test_numbers_with_commas(self):
        run = self.check_prices("csv-messages/quoted-thousands.csv")
        self.is_refused(run, *[rf'^prices\.csv:{line}:12: AAA on .*: "1,10\d\.5" is no price; take the commas out' for line in range(2, 8)])

    def test_an_open_of_zero_has_a_way_out(self):
        file = "csv-messages/open-zero.csv"
        for missing in ("refuse", "leave"):
            run = self.check_prices(file, missing=missing)
            self.is_refused(run, *[rf'^prices\.csv:{line}:16: AAA on .*: "0" is not above 0; feeds write 0 for a price they do not know: leave the cell empty'
                                   for line in range(2, 6)])
        self.is_fine(self.check_prices(file, columns={"symbol": "symbol", "date": "date", "close": "close"}))

    def test_prices_that_would_be_bent_are_named_for_what_they_are(self):
        for case, code, what in (("fine", "PRICE_TOO_FINE", "is finer than the step of a price"),
                                 ("tiny", "PRICE_OUT_OF_RANGE", "is below the smallest step of a price, 0.000000001"),
                                 ("huge", "PRICE_OUT_OF_RANGE", "is above the largest price, 9,223,372,036")):
            self.use(os.path.join("fine-prices", case))
            run = self.cadre("check", "scenario.json")
            self.assertEqual(run.returncode, 3, run.stderr)
            for line in run.stderr.splitlines():
                self.assertRegex(line, rf"^prices\.csv:\d+:12: ... on 2020-01-0\d: .*{re.escape(what)}.*; quote it for .* \[{code}\]$")


class Runs(Case):
    def backtest(self, case):
        self.use(case)
        run = self.cadre("backtest", "scenario.json", "--out", "run")
        self.assertEqual(run.returncode, 0, run.stderr)
        return run

    def test_shorter_than_a_quarter_of_a_year_have_no_return_a_year(self):
        for case in ("five-days", "two-days"):
            run = self.backtest(f"annualised-short-run/{case}")
            self.assertRegex(run.stdout, r"(?m)^annualised return +- +-$")
            self.assertRegex(run.stdout, r"(?m)^turnover a year, one way +-$")
            self.assertIn("The run is shorter than a quarter of a year", run.stdout)
            self.assertLess(max(map(len, run.stdout.splitlines())), 120)
            with open(os.path.join(self.folder, "run", "report.html"), encoding="utf-8") as page:
                self.assertIn("The run is shorter than a quarter of a year", page.read())

    def test_keep_strategies_apart_whose_names_begin_alike(self):
        self.backtest("strategy-names/long-and-short")
        with open(os.path.join(self.folder, "run", "orders.csv"), encoding="utf-8") as orders:
            self.assertEqual(len(orders.read().splitlines()), 1, "one wants what the other does not: no order")

    def test_go_on_buying_over_one_empty_cell_carried_or_left(self):
        """AAA has no price on 2020-03-25, and its return of the day after spans two days."""
        kept = {}
        for missing in ("leave", "carry"):
            run = self.backtest(f"one-gap-freezes-risk/{missing}")
            self.assertNotIn("RUN_AGENT_FAILED", run.stderr)
            self.assertRegex(run.stderr, r"the value at risk of \d+ of 89 decisions rests in part on days without a price, first on 2020-03-2\d, "
                                         r"at most on 1 of \d+ returns: .*\[RUN_RETURNS_FILLED\]")
            with open(os.path.join(self.folder, "run", "orders.csv"), encoding="utf-8") as orders:
                header, *rows = [line.split(",") for line in orders.read().splitlines()]
            kept[missing] = [dict(zip(header, row)) for row in rows]
            bought = {order["date"] for order in kept[missing] if order["side"] == "buy" and order["status"] == "filled"}
            # What is not worth its costs is not bought on one of the four days.
            self.assertLessEqual({"2020-03-26", "2020-03-30", "2020-03-31"}, bought)
        self.assertEqual(kept["leave"], kept["carry"], "the mark is the same, and so is the return that spans the gap")

    def test_say_where_an_order_is_cut_to_the_largest_position(self):
        run = self.backtest("quantity-limit-silent")
        self.assertRegex(run.stderr, r"/book/initial_cash: warning: the cash would buy more than 9,000,000,000 units of SHIB at 0\.00001234, .* \[QUANTITY_LIMIT\]")
        with open(os.path.join(self.folder, "run", "orders.csv"), encoding="utf-8") as orders:
            header, first = [line.split(",") for line in orders.read().splitlines()[:2]]
        order = dict(zip(header, first))
        # Of what the book can hold, the pre-trade checks accept a part at a time.
        self.assertEqual(order["quantity"], "100000000")
        self.assertRegex(run.stderr, r"/pre_trade_checks: warning: the pre-trade checks made orders smaller or kept them back: FAT_FINGER_MAX_QUANTITY \d+ times, first SHIB on .* \[RUN_ORDERS_FITTED\]")
        told = self.cadre("explain", "run", order["client_id"])
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("cut to 9,000,000,000 units, the largest position there is: quote the instrument for 1,000 units", told.stdout)
        self.assertIn("why: fitted (9,000,000,000.0000)", told.stdout)
        self.assertRegex(self.cadre("check", "scenario.json").stderr, r"\[QUANTITY_LIMIT\]")


class Comparisons(Case):
    def analyze(self, candidate):
        with open(os.path.join(self.folder, "candidate.csv"), "w", encoding="utf-8") as file:
            file.writelines(candidate)
        return self.cadre("experiment", "analyze", "--control", "control.csv", "--candidate", "candidate.csv")

    def candidate(self):
        self.use("returns-below-minus-one")
        with open(os.path.join(self.folder, "candidate.csv"), encoding="utf-8") as file:
            return file.readlines()

    def test_refuse_a_return_of_all_and_more(self):
        lines = self.candidate()
        place = next(number for number, line in enumerate(lines, 1) if line.rstrip().endswith(",-1.5"))
        run = self.analyze(lines)
        self.is_refused(run, rf'^candidate\.csv:{place}:12: return "-1\.5" is -1 or below: nobody loses more than all; .* \[SERIES_OUT_OF_RANGE\]$')
        self.assertEqual(run.stdout, "")

    def test_warn_of_returns_that_look_like_per_cent(self):
        lines = [line for line in self.candidate() if not line.rstrip().endswith(",-1.5")]
        self.assertEqual(self.analyze(lines).stderr.count("SERIES_LOOKS_LIKE_PERCENT"), 0)
        wide = [lines[0]] + [f"{line.split(',')[0]},{0.4 if number % 2 else -0.3}\n" for number, line in enumerate(lines[1:])]
        run = self.analyze(wide)
        self.assertEqual(run.stderr.count("SERIES_LOOKS_LIKE_PERCENT"), 1, run.stderr)
