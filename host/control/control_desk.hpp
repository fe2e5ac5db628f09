#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "host/control/host_control.hpp"
#include "host/control/host_parts.hpp"

namespace cadre::control {

/// A running host as operators see it. Reading waits for no change, and halting for none either.
class ControlDesk final : public HostControl {
 public:
  explicit ControlDesk(HostParts& host) : host_(host) {}

  bool ready() const override { return host_.ready; }
  live::Answer status() const override;
  std::string metrics() const override;
  live::Answer portfolio(std::string_view book) const override;
  live::Answer orders(std::string_view book, std::size_t limit) const override;
  live::Answer decisions(std::string_view book, std::size_t limit) const override;
  live::Answer post_bars(std::string_view book, std::span<const std::string> bars) override;
  live::Answer post_signals(std::string_view book, std::span<const std::string> signals) override;
  live::Answer halt(const HaltRequest& request) override;
  live::Answer resume(const live::Mandate& mandate, std::string_view book) override;
  live::Answer revisions() const override { return host_.reload->list(); }
  live::Answer revision(std::uint64_t number) const override { return host_.reload->show(number); }
  live::Answer difference(std::uint64_t a, std::uint64_t b) const override {
    return host_.reload->difference_of(a, b);
  }
  live::Answer apply(const revision::ApplyRequest& request) override { return host_.reload->apply(request); }
  live::Answer roll_back(const live::Mandate& mandate, std::optional<std::uint64_t> to) override {
    return host_.reload->roll_back(mandate, to);
  }
  live::Answer start_experiment(const live::Mandate& mandate, const std::string& text,
                                const std::string& origin, std::string_view book) override;
  live::Answer stop_experiment(const live::Mandate& mandate, std::string_view name) override;
  live::Answer experiments() const override;
  live::Answer experiment_results(std::string_view name) const override;
  std::uint64_t listen(std::uint64_t after, live::EventListener listener) override {
    return host_.feed.listen(after, std::move(listener));
  }
  void stop_listening(std::uint64_t number) override { host_.feed.stop_listening(number); }

 private:
  live::Answer tell_books(std::string_view id, const char* done,
                          const std::function<void(live::BookRunner&, book::Book&)>& work);
  boost::json::array books_json(const revision::Charge& charge) const;
  std::vector<std::string> next_steps(bool refused, bool waiting) const;

  HostParts& host_;
  std::mutex halt_mutex_;  ///< books are told to halt in one order; waits for no change
};

}  // namespace cadre::control
