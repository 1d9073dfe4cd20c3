#include "broker/faults/faulty_hub.hpp"

#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>

namespace azure::iot::device::test {
namespace {

// Created once each.
const ServerCertificate& good_certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}
const ServerCertificate& other_certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}

// A certificate of the trusted authority, for another name or another time.
const ServerCertificate& sibling(Fault fault) {
  static const ServerCertificate wrong_host =
      make_server_certificate({.alternative_names = "DNS:elsewhere.test"});
  static const ServerCertificate outdated =
      make_server_certificate({.from = -7200, .until = -3600});
  return fault == Fault::wrong_host ? wrong_host : outdated;
}

constexpr std::size_t kMoreThanAllowed = 2 << 20;
const std::string kGarbage("\xff\xff\xff\xff\xff\xff\xff\xff", 8);

std::string answer_to(const std::string& packet) {
  switch (type_of(packet)) {
    case PacketType::publish: return puback(mid_of(packet));
    case PacketType::subscribe: return suback(mid_of(packet), 1);
    case PacketType::unsubscribe: return unsuback(mid_of(packet));
    case PacketType::pingreq: return pingresp();
    default: return {};
  }
}

Cut cut_of(Fault fault) {
  if (fault == Fault::rst) return Cut::rst;
  return fault == Fault::fin ? Cut::fin : Cut::silence;
}

}  // namespace

// Resolves the server's name, unless the fault prevents it.
class FaultyHub::FaultyResolver final : public Resolver {
 public:
  explicit FaultyResolver(Fault fault) : fault_(fault) {}
  ~FaultyResolver() override {
    if (jumping_.joinable()) jumping_.join();
  }

  void resolve(const std::string& host, Done done) override {
    const std::lock_guard lock(mutex_);
    if (strikes && fault_ == Fault::never_found) {
      unanswered_.push_back(std::move(done));
    } else if (strikes && fault_ == Fault::not_found) {
      done(Error(Errc::connection_failed, "the name " + host + " could not be resolved"));
    } else if (strikes.exchange(false)) {
      // A separate thread, since this may be the thread of the loop whose time jumps.
      jumping_ = std::thread([this, done = std::move(done)] {
        jump();
        done(std::vector<std::string>{"127.0.0.1"});
      });
    } else {
      done(std::vector<std::string>{"127.0.0.1"});
    }
  }

  std::atomic<bool> strikes = false;
  std::function<void()> jump;

 private:
  const Fault fault_;
  std::mutex mutex_;
  std::vector<Done> unanswered_;
  std::thread jumping_;
};

FaultyHub::FaultyHub(Fault fault, Phase phase, int which, Way way)
    : fault_(fault),
      phase_(phase),
      which_(which),
      way_(way),
      struck_(::eventfd(0, EFD_CLOEXEC)),
      resolver_(std::make_shared<FaultyResolver>(fault)),
      server_([this](ScriptedConnection& client) { script(client); }) {
  if (which_ == 0 && happens_before_dialling()) keep_away();
}

FaultyHub::~FaultyHub() {
  heal();
  strike();
}

std::string FaultyHub::ca() const {
  const bool of_sibling = fault_ == Fault::wrong_host || fault_ == Fault::outdated;
  return good_certificate().ca + (of_sibling ? sibling(fault_).ca : std::string());
}

std::shared_ptr<Resolver> FaultyHub::resolver() const { return resolver_; }

void FaultyHub::on_clock_jump(std::function<void()> jump) {
  resolver_->jump = jump;
  jump_ = std::move(jump);
}

bool FaultyHub::happens_before_dialling() const {
  return phase_ == Phase::resolve || phase_ == Phase::tcp;
}

void FaultyHub::keep_away() {
  if (phase_ == Phase::resolve) resolver_->strikes = true;
  if (phase_ != Phase::tcp) return;
  if (fault_ == Fault::packet_loss) return server_.drop_packets();
  const std::lock_guard lock(listening_);
  server_.stop_listening();
}

void FaultyHub::heal() {
  resolver_->strikes = false;
  if (phase_ == Phase::tcp && fault_ == Fault::packet_loss) server_.let_packets_through();
  const std::lock_guard lock(listening_);
  healed_ = true;
  server_.listen_again();
}

void FaultyHub::strike() { ::eventfd_write(struck_.get(), 1); }

void FaultyHub::drop_links() {
  if (happens_before_dialling()) keep_away();
  strike();
}

void FaultyHub::wait_for_strike() {
  pollfd struck{struck_.get(), POLLIN, 0};
  ::poll(&struck, 1, -1);
}

std::string_view to_string(Way way) {
  switch (way) {
    case Way::direct: return "direct";
    case Way::web_socket: return "WebSocket";
    default: return "proxy";
  }
}

// With a proxy, the proxy and the hub are one server.
void FaultyHub::be_proxy(ScriptedConnection& client) {
  if (way_ != Way::proxy) return;
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = client.read(1);
    if (byte.empty()) return;
    head += byte;
  }
  client.write("HTTP/1.1 200 Connection established\r\n\r\n");
}

// Serves up to the beginning of MQTT.
bool FaultyHub::open(ScriptedConnection& client, const ServerCertificate& certificate) {
  return client.start_tls(certificate) && (way_ != Way::web_socket || client.start_web_socket());
}

