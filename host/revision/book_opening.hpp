#pragma once

#include <filesystem>
#include <memory>

#include "host/live/book_list.hpp"
#include "host/revision/revision_store.hpp"
#include "host/revision/setup.hpp"

namespace cadre::revision {

/// What the books of a host are opened with. All of it has to outlive them.
struct BookGround {
  std::filesystem::path state;  ///< the books' folders are in its "books"
  const RevisionStore& revisions;
  live::BookRunner::Ground of_host;
};

/// Where a book keeps its journal.
std::filesystem::path book_folder(const std::filesystem::path& state, const std::string& book);

/// The name of the host that the journals of a state folder are of, as the first of them says; empty: none
/// does, or they name several.
std::string host_of_books(const std::filesystem::path& state);

/// Opens one book of a setup under a revision: it begins a journal, or goes on with the one that is there.
/// Its thread is not started. Errors: those of BookRunner::open and of reading the instruments.
base::Result<std::shared_ptr<live::BookRunner>> open_book(const BookGround& ground,
                                                          const config::HostConfig& host,
                                                          const config::BookConfig& book,
                                                          const std::shared_ptr<chain::Chain>& chain,
                                                          const Revision& revision);

/// What is in the way of a book that comes back to the journal it left: what never changes in a book's life
/// has to be what that journal began with. Nothing when there is no journal. Errors: CONFIG_NEVER_CHANGES,
/// one for each value; those of reading a journal.
base::Problems check_returning(const config::BookConfig& book, const std::filesystem::path& state,
                               const std::string& origin);

}  // namespace cadre::revision
