#include "weights/torch_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>

#include "base/atomic_file.h"
#include "file_builders.h"
#include "vifi/error.h"
#include "weights/torch_archive.h"
#include "weights/zip_archive.h"
#include "weights/zip_writer.h"

namespace vifi {
namespace {

using ::testing::HasSubstr;
using testing_files::TemporaryFolder;

at::Tensor counting(std::int64_t count, at::ScalarType type = at::kFloat) {
  return at::arange(count, at::TensorOptions().dtype(type));
}

/// Every kind of value, as a training program nests them.
TorchDict example() {
  TorchDict model;
  model.ordered = true;
  model.add("module.logit_scale", at::full({}, 4.5, at::kFloat));
  model.add("module.proj", counting(6).view({2, 3}).t());  // column-major
  model.add("module.half", counting(3, at::kHalf));
  model.add("module.brain", counting(3, at::kBFloat16));
  model.add("module.ids", counting(2, at::kLong));
  model.add("module.empty", counting(0));
  TorchDict moments;
  moments.add("step", at::full({}, 12, at::kFloat));
  moments.add("exp_avg", counting(2));
  TorchDict state;
  state.add(3, std::move(moments));
  TorchDict group;
  group.add("lr", 8e-6);
  group.add("betas", TorchTuple{{0.9, 0.98}});
  group.add("foreach", TorchValue());
  group.add("amsgrad", false);
  group.add("params", TorchList{0, 1, 255, 256, 70000, -1, std::int64_t{1} << 40});
  TorchDict optimizer;
  optimizer.add("state", std::move(state));
  optimizer.add("param_groups", TorchList{std::move(group)});
  TorchDict checkpoint;
  checkpoint.add("model", std::move(model));
  checkpoint.add("optimizer", std::move(optimizer));
  checkpoint.add("epoch", 3);
  checkpoint.add("name", "größer");
  checkpoint.add("nothing", TorchList{});
  checkpoint.add("empty", TorchTuple{});
  return checkpoint;
}

std::vector<std::string> keys_of(const TorchDict& dict) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : dict.items) {
    keys.push_back(*key.as<std::string>());
  }
  return keys;
}

/// The dict under a key, which must be there.
const TorchDict& dict_at(const TorchDict& dict, std::string_view key) {
  const TorchValue* value = dict.find(key);
  if (value == nullptr || value->as<TorchDict>() == nullptr) {
    throw std::runtime_error("no dict under " + std::string(key));
  }
  return *value->as<TorchDict>();
}

TEST(TorchArchive, IsReadBackAsItWasWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/ckpt.pth";
  save_torch_archive(path, example());
  const TorchValue value = read_torch_value(path);
  const TorchDict& checkpoint = *value.as<TorchDict>();
  EXPECT_EQ(keys_of(checkpoint),
            (std::vector<std::string>{"model", "optimizer", "epoch", "name", "nothing", "empty"}));
  EXPECT_EQ(*checkpoint.find("epoch")->as<std::int64_t>(), 3);
  EXPECT_EQ(*checkpoint.find("name")->as<std::string>(), "größer");
  EXPECT_TRUE(checkpoint.find("nothing")->as<TorchList>()->empty());
  EXPECT_TRUE(checkpoint.find("empty")->as<TorchTuple>()->items.empty());

  const TorchDict& model = dict_at(checkpoint, "model");
  const TorchDict written = example();
  const TorchDict& written_model = dict_at(written, "model");
  ASSERT_EQ(keys_of(model), keys_of(written_model));
  for (const auto& [name, tensor] : written_model.items) {
    const at::Tensor& read = *model.find(*name.as<std::string>())->as<at::Tensor>();
    EXPECT_EQ(read.scalar_type(), tensor.as<at::Tensor>()->scalar_type());
    EXPECT_TRUE(at::equal(read, *tensor.as<at::Tensor>())) << *name.as<std::string>();
  }

  const TorchDict& optimizer = dict_at(checkpoint, "optimizer");
  const TorchDict& state = dict_at(optimizer, "state");
  ASSERT_EQ(state.items.size(), 1U);
  EXPECT_EQ(*state.items[0].first.as<std::int64_t>(), 3);
  const TorchDict& group = *optimizer.find("param_groups")->as<TorchList>()->at(0).as<TorchDict>();
  EXPECT_EQ(*group.find("lr")->as<double>(), 8e-6);
  EXPECT_EQ(*group.find("betas")->as<TorchTuple>()->items.at(1).as<double>(), 0.98);
  EXPECT_EQ(*group.find("amsgrad")->as<bool>(), false);
  EXPECT_NE(group.find("foreach")->as<std::monostate>(), nullptr);
  std::vector<std::int64_t> params;
  for (const TorchValue& item : *group.find("params")->as<TorchList>()) {
    params.push_back(*item.as<std::int64_t>());
  }
  EXPECT_EQ(params, (std::vector<std::int64_t>{0, 1, 255, 256, 70000, -1, std::int64_t{1} << 40}));
}

