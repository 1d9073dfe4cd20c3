#pragma once

#include <string_view>

#include "iothub/iothub_config.hpp"

namespace azure::iot::device::simulation {

struct HubFeature {
  std::string_view name;
  std::string_view topic;  // The topic to subscribe.
};

inline constexpr HubFeature kFeatures[] = {
    {feature::kTwin, "$iothub/twin/res/#"},
    {feature::kTwinPatches, "$iothub/twin/PATCH/properties/desired/#"},
    {feature::kC2D, "devices/dev1/messages/devicebound/#"},
    {feature::kMethods, "$iothub/methods/POST/#"},
};
enum FeatureNumber { kTwinNumber, kTwinPatchesNumber, kC2DNumber, kMethodsNumber };

}  // namespace azure::iot::device::simulation
