#include "tests/support/scripted_connection.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>

#include "tests/support/mqtt_packets.hpp"
#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

Bio source(const std::string& pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

Wire& wire_of(BIO* bio) { return *static_cast<Wire*>(BIO_get_data(bio)); }

// A wire as OpenSSL sees it.
const BIO_METHOD* wire_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    BIO_meth_set_read(made, [](BIO* bio, char* bytes, int size) {
      return static_cast<int>(wire_of(bio).read(bytes, static_cast<std::size_t>(size)));
    });
    BIO_meth_set_write(made, [](BIO* bio, const char* bytes, int size) {
      return static_cast<int>(wire_of(bio).write(bytes, static_cast<std::size_t>(size)));
    });
    BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long {
      return command == BIO_CTRL_FLUSH ? 1 : 0;
    });
    return made;
  }();
  return method;
}

}  // namespace

ServerContext make_server_context(const ServerTls& tls) {
  const ServerContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  const std::unique_ptr<X509, decltype(&X509_free)> own(
      PEM_read_bio_X509(source(tls.certificate.certificate).get(), nullptr, nullptr, nullptr),
      &X509_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      PEM_read_bio_PrivateKey(source(tls.certificate.key).get(), nullptr, nullptr, nullptr),
      &EVP_PKEY_free);
  SSL_CTX_use_certificate(context.get(), own.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  if (tls.max_version != 0) {
    SSL_CTX_set_security_level(context.get(), 0);  // Otherwise OpenSSL disables old versions.
    SSL_CTX_set_max_proto_version(context.get(), tls.max_version);
  }
  if (tls.demands_certificate) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  if (!tls.client_ca.empty()) {
    const std::unique_ptr<X509, decltype(&X509_free)> authority(
        PEM_read_bio_X509(source(tls.client_ca).get(), nullptr, nullptr, nullptr), &X509_free);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
    // A resumed session would need a name for this server.
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  return context;
}

ScriptedConnection::~ScriptedConnection() { SSL_free(tls_); }

bool ScriptedConnection::start_tls(const ServerContext& context) {
  tls_ = SSL_new(context.get());
  BIO* const bio = BIO_new(wire_method());
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(tls_, bio, bio);
  const bool done = SSL_accept(tls_) == 1;
  if (const char* name = SSL_get_servername(tls_, TLSEXT_NAMETYPE_host_name)) server_name_ = name;
  ERR_clear_error();
  return done;
}

std::string ScriptedConnection::client_name() const {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(tls_),
                                                                &X509_free);
  if (!certificate) return {};
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name,
                            sizeof name);
  return name;
}

bool ScriptedConnection::resumed() const { return SSL_session_reused(tls_) == 1; }

std::string ScriptedConnection::cipher() const { return SSL_get_cipher_name(tls_); }

void ScriptedConnection::refuse_tls(Alert alert) {
  const std::string header = read(5);  // Type, version, length.
  if (header.size() < 5) return;
  read(static_cast<std::size_t>(static_cast<unsigned char>(header[3]) << 8 |
                                static_cast<unsigned char>(header[4])));
  constexpr char kFatal = 2;
  write(std::string{0x15, 3, 3, 0, 2, kFatal, static_cast<char>(alert)});
}

bool ScriptedConnection::start_web_socket() {
  framed_ = !accept_web_socket(*this).empty();
  return framed_;
}

std::string ScriptedConnection::read_framed(std::size_t size, bool all) {
  framed_ = false;  // The frames themselves are not inside frames.
  while (from_frames_.size() < (all ? size : 1)) {
    const Frame frame = read_frame(*this);
    if (frame.opcode == Opcode::close) break;
    if (frame.opcode == Opcode::binary) from_frames_ += frame.payload;
  }
  framed_ = true;
  const std::string taken = from_frames_.substr(0, size);
  from_frames_.erase(0, taken.size());
  return taken;
}

std::string ScriptedConnection::read(std::size_t size) {
  if (framed_) return read_framed(size, true);
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const auto n = tls_ ? SSL_read(tls_, bytes.data() + got, static_cast<int>(size - got))
                        : wire_.read(bytes.data() + got, size - got);
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  ERR_clear_error();
  bytes.resize(got);
  return bytes;
}

std::string ScriptedConnection::read_some(std::size_t size) {
  if (framed_) return read_framed(size, false);
  std::string bytes(size, '\0');
  const auto n =
      tls_ ? SSL_read(tls_, bytes.data(), static_cast<int>(size)) : wire_.read(bytes.data(), size);
  ERR_clear_error();
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

std::string ScriptedConnection::sealed(std::string_view bytes) {
  BIO* const wire = SSL_get_wbio(tls_);
  BIO_up_ref(wire);
  BIO* const memory = BIO_new(BIO_s_mem());
  SSL_set0_wbio(tls_, memory);
  SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
  char* records = nullptr;
  const long size = BIO_get_mem_data(memory, &records);
  const std::string copy(records, static_cast<std::size_t>(size));
  SSL_set0_wbio(tls_, wire);
  return copy;
}

void ScriptedConnection::write_records(std::string_view records) {
  while (!records.empty()) {
    const ssize_t sent = wire_.write(records.data(), records.size());
    if (sent <= 0) return;
    records.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string ScriptedConnection::read_packet() {
  return test::read_packet([this](std::size_t size) { return read(size); });
}

bool ScriptedConnection::wait_to_read(int wake) {
  if (!from_frames_.empty() || (tls_ && SSL_has_pending(tls_))) return true;
  pollfd both[] = {{wire_.fd(), POLLIN, 0}, {wake, POLLIN, 0}};
  ::poll(both, 2, -1);
  return both[0].revents != 0;
}

void ScriptedConnection::write(std::string_view bytes) {
  if (framed_) {
    const std::string frame = to_bytes({Opcode::binary, std::string(bytes)});
    SSL_write(tls_, frame.data(), static_cast<int>(frame.size()));
    ERR_clear_error();
    return;
  }
  if (tls_) {
    SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()));
    ERR_clear_error();
    return;
  }
  while (!bytes.empty()) {
    const auto sent = wire_.write(bytes.data(), bytes.size());
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool ScriptedConnection::accept_client(const ServerCertificate& certificate, bool session_present) {
  if (!start_tls(certificate) || read_packet().empty()) return false;
  write(connack(0, session_present));
  return true;
}

void ScriptedConnection::wait_for_end() {
  while (!read(1).empty()) {
  }
}

void ScriptedConnection::say_farewell() {
  if (tls_) SSL_shutdown(tls_);
  ERR_clear_error();
  wire_.cut(Cut::fin);
}

}  // namespace azure::iot::device::test
