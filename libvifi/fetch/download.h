#pragma once

#include <cstdint>
#include <string>

#include "part_file.h"
#include "vifi/fetch.h"

namespace vifi {

struct DownloadOptions {
  std::string address;  ///< http or https
  std::string sha256;   ///< what the file must be: lower-case digits
  int attempts = 5;
  double retry_delay_s = 1;
  double stall_timeout_s = 30;
  std::uint64_t largest = 0;  ///< bytes
};

/// Brings the file at an address into `part`, going on where that ends, until its checksum is right. Whatever made a
/// transfer end early is tried again, as long as tries bring something; what no repetition cures is an error at once.
/// After a wrong checksum `part` is empty; after any other error it keeps what came.
/// @return bytes that were brought
/// @throws Error(not_found, unreadable, corrupt, unsupported)
std::uint64_t download(const DownloadOptions& options, PartFile& part, const FetchObserver& observer);

}  // namespace vifi
