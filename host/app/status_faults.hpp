#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

namespace cadre::app {

/// What is wrong with a host, a sentence each; empty: nothing is.
std::vector<std::string> faults_of(const boost::json::value& status);

/// The same in one line: "revision 4, 2 books: nothing is wrong". At most 1,000 bytes; what else is wrong is
/// counted.
std::string status_line(const boost::json::value& status);

/// "AA in main is HALTED: anna: lunch", of a trading state as answers show it.
std::string state_line(const boost::json::value& standing);

}  // namespace cadre::app
