#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cadre/abi.h"
#include "host/base/codec.hpp"
#include "host/journal/records.hpp"
#include "host/journal/stream_head.hpp"
#include "host/model/bar.hpp"
#include "host/model/tally.hpp"

namespace cadre::book {

/// What agents of one stage failed at, since the book began.
struct StageFailures {
  std::uint64_t count = 0;
  std::uint64_t revision = 0;  ///< under which the last one was
  std::string last{};          ///< "2024-01-05 decide: error: why"
};
using FailuresByStage = std::map<std::string, StageFailures>;

void count_failure(FailuresByStage& all, const std::string& stage, std::int32_t date, const char* call,
                   cadre_status status, const std::string& reason, std::uint64_t revision);

/// What a journal says on the way, besides what the book itself then knows: counted record by record, by
/// whoever writes them and by whoever reads them again.
struct JournalFacts : model::Tally {
  journal::StreamHead stream;     ///< of the newest segment
  std::uint64_t incarnation = 0;  ///< the newest that committed
  std::uint64_t keep_bytes = 0;   ///< up to its last commit; what is behind had no consequence for anyone
  std::vector<std::string> instruments;
  std::uint64_t revision = 0;                     ///< the last one that took over
  std::optional<std::uint64_t> checkpoint_bytes;  ///< where the last checkpoint that fits begins
  bool bar_is_open = false;                       ///< the last bar lacks its account
  bool halted = false;
  std::string halt_reason;
  std::uint64_t halt_number = 0;  ///< of the newest halt or resume; 0: none that a host had numbered
  std::uint64_t bars = 0;
  std::uint64_t last_bar = 0;           ///< its sequence
  std::uint64_t last_decision_bar = 0;  ///< sequence of the bar that the last decision followed
  std::int32_t decision_date = 0;       ///< yyyymmdd of that decision
  FailuresByStage failures;             ///< decisions; what failed to observe is in no journal
  std::map<std::string, std::uint64_t> deadline_misses;  ///< by stage

  /// One more record, with its sequence. Of other types nothing is remembered.
  template <class Record>
  void take(std::uint64_t, const Record&) {}
  void take(std::uint64_t sequence, const model::Bar& bar);
  void take(std::uint64_t sequence, const journal::RevisionRecord& record);
  void take(std::uint64_t sequence, const journal::CommandRecord& record);
  void take(std::uint64_t sequence, const journal::DecisionRecord& record);
  void take(std::uint64_t sequence, const journal::OrderRecord& record);
  void take(std::uint64_t sequence, const journal::ReportRecord& record);
  void take(std::uint64_t sequence, const journal::AccountRecord& record);
  void take(std::uint64_t sequence, const journal::CommitRecord& record);

  /// All of them but where they are in the stream.
  void save(base::Encoder& to) const;
  [[nodiscard]] bool load(base::Decoder& from);
};

}  // namespace cadre::book
