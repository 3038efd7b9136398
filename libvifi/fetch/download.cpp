#include "download.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "response.h"
#include "transfer.h"
#include "vifi/error.h"

namespace vifi {
namespace {

/// One download: requests until the file is whole and right.
class Download {
 public:
  Download(const DownloadOptions& options, PartFile& part, const FetchObserver& observer)
      : options_(options), part_(part), observer_(observer), transfer_(options, part, observer), best_(part.size()) {}

  std::uint64_t run() {
    while (!is_right()) {
      switch (transfer_.run()) {
        case Ending::whole: check_sum(); break;
        case Ending::unfit: begin_anew("what is there does not fit the file of the server: beginning anew"); break;
        case Ending::interrupted: wait(); break;
      }
    }
    return transfer_.received();
  }

 private:
  bool is_right() const { return part_.size() > 0 && part_.checksum() == options_.sha256; }

  void check_sum() {
    if (is_right()) {
      return;
    }
    if (transfer_.continued()) {
      begin_anew("the parts do not make the file that was asked for: beginning anew");
      return;
    }
    const std::string sum = part_.checksum();
    const std::uint64_t size = part_.size();
    part_.clear();
    throw Error(ErrorCode::corrupt,
                "[fetch] " + public_address(options_.address) + ": expected sha256 " + options_.sha256 + ", got " + sum +
                    " (" + std::to_string(size) + " bytes)",
                "nothing was kept: the address leads to another file, or something on the way changed it");
  }

  /// Once: a server whose file changes all the time would never end.
  void begin_anew(const std::string& why) {
    part_.clear();
    if (anew_) {
      throw Error(ErrorCode::corrupt, "[fetch] " + public_address(options_.address) + ": the server's answers contradict each other",
                  "nothing was kept: try another address");
    }
    anew_ = true;
    best_ = 0;
    remark(why);
  }

  void wait() {
    fruitless_ = part_.size() > best_ ? 0 : fruitless_ + 1;
    best_ = std::max(best_, part_.size());
    if (fruitless_ >= options_.attempts) {
      throw Error(ErrorCode::unreadable,
                  "[fetch] " + public_address(options_.address) + ": " + transfer_.reason() + " (tried " +
                      std::to_string(fruitless_) + " times)",
                  "check the network and the proxy's settings (https_proxy, no_proxy), then run the same command again: it "
                  "goes on from the " + std::to_string(part_.size()) + " bytes that are there");
    }
    remark(transfer_.reason() + "; trying again from byte " + std::to_string(part_.size()));
    constexpr double kLongest = 60;
    const double own = options_.retry_delay_s * static_cast<double>(1 << std::min(std::max(fruitless_ - 1, 0), 10));
    const double delay = std::min(std::max(own, transfer_.wanted_delay_s()), kLongest);
    std::this_thread::sleep_for(std::chrono::duration<double>(delay));
  }

  void remark(const std::string& text) const {
    if (observer_.remark) {
      observer_.remark(text);
    }
  }

  const DownloadOptions& options_;
  PartFile& part_;
  const FetchObserver& observer_;
  Transfer transfer_;
  std::uint64_t best_;  ///< most bytes that there were
  bool anew_ = false;
  int fruitless_ = 0;   ///< requests in a row that brought nothing
};

}  // namespace

std::uint64_t download(const DownloadOptions& options, PartFile& part, const FetchObserver& observer) {
  return Download(options, part, observer).run();
}

}  // namespace vifi
