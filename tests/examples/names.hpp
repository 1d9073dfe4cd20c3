#pragma once

// What the examples in the public headers take for granted.
#define AZURE_IOT_DEVICE_PULL_CALLS
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include <azure/iot/device/device.hpp>
#include <azure/iot/device/pipeline/loop/handler_pool.hpp>

using namespace azure::iot::device;
using namespace std::chrono_literals;

inline const std::string text, token, key, host, registration_id, id_scope, group_key;
inline Message message;
inline const MethodRequest request;
inline Json body, twin;

extern ProvisioningDeviceClient provisioning;
extern ManagedDevice device;

std::string make_token();
void use(const auto& what) { std::cout << &what; }
void blink(const MethodRequest& request);

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
