// Code that must not compile: each line that ends with a comment "refused", with the reason. The
// rest compiles. check_examples tests both.
#include <span>

#include <azure/iot/device/pipeline/auth/connection_string.hpp>

#include "names.hpp"

namespace {

void lend_of_temporary_json(std::string_view part) {
  const Json named = read_twin();
  const Json* found = named.find(part);
  const std::string* held = named.get_if<std::string>();
  std::span<const Json> lent = named.elements();
  const Json::Members* members = &named.members();
  use(found, held, lent, members);
  const Json* a = read_twin().find(part);  // refused: the twin is destroyed, and the member with it
  const Json* b = read_twin()[part].find("x");                // refused: the same for a part of it
  const Json* c = read_constant_twin().find(part);            // refused: the same for a constant
  const Json* d = &read_twin()[part];                         // refused: an address of a temporary
  auto& e = read_twin()[part];                                // refused: a reference to a temporary
  Json& f = read_twin().at(part);                             // refused: a reference to a temporary
  auto& g = read_twin()[0].members();                         // refused: the object is destroyed
  auto& h = read_twin().as_string();                          // refused: the text is destroyed
  const std::string* i = read_twin().get_if<std::string>();   // refused: the text is destroyed
  const std::string* j = &read_twin().as_string();            // refused: the text is destroyed
  std::span<const Json> k = read_twin().elements();           // refused: the elements are destroyed
  std::span<const Json> l(read_twin().elements());            // refused: the elements are destroyed
  std::span<const Json> m = read_constant_twin().elements();  // refused: the same for a constant
  auto n = read_twin().elements().begin();                    // refused: the elements are destroyed
  auto o = read_twin().members().begin();                     // refused: the members are destroyed
  const auto* p = read_twin().members().find(part);           // refused: the members are destroyed
  const auto* q = read_twin().members().begin().operator->();  // refused: the members are destroyed
  auto r = read_twin().find(part)->as_int();           // refused: `->` would lend of the Found
  auto s = read_twin().get_if<std::string>()->size();  // refused: `->` would lend of the Found
}

void change_temporary_json(std::string_view part) {
  Json named;
  named.set("a", 1);
  named.at("a") = 2;
  named.erase(part);
  read_twin()[part] = 5;           // refused: the assignment would be lost
  read_twin().at(part) = Json();   // refused: the assignment would be lost
  read_twin().erase(part);         // refused: the change would be lost
  read_twin().set(part, 1);        // refused: the change would be lost, which is a warning
  read_twin()[part].push_back(1);  // refused: the change would be lost, which is a warning
  named[part] = 5;                 // refused: reading never adds; set and at change
}

void build_json() {
  use(Json::array({{{"a", 1}}}), Json::array({"a", 1}), Json{{"a", 1}});
  use(Json::array({{"a", 1}}));  // refused: an object or an array in it? Each has its own form
  use(Json{"a", 1});             // refused: an object needs braces for each member
  use(Json('c'));                // refused: a character is no number
  use(Json(u8"a"));              // refused: text is char
  Json number = &number;         // refused: a pointer is no boolean
}

void lend_of_temporary_result() {
  const Result<Json> named = Json::parse(text);
  use(named->size(), *named);
  auto a = Json::parse(text)->size();                     // refused: `->` would lend of the Result
  const std::string& b = Json::parse(text)->as_string();  // refused: the value is destroyed
  auto& c = *Json::parse(text);                           // refused: a reference to a temporary
  const Json* d = &*Json::parse(text);                    // refused: an address of a temporary
  auto& e = Json::parse(text).error().detail();           // refused: a reference to a temporary
  auto& f = Json::parse(text).error().cause();            // refused: a reference to a temporary
  Json::parse(text);                                      // refused: the error would go unseen
}

void lend_of_temporary_message(std::string_view name) {
  Message named = read_message();
  use(named.custom_properties.find(name), named.custom_properties[name]);
  auto* a = read_message().custom_properties.find(name);  // refused: the message is destroyed
  auto& b = read_message().custom_properties[name];       // refused: a reference to a temporary
  auto c = read_message().custom_properties.begin();      // refused: the message is destroyed
  auto& e = read_request().payload["a"];                  // refused: a reference to a temporary
  auto& d = read_message().data;                          // refused: a reference to a temporary
  read_message().custom_properties.erase(name);           // refused: the change would be lost
}

void lend_of_other_temporaries() {
  const ConnectionString named(text);
  use(named.device_id(), named.get("DeviceId"));
  auto a = ConnectionString(text).device_id();      // refused: the text is destroyed
  auto b = ConnectionString(text).get("DeviceId");  // refused: the text is destroyed
  auto& c = Cipher("HIGH").text();                  // refused: a reference to a temporary
  auto& d = IotError("text", Error()).error();      // refused: a reference to a temporary
  auto& e = IotError("text", Error()).cause();      // refused: a reference to a temporary
}

void lend_of_temporary_call() {
  TestClient test;
  const Call<Json> named = test.get_twin();
  use(named.value(), test.transport.packets());
  auto& a = test.get_twin().value();                   // refused: a reference to a temporary
  auto& b = test.get_twin().error();                   // refused: a reference to a temporary
  auto& c = TestClient().transport.packets();          // refused: a reference to a temporary
  auto& d = TestPipeline<MyStage>().stage<MyStage>();  // refused: the stage is destroyed
}

void send(IoTHubDeviceClient& client, IoTHubModuleClient& module_client) {
  client.send_message("21.5");
  module_client.send_message_to_output("21.5", "alarms");
  client.send_message(nullptr);                  // refused: no text
  client.send_message(21.5);                     // refused: a text, a Message or JSON
  client.send_message(5s);                       // refused: a text, a Message or JSON
  client.send_message("21.5", 10);               // refused: a timeout has a unit
  client.send_message({.payload = "21.5"});      // refused: no such field
  client.send_message_to_output("21.5", "a");    // refused: a device has no outputs
  module_client.send_message_to_output("21.5");  // refused: which output?
  module_client.receive_message();               // refused: a module asks for an input
}

void make_clients() {
  using Client = IoTHubDeviceClient;
  auto client = Client::create_from_connection_string(text, {.keep_alive = 30s});
  Client copy = client;                                             // refused: a client moves
  Client::create_from_connection_string(text, {.keep_alive = 30});  // refused: a time has a unit
  Client::create_from_connection_string(text, {.keepalive = 30s});  // refused: no such option
  Client::create_from_sastoken(token, {.sastoken_ttl = 1h});        // refused: no such option
}

[[maybe_unused]] constexpr auto kAll =
    std::make_tuple(lend_of_temporary_json, change_temporary_json, build_json,
                    lend_of_temporary_result, lend_of_temporary_message, lend_of_other_temporaries,
                    lend_of_temporary_call, send, make_clients);

}  // namespace
