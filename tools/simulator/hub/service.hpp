// The events of its clients that the broker passes to a service, all on one thread.
#pragma once

#include <string_view>

#include "hub/authenticator.hpp"

namespace azure::iot::device::simulator {

struct ConnectRequest {
  const void* connection;  // Names the connection in later calls; never dereferenced.
  Credentials credentials;
  bool clean_session;
  int keep_alive;
};

struct Publication {
  std::string_view topic;
  std::string_view payload;
  int qos;
  bool retain;
};

enum class Admission {
  accepted,
  refused,  // With a CONNACK 5.
  dropped,  // Without a CONNACK.
};

enum class Outcome {
  acknowledged,
  cut,                    // The connection ends without a PUBACK.
  acknowledged_then_cut,  // The PUBACK is sent, then the connection ends.
};

class Service {
 public:
  virtual ~Service() = default;

  virtual Admission connect(const ConnectRequest& request) = 0;
  virtual void disconnect(const void* connection) = 0;

  // An error reaches the device only as the end of its connection, which `false` ends as well.
  virtual Outcome publish(const void* connection, const Publication& publication) = 0;
  virtual bool subscribe(const void* connection, std::string_view filter) = 0;
  virtual bool unsubscribe(const void* connection, std::string_view filter) = 0;

  // Called with each topic that the broker is about to publish to, before `publish` if that
  // follows. If the connection has ended already, the topic is that of its will.
  virtual void note_will(const void* connection, const Publication& will) = 0;

  // Called after each turn of the broker.
  virtual void tick() = 0;

  // Carries out a command of the launcher and answers it, now or later.
  virtual void control(std::string_view command) = 0;
};

}  // namespace azure::iot::device::simulator
