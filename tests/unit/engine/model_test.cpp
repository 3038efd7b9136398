// Models through the public interface, on the bundled miniature.
#include "vifi/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <numeric>

#include "vifi/engine.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Error error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorCode::internal, "nothing was thrown");
}

std::shared_ptr<Model> load(CpuKernels kernels = CpuKernels::automatic, Precision precision = Precision::automatic) {
  ModelOptions options;
  options.cpu_kernels = kernels;
  options.precision = precision;
  options.threads = 1;
  return load_model(options);
}

std::shared_ptr<Model> load_path(const std::string& path) {
  ModelOptions options;
  options.path = path;
  return load_model(options);
}

std::shared_ptr<Model> load_on(const std::string& device) {
  ModelOptions options;
  options.device = device;
  return load_model(options);
}

/// A frame of stripes; different for every `seed`.
PreparedFrame striped(const ModelInfo& info, int seed) {
  PreparedFrame frame;
  frame.size = info.preprocess.size;
  frame.pixels.resize(3U * static_cast<std::size_t>(frame.size) * static_cast<std::size_t>(frame.size));
  for (std::size_t i = 0; i < frame.pixels.size(); ++i) {
    frame.pixels[i] = static_cast<float>(std::sin(static_cast<double>(i) * 0.01 * (seed + 1)));
  }
  return frame;
}

std::vector<float> states_of(Model& model, int count) {
  std::vector<PreparedFrame> frames;
  for (int i = 0; i < count; ++i) {
    frames.push_back(striped(model.info(), i));
  }
  std::vector<float> states(static_cast<std::size_t>(count * model.info().state_size));
  model.encode(frames, states);
  return states;
}

double length(std::span<const float> row) {
  return std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
}

double cosine(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0) / (length(a) * length(b));
}

TEST(Miniature, NeedsItsFileNoMoreOnceItIsLoaded) {
  const auto file = std::filesystem::temp_directory_path() / ("vifi-model-" + std::to_string(getpid()) + ".safetensors");
  std::filesystem::copy_file(std::filesystem::path(default_model_path()) / "model.safetensors", file,
                             std::filesystem::copy_options::overwrite_existing);
  const auto model = load_path(file);
  const std::vector<float> before = states_of(*model, 2);
  std::filesystem::resize_file(file, 0);  // as when it is copied over: a mapping would now end the process
  EXPECT_EQ(states_of(*model, 2), before);
  model->embed(make_label_set({"a", "b"}), {});
  std::filesystem::remove(file);
}

TEST(Miniature, SaysWhatItIs) {
  const auto model = load();
  const ModelInfo& info = model->info();
  EXPECT_EQ(info.name, "mini");
  EXPECT_EQ(info.method, "vifi-clip");
  EXPECT_EQ(info.device, "cpu");
  EXPECT_EQ(info.precision, Precision::fp32);
  EXPECT_NE(info.cpu_kernels, CpuKernels::automatic);
  EXPECT_EQ(info.preprocess.size, 64);
  EXPECT_EQ(info.embed_dim, 64);
  EXPECT_EQ(info.frames, 16);
  EXPECT_EQ(info.window_ns, 4'000'000'000);
  EXPECT_EQ(info.labels.labels.size(), 16U);
  EXPECT_EQ(info.templates, std::vector<std::string>{"a photo of a {}."});
  EXPECT_GT(info.parameters, 3'000'000);
}

TEST(Miniature, BothFormsOfTheProductsAgree) {
  const auto plain = load(CpuKernels::plain), packed = load(CpuKernels::packed);
  const auto a = states_of(*plain, 3), b = states_of(*packed, 3);
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_NEAR(a[i], b[i], 1e-4) << i;
  }
}

TEST(Miniature, Bfloat16PointsWhereFloat32Points) {
  const auto exact = load(CpuKernels::plain), rounded = load(CpuKernels::automatic, Precision::bf16);
  EXPECT_EQ(rounded->info().precision, Precision::bf16);
  EXPECT_GT(cosine(states_of(*exact, 1), states_of(*rounded, 1)), 0.999);
}

TEST(Miniature, TextFeaturesHaveLengthOne) {
  const auto model = load();
  const auto bank = model->embed(make_label_set({"running", "walking to the left"}), {});
  ASSERT_EQ(bank->features().size(), 2U * 64U);
  EXPECT_NEAR(length(bank->features().first(64)), 1, 1e-5);
}

TEST(Miniature, EqualPromptsAreEmbeddedOnce) {
  const auto model = load();
  std::vector<std::size_t> totals;
  const Progress count = [&](std::size_t done, std::size_t total) {
    if (done == total) {
      totals.push_back(total);
    }
  };
  const auto first = model->embed(make_label_set({"running", "walking"}), count);
  const auto second = model->embed(make_label_set({"walking", "jumping", "running"}), count);
  EXPECT_THAT(totals, ElementsAre(2U, 1U));
  EXPECT_TRUE(std::equal(first->features().begin(), first->features().begin() + 64, second->features().begin() + 128));
}

