#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>

#include "cadre/cadre.h"
#include "host/base/capped_problems.hpp"
#include "host/base/json.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/chain/builder.hpp"
#include "host/config/instrument_table.hpp"
#include "host/config/scenario_schema.hpp"
#include "host/model/instrument.hpp"

namespace cadre::chain {

namespace {

using config::InstanceConfig;

/// Plans one chain; collects problems as it goes.
class Planner {
 public:
  Planner(const config::ScenarioConfig& config, const agent::Catalog& catalog)
      : config_(config), catalog_(catalog), kinds_(config::kinds_in_use(config)) {}

  base::Result<ChainPlan> run() {
    check_traded();
    for (const InstanceConfig& instance : config_.chain.instances)
      add(instance);
    const auto providers = static_cast<std::size_t>(std::count_if(
        stages_.begin(), stages_.end(), [](const PlannedStage& stage) { return is_provider(stage); }));
    add(config_.execution_environment);

    check_limits();
    check_groups();
    bind_services();
    sort_providers(providers);
    if (problems_.has_errors()) return problems_;
    return {ChainPlan{std::move(stages_), providers, std::move(services_)}, problems_};
  }

 private:
  base::Place place(const std::string& pointer) const { return config_.document.place(pointer); }

  static bool is_provider(const PlannedStage& stage) {
    return stage.instance->role == agent::RoleId::service;
  }

  void add(const InstanceConfig& instance) {
    const auto range = agent::VersionRange::parse(instance.version);
    if (!range) {
      problems_.error("CONFIG_BAD_RANGE", place(instance.pointer + "/version"),
                      base::quote(instance.version) + " is not a range of versions",
                      "write *, 1.2.3, ^1.2, ~1.2 or >=1.0 <2");
      return;
    }
    auto entry = catalog_.find(instance.agent, *range, place(instance.pointer + "/agent"));
    if (!entry) {
      for (base::Problem problem : entry.problems()) {
        if (problem.code == "AGENT_VERSION_UNKNOWN") problem.place = place(instance.pointer + "/version");
        problems_.add(std::move(problem));
      }
      return;
    }
    const agent::Manifest& manifest = *entry->manifest;
    if (checked_.insert(&manifest).second)
      problems_.append(agent::check_abi(manifest.abi_min, manifest.abi_max, manifest.abi_place));
    const agent::Role& role = agent::role(instance.role);
    if (!role.is_played_by(entry->agent->role)) {
      problems_.error("CHAIN_WRONG_ROLE", place(instance.pointer + "/agent"),
                      base::quote(instance.agent) + " has the role " + entry->agent->role +
                          ", this stage needs " + std::string(role.id),
                      "`cadre agent list` shows every agent's role");
      return;
    }
    check_kind(instance, *entry->agent);
    const bool is_said = instance.isolation.has_value() || manifest.isolation == "process";
    PlannedStage& stage = stages_.emplace_back(
        PlannedStage{&instance, *entry, {}, {}, isolation_of(instance, manifest), is_said});
    stage.secrets = agent::secret_uses(instance.config, entry->agent->config_schema);
    stage.settings = settings_of(stage);
    if (!stage.secrets.empty()) keep_alone(stage);
  }

  /// Whoever shares a process could read what is in it.
  void keep_alone(PlannedStage& stage) {
    const auto said = stage.instance->isolation;
    stage.isolation = agent::Isolation::process_alone;
    stage.is_isolation_said = true;
    if (!said || *said == agent::Isolation::process_alone) return;
    problems_.error(
        "SECRET_NOT_ALONE", place(stage.instance->pointer + "/isolation"),
        base::quote(stage.instance->name) + " is given a secret, and would not be alone in its process",
        R"(say "process_alone", or leave it out)");
  }

  static agent::Isolation isolation_of(const InstanceConfig& instance, const agent::Manifest& manifest) {
    const agent::Isolation said = instance.isolation.value_or(agent::Isolation::none);
    const bool is_enough = said != agent::Isolation::none || manifest.isolation != "process";
    return is_enough ? said : agent::Isolation::process;
  }

  static std::string of_entry(std::size_t i) { return "/pre_trade_checks/limits/" + std::to_string(i); }

