// Takes one function out of every library of the package, so that a missing one does not link.
#include <cadre/cpp/agent.hpp>
#include <cadre/quant/normal.hpp>
#include <cadre/testing/fake_host.hpp>

int main() {
  const cadre::testing::FakeHost host;
  const cadre_agent* none = nullptr;
  const bool refused = cadre::sdk::adopt_agent(nullptr, host.raw(), &none) == CADRE_ERROR;
  return refused && cadre::quant::normal_quantile(0.975) > 1.9599 ? 0 : 1;
}
