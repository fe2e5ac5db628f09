#include "host/config/scenario_config.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>

#include "host/base/capped_problems.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/config/adjusted_units.hpp"
#include "host/config/agent_files.hpp"
#include "host/config/bar_keys.hpp"
#include "host/config/changeability.hpp"
#include "host/config/file_kind.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/key_reader.hpp"
#include "host/config/order_limits.hpp"
#include "host/config/scenario_schema.hpp"

namespace cadre::config {

/// Found by KeyReader::take, by the type of its last argument.
void read_members(KeyReader& reader, const std::string& at, SessionKeys& value) {
  reader.read(at + "/from", value.from);
  reader.read(at + "/to", value.to);
  reader.read(at + "/time_zone", value.time_zone);
}

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

Step step_named(std::string_view name) {
  if (name == "position_sizer") return Step::position_sizer;
  if (name == "portfolio_optimizer") return Step::portfolio_optimizer;
  return name == "risk_feedback" ? Step::risk_feedback : Step::correlation_adjuster;
}

/// Reads the sections and instances of a scenario.
class Reader : public KeyReader {
 public:
  Reader(const base::JsonDocument& document, fs::path folder, base::Problems& problems)
      : KeyReader(
            document.root(), [&document](std::string_view pointer) { return document.place(pointer); },
            std::move(folder), problems) {}

  InstanceConfig instance(const std::string& pointer, const agent::Role& role,
                          const std::string& default_name) {
    InstanceConfig result;
    result.role = role.number;
    result.pointer = pointer;
    result.name = has(pointer + "/name") ? text(pointer + "/name") : default_name;
    result.agent = text(pointer + "/agent");
    result.version = text(pointer + "/version");
    result.config = at(pointer + "/config");
    result.on_failure = text(pointer + "/on_failure") == "bypass" ? OnFailure::bypass : OnFailure::hold;
    result.on_error = text(pointer + "/on_error") == "quarantine" ? OnError::quarantine : OnError::reset;
    if (has(pointer + "/after")) result.after = step_named(text(pointer + "/after"));
    const std::string hand_off = text(pointer + "/state");
    result.hand_off = hand_off == "migrate" ? HandOff::migrate
                      : hand_off == "reset" ? HandOff::reset
                                            : HandOff::refuse;
    if (has(pointer + "/isolation")) result.isolation = agent::isolation_named(text(pointer + "/isolation"));
    for (const auto& [service, name] : at(pointer + "/bind").as_object()) {
      if (!name.is_string()) {
        error("CONFIG_WRONG_TYPE", pointer + "/bind/" + base::pointer_token(service),
              base::canonical(name) + " is not the name of an instance", "");
        continue;
      }
      result.bind.emplace_back(service, std::string(name.as_string()));
    }
    claim_name(result);
    return result;
  }
  /// The instances of one role in a chain.
  void instances(const std::string& chain, const agent::Role& role, std::vector<InstanceConfig>& all) {
    const std::string pointer = chain + '/' + std::string(role.key);
    const std::string name(role.name);
    if (!role.many()) {
      if (has(pointer)) all.push_back(instance(pointer, role, name));
      return;
    }
    const std::size_t n = count(pointer);
    for (std::size_t i = 0; i < n; ++i) {
      const std::string number = n == 1 ? "" : "_" + std::to_string(i + 1);
      all.push_back(instance(pointer + '/' + std::to_string(i), role, std::string(name).append(number)));
    }
  }

 private:
  void claim_name(const InstanceConfig& instance) {
    if (names_.insert(instance.name).second) return;
    error("CONFIG_NAME_TWICE", instance.pointer, "two instances are called " + base::quote(instance.name),
          "give one of them another \"name\"");
  }

