#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "distributed/process_group.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[noreturn]] void refuse(const std::string& name, const std::string& expected, const std::string& got) {
  throw Error(ErrorCode::invalid_argument, "[distributed] " + name + ": expected " + expected + ", got \"" + got + "\"",
              "start the processes by torchrun or srun, or unset the variable for a single one");
}

int number(const char* name, int lowest, int highest) {
  const std::string text = variable(name);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < lowest || value > highest) {
    refuse(name, "a number from " + std::to_string(lowest) + " to " + std::to_string(highest), text);
  }
  return value;
}

constexpr int kMost = std::numeric_limits<int>::max(), kHighestPort = 65535;

std::optional<Launch> of_torchrun() {
  Launch launch;
  launch.size = number("WORLD_SIZE", 1, kMost);
  launch.rank = number("RANK", 0, launch.size - 1);
  launch.local_rank = variable("LOCAL_RANK").empty() ? launch.rank : number("LOCAL_RANK", 0, kMost);
  launch.address = variable("MASTER_ADDR");
  if (launch.address.empty()) {
    refuse("MASTER_ADDR", "the machine of rank 0", "");
  }
  launch.port = number("MASTER_PORT", 1, kHighestPort);
  launch.hosts_store = launch.rank == 0 && variable("TORCHELASTIC_USE_AGENT_STORE") != "True";
  return launch;
}

std::optional<Launch> of_slurm() {
  constexpr int kPort = 29500, kPorts = 1000;
  Launch launch;
  launch.size = number("SLURM_STEP_NUM_TASKS", 1, kMost);
  launch.rank = number("SLURM_PROCID", 0, launch.size - 1);
  launch.local_rank = number("SLURM_LOCALID", 0, kMost);
  launch.address = variable("MASTER_ADDR");
  if (launch.address.empty() && variable("SLURM_STEP_NUM_NODES") == "1") {
    launch.address = "127.0.0.1";
  }
  if (launch.address.empty()) {
    refuse("MASTER_ADDR", "the first machine of the step", "");
  }
  // Two jobs on one machine should not meet at one port.
  launch.port = variable("MASTER_PORT").empty() ? kPort + number("SLURM_JOB_ID", 0, kMost) % kPorts
                                                : number("MASTER_PORT", 1, kHighestPort);
  launch.hosts_store = launch.rank == 0;
  return launch;
}

}  // namespace

std::optional<Launch> launch_of_environment() {
  std::optional<Launch> launch;
  if (!variable("WORLD_SIZE").empty() || !variable("RANK").empty()) {
    launch = of_torchrun();
  } else if (!variable("SLURM_STEP_NUM_TASKS").empty()) {
    if (number("SLURM_STEP_NUM_TASKS", 1, kMost) > 1) launch = of_slurm();
  }
  return launch && launch->size > 1 ? launch : std::nullopt;
}

}  // namespace vifi::train
