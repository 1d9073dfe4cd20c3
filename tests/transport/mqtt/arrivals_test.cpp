#include "transport/mqtt/arrivals.hpp"

#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {

// Records its calls, and runs an action at a given line.
struct Listener {
  std::string told;
  std::string throws_at;
  std::string leaves_at;
  bool left = false;

  void on_puback(std::uint16_t mid) { note("puback " + std::to_string(mid)); }
  void on_suback(std::uint16_t mid, bool granted) {
    note((granted ? "granted " : "refused ") + std::to_string(mid));
  }
  void on_unsuback(std::uint16_t mid) { note("unsuback " + std::to_string(mid)); }
  void on_message(std::string_view topic, std::string_view payload) {
    note(std::string(topic) + "=" + std::string(payload));
  }

 private:
  void note(const std::string& line) {
    told += line + "; ";
    if (line == leaves_at) left = true;
    if (line == throws_at) throw std::runtime_error("the listener's defect");
  }
};

void note_all(Arrivals& arrivals) {
  arrivals.note_puback(1);
  arrivals.note_message("a", "first");
  arrivals.note_suback(2, true);
  arrivals.note_suback(3, false);
  arrivals.note_message("", "");
  arrivals.note_unsuback(4);
  arrivals.note_message("b/c", std::string(3, '\0'));
}
const std::string kAll =
    "puback 1; a=first; granted 2; refused 3; =; unsuback 4; b/c=" + std::string(3, '\0') + "; ";

void tell(Arrivals& arrivals, Listener& listener) {
  arrivals.tell([&] { return listener.left ? nullptr : &listener; });
}

}  // namespace

TEST_CASE("Arrivals: everything is told in order, as it came, and once") {
  Arrivals arrivals;
  for (int round = 0; round < 3; ++round) {
    note_all(arrivals);
    Listener listener;
    tell(arrivals, listener);
    CHECK(listener.told == kAll);
    tell(arrivals, listener);
    CHECK(listener.told == kAll);
  }
}

TEST_CASE("Arrivals: a listener that has left is told nothing more, nor is the next one") {
  Arrivals arrivals;
  note_all(arrivals);
  Listener leaving;
  leaving.leaves_at = "a=first";
  tell(arrivals, leaving);
  CHECK(leaving.told == "puback 1; a=first; ");
  Listener next;
  tell(arrivals, next);
  CHECK(next.told.empty());
}

TEST_CASE("Arrivals: what a listener throws leaves nothing to be told twice") {
  Arrivals arrivals;
  note_all(arrivals);
  Listener throwing;
  throwing.throws_at = "granted 2";
  CHECK_THROWS_AS(tell(arrivals, throwing), std::runtime_error);
  throwing.throws_at.clear();
  tell(arrivals, throwing);
  CHECK(throwing.told == "puback 1; a=first; granted 2; ");
}

TEST_CASE("Arrivals: a large message is told whole, and what comes after it") {
  Arrivals arrivals;
  const std::string large(1'000'000, 'x');
  for (int round = 0; round < 2; ++round) {
    arrivals.note_message("large", large);
    arrivals.note_message("small", "y");
    Listener listener;
    tell(arrivals, listener);
    CHECK(listener.told.size() == 6 + large.size() + 2 + 9);
    CHECK(listener.told.ends_with("xx; small=y; "));
  }
}

}  // namespace azure::iot::device
