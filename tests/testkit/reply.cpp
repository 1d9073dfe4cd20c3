#include "reply.hpp"

#include <azure/iot/device/pipeline/mqtt_answers.hpp>

#include "fake_mqtt_transport.hpp"

namespace azure::iot::device::test {

const Packet& Asked::packet() const { return far_end_->packet_of(*this); }

void Asked::answer(Error error) const { far_end_->answer(*this, std::move(error), false); }

void Asked::answer_at_any_time(Error error) const {
  far_end_->answer(*this, std::move(error), true);
}

void Asked::answer_with_status(int status) const {
  if (is_packet() && packet().kind != Packet::Kind::subscribe) {
    return far_end_->drop(Error(Errc::connection_dropped, "the far end hung up over a packet"));
  }
  if (!is_service()) return refuse();
  if (far_end_->reaches(*this)) (*give_)(status);
}

void Asked::refuse() const {
  constexpr int kUnavailable = 3, kBadRequest = 400;
  if (is_connect()) return answer(connack_error(kUnavailable));
  if (is_service()) return answer_with_status(kBadRequest);
  if (packet().kind == Packet::Kind::subscribe) return answer(suback_error(packet().topic));
  answer(Error(Errc::connection_failed, "the far end refused"));
}

void Asked::after(Duration delay, std::function<void()> f) const {
  far_end_->after(delay, std::move(f));
}

void Asked::behind_next(std::function<void()> f) const {
  far_end_->keep_behind_next(*this, std::move(f));
}

const Reply accept{[](const Asked& asked) { asked.answer(); }};

const Reply refuse{[](const Asked& asked) { asked.refuse(); }};

Reply refuse_with(Error error) {
  return {[error = std::move(error)](const Asked& asked) { asked.answer(error); }};
}

Reply connack(int code) {
  return {[code](const Asked& asked) {
    if (!asked.is_connect()) return asked.refuse();
    asked.answer(connack_error(code));
  }};
}

Reply status(int code) {
  return {[code](const Asked& asked) { asked.answer_with_status(code); }};
}

const Reply stall{[](const Asked&) {}};

const Reply lost = stall;

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
  asked.behind_next([asked] { asked.answer(); });
}};

}  // namespace azure::iot::device::test
