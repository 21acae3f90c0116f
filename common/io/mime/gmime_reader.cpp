// SPDX-License-Identifier: Apache-2.0
#include "io/mime/gmime_reader.hpp"

#include "core/handle.hpp"
#include "core/known_leak.hpp"
#include "core/text.hpp"
#include "dsn/message_view.hpp"
#include "io/mime/charset.hpp"
#include "io/mime/message_octets.hpp"
#include "mail/header.hpp"
#include "reading/html_text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmime/gmime.h>

namespace holdback::io::mime {

namespace {

void unref(void* object) {
    g_object_unref(object);
}

template <typename T>
using Owned = core::Handle<T, &unref>;
/// Lines in the headers of all parts together: hundreds for each part that is read.
constexpr std::size_t kMostPartFields = 20'000;
/// Octets kept of a subject.
constexpr std::size_t kMostSubject = 4096;

using OwnedText = core::Handle<char, &g_free>;

/// Makes GMime's tables once; they live as long as the process. Embedded messages are leaves like
/// any other: most are read no further than their header, and the reader takes them apart itself.
void init_gmime() {
    static const bool once = [] {
        // GMime forgets its own entries for the types that are registered again: 64 octets.
        [[maybe_unused]] const core::KnownLeak forgotten;
        g_mime_init();
        for (const char* const subtype : {"rfc822", "rfc2822", "global", "news"}) {
            g_mime_object_register_type("message", subtype, GMIME_TYPE_PART);
        }
        return true;
    }();
    static_cast<void>(once);
}

bool is_machine_text(std::string_view type) {
    static constexpr auto kTypes =
        std::to_array<std::string_view>({"message/delivery-status",
                                         "message/global-delivery-status",
                                         "message/feedback-report",
                                         "message/global-headers",
                                         "message/disposition-notification",
                                         "message/global-disposition-notification",
                                         "message/partial",
                                         "message/external-body"});
    return std::ranges::find(kTypes, type) != kTypes.end();
}

bool is_message(std::string_view type) {
    return type == "message/rfc822" || type == "message/rfc2822" || type == "message/global" ||
           type == "message/news";
}

bool is_delivery_status(std::string_view type) {
    return type == "message/delivery-status" || type == "message/global-delivery-status";
}

bool is_read(std::string_view type) {
    return type.starts_with("text/") || is_machine_text(type) || is_message(type);
}

/// The MIME fields (RFC 2045) of a header, as a header block with the empty line.
std::string mime_fields(const mail::HeaderList& headers) {
    std::string fields;
    for (const mail::HeaderField& field : headers.fields()) {
        if (core::starts_with_ignoring_case(field.name, "Content-") ||
            core::equals_ignoring_case(field.name, "MIME-Version")) {
            fields.append(field.name).append(":").append(field.raw_value).append("\n");
        }
    }
    return fields.append("\n");
}

/// Decodes encoded words (RFC 2047) to UTF-8.
std::string decoded_words(const std::string& value) {
    if (!core::has_non_ascii(value) && value.find("=?") == std::string::npos) {
        return value;
    }
    const OwnedText text(g_mime_utils_header_decode_text(nullptr, value.c_str()));
    return text == nullptr ? std::string{} : std::string(text.get());
}

/// Walks GMime's tree and fills the view; one per message.
class TreeReader {
public:
    TreeReader(const ReaderLimits& limits, dsn::MessageView& view)
        : limits_(limits),
          view_(view),
          header_room_(limits.header_octets),
          text_room_(limits.total_text_octets) {}

    void read_message(std::string_view text) {
        const std::size_t body = read_header(text, view_.headers);
        const std::string subject = view_.headers.first("Subject").value_or(std::string{});
        view_.subject =
            core::to_valid_utf8(core::trim(decoded_words(subject)).substr(0, kMostSubject));
        view_.media_type = "text/plain";
        if (body < text.size() || view_.headers.has("Content-Type")) {
            read_body(view_.headers, text.substr(body), Place{});
        }
    }

