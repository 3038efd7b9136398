#pragma once

#include <functional>
#include <string_view>

#include "vifi/export.h"

namespace vifi {

enum class LogLevel { debug, info, warning };

/// Receives the library's remarks: what was assumed, what was ignored. Errors are exceptions, never log lines.
using LogSink = std::function<void(LogLevel, std::string_view message)>;

/// Replaces the process-wide sink; an empty one restores the default (warnings to stderr). Any thread.
VIFI_API void set_log_sink(LogSink sink);

/// Hands `message` to the sink. Any thread.
VIFI_API void log(LogLevel level, std::string_view message);

}  // namespace vifi
