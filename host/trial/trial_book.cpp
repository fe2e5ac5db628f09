#include "host/trial/trial_book.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <numeric>
#include <optional>

#include "cadre/cadre.h"
#include "host/agent/sandbox.hpp"
#include "host/base/date.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/chain/chain.hpp"
#include "host/model/bar.hpp"
#include "host/model/order.hpp"

namespace cadre::trial {

namespace json = boost::json;
using model::ColumnId;
using model::WindowId;

namespace {

/// "covariance" and "cadre.covariance/1" name the same service.
bool names_service(const std::string& name, const std::string& service) {
  return name == service || "cadre." + name + "/1" == service;
}

}  // namespace

TrialBook::TrialBook(const TrialOptions& options, TrialState state)
    : options_(options),
      state_(std::move(state)),
      portfolio_(state_.universe.size(), state_.cash),
      terms_(agent::probe_terms(options.probe_timeout_ms)),
      catalog_(agent::Catalog::discover(options.agent_folders)),
      store_(temporary_.path()) {}

void TrialBook::prepare() {
  subject_ = make(options_.agent, options_.config, "agent");
  make_services();
  if (problems_.has_errors()) return;
  build_arena();
  feed();
  warn_of_short_history();
  if (!state_.agent_state.empty()) load_state();
  if (problems_.has_errors()) return;
  activate();
  publish();
}

std::shared_ptr<agent::LiveAgent> TrialBook::make(const std::string& id, const std::filesystem::path& file,
                                                  const std::string& name) {
  const base::Place at = base::Place::of(file.empty() ? "agent try" : file.string());
  auto entry = catalog_.find(id, *agent::VersionRange::parse("*"), base::Place::of("agent try"));
  problems_.append(entry.problems());
  if (!entry) return nullptr;
  json::value settings = json::object{};
  if (!file.empty()) {
    auto document = base::JsonDocument::load(file);
    problems_.append(document.problems());
    if (!document) return nullptr;
    base::validate(
        document->root(), entry->agent->config_schema, "",
        [&](std::string_view p) { return document->place(p); }, problems_);
    settings = document->root();
  } else {
    base::validate(
        settings, entry->agent->config_schema, "",
        [&](std::string_view p) {
          return base::Place{"agent try", 0, 0, std::string(p)};
        },
        problems_);
  }
  if (problems_.has_errors()) return nullptr;
  const bool is_for_a_process = entry->manifest->isolation == "process";
  auto copy = store_.adopt(*entry->manifest,
                           is_for_a_process ? agent::ImportList::isolated : agent::ImportList::in_process);
  problems_.append(copy.problems());
  if (!copy) return nullptr;
  agent::ProbeTerms terms = terms_;
  terms.enters_host = !is_for_a_process;
  // In a process of its own: what it does wrong is said here, and does not end this program.
  const agent::InstanceSpec spec{name,
                                 "try",
                                 base::canonical(base::with_defaults(settings, entry->agent->config_schema)),
                                 1,
                                 agent::Isolation::process_alone,
                                 !agent::can_bound_files(),
                                 terms};
  if (spec.allow_weak_sandbox)
    problems_.warning("SANDBOX_WEAK", at,
                      "this kernel bounds no files (Landlock): " + id + " runs all the same",
                      "use a kernel with Landlock");
  auto live = agent::LiveAgent::create_isolated({*copy}, *entry, spec, at);
  problems_.append(live.problems());
  return live ? *live : nullptr;
}

void TrialBook::make_services() {
  for (const std::string& text : options_.services) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      problems_.error("TRY_BAD_SERVICE", base::Place::of("--service"),
                      base::quote(text) + " is not NAME=AGENT[:FILE]",
                      "for example covariance=cadre.sample_covariance");
      continue;
    }
    const std::string name = text.substr(0, equals);
    const std::string agent = text.substr(equals + 1, text.find(':', equals) - equals - 1);
    const std::size_t colon = text.find(':', equals);
    auto live = make(
        agent,
        colon == std::string::npos ? std::filesystem::path() : std::filesystem::path(text.substr(colon + 1)),
        name);
    if (live == nullptr) continue;
    const auto& provides = live->declaration().provides;
    const auto service = std::find_if(provides.begin(), provides.end(),
                                      [&](const std::string& s) { return names_service(name, s); });
    if (service == provides.end()) {
      problems_.error("TRY_BAD_SERVICE", base::Place::of("--service"),
                      agent + " does not provide " + base::quote(name),
                      provides.empty() ? "it provides nothing" : "it provides " + base::join(provides, ", "));
      continue;
    }
    providers_.push_back({*service, live, {}});
  }
  if (subject_ == nullptr) return;
  for (const agent::ServiceNeed& need : subject_->declaration().needs) {
    const bool given = std::any_of(providers_.begin(), providers_.end(),
                                   [&](const Provider& p) { return p.service == need.service; });
    if (!given && !need.optional) {
      problems_.error("CHAIN_SERVICE_UNMET", base::Place::of("agent try"),
                      options_.agent + " requires the service " + need.service,
                      "give it with --service " + need.service + "=AGENT");
    }
  }
}

