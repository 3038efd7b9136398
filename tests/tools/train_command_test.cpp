// `vifi train` and `vifi eval` as a user runs them, on a few drawn clips.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "run.h"
#include "support/free_port.h"
#include "support/temporary_folder.h"

namespace vifi {
namespace {

namespace fs = std::filesystem;

/// A process that runs beside the test. Killed with the object.
class Process {
 public:
  /// @param err        where its standard error goes
  /// @param file_size  bytes that a file of it may have; 0: as many as it likes
  Process(std::vector<std::string> words, const std::string& err, rlim_t file_size = 0,
          const std::map<std::string, std::string>& environment = {}) {
    words.insert(words.begin(), std::getenv("VIFI_TOOL"));
    std::vector<char*> pointers;
    for (std::string& word : words)
      pointers.push_back(word.data());
    pointers.push_back(nullptr);
    id_ = fork();
    if (id_ == 0) {
      dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
      dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
      const rlimit limit{file_size, file_size};
      if (file_size > 0) setrlimit(RLIMIT_FSIZE, &limit);
      for (const auto& [name, value] : environment)
        setenv(name.c_str(), value.c_str(), 1);
      execv(pointers[0], pointers.data());
      _exit(127);
    }
  }
  ~Process() {
    if (id_ > 0) end(SIGKILL);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  bool running() {
    if (id_ > 0 && waitpid(id_, &status_, WNOHANG) == id_) id_ = 0;
    return id_ > 0;
  }
  /// Signals it (0: not) and waits for its end. @return exit status, or minus the signal that ended it
  int end(int signal) {
    if (id_ > 0) {
      if (signal != 0) kill(id_, signal);
      waitpid(id_, &status_, 0);
      id_ = 0;
    }
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  }

 private:
  pid_t id_ = 0;
  int status_ = 0;
};

/// Tells what happens to the files of a folder.
class FolderWatch {
 public:
  explicit FolderWatch(const std::string& folder) : events_(inotify_init1(IN_CLOEXEC)) {
    fs::create_directories(folder);
    if (inotify_add_watch(events_, folder.c_str(), IN_CREATE | IN_MODIFY) < 0)
      throw std::runtime_error("no watch on " + folder);
  }
  ~FolderWatch() { close(events_); }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  /// Waits until a file that was made or written to satisfies a condition. @return its name; empty: the process ended
  std::string wait(Process& process, const std::function<bool(const std::string&)>& wanted) {
    constexpr int kLook = 200;  // ms after which to see whether the process still runs
    alignas(inotify_event) char buffer[4096];
    pollfd readable{events_, POLLIN, 0};
    while (true) {
      if (poll(&readable, 1, kLook) == 0) {
        if (!process.running()) return {};
        continue;
      }
      const ssize_t size = read(events_, buffer, sizeof buffer);
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        if (event->len > 0 && wanted(event->name)) return event->name;
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

 private:
  int events_;
};

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class TrainCommand : public testing::Test {
 protected:
  /// Six clips of six phrases, and a configuration with the reference's keys whose base holds what does not change.
  TrainCommand() {
    const Execution drawn =
        run_vifi({"dataset", "mini", folder_.path("world"), "--list", "base", "--set", "train", "--clips", "1"});
    EXPECT_EQ(drawn.status, 0) << drawn.err;
    const std::vector<std::string> list = lines_of(content(folder_.path("world/train.txt")));
    const std::vector<std::string> names = lines_of(content(folder_.path("world/base_labels.csv")));
    std::ofstream labels(folder_.path("labels.csv")), few(folder_.path("few.txt"));
    labels << names.at(0) << '\n';
    for (std::size_t i = 0; i < 6; ++i) {
      few << list.at(i) << '\n';
      labels << names.at(i + 1) << '\n';
    }
    std::ofstream(folder_.path("base.yaml"))
        << "DATA:\n  INPUT_SIZE: 64\n  NUM_FRAMES: 2\n  NUM_CLASSES: 6\n  LABEL_LIST: '" << folder_.path("labels.csv")
        << "'\n  TRAIN_FILE: '" << folder_.path("few.txt") << "'\n  VAL_FILE: '" << folder_.path("few.txt")
        << "'\nTRAIN:\n  EPOCHS: 99\n  WARMUP_EPOCHS: 0\n  LR: 1.e-5\n  BATCH_SIZE: 2\n";
    std::ofstream(folder_.path("run.yaml"))
        << "BASE: ['base.yaml']\nTRAIN:\n  EPOCHS: 3\nMODEL:\n  ARCH: 'ViT-B/16'\nPRINT_FREQ: 1\n";
  }

  std::vector<std::string> command(const std::string& name, const std::string& run,
                                   const std::vector<std::string>& more = {},
                                   const std::vector<std::string>& opts = {}) const {
    std::vector<std::string> words{
        name, "--config", folder_.path("run.yaml"), "--pretrained", std::getenv("VIFI_DEFAULT_MODEL"), "--threads",
        "1",  "--output", folder_.path(run)};
    words.insert(words.end(), more.begin(), more.end());
    if (std::find(more.begin(), more.end(), "--device") == more.end()) {
      words.insert(words.end(), {"--device", "cpu"});  // what is compared here is compared to the bit
    }
    words.insert(words.end(), {"--opts", "DATA.ROOT", folder_.path("world")});
    words.insert(words.end(), opts.begin(), opts.end());
    return words;
  }

  TemporaryFolder folder_;
};

TEST_F(TrainCommand, TrainsSavesAndEvaluatesAsTheConfigurationSays) {
  const Execution train = run_vifi(command("train", "run"));
  ASSERT_EQ(train.status, 0) << train.err;
  EXPECT_EQ(train.out.rfind("best top-1 ", 0), 0U) << train.out;
  for (const char* name : {"ckpt_epoch_0.pth", "ckpt_epoch_1.pth", "ckpt_epoch_2.pth", "best.pth", "config.yaml"}) {
    EXPECT_TRUE(fs::exists(folder_.path("run/" + std::string(name)))) << name;
  }
  std::vector<double> top1;
  std::size_t steps = 0;
  for (const std::string& line : lines_of(content(folder_.path("run/log.jsonl")))) {
    const auto entry = nlohmann::json::parse(line);
    if (entry.contains("top1")) {
      top1.push_back(entry["top1"]);
    } else {
      ++steps;
    }
  }
  EXPECT_EQ(steps, 9U);  // three epochs of three batches
  ASSERT_EQ(top1.size(), 3U);
  const Execution eval = run_vifi(command("eval", "", {"--weights", folder_.path("run/best.pth"), "--json"}));
  ASSERT_EQ(eval.status, 0) << eval.err;
  const auto scores = nlohmann::json::parse(eval.out);
  EXPECT_EQ(scores["rows"][0]["samples"], 6);
  EXPECT_NEAR(scores["rows"][0]["top1"].get<double>(), *std::max_element(top1.begin(), top1.end()), 1e-9);
}

TEST_F(TrainCommand, HowFramesWerePreparedIsNotedAndFollowed) {
  const auto preprocess_of = [&](const std::string& run) {
    const Execution convert = run_vifi({"convert", "--base", std::getenv("VIFI_DEFAULT_MODEL"),
                                        folder_.path(run + "/ckpt_epoch_0.pth"), folder_.path(run + ".model")});
    EXPECT_EQ(convert.status, 0) << convert.err;
    return nlohmann::json::parse(content(folder_.path(run + ".model/vifi.json")))["preprocess"];
  };
  const std::vector<std::string> one_epoch{"TRAIN.EPOCHS", "1"}, models_way{"TRAIN.EPOCHS", "1", "DATA.MODEL_PREPROCESS", "True"};
  ASSERT_EQ(run_vifi(command("train", "reference", {}, one_epoch)).status, 0);
  const auto reference = preprocess_of("reference");
  EXPECT_EQ(reference["rounding"], "opencv");
  EXPECT_EQ(reference["resize_size"], 73);

  const Execution train = run_vifi(command("train", "own", {}, models_way));
  ASSERT_EQ(train.status, 0) << train.err;
  const auto own = preprocess_of("own");
  const auto models = nlohmann::json::parse(content(std::getenv("VIFI_DEFAULT_MODEL") + std::string("/vifi.json")))["preprocess"];
  for (const char* key : {"rounding", "antialias", "interpolation"}) EXPECT_EQ(own[key], models[key]) << key;
  EXPECT_EQ(own["mean"][0].get<float>(), models["mean"][0].get<float>());

  const auto convert_to = [&](const std::string& input, const std::string& output) {
    return run_vifi({"convert", "--base", std::getenv("VIFI_DEFAULT_MODEL"), folder_.path(input), folder_.path(output)}).err;
  };
  const std::string lost = "does not say how this model's frames are prepared";
  EXPECT_NE(convert_to("own/ckpt_epoch_0.pth", "own.safetensors").find(lost), std::string::npos);
  EXPECT_EQ(convert_to("own/ckpt_epoch_0.pth", "again.pth").find(lost), std::string::npos);
  EXPECT_EQ(convert_to("own/ckpt_epoch_0.pth", "again.model").find(lost), std::string::npos);
  EXPECT_EQ(convert_to("reference/ckpt_epoch_0.pth", "reference.safetensors").find(lost), std::string::npos);

  const std::vector<std::string> tuned{"--weights", folder_.path("own/ckpt_epoch_0.pth"), "--json"};
  const Execution same = run_vifi(command("eval", "", tuned, models_way)), other = run_vifi(command("eval", "", tuned));
  EXPECT_EQ(same.status, 0) << same.err;
  EXPECT_EQ(same.err.find("MODEL_PREPROCESS"), std::string::npos) << same.err;
  EXPECT_EQ(other.status, 0) << other.err;
  EXPECT_NE(other.err.find("--opts DATA.MODEL_PREPROCESS True"), std::string::npos) << other.err;
}

TEST_F(TrainCommand, ADeviceThatIsNotThereIsAnErrorThatSaysSo) {
  for (const char* name : {"train", "eval"}) {
    const Execution nonsense = run_vifi(command(name, "run", {"--device", "tpu"}));
    EXPECT_NE(nonsense.status, 0);
    EXPECT_NE(nonsense.err.find("expected auto, cpu, cuda or cuda:N, got \"tpu\""), std::string::npos) << nonsense.err;
    const Execution missing = run_vifi(command(name, "run", {"--device", "cuda:99"}));
    EXPECT_NE(missing.status, 0);
    EXPECT_NE(missing.err.find("device \"cuda:99\""), std::string::npos) << missing.err;
    EXPECT_NE(missing.err.find("device=cpu"), std::string::npos) << missing.err;
  }
  EXPECT_FALSE(fs::exists(folder_.path("run")));
}

TEST_F(TrainCommand, WhatSigtermInterruptsGoesOnToTheSameBits) {
  ASSERT_EQ(run_vifi(command("train", "run")).status, 0);
  fs::rename(folder_.path("run"), folder_.path("whole"));  // checkpoints hold the folder's name
  FolderWatch watch(folder_.path("run"));
  Process process(command("train", "run"), folder_.path("err"));
  ASSERT_NE(watch.wait(process,
                       [&](const std::string& name) {
                         return name == "log.jsonl" &&
                                content(folder_.path("run/log.jsonl")).find("\"epoch\":1") != std::string::npos;
                       }),
            "")
      << content(folder_.path("err"));
  EXPECT_EQ(process.end(SIGTERM), 1);
  EXPECT_NE(content(folder_.path("err")).find("--resume auto"), std::string::npos) << content(folder_.path("err"));
  EXPECT_TRUE(fs::exists(folder_.path("run/interrupted.pth")));
  EXPECT_FALSE(fs::exists(folder_.path("run/ckpt_epoch_2.pth")));
  const Execution rest = run_vifi(command("train", "run", {"--resume", "auto"}));
  ASSERT_EQ(rest.status, 0) << rest.err;
  EXPECT_NE(rest.err.find("interrupted.pth"), std::string::npos) << rest.err;
  // Weights, moments, schedule, best accuracy: all of it.
  EXPECT_TRUE(content(folder_.path("run/ckpt_epoch_2.pth")) == content(folder_.path("whole/ckpt_epoch_2.pth")));
}

TEST_F(TrainCommand, AKillInMidSaveLeavesTheCheckpointsBefore) {
  constexpr int kAttempts = 5;  // the save may be over before the kill
  std::string part;
  for (int attempt = 0; attempt < kAttempts && (part.empty() || !fs::exists(part)); ++attempt) {
    FolderWatch watch(folder_.path("run"));
    Process process(command("train", "run", {"--resume", "auto"}, {"TRAIN.EPOCHS", "9"}), folder_.path("err"));
    const std::string name = watch.wait(process, [&](const std::string& file) {
      return file.starts_with(".ckpt_epoch_") && fs::exists(folder_.path("run/ckpt_epoch_0.pth"));
    });
    ASSERT_NE(name, "") << content(folder_.path("err"));
    EXPECT_EQ(process.end(SIGKILL), -SIGKILL);
    part = folder_.path("run/" + name);
  }
  ASSERT_TRUE(fs::exists(part));
  int number = 0;
  while (fs::exists(folder_.path("run/ckpt_epoch_" + std::to_string(number) + ".pth")))
    ++number;
  ASSERT_GT(number, 0);
  const Execution rest =
      run_vifi(command("train", "run", {"--resume", "auto"}, {"TRAIN.EPOCHS", std::to_string(number + 1)}));
  EXPECT_EQ(rest.status, 0) << rest.err;
  EXPECT_NE(rest.err.find("ckpt_epoch_" + std::to_string(number - 1) + ".pth"), std::string::npos) << rest.err;
  EXPECT_TRUE(fs::exists(folder_.path("run/ckpt_epoch_" + std::to_string(number) + ".pth")));
  EXPECT_FALSE(fs::exists(part));
}

TEST_F(TrainCommand, AFullDiskIsAnErrorThatLosesNothing) {
  ASSERT_EQ(run_vifi(command("train", "run", {}, {"TRAIN.EPOCHS", "1"})).status, 0);
  const std::string before = content(folder_.path("run/ckpt_epoch_0.pth"));
  Process process(command("train", "run", {"--resume", "auto"}), folder_.path("err"), 1 << 20);
  EXPECT_EQ(process.end(0), 1);
  const std::string err = content(folder_.path("err"));
  EXPECT_NE(err.find("ckpt_epoch_1.pth: File too large after"), std::string::npos) << err;
  EXPECT_TRUE(before == content(folder_.path("run/ckpt_epoch_0.pth")));
  for (const auto& entry : fs::directory_iterator(folder_.path("run"))) {
    EXPECT_FALSE(entry.path().filename().string().starts_with('.')) << entry.path();
  }
}

/// What torchrun tells the processes that it starts.
std::map<std::string, std::string> of_rank(int rank, int port) {
  return {{"RANK", std::to_string(rank)},
          {"LOCAL_RANK", std::to_string(rank)},
          {"WORLD_SIZE", "2"},
          {"MASTER_ADDR", "127.0.0.1"},
          {"MASTER_PORT", std::to_string(port)}};
}

TEST_F(TrainCommand, TwoProcessesTrainAsTwoVirtualRanks) {
  ASSERT_EQ(run_vifi(command("train", "run", {"--virtual-ranks", "2"})).status, 0);
  fs::rename(folder_.path("run"), folder_.path("virtual"));
  const int port = free_port();
  Process second(command("train", "run"), folder_.path("err1"), 0, of_rank(1, port));
  Process first(command("train", "run"), folder_.path("err0"), 0, of_rank(0, port));
  EXPECT_EQ(first.end(0), 0) << content(folder_.path("err0"));
  EXPECT_EQ(second.end(0), 0) << content(folder_.path("err1"));
  const auto virtual_log = lines_of(content(folder_.path("virtual/log.jsonl")));
  const auto log = lines_of(content(folder_.path("run/log.jsonl")));
  ASSERT_EQ(log.size(), virtual_log.size());
  for (std::size_t i = 0; i < log.size(); ++i) {
    const auto one = nlohmann::json::parse(virtual_log[i]), other = nlohmann::json::parse(log[i]);
    for (const char* key : {"loss", "lr", "top1", "top5", "samples"}) {
      ASSERT_EQ(one.contains(key), other.contains(key));
      if (one.contains(key)) {
        EXPECT_NEAR(one[key].get<double>(), other[key].get<double>(), 1e-5) << key << " of line " << i;
      }
    }
  }
  // The sum of two gradients has no order; without accumulation there is nothing else.
  EXPECT_TRUE(content(folder_.path("run/ckpt_epoch_2.pth")) == content(folder_.path("virtual/ckpt_epoch_2.pth")));
}

/// What `vifi eval --report` wrote, of two processes that share the clips.
nlohmann::json report_of_two(const std::vector<std::string>& words, const TemporaryFolder& folder, const std::string& report) {
  const int port = free_port();
  Process second(words, folder.path("err1"), 0, of_rank(1, port));
  Process first(words, folder.path("err0"), 0, of_rank(0, port));
  EXPECT_EQ(first.end(0), 0) << content(folder.path("err0"));
  EXPECT_EQ(second.end(0), 0) << content(folder.path("err1"));
  return nlohmann::json::parse(content(report));
}

TEST_F(TrainCommand, TwoProcessesEvaluateEachClipOnce) {
  const auto lines = lines_of(content(folder_.path("few.txt")));
  for (const std::size_t count : {6, 5, 1}) {  // even; odd; nothing for the second process
    std::ofstream list(folder_.path("part.txt"));
    for (std::size_t i = 0; i < count; ++i)
      list << lines.at(i) << '\n';
    list.close();
    const auto words = [&](const char* report) {
      return command("eval", "", {"--list", folder_.path("part.txt"), "--report", folder_.path(report)});
    };
    const Execution alone = run_vifi(words("one.json"));
    ASSERT_EQ(alone.status, 0) << alone.err;
    const auto one = nlohmann::json::parse(content(folder_.path("one.json")));
    const auto two = report_of_two(words("two.json"), folder_, folder_.path("two.json"));
    EXPECT_EQ(one["rows"], two["rows"]);
    EXPECT_EQ(two["rows"][0]["samples"], count);
    const auto &list_one = one["lists"][0], &list_two = two["lists"][0];
    EXPECT_EQ(list_one["confusion"], list_two["confusion"]);
    EXPECT_EQ(list_one["classes"], list_two["classes"]);
    ASSERT_EQ(list_two["samples"].size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto &sample = list_one["samples"][i], &other = list_two["samples"][i];
      for (const char* key : {"video", "label", "best"})
        EXPECT_EQ(sample[key], other[key]) << key;
      EXPECT_NEAR(sample["score"].get<double>(), other["score"].get<double>(), 1e-5);
    }
  }
}

TEST_F(TrainCommand, WhenAPeerDiesTheOtherSaysSoAndEnds) {
  const int port = free_port();
  FolderWatch watch(folder_.path("run"));
  const auto many = std::vector<std::string>{"TRAIN.EPOCHS", "99"};
  Process second(command("train", "run", {}, many), folder_.path("err1"), 0, of_rank(1, port));
  Process first(command("train", "run", {}, many), folder_.path("err0"), 0, of_rank(0, port));
  ASSERT_NE(
      watch.wait(first, [](const std::string& name) { return name == "ckpt_epoch_0.pth" || name == "log.jsonl"; }), "")
      << content(folder_.path("err0"));
  EXPECT_EQ(second.end(SIGKILL), -SIGKILL);
  const auto killed = std::chrono::steady_clock::now();
  EXPECT_EQ(first.end(0), 1);
  EXPECT_LT(std::chrono::steady_clock::now() - killed, std::chrono::minutes(1));
  const std::string err = content(folder_.path("err0"));
  EXPECT_NE(err.find("rank 0 of 2: another process has ended or does not answer"), std::string::npos) << err;
}

}  // namespace
}  // namespace vifi
