#include "transport/tls/write_buffer.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ssl.h>

using namespace azure::iot::device;

namespace {

constexpr std::size_t kSocketRoom = 100;

// A connection that writes through a buffer to a socket with room for kSocketRoom bytes.
class Connection {
 public:
  Connection() : Connection(own_buffer_) {}
  // Uses a buffer that has served another connection.
  explicit Connection(WriteBuffer& used) : buffer(used) {
    REQUIRE(BIO_new_bio_pair(&socket_, kSocketRoom, &far_end_, kSocketRoom) == 1);
    ssl_ = SSL_new(context());
    BIO_up_ref(socket_);  // Holds the sent bytes, also after the connection is closed.
    SSL_set_bio(ssl_, socket_, socket_);
    REQUIRE(buffer.attach(ssl_));
  }
  ~Connection() {
    close();
    BIO_free(socket_);
    BIO_free(far_end_);
  }

  // The result of BIO_write.
  int write(const std::string& bytes) {
    return BIO_write(SSL_get_wbio(ssl_), bytes.data(), static_cast<int>(bytes.size()));
  }
  bool may_retry() { return BIO_should_retry(SSL_get_wbio(ssl_)) != 0; }
  // The bytes that have arrived since the last call.
  std::string arrived() {
    std::string bytes(kSocketRoom, '\0');
    const int got = BIO_read(far_end_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  void break_socket() {
    BIO_free(far_end_);
    far_end_ = nullptr;
  }
  void close() {
    SSL_free(ssl_);
    ssl_ = nullptr;
  }

  WriteBuffer& buffer;

 private:
  static SSL_CTX* context() {
    static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    return context;
  }

  WriteBuffer own_buffer_;
  SSL* ssl_ = nullptr;
  BIO* socket_ = nullptr;
  BIO* far_end_ = nullptr;
};

}  // namespace

TEST_CASE("WriteBuffer: what is written waits, and goes out at once and in order") {
  Connection connection;
  CHECK(connection.write("one ") == 4);
  CHECK(connection.write("two") == 3);
  CHECK(connection.arrived().empty());
  CHECK(connection.buffer.size() == 7);
  CHECK(connection.buffer.flush());
  CHECK(connection.arrived() == "one two");
  CHECK(connection.buffer.size() == 0);
}

TEST_CASE("WriteBuffer: what the socket does not take is kept, and nothing overtakes it") {
  Connection connection;
  const std::string large(kSocketRoom + 50, 'x');
  CHECK(connection.write(large) == static_cast<int>(large.size()));
  CHECK(connection.buffer.flush());
  CHECK(connection.buffer.blocked());
  CHECK(connection.buffer.size() == 50);
  CHECK(connection.write("late") == -1);
  CHECK(connection.may_retry());
  CHECK(connection.arrived() == std::string(kSocketRoom, 'x'));
  CHECK(connection.write("late") == 4);  // There is room again.
  CHECK_FALSE(connection.buffer.blocked());
  CHECK(connection.buffer.flush());
  CHECK(connection.arrived() == std::string(50, 'x') + "late");
}

TEST_CASE("WriteBuffer: of two connections the second has the first send before it holds back") {
  Connection first;
  Connection second;
  first.write("first");
  second.write("second");
  CHECK(first.arrived() == "first");
  CHECK(second.arrived().empty());
  CHECK(first.buffer.size() == 0);
  second.buffer.flush();
  CHECK(second.arrived() == "second");
}

TEST_CASE("WriteBuffer: more than it holds goes out without being asked for") {
  Connection connection;
  const std::string piece(16 * 1024, 'x');
  for (int i = 0; i < 4; ++i) CHECK(connection.write(piece) > 0);
  CHECK(connection.arrived().empty());
  CHECK(connection.write(piece) == -1);  // The socket accepted a little; the rest has to wait.
  CHECK(connection.may_retry());
  CHECK(connection.arrived().size() == kSocketRoom);
}

TEST_CASE("WriteBuffer: what was said last goes out when the connection is closed") {
  Connection connection;
  connection.write("farewell");
  connection.close();
  CHECK(connection.arrived() == "farewell");
}

TEST_CASE("WriteBuffer: once silent it sends nothing, not even what it holds") {
  Connection connection;
  connection.write("secret");
  connection.buffer.keep_silent();
  connection.close();
  CHECK(connection.arrived().empty());
}

TEST_CASE("WriteBuffer: a broken connection is told of") {
  Connection connection;
  connection.write("lost");
  connection.break_socket();
  CHECK_FALSE(connection.buffer.flush());
  CHECK_FALSE(connection.buffer.flush());
}

TEST_CASE("WriteBuffer: it may go before the connection, and the next connection begins anew") {
  auto buffer = std::make_unique<Connection>();
  buffer->write("old");
  buffer.reset();
  Connection next;
  next.write("new");
  next.buffer.flush();
  CHECK(next.arrived() == "new");
}

TEST_CASE("WriteBuffer: what an old connection did not take is not sent in the next one") {
  WriteBuffer buffer;
  {
    Connection old(buffer);
    old.write(std::string(kSocketRoom + 50, 'o'));
    CHECK(buffer.flush());
    CHECK(buffer.blocked());
  }
  Connection next(buffer);
  CHECK_FALSE(buffer.blocked());
  CHECK(buffer.size() == 0);
  CHECK(next.write("new") == 3);
  CHECK(buffer.flush());
  CHECK(next.arrived() == "new");
}

TEST_CASE("WriteBuffer: a connection that broke, or fell silent, does not break the next") {
  WriteBuffer buffer;
  {
    Connection broken(buffer);
    broken.write("lost");
    broken.break_socket();
    CHECK_FALSE(buffer.flush());
  }
  {
    Connection silenced(buffer);
    CHECK(silenced.write("heard") == 5);
    CHECK(buffer.flush());
    CHECK(silenced.arrived() == "heard");
    buffer.keep_silent();
  }
  Connection next(buffer);
  next.write("heard again");
  CHECK(buffer.flush());
  CHECK(next.arrived() == "heard again");
}

TEST_CASE("WriteBuffer: while it is blocked, what another connection writes is that one's alone") {
  Connection blocked;
  blocked.write(std::string(kSocketRoom + 50, 'b'));
  CHECK(blocked.buffer.flush());
  Connection other;
  other.write("other");
  CHECK(blocked.arrived() == std::string(kSocketRoom, 'b'));
  CHECK(blocked.buffer.flush());
  CHECK(blocked.arrived() == std::string(50, 'b'));
  CHECK(other.buffer.size() == 5);
  CHECK(other.buffer.flush());
  CHECK(other.arrived() == "other");
}

TEST_CASE("WriteBuffer: one that goes takes what it held with it, and leaves the room to others") {
  Connection other;
  {
    Connection gone;
    gone.write("held");
    gone.buffer.keep_silent();
  }
  other.write("other");
  CHECK(other.buffer.size() == 5);
  other.buffer.flush();
  CHECK(other.arrived() == "other");
}

TEST_CASE("WriteBuffer: what one held that goes before its connection reaches no other") {
  auto buffer = std::make_unique<WriteBuffer>();
  Connection old(*buffer);
  old.write("old");
  buffer.reset();
  Connection next;
  next.write("new");
  CHECK(next.buffer.size() == 3);
  CHECK(next.buffer.flush());
  CHECK(next.arrived() == "new");
  CHECK(old.arrived().empty());
}

TEST_CASE("WriteBuffer: a socket that takes a little at a time gets everything, once") {
  const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> sipping(
      BIO_meth_new(BIO_TYPE_SOURCE_SINK, "sipping"), &BIO_meth_free);
  BIO_meth_set_write(sipping.get(), [](BIO* bio, const char* bytes, int size) {
    const int sip = std::min(size, 7);
    static_cast<std::string*>(BIO_get_data(bio))->append(bytes, static_cast<std::size_t>(sip));
    return sip;
  });
  std::string taken;
  BIO* const socket = BIO_new(sipping.get());
  BIO_set_data(socket, &taken);
  BIO_set_init(socket, 1);
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  WriteBuffer buffer;
  const std::unique_ptr<SSL, decltype(&SSL_free)> connection(SSL_new(context.get()), &SSL_free);
  SSL_set_bio(connection.get(), socket, socket);
  REQUIRE(buffer.attach(connection.get()));
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::to_string(i);
  CHECK(BIO_write(SSL_get_wbio(connection.get()), text.data(), static_cast<int>(text.size())) ==
        static_cast<int>(text.size()));
  CHECK(buffer.flush());
  CHECK(taken == text);
}
