#include "reply.hpp"

#include "fake_mqtt_transport.hpp"

namespace azure::iot::device::test {

const Reply accept{[](const Asked& asked) { asked.answer(); }};

const Reply refuse = refuse_with(Error(Errc::connection_failed, "the far end refused"));

Reply refuse_with(Error error) {
  return {[error = std::move(error)](const Asked& asked) { asked.answer(error); }};
}

const Reply stall{[](const Asked&) {}};

const Reply drop{[](const Asked& asked) {
  if (!asked.is_connect()) return asked.far_end().drop();
  asked.answer(Error(Errc::connection_failed, "the far end hung up"));
}};

const Reply late{
    [](const Asked& asked) { asked.far_end().keep([asked] { asked.answer_at_any_time(); }); }};

const Reply duplicate{[](const Asked& asked) {
  asked.answer();
  asked.answer();
}};

const Reply half_open{[](const Asked& asked) {
  if (asked.is_connect()) asked.answer();
  asked.far_end().fall_silent();
}};

Reply slow(Duration delay) {
  return {[delay](const Asked& asked) { asked.after(delay, [asked] { asked.answer(); }); }};
}

const Reply reordered{[](const Asked& asked) {
  if (asked.is_connect()) return asked.answer();
  asked.far_end().keep_behind_next([asked] { asked.answer(); });
}};

}  // namespace azure::iot::device::test
