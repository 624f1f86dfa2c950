#include <keenlance/core/xml_source_internal.hpp>

#include <support/catch.hpp>

namespace xml_source_test {

using namespace keenlance;

TEST_CASE("A document that needs no mending stays as it is") {
    const std::string text = "<?xml version='1.0'?>\n<a>\n <b x=\"1>2\">t &amp; t</b>\n <c/>\n</a>\n";
    CHECK(*xml::prepare(text) == text);
    CHECK(xml::prepare("")->empty());
    CHECK(*xml::prepare("no markup") == "no markup");
}

TEST_CASE("White space that is all of an element's text is marked as text") {
    CHECK(*xml::prepare("<a> </a>") == "<a>&#32;</a>");
    CHECK(*xml::prepare("<a>\n\t</a>") == "<a>&#10;\t</a>");
    CHECK(*xml::prepare("<a > <![CDATA[x]]> </a>") == "<a >&#32;<![CDATA[x]]>&#32;</a>");
}

TEST_CASE("White space around elements is left to be layout") {
    for (const auto* text : {"<a> <b/> </a>", "<a> <b></b> </a>", "<a> <b></b> <!-- c --> <b/> </a>",
                             " <a></a> ", "<?xml?> <!DOCTYPE a> <a></a>"})
        CHECK(*xml::prepare(text) == text);
}

TEST_CASE("Bytes that are no XML text are mended") {
    CHECK(*xml::prepare("\xEF\xBB\xBF<a/>") == "<a/>");
    CHECK(*xml::prepare("<a>1\r\n2\r3\r\r\n</a>") == "<a>1\n2\n3\n\n</a>");
    CHECK(*xml::prepare(std::string_view("<a>\0</a>", 8)) == "<a>?</a>");
    CHECK(*xml::prepare("<a>\xC3\xA9 \xE9</a>") == "<a>\xC3\xA9 ?</a>");
}

TEST_CASE("Markup without an end is malformed") {
    for (const auto* text : {"<", "<a", "<a b='>", "<!-- a -- >", "<![CDATA[ ]] >", "<?xml ?", "<!DOCTYPE"})
        CHECK(xml::prepare(text).error().kind == ErrorKind::malformed);
}

TEST_CASE("An end tag that ends nothing is malformed") {
    for (const auto* text : {"</a>", "<a></a></a>", "<a/></a>", "< / a >"})
        CHECK(xml::prepare(text).error().kind == ErrorKind::malformed);
}

TEST_CASE("Elements may nest to the bound and no deeper, however many stand side by side") {
    std::string text;
    for (std::size_t i = 0; i < xml::deepest_element; ++i)
        text += "<b></b><a>";
    CHECK(xml::prepare(text).ok());
    CHECK(xml::prepare(text + "<c/></a><c></c>").ok());
    CHECK(xml::prepare(text + "<c>").error().kind == ErrorKind::too_large);
}

TEST_CASE("A tag of thousands of bytes is malformed, text of that length is not") {
    const std::string filler(5000, 'x');
    CHECK_FALSE(xml::prepare("<a b='" + filler + "'/>").ok());
    CHECK(xml::prepare("<a><!--" + filler + "-->" + filler + "</a>").ok());
}

TEST_CASE("References are decoded once") {
    CHECK(*xml::decode_references("no reference") == "no reference");
    CHECK(*xml::decode_references("&lt;&#38;amp;&#x3e;") == "<&amp;>");
    CHECK(xml::decode_references("")->empty());
    for (const auto* text :
         {"&", "&;", "&lt", "&LT;", "&#x110000;", "&#1 ;", "&longer-than-any-reference;", "a&b"})
        CHECK(xml::decode_references(text).error().kind == ErrorKind::malformed);
}

}  // namespace xml_source_test
