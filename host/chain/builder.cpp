#include "host/chain/builder.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "host/agent/library.hpp"
#include "host/base/json.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

namespace {

/// The same library under the same manifest: another manifest may say other hot keys, limits or schemas.
bool is_same_plugin(const Stage& stage, const agent::CatalogEntry& entry) {
  return stage.agent->manifest().sha256 == entry.manifest->sha256 &&
         stage.agent->manifest().text_sha256 == entry.manifest->text_sha256;
}

/// The instance of the previous chain that may be kept for a planned stage: same specification, same bytes.
std::shared_ptr<agent::LiveAgent> kept_instance(const Chain* previous, const agent::InstanceSpec& spec,
                                                const agent::CatalogEntry& entry,
                                                const std::string& left_out) {
  if (previous == nullptr) return nullptr;
  const Stage* kept = previous->find_stage([&](const Stage& stage) {
    return stage.agent->left_out() == left_out && stage.agent->spec() == spec &&
           stage.agent->declaration().id == entry.agent->id && is_same_plugin(stage, entry);
  });
  return kept == nullptr ? nullptr : kept->agent;
}

/// Whether two settings differ in hot keys and in nothing else.
bool only_hot_keys_differ(const std::string& a, const std::string& b, const std::vector<std::string>& hot) {
  boost::json::value left = boost::json::parse(a);
  boost::json::value right = boost::json::parse(b);
  for (const std::string& key : hot) {
    left.as_object().erase(key);
    right.as_object().erase(key);
  }
  return base::canonical(left) == base::canonical(right);
}

/// The instance of the previous chain that can take new settings while it lives.
std::shared_ptr<agent::LiveAgent> hot_instance(const Chain* previous, const agent::InstanceSpec& spec,
                                               const agent::CatalogEntry& entry) {
  if (previous == nullptr || entry.agent->hot_keys.empty()) return nullptr;
  const Stage* hot = previous->find_stage([&](const Stage& stage) {
    agent::InstanceSpec other = stage.agent->spec();
    const std::string settings = std::exchange(other.config, spec.config);
    return stage.agent->left_out().empty() && !stage.agent->declaration().hot_keys.empty() &&
           !spec.isolated && other == spec && stage.agent->declaration().id == entry.agent->id &&
           is_same_plugin(stage, entry) && only_hot_keys_differ(settings, spec.config, entry.agent->hot_keys);
  });
  return hot == nullptr ? nullptr : hot->agent;
}

/// A planned stage that no agent fills yet.
Stage empty_stage(const PlannedStage& planned) {
  const config::InstanceConfig& instance = *planned.instance;
  Stage stage;
  stage.name = instance.name;
  stage.role = instance.role;
  stage.on_failure = instance.on_failure;
  stage.on_error = instance.on_error;
  stage.hand_off = instance.hand_off;
  stage.after = instance.after;
  stage.service_places = planned.service_places;
  return stage;
}

/// What takes a planned stage without being made: a kept instance, or the place of one that is left out. Null
/// when there is none.
std::shared_ptr<agent::LiveAgent> instance_at_hand(const Chain* previous, const Chain* replaced,
                                                   const agent::InstanceSpec& spec,
                                                   const PlannedStage& planned) {
  for (const Chain* chain : {previous, replaced}) {
    if (auto kept = kept_instance(chain, spec, planned.entry, planned.left_out)) return kept;
  }
  return planned.left_out.empty() ? nullptr : agent::leave_out(planned.entry, spec, planned.left_out);
}

/// AGENT_QUARANTINED: whoever builds a chain, nothing of it is made.
bool is_kept_out(const agent::Store& store, const PlannedStage& planned, const base::Place& place,
                 base::Problems& problems) {
  if (store.quarantine() == nullptr) return false;
  const auto held = store.quarantine()->find(planned.entry.manifest->sha256, planned.settings);
  if (!held) return false;
  problems.error("AGENT_QUARANTINED", place, held->text(),
                 "use another version or other settings; `cadre quarantine release` lets it in");
  return true;
}

}  // namespace

