#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/agent/isolation.hpp"
#include "host/agent/roles.hpp"
#include "host/base/date.hpp"
#include "host/base/decimal.hpp"
#include "host/base/json.hpp"
#include "host/base/result.hpp"
#include "host/market/bar_times.hpp"
#include "host/market/price_layout.hpp"
#include "host/market/suspect_moves.hpp"

namespace cadre::config {

enum class OnFailure { hold, bypass };

/// What becomes of an instance that answered error.
enum class OnError { reset, quarantine };

/// Behind which step of a decision a trade adjuster stands.
enum class Step { position_sizer, portfolio_optimizer, risk_feedback, correlation_adjuster };

/// What becomes of what an agent learned when another one takes its stage.
enum class HandOff { migrate, reset, refuse };

/// One agent as a chain names it.
struct InstanceConfig {
  agent::RoleId role = agent::RoleId::service;
  std::string name;
  std::string agent;
  std::string version;        ///< a range
  boost::json::value config;  ///< as written: not yet checked against the agent's manifest
  std::vector<std::pair<std::string, std::string>> bind;  ///< service to instance
  OnFailure on_failure = OnFailure::hold;
  OnError on_error = OnError::reset;
  HandOff hand_off = HandOff::migrate;
  Step after = Step::correlation_adjuster;  ///< of trade adjusters
  /// Nothing: a running host decides by agent::Trust, everyone else takes it for none.
  std::optional<agent::Isolation> isolation;
  std::string pointer;  ///< of the instance in the document
};

enum class OverLimit { freeze, scale_to_limit };
inline void value_named(std::string_view name, OverLimit& value) {
  value = name == "freeze" ? OverLimit::freeze : OverLimit::scale_to_limit;
}

/// Whether cash may be owed.
enum class Account { cash, margin };
inline void value_named(std::string_view name, Account& value) {
  value = name == "margin" ? Account::margin : Account::cash;
}

/// What becomes of the positions of a book whose equity no longer exceeds its margin requirement.
enum class OnMarginBreach { freeze, reduce, flatten };
inline void value_named(std::string_view name, OnMarginBreach& value) {
  value = name == "freeze"   ? OnMarginBreach::freeze
          : name == "reduce" ? OnMarginBreach::reduce
                             : OnMarginBreach::flatten;
}

/// What becomes of a position whose prices have ended.
enum class OnPricesEnd { hold, settle_last, halt };
inline void value_named(std::string_view name, OnPricesEnd& value) {
  value = name == "hold"          ? OnPricesEnd::hold
          : name == "settle_last" ? OnPricesEnd::settle_last
                                  : OnPricesEnd::halt;
}

/// What the time of a bar is that of.
enum class TimeIs { end, begin };
inline void value_named(std::string_view name, TimeIs& value) {
  value = name == "begin" ? TimeIs::begin : TimeIs::end;
}

/// The hours of a session, as written.
struct SessionKeys {
  std::string from, to, time_zone;
};

// The members of these are rows of host/config/keys.
#define KEY(name, type, schema) type name{};

struct RiskFeedbackConfig {
#include "host/config/keys/risk_feedback.inc"
};

/// The largest sum of absolute weights of a group of instruments.
struct GroupWeight {
  std::string group;  ///< "*": every one that is not named
  double max = 0;
};

struct ConstraintsConfig {
#include "host/config/keys/constraints.inc"
};

/// After how many of the last decisions the same instrument may be executed on the same side.
struct RepeatedExecutions {
  std::uint64_t count = 0, decisions = 0;
};

/// So much of the equity may be traded in so many sessions.
struct TurnoverBudget {
  double max = 0;
  std::uint64_t sessions = 0;
};

/// When positions may only be reduced: every day between two times, or on days.
struct NoTradeWindow {
  std::string from, to, time_zone;       ///< as written
  std::vector<std::string> instruments;  ///< empty: all
  std::int64_t from_ns = 0,
               to_ns = 0;  ///< of the day, by the clocks of the zone; over midnight when from is later
  std::int32_t first = 0, last = 0;  ///< yyyymmdd; 0: it is a time of day
};

/// Bounds on the orders of a scope; of several that hold the strictest does.
struct ScopedLimit {
#include "host/config/keys/limit.inc"
};

struct PreTradeConfig {
#include "host/config/keys/pre_trade_checks.inc"
  std::vector<ScopedLimit> limits{};
};

struct BookSection {
#include "host/config/keys/book.inc"
};

struct PricesConfig {
#include "host/config/keys/prices.inc"
};

struct SignalsConfig {
#include "host/config/keys/signals.inc"
};

struct DataConfig {
#include "host/config/keys/period.inc"
  PricesConfig prices;
  SignalsConfig signals;     ///< the file is empty: none
  market::BarTiming timing;  ///< what the keys below /data/prices say of it
};

/// What becomes of an instrument of the data that the table of instruments lacks.
enum class Unlisted { refuse, defaults };
inline void value_named(std::string_view name, Unlisted& value) {
  value = name == "defaults" ? Unlisted::defaults : Unlisted::refuse;
}

struct InstrumentTable;

struct InstrumentDefaults {
#include "host/config/keys/instruments.inc"
  std::vector<std::pair<std::string, std::string>> groups;  ///< instrument to group
  std::shared_ptr<const InstrumentTable> table;             ///< null: the defaults hold for all
};

#undef KEY

struct ChainConfig {
  std::string name;
  std::vector<InstanceConfig> instances;  ///< in the order of a decision
  RiskFeedbackConfig risk_feedback;
  ConstraintsConfig constraints;
};

struct UniverseChange {
  std::int32_t from = 0;
  std::vector<std::string> instruments;
  std::string pointer;
};

struct RevisionChange {
  std::int32_t at = 0;
  std::vector<std::pair<std::string, boost::json::value>> set;  ///< JSON pointer to value
  bool rollback = false;
  bool migrate = true;
  std::string reason;
  std::string pointer;
};

/// A backtest, complete: the defaults are filled in, the chain is embedded, paths are resolved.
struct ScenarioConfig {
  std::string name;
  std::string description;
  ChainConfig chain;
  BookSection book;
  DataConfig data;
  InstrumentDefaults instruments;
  std::vector<UniverseChange> universe;
  std::vector<RevisionChange> changes;
  InstanceConfig execution_environment;
  PreTradeConfig pre_trade_checks;
  std::uint64_t seed = 1;

