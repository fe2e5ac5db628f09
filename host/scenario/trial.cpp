#include "host/scenario/trial.hpp"

#include <sodium.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "cadre/cadre.h"
#include "host/agent/live_agent.hpp"
#include "host/agent/store.hpp"
#include "host/base/date.hpp"
#include "host/base/schema.hpp"
#include "host/base/text.hpp"
#include "host/chain/waterfall.hpp"
#include "host/model/arena.hpp"
#include "host/model/order.hpp"
#include "host/model/portfolio.hpp"
#include "host/model/quantity.hpp"
#include "host/scenario/prepared_run.hpp"
#include "host/scenario/trial_state.hpp"

namespace cadre::scenario {

namespace json = boost::json;
using model::ColumnId;
using model::IntegerColumnId;
using model::WindowId;

namespace {

json::value number(double value) {
  return std::isfinite(value) ? json::value(value) : json::value(nullptr);
}

json::array numbers(std::span<const double> values) {
  json::array array;
  for (const double value : values)
    array.push_back(number(value));
  return array;
}

std::string base64(const std::string& bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminator
  return text;
}

/// "covariance" and "cadre.covariance/1" name the same service.
bool names_service(const std::string& name, const std::string& service) {
  return name == service || "cadre." + name + "/1" == service;
}

class Trial {
 public:
  Trial(const TrialOptions& options, TrialState state)
      : options_(options),
        state_(std::move(state)),
        catalog_(agent::Catalog::discover(options.agent_folders)),
        store_(temporary_.path()),
        portfolio_(state_.universe.size(), state_.cash) {}

  base::Result<json::object> run() {
    subject_ = make(options_.agent, options_.config, "agent");
    make_services();
    if (problems_.has_errors()) return problems_;
    build_arena();
    feed();
    if (!state_.agent_state.empty()) load_state();
    if (problems_.has_errors()) return problems_;
    activate();
    publish();
    json::object out;
    out["status"] = agent::status_name(decide(out));
    save_state(out);
    if (problems_.has_errors()) return problems_;
    return {std::move(out), problems_};
  }

 private:
  struct Provider {
    std::string service;
    std::shared_ptr<agent::LiveAgent> agent;
    std::vector<double> room;
    cadre_service view{};
  };

  std::uint32_t n() const { return static_cast<std::uint32_t>(state_.universe.size()); }
  cadre_execution_state& raw() { return view_.raw; }

