#include "vifi/log.h"

#include <iostream>
#include <mutex>
#include <utility>

namespace vifi {
namespace {

struct Sink {
  std::mutex mutex;  // protects function
  LogSink function;
};

Sink& sink() {
  static Sink instance;
  return instance;
}

}  // namespace

void set_log_sink(LogSink function) {
  std::lock_guard lock(sink().mutex);
  sink().function = std::move(function);
}

void log(LogLevel level, std::string_view message) {
  LogSink function;
  {
    std::lock_guard lock(sink().mutex);
    function = sink().function;
  }
  if (function) {
    function(level, message);
  } else if (level == LogLevel::warning) {
    std::cerr << "vifi: " << message << '\n';
  }
}

}  // namespace vifi
