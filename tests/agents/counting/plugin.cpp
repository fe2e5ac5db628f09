// A market that fills nothing and counts what it is sent: the n-th order costs n in fees.

#include <string_view>

#include "cadre/cpp/plugin.hpp"

namespace cadre::counting {
namespace {

class Market final : public sdk::ExecutionEnvironment {
 public:
  void configure(const sdk::Config&) override {}
  void observe(const cadre_event&, const sdk::State&) override {}
  cadre_trade_result execute_trade(const cadre_order&) override {
    cadre_trade_result result{};
    result.size = sizeof result;
    result.status = CADRE_ORDER_NEW;
    result.fees_e6 = ++orders_;
    return result;
  }
  bool cancel_order(std::string_view) override { return false; }
  bool query_order(std::string_view, cadre_trade_result&) const override { return false; }
  bool next_report(cadre_execution_report&) override { return false; }

 private:
  std::int64_t orders_ = 0;
};

constexpr sdk::AgentEntry agents[] = {
    sdk::agent_entry<Market>(CADRE_TEXT("test.counting"), CADRE_TEXT(CADRE_ROLE_EXECUTION_ENVIRONMENT), 0)};

}  // namespace
}  // namespace cadre::counting

CADRE_DEFINE_PLUGIN("test.counting", "1.0.0", cadre::counting::agents)
