#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string_view>

struct wslay_event_context;

namespace azure::iot::device {

// The client side of a WebSocket's framing: wslay between two byte streams. Answers pings. Received
// bytes are passed on as they arrive, regardless of frame boundaries. One thread.
class Frames {
 public:
  struct Ends {
    // Reads bytes from below. Returns their number, 0 if there are none now, or -1 if the stream
    // has ended.
    std::function<long(std::span<char>)> receive;
    std::function<void(std::string_view)> send;      // Sends downwards; accepts everything.
    std::function<void(std::string_view)> on_bytes;  // Delivers upwards.
  };
  explicit Frames(Ends ends);
  ~Frames();
  Frames(const Frames&) = delete;
  Frames& operator=(const Frames&) = delete;

  // Reads the bytes that are available, but stops after kMostFrames frames, since each ping costs
  // an answer. Returns false if the WebSocket has ended.
  bool receive();
  static constexpr int kMostFrames = 256;
  // Puts bytes into a frame. `flush` sends the frames that wait. Returns false if the WebSocket has
  // ended.
  bool send(std::string_view bytes);
  bool flush();
  // The code with which the other side closed the WebSocket (RFC 6455 section 7.4); 0 if it has
  // not.
  int close_code() const;

 private:
  struct Callbacks;
  struct Free {
    void operator()(wslay_event_context* context) const;
  };
  Ends ends_;
  std::unique_ptr<wslay_event_context, Free> context_;
  int frames_left_ = 0;  // The number of frames that may still be read now.
  bool broken_ = false;  // A callback threw.
  bool in_control_frame_ = false;
};

}  // namespace azure::iot::device
