#include "iothub/stages/ensure_desired_properties_stage.hpp"

#include <algorithm>

#include "pipeline/log.hpp"

namespace azure::iot::device {
namespace {

// Returns the version of desired properties: a number, unless the service defines other types. Null
// if they have none.
const Json* version_of(const Json* desired) {
  return desired ? desired->find("$version") : nullptr;
}

}  // namespace

void EnsureDesiredPropertiesStage::run(Owned<EnableFeatureOperation> op) {
  if (enabled_ && op->feature_name == feature::kTwinPatches) {
    wanted_ = true;
    last_version_seen_.reset();
    last_patch_version_.reset();
  }
  send_op_down(std::move(op));
}

void EnsureDesiredPropertiesStage::run(Owned<ShutdownPipelineOperation> op) {
  shut_down_ = true;
  read_again_.cancel();
  send_op_down(std::move(op));
}

void EnsureDesiredPropertiesStage::on(const ConnectedEvent& event) {
  read_on_this_link_ = false;
  patched_on_this_link_ = false;
  // If the session was lost, the stages above first subscribe again: the response to an earlier
  // read would not be delivered.
  if (!event.session_present) send_event_up(event);
  if (wanted_) {
    retries_ = 0;
    if (given_up_ == 0) {
      read_twin();
    } else if (!read_again_.running()) {
      // A scheduled read is kept: a short-lived token reconnects more often than the pause.
      read_twin_in(kFirstLongPause * (1 << (given_up_ - 1)));
    }
  }
  if (event.session_present) send_event_up(event);
}

void EnsureDesiredPropertiesStage::on(const TwinDesiredPropertiesPatchEvent& event) {
  if (enabled_) {
    const Json* version = version_of(&event.patch);
    if (!version) {
      return report_background_error(
          Error(Errc::bad_content, "a desired properties patch came without a $version"));
    }
    wanted_ = true;
    last_version_seen_ = *version;
    last_patch_version_ = version->get_if<std::int64_t>();
    patched_on_this_link_ = true;
  }
  send_event_up(event);
}

void EnsureDesiredPropertiesStage::read_twin() {
  read_again_.cancel();
  if (reading_) return;
  reading_ = true;
  read_on_this_link_ = true;
  if (!patched_on_this_link_) last_patch_version_.reset();
  auto read = make_op<GetTwinOperation>();
  if (const Duration timeout = nucleus().options.operation_timeout; timeout > Duration::zero()) {
    read->deadline = saturating_add(loop().now(), timeout);
  }
  read->then([this](Owned<GetTwinOperation> done, Error error) {
    reading_ = false;
    if (error) return on_read_failed(error);
    on_twin(std::move(done->twin));
  });
  send_op_down(std::move(read));
}

void EnsureDesiredPropertiesStage::on_twin(Json twin) {
  given_up_ = 0;
  Json* desired = twin.find("desired");
  const Json* version = version_of(desired);
  if (!version) {
    return report_background_error(
        Error(Errc::bad_content, "the twin came without a version of its desired properties"));
  }
  if (last_version_seen_ == *version) return;
  // A read older than the last patch is not delivered. Between two reads the later one is right,
  // even with a lower version: the device or the hub was restored.
  const auto number = version->get_if<std::int64_t>();
  if (number && last_patch_version_ && *number < *last_patch_version_) {
    // A read begun on an earlier connection may also precede a restore of the hub, so it is
    // repeated.
    if (!read_on_this_link_ && nucleus().connected()) read_twin();
    return;
  }
  last_version_seen_ = *version;
  send_event_up(TwinDesiredPropertiesPatchEvent(*desired));
}

void EnsureDesiredPropertiesStage::on_read_failed(const Error& error) {
  if (shut_down_) return;
  // The transport stage gave the read up; the cause is the lost connection.
  if (!nucleus().connected() && error.code() == Errc::connection_dropped && error.cause()) {
    given_up_ = std::min(given_up_ + 1, kMostLongPauses);
    read_again_.cancel();  // The next connect starts the longer pause.
    return report_background_error(
        Error(error.code(), "the twin is read later, to look for missed changes", error));
  }
  // The next connect reads the twin again.
  if (!nucleus().connected()) return;
  if (retries_ == kMostRetries) {
    return report_background_error(
        Error(error.code(), "the twin could not be read to look for missed changes", error));
  }
  const Duration pause = kFirstPause * (1 << retries_++);
  log_for(nucleus().client_id, LogLevel::warning, name(),
          "reading the twin failed and is tried again: ", error.describe());
  read_twin_in(pause);
}

void EnsureDesiredPropertiesStage::read_twin_in(Duration pause) {
  read_again_.start(loop(), pause, [this] {
    guard([this] {
      if (nucleus().connected()) read_twin();
    });
  });
}

}  // namespace azure::iot::device
