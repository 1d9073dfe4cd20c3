// `iothub-sim run`: its options and their checks.
#include <memory>
#include <set>
#include <stdexcept>

#include "common/certificate.hpp"
#include "common/crypto.hpp"
#include "common/ids.hpp"
#include "launcher/certificates.hpp"
#include "launcher/command_line.hpp"
#include "launcher/launcher.hpp"
#include "launcher/listen_options.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::size_t kKeyBytes = 32;

struct RunArguments {
  std::optional<int> device_count;
  std::vector<std::string> devices;
  std::vector<std::string> policies;
  std::vector<std::string> routes;
  std::vector<std::string> limits;
  std::vector<std::string> x509_devices;
  std::vector<std::string> device_cas;
  ListenArguments listen;
};

// The key is never part of an error message.
std::string checked_key(const std::string& key, const std::string& owner) {
  const auto bytes = base64_decode(key);
  if (!bytes || bytes->empty()) {
    throw std::invalid_argument("the key of " + owner + " is no base64");
  }
  return key;
}

DeviceConfig parse_name(const std::string& name, const std::string& option) {
  const auto slash = name.find('/');
  DeviceConfig device;
  device.device_id = name.substr(0, slash);
  if (slash != std::string::npos) device.module_id = name.substr(slash + 1);
  if (device.device_id.empty() || (slash != std::string::npos && device.module_id.empty())) {
    throw std::invalid_argument(option + " needs an id: ID[=...] or DEVICE/MODULE[=...]");
  }
  for (const std::string& id : {device.device_id, device.module_id}) {
    if (is_identity_id(id) || (slash == std::string::npos && id.empty())) continue;
    throw std::invalid_argument(option + " " + name + ": an id " + std::string(kIdentityIdRule));
  }
  return device;
}

// "ID", "ID=KEY" or "DEVICE/MODULE[=KEY]". Base64 may end in "=", an id may not contain one here.
DeviceConfig parse_device(const std::string& text) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  DeviceConfig device = parse_name(name, "--device");
  device.key = equals == std::string::npos ? base64_encode(random_bytes(kKeyBytes))
                                           : checked_key(text.substr(equals + 1), name);
  return device;
}

// "NAME" or "NAME=FILE".
void add_x509_device(LaunchOptions& options, const std::string& text) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  DeviceConfig device = parse_name(name, "--x509-device");
  device.x509 = true;
  if (equals != std::string::npos) {
    const std::string file = text.substr(equals + 1);
    device.thumbprint = *thumbprint_of(certificate_text(file, "--x509-device " + name));
    options.own_certificates[name] = file;
  } else {
    options.certificates_to_make.push_back(name);
  }
  options.devices.push_back(device);
}

LaunchOptions launch_options(const RunArguments& arguments) {
  LaunchOptions options = listen_options(arguments.listen);
  for (const auto& device : arguments.devices) options.devices.push_back(parse_device(device));
  for (const auto& device : arguments.x509_devices) add_x509_device(options, device);
  const int count = arguments.device_count.value_or(options.devices.empty() ? 1 : 0);
  for (int i = 1; i <= count; ++i) {
    options.devices.push_back(parse_device("device-" + std::to_string(i)));
  }
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& device : options.devices) {
    if (!names.emplace(device.device_id, device.module_id).second) {
      throw std::invalid_argument("--device " + device.device_id + " is given twice");
    }
  }
  for (const auto& policy : arguments.policies) {
    const auto equals = policy.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw std::invalid_argument("--policy needs NAME=KEY");
    }
    const std::string name = policy.substr(0, equals);
    options.policies[name] = checked_key(policy.substr(equals + 1), "policy " + name);
  }
  for (const auto& route : arguments.routes) options.routes.push_back(parse_route(route));
  for (const auto& limit : arguments.limits) set_limit(options.limits, limit);
  for (const auto& file : arguments.device_cas) {
    certificate_text(file, "--device-ca");  // Whether there is one.
    options.device_cas.emplace_back(file);
  }
  return options;
}

std::string limits_help() {
  std::string help = "Set a limit of the hub; repeatable. Names, defaults and meanings:";
  const Limits defaults;
  for (const LimitName& limit : limit_names()) {
    help += std::string("\n") + limit.name + "=" + std::to_string(defaults.*limit.value) + "  " +
            limit.meaning;
  }
  return help;
}

}  // namespace

void describe_run(CLI::App& app, CommandLine& line) {
  const auto kept = std::make_shared<RunArguments>();
  RunArguments& arguments = *kept;
  CLI::App* run = app.add_subcommand(
      "run", "Start a hub. Prints one line of JSON when ready, and ends on SIGINT or SIGTERM");
  run->add_option("--devices", arguments.device_count,
                  "Number of devices to make, named device-1, device-2, ... (1 if no --device)")
      ->check(CLI::Range(0, 100'000));
  run->add_option("--device", arguments.devices,
                  "One device, ID[=BASE64KEY], or module, DEVICE/MODULE[=BASE64KEY]; repeatable")
      ->take_all();
  run->add_option(
         "--x509-device", arguments.x509_devices,
         "A device or module that is known by its certificate, ID or DEVICE/MODULE; repeatable. A "
         "certificate is made for it, and any certificate for that common name is accepted that a "
         "--device-ca signed. With =FILE only the certificate in that file is accepted, by its "
         "thumbprint; it is self-signed or signed by a --device-ca")
      ->take_all();
  run->add_option("--device-ca", arguments.device_cas,
                  "File with the certificate of an authority that may sign those of devices, "
                  "besides the simulator's own; repeatable");
  run->add_option("--policy", arguments.policies,
                  "A shared access policy (skn in tokens), NAME=BASE64KEY; repeatable");
  run->add_option("--route", arguments.routes,
                  "Pass messages that a module sends to an output on to an input of another module "
                  "of the same device: MODULE/outputs/OUTPUT=MODULE/inputs/INPUT; repeatable");
  run->add_option("--limit", arguments.limits, limits_help())->type_name("NAME=VALUE");
  add_listen_options(*run, arguments.listen);
  run->callback([&line, kept] { line.status = Launcher(launch_options(*kept)).run(); });
}

}  // namespace azure::iot::device::simulator
