#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "run.h"
#include "support/tiny_models.h"

/// Models of other kinds than the bundled one, as bare checkpoints and as bundles, with everything that takes a model.
namespace vifi {
namespace {

using Json = nlohmann::json;

struct Kind {
  const char* method;
  const char* format;
  const char* weights;    ///< file in the folder
  const char* tokenizer;  ///< members of a bundle
  std::string (*write)(const std::filesystem::path&);
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.method; }

class Encoders : public testing::TestWithParam<Kind> {
 protected:
  std::string checkpoint() const { return GetParam().write(scratch_.make("checkpoint")); }
  std::string bundle() const {
    const auto folder = scratch_.make("bundle");
    GetParam().write(folder);
    return write_bundle(folder, GetParam().weights,
                        std::string(GetParam().tokenizer) +
                            R"(, "labels": ["walking", "running"], "window": {"frames": 4, "duration_ns": 1000000000})");
  }

  static Json inspected(const std::string& model) {
    const Execution run = run_vifi({"inspect", "--json", model});
    EXPECT_EQ(run.status, 0) << run.err;
    return run.status == 0 ? Json::parse(run.out) : Json::object();
  }

  /// Scores of the last result, by label.
  static Json scores(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{"classify", "--json", "--no-events", test_file("clips/vfr.mp4")};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Execution run = run_vifi(all);
    EXPECT_EQ(run.status, 0) << run.err;
    Json scores = Json::object();
    const auto lines = lines_of(run.out);
    if (!lines.empty()) {
      const Json last = Json::parse(lines.back());
      for (const Json& label : last.at("labels")) scores[label.at("name")] = label.at("score");
    }
    return scores;
  }

  ScratchFolder scratch_;
};

TEST_P(Encoders, AreRecognisedByTheirTensors) {
  for (const std::string& model : {checkpoint(), bundle()}) {
    const Json report = inspected(model);
    EXPECT_EQ(report.value("method", ""), GetParam().method);
    EXPECT_EQ(report.value("format", ""), GetParam().format);
    const Json preprocess = report.value("preprocess", Json::object());
    EXPECT_EQ(preprocess.value("resize", ""), "squash");
    EXPECT_EQ(preprocess.value("rounding", ""), "pillow");
    EXPECT_EQ(preprocess.value("crop", ""), "none");
    EXPECT_EQ(preprocess.value("size", 0), 32);
  }
}

TEST_P(Encoders, ClassifyAVideoFromACheckpointAndFromABundle) {
  const Json bare = scores({"--model", checkpoint(), "--labels", "walking;running"});
  ASSERT_EQ(bare.size(), 2U);
  EXPECT_NEAR(bare["walking"].get<double>() + bare["running"].get<double>(), 1, 1e-5);
  EXPECT_NE(bare["walking"], bare["running"]);
  EXPECT_EQ(scores({"--model", bundle()}).size(), 2U);
}

TEST_P(Encoders, EmbedTexts) {
  const Execution run = run_vifi({"encode", "--model", checkpoint(), "--text", "walking", "--text", "running"});
  ASSERT_EQ(run.status, 0) << run.err;
  const auto lines = lines_of(run.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(Json::parse(lines[0]).at("embedding"), Json::parse(lines[1]).at("embedding"));
}

TEST_P(Encoders, TokenizeWithTheVocabularyOfTheModel) {
  const Execution bare = run_vifi({"tokenize", "--model", checkpoint(), "a man is riding a horse"});
  ASSERT_EQ(bare.status, 0) << bare.err;
  EXPECT_EQ(run_vifi({"tokenize", "--model", bundle(), "a man is riding a horse"}).out, bare.out);
  const std::string clip = run_vifi({"tokenize", "a man is riding a horse"}).out;
  EXPECT_EQ(bare.out == clip, std::string(GetParam().tokenizer).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Encoders,
    testing::Values(Kind{"siglip", "hf_siglip", "model.safetensors",
                         R"(, "tokenizer": {"kind": "sentencepiece", "file": "spiece.model"})", write_tiny_siglip},
                    Kind{"pe-core", "open_clip_pe", "open_clip_model.safetensors", "", write_tiny_pe_core}),
    [](const auto& info) { return std::string(info.param.method) == "siglip" ? "Siglip" : "PeCore"; });

TEST(Siglip, WithoutItsVocabularySaysWhereToPutIt) {
  const ScratchFolder scratch;
  const auto folder = scratch.make("model");
  write_tiny_siglip(folder);
  std::filesystem::remove(folder / "spiece.model");
  const Execution run = run_vifi({"encode", "--model", folder.string(), "--text", "walking"});
  EXPECT_EQ(run.status, 1);
  EXPECT_NE(run.err.find("hint: put spiece.model or tokenizer.model beside the weights"), std::string::npos) << run.err;
}

}  // namespace
}  // namespace vifi
