#pragma once

/// Marks what nvcc compiles for the GPU and tests compile for the processor.
#ifdef __CUDACC__
#define VIFI_KERNEL __device__ inline
#else
#define VIFI_KERNEL inline
#endif
