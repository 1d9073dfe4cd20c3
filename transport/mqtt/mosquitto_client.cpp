#include "transport/mqtt/mosquitto_client.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/mqtt/open_privately.hpp"
#include "transport/tls/verify_failure.hpp"

namespace azure::iot::device {
namespace {

// Clears the queue only if it is not empty, since clearing an empty one is slow too.
void forget_openssl_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

std::unique_ptr<MosquittoClient> MosquittoClient::create(const std::string& client_id,
                                                         std::shared_ptr<TlsContext> tls,
                                                         MosquittoEvents& events) {
  std::unique_ptr<MosquittoClient> client(new MosquittoClient(std::move(tls), events));
  client->native_ = new_mosquitto(client_id, client.get());
  mosquitto* const native = client->native_.get();
  if (!native) return nullptr;

  mosquitto_int_option(native, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V311);
  mosquitto_int_option(native, MOSQ_OPT_SEND_MAXIMUM, 65535);  // The window is ours.
  mosquitto_int_option(native, MOSQ_OPT_TCP_NODELAY, 1);
  if (client->tls_) {
    mosquitto_int_option(native, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    mosquitto_void_option(native, MOSQ_OPT_SSL_CTX, client->tls_->native());
  }
  client->install_callbacks();
  return client;
}

MosquittoClient::MosquittoClient(std::shared_ptr<TlsContext> tls, MosquittoEvents& events)
    : tls_(std::move(tls)), events_(events) {}

MosquittoClient::~MosquittoClient() {
  native_.reset();
  end_carrier();
  forget_openssl_errors();
}

// Every call that may use the socket passes through here. OpenSSL has one error queue for each
// thread, so an error left by another connection would be attributed to this one.
template <class Call>
MosquittoResult MosquittoClient::call(const Call& call) {
  forget_openssl_errors();
  clear_verify_failure();
  errno = 0;
  lost_packet_ = false;
  const int rc = call();
  const MosquittoResult result{lost_packet_ ? MOSQ_ERR_NOMEM : rc, errno};
  if (const int failure = last_verify_failure()) verify_failure_ = failure;
  if (!result) forget_openssl_errors();
  if (carrier_ && !connected()) {
    events_.on_closed();
    end_carrier();
  }
  return result;
}

// Shuts the connection down, since a forked child may have a copy of the descriptor. The child
// itself must not do so.
void MosquittoClient::end_carrier() {
  if (carrier_ && !fork_guard_.in_child()) ::shutdown(carrier_.get(), SHUT_RDWR);
  carrier_.reset();
}

// libmosquitto connects to a private socket and writes its first bytes to it. They are forwarded to
// the carrier, which then takes over the number of that socket's descriptor.
MosquittoResult MosquittoClient::dial(UniqueFd carrier, const CarriedBytes* bytes, int keep_alive,
                                      const Login& login) {
  // libmosquitto would close it too, but on a thread that has only a copy of the descriptor.
  close();
  openssl_error_ = 0;
  verify_failure_ = 0;
  blocked_ = handshaken_ = false;
  reader_.shut();
  bytes_at_packet_ = 0;
  carried_ = bytes;

  const PrivateListener listener;
  if (listener.address().empty()) return {MOSQ_ERR_ERRNO, listener.error_number(), true};
  const MosquittoResult result = connect(listener, keep_alive, login);
  if (!result || !connected()) return result;
  if (const int error_number = put_in_place(carrier, listener)) {
    close();
    return {MOSQ_ERR_ERRNO, error_number, true};
  }
  carrier_ = std::move(carrier);
  return result;
}

MosquittoResult MosquittoClient::connect(const PrivateListener& listener, int keep_alive,
                                         const Login& login) {
  const int login_rc = mosquitto_username_pw_set(native_.get(), login.username, login.password);
  if (login_rc != MOSQ_ERR_SUCCESS) return {login_rc, 0};
  listen_to_log();
  MosquittoResult result;
  const bool complete = open_privately(1, [&] {
    result = call([&] {
      return mosquitto_connect_async(native_.get(), listener.address().c_str(), listener.port(),
                                     keep_alive);
    });
  });
  mosquitto_username_pw_set(native_.get(), login.username, nullptr);
  result.local = result.rc == MOSQ_ERR_ERRNO;
  if (complete) return result;
  close();
  return {MOSQ_ERR_ERRNO, EMFILE, true};
}

// Returns the reason for a failure as errno; 0 on success.
int MosquittoClient::put_in_place(const UniqueFd& carrier, const PrivateListener& listener) {
  const UniqueFd other = listener.accept(fd());
  if (!other) return errno;
  char words[4096];
  int error_number = 0;
  ssize_t size = 0;
  while (error_number == 0 && (size = ::recv(other.get(), words, sizeof words, 0)) > 0) {
    // A new connection has an empty send buffer, so there is room.
    const ssize_t sent = ::send(carrier.get(), words, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent != size) error_number = sent < 0 ? errno : ENOBUFS;
  }
  OPENSSL_cleanse(words, sizeof words);  // They may contain the CONNECT.
  // If the server has already hung up, the next read reports it with a better reason.
  if (error_number == EPIPE || error_number == ECONNRESET) error_number = 0;
  if (error_number == 0 && ::dup3(carrier.get(), fd(), O_CLOEXEC) < 0) error_number = errno;
  return error_number;
}

// No function of libmosquitto closes a connection and keeps its messages. But dialling closes an
// open connection first, and a Unix socket (port 0) without a path is refused without a trace.
void MosquittoClient::close() {
  if (connected()) call([&] { return mosquitto_connect_async(native_.get(), "", 0, 0); });
  blocked_ = false;
}

void MosquittoClient::keep_silent() {
  write_buffer_.keep_silent();
  if (ssl_st* const tls = tls_connection()) SSL_set_quiet_shutdown(tls, 1);
}

MosquittoResult MosquittoClient::read() {
  // More than a service usually sends at a time, but bounded, for the sake of other clients.
  constexpr std::uint64_t kMaxBytes = 256 * 1024;
  constexpr int kMaxRounds = 64;
  if (!handshaken_) handshaken_ = connected() && !handshaking();
  if (!tls_) return call([&] { return mosquitto_loop_read(native_.get(), 1); });
  reader_.let_in(bytes_received() + kMaxBytes, handshaken_);
  for (int round = 0; connected() && round < kMaxRounds; ++round) {
    const MosquittoResult result = call([&] { return mosquitto_loop_read(native_.get(), 1); });
    if (!result || !connected()) return result;
    if (!has_more()) return result;
  }
  return {};
}

bool MosquittoClient::has_more() const { return tls_connection() && reader_.has_more(); }

// The connection may have ended already, in the same turn as its CONNACK.
void MosquittoClient::hold_back_writes() {
  reader_.note_up();
  if (ssl_st* const tls = tls_connection()) write_buffer_.attach(tls);
}

MosquittoResult MosquittoClient::write() {
  blocked_ = false;
  if (write_buffer_.blocked() && !flush()) return {MOSQ_ERR_CONN_LOST, errno};
  if (!mosquitto_want_write(native_.get())) return {};
  const MosquittoResult result = call([&] { return mosquitto_loop_write(native_.get(), 1); });
  // libmosquitto still wants to write after the last byte, if TLS wanted to earlier.
  blocked_ = result && result.error_number == EAGAIN;
  return result;
}

MosquittoResult MosquittoClient::ask_keep_alive() {
  return call([&] { return mosquitto_loop_misc(native_.get()); });
}

MosquittoResult MosquittoClient::check_publish(const std::string& topic,
                                               const std::string& payload) {
  if (payload.size() > MQTT_MAX_PAYLOAD) return {MOSQ_ERR_PAYLOAD_SIZE, 0};
  if (topic.empty() || topic.size() > 65535) return {MOSQ_ERR_INVAL, 0};
  // The check rejects NUL too.
  const int utf8 = mosquitto_validate_utf8(topic.data(), static_cast<int>(topic.size()));
  return {utf8 != MOSQ_ERR_SUCCESS ? utf8 : mosquitto_pub_topic_check(topic.c_str()), 0};
}

// Zero means that no identifier was assigned.
void MosquittoClient::note_identifier(int native_mid, std::uint16_t& mid) {
  mid = static_cast<std::uint16_t>(native_mid);
  if (mid != 0) last_mid_ = mid;
}

// A publish that is rejected for its length has used up an identifier by then. Its payload is not
// read.
bool MosquittoClient::skip_identifier() {
  int native_mid = 0;
  mosquitto_publish(native_.get(), &native_mid, "t", MQTT_MAX_PAYLOAD, "", 0, false);
  const std::uint16_t passed = next_identifier();
  std::uint16_t mid = 0;
  note_identifier(native_mid, mid);
  return mid == passed;
}

MosquittoResult MosquittoClient::publish(const std::string& topic, const std::string& payload,
                                         std::uint16_t& mid) {
  if (topic.find('\0') != std::string::npos) return {MOSQ_ERR_MALFORMED_UTF8, 0};
  if (payload.size() > MQTT_MAX_PAYLOAD) return {MOSQ_ERR_PAYLOAD_SIZE, 0};
  int native_mid = 0;
  const MosquittoResult result = call([&] {
    return mosquitto_publish(native_.get(), &native_mid, topic.c_str(),
                             static_cast<int>(payload.size()), payload.data(), 1, false);
  });
  note_identifier(native_mid, mid);
  return result;
}

MosquittoResult MosquittoClient::subscribe(const std::string& topic, std::uint16_t& mid) {
  if (topic.empty() || topic.size() > 65535) return {MOSQ_ERR_INVAL, 0};
  if (topic.find('\0') != std::string::npos) return {MOSQ_ERR_MALFORMED_UTF8, 0};
  int native_mid = 0;
  const MosquittoResult result =
      call([&] { return mosquitto_subscribe(native_.get(), &native_mid, topic.c_str(), 1); });
  note_identifier(native_mid, mid);
  return result;
}

MosquittoResult MosquittoClient::unsubscribe(const std::string& topic, std::uint16_t& mid) {
  if (topic.empty() || topic.size() > 65535) return {MOSQ_ERR_INVAL, 0};
  if (topic.find('\0') != std::string::npos) return {MOSQ_ERR_MALFORMED_UTF8, 0};
  int native_mid = 0;
  const MosquittoResult result =
      call([&] { return mosquitto_unsubscribe(native_.get(), &native_mid, topic.c_str()); });
  note_identifier(native_mid, mid);
  return result;
}

MosquittoResult MosquittoClient::disconnect() {
  write_buffer_.pass_on();
  return call([&] { return mosquitto_disconnect(native_.get()); });
}

bool MosquittoClient::did_nothing(const MosquittoResult& result) {
  switch (result.rc) {
    case MOSQ_ERR_SUCCESS:
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_ERRNO: return false;
    default: return true;
  }
}

int MosquittoClient::fd() const { return mosquitto_socket(native_.get()); }

bool MosquittoClient::handshaking() const {
  ssl_st* const tls = tls_connection();
  return tls && !SSL_is_init_finished(tls);
}

unsigned MosquittoClient::interest() const {
  // mosquitto_want_write returns true during the whole handshake if the TCP connection was waited
  // for, and the socket is writable all the time.
  ssl_st* const tls = tls_connection();
  const bool tls_wants_write = tls && SSL_want_write(tls);
  if (handshaking()) return tls_wants_write ? EventLoop::kWritable : EventLoop::kReadable;
  const bool more_to_write = blocked_ || tls_wants_write || write_buffer_.blocked();
  return EventLoop::kReadable | (more_to_write ? EventLoop::kWritable : 0U);
}

ssl_st* MosquittoClient::tls_connection() const {
  return !connected() ? nullptr : static_cast<ssl_st*>(mosquitto_ssl_get(native_.get()));
}

std::uint64_t MosquittoClient::bytes_received() const {
  ssl_st* const tls = tls_connection();
  if (!tls) return carried_ ? carried_->received : 0;
  return BIO_number_read(SSL_get_rbio(tls));
}

std::uint64_t MosquittoClient::bytes_sent() const {
  // The socket's own BIO, and the write buffer in front of it.
  ssl_st* const tls = tls_connection();
  if (!tls) return carried_ ? carried_->sent : 0;
  return BIO_number_written(SSL_get_rbio(tls)) + write_buffer_.size();
}

}  // namespace azure::iot::device
