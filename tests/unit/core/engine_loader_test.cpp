#include "engine_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>

#include "vifi/error.h"

namespace vifi {
namespace {

using ::testing::HasSubstr;

/// Sets an environment variable, or removes it, for as long as it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) {
      old_ = old;
    }
    value ? setenv(name, value, 1) : unsetenv(name);
  }
  ~Environment() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::optional<std::string> old_;
};

Error error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing was thrown");
}

TEST(EngineLoader, OpensTheEngineOfTheFirstFolderThatHasOne) {
  EXPECT_EQ(open_engine({"/nowhere/at/all", FAKE_ENGINE_GOOD}).info().library, "fake 1.0");
}

TEST(EngineLoader, SaysWhereItLookedAndWhatToDo) {
  const Error error = error_of([] { open_engine({"/nowhere/one", "/nowhere/two"}); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("libvifi-torch.so: no such file in /nowhere/one, /nowhere/two"));
  EXPECT_THAT(error.hint(), HasSubstr("VIFI_ENGINE_DIR"));
}

TEST(EngineLoader, QuotesTheDynamicLoader) {
  const auto folder = std::filesystem::path(::testing::TempDir()) / "vifi-broken-engine";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "libvifi-torch.so") << "not a library";
  const Error error = error_of([&] { open_engine({folder.string()}); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("cannot be loaded: "));
  EXPECT_THAT(error.message(), HasSubstr("file too short"));
  std::filesystem::remove_all(folder);
}

TEST(EngineLoader, RefusesAnEngineOfAnotherVersion) {
  const Error error = error_of([] { open_engine({FAKE_ENGINE_OTHER_VERSION}); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_THAT(error.message(), HasSubstr("another version"));
}

TEST(EngineLoader, AnErrorOfTheEngineKeepsItsCode) {
  ModelOptions options;
  options.path = "x.pt";
  const Error error = error_of([&] { open_engine({FAKE_ENGINE_GOOD}).load_model(options); });
  EXPECT_EQ(error.code(), ErrorCode::corrupt);
}

TEST(EngineLoader, LooksOnlyWhereTheEnvironmentSays) {
  const Environment chosen("VIFI_ENGINE_DIR", "/chosen");
  EXPECT_EQ(engine_folders(), std::vector<std::string>{"/chosen"});
}

TEST(EngineLoader, LooksBesideItselfAfterTheInstalledFolder) {
  const Environment none("VIFI_ENGINE_DIR", nullptr);
  const auto folders = engine_folders();
  ASSERT_EQ(folders.size(), 2U);
  EXPECT_EQ(std::filesystem::path(folders[1]).parent_path(), std::filesystem::canonical("/proc/self/exe").parent_path());
}

TEST(DefaultModel, IsWhatTheEnvironmentSays) {
  const Environment chosen("VIFI_DEFAULT_MODEL", "/models/mine");
  EXPECT_EQ(default_model_path(), "/models/mine");
}

TEST(DefaultModel, IsTheInstalledMiniatureOtherwise) {
  const Environment none("VIFI_DEFAULT_MODEL", nullptr);
  EXPECT_THAT(default_model_path(), HasSubstr("share/vifi/models/mini"));
}

TEST(PrecisionNames, GoBothWays) {
  for (const auto precision : {Precision::automatic, Precision::fp32, Precision::bf16, Precision::fp16}) {
    EXPECT_EQ(precision_from(name_of(precision)), precision);
  }
}

TEST(PrecisionNames, AWrongOneNamesTheChoices) {
  const Error error = error_of([] { precision_from("float"); });
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.message(), HasSubstr("auto, fp32, bf16 or fp16, got \"float\""));
}

}  // namespace
}  // namespace vifi
