#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cadre/order.h"
#include "cadre/role/execution_environment.h"
#include "host/agent/live_agent.hpp"
#include "host/execution/order_tracker.hpp"
#include "host/execution/venue_breaks.hpp"

namespace cadre::execution {

/// The agent that fills a book's orders, as the host calls it: nobody else calls its table. What it answers
/// becomes reports of one kind, whether they came at once, later, or only when it was asked.
/// [decision-thread]
class Environment {
 public:
  /// Takes over the agent of a chain. A failure that was seen before stays.
  void enter(std::shared_ptr<agent::LiveAgent> agent);
  /// The order types and times in force it takes, as sets of CADRE_BIT_OF; none, when it could not say so,
  /// and all, when it is left out.
  struct Takes {
    std::uint64_t order_types = 0, times_in_force = 0;
    bool replacements = false;
    bool account = false;  ///< it knows positions and cash
  };
  const Takes& takes() const { return takes_; }

  /// Whether it fills orders out of nothing but the events it is shown: such a one is made anew with its
  /// host, and an order to it reaches nobody else.
  bool simulated() const { return agent_->declaration().simulated && !is_left_out(); }
  /// Whether it is in quarantine: nothing is sent and nothing reported, and nobody knows what it knew.
  bool is_left_out() const { return !agent_->left_out().empty(); }
  bool is(const agent::LiveAgent& agent) const { return agent_.get() == &agent; }

  /// Sends an order. The report, when its answer is one: a refusal, or a fill at once. A venue whose answer
  /// is lost has failed, and nobody knows whether the order arrived until it is asked again.
  std::optional<cadre_execution_report> send(const cadre_order& order, std::int64_t time_ns);
  /// Whether orders that are sent one after the other may reach it together: they leave for nobody else, and
  /// it is not shown the fills that could come in between.
  bool takes_together() const {
    return simulated() && agent_->spec().isolation != agent::Isolation::none &&
           !agent_->observes(CADRE_EVENT_FILL);
  }
  /// These are sent next, each of them and no other, by `send`.
  void announce(std::span<const cadre_order> orders);
  /// Asks for what is left of an order to be cancelled; done when a report says so.
  void cancel(const cadre_id& client_id);
  /// Asks for an open order to be changed; done when a report says so. False: it was refused at once.
  bool replace(const OrderRequest& request);
  /// The oldest report that nobody has fetched.
  std::optional<cadre_execution_report> next_report();

  /// What it knows of an order.
  struct Known {
    cadre_status status = CADRE_OK;  ///< CADRE_REJECTED: it never heard of the order
    cadre_trade_result result{};
    bool heard() const { return status == CADRE_OK; }
    bool unheard() const { return status == CADRE_REJECTED; }
  };
  Known query(const cadre_id& client_id) const;
  /// What it knows of an order and has no report for: it said so at once, to a host that died before it was
  /// in the journal. Nothing when the host knows as much.
  static std::optional<cadre_execution_report> missed(const TrackedOrder& tracked,
                                                      const cadre_trade_result& known, std::int64_t time_ns);

  /// Positions and cash as the other side sees them. Nothing: it does not know, or has failed.
  std::optional<VenueAccount> account();

  /// Remembers what it answered to an event: what cannot follow the market can fill nothing. `said`: its
  /// sentence, where somebody has taken it already.
  void note(cadre_status status, std::string said = {});
  /// CADRE_OK, or the last failure: the book has to stop.
  cadre_status failure() const { return failure_; }
  bool failed() const { return failure_ != CADRE_OK; }
  /// Its own sentence; empty when it said none.
  const std::string& failure_reason() const { return failure_reason_; }

 private:
  const cadre_execution_environment& table() const { return agent_->table<cadre_execution_environment>(); }

  std::shared_ptr<agent::LiveAgent> agent_;
  Takes takes_;
  cadre_status failure_ = CADRE_OK;
  std::string failure_reason_;
};

}  // namespace cadre::execution
