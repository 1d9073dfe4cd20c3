#pragma once

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "../../pipeline/json/json.hpp"
#include "../../pipeline/text/named_list.hpp"
#include "../limits.hpp"

namespace azure::iot::device {

// What a user attaches to a message: names with values, in the order in which they were added. A
// property may have no value at all, which is not the same as an empty one.
//
//   message.custom_properties["room"] = "attic";
//   for (const auto& [name, value] : message.custom_properties) use(value.value_or("none"));
class CustomProperties {
 public:
  using Property = std::pair<std::string, std::optional<std::string>>;

  CustomProperties() = default;
  CustomProperties(std::initializer_list<Property> properties);

  // The value under that name, added without one if there is none.
  std::optional<std::string>& operator[](std::string_view name);
  // The value under that name, null if there is none.
  const std::optional<std::string>* find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Takes a property out; false if there was none of that name.
  bool erase(std::string_view name);
  void clear() { properties_.clear(); }

  std::size_t size() const { return properties_.size(); }
  bool empty() const { return properties_.empty(); }
  auto begin() const { return properties_.begin(); }
  auto end() const { return properties_.end(); }

  bool operator==(const CustomProperties&) const = default;

 private:
  NamedList<Property> properties_;
};

// A message to or from IoT Hub. Data that is copied and moved as any other; what is not set is not
// sent.
//
//   Message message{.data = "21.5", .message_id = "1", .content_type = "text/plain"};
//   message.custom_properties["room"] = "attic";
struct Message {
  std::string data = {};  // The payload, any bytes.

  std::optional<std::string> message_id = {};
  std::optional<std::string> correlation_id = {};
  std::optional<std::string> user_id = {};
  std::optional<std::string> content_type = {};      // Such as "application/json".
  std::optional<std::string> content_encoding = {};  // Such as "utf-8".
  std::optional<std::string> expiry_time_utc = {};   // ISO 8601: see datetime_text.
  std::optional<std::string> output_name = {};       // Of a module, when sending.
  std::optional<std::string> input_name = {};        // Of a module, when received.
  std::optional<std::string> ack = {};               // What feedback the sender asked for.
  std::optional<std::string> iothub_interface_id = {};
  CustomProperties custom_properties = {};

  // A message with a body of JSON, marked as such, so that routes can look into it.
  //
  //   client.send_message(Message::from_json({{"temperature", 21.5}, {"room", "attic"}}));
  static Message from_json(const Json& body);

  // Marks the message as one for the hub's security features, by setting iothub_interface_id.
  //
  //   message.set_as_security_message();
  void set_as_security_message();

  // What counts against kTelemetryMessageSizeLimit: the payload, and the properties as they stand
  // in the topic. Unlike Python, which counts what its objects occupy in memory.
  //
  //   if (message.get_size() > kTelemetryMessageSizeLimit) message.data = "too much";
  std::size_t get_size() const;

  bool operator==(const Message&) const = default;
};

// A point in time as it stands in a message, "2030-01-02T03:04:05.000678+05:30" (Python:
// datetime.isoformat): the fraction only if there is one, the time of day at the given offset from
// UTC, and no offset if none is given. A time outside the years 1 to 9999 becomes the first or last
// one of them. Throws std::invalid_argument for an offset of 24 hours or more, as Python does.
//
//   message.expiry_time_utc =
//       datetime_text(std::chrono::time_point_cast<std::chrono::microseconds>(
//           std::chrono::system_clock::now() + 1h));
std::string datetime_text(std::chrono::sys_time<std::chrono::microseconds> when,
                          std::optional<std::chrono::minutes> utc_offset = std::chrono::minutes{0});

}  // namespace azure::iot::device
