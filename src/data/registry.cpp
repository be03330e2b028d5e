// SPDX-License-Identifier: Apache-2.0
// The input formats and the generators: the only file that knows them all. Add one line here.

#include <array>

#include "data/blobs/blobs_generator.h"
#include "data/criteo/criteo_generator.h"
#include "data/csv/csv_format.h"
#include "data/format.h"
#include "data/generator.h"
#include "data/higgs/higgs_generator.h"
#include "data/idx/idx_format.h"
#include "data/libsvm/libsvm_format.h"
#include "data/npy/npy_format.h"
#include "data/ratings/ratings_generator.h"
#include "data/rcv1/rcv1_generator.h"
#include "data/yfcc/yfcc_generator.h"

namespace lambdaml {

namespace {

// In the order in which they are tried on an unknown file: the certain ones first.
constexpr std::array kFormats{
    Format{"npy", "NumPy array of rows, labels in an array of its own", "by its first bytes", npy::Recognise,
           GivenSplits, npy::Open},
    Format{"idx", "images and labels of MNIST's form, one pair or a folder of them", "by its first bytes, or a folder",
           idx::Recognise, idx::Splits, idx::Open},
    Format{"libsvm", "text of rows 'label index:value ...', sparse", ".libsvm, .svm, .svmlight, or by its first row",
           libsvm::Recognise, GivenSplits, libsvm::Open},
    Format{"csv", "text of rows of numbers, one column the label", ".csv, .tsv, or by a separator in its first line",
           csv::Recognise, GivenSplits, csv::Open},
};

constexpr std::array kGenerators{
    GeneratorKind{"higgs", "28 columns like the HIGGS data, two classes that overlap", SettingsOf<higgs::Settings>,
                  higgs::Make},
    GeneratorKind{"rcv1", "sparse rows like the texts of RCV1, two classes", SettingsOf<rcv1::Settings>, rcv1::Make},
    GeneratorKind{"criteo", "sparse rows like Criteo's hashed clicks, two classes", SettingsOf<criteo::Settings>,
                  criteo::Make},
    GeneratorKind{"yfcc", "4,096 columns like image features of YFCC100M, two classes", SettingsOf<yfcc::Settings>,
                  yfcc::Make},
    GeneratorKind{"ratings", "sparse rows of a user and an item, the label a rating", SettingsOf<ratings::Settings>,
                  ratings::Make},
    GeneratorKind{"blobs", "Gaussian clusters, one a class", SettingsOf<blobs::Settings>, blobs::Make},
};

}  // namespace

std::span<const Format> Formats() { return kFormats; }

std::span<const GeneratorKind> GeneratorKinds() { return kGenerators; }

}  // namespace lambdaml
