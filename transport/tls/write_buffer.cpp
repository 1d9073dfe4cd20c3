#include "transport/tls/write_buffer.hpp"

#include <new>
#include <utility>

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace azure::iot::device {

// The buffer of a thread, with the owner of the bytes in it.
class WriteBuffer::Shared {
 public:
  static constexpr std::size_t kCapacity = 64 * 1024;

  static Shared& of_this_thread() {
    static thread_local Shared shared;
    return shared;
  }

  WriteBuffer* owner = nullptr;
  std::string bytes;
};

struct WriteBuffer::Method {
  static WriteBuffer* self(BIO* bio) { return static_cast<WriteBuffer*>(BIO_get_data(bio)); }

  static int write(BIO* bio, const char* data, int size) {
    BIO_clear_retry_flags(bio);
    WriteBuffer* const buffer = self(bio);
    return buffer ? buffer->write_or_break({data, static_cast<std::size_t>(size)}) : -1;
  }
  static long control(BIO* bio, int command, long number, void* pointer) {
    switch (command) {
      // OpenSSL asks several times for each record. The kernel cannot encrypt data that is held
      // back here.
      case BIO_CTRL_GET_KTLS_SEND: return 0;
      case BIO_CTRL_FLUSH: return self(bio) && self(bio)->flush() ? 1 : -1;
      case BIO_CTRL_WPENDING: return self(bio) ? static_cast<long>(self(bio)->size()) : 0;
      case BIO_CTRL_DUP: return 0;
      default: return BIO_next(bio) ? BIO_ctrl(BIO_next(bio), command, number, pointer) : 0;
    }
  }
  static int destroy(BIO* bio) {
    if (WriteBuffer* const buffer = self(bio)) buffer->detach();
    BIO_set_data(bio, nullptr);
    return 1;
  }
  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  // Created once and never freed, since TLS may be used until the process ends.
  static BIO_METHOD* get() {
    static BIO_METHOD* const method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "write buffer");
      if (!made) return made;
      BIO_meth_set_write(made, write);
      BIO_meth_set_ctrl(made, control);
      BIO_meth_set_create(made, create);
      BIO_meth_set_destroy(made, destroy);
      return made;
    }();
    return method;
  }
};

WriteBuffer::~WriteBuffer() {
  if (bio_) BIO_set_data(bio_, nullptr);  // The connection outlives this and sends nothing.
  Shared& shared = Shared::of_this_thread();
  if (shared.owner == this) {
    shared.owner = nullptr;
    shared.bytes.clear();
  }
}

bool WriteBuffer::attach(SSL* connection) {
  BIO* const socket = SSL_get_wbio(connection);
  BIO* const bio = Method::get() ? BIO_new(Method::get()) : nullptr;
  if (!bio) return false;
  BIO_set_data(bio, this);
  // The connection drops its reference to the socket together with the old BIO; the chain keeps
  // one.
  BIO_up_ref(socket);
  SSL_set0_wbio(connection, BIO_push(bio, socket));
  bio_ = bio;
  backlog_.clear();
  broken_ = silent_ = passes_on_ = false;
  return true;
}

// Called while the connection is being freed. Its last bytes are sent: a DISCONNECT, and the
// close_notify of TLS.
void WriteBuffer::detach() {
  flush();
  bio_ = nullptr;
  backlog_ = std::string();
  Shared& shared = Shared::of_this_thread();
  if (shared.owner != this) return;
  shared.owner = nullptr;
  shared.bytes.clear();
}

// Called by OpenSSL, so it must not throw.
int WriteBuffer::write_or_break(std::string_view bytes) noexcept {
  try {
    return write(bytes);
  } catch (const std::bad_alloc&) {
    broken_ = true;
    return -1;
  }
}

int WriteBuffer::write(std::string_view bytes) {
  Shared& shared = Shared::of_this_thread();
  const bool full = shared.owner == this && shared.bytes.size() + bytes.size() > Shared::kCapacity;
  if ((full || blocked() || passes_on_) && !flush()) return -1;
  if (blocked()) {
    BIO_set_retry_write(bio_);
    return -1;
  }
  if (passes_on_ && !silent_) {
    const int written = BIO_write(BIO_next(bio_), bytes.data(), static_cast<int>(bytes.size()));
    BIO_copy_next_retry(bio_);
    return written;
  }
  if (shared.owner != this) {
    if (shared.owner) shared.owner->flush();
    shared.owner = this;
  }
  shared.bytes.append(bytes);
  return static_cast<int>(bytes.size());
}

std::size_t WriteBuffer::size() const {
  const Shared& shared = Shared::of_this_thread();
  return backlog_.size() + (shared.owner == this ? shared.bytes.size() : 0);
}

bool WriteBuffer::flush() {
  if (!bio_ || broken_) return !broken_;
  Shared& shared = Shared::of_this_thread();
  if (blocked()) {
    backlog_.erase(0, send(backlog_));
    // Order is kept: nothing was accepted while something was left.
    if (backlog_.empty()) backlog_ = std::string();
  } else if (shared.owner == this) {
    const std::size_t sent = send(shared.bytes);
    keep_rest(std::string_view(shared.bytes).substr(sent));
    shared.owner = nullptr;
    shared.bytes.clear();
  }
  return !broken_;
}

// Breaks the connection if there is no memory to keep the rest.
void WriteBuffer::keep_rest(std::string_view rest) noexcept {
  try {
    backlog_.assign(rest);
  } catch (const std::bad_alloc&) {
    broken_ = true;
  }
}

// Returns the number of bytes that need not be kept: those that the socket accepted, or all of them
// if the connection is silenced or broken.
std::size_t WriteBuffer::send(std::string_view bytes) {
  BIO* const socket = BIO_next(bio_);
  std::size_t sent = 0;
  while (!silent_ && sent < bytes.size()) {
    const int written =
        BIO_write(socket, bytes.data() + sent, static_cast<int>(bytes.size() - sent));
    if (written > 0) {
      sent += static_cast<std::size_t>(written);
      continue;
    }
    broken_ = !BIO_should_retry(socket);
    return broken_ ? bytes.size() : sent;
  }
  return bytes.size();  // Sent, or discarded because the connection is silenced.
}

}  // namespace azure::iot::device
