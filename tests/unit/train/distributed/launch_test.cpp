#include <cstdlib>
#include <map>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "distributed/process_group.h"
#include "vifi/error.h"

namespace vifi::train {
namespace {

using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

/// The variables of one launch, and none of those that this process was itself started with.
class Environment {
 public:
  explicit Environment(const Variables& variables) {
    clear();
    for (const auto& [name, value] : variables) {
      setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
    }
  }
  ~Environment() { clear(); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static void clear() {
    for (const char* name : {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT",
                             "TORCHELASTIC_USE_AGENT_STORE", "SLURM_STEP_NUM_TASKS", "SLURM_STEP_NUM_NODES",
                             "SLURM_PROCID", "SLURM_LOCALID", "SLURM_JOB_ID"}) {
      unsetenv(name);
    }
  }
};

std::optional<Launch> launch_of(const Variables& variables) {
  const Environment environment(variables);
  return launch_of_environment();
}

std::string refusal(const Variables& variables) {
  try {
    launch_of(variables);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.hint(), HasSubstr("torchrun or srun"));
    return error.message();
  }
  return "accepted";
}

Variables with(Variables variables, const Variables& changed) {
  for (const auto& [name, value] : changed) {
    variables[name] = value;
  }
  return variables;
}

/// What torchrun gives to the second of four processes, two on each machine, with some of it changed.
Variables torchrun(const Variables& changed = {}) {
  return with({{"RANK", "1"},
               {"WORLD_SIZE", "4"},
               {"LOCAL_RANK", "1"},
               {"MASTER_ADDR", "node7"},
               {"MASTER_PORT", "29400"}},
              changed);
}

/// What Slurm gives to the first of a step's two processes on one machine, with some of it changed.
Variables slurm(const Variables& changed = {}) {
  return with({{"SLURM_STEP_NUM_TASKS", "2"},
               {"SLURM_STEP_NUM_NODES", "1"},
               {"SLURM_PROCID", "0"},
               {"SLURM_LOCALID", "0"},
               {"SLURM_JOB_ID", "123456"}},
              changed);
}

TEST(Launch, IsNoneWithoutVariables) { EXPECT_EQ(launch_of({}), std::nullopt); }

TEST(Launch, IsNoneOfOneProcess) {
  EXPECT_EQ(launch_of(torchrun({{"RANK", "0"}, {"WORLD_SIZE", "1"}})), std::nullopt);
  EXPECT_EQ(launch_of({{"SLURM_STEP_NUM_TASKS", "1"}}), std::nullopt);  // a plain `srun`, or a batch script
}

TEST(Launch, IsTorchruns) {
  const auto launch = launch_of(torchrun());
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->rank, 1);
  EXPECT_EQ(launch->size, 4);
  EXPECT_EQ(launch->local_rank, 1);
  EXPECT_EQ(launch->address, "node7");
  EXPECT_EQ(launch->port, 29400);
  EXPECT_FALSE(launch->hosts_store);
}

TEST(Launch, LetsRankZeroOpenThePortUnlessTorchrunsAgentHasIt) {
  EXPECT_TRUE(launch_of(torchrun({{"RANK", "0"}}))->hosts_store);
  EXPECT_FALSE(launch_of(torchrun({{"RANK", "0"}, {"TORCHELASTIC_USE_AGENT_STORE", "True"}}))->hosts_store);
}

TEST(Launch, TakesTheRankForTheLocalOneWhereNobodySaysIt) {
  EXPECT_EQ(launch_of(torchrun({{"RANK", "3"}, {"LOCAL_RANK", ""}}))->local_rank, 3);
}

TEST(Launch, IsSlurmsStepOnOneMachine) {
  const auto launch = launch_of(slurm({{"SLURM_PROCID", "1"}, {"SLURM_LOCALID", "1"}}));
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->rank, 1);
  EXPECT_EQ(launch->size, 2);
  EXPECT_EQ(launch->local_rank, 1);
  EXPECT_EQ(launch->address, "127.0.0.1");
  EXPECT_EQ(launch->port, 29956);  // of this job: another one on the machine has another
  EXPECT_FALSE(launch->hosts_store);
  EXPECT_TRUE(launch_of(slurm())->hosts_store);
}

TEST(Launch, NeedsTheFirstMachineOfSlurmsStepOnSeveral) {
  EXPECT_THAT(refusal(slurm({{"SLURM_STEP_NUM_NODES", "2"}})), HasSubstr("MASTER_ADDR: expected the first machine"));
  const auto launch = launch_of(slurm({{"SLURM_STEP_NUM_NODES", "2"}, {"MASTER_ADDR", "node7"}, {"MASTER_PORT", "40000"}}));
  ASSERT_TRUE(launch);
  EXPECT_EQ(launch->address, "node7");
  EXPECT_EQ(launch->port, 40000);
}

TEST(Launch, PrefersTorchrunsVariablesToSlurms) {
  Variables variables = slurm();
  variables.merge(torchrun());
  EXPECT_EQ(launch_of(variables)->size, 4);
}

TEST(Launch, RefusesNonsense) {
  EXPECT_EQ(refusal(torchrun({{"RANK", "4"}})), "[distributed] RANK: expected a number from 0 to 3, got \"4\"");
  EXPECT_THAT(refusal(torchrun({{"RANK", "-1"}})), HasSubstr("RANK: expected a number from 0 to 3, got \"-1\""));
  EXPECT_THAT(refusal(torchrun({{"RANK", "1a"}})), HasSubstr("got \"1a\""));
  EXPECT_THAT(refusal(torchrun({{"RANK", ""}})), HasSubstr("RANK: "));
  EXPECT_THAT(refusal(torchrun({{"WORLD_SIZE", "0"}})), HasSubstr("WORLD_SIZE: expected a number from 1"));
  EXPECT_THAT(refusal(torchrun({{"WORLD_SIZE", ""}})), HasSubstr("WORLD_SIZE: "));
  EXPECT_THAT(refusal(torchrun({{"WORLD_SIZE", "99999999999"}})), HasSubstr("WORLD_SIZE: "));
  EXPECT_THAT(refusal(torchrun({{"LOCAL_RANK", "gpu0"}})), HasSubstr("LOCAL_RANK: "));
  EXPECT_THAT(refusal(torchrun({{"MASTER_ADDR", ""}})), HasSubstr("MASTER_ADDR: expected the machine of rank 0"));
  EXPECT_THAT(refusal(torchrun({{"MASTER_PORT", "70000"}})), HasSubstr("MASTER_PORT: expected a number from 1 to 65535"));
  EXPECT_THAT(refusal(slurm({{"SLURM_PROCID", "2"}})), HasSubstr("SLURM_PROCID: expected a number from 0 to 1"));
  EXPECT_THAT(refusal(slurm({{"SLURM_JOB_ID", "none"}})), HasSubstr("SLURM_JOB_ID: "));
  EXPECT_THAT(refusal({{"SLURM_STEP_NUM_TASKS", "two"}}), HasSubstr("SLURM_STEP_NUM_TASKS: "));
}

}  // namespace
}  // namespace vifi::train
