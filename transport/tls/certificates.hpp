#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "../../pipeline/result.hpp"

struct x509_st;

namespace azure::iot::device {

struct FreeCertificate {
  void operator()(x509_st* certificate) const;
};
using Certificate = std::unique_ptr<x509_st, FreeCertificate>;

// Reads all certificates of a PEM text, in order. Returns an error (Errc::bad_content) if there is
// none, or if one cannot be read. `argument` names the text in the error. Any thread.
Result<std::vector<Certificate>> read_certificates(std::string_view pem, std::string_view argument);

}  // namespace azure::iot::device
