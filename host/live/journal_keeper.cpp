#include "host/live/journal_keeper.hpp"

namespace cadre::live {

JournalKeeper::~JournalKeeper() {
  tell(false);
}

void JournalKeeper::took(std::shared_ptr<Ticket> ticket, std::uint64_t sequence) {
  if (ticket == nullptr) return;
  if (abandoned_) return ticket->lost();
  pending_.emplace_back(std::move(ticket), sequence);
}

bool JournalKeeper::commit() {
  if (!make_durable()) return false;
  tell(true);
  return true;
}

bool JournalKeeper::make_durable() {
  if (abandoned_ || problems_.has_errors()) return false;
  if (writer_->size_bytes() != committed_bytes_) {
    write(journal::RecordType::commit, 0, journal::CommitRecord{});
    problems_ = writer_->flush();
    committed_bytes_ = writer_->size_bytes();
  }
  return !problems_.has_errors();
}

void JournalKeeper::abandon() {
  abandoned_ = true;
  tell(false);
}

void JournalKeeper::give_up(const std::string& reason) {
  abandon();
  if (problems_.has_errors() || committed_bytes_ == 0) return;
  problems_ = writer_->cut(committed_bytes_);
  if (problems_.has_errors()) return;
  write(journal::RecordType::note, 0, journal::NoteRecord{"stopped", reason});
  write(journal::RecordType::commit, 0, journal::CommitRecord{});
  problems_ = writer_->flush();
}

void JournalKeeper::tell(bool durable) {
  for (auto& [ticket, sequence] : pending_) {
    if (durable)
      ticket->done(sequence);
    else
      ticket->lost();
  }
  pending_.clear();
}

base::Problems JournalKeeper::close() {
  commit();
  return writer_->close();
}

}  // namespace cadre::live
