#pragma once

#include <c10/core/Device.h>

namespace vifi {

/// A device that is no processor, to test what runs on GPUs where there is none: libtorch's operators compute there
/// what they compute on the processor, and whoever touches its memory without them is killed (SIGSEGV).
c10::Device other_device();

}  // namespace vifi
