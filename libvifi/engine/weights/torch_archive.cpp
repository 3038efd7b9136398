#include "weights/torch_archive.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/json_object.h"
#include "video/preprocess_json.h"
#include "weights/torch_calls.h"
#include "weights/unpickler.h"
#include "weights/weights_error.h"
#include "weights/zip_archive.h"

namespace vifi {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxPickleSize = 32 << 20;  // the pickle holds names and shapes, not values
constexpr std::string_view kPickleName = "data.pkl";

/// Finds tensors in what a pickle describes.
class Collector {
 public:
  Collector(const TorchCalls& calls, Checkpoint& checkpoint) : calls_(calls), checkpoint_(checkpoint) {}

  void collect(const PickleValue& root) {
    if (is_script_object(root)) {
      checkpoint_.container = "torchscript";
      add_module(root, "", 0);
    } else if (root.kind == Kind::dict) {
      collect_dict(root, 0);
    } else if (root.kind == Kind::opaque) {
      refuse("holds a pickled " + std::string(root.text) + " instead of weights");
    } else {
      refuse("holds no dict of tensors");
    }
    if (checkpoint_.tensors.empty()) {
      refuse("holds no tensors");
    }
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw WeightsError(WeightsErrorKind::unsupported, checkpoint_.path + " " + what,
                       "save the weights alone: torch.save(model.state_dict(), path)");
  }

  static bool is_script_object(const PickleValue& value) {
    return value.kind == Kind::opaque && value.text.starts_with("__torch__.");
  }

  static bool holds_tensors(const PickleValue& dict) {
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      if (dict.items[i]->kind == Kind::text && dict.items[i + 1]->kind == Kind::tensor) {
        return true;
      }
    }
    return false;
  }

  /// A state dict, or a dict that has one under one of the names that training programs use.
  void collect_dict(const PickleValue& dict, int depth) {
    constexpr int kDeepest = 3;
    for (const std::string_view entry :
         {"state_dict", "model_state_dict", "model_state", "model", "module", "network"}) {
      for (std::size_t i = 0; i + 1 < dict.items.size() && depth < kDeepest; i += 2) {
        const PickleValue& key = *dict.items[i];
        const PickleValue& value = *dict.items[i + 1];
        if (key.kind != Kind::text || key.text != entry || value.kind != Kind::dict) {
          continue;
        }
        collect_dict(value, depth + 1);
        if (!checkpoint_.tensors.empty()) {
          if (depth == 0) {
            note_entries(dict, entry);
          }
          return;
        }
      }
    }
    if (holds_tensors(dict)) {
      for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
        if (dict.items[i]->kind == Kind::text && dict.items[i + 1]->kind == Kind::tensor) {
          add(std::string(dict.items[i]->text), *dict.items[i + 1]);
        }
      }
    }
  }

  void note_entries(const PickleValue& dict, std::string_view used) {
    checkpoint_.entry = used;
    for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      if (dict.items[i]->kind == Kind::text && dict.items[i]->text != used) {
        checkpoint_.other_entries.emplace(dict.items[i]->text);
        if (dict.items[i]->text == "vifi" && dict.items[i + 1]->kind == Kind::dict) {
          note_preprocess(*dict.items[i + 1]);
        }
      }
    }
  }

  /// What a training of this library notes beside the weights.
  void note_preprocess(const PickleValue& own) {
    for (std::size_t i = 0; i + 1 < own.items.size(); i += 2) {
      if (own.items[i]->kind != Kind::text || own.items[i]->text != "preprocess" || own.items[i + 1]->kind != Kind::text) {
        continue;
      }
      const std::string where = checkpoint_.path + ": vifi.preprocess";
      const auto corrupt = [](const std::string& message) {
        throw WeightsError(WeightsErrorKind::corrupt, message, "take another checkpoint of the training");
      };
      try {
        const nlohmann::json json = parse_json(own.items[i + 1]->text);
        checkpoint_.preprocess = preprocess_from(JsonObject(json, where, corrupt));
      } catch (const std::invalid_argument& e) {
        corrupt(where + ": " + e.what());
      }
    }
  }

  /// Attributes of a TorchScript module and of those below it, as its state_dict names them.
  void add_module(const PickleValue& module, const std::string& prefix, int depth) {
    constexpr int kDeepest = 64;
    constexpr std::size_t kMostVisits = 100'000;  // a module may be shared, but not without end
    if (depth > kDeepest || ++visits_ > kMostVisits) {
      refuse("nests its modules too deep");
    }
    if (module.state == nullptr || module.state->kind != Kind::dict) {
      return;
    }
    const auto& items = module.state->items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      if (items[i]->kind != Kind::text) {
        continue;
      }
      const std::string name = prefix + std::string(items[i]->text);
      if (items[i + 1]->kind == Kind::tensor) {
        add(name, *items[i + 1]);
      } else if (is_script_object(*items[i + 1])) {
        add_module(*items[i + 1], name + ".", depth + 1);
      }
    }
  }

  void add(const std::string& name, const PickleValue& tensor) {
    if (!checkpoint_.tensors.emplace(name, calls_.tensor(tensor)).second) {
      throw WeightsError(WeightsErrorKind::corrupt, checkpoint_.path + ": tensor " + name + " occurs twice");
    }
  }

  const TorchCalls& calls_;
  Checkpoint& checkpoint_;
  std::size_t visits_ = 0;
};

