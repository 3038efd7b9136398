#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace vifi::tools {

/// "00:00:03.767", rounded to milliseconds; hours grow beyond two digits.
std::string clock_time(std::int64_t ns);

/// "72.4 %"
std::string percent(double fraction);

/// Columns that a text takes on a terminal, for the scripts that need one column a code point.
std::size_t display_width(std::string_view text);

/// `text` filled up with blanks to `width` columns.
std::string padded(std::string_view text, std::size_t width);

/// Rows of text as columns of equal width, two blanks apart.
class Table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  /// @param indent  blanks before each line
  std::string text(std::size_t indent = 0) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// `vifi: …` on stderr, with the hint on a line of its own.
void report(const std::exception& error);
void warn(std::string_view message);

bool stdout_is_terminal();
bool stderr_is_terminal();

}  // namespace vifi::tools