    void limit_hit(std::string_view name) {
        if (std::ranges::find(view_.limits_hit, name) == view_.limits_hit.end()) {
            view_.limits_hit.emplace_back(name);
        }
    }

private:
    struct Place {
        int depth = 0;
        int embedded = 0;
    };

    /// Takes the header of a message and gives the offset of its body.
    std::size_t read_header(std::string_view text, mail::HeaderList& headers) {
        mail::ParsedHeader header = mail::parse_header(text, header_room_);
        header_room_ -= header.octets;
        if (!header.is_complete) {
            limit_hit("header");
        }
        headers = std::move(header.fields);
        return header.body;
    }

    // The recursion ends at `limits_.depth`.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_body(const mail::HeaderList& headers, std::string_view body, Place place) {
        const std::string fields = mime_fields(headers);
        if (fields.size() == 1) {
            read_plain(body, place);
            return;
        }
        // Of several Content-Type fields the last counts, as it does for GMime.
        const std::vector<std::string> types = headers.all("Content-Type");
        const Owned<GMimeContentType> type(g_mime_content_type_parse(
            nullptr, types.empty() ? "text/plain" : types.back().c_str()));
        if (place.depth == 0) {
            view_.media_type = media_type(type.get());
            view_.parameters = parameters(type.get());
        }
        if (g_mime_content_type_is_type(type.get(), "multipart", "*") != 0) {
            read_parts(fields, body, place);
        } else {
            read_single(headers, type.get(), body, place);
        }
    }

    /// Lets GMime take the body apart.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_parts(std::string text, std::string_view body, Place place) {
        text += body;
        const Owned<GMimeStream> stream(
            g_mime_stream_mem_new_with_buffer(text.data(), text.size()));
        const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
        const Owned<GMimeObject> root(g_mime_parser_construct_part(parser.get(), nullptr));
        if (root != nullptr) {
            read_object(root.get(), place);
        }
    }

