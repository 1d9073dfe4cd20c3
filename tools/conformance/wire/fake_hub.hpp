#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pipeline/json/json.hpp"
#include "tests/support/scripted_server.hpp"
#include "tools/conformance/wire/certificates.hpp"
#include "tools/conformance/wire/fake_proxy.hpp"
#include "tools/conformance/wire/hub_script.hpp"
#include "tools/conformance/wire/loopback_address.hpp"
#include "tools/conformance/wire/packets.hpp"
#include "transport/resolver.hpp"

namespace azure::iot::device::conformance::wire {

// The service of a vector: real TLS on a real socket at the port that a client dials by default,
// with the behaviour that the vectors' README describes. Notes the packets that come in. Any
// thread.
class FakeHub {
 public:
  // Listens for MQTT over TLS, or for WebSockets, at the port that clients dial by default. Behind
  // a proxy only the proxy knows its name.
  struct Way {
    bool websockets = false;
    bool proxy = false;
  };
  FakeHub(const Json& config, const Way& way);
  ~FakeHub();

  // The port of a proxy that leads here, of the client's type of proxy; and a port without a
  // listener.
  std::uint16_t proxy_port() const { return proxy_.port(); }
  std::uint16_t closed_port() const { return nothing_.port(); }
  // Returns the requests to the proxy.
  std::vector<Json> proxied() const { return proxy_.requests(); }

  // Resolves every name to this hub, or as the vector says; for clients without a proxy.
  std::shared_ptr<Resolver> resolver();

  // Assigns packets that come from now on to that step; -1 is before the first one.
  void set_step(int step) {
    step_ = step;
    proxy_.set_step(step);
  }

  // Returns once the client has acknowledged it, or after a while.
  void publish(HubMessage message);
  void drop();
  void set(const Json& config) { script_.set(config); }
  void release_pubacks();
  // Waits until that many packets of that kind have come in all.
  bool wait_for(std::string_view packet, std::int64_t count, std::chrono::milliseconds timeout);
  // Waits until all packets have been noted and no more have come for that long, a second at most.
  void wait_until_quiet(std::chrono::milliseconds quiet);

  // Returns the nth request id that came; the text itself if there is none yet.
  std::string fill_in_request_ids(std::string text) const;

  std::vector<Json> wire() const;
  std::vector<Json> dials() const;
  // Returns the reason why it could not follow its script, if so.
  std::optional<std::string> why_broken() const;

 private:
  class HubResolver;
  class Connection;

  void serve(test::ScriptedConnection& client, bool web_socket);
  void handle(Connection& connection, const std::string& packet);
  bool handle_connect(Connection& connection);
  void handle_subscribe(Connection& connection, const std::string& packet, const Json& read);
  void handle_unsubscribe(Connection& connection, const std::string& packet);
  void handle_publish(Connection& connection, const std::string& packet, const Json& read);
  void answer_twin(Connection& connection, const std::string& topic);
  void answer_registration(Connection& connection, const std::string& topic);

  void note(Json packet, const Connection& connection);
  void note_request_id(const std::string& topic);
  std::string dial(const std::string& host);
  bool subscribed(std::string_view topic);

  const bool behind_proxy_;
  HubScript script_;
  std::atomic<int> step_ = -1;

  mutable std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Json> wire_;
  std::vector<Json> dials_;
  std::optional<std::string> why_broken_;
  std::vector<std::string> request_ids_;
  std::set<std::string> subscriptions_;
  std::shared_ptr<Connection> current_;
  std::vector<std::function<void()>> held_;  // PUBACKs.
  int connections_ = 0;
  std::atomic<int> sessions_ = 0;
  std::atomic<int> reported_version_ = 1;

  const LoopbackAddress address_;
  const LoopbackAddress closed_;
  test::ScriptedServer server_;
  FakeProxy proxy_;
  const ClosedPort nothing_;
};

}  // namespace azure::iot::device::conformance::wire