TEST(Miniature, TheFormOfTheOtherPromptsChangesNothing) {
  const auto alone = load()->embed(make_label_set({"running"}), {});
  const auto beside = load()->embed(make_label_set({"a very long name of an action that takes many tokens", "running"}), {});
  EXPECT_GT(cosine(alone->features(), beside->features().last(64)), 1 - 1e-6);
}

TEST(Miniature, SeveralTemplatesAreAveragedAfterNormalising) {
  const auto model = load();
  const auto one = model->embed(make_label_set({"running"}, {"a photo of a {}."}), {});
  const auto other = model->embed(make_label_set({"running"}, {"a video of {}"}), {});
  const auto both = model->embed(make_label_set({"running"}, {"a photo of a {}.", "a video of {}"}), {});
  std::vector<float> mean(64);
  for (std::size_t i = 0; i < 64; ++i) {
    mean[i] = (one->features()[i] + other->features()[i]) / 2;
  }
  EXPECT_GT(cosine(mean, both->features()), 1 - 1e-6);
  EXPECT_NEAR(length(both->features()), 1, 1e-5);
}

TEST(Miniature, ScoresAreTheScaledCosineOfTheMeanState) {
  const auto model = load();
  const auto bank = model->embed(make_label_set({"running", "walking"}), {});
  const auto states = states_of(*model, 4);  // two windows of two frames
  std::vector<float> logits(4);
  model->score(states, 2, *bank, logits);
  std::vector<float> mean(64);
  for (std::size_t i = 0; i < 64; ++i) {
    mean[i] = (states[2 * 64 + i] + states[3 * 64 + i]) / 2;
  }
  EXPECT_NEAR(logits[2], model->info().logit_scale * cosine(mean, bank->features().first(64)), 1e-3);
  std::vector<float> pooled(2 * 64);
  model->pool(states, 2, pooled);
  EXPECT_GT(cosine(mean, std::span(pooled).last(64)), 1 - 1e-6);
  EXPECT_NEAR(length(std::span(pooled).last(64)), 1, 1e-5);
}

TEST(Miniature, FramesCanBeEncodedWhileLabelsAreEmbedded) {
  const auto model = load();
  const auto alone = states_of(*model, 1);
  std::vector<float> between;
  model->embed(make_label_set({"running"}), [&](std::size_t, std::size_t) { between = states_of(*model, 1); });
  EXPECT_EQ(alone, between);
}

TEST(Miniature, EmbeddingCanBeStopped) {
  const auto model = load();
  const Error error = error_of([&] {
    model->embed(make_label_set({"running"}),
                 [](std::size_t, std::size_t) { throw Error(ErrorCode::cancelled, "[test] stop"); });
  });
  EXPECT_EQ(error.code(), ErrorCode::cancelled);
}

TEST(Miniature, RefusesWhatDoesNotFit) {
  const auto model = load();
  const auto bank = model->embed(make_label_set({"running"}), {});
  std::vector<PreparedFrame> frames(1);
  frames[0].pixels.resize(10);
  std::vector<float> state(64), logits(1), states(100);
  EXPECT_EQ(error_of([&] { model->encode(frames, state); }).code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { model->score(states, 1, *bank, logits); }).code(), ErrorCode::invalid_argument);
  EXPECT_EQ(error_of([&] { model->embed(LabelSet{}, {}); }).code(), ErrorCode::invalid_argument);
}

TEST(Loading, NamesThePathThatIsMissing) {
  const Error error = error_of([] { load_path("/nowhere/model.pt"); });
  EXPECT_EQ(error.code(), ErrorCode::not_found);
  EXPECT_THAT(error.message(), HasSubstr("/nowhere/model.pt"));
}

TEST(Loading, SaysWhyCudaCannotBeUsed) {
  const Error error = error_of([] { load_on("cuda:3"); });
  EXPECT_EQ(error.code(), ErrorCode::device_unavailable);
  EXPECT_THAT(error.hint(), HasSubstr("device=cpu"));
}

TEST(Loading, AutomaticTakesAProcessorWhereThereIsNoGpu) {
  if (engine().info().gpu_present) {
    GTEST_SKIP() << "there is a GPU";
  }
  EXPECT_EQ(load_on("auto")->info().device, "cpu");
}

TEST(Loading, RefusesADeviceThatDoesNotExist) {
  for (const char* device : {"gpu", "cuda:", "cuda:x", "cuda:1x", "cuda:-1"}) {
    EXPECT_EQ(error_of([&] { load_on(device); }).code(), ErrorCode::invalid_argument) << device;
  }
}

