"""Scenario and chain files that are wrong."""

import json

from workbench import CHAIN, SCENARIO, Workbench


class GoodInput(Workbench):
    def test_the_workbench_itself_is_fine(self):
        self.is_fine()

    def test_and_it_runs(self):
        self.write()
        run = self.cadre("backtest", "scenario.json", "--out", "run")
        self.assertEqual((run.returncode, run.stderr), (0, ""))


class Keys(Workbench):
    def test_an_unknown_key_suggests_the_nearest(self):
        self.scenario["data"]["perids_per_year"] = self.scenario["data"].pop("periods_per_year")
        self.is_refused(r'^scenario\.json:19:24 /data/perids_per_year: unknown key "perids_per_year"; did you mean "periods_per_year"\?$')

    def test_an_unknown_key_beside_the_right_one_says_so(self):
        self.scenario["book"]["inital_cash"] = 5
        self.is_refused(r'^scenario\.json:9:20 /book/inital_cash: unknown key "inital_cash"; did you mean "initial_cash", which is there already\?$')

    def test_an_unknown_key_of_the_chain_file_names_that_file(self):
        self.chain["risk_feedback"] = {"max_iteration": 3}
        self.is_refused(r'^chain\.json:\d+:\d+ /risk_feedback/max_iteration: unknown key "max_iteration"; did you mean "max_iterations"\?$')

    def test_an_unknown_setting_of_an_agent_suggests_the_nearest(self):
        self.chain["position_sizer"]["config"]["max_positon_size"] = 0.1
        self.is_refused(r'^chain\.json:\d+:\d+ /position_sizer/config/max_positon_size: unknown key "max_positon_size"; did you mean "max_position_size", which is there already\?$')

    def test_a_key_of_ones_own_is_allowed(self):
        self.scenario["x-note"] = {"anything": [1]}
        self.is_fine()

    def test_a_wrong_type(self):
        self.scenario["book"]["initial_cash"] = "much"
        self.is_refused(r'^scenario\.json:8:21 /book/initial_cash: "much" is a string, expected a number above 0 and at most 1000000000000$')

    def test_out_of_range(self):
        self.chain["risk_feedback"] = {"max_iterations": 0}
        self.is_refused(r"^chain\.json:\d+:\d+ /risk_feedback/max_iterations: 0 is below the minimum 1$")

    def test_zero_capital(self):
        self.scenario["book"]["initial_cash"] = 0
        self.is_refused(r"^scenario\.json:8:21 /book/initial_cash: 0 is not above 0$")

    def test_capital_that_no_money_amount_can_hold(self):
        self.scenario["book"]["initial_cash"] = 1e-9
        self.is_refused(r"^scenario\.json:8:21 /book/initial_cash: .*")

    def test_an_unknown_word_lists_the_known_ones(self):
        self.scenario["data"]["prices"]["adjustment"] = "splits"
        self.is_refused(r'/data/prices/adjustment: "splits" is not one of "raw", "split", "total_return"; did you mean "split"\?$')

    def test_no_execution_rules(self):
        del self.chain["execution_rules"]
        self.is_refused(r'^chain\.json:1:1: "execution_rules" is missing')

    def test_every_fault_of_both_files_is_reported(self):
        self.scenario["book"] = {"id": "main", "currency": "usd", "initial_cash": -1, "extra": 1}
        self.chain["constraints"] = {"max_weight": 0, "long_only": "yes"}
        del self.chain["risk_managers"]
        self.is_refused(r'/book/currency: "usd" does not have the form \^\[A-Z\]\{3\}\$; three capital letters as in ISO 4217', r"/book/initial_cash: -1 ", r"/book/extra: ", r" /constraints/max_weight: ",
                        r" /constraints/long_only: ", r'"risk_managers" is missing')

    def test_faults_of_settings_agents_prices_and_signals_are_reported_together(self):
        self.chain["position_sizer"]["config"] = {"method": "eqal_weight"}
        self.chain["signal_aggregator"]["agent"] = "cadre.confidence_weightd"
        self.signals[1][2] = "AX"
        self.is_refused(r"/position_sizer/config/method: ", r"/signal_aggregator/agent: ", r"^signals\.csv:2:")


