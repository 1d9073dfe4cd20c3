#include "provisioning/provisioning_pipeline.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "tests/provisioning/provisioning_chain.hpp"

namespace azure::iot::device {
namespace {
using namespace std::chrono_literals;
using namespace test;
using Strings = std::vector<std::string>;

class ProvisioningChain : public TestChain {
 public:
  explicit ProvisioningChain(PipelineConfig config = {}) {
    start(make_provisioning_mqtt_pipeline(shared_loop(), std::move(config), kEnrolment,
                                          transport.factory(), sink()));
    nucleus().make_request_id = [] { return "rid"; };
  }
};

TEST_CASE("ProvisioningPipeline: registering connects by itself, subscribes and asks") {
  ProvisioningChain p;
  CHECK(p.run<EnableFeatureOperation>("register").succeeded());
  auto registration = p.run<RegisterOperation>(Json(), "reg1");
  CHECK(p.transport.dials() == 1);
  p.transport.receive("$dps/registrations/res/200/?$rid=rid", kAssigned);
  p.settle();
  REQUIRE(registration.succeeded());
  CHECK(registration.op().registration_result->registration_state->assigned_hub == "hub1");
}

TEST_CASE("ProvisioningPipeline: a refused connection is the error of the registration") {
  ProvisioningChain p;
  p.transport.script({refuse_with(Errc::unauthorized)});
  CHECK(p.run<RegisterOperation>(Json(), "reg1").errc() == Errc::unauthorized);
}

TEST_CASE("ProvisioningPipeline: a lost link does not strand a registration") {
  ProvisioningChain p;
  p.run<ConnectOperation>();
  auto registration = p.run<RegisterOperation>(Json(), "reg1");
  p.transport.drop();
  p.advance(30s);
  CHECK(registration.errc() == Errc::service);
}

}  // namespace
}  // namespace azure::iot::device
