#include "host/trial/trial_book.hpp"
#include "host/model/bar.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "cadre/cadre.h"
#include "host/base/date.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/model/order.hpp"

namespace cadre::trial {

namespace json = boost::json;
using model::ColumnId;
using model::IntegerColumnId;
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
      catalog_(agent::Catalog::discover(options.agent_folders)),
      store_(temporary_.path()) {}

void TrialBook::prepare() {
  subject_ = make(options_.agent, options_.config, "agent");
  make_services();
  if (problems_.has_errors()) return;
  build_arena();
  feed();
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
  auto copy = store_.adopt(*entry->manifest);
  problems_.append(copy.problems());
  if (!copy) return nullptr;
  auto library = agent::Library::load(*copy, entry->manifest);
  problems_.append(library.problems());
  if (!library) return nullptr;
  const agent::InstanceSpec spec{
      name, "try", base::canonical(base::with_defaults(settings, entry->agent->config_schema)), 1, false};
  auto live = agent::LiveAgent::create(*library, *entry, spec, at);
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
    providers_.push_back({*service, live, std::vector<double>(std::size_t{n()} * n(), 0), {}});
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
  for (const Provider& p : providers_) {
    need.returns_rows = std::max(need.returns_rows, p.agent->requirements().returns_rows);
    need.closes_rows = std::max(need.closes_rows, p.agent->requirements().closes_rows);
    need.volumes_rows = std::max(need.volumes_rows, p.agent->requirements().volumes_rows);
  }
  arena_ = std::make_unique<model::Arena>(
      state_.universe,
      model::ArenaShape{n(), need.returns_rows, need.closes_rows, need.volumes_rows, 16 * n() + 256, 0});
  model::ArenaHead& head = arena_->head();
  head.constraints = {sizeof(cadre_constraints), state_.long_only ? std::uint32_t{CADRE_LONG_ONLY} : 0u, 1, 1,
                      1};
  head.periods_per_year = state_.periods_per_year;
  view_.bind(arena_->memory().data, book_, state_.currency);
}

/// Shows every period, oldest first, to providers and agent, so that they learn as they would in a run.
void TrialBook::feed() {
  const std::size_t rows = std::max(state_.returns.size(), state_.bars.size());
  std::vector<double> before(n(), std::nan("")), change(n());
  std::vector<std::uint8_t> valid(n());
  for (std::size_t r = 0; r < rows; ++r) {
    const bool last = r + 1 == rows;
    // Bars and rows of returns end together.
    const bool has_bar = r + state_.bars.size() >= rows;
    const std::size_t b = r + state_.bars.size() - rows;
    if (has_bar) write_bar(state_.bars[b]);
    const bool has_returns = r + state_.returns.size() >= rows && !state_.returns.empty();
    for (std::uint32_t i = 0; i < n(); ++i) {
      const double close = has_bar ? arena_->column(ColumnId::close)[i] : std::nan("");
      change[i] = has_returns ? state_.returns[r + state_.returns.size() - rows][i] : close / before[i] - 1;
      valid[i] = std::isfinite(change[i]);
      if (std::isfinite(close)) before[i] = close;
    }
    const bool any = std::any_of(valid.begin(), valid.end(), [](std::uint8_t v) { return v != 0; });
    if (has_returns || any) arena_->push_row(WindowId::returns, change, valid);
    if (last) write_portfolio();
    refresh(r + 1, has_bar ? state_.bars[b].time_ns : state_.time_ns);
    const cadre_event event{sizeof(cadre_event), CADRE_EVENT_BAR, r + 1, raw().time_ns, nullptr};
    const bool bar_happened = has_bar || has_returns;
    for (Provider& p : providers_) {
      if (bar_happened) p.agent->observe(event, raw());
    }
    const bool environment = subject_->declaration().role == CADRE_ROLE_EXECUTION_ENVIRONMENT;
    if (bar_happened && state_.agent_state.empty() && !(environment && last)) subject_->observe(event, raw());
  }
  for (const cadre_signal& signal : state_.signals) {
    const cadre_event event{sizeof(cadre_event), CADRE_EVENT_SIGNAL, rows + 1, signal.time_ns, &signal};
    subject_->observe(event, raw());
  }
}

void TrialBook::write_bar(const model::Bar& bar) {
  model::ArenaHead& head = arena_->head();
  head.has_intraday_prices = bar.has_intraday;
  head.has_volume = bar.has_volume;
  const auto write = [&](ColumnId id, const std::vector<std::int64_t>& source) {
    for (std::uint32_t i = 0; i < n(); ++i) {
      arena_->valid(id)[i] = bar.valid[i];
      arena_->column(id)[i] = bar.valid[i] != 0 ? static_cast<double>(source[i]) * 1e-9 : std::nan("");
    }
  };
  if (bar.has_intraday) {
    write(ColumnId::open, bar.open_e9);
    write(ColumnId::high, bar.high_e9);
    write(ColumnId::low, bar.low_e9);
  }
  write(ColumnId::close, bar.close_e9);
  for (std::uint32_t i = 0; i < n() && bar.has_volume; ++i) {
    arena_->valid(ColumnId::volume)[i] = bar.valid[i];
    arena_->column(ColumnId::volume)[i] = bar.volume[i];
  }
  arena_->push_row(WindowId::closes, arena_->column(ColumnId::close), arena_->valid(ColumnId::close));
  if (bar.has_volume)
    arena_->push_row(WindowId::volumes, arena_->column(ColumnId::volume), arena_->valid(ColumnId::volume));
  for (std::uint32_t i = 0; i < n(); ++i) {
    if (bar.valid[i] == 0) continue;
    arena_->valid(ColumnId::price)[i] = 1;
    arena_->column(ColumnId::price)[i] = arena_->column(ColumnId::close)[i];
    (void)portfolio_.mark(i, base::Price::from_raw(bar.close_e9[i]), state_.universe.instruments[i]);
  }
}

void TrialBook::write_portfolio() {
  // Positions are simply there: bought at their mark, with cash on top.
  for (std::uint32_t i = 0; i < n(); ++i) {
    if (state_.quantity_e9[i] == 0) continue;
    const auto value = base::notional(portfolio_.price(i), base::Quantity::from_raw(state_.quantity_e9[i]),
                                      state_.universe.instruments[i].multiplier);
    equity_ += value ? value->to_double() : 0;
  }
  equity_ += state_.cash.to_double();
  for (std::uint32_t i = 0; i < n(); ++i) {
    const double unit =
        portfolio_.price(i).to_double() * state_.universe.instruments[i].multiplier.to_double();
    arena_->integers(IntegerColumnId::quantity)[i] = state_.quantity_e9[i];
    arena_->column(ColumnId::weight)[i] =
        equity_ > 0 ? static_cast<double>(state_.quantity_e9[i]) * 1e-9 * unit / equity_ : 0;
  }
  for (const TrialState::OpenOrder& open : state_.open_orders) {
    const std::uint32_t i = open.order.instrument;
    const bool buy = open.order.side == CADRE_SIDE_BUY;
    arena_->integers(buy ? IntegerColumnId::working_buy : IntegerColumnId::working_sell)[i] +=
        open.order.quantity_e9;
    const double unit =
        portfolio_.price(i).to_double() * state_.universe.instruments[i].multiplier.to_double();
    if (equity_ > 0)
      arena_->column(ColumnId::working_weight)[i] +=
          (buy ? 1 : -1) * static_cast<double>(open.order.quantity_e9) * 1e-9 * unit / equity_;
  }
  if (state_.has_views) {
    for (std::uint32_t i = 0; i < n(); ++i) {
      arena_->column(ColumnId::score)[i] = state_.score[i];
      arena_->column(ColumnId::confidence)[i] = state_.confidence[i];
      arena_->valid(ColumnId::score)[i] = std::isfinite(state_.score[i]);
    }
    arena_->head().has_views = 1;
  }
  std::copy(state_.signals.begin(), state_.signals.end(), arena_->signals().begin());
  arena_->head().signal_count = state_.signals.size();
}

void TrialBook::refresh(std::uint64_t sequence, std::int64_t time_ns) {
  model::ArenaHead& head = arena_->head();
  head.sequence = sequence;
  head.time_ns = time_ns;
  head.session_date = base::date_of_time(time_ns);
  head.equity = equity_ > 0 ? equity_ : state_.cash.to_double();
  head.cash = state_.cash.to_double();
  view_.refresh();
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
  for (Provider& p : providers_) {
    cadre_service_output out{sizeof(cadre_service_output), n(), n(), 0, p.room.data(), n(), nullptr};
    raw().services = nullptr;
    raw().service_count = 0;
    const cadre_status status = p.agent->table<cadre_service_provider>().publish(
        p.agent->self(), &raw(), {p.service.data(), p.service.size()}, &out);
    if (status != CADRE_OK) out.observations = 0;
    p.view.id = model::make_id(p.service);
    p.view.matrix = {out.lent != nullptr ? out.lent : p.room.data(), n(), n(), out.stride};
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
