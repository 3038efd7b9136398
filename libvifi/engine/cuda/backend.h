#pragma once

#include <string>

#include "cuda/driver.h"

namespace vifi {

/// What decides whether models can run on a GPU here.
struct CudaFacts {
  std::string torch;             ///< "libtorch 2.11.0"
  int needed = 0;                ///< the CUDA that it was built for, 13000; 0: none
  std::string torch_cuda;        ///< its GPU part, libtorch_cuda.so; empty: not there
  std::string torch_folder;      ///< where that would be
  DriverFacts driver;
};

/// Can GPUs be used, and if not, what is missing?
struct CudaVerdict {
  bool usable = false;
  bool gpu_present = false;      ///< a GPU is there, whether or not it can be used
  std::string state;             ///< a sentence that begins in lower case
  std::string cure;              ///< empty where usable
};

CudaVerdict judge(const CudaFacts& facts);

/// The oldest driver for a CUDA release: "580" for 13000. Releases of one major number share it.
std::string oldest_driver(int cuda);

/// Of this machine and the libtorch at hand; asked once.
const CudaFacts& cuda_facts();

/// Opens libtorch's GPU part on first use, which takes a second and a gigabyte, and says whether it can be used. After
/// that, libtorch's operators run on `cuda` tensors. Any thread.
const CudaVerdict& open_cuda();

/// Runs a small product there. @return what went wrong; empty: nothing. `open_cuda` must have said yes.
std::string trial(int index);

}  // namespace vifi