  std::set<std::string> names_;
};

#define KEY(name, type, schema) reader.read(at + #name, config.name);
void read_risk_feedback(Reader& reader, const std::string& at, RiskFeedbackConfig& config) {
#include "host/config/keys/risk_feedback.inc"
}
void read_constraints(Reader& reader, const std::string& at, ConstraintsConfig& config) {
#include "host/config/keys/constraints.inc"
}
void read_pre_trade_checks(Reader& reader, const std::string& at, PreTradeConfig& config) {
#include "host/config/keys/pre_trade_checks.inc"
  reader.read(at + "limits", config.limits);
}
void read_book(Reader& reader, const std::string& at, BookSection& config) {
#include "host/config/keys/book.inc"
}
void read_prices(Reader& reader, const std::string& at, PricesConfig& config) {
#include "host/config/keys/prices.inc"
}
void read_signals(Reader& reader, const std::string& at, SignalsConfig& config) {
#include "host/config/keys/signals.inc"
}
void read_period(Reader& reader, const std::string& at, DataConfig& config) {
#include "host/config/keys/period.inc"
}
void read_instruments(Reader& reader, const std::string& at, InstrumentDefaults& config){
#include "host/config/keys/instruments.inc"
}
#undef KEY

ChainConfig read_chain(Reader& reader, const std::string& at) {
  ChainConfig chain;
  chain.name = reader.text(at + "/name");
  for (const agent::Role& role : agent::roles()) {
    if (role.number != agent::RoleId::execution_environment) reader.instances(at, role, chain.instances);
  }
  read_risk_feedback(reader, at + "/risk_feedback/", chain.risk_feedback);
  read_constraints(reader, at + "/constraints/", chain.constraints);
  for (const InstanceConfig& instance : chain.instances) {
    const agent::Role& role = agent::role(instance.role);
    if (instance.on_failure != OnFailure::bypass || !role.fails_closed) continue;
    std::string what(role.key);
    std::replace(what.begin(), what.end(), '_', ' ');
    reader.error("CONFIG_MAY_NOT_BYPASS", instance.pointer + "/on_failure",
                 what + " cannot be bypassed: they fail closed", "use \"hold\"");
  }
  return chain;
}

DataConfig read_data(Reader& reader) {
  DataConfig data;
  read_period(reader, "/data/", data);
  read_prices(reader, "/data/prices/", data.prices);
  read_signals(reader, "/data/signals/", data.signals);
  data.timing = read_bar_timing(reader, data.prices);
  if (data.from.date != 0 && data.to.date != 0 && data.from.date > data.to.date) {
    reader.error("CONFIG_EMPTY_PERIOD", "/data/from", "the first date is after the last one",
                 "exchange /data/from (--from) and /data/to (--to)");
  }
  return data;
}

std::vector<UniverseChange> read_universe(Reader& reader) {
  std::vector<UniverseChange> changes;
  for (std::size_t i = 0; i < reader.count("/universe"); ++i) {
    const std::string at = "/universe/" + std::to_string(i);
    changes.push_back({reader.date(at + "/from"), reader.texts(at + "/instruments"), at});
    if (i > 0 && changes[i].from <= changes[i - 1].from) {
      reader.error("CONFIG_OUT_OF_ORDER", at + "/from",
                   "changes of the universe have to be in the order of their dates", "");
    }
  }
  return changes;
}

/// An index is data: no universe has it.
void check_universe(Reader& reader, const InstrumentDefaults& instruments, const UniverseChange& change) {
  for (std::size_t i = 0; i < change.instruments.size(); ++i) {
    const std::string& id = change.instruments[i];
    if (!traded_instruments(instruments, {id}).empty()) continue;
    reader.error("KIND_NOT_TRADED", change.pointer + "/instruments/" + std::to_string(i),
                 base::quote(id) + " is an index, and an index is never traded",
                 "take it out of the universe");
  }
}

std::vector<RevisionChange> read_changes(Reader& reader) {
  std::vector<RevisionChange> changes;
  for (std::size_t i = 0; i < reader.count("/changes"); ++i) {
    const std::string at = "/changes/" + std::to_string(i);
    RevisionChange change;
    change.at = reader.date(at + "/at");
    change.rollback = reader.flag(at + "/rollback");
    change.migrate = reader.text(at + "/state") == "migrate";
    change.reason = reader.text(at + "/reason");
    change.pointer = at;
    if (reader.has(at + "/set")) {
      for (const auto& [pointer, value] : reader.at(at + "/set").as_object()) {
        const ChangeRule& rule = scenario_change_rule(pointer);
        if (rule.changes != Changes::live || !rule.decides) {
          reader.error("CONFIG_NOT_CHANGEABLE", at + "/set/" + base::pointer_token(pointer),
                       "only what is below " + deciding_pointers() + " may change during a run",
                       std::string(rule.why));
        }
        change.set.emplace_back(pointer, value);
      }
    }
    if (change.rollback == !change.set.empty()) {
      reader.error("CONFIG_CONTRADICTION", at, "a change either sets something or rolls back", "");
    }
    if (i > 0 && change.at <= changes[i - 1].at) {
      reader.error("CONFIG_OUT_OF_ORDER", at + "/at", "changes have to be in the order of their dates", "");
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

/// Replaces the root of the document by one with the defaults filled in; places of what was written stay.
base::JsonDocument with_defaults(const base::JsonDocument& document) {
  base::JsonDocument complete = document;
  json::value filled = base::with_defaults(document.root(), scenario_schema());
  fill_periods_per_year(document.root(), filled);
  complete.fill(filled);
  return complete;
}

}  // namespace

base::Result<Override> parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (text.empty() || text[0] != '/' || equals == std::string::npos) {
    base::Problems problems;
    problems.error("CONFIG_BAD_OVERRIDE", base::Place::of("--set"),
                   base::quote(text) + " is not /json/pointer=value",
                   "for example --set /chain/position_sizer/config/max_position_size=0.05");
    return problems;
  }
  return Override{text.substr(0, equals), text.substr(equals + 1), "--set"};
}

base::Place place_of_instance(const ScenarioConfig& config, std::string_view name) {
  for (const InstanceConfig& instance : config.chain.instances) {
    if (instance.name == name) return config.document.place(instance.pointer);
  }
  if (config.execution_environment.name == name)
    return config.document.place(config.execution_environment.pointer);
  return config.document.place("/chain");
}

base::Problems check_chain(const base::JsonDocument& document) {
  base::Problems problems;
  base::validate(
      document.root(), chain_schema(), "", [&](std::string_view pointer) { return document.place(pointer); },
      problems);
  return problems;
}

base::Result<base::JsonDocument> load_scenario_document(const fs::path& file,
                                                        const std::vector<Override>& overrides) {
  base::Problems problems = expect_kind(file, std::array{FileKind::scenario});
  if (problems.has_errors()) return problems;
  auto loaded = base::JsonDocument::load(file);
  if (!loaded) return loaded.problems();
  base::JsonDocument document = std::move(loaded).take();
  const json::value* chain = base::find(document.root(), "/chain");
  if (chain != nullptr && chain->is_string()) {
    const fs::path chain_file = (file.parent_path() / std::string(chain->as_string())).lexically_normal();
    const base::Problems other = expect_kind(chain_file, std::array{FileKind::chain});
    auto chain_document = base::JsonDocument::load(chain_file);
    if (other.has_errors() || !chain_document) {
      problems.append(base::asked_for_at(other.has_errors() ? other : chain_document.problems(),
                                         document.place("/chain")));
      return problems;
    }
    document.embed("/chain", *chain_document);
  }
  for (const Override& override_ : overrides)
    problems.append(document.set(override_.pointer, override_.value, override_.origin));
  problems.append(embed_instruments(document, file.parent_path()));
  if (!problems.has_errors()) problems.append(embed_agent_files(document, file.parent_path()));
  if (problems.has_errors()) return problems;
  return document;
}

base::Result<ScenarioConfig> load_scenario(const fs::path& file, const std::vector<Override>& overrides) {
  auto document = load_scenario_document(file, overrides);
  if (!document) return document.problems();
  return read_scenario(std::move(document).take(), file.parent_path());
}

base::Result<ScenarioConfig> read_scenario(base::JsonDocument document, const fs::path& folder) {
  base::Problems problems;
  base::validate(
      document.root(), scenario_schema(), "",
      [&](std::string_view pointer) { return document.place(pointer); }, problems);
  problems.append(check_instrument_ids(document));
  if (!problems.has_errors()) check_periods_per_year(document, problems);
  if (problems.has_errors()) return problems;

  ScenarioConfig config{.name = {},
                        .description = {},
                        .chain = {},
                        .book = {},
                        .data = {},
                        .instruments = {},
                        .universe = {},
                        .changes = {},
                        .execution_environment = {},
                        .pre_trade_checks = {},
                        .seed = 1,
                        .document = with_defaults(document)};
  Reader reader(config.document, folder, problems);
  config.name = reader.text("/name");
  if (reader.has("/description")) config.description = reader.text("/description");
  config.chain = read_chain(reader, "/chain");
  read_book(reader, "/book/", config.book);
  config.data = read_data(reader);
  read_instruments(reader, "/instruments/", config.instruments);
  base::CappedProblems wrong_groups(config.document.file());
  for (const auto& [instrument, group] : reader.at("/instruments/groups").as_object()) {
    if (wrong_groups.is_enough()) break;
    if (group.is_string()) {
      config.instruments.groups.emplace_back(instrument, std::string(group.as_string()));
    } else {
      wrong_groups.error("CONFIG_WRONG_TYPE",
                         config.document.place("/instruments/groups/" + base::pointer_token(instrument)),
                         base::canonical(group) + " is not the name of a group", "");
    }
  }
  problems.append(wrong_groups.take());
  if (config.instruments.currency != config.book.currency) {
    reader.error("CONFIG_CURRENCY", "/instruments/currency",
                 "instruments in " + config.instruments.currency + " need a conversion to the book's " +
                     config.book.currency + ", which does not exist yet",
                 "use one currency");
  }
  if (reader.has("/instruments/file"))
    reader.error("CONFIG_NOT_COMPLETE", "/instruments/file",
                 "expected the table itself, not the name of a file",
                 "`cadre run` and `cadre revision apply` put the file in");
  config.instruments.table =
      read_instrument_table(config.document, config.instruments, config.book.currency, problems);
  config.universe = read_universe(reader);
  for (const UniverseChange& change : config.universe)
    check_universe(reader, config.instruments, change);
  config.changes = read_changes(reader);
  config.execution_environment = reader.instance(
      "/execution_environment", agent::role(agent::RoleId::execution_environment), "execution_environment");
  read_pre_trade_checks(reader, "/pre_trade_checks/", config.pre_trade_checks);
  check_windows(reader, config.data.timing, config.pre_trade_checks);
  check_limits(reader, config.chain.constraints, config.pre_trade_checks);
  check_per_share_fees(config.document, config.data.prices, problems);
  check_ticks_and_lots(config, problems);
  config.seed = reader.at("/seed").to_number<std::uint64_t>();
  if (problems.has_errors()) return problems;
  return config;
}

}  // namespace cadre::config
