#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

namespace cadre::admin {

/// The frames of one stream that its reader has not got yet, up to a bound: a reader who falls further behind
/// loses the stream, not the host its memory. [any-thread]
class FrameQueue {
 public:
  /// `wake` is called, with the queue locked, when there is something to look at: frames, or the overflow.
  FrameQueue(std::size_t bytes_max, std::function<void()> wake);

  /// Dropped when the queue is closed or overflows; an overflow closes it.
  void push(std::string frame);
  /// Whole frames of about `bytes` together, at least one if there is one; wakes again from now on.
  std::string take(std::size_t bytes);
  /// That taken bytes have reached the reader: until then they count.
  void has_written(std::size_t bytes);

  void close();
  bool is_closed() const;
  bool has_overflowed() const;

 private:
  const std::size_t bytes_max_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<std::string> frames_;
  std::size_t bytes_ = 0;  ///< waiting or being written
  bool is_awake_ = false;
  bool closed_ = false;
  bool overflowed_ = false;
};

}  // namespace cadre::admin
