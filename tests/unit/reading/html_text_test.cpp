// SPDX-License-Identifier: Apache-2.0
#include "reading/html_text.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace holdback::reading {

TEST_CASE("of an answer only what its author wrote and its reader sees is read") {
    struct Row {
        std::string_view html;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"release 1<blockquote>release all</blockquote>", "release 1\n"},
        Row{"a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\ne"},
        Row{"a<blockquote type=\"cite\">never closed<br>release all", "a\n"},
        Row{"a<div style=\"display:none\">release all</div>b", "a\nb"},
        Row{"a<DIV STYLE='color: red; Display : None'>x<div>y</div>z</DIV>b", "a\nb"},
        Row{"a<span hidden>release all</span>b", "a\nb"},
        Row{"a<p hidden=\"\">x</p>b", "a\nb"},
        Row{"a<span style=\"visibility:hidden\">x</span>b", "a\nb"},
        Row{"a<span style=\"font-size:0px\">x</span>b", "a\nb"},
        Row{"a<span style=\"font-size:0\">x</span>b", "a\nb"},
        Row{"a<span style=\"mso-hide:all\">x</span>b", "a\nb"},
        Row{"a<img style=\"display:none\">b", "ab"},
        Row{"a<span style=\"font-size:0.9em\">x</span>b", "axb"},
        Row{"a<span class=\"hidden-xs\">x</span>b", "axb"},
        Row{"a<span>display:none</span>b", "adisplay:noneb"},
        Row{"<blockquote>a &amp; b < c</blockquote>d", "d"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.html);
        CHECK(html_to_text(row.html, HtmlParts::Own) == row.want);
    }
    CHECK(html_to_text("a<blockquote>b</blockquote>c") == "a\nb\nc");
}

TEST_CASE("HTML becomes the text that a reader sees") {
    struct Row {
        std::string_view html;
        std::string_view want;
    };
    constexpr std::array kRows{
        Row{"", ""},
        Row{"plain", "plain"},
        Row{"a<br>b<BR/>c", "a\nb\nc"},
        Row{"<p>one</p><p>two</p>", "one\n\ntwo\n\n"},
        Row{"<b>550</b>   5.1.1\n unknown", "550 5.1.1 unknown"},
        Row{"&lt;bo@example.net&gt; &amp; &#233;&#xe9; &eacute;", "<bo@example.net> & éé é"},
        Row{"a&nbsp;b &unknown; & c", "a b &unknown; & c"},
        Row{"<style>p { x }</style><script>if (a < b) {}</script>seen", "seen"},
        Row{"<!-- hidden <b> -->seen", "seen"},
        Row{"<title>not</title><body>seen</body>", "seen\n"},
        Row{"to <bo@example.net> now", "to <bo@example.net> now"},
        Row{"1 < 2 and 3 > 2", "1 < 2 and 3 > 2"},
        Row{"<pre>a\n  b</pre>", "a\n  b\n"},
        Row{"cut <a href=", "cut <a href="},
        Row{"<script>never closed", "never closed"},
        Row{"&#0; &#xd800; &#99999999999;", "&#0; &#xd800; &#99999999999;"},
    };
    for (const Row& row : kRows) {
        CAPTURE(row.html);
        CHECK(html_to_text(row.html) == row.want);
    }
}

TEST_CASE("hostile HTML is read in one pass") {
    constexpr std::size_t kMany = 200'000;
    std::string opened;
    std::string comments;
    for (std::size_t index = 0; index < kMany; ++index) {
        opened += "<a";
        comments += "<!--";
    }
    CHECK(html_to_text(opened).size() == opened.size());
    CHECK(html_to_text(comments).size() == comments.size());
}

}  // namespace holdback::reading
