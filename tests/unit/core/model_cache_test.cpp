#include "vifi/model_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "vifi/model.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

/// A cache of its own, and no home.
class ModelCache : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(cache_);
    fs::create_directories(cache_ / "vifi/models/ViT-B-16");
    setenv("XDG_CACHE_HOME", cache_.c_str(), 1);
    setenv("HOME", "/home/somebody", 1);
  }
  void TearDown() override { fs::remove_all(cache_); }

  const fs::path cache_ = fs::path(::testing::TempDir()) / ("vifi-model-cache-" + std::to_string(getpid()));
};

TEST_F(ModelCache, LiesWhereTheXdgRulesSay) {
  EXPECT_EQ(model_cache_path(), cache_ / "vifi/models");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(model_cache_path(), "/home/somebody/.cache/vifi/models");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(model_cache_path(), "/home/somebody/.cache/vifi/models");
  unsetenv("HOME");
  EXPECT_EQ(model_cache_path(), "");
  EXPECT_EQ(cached_model_path("ViT-B/16"), "");
}

TEST_F(ModelCache, NamesBecomeFoldersThatStayInside) {
  EXPECT_EQ(cached_model_path("ViT-L/14@336px"), cache_ / "vifi/models/ViT-L-14-336px");
  EXPECT_EQ(cached_model_path("a b\n\xc3\xa9"), cache_ / "vifi/models/a-b---");
  EXPECT_EQ(cached_model_path("/etc/passwd"), cache_ / "vifi/models/-etc-passwd");
  for (const std::string& name : {std::string(), std::string(".."), std::string("../x"), std::string(201, 'x')}) {
    EXPECT_EQ(cached_model_path(name), "") << name;
  }
}

TEST_F(ModelCache, AWordForAModelIsAPathBeforeItIsAName) {
  EXPECT_EQ(find_model("ViT-B/16"), cache_ / "vifi/models/ViT-B-16");
  EXPECT_EQ(find_model(cache_.string()), cache_);
  EXPECT_EQ(find_model("ViT-B/32"), "ViT-B/32");
  EXPECT_EQ(find_model(""), default_model_path());
  const fs::path before = fs::current_path();
  fs::create_directories(cache_ / "ViT-B/16");
  fs::current_path(cache_);
  EXPECT_EQ(find_model("ViT-B/16"), "ViT-B/16");
  fs::current_path(before);
}

}  // namespace
}  // namespace vifi
