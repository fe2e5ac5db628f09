// The command line: a table of commands, no logic. See command.hpp for what each does.

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "host/app/command.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"
#include "host/base/version.hpp"

namespace {

namespace fs = std::filesystem;

/// Where agents are looked for when nobody says: the folder beside the program's.
std::vector<fs::path> default_agent_folders() {
  if (const char* named = std::getenv("CADRE_AGENTS")) {
    std::vector<fs::path> folders;
    std::string list = named;
    for (std::size_t at = 0; at <= list.size();) {
      const std::size_t colon = std::min(list.find(':', at), list.size());
      if (colon > at) folders.emplace_back(list.substr(at, colon - at));
      at = colon + 1;
    }
    return folders;
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& beside :
       {program.parent_path() / "agents", program.parent_path() / "lib" / "cadre" / "agents"}) {
    if (fs::is_directory(beside, error)) return {beside};
  }
  return {program.parent_path() / "agents"};
}

using cadre::app::HostArguments;

/// What every command that speaks to a running host takes.
void add_host_options(CLI::App* sub, HostArguments& arguments) {
  sub->add_option(
         "--host", arguments.host,
         "socket or http://127.0.0.1:PORT of the host (default: CADRE_HOST, or the one running here)")
      ->type_name("SOCKET|URL");
  sub->add_option("--token-file", arguments.token_file, "file with the token that a URL needs")
      ->type_name("FILE");
  sub->add_flag("--json", arguments.json, "print JSON: one object, or one per line");
}

/// The same, with who wants a change and why.
void add_change_options(CLI::App* sub, HostArguments& arguments) {
  add_host_options(sub, arguments);
  sub->add_option("--reason", arguments.reason, "why; it is journaled")->required()->type_name("TEXT");
  sub->add_option("--actor", arguments.actor, "who wants it (default: the user running this)")
      ->type_name("NAME");
}

void add_book_option(CLI::App* sub, HostArguments& arguments) {
  sub->add_option("--book", arguments.book, "one book only")->type_name("BOOK");
}

/// What a word that is no command or option may have been meant to be, as a line; empty when nothing is near.
std::string about_unknown_word(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty())
    at = at->get_subcommands().front();
  const std::vector<std::string> unknown = at->remaining();
  if (unknown.empty()) return {};
  std::vector<std::string> known;
  for (const CLI::App* each : at->get_subcommands([](const CLI::App*) { return true; }))
    known.push_back(each->get_name());
  for (const CLI::Option* option : at->get_options()) {
    for (const std::string& name : option->get_lnames())
      known.push_back("--" + name);
  }
  const std::string& word = unknown.front();
  return cadre::base::quote(word) + " is no command or option of " + at->get_name() +
         cadre::base::did_you_mean(word, known) + "\n";
}

}  // namespace

