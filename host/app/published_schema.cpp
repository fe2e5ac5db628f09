#include "host/app/published_schema.hpp"

#include <boost/json.hpp>
#include <string>

#include "host/base/version.hpp"

namespace cadre::app {

namespace json = boost::json;

namespace {

/// Says of every object with listed keys that no others may be there.
void close_objects(json::value& value) {
  if (value.is_array()) {
    for (json::value& each : value.get_array())
      close_objects(each);
    return;
  }
  json::object* schema = value.if_object();
  if (schema == nullptr) return;
  if (json::value* properties = schema->if_contains("properties"); properties && properties->is_object()) {
    for (auto& [key, inner] : properties->get_object())
      close_objects(inner);
    if (!schema->contains("additionalProperties")) {
      schema->emplace("additionalProperties", false);
      schema->emplace("patternProperties",
                      json::object{{"^x-", true}, {"^\\$schema$", json::object{{"type", "string"}}}});
    }
  }
  if (json::value* items = schema->if_contains("items")) close_objects(*items);
}

}  // namespace

json::value published_schema(const json::value& schema, std::string_view name) {
  json::value closed = schema;
  close_objects(closed);
  json::object published{
      {"$schema", "http://json-schema.org/draft-07/schema#"},
      {"$id", "urn:cadre:schema:" + std::string(name) + ":" + std::string(base::version())}};
  for (auto& [key, value] : closed.as_object())
    published.emplace(key, value);
  if (name == "scenario") {
    json::value& chain = published.at("properties").at("chain");
    const json::value whole = chain;
    chain = json::object{{"description", "the chain, or the name of its file, relative to this file"},
                         {"anyOf", json::array{json::object{{"type", "string"}}, whole}}};
  }
  return published;
}

}  // namespace cadre::app