bool FaultyHub::accept(ScriptedConnection& client) {
  if (!open(client, good_certificate()) || client.read_packet().empty()) return false;
  client.write(connack(0, true));
  return true;
}

void FaultyHub::script(ScriptedConnection& client) {
  const int number = clients_++;
  be_proxy(client);
  if (number == which_ && !happens_before_dialling()) return misbehave(client);
  if (number > which_ && fault_ == Fault::expired_token && !healed_) return refuse(client);
  if (!accept(client)) return;
  if (number == which_ + 1 && fault_ == Fault::taken_over) return;
  if (number >= which_) return serve(client);
  wait_for_strike();  // A client before the fault; its link is to be dropped.
  client.wire().cut(Cut::rst);
}

void FaultyHub::refuse(ScriptedConnection& client) {
  constexpr int kNotAuthorized = 5;
  if (!open(client, good_certificate()) || client.read_packet().empty()) return;
  client.write(connack(kNotAuthorized));
  client.wait_for_end();
}

void FaultyHub::misbehave(ScriptedConnection& client) {
  if (phase_ == Phase::tls) return break_tls(client);
  if (!open(client, good_certificate()) || client.read_packet().empty()) return;
  if (phase_ == Phase::connect) return strike(client, connack(0, true));
  client.write(connack(0, true));
  if (fault_ == Fault::window_full) return hold_back_pubacks(client);
  if (phase_ == Phase::idle) {
    wait_for_strike();
    return strike(client, {});
  }
  const PacketType asked = phase_ == Phase::publish     ? PacketType::publish
                           : phase_ == Phase::subscribe ? PacketType::subscribe
                                                        : PacketType::disconnect;
  const std::string packet = serve_until(client, asked);
  if (!packet.empty()) strike(client, answer_to(packet));
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
    case Fault::untrusted: open(client, other_certificate()); return;
    case Fault::wrong_host:
    case Fault::outdated: open(client, sibling(fault_)); return;
    case Fault::packet_loss: client.wire().drop_packets(); return wait_for_strike();
    case Fault::hub_restarted: return restart(client);
    case Fault::clock_ahead:
    case Fault::clock_behind:
      jump_();
      if (accept(client)) serve(client);
      return;
    default:
      client.wire().cut_after_sending(kMiddleOfServerHello, cut_of(fault_));
      client.start_tls(good_certificate());
  }
}

// Applies the fault instead of sending the next answer.
void FaultyHub::strike(ScriptedConnection& client, const std::string& answer) {
  switch (fault_) {
    case Fault::garbage: client.write(kGarbage); break;
    case Fault::half_packet: client.write(std::string("\x30\x7f\x00", 3)); break;
    case Fault::huge_packet:
      client.write(header_of_256_mb() + std::string(kMoreThanAllowed, 'x'));
      break;
    case Fault::connack_1: client.write(connack(1)); break;
    case Fault::connack_2: client.write(connack(2)); break;
    case Fault::connack_3: client.write(connack(3)); break;
    case Fault::connack_4: client.write(connack(4)); break;
    case Fault::connack_5: client.write(connack(5)); break;
    case Fault::expired_token:
      if (phase_ != Phase::connect) return;
      client.write(connack(5));
      break;
    case Fault::connack_6: client.write(connack(6)); break;
    case Fault::second_connack: client.write(connack(0, true)); break;
    case Fault::no_answer: return serve(client);
    case Fault::answered_twice: client.write(answer + answer); return serve(client);
    case Fault::refused_suback:
      client.write(answer.substr(0, answer.size() - 1) + '\x80');
      return serve(client);
    case Fault::packet_loss: client.wire().drop_packets(); return wait_for_strike();
    case Fault::taken_over: return;
    case Fault::hub_restarted: return restart(client);
    case Fault::clock_ahead:
    case Fault::clock_behind:
      jump_();
      client.write(answer);
      return serve(client);
    default: return client.wire().cut(cut_of(fault_));
  }
  client.wait_without_reading();
}

void FaultyHub::restart(ScriptedConnection& client) {
  constexpr auto kAway = std::chrono::milliseconds(300);
  {
    const std::lock_guard lock(listening_);
    if (healed_) return;
    server_.stop_listening();
  }
  client.wire().cut(Cut::rst);
  std::this_thread::sleep_for(kAway);
  const std::lock_guard lock(listening_);
  if (!healed_) server_.listen_again();
}

// Holds acknowledgements back until the fault happens, then sends them.
void FaultyHub::hold_back_pubacks(ScriptedConnection& client) {
  std::string pubacks;
  while (client.wait_to_read(struck_.get())) {
    const std::string packet = client.read_packet();
    if (packet.empty()) return;
    if (type_of(packet) != PacketType::publish) {
      client.write(answer_to(packet));
      continue;
    }
    pubacks += answer_to(packet);
    ++held_back_;
  }
  client.write(pubacks);
  serve(client);
}

std::string FaultyHub::serve_until(ScriptedConnection& client, PacketType type) {
  for (;;) {
    std::string packet = client.read_packet();
    if (packet.empty() || type_of(packet) == type) return packet;
    client.write(answer_to(packet));
  }
}

// Serves until the client hangs up.
void FaultyHub::serve(ScriptedConnection& client) {
  const PacketType nothing_special{};
  serve_until(client, nothing_special);
}

}  // namespace azure::iot::device::test