class Files(Workbench):
    def test_a_duplicate_key(self):
        text = json.dumps(SCENARIO, indent=2)
        self.raw["scenario.json"] = text.replace('"scenario": "backtest",', '"scenario": "backtest",\n  "name": "again",')
        self.is_refused(r'^scenario\.json:4:3 /name: the key "name" stands here again, first at line 2, column 3; keep one of them$')

    def test_trailing_garbage(self):
        self.raw["scenario.json"] = json.dumps(SCENARIO, indent=2) + "\n}"
        self.is_refused(r"^scenario\.json:25:1: something follows the end of the document; a file holds one JSON value$")

    def test_an_empty_file(self):
        self.raw["scenario.json"] = ""
        self.is_refused(r"^scenario\.json: the file is empty, expected a JSON value$")

    def test_a_file_of_blanks(self):
        self.raw["chain.json"] = "\n \n"
        self.is_refused(r"^chain\.json: the file is empty, expected a JSON value$")

    def test_a_truncated_file(self):
        self.raw["chain.json"] = json.dumps(CHAIN, indent=2)[:300]
        self.is_refused(r"^chain\.json:18:1: the text ends before the document does; close what is open, or copy the file again$")

    def test_a_binary_file(self):
        self.raw["scenario.json"] = bytes(range(256)) * 4
        self.is_refused(r"^scenario\.json:1:1: a zero byte: this is a binary file, expected JSON text$")

    def test_utf_16(self):
        self.raw["scenario.json"] = json.dumps(SCENARIO).encode("utf-16")
        self.is_refused(r"^scenario\.json: the text is UTF-16, expected UTF-8; save the file as UTF-8$")

    def test_latin_1(self):
        self.raw["scenario.json"] = json.dumps({**SCENARIO, "name": "M\u00fcnchen"}, ensure_ascii=False, indent=2).encode("latin-1")
        self.is_refused(r"^scenario\.json:2:\d+.*UTF-8")

    def test_a_byte_order_mark(self):
        self.raw["scenario.json"] = b"\xef\xbb\xbf" + json.dumps(SCENARIO).encode()
        self.is_refused(r"^scenario\.json:1:1: the file starts with a byte order mark; save it as UTF-8 without one$")

    def test_a_missing_scenario(self):
        self.raw["scenario.json"] = None
        self.is_refused(r"^scenario\.json: no such file; check the name$")

    def test_a_missing_chain_names_who_asked_for_it(self):
        self.raw["chain.json"] = None
        self.is_refused(r"^scenario\.json:4:12 /chain: chain\.json: no such file; check the name$")

    def test_a_missing_price_file_names_who_asked_for_it(self):
        self.raw["prices.csv"] = None
        self.is_refused(r"^scenario\.json:\d+:\d+ /data/prices/file: prices\.csv: no such file; check the name$")

    def test_a_folder_in_place_of_a_file(self):
        self.scenario["chain"] = "."
        self.is_refused(r"^scenario\.json:4:12 /chain: \.?/?: this is a folder, expected a file$")


class Overrides(Workbench):
    def test_a_pointer_that_leads_nowhere(self):
        self.is_refused(r'^--set /chain/position_siser: unknown key .*"position_sizer".*',
                        backtest_arguments=("--set", "/chain/position_siser/config=1"))

    def test_what_is_no_pointer(self):
        self.is_refused(r'^--set: "book=1" is not /json/pointer=value', backtest_arguments=("--set", "book=1"))

    def test_an_unknown_key(self):
        self.is_refused(r'^--set /book/cash: unknown key "cash"', backtest_arguments=("--set", "/book/cash=1"))

    def test_a_value_out_of_range(self):
        self.is_refused(r"^--set /book/initial_cash: -5 is not above 0", backtest_arguments=("--set", "/book/initial_cash=-5"))

    def test_a_date_that_is_none(self):
        self.is_refused(r'^--from /data/from: "yesterday" is not a date; write it as YYYY-MM-DD', backtest_arguments=("--from", "yesterday"))

    def test_a_date_beyond_those_there_are(self):
        self.is_refused(r'^--from /data/from: "2262-01-01" is beyond the dates there are: the years 1678 to 2261$', backtest_arguments=("--from", "2262-01-01"))

    def test_a_period_outside_of_the_data(self):
        self.is_refused(r"^prices\.csv: .*no rows", backtest_arguments=("--from", "2030-01-01"))


class Universe(Workbench):
    def test_an_unknown_instrument(self):
        self.scenario["universe"] = [{"from": "2024-01-10", "instruments": ["AA", "BBB"]}]
        self.is_refused(r'/universe/0/instruments/1: the data have no instrument "BBB"; did you mean "BB"\?$')

    def test_an_unknown_instrument_asked_of_the_prices(self):
        self.scenario["data"]["prices"]["instruments"] = ["AA", "ZZZ"]
        self.is_refused(r'"ZZZ"')
