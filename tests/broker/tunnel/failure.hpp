#pragma once

#include <memory>
#include <string>

#include "broker/tunnel/road.hpp"

namespace azure::iot::device::test {

// The outcome of a connect.
struct Failure {
  bool failed_to_connect = false;  // A ConnectionFailedError: another attempt may succeed.
  Errc code = Errc::ok;
  std::string text;
};

inline Failure connect(const std::shared_ptr<detail::HubClientCore>& core) {
  IoTHubDeviceClient client(core);
  try {
    client.connect(std::chrono::seconds(60));
    return {};
  } catch (const ConnectionFailedError& e) {
    return {true, e.error().code(), e.what()};
  } catch (const ClientError& e) {
    return {false, e.error().code(), e.what()};
  }
}

inline Failure connect(const Road& road, const ProxyOptions& proxy,
                       const MosquittoTransportOptions& options = {}) {
  return connect(make_core(road_hub(), next_device(road), road, proxy, options));
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace azure::iot::device::test
