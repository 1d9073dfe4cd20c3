#include "broker/faults/fault_table.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "broker/faults/fault_client.hpp"
#include "broker/faults/faulty_hub.hpp"
#include "tests/support/lateness.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

constexpr auto kCallTimeout = 3s;

template <class F>
bool within(std::chrono::milliseconds limit, const F& condition) {
  for (const auto until = Clock::now() + limit; Clock::now() < until;) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return condition();
}

// The calls of one client's handlers.
struct Told {
  explicit Told(IoTHubDeviceClient& client) {
    client.on_connection_state_change([this](const ConnectionStateChange& change) {
      if (!change.reason) return;
      const std::lock_guard lock(mutex);
      layers.push_back(std::string(to_string(change.reason->layer)));
    });
    client.on_background_exception([this](const IotError& error) {
      const std::string type = outcome_of([&] { detail::throw_error(error.error()); });
      const std::lock_guard lock(mutex);
      background.push_back(type);
    });
  }
  std::string first_layer() {
    const std::lock_guard lock(mutex);
    return layers.empty() ? std::string() : layers.front();
  }
  bool has_background(std::string_view type) {
    const std::lock_guard lock(mutex);
    return std::count(background.begin(), background.end(), type) > 0;
  }

  std::mutex mutex;
  std::vector<std::string> layers;
  std::vector<std::string> background;
};

// Messages in flight, as many as allowed.
class Window {
 public:
  explicit Window(IoTHubDeviceClient& client) : client_(client) {}
  void fill(const FaultyHub& hub) {
    for (std::size_t i = 0; i < kFaultClientInFlight; ++i) {
      sends_.push_back(std::async(std::launch::async, [this] {
        return outcome_of([this] { client_.send_message("in the window", 30s); });
      }));
    }
    within(5s, [&] { return hub.held_back() == kFaultClientInFlight; });
  }
  bool ended_with(std::string_view outcome) {
    return std::all_of(sends_.begin(), sends_.end(),
                       [=](auto& send) { return send.get() == outcome; });
  }

 private:
  IoTHubDeviceClient& client_;
  std::vector<std::future<std::string>> sends_;
};

bool is_dialling(Phase phase) { return phase <= Phase::connect; }

// Whether the client itself reconnects a lost link.
bool is_redialled(const Row& row) {
  return !is_dialling(row.phase) && row.phase != Phase::disconnect;
}

// The differences from the row; empty if there are none.
using Verdict = std::string;

// The fault meets a call of the application.
Verdict play(const Row& row, Way way, const Lateness& lateness) {
  FaultyHub hub(row.fault, row.phase, 0, way);
  IoTHubDeviceClient client = make_fault_client(hub);
  Told told(client);
  if (!is_dialling(row.phase)) client.connect(20s);
  Window window(client);
  if (row.fault == Fault::window_full) window.fill(hub);

  const auto begin = Clock::now();
  if (row.phase == Phase::idle) hub.strike();
  const std::string outcome = call_of(client, row.phase, kCallTimeout);
  Verdict verdict;
  if (outcome != row.outcome) verdict += " outcome " + (outcome.empty() ? "none" : outcome);
  const auto until_told = row.layer.empty() ? 0ms : lateness.allow(row.bound);
  within(until_told, [&] { return !told.first_layer().empty(); });
  const auto taken = Clock::now() - begin;
  if (taken > lateness.allow(row.bound)) {
    verdict += " after " + std::to_string(taken / 1ms) + " ms";
  }
  if (told.first_layer() != row.layer) verdict += " layer " + told.first_layer();

  const auto refused = [&] { return told.has_background("CredentialError"); };
  if (is_redialled(row) && row.given_up && !within(8s, refused)) verdict += " not reported";

  // The fault ends here. A lost link is reconnected by itself, and the next call succeeds.
  hub.heal();
  hub.strike();
  const auto back = [&] { return client.connected(); };
  if (is_redialled(row) && !row.given_up && !within(8s, back)) verdict += " did not come back";
  const std::string after = outcome_of([&] {
    if (is_dialling(row.phase) || row.phase == Phase::disconnect) client.connect(20s);
    client.send_message("afterwards", 30s);
  });
  if (!after.empty()) verdict += " afterwards " + after;
  // A disconnect cancels unacknowledged messages, and reports that.
  const bool taken_back = row.phase == Phase::disconnect;
  if (!window.ended_with(taken_back ? "OperationCancelled" : "")) verdict += " window not so";
  const auto ending = Clock::now();
  client.shutdown();
  if (Clock::now() - ending > lateness.allow(1000ms)) verdict += " slow shutdown";
  return verdict;
}

