#pragma once

#include <string>

#include "report/results.h"
#include "report/sample_frames.h"
#include "vifi/export.h"

namespace vifi::train {

/// What there is to say of one list in HTML: figures, weakest classes, frequent mistakes, the confusion matrix, wrong
/// clips, and the accuracy of every class.
VIFI_API std::string class_section(const ListResult& result, const ErrorFrames& errors);

}  // namespace vifi::train
