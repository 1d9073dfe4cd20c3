#include <chrono>

#include <doctest/doctest.h>

#include "tests/clients/provisioning_service.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

TEST_CASE("Provisioning: a link that is lost every 12 s gathers no subscriptions") {
  ProvisioningService service({.operation_timeout = 0s});
  service.answers = {assigning("3600")};
  const auto call = service.begin();
  service.advance(1s);
  CHECK(service.transport.subscribed().size() == 1);
  service.transport.otherwise = Reply{[](const Asked& asked) {
    if (asked.is_connect() || asked.packet().kind == Packet::Kind::publish) asked.answer();
  }};
  for (std::size_t link = 1; link <= 20; ++link) {
    CAPTURE(link);
    service.transport.drop();
    service.advance(12s);
    CHECK(service.transport.subscribed().size() == 1 + link);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
