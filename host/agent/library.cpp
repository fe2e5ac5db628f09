#include "host/agent/library.hpp"

#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <cfenv>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>

#include "host/agent/foreign.hpp"
#include "host/base/json.hpp"
#include "host/base/log.hpp"
#include "host/base/text.hpp"

namespace cadre::agent {

struct Library::Handle {
  boost::dll::shared_library library;
};

namespace {

/// How many of us have a path open. The loader counts too and unloads with the last one.
class OpenPaths {
 public:
  void add(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    ++counts_[path];
  }
  bool is_open(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    return counts_.contains(path);
  }
  /// How many are left.
  int remove(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex_);
    const int left = --counts_[path];
    if (left == 0) counts_.erase(path);
    return left;
  }

 private:
  std::mutex mutex_;
  std::map<std::filesystem::path, int> counts_;
};
OpenPaths& open_paths() {
  static OpenPaths paths;
  return paths;
}

/// Those that were mapped still after their last owner had gone.
struct Retained {
  std::mutex mutex;
  std::vector<RetainedLibrary> libraries;
};
Retained& retained() {
  static Retained all;
  return all;
}

/// Agents of one plugin that are read at most.
constexpr std::uint32_t agents_most = 256;

std::string_view view(cadre_string text) {
  return {text.data, text.length};
}

/// Events that this ABI has.
constexpr std::uint32_t known_events = CADRE_EVENT_BAR | CADRE_EVENT_FILL | CADRE_EVENT_OUTCOME |
                                       CADRE_EVENT_UNIVERSE | CADRE_EVENT_TIMER | CADRE_EVENT_SIGNAL;

/// What has no meaning yet is refused: otherwise it could never be given one.
base::Problems check_meaning(const cadre_agent_descriptor& agent, const base::Place& at) {
  base::Problems problems;
  const auto refuse = [&](const std::string& message) {
    problems.error("ABI_MISMATCH", at, "agent " + base::quote(view(agent.id)) + ": " + message,
                   "set it to zero, or use a host that knows it");
  };
  const std::uint32_t unknown = agent.observes & ~known_events & ~std::uint32_t{CADRE_EVENT_CORPORATE_ACTION};
  if ((agent.observes & CADRE_EVENT_CORPORATE_ACTION) != 0)
    refuse("observes has CADRE_EVENT_CORPORATE_ACTION, which this host does not send yet");
  if (unknown != 0) {
    refuse("observes has the bits " + std::to_string(unknown) + ", which no event of ABI " +
           abi_text(CADRE_ABI_VERSION) + " has");
  }
  if (agent.reserved != 0) refuse("reserved is " + std::to_string(agent.reserved) + ", not zero");
  return problems;
}

/// Takes over what the plugin says of itself. Nothing of it is read before its size is known.
base::Problems read_descriptors(const cadre_plugin_descriptor* theirs, const base::Place& at,
                                cadre_plugin_descriptor& descriptor,
                                std::vector<cadre_agent_descriptor>& agents) {
  base::Problems problems;
  if (theirs == nullptr || theirs->magic != CADRE_PLUGIN_MAGIC) {
    problems.error("ABI_MISMATCH", at,
                   "its entry point does not return a plugin descriptor (the magic is wrong)",
                   "build it against the Cadre SDK");
    return problems;
  }
  problems.append(check_abi(theirs->abi_min, theirs->abi_max, at));
  if (problems.has_errors()) return problems;
  const auto too_small = [&](const std::string& what, std::uint64_t bytes, std::uint64_t least) {
    problems.error("ABI_MISMATCH", at,
                   what + " has " + std::to_string(bytes) + " bytes, ABI " + abi_text(CADRE_ABI_VERSION) +
                       " has " + std::to_string(least),
                   "build it against the Cadre SDK");
  };
  if (theirs->size < CADRE_PLUGIN_DESCRIPTOR_SIZE_MIN) {
    too_small("its descriptor", theirs->size, CADRE_PLUGIN_DESCRIPTOR_SIZE_MIN);
    return problems;
  }
  descriptor = copied(*theirs);
  if (descriptor.create == nullptr)
    problems.error("ABI_MISMATCH", at, "its descriptor has no create function", "");
  if (descriptor.agent_count > agents_most) {
    problems.error("ABI_MISMATCH", at,
                   "its descriptor has " + std::to_string(descriptor.agent_count) + " agents, at most " +
                       std::to_string(agents_most) + " are read",
                   "");
    return problems;
  }
  if (descriptor.agents == nullptr || descriptor.agent_stride < CADRE_AGENT_DESCRIPTOR_SIZE_MIN) {
    too_small("the place of an agent's descriptor", descriptor.agent_stride, CADRE_AGENT_DESCRIPTOR_SIZE_MIN);
    return problems;
  }
  for (std::uint32_t i = 0; i < descriptor.agent_count; ++i) {
    const auto& agent = *reinterpret_cast<const cadre_agent_descriptor*>(
        reinterpret_cast<const char*>(descriptor.agents) + i * descriptor.agent_stride);
    if (agent.size < CADRE_AGENT_DESCRIPTOR_SIZE_MIN || agent.size > descriptor.agent_stride) {
      too_small("the descriptor of an agent", agent.size, CADRE_AGENT_DESCRIPTOR_SIZE_MIN);
      return problems;
    }
    agents.push_back(copied(agent));
    problems.append(check_meaning(agents.back(), at));
  }
  return problems;
}

std::vector<std::string> roles_of(const cadre_agent_descriptor& agent) {
  std::vector<std::string> roles;
  for (const cadre_string& role : agent.roles) {
    if (role.length != 0) roles.emplace_back(view(role));
  }
  return roles;
}

/// Everything that differs between what the plugin says of itself and what the manifest says.
base::Problems compare(const cadre_plugin_descriptor& descriptor,
                       std::span<const cadre_agent_descriptor> agents, const Manifest& manifest) {
  base::Problems problems;
  const base::Place at = base::Place::of(manifest.library.string());
  const auto differs = [&](const std::string& field, std::string_view library, std::string_view file) {
    if (library == file) return;
    problems.error(
        "MANIFEST_MISMATCH", at,
        "the library says " + field + " " + base::quote(library) + ", the manifest says " + base::quote(file),
        "build library and manifest together");
  };
  differs("id", view(descriptor.id), manifest.id);
  differs("version", view(descriptor.version), manifest.version.to_string());
  differs("abi", abi_text(descriptor.abi_min) + " to " + abi_text(descriptor.abi_max),
          abi_text(manifest.abi_min) + " to " + abi_text(manifest.abi_max));
  for (const AgentDeclaration& declared : manifest.agents) {
    const auto found = std::find_if(agents.begin(), agents.end(), [&](const cadre_agent_descriptor& agent) {
      return view(agent.id) == declared.id;
    });
    if (found == agents.end()) {
      problems.error("MANIFEST_MISMATCH", at,
                     "the library has no agent " + base::quote(declared.id) + " that the manifest describes",
                     "build library and manifest together");
      continue;
    }
    differs("roles of " + declared.id, base::join(roles_of(*found), ", "), base::join(declared.roles, ", "));
    differs("state schema of " + declared.id, std::to_string(found->state_schema),
            std::to_string(declared.state_schema));
  }
  return problems;
}

}  // namespace

