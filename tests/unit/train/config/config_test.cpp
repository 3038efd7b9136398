#include "config/config.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "config/python_literal.h"

namespace vifi::train {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A folder of configuration files that goes with the test.
class Files {
 public:
  Files() {
    std::string name = (std::filesystem::temp_directory_path() / "vifi-config-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Files() { std::filesystem::remove_all(path_); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

ConfigErrorKind refusal(const std::string& path, const std::vector<std::string>& opts = {}, std::string* message = nullptr) {
  try {
    resolve_config(path, opts, {});
  } catch (const ConfigError& error) {
    if (message != nullptr) {
      *message = error.what();
    }
    return error.kind();
  }
  ADD_FAILURE() << "accepted";
  return {};
}

TEST(Config, AWholeNumberMayStandForARealOne) {
  const Files files;
  EXPECT_EQ(resolve_config(files.write("run.yaml", "TRAIN: {WEIGHT_DECAY: 0}"), {}, {}).tree()["TRAIN"]["WEIGHT_DECAY"], 0.0);
}

TEST(Config, ARealNumberDoesNotStandForAWholeOne) {
  const Files files;
  EXPECT_EQ(refusal(files.write("run.yaml", "TRAIN: {EPOCHS: 2.5}")), ConfigErrorKind::type_mismatch);
}

TEST(Config, TextThatIsALiteralIsItsValueWhereverItStands) {
  const Files files;
  const Config config = resolve_config(files.write("run.yaml", "TRAIN: {EPOCHS: \"4\", LR: 8e-06}"), {"SEED", " 7 "}, {});
  EXPECT_EQ(config.integer("TRAIN.EPOCHS"), 4);
  EXPECT_EQ(config.real("TRAIN.LR"), 8e-06);
  EXPECT_EQ(config.integer("SEED"), 7);
}

TEST(Config, AnEndlessChainOfParentsIsRefused) {
  const Files files;
  EXPECT_EQ(refusal(files.write("run.yaml", "BASE: ['run.yaml']")), ConfigErrorKind::malformed);
}

TEST(Config, AKeyThatOccursTwiceIsRefused) {
  const Files files;
  std::string message;
  EXPECT_EQ(refusal(files.write("run.yaml", "SEED: 1\nTRAIN: {LR: 1.0}\nSEED: 2\n"), {}, &message), ConfigErrorKind::malformed);
  EXPECT_THAT(message, HasSubstr("SEED occurs twice"));
}

TEST(Config, BrokenYamlNamesTheLine) {
  const Files files;
  std::string message;
  EXPECT_EQ(refusal(files.write("run.yaml", "SEED: 1\nTRAIN: {LR: [\n"), {}, &message), ConfigErrorKind::malformed);
  EXPECT_THAT(message, HasSubstr("run.yaml, line"));
}

TEST(Config, AliasesThatMultiplyAreRefused) {
  const Files files;
  std::string text = "BASE: &a0 ['x','x','x','x','x','x','x','x','x','x']\n";
  for (int i = 1; i < 7; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "K" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 1; j < 10; ++j) {
      text += ", " + last;
    }
    text += "]\n";
  }
  EXPECT_EQ(refusal(files.write("run.yaml", text)), ConfigErrorKind::malformed);
}

TEST(Config, KeysThatTheReferenceLacksMayBeSetAndAreAbsentOtherwise) {
  const Files files;
  const std::string set = files.write("run.yaml", "AUG: {FLIP: 0}");
  EXPECT_EQ(resolve_config(set, {}, {}).tree()["AUG"]["FLIP"], 0.0);
  EXPECT_EQ(resolve_config(set, {"AUG.FLIP", "0.25"}, {}).tree()["AUG"]["FLIP"], 0.25);
  const std::string other = files.write("other.yaml", "TRAIN: {EPOCHS: 2}");
  EXPECT_EQ(resolve_config(other, {"AUG.FLIP", "1"}, {}).tree()["AUG"]["FLIP"], 1.0);
  EXPECT_FALSE(resolve_config(other, {}, {}).tree()["AUG"].contains("FLIP"));
  EXPECT_EQ(refusal(files.write("wrong.yaml", "TRAIN: {FLIP: 0}")), ConfigErrorKind::unknown_key);
  EXPECT_EQ(refusal(other, {"AUG.MIXUP.FLIP", "0"}), ConfigErrorKind::unknown_key);
}

TEST(Config, ASectionCannotBeReplacedByAValue) {
  const Files files;
  EXPECT_EQ(refusal(files.write("run.yaml", "TRAIN: null")), ConfigErrorKind::type_mismatch);
}

TEST(Config, WhatIsWrittenAsYamlReadsBackTheSame) {
  const Files files;
  Config config;
  config.set("OUTPUT", "a \"b\": c", "test");
  config.set("TRAIN.LR", 2.2e-05, "test");
  const Config again = resolve_config(files.write("run.yaml", yaml_text(config)), {}, {});
  EXPECT_EQ(again.tree(), config.tree());
}

TEST(PythonLiteral, ReadsListsTuplesAndSigns) {
  EXPECT_EQ(python_literal("[1, -2.5, ('a', None)]"), json::parse(R"([1, -2.5, ["a", null]])"));
  EXPECT_EQ(python_literal("1, 2"), json::parse("[1, 2]"));
  EXPECT_EQ(python_literal("(3)"), json(3));
  EXPECT_EQ(python_literal("1_000"), json(1000));
}

TEST(PythonLiteral, OtherTextIsNone) {
  for (const char* text : {"", "run.yaml", "08", "1__0", "'open", "[1", "True story", "2e", "1 2", "-", "nan"}) {
    EXPECT_EQ(python_literal(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace vifi::train
