#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/fork_guard.hpp"
#include "../../pipeline/loop/unique_fd.hpp"
#include "../tls/tls_context.hpp"
#include "../tls/tls_reader.hpp"
#include "../tls/write_buffer.hpp"
#include "../tunnel/carried_bytes.hpp"
#include "mosquitto_library.hpp"
#include "private_listener.hpp"

struct ssl_st;

namespace azure::iot::device {

// Events of a connection, reported from inside a call on the MosquittoClient. Packets that a
// handler sends go out with the next `write`. libmosquitto holds a lock meanwhile, so a handler
// must not dial, close or destroy the client.
class MosquittoEvents {
 public:
  virtual void on_connack(int code, bool session_present) = 0;
  virtual void on_puback(std::uint16_t mid) = 0;
  virtual void on_suback(std::uint16_t mid, bool granted) = 0;
  virtual void on_unsuback(std::uint16_t mid) = 0;
  virtual void on_message(std::string_view topic, std::string_view payload) = 0;
  // The connection has ended. Its descriptor is closed as soon as this returns.
  virtual void on_closed() = 0;

 protected:
  ~MosquittoEvents() = default;
};

// The result of a call on libmosquitto.
struct MosquittoResult {
  int rc = 0;            // MOSQ_ERR_...
  int error_number = 0;  // errno after it.
  bool local = false;    // The failure is on this machine; the server has no part in it.
  explicit operator bool() const { return rc == 0; }
};

// A client of libmosquitto for connections that the caller dials and watches. It hides the
// peculiarities of using libmosquitto without its own loop. One thread.
class MosquittoClient {
 public:
  // Null if memory or descriptors have run out, with errno set. Without `tls` it speaks plain MQTT
  // over a carrier.
  static std::unique_ptr<MosquittoClient> create(const std::string& client_id,
                                                 std::shared_ptr<TlsContext> tls,
                                                 MosquittoEvents& events);
  ~MosquittoClient();

  struct Login {
    const char* username;
    const char* password;  // Null: none.
  };
  // Adopts an existing connection and queues the CONNECT. Unacknowledged publishes are sent again
  // once the CONNACK has arrived. The password is not kept. `bytes` provides the counts of bytes if
  // there is no TLS, and must outlive the connection.
  MosquittoResult dial(UniqueFd carrier, const CarriedBytes* bytes, int keep_alive,
                       const Login& login);
  // Closes the connection without a DISCONNECT. Unacknowledged packets are kept.
  void close();
  // Suppresses TLS's close_notify too when the connection is closed.
  void keep_silent();

  // Reads data that has arrived, up to a limit. `has_more` then says whether some is left, since
  // the descriptor may not become readable again for it.
  MosquittoResult read();
  bool has_more() const;
  // Passes waiting packets to TLS, and TLS's records to the write buffer.
  MosquittoResult write();
  // Holds back writes until `flush` from now on. For a connection that is up.
  void hold_back_writes();
  // Sends the held writes. False if the connection is broken.
  bool flush() { return write_buffer_.flush(); }
  // Whether a flush is due.
  bool holds_back() const { return write_buffer_.size() > 0; }
  // Lets libmosquitto ping, or give the connection up, if it is time.
  MosquittoResult ask_keep_alive();

  // The error that `publish` would return for these arguments.
  static MosquittoResult check_publish(const std::string& topic, const std::string& payload);
  // A packet may have been stored even if the call failed: see `did_nothing`.
  MosquittoResult publish(const std::string& topic, const std::string& payload, std::uint16_t& mid);
  MosquittoResult subscribe(const std::string& topic, std::uint16_t& mid);
  MosquittoResult unsubscribe(const std::string& topic, std::uint16_t& mid);
  MosquittoResult disconnect();
  // The identifier of the next packet, and a call to skip it: libmosquitto also assigns identifiers
  // that are in flight. `skip_identifier` returns false if it cannot be skipped.
  std::uint16_t next_identifier() const { return last_mid_ == 65535 ? 1 : last_mid_ + 1; }
  bool skip_identifier();
  // Whether a failed call left nothing behind.
  static bool did_nothing(const MosquittoResult& result);

  bool connected() const { return fd() >= 0; }
  // The descriptor to watch; -1 without a connection. It is a separate one, since libmosquitto
  // closes its own without notice. If a forked child has a copy, a descriptor that is closed before
  // it is unwatched stays watched forever.
  int descriptor() const { return carrier_.get(); }
  bool handshaking() const;
  // Whether the handshake was finished when the connection was last read from.
  bool handshaken() const { return handshaken_; }
  // The EventLoop::Readiness to watch the descriptor for.
  unsigned interest() const;
  // Numbers of bytes on the wire; held writes count as sent.
  std::uint64_t bytes_received() const;
  std::uint64_t bytes_sent() const;
  // The number of bytes received of an incomplete packet. Packets that are not reported count too,
  // until the next reported packet or `set_aside_unfinished`.
  std::uint64_t unfinished_bytes() const { return bytes_received() - bytes_at_packet_; }
  void set_aside_unfinished() { bytes_at_packet_ = bytes_received(); }
  // The OpenSSL error that ended a handshake; 0 if none did.
  unsigned long openssl_error() const { return openssl_error_; }
  // The reason why the server's certificate was rejected, as an X509_V_ERR_...; 0 if it was
  // accepted or none was received.
  int verify_failure() const { return verify_failure_; }

 private:
  MosquittoClient(std::shared_ptr<TlsContext> tls, MosquittoEvents& events);

  struct Callbacks;  // Called by libmosquitto.
  template <class Tell>
  void tell(const Tell& tell);
  void install_callbacks();
  void listen_to_log();
  template <class Call>
  MosquittoResult call(const Call& call);
  int fd() const;  // libmosquitto's own.
  MosquittoResult connect(const PrivateListener& listener, int keep_alive, const Login& login);
  int put_in_place(const UniqueFd& carrier, const PrivateListener& listener);
  void end_carrier();
  void note_identifier(int native_mid, std::uint16_t& mid);
  ssl_st* tls_connection() const;

  std::shared_ptr<TlsContext> tls_;
  MosquittoEvents& events_;
  // These outlive the connection that reads and writes through them.
  TlsReader reader_;
  WriteBuffer write_buffer_;
  MosquittoPtr native_;
  UniqueFd carrier_;                       // While there is a connection.
  const CarriedBytes* carried_ = nullptr;  // Without TLS.
  std::uint16_t last_mid_ = 0;             // The last one that libmosquitto assigned.
  std::uint64_t bytes_at_packet_ = 0;      // Bytes received when the last packet was complete.
  unsigned long openssl_error_ = 0;
  int verify_failure_ = 0;
  bool blocked_ = false;      // The socket accepted no more.
  bool lost_packet_ = false;  // A packet could not be reported.
  bool handshaken_ = false;
  ForkGuard fork_guard_;
};

}  // namespace azure::iot::device
