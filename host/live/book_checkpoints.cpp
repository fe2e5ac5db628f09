#include "host/live/book_checkpoints.hpp"

#include "host/base/log.hpp"

namespace cadre::live {

base::Result<journal::CheckpointRecord> BookCheckpoints::take_learned() {
  auto learned = book_->checkpoint();
  failed_ = learned ? std::string() : learned.problems()[0].message;
  if (learned)
    keeper_->on_checkpoint(book_->ledger().sequence(), *learned);
  else
    base::log_event(base::LogLevel::error, "checkpoint_failed",
                    {{"book", book_->ledger().book()}, {"why", failed_}});
  return learned;
}

void BookCheckpoints::take() {
  (void)take_image(CheckpointFiles::Keep::until_newer);  // why it failed is in failed_
}

base::Result<std::shared_ptr<const book::BookImage>> BookCheckpoints::take_pinned() {
  return take_image(CheckpointFiles::Keep::pinned);
}

base::Result<std::shared_ptr<const book::BookImage>> BookCheckpoints::take_image(CheckpointFiles::Keep keep) {
  bars_since_ = 0;
  auto learned = take_learned();
  if (!learned) return learned.problems();
  auto image = std::make_shared<book::BookImage>();
  image->book = book::copy_of(*book_);
  image->learned = std::move(learned).take();
  image->journal_bytes = keeper_->size_bytes();
  image->facts = keeper_->facts();
  image->order_hash = ground_.order_hash->save();
  image->door = ground_.door();
  image->standing = book::quarantines_of(*book_);
  for (journal::CommandRecord& state : book::states_of(*book_))
    image->standing.push_back(std::move(state));
  image->decisions = tally_->decisions;
  const std::lock_guard lock(mutex_);
  keep_for_quarantined();
  // Of several without a decision between them only the last is worth anything.
  if (!images_.empty() && images_.back()->decisions == image->decisions) images_.pop_back();
  if (images_.size() == images_most) images_.pop_front();
  files_.write(image, book::save_orders(*book_), keep);
  images_.push_back(image);
  return {std::shared_ptr<const book::BookImage>(std::move(image))};
}

bool BookCheckpoints::after_bar() {
  if (++bars_since_ < bars_) return false;
  take();
  return true;
}

std::shared_ptr<const book::BookImage> BookCheckpoints::newest_of(const std::string& stage) const {
  const std::lock_guard lock(mutex_);
  const auto kept = before_quarantine_.find(stage);
  if (kept != before_quarantine_.end()) return kept->second;
  return images_.empty() ? nullptr : images_.back();
}

/// What a quarantined agent knows is as old as its quarantine: later images have it too, and say nothing of
/// what it missed. With the lock, before the next image is added.
void BookCheckpoints::keep_for_quarantined() {
  book_->chain().each_stage([&](const chain::Stage& stage) {
    if (!stage.agent->quarantine().holds())
      before_quarantine_.erase(stage.name);
    else if (!images_.empty())
      before_quarantine_.try_emplace(stage.name, images_.back());
  });
}

std::shared_ptr<const book::BookImage> BookCheckpoints::before_last(std::uint64_t made,
                                                                    std::uint64_t decisions) const {
  const std::lock_guard lock(mutex_);
  for (auto image = images_.rbegin(); image != images_.rend(); ++image) {
    if ((*image)->decisions + decisions <= made) return *image;
  }
  return images_.empty() ? nullptr : images_.front();
}

base::Problems BookCheckpoints::why_none() const {
  base::Problems problems;
  problems.error("BOOK_WITHOUT_CHECKPOINT", {},
                 "book " + book_->ledger().book() + " has taken no checkpoint since the host was started" +
                     (failed_.empty() ? "" : ": " + failed_),
                 "mend or replace the agent that cannot save its state");
  return problems;
}

std::uint64_t BookCheckpoints::journal_bytes() {
  (void)keeper_->commit();  // a failure stops the book at its next event
  return keeper_->size_bytes();
}

}  // namespace cadre::live
