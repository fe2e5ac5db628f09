#include "host/book/session_history.hpp"

#include <vector>

namespace cadre::book {

SessionHistory::SessionHistory(std::size_t columns, bool carry) : rows_(columns, 0, carry) {
  running_.close_e9.assign(columns, 0);
  running_.valid.assign(columns, 0);
  running_.volume.assign(columns, 0);
}

void SessionHistory::begin(const model::Bar& bar) {
  const std::size_t columns = running_.close_e9.size();
  running_.date = bar.date;
  running_.has_volume = bar.has_volume;
  running_.close_e9.assign(columns, 0);
  running_.valid.assign(columns, 0);
  running_.volume.assign(columns, 0);
  is_over_ = false;
}

void SessionHistory::end() {
  rows_.add(running_);
  is_over_ = true;
  ++added_;
}

void SessionHistory::add(const model::Bar& bar) {
  added_ = 0;
  if (!is_over_ && bar.date != running_.date) end();
  // A bar behind the one that was the last of its session: of its next one, whatever its date.
  if (is_over_) begin(bar);
  for (std::size_t c = 0; c < running_.close_e9.size(); ++c) {
    if (bar.valid[c] == 0) continue;
    running_.close_e9[c] = bar.close_e9[c];
    running_.valid[c] = 1;
    if (bar.has_volume) running_.volume[c] += bar.volume[c];
  }
  if (bar.ends_session) end();
}

void SessionHistory::save(base::Encoder& to) const {
  to.put(running_.date);
  to.put(running_.has_volume);
  to.put(is_over_);
  to.put_array(running_.close_e9);
  to.put_array(running_.valid);
  to.put_array(running_.volume);
  to.put_count(rows_.full_blocks());
  for (std::size_t k = 0; k < rows_.full_blocks(); ++k)
    to.put_array(rows_.block(k));
  rows_.save(to);
}

bool SessionHistory::load(base::Decoder& from) {
  const std::size_t columns = running_.close_e9.size();
  from.get(running_.date);
  from.get(running_.has_volume);
  from.get(is_over_);
  from.get_array(running_.close_e9);
  from.get_array(running_.valid);
  from.get_array(running_.volume);
  std::vector<std::vector<double>> full;
  for (std::size_t left = from.get_count(4); left != 0 && from.ok(); --left)
    from.get_array(full.emplace_back());
  added_ = 0;
  return from.ok() && running_.close_e9.size() == columns && running_.valid.size() == columns &&
         running_.volume.size() == columns && rows_.load(from, full);
}

}  // namespace cadre::book
