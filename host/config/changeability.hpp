#pragma once

#include <span>
#include <string>
#include <string_view>

/// What may change in the life of a book, and when: one table for an apply, for the watch on files, for dated
/// changes of a backtest and for the arms of an experiment.
namespace cadre::config {

enum class Changes {
  live,     ///< while the host runs
  restart,  ///< with the next start of the host
  never     ///< within a book's life: it takes a new state folder
};
/// "live", "restart", "never".
std::string_view changes_name(Changes changes);

/// One row: the value at a pointer and all below it.
struct ChangeRule {
  std::string_view pointer;  ///< of a scenario
  Changes changes = Changes::never;
  bool decides = false;  ///< decisions depend on it: dated changes and arms of experiments may have another
  std::string_view why;
};

/// The table, for a scenario and for what a host file has beside its books. What no row covers never changes.
std::span<const ChangeRule> scenario_change_rules();
std::span<const ChangeRule> host_change_rules();

/// The rule of a value of a scenario ("/chain/name"), the row with the longest pointer counts.
const ChangeRule& scenario_change_rule(std::string_view pointer);
/// The same of a value of a host's complete document ("/books/0/scenario/chain/name", "/watch/enabled").
const ChangeRule& host_change_rule(std::string_view pointer);

/// What may change live and decides, for messages: "/chain and /pre_trade_checks".
std::string deciding_pointers();

}  // namespace cadre::config
