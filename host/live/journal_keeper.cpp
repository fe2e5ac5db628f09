#include "host/live/journal_keeper.hpp"

#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"
#include "host/base/invariant.hpp"

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
    write_commit();
    committed_bytes_ = writer_->size_bytes();
  }
  return !problems_.has_errors();
}

std::filesystem::path JournalKeeper::begin_segment(
    const std::filesystem::path& journal,
    const std::function<std::string(const journal::StreamHead&)>& head_text) {
  if (is_of_todays_format() && !make_durable()) return {};
  const std::uint64_t sequence = newest_event();
  journal::StreamHead head = facts_.stream;
  CADRE_INVARIANT(head.is_named(), "journal.segment_is_named",
                  "every segment but the first says whose it is");
  std::filesystem::path ended = journal::segment_path(journal, head.segment);
  ++head.segment;
  head.incarnation = incarnation_;
  head.begins_at = writer_->size_bytes();
  head.before = writer_->checksum();
  std::filesystem::path beside = journal;
  beside += ".next";
  std::error_code error;
  std::filesystem::remove(beside, error);  // of a host that ended here
  error = base::make_durable_folder(ended.parent_path());
  auto next = journal::JournalWriter::create(beside, head.begins_at);
  if (!next) {
    problems_ = next.problems();
    return {};
  }
  base::Encoder text;
  journal::encode(text, journal::HeadRecord{head_text(head)});
  (*next)->append(journal::RecordType::head, 0, text.bytes());
  text.clear();
  journal::encode(text, journal::CommitRecord{incarnation_});
  (*next)->append(journal::RecordType::commit, 0,
                  text.bytes());  // so that a start finds one in every segment
  problems_ = (*next)->flush();
  // The name of the one that ended is there before it loses the other one.
  if (!problems_.has_errors()) std::filesystem::remove(ended, error);
  if (!problems_.has_errors()) std::filesystem::create_hard_link(journal, ended, error);
  if (error || (!problems_.has_errors() && !base::sync_folder_of(ended)))
    problems_.error("JOURNAL_NOT_WRITABLE", base::Place::of(ended),
                    "the segment that ended cannot be put there (" + error.message() + ")");
  if (!problems_.has_errors()) problems_ = (*next)->rename_to(journal);
  if (problems_.has_errors()) return {};
  (void)writer_->close();
  writer_ = std::move(next).take();
  go_on_in(*writer_);
  facts_.stream = head;
  committed_bytes_ = writer_->size_bytes();
  watermark_.set({incarnation_, committed_bytes_, sequence});
  watermark_.sync();
  return ended;
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
  write_commit();
}

void JournalKeeper::write_commit() {
  write(journal::RecordType::commit, 0, journal::CommitRecord{incarnation_});
  problems_ = writer_->flush();
  if (!problems_.has_errors()) watermark_.set({incarnation_, writer_->size_bytes(), newest_event()});
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
  watermark_.sync();
  return writer_->close();
}

}  // namespace cadre::live
