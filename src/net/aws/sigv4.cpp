// SPDX-License-Identifier: Apache-2.0
#include "net/aws/sigv4.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "base/text.h"

namespace lambdaml::aws {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

constexpr std::size_t kDigestBytes = 32;
using Digest = std::array<std::byte, kDigestBytes>;

struct DigestDeleter {
  void operator()(EVP_MD_CTX* state) const { EVP_MD_CTX_free(state); }
};

// SHA-256 of what is added, piece by piece.
class Sha256 {
 public:
  Sha256() : state_(EVP_MD_CTX_new()) { EVP_DigestInit_ex2(state_.get(), Algorithm(), nullptr); }

  Sha256& Add(ByteSpan bytes) {
    EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size());
    return *this;
  }
  Digest Finish() {
    Digest digest{};
    EVP_DigestFinal_ex(state_.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
    return digest;
  }

 private:
  // EVP_sha256() would look the provider up for each digest.
  static const EVP_MD* Algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
  }

  std::unique_ptr<EVP_MD_CTX, DigestDeleter> state_;
};

// RFC 2104 over SHA-256.
Digest Hmac(ByteSpan key, std::string_view text) {
  constexpr std::size_t kBlockBytes = 64;
  std::array<std::byte, kBlockBytes> inner{};
  if (key.size() > kBlockBytes) {
    std::ranges::copy(Sha256().Add(key).Finish(), inner.begin());
  } else {
    std::ranges::copy(key, inner.begin());
  }
  std::array<std::byte, kBlockBytes> outer = inner;
  for (std::byte& byte : inner) byte ^= std::byte{0x36};
  for (std::byte& byte : outer) byte ^= std::byte{0x5c};
  const Digest digest = Sha256().Add(inner).Add(AsBytes(text)).Finish();
  return Sha256().Add(outer).Add(digest).Finish();
}

std::string Hex(ByteSpan bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    hex += kDigits[std::to_integer<unsigned>(byte) >> 4U];
    hex += kDigits[std::to_integer<unsigned>(byte) & 15U];
  }
  return hex;
}

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::string Encode(std::string_view text, bool keep_slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return encoded;
}

// "20130524T000000Z"
std::string Timestamp(std::int64_t unix_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(unix_ms)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  const auto two = [](auto number) { return Padded(static_cast<std::uint64_t>(number), 2); };
  return StrCat(Padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4),
                two(static_cast<unsigned>(date.month())), two(static_cast<unsigned>(date.day())), "T",
                two(clock.hours().count()), two(clock.minutes().count()), two(clock.seconds().count()), "Z");
}

// The pieces of a URL that are signed, as they stand there.
struct Target {
  std::string host;
  std::string_view path;
  std::string_view query;
};

// Without the port that the scheme implies, which is not sent either.
std::string HostOf(std::string_view scheme, std::string_view authority) {
  authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
  const std::string_view implied = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(implied)) authority.remove_suffix(implied.size());
  return std::string(authority);
}

Target TargetOf(std::string_view url) {
  Target target;
  const std::size_t begin = url.find("://");
  const std::string_view scheme = url.substr(0, begin);
  url.remove_prefix(begin == std::string_view::npos ? 0 : begin + 3);
  url = url.substr(0, url.find('#'));
  const std::size_t question = url.find('?');
  if (question != std::string_view::npos) target.query = url.substr(question + 1);
  url = url.substr(0, question);
  const std::size_t slash = std::min(url.find('/'), url.size());
  target.host = HostOf(scheme, url.substr(0, slash));
  target.path = slash == url.size() ? "/" : url.substr(slash);
  return target;
}

