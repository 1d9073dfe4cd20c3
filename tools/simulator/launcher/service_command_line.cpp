// The commands that act on a running simulator.
#include <memory>

#include "launcher/command_line.hpp"
#include "launcher/commands.hpp"

namespace azure::iot::device::simulator {

namespace {

void add_message_options(CLI::App& command, MessageOptions& options) {
  command.add_option("TEXT", options.text, "With --count, {n} in it stands for 1, 2, ...")
      ->required();
  command.add_option("--property", options.properties, "KEY=VALUE, or KEY; repeatable");
  command.add_option("--message-id", options.message_id);
  command.add_option("--correlation-id", options.correlation_id);
  command.add_option("--user-id", options.user_id);
  command.add_option("--content-type", options.content_type);
  command.add_option("--content-encoding", options.content_encoding);
  command.add_option("--expiry", options.expiry_seconds, "Seconds to live (default an hour)");
}

void add_repetition(CLI::App& command, Repetition& repetition) {
  command
      .add_option("--count", repetition.count,
                  "Repeat it that many times, one after the other (default 1)")
      ->check(CLI::Range(1, 1'000'000));
  command
      .add_option("--interval-ms", repetition.interval_ms,
                  "With --count, begin one every N milliseconds (default: at once)")
      ->check(CLI::Range(0, 60'000));
}

void describe_send_c2d(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("send-c2d", "Send cloud-to-device messages");
  const auto options = std::make_shared<MessageOptions>();
  command->add_option("DEVICE", options->device)->required();
  add_message_options(*command, *options);
  command->add_option("--ack", options->ack)
      ->check(CLI::IsMember({"none", "positive", "negative", "full"}));
  add_repetition(*command, options->repetition);
  command->callback([&line, options] { line.status = run_send_message(line.socket(), *options); });
}

void describe_send_input(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("send-input", "Send messages to an input of a module");
  const auto options = std::make_shared<MessageOptions>();
  command->add_option("MODULE", options->device, "DEVICE/MODULE")->required();
  command->add_option("INPUT", options->input)->required();
  add_message_options(*command, *options);
  add_repetition(*command, options->repetition);
  command->callback([&line, options] { line.status = run_send_message(line.socket(), *options); });
}

void describe_invoke(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "invoke", "Call a direct method; prints status and payload, with --count the last ones");
  const auto options = std::make_shared<InvokeOptions>();
  command->add_option("DEVICE", options->device, "A module: DEVICE/MODULE")->required();
  command->add_option("METHOD", options->method)->required();
  command->add_option("JSON", options->payload,
                      "The method's body (default null); with --count, {n} stands for 1, 2, ...");
  command->add_option("--timeout", options->timeout_seconds, "Seconds to wait (default 30)")
      ->check(CLI::Range(0.001, 300.0));
  add_repetition(*command, options->repetition);
  command->callback([&line, options] { line.status = run_invoke(line.socket(), *options); });
}

void describe_twin(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("twin", "Print a twin, or change its desired properties");
  const auto options = std::make_shared<TwinOptions>();
  command->add_option("DEVICE", options->device, "A module: DEVICE/MODULE")->required();
  command->add_option("--desired", options->desired,
                      "A JSON object to merge (null deletes); prints the new version. With "
                      "--count, {n} stands for 1, 2, ...");
  add_repetition(*command, options->repetition);
  command->callback([&line, options] { line.status = run_twin(line.socket(), *options); });
}

void describe_watch(CLI::App& app, CommandLine& line) {
  CLI::App* watch = app.add_subcommand("watch", "Print events as they happen, one a line");
  const auto options = std::make_shared<WatchOptions>();
  watch->add_option("DEVICE", options->device, "Only this device (a module: DEVICE/MODULE)");
  watch->add_flag("--telemetry", options->telemetry, "Only telemetry");
  watch->add_flag("--connections", options->connections,
                  "Only connections, disconnections and refusals");
  watch->add_flag("--from-start", options->from_start, "Begin with past events");
  watch->add_option("--count", options->count, "End after that many events")
      ->check(CLI::PositiveNumber);
  watch->add_option("--timeout", options->timeout_seconds, "End after that many seconds")
      ->check(CLI::NonNegativeNumber);
  watch->callback([&line, options] { line.status = run_watch(line.socket(), *options); });

  CLI::App* telemetry = app.add_subcommand("telemetry", "Print the telemetry received so far");
  const auto past = std::make_shared<WatchOptions>();
  past->telemetry = true;
  past->from_start = true;
  past->follow = false;
  telemetry->add_option("DEVICE", past->device);
  telemetry->callback([&line, past] { line.status = run_watch(line.socket(), *past); });
}

std::string faults_help() {
  std::string help = "The fault to set, or 'clear' to end all faults:";
  for (const auto& [name, meaning] : fault_meanings()) help += "\n" + name + "  " + meaning;
  return help;
}

}  // namespace

std::filesystem::path CommandLine::socket() const { return choose_control_socket(control); }

void describe_hub_commands(CLI::App& app, CommandLine& line) {
  const std::pair<const char*, const char*> commands[] = {
      {"devices", "List devices: connected or not, subscriptions, messages waiting"},
      {"stop", "End the simulator"},
      {"stop-broker", "Kill the broker (SIGKILL), as when a server crashes"},
      {"start-broker", "Start the broker again at the same port"},
      {"restart-broker",
       "Kill and start the broker; telemetry records, twins and queued messages survive"}};
  for (const auto& [name, help] : commands) {
    const std::string command = name;
    app.add_subcommand(command, help)->callback([&line, command] {
      line.status = run_simple(line.socket(), command, {});
    });
  }

  CLI::App* token = app.add_subcommand(
      "token", "Print a shared access signature for a device or module, and nothing else");
  const auto options = std::make_shared<TokenOptions>();
  token->add_option("DEVICE", options->device, "A module: DEVICE/MODULE")->required();
  token
      ->add_option("--ttl", options->ttl_seconds,
                   "Seconds from now to its expiry (default 3600; below 0 it has expired)")
      ->check(CLI::Range(-1'000'000'000, 1'000'000'000));
  token->add_option("--policy", options->policy,
                    "Sign with this policy's key and name it (skn), not with the device's");
  token->callback([&line, options] { line.status = run_token(line.socket(), *options); });
}

void describe_service_commands(CLI::App& app, CommandLine& line) {
  describe_send_c2d(app, line);
  describe_send_input(app, line);
  describe_invoke(app, line);
  describe_twin(app, line);
  describe_watch(app, line);
}

void describe_fault_commands(CLI::App& app, CommandLine& line) {
  CLI::App* drop = app.add_subcommand("drop", "Cut a device's connection without a DISCONNECT");
  const auto dropped = std::make_shared<std::string>();
  drop->add_option("DEVICE", *dropped)->required();
  drop->callback([&line, dropped] { line.status = run_simple(line.socket(), "drop", *dropped); });

  CLI::App* fault = app.add_subcommand("fault",
                                       "Set a fault that strikes once, a number of times, or for a "
                                       "time; prints the faults that are set");
  const auto options = std::make_shared<FaultOptions>();
  CLI::Option* name = fault->add_option("NAME", options->name, faults_help());
  fault->add_flag("--list", options->list, "Print the faults that are set")->excludes(name);
  fault->add_option("--device", options->device, "Only for this device (a module: DEVICE/MODULE)");
  fault
      ->add_option("--count", options->count,
                   "Number of times that it strikes (default once, unless --seconds is given)")
      ->check(CLI::Range(1, 1'000'000));
  fault
      ->add_option("--seconds", options->seconds,
                   "Seconds for which it strikes, as often as it applies")
      ->check(CLI::Range(0.001, 3600.0));
  fault->add_option("--status", options->status, "Status of twin-error (default 500)")
      ->check(CLI::Range(400, 599));
  fault->callback([&line, options] { line.status = run_fault(line.socket(), *options); });
}

}  // namespace azure::iot::device::simulator
