#include "host/live/book_errand.hpp"

#include "host/base/invariant.hpp"

namespace cadre::live {

void BookErrand::run(const std::function<void()>& work) {
  {
    const std::lock_guard lock(mutex_);
    if (stage_ == Stage::given_up) return;
    stage_ = Stage::begun;
  }
  std::exception_ptr thrown;
  try {
    work();
  } catch (...) {
    thrown = std::current_exception();  // for whoever asked: the book has nothing to do with it
  }
  const std::lock_guard lock(mutex_);
  thrown_ = thrown;
  stage_ = Stage::done;
  changed_.notify_all();
}

Asked BookErrand::wait(const BookPulse& pulse, Unbegun unbegun) {
  std::unique_lock lock(mutex_);
  const auto is_over = [&] { return stage_ == Stage::done || stage_ == Stage::ended; };
  if (!pulse.wait(lock, changed_, is_over)) {
    if (stage_ == Stage::waiting && unbegun == Unbegun::goes) stage_ = Stage::given_up;
    return Asked::stuck;
  }
  if (stage_ == Stage::ended) return Asked::ended;
  if (thrown_ != nullptr) std::rethrow_exception(thrown_);
  return Asked::done;
}

void BookErrand::set_ended() {
  const std::lock_guard lock(mutex_);
  stage_ = Stage::ended;
}

void BookErrand::rethrow_invariant() const {
  if (thrown_ == nullptr) return;
  try {
    std::rethrow_exception(thrown_);
  } catch (const base::InvariantBroken&) {
    throw;
  } catch (...) {
    return;  // whoever asked has it
  }
}

}  // namespace cadre::live
