#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "run.h"

namespace vifi {
namespace {

using Json = nlohmann::json;

TEST(Command, HelpGoesToStandardOutputWithAnExampleForEachSubcommand) {
  const Execution help = run_vifi({"--help"});
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.out.find("classify"), std::string::npos);
  for (const char* command : {"classify", "encode", "inspect", "tokenize", "bench", "doctor"}) {
    const Execution run = run_vifi({command, "--help"});
    EXPECT_EQ(run.status, 0) << command;
    EXPECT_NE(run.out.find(std::string("Example:\n  vifi ") + command), std::string::npos) << run.out;
  }
}

TEST(Command, TellsItsVersion) {
  const Execution run = run_vifi({"--version"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.out.find("vifi "), 0U) << run.out;
}

TEST(Command, WrongUseIsStatusTwo) {
  EXPECT_EQ(run_vifi({}).status, 2);
  EXPECT_EQ(run_vifi({"dance"}).status, 2);
  EXPECT_EQ(run_vifi({"classify"}).status, 2);
  EXPECT_EQ(run_vifi({"classify", "--no-such-option", "x.mp4"}).status, 2);
  EXPECT_EQ(run_vifi({"classify", "--threshold", "1.5", "x.mp4"}).status, 2);
  const Execution both = run_vifi({"classify", "--labels", "a", "--label-file", "b", "x.mp4"});
  EXPECT_EQ(both.status, 2);
  EXPECT_TRUE(both.out.empty());
  EXPECT_FALSE(both.err.empty());
}

TEST(Tokenize, PrintsIdsWithoutAnEngine) {
  const Execution run = run_vifi({"tokenize", "it's 2023!"}, {{"VIFI_ENGINE_DIR", "/nowhere"}});
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out, "49406 585 568 273 271 273 274 256 49407\n");
}

TEST(Tokenize, ReadsLinesAndWritesJson) {
  const Execution run = run_vifi({"tokenize", "--json"}, {}, "a photo of a abseiling.\n");
  EXPECT_EQ(run.status, 0) << run.err;
  const Json json = Json::parse(run.out);
  EXPECT_EQ(json["text"], "a photo of a abseiling.");
  EXPECT_EQ(json["ids"], Json::parse("[49406,320,1125,539,320,596,567,3299,269,49407]"));
}

TEST(Tokenize, RefusesALongTextUnlessTold) {
  const Execution refused = run_vifi({"tokenize", "--context-length", "4", "one two three four"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.err.find("vifi: ["), 0U) << refused.err;
  EXPECT_NE(refused.err.find("\n  hint: "), std::string::npos) << refused.err;
  EXPECT_EQ(run_vifi({"tokenize", "--truncate", "--context-length", "4", "one two three four"}).status, 0);
}

TEST(Tokenize, TakesASentencePieceModel) {
  const std::string model = test_file("golden/sentencepiece-tokens/_files/unigram-identity.model");
  const Execution run = run_vifi({"tokenize", "--model", model, "Brush_hair!", "brush hair"}, {{"VIFI_ENGINE_DIR", "/nowhere"}});
  if (run.err.find("no SentencePiece") != std::string::npos) GTEST_SKIP() << "this build has no SentencePiece";
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], lines[1]);
  EXPECT_EQ(lines[0].substr(lines[0].size() - 2), " 1");
}

TEST(Doctor, WithoutAnEngineSaysSoAndFails) {
  const Execution run = run_vifi({"doctor"}, {{"VIFI_ENGINE_DIR", test_file("clips")}});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.out.find("BROKEN   engine"), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("setup.sh"), std::string::npos) << run.out;
}

TEST(Doctor, JsonIsOneObject) {
  const Execution run = run_vifi({"doctor", "--json"}, {{"VIFI_ENGINE_DIR", test_file("clips")}});
  const Json json = Json::parse(run.out);
  EXPECT_EQ(json["usable"], false);
  EXPECT_GT(json["findings"].size(), 3U);
}

TEST(Classify, WithoutAnEngineNamesTheCure) {
  const Execution run = run_vifi({"classify", test_file("clips/vfr.mp4")}, {{"VIFI_ENGINE_DIR", test_file("clips")}});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("setup.sh"), std::string::npos) << run.err;
  EXPECT_TRUE(run.out.empty());
}

TEST(Classify, NamesAnEmptyLabelBeforeLoadingAnything) {
  const Execution run = run_vifi({"classify", "--labels", "walking;;running", "x.mp4"}, {{"VIFI_ENGINE_DIR", "/nowhere"}});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("label 2"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace vifi
