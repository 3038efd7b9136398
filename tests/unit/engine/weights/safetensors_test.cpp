#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "file_builders.h"

namespace vifi {
namespace {

using namespace testing_files;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Safetensors, GivesTensorsAsTheyAreStored) {
  const Checkpoint checkpoint = read(safetensors(
      R"({"__metadata__":{"a":"b"},"m":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
      R"("h":{"dtype":"F16","shape":[1],"data_offsets":[16,18]},"s":{"dtype":"F32","shape":[],"data_offsets":[18,22]}})",
      raw({1, 2, 3, 4}) + raw<std::uint16_t>(0x3c00) + raw({5})));
  EXPECT_EQ(checkpoint.container, "safetensors");
  ASSERT_EQ(checkpoint.tensors.size(), 3U);
  EXPECT_THAT(values(checkpoint.tensors.at("m")), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(checkpoint.tensors.at("h").scalar_type(), at::kHalf);
  EXPECT_THAT(values(checkpoint.tensors.at("h")), ElementsAre(1));
  EXPECT_THAT(values(checkpoint.tensors.at("s")), ElementsAre(5));  // at an odd place: copied
  EXPECT_EQ(checkpoint.tensors.at("s").dim(), 0);
}

TEST(Safetensors, TensorsOutliveTheFileAndNeverWriteToIt) {
  const TemporaryFolder folder;
  const std::string path =
      folder.write("w", safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", raw({1})));
  at::Tensor tensor = read_checkpoint(path).tensors.at("a");
  tensor.fill_(2);
  EXPECT_THAT(values(tensor), ElementsAre(2));
  EXPECT_THAT(values(read_checkpoint(path).tensors.at("a")), ElementsAre(1));
}

TEST(Safetensors, HasEmptyTensors) {
  EXPECT_EQ(read(safetensors(R"({"e":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]}})", "")).tensors.at("e").numel(),
            0);
}

TEST(Safetensors, RefusesAFileThatEndsTooEarly) {
  EXPECT_THAT(refusal_of(""), HasSubstr("truncated: "));
  EXPECT_THAT(refusal_of(std::string("\x10\0\0", 3)), HasSubstr("truncated: "));
  EXPECT_THAT(refusal_of(raw<std::uint64_t>(1000) + "{}"), HasSubstr("truncated: "));
  EXPECT_THAT(refusal_of(safetensors(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", raw({1}))),
              HasSubstr("truncated: "));
}

/// The refusal of one tensor `a` with eight bytes of data.
std::string refusal_of_entry(const std::string& entry) {
  return refusal_of(safetensors(R"({"a":)" + entry + "}", raw({1, 2})));
}

TEST(Safetensors, RefusesContradictions) {
  const char* entries[] = {
      R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})",
      R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})",
      R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})",  // four bytes belong to nobody
      R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})",
      R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})",
      R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})",
      R"({"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]})",
      R"({"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,8]})",
      R"({"dtype":"F32","shape":[2]})",
      R"({"dtype":7,"shape":[2],"data_offsets":[0,8]})",
      R"({"dtype":"F32","shape":2,"data_offsets":[0,8]})",
      R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,8]})",
      R"([])",
  };
  for (const char* entry : entries) {
    EXPECT_THAT(refusal_of_entry(entry), HasSubstr("corrupt: ")) << entry;
  }
  EXPECT_THAT(refusal_of_entry(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})"), "accepted");
}

TEST(Safetensors, RefusesHeadersThatAreNoObjectOrTooLong) {
  EXPECT_THAT(refusal_of(safetensors("{\"a\":", "")), HasSubstr("corrupt: "));
  EXPECT_THAT(refusal_of(safetensors("[]", "")), HasSubstr("corrupt: "));
  EXPECT_THAT(refusal_of(raw<std::uint64_t>(200'000'000) + "{}"), HasSubstr("corrupt: "));
  EXPECT_THAT(refusal_of(raw<std::uint64_t>(~0ULL) + "{}"), HasSubstr("corrupt: "));
}

TEST(Safetensors, NamesATypeItDoesNotKnow) {
  EXPECT_THAT(refusal_of_entry(R"({"dtype":"Q4_K","shape":[3],"data_offsets":[0,8]})"),
              AllOf(HasSubstr("unsupported: "), HasSubstr("tensor a"), HasSubstr("Q4_K")));
}

}  // namespace
}  // namespace vifi
