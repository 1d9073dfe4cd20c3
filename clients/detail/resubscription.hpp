#pragma once

#include <chrono>
#include <functional>
#include <string_view>

#include "../../pipeline/pipeline.hpp"

namespace azure::iot::device::detail {

// Subscribes to a feature again once the service has lost the session. It makes one attempt at a
// time on the present connection, until one is acknowledged. An attempt ends with its connection,
// so a flapping link accumulates none. Loop's thread only.
//
// A subscription that seems to end the connection must not block all other traffic. After
// kMostLinks connections in a row were lost within kSoon, the next attempt waits for kFirstPause
// after the connect. The pause doubles each time, up to eight minutes.
class Resubscription {
 public:
  // Above the limit of the transport stage, which knows better whether a publish is refused.
  static constexpr int kMostLinks = 10;
  static constexpr Duration kSoon = std::chrono::seconds{10};
  static constexpr Duration kFirstPause = std::chrono::minutes{1};

  // Called with success, or with the error that ends the attempts on this connection.
  using Done = std::function<void(const Error&)>;

  // Call it when the connection is up and the session is lost. No attempt begins at or after
  // `until`.
  void begin(Pipeline& pipeline, std::string_view feature, SteadyTime until, Done done);
  // Whether an attempt waits for its acknowledgement.
  bool under_way() const { return under_way_; }
  // Call it when the connection is down. `blamed`: it was lost, and nothing older was under way.
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
  int number_ = 0;  // Of the attempt, to ignore the end of an earlier one.
  int links_lost_ = 0;
};

}  // namespace azure::iot::device::detail