void TrialBook::build_arena() {
  cadre_requirements need = subject_->requirements();
  for (const Provider& p : providers_)
    chain::raise_requirements(need, p.agent->requirements());
  book::StateWriter::Setting setting;
  setting.book = "try";
  setting.currency = state_.currency;
  setting.constraints = {sizeof(cadre_constraints), state_.long_only ? std::uint32_t{CADRE_LONG_ONLY} : 0u, 1,
                         1, 1};
  setting.periods_per_year = setting.sessions_per_year = state_.periods_per_year;
  setting.requirements = need;
  setting.service_count = providers_.size();
  std::vector<std::size_t> columns(n());
  std::iota(columns.begin(), columns.end(), std::size_t{0});
  writer_.build(state_.universe, std::move(columns), std::move(setting));
  tracker_.enter_universe(n());
  subject_->enter_arena(arena());
  for (const Provider& p : providers_)
    p.agent->enter_arena(arena());
}

/// Shows every period, oldest first, to providers and agent, so that they learn as they would in a run.
void TrialBook::feed() {
  const std::size_t rows = std::max(state_.returns.size(), state_.bars.size());
  std::vector<double> before(n(), std::nan("")), change(n());
  for (std::size_t r = 0; r < rows; ++r) {
    const bool last = r + 1 == rows;
    // Bars and rows of returns end together.
    const bool has_bar = r + state_.bars.size() >= rows;
    const std::size_t b = r + state_.bars.size() - rows;
    if (has_bar) write_bar(state_.bars[b]);
    const bool has_returns = r + state_.returns.size() >= rows && !state_.returns.empty();
    for (std::uint32_t i = 0; i < n(); ++i) {
      const double close = has_bar ? arena().column(ColumnId::close)[i] : std::nan("");
      change[i] = has_returns ? state_.returns[r + state_.returns.size() - rows][i] : close / before[i] - 1;
      if (std::isfinite(close)) before[i] = close;
    }
    const bool any =
        std::any_of(change.begin(), change.end(), [](double value) { return std::isfinite(value); });
    if (has_returns || any) writer_.push(WindowId::returns, change);
    if (last) take_positions();
    writer_.write_holdings(portfolio_, tracker_);
    if (last) write_views();
    refresh(r + 1, has_bar ? state_.bars[b].time_ns : state_.time_ns);
    const cadre_event event{sizeof(cadre_event), CADRE_EVENT_BAR, r + 1, raw().time_ns, nullptr};
    const bool bar_happened = has_bar || has_returns;
    for (Provider& p : providers_) {
      if (bar_happened) show(*p.agent, event);
    }
    const bool environment = subject_->declaration().role == CADRE_ROLE_EXECUTION_ENVIRONMENT;
    if (bar_happened && state_.agent_state.empty() && !(environment && last)) show(*subject_, event);
  }
  for (const cadre_signal& signal : state_.signals) {
    const cadre_event event{sizeof(cadre_event), CADRE_EVENT_SIGNAL, rows + 1, signal.time_ns, &signal};
    show(*subject_, event);
  }
}

/// One that cannot follow is tried no further.
void TrialBook::show(agent::LiveAgent& agent, const cadre_event& event) {
  if (problems_.has_errors()) return;
  const cadre_status status = agent.observe(event, raw());
  if (status == CADRE_OK || status == CADRE_DISCARD) return;
  problems_.error("PROBE_FAILED", base::Place::of(agent.manifest().library),
                  agent.spec().name + " (" + agent.declaration().id + " " +
                      agent.manifest().version.to_string() + ") was shown the state: observe answered " +
                      agent::with_reason(agent, status) + " at its event " + std::to_string(event.sequence),
                  "mend the agent");
}

void TrialBook::retire() {
  const auto end = [&](agent::LiveAgent& agent) {
    if (problems_.has_errors() || is_gone(agent)) return;
    const std::string how = agent::retire(agent);
    if (!how.empty())
      problems_.error("PROBE_FAILED", base::Place::of(agent.manifest().library), tried_text(agent) + how,
                      "mend the agent");
  };
  end(*subject_);
  for (const Provider& provider : providers_)
    end(*provider.agent);
}

/// A run decides nothing before every window is full; here the agent is asked all the same.
void TrialBook::warn_of_short_history() {
  const cadre_requirements need = subject_->requirements();
  struct History {
    const char* name;
    std::uint32_t asked, there;
  };
  const cadre_windows &sessions = raw().sessions, &bars = raw().bars;
  std::vector<std::string> missing;
  for (const History& each : {History{"session returns", need.sessions.returns, sessions.returns.rows},
                              {"session closes", need.sessions.closes, sessions.closes.rows},
                              {"session volumes", need.sessions.volumes, sessions.volumes.rows},
                              {"bar returns", need.bars.returns, bars.returns.rows},
                              {"bar closes", need.bars.closes, bars.closes.rows},
                              {"bar volumes", need.bars.volumes, bars.volumes.rows}}) {
    if (each.there < each.asked)
      missing.push_back(std::to_string(each.asked) + " " + each.name + " and gets " +
                        std::to_string(each.there));
  }
  if (missing.empty()) return;
  problems_.warning("TRY_SHORT_HISTORY", base::Place::of(options_.state.string()),
                    options_.agent + " asks for " + base::join(missing, ", for ") +
                        "; a run decides nothing before they are there",
                    "write more rows, oldest first, into /returns, or into /close and /volume");
}

