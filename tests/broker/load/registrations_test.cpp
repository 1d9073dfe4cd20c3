#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "broker/load/load.hpp"
#include "clients/detail/provisioning_client_core.hpp"
#include "clients/enrollment_group.hpp"
#include "pipeline/loop/epoll_loop.hpp"
#include "support/dps_process.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using detail::Completion;
using detail::ProvisioningClientCore;

// Registers so many devices of a group, some at a time, all on one loop.
class Fleet {
 public:
  Fleet(const DpsProcess& dps, int count) : dps_(dps), left_(count), unfinished_(count) {}

  // Waits for the end of the last one.
  void run(int at_a_time) {
    for (int i = 0; i < at_a_time; ++i) loop_->post([this] { start_next(); });
    REQUIRE(ended_->get_future().wait_for(kPatience) == std::future_status::ready);
  }

  int assigned() const { return assigned_; }
  const std::weak_ptr<ProvisioningClientCore>& last() const { return last_; }
  MemoryGrowth& memory() { return memory_; }

 private:
  // On the loop.
  void start_next() {
    if (left_ == 0) return;
    const std::string id = "device-" + std::to_string(left_--);
    const auto config = detail::config_from_symmetric_key(
        dps_.host(), id, dps_.id_scope(), derive_device_key(dps_.key("fleet"), id),
        {.server_verification_cert = ca_file_, .port = dps_.port(), .event_loop = loop_});
    auto core = ProvisioningClientCore::create(config, make_mosquitto_transport_factory());
    last_ = core;
    core->start_register(120s, Completion<RegistrationResult>(
                                   [this, core](Result<RegistrationResult> result) mutable {
                                     assigned_ += result ? 1 : 0;
                                     if (!result) MESSAGE(result.error().describe());
                                     loop_->post([this, core = std::move(core)]() mutable {
                                       core.reset();
                                       end_one();
                                     });
                                   }));
  }
  void end_one() {
    memory_.look();
    start_next();
    if (--unfinished_ > 0) return;
    const auto ended = ended_;  // Whoever waits may be gone before this has returned.
    ended->set_value();
  }

  const DpsProcess& dps_;
  const std::string ca_file_ = dps_.ca_file();
  const std::shared_ptr<EpollLoop> loop_ = EpollLoop::start();
  MemoryGrowth memory_;
  int left_;
  int unfinished_;
  std::atomic<int> assigned_ = 0;
  std::weak_ptr<ProvisioningClientCore> last_;
  const std::shared_ptr<std::promise<void>> ended_ = std::make_shared<std::promise<void>>();
};

void register_fleet(int count, int at_a_time, std::chrono::seconds limit) {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--group", "fleet"});
  const std::size_t descriptors = open_descriptors().size();
  const auto start = std::chrono::steady_clock::now();
  {
    Fleet fleet(dps, count);
    fleet.run(at_a_time);
    CHECK(fleet.assigned() == count);
    CHECK(fleet.last().expired());
    check_cost(std::to_string(count) + " registrations", fleet.memory(), std::size_t{64} << 20,
               std::chrono::steady_clock::now() - start, limit);
  }
  CHECK(open_descriptors().size() == descriptors);
  CHECK(dps.count("assigned") == static_cast<std::size_t>(count));
  dps.process().wait_for_events("disconnected", {}, static_cast<std::size_t>(count));
  CHECK(dps.count("disconnected") == static_cast<std::size_t>(count));
}

TEST_CASE("Load: a hundred devices register, fifty at a time, on one loop: all end, none leaks") {
  register_fleet(100, 50, 60s);
}

TEST_CASE("Load: a thousand devices register in more than ten seconds, fifty at a time" *
          doctest::skip()) {
  register_fleet(1000, 50, 300s);
}

}  // namespace
}  // namespace azure::iot::device::test
