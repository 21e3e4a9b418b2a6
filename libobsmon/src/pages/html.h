// The one way onto a page. What this program says itself is a literal; everything else is escaped.
#ifndef OBSMON_SRC_PAGES_HTML_H_
#define OBSMON_SRC_PAGES_HTML_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "obsmon/night.h"

namespace obsmon {

/// HTML that was written by us: it can be made from a constant of this program alone, so that a file's name
/// can't become one. The compiler sees to it.
class Markup {
 public:
  template <std::size_t N>
  consteval Markup(const char (&literal)[N]) : text_(literal, N - 1) {}
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

/// A page under construction.
class Html {
 public:
  explicit Html(std::size_t expected_bytes = 16'384) { out_.reserve(expected_bytes); }

  Html& Raw(Markup markup) {
    out_ += markup.text();
    return *this;
  }
  /// Any bytes at all, shown as EscapeForDisplay shows them; fit for content and for quoted attributes.
  Html& Text(std::string_view text);
  /// A relative path as a link to it, percent-encoded; for a quoted attribute.
  Html& Link(std::string_view path);

  Html& Count(std::int64_t count);
  /// Nothing is shown as a dash.
  Html& Size(const std::optional<std::int64_t>& bytes);
  /// <time>2020-05-02 00:28:59Z</time>, or a dash.
  Html& Time(const std::optional<UtcTime>& time);
  /// <time>2020-05-02 00:28Z</time>, or a dash.
  Html& Minute(const std::optional<UtcTime>& time);
  /// Exact to the second, or a dash.
  Html& Span(const std::optional<std::chrono::nanoseconds>& span);

  std::string Finish() && { return std::move(out_); }

 private:
  void Dash();
  std::string out_;
};

}  // namespace obsmon

#endif  // OBSMON_SRC_PAGES_HTML_H_
