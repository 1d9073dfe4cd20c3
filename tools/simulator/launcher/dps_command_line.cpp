// `iothub-sim run-dps`, and the commands that act on a provisioning service.
#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>

#include "common/crypto.hpp"
#include "common/ids.hpp"
#include "launcher/certificates.hpp"
#include "launcher/command_line.hpp"
#include "launcher/commands.hpp"
#include "launcher/control_client.hpp"
#include "launcher/launcher.hpp"
#include "launcher/listen_options.hpp"
#include "launcher/run_directory.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::size_t kKeyBytes = 64;
constexpr std::chrono::seconds kAnswerPatience{20};

struct RunDpsArguments {
  std::vector<std::string> hubs;
  std::vector<std::string> enrollments;
  std::vector<std::string> groups;
  std::vector<std::string> x509_enrollments;
  std::vector<std::string> x509_groups;
  std::string id_scope = DpsConfig().id_scope;
  std::int64_t register_rate = 0;
  ListenArguments listen;
};

// "NAME" or "NAME=KEY".
Enrollment parse_enrollment(const std::string& text, bool group) {
  const auto equals = text.find('=');
  const bool has_key = equals != std::string::npos;
  JsonObject members;
  members.add("name", text.substr(0, equals)).add("group", group);
  members.add("key", has_key ? text.substr(equals + 1) : base64_encode(random_bytes(kKeyBytes)));
  Enrollment enrollment;
  change(enrollment, members.value());
  return enrollment;
}

// "NAME" or "NAME=FILE". If there is no file, the launcher makes a certificate.
void add_x509_enrollment(LaunchOptions& options, const std::string& text, bool group) {
  const std::string option = group ? "--x509-group" : "--x509-enrollment";
  const auto equals = text.find('=');
  Enrollment enrollment;
  enrollment.name = text.substr(0, equals);
  enrollment.group = group;
  if (enrollment.name.empty()) throw std::invalid_argument(option + " needs a name");
  if (!group && !is_registration_id(enrollment.name)) {
    throw std::invalid_argument(option + " " + text + ": the registration id " +
                                std::string(kRegistrationIdRule));
  }
  if (equals != std::string::npos) {
    const std::string file = text.substr(equals + 1);
    certificate_text(file, option + " " + enrollment.name);  // Whether there is one.
    options.own_certificates[enrollment.name] = file;
  } else if (group) {
    throw std::invalid_argument("--x509-group " + text +
                                ": it needs NAME=FILE, with the certificate of the authority that "
                                "signs those of its devices");
  } else {
    options.certificates_to_make.push_back(enrollment.name);
  }
  options.dps->enrollments.push_back(enrollment);
}

// Asks a running hub for its names and its folder.
LinkedHub linked_hub(const std::filesystem::path& control) {
  JsonObject request;
  request.add("id", 1).add("command", "info");
  const Json info = ControlClient(control).call(request, kAnswerPatience);
  const std::filesystem::path log = string_member(info, "event_log");
  return {string_member(info, "host"), log.parent_path()};
}

LaunchOptions launch_options(const RunDpsArguments& arguments) {
  DpsConfig config;
  config.id_scope = arguments.id_scope;
  config.register_rate = arguments.register_rate;
  if (config.id_scope.empty() || config.id_scope.find('/') != std::string::npos) {
    throw std::invalid_argument("--id-scope must not be empty, and has no '/'");
  }
  for (const auto& hub : arguments.hubs) config.hubs.push_back(linked_hub(hub));
  if (config.hubs.empty()) config.hubs.push_back(linked_hub(choose_control_socket({})));
  for (const auto& each : arguments.enrollments) {
    config.enrollments.push_back(parse_enrollment(each, false));
  }
  for (const auto& each : arguments.groups) {
    config.enrollments.push_back(parse_enrollment(each, true));
  }
  LaunchOptions options = listen_options(arguments.listen);
  options.dps = std::move(config);
  for (const auto& each : arguments.x509_enrollments) add_x509_enrollment(options, each, false);
  for (const auto& each : arguments.x509_groups) add_x509_enrollment(options, each, true);
  std::set<std::string> names;
  for (const Enrollment& each : options.dps->enrollments) {
    if (names.insert(each.name).second) continue;
    throw std::invalid_argument("the enrollment " + each.name + " is given twice");
  }
  return options;
}

