#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "file_builders.h"

namespace vifi {
namespace {

using namespace testing_files;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kSix = raw({0, 1, 2, 3, 4, 5});

/// {name: tensor over the six floats of storage 0}
Pickle one_tensor(std::int64_t offset, const std::vector<std::int64_t>& sizes, const std::vector<std::int64_t>& strides) {
  Pickle pickle;
  pickle.op("}").text("w").tensor("FloatStorage", "0", 6, offset, sizes, strides).op("s");
  return pickle;
}

std::string refusal_of_view(std::int64_t offset, const std::vector<std::int64_t>& sizes,
                            const std::vector<std::int64_t>& strides) {
  return refusal_of(torch_file(one_tensor(offset, sizes, strides), {{"0", kSix}}));
}

/// A dict of one good tensor and of what `rest` adds to it under the key "x".
std::string refusal_of_value(const Pickle& rest) {
  Pickle pickle = one_tensor(0, {6}, {1});
  return refusal_of(torch_file(pickle.text("x").op(rest.bytes().substr(2, rest.bytes().size() - 3)).op("s"),
                               {{"0", kSix}}));
}

TEST(TorchArchive, GivesViewsOfOneStorageWithOffsetsAndStrides) {
  Pickle pickle;
  pickle.op("}(").text("rows").tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1});
  pickle.text("columns").tensor("FloatStorage", "0", 6, 0, {2, 3}, {1, 2});
  pickle.text("tail").tensor("FloatStorage", "0", 6, 4, {2}, {1});
  pickle.text("every other").tensor("FloatStorage", "0", 6, 0, {3}, {2}).op("u");
  const TensorMap tensors = read(torch_file(pickle, {{"0", kSix}})).tensors;
  EXPECT_THAT(values(tensors.at("rows")), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(values(tensors.at("columns")), ElementsAre(0, 2, 4, 1, 3, 5));
  EXPECT_THAT(values(tensors.at("tail")), ElementsAre(4, 5));
  EXPECT_THAT(values(tensors.at("every other")), ElementsAre(0, 2, 4));
}

TEST(TorchArchive, UnwrapsParametersAndKeepsTypes) {
  Pickle pickle;
  pickle.global("collections", "OrderedDict").op(")R(");
  pickle.text("p").global("torch._utils", "_rebuild_parameter").op("(");
  pickle.tensor("BFloat16Storage", "b", 1, 0, {1}, {1}).op("\x88").global("collections", "OrderedDict").op(")RtR");
  pickle.text("d").tensor("DoubleStorage", "d", 1, 0, {}, {});
  pickle.op("u}").text("_metadata").op("}sb");
  const TensorMap tensors = read(torch_file(pickle, {{"b", raw<std::uint16_t>(0x3f80)}, {"d", raw(2.5)}})).tensors;
  EXPECT_EQ(tensors.at("p").scalar_type(), at::kBFloat16);
  EXPECT_THAT(values(tensors.at("p")), ElementsAre(1));
  EXPECT_EQ(tensors.at("d").scalar_type(), at::kDouble);
  EXPECT_THAT(values(tensors.at("d")), ElementsAre(2.5));
}

TEST(TorchArchive, FindsTheWeightsBesideWhatATrainingKeeps) {
  Pickle pickle;
  pickle.op("}(").text("epoch").integer(3).text("state_dict").op("}");
  pickle.text("module.w").tensor("FloatStorage", "0", 6, 0, {6}, {1}).op("s");
  pickle.text("config").global("yacs.config", "CfgNode").op(")\x81}(").text("lr").op("G").op(std::string(8, '\0'));
  pickle.op("ub").text("tags").global("__builtin__", "set").op("(]").text("a").op("atR").op("u");
  const Checkpoint checkpoint = read(torch_file(pickle, {{"0", kSix}}));
  EXPECT_EQ(checkpoint.entry, "state_dict");
  EXPECT_THAT(checkpoint.other_entries, ElementsAre("config", "epoch", "tags"));
  EXPECT_EQ(checkpoint.tensors.count("module.w"), 1U);
}

TEST(TorchArchive, NamesTheParametersOfAScriptedModuleByTheirPath) {
  Pickle pickle;
  pickle.global("__torch__", "Model").op(")\x81}(").text("training").op("\x88");
  pickle.text("visual").global("__torch__.nn", "Linear").op(")\x81}");
  pickle.text("weight").tensor("FloatStorage", "0", 6, 0, {6}, {1}).op("sb");
  pickle.text("scale").tensor("FloatStorage", "0", 6, 1, {}, {}).op("ub");
  const Checkpoint checkpoint = read(torch_file(pickle, {{"0", kSix}}));
  EXPECT_EQ(checkpoint.container, "torchscript");
  EXPECT_THAT(values(checkpoint.tensors.at("visual.weight")), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(values(checkpoint.tensors.at("scale")), ElementsAre(1));
}

TEST(TorchArchive, RefusesEveryWayToCall) {
  const std::string os_system = "cos\nsystem\n";
  EXPECT_THAT(refusal_of_value(Pickle().op(os_system + "(").text("true").op("tR")),
              AllOf(StartsWith("forbidden_pickle"), HasSubstr("os.system")));
  EXPECT_THAT(refusal_of_value(Pickle().op("(").text("true").op("ios\nsystem\n")), StartsWith("forbidden_pickle"));
  EXPECT_THAT(refusal_of_value(Pickle().op("(" + os_system).text("true").op("o")), StartsWith("forbidden_pickle"));
  EXPECT_THAT(refusal_of_value(Pickle(4).op("\x8c\x08" "builtins" "\x8c\x04" "eval" "\x93").op("(").text("1").op("tR")),
              AllOf(StartsWith("forbidden_pickle"), HasSubstr("builtins.eval")));
}

TEST(TorchArchive, NamesAClassWithoutCallingIt) {
  EXPECT_EQ(refusal_of_value(Pickle().global("os", "system")), "accepted");
  EXPECT_EQ(refusal_of_value(Pickle().global("subprocess", "Popen").op(")\x81}b")), "accepted");
  EXPECT_EQ(refusal_of_value(Pickle().global("torch", "device").op("(").text("cuda").op("tR")), "accepted");
}

TEST(TorchArchive, RefusesViewsOutsideTheirStorage) {
  EXPECT_EQ(refusal_of_view(3, {3}, {1}), "accepted");
  EXPECT_EQ(refusal_of_view(6, {0}, {1}), "accepted");
  EXPECT_THAT(refusal_of_view(4, {3}, {1}), AllOf(StartsWith("corrupt"), HasSubstr("tensor w")));
  EXPECT_THAT(refusal_of_view(-1, {1}, {1}), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_view(5, {2}, {-1}), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_view(0, {-1}, {1}), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_view(0, {2, 2}, {1}), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_view(0, {1LL << 62, 4}, {0, 0}), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of_view(1, {3}, {INT64_MAX}), StartsWith("corrupt"));
}

TEST(TorchArchive, RefusesAFewBytesThatStandForVeryMany) {
  EXPECT_THAT(refusal_of_view(0, {1LL << 40}, {0}), StartsWith("unsupported"));
}

TEST(TorchArchive, RefusesStoragesThatAreNotWhatThePickleSays) {
  EXPECT_THAT(refusal_of(torch_file(one_tensor(0, {6}, {1}), {})),
              AllOf(StartsWith("corrupt"), HasSubstr("archive/data/0"), HasSubstr("tensor w")));
  EXPECT_THAT(refusal_of(torch_file(one_tensor(0, {6}, {1}), {{"0", kSix + "x"}})), StartsWith("corrupt"));
}

TEST(TorchArchive, SaysThatQuantizedTensorsAreNotRead) {
  EXPECT_THAT(refusal_of_value(Pickle().global("torch._utils", "_rebuild_qtensor").op(")R")), StartsWith("unsupported"));
  Pickle quantized;
  quantized.global("torch._utils", "_rebuild_qtensor").op("(").storage("QInt8Storage", "0", 24).op("tR");
  EXPECT_THAT(refusal_of_value(quantized), StartsWith("unsupported"));
}

TEST(TorchArchive, ReportsTheGravestFinding) {
  const std::string quantized = Pickle().global("torch._utils", "_rebuild_qtensor").op(")R0").bytes().substr(2);
  EXPECT_THAT(refusal_of_value(Pickle().op(quantized.substr(0, quantized.size() - 1)).op("cos\nsystem\n)R")),
              StartsWith("forbidden_pickle"));
  EXPECT_THAT(refusal_of_value(Pickle().op("cos\nsystem\n)R0h\xff")), StartsWith("corrupt"));  // a memo never stored
}

TEST(TorchArchive, RefusesMalformedPickles) {
  for (const std::string body : {"R", "t", "s", "u", "0", "h\x01", "X\xff\xff\xff\x7f", "\xff", "}(K\x01u", "K\x01K\x02\x81",
                                 "Nb", "c\n", "\x95\xff\xff\xff\xff\xff\xff\xff\x7f"}) {
    EXPECT_THAT(refusal_of(torch_file(Pickle().op(body), {})), StartsWith("corrupt")) << testing::PrintToString(body);
  }
  Zip zip;
  EXPECT_THAT(refusal_of(zip.add("a/data.pkl", "\x80\x02}").bytes()), StartsWith("corrupt"));  // no STOP
}

TEST(TorchArchive, RefusesNewerProtocols) {
  Pickle pickle(6);
  EXPECT_THAT(refusal_of(torch_file(pickle.op("}"), {})), AllOf(StartsWith("unsupported"), HasSubstr("protocol 6")));
}

TEST(TorchArchive, SurvivesDepthAndSharing) {
  Pickle deep = one_tensor(0, {6}, {1});
  deep.text("x").op(std::string(1'000'000, ']')).op(std::string(999'999, 'a')).op("s");
  EXPECT_EQ(refusal_of(torch_file(deep, {{"0", kSix}})), "accepted");

  Pickle shared;  // a tuple of two of the tuple before it, 60 times: 2^60 leaves when copied
  shared.op(")q").op(std::string(1, '\0'));
  for (char i = 0; i < 60; ++i) {
    shared.op("h").op(std::string(1, i)).op("h").op(std::string(1, i)).op("\x86q").op(std::string(1, static_cast<char>(i + 1)));
  }
  EXPECT_THAT(refusal_of(torch_file(shared, {})), StartsWith("unsupported"));
}

TEST(TorchArchive, RefusesTwoTensorsOfOneName) {
  Pickle pickle = one_tensor(0, {6}, {1});
  pickle.text("w").tensor("FloatStorage", "0", 6, 0, {6}, {1}).op("s");
  EXPECT_THAT(refusal_of(torch_file(pickle, {{"0", kSix}})), StartsWith("corrupt"));
}

TEST(ZipArchive, RefusesBrokenDirectories) {
  const std::string whole = torch_file(one_tensor(0, {6}, {1}), {{"0", kSix}});
  EXPECT_EQ(refusal_of(whole), "accepted");
  EXPECT_EQ(refusal_of(whole + "trailing bytes"), "accepted");
  EXPECT_THAT(refusal_of(whole.substr(0, whole.size() - 22)), StartsWith("truncated"));
  EXPECT_THAT(refusal_of(Zip().add("a/data.pkl", "..").add("a/data.pkl", "..").bytes()), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of(Zip().add("a/data.pkl", "..", 3'000'000'000U).bytes()), StartsWith("corrupt"));
  EXPECT_THAT(refusal_of(Zip().add("a/data.pkl", "..", 50).bytes()), StartsWith("corrupt"));
  std::string moved = whole;
  moved.replace(moved.size() - 6, 4, raw<std::uint32_t>(0xfffffff0));
  EXPECT_THAT(refusal_of(moved), StartsWith("truncated"));
}

TEST(ZipArchive, NeverReadsOutsideTheFileWhateverByteIsWrong) {
  const std::string whole = torch_file(one_tensor(0, {6}, {1}), {{"0", kSix}});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string broken = whole;
      broken[at] = static_cast<char>(broken[at] ^ flip);
      refusal_of(broken);  // refused or not, but no crash
    }
  }
}

TEST(ZipArchive, SaysWhatElseAZipFileIs) {
  EXPECT_THAT(refusal_of(Zip().add("word/document.xml", "<w/>").bytes()),
              AllOf(StartsWith("unsupported"), HasSubstr("no data.pkl")));
  EXPECT_THAT(refusal_of(Zip().method(8).add("a/data.pkl", "..").bytes()),
              AllOf(StartsWith("unsupported"), HasSubstr("compressed")));
}

}  // namespace
}  // namespace vifi