TEST(TorchArchive, IsACheckpointOfItsModel) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/ckpt.pth";
  save_torch_archive(path, example());
  const Checkpoint checkpoint = read_checkpoint(path);
  EXPECT_EQ(checkpoint.entry, "model");
  EXPECT_EQ(checkpoint.tensors.size(), 6U);
  EXPECT_TRUE(checkpoint.other_entries.contains("optimizer"));
}

TEST(TorchArchive, TheSameValueGivesTheSameBytes) {
  const TemporaryFolder folder;
  const auto bytes_of_saved = [&](const std::string& name) {
    save_torch_archive(folder.path() + "/" + name, example());
    std::ifstream file(folder.path() + "/" + name, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  EXPECT_EQ(bytes_of_saved("a"), bytes_of_saved("b"));
}

TEST(TorchArchive, TensorsBeginAtMultiplesOf64) {
  const TemporaryFolder folder;
  save_torch_archive(folder.path() + "/file", example());
  const ZipArchive archive(MappedFile::open(folder.path() + "/file"));
  for (const std::string& name : archive.names()) {
    EXPECT_EQ((archive.find(name)->data() - archive.file()->bytes().data()) % 64, 0) << name;
  }
}

TEST(TorchArchive, RefusesTextThatIsNotUtf8) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_torch_archive(folder.path() + "/file", TorchList{"\xff"}), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ZipWriter, WritesNumbersThatNeed64BitsAsZip64) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/file.zip";
  {
    AtomicFile file(path, "test");
    ZipWriter zip(file, /*widest32=*/70);
    zip.add("small", std::as_bytes(std::span(std::string_view("abc"))));
    zip.add("large", std::as_bytes(std::span(std::string_view(std::string(100, 'x')))));
    zip.add("last", std::as_bytes(std::span(std::string_view("de"))));
    zip.finish();
    file.commit();
  }
  const ZipArchive archive(MappedFile::open(path));
  EXPECT_EQ(archive.names(), (std::vector<std::string>{"large", "last", "small"}));
  EXPECT_EQ(archive.find("small")->size(), 3U);
  EXPECT_EQ(archive.find("large")->size(), 100U);
  EXPECT_EQ(static_cast<char>((*archive.find("last"))[1]), 'e');
}

TEST(ZipWriter, HoldsMoreRecordsThan16BitsCount) {
  const TemporaryFolder folder;
  constexpr std::size_t kMany = 65'600;
  {
    AtomicFile file(folder.path() + "/file.zip", "test");
    ZipWriter zip(file);
    for (std::size_t i = 0; i < kMany; ++i) {
      zip.add(std::to_string(i), {});
    }
    zip.finish();
    file.commit();
  }
  EXPECT_EQ(ZipArchive(MappedFile::open(folder.path() + "/file.zip")).names().size(), kMany);
}

/// The process may not write files beyond `bytes`, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(AtomicFile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/ckpt.pth";
  save_torch_archive(path, TorchList{1});
  const auto size = std::filesystem::file_size(path);
  {
    const FileSizeLimit limit(100'000);
    try {
      save_torch_archive(path, TorchList{counting(1 << 20)});
      FAIL() << "4 MB were written";
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::unreadable);
      EXPECT_THAT(e.message(), HasSubstr("[save checkpoint] " + path));
      EXPECT_THAT(e.hint(), HasSubstr("free some space"));
    }
  }
  EXPECT_EQ(std::filesystem::file_size(path), size);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(AtomicFile, UsesWhatAKilledProcessLeft) {
  const TemporaryFolder folder;
  folder.write(".new.part", "much more than what is written now");
  AtomicFile file(folder.path() + "/new", "test");
  file.write("short");
  file.commit();
  EXPECT_EQ(std::filesystem::file_size(folder.path() + "/new"), 5U);
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/.new.part"));
}

TEST(AtomicFile, RefusesASecondWriter) {
  const TemporaryFolder folder;
  const AtomicFile first(folder.path() + "/new", "test");
  EXPECT_THROW(AtomicFile(folder.path() + "/new", "test"), Error);
}

TEST(AtomicFile, NamesAFolderThatIsNotThere) {
  try {
    const AtomicFile file("/no/such/folder/file", "save checkpoint");
    FAIL() << "it was opened";
  } catch (const Error& e) {
    EXPECT_THAT(e.message(), HasSubstr("/no/such/folder/file: No such file"));
  }
}

}  // namespace
}  // namespace vifi
