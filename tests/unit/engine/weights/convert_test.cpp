#include "convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <nlohmann/json.hpp>

#include "bench/random_clip.h"
#include "model_source.h"
#include "vifi/error.h"
#include "weights/clip_export.h"
#include "file_builders.h"
#include "weights/torch_archive.h"
#include "weights/torch_writer.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing_files::TemporaryFolder;

std::string golden(const std::string& file) {
  const char* folder = ::getenv("VIFI_TEST_DATA");
  return std::string(folder != nullptr ? folder : "tests/data") + "/golden/" + file;
}

const std::string kClip = golden("clip-forward/_files/openai-statedict.pt");
const std::string kHuggingFace = golden("clip-forward/_files/hf-sharded");
const std::string kPrompted = golden("vifi-forward/_files/prompt-deep.pth");
const std::string kTokens = golden("vifi-forward/_files/token-embedding-p.safetensors");

/// As loading a model reads it.
ClipWeights weights_at(const std::string& path, const std::string& base = {}) {
  const ModelSource source = read_source(path);
  ClipOverrides overrides = source.method.overrides;
  std::optional<Checkpoint> tokens;
  if (!base.empty()) {
    tokens = read_checkpoint(base);
    overrides.base = &*tokens;
  }
  return clip_weights(source.method.checkpoint, overrides);
}

void expect_equal(const TensorMap& a, const TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    ASSERT_EQ(b.count(name), 1U) << name;
    EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
    EXPECT_EQ(tensor.scalar_type(), b.at(name).scalar_type()) << name;
  }
}

void expect_equal(const ClipWeights& a, const ClipWeights& b) {
  EXPECT_TRUE(a.config == b.config);
  expect_equal(a.tensors, b.tensors);
  expect_equal(a.prompts, b.prompts);
}

std::ptrdiff_t entries_of(const std::string& folder) { return std::distance(fs::directory_iterator(folder), {}); }

