#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "cadre/cpp/config.hpp"
#include "cadre/state.h"

namespace cadre::sdk {

using Column = Eigen::Map<const Eigen::ArrayXd>;
using Weights = Eigen::Map<const Eigen::VectorXd>;
/// Periods in columns, oldest first: window.col(t)(i) is instrument i in period t.
using Window = Eigen::Map<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;
using Matrix = Eigen::Map<const Eigen::MatrixXd, 0, Eigen::OuterStride<>>;

/// The history of one kind of period, as far as it was asked for in the requirements.
class Windows {
 public:
  explicit Windows(const cadre_windows& raw) : raw_(&raw) {}

  Window returns() const { return window(raw_->returns); }
  Window closes() const { return window(raw_->closes); }
  Window volumes() const { return window(raw_->volumes); }
  /// The newest row of returns; there has to be one.
  Column newest_returns() const { return newest(raw_->returns); }

 private:
  static Window window(const cadre_window& w) {
    return Window(w.values, w.columns, w.rows, Eigen::OuterStride<>(static_cast<Eigen::Index>(w.stride)));
  }
  static Column newest(const cadre_window& w) {
    return Column(w.values + (w.rows - 1) * w.stride, static_cast<Eigen::Index>(w.columns));
  }

  const cadre_windows* raw_;
};

/// The execution state with Eigen's eyes. A view of a view: copies nothing, valid until the call returns.
class State {
 public:
  explicit State(const cadre_execution_state& raw) : raw_(&raw) {}

  const cadre_execution_state& raw() const { return *raw_; }
  Eigen::Index size() const { return static_cast<Eigen::Index>(raw_->instrument_count); }
  const cadre_instrument& instrument(Eigen::Index i) const {
    return *cadre_instrument_at(raw_, static_cast<std::uint32_t>(i));
  }
  std::string_view id(Eigen::Index i) const { return view_of(instrument(i).id); }

  Column price() const { return Column(raw_->price.values, size()); }
  bool has_price(Eigen::Index i) const { return raw_->price.valid[i] != 0; }
  /// Quotes at the close of the bar that just closed; the data may have none, and an instrument may lack one.
  bool has_quotes() const {
    return raw_->size >= offsetof(cadre_execution_state, ask) + sizeof raw_->ask &&
           raw_->ask.values != nullptr;
  }
  Column bid() const { return Column(raw_->bid.values, size()); }
  Column ask() const { return Column(raw_->ask.values, size()); }
  bool has_bid(Eigen::Index i) const { return has_quotes() && raw_->bid.valid[i] != 0; }
  bool has_ask(Eigen::Index i) const { return has_quotes() && raw_->ask.valid[i] != 0; }
  /// Likewise at its open.
  bool has_opening_quotes() const {
    return raw_->size >= offsetof(cadre_execution_state, opening_ask) + sizeof raw_->opening_ask &&
           raw_->opening_ask.values != nullptr;
  }
  Column opening_bid() const { return Column(raw_->opening_bid.values, size()); }
  Column opening_ask() const { return Column(raw_->opening_ask.values, size()); }
  /// How long a bar is, in nanoseconds; 0: not known.
  std::int64_t bar_period_ns() const {
    const bool is_there =
        raw_->size >= offsetof(cadre_execution_state, bar_period_ns) + sizeof raw_->bar_period_ns;
    return is_there ? raw_->bar_period_ns : 0;
  }
  Weights weight() const { return Weights(raw_->weight, size()); }
  Column score() const { return Column(raw_->score.values, size()); }
  bool has_score(Eigen::Index i) const { return raw_->score.values != nullptr && raw_->score.valid[i] != 0; }

  /// History with one row per trading session, and with one per bar.
  Windows sessions() const { return Windows(raw_->sessions); }
  Windows bars() const { return Windows(raw_->bars); }

  /// Service number `place` of the manifest's `requires`, or an empty matrix when there are no values yet.
  Matrix service(std::uint64_t place) const {
    if (place >= raw_->service_count) return Matrix(nullptr, 0, 0, Eigen::OuterStride<>(0));
    const cadre_service& service = *cadre_service_at(raw_, place);
    if (service.observations == 0 || service.matrix.values == nullptr) {
      return Matrix(nullptr, 0, 0, Eigen::OuterStride<>(0));
    }
    return Matrix(service.matrix.values, service.matrix.rows, service.matrix.columns,
                  Eigen::OuterStride<>(static_cast<Eigen::Index>(service.matrix.stride)));
  }

  bool long_only() const { return (raw_->constraints->flags & CADRE_LONG_ONLY) != 0; }

 private:
  const cadre_execution_state* raw_;
};

/// Targets to change in place, with reasons.
class Targets {
 public:
  explicit Targets(cadre_targets& raw)
      : raw_(&raw), weight(raw.weight, static_cast<Eigen::Index>(raw.instrument_count)) {}

  void set(Eigen::Index i, double target, std::uint32_t code, double value) {
    weight[i] = target;
    raw_->reasons[i].code = code;
    raw_->reasons[i].value = value;
  }

 private:
  cadre_targets* raw_;

 public:
  Eigen::Map<Eigen::VectorXd> weight;
};

}  // namespace cadre::sdk
