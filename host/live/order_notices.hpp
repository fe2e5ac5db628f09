#pragma once

#include <cstdint>

#include "host/book/ledger.hpp"
#include "host/live/book_snapshot.hpp"

namespace cadre::live {

/// Sessions that an order may wait before it is told as trouble, where a book does not say.
inline constexpr std::uint64_t long_wait_sessions = 3;

/// What a book has decided and not sent yet.
void count_scheduled(const book::Ledger& ledger, std::uint64_t longest_wait, BookSnapshot& now);

}  // namespace cadre::live
