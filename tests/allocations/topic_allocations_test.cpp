#include <string>

#include <doctest/doctest.h>

#include "allocations/counted.hpp"
#include "iothub/mqtt_topic_iothub.hpp"

namespace azure::iot::device::test {
namespace {

Message with_properties(int count) {
  Message message;
  for (int i = 0; i < count; ++i) message.custom_properties["p" + std::to_string(10 + i)] = "v";
  return message;
}

TEST_CASE("Allocations: a topic with up to 32 properties is all that is allocated for it") {
  const auto besides = [](int properties) {
    const Message message = with_properties(properties);
    const std::size_t before = bytes_allocated();
    const std::string topic = mqtt_topic_iothub::encode_message_properties_in_topic(
        message, "devices/d/messages/events/");
    return bytes_allocated() - before - (topic.capacity() + 1);
  };
  for (const int properties : {0, 1, 8, 9, 16, 17, 31, 32}) {
    CAPTURE(properties);
    CHECK(besides(properties) == 0);
  }
  CHECK(besides(33) == 33 * sizeof(void*));
}

}  // namespace
}  // namespace azure::iot::device::test
