#include "broker/faults/faulty_hub.hpp"

#include <utility>
#include <vector>

#include <openssl/ssl.h>

namespace azure::iot::device::test {
namespace {

// Made once each.
const ServerCertificate& good_certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}
const ServerCertificate& other_certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}

// A certificate of the good authority, for another name or another time.
const ServerCertificate& sibling(Fault fault) {
  static const ServerCertificate wrong_host =
      make_server_certificate({.alternative_names = "DNS:elsewhere.test"});
  static const ServerCertificate outdated =
      make_server_certificate({.from = -7200, .until = -3600});
  return fault == Fault::wrong_host ? wrong_host : outdated;
}

constexpr std::size_t kMoreThanAllowed = 2 << 20;
const std::string kGarbage("\xff\xff\xff\xff\xff\xff\xff\xff", 8);

Cut cut_of(Fault fault) {
  if (fault == Fault::rst) return Cut::rst;
  return fault == Fault::fin ? Cut::fin : Cut::silence;
}

}  // namespace

// Finds the server, unless told otherwise.
class FaultyHub::FaultyResolver final : public Resolver {
 public:
  void resolve(const std::string& host, Done done) override {
    const std::lock_guard lock(mutex_);
    if (keeps_away && fault == Fault::never_found) {
      unanswered_.push_back(std::move(done));
    } else if (keeps_away) {
      done(Error(Errc::connection_failed, "the name " + host + " could not be resolved"));
    } else {
      done(std::vector<std::string>{"127.0.0.1"});
    }
  }

  std::atomic<bool> keeps_away = false;
  Fault fault = Fault::not_found;

 private:
  std::mutex mutex_;
  std::vector<Done> unanswered_;
};

FaultyHub::FaultyHub(Fault fault, Phase phase, int which)
    : fault_(fault),
      phase_(phase),
      which_(which),
      resolver_(std::make_shared<FaultyResolver>()),
      server_([this](ScriptedConnection& client) { script(client); }) {
  static_cast<FaultyResolver&>(*resolver_).fault = fault;
  if (which_ == 0 && happens_before_dialling()) keep_away();
}

FaultyHub::~FaultyHub() { strike(); }

std::string FaultyHub::ca() const {
  const bool of_sibling = fault_ == Fault::wrong_host || fault_ == Fault::outdated;
  return good_certificate().ca + (of_sibling ? sibling(fault_).ca : std::string());
}

bool FaultyHub::happens_before_dialling() const {
  return phase_ == Phase::resolve || phase_ == Phase::tcp;
}

void FaultyHub::keep_away() {
  if (phase_ == Phase::resolve) static_cast<FaultyResolver&>(*resolver_).keeps_away = true;
  if (fault_ == Fault::refused) server_.stop_listening();
  if (phase_ == Phase::tcp && fault_ == Fault::packet_loss) server_.drop_packets();
}

void FaultyHub::heal() {
  static_cast<FaultyResolver&>(*resolver_).keeps_away = false;
  if (phase_ == Phase::tcp && fault_ == Fault::packet_loss) server_.let_packets_through();
  server_.listen_again();
}

void FaultyHub::strike() {
  const std::lock_guard lock(mutex_);
  strike_ = true;
  struck_.notify_all();
}

void FaultyHub::drop_links() {
  if (happens_before_dialling()) keep_away();
  strike();
}

void FaultyHub::wait_for_strike() {
  std::unique_lock lock(mutex_);
  struck_.wait(lock, [this] { return strike_; });
}

void FaultyHub::script(ScriptedConnection& client) {
  const int number = clients_++;
  if (number == which_ && !happens_before_dialling()) return misbehave(client);
  if (!client.accept_client(good_certificate(), true)) return;
  if (number >= which_) return serve(client);
  wait_for_strike();  // One that was there before, whose link is to be dropped.
  client.wire().cut(Cut::rst);
}

