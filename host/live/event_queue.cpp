#include "host/live/event_queue.hpp"

#include <algorithm>
#include <utility>

#include "host/base/invariant.hpp"

namespace cadre::live {

void Ticket::done(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (first_ == 0) first_ = sequence;
  last_ = sequence;
  ++done_;
  if (--open_ == 0) changed_.notify_all();
}

void Ticket::lost() {
  const std::lock_guard lock(mutex_);
  lost_ = true;
  if (--open_ == 0) changed_.notify_all();
}

void Ticket::skip() {
  const std::lock_guard lock(mutex_);
  if (--open_ == 0) changed_.notify_all();
}

void Ticket::refuse(const base::Problem& why) {
  const std::lock_guard lock(mutex_);
  refused_.add(why);
  if (--open_ == 0) changed_.notify_all();
}

base::Problems Ticket::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

bool Ticket::wait(const BookPulse& pulse) {
  std::unique_lock lock(mutex_);
  return pulse.wait(lock, changed_, [&] { return open_ == 0; }) && !lost_;
}

std::optional<std::size_t> EventQueue::push(std::vector<Input> inputs) {
  const std::lock_guard lock(mutex_);
  if (!takes_inputs_) return std::nullopt;
  const std::size_t room = capacity_ > inputs_.size() ? capacity_ - inputs_.size() : 0;
  const std::size_t taken = std::min(room, inputs.size());
  for (std::size_t i = 0; i < taken; ++i)
    inputs_.push_back(std::move(inputs[i]));
  if (taken != 0) filled_.notify_one();
  return taken;
}

std::size_t EventQueue::room() const {
  const std::lock_guard lock(mutex_);
  return capacity_ > inputs_.size() ? capacity_ - inputs_.size() : 0;
}

bool EventQueue::push_waiting(Input& input, const BookPulse& pulse) {
  std::unique_lock lock(mutex_);
  const auto has_room = [&] { return !takes_inputs_ || inputs_.size() < capacity_; };
  if (!pulse.wait(lock, room_, has_room) || !takes_inputs_) return false;
  inputs_.push_back(std::move(input));
  filled_.notify_one();
  return true;
}

bool EventQueue::push_work(Work work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  work_.push_back(std::move(work));
  filled_.notify_one();
  return true;
}

bool EventQueue::wait_for_item(std::chrono::nanoseconds longest) {
  std::unique_lock lock(mutex_);
  return filled_.wait_for(lock, longest, [&] { return closed_ || !work_.empty() || !inputs_.empty(); });
}

std::optional<EventQueue::Item> EventQueue::pop() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [&] { return closed_ || !work_.empty() || !inputs_.empty(); });
  if (!work_.empty()) {
    Item item = std::move(work_.front());
    work_.pop_front();
    return item;
  }
  if (inputs_.empty()) return std::nullopt;
  CADRE_INVARIANT(inputs_.size() <= held_most_, "queue.one_place",
                  "a queue never holds more inputs than it was given room for");
  Item item = std::move(inputs_.front());
  inputs_.pop_front();
  held_most_ = std::max(capacity_, inputs_.size());
  room_.notify_all();
  return item;
}

bool EventQueue::takes_inputs() const {
  const std::lock_guard lock(mutex_);
  return takes_inputs_;
}

bool EventQueue::wait_until_empty(const BookPulse& pulse) {
  std::unique_lock lock(mutex_);
  return pulse.wait(lock, room_, [&] { return inputs_.empty(); });
}

bool EventQueue::idle() const {
  const std::lock_guard lock(mutex_);
  return work_.empty() && inputs_.empty();
}

void EventQueue::close() {
  refuse_inputs();
  const std::lock_guard lock(mutex_);
  closed_ = true;
  filled_.notify_all();
}

void EventQueue::refuse_inputs() {
  std::deque<Input> lost;
  {
    const std::lock_guard lock(mutex_);
    takes_inputs_ = false;
    lost.swap(inputs_);
    room_.notify_all();
  }
  for (Input& input : lost) {
    if (input.ticket != nullptr) input.ticket->lost();
  }
}

void EventQueue::set_capacity(std::size_t capacity) {
  const std::lock_guard lock(mutex_);
  capacity_ = capacity;
  held_most_ = std::max(capacity, inputs_.size());
  room_.notify_all();
}

std::size_t EventQueue::capacity() const {
  const std::lock_guard lock(mutex_);
  return capacity_;
}

double EventQueue::oldest_seconds() const {
  const std::lock_guard lock(mutex_);
  if (inputs_.empty()) return 0;
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - inputs_.front().since).count();
}

std::size_t EventQueue::depth() const {
  const std::lock_guard lock(mutex_);
  return inputs_.size();
}

}  // namespace cadre::live