  std::shared_ptr<agent::LiveAgent> make(const std::string& id, const std::filesystem::path& file,
                                         const std::string& name) {
    const base::Place at{file.empty() ? "agent try" : file.string(), 0, 0, ""};
    auto entry = catalog_.find(id, *agent::VersionRange::parse("*"), {"agent try", 0, 0, ""});
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

  void make_services() {
    for (const std::string& text : options_.services) {
      const std::size_t equals = text.find('=');
      if (equals == std::string::npos) {
        problems_.error("TRY_BAD_SERVICE", {"--service", 0, 0, ""},
                        base::quote(text) + " is not NAME=AGENT[:FILE]",
                        "for example covariance=cadre.sample_covariance");
        continue;
      }
      const std::string name = text.substr(0, equals);
      const std::string agent = text.substr(equals + 1, text.find(':', equals) - equals - 1);
      const std::size_t colon = text.find(':', equals);
      auto live = make(agent,
                       colon == std::string::npos ? std::filesystem::path()
                                                  : std::filesystem::path(text.substr(colon + 1)),
                       name);
      if (live == nullptr) continue;
      const auto& provides = live->declaration().provides;
      const auto service = std::find_if(provides.begin(), provides.end(),
                                        [&](const std::string& s) { return names_service(name, s); });
      if (service == provides.end()) {
        problems_.error(
            "TRY_BAD_SERVICE", {"--service", 0, 0, ""}, agent + " does not provide " + base::quote(name),
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
        problems_.error("CHAIN_SERVICE_UNMET", {"agent try", 0, 0, ""},
                        options_.agent + " requires the service " + need.service,
                        "give it with --service " + need.service + "=AGENT");
      }
    }
  }

  void build_arena() {
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
    head.constraints = {sizeof(cadre_constraints), state_.long_only ? std::uint32_t{CADRE_LONG_ONLY} : 0u, 1,
                        1, 1};
    head.periods_per_year = state_.periods_per_year;
    view_.bind(arena_->memory().data, book_, state_.currency);
  }

  /// Shows every period, oldest first, to providers and agent, so that they learn as they would in a run.
  void feed() {
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
      if (bar_happened && state_.agent_state.empty() && !(environment && last))
        subject_->observe(event, raw());
    }
    for (const cadre_signal& signal : state_.signals) {
      const cadre_event event{sizeof(cadre_event), CADRE_EVENT_SIGNAL, rows + 1, signal.time_ns, &signal};
      subject_->observe(event, raw());
    }
  }

  void write_bar(const journal::BarRecord& bar) {
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

  void write_portfolio() {
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

  void refresh(std::uint64_t sequence, std::int64_t time_ns) {
    model::ArenaHead& head = arena_->head();
    head.sequence = sequence;
    head.time_ns = time_ns;
    head.session_date = base::date_of_time(time_ns);
    head.equity = equity_ > 0 ? equity_ : state_.cash.to_double();
    head.cash = state_.cash.to_double();
    view_.refresh();
  }

  void load_state() {
    agent::SavedState saved{options_.agent, subject_->declaration().state_schema, 1, {}, state_.agent_state};
    for (const model::Instrument& i : state_.universe.instruments)
      saved.instruments.push_back(i.id);
    problems_.append(subject_->load_state(saved));
  }

  void activate() {
    for (const Provider& p : providers_)
      (void)p.agent->activate();
    if (subject_->activate() != CADRE_OK)
      problems_.error("AGENT_ACTIVATE", {"agent try", 0, 0, ""}, options_.agent + " refused to activate");
  }

  void publish() {
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

  cadre_status decide(json::object& out);
  cadre_status decide_risk(json::object& out);
  cadre_status decide_correlation(json::object& out);
  cadre_status decide_rules(json::object& out);
  cadre_status execute(json::object& out);
  cadre_status publish_subject(json::object& out);

  void write_targets(json::object& out) {
    out["target_weight"] = numbers(target_);
    json::array reasons;
    for (std::uint32_t i = 0; i < n(); ++i) {
      if (reasons_[i].code == 0) continue;
      reasons.push_back({{"instrument", state_.universe.instruments[i].id},
                         {"code", reasons_[i].code},
                         {"reason", chain::reason_name(reasons_[i].code)},
                         {"value", number(reasons_[i].value)}});
    }
    out["reasons"] = reasons;
  }

  void save_state(json::object& out) {
    if (!subject_->has_state()) return;
    std::vector<std::string> ids;
    for (const model::Instrument& i : state_.universe.instruments)
      ids.push_back(i.id);
    auto saved = subject_->save_state(1, ids);
    problems_.append(saved.problems());
    if (saved) out["agent_state"] = base64(saved->bytes);
  }

  const TrialOptions& options_;
  TrialState state_;
  agent::Catalog catalog_;
  TemporaryFolder temporary_;
  agent::Store store_;
  base::Problems problems_;
  std::string book_ = "try";
  model::Portfolio portfolio_;
  double equity_ = 0;
  std::unique_ptr<model::Arena> arena_;
  model::StateView view_;
  std::shared_ptr<agent::LiveAgent> subject_;
  std::vector<Provider> providers_;
  std::vector<cadre_service> services_;
  std::vector<double> target_;
  std::vector<cadre_reason> reasons_;
};

cadre_status Trial::decide(json::object& out) {
  const std::string& role = subject_->declaration().role;
  void* self = subject_->self();
  const auto weight = arena_->column(ColumnId::weight);
  target_.assign(weight.begin(), weight.end());
  if (state_.has_target) target_ = state_.target_weight;
  reasons_.assign(n(), {});
  cadre_targets targets{sizeof(cadre_targets), n(), target_.data(), reasons_.data()};

  if (role == CADRE_ROLE_SIGNAL_SOURCE) {
    std::vector<cadre_signal> signals(16 * n() + 256);
    cadre_signal_list list{
        sizeof(cadre_signal_list), 0, signals.data(), sizeof(cadre_signal), signals.size(), 0};
    const cadre_status status = subject_->table<cadre_signal_source>().generate_signals(self, &raw(), &list);
    const std::uint64_t needed = list.needed;
    json::array array;
    for (std::uint64_t k = 0; k < std::min<std::uint64_t>(needed, signals.size()) && status == CADRE_OK;
         ++k) {
      const cadre_signal& s = signals[k];
      array.push_back(
          {{"strategy", std::string(model::id_text(s.strategy))},
           {"instrument", s.instrument < n() ? state_.universe.instruments[s.instrument].id : "?"},
           {"direction", s.direction},
           {"strength", number(s.strength)},
           {"confidence", number(s.confidence)},
           {"horizon_days", number(s.horizon_days)},
           {"time", base::format_time(s.time_ns)}});
    }
    out["signals"] = array;
    return status;
  }
  if (role == CADRE_ROLE_SIGNAL_AGGREGATOR) {
    std::vector<double> score(n(), std::nan("")), confidence(n(), std::nan(""));
    std::vector<std::uint8_t> valid(n(), 0);
    cadre_views views{sizeof(cadre_views), n(), score.data(), confidence.data(), valid.data()};
    const cadre_status status =
        subject_->table<cadre_signal_aggregator>().aggregate_signals(self, &raw(), &views);
    for (std::uint32_t i = 0; i < n(); ++i) {
      if (valid[i] == 0) score[i] = confidence[i] = std::nan("");
    }
    out["views"] = json::object{{"score", numbers(score)}, {"confidence", numbers(confidence)}};
    return status;
  }
  if (role == CADRE_ROLE_RISK_MANAGER) return decide_risk(out);
  if (role == CADRE_ROLE_CORRELATION_ADJUSTER) return decide_correlation(out);
  if (role == CADRE_ROLE_EXECUTION_RULES) return decide_rules(out);
  if (role == CADRE_ROLE_EXECUTION_ENVIRONMENT) return execute(out);
  if (role == CADRE_ROLE_COVARIANCE_ESTIMATOR || role == CADRE_ROLE_SERVICE_PROVIDER)
    return publish_subject(out);

  cadre_status status = CADRE_UNSUPPORTED;
  if (role == CADRE_ROLE_POSITION_SIZER)
    status = subject_->table<cadre_position_sizer>().propose_trades(self, &raw(), &targets);
  if (role == CADRE_ROLE_PORTFOLIO_OPTIMIZER)
    status = subject_->table<cadre_portfolio_optimizer>().optimize_targets(self, &raw(), &targets);
  if (role == CADRE_ROLE_TRADE_ADJUSTER)
    status = subject_->table<cadre_trade_adjuster>().adjust_trades(self, &raw(), &targets);
  write_targets(out);
  return status;
}

cadre_status Trial::decide_risk(json::object& out) {
  const auto& table = subject_->table<cadre_risk_manager>();
  std::vector<double> component(n(), 0);
  std::vector<cadre_limit_use> limits(64);
  const double nan = std::nan("");
  cadre_risk_report report{sizeof(cadre_risk_report),
                           0,
                           nan,
                           nan,
                           nan,
                           component.data(),
                           limits.data(),
                           static_cast<std::uint32_t>(limits.size()),
                           0,
                           n(),
                           0};
  cadre_status status = table.analyze_risk(subject_->self(), &raw(), target_.data(), &report);
  if (status != CADRE_OK) return status;
  json::array uses;
  for (std::uint32_t k = 0; k < std::min(report.limit_count, report.limit_capacity); ++k) {
    const cadre_limit_use& use = limits[k];
    json::object row{{"limit", std::string(model::id_text(use.name))},
                     {"value", number(use.value)},
                     {"maximum", number(use.limit)},
                     {"hard", (use.flags & CADRE_LIMIT_HARD) != 0}};
    if (use.instrument < n()) row["instrument"] = state_.universe.instruments[use.instrument].id;
    uses.push_back(row);
  }
  out["report"] = json::object{{"acceptable", report.acceptable == CADRE_ACCEPTABLE},
                               {"volatility", number(report.volatility)},
                               {"value_at_risk", number(report.value_at_risk)},
                               {"expected_shortfall", number(report.expected_shortfall)},
                               {"component_risk", numbers(component)},
                               {"limits", uses}};
  cadre_targets targets{sizeof(cadre_targets), n(), target_.data(), reasons_.data()};
  if (report.acceptable != CADRE_ACCEPTABLE)
    status = table.adjust_trades(subject_->self(), &raw(), &report, &targets);
  write_targets(out);
  return status;
}

cadre_status Trial::decide_correlation(json::object& out) {
  const auto& table = subject_->table<cadre_correlation_adjuster>();
  std::vector<cadre_pair> pairs(std::size_t{n()} * n() / 2 + 1);
  cadre_correlation_report report{
      sizeof(cadre_correlation_report),         0, std::nan(""), std::nan(""), pairs.data(),
      static_cast<std::uint32_t>(pairs.size()), 0};
  cadre_status status = table.analyze_correlations(subject_->self(), &raw(), target_.data(), &report);
  if (status != CADRE_OK) return status;
  json::array rows;
  for (std::uint32_t k = 0; k < std::min(report.pair_count, report.pair_capacity); ++k) {
    rows.push_back({{"first", state_.universe.instruments[pairs[k].first].id},
                    {"second", state_.universe.instruments[pairs[k].second].id},
                    {"correlation", number(pairs[k].correlation)}});
  }
  out["report"] = json::object{{"acceptable", report.acceptable == CADRE_ACCEPTABLE},
                               {"mean_correlation", number(report.mean_correlation)},
                               {"highest_correlation", number(report.highest_correlation)},
                               {"pairs", rows}};
  cadre_targets targets{sizeof(cadre_targets), n(), target_.data(), reasons_.data()};
  if (report.acceptable != CADRE_ACCEPTABLE)
    status = table.adjust_trades(subject_->self(), &raw(), &report, &targets);
  write_targets(out);
  return status;
}

cadre_status Trial::decide_rules(json::object& out) {
  std::vector<std::int64_t> need(n(), 0), price(n(), 0);
  const auto equity = base::Money::from_double(raw().equity).value_or(base::Money{});
  for (std::uint32_t i = 0; i < n(); ++i) {
    price[i] = portfolio_.price(i).raw();
    const std::int64_t working = arena_->integers(IntegerColumnId::working_buy)[i] -
                                 arena_->integers(IntegerColumnId::working_sell)[i];
    const auto held = base::Quantity::from_raw(state_.quantity_e9[i] + working);
    need[i] =
        model::target_quantity(target_[i], equity, portfolio_.price(i), state_.universe.instruments[i], held)
            .value_or(held)
            .raw() -
        held.raw();
  }
  std::vector<cadre_order> orders(n());
  const cadre_needs needs{sizeof(cadre_needs), n(), need.data(), price.data(), target_.data()};
  cadre_order_list list{sizeof(cadre_order_list), 0, orders.data(), sizeof(cadre_order), orders.size(), 0};
  const cadre_status status = subject_->table<cadre_execution_rules>().apply_rules(
      subject_->self(), &raw(), &needs, &list, reasons_.data());
  const std::uint64_t count = list.needed;
  json::array rows;
  for (std::uint64_t k = 0; k < std::min<std::uint64_t>(count, orders.size()) && status == CADRE_OK; ++k) {
    const cadre_order& o = orders[k];
    json::object row{{"instrument", o.instrument < n() ? state_.universe.instruments[o.instrument].id : "?"},
                     {"side", std::string(model::side_name(o.side))},
                     {"type", std::string(model::order_type_name(o.type))},
                     {"time_in_force", std::string(model::time_in_force_name(o.time_in_force))},
                     {"quantity", base::Quantity::from_raw(o.quantity_e9).to_double()}};
    if (o.limit_price_e9 != 0) row["limit_price"] = base::Price::from_raw(o.limit_price_e9).to_double();
    rows.push_back(row);
  }
  write_targets(out);
  out["orders"] = rows;
  return status;
}

cadre_status Trial::execute(json::object& out) {
  const auto& table = subject_->table<cadre_execution_environment>();
  json::array reports;
  const auto add = [&](const cadre_id& id, std::uint32_t status, std::int64_t quantity, std::int64_t price,
                       std::int64_t fees, std::uint32_t reason) {
    reports.push_back({{"order", std::string(model::id_text(id))},
                       {"status", std::string(model::order_status_name(status))},
                       {"quantity", base::Quantity::from_raw(quantity).to_double()},
                       {"price", base::Price::from_raw(price).to_double()},
                       {"fees", base::Money::from_raw(fees).to_double()},
                       {"reason", reason}});
  };
  cadre_status status = CADRE_OK;
  for (const TrialState::OpenOrder& open : state_.open_orders) {
    cadre_trade_result result{};
    result.size = sizeof result;
    status = table.execute_trade(subject_->self(), &open.order, &result);
    if (status != CADRE_OK) return status;
    add(open.order.client_id, result.status, result.filled_quantity_e9, result.average_price_e9,
        result.fees_e6, result.reason);
  }
  // The bar of the state is the one after the orders.
  const cadre_event event{sizeof(cadre_event), CADRE_EVENT_BAR, raw().sequence, raw().time_ns, nullptr};
  subject_->observe(event, raw());
  for (;;) {
    cadre_execution_report report{};
    report.size = sizeof report;
    if (table.next_report(subject_->self(), &report) != CADRE_OK) break;
    add(report.client_id, report.status, report.quantity_e9, report.price_e9, report.fees_e6, report.reason);
  }
  out["reports"] = reports;
  return status;
}

cadre_status Trial::publish_subject(json::object& out) {
  const auto& provides = subject_->declaration().provides;
  if (provides.empty()) return CADRE_UNSUPPORTED;
  std::vector<double> room(std::size_t{n()} * n(), 0);
  cadre_service_output output{sizeof(cadre_service_output), n(), n(), 0, room.data(), n(), nullptr};
  const cadre_status status = subject_->table<cadre_service_provider>().publish(
      subject_->self(), &raw(), {provides[0].data(), provides[0].size()}, &output);
  if (status != CADRE_OK) return status;
  const double* values = output.lent != nullptr ? output.lent : room.data();
  json::array matrix;
  for (std::uint32_t r = 0; r < n(); ++r) {
    json::array row;
    for (std::uint32_t c = 0; c < n(); ++c)
      row.push_back(number(values[std::min(r, c) * output.stride + std::max(r, c)]));  // the lower triangle
    matrix.push_back(row);
  }
  out["matrix"] = matrix;
  out["observations"] = output.observations;
  return status;
}

}  // namespace

base::Result<json::object> try_agent(const TrialOptions& options) {
  auto state = read_trial_state(options.state);
  if (!state) return state.problems();
  return Trial(options, std::move(state).take()).run();
}

}  // namespace cadre::scenario
