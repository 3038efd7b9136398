#include "vifi/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "vifi/error.h"
#include "vifi/log.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kStart = R"({"format": "vifi-bundle", "version": 1, "weights": "w.bin")";

class BundleTest : public testing::Test {
 protected:
  BundleTest() {
    fs::create_directories(folder_);
    write("w.bin", "abc");
    set_log_sink([this](LogLevel level, std::string_view message) {
      if (level == LogLevel::warning) {
        warnings_ += message;
      }
    });
  }
  ~BundleTest() override {
    set_log_sink({});
    fs::remove_all(folder_);
  }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }

  /// Reads the minimal bundle with more members.
  Bundle read(const std::string& members) {
    write("vifi.json", kStart + members + "}");
    return read_bundle(folder_.string());
  }

  /// "code: message" of the refusal.
  std::string refusal(const std::string& json) {
    write("vifi.json", json);
    try {
      read_bundle(folder_.string());
    } catch (const Error& e) {
      return std::string(name_of(e.code())) + ": " + e.message();
    }
    return "accepted";
  }
  std::string refusal_of(const std::string& members) { return refusal(kStart + members + "}"); }

  fs::path folder_ = fs::temp_directory_path() / ("vifi-bundle-test-" + std::to_string(::getpid()));
  std::string warnings_;
};

TEST_F(BundleTest, ReadsTheEmbeddedModelsBundleWithoutAWarning) {
  const Bundle bundle = read_bundle(std::getenv("VIFI_DEFAULT_MODEL"));
  EXPECT_EQ(bundle.method, "vifi-clip");
  EXPECT_TRUE(fs::path(bundle.weights).is_absolute());
  EXPECT_EQ(fs::path(bundle.weights).filename(), "model.safetensors");
  ASSERT_TRUE(bundle.preprocess);
  EXPECT_EQ(bundle.preprocess->size, 64);
  EXPECT_EQ(bundle.preprocess->rounding, Rounding::floating);
  EXPECT_EQ(bundle.preprocess->crop_offset, CropOffset::half_even);
  EXPECT_EQ(bundle.activation, "quick_gelu");
  EXPECT_THAT(bundle.templates, ElementsAre("a photo of a {}."));
  EXPECT_EQ(bundle.frames, 16);
  EXPECT_EQ(bundle.window_ns, 4'000'000'000);
  EXPECT_EQ(bundle.hop_ns, 1'000'000'000);
  EXPECT_EQ(bundle.temperature, 1.0);
  EXPECT_EQ(bundle.labels.size(), 16U);
  EXPECT_NO_THROW(verify_weights(bundle));
  EXPECT_EQ(warnings_, "");
}

TEST_F(BundleTest, LeavesOpenWhatTheFileLeavesOut) {
  const Bundle bundle = read("");
  EXPECT_EQ(bundle.method, "");
  EXPECT_EQ(bundle.tokenizer_kind, "clip-bpe");
  EXPECT_FALSE(bundle.preprocess || bundle.activation || bundle.frames || bundle.window_ns || bundle.temperature);
  EXPECT_TRUE(bundle.labels.empty() && bundle.templates.empty() && bundle.weights_sha256.empty());
}

TEST_F(BundleTest, IsAFolderOrItsFile) {
  EXPECT_FALSE(is_bundle(folder_.string()));
  read("");
  EXPECT_TRUE(is_bundle(folder_.string()));
  EXPECT_TRUE(is_bundle((folder_ / "vifi.json").string()));
  EXPECT_FALSE(is_bundle((folder_ / "w.bin").string()));
  EXPECT_EQ(read_bundle((folder_ / "vifi.json").string()).weights, (folder_ / "w.bin").string());
}

TEST_F(BundleTest, ReadsEveryStepOfThePreparation) {
  const Bundle bundle = read(R"(, "preprocess": {"resize": "squash", "size": 32, "resize_size": 36,
      "interpolation": "bilinear", "antialias": false, "rounding": "opencv", "crop": "none", "crop_offset": "floor",
      "mean": [0, 0.5, 1], "std": [1, 2, 3]})");
  EXPECT_EQ(*bundle.preprocess,
            (PreprocessSpec{.resize = ResizeMode::squash, .size = 32, .resize_size = 36,
                            .interpolation = Interpolation::bilinear, .antialias = false, .rounding = Rounding::opencv,
                            .crop = CropMode::none, .crop_offset = CropOffset::floor, .mean = {0, 0.5F, 1},
                            .std = {1, 2, 3}}));
}

TEST_F(BundleTest, EachRoundingBringsItsCropOffset) {
  EXPECT_EQ(read(R"(, "preprocess": {"rounding": "opencv"})").preprocess->crop_offset, CropOffset::floor);
  EXPECT_EQ(read(R"(, "preprocess": {"rounding": "pillow"})").preprocess->crop_offset, CropOffset::half_even);
}

TEST_F(BundleTest, NamesUnknownKeysInOneWarning) {
  read(R"(, "colour": 1, "preprocess": {"sise": 2}, "provenance": {"sha265": "", "source": "a"})");
  EXPECT_THAT(warnings_, HasSubstr("unknown keys are ignored: preprocess.sise, provenance.sha265, colour"));
}

TEST_F(BundleTest, RefusesOtherVersionsAndFormats) {
  EXPECT_THAT(refusal(R"({"format": "vifi-bundle", "version": 2, "weights": "w.bin"})"),
              HasSubstr("unsupported: [bundle] "));
  EXPECT_THAT(refusal(R"({"format": "vifi-bundle", "weights": "w.bin"})"), HasSubstr("version: expected 1, got 0"));
  EXPECT_THAT(refusal(R"({"model_type": "clip"})"), HasSubstr("this is no vifi-bundle"));
  EXPECT_THAT(refusal("[1]"), HasSubstr("corrupt: "));
  EXPECT_THAT(refusal("{"), HasSubstr("corrupt: "));
}

TEST_F(BundleTest, RefusesPathsThatLeaveTheFolderWithoutLookingThere) {
  for (const std::string path : {"../w.bin", "a/../../w.bin", "/etc/hostname", ""}) {
    EXPECT_THAT(refusal(R"({"format": "vifi-bundle", "version": 1, "weights": ")" + path + "\"}"),
                HasSubstr("weights: expected a name inside the folder"))
        << path;
  }
  EXPECT_THAT(refusal_of(R"(, "base_weights": "../x")"), HasSubstr("base_weights: expected"));
}

