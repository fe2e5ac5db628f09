#include "host/live/incarnations.hpp"

#include <sodium.h>

#include <array>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/file.hpp"
#include "host/base/json.hpp"

namespace cadre::live {

namespace json = boost::json;

namespace {

std::string text_of(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_of(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  if (value == nullptr || !value->is_number()) return 0;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

std::string random_name() {
  std::array<unsigned char, 16> bytes{};  // what needs no sodium_init: the system's own numbers
  randombytes_buf(bytes.data(), bytes.size());
  std::array<char, 33> digits{};
  sodium_bin2hex(digits.data(), digits.size(), bytes.data(), bytes.size());
  return digits.data();
}

}  // namespace

base::Result<std::unique_ptr<Incarnations>> Incarnations::open(const std::filesystem::path& file,
                                                               const std::string& host) {
  auto lines = base::DurableLines::open(file, "a book whose folder is lost begins anew");
  if (!lines) return lines.problems();
  base::Problems problems = lines.problems();
  std::unique_ptr<Incarnations> all(
      new Incarnations(std::move(lines).take(), file.parent_path() / "acknowledged"));
  all->read_acknowledged();
  for (const json::object& line : all->lines_.found())
    all->take(line);
  if (all->host_.empty()) problems.append(all->name_host(host));
  if (problems.has_errors()) return problems;
  return {std::move(all), problems};
}

/// What a line says.
void Incarnations::take(const json::object& line) {
  const std::string kind = text_of(line, "kind");
  if (kind == "host") host_ = text_of(line, "host");
  const std::string book = text_of(line, "book");
  if (book.empty()) return;
  Life& life = lives_[book];
  life.is_over = kind == "left" || kind == "given_up";
  if (kind == "given_up") ++life.beginnings;
  if (kind == "given_up") life.last = 0;
  if (kind == "opened" || kind == "restored") life.last = number_of(line, "incarnation");
  if (kind == "restored") life.beginnings = number_of(line, "beginning");
}

base::Problems Incarnations::add(json::object line) {
  const std::lock_guard lock(mutex_);
  line["time"] = base::now_text();
  base::Problems problems = lines_.append(line);
  if (problems.has_errors()) return problems;
  take(line);
  // What was acknowledged of another journal says nothing of the one that comes.
  if (text_of(line, "kind") != "opened" && acknowledged_.erase(text_of(line, "book")) != 0)
    write_acknowledged();
  return problems;
}

base::Problems Incarnations::name_host(const std::string& host) {
  return add({{"kind", "host"}, {"host", host.empty() ? random_name() : host}});
}

bool Incarnations::has_lived(const std::string& book) const {
  const std::lock_guard lock(mutex_);
  const auto found = lives_.find(book);
  return found != lives_.end() && !found->second.is_over;
}

std::uint64_t Incarnations::last(const std::string& book) const {
  const std::lock_guard lock(mutex_);
  const auto found = lives_.find(book);
  return found == lives_.end() ? 0 : found->second.last;
}

std::uint64_t Incarnations::beginnings(const std::string& book) const {
  const std::lock_guard lock(mutex_);
  const auto found = lives_.find(book);
  return found == lives_.end() ? 0 : found->second.beginnings;
}

void Incarnations::read_acknowledged() {
  const auto document = base::JsonDocument::load(acknowledged_file_);
  if (!document || !document->root().is_object()) return;
  for (const auto& [book, bytes] : document->root().get_object()) {
    if (bytes.is_number()) acknowledged_[std::string(book)] = bytes.to_number<std::uint64_t>();
  }
}

void Incarnations::write_acknowledged() const {
  json::object all;
  for (const auto& [book, bytes] : acknowledged_)
    all[book] = bytes;
  (void)base::write_file_atomically(acknowledged_file_, json::serialize(all) + "\n");
}

std::uint64_t Incarnations::acknowledged(const std::string& book) const {
  const std::lock_guard lock(mutex_);
  const auto found = acknowledged_.find(book);
  return found == acknowledged_.end() ? 0 : found->second;
}

void Incarnations::acknowledge(const std::string& book, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  std::uint64_t& known = acknowledged_[book];
  if (bytes <= known) return;
  known = bytes;
  write_acknowledged();
}

base::Problems Incarnations::opened(const std::string& book, std::uint64_t incarnation) {
  return add({{"kind", "opened"}, {"book", book}, {"incarnation", incarnation}});
}

base::Problems Incarnations::had(const std::string& book) {
  return add({{"kind", "had"}, {"book", book}});
}

base::Problems Incarnations::restored(const std::string& book, std::uint64_t incarnation,
                                      std::uint64_t beginning, const std::string& actor) {
  return add({{"kind", "restored"},
              {"book", book},
              {"incarnation", incarnation},
              {"beginning", beginning},
              {"actor", actor}});
}

base::Problems Incarnations::left(const std::string& book) {
  return add({{"kind", "left"}, {"book", book}});
}

base::Problems Incarnations::given_up(const std::string& book, const std::string& actor) {
  return add({{"kind", "given_up"}, {"book", book}, {"actor", actor}});
}

}  // namespace cadre::live
