#include "cadre/testing/fake_state.hpp"

#include <cmath>

#include "cadre/cpp/config.hpp"

namespace cadre::testing {

namespace {

std::int64_t in_e9(double value) {
  return std::llround(value * 1e9);
}

}  // namespace

cadre_signal make_signal(std::uint32_t instrument, int direction, double strength, double confidence,
                         std::string_view strategy, double horizon_days, std::int64_t time_ns) {
  cadre_signal signal{};
  signal.size = sizeof signal;
  signal.instrument = instrument;
  signal.direction = direction;
  signal.strength = strength;
  signal.confidence = confidence;
  signal.horizon_days = horizon_days;
  signal.time_ns = time_ns;
  signal.strategy = sdk::id_of(strategy);
  return signal;
}

void FakeState::Column::set(Numbers numbers) {
  values = std::move(numbers);
  valid.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    valid[i] = std::isnan(values[i]) ? 0 : 1;
  exists = true;
}

cadre_column FakeState::Column::raw() const {
  return exists ? cadre_column{values.data(), valid.data()} : cadre_column{nullptr, nullptr};
}

void FakeState::Window::set(const Rows& all) {
  values.clear();
  valid.clear();
  rows = static_cast<std::uint32_t>(all.size());
  for (const Numbers& row : all) {
    for (const double value : row) {
      values.push_back(value);
      valid.push_back(std::isnan(value) ? 0 : 1);
    }
  }
}

cadre_window FakeState::Window::raw(std::uint32_t columns, std::uint32_t period) const {
  return cadre_window{values.data(), valid.data(), rows, columns, columns, period, 0};
}

cadre_windows FakeState::windows(std::uint32_t period) const {
  return {returns_.raw(size(), period), closes_.raw(size(), period), volumes_.raw(size(), period)};
}

FakeState::FakeState(std::vector<std::string> ids) : ids_(std::move(ids)), groups_(ids_.size()) {
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    cadre_instrument instrument{};
    instrument.size = sizeof instrument;
    instrument.currency = CADRE_TEXT("USD");
    instrument.time_zone = CADRE_TEXT("America/New_York");
    instrument.tick_e9 = 10'000'000;
    instrument.lot_e9 = 1'000'000'000;
    instrument.multiplier_e9 = 1'000'000'000;
    instrument.average_daily_volume = missing;
    instrument.borrow_rate = missing;
    instrument.margin_rate = missing;
    instruments_.push_back(instrument);
  }
  const std::size_t n = ids_.size();
  price_.set(Numbers(n, missing));
  weight_.assign(n, 0.0);
  working_weight_.assign(n, 0.0);
  quantity_.assign(n, 0);
  working_buy_.assign(n, 0);
  working_sell_.assign(n, 0);
  constraints(true);
  metrics_.size = sizeof metrics_;
  metrics_.mean_shortfall_bp = missing;
  metrics_.fees = missing;
  raw_.size = sizeof raw_;
  raw_.universe_epoch = 1;
  raw_.session_date = 20000103;
  raw_.periods_per_year = 252;
  raw_.sessions_per_year = 252;
  raw_.equity = 1'000'000;
  raw_.cash = 1'000'000;
  raw_.book = CADRE_TEXT("main");
  raw_.currency = CADRE_TEXT("USD");
}

FakeState& FakeState::at(std::int64_t time_ns, std::int32_t session_date) {
  raw_.time_ns = time_ns;
  raw_.session_date = session_date;
  return *this;
}
FakeState& FakeState::close(Numbers values) {
  close_.set(values);
  Numbers marks = price_.values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isnan(values[i])) marks[i] = values[i];
  }
  price_.set(std::move(marks));
  return *this;
}
FakeState& FakeState::open(Numbers values) {
  open_.set(std::move(values));
  return *this;
}
FakeState& FakeState::high(Numbers values) {
  high_.set(std::move(values));
  return *this;
}
FakeState& FakeState::low(Numbers values) {
  low_.set(std::move(values));
  return *this;
}
FakeState& FakeState::volume(Numbers values) {
  volume_.set(std::move(values));
  return *this;
}
FakeState& FakeState::returns(const Rows& rows) {
  returns_.set(rows);
  return *this;
}
FakeState& FakeState::closes(const Rows& rows) {
  closes_.set(rows);
  return *this;
}
FakeState& FakeState::volumes(const Rows& rows) {
  volumes_.set(rows);
  return *this;
}
FakeState& FakeState::weight(Numbers values) {
  weight_ = std::move(values);
  return *this;
}
FakeState& FakeState::quantity(const Numbers& units) {
  for (std::size_t i = 0; i < units.size(); ++i)
    quantity_[i] = in_e9(units[i]);
  return *this;
}
FakeState& FakeState::cash(double value) {
  raw_.cash = value;
  return *this;
}
FakeState& FakeState::equity(double value) {
  raw_.equity = value;
  return *this;
}
FakeState& FakeState::score(Numbers values, Numbers confidence) {
  if (confidence.empty()) {
    confidence = values;
    for (double& value : confidence)
      value = std::isnan(value) ? missing : 1.0;
  }
  score_.set(std::move(values));
  confidence_.set(std::move(confidence));
  return *this;
}
FakeState& FakeState::signals(std::vector<cadre_signal> values) {
  signals_ = std::move(values);
  return *this;
}
FakeState& FakeState::service(std::string_view id, const Rows& matrix, std::uint32_t observations) {
  Service service{std::string(id), {}, static_cast<std::uint32_t>(matrix.size()), observations};
  for (std::size_t column = 0; column < matrix.size(); ++column) {
    for (std::size_t row = 0; row < matrix.size(); ++row)
      service.values.push_back(row >= column ? matrix[row][column] : missing);
  }
  services_.push_back(std::move(service));
  return *this;
}
FakeState& FakeState::no_service(std::string_view id) {
  services_.push_back({std::string(id), {}, 0, 0});
  return *this;
}
FakeState& FakeState::clear_services() {
  services_.clear();
  return *this;
}
FakeState& FakeState::constraints(bool long_only, double max_gross, double max_net, double max_weight) {
  constraints_ = {sizeof constraints_, long_only ? std::uint32_t{CADRE_LONG_ONLY} : 0U, max_gross, max_net,
                  max_weight};
  return *this;
}
FakeState& FakeState::instrument(std::uint32_t i, double tick, double lot, double multiplier,
                                 std::string group) {
  groups_[i] = std::move(group);
  instruments_[i].tick_e9 = in_e9(tick);
  instruments_[i].lot_e9 = in_e9(lot);
  instruments_[i].multiplier_e9 = in_e9(multiplier);
  return *this;
}
FakeState& FakeState::periods_per_year(double value) {
  raw_.periods_per_year = value;
  raw_.sessions_per_year = value;
  return *this;
}
FakeState& FakeState::epoch(std::uint64_t value) {
  raw_.universe_epoch = value;
  return *this;
}

