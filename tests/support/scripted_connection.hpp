#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "tests/support/test_certificates.hpp"
#include "tests/support/wire.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace azure::iot::device::test {

// The TLS settings of a server.
struct ServerTls {
  const ServerCertificate& certificate;
  int max_version = 0;  // TLS1_1_VERSION, for example; 0: all that OpenSSL supports.
  bool demands_certificate = false;
  // Requests a certificate of this authority, and accepts a client without one as well.
  std::string client_ca = {};
};

// The shared state of a server's connections, session tickets included.
using ServerContext = std::shared_ptr<ssl_ctx_st>;
ServerContext make_server_context(const ServerTls& tls);

// Alerts that a server may send, by their numbers in RFC 8446 section 6.
enum class Alert : unsigned char {
  handshake_failure = 40,
  certificate_expired = 45,
  access_denied = 49,
  protocol_version = 70,
  internal_error = 80,
  unrecognized_name = 112,
};

// One connection of a ScriptedServer. Calls block until they have completed, the client hangs up,
// or the server ends.
class ScriptedConnection {
 public:
  explicit ScriptedConnection(int fd) : wire_(fd) {}
  ~ScriptedConnection();

  // Handshakes as the server. Returns false if the client hung up, or the two could not agree.
  bool start_tls(const ServerTls& tls) { return start_tls(make_server_context(tls)); }
  bool start_tls(const ServerContext& context);
  bool start_tls(const ServerCertificate& certificate) { return start_tls(ServerTls{certificate}); }
  // The server name in the client's ClientHello; empty if it has none.
  const std::string& server_name() const { return server_name_; }
  // The common name of the client's certificate; empty without one.
  std::string client_name() const;
  // Whether the client resumed a session with a ticket.
  bool resumed() const;
  // The negotiated suite, in OpenSSL's words.
  std::string cipher() const;
  // Answers a ClientHello with a fatal alert. Instead of `start_tls`.
  void refuse_tls(Alert alert);

  // Answers the request for a WebSocket. Reads and writes after that are inside its frames. Returns
  // false if the client hung up.
  bool start_web_socket();

  // Reads exactly that many bytes; fewer if the client hangs up.
  std::string read(std::size_t size);
  // Reads the available bytes, that many at most; empty once the client has hung up.
  std::string read_some(std::size_t size);
  // Returns the next MQTT packet as it is on the wire; empty once the client has hung up.
  std::string read_packet();
  // Whether there is something to read, or the client hung up, before `wake` becomes readable.
  bool wait_to_read(int wake);
  void write(std::string_view bytes);
  // Returns the TLS records for those bytes, for `write_records`: in parts, or late.
  std::string sealed(std::string_view bytes);
  void write_records(std::string_view records);
  // Handshakes, reads the CONNECT and accepts it. Returns false if the client hung up.
  bool accept_client(const ServerCertificate& certificate, bool session_present = false);
  void wait_for_end();
  // The same without reading, so that the client's packets pile up.
  void wait_without_reading() { wire_.cut(Cut::silence); }

  // The TCP connection below TLS.
  Wire& wire() { return wire_; }
  // Closes with RST instead of FIN.
  void reset() { wire_.cut(Cut::rst); }
  // Closes with FIN, without a close_notify of TLS.
  void hang_up() { wire_.close(); }
  // Closes as TLS requires, with close_notify and then FIN.
  void say_farewell();
  // Interrupts blocking calls. Any thread.
  void interrupt() { wire_.interrupt(); }

 private:
  Wire wire_;
  std::string read_framed(std::size_t size, bool all);

  ssl_st* tls_ = nullptr;
  bool framed_ = false;
  std::string from_frames_;  // Not read yet.
  std::string server_name_;
};

}  // namespace azure::iot::device::test
