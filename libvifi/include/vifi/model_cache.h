#pragma once

#include <string>
#include <string_view>

#include "vifi/export.h"

namespace vifi {

/// The folder of fetched models: `$XDG_CACHE_HOME/vifi/models`, else `~/.cache/vifi/models`. Empty where neither
/// XDG_CACHE_HOME nor HOME is an absolute path.
VIFI_API std::string model_cache_path();

/// Where the fetched model of a name lies, or would: `ViT-B/16` is the cache's folder `ViT-B-16`. Empty where there is
/// no cache, or where the name can be none.
VIFI_API std::string cached_model_path(std::string_view name);

/// What a user's word for a model means: the default where it is empty, a path where something stands there, else the
/// fetched model of that name. As given where it is none of these: loading says so.
VIFI_API std::string find_model(const std::string& given);

}  // namespace vifi
