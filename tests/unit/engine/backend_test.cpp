// What is said about GPUs where they are missing, too old or there.
#include "cuda/backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "device.h"
#include "vifi/error.h"

namespace vifi {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

CudaFacts complete() {
  CudaFacts facts;
  facts.torch = "libtorch 2.11.0";
  facts.needed = 13000;
  facts.torch_cuda = "/cache/torch/lib/libtorch_cuda.so";
  facts.torch_folder = "/cache/torch/lib";
  facts.driver.installed = true;
  facts.driver.release = "580.82.07";
  facts.driver.cuda = 13000;
  facts.driver.gpus = {{.name = "GPU", .capability = 90}};
  return facts;
}

TEST(CudaVerdict, IsYesWhereEverythingIsThere) {
  const CudaVerdict verdict = judge(complete());
  EXPECT_TRUE(verdict.usable);
  EXPECT_EQ(verdict.state, "available: libtorch 2.11.0 is built for CUDA 13.0, driver 580.82.07");
  EXPECT_THAT(verdict.cure, IsEmpty());
}

TEST(CudaVerdict, NamesTheDriverThatIsMissing) {
  CudaFacts facts = complete();
  facts.driver = {};
  const CudaVerdict verdict = judge(facts);
  EXPECT_FALSE(verdict.usable);
  EXPECT_FALSE(verdict.gpu_present);
  EXPECT_THAT(verdict.state, HasSubstr("CUDA 13.0; missing: an NVIDIA driver 580 or newer (none is installed)"));
  EXPECT_EQ(verdict.cure, "install an NVIDIA driver 580 or newer");
}

TEST(CudaVerdict, NamesBothDriversWhereOneIsTooOld) {
  CudaFacts facts = complete();
  facts.driver.release = "535.104.05";
  facts.driver.cuda = 12020;
  const CudaVerdict verdict = judge(facts);
  EXPECT_FALSE(verdict.usable);
  EXPECT_TRUE(verdict.gpu_present);
  EXPECT_THAT(verdict.state, HasSubstr("580 or newer (the installed one, 535.104.05, runs CUDA 12.2 at most)"));
  EXPECT_THAT(verdict.cure, HasSubstr("update"));
}

TEST(CudaVerdict, ANewerDriverOfTheSameReleaseIsNotAsked) {
  CudaFacts facts = complete();
  facts.needed = 13020;  // built for 13.2, driver for 13.0: minor releases are compatible
  EXPECT_TRUE(judge(facts).usable);
}

TEST(CudaVerdict, RepeatsWhatTheDriverSaysOfMissingGpus) {
  CudaFacts facts = complete();
  facts.driver.gpus.clear();
  facts.driver.failure = "no CUDA-capable device is detected";
  EXPECT_THAT(judge(facts).state, HasSubstr("a GPU (the driver says: no CUDA-capable device is detected)"));
}

TEST(CudaVerdict, ListsAllThatIsMissing) {
  CudaFacts facts = complete();
  facts.driver = {};
  facts.torch_cuda.clear();
  const CudaVerdict verdict = judge(facts);
  EXPECT_THAT(verdict.state, HasSubstr("driver 580 or newer (none is installed); libtorch's GPU part (no libtorch_cuda.so in "
                                       "/cache/torch/lib)"));
  EXPECT_THAT(verdict.cure, HasSubstr(", then run ./setup.sh --gpu"));
}

TEST(CudaVerdict, KnowsALibtorchWithoutCuda) {
  CudaFacts facts = complete();
  facts.needed = 0;
  EXPECT_THAT(judge(facts).state, HasSubstr("built without CUDA"));
}

TEST(Driver, IsNotThereWhereItsLibraryIsNot) {
  const DriverFacts facts = ask_driver("libno-such-driver.so.1", "/nowhere");
  EXPECT_FALSE(facts.installed);
  EXPECT_THAT(facts.gpus, IsEmpty());
}

TEST(Driver, TellsItsReleaseAndItsGpus) {
  setenv("FAKE_CUDA", "12040", 1);
  setenv("FAKE_GPUS", "2", 1);
  const std::string file = testing::TempDir() + "version";
  std::ofstream(file) << "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.90.07  Release Build  (root@host)\n"
                         "GCC version:  gcc version 12.2.0\n";
  const DriverFacts facts = ask_driver(FAKE_DRIVER, file);
  EXPECT_TRUE(facts.installed);
  EXPECT_EQ(facts.cuda, 12040);
  EXPECT_EQ(facts.release, "550.90.07");
  ASSERT_EQ(facts.gpus.size(), 2U);
  EXPECT_EQ(facts.gpus[1].name, "Fake 9000");
  EXPECT_EQ(facts.gpus[1].capability, 90);
}

TEST(Driver, SaysWhyItOffersNoGpu) {
  setenv("FAKE_CUDA", "13000", 1);
  setenv("FAKE_GPUS", "0", 1);
  const DriverFacts facts = ask_driver(FAKE_DRIVER, "/nowhere");
  EXPECT_EQ(facts.failure, "no CUDA-capable device is detected");
  EXPECT_THAT(facts.gpus, IsEmpty());
}

TEST(Driver, ItsReleaseIsFoundInEitherSentence) {
  EXPECT_EQ(release_in("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023"), "535.104.05");
  EXPECT_EQ(release_in("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65  Release Build"), "580.65");
  EXPECT_EQ(release_in(""), "");
}

TEST(ThisLibtorch, TellsForWhichCudaItWasBuilt) {
  const CudaFacts& facts = cuda_facts();
  EXPECT_THAT(facts.torch, HasSubstr("libtorch 2."));
  EXPECT_THAT(facts.torch_folder, Not(IsEmpty()));
  EXPECT_GE(facts.needed, 11000);  // every Linux wheel is built for one
}

TEST(Placement, AutomaticTakesAProcessorWhereThereIsNoGpu) {
  if (judge(cuda_facts()).gpu_present) {
    GTEST_SKIP() << "there is a GPU";
  }
  const Placement placement = place({});
  EXPECT_EQ(placement.device, "cpu");
  EXPECT_TRUE(placement.place.is_cpu());
}

TEST(Placement, ACudaThatIsMissingIsNamedWithItsCure) {
  if (judge(cuda_facts()).gpu_present) {
    GTEST_SKIP() << "there is a GPU";
  }
  ModelOptions options;
  options.device = "cuda";
  try {
    place(options);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device_unavailable);
    EXPECT_THAT(error.message(), HasSubstr("missing: "));
    EXPECT_THAT(error.hint(), HasSubstr("device=cpu"));
  }
}

}  // namespace
}  // namespace vifi
