#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/agent/probe_terms.hpp"

#include "host/base/problem.hpp"

namespace cadre::app {

/// What every command can end with.
enum ExitCode {
  exit_fine = 0,
  exit_difference = 1,  ///< a difference, or a negative verdict
  exit_usage = 2,
  exit_invalid_input = 3,
  exit_conflict = 4,
  exit_rolled_back = 5,
  exit_time_out = 6,
  exit_not_reachable = 7
};

struct ExitCodeRow {
  ExitCode code;
  std::string_view text;
};

/// Every exit code with what it means, for help and reference.
std::span<const ExitCodeRow> exit_codes();

/// Reads the words of a command line, runs the command they name, and gives its exit code.
int run_command_line(int argc, const char* const* argv);

struct GlobalOptions {
  std::vector<std::filesystem::path> agent_folders;  ///< --agents, CADRE_AGENTS, or those beside the program
  std::string log_level, log_format;                 ///< as options say; empty: they do not
};

struct InitArguments {
  std::filesystem::path folder;
  bool is_empty = false;                 ///< else the demo
  std::vector<std::string> instruments;  ///< of an empty one
  bool json = false;
};
int run_init_command(const InitArguments& arguments);

struct BacktestArguments {
  std::filesystem::path config;
  std::vector<std::string> set;
  std::string from, to;
  std::filesystem::path out;
  bool json = false;
};
int run_backtest_command(const GlobalOptions& global, const BacktestArguments& arguments);

struct LiveArguments {
  std::filesystem::path config;
  std::filesystem::path state;  ///< empty: beside the working directory, after the configuration's name
  bool replays = false;
  std::filesystem::path replay;  ///< prices; empty: those of each book's scenario
  std::string speed = "max";
  bool exit_at_end = false;
  std::optional<std::uint64_t> revision;  ///< to boot; nothing: the one that ran last
  bool halted = false;
  std::vector<std::string> begins_again{};  ///< books
  bool accepts_changes = false;
  std::filesystem::path secrets;  ///< empty: what CREDENTIALS_DIRECTORY names
  std::filesystem::path socket;   ///< to listen at; empty: admin.sock in the state folder
  std::string socket_group;       ///< whose members may use it too; empty: nobody else
};
int run_live_command(const GlobalOptions& global, const LiveArguments& arguments);

struct CheckArguments {
  std::vector<std::filesystem::path> files;
  std::optional<std::uint64_t> probe_timeout_ms;  ///< nothing: as the host file says, or the default
  std::filesystem::path secrets;                  ///< of a host file; empty: what CREDENTIALS_DIRECTORY names
  bool json = false;
};
/// The folder that was named; else what systemd's LoadCredential= says; empty: none.
std::filesystem::path secrets_folder(const std::filesystem::path& named);
int run_check_command(const GlobalOptions& global, const CheckArguments& arguments);

struct ReplayArguments {
  std::filesystem::path run;
  std::vector<std::string> set;
  bool json = false;
};
int run_replay_command(const GlobalOptions& global, const ReplayArguments& arguments);

struct ExplainArguments {
  std::filesystem::path run;
  std::string order;
  bool json = false;
};
/// Of `journal verify`, `show`, `backup`, `restore` and `prune`; each takes what concerns it.
struct JournalArguments {
  std::filesystem::path
      path;                  ///< state folder, folder of a book, run folder or journal; of restore: the copy
  std::filesystem::path to;  ///< of backup: the copy; of restore: the state folder
  std::string book;
  std::vector<std::string> kinds;
  std::string instrument, since, until;
  std::uint64_t last = 0;
  std::uint64_t keep_segments = 0;
  bool accepts_loss = false;
  bool json = false;
};
int run_journal_verify_command(const JournalArguments& arguments);
int run_journal_show_command(const JournalArguments& arguments);
int run_journal_backup_command(const JournalArguments& arguments);
int run_journal_restore_command(const JournalArguments& arguments);
int run_journal_prune_command(const JournalArguments& arguments);

int run_explain_command(const ExplainArguments& arguments);

int run_agent_list_command(const GlobalOptions& global, bool json);

struct AgentArguments {
  std::string id;
  bool json = false;
};
int run_agent_show_command(const GlobalOptions& global, const AgentArguments& arguments);

struct TryArguments {
  std::string id;
  std::filesystem::path config;
  std::filesystem::path state;
  std::vector<std::string> services;
  std::uint64_t probe_timeout_ms = agent::probe_timeout_ms_default;
  bool json = false;
};
int run_agent_try_command(const GlobalOptions& global, const TryArguments& arguments);

struct ExperimentAnalyzeArguments {
  std::filesystem::path control, candidate;
  std::optional<double> margin_bp;
  double alpha = 0.05;
  int64_t horizon = 0;  ///< periods; 0: as many as there are
  std::string test = "sequential";
  bool json = false;
};
int run_experiment_analyze_command(const ExperimentAnalyzeArguments& arguments);

struct ExperimentRunArguments {
  std::filesystem::path file;
  std::filesystem::path out;
  bool json = false;
};
int run_experiment_run_command(const GlobalOptions& global, const ExperimentRunArguments& arguments);

struct ReferenceArguments {
  std::filesystem::path pages, schemas, man;  ///< folders; empty: not wanted
};
int run_reference_command(const GlobalOptions& global, const ReferenceArguments& arguments);
/// The script with which a shell completes commands, on standard output. `shell`: bash, zsh or fish.
int run_completion_command(const std::string& shell);

/// Writes one line per problem to standard error: the errors, or the warnings when there are none. Warnings
/// follow --log-level.
void print_problems(const base::Problems& problems);
/// On standard output, as text for people: lines as they are, and whatever else would steer a terminal shown
/// and not sent.
void print_text(std::string_view text);
/// Columns for text on standard output: those of its terminal, or 80.
std::size_t width_of_output();
/// One JSON value and a line end, with the same care; a program reads the same value.
void print_json(std::string_view json);
/// Why a command did not do what it was asked to: print_problems, and, for a command that prints JSON, one
/// object {"problems": [...]} on standard output.
void print_refusal(const base::Problems& problems, bool as_json);
/// A path as short as it can be said from here.
std::string shown(const std::filesystem::path& path);

}  // namespace cadre::app
