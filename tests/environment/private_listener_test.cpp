#include "transport/mqtt/private_listener.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/temporary_folder.hpp"
#include "tests/support/transport_configs.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {

// A mount namespace of this thread alone, in which these folders cannot be written to.
void make_read_only(const std::vector<std::string>& folders) {
  REQUIRE(::unshare(CLONE_NEWNS | CLONE_FS) == 0);
  REQUIRE(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  for (const std::string& folder : folders) {
    if (!std::filesystem::exists(folder)) continue;
    REQUIRE(::mount("none", folder.c_str(), "tmpfs", MS_RDONLY, nullptr) == 0);
  }
}

bool may_mount() { return ::geteuid() == 0; }

class Variables {
 public:
  Variables(const std::string& runtime_folder, const std::string& temporary_folder) {
    REQUIRE(::setenv("XDG_RUNTIME_DIR", runtime_folder.c_str(), 1) == 0);
    REQUIRE(::setenv("TMPDIR", temporary_folder.c_str(), 1) == 0);
  }
  Variables(const Variables&) = delete;
  Variables& operator=(const Variables&) = delete;
  ~Variables() {
    ::unsetenv("XDG_RUNTIME_DIR");
    ::unsetenv("TMPDIR");
  }
};

const std::string kNowhere = "/there/is/no/such/folder";

// Connects over a WebSocket, and hears an answer.
void check_web_socket_opens() {
  ScriptedServer server([](ScriptedConnection& client) {
    if (client.start_tls(certificate())) accept_web_socket(client);
    if (read_frame(client).payload.empty()) return;
    client.write(to_bytes({Opcode::binary, connack(0)}));
    client.wait_for_end();
  });
  auto config = config_for(server);
  config.websockets = true;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for_count(1));
  CAPTURE(probe.last_detail());
  CHECK(probe.told() == Lines{"connected"});
}

}  // namespace

TEST_CASE("Private listener: it lies in the runtime folder, unless that is too long a path") {
  const TemporaryFolder folder;
  const auto place_in = [](const std::string& runtime_folder) {
    const Variables variables(runtime_folder, "");
    const PrivateListener listener;
    return listener.path();
  };
  CHECK(place_in(folder.path().string()).starts_with(folder.path().string() + "/azure-iot-"));
  CHECK(std::filesystem::is_empty(folder.path()));
  // The longest path of a socket has 107 bytes.
  for (const std::size_t size : {84U, 85U, 86U, 200U}) {
    CAPTURE(size);
    std::string longer = folder.path().string() + "/";
    longer.resize(size, 'x');
    std::filesystem::create_directory(longer);
    const std::string path = place_in(longer);
    CHECK_FALSE(path.empty());
    CHECK(path.size() <= 107);
    CHECK(path.starts_with(longer) == (size <= 85));
    CHECK(std::filesystem::is_empty(longer));
  }
  CHECK_FALSE(place_in(kNowhere).empty());
}

TEST_CASE("Private listener: one folder after the other is tried, and none is needed") {
  if (!may_mount()) return;
  std::thread([] {
    const TemporaryFolder folder;
    const Variables variables(kNowhere, folder.path().string());
    make_read_only({"/run", "/dev/shm"});
    CHECK(PrivateListener().path().starts_with(folder.path().string()));
    const Variables nothing(kNowhere, kNowhere);
    CHECK(PrivateListener().path().starts_with("/tmp/azure-iot-"));
    make_read_only({"/tmp"});
    const PrivateListener listener;
    CHECK(listener.path().empty());
    CHECK(listener.address() == "127.0.0.1");
    CHECK(listener.port() != 0);
  }).join();
}

TEST_CASE("Private listener: where nothing is left, the reason is known and no folder stays") {
  const TemporaryFolder folder;
  const Variables variables(folder.path().string(), kNowhere);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(UniqueFd(::dup(0)).get());
  ::setrlimit(RLIMIT_NOFILE, &none);
  const PrivateListener listener;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(listener.address().empty());
  CHECK(listener.error_number() == EMFILE);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("Private listener: on a port it takes its own client, and hangs up on another") {
  if (!may_mount()) return;
  std::thread([] {
    make_read_only({"/run", "/dev/shm", "/tmp"});
    const Variables variables(kNowhere, kNowhere);
    const PrivateListener listener;
    const sockaddr_in address = loopback(listener.port());
    const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
    const UniqueFd stranger(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(stranger.get(), raw, sizeof address) == 0);
    const UniqueFd own(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::connect(own.get(), raw, sizeof address) == 0);
    const UniqueFd other = listener.accept(own.get());
    REQUIRE(other);
    CHECK(::write(own.get(), "x", 1) == 1);
    char byte = 0;
    CHECK(::recv(other.get(), &byte, 1, 0) == 1);
    CHECK(::read(stranger.get(), &byte, 1) == 0);
    CHECK_FALSE(listener.accept(stranger.get()));
  }).join();
}

TEST_CASE("WebSocket: it opens where temporary files cannot be made") {
  if (missing_tunnel(true, {})) return;
  const Variables variables(kNowhere, kNowhere);
  check_web_socket_opens();
}

}  // namespace azure::iot::device::test