// Without empty, "." and ".." segments.
std::string Normalised(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : SplitText(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string normalised;
  for (const std::string_view segment : kept) normalised += StrCat("/", segment);
  return path.ends_with('/') || normalised.empty() ? normalised + "/" : normalised;
}

// The names and values are compared as they are encoded, and a name without a value gets an empty one.
std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
  for (const std::string_view pair : SplitText(query, '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    pairs.emplace_back(pair.substr(0, equals),
                       equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
  }
  std::ranges::sort(pairs);
  std::string canonical;
  for (const auto& [name, value] : pairs) canonical += StrCat(canonical.empty() ? "" : "&", name, "=", value);
  return canonical;
}

// Trimmed, with each run of spaces as one.
std::string CanonicalValue(std::string_view value) {
  std::string canonical;
  for (const char c : Trim(value)) {
    if (c != ' ' || !canonical.ends_with(' ')) canonical += c;
  }
  return canonical;
}

struct CanonicalHeaders {
  explicit CanonicalHeaders(const HttpHeaders& headers) {
    for (const auto& [name, value] : headers) {  // which is sorted by the lower-case names
      const std::string lower = LowerCase(name);
      lines += StrCat(lower, ":", CanonicalValue(value), "\n");
      names += StrCat(names.empty() ? "" : ";", lower);
    }
  }
  std::string lines;
  std::string names;  // "host;x-amz-date"
};

bool IsS3(std::string_view service) { return service == "s3" || service == "s3express"; }

}  // namespace

std::string EncodeQuery(std::string_view text) { return Encode(text, false); }
std::string EncodePath(std::string_view text) { return Encode(text, true); }
std::string Sha256Hex(ByteSpan bytes) { return Hex(Sha256().Add(bytes).Finish()); }

struct Signer::Cached {
  std::string secret_key;
  std::string date;
  Digest signing_key;
};

Signer::Signer(SigningScope scope) : scope_(std::move(scope)) {}

std::shared_ptr<const Signer::Cached> Signer::KeyOf(const Credentials& credentials, std::string_view date) {
  {
    const std::lock_guard lock(mutex_);
    if (cached_ != nullptr && cached_->date == date && cached_->secret_key == credentials.secret_key) return cached_;
  }
  Digest key = Hmac(AsBytes(StrCat("AWS4", credentials.secret_key)), date);
  for (const std::string_view step :
       {std::string_view(scope_.region), std::string_view(scope_.service), std::string_view("aws4_request")}) {
    key = Hmac(key, step);
  }
  auto derived = std::make_shared<const Cached>(Cached{credentials.secret_key, std::string(date), key});
  const std::lock_guard lock(mutex_);
  cached_ = derived;
  return derived;
}

void Signer::Sign(HttpRequest& request, const Credentials& credentials, std::int64_t unix_ms, PayloadHash payload,
                  std::string_view token_header) {
  const Target target = TargetOf(request.url);
  const bool s3 = IsS3(scope_.service);
  const std::string timestamp = Timestamp(unix_ms);
  const std::string payload_hash =
      s3 && payload == PayloadHash::kUnsigned ? "UNSIGNED-PAYLOAD" : Sha256Hex(request.payload());

  request.headers.erase("Authorization");  // of an earlier attempt, as the token
  request.headers.erase(std::string(token_header));
  request.headers.insert_or_assign("Host", target.host);
  request.headers.insert_or_assign("X-Amz-Date", timestamp);
  if (s3) request.headers.insert_or_assign("X-Amz-Content-Sha256", payload_hash);
  if (!credentials.session_token.empty()) {
    request.headers.insert_or_assign(std::string(token_header), credentials.session_token);
  }

  const CanonicalHeaders headers(request.headers);
  const std::string canonical =
      StrCat(request.method, "\n", s3 ? std::string(target.path) : EncodePath(Normalised(target.path)), "\n",
             CanonicalQuery(target.query), "\n", headers.lines, "\n", headers.names, "\n", payload_hash);
  const std::string_view date = std::string_view(timestamp).substr(0, 8);
  const std::string scope = StrCat(date, "/", scope_.region, "/", scope_.service, "/aws4_request");
  const std::string to_sign = StrCat(kAlgorithm, "\n", timestamp, "\n", scope, "\n", Sha256Hex(AsBytes(canonical)));
  const Digest signature = Hmac(KeyOf(credentials, date)->signing_key, to_sign);
  request.headers["Authorization"] = StrCat(kAlgorithm, " Credential=", credentials.access_key, "/", scope,
                                            ", SignedHeaders=", headers.names, ", Signature=", Hex(signature));
}

}  // namespace lambdaml::aws
