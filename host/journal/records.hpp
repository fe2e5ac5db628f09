#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "cadre/event.h"
#include "cadre/market.h"
#include "cadre/order.h"
#include "host/base/codec.hpp"
#include "host/base/decimal.hpp"
#include "host/journal/decision_record.hpp"
#include "host/model/bar.hpp"

/// What the records of a journal hold, in the order that the table of fields.hpp gives them. encode() puts a
/// record into an Encoder; decode() is false for anything that is no such record, and leaves it with whatever
/// was read until then. A record decoded into one used before keeps that one's memory.
namespace cadre::journal {

/// The first record: what ran.
struct HeadRecord {
  std::string text{};  ///< JSON: configuration, plugins with version and sha256, seed, host version, machine
};

struct SignalRecord {
  cadre_signal signal{};
  std::string instrument{};
  std::string id{};
};

struct UniverseRecord {
  uint64_t epoch = 0;
  int32_t date = 0;
  std::vector<std::string> instruments{};  ///< ids, by index
  std::vector<int32_t> old_to_new{};       ///< per index of the epoch before; CADRE_GONE
};

struct RevisionRecord {
  uint64_t revision = 0;
  uint64_t based_on = 0;
  int32_t date = 0;
  std::string actor{};  ///< who asked for it; empty in a backtest
  std::string reason{};
  std::string text{};                 ///< JSON: configuration of the chain, its plugins, ended quarantines
  std::vector<std::string> stages{};  ///< those whose effects decisions record, in order
};

struct OrderRecord {
  cadre_order order{};
  /// Codes of the checks it failed, the one that rejected it first; none: it was accepted.
  std::vector<std::string> failed_checks{};
  cadre_reason reason{};  ///< why it is smaller than what was asked for
};

/// What is asked of an open order.
struct OrderRequestRecord {
  std::string action{};  ///< "replace" or "cancel"
  std::string client_id{};
  std::string request_id{};
  int64_t quantity_e9 = 0;  ///< of a replacement: the new total, filled or not
  int64_t limit_price_e9 = 0;
  int64_t stop_price_e9 = 0;
  uint32_t reason = 0;  ///< code of a cadre_reason
};

/// An order that is sent in parts or waits, as it stands from here on. What is sent of it are orders of their
/// own, whose ids begin with its id.
struct ParentOrderRecord {
  struct Slice {
    int64_t time_ns = 0;
    int64_t quantity_e9 = 0;
    int64_t limit_price_e9 = 0;
    double max_share = 0;
  };
  cadre_order order{};
  std::string waits{};  ///< "other_side", "cash", "net", or empty
  int64_t target_e9 = 0;
  int32_t date = 0;
  uint32_t children = 0;
  std::vector<Slice> slices{};
  cadre_reason reason{};  ///< of its end, or of its wait
  uint32_t waited_sessions = 0;
};

struct ReportRecord {
  cadre_execution_report report{};
};

/// The book at the end of a session.
struct AccountRecord {
  int32_t date = 0;
  base::Money equity{};
  base::Money cash{};
  base::Money profit{};
  base::Money costs{};
  base::Money interest{};
};

/// What somebody did to a running book. Kinds: "halt", "resume", "trading_state", "revision_confirmed",
/// "experiment_started", "experiment_stopped", "agent_reset", "agent_quarantined", "deadline_missed",
/// "agent_restarted".
struct CommandRecord {
  std::string kind{};
  int32_t date = 0;
  std::string actor{};
  std::string reason{};
  std::string text{};  ///< JSON, by kind
};

/// A timer of a stage's agent was due.
struct TimerRecord {
  std::string stage{};
  uint64_t id = 0;  ///< the agent's own
  int64_t due_ns = 0;
  int64_t period_ns = 0;  ///< 0: it was due once
  uint64_t expirations = 1;
};

/// A strategy's view of an instrument began to be followed, in the decision before it.
struct ViewRecord {
  std::string strategy{};
  std::string instrument{};
  double score = 0;
  uint32_t bars = 0;     ///< until its horizon closes
  int64_t price_e9 = 0;  ///< the mark
  double risk = 0;       ///< forecast over the horizon; NaN: unknown
};

/// What became of a view.
struct OutcomeRecord {
  cadre_outcome outcome{};
  std::string instrument{};
};

/// What every agent of a chain had learned at this place: where recovery begins to show it events.
struct CheckpointRecord {
  struct Agent {
    std::string stage{};
    std::string agent{};   ///< its id
    std::string sha256{};  ///< of the library that saved it
    uint32_t schema = 0;
    std::string bytes{};
  };
  struct Timer {
    std::string stage{};
    uint64_t id = 0;
    int64_t due_ns = 0;
    int64_t period_ns = 0;
  };
  uint64_t revision = 0;
  uint64_t epoch = 0;
  std::vector<std::string> instruments{};  ///< of the universe it was saved under
  std::vector<Agent> agents{};             ///< those with state
  std::vector<Timer> timers{};             ///< that are armed
};

/// All before it was durable before anyone else could see a consequence of it; what stands behind the last
/// one in a journal had none.
struct CommitRecord {
  std::uint64_t incarnation = 0;  ///< of the book that wrote it
};

/// What a reader may want to know and nothing follows from. Kinds: "stopped", the book could not go on.
struct NoteRecord {
  std::string kind{};
  std::string text{};
};

/// The last record of a run that came to its end.
struct EndRecord {
  uint64_t decisions = 0;
  uint64_t orders = 0;
  uint64_t fills = 0;
  std::string order_hash{};
};

/// Of every record above, and of a bar. No allocation once the Encoder is large enough.
template <class Record>
void encode(base::Encoder& to, const Record& record);

/// `format` is that of the journal it is read from.
template <class Record>
[[nodiscard]] bool decode(base::Decoder& from, Record& record, uint32_t format);

}  // namespace cadre::journal