  /// A bound on every group where no instrument is in one binds nothing. (A group that is named and is none
  /// is refused with the data.)
  void check_groups() {
    const auto& bounds = config_.chain.constraints.max_group_weight;
    const auto every = std::find_if(bounds.begin(), bounds.end(),
                                    [](const config::GroupWeight& bound) { return bound.group == "*"; });
    if (every == bounds.end() || !config_.instruments.groups.empty()) return;
    if (config_.instruments.table != nullptr) {
      for (const config::InstrumentTable::Row& row : config_.instruments.table->rows) {
        if (!row.about.groups.empty()) return;
      }
    }
    problems_.warning("LIMIT_UNUSED",
                      place("/chain/constraints/max_group_weight/" + std::to_string(every - bounds.begin())),
                      "no instrument is in a group, and a bound on every group holds for none",
                      "name groups in /instruments/groups or in the table of instruments");
  }

  /// Whether a key of the pre-trade checks has another value than its default.
  bool is_chosen(const std::string& key) const {
    const auto* said = base::find(config_.document.root(), "/pre_trade_checks" + key);
    const auto* usual =
        base::find(config::scenario_schema(), "/properties/pre_trade_checks/properties" + key + "/default");
    return said != nullptr && (usual == nullptr || base::canonical(*said) != base::canonical(*usual));
  }

  void warn_of_volume(const std::string& pointer) {
    problems_.warning("LIMIT_UNUSED", place(pointer),
                      "the data have no volume, and a share of it bounds nothing",
                      R"(say "volume": "shares" where they have it, or leave the bound out)");
  }

  /// Whether some position of the book may have a margin requirement.
  bool needs_margin() const {
    if (config_.book.account == config::Account::margin || config_.instruments.margin_rate) return true;
    const auto& table = config_.instruments.table;
    return table != nullptr && std::any_of(table->rows.begin(), table->rows.end(),
                                           [](const auto& row) { return row.about.margin_rate.has_value(); });
  }

  /// Entries that bind nothing: for books that run an agent which this one does not run, or on a share of a
  /// volume that the data do not have.
  void check_limits() {
    std::vector<std::string> known;
    known.reserve(stages_.size());
    for (const PlannedStage& stage : stages_)
      known.push_back(stage.entry.agent->id);
    const bool has_volume = config_.data.prices.volume != "none";
    const auto is_said = [&](const std::string& pointer) {
      return base::find(config_.document.root(), pointer) != nullptr;
    };
    if (!has_volume && is_chosen("/max_share_of_volume"))
      warn_of_volume("/pre_trade_checks/max_share_of_volume");
    for (const char* key : {"/margin_buffer", "/on_margin_breach"}) {
      if (is_chosen(key) && !needs_margin())
        problems_.warning("LIMIT_UNUSED", place(std::string("/pre_trade_checks") + key),
                          "no position needs margin: the account pays for what it buys, and no instrument "
                          "has a margin rate",
                          R"(say "account": "margin" in /book, or a margin_rate in /instruments)");
    }
    for (std::size_t i = 0; i < config_.pre_trade_checks.limits.size(); ++i) {
      const std::string& id = config_.pre_trade_checks.limits[i].agent;
      const std::string at = of_entry(i) + "/agent";
      if (config_.pre_trade_checks.limits[i].max_share_of_volume && !has_volume && is_said(of_entry(i)))
        warn_of_volume(of_entry(i) + "/max_share_of_volume");
      const bool is_here = id.empty() || std::find(known.begin(), known.end(), id) != known.end();
      if (is_here || base::find(config_.document.root(), at) == nullptr) continue;  // or of the host
      problems_.warning("LIMIT_UNUSED", place(at),
                        "the book runs no agent " + base::quote(id) +
                            ", the bound holds for none of its orders" + base::did_you_mean(id, known),
                        "name an agent of the chain, or leave the bound out");
    }
  }

  /// Whether the host keeps the money of such instruments at all.
  void check_traded() {
    std::vector<std::string> traded;
    for (const model::InstrumentKind& other : model::instrument_kinds()) {
      if (other.is_traded) traded.emplace_back(other.name);
    }
    base::CappedProblems found(config_.document.file());
    for (const config::KindInUse& use : kinds_) {
      if (use.kind->is_traded) continue;
      found.error("KIND_NOT_TRADED", place(use.pointer),
                  "this host does not trade instruments of the kind " + base::quote(use.kind->name),
                  "it trades " + base::join(traded, ", "));
    }
    problems_.append(found.take());
  }