TEST_F(BundleTest, RefusesABundleWithoutItsWeights) {
  EXPECT_THAT(refusal(R"({"format": "vifi-bundle", "version": 1})"), HasSubstr("weights: expected"));
  EXPECT_THAT(refusal(R"({"format": "vifi-bundle", "version": 1, "weights": "gone"})"), HasSubstr("not_found: "));
}

TEST_F(BundleTest, SaysWhichKeyHasTheWrongForm) {
  const std::pair<const char*, const char*> wrong[] = {
      {R"(, "method": 1)", "method: expected a string"},
      {R"(, "window": {"frames": 0})", "window.frames: expected an integer"},
      {R"(, "window": [])", "window: expected an object"},
      {R"(, "temperature": 0)", "temperature: expected a positive number"},
      {R"(, "activation": "relu")", "activation: expected one of"},
      {R"(, "labels": "one")", "labels: expected a list of strings"},
      {R"(, "prompt_template": "a photo")", "prompt_template: expected a sentence with {}"},
      {R"(, "preprocess": {"std": [1, 1, 0]})", "preprocess.std: expected three positive numbers"},
      {R"(, "preprocess": {"rounding": "nearest"})", "preprocess.rounding: expected one of \"opencv\""},
      {R"(, "tokenizer": {"kind": "sentencepiece"})", "tokenizer.file: expected"},
      {R"(, "provenance": {"sha256": "12"})", "provenance.sha256: expected 64"},
  };
  for (const auto& [members, message] : wrong) {
    EXPECT_THAT(refusal_of(members), HasSubstr(message)) << members;
  }
}

TEST_F(BundleTest, FindsChangedWeights) {
  const std::string of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const Bundle bundle = read(R"(, "provenance": {"sha256": ")" + of_abc + "\"}");
  EXPECT_NO_THROW(verify_weights(bundle));
  write("w.bin", "abd");
  EXPECT_THROW(verify_weights(bundle), Error);
}

}  // namespace
}  // namespace vifi
