#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/journal/journal.hpp"

namespace cadre::journal {

/// A record as programs and people read it: `kind`, `sequence`, and its fields under the names that
/// `cadre reference` gives them, without `_e9` and `_e6`: prices, quantities and money are decimal text in
/// units, and the codes of an order are words; an index of an instrument is its id, and columns are objects
/// by id. `instruments`: ids by index, as of the record. `only`: the index of one instrument, of which
/// columns are shown alone; empty: all. Nothing when the record cannot be read.
std::optional<boost::json::object> to_json(const Record& record, const std::vector<std::string>& instruments,
                                           std::optional<std::size_t> only);

}  // namespace cadre::journal
