#include "iothub/models/message.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include "iothub/mqtt_topic_iothub.hpp"

namespace azure::iot::device {
namespace {

constexpr std::string_view kSecurityMessageInterfaceId = "urn:azureiot:Security:SecurityAgent:1";

// The range of Python's datetime.
using Microseconds = std::chrono::sys_time<std::chrono::microseconds>;
constexpr Microseconds kFirst = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
constexpr Microseconds kLast =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - std::chrono::microseconds(1);
constexpr std::chrono::minutes kDay = std::chrono::hours{24};

}  // namespace

CustomProperties::CustomProperties(std::initializer_list<Property> properties) {
  for (const auto& [name, value] : properties) (*this)[name] = value;
}

std::optional<std::string>& CustomProperties::operator[](std::string_view name) & {
  if (Property* known = properties_.find(name)) return known->second;
  return properties_.add({std::string(name), std::nullopt}).second;
}

const std::optional<std::string>& CustomProperties::operator[](std::string_view name) const& {
  const std::optional<std::string>* const value = find(name);
  if (!value) {
    throw std::out_of_range("CustomProperties: there is no property '" + std::string(name) + "'");
  }
  return *value;
}

const std::optional<std::string>* CustomProperties::find(std::string_view name) const& {
  const Property* found = properties_.find(name);
  return found ? &found->second : nullptr;
}

bool CustomProperties::erase(std::string_view name) & { return properties_.erase(name); }

Message Message::from_json(const Json& body) {
  return {.data = body.dump(), .content_encoding = "utf-8", .content_type = "application/json"};
}

void Message::set_as_security_message() { iothub_interface_id = kSecurityMessageInterfaceId; }

std::size_t Message::get_size() const {
  return data.size() + mqtt_topic_iothub::get_encoded_properties_size(*this);
}

std::string datetime_text(std::chrono::sys_time<std::chrono::microseconds> when,
                          std::optional<std::chrono::minutes> utc_offset) {
  using std::chrono::days;
  using std::chrono::floor;
  const std::chrono::minutes offset_minutes = utc_offset.value_or(std::chrono::minutes{0});
  if (offset_minutes <= -kDay || offset_minutes >= kDay) {
    throw std::invalid_argument(
        "utc_offset: must be less than 24 hours, in either direction; got " +
        std::to_string(offset_minutes.count()) + " min");
  }
  const auto local = std::clamp(std::clamp(when, kFirst, kLast) + offset_minutes, kFirst, kLast);
  const auto midnight = floor<days>(local);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss time(local - midnight);

  std::array<char, 80> text;
  int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  std::string result(text.data(), static_cast<std::size_t>(length));
  if (time.subseconds().count() != 0) {
    length = std::snprintf(text.data(), text.size(), ".%06d",
                           static_cast<int>(time.subseconds().count()));
    result.append(text.data(), static_cast<std::size_t>(length));
  }
  if (utc_offset) {
    const std::chrono::hh_mm_ss offset(*utc_offset);
    length = std::snprintf(
        text.data(), text.size(), "%c%02d:%02d", offset.is_negative() ? '-' : '+',
        static_cast<int>(offset.hours().count()), static_cast<int>(offset.minutes().count()));
    result.append(text.data(), static_cast<std::size_t>(length));
  }
  return result;
}

}  // namespace azure::iot::device
