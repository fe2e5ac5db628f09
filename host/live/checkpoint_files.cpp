#include "host/live/checkpoint_files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <set>

#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/log.hpp"

namespace cadre::live {

namespace fs = std::filesystem;

namespace {

/// The newest, whatever they are of, and the last of each of the newest revisions: a start goes back to one
/// of them.
constexpr std::size_t newest_kept = 4;
constexpr std::size_t revisions_kept = 8;
constexpr std::string_view ending = ".checkpoint", pin_ending = ".pinned";
constexpr std::uint64_t file_bytes_most = std::uint64_t{1} << 32;

/// Device and number of a folder; zeros: it is not there.
std::pair<std::uint64_t, std::uint64_t> place_of(const fs::path& folder) {
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0) return {};
  return {about.st_dev, about.st_ino};
}

}  // namespace

CheckpointFiles::CheckpointFiles(fs::path folder)
    : folder_(std::move(folder)), place_(place_of(folder_.parent_path())) {
  find_pins();
}

base::Problems CheckpointFiles::check_place() const {
  base::Problems problems;
  const decltype(place_) unknown{};
  if (place_ != unknown && place_ != place_of(folder_.parent_path()))
    problems.error("BOOK_FOLDER_MOVED", base::Place::of(folder_.parent_path()),
                   "another folder is in the place of the one that the host works in",
                   "put the folder back that was there");
  return problems;
}

CheckpointFiles::~CheckpointFiles() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void CheckpointFiles::write(std::shared_ptr<const book::BookImage> image, std::string orders, Keep keep) {
  if (keep == Keep::pinned) pin(image->book->ledger().sequence());
  const std::lock_guard lock(mutex_);
  if (!waiting_.empty() && waiting_.back().keep == Keep::until_newer) waiting_.pop_back();
  waiting_.push_back({std::move(image), std::move(orders), keep});
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
}

void CheckpointFiles::pin(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  ++pins_[sequence];
}

void CheckpointFiles::unpin(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  const auto pinned = pins_.find(sequence);
  if (pinned == pins_.end() || --pinned->second != 0) return;
  pins_.erase(pinned);
  std::error_code error;
  fs::remove(pin_of(sequence), error);
  prune();
}

void CheckpointFiles::unpin_earlier() {
  std::set<std::uint64_t> earlier;
  {
    const std::lock_guard lock(mutex_);
    earlier.swap(earlier_pins_);
  }
  for (const std::uint64_t sequence : earlier)
    unpin(sequence);
}

/// Only a file says to the next host that a checkpoint is needed.
void CheckpointFiles::find_pins() {
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() != pin_ending) continue;
    const std::string name = at->path().stem().string();
    std::uint64_t sequence = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), sequence);
    if (read.ec == std::errc() && at->path() == pin_of(sequence) && earlier_pins_.insert(sequence).second)
      ++pins_[sequence];
  }
}

void CheckpointFiles::after_writing(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  work_.push_back(std::move(work));
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_all();
}

void CheckpointFiles::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_.empty() && work_.empty() && !is_at_work_; });
}

std::string CheckpointFiles::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::uint64_t CheckpointFiles::needed_from() const {
  const std::lock_guard lock(mutex_);
  return kept_.empty() ? 0 : kept_.begin()->second.journal_bytes;
}

/// What waits when it is told to end is written first.
void CheckpointFiles::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return !waiting_.empty() || !work_.empty() || ends_; });
    if (waiting_.empty() && work_.empty()) return;
    const auto waiting = std::exchange(waiting_, {});
    const auto work = std::exchange(work_, {});
    is_at_work_ = true;
    lock.unlock();
    for (const Waiting& each : waiting)
      write_one(each);
    for (const auto& each : work)
      each();
    lock.lock();
    is_at_work_ = false;
    changed_.notify_all();
  }
}

void CheckpointFiles::write_one(const Waiting& waiting) {
  base::Problems problems = write_now(*waiting.image, waiting.orders);
  if (waiting.keep == Keep::pinned && !problems.has_errors())
    problems = base::write_file_atomically(pin_of(waiting.image->book->ledger().sequence()), "");
  const std::string why = problems.has_errors() ? base::to_line(problems[0]) : "";
  if (!why.empty())
    base::log_event(base::LogLevel::error, "checkpoint_not_written",
                    {{"book", waiting.image->book->ledger().book()}, {"why", why}});
  const std::lock_guard lock(mutex_);
  failed_ = why;
}

base::Problems CheckpointFiles::write_now(const book::BookImage& image, const std::string& orders) {
  if (base::Problems moved = check_place(); moved.has_errors()) return moved;
  (void)base::make_durable_folder(folder_);  // said by the first file in it
  const book::History& history = image.book->ledger().history();
  std::vector<std::uint64_t> sums;
  base::Problems problems = write_rows(history, sums);
  if (problems.has_errors()) return problems;
  const std::uint64_t sequence = image.book->ledger().sequence();
  problems = base::write_file_atomically(file_of(sequence), encode_image(image, orders, sums));
  if (problems.has_errors()) return problems;
  const std::lock_guard lock(mutex_);
  kept_[sequence] = {image.journal_bytes, image.learned.revision, history.first_block()};
  prune();
  return problems;
}

