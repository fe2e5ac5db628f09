#include "host/control/event_ids.hpp"

#include <charconv>
#include <string>

#include "host/base/file.hpp"
#include "host/base/seal.hpp"

namespace cadre::control {

base::Problems EventIds::begin() {
  std::error_code error;
  std::uint64_t last = 0;
  const std::string otherwise = "ids of events begin at 1 again, and clients are told so";
  if (!std::filesystem::exists(file_, error)) {
    base::Problems lost = base::check_seal(file_, nullptr, base::SealFor::whole, otherwise);
    if (lost.has_errors()) return lost;
  } else {
    auto text = base::read_file(file_);
    if (!text) return text.problems();
    const std::string_view content(*text);
    base::Problems changed = base::check_seal(file_, &content, base::SealFor::whole, otherwise);
    if (changed.has_errors()) return changed;
    const char* end = text->data() + text->size();
    const auto [at, failure] = std::from_chars(text->data(), end, last);
    if (failure != std::errc{} || (at != end && *at != '\n')) {
      base::Problems problems;
      problems.error("EVENT_IDS_NOT_READABLE", base::Place::of(file_), "it is no number",
                     "remove it: " + otherwise);
      return problems;
    }
  }
  feed_.begin_after(last);
  most_ = last + reserved;
  return base::write_sealed(file_, std::to_string(most_) + "\n");
}

void EventIds::reserve() {
  if (most_ == 0 || feed_.last_id() + reserved / 2 < most_) return;
  // Tried again at the next look when it cannot be written.
  if (base::write_sealed(file_, std::to_string(most_ + reserved) + "\n").empty()) most_ += reserved;
}

void EventIds::end() {
  if (most_ == 0) return;
  (void)base::write_sealed(file_, std::to_string(feed_.last_id()) + "\n");
}

}  // namespace cadre::control
