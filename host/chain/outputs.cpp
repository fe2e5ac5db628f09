#include "host/chain/outputs.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "host/base/decimal.hpp"
#include "host/base/invariant.hpp"
#include "host/base/json.hpp"
#include "host/base/text.hpp"
#include "host/model/order.hpp"

namespace cadre::chain {

namespace {

constexpr double slack = 1e-9;  // what the error of doubles may add to a sum that keeps its bound

std::string name_of(const cadre_execution_state& state, std::uint32_t i) {
  const cadre_string id = cadre_instrument_at(&state, i)->id;
  return {id.data, id.length};
}

/// "signal 3 of KO: confidence is 1.5, not from 0 to 1".
std::string of_entry(const char* what, std::size_t place, const cadre_execution_state& state,
                     std::uint32_t instrument, const std::string& fault) {
  const std::string of =
      instrument < state.instrument_count ? " of " + name_of(state, instrument) : std::string();
  return std::string(what) + " " + std::to_string(place + 1) + of + ": " + fault;
}

std::string too_small(std::uint32_t size, std::uint32_t least) {
  return "its size is " + std::to_string(size) + ", the ABI says " + std::to_string(least);
}

std::string no_room(const char* what, std::uint64_t given, std::size_t room) {
  return "it gave " + std::to_string(given) + " " + what + ", there is room for " + std::to_string(room);
}

std::string number(double value) {
  return base::format_double(value);
}

std::string no_instrument(std::uint32_t instrument, std::uint32_t count) {
  return "there is no instrument " + std::to_string(instrument) + ", the universe has " +
         std::to_string(count);
}

bool is_share(double value) {
  return value >= 0 && value <= 1;
}

std::string fault_of_signal(const cadre_signal& s, std::uint32_t instruments) {
  if (s.size < CADRE_SIGNAL_SIZE_MIN) return too_small(s.size, CADRE_SIGNAL_SIZE_MIN);
  if (s.instrument >= instruments) return no_instrument(s.instrument, instruments);
  if (s.direction < -1 || s.direction > 1)
    return "direction is " + std::to_string(s.direction) + ", not -1, 0 or 1";
  if (!(std::isfinite(s.strength) && s.strength >= 0))
    return "strength is " + number(s.strength) + ", not a number from 0 on";
  if (!is_share(s.confidence)) return "confidence is " + number(s.confidence) + ", not from 0 to 1";
  if (!(std::isfinite(s.horizon_days) && s.horizon_days > 0))
    return "horizon_days is " + number(s.horizon_days) + ", not above 0";
  if (s.reserved != 0) return "reserved is not 0";
  return {};
}

/// How far a book may go in one direction: to the bound, or to where it is already.
double reach(double bound, double now) {
  return std::max(bound, std::fabs(now)) + slack;
}

/// Whether the weights stay inside, or go no farther out than the book at `current` is.
bool keeps_constraints(std::span<const double> weight, std::span<const double> current,
                       const config::ConstraintsConfig& bounds) {
  double gross = 0, net = 0, gross_now = 0, net_now = 0;
  bool inside = true;
  for (std::size_t i = 0; i < weight.size(); ++i) {
    const double w = weight[i];
    const double now = current[i];
    gross += std::fabs(w);
    net += w;
    gross_now += std::fabs(now);
    net_now += now;
    inside = inside && std::fabs(w) <= reach(bounds.max_weight, now);
    inside = inside && (!bounds.long_only || w >= std::min(0.0, now) - slack);
  }
  return inside && gross <= reach(bounds.max_gross_exposure, gross_now) &&
         std::fabs(net) <= reach(bounds.max_net_exposure, net_now);
}

}  // namespace

std::string fault_of_reason(const cadre_reason& reason) {
  const bool known = reason.code <= CADRE_REASON_TRADING_STATE || reason.code >= CADRE_REASON_FIRST_PLUGIN;
  if (!known) return "reason " + std::to_string(reason.code) + " is one of the host's, which has no such";
  if (!std::isfinite(reason.value)) return "the value of its reason is " + number(reason.value);
  return reason.reserved == 0 ? std::string() : "reserved of its reason is not 0";
}

bool all_finite(std::span<const double> values) {
  // Zero times anything finite is zero; times anything else it is NaN.
  double sum = 0;
  for (const double value : values)
    sum += value * 0.0;
  return sum == 0;
}

std::string fault_of_signals(const cadre_execution_state& state, std::span<const cadre_signal> offered,
                             std::uint64_t given) {
  if (given > offered.size()) return no_room("signals", given, offered.size());
  for (std::size_t k = 0; k < given; ++k) {
    std::string fault = fault_of_signal(offered[k], state.instrument_count);
    if (!fault.empty()) return of_entry("signal", k, state, offered[k].instrument, fault);
  }
  return {};
}

std::string fault_of_views(const cadre_execution_state& state, const cadre_views& views) {
  for (std::uint32_t i = 0; i < views.instrument_count; ++i) {
    if (views.valid[i] == 0) continue;
    if (views.valid[i] != 1)
      return "valid of " + name_of(state, i) + " is " + std::to_string(views.valid[i]) + ", not 0 or 1";
    if (!std::isfinite(views.score[i]))
      return "the score of " + name_of(state, i) + " is " + number(views.score[i]);
    if (!is_share(views.confidence[i]))
      return "the confidence in " + name_of(state, i) + " is " + number(views.confidence[i]) +
             ", not from 0 to 1";
  }
  return {};
}

std::string fault_of_targets(const cadre_execution_state& state, const cadre_targets& targets,
                             std::span<const double> current, const config::ConstraintsConfig& bounds) {
  const std::span<const double> weight{targets.weight, current.size()};
  for (std::uint32_t i = 0; i < weight.size(); ++i) {
    std::string fault = fault_of_reason(targets.reasons[i]);
    if (!fault.empty()) return name_of(state, i) + ": " + fault;
  }
  if (all_finite(weight) && keeps_constraints(weight, current, bounds)) return {};
  double gross = 0, net = 0, gross_now = 0;
  for (std::uint32_t i = 0; i < weight.size(); ++i) {
    const double w = weight[i];
    std::string of = "the target of " + name_of(state, i) + " is " + number(w);
    if (!std::isfinite(w)) return of;
    if (bounds.long_only && w < std::min(0.0, current[i]) - slack) return of + ", and the book is long only";
    if (std::fabs(w) > reach(bounds.max_weight, current[i]))
      return of + ", above max_weight " + number(bounds.max_weight);
    gross += std::fabs(w);
    net += w;
    gross_now += std::fabs(current[i]);
  }
  // A book that is above a bound already keeps it as long as it goes no farther.
  if (gross <= reach(bounds.max_gross_exposure, gross_now))
    return "the net exposure is " + number(net) + ", above max_net_exposure " +
           number(bounds.max_net_exposure);
  return "the gross exposure is " + number(gross) + ", above max_gross_exposure " +
         number(bounds.max_gross_exposure);
}

std::string fault_of_report(const cadre_execution_state& state, const cadre_risk_report& report) {
  const auto is_figure = [](double value) {
    return std::isnan(value) || (std::isfinite(value) && value >= 0);
  };
  if (report.acceptable != CADRE_ACCEPTABLE && report.acceptable != CADRE_NOT_ACCEPTABLE)
    return "acceptable is " + std::to_string(report.acceptable) +
           ", neither CADRE_ACCEPTABLE nor CADRE_NOT_ACCEPTABLE";
  if (!is_figure(report.volatility)) return "volatility is " + number(report.volatility);
  if (std::isinf(report.value_at_risk)) return "value_at_risk is " + number(report.value_at_risk);
  if (std::isinf(report.expected_shortfall))
    return "expected_shortfall is " + number(report.expected_shortfall);
  if (report.limit_count > report.limit_capacity)
    return no_room("limits", report.limit_count, report.limit_capacity);
  if (report.reserved != 0) return "reserved of its report is not 0";
  if (!is_share(report.adjustment_speed))
    return "adjustment_speed is " + number(report.adjustment_speed) + ", not from 0 to 1";
  for (std::uint32_t i = 0; i < report.limit_count; ++i) {
    const cadre_limit_use& use = report.limits[i];
    const std::string_view name = model::id_text(use.name);
    const auto say = [&](const std::string& fault) { return "limit " + base::quote(name) + ": " + fault; };
    if (!std::isfinite(use.value)) return say("its value is " + number(use.value));
    if (!(use.limit > 0) || !std::isfinite(use.limit))
      return say("it is " + number(use.limit) + ", not above 0");
    if (use.instrument != CADRE_BOOK && use.instrument >= report.instrument_count)
      return say(no_instrument(use.instrument, state.instrument_count));
    if ((use.flags & CADRE_LIMIT_ACTION_MASK) != CADRE_LIMIT_ACTION_CUT)
      return say("it asks for more than a cut when it is reached, which this host does not do yet");
    if ((use.flags & ~std::uint32_t{CADRE_LIMIT_HARD}) != 0) return say("flags have bits that mean nothing");
  }
  return {};
}

cadre_id client_order_id(std::string_view book, std::uint64_t sequence, std::uint32_t instrument,
                         std::uint32_t number) {
  // 31 of the book, 20, 10 and some digits, three points; sequences of 20 digits are never reached.
  CADRE_INVARIANT(book.size() <= 31, "outputs.client_ids_fit", "the id of an order fits in place");
  cadre_id id{};
  char* const end = id.text + sizeof(id.text) - 1;
  char* at = std::copy(book.begin(), book.end(), id.text);
  *at++ = '.';
  at = std::to_chars(at, end, sequence).ptr;
  *at++ = '.';
  at = std::to_chars(at, end, instrument).ptr;
  if (number == 1) return id;
  *at++ = '.';
  std::to_chars(at, end, number);
  return id;
}

cadre_id request_id(std::string_view book, std::uint64_t sequence, std::uint32_t number) {
  return model::make_id(std::string(book) + '.' + std::to_string(sequence) + ".r" + std::to_string(number));
}

}  // namespace cadre::chain
