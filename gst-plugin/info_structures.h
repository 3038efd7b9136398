#pragma once

#include <vifi/model.h>
#include <vifi/model_host.h>
#include <vifi/result.h>
#include <vifi/recogniser.h>

#include "structures.h"

namespace vifi::gst {

/// The property `stats`, as far as the library counts.
StructurePtr stats_structure(const StreamStats& stream, const HostStats& host);

/// The property `model-info`.
StructurePtr info_structure(const ModelInfo& info);

}  // namespace vifi::gst