base::Result<std::shared_ptr<Chain>> build_chain(const config::ScenarioConfig& config, const ChainPlan& plan,
                                                 const agent::Store& store, const Chain* previous,
                                                 const Chain* replaced) {
  base::Problems problems;
  auto chain = std::make_shared<Chain>();
  chain->risk_feedback = config.chain.risk_feedback;
  chain->constraints = config.chain.constraints;
  chain->pre_trade_checks = config.pre_trade_checks;
  chain->services = plan.services;
  chain->requirements.size = sizeof(cadre_requirements);

  // One library per plugin version, however many agents come from it; each problem of a library once.
  std::map<std::string, std::shared_ptr<agent::Library>> libraries;
  std::map<std::string, bool> refused;
  const auto library_for = [&](const agent::CatalogEntry& entry) -> std::shared_ptr<agent::Library> {
    const std::string key = entry.manifest->sha256 + entry.manifest->file.string();
    if (const auto found = libraries.find(key); found != libraries.end()) return found->second;
    if (refused[key]) return nullptr;
    refused[key] = true;
    auto copy = store.adopt(*entry.manifest);
    if (!copy) {
      problems.append(copy.problems());
      return nullptr;
    }
    auto library = agent::Library::load(*copy, entry.manifest);
    problems.append(library.problems());
    if (!library) return nullptr;
    return libraries[key] = *library;
  };

  using Live = std::shared_ptr<agent::LiveAgent>;
  const auto taken = [&](base::Result<Live> made) -> Live {
    problems.append(made.problems());
    return made ? std::move(made).take() : nullptr;
  };
  const auto make_here = [&](const agent::CatalogEntry& entry, const agent::InstanceSpec& spec,
                             const base::Place& place) -> Live {
    const auto library = library_for(entry);
    return library == nullptr ? nullptr : taken(agent::LiveAgent::create(library, entry, spec, place));
  };
  const auto make_isolated = [&](const agent::CatalogEntry& entry, const agent::InstanceSpec& spec,
                                 const base::Place& place) -> Live {
    auto copy = store.adopt(*entry.manifest);
    problems.append(copy.problems());
    return copy ? taken(agent::LiveAgent::create_isolated(*copy, entry, spec, place)) : nullptr;
  };

  for (const PlannedStage& planned : plan.stages) {
    const config::InstanceConfig& instance = *planned.instance;
    const agent::InstanceSpec spec{instance.name, config.book.id, planned.settings, config.seed,
                                   planned.isolated};
    Stage stage = empty_stage(planned);
    const base::Place place = config.document.place(instance.pointer);
    stage.agent = instance_at_hand(previous, replaced, spec, planned);
    if (stage.agent == nullptr && is_kept_out(store, planned, place, problems)) continue;
    if (stage.agent == nullptr) {
      stage.agent = hot_instance(previous, spec, planned.entry);
      if (stage.agent != nullptr) {
        auto prepared = stage.agent->hot().prepare(spec.config, place);
        problems.append(prepared.problems());
        if (!prepared) continue;
        chain->hot_changes.emplace_back(stage.agent, *prepared, spec.config);
      }
    }
    if (stage.agent == nullptr) {
      stage.agent = planned.isolated ? make_isolated(planned.entry, spec, place)
                                     : make_here(planned.entry, spec, place);
      if (stage.agent == nullptr) continue;
    }
    raise_requirements(chain->requirements, stage.agent->requirements());
    for (const std::int32_t slot : stage.service_places) {
      cadre_service service{};
      if (slot >= 0) service.id = model::make_id(plan.services[static_cast<std::size_t>(slot)].id);
      stage.services.push_back(service);
    }
    chain->add(std::move(stage));
  }
  if (problems.has_errors()) return problems;
  return {std::move(chain), problems};
}

base::Result<std::shared_ptr<Chain>> build_chain(const config::ScenarioConfig& config,
                                                 const agent::Catalog& catalog, const agent::Store& store,
                                                 const Chain* previous) {
  auto plan = plan_chain(config, catalog);
  if (!plan) return plan.problems();
  return build_chain(config, *plan, store, previous);
}

void raise_requirements(cadre_requirements& all, const cadre_requirements& one) {
  const auto raise = [](cadre_rows& rows, const cadre_rows& more) {
    rows.returns = std::max(rows.returns, more.returns);
    rows.closes = std::max(rows.closes, more.closes);
    rows.volumes = std::max(rows.volumes, more.volumes);
  };
  raise(all.sessions, one.sessions);
  raise(all.bars, one.bars);
  all.warm_up_bars = std::max(all.warm_up_bars, one.warm_up_bars);
}

std::vector<std::shared_ptr<const agent::Manifest>> plugins_of(const Chain& chain) {
  std::vector<std::shared_ptr<const agent::Manifest>> plugins;
  chain.each_stage([&](const Stage& stage) {
    const auto& manifest = stage.agent->entry().manifest;
    const bool known = std::any_of(plugins.begin(), plugins.end(), [&](const auto& other) {
      return other->id == manifest->id && other->version == manifest->version;
    });
    if (!known) plugins.push_back(manifest);
  });
  return plugins;
}

std::vector<std::string> effect_names(const Chain& chain) {
  using agent::RoleId;
  using config::Step;
  std::vector<std::string> names;
  const auto add = [&](RoleId role) {
    for (const Stage& stage : chain.all(role))
      names.push_back(stage.name);
  };
  const auto add_adjusters = [&](Step step) {
    for (const Stage& stage : chain.all(RoleId::trade_adjuster)) {
      if (stage.after == step) names.push_back(stage.name);
    }
  };
  add(RoleId::position_sizer);
  add_adjusters(Step::position_sizer);
  add(RoleId::portfolio_optimizer);
  add_adjusters(Step::portfolio_optimizer);
  names.emplace_back("risk_feedback");
  add_adjusters(Step::risk_feedback);
  add(RoleId::correlation_adjuster);
  add_adjusters(Step::correlation_adjuster);
  names.emplace_back("resize_threshold");
  names.emplace_back("final_cut");
  return names;
}

}  // namespace cadre::chain