void FaultyHub::misbehave(ScriptedConnection& client) {
  if (phase_ == Phase::tls) return break_tls(client);
  if (!client.start_tls(good_certificate()) || client.read_packet().empty()) return;
  if (phase_ == Phase::connect) return strike(client);
  client.write(connack(0, true));
  switch (phase_) {
    case Phase::publish:
      if (serve_until(client, PacketType::publish).empty()) return;
      break;
    case Phase::subscribe:
      if (serve_until(client, PacketType::subscribe).empty()) return;
      break;
    case Phase::disconnect:
      if (serve_until(client, PacketType::disconnect).empty()) return;
      break;
    default: wait_for_strike(); break;
  }
  strike(client);
}

void FaultyHub::break_tls(ScriptedConnection& client) {
  constexpr std::size_t kMiddleOfServerHello = 50;
  switch (fault_) {
    case Fault::alert: return client.refuse_tls(Alert::handshake_failure);
    case Fault::garbage:
      client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      return client.wait_for_end();
    case Fault::old_tls: client.start_tls(ServerTls{good_certificate(), TLS1_1_VERSION}); return;
    case Fault::wants_certificate:
      client.start_tls(ServerTls{good_certificate(), 0, true});
      return client.wire().cut(Cut::fin);  // A reset could overtake the alert.
    case Fault::untrusted: client.start_tls(other_certificate()); return;
    case Fault::wrong_host:
    case Fault::outdated: client.start_tls(sibling(fault_)); return;
    case Fault::packet_loss: client.wire().drop_packets(); return wait_for_strike();
    default:
      client.wire().cut_after_sending(kMiddleOfServerHello, cut_of(fault_));
      client.start_tls(good_certificate());
  }
}

// The packet that was asked for is the last that was understood.
void FaultyHub::strike(ScriptedConnection& client) {
  switch (fault_) {
    case Fault::garbage: client.write(kGarbage); break;
    case Fault::half_packet: client.write(std::string("\x30\x7f\x00", 3)); break;
    case Fault::huge_packet:
      client.write(header_of_256_mb() + std::string(kMoreThanAllowed, 'x'));
      break;
    case Fault::connack_1: client.write(connack(1)); break;
    case Fault::connack_3: client.write(connack(3)); break;
    case Fault::connack_4: client.write(connack(4)); break;
    case Fault::connack_5: client.write(connack(5)); break;
    case Fault::connack_6: client.write(connack(6)); break;
    case Fault::second_connack: client.write(connack(0, true)); break;
    case Fault::no_answer:
    case Fault::answered_twice:
    case Fault::refused_suback: return serve(client);
    case Fault::packet_loss: client.wire().drop_packets(); return wait_for_strike();
    default: return client.wire().cut(cut_of(fault_));
  }
  client.wait_without_reading();
}

std::string FaultyHub::serve_until(ScriptedConnection& client, PacketType type) {
  for (;;) {
    const std::string packet = client.read_packet();
    if (packet.empty()) return {};
    const std::uint16_t mid = mid_of(packet);
    if (type_of(packet) == type) {
      const std::string answer = type == PacketType::publish
                                     ? puback(mid)
                                     : suback(mid, fault_ == Fault::refused_suback ? 0x80 : 1);
      if (fault_ == Fault::refused_suback) client.write(answer);
      if (fault_ == Fault::answered_twice) client.write(answer + answer);
      return packet;
    }
    switch (type_of(packet)) {
      case PacketType::publish: client.write(puback(mid)); break;
      case PacketType::subscribe: client.write(suback(mid, 1)); break;
      case PacketType::unsubscribe: client.write(unsuback(mid)); break;
      case PacketType::pingreq: client.write(pingresp()); break;
      default: break;
    }
  }
}

// Until it goes by itself.
void FaultyHub::serve(ScriptedConnection& client) {
  const PacketType nothing_special{};
  serve_until(client, nothing_special);
}

}  // namespace azure::iot::device::test