    /// Reads a message whose body is one leaf.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_single(const mail::HeaderList& headers,
                     GMimeContentType* type,
                     std::string_view body,
                     Place place) {
        if (!has_room()) {
            return;
        }
        view_.parts.push_back(new_part(type, place));
        for (const mail::HeaderField& field : headers.fields()) {
            if (core::starts_with_ignoring_case(field.name, "Content-")) {
                view_.parts.back().headers.add(field.name, field.raw_value);
            }
        }
        if (!is_read(view_.parts.back().media_type)) {
            return;
        }
        const std::string encoding = headers.first("Content-Transfer-Encoding").value_or("");
        read_leaf(decoded(std::string(body), g_mime_content_encoding_from_string(encoding.c_str())),
                  view_.parts.size() - 1,
                  place);
    }

    /// Reads as plain text a message without MIME, or what can't be read as MIME.
    void read_plain(std::string_view text, Place place) {
        if (!has_room()) {
            return;
        }
        dsn::MessagePart part;
        part.media_type = "text/plain";
        part.depth = place.depth;
        part.embedded = place.embedded;
        part.text = to_utf8(std::string(within_room(text)), "utf-8");
        view_.parts.push_back(std::move(part));
    }

    /// As much of a text as there is room for.
    std::string_view within_room(std::string_view text) {
        const std::size_t most = std::min(limits_.part_text_octets, text_room_);
        if (text.size() > most) {
            limit_hit("text");
            text = text.substr(0, most);
        }
        text_room_ -= text.size();
        return text;
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void read_object(GMimeObject* object, Place place) {
        if (place.depth > limits_.depth) {
            limit_hit("depth");
            return;
        }
        if (GMIME_IS_MULTIPART(object)) {
            read_multipart(GMIME_MULTIPART(object), place);
            return;
        }
        if (has_room()) {
            view_.parts.push_back(new_part(g_mime_object_get_content_type(object), place));
            copy_headers(object, view_.parts.back().headers);
            if (GMIME_IS_PART(object) && is_read(view_.parts.back().media_type)) {
                read_leaf(content(GMIME_PART(object)), view_.parts.size() - 1, place);
            }
        }
    }

    // NOLINTNEXTLINE(misc-no-recursion)
    void read_multipart(GMimeMultipart* multipart, Place place) {
        read_unsplit(multipart, place);
        const int count = g_mime_multipart_get_count(multipart);
        for (int index = 0; index < count && has_room(); ++index) {
            read_object(g_mime_multipart_get_part(multipart, index),
                        {.depth = place.depth + 1, .embedded = place.embedded});
        }
    }

    /// Reads a multipart without any of its boundaries: all of it stands before the first part.
    void read_unsplit(GMimeMultipart* multipart, Place place) {
        const char* const prologue = g_mime_multipart_get_prologue(multipart);
        if (g_mime_multipart_get_count(multipart) == 0 && prologue != nullptr) {
            read_plain(prologue, {.depth = place.depth + 1, .embedded = place.embedded});
        }
    }

    /// Reads a leaf whose transfer encoding has been removed.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_leaf(const std::string& content, std::size_t node, Place place) {
        const std::string type = view_.parts[node].media_type;
        const bool html = type == "text/html" || type == "text/enriched";
        if (is_message(type)) {
            read_embedded(content, node, place);
            return;
        }
        has_status_ = has_status_ || is_delivery_status(type);
        dsn::MessagePart& part = view_.parts[node];
        const std::string_view charset = part.parameter("charset");
        std::string text =
            to_utf8(std::string(within_room(content)), charset.empty() ? "utf-8" : charset);
        part.was_html = html;
        part.text = html ? reading::html_to_text(text, limits_.html_parts) : std::move(text);
    }

    /// Reads messages that came back one level deep. When a delivery status tells what became of
    /// one, its header suffices.
    // NOLINTNEXTLINE(misc-no-recursion)
    void read_embedded(const std::string& content, std::size_t node, Place place) {
        if (place.embedded > 0) {
            return;
        }
        const std::string text =
            with_plain_line_ends(std::string_view(content).substr(0, limits_.embedded_octets));
        const std::size_t body = read_header(text, view_.parts[node].headers);
        if (!has_status_ && body < text.size()) {
            const mail::HeaderList headers = view_.parts[node].headers;
            read_body(headers,
                      std::string_view(text).substr(body),
                      {.depth = place.depth + 1, .embedded = place.embedded + 1});
        }
    }

    /// A part's content without its transfer encoding, with line ends as "\n".
    static std::string content(GMimePart* leaf) {
        GMimeDataWrapper* const wrapper = g_mime_part_get_content(leaf);
        return wrapper == nullptr ? std::string{}
                                  : decoded(octets_of(g_mime_data_wrapper_get_stream(wrapper)),
                                            g_mime_data_wrapper_get_encoding(wrapper));
    }

    static std::string decoded(std::string octets, GMimeContentEncoding encoding) {
        if (encoding != GMIME_CONTENT_ENCODING_BASE64 &&
            encoding != GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE &&
            encoding != GMIME_CONTENT_ENCODING_UUENCODE) {
            return octets;
        }
        const Owned<GMimeFilter> filter(g_mime_filter_basic_new(encoding, FALSE));
        char* out = nullptr;
        std::size_t size = 0;
        std::size_t room = 0;
        g_mime_filter_complete(filter.get(), octets.data(), octets.size(), 0, &out, &size, &room);
        const std::string text(out, size);
        return text.find('\r') == std::string::npos ? text : plain(text);
    }

    /// All octets of a stream in memory, within its bounds.
    static std::string octets_of(GMimeStream* stream) {
        std::string octets(
            static_cast<std::size_t>(std::max<gint64>(g_mime_stream_length(stream), 0)), '\0');
        g_mime_stream_reset(stream);
        const ssize_t read = g_mime_stream_read(stream, octets.data(), octets.size());
        octets.resize(static_cast<std::size_t>(std::max<ssize_t>(read, 0)));
        return octets;
    }

    static std::string plain(std::string_view text) {
        std::string out;
        out.reserve(text.size());
        for (std::size_t at = 0; at < text.size(); ++at) {
            const bool before_line_feed = at + 1 < text.size() && text[at + 1] == '\n';
            if (text[at] != '\r') {
                out.push_back(text[at]);
            } else if (!before_line_feed) {
                out.push_back('\n');
            }
        }
        return out;
    }

    static dsn::MessagePart new_part(GMimeContentType* type, Place place) {
        dsn::MessagePart part;
        part.media_type = media_type(type);
        part.parameters = parameters(type);
        part.depth = place.depth;
        part.embedded = place.embedded;
        return part;
    }

    /// "text/plain" when there is no type.
    static std::string media_type(GMimeContentType* type) {
        if (type == nullptr) {
            return "text/plain";
        }
        const OwnedText name(g_mime_content_type_get_mime_type(type));
        return name == nullptr ? "text/plain" : core::to_lower(name.get());
    }

    static std::vector<std::pair<std::string, std::string>> parameters(GMimeContentType* type) {
        static constexpr auto kNames = std::to_array<const char*>(
            {"report-type", "charset", "name", "feedback-type", "headers-type"});
        std::vector<std::pair<std::string, std::string>> found;
        for (const char* const name : kNames) {
            const char* const value =
                type == nullptr ? nullptr : g_mime_content_type_get_parameter(type, name);
            if (value != nullptr) {
                const std::string_view text = std::string_view(value).substr(0, 256);
                found.emplace_back(name, core::to_valid_utf8(text));
            }
        }
        return found;
    }

    /// Copies the fields of a part's own header.
    void copy_headers(GMimeObject* object, mail::HeaderList& headers) {
        GMimeHeaderList* const list = g_mime_object_get_header_list(object);
        const int count = list == nullptr ? 0 : g_mime_header_list_get_count(list);
        for (int index = 0; index < count; ++index) {
            GMimeHeader* const header = g_mime_header_list_get_header_at(list, index);
            const char* const name = g_mime_header_get_raw_name(header);
            const char* const raw = g_mime_header_get_raw_value(header);
            std::string_view value = raw == nullptr ? "" : raw;
            if (value.ends_with('\n')) {
                value.remove_suffix(1);
            }
            const std::size_t size = std::strlen(name) + value.size();
            if (size > header_room_) {
                limit_hit("header");
                return;
            }
            header_room_ -= size;
            headers.add(name, value);
        }
    }

    bool has_room() {
        if (view_.parts.size() < limits_.parts) {
            return true;
        }
        limit_hit("parts");
        return false;
    }

    // NOLINTBEGIN(cppcoreguidelines-avoid-const-or-ref-data-members): lives within one call
    const ReaderLimits& limits_;
    dsn::MessageView& view_;
    // NOLINTEND(cppcoreguidelines-avoid-const-or-ref-data-members)
    std::size_t header_room_;
    std::size_t text_room_;
    bool has_status_ = false;  ///< one of the parts so far is a delivery status
};

}  // namespace

GmimeReader::GmimeReader(ReaderLimits limits) : limits_(limits) {
    init_gmime();
}

dsn::MessageView GmimeReader::read(std::string_view octets) const {
    dsn::MessageView view;
    TreeReader tree(limits_, view);
    std::string text = refolded(with_plain_line_ends(octets.substr(0, limits_.octets)));
    if (octets.size() > limits_.octets) {
        tree.limit_hit("size");
    }
    if (text.empty()) {
        view.media_type = "text/plain";
        return view;
    }
    if (cut_header(text, limits_.header_octets)) {
        tree.limit_hit("header");
    }
    // Allows as many multiparts as leaves.
    if (const std::size_t end = bounded_parts(text, 2 * limits_.parts); end < text.size()) {
        tree.limit_hit("parts");
        text.resize(end);
    }
    if (const std::size_t end = bounded_fields(text, kMostPartFields); end < text.size()) {
        tree.limit_hit("header");
        text.resize(end);
    }
    if (const std::size_t end = bounded_work(text); end < text.size()) {
        tree.limit_hit("depth");
        text.resize(end);
    }
    tree.read_message(text);
    return view;
}

}  // namespace holdback::io::mime
