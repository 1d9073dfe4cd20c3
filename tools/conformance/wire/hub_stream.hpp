#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pipeline/json/json.hpp"
#include "tests/support/scripted_connection.hpp"

namespace azure::iot::device::conformance::wire {

// The head of an HTTP request as the vectors have it: {"request_line", "headers": [[name, value]]}.
Json read_head(std::string_view head);

// What MQTT goes over on the service's side: TLS itself, or a WebSocket in it. One thread; blocks.
class HubStream {
 public:
  virtual ~HubStream() = default;

  // The next packet; empty once the client has hung up.
  std::string read_packet();
  virtual void write(std::string_view bytes) = 0;
  // Whether there is something to read before `wake` becomes readable.
  virtual bool wait_to_read(int wake) = 0;
  // How the client asked for the WebSocket; null without one.
  virtual Json upgrade() const { return {}; }

  static std::unique_ptr<HubStream> over_tls(test::ScriptedConnection& client);
  // Once the client has asked for it; null if it did not.
  static std::unique_ptr<HubStream> over_web_socket(test::ScriptedConnection& client);

 protected:
  // Exactly so many bytes; fewer once the client has hung up.
  virtual std::string read(std::size_t size) = 0;
};

}  // namespace azure::iot::device::conformance::wire
