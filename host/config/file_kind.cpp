#include "host/config/file_kind.hpp"

#include <boost/json.hpp>

namespace cadre::config {

bool says_scenario(const boost::json::value& root) {
  const boost::json::object* object = root.if_object();
  return object != nullptr && object->contains("scenario");
}

FileKind file_kind(const boost::json::value& root) {
  const boost::json::object* object = root.if_object();
  if (object == nullptr) return FileKind::scenario;
  if (object->contains("manifest_version")) return FileKind::manifest;
  if (object->contains("candidate")) return FileKind::experiment;
  if (says_scenario(root)) return FileKind::scenario;
  if (object->contains("position_sizer")) return FileKind::chain;
  if (object->contains("books")) return FileKind::host;
  return FileKind::scenario;
}

}  // namespace cadre::config
