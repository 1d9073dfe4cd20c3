#pragma once

#include <memory>
#include <string>

struct mosquitto;

namespace azure::iot::device {

struct DestroyMosquitto {
  void operator()(mosquitto* client) const;
};
using MosquittoPtr = std::unique_ptr<mosquitto, DestroyMosquitto>;

// Creates a client of libmosquitto with a persistent session. libmosquitto's side effects on the
// process are reverted: the changed action of SIGPIPE, and descriptors that a program started later
// would inherit. Null if memory or descriptors have run out, with errno set.
MosquittoPtr new_mosquitto(const std::string& client_id, void* user_data);

}  // namespace azure::iot::device
