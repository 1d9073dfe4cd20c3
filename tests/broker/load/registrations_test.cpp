#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
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

// Registers devices of a group, several at a time, all on one loop.
class Fleet {
 public:
  explicit Fleet(const DpsProcess& dps) : dps_(dps) {}

  // Registers this many more devices, and waits until the last one has completed.
  void run(int count, int at_a_time) {
    left_ = unfinished_ = count;
    ended_ = std::make_shared<std::promise<void>>();
    for (int i = 0; i < at_a_time; ++i) loop_->post([this] { start_next(); });
    REQUIRE(ended_->get_future().wait_for(kPatience) == std::future_status::ready);
  }

  int assigned() const { return assigned_; }
  // Maxima at any time: pending registrations, and event loops in this process.
  int most_under_way() const { return most_under_way_; }
  std::ptrdiff_t most_loops() const { return most_loops_; }
  const std::weak_ptr<ProvisioningClientCore>& last() const { return last_; }
  MemoryGrowth& memory() { return memory_; }

 private:
  // Runs on the loop.
  void start_next() {
    if (left_ == 0) return;
    --left_;
    const std::string id = "device-" + std::to_string(++begun_);
    const auto config = detail::config_from_symmetric_key(
        dps_.host(), id, dps_.id_scope(), derive_device_key(dps_.key("fleet"), id),
        {.server_verification_cert = ca_file_, .port = dps_.port(), .event_loop = loop_});
    auto core = ProvisioningClientCore::create(config, make_mosquitto_transport_factory());
    last_ = core;
    most_under_way_ = std::max<int>(most_under_way_, ++under_way_);
    core->start_register(120s, Completion<RegistrationResult>(
                                   [this, core](Result<RegistrationResult> result) mutable {
                                     --under_way_;
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
    const auto open = open_descriptors();
    most_loops_ = std::max(most_loops_.load(),
                           std::count(open.begin(), open.end(), "anon_inode:[eventpoll]"));
    start_next();
    if (--unfinished_ > 0) return;
    const auto ended = ended_;  // Waiting threads may destroy the fleet before this returns.
    ended->set_value();
  }

  const DpsProcess& dps_;
  const std::string ca_file_ = dps_.ca_file();
  const std::shared_ptr<EpollLoop> loop_ = EpollLoop::start();
  MemoryGrowth memory_;
  int left_ = 0;
  int unfinished_ = 0;
  int begun_ = 0;
  int under_way_ = 0;
  std::atomic<int> assigned_ = 0;
  std::atomic<int> most_under_way_ = 0;
  std::atomic<std::ptrdiff_t> most_loops_ = 0;
  std::weak_ptr<ProvisioningClientCore> last_;
  std::shared_ptr<std::promise<void>> ended_;
};

// Memory that may remain. Once: malloc's caches for threads, which start and end to look up names.
// For each registration: less than any object that it consists of. A client has some 170 KB.
constexpr std::size_t kHeapOnce = 256 * 1024;
constexpr std::size_t kHeapPerRegistration = 25;
constexpr std::chrono::milliseconds kCpuPerRegistration{20};

// Most of the time is the service's: it answers "assigning", and is asked again two seconds later.
void register_fleet(int count, int at_a_time, std::chrono::seconds limit) {
  const SimulatorProcess hub({.devices = {"other"}});
  const DpsProcess dps({&hub}, {"--group", "fleet"});
  const std::size_t descriptors = open_descriptors().size();
  {
    Fleet fleet(dps);
    fleet.run(at_a_time, at_a_time);  // Caches fill, and libraries initialize.
    const std::size_t descriptors_between = open_descriptors().size();
    const std::size_t threads_between = threads().size(), heap = heap_in_use();
    const Stopwatch watch;
    fleet.run(count, at_a_time);
    CHECK(fleet.assigned() == at_a_time + count);
    CHECK(fleet.most_under_way() == at_a_time);
    CHECK(fleet.last().expired());
    CHECK(fleet.most_loops() == 1);
    CHECK(eventually([&] { return open_descriptors().size() <= descriptors_between; }));
    CHECK(eventually([&] { return threads().size() <= threads_between; }));
    const std::size_t heap_now = heap_in_use();
    CHECK(heap_now <= heap + kHeapOnce + kHeapPerRegistration * static_cast<std::size_t>(count));
    MESSAGE(watch.cpu().count(), " ms of processor time; heap ",
            static_cast<long>(heap_now) - static_cast<long>(heap), " bytes, descriptors ",
            static_cast<long>(open_descriptors().size()) - static_cast<long>(descriptors_between),
            ", threads ", static_cast<long>(threads().size()) - static_cast<long>(threads_between));
    if (!kSanitized) CHECK(watch.cpu() <= count * kCpuPerRegistration);
    check_cost(std::to_string(count) + " registrations", fleet.memory(), std::size_t{64} << 20,
               watch.passed(), limit);
  }
  CHECK(eventually([&] { return open_descriptors().size() <= descriptors; }));
  const auto all = static_cast<std::size_t>(at_a_time + count);
  CHECK(dps.count("assigned") == all);
  dps.process().wait_for_events("disconnected", {}, all);
  CHECK(dps.count("disconnected") == all);
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
