#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/clip_harness.h"

namespace vifi::testing {
namespace {

class Errors : public ::testing::Test {
 protected:
  void SetUp() override { fresh_control(); }
};

/// An empty file; its name tells the fake engine what to do with it.
class NamedFile {
 public:
  explicit NamedFile(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / (name + "-" + std::to_string(getpid()))) {
    std::ofstream{path_};
  }
  ~NamedFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST_F(Errors, AModelFileThatIsNotThere) {
  const StartFailure failure = start_failure("model-file=/nowhere/model");
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(failure.code, GST_RESOURCE_ERROR_NOT_FOUND);
  EXPECT_NE(failure.text.find("/nowhere/model"), std::string::npos);
}

TEST_F(Errors, AModelFileThatIsDamaged) {
  const NamedFile file("vifi-corrupt");
  const StartFailure failure = start_failure("model-file=" + file.path());
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(failure.code, GST_RESOURCE_ERROR_OPEN_READ);
}

TEST_F(Errors, NoLabelsAtAllAndAnExample) {
  const NamedFile file("vifi-nolabels");
  const StartFailure failure = start_failure("model-file=" + file.path());
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(failure.code, GST_RESOURCE_ERROR_SETTINGS);
  EXPECT_NE(failure.text.find("vificlip labels="), std::string::npos);
}

TEST_F(Errors, AnEmptyLabel) {
  const StartFailure failure = start_failure("labels=\"walking;;running\"");
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(failure.code, GST_RESOURCE_ERROR_SETTINGS);
}

TEST_F(Errors, ALabelFileThatIsNotThere) {
  const StartFailure failure = start_failure("label-file=/nowhere/labels.csv");
  EXPECT_EQ(failure.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(failure.code, GST_RESOURCE_ERROR_NOT_FOUND);
}

TEST_F(Errors, ATemplateWithoutAPlaceForTheLabel) {
  const StartFailure failure = start_failure("labels=\"a;b\" prompt-template=\"a photo\"");
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.code, GST_RESOURCE_ERROR_SETTINGS);
}

TEST_F(Errors, ThresholdsThatContradictEachOther) {
  const StartFailure failure = start_failure("enter-threshold=0.2 exit-threshold=0.8");
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.code, GST_RESOURCE_ERROR_SETTINGS);
}

TEST_F(Errors, ADeviceThatIsNotThere) {
  const StartFailure failure = start_failure("device=cuda:7");
  EXPECT_TRUE(failure.failed);
  EXPECT_EQ(failure.domain, GST_LIBRARY_ERROR);
  EXPECT_EQ(failure.code, GST_LIBRARY_ERROR_INIT);
}

TEST_F(Errors, AWrongSettingCostsNoLoading) {
  start_failure("labels=\"walking;;running\"");
  std::lock_guard lock(control().mutex);
  EXPECT_EQ(control().loads, 0);
}

void fail_encoder(const std::string& text) {
  std::lock_guard lock(control().mutex);
  control().encode_error = text;
}

TEST_F(Errors, AFailingEncoderStopsTheStream) {
  ClipHarness clip;
  clip.push(0);
  fail_encoder("[encode] the chip is on fire");
  EXPECT_EQ(gst_harness_push(clip.get(), ClipHarness::frame(250).release()), GST_FLOW_ERROR);
  EXPECT_NE(clip.text_of(GST_MESSAGE_ERROR).value_or("").find("on fire"), std::string::npos);
}

TEST_F(Errors, WithPassthroughTheVideoGoesOnAndTheErrorsAreCounted) {
  ClipHarness clip("on-error=passthrough");
  fail_encoder("[encode] the chip is on fire");
  clip.push_range(0, 1'000);
  EXPECT_EQ(clip.stat("errors"), 4U);
  int warnings = 0;
  for (const auto& message : clip.messages()) warnings += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_WARNING ? 1 : 0;
  EXPECT_EQ(warnings, 1);  // not one a frame
  fail_encoder("");
  EXPECT_EQ(clip.push_range(1'000, 2'000).results.size(), 1U);
}

TEST_F(Errors, WithPassthroughTheVideoGoesOnWithoutAModel) {
  ClipHarness clip("on-error=passthrough model-file=/nowhere/model");
  EXPECT_FALSE(clip.push_range(0, 1'000).any);
  EXPECT_TRUE(clip.text_of(GST_MESSAGE_WARNING));
  EXPECT_EQ(clip.stat("errors"), 1U);
}

TEST_F(Errors, ABufferThatDoesNotFitItsCaps) {
  ClipHarness clip;
  Handle<GstBuffer> small(gst_buffer_new_allocate(nullptr, 10, nullptr));
  GST_BUFFER_PTS(small.get()) = 0;
  EXPECT_EQ(gst_harness_push(clip.get(), small.release()), GST_FLOW_ERROR);
  EXPECT_NE(clip.text_of(GST_MESSAGE_ERROR).value_or("").find("768 bytes"), std::string::npos);
}

}  // namespace
}  // namespace vifi::testing
