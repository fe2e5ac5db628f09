// The table of commands and what each takes. What a command does is in the files of command.hpp.

#include <memory>
#include <type_traits>
#include <vector>

#include "host/app/command_line.hpp"
#include "host/app/expected_files.hpp"
#include "host/app/host_command.hpp"

namespace cadre::app {

namespace {

using config::FileKind;

constexpr const char* one_object = "print one JSON object";
constexpr const char* exit_codes_of_a_verdict =
    "Exit codes: 0 better, equivalent or inconclusive, 1 worse, 2 usage, 3 the verdict is invalid, or a file "
    "is.";

void add_json_flag(CLI::App& parser, bool& json, const char* what = one_object) {
  parser.add_flag("--json", json, what);
}

/// --set, or another option of one value that may be given several times.
void add_repeated_option(CLI::App& parser, const char* name, std::vector<std::string>& values,
                         const char* type, const char* text) {
  parser.add_option(name, values, text)->type_name(type)->allow_extra_args(false);
}

/// Arguments that live as long as what runs with them.
template <class Arguments>
std::shared_ptr<Arguments> make() {
  return std::make_shared<Arguments>();
}

Run init(CLI::App& parser, const GlobalOptions&) {
  auto a = make<InitArguments>();
  parser.add_option("DIR", a->folder, "folder that is not there yet, or an empty one")->required();
  parser.add_flag("--empty", a->is_empty,
                  "without prices, for --instrument, deciding by signals that it is sent");
  add_repeated_option(parser, "--instrument", a->instruments, "ID",
                      "an instrument of an empty desk; may be given several times");
  add_json_flag(parser, a->json);
  return [a] { return run_init_command(*a); };
}

Run run_backtest(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<BacktestArguments>();
  parser.add_option("CONFIG", a->config, "scenario file")->required();
  add_repeated_option(parser, "--set", a->set, "POINTER=VALUE",
                      "change one value: /json/pointer=value; may be given several times");
  parser.add_option("--from", a->from, "first date, YYYY-MM-DD");
  parser.add_option("--to", a->to, "last date, YYYY-MM-DD");
  parser.add_option("--out", a->out, "run folder to write; a run that is there is replaced")
      ->type_name("DIR");
  add_json_flag(parser, a->json);
  return expecting({.files = {{&a->config, {FileKind::scenario}}}, .as_json = &a->json},
                   [a, &global] { return run_backtest_command(global, *a); });
}

Run run_host(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<LiveArguments>();
  parser.add_option("CONFIG", a->config, "host file, or a scenario file as a host of one book")->required();
  parser
      .add_option(
          "--state", a->state,
          "folder of what outlives the process (default: NAME.state in the working directory); with one "
          "that has been used, starting is recovery")
      ->type_name("DIR");
  CLI::Option* replay =
      parser
          .add_option("--replay", a->replay,
                      "feed prices from a CSV file; without FILE those that the scenarios name. Goes after "
                      "CONFIG")
          ->expected(0, 1)
          ->type_name("FILE");
  parser.add_option("--speed", a->speed, "of the replay: 1000x is a thousand times as fast as it was (max)")
      ->needs(replay)
      ->type_name("FACTOR");
  parser.add_flag("--exit-at-end", a->exit_at_end, "stop when the replay is over")->needs(replay);
  parser
      .add_option("--revision", a->revision,
                  "start under another revision than the one that ran last; it comes as a new one")
      ->type_name("N");
  parser.add_flag("--halted", a->halted, "start with every book halted, until `cadre resume`");
  parser
      .add_option(
          "--begin-again", a->begins_again,
          "a book whose journal is lost begins with its initial cash and without positions; what is left "
          "of its folder is put aside")
      ->type_name("BOOK");
  parser.add_flag("--accept-changes", a->accepts_changes,
                  "take from CONFIG what changes only at a start; the difference becomes a revision");
  parser
      .add_option("--secrets", a->secrets,
                  "folder with one file for each secret that settings of agents refer to (default: what "
                  "CREDENTIALS_DIRECTORY names)")
      ->type_name("DIR");
  parser
      .add_option("--socket", a->socket,
                  "socket to listen at, in a folder that is there (default: admin.sock in the state folder)")
      ->type_name("FILE");
  parser
      .add_option("--socket-group", a->socket_group,
                  "group whose members may do at the socket what the host's user may (default: nobody else)")
      ->type_name("GROUP");
  return expecting({.files = {{&a->replay, {FileKind::table}}}}, [a, replay, &global] {
    a->replays = replay->count() > 0;
    return run_live_command(global, *a);
  });
}

Run check(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<CheckArguments>();
  parser.add_option("FILE", a->files, "files to check")->required();
  parser
      .add_option(
          "--probe-timeout-ms", a->probe_timeout_ms,
          "how long trying the agents of a book may take; that of the host file, or 10000, without it")
      ->check(CLI::Range(std::uint64_t{100}, std::uint64_t{600'000}))
      ->type_name("MS");
  parser
      .add_option(
          "--secrets", a->secrets,
          "folder of the secrets that a host file refers to (default: what CREDENTIALS_DIRECTORY names)")
      ->type_name("DIR");
  add_json_flag(parser, a->json, "print the problems as a JSON array");
  return [a, &global] { return run_check_command(global, *a); };
}

Run agent_list(CLI::App& parser, const GlobalOptions& global) {
  auto json = std::make_shared<bool>(false);
  add_json_flag(parser, *json, "print a JSON array");
  return [json, &global] { return run_agent_list_command(global, *json); };
}

Run agent_show(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<AgentArguments>();
  parser.add_option("ID", a->id, "an agent's id")->required();
  add_json_flag(parser, a->json);
  return expecting(
      {.names = {{&a->id, "the id of an agent", "`cadre agent list` shows the ids"}}, .as_json = &a->json},
      [a, &global] { return run_agent_show_command(global, *a); });
}

Run agent_try(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<TryArguments>();
  parser.add_option("ID", a->id, "an agent's id")->required();
  parser.add_option("--config", a->config, "JSON file with its settings; defaults without one")
      ->type_name("FILE");
  parser.add_option("--state", a->state, "JSON file with the execution state")->required()->type_name("FILE");
  add_repeated_option(parser, "--service", a->services, "NAME=AGENT[:FILE]",
                      "NAME=AGENT[:FILE] fills a service it requires; may be given several times");
  parser
      .add_option("--probe-timeout-ms", a->probe_timeout_ms, "how long all of it may take; 10000 without it")
      ->check(CLI::Range(std::uint64_t{100}, std::uint64_t{600'000}))
      ->type_name("MS");
  add_json_flag(parser, a->json);
  return expecting({.files = {{&a->config, {FileKind::settings}}, {&a->state, {FileKind::state}}},
                    .names = {{&a->id, "the id of an agent", "write cadre agent try ID --state FILE"}},
                    .as_json = &a->json},
                   [a, &global] { return run_agent_try_command(global, *a); });
}

Run explain(CLI::App& parser, const GlobalOptions&) {
  auto a = make<ExplainArguments>();
  parser.add_option("RUN", a->run, "run folder, or a book of a host: STATE/books/BOOK")->required();
  parser.add_option("ORDER", a->order, "client order id, as in orders.csv or `cadre orders`")->required();
  add_json_flag(parser, a->json);
  Run run = expecting({.files = {{&a->run, {FileKind::run_folder}}},
                       .names = {{&a->order, "the id of an order", "write cadre explain RUN ORDER"}},
                       .as_json = &a->json},
                      [a] { return run_explain_command(*a); });
  // Of a state folder it says which of its folders are meant.
  return [a, run = std::move(run)] {
    return config::file_kind(a->run) == FileKind::state_folder ? run_explain_command(*a) : run();
  };
}

void add_journal_options(CLI::App& parser, JournalArguments& arguments) {
  parser.add_option("PATH", arguments.path, "state folder, folder of a book, run folder, or a journal")
      ->required();
  parser.add_option("--book", arguments.book, "of a state folder this book alone")->type_name("BOOK");
}

Run journal_verify(CLI::App& parser, const GlobalOptions&) {
  auto a = make<JournalArguments>();
  add_journal_options(parser, *a);
  add_json_flag(parser, a->json, "print a JSON array");
  return expecting({.files = {{&a->path, {FileKind::state_folder, FileKind::run_folder, FileKind::journal}}},
                    .as_json = &a->json},
                   [a] { return run_journal_verify_command(*a); });
}

Run journal_show(CLI::App& parser, const GlobalOptions&) {
  auto a = make<JournalArguments>();
  add_journal_options(parser, *a);
  add_repeated_option(parser, "--kind", a->kinds, "KIND", "records of this kind; may be given several times");
  parser.add_option("--instrument", a->instrument, "what is said of this instrument")->type_name("ID");
  parser.add_option("--since", a->since, "from the bar of this date on, YYYY-MM-DD")->type_name("DATE");
  parser.add_option("--until", a->until, "up to the bar of this date")->type_name("DATE");
  parser.add_option("--last", a->last, "the newest so many of them")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->type_name("N");
  return expecting({.files = {{&a->path, {FileKind::state_folder, FileKind::run_folder, FileKind::journal}}}},
                   [a] { return run_journal_show_command(*a); });
}

Run journal_backup(CLI::App& parser, const GlobalOptions&) {
  auto a = make<JournalArguments>();
  parser.add_option("STATE", a->path, "state folder; its host may run")->required();
  parser.add_option("--to", a->to, "folder that is not there yet")->required()->type_name("DIR");
  parser.add_option("--book", a->book, "this book alone")->type_name("BOOK");
  add_json_flag(parser, a->json, "print a JSON array");
  return expecting({.files = {{&a->path, {FileKind::state_folder}}}, .as_json = &a->json},
                   [a] { return run_journal_backup_command(*a); });
}

Run journal_restore(CLI::App& parser, const GlobalOptions&) {
  auto a = make<JournalArguments>();
  parser.add_option("BACKUP", a->path, "folder that `cadre journal backup` made")->required();
  parser.add_option("--to", a->to, "state folder, whose host is stopped; one that is not there is made")
      ->required()
      ->type_name("STATE");
  parser.add_option("--book", a->book, "this book alone")->type_name("BOOK");
  parser.add_flag("--accept-loss", a->accepts_loss,
                  "although the copy may lack what the host had acknowledged: the book begins halted");
  return [a] { return run_journal_restore_command(*a); };
}

Run journal_prune(CLI::App& parser, const GlobalOptions&) {
  auto a = make<JournalArguments>();
  add_journal_options(parser, *a);
  parser
      .add_option("--keep-segments", a->keep_segments,
                  "older segments that are kept; what a checkpoint needs is kept in any case")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
      ->type_name("N");
  return expecting({.files = {{&a->path, {FileKind::state_folder, FileKind::run_folder, FileKind::journal}}}},
                   [a] { return run_journal_prune_command(*a); });
}

Run experiment_run(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<ExperimentRunArguments>();
  parser.add_option("FILE", a->file, "experiment file")->required();
  parser.add_option("--out", a->out, "folder for the run folders control and candidate")->type_name("DIR");
  add_json_flag(parser, a->json);
  parser.footer(exit_codes_of_a_verdict);
  return expecting({.files = {{&a->file, {FileKind::experiment}}}, .as_json = &a->json},
                   [a, &global] { return run_experiment_run_command(global, *a); });
}

Run experiment_analyze(CLI::App& parser, const GlobalOptions&) {
  auto a = make<ExperimentAnalyzeArguments>();
  parser.add_option("--control", a->control, "CSV with the columns date and equity, or date and return")
      ->required()
      ->type_name("FILE");
  parser.add_option("--candidate", a->candidate, "the same of the version that would replace it")
      ->required()
      ->type_name("FILE");
  parser
      .add_option("--margin", a->margin_bp,
                  "basis points per period that do not matter; without it nothing is equivalent")
      ->check(CLI::Range(1e-6, 1e6))
      ->type_name("BP");
  parser.add_option("--alpha", a->alpha, "how often two equal versions may be called different (0.05)")
      ->check(CLI::Range(1e-6, 0.5))
      ->type_name("SHARE");
  parser.add_option("--horizon", a->horizon, "periods declared beforehand (as many as there are)")
      ->check(CLI::Range(int64_t{20}, int64_t{1'000'000}))
      ->type_name("N");
  parser
      .add_option("--test", a->test,
                  "what decides: sequential may be looked at every day (default), newey_west once, at the "
                  "horizon")
      ->check(CLI::IsMember({"sequential", "newey_west"}))
      ->type_name("TEST");
  add_json_flag(parser, a->json);
  parser.footer(exit_codes_of_a_verdict);
  return expecting(
      {.files = {{&a->control, {FileKind::table}}, {&a->candidate, {FileKind::table}}}, .as_json = &a->json},
      [a] { return run_experiment_analyze_command(*a); });
}

Run reference(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<ReferenceArguments>();
  parser.add_option("--pages", a->pages, "folder for the pages in Markdown")->type_name("DIR");
  parser.add_option("--schemas", a->schemas, "folder for the schemas")->type_name("DIR");
  parser.add_option("--man", a->man, "folder for the pages of man(1)")->type_name("DIR");
  return [a, &global] { return run_reference_command(global, *a); };
}

Run completion(CLI::App& parser, const GlobalOptions&) {
  auto shell = make<std::string>();
  parser.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return [shell] { return run_completion_command(*shell); };
}

Run replay(CLI::App& parser, const GlobalOptions& global) {
  auto a = make<ReplayArguments>();
  parser.add_option("RUN", a->run, "run folder")->required();
  add_repeated_option(parser, "--set", a->set, "POINTER=VALUE", "a what-if: change one value");
  add_json_flag(parser, a->json);
  return expecting({.files = {{&a->run, {FileKind::run_folder}}}, .as_json = &a->json},
                   [a, &global] { return run_replay_command(global, *a); });
}

/// Adds one option of a command that speaks to a host, which fills an argument of it.
void add_option(CLI::App& parser, const HostOption& option, HostArguments& arguments) {
  std::visit(
      [&](auto target) {
        auto& value = arguments.*target;
        CLI::Option* added = nullptr;
        if constexpr (std::is_same_v<decltype(value), bool&>) {
          added = parser.add_flag(option.name, value, option.help);
        } else {
          added = parser.add_option(option.name, value, option.help);
          if (*option.type != '\0') added->type_name(option.type);
          if constexpr (std::is_same_v<decltype(value), std::vector<std::string>&>)
            added->allow_extra_args(false);
        }
        added->required(option.is_required);
      },
      option.target);
}

Run declare_host_command(CLI::App& parser, const HostCommand& command) {
  auto a = make<HostArguments>();
  for (const HostOption& option : command.options)
    add_option(parser, option, *a);
  for (const HostOption& option : options_of(command.kind))
    add_option(parser, option, *a);
  if (command.footer != nullptr) parser.footer(command.footer);
  return [a, run = command.run] { return run(*a); };
}

// Commands that need no running host, in two parts of help.
const CommandRow kFirst[] = {
    {"init", "make the files of a desk of one's own: the demo's, or an empty one", init},
    {"backtest", "run a scenario over its history", run_backtest},
    {"run", "run a host until it is told to stop: takes inputs, decides, can be changed", run_host},
    {"check",
     "check host, scenario, chain, experiment and manifest files: nothing trades, agents are tried in "
     "processes of their own",
     check},
    {"agent", "look at agents and try them", nullptr},
    {"agent list", "all agents there are", agent_list},
    {"agent show", "one agent: settings, services, state", agent_show},
    {"agent try", "one agent on one state: the author's microscope", agent_try},
    {"explain", "why an order is what it is: the change each stage made", explain},
    {"journal", "look through journals, copy them and put them back", nullptr},
    {"journal verify", "check every record, segment and checkpoint", journal_verify},
    {"journal show", "records as JSON, one a line", journal_show},
    {"journal backup", "copy a state folder while its host runs", journal_backup},
    {"journal restore", "put a copy back in the place of what is lost", journal_restore},
    {"journal prune", "remove old segments that no start needs", journal_prune},
    {"experiment", "compare two versions on the same inputs", nullptr},
    {"experiment run", "run both arms of an experiment over one history, and judge them", experiment_run},
    {"experiment analyze", "the verdict about two series of equity or returns", experiment_analyze}};
const CommandRow kLast[] = {
    {"completion", "print the script with which a shell completes commands", completion},
    {"reference", "write the reference pages, man pages and JSON schemas of this version", reference},
    {"replay", "run a recorded run again and compare every order", replay}};

}  // namespace

std::span<const CommandRow> command_table() {
  static const std::vector<CommandRow> table = [] {
    std::vector<CommandRow> rows(std::begin(kFirst), std::end(kFirst));
    for (const auto commands : {host_experiment_commands(), host_commands(), book_commands(),
                                revision_commands(), quarantine_commands()}) {
      for (const HostCommand& command : commands) {
        rows.push_back({command.path, command.help, nullptr});
        if (command.run != nullptr)
          rows.back().declare = [&command](CLI::App& parser, const GlobalOptions&) {
            return declare_host_command(parser, command);
          };
      }
    }
    rows.insert(rows.end(), std::begin(kLast), std::end(kLast));
    return rows;
  }();
  return table;
}

}  // namespace cadre::app
