#include "simulation/simulation.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "pipeline/log.hpp"
#include "simulation/client.hpp"

namespace azure::iot::device::simulation {
namespace {

using namespace std::chrono_literals;
using Kind = Step::Kind;

class Simulation {
 public:
  Simulation(const Schedule& schedule, std::ostream* trace)
      : schedule_(schedule), world_(schedule.settings, trace) {}

  Report run() {
    start_client();
    int number = 0;
    for (const Step& step : schedule_.steps) {
      world_.random = Random(step.salt);
      world_.note("--- ", ++number, ". ", describe(step));
      take(step);
      run_for(step.pause);
      ++world_.report.counts.steps;
      if (world_.violated()) return end();
    }
    world_.note("--- everything works from here on");
    recover();
    if (!world_.violated()) end_client(schedule_.settings.last_ending);
    return end();
  }

 private:
  // More events than this mean a busy loop.
  static constexpr int kMostTurns = 200'000;

  void start_client() {
    client_ = std::make_unique<Client>(world_, network_, hub_, device_, credential_);
  }

  void take(const Step& step) {
    const auto number = static_cast<std::size_t>(step.number);
    switch (step.kind) {
      case Kind::connect: client_->connect(step.timeout); break;
      case Kind::disconnect: client_->disconnect(step.timeout); break;
      case Kind::reauthorize: client_->reauthorize(step.timeout); break;
      case Kind::send:
        for (std::size_t i = 0; i < number; ++i) client_->send(step.timeout);
        break;
      case Kind::get_twin: client_->get_twin(step.timeout); break;
      case Kind::patch_twin: client_->patch_twin(step.timeout); break;
      case Kind::enable: client_->enable(number, step.timeout); break;
      case Kind::disable: client_->disable(number, step.timeout); break;
      case Kind::restart: restart_client(step.number); break;
      case Kind::send_c2d: hub_.send_c2d(); break;
      case Kind::call_method: hub_.call_method(); break;
      case Kind::change_desired: hub_.change_desired(); break;
      case Kind::lose_session: hub_.lose_session(); break;
      case Kind::cut_link:
        if (device_.link()) network_.cut(device_.link());
        break;
      case Kind::stall_link:
        if (device_.link()) network_.stall(device_.link());
        break;
      case Kind::change_mood: world_.mood = &kMoods[number]; break;
      case Kind::jump_clock: world_.loop->jump_wall_clock(std::chrono::seconds{step.number}); break;
      case Kind::fail_signing: credential_.signing_fails = true; break;
      case Kind::sign_again: credential_.signing_fails = false; break;
      case Kind::wait: break;
    }
  }

  // Lets time pass, and runs all that falls due.
  void run_for(Duration time) {
    const SteadyTime end = saturating_add(world_.now(), time);
    for (;;) {
      world_.loop->run_posted();
      hub_.sever_if_expired();
      client_->check_at_rest();
      const SteadyTime due =
          std::max(world_.now(),
                   std::min({world_.loop->next_due(), network_.next_due(), hub_.expires_at()}));
      if (world_.violated() || due > end) break;
      if (++turns_ > kMostTurns) return world_.violate("nobody spins", "too many turns");
      world_.loop->advance(due - world_.now());
      if (network_.next_due() <= world_.now()) network_.run_next();
    }
    if (!world_.violated()) world_.loop->advance(end - world_.now());
  }

  // Lets an operation that has just begun complete.
  void settle() {
    for (int i = 0; i < 100 && client_->busy(); ++i) run_for(10ms);
  }

  // Runs until the call has completed, which must succeed.
  bool await_success(const Call& call) {
    while (call.times == 0 && world_.now() < call.deadline && !world_.violated()) {
      run_for(std::min<Duration>(1s, call.deadline - world_.now()));
    }
    if (world_.violated()) return false;
    if (call.succeeded()) return true;
    world_.violate("with a good connection every operation succeeds",
                   std::string(to_string(call.kind)) + ": " + call.error.describe());
    return false;
  }

