#include <algorithm>
#include <atomic>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "clients/detail/hub_client_core.hpp"
#include "clients/iothub_device_client.hpp"
#include "tools/bench/modes.hpp"
#include "transport/mqtt/mosquitto_transport.hpp"

namespace azure::iot::device::bench {
namespace {

using detail::Completion;
using detail::HubClientCore;

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<HubClientCore> make_core(const Job& job, bool websockets) {
  const std::string key = "ZmFrZSBrZXkgZm9yIGJlbmNobWFya3M=";
  return HubClientCore::create(detail::config_from_symmetric_key(
                                   key, "localhost", job.client_id,
                                   {.server_verification_cert = contents_of(job.ca_file),
                                    .websockets = websockets,
                                    .port = job.port,
                                    .max_in_flight = std::max<std::size_t>(128, job.in_flight)}),
                               make_mosquitto_transport_factory(), HandlerPool::shared());
}

// A connected device client, created as an application does, and the message that it sends.
struct ConnectedClient {
  explicit ConnectedClient(const Job& job, bool websockets = false)
      : core(make_core(job, websockets)) {
    client.connect(std::chrono::seconds{20});
  }

  std::shared_ptr<HubClientCore> core;
  IoTHubDeviceClient client{core};
};

Message make_message(const Job& job) { return Message{.data = std::string(job.payload, 'x')}; }

// State that several threads, or completions, share.
struct Progress {
  explicit Progress(const Job& job) : measurement(job) {}

  void acknowledged(std::size_t i, const Error& error) {
    if (error && !failure) failure = error;
    measurement.acknowledged(i);
    if (i + 1 == measurement.total()) done.release();
  }

  Measurement measurement;
  Error failure;
  std::binary_semaphore done{0};
};

// Sends one message after the other, each from the completion of the previous one.
struct Chain {
  void send_next() {
    const std::size_t i = next;
    if (i == progress.measurement.total()) return;
    ++next;
    progress.measurement.sent(i);
    core->start_send_message(make_message(job), {}, Completion<void>([this, i](const Error& error) {
                               progress.acknowledged(i, error);
                               send_next();
                             }));
  }

  const Job& job;
  HubClientCore* core = nullptr;
  Progress progress{job};
  std::size_t next = 0;
};

Figures figures_at_end(Progress& progress) {
  progress.done.acquire();
  if (progress.failure) {
    throw std::runtime_error("a send failed: " + progress.failure.describe());
  }
  return progress.measurement.figures();
}

Figures run_chain(const Job& job, bool websockets) {
  Chain chain{.job = job};  // Outlives the client, whose completions refer to it.
  ConnectedClient connected(job, websockets);
  chain.core = connected.core.get();
  chain.core->loop().post([&] {
    for (std::size_t i = 0; i < job.in_flight; ++i) chain.send_next();
  });
  return figures_at_end(chain.progress);
}

}  // namespace

Figures run_async(const Job& job) { return run_chain(job, false); }
Figures run_websocket(const Job& job) { return run_chain(job, true); }

Figures run_async_thread(const Job& job) {
  Progress progress(job);  // Outlives the client, whose completions refer to it.
  std::counting_semaphore<> room(static_cast<std::ptrdiff_t>(job.in_flight));
  ConnectedClient connected(job);
  for (std::size_t i = 0; i < progress.measurement.total(); ++i) {
    room.acquire();
    progress.measurement.sent(i);
    connected.core->start_send_message(make_message(job), {},
                                       Completion<void>([&, i](const Error& error) {
                                         progress.acknowledged(i, error);
                                         room.release();
                                       }));
  }
  return figures_at_end(progress);
}

Figures run_blocking(const Job& job) {
  ConnectedClient connected(job);
  Measurement measurement(job);
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  std::size_t acknowledged = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      while (next++ < measurement.total()) {
        const auto begin = Measurement::Clock::now();
        connected.client.send_message(make_message(job), std::chrono::seconds{30});
        const std::lock_guard lock(mutex);
        measurement.sent(acknowledged, begin);
        measurement.acknowledged(acknowledged++);
      }
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < job.in_flight; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  return measurement.figures();
}

}  // namespace azure::iot::device::bench
