#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "testkit/test_client.hpp"
#include "testkit/test_provisioning_client.hpp"

// Which operations and events come to which stage of a chain, as a probe above each stage sees them
// while a client does everything that it can.
namespace azure::iot::device::test {

// The names of what went by each probe.
struct Routes {
  explicit Routes(std::vector<std::string> stages_)
      : stages(std::move(stages_)), down(stages.size()), up(stages.size()) {}

  std::vector<std::string> stages;
  std::vector<std::set<std::string_view>> down;
  std::vector<std::set<std::string_view>> up;

  // Whether that comes to the stage at that place. An event on its way up has passed the probe
  // above the next stage.
  bool come(std::size_t stage, std::string_view name) const {
    return down[stage].count(name) > 0 || (stage + 1 < stages.size() && up[stage + 1].count(name));
  }
  bool come(std::string_view name) const {
    for (std::size_t stage = 0; stage < stages.size(); ++stage) {
      if (come(stage, name)) return true;
    }
    return false;
  }
};

class ProbeStage final : public Stage {
 public:
  ProbeStage(Routes& routes, std::size_t place) : routes_(routes), place_(place) {}
  std::string_view name() const override { return "ProbeStage"; }

 private:
  void run_op(OpPtr op) override {
    routes_.down[place_].insert(op->name());
    send_op_down(std::move(op));
  }
  void handle_event(const Event& event) override {
    routes_.up[place_].insert(event.name());
    send_event_up(event);
  }

  Routes& routes_;
  const std::size_t place_;
};

inline std::vector<StageInsertion> probes(Routes& routes) {
  std::vector<StageInsertion> all;
  for (std::size_t place = 0; place < routes.stages.size(); ++place) {
    all.push_back(before(routes.stages[place],
                         [&routes, place] { return std::make_unique<ProbeStage>(routes, place); }));
  }
  return all;
}

inline void do_everything(TestClient& hub) {
  using namespace std::chrono_literals;
  hub.connect();
  for (int i = 0; i < 1100; ++i) hub.receive_c2d("more than an inbox takes");
  hub.on_message([](const Message&) {});
  hub.on_method([](const MethodRequest&) {});
  hub.on_patch([](const Json&) {});
  hub.on_patch({});
  hub.send("21.5");
  hub.get_twin();
  hub.call([](auto& core, auto done) {
    core.start_patch_twin_reported_properties({{"interval", 60}}, {}, std::move(done));
  });
  hub.call([](auto& core, auto done) {
    core.start_send_method_response({.request_id = "1", .status = 200}, {}, std::move(done));
  });
  hub.receive_c2d("hello");
  hub.invoke_method("blink", "{}");
  hub.patch_desired({{"interval", 60}});
  hub.drop();
  hub.advance(3h);  // The token is renewed.
  hub.disconnect();
  hub.shutdown();
}

inline void route_hub_client_with_token(Routes& routes) {
  const std::string token = "SharedAccessSignature sr=hub1%2Fdevices%2Fdev1&sig=x&se=4102444800";
  TestClient device(token, {.stages = probes(routes)});
  device.connect();
  device.call(
      [&](auto& core, auto done) { core.start_update_sastoken(token, {}, std::move(done)); });
}

inline void route_hub_client(Routes& routes) {
  TestClient device({.stages = probes(routes)});
  do_everything(device);
  route_hub_client_with_token(routes);
  TestClient module({.stages = probes(routes)}, kTestModuleConnectionString);
  module.call([](auto& core, auto done) {
    core.start_on_input_message_received([](const Message&) {}, {}, std::move(done));
  });
  module.receive_input("in1", "hello");
  module.call([](auto& core, auto done) {
    core.start_send_message_to_output({.data = "hot"}, "out1", {}, std::move(done));
  });
}

inline void route_provisioning_client(Routes& routes) {
  using namespace std::chrono_literals;
  TestProvisioningClient dps({.stages = probes(routes)});
  dps.script_registrations({assigning, lost});
  dps.start_register();
  dps.drop();
  dps.advance(3h);
  dps.start_register();
  dps.advance(1min);
}

}  // namespace azure::iot::device::test
