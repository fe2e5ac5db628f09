#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "host/base/durable_lines.hpp"

namespace cadre::live {

/// The lives of the books of a state folder, in a file outside of their own folders: a line each time a book
/// was opened. So a host knows of a book whose folder is gone that it has lived, and which host's it was.
class Incarnations {
 public:
  /// Reads what is there. A file that is missing is made, with `host` as the name of the host, or a random
  /// one where that is empty. Errors: those of DurableLines.
  static base::Result<std::unique_ptr<Incarnations>> open(const std::filesystem::path& file,
                                                          const std::string& host);

  /// The name of the host whose state folder this is: 32 hexadecimal digits.
  const std::string& host() const { return host_; }
  /// Whether a book has lived, and nobody has said that it is over: then its journal has to be there.
  /// [any-thread]
  bool has_lived(const std::string& book) const;
  /// Of the last time that a book was opened, from 1 on; 0: it never was. [any-thread]
  std::uint64_t last(const std::string& book) const;
  /// How often a book was begun again on purpose, with a journal of its own each time. [any-thread]
  std::uint64_t beginnings(const std::string& book) const;

  /// Byte of the stream of its journal that the host knows to have been acknowledged, in a file of its own:
  /// less than the book's own watermark says, and not put back with the folder of the book. [any-thread]
  std::uint64_t acknowledged(const std::string& book) const;
  /// One that cannot be written says too little, which harms nobody. [any-thread]
  void acknowledge(const std::string& book, std::uint64_t bytes);

  // Each is durable when it returns. Errors: FILE_NOT_WRITABLE. [any-thread]

  /// A book lives on, or begins: its journal says so already.
  base::Problems opened(const std::string& book, std::uint64_t incarnation);
  /// A host of an earlier version, which kept no such file, has had the book.
  base::Problems had(const std::string& book);
  /// It goes on with a copy of its journal, which knows of so many incarnations and beginnings.
  base::Problems restored(const std::string& book, std::uint64_t incarnation, std::uint64_t beginning,
                          const std::string& actor);
  /// A revision has it no more: it may come back to its journal, or begin again.
  base::Problems left(const std::string& book);
  /// Its journal is lost, and somebody said so: it begins again.
  base::Problems given_up(const std::string& book, const std::string& actor);

 private:
  struct Life {
    std::uint64_t last = 0;
    std::uint64_t beginnings = 0;
    bool is_over = true;
  };
  Incarnations(base::DurableLines lines, std::filesystem::path acknowledged)
      : lines_(std::move(lines)), acknowledged_file_(std::move(acknowledged)) {}
  void read_acknowledged();
  void write_acknowledged() const;
  base::Problems name_host(const std::string& host);
  base::Problems add(boost::json::object line);
  void take(const boost::json::object& line);

  mutable std::mutex mutex_;
  base::DurableLines lines_;
  std::string host_;
  std::map<std::string, Life, std::less<>> lives_;
  std::filesystem::path acknowledged_file_;
  std::map<std::string, std::uint64_t, std::less<>> acknowledged_;
};

}  // namespace cadre::live
