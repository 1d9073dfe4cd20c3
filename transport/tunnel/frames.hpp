#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

struct wslay_event_context;

namespace azure::iot::device {

// The frames of a WebSocket, as its client: wslay between two streams of bytes. Answers pings. What
// comes is handed on as it comes, whatever the frames. One thread.
class Frames {
 public:
  struct Ends {
    // Gives what came from below: how much, 0 if there is nothing now, -1 if nothing comes any
    // more.
    std::function<long(std::span<char>)> receive;
    std::function<void(std::string_view)> send;      // To below; takes all.
    std::function<void(std::string_view)> on_bytes;  // To above.
  };
  explicit Frames(Ends ends);
  ~Frames();
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  // Takes in what is there, but reads nothing more after kMostFrames: each ping costs an answer.
  // False if the WebSocket is over.
  bool receive();
  static constexpr int kMostFrames = 256;
  // Puts bytes into a frame; `flush` sends what waits. False if the WebSocket is over.
  bool send(std::string_view bytes);
  bool flush();
  // Whether the other side said that it ends, and with which code (RFC 6455 section 7.4); 0 if not.
  int close_code() const;

 private:
  struct Callbacks;
  struct Free {
    void operator()(wslay_event_context* context) const;
  };
  Ends ends_;
  std::unique_ptr<wslay_event_context, Free> context_;
  int frames_left_ = 0;  // Of those that may be taken in now.
  bool broken_ = false;  // Something was thrown.
  bool in_control_frame_ = false;
};

}  // namespace azure::iot::device
