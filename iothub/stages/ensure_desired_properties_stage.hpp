#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "../../pipeline/events.hpp"
#include "../../pipeline/operations.hpp"
#include "../../pipeline/stage.hpp"
#include "../iothub_config.hpp"
#include "../iothub_events.hpp"
#include "../iothub_operations.hpp"

namespace azure::iot::device {

// Sees to it that no change of the desired properties is missed while disconnected: once twin
// patches are enabled, it reads the twin after every connect and sends its desired properties up as
// a patch if their version differs from the last one seen. Only where `ensure_desired_properties`
// is on.
//
// Unlike Python: a read that fails while connected is tried again after a pause that doubles, a few
// times, and then reported; a read that is older than a patch already delivered is not delivered;
// and version 0 is a version.
class EnsureDesiredPropertiesStage final
    : public Handles<EnsureDesiredPropertiesStage,
                     Ops<EnableFeatureOperation, ShutdownPipelineOperation>,
                     Events<ConnectedEvent, TwinDesiredPropertiesPatchEvent>> {
 public:
  static constexpr Duration kFirstPause = std::chrono::seconds{1};
  static constexpr int kMostRetries = 6;

  explicit EnsureDesiredPropertiesStage(const IotHubConfig& config)
      : enabled_(config.ensure_desired_properties) {}
  std::string_view name() const override { return "EnsureDesiredPropertiesStage"; }

  void run(Owned<EnableFeatureOperation> op);
  void run(Owned<ShutdownPipelineOperation> op);
  void on(const ConnectedEvent& event);
  void on(const TwinDesiredPropertiesPatchEvent& event);

 private:
  void on_close() override { read_again_.cancel(); }

  void read_twin();
  void on_twin(Json twin);
  void on_read_failed(const Error& error);

  const bool enabled_;
  bool wanted_ = false;   // Twin patches were enabled, or one was seen.
  bool reading_ = false;  // A read is under way.
  bool shut_down_ = false;
  std::optional<Json> last_version_seen_;           // Sent up, whether read or received.
  std::optional<std::int64_t> last_patch_version_;  // Received.
  int retries_ = 0;
  Timer read_again_;
};

}  // namespace azure::iot::device