TEST(Loading, NamesBfloat16WhereFloat16IsAskedOfAProcessor) {
  ModelOptions options;
  options.precision = Precision::fp16;
  const Error error = error_of([&] { load_model(options); });
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_THAT(error.hint(), HasSubstr("bf16"));
}

TEST(Loading, TakesABareCheckpointWithTheMethodsOwnDefaults) {
  const auto model = load_path(default_model_path() + "/model.safetensors");
  EXPECT_EQ(model->info().name, "model");
  EXPECT_EQ(model->info().preprocess.rounding, Rounding::pillow);
  EXPECT_EQ(model->info().preprocess.size, 64);
  EXPECT_TRUE(model->info().labels.labels.empty());
  EXPECT_FALSE(model->info().assumptions.empty());
}

TEST(Inspecting, ListsTheTensorsAsTheyAreStored) {
  const ModelReport report = engine().inspect(default_model_path());
  EXPECT_EQ(report.format, "openai_state_dict");
  EXPECT_EQ(report.info.name, "mini");
  const auto found = std::find_if(report.tensors.begin(), report.tensors.end(),
                                  [](const auto& tensor) { return tensor.name == "token_embedding.weight"; });
  ASSERT_NE(found, report.tensors.end());
  EXPECT_EQ(found->dtype, "Half");
  EXPECT_THAT(found->shape, ElementsAre(49408, 64));
}

TEST(EngineInformation, NamesLibraryProcessorAndTheStateOfCuda) {
  const EngineInfo info = engine().info();
  EXPECT_THAT(info.library, HasSubstr("libtorch 2."));
  ASSERT_FALSE(info.devices.empty());
  EXPECT_EQ(info.devices[0].name, "cpu");
  EXPECT_THAT(info.cuda, HasSubstr("available"));
}

class Gpu : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    const EngineInfo info = engine().info();
    if (!info.gpu_present) {
      GTEST_SKIP() << "CUDA is " << info.cuda;
    }
  }
};

TEST_P(Gpu, ComputesWhatAProcessorComputes) {
  ModelOptions options;
  options.device = "cuda";
  options.precision = GetParam();
  const auto there = load_model(options), here = load(CpuKernels::plain);
  EXPECT_EQ(there->info().device, "cuda:0");
  const double least = GetParam() == Precision::fp32 ? 1 - 1e-5 : 0.999;
  const auto got = states_of(*there, 40), want = states_of(*here, 40);  // more than one pass
  for (std::size_t i = 0; i < 40; ++i) {
    EXPECT_GT(cosine(std::span(got).subspan(i * 64, 64), std::span(want).subspan(i * 64, 64)), least) << i;
  }
  const LabelSet labels = make_label_set({"running", "walking to the left"});
  const auto got_bank = there->embed(labels, {}), want_bank = here->embed(labels, {});
  EXPECT_GT(cosine(got_bank->features().first(64), want_bank->features().first(64)), least);
  std::vector<float> got_logits(20), want_logits(20);
  there->score(got, 4, *got_bank, got_logits);
  here->score(want, 4, *want_bank, want_logits);
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_NEAR(got_logits[i], want_logits[i], GetParam() == Precision::fp32 ? 1e-2 : 1.0) << i;
  }
  std::vector<float> pooled(10 * 64);
  there->pool(got, 4, pooled);
  EXPECT_NEAR(length(std::span(pooled).last(64)), 1, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Precisions, Gpu, testing::Values(Precision::fp32, Precision::fp16, Precision::bf16),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST(Benchmark, ComparesTheModelWithTheBestProduct) {
  BenchOptions options;
  options.model.path = default_model_path();
  options.model.threads = 1;
  options.seconds = 0.02;
  const BenchReport report = engine().bench(options);
  EXPECT_GT(report.frames_per_second, 0);
  EXPECT_GT(report.ceiling_gflops, 0);
  EXPECT_NEAR(report.ratio, report.model_gflops / report.ceiling_gflops, 1e-9);
  EXPECT_EQ(report.cosine, 0);
}

TEST(Benchmark, TellsHowFarASmallTypeIsFromFloat32) {
  BenchOptions options;
  options.model.path = default_model_path();
  options.model.precision = Precision::bf16;
  options.model.threads = 1;  // several wait for each other where other programs run
  options.seconds = 0.02;
  EXPECT_GT(engine().bench(options).cosine, 0.999);
}

TEST(Benchmark, NamesTheArchitecturesThereAre) {
  BenchOptions options;
  options.architecture = "ViT-Z";
  EXPECT_THAT(error_of([&] { engine().bench(options); }).message(), HasSubstr("ViT-B/32, ViT-B/16 or ViT-L/14"));
}

}  // namespace
}  // namespace vifi
