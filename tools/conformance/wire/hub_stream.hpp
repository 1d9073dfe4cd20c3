#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pipeline/json/json.hpp"
#include "tests/support/scripted_connection.hpp"

namespace azure::iot::device::conformance::wire {

// The head of an HTTP request as the vectors write it: {"request_line", "headers": [[name,
// value]]}.
Json read_head(std::string_view head);

// The carrier of MQTT on the service's side: TLS itself, or a WebSocket in it. One thread; blocks.
class HubStream {
 public:
  virtual ~HubStream() = default;

  // Returns the next packet; empty once the client has hung up.
  std::string read_packet();
  virtual void write(std::string_view bytes) = 0;
  // Whether there is something to read before `wake` becomes readable.
  virtual bool wait_to_read(int wake) = 0;
  // The client's request for the WebSocket; null without one.
  virtual Json upgrade() const { return {}; }

  static std::unique_ptr<HubStream> over_tls(test::ScriptedConnection& client);
  // Set once the client has requested it; null if it did not.
  static std::unique_ptr<HubStream> over_web_socket(test::ScriptedConnection& client);

 protected:
  // Reads exactly that many bytes; fewer once the client has hung up.
  virtual std::string read(std::size_t size) = 0;
};

}  // namespace azure::iot::device::conformance::wire
