#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>

#include <mosquitto.h>
#include <sys/epoll.h>

#include "pipeline/loop/unique_fd.hpp"
#include "tools/bench/modes.hpp"

namespace azure::iot::device::bench {
namespace {

constexpr int kKeepAlive = 60;

void require(int rc, const char* what) {
  if (rc == MOSQ_ERR_SUCCESS) return;
  throw std::runtime_error(std::string(what) + ": " + mosquitto_strerror(rc));
}

// A client of libmosquitto, and the messages of a job.
class RawClient {
 public:
  explicit RawClient(const Job& job)
      : topic_("devices/" + job.client_id + "/messages/events/"),
        payload_(job.payload, 'x'),
        measurement(job) {
    mosquitto_lib_init();
    native.reset(mosquitto_new(job.client_id.c_str(), true, this));
    if (!native) throw std::runtime_error("libmosquitto made no client");
    mosquitto_int_option(native.get(), MOSQ_OPT_TCP_NODELAY, 1);
    mosquitto_int_option(native.get(), MOSQ_OPT_SEND_MAXIMUM, 65535);
    require(
        mosquitto_tls_set(native.get(), job.ca_file.c_str(), nullptr, nullptr, nullptr, nullptr),
        "tls_set");
    mosquitto_connect_callback_set(native.get(), [](mosquitto*, void* self, int code) {
      static_cast<RawClient*>(self)->on_connect(code);
    });
    mosquitto_publish_callback_set(native.get(), [](mosquitto*, void* self, int) {
      static_cast<RawClient*>(self)->on_publish();
    });
  }
  virtual ~RawClient() = default;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  virtual void on_connect(int code) = 0;
  virtual void on_acknowledged() = 0;

  bool send_next() {
    if (sent_ == measurement.total()) return false;
    measurement.sent(sent_++);
    require(mosquitto_publish(native.get(), nullptr, topic_.c_str(),
                              static_cast<int>(payload_.size()), payload_.data(), 1, false),
            "publish");
    return true;
  }
  bool done() const { return acknowledged_ == measurement.total(); }

 private:
  struct Destroy {
    void operator()(mosquitto* client) const { mosquitto_destroy(client); }
  };
  void on_publish() {
    measurement.acknowledged(acknowledged_);
    ++acknowledged_;
    on_acknowledged();
  }

  std::string topic_;
  std::string payload_;
  std::size_t sent_ = 0;
  std::atomic<std::size_t> acknowledged_ = 0;

 public:
  Measurement measurement;
  std::unique_ptr<mosquitto, Destroy> native;
};

class LoopClient final : public RawClient {
 public:
  explicit LoopClient(const Job& job)
      : RawClient(job), job_(job), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

  void run() {
    require(mosquitto_connect_async(native.get(), "127.0.0.1", job_.port, kKeepAlive), "connect");
    epoll_event event{};
    event.events = interest_ = EPOLLIN | EPOLLOUT;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, mosquitto_socket(native.get()), &event);
    while (!done()) {
      std::array<epoll_event, 1> ready{};
      const int count = ::epoll_wait(epoll_.get(), ready.data(), 1, 1000);
      if (count > 0 && (ready[0].events & EPOLLIN)) {
        require(mosquitto_loop_read(native.get(), 1), "loop_read");
      }
      if (mosquitto_want_write(native.get())) {
        require(mosquitto_loop_write(native.get(), 1), "loop_write");
      }
      if (count == 0) require(mosquitto_loop_misc(native.get()), "loop_misc");
      watch(EPOLLIN | (mosquitto_want_write(native.get()) ? unsigned{EPOLLOUT} : 0U));
    }
  }

 private:
  void on_connect(int code) override {
    require(code, "CONNACK");
    for (std::size_t i = 0; i < job_.in_flight && send_next(); ++i) {
    }
  }
  void on_acknowledged() override { send_next(); }

  void watch(unsigned interest) {
    if (interest == interest_) return;
    interest_ = interest;
    epoll_event event{};
    event.events = interest;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, mosquitto_socket(native.get()), &event);
  }

  const Job& job_;
  UniqueFd epoll_;
  unsigned interest_ = 0;
};

class ThreadClient final : public RawClient {
 public:
  explicit ThreadClient(const Job& job)
      : RawClient(job), job_(job), room_(static_cast<std::ptrdiff_t>(job.in_flight)) {}

  void run() {
    require(mosquitto_connect_async(native.get(), "127.0.0.1", job_.port, kKeepAlive), "connect");
    require(mosquitto_loop_start(native.get()), "loop_start");
    if (!connected_.try_acquire_for(std::chrono::seconds{20})) {
      throw std::runtime_error("no connection within 20 s");
    }
    for (room_.acquire(); send_next();) room_.acquire();
    for (std::size_t i = 1; i < job_.in_flight; ++i) room_.acquire();
    mosquitto_disconnect(native.get());
    mosquitto_loop_stop(native.get(), false);
  }

 private:
  void on_connect(int code) override {
    require(code, "CONNACK");
    connected_.release();
  }
  void on_acknowledged() override { room_.release(); }

  const Job& job_;
  std::counting_semaphore<> room_;
  std::binary_semaphore connected_{0};
};

}  // namespace

Figures run_raw_loop(const Job& job) {
  LoopClient client(job);
  client.run();
  return client.measurement.figures();
}

Figures run_raw_thread(const Job& job) {
  ThreadClient client(job);
  client.run();
  return client.measurement.figures();
}

}  // namespace azure::iot::device::bench
