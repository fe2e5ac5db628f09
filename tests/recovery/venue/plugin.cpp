// An execution environment whose venue is another process with a memory of its own: what a broker is to a
// host. It survives the host, so that a host that was killed has to find out what became of its orders.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cadre/cpp/plugin.hpp"
#include "connection.hpp"

namespace venue {
namespace {

namespace sdk = cadre::sdk;
using Words = std::vector<std::string>;

/// The venue's words are numbers; one that is not is a fault of the venue.
std::int64_t number_at(const Words& words, std::size_t i) {
  if (i >= words.size()) throw std::runtime_error("the venue's answer is too short");
  return std::stoll(words[i]);
}

/// Status and side travel as FIX's characters.
std::uint32_t code_at(const Words& words, std::size_t i) {
  if (i >= words.size() || words[i].size() != 1) throw std::runtime_error("the venue's answer is malformed");
  return static_cast<unsigned char>(words[i][0]);
}

class Agent final : public sdk::ExecutionEnvironment {
 public:
  void configure(const sdk::Config& config) override { folder_ = config.text("/folder"); }
  void activate() override { line(); }

  void observe(const cadre_event& event, const sdk::State& state) override {
    instruments_.clear();
    for (Eigen::Index i = 0; i < state.size(); ++i)
      instruments_.emplace_back(state.id(i));
    if (event.kind != CADRE_EVENT_BAR) return;
    std::string bar = "BAR " + std::to_string(event.sequence) + " " + std::to_string(event.time_ns);
    const cadre_column& close = state.raw().close;
    for (Eigen::Index i = 0; i < state.size(); ++i) {
      if (close.values == nullptr || close.valid[i] == 0) continue;
      bar += " " + std::string(state.id(i)) + " " + std::to_string(std::llrint(close.values[i] * 1e9));
    }
    line().ask(bar);
  }

  cadre_trade_result execute_trade(const cadre_order& order) override {
    if (order.instrument >= instruments_.size()) throw std::runtime_error("an order before any bar");
    const auto word = [](std::uint32_t code) { return std::string(1, static_cast<char>(code)); };
    const Words answer =
        line().ask("ORDER " + std::string(sdk::view_of(order.client_id)) + " " +
                   instruments_[order.instrument] + " " + word(order.side) + " " + word(order.type) + " " +
                   word(order.time_in_force) + " " + std::to_string(order.quantity_e9));
    cadre_trade_result result{};
    result.size = sizeof result;
    result.status = code_at(answer, 0);
    result.reason = static_cast<std::uint32_t>(number_at(answer, 1));
    return result;
  }

  bool cancel_order(std::string_view client_id) override {
    return line().ask("CANCEL " + std::string(client_id))[0] == "OK";
  }

  bool query_order(std::string_view client_id, cadre_trade_result& out) const override {
    const Words answer = line().ask("QUERY " + std::string(client_id));
    if (answer[0] == "UNKNOWN") return false;
    out = {};
    out.size = sizeof out;
    out.status = code_at(answer, 0);
    out.reason = static_cast<std::uint32_t>(number_at(answer, 1));
    out.filled_quantity_e9 = number_at(answer, 2);
    out.average_price_e9 = number_at(answer, 3);
    return true;
  }

  /// The cursor moves with what was handed on, not with what was fetched.
  bool next_report(cadre_execution_report& out) override {
    if (fetched_.empty()) fetch_reports();
    if (fetched_.empty()) return false;
    out = fetched_.front();
    fetched_.pop_front();
    ++cursor_;
    return true;
  }

  bool has_state() const override { return true; }
  void save(sdk::StateWriter& out) const override {
    out.put(cursor_);
    out.put(static_cast<std::uint32_t>(instruments_.size()));
    for (const std::string& id : instruments_) {
      out.put(static_cast<std::uint32_t>(id.size()));
      out.put_bytes(id.data(), id.size());
    }
  }
  void load(sdk::StateReader& in, std::uint32_t, std::uint32_t instrument_count) override {
    const auto cursor = in.get<std::uint64_t>();
    const auto count = in.get<std::uint32_t>();
    if (count != 0 && count != instrument_count) throw sdk::Refusal("saved under another universe");
    std::vector<std::string> instruments;
    for (std::uint32_t i = 0; i < count; ++i) {
      const auto length = in.get<std::uint32_t>();
      if (length == 0 || length > in.left()) throw sdk::Refusal("a saved instrument is not valid");
      in.get_bytes(instruments.emplace_back(length, '\0').data(), length);
    }
    in.finish();
    cursor_ = cursor;
    instruments_ = std::move(instruments);
    fetched_.clear();
  }

 private:
  Connection& line() const {
    if (!connection_.is_open()) connection_.open(folder_);
    return connection_;
  }

  // "n" and then, for each of the n: status, reason, instrument, client id, side, quantity, price, time.
  void fetch_reports() {
    const Words answer = line().ask("REPORTS " + std::to_string(cursor_));
    constexpr std::size_t words_each = 8;
    const auto count = static_cast<std::size_t>(number_at(answer, 0));
    if (answer.size() != 1 + count * words_each) throw std::runtime_error("the venue's answer is malformed");
    for (std::size_t at = 1; at < answer.size(); at += words_each) {
      cadre_execution_report report{};
      report.size = sizeof report;
      report.status = code_at(answer, at);
      report.reason = static_cast<std::uint32_t>(number_at(answer, at + 1));
      report.instrument = index_of(answer[at + 2]);
      report.client_id = sdk::id_of(answer[at + 3]);
      report.side = code_at(answer, at + 4);
      report.quantity_e9 = number_at(answer, at + 5);
      report.price_e9 = number_at(answer, at + 6);
      report.time_ns = number_at(answer, at + 7);
      fetched_.push_back(report);
    }
  }

  std::uint32_t index_of(std::string_view instrument) const {
    const auto found = std::find(instruments_.begin(), instruments_.end(), instrument);
    return found == instruments_.end() ? CADRE_BOOK
                                       : static_cast<std::uint32_t>(found - instruments_.begin());
  }

  std::string folder_;
  mutable Connection connection_;
  std::vector<std::string> instruments_;
  std::uint64_t cursor_ = 0;  ///< reports handed on so far, in the venue's count
  std::deque<cadre_execution_report> fetched_;
};

constexpr sdk::AgentEntry agents[] = {sdk::agent_entry<Agent>(CADRE_TEXT("venue.execution"),
                                                              CADRE_TEXT(CADRE_ROLE_EXECUTION_ENVIRONMENT),
                                                              CADRE_EVENT_BAR | CADRE_EVENT_UNIVERSE, 1)};

}  // namespace
}  // namespace venue

CADRE_DEFINE_PLUGIN("venue.execution", "1.0.0", venue::agents)
