#include <atomic>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include <doctest/doctest.h>

#include "broker/endurance/situation.hpp"
#include "tests/support/lateness.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// The ways to end a client, and the thread on which it happens.
enum class Act { shutdown, four_shutdowns, destroy, assign, count };
struct Way {
  Act act;
  std::optional<Handler> inside;  // Otherwise on an ordinary thread.
};

std::string to_string(Act act) {
  switch (act) {
    case Act::shutdown: return "shutdown";
    case Act::four_shutdowns: return "four shutdowns at a time";
    case Act::destroy: return "the destructor";
    case Act::assign: return "an assignment";
    case Act::count: break;
  }
  return "";
}

std::string to_string(const Way& way) {
  return to_string(way.act) +
         (way.inside ? " inside a handler of the kind " + to_string(*way.inside) : "");
}

template <class Enum>
constexpr int kCount = static_cast<int>(Enum::count);

// Every way on a thread of the application, and in each kind of handler.
std::vector<Way> all_ways() {
  std::vector<Way> ways;
  for (int act = 0; act < kCount<Act>; ++act) {
    ways.push_back({static_cast<Act>(act), std::nullopt});
    for (int handler = 0; handler < kCount<Handler>; ++handler) {
      ways.push_back({static_cast<Act>(act), static_cast<Handler>(handler)});
    }
  }
  return ways;
}

// Returns the error of a shutdown; a client that cannot be shut down reports it at once.
std::string shut_down(IoTHubDeviceClient& client) {
  try {
    client.shutdown();
    return "";
  } catch (const ClientError& e) {
    return e.error().code() == Errc::pipeline_not_running ? "refused" : e.what();
  } catch (const std::logic_error&) {
    return "moved from";
  } catch (const std::exception& e) {
    return e.what();
  }
}

// One row of the table. Collects failures, one a line.
class Row {
 public:
  Row(State state, Way way, const Lateness& lateness)
      : state_(state), way_(way), lateness_(lateness) {}

  std::vector<std::string> run() {
    const bool by_shutdown = way_.act == Act::shutdown || way_.act == Act::four_shutdowns;
    Situation situation(
        state_, by_shutdown ? Situation::Calls::blocking : Situation::Calls::started, way_.inside);
    std::promise<void> over;
    const auto act = [&] {
      began_ = Clock::now();
      end(situation);
      took_ = Clock::now() - began_;
      over.set_value();
    };
    if (way_.inside) {
      situation.in_handler(*way_.inside, act);
    } else {
      act();
    }
    if (over.get_future().wait_for(30s) != std::future_status::ready) {
      std::fprintf(stderr, "%s while %s: hangs\n", to_string(way_).c_str(),
                   to_string(state_).c_str());
      std::abort();  // The hanging call refers to objects about to be destroyed.
    }
    expect(took_ <= lateness_.allow(1000ms), "took " + text_of(took_));
    check_calls(situation);
    situation.destroy();
    expect(situation.nothing_left(), "left something behind");
    return wrong_;
  }

 private:
  void end(Situation& situation) {
    switch (way_.act) {
      case Act::shutdown: return check_shutdowns({shut_down(situation.client())});
      case Act::four_shutdowns: {
        std::vector<std::future<std::string>> all;
        for (int i = 0; i < 4; ++i) {
          all.push_back(
              std::async(std::launch::async, [&] { return shut_down(situation.client()); }));
        }
        std::multiset<std::string> said;
        for (auto& one : all) said.insert(one.get());
        return check_shutdowns(said);
      }
      case Act::destroy: return situation.destroy();
      case Act::assign: return situation.assign();
      case Act::count: break;
    }
  }

  // The first one shuts down, and the others return with it.
  void check_shutdowns(const std::multiset<std::string>& said) {
    const std::string expected = state_ == State::moved_from ? "moved from" : "";
    for (const std::string& one : said) expect(one == expected, "shutdown said: " + one);
  }

  void check_calls(Situation& situation) {
    for (const EndedCall& call : situation.ended_calls()) {
      const bool may_succeed = state_ == State::disconnecting;
      expect(call.how == "OperationCancelled" || (may_succeed && call.how.empty()),
             call.name + " ended with: " + call.how);
      const auto after = call.when - began_;
      // The hub is notified at the end, which may take time. Callers do not wait for that.
      expect(after <= lateness_.allow(100ms), call.name + " ended after " + text_of(after));
      longest_call = std::max(longest_call.load(), std::chrono::floor<milliseconds>(after));
    }
  }

  static std::string text_of(Clock::duration duration) {
    return std::to_string(std::chrono::floor<milliseconds>(duration).count()) + " ms";
  }

  void expect(bool holds, const std::string& otherwise) {
    if (holds) return;
    wrong_.push_back(to_string(way_) + " while " + to_string(state_) + ": " + otherwise);
  }

 public:
  static inline std::atomic<milliseconds> longest_call{0ms};
  milliseconds took() const { return std::chrono::floor<milliseconds>(took_); }

 private:
  const State state_;
  const Way way_;
  const Lateness& lateness_;
  Clock::time_point began_;
  Clock::duration took_{};
  std::vector<std::string> wrong_;
};

TEST_CASE("Endings: each way of ending a client returns within a second, in each of its states") {
  std::vector<std::pair<State, Way>> table;
  for (int state = 0; state < kCount<State>; ++state) {
    for (const Way& way : all_ways()) table.emplace_back(static_cast<State>(state), way);
  }
  const Lateness lateness;
  std::mutex mutex;
  std::set<std::string> done;
  std::vector<std::string> wrong;
  milliseconds longest{0};
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < table.size();) {
      const auto& [state, way] = table[i];
      std::vector<std::string> found;
      Row row(state, way, lateness);
      try {
        found = row.run();
      } catch (const std::exception& e) {
        found = {to_string(way) + ": " + e.what()};
      }
      const std::lock_guard lock(mutex);
      done.insert(to_string(state) + "; " + to_string(way));
      longest = std::max(longest, row.took());
      wrong.insert(wrong.end(), found.begin(), found.end());
    }
  };
  // Most rows wait most of the time.
  std::vector<std::thread> workers;
  for (int i = 0; i < 8; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();

  for (const std::string& line : wrong) FAIL_CHECK(line);
  CHECK(done.size() ==
        static_cast<std::size_t>(kCount<State>) * kCount<Act> * (kCount<Handler> + 1));
  MESSAGE(done.size(), " endings, the longest ", longest.count(), " ms; a call under way was told ",
          "after ", Row::longest_call.load().count(), " ms at most");
}

}  // namespace
}  // namespace azure::iot::device::test