int main(int argc, char** argv) {
  using namespace cadre::app;
  CLI::App app{"Cadre: a trade-execution host whose agents can be replaced while it trades", "cadre"};
  app.set_version_flag("--version", std::string(cadre::base::version()));
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  app.footer(
      "Exit codes: 0 fine, 1 a difference or a negative verdict, 2 usage, 3 invalid input, 4 conflict, 5 "
      "rolled back, 6 time-out, 7 host not reachable.");

  GlobalOptions global;
  std::string log_level = "warn";
  app.add_option("--agents", global.agent_folders,
                 "folder of agents; may be given several times (default: the one beside the program, or "
                 "CADRE_AGENTS)")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_option("--log-level", log_level, "debug, info, warn, error or off")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}));

  std::string log_format = "text";
  app.add_option("--log-format", log_format, "text for people, json for collectors")
      ->check(CLI::IsMember({"text", "json"}));

  std::function<int()> chosen;
  const auto command = [&](CLI::App* sub, std::function<int()> run) {
    sub->callback([&chosen, run] { chosen = run; });
  };

  BacktestArguments backtest;
  CLI::App* sub = app.add_subcommand("backtest", "run a scenario over its history");
  sub->add_option("CONFIG", backtest.config, "scenario file")->required();
  sub->add_option("--set", backtest.set, "change one value: /json/pointer=value; may be given several times")
      ->type_name("POINTER=VALUE")
      ->allow_extra_args(false);
  sub->add_option("--from", backtest.from, "first date, YYYY-MM-DD");
  sub->add_option("--to", backtest.to, "last date, YYYY-MM-DD");
  sub->add_option("--out", backtest.out, "run folder to write; a run that is there is replaced")
      ->type_name("DIR");
  sub->add_flag("--json", backtest.json, "print one JSON object");
  command(sub, [&] { return run_backtest_command(global, backtest); });

  LiveArguments live;
  sub =
      app.add_subcommand("run", "run a host until it is told to stop: takes inputs, decides, can be changed");
  sub->add_option("CONFIG", live.config, "host file, or a scenario file as a host of one book")->required();
  sub->add_option(
         "--state", live.state,
         "folder of what outlives the process (default: NAME.state in the working directory); with one "
         "that has been used, starting is recovery")
      ->type_name("DIR");
  CLI::Option* replay_option =
      sub->add_option(
             "--replay", live.replay,
             "feed prices from a CSV file; without FILE those that the scenarios name. Goes after CONFIG")
          ->expected(0, 1)
          ->type_name("FILE");
  sub->add_option("--speed", live.speed, "of the replay: 1000x is a thousand times as fast as it was (max)")
      ->needs(replay_option)
      ->type_name("FACTOR");
  sub->add_flag("--exit-at-end", live.exit_at_end, "stop when the replay is over")->needs(replay_option);
  command(sub, [&, replay_option] {
    live.replays = replay_option->count() > 0;
    return run_live_command(global, live);
  });

  CheckArguments check;
  sub = app.add_subcommand(
      "check", "check host, scenario, chain, experiment and manifest files without running anything");
  sub->add_option("FILE", check.files, "files to check")->required();
  sub->add_flag("--json", check.json, "print the problems as a JSON array");
  command(sub, [&] { return run_check_command(global, check); });

  CLI::App* agent = app.add_subcommand("agent", "look at agents and try them");
  agent->require_subcommand(1);
  bool list_json = false;
  sub = agent->add_subcommand("list", "all agents there are");
  sub->add_flag("--json", list_json, "print a JSON array");
  command(sub, [&] { return run_agent_list_command(global, list_json); });

  std::string show_id;
  bool show_json = false;
  sub = agent->add_subcommand("show", "one agent: settings, services, state");
  sub->add_option("ID", show_id, "an agent's id")->required();
  sub->add_flag("--json", show_json, "print one JSON object");
  command(sub, [&] { return run_agent_show_command(global, show_id, show_json); });

  TryArguments trial;
  sub = agent->add_subcommand("try", "one agent on one state: the author's microscope");
  sub->add_option("ID", trial.id, "an agent's id")->required();
  sub->add_option("--config", trial.config, "JSON file with its settings; defaults without one")
      ->type_name("FILE");
  sub->add_option("--state", trial.state, "JSON file with the execution state")
      ->required()
      ->type_name("FILE");
  sub->add_option("--service", trial.services,
                  "NAME=AGENT[:FILE] fills a service it requires; may be given several times")
      ->type_name("NAME=AGENT[:FILE]")
      ->allow_extra_args(false);
  sub->add_flag("--json", trial.json, "print one JSON object");
  command(sub, [&] { return run_agent_try_command(global, trial); });

  ExplainArguments explain;
  sub = app.add_subcommand("explain", "why an order is what it is: the change each stage made");
  sub->add_option("RUN", explain.run, "run folder")->required();
  sub->add_option("ORDER", explain.order, "client order id, as in orders.csv")->required();
  sub->add_flag("--json", explain.json, "print one JSON object");
  command(sub, [&] { return run_explain_command(explain); });

  CLI::App* experiment = app.add_subcommand("experiment", "compare two versions on the same inputs");
  experiment->require_subcommand(1);
  ExperimentRunArguments experiment_run;
  sub = experiment->add_subcommand("run", "run both arms of an experiment over one history, and judge them");
  sub->add_option("FILE", experiment_run.file, "experiment file")->required();
  sub->add_option("--out", experiment_run.out, "folder for the run folders control and candidate")
      ->type_name("DIR");
  sub->add_flag("--json", experiment_run.json, "print one JSON object");
  sub->footer(
      "Exit codes: 0 better, equivalent or inconclusive, 1 worse, 2 usage, 3 the verdict is invalid, or a "
      "file is.");
  command(sub, [&] { return run_experiment_run_command(global, experiment_run); });

  ExperimentAnalyzeArguments analyze;
  sub = experiment->add_subcommand("analyze", "the verdict about two series of equity or returns");
  sub->add_option("--control", analyze.control, "CSV with the columns date and equity, or date and return")
      ->required()
      ->type_name("FILE");
  sub->add_option("--candidate", analyze.candidate, "the same of the version that would replace it")
      ->required()
      ->type_name("FILE");
  sub->add_option("--margin", analyze.margin_bp,
                  "basis points per period that do not matter; without it nothing is equivalent")
      ->check(CLI::Range(1e-6, 1e6))
      ->type_name("BP");
  sub->add_option("--alpha", analyze.alpha, "how often two equal versions may be called different (0.05)")
      ->check(CLI::Range(1e-6, 0.5))
      ->type_name("SHARE");
  sub->add_option("--horizon", analyze.horizon, "periods declared beforehand (as many as there are)")
      ->check(CLI::Range(int64_t{20}, int64_t{1'000'000}))
      ->type_name("N");
  sub->add_option("--test", analyze.test,
                  "what decides: sequential may be looked at every day (default), newey_west once, at the "
                  "horizon")
      ->check(CLI::IsMember({"sequential", "newey_west"}))
      ->type_name("TEST");
  sub->add_flag("--json", analyze.json, "print one JSON object");
  sub->footer(
      "Exit codes: 0 better, equivalent or inconclusive, 1 worse, 2 usage, 3 the verdict is invalid, or a "
      "file "
      "is.");
  command(sub, [&] { return run_experiment_analyze_command(analyze); });

  HostArguments host;
  sub = experiment->add_subcommand("start", "start an experiment in a running host");
  sub->add_option("FILE", host.file, "experiment file")->required();
  add_change_options(sub, host);
  add_book_option(sub, host);
  command(sub, [&] { return run_experiment_start_command(host); });
  sub = experiment->add_subcommand("status", "the experiments of a running host");
  add_host_options(sub, host);
  command(sub, [&] { return run_experiment_status_command(host); });
  sub = experiment->add_subcommand("results", "the comparison so far of an experiment in a running host");
  sub->add_option("NAME", host.name, "the experiment's name")->required();
  add_host_options(sub, host);
  sub->add_option("--out", host.out, "folder for report.html and comparison.json")->type_name("DIR");
  sub->footer("Exit codes as those of run, and 7 when the host cannot be reached.");
  command(sub, [&] { return run_experiment_results_command(host); });
  sub = experiment->add_subcommand("stop", "end an experiment in a running host");
  sub->add_option("NAME", host.name, "the experiment's name")->required();
  add_change_options(sub, host);
  command(sub, [&] { return run_experiment_stop_command(host); });

  sub = app.add_subcommand("status", "a running host: what runs, since when, what is wrong, what to do next");
  add_host_options(sub, host);
  sub->add_flag("--watch", host.watch, "look again every second");
  command(sub, [&] { return run_status_command(host); });

  sub = app.add_subcommand("halt", "stop deciding, at once");
  add_change_options(sub, host);
  add_book_option(sub, host);
  sub->add_flag("--cancel-orders", host.cancel_orders, "cancel the open orders");
  sub->add_flag("--flatten", host.flatten, "close the positions");
  command(sub, [&] { return run_halt_command(host); });

  sub = app.add_subcommand("resume", "decide again after a halt");
  add_change_options(sub, host);
  add_book_option(sub, host);
  command(sub, [&] { return run_resume_command(host); });

  sub = app.add_subcommand("events", "what happened in a running host");
  add_host_options(sub, host);
  sub->add_flag("--follow", host.follow, "go on with what happens");
  sub->add_option("--after", host.after, "only events with a greater id")->type_name("ID");
  command(sub, [&] { return run_events_command(host); });

  CLI::App* revision =
      app.add_subcommand("revision", "what a running host runs under: look, change, go back");
  revision->require_subcommand(1);
  sub = revision->add_subcommand("list", "all revisions, newest first");
  add_host_options(sub, host);
  command(sub, [&] { return run_revision_list_command(host); });
  sub = revision->add_subcommand("show", "one revision: who, why, plugins, configuration");
  sub->add_option("N", host.number, "a revision's number")->required();
  add_host_options(sub, host);
  command(sub, [&] { return run_revision_show_command(host); });
  sub = revision->add_subcommand("diff",
                                 "what leads from one revision to another; exit code 1 when they differ");
  sub->add_option("A", host.number, "a revision's number")->required();
  sub->add_option("B", host.other_number, "a revision's number")->required();
  add_host_options(sub, host);
  command(sub, [&] { return run_revision_diff_command(host); });
  sub = revision->add_subcommand("apply", "make a configuration the next revision");
  sub->add_option("FILE", host.file,
                  "host file, or scenario file of one book; left out: what runs, with the changes of --set");
  sub->add_option("--set", host.set, "change one value of a book's scenario; may be given several times")
      ->type_name("POINTER=VALUE")
      ->allow_extra_args(false);
  add_change_options(sub, host);
  add_book_option(sub, host);
  sub->add_flag("--dry-run", host.dry_run, "say what would change, and change nothing");
  sub->add_option("--base", host.based_on, "revision it was made from (default: the current one)")
      ->type_name("N");
  command(sub, [&] { return run_revision_apply_command(host); });
  sub = revision->add_subcommand("rollback", "go back to a revision");
  sub->add_option("--to", host.to, "a revision's number (default: the one before)")->type_name("N");
  add_change_options(sub, host);
  command(sub, [&] { return run_revision_rollback_command(host); });

  ReferenceArguments reference;
  sub = app.add_subcommand("reference", "write the reference pages and JSON schemas of this version");
  sub->add_option("--pages", reference.pages, "folder for the pages")->required()->type_name("DIR");
  sub->add_option("--schemas", reference.schemas, "folder for the schemas")->required()->type_name("DIR");
  command(sub, [&] { return run_reference_command(global, reference); });

  ReplayArguments replay;
  sub = app.add_subcommand("replay", "run a recorded run again and compare every order");
  sub->add_option("RUN", replay.run, "run folder")->required();
  sub->add_option("--set", replay.set, "a what-if: change one value")
      ->type_name("POINTER=VALUE")
      ->allow_extra_args(false);
  sub->add_flag("--json", replay.json, "print one JSON object");
  command(sub, [&] { return run_replay_command(global, replay); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) std::cerr << about_unknown_word(app);
    return app.exit(error) == 0 ? exit_fine : exit_usage;
  }
  if (global.agent_folders.empty()) global.agent_folders = default_agent_folders();
  constexpr std::pair<std::string_view, cadre::base::LogLevel> levels[] = {
      {"debug", cadre::base::LogLevel::debug},
      {"info", cadre::base::LogLevel::info},
      {"warn", cadre::base::LogLevel::warn},
      {"error", cadre::base::LogLevel::error},
      {"off", cadre::base::LogLevel::off}};
  for (const auto& [name, level] : levels) {
    if (name == log_level) cadre::base::set_log_level(level);
  }
  cadre::base::set_log_style(log_format == "json" ? cadre::base::LogStyle::json
                                                  : cadre::base::LogStyle::text);
  return chosen();
}