  // Everything works again. All operations must complete, and a client that connects and enables
  // must receive all that the hub has for it.
  void recover() {
    constexpr Duration kPatience = 300s;
    world_.random = Random(1);
    world_.mood = &kMoods[0];
    credential_.signing_fails = false;
    run_for(kPatience);  // A stalled link is noticed by then.
    client_->check_link_is_back();
    if (client_->credential_lost()) restart_client(0);  // Only the application can repair that.
    if (schedule_.settings.credential == Settings::Credential::users_token) {
      if (!await_success(client_->reauthorize(kPatience))) return;
    }
    if (!await_success(client_->connect(kPatience))) return;
    for (const std::size_t feature : {kTwinNumber, kTwinPatchesNumber, kC2DNumber}) {
      if (!await_success(client_->enable(feature, kPatience))) return;
    }
    if (!await_success(client_->disconnect(kPatience))) return;
    hub_.change_desired();
    hub_.send_c2d();
    if (!await_success(client_->connect(kPatience))) return;
    run_for(schedule_.settings.operation_timeout + 60s);
    // A read of the twin that seemed to end connections waits for eight minutes at most.
    for (int i = 0; i < 10 && client_->busy(); ++i) run_for(60s);
    settle();
    if (world_.violated()) return;
    client_->check_at_end();
    check_what_was_received();
  }

  void check_what_was_received() {
    if (world_.c2d_received != hub_.c2d_sent()) {
      world_.violate("what the hub sends arrives", "up to " + std::to_string(world_.c2d_received) +
                                                       " of " + std::to_string(hub_.c2d_sent()) +
                                                       " messages");
    }
    if (!schedule_.settings.ensure_desired_properties) return;
    if (client_->newest_patch() != hub_.desired_version()) {
      world_.violate("no change of the desired properties is missed",
                     "version " + std::to_string(client_->newest_patch()) + " instead of " +
                         std::to_string(hub_.desired_version()));
    }
  }

  // The ways in which a client may end: as applications end it, without a disconnect, or without a
  // shutdown.
  void end_client(int ending) {
    world_.loop->run_posted();
    if (ending == 0) {
      const Call& call = client_->disconnect(500ms);
      while (call.times == 0 && world_.now() < call.deadline && !world_.violated()) run_for(10ms);
    }
    if (ending <= 1) client_->shut_down();
    client_->close();
    client_.reset();
  }

  void restart_client(int ending) {
    end_client(ending);
    start_client();
  }

  Report end() {
    if (client_ && world_.violated()) client_->close();
    client_.reset();
    Counts& counts = world_.report.counts;
    counts.schedules = 1;
    counts.virtual_seconds = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::seconds>(world_.now() - SteadyTime{}).count());
    return std::move(world_.report);
  }

  const Schedule& schedule_;
  World world_;
  Network network_{world_};
  Hub hub_{world_, network_};
  Device device_{world_, network_};
  Credential credential_{world_};
  std::unique_ptr<Client> client_;
  int turns_ = 0;
};

// Listens to the log for the duration of a run.
class LogWatch {
 public:
  explicit LogWatch(bool& found) {
    set_log_sink(LogLevel::debug, [&found](const LogRecord& record) {
      if (record.text.find(Credential::kSecretMark) != std::string_view::npos) found = true;
    });
  }
  ~LogWatch() { set_log_sink(LogLevel::silent, nullptr); }
};

}  // namespace

Report simulate(const Schedule& schedule, std::ostream* trace) {
  if (!schedule.settings.with_log) return Simulation(schedule, trace).run();
  bool secret_logged = false;
  const LogWatch watch(secret_logged);
  Report report = Simulation(schedule, trace).run();
  if (secret_logged && !report.violation) {
    report.violation = Violation{"no text for people shows a secret", "the log did", SteadyTime{}};
  }
  return report;
}

}  // namespace azure::iot::device::simulation
