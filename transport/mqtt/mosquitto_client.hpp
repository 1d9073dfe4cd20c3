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

// What comes in, told from inside a call on the MosquittoClient. Packets that are sent in there go
// out with the next `write`. libmosquitto holds a lock then: the client must not be dialled, closed
// or destroyed.
class MosquittoEvents {
 public:
  virtual void on_connack(int code, bool session_present) = 0;
  virtual void on_puback(std::uint16_t mid) = 0;
  virtual void on_suback(std::uint16_t mid, bool granted) = 0;
  virtual void on_unsuback(std::uint16_t mid) = 0;
  virtual void on_message(std::string_view topic, std::string_view payload) = 0;
  // The connection is over. Its descriptor is closed as soon as this returns.
  virtual void on_closed() = 0;

 protected:
  ~MosquittoEvents() = default;
};

// What a call on libmosquitto returned.
struct MosquittoResult {
  int rc = 0;            // MOSQ_ERR_...
  int error_number = 0;  // errno after it.
  bool local = false;    // It failed on this machine; the server has no part in it.
  explicit operator bool() const { return rc == 0; }
};

// A client of libmosquitto whose connections somebody else makes and watches. It hides what is
// peculiar about driving one without its own loop. One thread.
class MosquittoClient {
 public:
  // Null if memory or descriptors have run out, with errno set. Without `tls` it speaks plain MQTT,
  // over a carrier.
  static std::unique_ptr<MosquittoClient> create(const std::string& client_id,
                                                 std::shared_ptr<TlsContext> tls,
                                                 MosquittoEvents& events);
  ~MosquittoClient();

  struct Login {
    const char* username;
    const char* password;  // Null: none.
  };
  // Takes over a connection that somebody else made, and queues the CONNECT. Unacknowledged
  // publishes go out again once the CONNACK has come. The password is not kept. `bytes` counts
  // where there is no TLS to count by, and outlives the connection.
  MosquittoResult dial(UniqueFd carrier, const CarriedBytes* bytes, int keep_alive,
                       const Login& login);
  // Closes the connection without a DISCONNECT; keeps what has not been acknowledged.
  void close();
  // From now on not even TLS says farewell when the connection is closed.
  void keep_silent();

  // Takes in what has come. Not all of it if that is a lot: then `has_more` says so, since the
  // descriptor may not become readable again for what is left.
  MosquittoResult read();
  bool has_more() const;
  // Hands the packets that wait to TLS, and what TLS makes of them to the write buffer.
  MosquittoResult write();
  // From now on what is written waits for `flush`: for a connection that is up.
  void hold_back_writes();
  // Sends what was held back. False if the connection is broken.
  bool flush() { return write_buffer_.flush(); }
  // Whether a flush is due.
  bool holds_back() const { return write_buffer_.size() > 0; }
  // Pings, or gives the connection up, if it is time.
  MosquittoResult ask_keep_alive();

  // What `publish` would find fault with.
  static MosquittoResult check_publish(const std::string& topic, const std::string& payload);
  // After a failure the packet may have been stored nevertheless: see `did_nothing`.
  MosquittoResult publish(const std::string& topic, const std::string& payload, std::uint16_t& mid);
  MosquittoResult subscribe(const std::string& topic, std::uint16_t& mid);
  MosquittoResult unsubscribe(const std::string& topic, std::uint16_t& mid);
  MosquittoResult disconnect();
  // The packet identifier that the next packet will have, and passing it by: libmosquitto gives out
  // those that are in flight, too. False if it cannot be passed by.
  std::uint16_t next_identifier() const { return last_mid_ == 65535 ? 1 : last_mid_ + 1; }
  bool skip_identifier();
  // Whether a call that failed left nothing behind.
  static bool did_nothing(const MosquittoResult& result);

  bool connected() const { return fd() >= 0; }
  // The descriptor to watch, -1 without a connection. It is one of its own: libmosquitto closes the
  // other without a word, and what is closed before it is unwatched is watched for ever if a forked
  // child has it open.
  int descriptor() const { return carrier_.get(); }
  bool handshaking() const;
  // Whether it was over when this connection was read from.
  bool handshaken() const { return handshaken_; }
  // EventLoop::Readiness to watch the descriptor for.
  unsigned interest() const;
  // Over the connection, as seen on the wire; what is held back counts as sent.
  std::uint64_t bytes_received() const;
  std::uint64_t bytes_sent() const;
  // How much has come of a packet that is not complete yet. What was not told counts too, until
  // the next that is or `set_aside_unfinished`.
  std::uint64_t unfinished_bytes() const { return bytes_received() - bytes_at_packet_; }
  void set_aside_unfinished() { bytes_at_packet_ = bytes_received(); }
  // The OpenSSL error that ended a handshake; 0 if none did.
  unsigned long openssl_error() const { return openssl_error_; }
  // Why the server's certificate did not pass: an X509_V_ERR_...; 0 if it did, or none came.
  int verify_failure() const { return verify_failure_; }

 private:
  MosquittoClient(std::shared_ptr<TlsContext> tls, MosquittoEvents& events);

  struct Callbacks;  // What libmosquitto calls.
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
  // Outlive the connection that reads and writes through them.
  TlsReader reader_;
  WriteBuffer write_buffer_;
  MosquittoPtr native_;
  UniqueFd carrier_;                       // While there is a connection.
  const CarriedBytes* carried_ = nullptr;  // Where there is no TLS.
  std::uint16_t last_mid_ = 0;             // Given out by libmosquitto.
  std::uint64_t bytes_at_packet_ = 0;      // Received when the last of them was complete.
  unsigned long openssl_error_ = 0;
  int verify_failure_ = 0;
  bool blocked_ = false;      // The socket took no more.
  bool lost_packet_ = false;  // What came during a call could not be told.
  bool handshaken_ = false;
  ForkGuard fork_guard_;
};

}  // namespace azure::iot::device