void describe_run_dps(CLI::App& app, CommandLine& line) {
  const auto kept = std::make_shared<RunDpsArguments>();
  RunDpsArguments& arguments = *kept;
  CLI::App* run = app.add_subcommand("run-dps",
                                     "Start a provisioning service beside running hubs. Prints one "
                                     "line of JSON when ready, and ends on SIGINT or SIGTERM");
  run->add_option("--hub", arguments.hubs,
                  "Control socket of a hub to assign devices to; repeatable, the first is the "
                  "default (else IOTHUB_SIM_CONTROL, else the only running hub)");
  run->add_option("--enrollment", arguments.enrollments,
                  "A device that may register, REGISTRATION_ID[=BASE64KEY]; repeatable")
      ->take_all();
  run->add_option(
         "--group", arguments.groups,
         "A group of devices whose keys are derived from the group's, NAME[=BASE64KEY]; repeatable")
      ->take_all();
  run->add_option("--x509-enrollment", arguments.x509_enrollments,
                  "A device that may register with a certificate, REGISTRATION_ID[=FILE]; "
                  "repeatable. Without FILE, one is made. The common name is the registration id. "
                  "Only the first certificate in FILE is accepted; it is self-signed, or its "
                  "issuer's certificate follows it")
      ->take_all();
  run->add_option("--x509-group", arguments.x509_groups,
                  "A group of devices whose certificates are signed by the first certificate in a "
                  "file, NAME=FILE, and have their registration ids as common names; repeatable")
      ->take_all();
  run->add_option("--id-scope", arguments.id_scope, "The scope's id (default 0ne00000000)");
  run->add_option(
         "--register-rate", arguments.register_rate,
         "Registrations per second; further ones are answered with 429 (default 0: no limit)")
      ->check(CLI::Range(0, 1'000'000));
  add_listen_options(*run, arguments.listen);
  run->callback([&line, kept] { line.status = Launcher(launch_options(*kept)).run(); });
}

void describe_enroll(CLI::App& app, CommandLine& line) {
  struct Arguments {
    std::string name, key, certificate, outcome, hub, device_id, payload;
    bool group = false;
    std::optional<std::int64_t> assigning, retry_after, throttled;
  };
  const auto kept = std::make_shared<Arguments>();
  Arguments& arguments = *kept;
  CLI::App* enroll =
      app.add_subcommand("enroll", "Add an enrollment to a provisioning service, or change one");
  enroll->add_option("NAME", arguments.name, "The registration id of a device, or a group's name")
      ->required();
  enroll->add_flag("--group", arguments.group, "Add a group");
  enroll->add_option("--key", arguments.key,
                     "Key in Base64; a new enrollment needs a key or a certificate");
  enroll->add_option("--certificate", arguments.certificate,
                     "PEM file with the certificate of the device, or of the authority that signs "
                     "those of the group. It replaces a key or an earlier certificate");
  enroll->add_option("--outcome", arguments.outcome, "Outcome of registrations (default assigned)")
      ->check(CLI::IsMember({"assigned", "failed", "disabled"}));
  enroll->add_option("--hub", arguments.hub,
                     "Host of the hub to assign devices to (default: the first). The hub of an "
                     "earlier assignment no longer knows the device");
  enroll->add_option("--device-id", arguments.device_id,
                     "Device id at the hub (default: the registration id)");
  enroll->add_option("--assigning", arguments.assigning,
                     "Number of 'assigning' answers before the final status (default 0)");
  enroll->add_option("--retry-after", arguments.retry_after,
                     "Seconds between two status requests (default 1)");
  enroll->add_option("--throttle", arguments.throttled,
                     "Answer that many of the next requests with 429");
  enroll->add_option("--payload", arguments.payload, "JSON to send along with the assignment");
  enroll->callback([&line, kept] {
    JsonObject request;
    request.add("id", 1).add("command", "enroll").add("name", kept->name);
    if (kept->group) request.add("group", true);
    const std::pair<const char*, const std::string*> texts[] = {{"key", &kept->key},
                                                                {"outcome", &kept->outcome},
                                                                {"hub", &kept->hub},
                                                                {"device_id", &kept->device_id},
                                                                {"payload", &kept->payload}};
    for (const auto& [name, value] : texts) {
      if (!value->empty()) request.add(name, *value);
    }
    if (!kept->certificate.empty()) {
      request.add("certificate", certificate_text(kept->certificate, "--certificate"));
    }
    if (kept->assigning) request.add("assigning", *kept->assigning);
    if (kept->retry_after) request.add("retry_after", *kept->retry_after);
    if (kept->throttled) request.add("throttled", *kept->throttled);
    line.status = run_request(line.dps_socket(), request);
  });
}

}  // namespace

std::filesystem::path CommandLine::dps_socket() const {
  return choose_control_socket(control, kDpsSocketName);
}

void describe_dps_commands(CLI::App& app, CommandLine& line) {
  describe_run_dps(app, line);
  describe_enroll(app, line);
  app.add_subcommand("registrations", "List the registered devices, and the hub of each")
      ->callback([&line] { line.status = run_simple(line.dps_socket(), "registrations", {}); });
}

}  // namespace azure::iot::device::simulator
