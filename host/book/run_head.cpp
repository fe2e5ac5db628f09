#include "host/book/run_head.hpp"

#include <gnu/libc-version.h>

#include <boost/json.hpp>
#include <fstream>

#include "host/base/json.hpp"
#include "host/base/version.hpp"
#include "host/config/instrument_table.hpp"

namespace cadre::book {

namespace fs = std::filesystem;

namespace {

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

std::string head_text(const config::ScenarioConfig& config, const fs::path& folder,
                      const std::vector<std::string>& ids,
                      const std::vector<std::shared_ptr<const agent::Manifest>>& used,
                      const journal::StreamHead& stream) {
  boost::json::array plugins;
  for (const auto& manifest : used) {
    plugins.push_back(
        {{"id", manifest->id}, {"version", manifest->version.to_string()}, {"sha256", manifest->sha256}});
  }
  boost::json::array instruments(ids.begin(), ids.end());
  boost::json::object head{{"config", config.document.root()},
                           {"folder", fs::absolute(folder).string()},
                           {"instruments", instruments},
                           {"plugins", plugins},
                           {"seed", config.seed},
                           {"host_version", std::string(base::version())},
                           {"processor", processor_name()},
                           {"c_library", std::string("glibc ") + gnu_get_libc_version()}};
  if (stream.is_named()) head["stream"] = journal::to_json(stream);
  return base::canonical(head);
}

base::Result<RunHead> read_head(const fs::path& file, const std::string& text) {
  base::Problems problems;
  const auto document = base::JsonDocument::parse(file.string(), text);
  const auto member = [&](const char* pointer) {
    return document ? base::find(document->root(), pointer) : nullptr;
  };
  const boost::json::value* config = member("/config");
  const boost::json::value* folder = member("/folder");
  const boost::json::value* instruments = member("/instruments");
  const bool whole = config != nullptr && folder != nullptr && folder->is_string() &&
                     instruments != nullptr && instruments->is_array();
  if (!whole) {
    problems.error("JOURNAL_BAD_RECORD", base::Place::of(file), "the head of the journal cannot be read",
                   "was it written by another version?");
    return problems;
  }
  auto inner = base::JsonDocument::parse(file.string(), base::canonical(*config));
  if (!inner) return inner.problems();
  RunHead head{std::move(inner).take(), std::string(folder->as_string()), {}, {}};
  for (const boost::json::value& id : instruments->as_array())
    head.instruments.emplace_back(id.is_string() ? id.as_string() : "");
  head.universe = config::traded_instruments(head.config.root(), head.instruments);
  return head;
}

}  // namespace cadre::book
