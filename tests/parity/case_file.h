#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parity.h"

namespace vifi::parity {

/// |got - want| <= atol + rtol * |want|; integers are exact whatever these say.
struct Tolerance {
  double atol = 0;
  double rtol = 0;
};

/// What a case must give: tensors and values, or a refusal of one kind.
struct Expectation {
  std::map<std::string, Tensor> tensors;  ///< names without "out/"
  std::map<std::string, Tolerance> tolerances;
  nlohmann::json values = nlohmann::json::object();
  std::optional<std::string> error;  ///< kind
};

/// Limits under which the operation must end; a case that has any runs in a process of its own.
struct Limits {
  std::optional<std::chrono::milliseconds> time;
  std::optional<std::uint64_t> memory_bytes;  ///< growth of the process
};

struct CaseFile {
  std::string suite;
  std::string name;
  std::string op;
  Limits limits;
  Case input;
  Expectation expect;
};

/// Folders below `root` (or `root` itself) that hold a case.json, sorted.
std::vector<std::filesystem::path> find_cases(const std::filesystem::path& root);

/// Reads case.json alone: enough to list, sort and select.
CaseFile read_case_header(const std::filesystem::path& folder);
/// Reads the tensors too. @throws std::runtime_error that names the file and what is wrong with it
CaseFile read_case(const std::filesystem::path& folder);

/// All tensors of a safetensors file under the names in the file.
/// @throws std::runtime_error where the file is short, overlaps its end or disagrees with its shapes
std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& file);

}  // namespace vifi::parity
