// Work of the far end grows no faster than what is asked of it.
#include "support/growth.hpp"

#include <memory>

#include "testkit/test_pipeline.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

struct Connected : TestPipeline<> {
  explicit Connected(const Reply& otherwise) {
    run<ConnectOperation>();
    transport.otherwise = otherwise;
  }
  void publish(std::size_t count) {
    for (; count > 0; --count) run<MqttPublishOperation>("topic", "payload");
  }
};

// So many publishes, of which each has that answer, and then what has them answered.
growth::Work publishes(const Reply& otherwise, void (*end)(Connected&)) {
  return [otherwise, end](std::size_t size) {
    auto p = std::make_shared<Connected>(otherwise);
    return [p, end, size] {
      p->publish(size);
      end(*p);
      p->transport.otherwise = accept;
      p->publish(1);
      CHECK(p->transport.in_flight() == 0);
    };
  };
}

TEST_CASE("Far end: what is in flight grows no faster than the number of packets") {
  growth::check({
      {"reordered", 500, publishes(reordered, [](Connected&) {})},
      {"slow", 4000, publishes(slow(1s), [](Connected& p) { p.advance(1s); })},
      {"slow, at times of their own", 4000,
       [](std::size_t size) {
         auto p = std::make_shared<Connected>(accept);
         return [p, size] {
           for (std::size_t i = 0; i < size; ++i) {
             p->transport.otherwise = slow(i * 1ms);
             p->publish(1);
           }
           p->advance(size * 1ms);
           CHECK(p->transport.in_flight() == 0);
         };
       }},
      {"late", 4000,
       publishes(late,
                 [](Connected& p) {
                   p.transport.release();
                   p.settle();
                 })},
      {"cancelled", 4000, publishes(stall, [](Connected& p) { p.run<DisconnectOperation>(); })},
  });
}

}  // namespace
}  // namespace azure::iot::device::test
