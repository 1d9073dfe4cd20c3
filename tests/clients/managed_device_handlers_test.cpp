#include "clients/detail/managed_device_handlers.hpp"

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "tests/clients/held_handlers.hpp"
#include "tests/support/log_listener.hpp"

namespace azure::iot::device::test {
namespace {
using detail::ManagedDeviceHandlers;
using detail::Service;

struct Handlers {
  Handlers(std::function<void(IoTHubDeviceClient&)> on_new_client,
           std::function<void(const IotError&)> on_background_exception)
      : handlers(pool, "reg1", std::move(on_new_client), std::move(on_background_exception)) {}
  ~Handlers() { pool->forget(); }

  void report(const std::string& detail, Service service = Service::iot_hub) {
    handlers.report(Error(Errc::connection_failed, detail), service);
  }
  void bring() { handlers.bring(std::make_shared<IoTHubDeviceClient>(client.core)); }
  bool quiet(std::thread::id except = {}) {
    const auto is_quiet = std::make_shared<bool>(false);
    handlers.when_quiet(except, [is_quiet] { *is_quiet = true; });
    return *is_quiet;
  }

  TestClient client;
  std::shared_ptr<HeldHandlerPool> pool = std::make_shared<HeldHandlerPool>();
  ManagedDeviceHandlers handlers;
};

TEST_CASE("ManagedDeviceHandlers: a failure is told in the words of its service, in order") {
  std::vector<std::string> told;
  Handlers h({}, [&](const IotError& error) {
    CHECK(dynamic_cast<const ConnectionFailedError*>(&error));
    told.emplace_back(error.what());
  });
  h.report("first", Service::provisioning);
  h.report("second", Service::iot_hub);
  CHECK(told.empty());  // Not on the reporting thread.
  h.pool->run();
  REQUIRE(told.size() == 2);
  CHECK(told[0].find("provisioning service") != std::string::npos);
  CHECK(told[0].find("first") != std::string::npos);
  CHECK(told[1].find("provisioning service") == std::string::npos);
}

TEST_CASE("ManagedDeviceHandlers: without a function for it a failure is logged") {
  LogListener log(LogLevel::warning);
  Handlers h({}, {});
  h.report("in vain");
  h.bring();
  REQUIRE(log.records.size() == 1);
  CHECK(log.records[0].find("ManagedDevice|reg1|") != std::string::npos);
  CHECK(log.records[0].find("in vain") != std::string::npos);
}

TEST_CASE("ManagedDeviceHandlers: beyond 128 that wait the newest failure is logged instead") {
  std::vector<std::string> told;
  LogListener log(LogLevel::warning);
  Handlers h({}, [&](const IotError& error) { told.emplace_back(error.what()); });
  for (int i = 0; i < 130; ++i) h.report("failure " + std::to_string(i) + '.');
  CHECK(log.records.size() == 2);
  h.pool->run();
  REQUIRE(told.size() == 128);
  CHECK(told.front().find("failure 0.") != std::string::npos);
  CHECK(told.back().find("failure 127.") != std::string::npos);
}

TEST_CASE("ManagedDeviceHandlers: beyond 128 that wait the oldest client is left out") {
  std::vector<IoTHubDeviceClient*> seen;
  Handlers h([&](IoTHubDeviceClient& client) { seen.push_back(&client); }, {});
  std::vector<std::shared_ptr<IoTHubDeviceClient>> clients;
  for (int i = 0; i < 130; ++i) {
    clients.push_back(std::make_shared<IoTHubDeviceClient>(h.client.core));
    h.handlers.bring(clients.back());
  }
  h.pool->run();
  REQUIRE(seen.size() == 128);
  CHECK(seen.front() == clients[2].get());
  CHECK(seen.back() == clients[129].get());
}

TEST_CASE("ManagedDeviceHandlers: what a function throws does not keep it from the next call") {
  int calls = 0;
  std::vector<std::string> told;
  Handlers h(
      [&](IoTHubDeviceClient&) {
        if (++calls == 1) throw std::runtime_error("not today");
      },
      [&](const IotError& error) {
        told.emplace_back(error.what());
        throw std::runtime_error("nor here");
      });
  h.bring();
  h.bring();
  h.pool->run();
  CHECK(calls == 2);
  REQUIRE(told.size() == 1);
  CHECK(told[0].find("not today") != std::string::npos);
  h.report("another");
  h.pool->run();
  CHECK(told.size() == 2);
}

TEST_CASE("ManagedDeviceHandlers: one that is stopped calls nothing any more") {
  int clients = 0;
  int failures = 0;
  Handlers h([&](IoTHubDeviceClient&) { ++clients; }, [&](const IotError&) { ++failures; });
  h.bring();
  h.report("due");
  h.handlers.stop_bringing();
  h.bring();
  h.pool->run();
  CHECK(clients == 0);
  CHECK(failures == 1);
  h.report("due");
  h.handlers.stop();
  h.report("late");
  h.pool->run();
  CHECK(failures == 1);
}

TEST_CASE("ManagedDeviceHandlers: it is quiet when neither function runs nor is due") {
  std::optional<bool> quiet_here;
  std::optional<bool> quiet_elsewhere;
  Handlers* self = nullptr;
  Handlers h([](IoTHubDeviceClient&) {},
             [&](const IotError&) {
               quiet_here = self->quiet(std::this_thread::get_id());
               quiet_elsewhere = self->quiet();
             });
  self = &h;
  CHECK(h.quiet());
  bool quiet_at_last = false;
  h.bring();
  h.handlers.when_quiet({}, [&] { quiet_at_last = true; });
  CHECK_FALSE(quiet_at_last);
  h.pool->run();
  CHECK(quiet_at_last);
  h.report("due");
  h.pool->run();
  CHECK(quiet_here == true);
  CHECK(quiet_elsewhere == false);
  CHECK(h.quiet());
}

}  // namespace
}  // namespace azure::iot::device::test
