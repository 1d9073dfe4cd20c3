#include "transport/mqtt/mosquitto_client.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pipeline/loop/escape.hpp"
#include "transport/mqtt/open_privately.hpp"
#include "transport/mqtt/private_listener.hpp"
#include "transport/tls/verify_failure.hpp"

namespace azure::iot::device {
namespace {

// To clear OpenSSL's queue of errors takes long, also if there is nothing in it.
void forget_openssl_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

struct MosquittoClient::Callbacks {
  static MosquittoClient& self(void* user_data) {
    return *static_cast<MosquittoClient*>(user_data);
  }

  static void on_connect(mosquitto*, void* user_data, int code, int flags) {
    // While somebody listens, each packet costs an allocation and a formatted line.
    mosquitto_log_callback_set(self(user_data).native_.get(), nullptr);
    self(user_data).tell([&](MosquittoEvents& events) { events.on_connack(code, flags & 1); });
  }
  static void on_disconnect(mosquitto*, void* user_data, int) {
    self(user_data).tell([](MosquittoEvents& events) { events.on_closed(); });
  }
  static void on_publish(mosquitto*, void* user_data, int mid) {
    self(user_data).tell(
        [=](MosquittoEvents& events) { events.on_puback(static_cast<std::uint16_t>(mid)); });
  }
  static void on_subscribe(mosquitto*, void* user_data, int mid, int count, const int* granted) {
    constexpr int kRefused = 0x80;
    const bool all = count > 0 && granted[0] < kRefused;
    self(user_data).tell(
        [=](MosquittoEvents& events) { events.on_suback(static_cast<std::uint16_t>(mid), all); });
  }
  static void on_unsubscribe(mosquitto*, void* user_data, int mid) {
    self(user_data).tell(
        [=](MosquittoEvents& events) { events.on_unsuback(static_cast<std::uint16_t>(mid)); });
  }
  static void on_message(mosquitto*, void* user_data, const mosquitto_message* message) {
    self(user_data).tell([=](MosquittoEvents& events) {
      events.on_message(message->topic, {static_cast<const char*>(message->payload),
                                         static_cast<std::size_t>(message->payloadlen)});
    });
  }
  // libmosquitto empties OpenSSL's queue of errors into its log. What reads
  // "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed" was a code before.
  //
  // Nothing else tells that there is a connection before libmosquitto reads from it: what it logs
  // first is that it is about to send the CONNECT.
  static void on_log(mosquitto*, void* user_data, int level, const char* text) {
    if (ssl_st* const tls = self(user_data).tls_connection()) self(user_data).gate_.attach(tls);
    if (level != MOSQ_LOG_ERR || std::strncmp(text, "OpenSSL Error", 13) != 0) return;
    const char* const code = std::strstr(text, "error:");
    if (code) self(user_data).openssl_error_ = std::strtoul(code + 6, nullptr, 16);
  }
};

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
  mosquitto_connect_with_flags_callback_set(native, Callbacks::on_connect);
  mosquitto_disconnect_callback_set(native, Callbacks::on_disconnect);
  mosquitto_publish_callback_set(native, Callbacks::on_publish);
  mosquitto_subscribe_callback_set(native, Callbacks::on_subscribe);
  mosquitto_unsubscribe_callback_set(native, Callbacks::on_unsubscribe);
  mosquitto_message_callback_set(native, Callbacks::on_message);
  return client;
}

MosquittoClient::MosquittoClient(std::shared_ptr<TlsContext> tls, MosquittoEvents& events)
    : tls_(std::move(tls)), events_(events) {}

MosquittoClient::~MosquittoClient() {
  native_.reset();
  forget_openssl_errors();
}

// Everything that is told passes here. What it leaves in errno would be taken by libmosquitto for
// the outcome of its own last step; what it throws would leave libmosquitto with its lock held. It
// ends the connection instead, since a packet is lost.
template <class Tell>
void MosquittoClient::tell(const Tell& tell) {
  ++packets_received_;
  bytes_at_packet_ = bytes_received();
  bool told = false;
  contain("a packet's handler", [&] {
    tell(events_);
    told = true;
  });
  lost_packet_ |= !told;
  errno = 0;
}

// Every call that may touch the socket passes here: an error that another connection left in
// OpenSSL's queue, which is one for each thread, would be taken for one of this.
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
  return result;
}

