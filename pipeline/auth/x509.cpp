#include "pipeline/auth/x509.hpp"

#include "pipeline/auth/wipe.hpp"

namespace azure::iot::device {

X509::~X509() {
  wipe(key);
  wipe(pass_phrase);
}

}  // namespace azure::iot::device
