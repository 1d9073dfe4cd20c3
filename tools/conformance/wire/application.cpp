#define AZURE_IOT_DEVICE_PULL_CALLS  // Deprecated calls were recorded, too.
#include "tools/conformance/wire/application.hpp"

#include <stdexcept>
#include <utility>

#include "clients/detail/client_config.hpp"
#include "clients/detail/hub_client_core.hpp"
#include "clients/detail/provisioning_client_core.hpp"
#include "tools/conformance/python_errors.hpp"
#include "tools/conformance/wire/certificates.hpp"
#include "tools/conformance/wire/hub_options.hpp"
#include "tools/conformance/wire/provisioning_options.hpp"
#include "tools/conformance/wire/values.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

// The longest wait of a receive call, in real time, whatever the client's clock does.
constexpr std::chrono::milliseconds kReceiveTimeout{300};

const std::string& text(const Json& step, const std::string& name) {
  if (!step[name].is_string()) throw CompileTimeRefusal(name, step[name]);
  return step[name].as_string();
}

template <class T>
Json described(const std::optional<T>& received) {
  return received ? describe(*received) : Json();
}

}  // namespace

Application::Application(const Vector& vector, FakeHub& hub)
    : vector_(vector),
      hub_(hub),
      clock_(std::make_shared<ScaledClock>(vector.time_scale, vector.clock)),
      loop_(EpollLoop::start(clock_)) {}

Application::~Application() = default;

std::shared_ptr<detail::ProvisioningClientCore> Application::make_provisioning_core() {
  const Json& create = vector_.create;
  const Json& options = member(create, "options");
  const ProxyPorts ports{.proxy = hub_.proxy_port(), .closed = hub_.closed_port()};
  const std::string& host = text(create, "provisioning_host");
  const std::string& registration_id = text(create, "registration_id");
  const std::string& id_scope = text(create, "id_scope");
  const auto finish = [&](auto made) {
    made.event_loop = loop_;
    return made;
  };
  const auto config = [&] {
    if (create["from"] == Json("x509")) {
      return detail::config_from_x509_certificate(
          host, registration_id, id_scope, Certificates::get().client(create["x509"]),
          finish(to_provisioning_options<ProvisioningX509Options>(options, ports)));
    }
    return detail::config_from_symmetric_key(
        host, registration_id, id_scope, text(create, "symmetric_key"),
        finish(to_provisioning_options<ProvisioningSymmetricKeyOptions>(options, ports)));
  };
  return detail::ProvisioningClientCore::create(
      config(), make_mosquitto_transport_factory({.resolver = hub_.resolver()}));
}

std::shared_ptr<detail::HubClientCore> Application::make_core() {
  const Json& create = vector_.create;
  const std::string& from = create["from"].as_string();
  const Json& options = member(create, "options");
  const auto finish = [&](auto made) {
    made.event_loop = loop_;
    made.max_in_flight = 20;  // Python's.
    return made;
  };
  const ProxyPorts ports{.proxy = hub_.proxy_port(), .closed = hub_.closed_port()};
  const auto config = [&] {
    if (from == "connection_string") {
      return detail::config_from_connection_string(
          text(create, "connection_string"),
          finish(to_options<ConnectionStringOptions>(options, ports)));
    }
    if (from == "symmetric_key") {
      return detail::config_from_symmetric_key(
          text(create, "symmetric_key"), text(create, "hostname"), text(create, "device_id"),
          finish(to_options<SymmetricKeyOptions>(options, ports)));
    }
    if (from == "sastoken") {
      const auto owner =
          vector_.client == "module" ? detail::TokenOwner::module : detail::TokenOwner::device;
      return detail::config_from_sastoken(text(create, "sastoken"), owner,
                                          finish(to_options<SasTokenOptions>(options, ports)));
    }
    if (from == "x509") {
      const Json& module_id = member(create, "module_id");
      return detail::config_from_x509_certificate(
          Certificates::get().client(create["x509"]), text(create, "hostname"),
          text(create, "device_id"), module_id.is_null() ? "" : module_id.as_string(),
          finish(to_options<X509Options>(options, ports)));
    }
    throw std::logic_error("the replayer makes no client from " + from);
  };
  return detail::HubClientCore::create(
      config(), make_mosquitto_transport_factory({.resolver = hub_.resolver()}),
      HandlerPool::create());
}

Outcome Application::create() {
  return outcome_of([&]() -> Json {
    if (vector_.client == "provisioning") {
      provisioning_.emplace(make_provisioning_core());
    } else if (vector_.client == "module") {
      module_.emplace(make_core());
    } else {
      device_.emplace(make_core());
    }
    return nullptr;
  });
}

Outcome Application::call(const Json& step) {
  return outcome_of([&] { return do_call(step["do"].as_string(), step); });
}

void Application::advance_clock(std::chrono::seconds by) {
  clock_->advance_wall(by);
  loop_->wall_clock_was_set();
}

void Application::skip(Duration by) {
  clock_->skip(by);
  loop_->wall_clock_was_set();
}

