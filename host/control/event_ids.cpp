#include "host/control/event_ids.hpp"

#include <charconv>
#include <string>

#include "host/base/file.hpp"

namespace cadre::control {

base::Problems EventIds::begin() {
  std::error_code error;
  std::uint64_t last = 0;
  if (std::filesystem::exists(file_, error)) {
    auto text = base::read_file(file_);
    if (!text) return text.problems();
    const char* end = text->data() + text->size();
    const auto [at, failure] = std::from_chars(text->data(), end, last);
    if (failure != std::errc{} || (at != end && *at != '\n')) {
      base::Problems problems;
      problems.error("EVENT_IDS_NOT_READABLE", base::Place::of(file_), "it is no number",
                     "remove it: ids of events begin at 1 again, and clients are told so");
      return problems;
    }
  }
  feed_.begin_after(last);
  most_ = last + reserved;
  return base::write_file_atomically(file_, std::to_string(most_) + "\n");
}

void EventIds::reserve() {
  if (most_ == 0 || feed_.last_id() + reserved / 2 < most_) return;
  // Tried again at the next look when it cannot be written.
  if (base::write_file_atomically(file_, std::to_string(most_ + reserved) + "\n").empty()) most_ += reserved;
}

void EventIds::end() {
  if (most_ == 0) return;
  (void)base::write_file_atomically(file_, std::to_string(feed_.last_id()) + "\n");
}

}  // namespace cadre::control
