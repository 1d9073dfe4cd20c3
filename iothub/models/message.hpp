#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "../../pipeline/json/json.hpp"
#include "../../pipeline/text/named_list.hpp"
#include "../limits.hpp"

namespace azure::iot::device {

// The properties that an application attaches to a message: names with values, in the order in
// which they were added. A property may have no value at all, which differs from an empty value.
//
//   message.custom_properties["room"] = "attic";
//   for (const auto& [name, value] : message.custom_properties) use(value.value_or("none"));
class CustomProperties {
 public:
  using Property = std::pair<std::string, std::optional<std::string>>;

  CustomProperties() = default;
  CustomProperties(std::initializer_list<Property> properties);

  // Returns the value of that name, and adds the property without a value if there is none. For
  // constant properties, a missing name throws std::out_of_range, which names it.
  std::optional<std::string>& operator[](std::string_view name) &;
  const std::optional<std::string>& operator[](std::string_view name) const&;
  std::optional<std::string> operator[](std::string_view name) const&& { return (*this)[name]; }
  // Returns the value of that name; null if there is none.
  const std::optional<std::string>* find(std::string_view name) const&;
  void find(std::string_view name) const&& = delete;  // The pointer would outlive the value.
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Removes a property. Returns false if there was none of that name.
  bool erase(std::string_view name) &;
  void clear() & { properties_.clear(); }

  std::size_t size() const { return properties_.size(); }
  bool empty() const { return properties_.empty(); }
  auto begin() const& { return properties_.begin(); }
  auto end() const& { return properties_.end(); }
  void begin() const&& = delete;
  void end() const&& = delete;

  bool operator==(const CustomProperties&) const = default;

 private:
  NamedList<Property> properties_;
};

// Text or JSON from which a message is created.
template <class T>
concept MessageBody = std::same_as<std::remove_cvref_t<T>, Json> ||
    (std::convertible_to<T, std::string_view> &&
     !std::same_as<std::remove_cvref_t<T>, std::nullptr_t>);

// A message to or from IoT Hub. It is plain data; a field that is not set is not sent. The first
// five fields are in the order of Python's constructor.
//
//   Message message{.data = "21.5", .message_id = "1", .content_type = "text/plain"};
//   message.custom_properties["room"] = "attic";
//   Message short_form{"21.5", "1"};
//
// With parentheses instead of braces, `Message message("21.5")`, it requires g++, or clang 16 or
// later.
struct Message {
  std::string data = {};  // The payload, any bytes.

  std::optional<std::string> message_id = {};
  std::optional<std::string> content_encoding = {};  // Such as "utf-8".
  std::optional<std::string> content_type = {};      // Such as "application/json".
  std::optional<std::string> output_name = {};       // Of a module, when sending.
  std::optional<std::string> correlation_id = {};
  std::optional<std::string> user_id = {};
  std::optional<std::string> expiry_time_utc = {};  // ISO 8601: see datetime_text.
  std::optional<std::string> input_name = {};       // Of a module, when received.
  std::optional<std::string> ack = {};              // The feedback that the sender requested.
  std::optional<std::string> iothub_interface_id = {};
  CustomProperties custom_properties = {};

  // Creates a message with a JSON body, with content type and encoding set so that routes can query
  // the body.
  //
  //   client.send_message(Message::from_json({{"temperature", 21.5}, {"room", "attic"}}));
  static Message from_json(const Json& body);
  // Creates a message with this text or JSON.
  //
  //   Message message = Message::of("21.5");
  template <MessageBody Body>
  static Message of(Body&& body) {
    if constexpr (std::same_as<std::remove_cvref_t<Body>, Json>) {
      return from_json(body);
    } else {
      return {.data = std::string(std::forward<Body>(body))};
    }
  }

  // Marks the message as a security message by setting iothub_interface_id.
  //
  //   message.set_as_security_message();
  void set_as_security_message();

  // Returns the size that counts against kTelemetryMessageSizeLimit: the payload, and the
  // properties as encoded in the topic. Unlike Python, which counts the memory that its objects
  // occupy.
  //
  //   if (message.get_size() > kTelemetryMessageSizeLimit) message.data = "too much";
  std::size_t get_size() const;

  bool operator==(const Message&) const = default;
};

namespace detail {

// Rounds down. A time outside the years 0 to 10000 might not fit, and becomes the nearest time
// within them.
template <class Duration>
std::chrono::sys_time<std::chrono::microseconds> to_microseconds(
    std::chrono::sys_time<Duration> when) {
  using Microseconds = std::chrono::sys_time<std::chrono::microseconds>;
  constexpr Microseconds kFirst = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
  constexpr Microseconds kLast = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);
  const auto count = std::chrono::sys_time<std::chrono::duration<long double, std::micro>>(when);
  if (count >= kLast) return kLast;
  return count > kFirst ? std::chrono::floor<std::chrono::microseconds>(when) : kFirst;
}

}  // namespace detail

// Formats a point in time for a message, "2030-01-02T03:04:05.000678+05:30" (Python:
// datetime.isoformat). A fraction, in microseconds, is written only if it is not zero. The text
// shows local time at the given offset from UTC, and no offset if `utc_offset` is empty. A time
// outside the years 1 to 9999 becomes the first or last time within them. As in Python, an offset
// of 24 hours or more is an error: throws std::invalid_argument.
//
//   message.expiry_time_utc = datetime_text(std::chrono::system_clock::now() + 1h);
std::string datetime_text(std::chrono::sys_time<std::chrono::microseconds> when,
                          std::optional<std::chrono::minutes> utc_offset = std::chrono::minutes{0});
template <class Duration>
std::string datetime_text(
    std::chrono::sys_time<Duration> when,
    std::optional<std::chrono::minutes> utc_offset = std::chrono::minutes(0)) {
  return datetime_text(detail::to_microseconds(when), utc_offset);
}

}  // namespace azure::iot::device