std::vector<RetainedLibrary> retained_libraries() {
  const std::lock_guard lock(retained().mutex);
  std::erase_if(retained().libraries, [](const RetainedLibrary& library) {
    return !is_mapped(library.path) || open_paths().is_open(library.path);
  });
  return retained().libraries;
}

bool is_mapped(const std::filesystem::path& path) {
  struct Search {
    std::string path;
    bool found = false;
  } search{path.string()};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        auto* s = static_cast<Search*>(data);
        s->found = s->found || s->path == info->dlpi_name;
        return 0;
      },
      &search);
  return search.found;
}

base::Result<std::shared_ptr<Library>> Library::load(const std::filesystem::path& copy,
                                                     std::shared_ptr<const Manifest> manifest) {
  base::Problems problems;
  const base::Place at = base::Place::of(manifest->library.string());
  std::shared_ptr<Library> library(new Library());
  library->handle_ = std::make_unique<Handle>();
  library->path_ = copy;
  library->manifest_ = std::move(manifest);
  library->flight_ = FlightCardHolder({{},
                                       {},
                                       library->manifest_->id,
                                       library->manifest_->version.to_string(),
                                       library->manifest_->sha256,
                                       {},
                                       false});
  std::optional<FlightNote> note(std::in_place, library->flight_, Flight::load);
  const char* failed = "cannot be loaded: ";
  const cadre_plugin_descriptor* theirs = nullptr;
  std::fenv_t before{};
  std::fegetenv(&before);
  try {
    library->handle_->library.load(copy, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
    open_paths().add(copy);
    auto entry = library->handle_->library.get<const cadre_plugin_descriptor*()>(CADRE_PLUGIN_SYMBOL);
    Dl_info where{};
    if (dladdr(reinterpret_cast<void*>(entry), &where) == 0 || copy != where.dli_fname) {
      problems.error("LIBRARY_STALE", at,
                     "its entry point lies in another file, " +
                         std::string(where.dli_fname != nullptr ? where.dli_fname : "unknown"),
                     "restart the host");
      return problems;
    }
    note.emplace(library->flight_, Flight::cadre_plugin);
    failed = "its entry point threw: ";
    theirs = entry();
  } catch (const std::exception& error) {
    problems.error("LIBRARY_LOAD", at, failed + std::string(error.what()),
                   "link with -Wl,-z,defs to find what is missing");
    return problems;
  }
  std::fenv_t after{};
  std::fegetenv(&after);
  if (std::memcmp(&before.__control_word, &after.__control_word, sizeof before.__control_word) != 0 ||
      before.__mxcsr >> 6 != after.__mxcsr >> 6) {
    std::fesetenv(&before);
    problems.error("LIBRARY_CHANGES_FLOATING_POINT", at, "loading it changed the floating-point mode",
                   "link without -ffast-math");
  }
  problems.append(read_descriptors(theirs, at, library->descriptor_, library->agents_));
  if (problems.has_errors()) return problems;
  problems.append(compare(library->descriptor_, library->agents_, *library->manifest_));
  if (problems.has_errors()) return problems;
  return library;
}

Library::~Library() {
  if (!handle_ || !handle_->library.is_loaded()) return;
  const FlightNote note(flight_, Flight::unload);
  handle_->library.unload();
  if (open_paths().remove(path_) == 0 && is_mapped(path_)) {
    base::log_event(base::LogLevel::warn, "library_retained",
                    {{"path", path_.string()}, {"plugin", manifest_->id}});
    const std::lock_guard lock(retained().mutex);
    retained().libraries.push_back({path_, manifest_->id + " " + manifest_->version.to_string() +
                                               " is still mapped after it was closed"});
  }
}

const cadre_agent_descriptor* Library::agent(std::string_view id) const {
  for (const cadre_agent_descriptor& agent : agents_) {
    if (view(agent.id) == id) return &agent;
  }
  return nullptr;
}

}  // namespace cadre::agent
