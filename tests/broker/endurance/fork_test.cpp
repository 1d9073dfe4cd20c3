#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "pipeline/log.hpp"
#include "tests/support/scripted_server.hpp"
#include "transport/resolver.hpp"

// The thread sanitizer allows no new threads in a forked child.
#ifdef __SANITIZE_THREAD__
constexpr bool kChildMayStartThreads = false;
#else
constexpr bool kChildMayStartThreads = true;
#endif

#ifdef __SANITIZE_ADDRESS__
// The stacks of the parent's threads do not exist in a child, so objects that they refer to would
// count as leaked.
static bool is_child = false;
extern "C" int __lsan_is_turned_off() { return is_child; }
static void expect_no_leak_check() { is_child = true; }
#else
static void expect_no_leak_check() {}
#endif

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const std::string kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";

// Acknowledges everything, and records the messages.
class Peer {
 public:
  std::uint16_t port() const { return server_.port(); }
  const std::string& ca() const { return certificate_.ca; }
  int connections() const { return connections_; }
  int ended() const { return ended_; }
  int packets() const { return packets_; }

 private:
  void serve(ScriptedConnection& client) {
    ++connections_;
    client.accept_client(certificate_);
    for (std::string packet; !(packet = client.read_packet()).empty();) {
      ++packets_;
      if ((packet[0] & 0xf0) == 0x30) client.write(puback(mid_of(packet)));
      if ((packet[0] & 0xf0) == 0x80) client.write(suback(mid_of(packet), 1));
    }
    ++ended_;
  }

  std::atomic<int> connections_ = 0, ended_ = 0, packets_ = 0;
  const ServerCertificate certificate_ = make_server_certificate();
  ScriptedServer server_{[this](ScriptedConnection& client) { serve(client); }};
};

IoTHubDeviceClient client_of(const Peer& peer, const std::string& host = "127.0.0.1") {
  return IoTHubDeviceClient::create_from_symmetric_key(
      kKey, host, "d", {.server_verification_cert = peer.ca(), .port = peer.port()});
}

// Forks. The child runs `body` and exits, and the parent waits for it. Returns whether the child
// reported success. A child that hangs is killed by its alarm.
enum class By { exit, underscore_exit };
bool well_in_child(By by, const std::function<bool()>& body) {
  std::cout.flush();  // Otherwise the child would print it again.
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    expect_no_leak_check();
    const int status = body() ? 0 : 1;
    if (by == By::exit) std::exit(status);
    ::_exit(status);
  }
  int status = -1;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (status != 0) MESSAGE("the child's status is ", status);  // 14: it hung.
  return status == 0;
}

bool refused_as_inherited(const std::function<void()>& call) {
  try {
    call();
    return false;
  } catch (const ClientError& e) {
    return std::string(e.what()).find("forked") != std::string::npos;
  }
}

// Whether every call reports at once that this is a copy.
bool all_refused(IoTHubDeviceClient& client) {
  const std::function<void()> calls[] = {
      [&] { client.connect(); },
      [&] { client.disconnect(); },
      [&] { client.send_message("x"); },
      [&] { client.send_method_response({}); },
      [&] { client.get_twin(); },
      [&] {
        client.patch_twin_reported_properties({{"x", 1}});
      },
      [&] { client.on_message_received({}); },
      [&] { client.on_method_request_received([](const MethodRequest&) {}); },
      [&] { client.on_twin_desired_properties_patch_received([](const Json&) {}); },
      [&] { client.on_connection_state_change([](const ConnectionStateChange&) {}); },
      [&] { client.on_background_exception([](const IotError&) {}); },
      [&] { client.shutdown(); }};
  for (const auto& call : calls) {
    if (!refused_as_inherited(call)) return false;
  }
  return !client.connected();
}

// A client that is destroyed at process exit.
std::optional<IoTHubDeviceClient>& global_client() {
  static std::optional<IoTHubDeviceClient> client;
  return client;
}

TEST_CASE("Fork: a child's copy is silent, refuses its calls, and may be destroyed") {
  const Peer peer;
  std::optional<IoTHubDeviceClient> client(client_of(peer));
  client->on_message_received([](const Message&) {});
  client->send_message("before");
  global_client().emplace(client_of(peer));
  global_client()->connect();
  const int packets = peer.packets();

  for (const By by : {By::underscore_exit, By::exit}) {
    CHECK(well_in_child(by, [&] {
      const bool refused = all_refused(*client);
      client.reset();
      return refused;
    }));
  }
  CHECK(peer.packets() == packets);
  CHECK(peer.ended() == 0);
  client->send_message("after");
  CHECK(peer.packets() == packets + 1);
  CHECK(peer.connections() == 2);
  global_client().reset();
}

