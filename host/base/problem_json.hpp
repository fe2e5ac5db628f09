#pragma once

#include <boost/json/value.hpp>

#include "host/base/problem.hpp"

namespace cadre::base {

/// [{code, severity, file, line, column, pointer, message, next_step}], as the HTTP interface and status show
/// them.
boost::json::array to_json(const Problems& problems);
/// The opposite; what is missing stays empty.
Problems problems_from_json(const boost::json::value& array);

}  // namespace cadre::base
