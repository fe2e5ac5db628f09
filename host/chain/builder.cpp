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
    return stage.agent->left_out().empty() && !stage.agent->quarantine().holds() &&
           !stage.agent->declaration().hot_keys.empty() && spec.isolation == agent::Isolation::none &&
           other == spec && stage.agent->declaration().id == entry.agent->id &&
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

/// One that is called no more, or whose process is gone, is nobody to go back to.
bool can_be_called(agent::LiveAgent& agent) {
  return !agent.quarantine().holds() && !agent::is_gone(agent);
}

/// What takes a planned stage without being made: a kept instance, or the place of one that is left out. Null
/// when there is none.
std::shared_ptr<agent::LiveAgent> instance_at_hand(const Chain* previous, const Chain* replaced,
                                                   const agent::InstanceSpec& spec,
                                                   const PlannedStage& planned) {
  if (auto kept = kept_instance(previous, spec, planned.entry, planned.left_out)) return kept;
  auto earlier = kept_instance(replaced, spec, planned.entry, planned.left_out);
  if (earlier != nullptr && can_be_called(*earlier)) return earlier;
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

using Live = std::shared_ptr<agent::LiveAgent>;

/// One planned stage while its chain is built.
struct Making {
  const PlannedStage* planned;
  agent::InstanceSpec spec;
  base::Place place;
  Live agent{};  ///< null until there is one
  bool is_refused = false;
  agent::LiveAgent::Elsewhere where{};  ///< of one in another process

  /// Those that are trusted and those that are not do not share one.
  bool shares_with(const Making& other) const {
    const auto is_trusted = [](const Making& one) {
      return one.planned->trusted_by != agent::TrustedBy::nobody;
    };
    return shares_a_process() && other.shares_a_process() && is_trusted(*this) == is_trusted(other);
  }
  bool shares_a_process() const {
    return spec.isolation == agent::Isolation::process && !planned->entry.agent->reaches_a_venue();
  }
};

/// Makes instances, from one library per plugin version, however many agents come from it; those that share a
/// process in one that is started for them all. Each problem of a library is told once.
class AgentMaker {
 public:
  AgentMaker(const agent::Store& store, base::Problems& problems) : store_(store), problems_(problems) {}

  void make_all(std::vector<Making>& all) {
    for (Making& each : all) {
      if (needs_process(each)) adopt(each);
    }
    for (const Making& each : all) {
      if (needs_process(each) && each.shares_a_process() && each.where.process == nullptr)
        start_process(all, each);
    }
    for (Making& each : all) {
      if (each.agent == nullptr && !each.is_refused) each.agent = make(each);
    }
  }

 private:
  static bool needs_process(const Making& each) {
    return each.agent == nullptr && !each.is_refused && each.spec.isolation != agent::Isolation::none;
  }

  void adopt(Making& each) {
    auto copy = store_.adopt(*each.planned->entry.manifest, agent::ImportList::isolated);
    problems_.append(copy.problems());
    each.is_refused = !copy;
    if (copy) each.where.copy = *copy;
    each.where.secrets = store_.secrets();
  }

  /// For `first` and all that share a process with it.
  void start_process(std::vector<Making>& all, const Making& first) {
    std::vector<agent::AgentProcess::Seat> seats;
    std::vector<Making*> seated;
    for (Making& each : all) {
      if (!needs_process(each) || !each.shares_with(first)) continue;
      each.where.seat = seats.size();
      seats.push_back(seat_of(each.where.copy, each.planned->entry, each.spec));
      seated.push_back(&each);
    }
    auto started = agent::AgentProcess::start(std::move(seats));
    problems_.append(started.problems());
    for (Making* each : seated) {
      each->is_refused = !started;
      if (started) each->where.process = *started;
    }
  }

  Live make(const Making& making) {
    const agent::CatalogEntry& entry = making.planned->entry;
    if (making.spec.isolation != agent::Isolation::none)
      return taken(agent::LiveAgent::create_isolated(making.where, entry, making.spec, making.place));
    const auto library = library_for(entry);
    return library == nullptr ? nullptr
                              : taken(agent::LiveAgent::create(library, entry, making.spec, making.place));
  }

  std::shared_ptr<agent::Library> library_for(const agent::CatalogEntry& entry) {
    const std::string key = entry.manifest->sha256 + entry.manifest->file.string();
    const auto [at, is_new] = libraries_.try_emplace(key);
    if (!is_new) return at->second;
    auto copy = store_.adopt(*entry.manifest, agent::ImportList::in_process);
    if (!copy) {
      problems_.append(copy.problems());
      return nullptr;
    }
    auto library = agent::Library::load(*copy, entry.manifest);
    problems_.append(library.problems());
    if (library) at->second = *library;
    return at->second;
  }

  Live taken(base::Result<Live> made) {
    problems_.append(made.problems());
    return made ? std::move(made).take() : nullptr;
  }

  const agent::Store& store_;
  base::Problems& problems_;
  std::map<std::string, std::shared_ptr<agent::Library>> libraries_;  ///< null: it was refused
};

}  // namespace

agent::ImportList import_list_of(const PlannedStage& planned) {
  return planned.isolated() ? agent::ImportList::isolated : agent::ImportList::in_process;
}

agent::InstanceSpec spec_of(const PlannedStage& planned, const config::ScenarioConfig& config) {
  return {planned.instance->name, config.book.id,
          planned.settings,       config.seed,
          planned.isolation,      planned.isolated() && planned.allow_weak_sandbox,
          planned.probe,          planned.secrets};
}

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

  std::vector<Making> all;
  for (const PlannedStage& planned : plan.stages) {
    const config::InstanceConfig& instance = *planned.instance;
    Making& making =
        all.emplace_back(Making{&planned, spec_of(planned, config), config.document.place(instance.pointer)});
    making.agent = instance_at_hand(previous, replaced, making.spec, planned);
    if (making.agent != nullptr) continue;
    making.is_refused = is_kept_out(store, planned, making.place, problems);
    if (making.is_refused) continue;
    making.agent = hot_instance(previous, making.spec, planned.entry);
    if (making.agent == nullptr) continue;
    auto prepared = making.agent->hot().prepare(making.spec.config, making.place);
    problems.append(prepared.problems());
    making.is_refused = !prepared;
    if (prepared) chain->hot_changes.emplace_back(making.agent, *prepared, making.spec.config);
  }
  AgentMaker(store, problems).make_all(all);

  for (Making& making : all) {
    if (making.agent == nullptr || making.is_refused) continue;
    Stage stage = empty_stage(*making.planned);
    stage.agent = std::move(making.agent);
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
