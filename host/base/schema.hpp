#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "host/base/problem.hpp"

namespace cadre::base {

// The part of JSON Schema that manifests may use: type (one or a list), properties, required,
// additionalProperties (true or false, absent is false), patternProperties for "^x-" only, minimum, maximum,
// exclusiveMinimum, exclusiveMaximum, enum, const, items, minItems, maxItems, uniqueItems, minLength,
// maxLength, pattern, default, title, description, and private keys that begin with x-. 3.0 is an integer.

/// Finds the place of a JSON pointer.
using PlaceOf = std::function<Place(std::string_view pointer)>;

/// Every fault of the schema itself, among them a default that its own schema refuses. Pointers are relative
/// to it. Codes: SCHEMA_UNKNOWN_KEYWORD, SCHEMA_WRONG_TYPE, SCHEMA_CONTRADICTION, SCHEMA_BAD_DEFAULT.
Problems check_schema(const boost::json::value& schema, const PlaceOf& place);

/// Adds every fault of a value under a schema that check_schema accepts. `pointer` is that of the value; keys
/// that begin with x-, and a "$schema" that is a text, are allowed in every object and never looked into.
/// Codes: CONFIG_WRONG_TYPE, CONFIG_OUT_OF_RANGE, CONFIG_UNKNOWN_KEY, CONFIG_MISSING_KEY,
/// CONFIG_UNKNOWN_WORD, CONFIG_WRONG_LENGTH, CONFIG_WRONG_FORM, CONFIG_NOT_UNIQUE.
void validate(const boost::json::value& value, const boost::json::value& schema, const std::string& pointer,
              const PlaceOf& place, Problems& out);

/// The value with the defaults of its missing members, at every depth. An object that is missing is made only
/// when it has a default of its own.
boost::json::value with_defaults(const boost::json::value& value, const boost::json::value& schema);

}  // namespace cadre::base
