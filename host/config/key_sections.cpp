#include "host/config/key_sections.hpp"

namespace cadre::config {

namespace {

struct Section {
  std::string_view name;
  std::string_view members;
};

#define KEY(name, type, schema) "\"" #name "\": {" schema "},"
constexpr Section sections[] = {
    {
        "@admin_keys@",
#include "host/config/keys/admin.inc"
    },
    {
        "@book_keys@",
#include "host/config/keys/book.inc"
    },
    {
        "@checkpoint_keys@",
#include "host/config/keys/checkpoint.inc"
    },
    {
        "@confirm_keys@",
#include "host/config/keys/confirm.inc"
    },
    {
        "@constraints_keys@",
#include "host/config/keys/constraints.inc"
    },
    {
        "@instrument_row_keys@",
#include "host/config/keys/instrument_row.inc"
    },
    {
        "@instruments_keys@",
#include "host/config/keys/instruments.inc"
    },
    {
        "@journal_keys@",
#include "host/config/keys/journal.inc"
    },
    {
        "@limit_keys@",
#include "host/config/keys/limit.inc"
    },
    {
        "@log_keys@",
#include "host/config/keys/log.inc"
    },
    {
        "@period_keys@",
#include "host/config/keys/period.inc"
    },
    {
        "@pre_trade_checks_keys@",
#include "host/config/keys/pre_trade_checks.inc"
    },
    {
        "@prices_keys@",
#include "host/config/keys/prices.inc"
    },
    {
        "@queue_keys@",
#include "host/config/keys/queue.inc"
    },
    {
        "@risk_feedback_keys@",
#include "host/config/keys/risk_feedback.inc"
    },
    {
        "@signals_keys@",
#include "host/config/keys/signals.inc"
    },
    {
        "@trust_keys@",
#include "host/config/keys/trust.inc"
    },
    {
        "@watch_keys@",
#include "host/config/keys/watch.inc"
    },
};
#undef KEY

}  // namespace

std::string replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string result(text);
  for (std::size_t at = result.find(what); at != std::string::npos; at = result.find(what, at + by.size())) {
    result.replace(at, what.size(), by);
  }
  return result;
}

std::string with_keys(std::string_view text) {
  std::string all(text);
  for (const Section& section : sections)
    all = replaced(all, section.name, section.members.substr(0, section.members.size() - 1));
  return all;
}

}  // namespace cadre::config