MosquittoResult MosquittoClient::dial(const std::string& address, std::uint16_t port,
                                      int keep_alive, const Login& login) {
  // libmosquitto would do it too, but on a thread that has only a copy of the descriptor.
  close();
  openssl_error_ = 0;
  verify_failure_ = 0;
  carried_ = nullptr;
  blocked_ = has_more_ = handshaken_ = false;
  gate_.shut();
  bytes_at_packet_ = 0;
  const int login_rc = mosquitto_username_pw_set(native_.get(), login.username, login.password);
  if (login_rc != MOSQ_ERR_SUCCESS) return {login_rc, 0};

  mosquitto_log_callback_set(native_.get(), Callbacks::on_log);
  MosquittoResult result;
  const bool complete = open_privately(1, [&] {
    result = call(
        [&] { return mosquitto_connect_async(native_.get(), address.c_str(), port, keep_alive); });
  });
  mosquitto_username_pw_set(native_.get(), login.username, nullptr);
  if (!complete) {
    close();
    return {MOSQ_ERR_ERRNO, EMFILE};
  }
  return result;
}

// libmosquitto connects to a Unix socket, at once, and says its first words to it; they go on to
// the carrier, which then takes the place of that socket under its number.
MosquittoResult MosquittoClient::dial(UniqueFd carrier, const CarriedBytes* bytes, int keep_alive,
                                      const Login& login) {
  const PrivateListener listener;
  if (listener.path().empty()) return {MOSQ_ERR_ERRNO, errno};
  const MosquittoResult result = dial(listener.path(), 0, keep_alive, login);
  carried_ = bytes;
  if (!result || fd() < 0) return result;
  const UniqueFd other = listener.accept();
  if (!other) {
    close();
    return {MOSQ_ERR_ERRNO, EACCES};
  }
  char words[4096];
  ssize_t size = 0;
  while ((size = ::recv(other.get(), words, sizeof words, 0)) > 0) {
    // Nothing waits in a connection that was just made: there is room.
    if (::send(carrier.get(), words, static_cast<std::size_t>(size), MSG_NOSIGNAL) != size) break;
  }
  ::dup3(carrier.get(), fd(), O_CLOEXEC);
  return result;
}

// Nothing in libmosquitto's interface closes a connection and keeps the messages. But to dial
// closes what is open first, and a Unix socket (port 0) without a path is refused without a trace.
void MosquittoClient::close() {
  if (fd() >= 0) call([&] { return mosquitto_connect_async(native_.get(), "", 0, 0); });
  blocked_ = has_more_ = false;
}

void MosquittoClient::keep_silent() {
  write_buffer_.keep_silent();
  if (ssl_st* const tls = tls_connection()) SSL_set_quiet_shutdown(tls, 1);
}

MosquittoResult MosquittoClient::read() {
  // Enough for whatever a service sends at a time, and others want their turn.
  constexpr std::uint64_t kMaxBytes = 256 * 1024;
  constexpr int kMaxRounds = 64;
  has_more_ = false;
  if (!handshaken_) handshaken_ = fd() >= 0 && !handshaking();
  if (!tls_) return call([&] { return mosquitto_loop_read(native_.get(), 1); });
  gate_.let_in(bytes_received() + kMaxBytes, handshaken_);
  for (int round = 0; fd() >= 0 && round < kMaxRounds; ++round) {
    const Progress before = progress();
    const MosquittoResult result = call([&] { return mosquitto_loop_read(native_.get(), 1); });
    if (!result || fd() < 0) return result;
    // With read-ahead, packets may have arrived inside OpenSSL that no descriptor will tell of. An
    // unfinished record waits there too; then reading ends without progress.
    if (!SSL_has_pending(tls_connection())) return result;
    if (result.error_number == EAGAIN && progress() == before) return result;
  }
  has_more_ = true;
  return {};
}

