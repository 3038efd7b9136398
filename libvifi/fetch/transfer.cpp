#include "transfer.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "response.h"
#include "vifi/error.h"

namespace vifi {
namespace {

constexpr std::size_t kHeadSize = 64;  // bytes that tell a page from weights

void start_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw Error(ErrorCode::internal, "[fetch] libcurl does not start", "reinstall libcurl4");
    }
  });
}

/// The certificates that a network of its own has; the library alone does not look at these variables.
const char* certificate_file() {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (const char* value = std::getenv(name); value && *value != '\0') {
      return value;
    }
  }
  return nullptr;
}

/// Failures of the connection that another try may not meet.
bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_BAD_CONTENT_ENCODING:
      return false;
    default:
      return true;
  }
}

bool never_connected(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
}

}  // namespace

Transfer::Transfer(const DownloadOptions& options, PartFile& part, const FetchObserver& observer)
    : options_(options), part_(part), observer_(observer) {
  start_curl();
  curl_.reset(curl_easy_init());
  headers_.reset(curl_slist_append(nullptr, "Accept-Encoding: identity"));  // ranges count the file's own bytes
  if (!curl_ || !headers_) {
    throw Error(ErrorCode::out_of_memory, "[fetch] no memory for a transfer");
  }
  CURL* curl = curl_.get();
  const bool secure = options.address.starts_with("https:");
  curl_easy_setopt(curl, CURLOPT_URL, options.address.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "vifi/" VIFI_VERSION);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, message_);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(options.stall_timeout_s * 1000)));
  if (const char* file = certificate_file()) {
    curl_easy_setopt(curl, CURLOPT_CAINFO, file);
    curl_easy_setopt(curl, CURLOPT_PROXY_CAINFO, file);
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Transfer::on_bytes);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
}

Ending Transfer::run() {
  head_.clear();
  reason_.clear();
  begun_ = continued_ = unfit_ = stalled_ = false;
  total_ = 0;
  seen_ = 0;
  message_[0] = '\0';
  last_byte_ = Clock::now();
  // Not CURLOPT_RESUME_FROM: with that, an answer from a server without ranges is an error.
  const std::string range = std::to_string(part_.size()) + "-";
  curl_easy_setopt(curl_.get(), CURLOPT_RANGE, part_.size() > 0 ? range.c_str() : nullptr);

  const CURLcode code = curl_easy_perform(curl_.get());
  if (!thrown_ && !begun_ && status() >= 200 && status() <= 299) {  // a body shorter than a head
    try {
      flush_head();
    } catch (...) {
      thrown_ = std::current_exception();
    }
  }
  if (thrown_) {
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
  return judge(code);
}

std::size_t Transfer::on_bytes(char* bytes, std::size_t size, std::size_t count, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    transfer.take(std::as_bytes(std::span(bytes, size * count)));
    return transfer.unfit_ ? CURL_WRITEFUNC_ERROR : size * count;
  } catch (...) {
    transfer.thrown_ = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

int Transfer::on_progress(void* self, curl_off_t, curl_off_t now, curl_off_t, curl_off_t) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    transfer.note_progress(now);
  } catch (...) {
    transfer.thrown_ = std::current_exception();
  }
  return transfer.stalled_ || transfer.thrown_ ? 1 : 0;
}

void Transfer::note_progress(curl_off_t now) {
  const Clock::time_point time = Clock::now();
  if (now != seen_) {
    seen_ = now;
    last_byte_ = time;
  }
  stalled_ = std::chrono::duration<double>(time - last_byte_).count() > options_.stall_timeout_s;
  if (begun_ && observer_.progress) {
    observer_.progress(part_.size(), total_);
  }
}

void Transfer::take(std::span<const std::byte> bytes) {
  if (status() < 200 || status() > 299) {
    return;  // what an error page says is not shown
  }
  if (begun_) {
    part_.append(bytes);
    received_ += bytes.size();
    if (part_.size() > options_.largest) {
      fail(ErrorCode::unsupported, "more than " + std::to_string(options_.largest) + " bytes came", "check the address");
    }
  } else {
    head_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (head_.size() >= kHeadSize) {
      flush_head();
    }
  }
  last_byte_ = Clock::now();  // the disk's time is not the network's
}

