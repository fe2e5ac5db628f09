#pragma once

#include <string>
#include <vector>

#include "host/revision/probation.hpp"
#include "host/revision/revision.hpp"
#include "host/revision/revision_store.hpp"

namespace cadre::revision {

/// What a revision says of one book, as one text: its part of the configuration and its plugins. Empty when
/// there is no such book.
std::string part_of(const Revision& revision, const std::string& book);

/// The ids of the books of a revision.
std::vector<std::string> books_of(const Revision& revision);

/// The nearest revision before `current`, along the line of those that were in charge, in which the book was
/// otherwise. Number 0: there is none. Errors: those of RevisionStore::get.
base::Result<Revision> revision_before(const RevisionStore& revisions, const Revision& current,
                                       const std::string& book);

/// Whether what runs is still what the trial is about.
bool is_still_on_trial(const BookTrial& trial, const RevisionStore& revisions, const Revision& current);

/// `current` with the book as `target` has it, or without it where that has none. One of the two has it.
/// `books`: all there are.
Revision with_part_of(const Revision& current, const Revision& target, const std::string& book,
                      const std::vector<std::string>& books);

}  // namespace cadre::revision
