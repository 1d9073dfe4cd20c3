// Seeded schedules of a managed device in virtual time. Both services misbehave at random, and so
// do the policies of the application.
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "simulation/random.hpp"
#include "tests/clients/managed.hpp"

namespace azure::iot::device::test {
namespace {
using simulation::Random;

// An application policy with arbitrary decisions.
class Whim final : public RetryPolicy {
 public:
  explicit Whim(Random& random) : random_(random) {}

 private:
  std::optional<Duration> next_pause(const Failure&) const override {
    switch (random_.below(5)) {
      case 0: return std::nullopt;
      case 1: return Duration::zero();
      case 2: return Duration(-1);
      case 3: throw std::runtime_error("no pause today");
      default: return random_.between(0s, 20s);
    }
  }
  Random& random_;
};

std::shared_ptr<const RetryPolicy> some_policy(Random& random) {
  switch (random.below(4)) {
    case 0: return std::make_shared<Whim>(random);
    case 1: return std::make_shared<FixedInterval>(random.between(0s, 10s));
    default: return nullptr;
  }
}

ManagedSymmetricKeyOptions some_options(Random& random) {
  ManagedSymmetricKeyOptions options;
  options.failed_connects = static_cast<int>(random.below(3)) + 1;
  options.registration_distance = std::chrono::seconds(random.below(5) + 1);
  options.registration_pauses = some_policy(random);
  options.hub.retry_policy = some_policy(random);
  options.hub.connection_retry = random.chance(800);
  options.hub.keep_alive = 30s;
  return options;
}

class Sweep {
 public:
  explicit Sweep(std::uint64_t seed)
      : random_(seed), options_(some_options(random_)), device_(options_) {
    auto answer = device_.dps.transport.on_packet;
    device_.dps.transport.on_packet = [this, answer](const Packet& packet) {
      if (packet.topic.starts_with("$dps/registrations/PUT/") && !packet.again) on_registration();
      answer(packet);
    };
    misbehave();
  }

  void run() {
    for (std::uint32_t steps = 20 + random_.below(30); steps > 0; --steps) step();
    behave();
    device_.advance(2h);
    for (const Call<void>& call : calls_) CHECK(call.done());
    if (wanted_ && device_.new_clients > 0) CHECK(online());
  }

  std::size_t registrations() const { return registrations_; }

 private:
  bool online() const { return device_.core->client() && device_.core->client()->connected(); }

  // Checks the minimum distance between registrations.
  void on_registration() {
    const SteadyTime now = device_.loop->steady_now();
    if (last_registration_) CHECK(now - *last_registration_ >= 1s);
    last_registration_ = now;
    ++registrations_;
  }

  void step() {
    switch (random_.below(8)) {
      case 0:
        wanted_ = true;
        calls_.emplace_back();
        device_.core->start_connect(timeout(), calls_.back().completion());
        break;
      case 1:
        if (const auto client = device_.core->client()) {
          for (std::uint32_t n = random_.below(5); n > 0; --n) {
            attempt([&] { client->send_message("x", 1s); });
          }
          wanted_ |= online();
        }
        break;
      case 2:
        if (const auto client = device_.core->client(); client && random_.chance(200)) {
          attempt([&] { client->disconnect(1s); });
          wanted_ = false;
        }
        break;
      case 3: random_.chance(300) ? behave() : misbehave(); break;
      case 4: device_.dps.transport.drop(); break;
      default: device_.hub.drop(); break;
    }
    device_.advance(random_.between(0s, random_.one_of(kLongest)));
  }
  detail::Timeout timeout() { return std::chrono::milliseconds(1 + random_.below(120'000)); }
  template <class F>
  void attempt(F call) {
    try {
      call();
    } catch (const IotError&) {
    }
  }

  void behave() {
    device_.hub.otherwise = accept;
    device_.dps.transport.otherwise = accept;
    device_.dps.answers.assign(1000, assigned_to("hub1.test"));
  }
  void misbehave() {
    const Reply some{[this](const Asked& asked) { some_reply().act(asked); }};
    device_.hub.otherwise = some;
    device_.dps.transport.otherwise = some;
    device_.dps.answers.clear();
    for (int i = 0; i < 1000; ++i) device_.dps.answers.push_back(some_answer());
  }
  Reply some_reply() {
    switch (random_.below(10)) {
      case 0: return refuse;
      case 1: return kRefused;
      case 2: return stall;
      case 3: return drop;
      case 4: return half_open;
      case 5: return slow(random_.between(0s, 20s));
      case 6:
        return {[](const Asked& asked) {
          asked.answer();
          asked.after(100ms, [asked] { asked.far_end().drop(); });
        }};
      default: return accept;
    }
  }
  ServiceAnswer some_answer() {
    switch (random_.below(9)) {
      case 0: return kSilence;
      case 1: return {429, R"({"errorCode": 429001, "message": "slow down"})", "0"};
      case 2: return {429, R"({"errorCode": 429001, "message": "slow down"})", "-5"};
      case 3: return {401, R"({"errorCode": 401002, "message": "no"})"};
      case 4: return {500, "{}"};
      case 5: return assigning("0");
      case 6: return {200, R"({"operationId": "op1", "status": "assigned"})"};
      default: return assigned_to(random_.chance(500) ? "hub1.test" : "hub2.test");
    }
  }

  static constexpr Duration kLongest[] = {1ms, 500ms, 10s, 2min};

  Random random_;
  const ManagedSymmetricKeyOptions options_;
  Managed device_;
  bool wanted_ = false;  // The application asked for a link or had one, and did not end it.
  std::vector<Call<void>> calls_;
  std::optional<SteadyTime> last_registration_;
  std::size_t registrations_ = 0;
};

TEST_CASE(
    "ManagedDevice: over any faults registrations keep their distance, and the link returns") {
  std::size_t registrations = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CAPTURE(seed);
    Sweep sweep(seed);
    sweep.run();
    registrations += sweep.registrations();
  }
  CHECK(registrations > 200);
}

}  // namespace
}  // namespace azure::iot::device::test
