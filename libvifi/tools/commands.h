#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <functional>
#include <string>
#include <vector>

/// One function a subcommand. Each adds its options to `program` and sets `action`, which does the work and returns the
/// exit status, when the subcommand is chosen.
namespace vifi::tools {

using Action = std::function<int()>;

void add_classify(CLI::App& program, Action& action);
void add_encode(CLI::App& program, Action& action);
void add_inspect(CLI::App& program, Action& action);
void add_convert(CLI::App& program, Action& action);
void add_tokenize(CLI::App& program, Action& action);
void add_bench(CLI::App& program, Action& action);
void add_fetch(CLI::App& program, Action& action);
void add_doctor(CLI::App& program, Action& action);
void add_calibrate(CLI::App& program, Action& action);
void add_companions(CLI::App& program, Action& action);  ///< train, eval, dataset

/// `vifi eval --timeline …`, which needs no configuration of a training. @param words  what follows `eval`
int eval_timeline(std::vector<std::string> words);

inline constexpr std::array kCommands{
#if VIFI_HAVE_MEDIA
    add_classify, add_encode, add_calibrate,
#endif
    add_inspect, add_convert,
#if VIFI_HAVE_FETCH
    add_fetch,
#endif
    add_tokenize, add_bench, add_doctor, add_companions,
};

/// A check that does not crowd the help.
template <typename T>
CLI::Validator within(T lowest, T highest) {
  return CLI::Range(lowest, highest).description("");
}

enum ExitStatus { kDone = 0, kFailed = 1, kUsage = 2 };

}  // namespace vifi::tools
