#include "support/growth.hpp"

#include <string>

#include "pipeline/json/json.hpp"
#include "provisioning/models/registration_result.hpp"
#include "provisioning/mqtt_topic_provisioning.hpp"

namespace azure::iot::device {
namespace {
namespace topics = mqtt_topic_provisioning;

// Reads the topic of an answer with so many properties of this form.
growth::Work read_topic(std::string (*property)(std::size_t)) {
  return [property](std::size_t size) {
    std::string topic = "$dps/registrations/res/202/?$rid=1";
    for (std::size_t i = 0; i < size; ++i) topic += '&' + property(i);
    return [topic] {
      static_cast<void>(topics::extract_properties_from_dps_response_topic(topic));
      static_cast<void>(topics::extract_status_code_from_dps_response_topic(topic));
      CHECK(topics::is_dps_response_topic(topic));
    };
  };
}

TEST_CASE("MqttTopicProvisioning: work grows with a topic no faster than it does") {
  growth::check({
      {"properties", 500, read_topic([](std::size_t i) { return 'p' + std::to_string(i) + "=1"; })},
      {"empty values", 500,
       read_topic([](std::size_t i) { return 'p' + std::to_string(i) + '='; })},
      {"one name without a value", 500, read_topic([](std::size_t) { return std::string("p="); })},
      {"escapes", 500, read_topic([](std::size_t i) { return "%25%" + std::to_string(i) + "=%"; })},
      {"levels", 500, read_topic([](std::size_t) { return std::string("/res/=/"); })},
  });
}

TEST_CASE("RegistrationResult: work grows with an answer no faster than it does") {
  growth::check({{"unknown members", 500, [](std::size_t size) {
                    Json state = Json::object();
                    for (std::size_t i = 0; i < size; ++i) state.set(std::to_string(i), i);
                    Json body{{"status", "assigned"}, {"registrationState", state}};
                    for (std::size_t i = 0; i < size; ++i) body.set(std::to_string(i), i);
                    return [text = body.dump()] {
                      CHECK(read_registration_result(Json::parse_or_throw(text)));
                    };
                  }}});
}

}  // namespace
}  // namespace azure::iot::device
