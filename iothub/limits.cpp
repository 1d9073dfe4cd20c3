#include "iothub/limits.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "iothub/models/message.hpp"
#include "iothub/models/method_response.hpp"
#include "iothub/mqtt_topic_iothub.hpp"
#include "pipeline/json/json.hpp"
#include "pipeline/mqtt_limits.hpp"
#include "pipeline/text/quoted.hpp"
#include "pipeline/text/utf8.hpp"

namespace azure::iot::device::iothub_limits {
namespace {

Error check_size(std::string_view what, std::size_t limit, std::size_t size) {
  if (size <= limit) return {};
  return Error(Errc::bad_content, std::string(what) + " must not exceed " + std::to_string(limit) +
                                      " bytes; got " + std::to_string(size));
}

Error not_utf8(std::string_view what, std::string_view text) {
  std::string detail = "message: ";
  detail.append(what).append(" must be valid UTF-8; got ").append(quoted(text));
  return Error(Errc::bad_content, std::move(detail));
}

// Checks all texts of a message except its payload. (In Python they are always Unicode.)
Error check_texts(const Message& message) {
  const auto is_bad = [](const std::optional<std::string>& text) {
    return text && find_invalid_utf8(*text) != std::string_view::npos;
  };
  for (const auto& [name, field] :
       {std::pair{"message_id", &Message::message_id},
        std::pair{"correlation_id", &Message::correlation_id},
        std::pair{"user_id", &Message::user_id}, std::pair{"content_type", &Message::content_type},
        std::pair{"content_encoding", &Message::content_encoding},
        std::pair{"expiry_time_utc", &Message::expiry_time_utc},
        std::pair{"output_name", &Message::output_name}, std::pair{"ack", &Message::ack},
        std::pair{"iothub_interface_id", &Message::iothub_interface_id}}) {
    if (is_bad(message.*field)) return not_utf8(name, *(message.*field));
  }
  for (const auto& [name, value] : message.custom_properties) {
    if (find_invalid_utf8(name) != std::string_view::npos)
      return not_utf8("the name of a custom property", name);
    if (is_bad(value)) return not_utf8("the custom property " + quoted(name), *value);
  }
  return {};
}

// The path of a value in a patch.
struct Place {
  const Place* above = nullptr;
  std::string_view name = {};
  std::size_t index = 0;
  bool is_element = false;

  std::string own_name() const { return is_element ? std::to_string(index) : std::string(name); }
  std::string path() const {
    std::vector<const Place*> places;
    for (const Place* at = this; at->above; at = at->above) places.push_back(at);
    std::string text;
    for (auto at = places.rbegin(); at != places.rend(); ++at) {
      text.append(text.empty() ? "" : "/").append((*at)->own_name());
    }
    return text;
  }
};

// Names the offending place even if its path is too long to be shown in full.
Error broken(const Place& place, std::string_view rule) {
  std::string text = "patch: ";
  text.append(rule).append("; at ").append(quoted(place.own_name()));
  if (place.above && place.above->above) {
    text.append(" in ").append(quoted(place.above->path()));
  }
  return Error(Errc::bad_content, std::move(text));
}

// Returns whether the service treats this as a control character of a key or text; DEL is an
// ordinary character there.
bool is_control_of_twin(char32_t c) { return is_control(c) && c != 0x7F; }

// Counts the characters that the service counts, and finds those that a key must not contain.
struct Characters {
  std::size_t counted = 0;
  bool fit_for_key = true;

  explicit Characters(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
      const Utf8Step step = next_utf8(text, at);
      at += step.length;
      const char32_t c = step.code_point;
      if (is_control_of_twin(c)) {
        fit_for_key = false;
      } else {
        ++counted;
        if (c == '.' || c == '$' || c == ' ') fit_for_key = false;
      }
    }
  }
};

// Walks through a patch, checks it and counts its size.
class PatchCheck {
 public:
  Error check(const Json& value, const Place& place, int objects, std::size_t nesting) {
    // Limits the recursion; the limit is far beyond any twin.
    if (nesting > Json::kDepthLimit) {
      return broken(place, "values must not be nested more than " +
                               std::to_string(Json::kDepthLimit) + " deep");
    }
    if (value.is_object()) return check_members(value, place, objects, nesting);
    if (value.is_array()) return check_elements(value, place, objects, nesting);
    return check_scalar(value, place);
  }

