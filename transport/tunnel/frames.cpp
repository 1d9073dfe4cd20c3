#include "transport/tunnel/frames.hpp"

#include <utility>

#include <openssl/rand.h>
#include <wslay/wslay.h>

#include "pipeline/loop/escape.hpp"

namespace azure::iot::device {

struct Frames::Callbacks {
  static Frames& self(void* user_data) { return *static_cast<Frames*>(user_data); }

  // Keeps exceptions from passing through wslay. Returns false if `f` threw; the WebSocket then
  // ends.
  template <class F>
  static bool survives(void* user_data, const F& f) {
    bool survived = false;
    contain("a WebSocket frame", [&] {
      f(self(user_data));
      survived = true;
    });
    if (!survived) self(user_data).broken_ = true;
    return survived;
  }

  static ssize_t receive(wslay_event_context* context, std::uint8_t* to, std::size_t size, int,
                         void* user_data) {
    long got = self(user_data).frames_left_ > 0 ? -1 : 0;
    if (got != 0)
      survives(user_data, [&](Frames& frames) {
        got = frames.ends_.receive({reinterpret_cast<char*>(to), size});
      });
    if (got > 0) return got;
    wslay_event_set_error(context, got == 0 ? WSLAY_ERR_WOULDBLOCK : WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
  }
  static ssize_t send(wslay_event_context* context, const std::uint8_t* bytes, std::size_t size,
                      int, void* user_data) {
    const bool sent = survives(user_data, [&](Frames& frames) {
      frames.ends_.send({reinterpret_cast<const char*>(bytes), size});
    });
    if (sent) return static_cast<ssize_t>(size);
    wslay_event_set_error(context, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
  }
  // Protects against proxies that take the content of frames for another protocol (RFC 6455 section
  // 10.3).
  static int mask(wslay_event_context* context, std::uint8_t* to, std::size_t size, void*) {
    if (RAND_bytes(to, static_cast<int>(size)) == 1) return 0;
    wslay_event_set_error(context, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
  }
  // Counts the frame, and notes whether it is a control frame. wslay handles those itself.
  static void on_frame(wslay_event_context*, const wslay_event_on_frame_recv_start_arg* frame,
                       void* user_data) {
    --self(user_data).frames_left_;
    self(user_data).in_control_frame_ = wslay_is_ctrl_frame(frame->opcode) != 0;
  }
  static void on_chunk(wslay_event_context*, const wslay_event_on_frame_recv_chunk_arg* chunk,
                       void* user_data) {
    survives(user_data, [&](Frames& frames) {
      if (frames.in_control_frame_ || frames.broken_) return;
      frames.ends_.on_bytes({reinterpret_cast<const char*>(chunk->data), chunk->data_length});
    });
  }
};

void Frames::Free::operator()(wslay_event_context* context) const {
  wslay_event_context_free(context);
}

Frames::Frames(Ends ends) : ends_(std::move(ends)) {
  wslay_event_callbacks callbacks{};
  callbacks.recv_callback = Callbacks::receive;
  callbacks.send_callback = Callbacks::send;
  callbacks.genmask_callback = Callbacks::mask;
  callbacks.on_frame_recv_start_callback = Callbacks::on_frame;
  callbacks.on_frame_recv_chunk_callback = Callbacks::on_chunk;
  wslay_event_context* made = nullptr;
  if (wslay_event_context_client_init(&made, &callbacks, this) != 0) return;
  context_.reset(made);
  wslay_event_config_set_no_buffering(made, 1);
}

Frames::~Frames() = default;

// After a close, and after an invalid frame, wslay reads no more and still reports success.
bool Frames::receive() {
  frames_left_ = kMostFrames;
  return context_ && wslay_event_recv(context_.get()) == 0 && !broken_ &&
         wslay_event_want_read(context_.get()) != 0;
}

bool Frames::send(std::string_view bytes) {
  if (!context_) return false;
  const wslay_event_msg message{WSLAY_BINARY_FRAME,
                                reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
  return wslay_event_queue_msg(context_.get(), &message) == 0;
}

bool Frames::flush() { return context_ && wslay_event_send(context_.get()) == 0; }

int Frames::close_code() const {
  if (!context_ || !wslay_event_get_close_received(context_.get())) return 0;
  const int code = wslay_event_get_status_code_received(context_.get());
  constexpr int kNone = 1005;  // RFC 6455 section 7.1.5.
  return code != 0 ? code : kNone;
}

}  // namespace azure::iot::device