TEST_CASE("Fork: a child may make a client of its own" * doctest::skip(!kChildMayStartThreads)) {
  const Peer peer;
  auto client = client_of(peer);
  client.connect();
  CHECK(well_in_child(By::exit, [&] {
    auto own = client_of(peer, "localhost");
    own.send_message("from the child");
    own.shutdown();
    return true;
  }));
  CHECK(peer.connections() == 2);
  client.send_message("after");
}

// The parent's resolver would never answer, since its threads do not exist in the child.
TEST_CASE("Fork: a child asks a resolver of its own") {
  const auto parents = Resolver::system();
  CHECK(Resolver::system() == parents);
  CHECK(well_in_child(By::underscore_exit, [&] {
    const auto own = Resolver::system();
    return own != parents && Resolver::system() == own;
  }));
}

// A child must not wait for a lock that another thread of the parent held at the fork.
TEST_CASE("Fork: at any moment, a child can log, and destroy what it inherited") {
  const Peer peer;
  set_log_sink(LogLevel::debug, [](const LogRecord&) {});
  std::atomic<bool> stopping = false;
  std::optional<IoTHubDeviceClient> client(client_of(peer));
  client->connect();
  std::vector<std::thread> busy;
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back([&] {
      while (!stopping) client->send_message("x");
    });
  }
  for (int i = 0; i < 2; ++i) {
    busy.emplace_back([&] {
      while (!stopping) client_of(peer).on_connection_state_change({});
    });
    busy.emplace_back([&] {
      while (!stopping) log(LogLevel::debug, "test", "x");
    });
  }
  for (int i = 0; i < 200; ++i) {
    CHECK(well_in_child(By::underscore_exit, [&] {
      log(LogLevel::debug, "test", "x");
      const bool refused = all_refused(*client);
      client.reset();
      return refused;
    }));
  }
  stopping = true;
  for (std::thread& thread : busy) thread.join();
  set_log_sink(LogLevel::silent, {});
}

// Descriptors that a program started here inherits.
using Start = std::function<void(const std::string& command)>;
std::vector<std::string> seen_by_program(const Start& start) {
  const std::string file =
      std::filesystem::temp_directory_path() / ("endurance-" + std::to_string(::getpid()));
  start("for f in /proc/$$/fd/*; do readlink $f; done >" + file);
  std::istringstream lines(contents_of(file));
  std::filesystem::remove(file);
  std::vector<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    if (line != file) seen.push_back(line);
  }
  return seen;
}

void by_system(const std::string& command) {
  [[maybe_unused]] const int status = std::system(command.c_str());
}

void by_fork(const std::string& command) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    ::_exit(1);
  }
  ::waitpid(child, nullptr, 0);
}

TEST_CASE("Fork: a program that a handler starts inherits no descriptor") {
  const Peer peer;
  const auto before = seen_by_program(by_system);
  REQUIRE_FALSE(before.empty());
  auto client = client_of(peer);
  std::promise<std::vector<std::string>> by_handler, by_fork_of_handler;
  client.on_connection_state_change([&](const ConnectionStateChange& change) {
    if (!change.connected) return;
    by_handler.set_value(seen_by_program(by_system));
    by_fork_of_handler.set_value(seen_by_program(by_fork));
  });
  client.connect();
  CHECK(by_handler.get_future().get() == before);
  CHECK(by_fork_of_handler.get_future().get() == before);
  client.shutdown();
}

TEST_CASE("Fork: a program that is started while clients connect inherits no descriptor") {
  const Peer peer;
  const auto before = seen_by_program(by_fork);
  std::atomic<bool> stopping = false;
  std::thread busy([&] {
    while (!stopping) client_of(peer).connect();
  });
  int inherited = 0;
  for (int i = 0; i < 300; ++i) {
    inherited += seen_by_program(i % 2 == 0 ? by_fork : by_system) != before;
  }
  stopping = true;
  busy.join();
  CHECK(inherited == 0);
}

TEST_CASE("Fork: SIGPIPE stays the application's, whatever the link goes through") {
  const ServerCertificate certificate = make_server_certificate();
  ScriptedServer server([&](ScriptedConnection& client) {
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    client.accept_client(certificate);
    client.read_packet();
    client.reset();
  });
  ::signal(SIGPIPE, SIG_DFL);  // A write to a broken connection ends the process.
  {
    auto client = IoTHubDeviceClient::create_from_symmetric_key(
        kKey, "127.0.0.1", "d",
        {.server_verification_cert = certificate.ca, .port = server.port()});
    for (int i = 0; i < 20; ++i) {
      try {
        client.send_message(std::string(200'000, 'x'), 50ms);
      } catch (const IotError&) {
      }
    }
  }
  struct sigaction now {};
  ::sigaction(SIGPIPE, nullptr, &now);
  const bool unchanged = now.sa_handler == SIG_DFL;
  CHECK(unchanged);
  ::signal(SIGPIPE, SIG_IGN);
}

}  // namespace
}  // namespace azure::iot::device::test
