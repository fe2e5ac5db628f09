#include "host/app/run_witness.hpp"

#include "host/base/log.hpp"
#include "host/base/temporary_folder.hpp"

namespace cadre::app {

namespace {

constexpr std::chrono::milliseconds between_looks{500};
constexpr std::chrono::seconds call_most{5};  // an honest agent may take a second; a person waits for more

}  // namespace

RunWitness::RunWitness() {
  const base::TemporaryFolder folder;  // gone at once: the notes are for this process alone
  auto recorder = agent::FlightRecorder::begin(folder.path() / "flights");
  if (!recorder) return;
  recorder_ = std::move(recorder).take();
  agent::FlightRecorder::tell_crashes();
  thread_ = std::thread([this] { watch(); });
}

RunWitness::~RunWitness() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    has_ended_ = true;
  }
  ends_.notify_all();
  thread_.join();
}

void RunWitness::watch() {
  std::unique_lock lock(mutex_);
  while (!ends_.wait_for(lock, between_looks, [this] { return has_ended_; }))
    look();
}

/// Isolated agents are left to the deadline of their own.
void RunWitness::look() {
  const auto now = std::chrono::steady_clock::now();
  for (const agent::FlightRecorder::Seen& seen : recorder_->seen()) {
    Lasting& lasting = calls_[seen.slot];
    if (lasting.serial != seen.serial) lasting = {seen.serial, now, false};
    if (lasting.is_told || seen.record.card.is_isolated || now - lasting.first_seen < call_most) continue;
    lasting.is_told = true;
    base::log_event(base::LogLevel::error, "agent_hangs",
                    {{"what", agent::flight_text(seen.record) + " has not come back for " +
                                  std::to_string(call_most.count()) +
                                  " seconds; the run waits for it: end it, and mend the agent or give its "
                                  "stage \"isolation\": \"process\""}});
  }
}

}  // namespace cadre::app
