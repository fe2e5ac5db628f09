#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/book/book.hpp"
#include "host/book/book_image.hpp"
#include "host/config/scenario_config.hpp"
#include "host/journal/records.hpp"
#include "host/live/checkpoint_files.hpp"

namespace cadre::shadow {

/// Where the arms of an experiment take their places: how the book stood between two of its events.
struct Beginning {
  std::shared_ptr<const book::Book> book;
  journal::CheckpointRecord learned;  ///< by the agents of the book
  std::uint64_t revision = 0;         ///< that the book ran
  std::uint64_t sequence = 0;         ///< of the last event before it
  std::uint64_t journal_bytes = 0;    ///< where in its journal what happened afterwards begins
  bool halted = false;
};

/// As the book stands now, in a checkpoint of it.
Beginning beginning_at(std::shared_ptr<const book::BookImage> image, std::uint64_t revision);

/// As it stood then, out of the file of that checkpoint. `config`, `instruments`: of the book. Errors: those
/// of reading it; CHECKPOINT_DAMAGED.
base::Result<Beginning> stored_beginning(const live::CheckpointFiles& files, std::uint64_t sequence,
                                         std::uint64_t revision, const config::ScenarioConfig& config,
                                         const std::vector<std::string>& instruments);

}  // namespace cadre::shadow
