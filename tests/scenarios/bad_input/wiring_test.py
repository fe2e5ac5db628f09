"""Chains whose agents do not fit together."""

import re

from workbench import INSTRUMENTS, TEST_AGENTS, Workbench


class Agents(Workbench):
    def test_an_unknown_agent_suggests_the_nearest(self):
        self.chain["position_sizer"]["agent"] = "cadre.positon_sizer"
        self.is_refused(r'^chain\.json:\d+:\d+ /position_sizer/agent: no manifest describes an agent "cadre.positon_sizer"; did you mean "cadre.position_sizer"\?')

    def test_no_agents_at_all(self):
        self.agents = [self.path("nowhere")]
        self.write()
        run = self.cadre("check", "scenario.json")
        self.assertEqual(run.returncode, 3)
        self.assertIn("nowhere: cannot read this folder of agents", run.stderr)

    def test_a_version_range_without_a_match(self):
        self.chain["position_sizer"]["version"] = "^7"
        self.is_refused(r' /position_sizer/version: no version of cadre.position_sizer is in the range "\^7"; there is 0.9.0')

    def test_a_version_range_that_is_none(self):
        self.chain["position_sizer"]["version"] = "newest"
        self.is_refused(r'/position_sizer/version: "newest" is not a range of versions; write \*, 1.2.3')

    def test_two_position_sizers(self):
        self.chain["position_sizer"] = [{"agent": "cadre.position_sizer"}, {"agent": "cadre.position_sizer"}]
        self.is_refused(r"^chain\.json:\d+:\d+ /position_sizer: .*array.*expected an object")

    def test_a_sizer_in_place_of_a_risk_manager(self):
        self.chain["risk_managers"].append({"name": "second", "agent": "cadre.position_sizer"})
        self.is_refused(r'/risk_managers/1/agent: "cadre.position_sizer" has the role cadre.position_sizer/1, this stage needs cadre.risk_manager/1')

    def test_one_name_for_two_instances(self):
        self.chain["risk_managers"].append({"name": "momentum", "agent": "cadre.risk_manager"})
        self.is_refused(r'/risk_managers/1: two instances are called "momentum"')

    def test_a_refusal_of_the_agent_itself(self):
        self.chain["position_sizer"]["config"] = {"max_position_size": 0.01, "min_position_size": 0.1}
        self.is_refused(r"^chain\.json:\d+:\d+ /position_sizer.*: .*no position could be held")

    def test_a_risk_manager_may_not_be_bypassed(self):
        self.chain["risk_managers"][0]["on_failure"] = "bypass"
        self.is_refused(r"/risk_managers/0/on_failure: risk managers cannot be bypassed")


class Services(Workbench):
    def test_an_unmet_service_names_an_agent_that_provides_it(self):
        self.chain["services"] = []
        self.is_refused(r'^chain\.json:\d+:\d+ /risk_managers/0: "risk" \(cadre.risk_manager\) requires the service cadre.covariance/1, which no instance provides; add to "services" one of cadre.identity.covariance_estimator or cadre.sample_covariance$')

    def test_an_ambiguous_service_says_how_to_choose(self):
        self.chain["services"].append({"name": "covariance_2", "agent": "cadre.sample_covariance"})
        self.is_refused(r'/risk_managers/0: .* which covariance and covariance_2 provide; name one with "bind": \{"cadre.covariance/1": "covariance"\}',
                        r'/position_sizer: .* which covariance and covariance_2 provide')

    def test_a_binding_to_nobody(self):
        self.chain["risk_managers"][0]["bind"] = {"cadre.covariance/1": "covarianc"}
        self.is_refused(r'/risk_managers/0/bind/cadre.covariance~11: no instance "covarianc" provides cadre.covariance/1; there is covariance')

    def test_services_in_a_circle(self):
        self.agents.append(TEST_AGENTS)
        self.chain["services"] += [{"name": "a", "agent": "test.circle_a"}, {"name": "b", "agent": "test.circle_b"}]
        self.is_refused(r"/services/1: these services require each other in a circle: a, b")


class PricesThatEnd(Workbench):
    def test_while_their_name_is_held_are_told_with_what_they_are_worth(self):
        name = INSTRUMENTS[0]
        for row in self.prices[-4:]:
            row[1] = ""
        last = self.prices[-5]
        self.scenario["data"]["prices"]["missing"] = "leave"
        self.signals = [self.signals[0], ["2024-01-05", "house", name, "1", "1.5", "0.8", "1000"]]
        self.write()
        run = self.cadre("backtest", "scenario.json", "--out", "run")
        self.assertEqual(run.returncode, 0, run.stderr)
        told = re.findall(rf"{name} has no price in the last 4 bars, the last one on {last[0]}, and is held: its (\S+) units count as (\S+) of an equity", run.stderr)
        self.assertEqual(len(told), 1, run.stderr)
        self.assertAlmostEqual(float(told[0][0]) * float(last[1]), float(told[0][1]), 2)