/// The folder of the archive that holds data.pkl, with its slash (torch names it after the file).
std::string find_root(const ZipArchive& archive) {
  std::vector<std::string> roots;
  for (const std::string& name : archive.names()) {
    const bool at_root = name == kPickleName;
    if (at_root || (name.ends_with("/data.pkl") && std::count(name.begin(), name.end(), '/') == 1)) {
      roots.push_back(name.substr(0, name.size() - kPickleName.size()));
    }
  }
  if (roots.size() != 1) {
    throw WeightsError(WeightsErrorKind::unsupported,
                       archive.file()->path() + (roots.empty() ? " is a ZIP file, but no checkpoint: it has no data.pkl"
                                                               : " is a ZIP file with several checkpoints"));
  }
  return roots.front();
}

void check_byte_order(const ZipArchive& archive, const std::string& root) {
  const auto order = archive.find(root + "byteorder");
  if (order && std::string_view(reinterpret_cast<const char*>(order->data()), order->size()) != "little") {
    throw WeightsError(WeightsErrorKind::unsupported, archive.file()->path() + ": written on a big-endian machine");
  }
}

/// An archive whose pickle was read to its end and found harmless.
class Unpickled {
 public:
  explicit Unpickled(const std::shared_ptr<const MappedFile>& file)
      : archive_(file), folder_(find_root(archive_)), calls_(archive_, folder_) {
    const auto pickle = *archive_.find(folder_ + std::string(kPickleName));
    if (pickle.size() > kMaxPickleSize) {
      throw WeightsError(WeightsErrorKind::unsupported,
                         file->path() + ": a pickle of " + std::to_string(pickle.size()) + " bytes, at most " +
                             std::to_string(kMaxPickleSize) + " are read");
    }
    try {
      root_ = &unpickle(pickle, file->path(), calls_, values_);
    } catch (const WeightsError& e) {
      if (e.kind() == WeightsErrorKind::unsupported) {
        calls_.report();  // a forbidden call seen before is the graver finding
      }
      throw;
    }
    calls_.report();
    check_byte_order(archive_, folder_);
  }

  const PickleValue& root() const { return *root_; }
  const TorchCalls& calls() const { return calls_; }

 private:
  ZipArchive archive_;
  std::string folder_;
  TorchCalls calls_;
  PickleValues values_;
  const PickleValue* root_ = nullptr;
};

/// Copies a pickle's values, which may share parts or hold themselves, into a tree.
class TreeMaker {
 public:
  TreeMaker(const TorchCalls& calls, std::string path) : calls_(calls), path_(std::move(path)) {}

  TorchValue make(const PickleValue& value, int depth = 0) {
    constexpr int kDeepest = 64;
    constexpr std::size_t kMostVisits = 2'000'000;
    if (depth > kDeepest || ++visits_ > kMostVisits) {
      throw WeightsError(WeightsErrorKind::unsupported, path_ + ": its values nest too deep or repeat without end");
    }
    switch (value.kind) {
      case Kind::boolean:
        return value.integer != 0;
      case Kind::integer:
        return value.integer;
      case Kind::real:
        return value.real;
      case Kind::text:
      case Kind::bytes:
        return std::string(value.text);
      case Kind::tuple:
        return TorchTuple{items_of(value, depth)};
      case Kind::list:
      case Kind::set:
        return items_of(value, depth);
      case Kind::dict:
        return dict_of(value, depth);
      case Kind::tensor:
        return calls_.tensor(value);
      case Kind::opaque:
        return is_filled_dict(value) ? TorchValue(dict_of(value, depth)) : TorchValue();
      case Kind::none:
      case Kind::global:
      case Kind::storage:
        break;
    }
    return {};
  }

 private:
  TorchList items_of(const PickleValue& value, int depth) {
    TorchList list;
    for (const PickleValue* item : value.items) {
      list.push_back(make(*item, depth + 1));
    }
    return list;
  }

  TorchDict dict_of(const PickleValue& value, int depth) {
    TorchDict dict;
    for (std::size_t i = 0; i + 1 < value.items.size(); i += 2) {
      dict.add(make(*value.items[i], depth + 1), make(*value.items[i + 1], depth + 1));
    }
    return dict;
  }

  static bool is_filled_dict(const PickleValue& value) {
    for (std::size_t i = 0; i < value.items.size(); i += 2) {
      if (value.items[i]->kind != Kind::text) {
        return false;
      }
    }
    return !value.items.empty() && value.items.size() % 2 == 0;
  }

  const TorchCalls& calls_;
  std::string path_;
  std::size_t visits_ = 0;
};

}  // namespace

Checkpoint read_torch_archive(const std::shared_ptr<const MappedFile>& file) {
  const Unpickled content(file);
  Checkpoint checkpoint;
  checkpoint.path = file->path();
  checkpoint.container = "torch";
  Collector(content.calls(), checkpoint).collect(content.root());
  return checkpoint;
}

TorchValue read_torch_value(const std::string& path) {
  const Unpickled content(MappedFile::open(path));
  return TreeMaker(content.calls(), path).make(content.root());
}

}  // namespace vifi
