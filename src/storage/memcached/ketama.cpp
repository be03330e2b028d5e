// SPDX-License-Identifier: Apache-2.0
#include "storage/memcached/ketama.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <tuple>

#include "base/text.h"

namespace lambdaml::memcached {

namespace {

constexpr int kSumsOfANode = 40;
constexpr std::size_t kWords = 4;

// The little-endian words of the MD5 sum; zeros where there is no MD5.
std::array<std::uint32_t, kWords> Md5Words(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> sum{};
  EVP_Digest(text.data(), text.size(), sum.data(), nullptr, EVP_md5(), nullptr);
  std::array<std::uint32_t, kWords> words{};
  for (std::size_t i = 0; i < kWords; ++i) {
    for (std::size_t byte = 4; byte-- > 0;) words[i] = (words[i] << 8U) | sum[4 * i + byte];
  }
  return words;
}

}  // namespace

Result<KetamaRing> KetamaRing::Of(const std::vector<std::string>& nodes) {
  KetamaRing ring;
  if (nodes.size() == 1) return ring;
  if (Md5Words("")[0] == 0) return Error{Code::kInternal, "keys cannot be spread over nodes: OpenSSL has no MD5 here"};
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    for (int i = 0; i < kSumsOfANode; ++i) {
      for (const std::uint32_t word : Md5Words(StrCat(nodes[node], "-", i))) {
        ring.points_.push_back({.at = word, .node = node});
      }
    }
  }
  std::sort(ring.points_.begin(), ring.points_.end(), [&nodes](const Point& left, const Point& right) {
    return std::tie(left.at, nodes[left.node]) < std::tie(right.at, nodes[right.node]);
  });
  return ring;
}

std::size_t KetamaRing::NodeOf(std::string_view wire_key) const {
  if (points_.empty()) return 0;
  const std::uint32_t at = Md5Words(wire_key)[0];
  const auto point = std::lower_bound(points_.begin(), points_.end(), at,
                                      [](const Point& candidate, std::uint32_t value) { return candidate.at < value; });
  return point == points_.end() ? points_.front().node : point->node;
}

}  // namespace lambdaml::memcached
