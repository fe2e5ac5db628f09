#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cadre::app {

/// What the commands that speak to a running host take; each uses its part.
struct HostArguments {
  std::string host;                  ///< socket or URL; empty: CADRE_HOST, or the one that runs here
  std::filesystem::path token_file;  ///< for a URL
  std::string actor, reason, book;   ///< no actor: who runs the command
  std::string name;                  ///< of an experiment
  std::filesystem::path file, out;
  std::vector<std::string> set;                ///< POINTER=VALUE
  std::uint64_t number = 0, other_number = 0;  ///< revisions
  std::optional<std::uint64_t> to;             ///< a revision; none: the one before
  std::optional<std::uint64_t> decisions;      ///< none: as many as the host looks at usually
  std::optional<std::uint64_t> based_on;       ///< none: the current one
  std::uint64_t after = 0;                     ///< id of an event
  std::optional<std::uint64_t> last;           ///< so many events or orders; none: as many as usual
  std::string kind, since;                     ///< of events; empty: any
  std::string part, level;                     ///< of the log; no part: all
  bool watch = false;
  bool open = false;  ///< orders only while they are
  bool all = false;   ///< events
  bool follow = false;
  bool cancel_orders = false;
  bool flatten = false;
  std::string instrument, agent;  ///< of a trading state; both empty: the whole book
  bool kill = false, rearm = false;
  bool dry_run = false;
  bool files = false;
  bool json = false;
};

/// One option of such a command, and the argument it fills.
struct HostOption {
  using Target = std::variant<bool HostArguments::*, std::string HostArguments::*,
                              std::filesystem::path HostArguments::*, std::uint64_t HostArguments::*,
                              std::optional<std::uint64_t> HostArguments::*,
                              std::vector<std::string> HostArguments::*>;  ///< may be given several times
  const char* name;  ///< "--out", or "FILE" for what stands in its place without a name
  Target target;
  const char* help;
  const char* type = "";  ///< of the value, as help shows it
  bool is_required = false;
};

/// One command that speaks to a running host. A new one is a row and the function it names, in the
/// *_commands.cpp of its kind; parser, help and reference follow from it.
struct HostCommand {
  /// A command that changes the host says who wants that and why.
  enum class Kind { reads, changes };

  std::string_view path;  ///< the words that name it, such as "revision apply"
  std::string_view help;  ///< one line
  Kind kind = Kind::reads;
  int (*run)(const HostArguments& arguments) = nullptr;  ///< null for a group; gives the exit code
  std::vector<HostOption> options{};                     ///< besides those of its kind
  const char* footer = nullptr;                          ///< what help says at its end
};

// The rows of each kind, in the order of help. Static storage.
std::span<const HostCommand> host_commands();
std::span<const HostCommand> book_commands();
std::span<const HostCommand> host_experiment_commands();
std::span<const HostCommand> revision_commands();
std::span<const HostCommand> quarantine_commands();

/// What every command of this kind takes.
std::span<const HostOption> options_of(HostCommand::Kind kind);

/// --book, of the commands that may be about one book.
HostOption book_option();

}  // namespace cadre::app