FakeState& set_quotes(FakeState& state, Numbers bid, Numbers ask, Numbers opening_bid, Numbers opening_ask) {
  const auto set = [](auto& column, Numbers numbers) {
    column = {};
    if (!numbers.empty()) column.set(std::move(numbers));
  };
  set(state.bid_, std::move(bid));
  set(state.ask_, std::move(ask));
  set(state.opening_bid_, std::move(opening_bid));
  set(state.opening_ask_, std::move(opening_ask));
  return state;
}

FakeState& set_bar_period(FakeState& state, std::int64_t period_ns) {
  state.raw_.bar_period_ns = period_ns;
  return state;
}

const cadre_execution_state& FakeState::raw() const {
  // Linked anew every time, for the state may have moved.
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    instruments_[i].id = sdk::text_of(ids_[i]);
    instruments_[i].group = sdk::text_of(groups_[i]);
  }
  raw_.instrument_count = size();
  raw_.instruments = instruments_.data();
  raw_.instrument_stride = sizeof(cadre_instrument);
  raw_.open = open_.raw();
  raw_.high = high_.raw();
  raw_.low = low_.raw();
  raw_.close = close_.raw();
  raw_.volume = volume_.raw();
  raw_.price = price_.raw();
  raw_.bid = bid_.raw();
  raw_.ask = ask_.raw();
  raw_.opening_bid = opening_bid_.raw();
  raw_.opening_ask = opening_ask_.raw();
  raw_.score = score_.raw();
  raw_.confidence = confidence_.raw();
  raw_.weight = weight_.data();
  raw_.working_weight = working_weight_.data();
  raw_.quantity_e9 = quantity_.data();
  raw_.working_buy_e9 = working_buy_.data();
  raw_.working_sell_e9 = working_sell_.data();
  raw_.sessions = windows(CADRE_PERIOD_SESSION);
  raw_.bars = windows(CADRE_PERIOD_BAR);
  raw_.signals = signals_.data();
  raw_.signal_stride = sizeof(cadre_signal);
  raw_.signal_count = signals_.size();
  raw_services_.clear();
  for (const Service& service : services_) {
    const cadre_matrix matrix{service.rows == 0 ? nullptr : service.values.data(), service.rows, service.rows,
                              service.rows};
    raw_services_.push_back({sdk::id_of(service.id), matrix, service.observations, 0});
  }
  raw_.services = raw_services_.data();
  raw_.service_stride = sizeof(cadre_service);
  raw_.service_count = raw_services_.size();
  raw_.constraints = &constraints_;
  raw_.execution = &metrics_;
  return raw_;
}

FakeState& set_bars_per_session(FakeState& state, double bars) {
  state.raw_.periods_per_year = bars * state.raw_.sessions_per_year;
  return state;
}

FakeState& set_orders(FakeState& state, std::uint64_t orders) {
  state.metrics_.orders = orders;
  return state;
}

FakeState& set_short_collateral(FakeState& state, double money) {
  state.raw_.short_collateral = money;
  return state;
}

FakeState& set_borrow_rate(FakeState& state, std::uint32_t i, double per_year) {
  state.instruments_[i].borrow_rate = per_year;
  return state;
}

FakeState& set_margin_rate(FakeState& state, std::uint32_t i, double share) {
  state.instruments_[i].margin_rate = share;
  return state;
}

FakeState& set_margin_account(FakeState& state) {
  state.constraints_.flags |= CADRE_MARGIN_ACCOUNT;
  return state;
}

}  // namespace cadre::testing
