#pragma once

#include <memory>
#include <string>

struct mosquitto;

namespace azure::iot::device {

struct DestroyMosquitto {
  void operator()(mosquitto* client) const;
};
using MosquittoPtr = std::unique_ptr<mosquitto, DestroyMosquitto>;

// A client of libmosquitto with a persistent session. What libmosquitto changes for the whole
// process on the way is put right: what SIGPIPE does, and that a program started later would
// inherit its descriptors. Null if memory or descriptors have run out, with errno set.
MosquittoPtr new_mosquitto(const std::string& client_id, void* user_data);

}  // namespace azure::iot::device
