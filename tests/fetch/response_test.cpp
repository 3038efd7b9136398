#include "response.h"

#include <gtest/gtest.h>

namespace vifi {
namespace {

TEST(ContentRange, TellsTheFirstByteAndTheSize) {
  const auto range = parse_content_range("bytes 100-199/1000");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 100U);
  EXPECT_EQ(range->total, 1000U);
  EXPECT_EQ(parse_content_range("Bytes 0-0/1")->total, 1U);
  EXPECT_FALSE(parse_content_range("bytes 5-9/*")->total);
}

TEST(ContentRange, RefusesWhatContradictsItself) {
  for (const char* text : {"", "bytes", "bytes */1000", "bytes 9-5/1000", "bytes 0-1000/1000", "bytes -5-9/10",
                           "bytes 0-9/10x", "items 0-9/10", "bytes 0-99999999999999999999/10", "bytes 0-9"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

TEST(Page, IsKnownByItsFirstBytes) {
  EXPECT_TRUE(looks_like_page("", "<!DOCTYPE html><html>"));
  EXPECT_TRUE(looks_like_page("application/octet-stream", "\xef\xbb\xbf \r\n<HTML lang=en>"));
  EXPECT_TRUE(looks_like_page("text/html", "<p>log in</p>"));
  EXPECT_TRUE(looks_like_page("", "<?xml version='1.0'?><Error><Code>AccessDenied"));
}

TEST(Page, IsNoCheckpoint) {
  using namespace std::string_view_literals;
  EXPECT_FALSE(looks_like_page("text/html", "PK\x03\x04"sv));                     // a server that knows no better
  EXPECT_FALSE(looks_like_page("", "<\x01\x00\x00\x00\x00\x00\x00{\"a\":"sv));    // safetensors with 316 bytes of header
  EXPECT_FALSE(looks_like_page("", "<\x21\x00\x00\x00\x00\x00\x00{\"a\":"sv));    // "<!", 8508 bytes
  EXPECT_FALSE(looks_like_page("text/html", ""));
}

TEST(Status, TellsWhetherAskingAgainMakesSense) {
  for (const long status : {408, 425, 429, 500, 503, 599}) EXPECT_TRUE(is_passing_status(status)) << status;
  for (const long status : {200, 301, 400, 401, 403, 404, 407, 410, 416, 600}) EXPECT_FALSE(is_passing_status(status)) << status;
  EXPECT_EQ(describe_status(404), "404 (not found)");
  EXPECT_EQ(describe_status(418), "418");
}

TEST(Address, LosesWhatMayBeSecret) {
  EXPECT_EQ(public_address("https://me:pass@host:8080/a/b.pt?token=x#y"), "https://host:8080/a/b.pt");
  EXPECT_EQ(public_address("https://host/a@b/c.pt"), "https://host/a@b/c.pt");
  EXPECT_EQ(public_address("https://a@b@host"), "https://host");
}

TEST(Address, EndsInAHarmlessFileName) {
  EXPECT_EQ(file_name_of("https://host/a/ViT-B-16.pt?download=true"), "ViT-B-16.pt");
  EXPECT_EQ(file_name_of("https://host/a/my%20model.pt"), "my-20model.pt");
  EXPECT_EQ(file_name_of("https://host/a/..hidden"), "hidden");
  EXPECT_EQ(file_name_of("https://host/a/"), "");
  EXPECT_EQ(file_name_of("https://host/.."), "");
  EXPECT_EQ(file_name_of("https://host"), "");
  EXPECT_EQ(file_name_of("https://host/" + std::string(300, 'x')).size(), 120U);
}

}  // namespace
}  // namespace vifi
