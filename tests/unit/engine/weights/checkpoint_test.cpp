#include "weights/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <ATen/ops/ones.h>

#include "file_builders.h"
#include "weights/torch_writer.h"

namespace vifi {
namespace {

using namespace testing_files;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// A file of one tensor of one float.
std::string one(const std::string& name, float value) {
  return safetensors("{\"" + name + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", raw({value}));
}

std::string index(const std::string& weight_map) { return R"({"metadata":{},"weight_map":)" + weight_map + "}"; }

TEST(ReadCheckpoint, GoesByTheContentAndNotByTheName) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_checkpoint(folder.write("weights.pt", one("a", 1))).container, "safetensors");
}

TEST(ReadCheckpoint, SaysWhatAFileIsThatHoldsNoWeights) {
  EXPECT_THAT(refusal_of("<!DOCTYPE html><p>404"), AllOf(StartsWith("unsupported"), HasSubstr("HTML")));
  EXPECT_THAT(refusal_of("version https://git-lfs.github.com/spec/v1\n"), HasSubstr("Git LFS"));
  EXPECT_THAT(refusal_of("{\"a\": 1}"), HasSubstr("JSON"));
  EXPECT_THAT(refusal_of("hello"), AllOf(StartsWith("unsupported"), HasSubstr("text file")));
  EXPECT_THAT(refusal_of("GGUF\x03" + std::string(40, '\0')), HasSubstr("GGUF"));
  EXPECT_THAT(refusal_of("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."), HasSubstr("torch < 1.6"));
  EXPECT_THAT(refusal_of("\xde\xad\xbe\xff\xde\xad\xbe\xff\xde\xad\xbe\xff"), HasSubstr("no known format"));
}

TEST(ReadCheckpoint, SaysWhatDoesNotExist) {
  const TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path() + "/none"), StartsWith("not_found"));
  EXPECT_THAT(refusal(folder.path()), AllOf(StartsWith("not_found"), HasSubstr("no weights")));
  folder.write("config.json", "{}");
  EXPECT_THAT(refusal(folder.path()), StartsWith("not_found"));
}

TEST(ReadCheckpoint, DoesNotWaitForAPipe) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder.path() + "/pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal(folder.path() + "/pipe"), StartsWith("unsupported"));
}

TEST(ReadCheckpoint, KnowsHowTheTrainingPreparedFrames) {
  const TemporaryFolder folder;
  const auto write = [&](TorchValue preprocess) {
    TorchDict model, own, checkpoint;
    model.add("x", at::ones({1}));
    own.add("preprocess", std::move(preprocess));
    checkpoint.add("model", std::move(model));
    checkpoint.add("vifi", std::move(own));
    save_torch_archive(folder.path() + "/file.pth", checkpoint);
    return folder.path() + "/file.pth";
  };
  const PreprocessSpec spec{.size = 64, .resize_size = 73, .interpolation = Interpolation::bilinear, .rounding = Rounding::floating};
  const std::string text = R"({"size": 64, "resize_size": 73, "interpolation": "bilinear", "rounding": "float"})";
  EXPECT_EQ(read_checkpoint(write(text)).preprocess, spec);
  EXPECT_FALSE(read_checkpoint(write(1)).preprocess);
  EXPECT_THAT(refusal(write(R"({"rounding": "up"})")), AllOf(StartsWith("corrupt"), HasSubstr("vifi.preprocess: rounding")));
  EXPECT_THAT(refusal(write("{")), AllOf(StartsWith("corrupt"), HasSubstr("vifi.preprocess")));
  EXPECT_THAT(refusal(write("[]")), AllOf(StartsWith("corrupt"), HasSubstr("expected an object")));
}

TEST(ReadCheckpoint, ReadsAFolderWithItsConfiguration) {
  const TemporaryFolder folder;
  folder.write("config.json", R"({"model_type":"clip"})");
  const std::string file = folder.write("model.safetensors", one("vision_model.x", 1));
  EXPECT_EQ(read_checkpoint(folder.path()).config.at("model_type"), "clip");
  EXPECT_EQ(read_checkpoint(file).config.at("model_type"), "clip");  // the file alone was named
  folder.write("config.json", "{\"model_type\":");
  EXPECT_THAT(refusal(folder.path()), AllOf(StartsWith("corrupt"), HasSubstr("config.json")));
}

TEST(ReadCheckpoint, PutsShardsTogether) {
  const TemporaryFolder folder;
  folder.write("config.json", "{}");
  folder.write("one.safetensors", one("a", 1));
  folder.write("two.safetensors", one("b", 2));
  folder.write("model.safetensors.index.json", index(R"({"a":"one.safetensors","b":"two.safetensors"})"));
  const Checkpoint checkpoint = read_checkpoint(folder.path());
  EXPECT_THAT(values(checkpoint.tensors.at("a")), ElementsAre(1));
  EXPECT_THAT(values(checkpoint.tensors.at("b")), ElementsAre(2));
}

/// The refusal of a folder with one good shard `one.safetensors` and this index.
std::string refusal_of_index(const std::string& content) {
  const TemporaryFolder folder;
  folder.write("config.json", "{}");
  folder.write("one.safetensors", one("a", 1));
  folder.write("copy.safetensors", one("a", 1));
  folder.write("model.safetensors.index.json", content);
  return refusal(folder.path());
}

TEST(ReadCheckpoint, RefusesIndicesThatDoNotHold) {
  EXPECT_EQ(refusal_of_index(index(R"({"a":"one.safetensors"})")), "accepted");
  EXPECT_THAT(refusal_of_index(index(R"({"a":"gone.safetensors"})")), StartsWith("not_found"));
  EXPECT_THAT(refusal_of_index(index(R"({"a":"../one.safetensors"})")), StartsWith("unsafe_path"));
  EXPECT_THAT(refusal_of_index(index(R"({"a":"x/../../one.safetensors"})")), StartsWith("unsafe_path"));
  EXPECT_THAT(refusal_of_index(index(R"({"a":"/dev/zero"})")), StartsWith("unsafe_path"));
  EXPECT_THAT(refusal_of_index(index(R"({"a":"../x","b":"gone"})")), StartsWith("not_found"));
  EXPECT_THAT(refusal_of_index(index(R"({"b":"one.safetensors"})")), StartsWith("missing_tensor"));
  EXPECT_THAT(refusal_of_index(index(R"({"a":"one.safetensors","b":"copy.safetensors"})")), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_index(index(R"({"a":1})")), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_index(index("[]")), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_index("{}"), StartsWith("corrupt"));
}

}  // namespace
}  // namespace vifi
