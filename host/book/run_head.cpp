#include "host/book/run_head.hpp"

#include <gnu/libc-version.h>

#include <boost/json.hpp>
#include <fstream>

#include "host/base/json.hpp"
#include "host/base/version.hpp"

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
                      const std::vector<std::shared_ptr<const agent::Manifest>>& used) {
  boost::json::array plugins;
  for (const auto& manifest : used) {
    plugins.push_back(
        {{"id", manifest->id}, {"version", manifest->version.to_string()}, {"sha256", manifest->sha256}});
  }
  boost::json::array instruments(ids.begin(), ids.end());
  const boost::json::object head{{"config", config.document.root()},
                                 {"folder", fs::absolute(folder).string()},
                                 {"instruments", instruments},
                                 {"plugins", plugins},
                                 {"seed", config.seed},
                                 {"host_version", std::string(base::version())},
                                 {"processor", processor_name()},
                                 {"c_library", std::string("glibc ") + gnu_get_libc_version()}};
  return base::canonical(head);
}

}  // namespace cadre::book
