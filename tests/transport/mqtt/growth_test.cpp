#include "support/growth.hpp"

#include <cstdint>
#include <string>

#include "transport/mqtt/arrivals.hpp"
#include "transport/mqtt/operation_manager.hpp"

namespace azure::iot::device {
namespace {
using Kind = OperationManager::Kind;

OpKey key(std::size_t index) { return {static_cast<std::uint32_t>(index), 1}; }
std::uint16_t mid(std::size_t i) { return static_cast<std::uint16_t>(i % 65'535 + 1); }

void send_all(OperationManager& operations, std::size_t size, Kind kind = Kind::publish) {
  for (std::size_t i = 0; i < size; ++i) operations.establish(kind, mid(i), key(i));
}

// Work with a window of this size.
template <class F>
growth::Work with_window(F f) {
  return [f](std::size_t size) {
    return [f, size] {
      OperationManager operations(size);
      f(operations, size);
    };
  };
}

TEST_CASE("OperationManager: work grows with what is in flight no faster than it does") {
  growth::check({
      {"acknowledged in order", 1000, with_window([](OperationManager& operations, std::size_t n) {
         send_all(operations, n);
         for (std::size_t i = 0; i < n; ++i) {
           CHECK(operations.complete(Kind::publish, mid(i)) == key(i));
         }
       })},
      {"acknowledged the last first", 1000,
       with_window([](OperationManager& operations, std::size_t n) {
         send_all(operations, n);
         for (std::size_t i = n; i-- > 0;) {
           CHECK(operations.complete(Kind::publish, mid(i)) == key(i));
         }
       })},
      {"acknowledgements of nothing", 1000,
       with_window([](OperationManager& operations, std::size_t n) {
         send_all(operations, n);
         for (std::size_t i = 0; i < n; ++i) operations.complete(Kind::subscribe, mid(i));
       })},
      {"subscriptions of connections that ended", 1000,
       with_window([](OperationManager& operations, std::size_t n) {
         send_all(operations, n, Kind::subscribe);
         operations.connection_ended([](OpKey) { return true; });
         for (std::size_t i = 0; i < n; ++i) operations.complete(Kind::subscribe, mid(i));
       })},
      {"queued, sent and forgotten", 1000,
       with_window([](OperationManager& operations, std::size_t n) {
         const auto waits = [](OpKey k) { return k.index % 2 == 0; };
         for (std::size_t i = 0; i < n; ++i) operations.queue_publish(key(i), "t", "p", waits);
         while (operations.next_to_send(waits)) {
         }
         operations.forget_sent();
         operations.cancel_all();
       })},
  });
}

struct Listener {
  std::size_t heard = 0;
  void on_puback(std::uint16_t) { ++heard; }
  void on_suback(std::uint16_t, bool) { ++heard; }
  void on_unsuback(std::uint16_t) { ++heard; }
  void on_message(std::string_view, std::string_view) { ++heard; }
};

TEST_CASE("Arrivals: work grows with what came in no faster than it does") {
  growth::check({{"messages and acknowledgements", 1000, [](std::size_t size) {
                    return [size] {
                      Arrivals arrivals;
                      Listener listener;
                      for (std::size_t i = 0; i < size; ++i) {
                        arrivals.note_message("topic", "payload");
                        arrivals.note_puback(1);
                      }
                      arrivals.tell([&] { return &listener; });
                      CHECK(listener.heard == 2 * size);
                    };
                  }}});
}

}  // namespace
}  // namespace azure::iot::device
