#include "base/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "vifi/error.h"

namespace vifi {
namespace {

std::string digest(std::string_view text, std::size_t piece, bool fast = Sha256::is_fast()) {
  Sha256 sum(fast);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    sum.update(std::as_bytes(std::span(text.substr(at, piece))));
  }
  return sum.finish();
}

TEST(Sha256, GivesTheStandardsDigests) {  // FIPS 180-2, appendix B, and the empty message
  EXPECT_EQ(digest("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(digest(std::string(1'000'000, 'a'), 1'000'000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  const std::string text(1000, 'x');
  for (const std::size_t piece : {1U, 63U, 64U, 65U, 128U}) {
    EXPECT_EQ(digest(text, piece), digest(text, text.size())) << piece;
  }
}

TEST(Sha256, DoesNotDependOnTheInstructions) {
  for (std::size_t size = 0; size < 300; ++size) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; ++i) {
      text[i] = static_cast<char>(i * 37);
    }
    EXPECT_EQ(digest(text, 300, true), digest(text, 300, false)) << size;
  }
}

TEST(Sha256, SaysWhichFileDoesNotExist) {
  try {
    sha256_of_file("no/such/file");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::not_found);
    EXPECT_NE(e.message().find("no/such/file"), std::string::npos);
  }
}

}  // namespace
}  // namespace vifi
