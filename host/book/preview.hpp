#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "host/agent/store.hpp"
#include "host/book/book_image.hpp"
#include "host/chain/builder.hpp"

namespace cadre::book {

/// What a candidate chain would have ordered where a book has decided, each time with the positions, cash,
/// open orders and prices that the book had then: the two differ by one decision, never by what followed
/// from the one before.
struct Preview {
  /// Of one side, over all decisions that were looked at.
  struct Side {
    std::uint64_t orders = 0;    ///< that the pre-trade checks let through
    std::uint64_t rejected = 0;  ///< that they did not
    double turnover = 0;         ///< value of the former, share of equity, summed
    double last_turnover = 0;    ///< of the last decision alone: what it would cost to get there now
    double gross = 0, net = 0;   ///< of the final targets, share of equity, mean
    double volatility = 0;  ///< annualised, of the final targets, mean of those that have it; NaN: none has
  };
  /// One instrument in one decision; units, signed, of the orders that were let through.
  struct Difference {
    std::int32_t date = 0;
    std::string instrument;
    std::int64_t recorded_e9 = 0, candidate_e9 = 0;
    double share = 0;  ///< value of what they differ by, share of equity
  };
  /// A stage of the candidate without a usable answer.
  struct Failure {
    std::uint64_t decisions = 0;
    std::string reason;  ///< the first
  };

  std::uint64_t decisions = 0;         ///< looked at
  std::uint64_t candidate_silent = 0;  ///< of them, where the candidate lacked history and decided nothing
  std::uint64_t differ = 0;            ///< of them, where orders differ
  std::int32_t from = 0, to = 0;       ///< yyyymmdd of the first and the last; 0: none
  Side recorded, candidate;
  std::vector<Difference> largest;        ///< at most ten, by share, then date, then instrument
  std::map<std::string, Failure> failed;  ///< by stage
};

/// A book as it was some decisions ago, and its journal since.
struct PreviewGround {
  std::shared_ptr<const BookImage> image;
  std::vector<std::string> instruments;  ///< of its data
  std::filesystem::path journal;
  std::uint64_t to = 0;              ///< byte
  std::uint64_t decisions_most = 0;  ///< the newest so many are looked at, as far as the image goes back
  std::uint64_t decisions_made = 0;  ///< by the book, until `to`
};

/// The stages of `fresh` are made in processes of their own, as for a probe; the others anew here. The
/// environment is left out: reports are those of the journal. All of it ends when the time of the terms is
/// over. `config` has to outlive it. Errors: those of making an agent, STATE_REFUSED, of the journal.
/// [control-thread]
base::Result<Preview> preview_chain(const config::ScenarioConfig& config, chain::ChainPlan plan,
                                    const std::vector<std::string>& fresh, const agent::Store& store,
                                    agent::ProbeTerms terms, const PreviewGround& ground);

}  // namespace cadre::book
