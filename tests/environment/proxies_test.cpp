#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

// A variable of the environment, for as long as this lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    REQUIRE(::setenv(name, value.c_str(), 1) == 0);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* const name_;
};

}  // namespace

TEST_CASE("Proxy: what the environment says of proxies is not asked") {
  if (missing_tunnel(true, {})) return;
  ScriptedServer of_environment([](ScriptedConnection& client) { client.wait_for_end(); });
  const std::string url = "http://127.0.0.1:" + std::to_string(of_environment.port());
  const Variable proxy("http_proxy", url), all("all_proxy", url);
  auto config = config_for(free_port(), certificate().ca);
  config.websockets = true;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("failed connection_failed"));
  CHECK(contains(probe.last_detail(), "localhost:" + std::to_string(config.port)));
  CHECK(of_environment.clients() == 0);
}

TEST_CASE("Proxy: what the environment exempts from proxies goes through the one that was given") {
  if (missing_tunnel(true, {})) return;
  ScriptedServer proxy([](ScriptedConnection& client) {
    for (std::string head; !head.ends_with("\r\n\r\n");) head += client.read(1);
    client.write("HTTP/1.1 200 OK\r\n\r\n");
    if (client.accept_client(certificate())) client.wait_for_end();
  });
  const Variable exempt("no_proxy", "*");
  auto config = config_for(free_port(), certificate().ca);
  config.proxy_options = ProxyOptions{.address = "127.0.0.1", .port = proxy.port()};
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected"));
}