/// Blocks that are on the disk already stay as they are.
base::Problems CheckpointFiles::write_rows(const book::History& history, std::vector<std::uint64_t>& sums) {
  base::Problems problems;
  for (std::size_t k = 0; k < history.full_blocks() && !problems.has_errors(); ++k) {
    const std::uint64_t number = history.first_block() + k;
    // One that somebody removed is written again.
    std::error_code error;
    const auto known = blocks_.find(number);
    if (known != blocks_.end() && fs::file_size(block_of(number), error) == history.block(k).size_bytes() &&
        !error) {
      sums.push_back(known->second);
      continue;
    }
    const auto rows = history.block(k);
    const std::uint64_t sum = base::checksum64(rows.data(), rows.size_bytes());
    problems = base::write_file_atomically(block_of(number),
                                           {reinterpret_cast<const char*>(rows.data()), rows.size_bytes()});
    if (!problems.has_errors()) blocks_[number] = sum;
    sums.push_back(sum);
  }
  return problems;
}

/// With the lock. What no start needs any more goes.
void CheckpointFiles::prune() {
  std::set<std::uint64_t> revisions, kept;
  for (auto at = kept_.rbegin(); at != kept_.rend(); ++at) {
    const bool is_last_of_its_revision =
        revisions.size() < revisions_kept && revisions.insert(at->second.revision).second;
    if (kept.size() < newest_kept || is_last_of_its_revision) kept.insert(at->first);
  }
  for (const auto& [sequence, who] : pins_) {
    if (kept_.contains(sequence)) kept.insert(sequence);
  }
  std::error_code error;
  std::uint64_t first_block = ~std::uint64_t{0};
  for (auto at = kept_.begin(); at != kept_.end();) {
    if (kept.contains(at->first)) {
      first_block = std::min(first_block, at->second.first_block);
      ++at;
      continue;
    }
    fs::remove(file_of(at->first), error);
    at = kept_.erase(at);
  }
  while (!blocks_.empty() && blocks_.begin()->first < first_block) {
    fs::remove(block_of(blocks_.begin()->first), error);
    blocks_.erase(blocks_.begin());
  }
}

fs::path CheckpointFiles::file_of(std::uint64_t sequence) const {
  char name[40];
  std::snprintf(name, sizeof name, "%012llu.checkpoint", static_cast<unsigned long long>(sequence));
  return folder_ / name;
}

fs::path CheckpointFiles::block_of(std::uint64_t number) const {
  char name[40];
  std::snprintf(name, sizeof name, "%08llu.rows", static_cast<unsigned long long>(number));
  return folder_ / name;
}

fs::path CheckpointFiles::pin_of(std::uint64_t sequence) const {
  return file_of(sequence).replace_extension(pin_ending);
}

std::vector<fs::path> CheckpointFiles::list() const {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ending) files.push_back(at->path());
  }
  std::sort(files.rbegin(), files.rend());
  return files;
}

base::Result<book::StoredImage> CheckpointFiles::read(const fs::path& file) {
  auto bytes = base::read_file(file, file_bytes_most);
  if (!bytes) return bytes.problems();
  return book::decode_image(file, *bytes);
}

base::Result<std::vector<std::vector<double>>> CheckpointFiles::rows_of(
    const book::StoredImage& image) const {
  std::vector<std::vector<double>> rows;
  for (std::size_t k = 0; k < image.block_sums.size(); ++k) {
    const fs::path file = block_of(image.first_block + k);
    const auto bytes = base::read_file(file, file_bytes_most);
    if (!bytes) return bytes.problems();
    if (base::checksum64(bytes->data(), bytes->size()) != image.block_sums[k]) {
      base::Problems problems;
      problems.error("CHECKPOINT_DAMAGED", base::Place::of(file), "its checksum is wrong",
                     "an earlier one, or the journal from its beginning, takes its place");
      return problems;
    }
    std::vector<double>& block = rows.emplace_back(bytes->size() / sizeof(double));
    std::memcpy(block.data(), bytes->data(), block.size() * sizeof(double));
  }
  return rows;
}

base::Problems CheckpointFiles::verify_newest() {
  std::uint64_t newest = 0;
  {
    const std::lock_guard lock(mutex_);
    if (kept_.empty()) return {};
    newest = kept_.rbegin()->first;
  }
  const auto image = read(file_of(newest));
  base::Problems problems = image.problems();
  if (image) problems.append(rows_of(*image).problems());
  if (!problems.has_errors()) return problems;
  const std::lock_guard lock(mutex_);
  blocks_.clear();
  kept_.erase(newest);
  failed_ = base::to_line(problems[0]);
  return problems;
}

std::uint64_t CheckpointFiles::bars_after(std::uint64_t sequence) const {
  for (const fs::path& file : list()) {
    if (file <= file_of(sequence)) return 0;  // newest first
    if (const auto image = read(file)) return image->facts.bars;
  }
  return 0;
}

void CheckpointFiles::forget_after(std::uint64_t bytes) {
  std::error_code error;
  std::set<std::uint64_t> used;
  for (const fs::path& file : list()) {
    const auto image = read(file);
    if (!image || image->journal_bytes > bytes) {
      fs::remove(file, error);
      continue;
    }
    kept_[image->sequence] = {image->journal_bytes, image->learned.revision, image->first_block};
    for (std::size_t k = 0; k < image->block_sums.size(); ++k)
      blocks_.insert_or_assign(image->first_block + k, image->block_sums[k]);
  }
  // A block that another image says has another sum is of a journal that is gone: it is written again.
  for (auto at = blocks_.begin(); at != blocks_.end();) {
    const auto there = base::read_file(block_of(at->first), file_bytes_most);
    const bool is_whole = there && base::checksum64(there->data(), there->size()) == at->second;
    at = is_whole ? std::next(at) : blocks_.erase(at);
  }
}

}  // namespace cadre::live
