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
  live::Answer next;  ///< of every function that gives one
  bool is_ready = true;
  std::string last;  ///< the function and its arguments
  revision::ApplyRequest applied;
  std::vector<std::string> texts;

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

  bool ready() const override { return is_ready; }
  live::Answer status() const override { return next; }
  std::string metrics() const override { return "cadre_orders_total 7\n"; }
  live::Answer portfolio(std::string_view book) const override {
    return say("portfolio " + std::string(book));
  }
  live::Answer orders(std::string_view book, std::size_t limit) const override {
    return say("orders " + std::string(book) + " " + std::to_string(limit));
  }
  live::Answer decisions(std::string_view book, std::size_t limit) const override {
    return say("decisions " + std::string(book) + " " + std::to_string(limit));
  }
  live::Answer post_bars(std::string_view book, std::span<const std::string> bars) override {
    return take("bars " + std::string(book), bars);
  }
  live::Answer post_signals(std::string_view book, std::span<const std::string> signals) override {
    return take("signals " + std::string(book), signals);
  }
  live::Answer halt(const control::HaltRequest& request) override {
    return say("halt " + request.mandate.actor + " " + request.mandate.reason + " " + request.book +
               (request.cancel_orders ? " cancel" : "") + (request.flatten ? " flatten" : ""));
  }
  live::Answer resume(const live::Mandate& mandate, std::string_view book) override {
    return say("resume " + mandate.actor + " " + mandate.reason + " " + std::string(book));
  }
  live::Answer revisions() const override { return say("revisions"); }
  live::Answer revision(std::uint64_t number) const override {
    return say("revision " + std::to_string(number));
  }
  live::Answer difference(std::uint64_t a, std::uint64_t b) const override {
    return say("difference " + std::to_string(a) + " " + std::to_string(b));
  }
  live::Answer apply(const revision::ApplyRequest& request) override {
    applied = request;
    return say("apply");
  }
  live::Answer roll_back(const live::Mandate& mandate, std::optional<std::uint64_t> to) override {
    return say("roll_back " + mandate.actor + " " + (to ? std::to_string(*to) : "before"));
  }
  live::Answer start_experiment(const live::Mandate& mandate, const std::string& text,
                                const std::string& origin, std::string_view book) override {
    return say("start " + mandate.actor + " " + text + " " + origin + " " + std::string(book));
  }
  live::Answer stop_experiment(const live::Mandate& mandate, std::string_view name) override {
    return say("stop " + mandate.actor + " " + std::string(name));
  }
  live::Answer experiments() const override { return say("experiments"); }
  live::Answer experiment_results(std::string_view name) const override {
    return say("results " + std::string(name));
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
  live::Answer say(std::string text) const {
    const_cast<FakeHost*>(this)->last = std::move(text);
    return next;
  }
  live::Answer take(std::string text, std::span<const std::string> inputs) {
    std::unique_lock lock(mutex_);
    if (held_) {
      ++blocked_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return !held_; });
      return next;
    }
    last = std::move(text);
    texts.assign(inputs.begin(), inputs.end());
    return next;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  std::size_t blocked_ = 0;
  std::vector<std::string> remembered_;
  std::map<std::uint64_t, live::EventListener> listeners_;
  std::uint64_t last_listener_ = 0;
};

}  // namespace cadre::admin::testing
