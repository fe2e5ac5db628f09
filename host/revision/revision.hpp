#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/base/result.hpp"
#include "host/base/version.hpp"

namespace cadre::revision {

/// The exact bytes that a plugin of a revision has.
struct PinnedPlugin {
  std::string id;
  std::string version;
  std::string sha256;
  std::string manifest_sha256{};     ///< empty in revisions of 0.9: not known
  std::vector<std::string> books{};  ///< that it is for; empty in revisions of 0.9: for all

  bool is_for(const std::string& book) const;
  /// Of version, library and manifest; what one of the two does not know is no difference.
  bool same_bytes(const PinnedPlugin& other) const;

  auto operator<=>(const PinnedPlugin&) const = default;  // NOLINT(modernize-use-nullptr): there is none
};

/// One immutable setup. Everything that runs, runs under a revision's number.
struct Revision {
  std::uint64_t number = 0;    ///< from 1
  std::uint64_t based_on = 0;  ///< the one that was in charge when it was made, for the record; 0: none
  /// The one that was in charge before what this one brings: where a rollback goes. 0: none. Nothing in files
  /// of 0.9, and then the store knows it.
  std::optional<std::uint64_t> line{};
  std::int64_t time_ns = 0;
  std::string actor{};
  std::string reason{};
  std::uint64_t restores = 0;   ///< the revision whose content a rollback brings back, or 0
  std::string restores_book{};  ///< the book that it brings back of that one; empty: all
  boost::json::value config{};  ///< the complete document
  std::vector<PinnedPlugin> plugins{};
  /// The host that wrote it, for the record; empty in revisions of 0.9. The store fills it in.
  base::Build host{};
};

/// One value that differs. The texts are canonical JSON; nothing where there is no such value.
struct Change {
  std::string pointer;
  std::optional<std::string> before;
  std::optional<std::string> after;

  bool operator==(const Change&) const = default;
};

/// Texts as "1.0.0 0123456789ab": version and the first 12 digits of the SHA-256, several of them joined by
/// ", ", with their books; with the manifest's digits where it is the manifest alone that differs. Empty
/// where the revision has no such plugin.
struct PluginChange {
  std::string id;
  std::string before;
  std::string after;

  bool operator==(const PluginChange&) const = default;
};

/// What leads from one revision to another. Plugins by id; values in the order of the older document, what is
/// new after it.
struct Difference {
  std::vector<Change> changes;
  std::vector<PluginChange> plugins;

  bool empty() const { return changes.empty() && plugins.empty(); }
};

/// Objects by key, arrays by index, the books of a host by their ids: the pointer of one that is changed or
/// gone is that in the older document. Equal is what has the same canonical text: 3 and 3.0 are.
Difference difference(const Revision& a, const Revision& b);
/// The same of two documents alone. [any-thread]
std::vector<Change> difference(const boost::json::value& a, const boost::json::value& b);

/// {"revision", "based_on", "line", "time", "actor", "reason", "restores", "plugins": [...], "config",
/// "host": {"version", "sha256", "compiler"}}.
boost::json::value to_json(const Revision& revision);
/// {"changes": [{"pointer", "before", "after"}], "plugins": [{"id", "before", "after"}]}, absent as null.
boost::json::value to_json(const Difference& difference);

/// The text of a revision's file: to_json with the SHA-256 of its canonical text.
std::string file_text(const Revision& revision);
/// Reads it back. Errors: REVISION_DAMAGED, one for each fault.
base::Result<Revision> parse_file(const std::string& file, std::string text);

}  // namespace cadre::revision
