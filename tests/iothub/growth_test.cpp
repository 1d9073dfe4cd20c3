#include "support/growth.hpp"

#include <memory>
#include <string>
#include <utility>

#include "iothub/inbox_manager.hpp"
#include "iothub/models/message.hpp"
#include "iothub/mqtt_topic_iothub.hpp"

namespace azure::iot::device {
namespace {
namespace topics = mqtt_topic_iothub;

std::string name(std::size_t i) { return "p" + std::to_string(i); }

std::string topic_of(std::size_t size, std::string (*entry)(std::size_t)) {
  std::string topic = "devices/dev1/messages/devicebound/a=b";
  for (std::size_t i = 0; i < size; ++i) topic += '&' + entry(i);
  return topic;
}

// Reads a topic with this many entries of this form.
growth::Work read_topic(std::string (*entry)(std::size_t)) {
  return [entry](std::size_t size) {
    return [topic = topic_of(size, entry)] {
      Message message;
      CHECK_FALSE(topics::extract_message_properties_from_topic(topic, message));
    };
  };
}

Message message_with(std::size_t size) {
  Message message;
  for (std::size_t i = 0; i < size; ++i) message.custom_properties[name(i)] = "value";
  return message;
}

// Work on a message with this many properties.
template <class F>
growth::Work on_message(F f) {
  return [f](std::size_t size) {
    auto message = std::make_shared<Message>(message_with(size));
    return [f, message, size] { f(*message, size); };
  };
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

TEST_CASE("MqttTopicIotHub: work grows with a topic no faster than it does") {
  growth::check({
      {"names", 500, read_topic([](std::size_t i) { return name(i) + "=1"; })},
      {"names without values", 500, read_topic(&name)},
      {"one name again and again", 500, read_topic([](std::size_t) { return std::string("p=1"); })},
      {"system properties", 500, read_topic([](std::size_t) { return std::string("%24.mid=1"); })},
      {"escapes", 500, read_topic([](std::size_t i) { return "%c3%A4%" + name(i) + "=%ff%2"; })},
      {"equals signs", 500, read_topic([](std::size_t) { return std::string("=="); })},
      {"a topic that is nearly one", 500,
       [](std::size_t size) {
         return [topic = repeat("devices/dev1/messages/", size)] {
           CHECK(topics::classify_topic(topic, "dev1", "mod1") == HubTopic::unknown);
         };
       }},
      {"a request id behind others", 500,
       [](std::size_t size) {
         return [topic = "$iothub/methods/POST/f/?" + repeat("$x=1&", size) + "$rid=1"] {
           CHECK(topics::get_method_request_id_from_topic(topic));
         };
       }},
      {"levels", 500,
       [](std::size_t size) {
         return [topic = "$iothub/twin/res/" + repeat("2/", size) + "?$rid=1"] {
           CHECK(topics::get_twin_request_id_from_topic(topic));
           CHECK(topics::get_twin_status_code_from_topic(topic));
         };
       }},
  });
}

TEST_CASE("CustomProperties: work grows with their number no faster than they do") {
  growth::check({
      {"add", 500, [](std::size_t size) { return [size] { message_with(size); }; }},
      {"find", 500, on_message([](Message& message, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) CHECK(message.custom_properties.find(name(i)));
       })},
      {"erase", 500, on_message([](Message& message, std::size_t size) {
         for (std::size_t i = 0; i < size; ++i) CHECK(message.custom_properties.erase(name(i)));
       })},
      {"copy and compare", 500, on_message([](Message& message, std::size_t) {
         const Message copy = message;
         CHECK(copy == message);
       })},
      {"measure", 500,
       on_message([](Message& message, std::size_t) { CHECK(message.get_size() > 0); })},
      {"write", 500, on_message([](Message& message, std::size_t) {
         CHECK(topics::encode_message_properties_in_topic(message, "t/").size() > 0);
       })},
  });
}

TEST_CASE("Inbox: work grows with what is in it no faster than it does") {
  growth::check({
      {"put and take", 1000,
       [](std::size_t size) {
         return [size] {
           InboxPressure pressure;
           Inbox<Message> inbox(16, &pressure);
           for (std::size_t i = 0; i < size; ++i) inbox.put({.data = "text"});
           while (inbox.take()) {
           }
         };
       }},
      {"put and drop", 1000,
       [](std::size_t size) {
         return [size] {
           Inbox<Message> inbox(16);
           for (std::size_t i = 0; i < size; ++i) inbox.put({.data = "text"});
           inbox.clear();
         };
       }},
      {"ask for many inputs", 1000,
       [](std::size_t size) {
         return [size] {
           InboxManager inboxes;
           for (std::size_t i = 0; i < size; ++i) {
             inboxes.input(name(i));
             inboxes.methods.get(name(i));
           }
           for (std::size_t i = 0; i < size; ++i) {
             const Message message{.input_name = name(i)};
             CHECK(inboxes.inbox_of(message));
             CHECK(inboxes.inbox_of(MethodRequest{"1", name(i), {}}).empty());
           }
         };
       }},
  });
}

}  // namespace
}  // namespace azure::iot::device
