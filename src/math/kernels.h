// SPDX-License-Identifier: Apache-2.0
#pragma once

// The inner loops of learning, on raw pointers, and of vectors that travel (transfer.h). The same source is compiled
// for several instruction sets; Kernels is the table of one of them and BestKernels the fastest that this processor
// has. Equal input gives equal bits on one instruction set; between two of them sums are rounded differently. All
// functions may be called from any thread.
//
// Rows go through a linear model in blocks that stay in the cache: `forward` turns rows into outputs, a loss turns
// outputs into residuals (the derivative of the row's loss by the output), `backward` turns residuals into a gradient.

#include <cstddef>
#include <cstdint>

#include "math/nearest.h"
#include "math/transfer.h"

namespace lambdaml::math {

// Most rows of a block, and the distance between the values of two outputs.
inline constexpr std::size_t kBlockRows = 64;
// The number of rows of a dense block is a multiple of this; repeat any row and clear its residuals to fill up.
inline constexpr std::size_t kRowStep = 4;

struct DenseBlock {
  const float* const* rows = nullptr;       // `count` rows of `columns` values; columns >= Kernels::lanes
  const float* const* next_rows = nullptr;  // `count` rows that are used soon: backward fetches them into the cache
  std::size_t count = 0;
  std::size_t columns = 0;
  std::size_t outputs = 0;
};

// Rows of a block as a loss sees them. A label is a class number, of squares and huber a real number.
struct LossRows {
  const float* labels = nullptr;
  const float* weights = nullptr;  // factors of the rows' losses and residuals; never null
  std::size_t rows = 0;
  std::size_t outputs = 0;
  float delta = 1;  // Huber's threshold, above 0
};

// Sums over the rows of a block.
struct BlockLoss {
  double loss = 0;     // weighted
  double correct = 0;  // rows whose class was predicted
  double squares = 0;  // of output - label, of squares and huber
};

// values: outputs x kBlockRows, replaced by residuals; in the last vector, those of lanes without a row become 0. For
// one output, class 1 is the positive class. For a label that is no class and a weight of 1, the residual of logistic
// and softmax is the prediction alone (a probability).
using LossKernel = BlockLoss (*)(const LossRows& rows, float* values);

struct Kernels {
  const char* name;
  std::size_t lanes;  // floats in a vector

  float (*dot)(const float* x, const float* y, std::size_t size);
  void (*axpy)(float a, const float* x, float* y, std::size_t size);  // y += a x
  float (*sparse_dot)(const std::uint32_t* index, const float* value, std::size_t size, const float* y);
  void (*sparse_axpy)(float a, const std::uint32_t* index, const float* value, std::size_t size, float* y);

  // x = e^x within 1.5 units in the last place. Saturates: from -87.3 down to 1.2e-38, from 88.3 up to 2.2e38.
  void (*exp)(float* x, std::size_t size);

  // Packed weights: for each output, vectors that lie over a row's values; the last one is aligned to the row's end.
  // A packed gradient has one more vector for each output, the bias.
  std::size_t (*packed_size)(std::size_t columns, std::size_t outputs);
  void (*pack)(const float* weight, std::size_t columns, std::size_t outputs, float* packed);
  void (*unpack)(const float* packed, std::size_t columns, std::size_t outputs, float* weight, float* bias);  // adds

  // values[output][row] = weight[output] . row + bias[output]
  void (*forward)(const DenseBlock& block, const float* packed_weight, const float* bias, float* values);
  // packed_gradient += residuals^T rows
  void (*backward)(const DenseBlock& block, const float* residuals, float* packed_gradient);

  LossKernel logistic;       // one output: log(1 + e^-z) or log(1 + e^z)
  LossKernel softmax;        // cross-entropy
  LossKernel hinge;          // max(0, 1 - y z), y = +-1; several outputs: the sum, one against the rest
  LossKernel squared_hinge;  // the same of max(0, 1 - y z)^2
  LossKernel squares;        // one output, e = z - label: e^2 / 2
  LossKernel huber;          // e^2 / 2 for |e| <= delta, else delta (|e| - delta / 2)

  NearestKernels nearest;
  TransferKernels transfer;
};

const Kernels& BestKernels();

// All that this processor has, the slowest first; null-terminated.
const Kernels* const* SupportedKernels();

}  // namespace lambdaml::math
