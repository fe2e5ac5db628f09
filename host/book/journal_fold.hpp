#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/book/book_image.hpp"
#include "host/book/book_loop.hpp"
#include "host/book/order_hash.hpp"
#include "host/journal/journal.hpp"
#include "host/journal/records.hpp"
#include "host/market/signal_ids.hpp"
#include "host/market/taken_bars.hpp"
#include "host/model/tally.hpp"

namespace cadre::book {

/// Whether what a book ran under a revision is what it boots with.
using RevisionFits = std::function<bool(std::uint64_t revision)>;

/// Reads through a journal for what recovery has to know beforehand. What stands behind its last commit, of
/// which nobody was told, is passed over with a warning, whatever it looks like. `acknowledged`: a byte of
/// the stream up to which it is known to have been durable. `from`: the checkpoint where reading begins;
/// null: at the beginning. Errors: those of the reader, JOURNAL_BAD_RECORD. Warning: JOURNAL_TAIL_CUT.
base::Result<JournalFacts> survey_journal(const std::filesystem::path& journal, const RevisionFits& fits,
                                          std::uint64_t acknowledged, const StoredImage* from = nullptr);

/// Folds a journal into a book that has entered its chain: one that has heard nothing, from the first record
/// on, or one that stands where a checkpoint has it, from there on; what the agents know from the last
/// checkpoint on that fits. Decides nothing, and
/// sends nothing but what a simulated environment has forgotten. Errors: JOURNAL_BAD_RECORD,
/// RECOVERY_SEQUENCE, STATE_REFUSED.
class JournalFold {
 public:
  /// The bars it meets are added to `bars`.
  JournalFold(BookLoop& loop, Book& book, OrderHash& hash, market::TakenBars& bars)
      : loop_(loop), book_(book), hash_(hash), bars_(bars) {}

  /// The signals it meets are added to `ids` too. Null: to nothing.
  void remember_signals(market::SignalIds* ids) { signal_ids_ = ids; }

  base::Problems run(const std::filesystem::path& journal, const JournalFacts& facts);
  /// The book and the hash stand where `image` has them. `knows`: its agents are given what the image has of
  /// them; else they know nothing until a checkpoint of the journal that fits comes, and where none does they
  /// observe from here on.
  base::Problems run_from(const StoredImage& image, bool knows, const std::filesystem::path& journal,
                          const JournalFacts& facts);

  /// Goes on with the records from byte `from` to byte `to`, which a book has been through that stood where
  /// this one stands: agents observe them. Agents that were given up or got another chance are treated
  /// otherwise here. Errors: JOURNAL_BAD_RECORD, RECOVERY_SEQUENCE.
  base::Problems follow(const std::filesystem::path& journal, std::uint64_t from, std::uint64_t to);

  /// Told what is read, before it becomes of the book: the book stands where it stood when that happened.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void on_bar() = 0;
    virtual void on_decision(const journal::DecisionRecord& record) = 0;
    virtual void on_order(const journal::OrderRecord& record) = 0;
  };
  /// Null: nobody is.
  void watch(Watcher* watcher) { watcher_ = watcher; }

  /// Afterwards, with the listeners there: reports the environment has and the journal has not become events;
  /// orders that never left are sent. `unknown`: the open orders that the environment does not know and that
  /// cannot be sent any more: the book has to be halted. Errors: RECOVERY_NO_ANSWER, and the orders are as
  /// they were.
  base::Problems reconcile(std::vector<std::string>& unknown);

 private:
  base::Problems apply_all(journal::JournalReader& reader, const std::filesystem::path& file,
                           std::uint64_t to);
  bool load(const journal::Record& checkpoint);
  void learn(const journal::CheckpointRecord& checkpoint);
  bool apply(const journal::Record& record);
  bool apply_command(base::Decoder& from, std::uint32_t format);
  bool apply_order(base::Decoder& from, std::uint32_t format);
  bool apply_report(base::Decoder& from, std::uint32_t format);
  bool apply_request(base::Decoder& from, std::uint32_t format);
  void ask_again();
  void give_again(const cadre_order& order);
  bool was_said(const cadre_execution_report& report);
  void send_again(const cadre_id& client_id);

  BookLoop& loop_;
  Book& book_;
  OrderHash& hash_;
  market::TakenBars& bars_;
  market::SignalIds* signal_ids_ = nullptr;
  std::uint64_t checkpoint_bytes_ = 0;
  bool observing_ = false;
  bool treats_agents_ = true;  ///< as the journal says it was done
  Watcher* watcher_ = nullptr;
  std::string restarted_;       ///< the stage whose agent the next checkpoint tells what it knows
  std::uint64_t last_bar_ = 0;  ///< its sequence
  std::uint64_t last_decision_bar_ = 0;
  std::int32_t decision_date_ = 0;
  std::deque<cadre_execution_report> waiting_;  ///< of the environment, not in the journal (yet)
  base::Problems problems_;
};

}  // namespace cadre::book