  /// No agent ever sizes an option as a share: it has to list every kind of the universe.
  void check_kind(const InstanceConfig& instance, const agent::AgentDeclaration& declaration) {
    const auto& kinds = declaration.kinds;
    std::set<std::string_view> missing;
    for (const config::KindInUse& use : kinds_) {
      const std::string_view kind = use.kind->name;
      if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end() || !missing.insert(kind).second)
        continue;
      problems_.error("CHAIN_WRONG_KIND", place(instance.pointer + "/agent"),
                      base::quote(instance.agent) + " does not work with instruments of the kind " +
                          base::quote(kind) + ", which " + (use.id.empty() ? "these are" : use.id + " is"),
                      "its manifest lists " + base::join(kinds, ", "));
    }
  }

  /// Checks an agent's settings against its manifest and fills in the defaults.
  std::string settings_of(const PlannedStage& stage) {
    const InstanceConfig& instance = *stage.instance;
    const agent::AgentDeclaration& declaration = *stage.entry.agent;
    const std::string pointer = instance.pointer + "/config";
    base::Problems found;
    base::validate(
        instance.config, declaration.config_schema, pointer,
        [](std::string_view at) {
          return base::Place{{}, 0, 0, std::string(at)};
        },
        found);
    for (base::Problem problem : found) {
      // What a reference stands for is known when the agent is made.
      const bool is_reference = std::any_of(
          stage.secrets.begin(), stage.secrets.end(),
          [&](const agent::SecretUse& use) { return problem.place.pointer == pointer + use.pointer; });
      if (is_reference) continue;
      problem.place = place(problem.place.pointer);
      problems_.add(std::move(problem));
    }
    return base::canonical(base::with_defaults(instance.config, declaration.config_schema));
  }

  /// The planned stages that provide a service.
  std::vector<std::size_t> providers_of(std::string_view service) const {
    std::vector<std::size_t> found;
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      const auto& provides = stages_[s].entry.agent->provides;
      if (is_provider(stages_[s]) && std::find(provides.begin(), provides.end(), service) != provides.end())
        found.push_back(s);
    }
    return found;
  }

  std::int32_t service_place(const std::string& id, std::size_t provider) {
    for (std::size_t s = 0; s < services_.size(); ++s) {
      if (services_[s].id == id && services_[s].provider == provider) return static_cast<std::int32_t>(s);
    }
    services_.push_back({id, provider, false});
    return static_cast<std::int32_t>(services_.size() - 1);
  }

  void bind_services() {
    for (PlannedStage& stage : stages_) {
      check_bindings(stage);
      for (const agent::ServiceNeed& need : stage.entry.agent->needs)
        stage.service_places.push_back(bind(stage, need));
    }
  }

  void check_bindings(const PlannedStage& stage) {
    std::vector<std::string> needed;
    for (const agent::ServiceNeed& need : stage.entry.agent->needs)
      needed.push_back(need.service);
    for (const auto& [service, name] : stage.instance->bind) {
      if (std::find(needed.begin(), needed.end(), service) != needed.end()) continue;
      problems_.error(
          "CHAIN_BINDING_UNUSED", place(stage.instance->pointer + "/bind/" + base::pointer_token(service)),
          base::quote(stage.instance->name) + " does not require the service " + base::quote(service),
          needed.empty() ? "remove the binding" : "it requires " + base::join(needed, ", "));
    }
  }

  /// The place of the service that fulfils a need; -1 when it is optional and nobody offers it.
  std::int32_t bind(const PlannedStage& stage, const agent::ServiceNeed& need) {
    const std::string& at = stage.instance->pointer;
    const std::string who = base::quote(stage.instance->name) + " (" + stage.instance->agent + ")";
    const auto providers = providers_of(need.service);
    std::vector<std::string> names;
    names.reserve(providers.size());
    for (const std::size_t p : providers)
      names.push_back(stages_[p].instance->name);
    for (const auto& [service, name] : stage.instance->bind) {
      if (service != need.service) continue;
      const auto found = std::find(names.begin(), names.end(), name);
      if (found != names.end())
        return mark(service_place(need.service, providers[static_cast<std::size_t>(found - names.begin())]),
                    stage);
      problems_.error("CHAIN_BINDING_UNKNOWN", place(at + "/bind/" + base::pointer_token(service)),
                      "no instance " + base::quote(name) + " provides " + need.service,
                      names.empty() ? "add one to \"services\"" : "there is " + base::join(names, ", "));
      return -1;
    }
    if (providers.size() == 1) return mark(service_place(need.service, providers[0]), stage);
    if (providers.empty()) {
      if (!need.optional) {
        problems_.error("CHAIN_SERVICE_UNMET", place(at),
                        who + " requires the service " + need.service + ", which no instance provides",
                        offers(need.service));
      }
      return -1;
    }
    problems_.error(
        "CHAIN_SERVICE_AMBIGUOUS", place(at),
        who + " requires the service " + need.service + ", which " + base::join(names, " and ") + " provide",
        "name one with \"bind\": {" + base::quote(need.service) + ": " + base::quote(names[0]) + "}");
    return -1;
  }

