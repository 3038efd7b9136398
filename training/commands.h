#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <functional>

/// One function a subcommand. Each adds its options to `program` and sets `action`, which does the work and returns the
/// exit status, when the subcommand is chosen.
namespace vifi::training {

using Action = std::function<int()>;

void add_pretrain(CLI::App& program, Action& action);
void add_train(CLI::App& program, Action& action);
void add_eval(CLI::App& program, Action& action);
void add_scores(CLI::App& program, Action& action);
void add_report(CLI::App& program, Action& action);

inline constexpr std::array kCommands{add_pretrain, add_train, add_eval, add_scores, add_report};

enum ExitStatus { kDone = 0, kFailed = 1, kUsage = 2 };

}  // namespace vifi::training
