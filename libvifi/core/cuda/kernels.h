#pragma once

#include <cstddef>
#include <cstdint>

/// What libvifi-cuda.so offers: plain pointers and numbers, no torch and no library of C++, so that nvcc compiles its
/// side in seconds and that core and engine share it. Functions return 0, or an error that `error_text` puts in words.
namespace vifi::cuda {

inline constexpr int kKernelsAbi = 1;

/// A picture as the kernels read it: format, colours and orientation of a FrameView in numbers. Samples of one kind
/// lie `step` bytes apart in a row. An RGB format has its red, green and blue samples as y, u and v.
struct Picture {
  const std::uint8_t* y = nullptr;  ///< first sample; device memory
  const std::uint8_t* u = nullptr;  ///< null: gray
  const std::uint8_t* v = nullptr;
  std::int64_t y_stride = 0;  ///< bytes per row
  std::int64_t u_stride = 0;
  std::int64_t v_stride = 0;
  int y_step = 1;
  int chroma_step = 1;
  int sample_bytes = 1;
  int sample_shift = 0;  ///< unused low bits of a sample
  int chroma_shift_x = 0;
  int chroma_shift_y = 0;
  bool rgb = false;
  int width = 0;  ///< as stored
  int height = 0;
  bool transpose = false;  ///< stored rows are columns of the upright picture
  bool mirror_x = false;   ///< in the upright picture
  bool mirror_y = false;
  // As in video/color_matrix.h.
  float luma = 1;
  float red_v = 0, red = 0;
  float green_u = 0, green_v = 0, green = 0;
  float blue_u = 0, blue = 0;
};

/// One pass of a resize (video/resize_table.h). Output i is the sum of `used[i]` samples from `first[i]` on, each times
/// its weight in row i of `fixed` or `real`.
struct Taps {
  const int* first = nullptr;           ///< [count]
  const int* used = nullptr;            ///< [count]
  const std::int32_t* fixed = nullptr;  ///< [count, taps], all but rule C
  const float* real = nullptr;          ///< [count, taps], rule C
  int count = 0;
  int taps = 0;
};

enum class Rule : int { opencv_bilinear, pillow, antialias_bilinear };

struct Resize {
  Rule rule = Rule::pillow;
  int source_height = 0;  ///< of the upright picture
  Taps along;             ///< along a row; count: output width
  Taps over;              ///< over rows; count: output height
};

/// Type of the activations of an encoder; sums are always float32.
enum class Number : int { fp32, fp16, bf16 };

/// x += delta; y = layer norm of x, in float32 but for what is stored. Rows are contiguous.
struct AddNorm {
  Number type = Number::fp32;
  void* x = nullptr;            ///< [rows, width], of `type`
  const void* delta = nullptr;  ///< the same, or null: nothing is added
  void* y = nullptr;            ///< the same, written
  const float* weight = nullptr;  ///< [width]
  const float* bias = nullptr;    ///< [width]
  float eps = 0;
  std::int64_t rows = 0;
  int width = 0;
};

/// The library's functions.
struct Kernels {
  int abi = 0;

  /// Converts, turns, resizes and crops a picture in device memory of the calling thread's current CUDA context, and
  /// waits. @param resize  with its tables in host memory
  /// @param out  host memory, [3, height, width], red first: bytes, or float on the 0..255 scale (rule C)
  int (*prepare)(const Picture* picture, const Resize* resize, void* out) = nullptr;

  /// On the default stream of `device`; does not wait.
  int (*add_norm)(const AddNorm* work, int device) = nullptr;

  /// Device memory in the current context, for programs without a CUDA of their own.
  int (*upload)(const void* from, std::size_t bytes, void** device_memory) = nullptr;
  int (*release)(void* device_memory) = nullptr;

  const char* (*error_text)(int error) = nullptr;
};

}  // namespace vifi::cuda

/// The library's only door: its table, or null for a caller with another interface.
extern "C" const vifi::cuda::Kernels* vifi_cuda_kernels(int abi);