Error refusal(const ConvertOptions& options) {
  try {
    convert_weights(options);
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing was thrown");
}

class EveryLayout : public ::testing::TestWithParam<WeightsLayout> {};

TEST_P(EveryLayout, HoldsTheSameClip) {
  const TemporaryFolder folder;
  const std::string output = folder.path() + "/out";
  const ConvertReport report = convert_weights({.input = kClip, .output = output, .layout = GetParam()});
  EXPECT_GT(report.tensors, 30);
  EXPECT_GT(report.bytes, 300'000);
  expect_equal(weights_at(kClip), weights_at(output));
  EXPECT_EQ(entries_of(folder.path()), 1);
}

TEST_P(EveryLayout, HoldsFloat16WhereHalfTheSizeIsAskedFor) {
  const TemporaryFolder folder;
  const std::string output = folder.path() + "/out";
  convert_weights({.input = kClip, .output = output, .layout = GetParam(), .half = true});
  TensorMap halves = weights_at(kClip).tensors;
  for (auto& [name, tensor] : halves) tensor = tensor.to(at::kHalf);
  expect_equal(weights_at(output).tensors, halves);
}

TEST_P(EveryLayout, LeavesNothingOnAFullDisk) {
  const TemporaryFolder folder;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit limit{100'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  const Error error = refusal({.input = kClip, .output = folder.path() + "/out", .layout = GetParam()});
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(error.code(), ErrorCode::unreadable);
  EXPECT_THAT(error.message(), HasSubstr("File too large after"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_P(EveryLayout, ReplacesNothing) {
  const TemporaryFolder folder;
  const std::string output = folder.write("out", "mine");
  const Error error = refusal({.input = kClip, .output = output, .layout = GetParam()});
  EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(error.message(), HasSubstr("/out exists; nothing was written"));
  EXPECT_EQ(fs::file_size(output), 4U);
}

INSTANTIATE_TEST_SUITE_P(Convert, EveryLayout,
                         ::testing::Values(WeightsLayout::bundle, WeightsLayout::safetensors, WeightsLayout::open_clip,
                                           WeightsLayout::hugging_face, WeightsLayout::vifi_clip));

TEST(Convert, KeepsAnArchitectureThatNamesDoNotTell) {
  const ClipWeights original = weights_at(kHuggingFace);
  const TemporaryFolder folder;
  for (const WeightsLayout layout : {WeightsLayout::bundle, WeightsLayout::hugging_face}) {
    const std::string output = folder.path() + "/" + std::to_string(static_cast<int>(layout));
    convert_weights({.input = kHuggingFace, .output = output, .layout = layout});
    expect_equal(original, weights_at(output));
  }
}

TEST(Convert, RefusesFloat16WhereAValueDoesNotFit) {
  const TemporaryFolder folder;
  const std::string input = folder.path() + "/in.pt", output = folder.path() + "/out";
  TorchDict state;
  for (const auto& [name, tensor] : read_checkpoint(kClip).tensors) {
    state.add(name, name == "ln_final.bias" ? tensor.to(at::kFloat) + 70000.0 : tensor);
  }
  save_torch_archive(input, state);
  const Error error = refusal({.input = input, .output = output, .half = true});
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_THAT(error.message(), HasSubstr("ln_final.bias has values beyond float16's 65504"));
  EXPECT_FALSE(fs::exists(output));
}

TEST(Convert, MakesLearnedPromptsUsableWithoutTheirBase) {
  const TemporaryFolder folder;
  const ClipWeights original = weights_at(kPrompted, kTokens);
  ASSERT_EQ(original.prompts.size(), 4U);
  for (const WeightsLayout layout : {WeightsLayout::bundle, WeightsLayout::safetensors}) {
    const std::string output = folder.path() + "/" + std::to_string(static_cast<int>(layout));
    convert_weights({.input = kPrompted, .output = output, .layout = layout, .base = kTokens});
    expect_equal(original, weights_at(output));
    EXPECT_EQ(weights_at(output).format, "vifi_clip");
  }
}

TEST(Convert, ABundleSaysHowFramesArePrepared) {
  const TemporaryFolder folder;
  convert_weights({.input = kPrompted, .output = folder.path() + "/out", .base = kTokens});
  std::ifstream stream(folder.path() + "/out/vifi.json");
  const nlohmann::json json = nlohmann::json::parse(stream);
  EXPECT_EQ(json.at("preprocess").at("rounding"), "opencv");
  EXPECT_EQ(json.at("prompt_template"), "X X X X X X {}.");
  EXPECT_EQ(json.at("provenance").at("source"), "prompt-deep.pth");
  EXPECT_EQ(json.at("provenance").at("sha256").get<std::string>().size(), 64U);
}

TEST(Convert, KeepsWhatABundleSays) {
  const TemporaryFolder folder;
  const std::string first = folder.path() + "/first", second = folder.path() + "/second";
  convert_weights({.input = kClip, .output = first});
  nlohmann::json json = nlohmann::json::parse(std::ifstream(first + "/vifi.json"));
  json["labels"] = {"running", "walking"};
  json["provenance"]["licence"] = "MIT";
  std::ofstream(first + "/vifi.json") << json;
  convert_weights({.input = first, .output = second});
  json = nlohmann::json::parse(std::ifstream(second + "/vifi.json"));
  EXPECT_EQ(json.at("labels").size(), 2U);
  EXPECT_EQ(json.at("provenance").at("licence"), "MIT");
}

TEST(Convert, SaysThatOtherLayoutsHoldNoPrompts) {
  const TemporaryFolder folder;
  for (const WeightsLayout layout : {WeightsLayout::open_clip, WeightsLayout::hugging_face}) {
    const Error error =
        refusal({.input = kPrompted, .output = folder.path() + "/out", .layout = layout, .base = kTokens});
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_THAT(error.message(), HasSubstr("learned prompts"));
    EXPECT_TRUE(fs::is_empty(folder.path()));
  }
}

TEST(Convert, NamesTheCureWhereTheTokenEmbeddingIsMissing) {
  const TemporaryFolder folder;
  const Error error = refusal({.input = kPrompted, .output = folder.path() + "/out"});
  EXPECT_THAT(error.hint(), HasSubstr("vifi convert --base CLIP.pt"));
}

TEST(Convert, TheAuthorsContainerKeepsATrainingAndAPlainConfiguration) {
  const TemporaryFolder folder;
  const std::string output = folder.path() + "/out.pth";
  convert_weights({.input = kPrompted, .output = output, .layout = WeightsLayout::vifi_clip, .base = kTokens});
  const TorchValue value = read_torch_value(output);
  const TorchDict& content = *value.as<TorchDict>();
  for (const char* key : {"model", "optimizer", "lr_scheduler", "config"}) {
    ASSERT_NE(content.find(key), nullptr) << key;
    ASSERT_NE(content.find(key)->as<TorchDict>(), nullptr) << key;
    EXPECT_FALSE(content.find(key)->as<TorchDict>()->items.empty()) << key;
  }
  EXPECT_NE(content.find("epoch")->as<std::int64_t>(), nullptr);
  const TorchDict& model = *content.find("model")->as<TorchDict>();
  EXPECT_EQ(*model.items[0].first.as<std::string>(), "module.logit_scale");
  EXPECT_EQ(*model.items[1].first.as<std::string>(), "module.prompt_learner.ctx");
  EXPECT_EQ(*model.items[2].first.as<std::string>(), "module.image_encoder.VPT");
  EXPECT_EQ(model.find("module.token_embedding.weight"), nullptr);
  expect_equal(weights_at(kPrompted, kTokens), weights_at(output, kTokens));
}

TEST(Interpolation, IsAWeightedMeanOfEveryTensor) {
  const TowerConfig tower{.width = 64, .layers = 1, .heads = 1, .mlp_width = 64};
  const ClipConfig config{.image_height = 16, .image_width = 16, .patch_size = 8, .embed_dim = 8, .context_length = 8,
                          .vocab_size = 10, .vision = tower, .text = tower};
  const ClipWeights clip = random_clip_weights(config, Towers::both);
  ClipWeights tuned = clip;
  for (auto& [name, tensor] : tuned.tensors) {
    tensor = tensor + 1.0;
  }
  const ClipWeights quarter = interpolated(tuned, clip, 0.25);
  for (const auto& [name, tensor] : quarter.tensors) {
    const double shift = name == "token_embedding.weight" ? 0 : 0.75;
    EXPECT_LT((tensor - clip.tensors.at(name) - shift).abs().max().item<double>(), 1e-5) << name;
  }
  EXPECT_TRUE(at::equal(interpolated(tuned, clip, 0).tensors.at("ln_final.bias"), tuned.tensors.at("ln_final.bias")));
  EXPECT_TRUE(at::equal(interpolated(tuned, clip, 1).tensors.at("ln_final.bias"), clip.tensors.at("ln_final.bias")));
}

TEST(Averaging, IsTheMeanOfEveryTensor) {
  const TowerConfig tower{.width = 64, .layers = 1, .heads = 1, .mlp_width = 64};
  const ClipConfig config{.image_height = 16, .image_width = 16, .patch_size = 8, .embed_dim = 8, .context_length = 8,
                          .vocab_size = 10, .vision = tower, .text = tower};
  std::vector<ClipWeights> epochs(3, random_clip_weights(config, Towers::both));
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    epochs[i].prompts["prompt_learner.ctx"] = at::full({2, 64}, 3.0 * static_cast<double>(i));
    for (auto& [name, tensor] : epochs[i].tensors) {
      tensor = tensor + 3.0 * static_cast<double>(i * i);  // 0, 3, 12
    }
  }
  const ClipWeights mean = averaged(epochs);
  ASSERT_EQ(mean.tensors.size(), epochs[0].tensors.size());
  for (const auto& [name, tensor] : mean.tensors) {
    EXPECT_LT((tensor - epochs[0].tensors.at(name) - 5.0).abs().max().item<double>(), 2e-6) << name;
  }
  EXPECT_TRUE(at::equal(mean.prompts.at("prompt_learner.ctx"), at::full({2, 64}, 3.0)));
}

TEST(Averaging, IsWrittenWithWhereItComesFrom) {
  const TemporaryFolder folder;
  const std::string bundle = folder.path() + "/mean", half = folder.path() + "/half.safetensors";
  convert_weights({.input = kClip, .output = bundle, .average = {kClip, kClip}});
  const auto json = nlohmann::json::parse(std::ifstream(bundle + "/vifi.json"));
  EXPECT_EQ(json.at("provenance").at("source"), "the mean of openai-statedict.pt, openai-statedict.pt, openai-statedict.pt");
  for (const auto& [name, tensor] : weights_at(bundle).tensors) {
    EXPECT_TRUE(at::allclose(tensor, to_float32(weights_at(kClip).tensors.at(name)), 1e-6, 0)) << name;
  }
  convert_weights({.input = kClip, .output = half, .average = {bundle}, .interpolation = 0.5, .with = kClip});
  EXPECT_TRUE(fs::exists(half));
}

TEST(Averaging, KeepsNoTrainingsStateAndTakesTheTokensOfTheInput) {
  const TemporaryFolder folder;
  const std::string output = folder.path() + "/mean.pth";
  convert_weights({.input = kPrompted, .output = output, .layout = WeightsLayout::vifi_clip, .base = kTokens, .average = {kPrompted}});
  const TorchValue written = read_torch_value(output);
  const TorchDict& content = *written.as<TorchDict>();
  EXPECT_EQ(content.find("optimizer"), nullptr);
  EXPECT_NE(content.find("epoch"), nullptr);
  const auto mean = weights_at(output, kTokens).prompts, one = weights_at(kPrompted, kTokens).prompts;
  for (const auto& [name, tensor] : one) {
    EXPECT_TRUE(at::equal(mean.at(name), to_float32(tensor))) << name;
  }
}

TEST(Averaging, RefusesAnotherArchitecture) {
  const TemporaryFolder folder;
  const std::string output = folder.path() + "/out";
  const Error other = refusal({.input = kClip, .output = output, .average = {kHuggingFace}});
  EXPECT_EQ(other.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(other.message(), HasSubstr("another of the weights to average has"));
  EXPECT_EQ(refusal({.input = kClip, .output = output, .average = {"gone.pth"}}).code(), ErrorCode::not_found);
  EXPECT_FALSE(fs::exists(output));
}

TEST(Averaging, RefusesWeightsThatWantOtherFrames) {
  const TemporaryFolder folder;
  const std::string bundle = folder.path() + "/bundle", output = folder.path() + "/out";
  convert_weights({.input = kClip, .output = bundle});
  nlohmann::json json = nlohmann::json::parse(std::ifstream(bundle + "/vifi.json"));
  json["preprocess"]["interpolation"] = "bilinear";
  std::ofstream(bundle + "/vifi.json") << json;
  const Error other = refusal({.input = kClip, .output = output, .average = {bundle}});
  EXPECT_EQ(other.code(), ErrorCode::invalid_argument);
  EXPECT_THAT(other.message(), HasSubstr(bundle + ": wants its frames prepared in another way than " + kClip));
  EXPECT_FALSE(fs::exists(output));
}

TEST(Interpolation, RefusesWhatHasNoCounterpart) {
  const TemporaryFolder folder;
  const std::string output = folder.path() + "/out";
  EXPECT_THAT(refusal({.input = kPrompted, .output = output, .base = kTokens, .interpolation = 0.5, .with = kClip}).message(),
              HasSubstr("learned prompts"));
  EXPECT_THAT(refusal({.input = kClip, .output = output, .interpolation = 0.5, .with = kHuggingFace}).message(),
              HasSubstr("the weights to interpolate with have"));
  EXPECT_EQ(refusal({.input = kClip, .output = output, .interpolation = 1.5, .with = kClip}).code(),
            ErrorCode::invalid_argument);
  EXPECT_EQ(refusal({.input = kClip, .output = output, .interpolation = 0.5}).code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace vifi
