#include "event_arguments.h"

#include <cmath>

#include "commands.h"

namespace vifi::tools {
namespace {

constexpr double kDay_s = 86'400;

std::int64_t nanoseconds(double seconds) {
  return std::llround(seconds * 1e9);
}

}  // namespace

void EventArguments::add_to(CLI::App& command) {
  const std::string group = "Events";
  const auto seconds = [&](const char* name, double& value, const char* about) {
    command.add_option(name, value, about)
        ->check(within(0.0, kDay_s))
        ->type_name("S")
        ->capture_default_str()
        ->group(group);
  };
  const auto fraction = [&](const char* name, double& value, const char* about) {
    command.add_option(name, value, about)
        ->check(within(0.0, 1.0))
        ->type_name("P")
        ->capture_default_str()
        ->group(group);
  };
  seconds("--smoothing", smoothing_s_, "Time constant of the scores' smoothing");
  fraction("--enter-threshold", options_.enter_threshold, "An event starts when its smoothed score reaches it");
  fraction("--exit-threshold", options_.exit_threshold, "An event ends when its smoothed score falls below it");
  seconds("--min-duration", min_duration_s_, "Shorter events are not announced");
  seconds("--merge-gap", merge_gap_s_, "A pause up to this long does not end an event");
}

EventOptions EventArguments::options() const {
  EventOptions options = options_;
  options.smoothing_ns = nanoseconds(smoothing_s_);
  options.min_duration_ns = nanoseconds(min_duration_s_);
  options.merge_gap_ns = nanoseconds(merge_gap_s_);
  return options;
}

}  // namespace vifi::tools
