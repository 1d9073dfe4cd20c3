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

// Detects changes of the desired properties that were missed while disconnected. Once twin patches
// are enabled, it reads the twin after every connect. If their version differs from the last one
// seen, it sends the desired properties up as a patch. Only if `ensure_desired_properties` is on.
//
// Unlike Python: a read that fails while connected is retried a few times, after a pause that
// doubles, and then reported. Version 0 is a valid version.
//
// Unlike Python: a read that is older than a patch received on the same connection is not
// delivered. A patch received on an earlier connection does not outdate a read begun on this one. A
// hub that was restored or failed over may have lost data, and counts from a lower version.
//
// Unlike Python: a read during which the connection was lost several times in a row is reported.
// The next read waits for a minute after the connect; that pause doubles, up to eight minutes.
class EnsureDesiredPropertiesStage final
    : public Handles<EnsureDesiredPropertiesStage,
                     Ops<EnableFeatureOperation, ShutdownPipelineOperation>,
                     Events<ConnectedEvent, TwinDesiredPropertiesPatchEvent>> {
 public:
  static constexpr Duration kFirstPause = std::chrono::seconds{1};
  static constexpr int kMostRetries = 6;
  // The pause after a connect, if the previous read was given up because it seemed to end the
  // connection.
  static constexpr Duration kFirstLongPause = std::chrono::minutes{1};
  static constexpr int kMostLongPauses = 4;

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
  void read_twin_in(Duration pause);
  void on_twin(Json twin);
  void on_read_failed(const Error& error);

  const bool enabled_;
  bool wanted_ = false;   // Twin patches were enabled, or one was seen.
  bool reading_ = false;  // A read is under way.
  // Whether the last read was begun, and the last patch received, on this connection.
  bool read_on_this_link_ = false;
  bool patched_on_this_link_ = false;
  bool shut_down_ = false;
  std::optional<Json> last_version_seen_;  // The last version sent up, whether read or received.
  // The last patch that may be newer than the read under way.
  std::optional<std::int64_t> last_patch_version_;
  int given_up_ = 0;  // Reads in a row that seemed to end the connection.
  int retries_ = 0;
  Timer read_again_;
};

}  // namespace azure::iot::device
