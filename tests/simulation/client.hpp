#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "iothub/iothub_pipeline.hpp"
#include "simulation/credential.hpp"
#include "simulation/device_transport.hpp"
#include "simulation/hub.hpp"

namespace azure::iot::device::simulation {

// One call of the user, and its outcome.
struct Call {
  enum class Kind : std::uint8_t {
    connect,
    disconnect,
    reauthorize,
    send,
    get_twin,
    patch_twin,
    enable,
    disable,
    respond,
    shutdown,
  };
  Kind kind;
  std::uint32_t number = 0;  // Of the message or the patch, the feature.
  SteadyTime deadline = kNever;
  bool while_connected = false;  // Whether there was a connection when it was submitted.
  std::int64_t before = 0;       // The hub's number of messages when it was submitted.
  int times = 0;                 // The number of its completions.
  Error error = {};

  bool succeeded() const { return times == 1 && !error; }
};

std::string_view to_string(Call::Kind kind);

// The user of one client, with the chain of a hub client below. Checks the promises that a user can
// observe; each is named where it is checked.
class Client {
 public:
  Client(World& world, Network& network, Hub& hub, Device& device, Credential& credential);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // Each submits an operation; zero is no timeout.
  const Call& connect(Duration timeout);
  const Call& disconnect(Duration timeout);
  const Call& reauthorize(Duration timeout);
  const Call& send(Duration timeout);
  const Call& get_twin(Duration timeout);
  const Call& patch_twin(Duration timeout);
  const Call& enable(std::size_t feature, Duration timeout);
  const Call& disable(std::size_t feature, Duration timeout);

  // Cancels whatever is under way. Nothing may be submitted after it.
  void shut_down();
  // Closes and destroys the chain.
  void close();

  // Checks the promises that hold whenever no time passes.
  void check_at_rest();
  // Checks the promises that hold after a while without faults, if the user had a link and did not
  // give it up.
  void check_link_is_back();
  // Checks the promises that hold once no work is left.
  void check_at_end();

  const Nucleus& nucleus() const { return pipeline_->nucleus(); }
  // Whether something is under way that ends soon by itself, such as a renewal of the token.
  bool busy() const { return changing() || extra_timers(); }
  // Whether it was reported that the token has expired and could not be renewed: then the hub
  // accepts this client no more.
  bool credential_lost() const { return credential_lost_; }
  std::size_t open_calls() const { return open_calls_; }
  std::int64_t newest_patch() const { return newest_patch_; }

 private:
  // Counts the operations that still have a continuation of this user.
  class Ticket;

  template <class Op>
  const Call& submit(Call call, Duration timeout, Owned<Op> op);
  Call& open(Call call);
  void on_done(Call& call, const Operation& op, Error error);
  void check_cancellation(const Call& call);
  void check_result(const Call& call, const Operation& op);
  void check_order_of_messages();
  void check_number_of_dials();
  void on_event(const Event& event);
  void on_dial();
  void on_subscribe(const std::string& topic);
  bool changing() const;
  bool extra_timers() const;
  void on_new_token_required();
  void bring_token();
  void look_for_secrets(std::string_view text);

  World& world_;
  Network& network_;
  Hub& hub_;
  Device& device_;
  Credential& credential_;
  std::deque<Call> calls_;
  int tickets_ = 0;
  std::uint32_t requests_ = 0;
  bool told_connected_ = false;
  std::int64_t wishes_ = 0;           // Calls other than to disconnect.
  bool link_unwanted_ = false;        // The user has disconnected, and requested nothing since.
  bool asked_to_disconnect_ = false;  // Whether with success or not, with no request since.
  bool link_expected_ = false;  // There was a link, and neither the user nor the policy gave it up.
  int open_disconnects_ = 0;
  int open_reauthorizations_ = 0;
  std::optional<SteadyTime> last_asked_;  // The last request for a new token.
  WallTime last_asked_at_{};
  SteadyTime last_call_at_ = SteadyTime::min();
  int open_enablings_[std::size(kFeatures)] = {};
  // SUBSCRIBEs of one feature that were sent at the same time.
  struct Subscribes {
    SteadyTime at = SteadyTime::min();
    int count = 0;
  };
  Subscribes subscribes_[std::size(kFeatures)] = {};
  bool shut_down_ = false;
  bool credential_lost_ = false;
  // A call has timed out, whose connect may still wait for another change of the connection.
  bool orphans_ = false;
  std::int64_t newest_patch_ = 0;
  std::size_t open_calls_ = 0;
  const SteadyTime started_;
  const Counts before_;  // The counts when the client was made.
  const std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::shared_ptr<Pipeline> pipeline_;
};

}  // namespace azure::iot::device::simulation
