#include "host/shadow/experiment_shelf.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "host/base/durable_folder.hpp"
#include "host/base/file.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"

namespace cadre::shadow {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t kept_most = 64;

std::string text_of(const json::object& body, const char* member) {
  const json::value* found = body.if_contains(member);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

bool can_go_on(const json::object& body) {
  const std::string state = text_of(body, "state");
  return (state == "running" || state == "catching up") && body.contains("start");
}

void end_with_its_host(json::object& body) {
  const std::string state = text_of(body, "state"), name = text_of(body, "name");
  if (state == "running") {
    body["reason"] = "the host that ran it ended; start it again to go on comparing";
    base::log_event(base::LogLevel::warn, "experiment_lost",
                    {{"name", name}, {"periods", base::canonical(body["periods"])}});
  }
  body["state"] = "ended";
}

/// The last member of a file, whose value is the checksum of the object without it.
constexpr std::string_view checksum_member = R"(,"checksum":")";

std::string checksum_of(std::string_view text) {
  return base::hexadecimal(base::checksum64(text.data(), text.size()));
}

/// The text of a body as it is kept.
std::string sealed(const json::object& body) {
  std::string text = json::serialize(body);
  const std::string sum = checksum_of(text);
  text.pop_back();
  return text + std::string(checksum_member) + sum + "\"}\n";
}

/// Whether the text is what was written. One without a checksum is of an earlier version, and taken.
bool is_as_written(const std::string& text, const json::object& body) {
  if (!body.contains("checksum")) return true;
  const std::size_t at = text.rfind(checksum_member);
  if (at == std::string::npos) return false;
  const std::string before = text.substr(0, at) + "}";
  return text.substr(at) == std::string(checksum_member) + checksum_of(before) + "\"}\n";
}

/// What a file says of an experiment; nothing where it is not what a host wrote.
std::optional<json::object> body_in(const fs::path& file) {
  const auto text = base::read_file(file, base::json_bytes_most);
  if (!text) return std::nullopt;
  const auto document = base::JsonDocument::parse(file.string(), *text);
  const json::object* found = document ? document->root().if_object() : nullptr;
  if (found == nullptr || !is_as_written(*text, *found)) return std::nullopt;
  json::object body = *found;
  body.erase("checksum");
  return body;
}

}  // namespace

json::object summary_of(const json::object& body) {
  json::object summary;
  for (const char* member : {"name", "book", "state", "reason", "since", "periods", "halted_bars", "verdict",
                             "differing_decisions"}) {
    if (const json::value* found = body.if_contains(member)) summary[member] = *found;
  }
  return summary;
}

base::Problems ExperimentShelf::open(fs::path folder) {
  base::Problems problems;
  std::error_code error;
  folder_ = std::move(folder);
  error = base::make_durable_folder(folder_);
  std::vector<std::pair<std::string, fs::path>> by_age;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, error)) {
    if (entry.path().extension() != ".json") continue;
    const std::optional<json::object> body = body_in(entry.path());
    const std::string name = body ? text_of(*body, "name") : std::string();
    if (name.empty() || file_of(name) != entry.path()) {
      problems.warning("EXPERIMENT_FILE_DAMAGED", base::Place::of(entry.path()),
                       "this is not what a host wrote of an experiment", "remove it; its results are lost");
      continue;
    }
    json::object kept = *body;
    const std::string state = text_of(kept, "state");
    if (state != "ended" && state != "failed" && !can_go_on(kept)) {
      end_with_its_host(kept);
      keep(kept);  // said once
    }
    by_age.emplace_back(text_of(kept, "since"), entry.path());
    earlier_.insert_or_assign(name, std::move(kept));
  }
  std::sort(by_age.begin(), by_age.end());
  for (std::size_t k = 0; k + kept_most < by_age.size(); ++k) {
    fs::remove(by_age[k].second, error);
    std::erase_if(earlier_, [&](const auto& each) { return file_of(each.first) == by_age[k].second; });
  }
  return problems;
}

void ExperimentShelf::keep(const json::object& body) const {
  if (folder_.empty()) return;
  const std::string name = text_of(body, "name");
  const base::Problems problems = base::write_file_atomically(file_of(name), sealed(body));
  if (problems.has_errors())
    base::log_event(base::LogLevel::warn, "experiment_not_kept",
                    {{"name", name}, {"why", base::to_line(problems[0])}});
}

std::optional<json::object> ExperimentShelf::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = earlier_.find(name);
  if (found == earlier_.end()) return std::nullopt;
  return found->second;
}

std::vector<json::object> ExperimentShelf::summaries() const {
  const std::lock_guard lock(mutex_);
  std::vector<json::object> summaries;
  for (const auto& [name, body] : earlier_)
    summaries.push_back(summary_of(body));
  return summaries;
}

std::vector<std::string> ExperimentShelf::unfinished() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, body] : earlier_) {
    if (can_go_on(body)) names.push_back(name);
  }
  return names;
}

std::string ExperimentShelf::book_of(const std::string& name) const {
  const auto body = find(name);
  return body ? text_of(*body, "book") : std::string();
}

void ExperimentShelf::settle(const std::string& name, const std::string& reason) {
  if (folder_.empty()) return;
  // The file and not what was read at the start: this host may have run it since.
  auto body = body_in(file_of(name));
  if (!body || text_of(*body, "state") != "failed") return;
  (*body)["state"] = "ended";
  (*body)["reason"] = reason + "; it had failed: " + text_of(*body, "reason");
  {
    const std::lock_guard lock(mutex_);
    if (const auto kept = earlier_.find(name); kept != earlier_.end()) kept->second = *body;
  }
  keep(*body);
}

void ExperimentShelf::end(const std::string& name, const char* state, const std::string& reason) {
  json::object body;
  {
    const std::lock_guard lock(mutex_);
    json::object& kept = earlier_[name];
    kept["state"] = state;
    kept["reason"] = reason;
    body = kept;
  }
  keep(body);
  base::log_event(base::LogLevel::warn, "experiment_lost",
                  {{"name", name}, {"periods", base::canonical(body["periods"])}, {"why", reason}});
}

fs::path ExperimentShelf::file_of(const std::string& name) const {
  return folder_ / (base::hexadecimal(base::checksum64(name.data(), name.size())) + ".json");
}

}  // namespace cadre::shadow
