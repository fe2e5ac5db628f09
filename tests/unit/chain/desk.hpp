#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/agent/catalog.hpp"
#include "host/agent/store.hpp"
#include "host/backtest/prepared_run.hpp"
#include "host/base/temporary_folder.hpp"
#include "host/book/book.hpp"
#include "host/chain/builder.hpp"
#include "host/config/scenario_config.hpp"

namespace cadre::test {

/// JSON pointer to JSON text.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// A scenario with one scripted agent per stage ("sizer", "risk") and the identity agents elsewhere, long
/// only, no resize threshold; then changed by `settings`.
base::Result<config::ScenarioConfig> desk_config(const Settings& settings);

/// The agents of the tree and the scripted ones.
const agent::Catalog& catalog();

/// "[[0.5, 0.25]]": the targets of a scripted agent, a row per bar.
std::string rows(const std::vector<std::vector<double>>& targets);

/// A book of four instruments (AA .. DD, price 100, a million in cash) whose orders fill at once at the
/// decision price, with a chain made from `settings`. Lots are a millionth, so that weights are what they
/// say.
class Desk {
 public:
  explicit Desk(const Settings& settings, const char* lot = "0.000001");

  /// One bar, then a decision. The prices stay as they are.
  const chain::Decision& decide();
  /// The next bar's prices.
  void set_prices(std::vector<double> prices) { prices_ = std::move(prices); }

  /// Shares of equity, of what is held now.
  std::vector<double> weights() const;
  const chain::Chain& chain() const { return book_->chain(); }
  book::Book& book() { return *book_; }
  const config::ScenarioConfig& config() const { return *config_; }
  const agent::Store& store() const { return store_; }

 private:
  base::TemporaryFolder folder_;
  agent::Store store_;
  std::unique_ptr<config::ScenarioConfig> config_;
  std::unique_ptr<book::Book> book_;
  std::vector<double> prices_ = {100, 100, 100, 100};
  std::int32_t bar_ = 0;
};

/// What the record says of a stage: the targets after it.
const std::vector<double>& target_after(const Desk& desk, const chain::Decision& decision,
                                        const std::string& stage);

/// The instances that failed in a decision, with policy: "sizer/hold".
std::vector<std::string> failures(const chain::Decision& decision);

}  // namespace cadre::test
