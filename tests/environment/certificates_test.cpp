// A program of its own: it changes the environment, which no other thread may read meanwhile, and
// which other tests would find changed.
#include <cstdlib>

#include <doctest/doctest.h>

#include "tests/support/process_probe.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

TEST_CASE("TLS: without certificates of one's own it is the system's that are trusted") {
  const ServerCertificate trusted = make_server_certificate();
  const TemporaryFolder folder;
  if (!kSanitized) REQUIRE(threads().size() == 1);  // A sanitizer may have one.
  // Where OpenSSL looks for them.
  REQUIRE(::setenv("SSL_CERT_FILE", folder.write("system.pem", trusted.ca).c_str(), 1) == 0);
  ScriptedServer server([&](ScriptedConnection& client) {
    if (client.accept_client(trusted)) client.wait_for_end();
  });
  TransportProbe probe(config_for(server.port(), ""), quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected"));
}
