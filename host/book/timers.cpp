#include "host/book/timers.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "cadre/ext/timer.h"

namespace cadre::book {

namespace {

using Timer = journal::CheckpointRecord::Timer;

bool is_before(const Timer& a, const Timer& b) {
  return std::tie(a.due_ns, a.stage, a.id) < std::tie(b.due_ns, b.stage, b.id);
}

}  // namespace

bool Timers::take(const std::string& stage, const agent::TimerRequest& request) {
  std::erase_if(armed_, [&](const Timer& timer) { return timer.stage == stage && timer.id == request.id; });
  if (request.arm == 0) return true;
  const auto count =
      std::count_if(armed_.begin(), armed_.end(), [&](const Timer& timer) { return timer.stage == stage; });
  if (static_cast<std::size_t>(count) >= CADRE_TIMERS_MAX) return false;
  armed_.push_back({stage, request.id, request.time_ns, request.period_ns});
  return true;
}

std::int64_t Timers::earliest_ns() const {
  const auto first = std::min_element(armed_.begin(), armed_.end(), is_before);
  return first == armed_.end() ? std::numeric_limits<std::int64_t>::max() : first->due_ns;
}

const journal::TimerRecord* Timers::pop_due(std::int64_t now_ns) {
  const auto first = std::min_element(armed_.begin(), armed_.end(), is_before);
  if (first == armed_.end() || first->due_ns > now_ns) return nullptr;
  const Timer timer = *first;
  std::uint64_t expirations = 1;
  if (timer.period_ns > 0) {
    // In unsigned numbers: a timer may have been armed for any time at all.
    const std::uint64_t late = static_cast<std::uint64_t>(now_ns) - static_cast<std::uint64_t>(timer.due_ns);
    const std::uint64_t more = late / static_cast<std::uint64_t>(timer.period_ns);
    if (more >= expirations_each) expirations = more < UINT64_MAX ? more + 1 : more;
  }
  due_ = {timer.stage, timer.id, timer.due_ns, timer.period_ns, expirations};
  advance(static_cast<std::size_t>(first - armed_.begin()), expirations);
  return &due_;
}

void Timers::advance(std::size_t place, std::uint64_t expirations) {
  Timer& timer = armed_[place];
  std::int64_t step = 0;
  const bool repeats =
      timer.period_ns > 0 && expirations <= static_cast<std::uint64_t>(INT64_MAX) &&
      !__builtin_mul_overflow(timer.period_ns, static_cast<std::int64_t>(expirations), &step) &&
      !__builtin_add_overflow(timer.due_ns, step, &timer.due_ns);
  if (!repeats) armed_.erase(armed_.begin() + static_cast<std::ptrdiff_t>(place));
}

void Timers::retell(const journal::TimerRecord& record) {
  const auto found = std::find_if(armed_.begin(), armed_.end(), [&](const Timer& timer) {
    return timer.stage == record.stage && timer.id == record.id && timer.due_ns == record.due_ns;
  });
  if (found != armed_.end()) advance(static_cast<std::size_t>(found - armed_.begin()), record.expirations);
}

void Timers::forget(std::string_view stage) {
  std::erase_if(armed_, [&](const Timer& timer) { return timer.stage == stage; });
}

}  // namespace cadre::book
