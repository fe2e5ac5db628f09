#include "host/live/journal_keeper.hpp"

namespace cadre::live {

JournalKeeper::~JournalKeeper() {
  for (auto& [ticket, sequence] : pending_)
    ticket->lost();
}

void JournalKeeper::took(std::shared_ptr<Ticket> ticket, std::uint64_t sequence) {
  if (ticket != nullptr) pending_.emplace_back(std::move(ticket), sequence);
}

bool JournalKeeper::commit() {
  if (problems_.has_errors()) return false;
  if (writer_->size_bytes() != committed_bytes_) {
    write(journal::RecordType::commit, 0, journal::CommitRecord{});
    problems_ = writer_->flush();
    committed_bytes_ = writer_->size_bytes();
  }
  const bool durable = !problems_.has_errors();
  for (auto& [ticket, sequence] : pending_) {
    if (durable)
      ticket->done(sequence);
    else
      ticket->lost();
  }
  pending_.clear();
  return durable;
}

base::Problems JournalKeeper::close() {
  commit();
  return writer_->close();
}

}  // namespace cadre::live
