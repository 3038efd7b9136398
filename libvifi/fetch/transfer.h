#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <string>

#include "download.h"
#include "vifi/error.h"

namespace vifi {

/// How one request ended.
enum class Ending {
  whole,        ///< everything that the server has is there
  interrupted,  ///< it may go on later; `reason` says why it ended
  unfit,        ///< what is there cannot be continued: begin anew
};

/// Requests for one address, one after the other, over one connection where the server keeps it. Not thread-safe.
class Transfer {
 public:
  /// The three must outlive the transfer.
  Transfer(const DownloadOptions& options, PartFile& part, const FetchObserver& observer);

  /// Asks for what `part` lacks and appends what comes.
  /// @throws Error for what no repetition cures, and what the observer throws
  Ending run();

  const std::string& reason() const noexcept { return reason_; }
  bool continued() const noexcept { return continued_; }         ///< the last answer went on where `part` ended
  std::uint64_t received() const noexcept { return received_; }  ///< bytes over all requests
  double wanted_delay_s() const;                                 ///< what the server's Retry-After asks for; 0: nothing

 private:
  using Clock = std::chrono::steady_clock;
  struct Cleanup {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  static std::size_t on_bytes(char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
  static int on_progress(void* self, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) noexcept;

  void take(std::span<const std::byte> bytes);
  void begin_body();  ///< decides, from the status, the headers and the first bytes, whether they are the file's
  void check_room() const;
  void flush_head();
  void note_progress(curl_off_t now);
  Ending judge(CURLcode code);
  Ending judge_status(long status);
  [[noreturn]] void refuse(CURLcode code) const;
  long status() const;
  std::string header(const char* name) const;
  [[noreturn]] void fail(ErrorCode code, const std::string& what, const std::string& hint) const;

  const DownloadOptions& options_;
  PartFile& part_;
  const FetchObserver& observer_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::unique_ptr<CURL, Cleanup> curl_;
  char message_[CURL_ERROR_SIZE] = {};
  std::uint64_t received_ = 0;
  std::string reason_;

  // of the request that runs
  std::string head_;            ///< first bytes of the body, until there are enough to judge them
  bool begun_ = false;          ///< the body was judged
  bool continued_ = false;
  bool unfit_ = false;
  bool stalled_ = false;
  std::uint64_t total_ = 0;     ///< size of the whole file; 0: not known
  curl_off_t seen_ = 0;
  Clock::time_point last_byte_;
  std::exception_ptr thrown_;   ///< in a callback
};

}  // namespace vifi
