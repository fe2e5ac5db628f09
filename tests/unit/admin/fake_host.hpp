#pragma once

#include <boost/json.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "host/control/host_control.hpp"

namespace cadre::admin::testing {

/// A host that remembers what it was asked and answers what it was told to. Inputs wait while it is held.
class FakeHost : public control::HostControl {
 public:
  live::Answer next;  ///< of every operation
  bool is_ready = true;
  std::string last;    ///< method and path of the operation that was called last, as its row says them
  control::Call call;  ///< what that call brought

  void hold() {
    const std::scoped_lock lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::scoped_lock lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void wait_until_blocked(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return blocked_ >= count; });
  }
  void wait_for_listeners(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return listeners_.size() == count; });
  }
  std::size_t listeners() const {
    const std::scoped_lock lock(mutex_);
    return listeners_.size();
  }
  void emit(const std::string& kind, const std::string& filling = {}) {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t id = remembered_.size() + 1;
    remembered_.push_back(
        boost::json::serialize(boost::json::object{{"id", id}, {"event", kind}, {"filling", filling}}));
    for (const auto& [number, listener] : listeners_)
      listener(id, remembered_.back());
  }

  std::string why_not_ready() const override { return is_ready ? "" : "main is stuck: it hangs"; }
  std::string metrics() const override { return "cadre_orders_total 7\n"; }
  live::Answer run(const control::Operation& operation, const control::Call& brought) override {
    std::unique_lock lock(mutex_);
    if (held_ && operation.brings == control::Operation::Brings::inputs) {
      ++blocked_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !held_; });
      return next;
    }
    last = std::string(operation.method) + " " + std::string(operation.path);
    call = brought;
    return next;
  }
  std::uint64_t listen(std::uint64_t after, live::EventListener listener) override {
    const std::scoped_lock lock(mutex_);
    for (std::uint64_t id = after + 1; id <= remembered_.size(); ++id)
      listener(id, remembered_[id - 1]);
    listeners_[++last_listener_] = std::move(listener);
    changed_.notify_all();
    return last_listener_;
  }
  void stop_listening(std::uint64_t number) override {
    const std::scoped_lock lock(mutex_);
    listeners_.erase(number);
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::size_t blocked_ = 0;
  std::vector<std::string> remembered_;
  std::map<std::uint64_t, live::EventListener> listeners_;
  std::uint64_t last_listener_ = 0;
};

}  // namespace cadre::admin::testing
