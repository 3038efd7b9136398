#pragma once

#include <gst/gst.h>

#include <exception>
#include <new>
#include <optional>
#include <utility>

#include <vifi/error.h>

namespace vifi::gst {

/// What the element was doing: the same Error is a broken installation, a wrong setting or a broken stream.
enum class Stage { library, setup, stream };

/// Runs `body`. What it throws comes back as an Error: no exception crosses into GStreamer.
template <typename Body>
std::optional<Error> guarded(Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::out_of_memory, "[vificlip] memory is exhausted");
  } catch (const std::exception& error) {
    return Error(ErrorCode::internal, std::string("[vificlip] ") + error.what());
  } catch (...) {
    return Error(ErrorCode::internal, "[vificlip] unknown failure");
  }
}

/// Puts the error on the bus, in GStreamer's own domain and code. Not with the object lock held.
void post_error(GstElement* element, Stage stage, const Error& error);
void post_warning(GstElement* element, Stage stage, const Error& error);

}  // namespace vifi::gst
