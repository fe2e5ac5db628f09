#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>

#include "host/live/book_pulse.hpp"

namespace cadre::live {

/// What became of a wait for a book.
enum class Asked {
  done,
  ended,  ///< the book takes nothing any more
  stuck   ///< its thread does not come back: BookPulse::sentence says from what
};

/// One thing that a book does for somebody between two of its events. Shared by both: whoever asked may have
/// gone when the book comes to it, and what was begun goes on without him.
class BookErrand {
 public:
  /// On the book's thread. Does the work, unless nobody waits for it any more; what it throws is for whoever
  /// asked.
  void run(const std::function<void()>& work);
  /// What becomes of work that was not begun when nobody waits any more.
  enum class Unbegun { goes, stays };
  /// Waits until it is done. What the work threw is thrown here.
  Asked wait(const BookPulse& pulse, Unbegun unbegun = Unbegun::goes);
  /// On the book's thread, after run(): an invariant that broke in it is the book's own affair too.
  void rethrow_invariant() const;
  /// The book takes nothing any more: it is never run.
  void set_ended();

 private:
  enum class Stage { waiting, begun, done, ended, given_up };

  std::mutex mutex_;
  std::condition_variable changed_;
  Stage stage_ = Stage::waiting;
  std::exception_ptr thrown_;
};

}  // namespace cadre::live
