#pragma once

#include <cstddef>
#include <cstdint>

#include "host/base/codec.hpp"
#include "host/book/history.hpp"
#include "host/model/bar.hpp"

namespace cadre::book {

/// The sessions that a book has seen to their end, out of bars that are several a session: a row has the last
/// close of its session, the return since that of the session before, and the volume of all of it. A session
/// is over with the bar that is known to be its last, or with the first one of a later date.
class SessionHistory {
 public:
  SessionHistory(std::size_t columns, bool carry);

  void keep_most(std::size_t sessions) { rows_.keep_most(sessions); }
  void add(const model::Bar& bar);
  /// The sessions that are over, oldest first.
  const History& rows() const { return rows_; }
  /// How many of them the last bar brought: 0 to 2.
  std::size_t added() const { return added_; }

  void save(base::Encoder& to) const;
  [[nodiscard]] bool load(base::Decoder& from);

 private:
  void begin(const model::Bar& bar);
  void end();

  History rows_;
  model::Bar running_;  ///< what there is of the session that has begun; its date is 0 before one has
  bool is_over_ = true;
  std::size_t added_ = 0;
};

}  // namespace cadre::book