Json Application::do_call(const std::string& call, const Json& step) {
  const std::chrono::milliseconds receive_timeout(
      static_cast<long>(static_cast<double>(kReceiveTimeout.count()) * vector_.time_scale));
  if (call == "connect") {
    client().connect();
  } else if (call == "disconnect") {
    client().disconnect();
  } else if (call == "shutdown") {
    provisioning_ ? provisioning_->shutdown() : client().shutdown();
  } else if (call == "read_connected") {
    return client().connected();
  } else if (call == "send_message") {
    client().send_message(to_message(step["message"]));
  } else if (call == "send_message_to_output") {
    module().send_message_to_output(to_message(step["message"]),
                                    to_text("output_name", step["output_name"]));
  } else if (call == "get_twin") {
    return client().get_twin();
  } else if (call == "patch_reported") {
    client().patch_twin_reported_properties(to_document("patch", step["patch"]));
  } else if (call == "send_method_response") {
    client().send_method_response({.request_id = to_text("request_id", step["request_id"]),
                                   .status = to_int("status", step["status"]),
                                   .payload = to_document("payload", member(step, "payload"))});
  } else if (call == "respond_to_last_method") {
    std::optional<MethodRequest> last;
    {
      const std::lock_guard lock(mutex_);
      last = last_method_;
    }
    if (!last) throw std::logic_error("there was no method request to respond to");
    client().send_method_response(MethodResponse::create_from_method_request(
        *last, to_int("status", step["status"]), to_document("payload", member(step, "payload"))));
  } else if (call == "set_handler" || call == "clear_handler") {
    set_handler(step["handler"].as_string(), call == "clear_handler");
  } else if (call == "receive_message") {
    return described(device().receive_message(true, receive_timeout));
  } else if (call == "receive_message_on_input") {
    return described(module().receive_message_on_input(to_text("input_name", step["input_name"]),
                                                       true, receive_timeout));
  } else if (call == "receive_method_request") {
    std::optional<std::string> name;
    if (const Json& given = member(step, "method_name"); !given.is_null()) {
      name = to_text("method_name", given);
    }
    auto received = client().receive_method_request(name, true, receive_timeout);
    const std::lock_guard lock(mutex_);
    if (received) last_method_ = received;
    return described(received);
  } else if (call == "receive_twin_patch") {
    return client().receive_twin_desired_properties_patch(true, receive_timeout).value_or(nullptr);
  } else if (call == "set_provisioning_payload") {
    provisioning().set_provisioning_payload(to_document("payload", step["payload"]));
  } else if (call == "register") {
    return describe(provisioning().register_device());
  } else if (call == "update_sastoken") {
    client().update_sastoken(to_text("sastoken", step["sastoken"]));
  } else {
    throw std::logic_error("the replayer does not know the call " + call);
  }
  return nullptr;
}

void Application::set_handler(const std::string& handler, bool clear) {
  const auto set = [&]<class Argument>(auto setter, auto describe_event) {
    if (clear) return setter(std::function<void(Argument)>());
    setter(std::function<void(Argument)>([this, handler, describe_event](const Argument& argument) {
      Json event = describe_event(argument);
      event.set("handler", handler);
      events_.push(handler, std::move(event));
    }));
  };
  if (handler == "on_message_received") {
    set.operator()<Message>(
        [&](auto f) {
          if (module_) return module_->on_message_received(std::move(f));
          device().on_message_received(std::move(f));
        },
        [](const Message& message) -> Json {
          return {{"message", describe(message)}};
        });
  } else if (handler == "on_method_request_received") {
    set.operator()<MethodRequest>(
        [&](auto f) { client().on_method_request_received(std::move(f)); },
        [this](const MethodRequest& request) -> Json {
          const std::lock_guard lock(mutex_);
          last_method_ = request;
          return {{"method_request", describe(request)}};
        });
  } else if (handler == "on_twin_desired_properties_patch_received") {
    set.operator()<Json>(
        [&](auto f) { client().on_twin_desired_properties_patch_received(std::move(f)); },
        [](const Json& patch) -> Json {
          return {{"patch", patch}};
        });
  } else if (handler == "on_connection_state_change") {
    set.operator()<ConnectionStateChange>(
        [&](auto f) { client().on_connection_state_change(std::move(f)); },
        [](const ConnectionStateChange& change) -> Json {
          return {{"connected", change.connected}};
        });
  } else if (handler == "on_background_exception") {
    std::function<void(const IotError&)> push;
    if (!clear) {
      push = [this, handler](const IotError& error) {
        const Errc code = error.error().code();
        events_.push(handler, {{"handler", handler},
                               {"background_exception",
                                {{"type", std::string(python_name(code))},
                                 {"code", std::string(to_string(code))},
                                 {"message", error.what()}}}});
      };
    }
    client().on_background_exception(std::move(push));
  } else if (handler == "on_new_sastoken_required") {
    std::function<void()> push;
    if (!clear) push = [this, handler] { events_.push(handler, {{"handler", handler}}); };
    client().on_new_sastoken_required(std::move(push));
  } else {
    throw std::logic_error("the replayer does not know the handler " + handler);
  }
}

IoTHubDeviceClient& Application::device() {
  if (!device_) throw std::logic_error("the vector's client is no device client");
  return *device_;
}

IoTHubModuleClient& Application::module() {
  if (!module_) throw std::logic_error("the vector's client is no module client");
  return *module_;
}

ProvisioningDeviceClient& Application::provisioning() {
  if (!provisioning_) throw std::logic_error("the vector's client is no provisioning client");
  return *provisioning_;
}

IoTHubClient& Application::client() {
  if (module_) return *module_;
  return device();
}

}  // namespace azure::iot::device::conformance::wire
