"""Prices and signals that are wrong."""

from workbench import Workbench, csv_text, price_rows


class Prices(Workbench):
    def test_a_date_that_goes_back(self):
        self.prices[10], self.prices[11] = self.prices[11], self.prices[10]
        self.is_refused(r"^prices\.csv:12:1: ")

    def test_a_date_twice(self):
        self.prices[11][0] = self.prices[10][0]
        self.is_refused(r"^prices\.csv:12:1: .*2024-01-10")

    def test_a_date_that_is_none(self):
        self.prices[3][0] = "2024-02-30"
        self.is_refused(r'^prices\.csv:4:1: "2024-02-30"')

    def test_a_negative_price_and_a_zero(self):
        self.prices[4][1] = "-1.5"
        self.prices[6][4] = "0"
        self.is_refused(r"^prices\.csv:5:12: .*AA.*-1\.5", r"^prices\.csv:7:\d+: .*DD.*0")

    def test_a_price_that_is_nan(self):
        self.prices[4][2] = "NaN"
        self.is_refused(r"^prices\.csv(:5:\d+)?: .*BB")

    def test_a_word_in_place_of_a_price(self):
        self.prices[4][2] = "fifty"
        self.is_refused(r'^prices\.csv:5:\d+: .*"fifty"')

    def test_one_day_only(self):
        self.prices = self.prices[:2]
        self.signals = self.signals[:1]
        self.is_refused(r"^prices\.csv: .*one day")

    def test_a_price_that_jumps_is_a_warning_that_follows_the_level_of_the_log(self):
        self.prices[40][1] = "500"
        self.write()
        warned = self.cadre("backtest", "scenario.json", "--out", "one")
        self.assertEqual(warned.returncode, 0, warned.stderr)
        self.assertIn("[SUSPECTED_CORPORATE_ACTION]", warned.stderr)
        silent = self.cadre("--log-level", "error", "backtest", "scenario.json", "--out", "two")
        self.assertEqual((silent.returncode, silent.stderr), (0, ""))
        self.assertEqual(self.cadre("--log-level", "error", "backtest", "none.json").returncode, 3)
        self.assertIn("[FILE_NOT_FOUND]", self.cadre("--log-level", "error", "backtest", "none.json").stderr)

    def test_a_header_only(self):
        self.prices = self.prices[:1]
        self.signals = self.signals[:1]
        self.is_refused(r"^prices\.csv: ")

    def test_an_empty_file(self):
        self.raw["prices.csv"] = ""
        self.is_refused(r"^prices\.csv: .*empty")

    def test_a_binary_file(self):
        self.raw["prices.csv"] = b"\x00\x01\x02" * 100
        self.is_refused(r"^prices\.csv.*: ")

    def test_another_encoding(self):
        self.raw["prices.csv"] = csv_text(price_rows()).encode("utf-16")
        self.is_refused(r"^prices\.csv.*: ")

    def test_a_row_that_is_too_short(self):
        self.prices[9].pop()
        self.is_refused(r"^prices\.csv:10: the row has 4 fields, the header has 5$")

    def test_several_faults_are_all_reported(self):
        self.prices[4][1] = "x"
        self.prices[5][2] = "-2"
        self.prices[6][0] = "never"
        self.is_refused(r"^prices\.csv:5:", r"^prices\.csv:6:", r"^prices\.csv:7:")


class Signals(Workbench):
    def test_an_unknown_symbol_suggests_the_nearest(self):
        self.signals[1][2] = "BBX"
        self.is_refused(r'^signals\.csv:2:\d+: "BBX" is not an instrument of this universe; did you mean "BB"\?$')

    def test_a_confidence_out_of_range(self):
        self.signals[2][5] = "1.5"
        self.is_refused(r"^signals\.csv:3:\d+: .*1\.5.*from 0 to 1")

    def test_a_missing_file_names_who_asked_for_it(self):
        self.raw["signals.csv"] = None
        self.is_refused(r"^scenario\.json:\d+:\d+ /data/signals/file: signals\.csv: no such file; check the name$")
