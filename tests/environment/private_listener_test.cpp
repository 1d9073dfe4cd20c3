#include "transport/mqtt/private_listener.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/temporary_folder.hpp"
#include "tests/support/transport_configs.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {

std::string place_with(const std::string& folder) {
  REQUIRE(::setenv("TMPDIR", folder.c_str(), 1) == 0);
  const PrivateListener listener;
  ::unsetenv("TMPDIR");
  return listener.path();
}

}  // namespace

TEST_CASE("Private listener: it lies where temporary files go, unless that is too long a path") {
  const TemporaryFolder folder;
  CHECK(place_with(folder.path().string()).starts_with(folder.path().string() + "/azure-iot-"));
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK(place_with("").starts_with("/tmp/azure-iot-"));
  // The longest path of a socket has 107 bytes.
  for (const std::size_t size : {83U, 84U, 85U, 200U}) {
    CAPTURE(size);
    std::string longer = folder.path().string() + "/";
    longer.resize(size, 'x');
    std::filesystem::create_directory(longer);
    const std::string path = place_with(longer);
    CHECK_FALSE(path.empty());
    CHECK(path.size() <= 107);
    CHECK(path.starts_with(longer) == (size <= 83));
  }
  CHECK(place_with("/there/is/no/such/folder").empty());
}

TEST_CASE("WebSocket: where no temporary file can be made the connect fails, and does not hang") {
  if (missing_tunnel(true, {})) return;
  ScriptedServer server([](ScriptedConnection& client) {
    if (client.start_tls(certificate())) accept_web_socket(client);
    client.wait_for_end();
  });
  auto config = config_for(server);
  config.websockets = true;
  REQUIRE(::setenv("TMPDIR", "/there/is/no/such/folder", 1) == 0);
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("failed connection_failed"));
  ::unsetenv("TMPDIR");
  CHECK(contains(probe.last_detail(), "No such file or directory"));
}

}  // namespace azure::iot::device::test