// The connection may have ended already, with the CONNACK in the same turn.
void MosquittoClient::hold_back_writes() {
  gate_.note_up();
  if (ssl_st* const tls = tls_connection()) write_buffer_.attach(tls);
}

MosquittoResult MosquittoClient::write() {
  blocked_ = false;
  if (write_buffer_.blocked() && !flush()) return {MOSQ_ERR_CONN_LOST, errno};
  if (!mosquitto_want_write(native_.get())) return {};
  const MosquittoResult result = call([&] { return mosquitto_loop_write(native_.get(), 1); });
  // It says that it wants to write also when nothing is left, if TLS wanted to earlier.
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
  // It refuses NUL too.
  const int utf8 = mosquitto_validate_utf8(topic.data(), static_cast<int>(topic.size()));
  return {utf8 != MOSQ_ERR_SUCCESS ? utf8 : mosquitto_pub_topic_check(topic.c_str()), 0};
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
  mid = static_cast<std::uint16_t>(native_mid);
  return result;
}

MosquittoResult MosquittoClient::subscribe(const std::string& topic, std::uint16_t& mid) {
  if (topic.empty() || topic.size() > 65535) return {MOSQ_ERR_INVAL, 0};
  if (topic.find('\0') != std::string::npos) return {MOSQ_ERR_MALFORMED_UTF8, 0};
  int native_mid = 0;
  const MosquittoResult result =
      call([&] { return mosquitto_subscribe(native_.get(), &native_mid, topic.c_str(), 1); });
  mid = static_cast<std::uint16_t>(native_mid);
  return result;
}

MosquittoResult MosquittoClient::unsubscribe(const std::string& topic, std::uint16_t& mid) {
  if (topic.empty() || topic.size() > 65535) return {MOSQ_ERR_INVAL, 0};
  if (topic.find('\0') != std::string::npos) return {MOSQ_ERR_MALFORMED_UTF8, 0};
  int native_mid = 0;
  const MosquittoResult result =
      call([&] { return mosquitto_unsubscribe(native_.get(), &native_mid, topic.c_str()); });
  mid = static_cast<std::uint16_t>(native_mid);
  return result;
}

MosquittoResult MosquittoClient::disconnect() {
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
  // mosquitto_want_write says yes during the whole handshake once the TCP connection was waited
  // for, and the socket can be written to all the time.
  ssl_st* const tls = tls_connection();
  const bool tls_wants_write = tls && SSL_want_write(tls);
  if (handshaking()) return tls_wants_write ? EventLoop::kWritable : EventLoop::kReadable;
  const bool more_to_write = blocked_ || tls_wants_write || write_buffer_.blocked();
  return EventLoop::kReadable | (more_to_write ? EventLoop::kWritable : 0U);
}

ssl_st* MosquittoClient::tls_connection() const {
  return fd() < 0 ? nullptr : static_cast<ssl_st*>(mosquitto_ssl_get(native_.get()));
}

std::uint64_t MosquittoClient::bytes_received() const {
  ssl_st* const tls = tls_connection();
  if (!tls) return carried_ ? carried_->received : 0;
  return BIO_number_read(SSL_get_rbio(tls));
}

std::uint64_t MosquittoClient::bytes_sent() const {
  // The socket's own BIO, and what stands before it on the way out.
  ssl_st* const tls = tls_connection();
  if (!tls) return carried_ ? carried_->sent : 0;
  return BIO_number_written(SSL_get_rbio(tls)) + write_buffer_.size();
}

MosquittoClient::Progress MosquittoClient::progress() const {
  return {packets_received_, bytes_received(), SSL_pending(tls_connection())};
}

}  // namespace azure::iot::device
