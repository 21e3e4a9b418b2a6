#include "pages/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "text/human.h"
#include "text/utf8.h"

namespace obsmon {
namespace {

// Of these a text may go onto a page as it stands. Nearly every file name is made of nothing else.
constexpr bool IsPlainInHtml(char c) {
  return c >= 0x20 && c < 0x7F && c != '&' && c != '<' && c != '>' && c != '"' && c != '\'';
}

// RFC 3986, 2.3. A colon is none of them: before the first slash it would make a scheme of a folder's name.
constexpr bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string_view EntityOf(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

void AppendWithEntities(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (const std::string_view entity = EntityOf(c); entity.empty()) {
      out += c;
    } else {
      out += entity;
    }
  }
}

}  // namespace

Html& Html::Link(std::string_view path) {
  for (const char c : path) {
    if (IsUnreserved(c) || c == '/') {
      out_ += c;
    } else {
      fmt::format_to(std::back_inserter(out_), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return *this;
}

Html& Html::Text(std::string_view text) {
  if (std::ranges::all_of(text, IsPlainInHtml)) {
    out_ += text;
  } else {
    AppendWithEntities(EscapeForDisplay(text), out_);
  }
  return *this;
}

Html& Html::Count(std::int64_t count) {
  AppendCount(count, out_);
  return *this;
}

Html& Html::Size(const std::optional<std::int64_t>& bytes) {
  if (bytes) {
    AppendSize(*bytes, out_);
  } else {
    Dash();
  }
  return *this;
}

Html& Html::Time(const std::optional<UtcTime>& time) {
  if (time) {
    out_ += "<time>";
    AppendTime(*time, out_);
    out_ += "</time>";
  } else {
    Dash();
  }
  return *this;
}

Html& Html::Minute(const std::optional<UtcTime>& time) {
  if (!time) return Time(time);
  std::string text = HumanTime(*time);
  text.resize(text.size() - std::string_view(":59Z").size());
  text += 'Z';
  return Raw("<time>").Text(text).Raw("</time>");
}

Html& Html::Span(const std::optional<std::chrono::nanoseconds>& span) {
  if (span) {
    AppendSpan(*span, out_);
  } else {
    Dash();
  }
  return *this;
}

void Html::Dash() { out_ += "\u2013"; }

}  // namespace obsmon
