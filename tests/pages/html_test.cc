#include "pages/html.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

#include "support/temp_tree.h"

namespace obsmon {
namespace {

std::string Escaped(std::string_view text) {
  Html page;
  page.Text(text);
  return std::move(page).Finish();
}

// The taint type: neither of these can become HTML unescaped.
static_assert(!std::is_constructible_v<Markup, std::string>);
static_assert(!std::is_constructible_v<Markup, std::string_view>);
static_assert(!std::is_constructible_v<Markup, const char*>);

TEST(Html, EscapesWhatWouldEndATextOrAnAttribute) {
  EXPECT_EQ(Escaped("<img src=x onerror=\"alert('1')\"> & so on"),
            "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; so on");
}

TEST(Html, EscapesTheAmpersandOfWhatIsEscapedAlready) {
  EXPECT_EQ(Escaped("&lt;b&gt;"), "&amp;lt;b&amp;gt;");
}

TEST(Html, ShowsControlCharactersAndTurnedWritingAsNumbers) {
  EXPECT_EQ(Escaped(std::string("a\n\0\x1b", 4)), "a\\n\\x00\\x1b");
  EXPECT_EQ(Escaped("evil\xE2\x80\xAEstif"), "evil\\u{202e}stif");
}

TEST(Html, ShowsBytesThatAreNoUtf8AndLeavesOtherScriptsAlone) {
  EXPECT_EQ(Escaped("a\xFFz \xE8\xA6\xB3"), "a\\xffz \xE8\xA6\xB3");
}

TEST(Html, LeavesPlainNamesAlone) {
  const std::string name = "2020-05-01/MC_C_20200501_000012/MC_C_20200501_000012_R22_S00.fits";
  EXPECT_EQ(Escaped(name), name);
}

TEST(Html, EncodesInLinksWhatABrowserWouldTakeForMoreThanAName) {
  Html page;
  page.Link("night: #1?/50% \"a\"&b/\xFF_2020-05-01.html");
  EXPECT_EQ(std::move(page).Finish(), "night%3A%20%231%3F/50%25%20%22a%22%26b/%FF_2020-05-01.html");
}

TEST(Html, WritesTimesThatABrowserUnderstandsAndADashForNone) {
  Html page;
  page.Time(Utc("2020-05-02T00:28:59"))
      .Raw("|")
      .Minute(Utc("2020-05-02T00:28:59"))
      .Raw("|")
      .Time({})
      .Size({});
  EXPECT_EQ(std::move(page).Finish(),
            "<time>2020-05-02 00:28:59Z</time>|<time>2020-05-02 00:28Z</time>|\u2013\u2013");
}

}  // namespace
}  // namespace obsmon
