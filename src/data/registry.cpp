// SPDX-License-Identifier: Apache-2.0
// The input formats and the generators: the only file that knows them all. Add one line here.

#include <array>

#include "data/blobs/blobs_generator.h"
#include "data/cifar/cifar_format.h"
#include "data/criteo/criteo_generator.h"
#include "data/csv/csv_format.h"
#include "data/format.h"
#include "data/generator.h"
#include "data/higgs/higgs_generator.h"
#include "data/idx/idx_format.h"
#include "data/libsvm/libsvm_format.h"
#include "data/npy/npy_format.h"
#include "data/ratings/ratings_format.h"
#include "data/ratings/ratings_generator.h"
#include "data/rcv1/rcv1_generator.h"
#include "data/yfcc/yfcc_format.h"
#include "data/yfcc/yfcc_generator.h"

namespace lambdaml {

namespace {

// In the order in which they are tried on an unknown file: the certain ones first.
constexpr std::array kFormats{
    Format{"npy", "NumPy array of rows, labels in an array of its own", "by its first bytes", npy::Recognise,
           GivenSplits, npy::Open},
    Format{"npz", "NumPy arrays in one file, rows and labels by their names", ".npz, or by its first bytes",
           npy::RecogniseZip, npy::ZipSplits, npy::OpenZip},
    Format{"idx", "images and labels of MNIST's form, one pair or a folder of them", "by its first bytes, or a folder",
           idx::Recognise, idx::Splits, idx::Open, idx::RecogniseFolder},
    Format{"cifar", "CIFAR-10's binary files, one or a folder of them", "by its name, or a folder", cifar::Recognise,
           cifar::Splits, cifar::Open, cifar::RecogniseFolder},
    Format{"ratings", "text of rows 'user, item, rating', as MovieLens has them",
           "ratings.csv, ratings.dat, u.data, or by '::' in its first line", ratings::Recognise, GivenSplits,
           ratings::Open},
    Format{"libsvm", "text of rows 'label index:value ...', sparse", ".libsvm, .svm, .svmlight, or by its first row",
           libsvm::Recognise, GivenSplits, libsvm::Open},
    Format{"yfcc", "text of rows 'tag:score,tag:score value value ...', one tag the label", "by its first row",
           yfcc::Recognise, GivenSplits, yfcc::Open},
    Format{"criteo", "Criteo's click logs, every field hashed to a column", "by its first row", csv::RecogniseCriteo,
           GivenSplits, csv::OpenCriteo, nullptr, csv::SettleCriteo},
    Format{"csv", "text of rows of numbers, one column the label; columns of texts may be hashed",
           ".csv, .tsv, or by a separator in its first line", csv::Recognise, GivenSplits, csv::Open, nullptr,
           csv::Settle},
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
