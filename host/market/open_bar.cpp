#include "host/market/open_bar.hpp"

#include <utility>

namespace cadre::market {

model::Bar OpenBar::finish(model::Completion completion) {
  bar.completion = static_cast<std::uint8_t>(completion);
  return std::exchange(*this, {}).bar;
}

}  // namespace cadre::market