  std::size_t size() const { return size_; }

 private:
  Error check_members(const Json& object, const Place& place, int objects, std::size_t nesting) {
    if (objects > kTwinDepthLimit) {
      return broken(place, "objects must not be nested more than " +
                               std::to_string(kTwinDepthLimit) + " deep");
    }
    for (const JsonMember& member : object.members()) {
      const Place below{&place, member.name};
      if (Error error = check_key(member.name, below, member.value.is_null())) return error;
      if (Error error = check(member.value, below, objects + 1, nesting + 1)) return error;
    }
    return {};
  }

  Error check_elements(const Json& array, const Place& place, int objects, std::size_t nesting) {
    Place below{&place, {}, 0, true};
    for (const Json& element : array.elements()) {
      if (Error error = check(element, below, objects, nesting + 1)) return error;
      ++below.index;
    }
    return {};
  }

  Error check_key(std::string_view key, const Place& place, bool deleted) {
    if (key.size() > kTwinKeySizeLimit) {
      return broken(place, "a key must not exceed " + std::to_string(kTwinKeySizeLimit) +
                               " bytes; one has " + std::to_string(key.size()));
    }
    const Characters characters(key);
    if (!characters.fit_for_key) {
      return broken(place, "a key must not contain '.', '$', a space or a control character");
    }
    if (!deleted) size_ += characters.counted;
    return {};
  }

  Error check_scalar(const Json& value, const Place& place) {
    constexpr std::size_t kNumber = 8;
    constexpr std::size_t kBoolean = 4;
    if (const std::string* text = value.get_if<std::string>()) {
      if (text->size() > kTwinStringSizeLimit) {
        return broken(place, "a text must not exceed " + std::to_string(kTwinStringSizeLimit) +
                                 " bytes; one has " + std::to_string(text->size()));
      }
      size_ += Characters(*text).counted;
    } else if (value.is_number()) {
      const auto number = value.get_if<std::int64_t>();
      if (value.is_integer() &&
          (!number || *number > kTwinIntegerLimit || *number < -kTwinIntegerLimit)) {
        return broken(place, "an integer must be between -" + std::to_string(kTwinIntegerLimit) +
                                 " and " + std::to_string(kTwinIntegerLimit));
      }
      size_ += kNumber;
    } else if (value.is_bool()) {
      size_ += kBoolean;
    }
    return {};
  }

  std::size_t size_ = 0;
};

}  // namespace

Error check_message(const Message& message, std::size_t topic_base) {
  if (Error error = check_texts(message)) return error;
  return check_message_sizes(message.data.size(),
                             mqtt_topic_iothub::get_encoded_properties_size(message), topic_base);
}

Error check_message_sizes(std::size_t payload, std::size_t properties, std::size_t topic_base) {
  if (Error error = check_size("message: payload and properties together",
                               kTelemetryMessageSizeLimit, payload + properties)) {
    return error;
  }
  return check_topic_size("message: the topic, which holds the encoded properties,",
                          topic_base + properties);
}

Error check_method_response(const MethodResponse& response) {
  return check_method_response_sizes(
      response.payload.dump().size(),
      mqtt_topic_iothub::get_method_topic_for_publish(response.request_id, response.status).size());
}

Error check_method_response_sizes(std::size_t payload, std::size_t topic) {
  if (Error error = check_size("response: the payload", kMethodResponseSizeLimit, payload)) {
    return error;
  }
  return check_topic_size("response: the topic, which holds the encoded request_id,", topic);
}

Error check_reported_patch(const Json& patch) {
  if (!patch.is_object()) return {};
  PatchCheck check;
  if (Error error = check.check(patch, {}, 0, 0)) return error;
  return check_size("patch: keys and values together", kTwinSizeLimit, check.size());
}

}  // namespace azure::iot::device::iothub_limits