  base::JsonDocument document;  ///< with the defaults, for places and for the run's record
};

/// --set /json/pointer=value.
struct Override {
  std::string pointer;
  std::string value;
  std::string origin = "--set";  ///< what problems name in place of a file: "--set"
};

/// Reads a scenario file, embeds its chain file, applies the overrides in order, validates everything. All
/// problems at once.
base::Result<ScenarioConfig> load_scenario(const std::filesystem::path& file,
                                           const std::vector<Override>& overrides);

/// Its first half: the file with its chain file embedded and the overrides applied, not yet validated.
base::Result<base::JsonDocument> load_scenario_document(const std::filesystem::path& file,
                                                        const std::vector<Override>& overrides);

/// The same from a document that is complete already (a run's record, a changed revision). Relative paths are
/// resolved against `folder`.
base::Result<ScenarioConfig> read_scenario(base::JsonDocument document, const std::filesystem::path& folder);

/// Where an instance is configured, for messages about it; the chain when there is none of that name.
base::Place place_of_instance(const ScenarioConfig& config, std::string_view name);

/// Checks a chain file by itself.
base::Problems check_chain(const base::JsonDocument& document);

/// Splits "/a/b=1" at the first "=" behind the pointer.
base::Result<Override> parse_override(const std::string& text);

}  // namespace cadre::config
