#include "vifi/model_host.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_model.h"
#include "gate.h"
#include "stream/model_registry.h"
#include "vifi/error.h"

namespace vifi::testing {
namespace {

using ::testing::ElementsAre;

PreparedFrame frame_of(float value) {
  PreparedFrame frame;
  frame.size = 1;
  frame.pixels = {value};
  return frame;
}

ErrorCode code_of(std::future<std::vector<float>>& future) {
  try {
    future.get();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return ErrorCode::internal;
}

/// A model whose first encoder pass waits at the gate, so that frames gather behind it.
struct HeldModel {
  HeldModel() {
    model->on_encode = [this](std::span<const PreparedFrame> frames) {
      if (frames[0].pixels[0] == -1) {
        gate.pass();
      }
    };
  }
  ~HeldModel() { gate.open(); }

  std::future<std::vector<float>> hold(ModelHost& host) {
    auto first = host.encode(frame_of(-1));
    gate.await_arrivals();
    return first;
  }

  Gate gate;
  std::shared_ptr<FakeModel> model = std::make_shared<FakeModel>();
};

TEST(ModelHost, EncodesFramesThatWaitTogether) {
  HeldModel held;
  ModelHost host(held.model, {.batch_size = 3});
  auto first = held.hold(host);
  std::vector<std::future<std::vector<float>>> states;
  for (int i = 0; i < 5; ++i) {
    states.push_back(host.encode(frame_of(static_cast<float>(i))));
  }
  held.gate.open();
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(states[static_cast<std::size_t>(i)].get(), ElementsAre(i));
  }
  EXPECT_THAT(held.model->batches(), ElementsAre(1, 3, 2));
  const HostStats stats = host.stats();
  EXPECT_EQ(stats.frames_encoded, 6U);
  EXPECT_EQ(stats.batches, 3U);
  EXPECT_GE(stats.encode_ns_total, stats.last_encode_ns);
}

TEST(ModelHost, WaitsForABatchToFillButNotLongerThanItIsFull) {
  auto model = std::make_shared<FakeModel>();
  ModelHost host(model, {.batch_size = 2, .batch_timeout_ns = 60 * kSecond});
  auto a = host.encode(frame_of(1));
  auto b = host.encode(frame_of(2));
  a.get();
  b.get();
  EXPECT_THAT(model->batches(), ElementsAre(2));
}

TEST(ModelHost, DoesNotWaitLongerThanTheTimeout) {
  auto model = std::make_shared<FakeModel>();
  ModelHost host(model, {.batch_size = 2, .batch_timeout_ns = kMillisecond});
  EXPECT_THAT(host.encode(frame_of(1)).get(), ElementsAre(1));
}

TEST(ModelHost, ScoresWhileAFrameWaitsForItsBatch) {
  auto model = std::make_shared<FakeModel>();
  ModelHost host(model, {.batch_size = 2, .batch_timeout_ns = 60 * kSecond});
  auto a = host.encode(frame_of(1));
  EXPECT_THAT(host.score({1, 2}, 2, fake_bank({"x", "y"})), ElementsAre(0, 0));
  auto b = host.encode(frame_of(2));
  a.get();
}

TEST(ModelHost, AnErrorConcernsItsBatchOnly) {
  HeldModel held;
  const auto hold = held.model->on_encode;
  held.model->on_encode = [hold](std::span<const PreparedFrame> frames) {
    hold(frames);
    if (frames[0].pixels[0] == 13) {
      throw Error(ErrorCode::device_unavailable, "[encode] the device is gone");
    }
  };
  ModelHost host(held.model, {.batch_size = 1});
  auto first = held.hold(host);
  auto bad = host.encode(frame_of(13));
  auto good = host.encode(frame_of(14));
  held.gate.open();
  EXPECT_EQ(code_of(bad), ErrorCode::device_unavailable);
  EXPECT_THAT(good.get(), ElementsAre(14));
  EXPECT_EQ(host.stats().frames_encoded, 2U);
}

TEST(ModelHost, EveryFrameOfABatchGetsAnErrorOfItsOwn) {
  HeldModel held;
  const auto hold = held.model->on_encode;
  held.model->on_encode = [hold](std::span<const PreparedFrame> frames) {
    hold(frames);
    if (frames.size() == 4) {
      throw Error(ErrorCode::device_unavailable, "[encode] the device is gone", "plug it in");
    }
  };
  ModelHost host(held.model, {.batch_size = 4});
  auto first = held.hold(host);
  std::vector<std::future<std::string>> texts;
  for (int i = 0; i < 4; ++i) {
    auto state = std::make_shared<std::future<std::vector<float>>>(host.encode(frame_of(static_cast<float>(i))));
    texts.push_back(std::async(std::launch::async, [state] {
      try {
        state->get();
      } catch (const Error& error) {
        return error.message() + " / " + error.hint();
      }
      return std::string();
    }));
  }
  held.gate.open();
  for (auto& text : texts) {
    EXPECT_EQ(text.get(), "[encode] the device is gone / plug it in");
  }
}

TEST(ModelHost, WhoSubmitsFasterThanItEncodesWaits) {
  HeldModel held;
  ModelHost host(held.model, {.batch_size = 8});
  auto first = held.hold(host);
  std::atomic<int> submitted = 0;
  std::vector<std::future<std::vector<float>>> states;
  auto submitter = std::async(std::launch::async, [&] {
    for (int i = 0; i < 100; ++i, ++submitted) {
      states.push_back(host.encode(frame_of(static_cast<float>(i))));
    }
  });
  while (submitted < 64) {
    std::this_thread::yield();
  }
  EXPECT_EQ(submitter.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);
  EXPECT_EQ(submitted, 64);
  held.gate.open();
  submitter.get();
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(states[static_cast<std::size_t>(i)].get(), ElementsAre(i));
  }
}

TEST(ModelHost, ScoresSeveralWindowsAtOnce) {
  auto model = std::make_shared<FakeModel>();
  model->logits = [](std::span<const float> states, std::size_t) { return std::vector<float>{states[0], states[1]}; };
  ModelHost host(model, {});
  EXPECT_THAT(host.score({1, 2, 3, 4}, 2, fake_bank({"x", "y"})), ElementsAre(1, 2, 3, 4));
  EXPECT_THROW(host.score({1, 2, 3}, 2, fake_bank({"x"})), Error);
  EXPECT_THROW(host.score({1}, 0, fake_bank({"x"})), Error);
}

TEST(ModelHost, EmbedsEqualSetsOnce) {
  auto model = std::make_shared<FakeModel>();
  Gate gate;
  model->on_embed = [&] { gate.pass(); };
  ModelHost host(model, {});
  auto a = host.embed(make_label_set({"walking"}));
  gate.await_arrivals();
  auto b = host.embed(make_label_set({"walking"}));  // still in the making
  gate.open();
  EXPECT_EQ(a.get(), b.get());
  EXPECT_EQ(host.embed(make_label_set({"walking"})).get(), a.get());
  EXPECT_EQ(model->embeds(), 1);
  EXPECT_NE(host.embed(make_label_set({"running"})).get(), a.get());
  EXPECT_NE(host.embed(make_label_set({"walking"}, {"a video of {}"})).get(), a.get());
  EXPECT_EQ(model->embeds(), 3);
}

TEST(ModelHost, TriesAgainAfterAFailedEmbedding) {
  auto model = std::make_shared<FakeModel>();
  bool fail = true;
  model->on_embed = [&] {
    if (std::exchange(fail, false)) {
      throw Error(ErrorCode::invalid_argument, "[embed] too long");
    }
  };
  ModelHost host(model, {});
  EXPECT_THROW(host.embed(make_label_set({"a"})).get(), Error);
  EXPECT_NE(host.embed(make_label_set({"a"})).get(), nullptr);
}

TEST(ModelHost, ForgetsTheOldestOfManySets) {
  auto model = std::make_shared<FakeModel>();
  ModelHost host(model, {});
  for (int i = 0; i < 100; ++i) {
    host.embed(make_label_set({std::to_string(i)})).get();
  }
  host.embed(make_label_set({"99"})).get();
  EXPECT_EQ(model->embeds(), 100);
  host.embed(make_label_set({"0"})).get();
  EXPECT_EQ(model->embeds(), 101);
}

TEST(ModelHost, ServesFramesBetweenChunksOfPrompts) {
  auto model = std::make_shared<FakeModel>();
  Gate gate;
  model->on_embed = [&] { gate.pass(); };
  ModelHost host(model, {});
  auto bank = host.embed(make_label_set({"a", "b"}));
  gate.await_arrivals();
  auto state = host.encode(frame_of(5));
  model->on_encode = [&](auto) { EXPECT_EQ(model->embeds(), 0) << "the embedding was finished first"; };
  gate.open();
  EXPECT_THAT(state.get(), ElementsAre(5));
  bank.get();
  EXPECT_EQ(model->embeds(), 1);
}

/// A model whose embedding never ends by itself.
class EndlessModel : public FakeModel {
 public:
  std::shared_ptr<const LabelBank> embed(const LabelSet&, const Progress& progress) override {
    while (true) {
      progress(0, 1);
    }
  }
};

TEST(ModelHost, FailsWorkInHandAndInTheQueueWhenItGoes) {
  auto host = std::make_unique<ModelHost>(std::make_shared<EndlessModel>(), HostOptions{});
  const auto in_hand = host->embed(make_label_set({"a"}));
  const auto waiting = host->embed(make_label_set({"b"}));
  EXPECT_THAT(host->encode(frame_of(1)).get(), ElementsAre(1));
  host.reset();
  for (const auto& bank : {in_hand, waiting}) {
    try {
      bank.get();
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::cancelled);
    }
  }
}

