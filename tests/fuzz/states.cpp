// SPDX-License-Identifier: Apache-2.0
// What checkpoints hold: the state of a trainer, and that of each algorithm. The first byte chooses.
#include <algorithm>
#include <array>

#include "fuzz.h"
#include "model/registry.h"
#include "train/registry.h"
#include "worker/training_state.h"

using namespace lambdaml;

namespace {

struct Choices {
  const char* model;
  const char* algorithm;
  const char* setting;
  const char* value;
};

constexpr std::array kChoices{
    Choices{"logistic", "ga_sgd", "optimizer", "adam"}, Choices{"logistic", "ma_sgd", "adapt", "loss"},
    Choices{"logistic", "lbfgs", "memory", "2"},        Choices{"logistic", "admm", "solver", "lbfgs"},
    Choices{"logistic", "admm", "solver", "sgd"},       Choices{"kmeans", "em", "batch", "2"}};

// Rows of two columns.
struct Rows {
  Rows() {
    batch.columns = 2;
    for (std::size_t row = 0; row < 4; ++row) {
      batch.dense.push_back(values.data() + 2 * row);
      batch.labels.push_back(static_cast<float>(row % 2));
    }
  }

  std::array<float, 8> values{1, 2, 3, 4, 5, 6, 7, 8};
  Batch batch;
};

// The first byte says how much of the rest is the shared part.
void RestoreAlgorithm(const Choices& choices, ByteSpan bytes) {
  if (bytes.empty()) return;
  const auto own = std::min<std::size_t>(static_cast<std::size_t>(bytes[0]), bytes.size() - 1);
  const auto model = MakeModel({choices.model, {}}, {.columns = 2, .classes = 2}).value();
  const Rows rows;
  const Task task{.model = *model, .rows = rows.batch, .total_rows = 4};
  const auto algorithm = MakeAlgorithm({choices.algorithm, {{choices.setting, choices.value}}}, task).value();
  fuzz::Ignore(algorithm->Restore(bytes.subspan(1 + own), bytes.subspan(1, own)));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Blob rest = fuzz::Copy(data + 1, size - 1);
  const std::size_t choice = data[0] % (kChoices.size() + 2);
  if (choice < kChoices.size()) {
    RestoreAlgorithm(kChoices[choice], rest.span());
  } else if (choice == kChoices.size()) {
    fuzz::Ignore(ReadShared({}, 2, rest.span()));
  } else {
    fuzz::Ignore(ReadOwn(1, rest.span()));
  }
  return 0;
}