void Transfer::flush_head() {
  begin_body();
  begun_ = !unfit_;
  if (begun_) {
    part_.append(std::as_bytes(std::span(head_)));
    received_ += head_.size();
  }
}

void Transfer::begin_body() {
  constexpr long kPartial = 206;
  if (looks_like_page(header("Content-Type"), head_)) {
    fail(ErrorCode::corrupt, "the server sent a web page instead of a file",
         "open the address in a browser: a login or a proxy may stand between");
  }
  if (status() == kPartial) {
    const auto range = parse_content_range(header("Content-Range"));
    if (!range || range->first != part_.size()) {
      unfit_ = true;
      return;
    }
    continued_ = true;
    total_ = range->total.value_or(0);
  } else {
    if (part_.size() > 0) {
      if (observer_.remark) {
        observer_.remark("the server sends the whole file again: it cannot go on in the middle");
      }
      part_.clear();
    }
    curl_off_t length = -1;
    curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    total_ = length > 0 ? static_cast<std::uint64_t>(length) : 0;
  }
  check_room();
}

void Transfer::check_room() const {
  if (total_ > options_.largest) {
    fail(ErrorCode::unsupported, "it has " + std::to_string(total_) + " bytes, more than " + std::to_string(options_.largest),
         "check the address");
  }
  const std::uint64_t missing = total_ > part_.size() ? total_ - part_.size() : 0;
  if (const std::uint64_t room = part_.disk_space(); missing > room) {
    fail(ErrorCode::unreadable,
         std::to_string(missing) + " bytes are to come, the disk of " + part_.path() + " has room for " +
             std::to_string(room),
         "free some space, or fetch into a folder on another disk");
  }
}

Ending Transfer::judge(CURLcode code) {
  if (unfit_) {
    return Ending::unfit;
  }
  if (stalled_) {
    reason_ = "nothing came for " + std::to_string(static_cast<int>(options_.stall_timeout_s)) + " s";
    return Ending::interrupted;
  }
  const long answer = status();
  const bool redirected = answer >= 300 && answer <= 399;
  if (answer != 0 && (answer < 200 || answer > 299) && !(redirected && code != CURLE_OK)) {
    return judge_status(answer);
  }
  if (code != CURLE_OK) {
    reason_ = message_[0] != '\0' ? message_ : curl_easy_strerror(code);
    if (!may_pass(code) || (never_connected(code) && received_ == 0)) {
      refuse(code);
    }
    return Ending::interrupted;
  }
  if (total_ > part_.size()) {  // a server may send less of a range than was asked for
    reason_ = "the server sent a part only";
    return Ending::interrupted;
  }
  return Ending::whole;
}

Ending Transfer::judge_status(long answer) {
  constexpr long kRangeBeyondEnd = 416;
  constexpr long kNotFound = 404;
  constexpr long kGone = 410;
  if (answer == kRangeBeyondEnd && part_.size() > 0) {
    return Ending::unfit;
  }
  reason_ = "the server answered " + describe_status(answer);
  if (is_passing_status(answer)) {
    return Ending::interrupted;
  }
  const bool missing = answer == kNotFound || answer == kGone;
  fail(missing ? ErrorCode::not_found : ErrorCode::unreadable, reason_,
       missing ? "check the address" : "check the address, and the proxy's settings (https_proxy, no_proxy)");
}

void Transfer::refuse(CURLcode code) const {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      fail(ErrorCode::unreadable, reason_,
           "a network that looks into connections has certificates of its own: name their file in CURL_CA_BUNDLE");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      fail(ErrorCode::invalid_argument, reason_, "give an http or https address");
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      fail(ErrorCode::not_found, reason_, "check the network, the address and the proxy's settings (https_proxy, no_proxy)");
    default:
      fail(ErrorCode::unreadable, reason_, "check the network and the proxy's settings (https_proxy, no_proxy)");
  }
}

double Transfer::wanted_delay_s() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &seconds);
  return static_cast<double>(seconds);
}

long Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

std::string Transfer::header(const char* name) const {
  curl_header* found = nullptr;
  return curl_easy_header(curl_.get(), name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

void Transfer::fail(ErrorCode code, const std::string& what, const std::string& hint) const {
  throw Error(code, "[fetch] " + public_address(options_.address) + ": " + what, hint);
}

}  // namespace vifi