TEST(ModelHost, ManyStreamsGetTheirOwnStates) {
  auto model = std::make_shared<FakeModel>();
  ModelHost host(model, {.batch_size = 4});
  std::vector<std::thread> streams;
  for (int s = 0; s < 8; ++s) {
    streams.emplace_back([&host, s] {
      const auto bank = host.embed(make_label_set({"a", std::to_string(s % 2)})).get();
      for (int i = 0; i < 50; ++i) {
        const auto value = static_cast<float>(s * 1000 + i);
        EXPECT_THAT(host.encode(frame_of(value)).get(), ElementsAre(value));
        EXPECT_EQ(host.score({value}, 1, bank).size(), 2U);
      }
    });
  }
  for (std::thread& stream : streams) {
    stream.join();
  }
  EXPECT_EQ(host.stats().frames_encoded, 400U);
  EXPECT_EQ(model->embeds(), 2);
}

TEST(ModelHost, RefusesImpossibleOptions) {
  auto model = std::make_shared<FakeModel>();
  EXPECT_THROW(ModelHost(model, {.batch_size = 0}), Error);
  EXPECT_THROW(ModelHost(model, {.batch_timeout_ns = -1}), Error);
  EXPECT_THROW(ModelHost(nullptr, {}), Error);
}

/// A registry over fake models that writes down what was loaded.
struct Registry {
  std::shared_ptr<ModelHost> get(const std::string& path, HostOptions host = {}, const std::string& id = {}) {
    ModelOptions options;
    options.path = path;
    return registry.get(options, host, id);
  }

