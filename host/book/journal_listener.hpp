#pragma once

#include "host/book/journal_facts.hpp"
#include "host/book/listener.hpp"
#include "host/journal/journal.hpp"
#include "host/model/bar.hpp"

namespace cadre::book {

/// Writes everything a book does into a journal. No allocation per event once its buffers have their size.
class JournalListener : public BookListener {
 public:
  explicit JournalListener(journal::JournalWriter& writer) : writer_(&writer) {}

  void on_revision(std::uint64_t sequence, const journal::RevisionRecord& record) override {
    write(journal::RecordType::revision, sequence, record);
  }
  void on_universe(std::uint64_t sequence, const journal::UniverseRecord& record) override {
    write(journal::RecordType::universe, sequence, record);
  }
  void on_bar(std::uint64_t sequence, const model::Bar& record) override {
    write(journal::RecordType::bar, sequence, record);
  }
  void on_signal(std::uint64_t sequence, const journal::SignalRecord& record) override {
    write(journal::RecordType::signal, sequence, record);
  }
  void on_report(std::uint64_t sequence, const cadre_execution_report& report) override {
    write(journal::RecordType::report, sequence, journal::ReportRecord{report});
  }
  void on_timer(std::uint64_t sequence, const journal::TimerRecord& record) override {
    write(journal::RecordType::timer, sequence, record);
  }
  void on_view(std::uint64_t sequence, const journal::ViewRecord& record) override {
    write(journal::RecordType::view, sequence, record);
  }
  void on_outcome(std::uint64_t sequence, const journal::OutcomeRecord& record) override {
    write(journal::RecordType::outcome, sequence, record);
  }
  void on_decision(std::uint64_t sequence, const chain::Decision& decision) override {
    write(journal::RecordType::decision, sequence, decision.record);
  }
  void on_order(std::uint64_t sequence, const chain::DecidedOrder& decided) override;
  void on_order_request(std::uint64_t sequence, const execution::OrderRequest& request) override;
  void on_parent_order(std::uint64_t sequence, const execution::ParentOrder& parent) override;
  void on_command(std::uint64_t sequence, const journal::CommandRecord& record) override {
    write(journal::RecordType::command, sequence, record);
  }
  void on_checkpoint(std::uint64_t sequence, const journal::CheckpointRecord& record) override {
    write(journal::RecordType::checkpoint, sequence, record);
  }
  void on_account(std::uint64_t sequence, const journal::AccountRecord& record) override {
    write(journal::RecordType::account, sequence, record);
  }

  template <class Record>
  void write(journal::RecordType type, std::uint64_t sequence, const Record& record) {
    encoder_.clear();
    journal::encode(encoder_, record);
    writer_->append(type, sequence, encoder_.bytes());
    if (facts_ != nullptr) facts_->take(sequence, record);
  }

 protected:
  /// What comes goes into another file from here on.
  void go_on_in(journal::JournalWriter& writer) { writer_ = &writer; }
  /// Whoever wants to know what was written; null: nobody.
  void count_for(JournalFacts* facts) { facts_ = facts; }

 private:
  journal::JournalWriter* writer_;
  JournalFacts* facts_ = nullptr;
  base::Encoder encoder_;
};

}  // namespace cadre::book
