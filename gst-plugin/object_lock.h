#pragma once

#include <gst/gst.h>

namespace vifi::gst {

/// An object's lock, for std::lock_guard.
class ObjectLock {
 public:
  explicit ObjectLock(gpointer object) : object_(object) {}
  void lock() { GST_OBJECT_LOCK(object_); }
  void unlock() { GST_OBJECT_UNLOCK(object_); }

 private:
  gpointer object_;
};

}  // namespace vifi::gst