void TrialBook::write_bar(const model::Bar& bar) {
  writer_.write_bar(bar);
  writer_.push(WindowId::closes, arena().column(ColumnId::close));
  if (bar.has_volume) writer_.push(WindowId::volumes, arena().column(ColumnId::volume));
  for (std::uint32_t i = 0; i < n(); ++i) {
    if (bar.valid[i] == 0) continue;
    (void)portfolio_.mark(i, base::Price::from_raw(bar.close_e9[i]), state_.universe.instruments[i]);
  }
}

/// Positions are simply there: bought at their mark, with the cash on top.
void TrialBook::take_positions() {
  std::optional<base::Money> before = state_.cash;
  for (std::uint32_t i = 0; i < n() && before; ++i) {
    const auto paid = base::notional(portfolio_.price(i), base::Quantity::from_raw(state_.quantity_e9[i]),
                                     state_.universe.instruments[i].multiplier);
    before = paid ? checked_add(*before, *paid) : std::nullopt;
  }
  if (before) {
    model::Portfolio bought(n(), *before);
    for (std::uint32_t i = 0; i < n() && before; ++i) {
      const model::Instrument& about = state_.universe.instruments[i];
      const base::Price price = portfolio_.price(i);
      const auto quantity = base::Quantity::from_raw(state_.quantity_e9[i]);
      if (price.raw() > 0 && !bought.mark(i, price, about)) before.reset();
      if (quantity.raw() != 0 && !bought.apply_fill({i, quantity, price, {}, {}}, about)) before.reset();
    }
    if (before) portfolio_ = bought;
  }
  if (!before)
    problems_.error("BOOK_OVERFLOW", base::Place::of(options_.state.string()),
                    "the value of the positions no longer fits the books, which end at 9.2 million million",
                    "use smaller quantities");
  for (const TrialState::OpenOrder& open : state_.open_orders)
    tracker_.add(open.order, CADRE_ORDER_NEW, 0);
}

void TrialBook::write_views() {
  if (state_.has_views) {
    for (std::uint32_t i = 0; i < n(); ++i) {
      arena().column(ColumnId::score)[i] = state_.score[i];
      arena().column(ColumnId::confidence)[i] = state_.confidence[i];
      arena().valid(ColumnId::score)[i] = std::isfinite(state_.score[i]);
    }
    arena().head().has_views = 1;
  }
  std::copy(state_.signals.begin(), state_.signals.end(), arena().signals().begin());
  arena().head().signal_count = state_.signals.size();
}

void TrialBook::refresh(std::uint64_t sequence, std::int64_t time_ns) {
  writer_.show({sequence, time_ns, base::date_of_time(time_ns)}, portfolio_, model::no_execution_yet());
}

void TrialBook::load_state() {
  agent::SavedState saved{options_.agent, subject_->declaration().state_schema, 1, {}, state_.agent_state};
  for (const model::Instrument& i : state_.universe.instruments)
    saved.instruments.push_back(i.id);
  problems_.append(subject_->load_state(saved));
}

void TrialBook::activate() {
  for (const Provider& p : providers_)
    (void)p.agent->activate();
  if (subject_->activate() != CADRE_OK)
    problems_.error("AGENT_ACTIVATE", base::Place::of("agent try"), options_.agent + " refused to activate");
}

void TrialBook::publish() {
  for (std::size_t place = 0; place < providers_.size(); ++place) {
    Provider& p = providers_[place];
    double* room = arena().service(static_cast<std::uint32_t>(place));
    cadre_service_output out{sizeof(cadre_service_output), n(),    n(), 0, room,
                             arena().service_stride(),     nullptr};
    raw().services = nullptr;
    raw().service_count = 0;
    const cadre_status status = p.agent->table<cadre_service_provider>().publish(
        p.agent->self(), &raw(), {p.service.data(), p.service.size()}, &out);
    if (status != CADRE_OK) out.observations = 0;
    p.view.id = model::make_id(p.service);
    p.view.matrix = {arena().memory().shown(room), n(), n(), out.stride};
    p.view.observations = out.observations;
  }
  for (const agent::ServiceNeed& need : subject_->declaration().needs) {
    cadre_service service{};
    for (const Provider& p : providers_) {
      if (p.service == need.service) service = p.view;
    }
    services_.push_back(service);
  }
  raw().services = services_.data();
  raw().service_count = services_.size();
}

}  // namespace cadre::trial
