#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace cadre::app {

/// What one book would have ordered otherwise, out of a dry run's answer.
std::string preview_text(const boost::json::value& preview);

}  // namespace cadre::app
