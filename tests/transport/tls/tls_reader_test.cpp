#include "transport/tls/tls_reader.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

using namespace azure::iot::device;

namespace {

constexpr std::size_t kSocketRoom = 100;
constexpr std::uint64_t kNoLimit = 1'000'000;

// A connection with a TlsReader on its socket, on which bytes have arrived.
class GatedSocket {
 public:
  explicit GatedSocket(const std::string& arrived) {
    BIO* socket = nullptr;
    BIO* far_end = nullptr;
    REQUIRE(BIO_new_bio_pair(&socket, kSocketRoom, &far_end, kSocketRoom) == 1);
    far_end_.reset(far_end);
    SSL_set_bio(connection_.get(), socket, socket);
    gate.shut();
    gate.attach(connection_.get());
    arrive(arrived);
  }

  void arrive(const std::string& bytes) {
    const int size = static_cast<int>(bytes.size());
    REQUIRE(BIO_write(far_end_.get(), bytes.data(), size) == size);
  }
  // Reads up to this many bytes. If it gets none, BIO reports that the read should be retried.
  std::string read(std::size_t room) {
    BIO* const socket = SSL_get_rbio(connection_.get());
    std::string bytes(room, '\0');
    const int got = BIO_read(socket, bytes.data(), static_cast<int>(room));
    if (got <= 0) CHECK(BIO_should_read(socket));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  // The result of BIO_write after the far end has closed.
  int write_in_vain() {
    far_end_.reset();
    errno = 0;
    return BIO_write(SSL_get_rbio(connection_.get()), "x", 1);
  }
  bool should_write_again() { return BIO_should_write(SSL_get_rbio(connection_.get())) != 0; }

  TlsReader gate;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
    void operator()(BIO* bio) const { BIO_free(bio); }
  };

  std::unique_ptr<SSL_CTX, Free> context_{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<BIO, Free> far_end_;
  std::unique_ptr<SSL, Free> connection_{SSL_new(context_.get())};
};

}  // namespace

TEST_CASE("TlsReader: nothing comes in before it is let in") {
  GatedSocket socket("one two");
  CHECK(socket.read(7).empty());
  socket.gate.let_in(kNoLimit, false);
  CHECK(socket.read(7) == "one two");
}

TEST_CASE("TlsReader: once the limit is reached, the rest waits for the next one") {
  GatedSocket socket("one two three");
  socket.gate.let_in(4, false);
  CHECK(socket.read(3) == "one");
  CHECK(socket.read(4) == " two");
  CHECK(socket.read(6).empty());
  socket.gate.let_in(7, false);
  CHECK(socket.read(6).empty());
  socket.gate.let_in(8, false);
  CHECK(socket.read(6) == " three");
}

TEST_CASE("TlsReader: a read that got less than it asked for is the last, after the handshake") {
  GatedSocket socket("one");
  socket.gate.let_in(kNoLimit, false);
  CHECK(socket.read(10) == "one");
  socket.arrive("two");
  CHECK(socket.read(10) == "two");

  socket.gate.let_in(kNoLimit, true);
  socket.arrive("three");
  CHECK(socket.read(5) == "three");
  socket.arrive("four");
  CHECK(socket.read(10) == "four");
  socket.arrive("five");
  CHECK(socket.read(10).empty());
  socket.gate.let_in(kNoLimit, true);
  CHECK(socket.read(10) == "five");
}

TEST_CASE("TlsReader: a write that fails during the connect is put off, and not once it is up") {
  // The handshake is not complete here, so the failure is reported.
  GatedSocket handshaking("");
  CHECK(handshaking.write_in_vain() <= 0);
  CHECK_FALSE(handshaking.should_write_again());
  GatedSocket up("");
  up.gate.note_up();
  CHECK(up.write_in_vain() <= 0);
  CHECK_FALSE(up.should_write_again());
}

TEST_CASE("TlsReader: for a new connection it is shut, whatever the last one was allowed") {
  GatedSocket socket("one");
  socket.gate.let_in(kNoLimit, true);
  CHECK(socket.read(10) == "one");  // And nothing more for the moment.
  socket.gate.shut();
  socket.arrive("two");
  CHECK(socket.read(3).empty());
  socket.gate.let_in(kNoLimit, false);
  CHECK(socket.read(3) == "two");
}
