#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "../../pipeline/pipeline.hpp"

namespace azure::iot::device::detail {

// Subscribes to a feature again once the service has lost the session: on the connection that is
// up, one attempt at a time, until it is acknowledged. An attempt ends with its connection, so that
// a link that comes and goes gathers none. Loop's thread only.
//
// A subscription that seems to end the connection does not keep the rest from its work: after
// kMostLinks connections in a row that were lost within kSoon, the next attempt waits for
// kFirstPause after the connect, and doubles it up to eight minutes.
class Resubscription {
 public:
  // More than the transport stage takes, which knows better if it is a publish that is refused.
  static constexpr int kMostLinks = 10;
  static constexpr Duration kSoon = std::chrono::seconds{10};
  static constexpr Duration kFirstPause = std::chrono::minutes{1};

  // Called with success, or with the error that ends it on this connection.
  using Done = std::function<void(const Error&)>;

  // The connection is up, and the session is lost. Gives up at `until`: no attempt begins then.
  void begin(Pipeline& pipeline, std::string_view feature, SteadyTime until, Done done);
  // Whether an attempt waits for its acknowledgement.
  bool under_way() const { return under_way_; }
  // The connection is down. `blamed`: it was lost, and nothing older was under way.
  void on_link_down(bool blamed, SteadyTime now);
  void cancel();

 private:
  void attempt();
  void on_attempted(int number, const Error& error);
  void end(const Error& error);

  Pipeline* pipeline_ = nullptr;
  std::string_view feature_;
  SteadyTime link_up_since_{};
  SteadyTime until_ = kNever;
  Done done_;
  Timer again_;
  bool under_way_ = false;
  int number_ = 0;  // Of the attempt, since the end of an earlier one means nothing.
  int links_lost_ = 0;
};

}  // namespace azure::iot::device::detail
