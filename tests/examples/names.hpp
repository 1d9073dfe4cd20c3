#pragma once

// Names that the examples in the public headers and in README.md use.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>

#include <azure/iot/device/device.hpp>
#include <azure/iot/device/pipeline/auth/connection_string.hpp>
#include <azure/iot/device/pipeline/auth/symmetric_key.hpp>
#include <azure/iot/device/pipeline/loop/handler_pool.hpp>
#include <azure/iot/device/pipeline/pending_ops.hpp>
#include <azure/iot/device/pipeline/stages/auto_connect_stage.hpp>
#include <azure/iot/device/pipeline/stages/connection_retry_stage.hpp>
#include <azure/iot/device/testkit/testkit.hpp>

#include "sample_program.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace sample;
using namespace std::chrono_literals;

// Apart, since a header may call its own variables the same.
namespace given {

inline const std::string text, token, key, host, registration_id, id_scope, group_key;
inline const std::string shared_access_key;
inline Message message;
inline const MethodRequest request;
inline Json body, twin;

extern ProvisioningDeviceClient provisioning;
extern ManagedDevice device;

std::string make_token();
Json read_twin();
const Json read_constant_twin();
Message read_message();
MethodRequest read_request();
void use(const auto&... what) { ((std::cout << static_cast<const void*>(&what)), ...); }
void blink(const MethodRequest& request);
void thermostat(IoTHubDeviceClient& client);

class MyStage : public Stage {
 public:
  std::string_view name() const override { return "MyStage"; }
};
struct Counts {};
inline Counts counts;
class Counter final : public MyStage {
 public:
  explicit Counter(Counts&) {}
};

// Of a pipeline, and of tests in some framework.
extern std::shared_ptr<ManualLoop> loop;
extern PipelineConfig config;
extern Pipeline::EventSink on_event;
extern OpPtr op;
extern PendingOps waiting_;
extern FakeMqttTransport far_end;
extern TestClient hub;

}  // namespace given

using namespace given;

#define CHECK(expression) static_cast<void>(expression)
#define ADD_FAILURE() std::cerr
