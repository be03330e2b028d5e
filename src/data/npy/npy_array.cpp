// SPDX-License-Identifier: Apache-2.0
#include "data/npy/npy_array.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "data/array_reader.h"

namespace lambdaml::npy {

namespace {

constexpr std::size_t kHeaderBytesMax = std::size_t{1} << 20U;

template <class Element>
Element Load(const char* at) {
  Element element{};
  std::memcpy(&element, at, sizeof(element));
  return element;
}

template <class Element>
void ReadAs(const char* bytes, std::span<float> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<float>(Load<Element>(bytes + i * sizeof(Element)));
  }
}

struct Type {
  std::string_view name;  // as the header spells it
  std::size_t bytes;
  ReadElements read;
  double (*one)(const char* at);  // exact, for labels
};

template <class Element>
constexpr Type TypeOf(std::string_view name) {
  return {name, sizeof(Element), ReadAs<Element>,
          [](const char* at) { return static_cast<double>(Load<Element>(at)); }};
}

constexpr std::array kTypes{
    TypeOf<float>("<f4"),         TypeOf<double>("<f8"),        TypeOf<std::uint8_t>("|u1"),
    TypeOf<std::int8_t>("|i1"),   TypeOf<std::uint8_t>("|b1"),  TypeOf<std::uint16_t>("<u2"),
    TypeOf<std::int16_t>("<i2"),  TypeOf<std::uint32_t>("<u4"), TypeOf<std::int32_t>("<i4"),
    TypeOf<std::uint64_t>("<u8"), TypeOf<std::int64_t>("<i8"),
};

struct Header {
  const Type* type = nullptr;
  std::vector<std::uint64_t> shape;
};

// What follows 'key': in the header's Python dictionary; empty when the key is not there.
std::string_view After(std::string_view header, std::string_view key) {
  const std::size_t at = header.find(StrCat("'", key, "'"));
  if (at == std::string_view::npos) return {};
  const std::size_t colon = header.find(':', at);
  return colon == std::string_view::npos ? std::string_view() : Trim(header.substr(colon + 1));
}

Result<const Type*> ParseType(std::string_view text) {
  const std::size_t end = text.empty() || text.front() != '\'' ? std::string_view::npos : text.find('\'', 1);
  const std::string_view name = end == std::string_view::npos ? text.substr(0, 20) : text.substr(1, end - 1);
  for (const Type& type : kTypes) {
    if (type.name == name) return &type;
  }
  return Error{Code::kInvalid,
               StrCat("element type ", name, " is not known; save it with astype('float32') or another plain type")};
}

Result<std::vector<std::uint64_t>> ParseShape(std::string_view text) {
  const Error wrong{Code::kInvalid, "its header has no shape"};
  const std::size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) return wrong;
  std::vector<std::uint64_t> shape;
  for (const std::string_view part : SplitText(text.substr(1, end - 1), ',')) {
    if (Trim(part).empty()) continue;
    const auto extent = ParseInteger(Trim(part));
    if (!extent || *extent < 0) return wrong;
    shape.push_back(static_cast<std::uint64_t>(*extent));
  }
  return shape;
}

Result<Header> ParseHeader(std::string_view text) {
  Header header;
  header.type = TRY(ParseType(After(text, "descr")));
  if (After(text, "fortran_order").starts_with("True")) {
    return Error{Code::kInvalid, "it is in Fortran order; save numpy.ascontiguousarray(x)"};
  }
  header.shape = TRY(ParseShape(After(text, "shape")));
  return header;
}

Result<Header> ReadHeader(InputFile& file) {
  std::array<char, 8> start{};
  TRY(ReadExactly(file, start, "the bytes of its header"));
  if (std::string_view(start.data(), kMagic.size()) != kMagic) {
    return Error{Code::kInvalid, StrCat(file.path(), ": it is not an NPY file")};
  }
  std::array<unsigned char, 4> length{};  // version 1 has 2 bytes of it, later ones 4
  const std::size_t length_bytes = start[6] == 1 ? 2 : 4;
  TRY(ReadExactly(file, {reinterpret_cast<char*>(length.data()), length_bytes}, "the bytes of its header"));
  std::size_t size = 0;
  for (std::size_t i = 0; i < length.size(); ++i) size |= std::size_t{length[i]} << (8 * i);
  if (size > kHeaderBytesMax) return Error{Code::kInvalid, StrCat(file.path(), ": its header is damaged")};
  std::string text(size, ' ');
  TRY(ReadExactly(file, text, "the bytes of its header"));
  return ParseHeader(text).Context(file.path());
}

Result<std::uint64_t> Product(std::span<const std::uint64_t> extents, const std::string& path) {
  std::uint64_t product = 1;
  for (const std::uint64_t extent : extents) {
    if (__builtin_mul_overflow(product, extent, &product)) {
      return Error{Code::kInvalid, StrCat(path, ": its shape is too large")};
    }
  }
  return product;
}

Result<std::vector<double>> ReadLabels(InputFile& file) {
  constexpr std::size_t kLabelsAtOnce = std::size_t{1} << 16U;
  const std::string& path = file.path();
  const Header header = TRY(ReadHeader(file));
  const std::uint64_t count = TRY(Product(header.shape, path));
  if (header.shape.empty() || count != header.shape[0]) {
    return Error{Code::kInvalid, StrCat(path, ": it is not one label a row")};
  }
  std::vector<double> labels;
  std::vector<char> bytes;
  while (labels.size() < count) {
    bytes.resize(std::min<std::uint64_t>(kLabelsAtOnce, count - labels.size()) * header.type->bytes);
    TRY(ReadExactly(file, bytes, StrCat("labels from ", labels.size() + 1)));
    for (std::size_t at = 0; at < bytes.size(); at += header.type->bytes) {
      labels.push_back(header.type->one(bytes.data() + at));
      if (std::isfinite(labels.back())) continue;
      return Error{Code::kInvalid, StrCat(path, ": row ", labels.size(), ": the label is not finite")};
    }
  }
  TRY(ExpectEnd(file));
  return labels;
}

}  // namespace

Result<std::unique_ptr<RowReader>> OpenArrays(InputFile rows, std::optional<InputFile> labels) {
  const Header header = TRY(ReadHeader(rows));
  if (header.shape.size() < 2) {
    return Error{Code::kInvalid, StrCat(rows.path(), ": it has ", header.shape.size(),
                                        " dimensions; rows need two or more, as x.reshape(len(x), -1) has")};
  }
  const std::span<const std::uint64_t> extents(header.shape);
  TRY(Product(extents, rows.path()));
  const ArrayLayout layout{.rows = extents[0],
                           .columns = TRY(Product(extents.subspan(1), rows.path())),
                           .element_bytes = header.type->bytes,
                           .read = header.type->read};
  if (!labels) return ArrayReader::Make(std::move(rows), layout, {}, "");
  return ArrayReader::Make(std::move(rows), layout, TRY(ReadLabels(*labels)), labels->path());
}

}  // namespace lambdaml::npy
