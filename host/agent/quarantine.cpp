#include "host/agent/quarantine.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "host/base/date.hpp"
#include "host/base/hash.hpp"
#include "host/base/json.hpp"

namespace cadre::agent {

namespace json = boost::json;

namespace {

json::object to_json(const Quarantined& held) {
  const FlightCard& card = held.record.card;
  return {{"kind", "held"},
          {"number", held.number},
          {"time", held.time},
          {"why", held.why},
          {"digest", card.digest},
          {"config", card.config},
          {"agent", card.agent},
          {"version", card.version},
          {"book", card.book},
          {"stage", card.stage},
          {"call", static_cast<std::uint32_t>(held.record.flight)},
          {"event", held.record.event},
          {"event_kind", held.record.event_kind},
          {"revision", held.record.revision}};
}

std::string text_of(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_of(const json::object& line, std::string_view name) {
  const json::value* value = line.if_contains(name);
  boost::system::error_code error;
  const auto number = value != nullptr && value->is_number() ? value->to_number<std::uint64_t>(error) : 0;
  return error ? 0 : number;
}

Quarantined held_of(const json::object& line) {
  Quarantined held;
  held.number = number_of(line, "number");
  held.time = text_of(line, "time");
  held.why = text_of(line, "why");
  FlightRecord& record = held.record;
  record.card = {text_of(line, "book"),
                 text_of(line, "stage"),
                 text_of(line, "agent"),
                 text_of(line, "version"),
                 text_of(line, "digest"),
                 text_of(line, "config"),
                 false};
  record.flight = static_cast<Flight>(number_of(line, "call"));
  record.event = number_of(line, "event");
  record.event_kind = static_cast<std::uint32_t>(number_of(line, "event_kind"));
  record.revision = number_of(line, "revision");
  return held;
}

}  // namespace

std::string Quarantined::text() const {
  return flight_text(record) + ": " + why + " (quarantine " + std::to_string(number) + ")";
}

base::Result<std::unique_ptr<Quarantine>> Quarantine::open(const std::filesystem::path& file) {
  auto lines = base::DurableLines::open(file, "what is in quarantine is let in again");
  if (!lines) return lines.problems();
  const base::Problems warnings = lines.problems();
  std::unique_ptr<Quarantine> quarantine(new Quarantine(std::move(lines).take()));
  for (const json::object& line : quarantine->lines_.found()) {
    const std::uint64_t number = number_of(line, "number");
    quarantine->last_ = std::max(quarantine->last_, number);
    if (text_of(line, "kind") == "held")
      quarantine->held_.push_back(held_of(line));
    else
      std::erase_if(quarantine->held_, [&](const Quarantined& held) { return held.number == number; });
  }
  return {std::move(quarantine), warnings};
}

base::Problems Quarantine::add(const FlightRecord& record, const std::string& why) {
  const std::lock_guard lock(mutex_);
  const bool is_held = std::any_of(held_.begin(), held_.end(), [&](const Quarantined& held) {
    return held.record.card.digest == record.card.digest && held.record.card.config == record.card.config;
  });
  if (is_held) return {};
  Quarantined held{++last_, record, why, base::now_text()};
  base::Problems problems = lines_.append(to_json(held));
  held_.push_back(std::move(held));
  return problems;
}

base::Problems Quarantine::release(std::uint64_t number, std::string_view actor, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(held_.begin(), held_.end(),
                                  [&](const Quarantined& held) { return held.number == number; });
  base::Problems problems;
  if (found == held_.end()) {
    problems.error("QUARANTINE_UNKNOWN", {}, "nothing is held in quarantine under " + std::to_string(number),
                   "`cadre quarantine list` shows what is");
    return problems;
  }
  problems = lines_.append({{"kind", "released"},
                            {"number", number},
                            {"time", base::now_text()},
                            {"actor", actor},
                            {"reason", reason}});
  if (!problems.has_errors()) held_.erase(found);
  return problems;
}

std::vector<Quarantined> Quarantine::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

std::optional<Quarantined> Quarantine::find(const std::string& digest, const std::string& config) const {
  const std::lock_guard lock(mutex_);
  if (held_.empty()) return std::nullopt;
  const std::string settings = base::sha256_hex(config);
  const auto found = std::find_if(held_.begin(), held_.end(), [&](const Quarantined& held) {
    const FlightCard& card = held.record.card;
    return card.digest == digest && (card.config.empty() || card.config == settings);
  });
  return found == held_.end() ? std::nullopt : std::optional(*found);
}

}  // namespace cadre::agent
