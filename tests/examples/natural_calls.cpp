// Calls as an application writes them. They compile, with both compilers, without a warning.
#include "names.hpp"

namespace {

// Reading a temporary.
void read_temporaries() {
  use(read_twin()["desired"]["interval"].as_int());
  use(read_twin()["desired"]["tags"][0].as_string());
  use(read_twin().at("desired").at("interval").as_double());
  use(read_twin() == read_constant_twin());
  use(read_twin()["desired"] == "text");
  const Json desired = read_twin()["desired"];
  const Json& bound = read_twin()["desired"]["room"];
  const std::string& room = read_twin()["desired"]["room"].as_string();
  auto copy = read_twin()["desired"]["room"].as_string();
  for (const auto& member : read_twin()["desired"].members()) use(member.name);
  for (auto& [name, value] : read_twin()["desired"].members()) use(name, value);
  for (const Json& tag : read_twin()["desired"]["tags"].elements()) use(tag.as_string());
  for (auto&& tag : read_twin()["desired"]["tags"].elements()) use(tag);
  if (auto interval = read_twin()["desired"].find("interval")) use(interval->as_int());
  if (auto interval = read_twin()["desired"]["interval"].get_if<int>()) use(*interval);
  if (auto text = read_twin()["desired"]["room"].get_if<std::string>()) use(*text);
  if (const Result<Json> body = Json::parse(text)) use(body->size());
  const Json parsed = *Json::parse(text);
  const Json& member = Json::parse_or_throw(text)["a"];
  use(Json::parse(text).error().detail());
  use(read_constant_twin()["desired"].as_string());
  use(read_request().payload["times"].as_int());
  for (const auto& [name, value] : read_message().custom_properties) use(name, value);
  use(read_message().data, desired, bound, room, copy, parsed, member);
}

void print() { std::cout << twin << twin["desired"] << read_twin()["desired"] << '\n'; }

void build() {
  Json patch{{"temperature", 21.5}, {"tags", Json::array({"attic", 2, nullptr})}};
  patch.set("interval", 60).set("empty", Json::object());
  Json list = Json::array({{{"a", 1}}, {{"b", 2}}});
  list.push_back({{"c", 3}}).push_back(nullptr);
  const Json built = Json().set("a", 1).set("b", Json().push_back(1));
  use(patch, list, built);
}

void make_messages() {
  Message text{"21.5"};
  Message positional{"21.5", "id", "utf-8", "text/plain", "output"};  // As in Python.
  Message designated{.data = "21.5", .message_id = "1", .content_type = "text/plain"};
  Message of_json = Message::from_json({{"temperature", 21.5}});
  of_json.custom_properties = {{"room", "attic"}, {"empty", std::nullopt}};
  of_json.custom_properties["room"] = "attic";
  of_json.expiry_time_utc = datetime_text(std::chrono::system_clock::now() + 1h);
  of_json.expiry_time_utc =
      datetime_text(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  use(text, positional, designated);
}

// The same calls of a device and of a module.
void send(auto& client) {
  const std::string name = "21.5";
  const std::string_view view = name;
  client.send_message("21.5");
  client.send_message("21.5", 10s);
  client.send_message(name);
  client.send_message(view);
  client.send_message(name + "!");
  client.send_message({.data = "21.5"});
  client.send_message({.data = "21.5", .content_type = "text/plain"}, 10s);
  client.send_message({"21.5", "id"});
  client.send_message(Message{"21.5"});
  client.send_message(read_message());
  client.send_message(twin);
  client.send_message(Json{{"temperature", 21.5}});
  client.send_message(read_twin()["desired"], 10s);
  client.send_message({{"temperature", 21.5}});
  client.send_message({{"temperature", 21.5}, {"room", "attic"}}, 10s);
  client.patch_twin_reported_properties({{"temperature", 21.5}});
  client.patch_twin_reported_properties({{"a", {{"b", nullptr}}}, {"c", "d"}}, 10s);
  client.patch_twin_reported_properties(read_twin()["reported"]);
}

void respond(IoTHubDeviceClient& client, const MethodRequest& call) {
  client.send_method_response(MethodResponse::create_from_method_request(call, 200));
  client.send_method_response(
      MethodResponse::create_from_method_request(call, 200, {{"done", true}}), 10s);
  client.send_method_response(MethodResponse::create_from_method_request(call, 200, "done"));
  client.send_method_response({call.request_id, 404});
  client.send_method_response({.request_id = call.request_id, .status = 200, .payload = twin});
}

void handle(IoTHubModuleClient& client) {
  client.on_message_received([](Message received) { use(received); });
  client.on_message_received([](const Message& received) {
    use(received.custom_properties["room"], received.input_name.value_or("none"));
  });
  client.on_message_received([](auto received) { use(received); }, 10s);
  client.on_message_received([](auto&& received) { use(received); });
  client.on_message_received({});
  client.on_message_received(nullptr);
  client.on_method_request_received([](const MethodRequest& call) { use(call.payload["times"]); });
  client.on_method_request_received([](MethodRequest call) { use(call); });
  client.on_twin_desired_properties_patch_received([](const Json& patch) { use(patch["a"]); });
  client.on_twin_desired_properties_patch_received([](Json patch) { use(patch); });
  client.on_connection_state_change([](const ConnectionStateChange& change) { use(change); });
  client.on_connection_state_change([](ConnectionStateChange change) { use(change); });
  client.on_connection_state_change([](auto change) { use(change); });
  client.on_connection_state_change([&] { use(client.connected()); });
  client.on_connection_state_change(nullptr);
  client.on_connection_state_change({});
  client.on_new_sastoken_required([&] { client.update_sastoken(make_token()); });
  client.on_background_exception([](const IotError& error) { use(error.error(), error.cause()); });
  client.on_background_exception([](const auto& error) { use(error.what()); });
}

void route(IoTHubModuleClient& client) {
  client.send_message_to_output("21.5", "alarms");
  client.send_message_to_output(std::string("21.5"), "alarms", 10s);
  client.send_message_to_output({.data = "21.5"}, "alarms");
  client.send_message_to_output({{"temperature", 21.5}}, "alarms");
  client.send_message_to_output(twin, "alarms");
  client.send_message_to_output(read_message(), std::string("alarms"), 10s);
}

void receive(IoTHubDeviceClient& device_client, IoTHubModuleClient& module_client) {
  while (auto received = device_client.receive_message(true, 10s)) use(received->data);
  std::optional<Message> input = module_client.receive_message_on_input("readings");
  if (auto call = device_client.receive_method_request("blink", true, 10s)) use(call->name);
  if (auto patch = device_client.receive_twin_desired_properties_patch()) use((*patch)["a"]);
  use(input);
}

void provision(ProvisioningDeviceClient& client) {
  client.set_provisioning_payload({{"modelId", "dtmi:example:thermostat;1"}});
  client.set_provisioning_payload(twin);
  client.set_provisioning_payload(nullptr);
  const RegistrationResult result = client.register_device(2min);
  use(result.registration_state.has_value());
}

void configure(const std::string& connection_string) {
  auto plain = IoTHubDeviceClient::create_from_connection_string(connection_string);
  auto client = IoTHubDeviceClient::create_from_connection_string(
      connection_string, {.keep_alive = 30s,
                          .sastoken_ttl = 1h,
                          .connection_retry_interval = 2min,
                          .product_info = "thermostat",
                          .cipher = {"ecdhe_rsa_aes256_gcm_sha384"},
                          .websockets = true});
  client.connect(10s);
  client.connect(1min);
  client.disconnect(500ms);
  use(plain);
}

void catch_errors(IoTHubDeviceClient& client) {
  try {
    client.connect();
  } catch (const ServiceError& error) {
    use(error.status(), error.error().code(), error.error().detail(), error.cause().detail());
  } catch (const IotError& error) {
    std::cerr << error.what() << '\n';
  }
}

void instantiate(IoTHubDeviceClient& device_client, IoTHubModuleClient& module_client) {
  send(device_client);
  send(module_client);
}

// Names each of them, so that none is unused.
[[maybe_unused]] constexpr auto kAll =
    std::make_tuple(read_temporaries, print, build, make_messages, respond, handle, route, receive,
                    provision, configure, catch_errors, instantiate);

}  // namespace
