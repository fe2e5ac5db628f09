#include "host/admin/frame_queue.hpp"

#include <utility>

namespace cadre::admin {

FrameQueue::FrameQueue(std::size_t bytes_max, std::function<void()> wake)
    : bytes_max_(bytes_max), wake_(std::move(wake)) {}

void FrameQueue::push(std::string frame) {
  const std::scoped_lock lock(mutex_);
  if (closed_) return;
  bytes_ += frame.size();
  if (bytes_ > bytes_max_) {
    closed_ = overflowed_ = true;
    return wake_();
  }
  frames_.push_back(std::move(frame));
  if (!std::exchange(is_awake_, true)) wake_();
}

std::string FrameQueue::take(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  is_awake_ = false;
  std::string taken;
  while (!frames_.empty() && (taken.empty() || taken.size() + frames_.front().size() <= bytes)) {
    taken += frames_.front();
    frames_.pop_front();
  }
  return taken;
}

void FrameQueue::has_written(std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  bytes_ -= bytes;
}

void FrameQueue::close() {
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  frames_.clear();
}

bool FrameQueue::is_closed() const {
  const std::scoped_lock lock(mutex_);
  return closed_;
}

bool FrameQueue::has_overflowed() const {
  const std::scoped_lock lock(mutex_);
  return overflowed_;
}

}  // namespace cadre::admin