class NamedInstruments(Workbench):
    def test_that_the_data_do_not_have_are_refused_in_the_settings_of_agents_too(self):
        self.chain["execution_rules"] = {"agent": "cadre.execution_rules", "config": {"restricted": [INSTRUMENTS[0], INSTRUMENTS[0] + "Z"]}}
        self.scenario["execution_environment"] = {"agent": "cadre.simulated_execution", "config": {"commission_by_instrument": [{"instrument": "NOPE", "bp": 1}]}}
        self.is_refused(rf'/execution_rules/config/restricted/1: the data have no instrument "{INSTRUMENTS[0]}Z"; did you mean "{INSTRUMENTS[0]}"\?',
                        r'/execution_environment/config/commission_by_instrument/0/instrument: the data have no instrument "NOPE"')


    def test_that_the_data_do_not_have_are_refused_in_dated_changes_too(self):
        self.scenario["changes"] = [{"at": "2024-02-01", "reason": "test", "set": {
            "/pre_trade_checks/restricted": ["NOPE"], "/pre_trade_checks/limits": [{"instrument": "ZZ", "max_weight": 0.1}]}}]
        self.is_refused(r'the data have no instrument "NOPE"', r'the data have no instrument "ZZ"')


class DeadLimits(Workbench):
    def test_a_bound_for_an_agent_that_the_book_does_not_run_is_a_warning(self):
        self.scenario["pre_trade_checks"] = {"limits": [{"agent": "cadre.position_sizr", "max_weight": 0.02}, {"agent": "cadre.position_sizer", "max_weight": 0.02}]}
        self.is_fine(r'/pre_trade_checks/limits/0/agent: warning: the book runs no agent "cadre.position_sizr", the bound holds for none of its orders; did you mean "cadre.position_sizer"\?')

    def test_a_bound_on_every_group_where_there_is_none_and_on_volume_where_there_is_none_are_warnings(self):
        self.chain["constraints"] = {"max_group_weight": [{"group": "*", "max": 0.2}]}
        self.scenario["pre_trade_checks"] = {"limits": [{"max_share_of_volume": 0.01}]}
        self.is_fine(r"/constraints/max_group_weight/0: warning: no instrument is in a group, and a bound on every group holds for none; name groups",
                     r"/pre_trade_checks/limits/0/max_share_of_volume: warning: the data have no volume, and a share of it bounds nothing")
        self.scenario["instruments"] = {"groups": {INSTRUMENTS[0]: "tech"}}
        self.scenario["pre_trade_checks"] = {}
        self.is_fine()

    def test_margin_of_an_account_that_needs_none_and_a_share_of_no_volume_are_warnings(self):
        self.scenario["pre_trade_checks"] = {"margin_buffer": 0.5, "on_margin_breach": "flatten", "max_share_of_volume": 0.1}
        self.is_fine(r"/pre_trade_checks/margin_buffer: warning: no position needs margin: the account pays for what it buys, and no instrument has a margin rate",
                     r"/pre_trade_checks/on_margin_breach: warning: no position needs margin",
                     r"/pre_trade_checks/max_share_of_volume: warning: the data have no volume, and a share of it bounds nothing")
        self.scenario["pre_trade_checks"].pop("max_share_of_volume")
        self.scenario["instruments"] = {"margin_rate": 0.5}
        self.is_fine()

    def test_a_count_that_no_number_of_decisions_reaches_and_decimals_that_are_not_held_are_refused(self):
        self.scenario["pre_trade_checks"] = {"max_repeated_executions": {"count": 10, "decisions": 10}}
        self.scenario["instruments"] = {"lot": 1.0000000005}
        self.is_refused(r"/max_repeated_executions: an instrument cannot be executed on one side after more than 10 of 10 decisions; let count be below decisions",
                        r"/instruments/lot: 1.0000000005 has more than the 9 decimals that are held; write 1")

    def test_a_var_limit_that_never_binds_is_a_warning(self):
        self.chain["risk_managers"][0]["config"] = {"var_lookback": 20, "max_portfolio_risk": 0.15, "var_limit": 0.02}
        self.is_fine(r"/risk_managers/0: warning: cadre.risk_manager: var_limit 0.02 hardly ever binds: a book at max_portfolio_risk 0.15 has a VaR of about 0.01554 ")

    def test_one_that_can_bind_is_none(self):
        self.chain["risk_managers"][0]["config"] = {"var_lookback": 20, "max_portfolio_risk": 0.15, "var_limit": 0.015}
        self.is_fine()

    def test_a_warning_does_not_stop_a_run_and_is_shown(self):
        self.chain["risk_managers"][0]["config"] = {"var_lookback": 20}
        self.write()
        run = self.cadre("backtest", "scenario.json", "--out", "run")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stderr.count(": warning: "), 1, run.stderr)