  std::int32_t mark(std::int32_t service, const PlannedStage& reader) {
    if (reader.isolated()) services_[static_cast<std::size_t>(service)].read_isolated = true;
    return service;
  }

  std::string offers(const std::string& service) const {
    std::vector<std::string> ids;
    for (const agent::CatalogEntry& entry : catalog_.entries()) {
      const auto& provides = entry.agent->provides;
      const bool known = !ids.empty() && ids.back() == entry.agent->id;
      if (!known && std::find(provides.begin(), provides.end(), service) != provides.end())
        ids.push_back(entry.agent->id);
    }
    return ids.empty() ? "no agent here does; add the manifest of one"
                       : "add to \"services\" one of " + base::join(ids, " or ");
  }

  /// Providers that others depend on come first; among equals the order of the configuration. Services follow
  /// their providers.
  void sort_providers(std::size_t count) {
    if (problems_.has_errors()) return;
    std::vector<std::size_t> order;
    std::vector<bool> placed(count, false);
    while (order.size() < count) {
      const std::size_t before = order.size();
      for (std::size_t p = 0; p < count; ++p) {
        const auto ready = [&](std::int32_t s) {
          return s < 0 || placed[services_[static_cast<std::size_t>(s)].provider];
        };
        if (placed[p] ||
            !std::all_of(stages_[p].service_places.begin(), stages_[p].service_places.end(), ready))
          continue;
        order.push_back(p);
        placed[p] = true;
        break;
      }
      if (order.size() == before) {
        report_circle(placed);
        return;
      }
    }
    reorder(order);
  }

  void report_circle(const std::vector<bool>& placed) {
    std::vector<std::string> names;
    std::string first;
    for (std::size_t p = 0; p < placed.size(); ++p) {
      if (placed[p]) continue;
      if (first.empty()) first = stages_[p].instance->pointer;
      names.push_back(stages_[p].instance->name);
    }
    problems_.error("CHAIN_SERVICE_CIRCULAR", place(first),
                    "these services require each other in a circle: " + base::join(names, ", "),
                    "remove one of the needs, or bind it to another provider");
  }

  void reorder(const std::vector<std::size_t>& order) {
    std::vector<PlannedStage> stages;
    std::vector<std::size_t> new_place(order.size());
    for (std::size_t p = 0; p < order.size(); ++p) {
      stages.push_back(stages_[order[p]]);
      new_place[order[p]] = p;
    }
    std::copy(stages.begin(), stages.end(), stages_.begin());
    std::vector<std::size_t> service_order(services_.size());
    for (std::size_t s = 0; s < services_.size(); ++s) {
      services_[s].provider = new_place[services_[s].provider];
      service_order[s] = s;
    }
    std::stable_sort(service_order.begin(), service_order.end(), [&](std::size_t a, std::size_t b) {
      return services_[a].provider < services_[b].provider;
    });
    std::vector<ServiceSlot> services;
    std::vector<std::int32_t> new_service(services_.size());
    for (std::size_t s = 0; s < service_order.size(); ++s) {
      services.push_back(services_[service_order[s]]);
      new_service[service_order[s]] = static_cast<std::int32_t>(s);
    }
    services_ = std::move(services);
    for (PlannedStage& stage : stages_) {
      for (std::int32_t& s : stage.service_places)
        s = s < 0 ? s : new_service[static_cast<std::size_t>(s)];
    }
  }

  const config::ScenarioConfig& config_;
  const agent::Catalog& catalog_;
  const std::vector<config::KindInUse> kinds_;
  std::vector<PlannedStage> stages_;
  std::set<const agent::Manifest*> checked_;  // each plugin once, however many stages it fills
  std::vector<ServiceSlot> services_;
  base::Problems problems_;
};

}  // namespace

void ChainPlan::isolate(PlannedStage& stage) {
  if (!stage.isolated()) stage.isolation = agent::Isolation::process;
  for (const std::int32_t service : stage.service_places) {
    if (service >= 0) services[static_cast<std::size_t>(service)].read_isolated = true;
  }
}

base::Result<ChainPlan> plan_chain(const config::ScenarioConfig& config, const agent::Catalog& catalog) {
  return Planner(config, catalog).run();
}

}  // namespace cadre::chain