// The fault meets a redial. Faults of the link are retried; others are reported.
Verdict play_redial(const Row& row, Way way, const Lateness&) {
  FaultyHub hub(row.fault, row.phase, 1, way);
  IoTHubDeviceClient client = make_fault_client(hub);
  Told told(client);
  client.connect(20s);
  hub.drop_links();
  if (!within(5s, [&] { return !told.first_layer().empty(); })) return " the drop passed unnoticed";
  // A lasting fault ends after a while.
  std::this_thread::sleep_for(row.bound + 200ms);
  hub.heal();
  Verdict verdict;
  if (!row.given_up) {
    if (!within(8s, [&] { return client.connected(); })) verdict += " did not come back";
  } else {
    if (!within(5s, [&] { return told.has_background(row.outcome); })) verdict += " not reported";
    if (within(1500ms, [&] { return client.connected(); })) verdict += " came back nevertheless";
  }
  const std::string after = outcome_of([&] { client.send_message("afterwards", 30s); });
  if (!after.empty()) verdict += " afterwards " + after;
  client.shutdown();
  return verdict;
}

// Runs many rows at a time, each with a hub of its own, since most of them only wait. The longest
// waits start first.
template <class Play>
void play_all(std::vector<Row> rows, Way way, const Play& play) {
  constexpr std::size_t kAtATime = 24;
  const Lateness lateness;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& one, const Row& other) { return one.bound > other.bound; });
  std::vector<Verdict> verdicts(rows.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> players;
  for (std::size_t i = 0; i < kAtATime; ++i) {
    players.emplace_back([&] {
      for (std::size_t row; (row = next++) < rows.size();) {
        verdicts[row] = play(rows[row], way, lateness);
      }
    });
  }
  for (std::thread& player : players) player.join();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    INFO(to_string(way) << ", " << to_string(rows[i].phase) << ", " << to_string(rows[i].fault)
                        << ":" << verdicts[i]);
    CHECK(verdicts[i].empty());
  }
}

std::vector<Row> rows_where(bool (*holds)(Phase)) {
  std::vector<Row> rows;
  for (const Row& row : fault_table()) {
    if (holds(row.phase)) rows.push_back(row);
  }
  return rows;
}

int mentions(Phase phase, Fault fault) {
  const auto table = fault_table();
  const auto rows = std::count_if(table.begin(), table.end(), [&](const Row& row) {
    return row.phase == phase && row.fault == fault;
  });
  const std::string name = " " + std::string(to_string(phase)) + " ";
  int excuses = 0;
  for (const Impossible& entry : impossible_faults()) {
    if (entry.fault != fault) continue;
    const std::string phases = " " + std::string(entry.phases) + " ";
    excuses += phases.find(name) != std::string::npos || (entry.phases == "other" && rows == 0);
  }
  return static_cast<int>(rows) + excuses;
}

}  // namespace

TEST_CASE("Faults: each fault in each phase is in the table, or said to be impossible") {
  for (int phase = 0; phase < static_cast<int>(Phase::phase_count); ++phase) {
    for (int fault = 0; fault < static_cast<int>(Fault::fault_count); ++fault) {
      INFO(to_string(Phase(phase)) << ", " << to_string(Fault(fault)));
      CHECK(mentions(Phase(phase), Fault(fault)) == 1);
    }
  }
}

// Whether the library was built with every route.
bool is_built(Way way) { return way == Way::direct || !missing_tunnel(true, {}); }

TEST_CASE("Faults: a call ends as the table says, in its time, and the next one comes through") {
  const auto all = rows_where([](Phase) { return true; });
  SUBCASE("direct") { play_all(all, Way::direct, play); }
  SUBCASE("WebSocket") {
    if (is_built(Way::web_socket)) play_all(all, Way::web_socket, play);
  }
  SUBCASE("proxy") {
    if (is_built(Way::proxy)) play_all(all, Way::proxy, play);
  }
}

TEST_CASE("Faults: a redial is repeated if the link was at fault, and otherwise reported") {
  const auto rows = rows_where(is_dialling);
  SUBCASE("direct") { play_all(rows, Way::direct, play_redial); }
  SUBCASE("WebSocket") {
    if (is_built(Way::web_socket)) play_all(rows, Way::web_socket, play_redial);
  }
  SUBCASE("proxy") {
    if (is_built(Way::proxy)) play_all(rows, Way::proxy, play_redial);
  }
}
