#include "host/base/seal.hpp"

#include <algorithm>
#include <charconv>
#include <string>

#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/text.hpp"

namespace cadre::base {

namespace fs = std::filesystem;

namespace {

/// One content that a seal allows: a line "BYTES CHECKSUM".
struct Allowed {
  std::uint64_t bytes = 0;
  std::string checksum;
};

std::string line_of(std::string_view content) {
  return std::to_string(content.size()) + " " + hexadecimal(checksum64(content.data(), content.size())) +
         "\n";
}

std::vector<Allowed> allowed_by(std::string_view text) {
  std::vector<Allowed> all;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t blank = line.find(' ');
    Allowed allowed;
    if (blank == std::string_view::npos ||
        std::from_chars(line.data(), line.data() + blank, allowed.bytes).ptr != line.data() + blank)
      continue;
    allowed.checksum = line.substr(blank + 1);
    all.push_back(std::move(allowed));
  }
  return all;
}

}  // namespace

fs::path seal_of(const fs::path& file) {
  fs::path seal = file;
  seal += ".seal";
  return seal;
}

Problems seal_file(const fs::path& file, const std::vector<std::string_view>& contents) {
  std::string text;
  for (const std::string_view content : contents)
    text += line_of(content);
  std::error_code error;
  const auto there = fs::exists(seal_of(file), error) ? read_file(seal_of(file)) : Result<std::string>("");
  if (there && *there == text) return {};
  return write_file_atomically(seal_of(file), text);
}

Problems check_seal(const fs::path& file, const std::string_view* content, SealFor sealed,
                    const std::string& otherwise) {
  Problems problems;
  std::error_code error;
  if (!fs::exists(seal_of(file), error)) return problems;
  const auto text = read_file(seal_of(file));
  const std::vector<Allowed> all = text ? allowed_by(*text) : std::vector<Allowed>{};
  const std::string next = "put a copy of the file back; without one, move it and " +
                           seal_of(file).filename().string() + " away: " + otherwise;
  if (content == nullptr) {
    problems.error("STATE_FILE_LOST", Place::of(file), "the host has written this file, and it is not there",
                   next);
    return problems;
  }
  const bool is_kept = std::any_of(all.begin(), all.end(), [&](const Allowed& allowed) {
    const bool fits =
        sealed == SealFor::whole ? content->size() == allowed.bytes : content->size() >= allowed.bytes;
    return fits && hexadecimal(checksum64(content->data(), allowed.bytes)) == allowed.checksum;
  });
  if (!is_kept)
    problems.error(
        "STATE_FILE_CHANGED", Place::of(file),
        sealed == SealFor::whole
            ? "the file is not what the host wrote last"
            : "the file does not begin with what the host has written: it was cut, changed, or is an "
              "older one",
        next);
  return problems;
}

Problems write_sealed(const fs::path& file, std::string_view content) {
  std::error_code error;
  std::vector<std::string_view> contents{content};
  std::string before;
  if (fs::exists(file, error)) {
    auto read = read_file(file);
    if (read) before = std::move(read).take();
    contents.push_back(before);
  }
  Problems problems = seal_file(file, contents);
  if (!problems.has_errors()) problems = write_file_atomically(file, content);
  // From here on the one before is an older copy.
  if (!problems.has_errors()) (void)seal_file(file, {content});
  return problems;
}

}  // namespace cadre::base