  std::vector<std::string> loaded;
  ModelRegistry registry{[this](const ModelOptions& options) {
    loaded.push_back(options.path);
    return std::make_shared<FakeModel>();
  }};
};

TEST(ModelRegistry, SharesAModelAmongEqualSettings) {
  Registry registry;
  const auto first = registry.get("/models/a");
  EXPECT_EQ(registry.get("/models/a"), first);
  EXPECT_NE(registry.get("/models/b"), first);
  EXPECT_NE(registry.get("/models/a", {.batch_size = 2}), first);
  EXPECT_NE(registry.get("/models/a", {}, "second"), first);
}

TEST(ModelRegistry, KnowsAModelByEverySpellingOfItsPath) {
  Registry registry;
  const auto first = registry.get("/models/a");
  EXPECT_EQ(registry.get("/models/b/../a/"), first);
  EXPECT_EQ(registry.get("/models/a/vifi.json"), first);
  const auto relative = registry.get("some/model.pt");
  EXPECT_EQ(registry.get(std::filesystem::current_path() / "some/model.pt"), relative);
}

TEST(ModelRegistry, AnEmptyPathIsTheDefaultModel) {
  Registry registry;
  EXPECT_EQ(registry.get(""), registry.get(default_model_path()));
}

TEST(ModelRegistry, LoadsAgainOnceNobodyHoldsTheModel) {
  Registry registry;
  registry.get("/models/a");
  registry.get("/models/a");
  EXPECT_THAT(registry.loaded, ElementsAre("/models/a", "/models/a"));
}

TEST(ModelRegistry, TwoThreadsLoadAModelOnce) {
  Gate gate;
  std::atomic<int> loads = 0;
  ModelRegistry registry([&](const ModelOptions&) {
    ++loads;
    gate.pass();
    return std::make_shared<FakeModel>();
  });
  ModelOptions options;
  options.path = "/models/a";
  auto first = std::async(std::launch::async, [&] { return registry.get(options, {}, {}); });
  gate.await_arrivals();
  auto second = std::async(std::launch::async, [&] { return registry.get(options, {}, {}); });
  gate.open();
  EXPECT_EQ(first.get(), second.get());
  EXPECT_EQ(loads, 1);
}

TEST(ModelRegistry, AFailedLoadIsTriedAgain) {
  bool fail = true;
  ModelRegistry registry([&](const ModelOptions&) -> std::shared_ptr<Model> {
    if (std::exchange(fail, false)) {
      throw Error(ErrorCode::not_found, "[load] nothing there");
    }
    return std::make_shared<FakeModel>();
  });
  ModelOptions options;
  options.path = "/models/a";
  EXPECT_THROW(registry.get(options, {}, {}), Error);
  EXPECT_NE(registry.get(options, {}, {}), nullptr);
}

}  // namespace
}  // namespace vifi::testing
